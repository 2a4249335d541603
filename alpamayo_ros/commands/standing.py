# SPDX-License-Identifier: Apache-2.0
"""The decision that stands: what a policy is told, and for how long."""

from __future__ import annotations

from alpamayo_ros.types import SECOND_NS, Instruction, Mode, ModeDecision, Verdict

_CONTROL_MARKS = ("<|", "|>")
"""Begin and end of the model's control tokens; no decision may carry them."""

_FUTURE_S = 1.0
"""A decision stamped this far ahead of now is still clock jitter between two machines."""

_NOTHING = Instruction()


def asks(decision: ModeDecision) -> bool:
    """Whether a decision is a question that deserves an answer."""
    return decision.mode == Mode.QUESTION and decision.verdict == Verdict.ROUTED


def is_question(decision: ModeDecision, now_ns: int) -> bool:
    """Whether a decision asks the model something, and not too long ago."""
    age_s = (now_ns - decision.stamp_ns) / SECOND_NS
    return (
        asks(decision)
        and bool(decision.question)
        and not any(mark in decision.question for mark in _CONTROL_MARKS)
        and -_FUTURE_S <= age_s < decision.time_to_live_s
    )


class StandingDecision:
    """Keeps the newest decision that takes effect, until its time to live ends."""

    def __init__(self) -> None:
        self._decision: ModeDecision | None = None

    def reset(self) -> None:
        """Forget the decision."""
        self._decision = None

    def accept(self, decision: ModeDecision, now_ns: int) -> str:
        """Take a decision; return why it has no effect on the policy, empty when it has.

        Names: REFUSED, UNCLEAR (what they leave standing stays), QUESTION (not for driving),
        EXPIRED, FUTURE, OLDER, CONTROL_TOKEN.
        """
        age_s = (now_ns - decision.stamp_ns) / SECOND_NS
        standing = self._decision
        if decision.verdict != Verdict.ROUTED:
            return f"{decision.verdict.name}: {decision.reason}"
        if decision.mode == Mode.QUESTION:
            return "QUESTION: answered, not driven"
        if any(mark in decision.nav_text for mark in _CONTROL_MARKS):
            return "CONTROL_TOKEN: nav text with a mark of the model's control tokens"
        if age_s < -_FUTURE_S:
            return f"FUTURE: stamped {-age_s:.1f} s ahead of now"
        if age_s >= decision.time_to_live_s:
            return f"EXPIRED: {age_s:.1f} s old, lives {decision.time_to_live_s:.1f} s"
        if standing is not None and decision.stamp_ns < standing.stamp_ns:
            return "OLDER: a newer decision stands"
        self._decision = decision
        return ""

    def instruction(self, now_ns: int) -> Instruction:
        """Return what the policy is told now; an empty instruction when nothing stands."""
        decision = self._decision
        if decision is None:
            return _NOTHING
        age_s = (now_ns - decision.stamp_ns) / SECOND_NS
        # ahead of now: time was set back under it
        if not -_FUTURE_S <= age_s < decision.time_to_live_s:
            self._decision = None
            return _NOTHING
        return Instruction(
            decision.command_id, decision.mode_token, decision.nav_text, decision.limits
        )
