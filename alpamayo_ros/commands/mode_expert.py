# SPDX-License-Identifier: Apache-2.0
"""The mode expert as it stands: no sentence is understood yet, and it says so."""

from __future__ import annotations

from alpamayo_ros.types import Mode, ModeDecision, UserCommand, Verdict

MAX_CHARACTERS = 1000
"""Nobody says more to a vehicle in one sentence."""


class ModeExpert:
    """Decides what may become of a sentence. Today: nothing may, whatever it says.

    The text is not looked at beyond its length and appears in no decision, so no text can make
    this raise or reach anybody.
    """

    def decide(self, command: UserCommand, now_ns: int) -> ModeDecision:
        """Return UNCLEAR with the reason; it has no effect on the policy."""
        length = len(command.text)
        if length > MAX_CHARACTERS:
            reason = f"TEXT_TOO_LONG: {length} characters > {MAX_CHARACTERS}"
        elif not command.text.strip():
            reason = "EMPTY: the sentence has no words"
        else:
            reason = (
                "NOT_IMPLEMENTED: sentences are not understood yet, "
                f"nothing becomes of these {length} characters"
            )
        return ModeDecision(
            stamp_ns=now_ns,
            command_id=command.id,
            mode=Mode.AUTONOMY,
            verdict=Verdict.UNCLEAR,
            reason=reason,
            reply="I cannot take commands yet.",
        )
