# SPDX-License-Identifier: Apache-2.0
"""What may become of a sentence: the one decision that words pass through.

Order: length, rate, refusal, stopping, understanding, rights, state. Nothing passes that was not
understood as a whole; whatever fails on the way is REFUSED or UNCLEAR with a reason.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from dataclasses import dataclass, replace

from alpamayo_ros.commands import reasons
from alpamayo_ros.commands.effects import (
    CAUTIOUS,
    CLEARING,
    CLEARING_TIME_TO_LIVE_S,
    Effect,
    Lifetimes,
    NotNow,
    effect,
    stricter,
)
from alpamayo_ros.commands.normalise import shown
from alpamayo_ros.commands.reader import Reader, Reading
from alpamayo_ros.commands.standing import StandingDecision
from alpamayo_ros.commands.state import UNKNOWN_STATE, VehicleState
from alpamayo_ros.types import (
    SECOND_NS,
    ConfigurationError,
    DrivingLimits,
    Intent,
    Mode,
    ModeDecision,
    UserCommand,
    Verdict,
)

MAX_CHARACTERS = 1000
"""Nobody says more to a vehicle in one sentence."""

_MAX_SOURCES = 64
"""Sources whose rate is kept apart; with more of them the longest silent one is forgotten."""

ANY_SOURCE = "*"


@dataclass(frozen=True, slots=True)
class ModeExpertSettings:
    """Rights, rates and bounds; raises ConfigurationError where they cannot work.

    ``control_sources``: who may steer, "*" is everybody; anybody may ask. ``max_speed`` [m/s] is
    the cap of every wish. ``rate_hz`` and ``burst``: sentences per second of one source, and how
    many may come at once.
    """

    control_sources: tuple[str, ...] = ("passenger", "operator")
    max_speed: float = 130 / 3.6
    rate_hz: float = 10.0
    burst: int = 20
    max_characters: int = MAX_CHARACTERS
    manoeuvre_time_to_live_s: float = 30.0
    style_time_to_live_s: float = 600.0
    question_time_to_live_s: float = 10.0

    def __post_init__(self) -> None:
        for name in ("max_speed", "rate_hz", "burst", "max_characters", "manoeuvre_time_to_live_s",
                     "style_time_to_live_s", "question_time_to_live_s"):  # fmt: skip
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ConfigurationError(f"{name} is {value}, must be a positive number")


class ModeExpert:
    """Decides sentence by sentence; not for several threads at once.

    Deterministic: the same sentences with the same stamps and states give the same decisions.
    """

    def __init__(self, settings: ModeExpertSettings | None = None) -> None:
        self._settings = settings or ModeExpertSettings()
        self._reader = Reader()
        self._buckets: OrderedDict[str, tuple[float, int]] = OrderedDict()
        self._standing = StandingDecision()
        self._held: ModeDecision | None = None

    def reset(self) -> None:
        """Forget rates and what stands: time was set back, or somebody else took over."""
        self._buckets.clear()
        self._standing.reset()
        self._held = None

    def decide(
        self, command: UserCommand, now_ns: int, state: VehicleState | None = None
    ) -> ModeDecision:
        """Return what may become of the sentence; never raises, whatever the text.

        ``state`` None is the careful case: nothing is known of the vehicle.
        """
        text = command.text
        length = len(text)
        if length > self._settings.max_characters:
            return self._unclear(
                command, now_ns, "TEXT_TOO_LONG",
                f"{length} characters, at most {self._settings.max_characters}",
            )  # fmt: skip
        if not self._within_rate(command.source, now_ns):
            return self._unclear(
                command, now_ns, "RATE", f"more than {self._settings.rate_hz:g} sentences a second"
            )
        return self._decide(command, self._reader.read(text), now_ns, state or UNKNOWN_STATE)

    def _decide(
        self, command: UserCommand, reading: Reading, now_ns: int, state: VehicleState
    ) -> ModeDecision:
        if reading.refusal:
            return self._refused(command, now_ns, reading.refusal, reading.why)
        if reading.question:
            return ModeDecision(
                now_ns, command.id, Mode.QUESTION, Verdict.ROUTED,
                "QUESTION: asked, not commanded",
                question=reading.question,
                time_to_live_s=self._settings.question_time_to_live_s,
            )  # fmt: skip
        if not reading.intents:
            return self._unclear(command, now_ns, reading.reason, reading.why)
        allowed = self._settings.control_sources
        if ANY_SOURCE not in allowed and command.source not in allowed:
            return self._refused(
                command,
                now_ns,
                "SOURCE",
                f"{shown(command.source, 40) or 'nobody'} may not control",
            )
        if state.stopping and {intent.name for intent in reading.intents} != {"CANCEL"}:
            return self._refused(command, now_ns, "STOPPING", "only CANCEL and questions now")
        return self._control(command, reading.intents, now_ns, state)

    def _control(
        self, command: UserCommand, intents: tuple[Intent, ...], now_ns: int, state: VehicleState
    ) -> ModeDecision:
        lifetimes = Lifetimes(
            self._settings.manoeuvre_time_to_live_s, self._settings.style_time_to_live_s
        )
        found = effect(intents, state, self._settings.max_speed, lifetimes)
        if isinstance(found, NotNow):
            if found.reason in reasons.UNCLEAR:
                return self._unclear(command, now_ns, found.reason, found.why)
            return self._refused(command, now_ns, found.reason, found.why)
        name = "ADAPTED" if found.adapted else "UNDERSTOOD"
        why = found.adapted or ", ".join(intent.name for intent in found.intents)
        decision = ModeDecision(
            now_ns, command.id, Mode.CONTROL, Verdict.ROUTED, f"{name}: {why}"[:190],
            reply=found.reply, intents=found.intents, mode_token=found.mode_token,
            nav_text=found.nav_text, limits=found.limits, time_to_live_s=found.time_to_live_s,
        )  # fmt: skip
        decision = self._added_to_what_stands(decision, found, now_ns)
        if self._standing.accept(decision, now_ns) == "":
            self._held = decision
        return decision

    def _added_to_what_stands(
        self, decision: ModeDecision, found: Effect, now_ns: int
    ) -> ModeDecision:
        """A merely cautious wish adds to the standing decision: a notice lifts no stop."""
        names = {intent.name for intent in found.intents}
        if names & CLEARING:
            token = decision.mode_token if "RESUME" in names else 0
            return replace(
                decision, limits=DrivingLimits(), nav_text="", mode_token=token,
                time_to_live_s=CLEARING_TIME_TO_LIVE_S,
            ) if names <= CLEARING else decision  # fmt: skip
        standing = self._standing.instruction(now_ns)
        held = self._held
        if held is None or standing.decision_id != held.command_id or not names <= CAUTIOUS:
            return decision
        if held.time_to_live_s <= CLEARING_TIME_TO_LIVE_S:
            return decision
        rest_s = held.time_to_live_s - (now_ns - held.stamp_ns) / SECOND_NS
        return replace(
            decision,
            limits=stricter(held.limits, decision.limits),
            nav_text=decision.nav_text or held.nav_text,
            time_to_live_s=max(decision.time_to_live_s, rest_s),
        )

    def _within_rate(self, source: str, now_ns: int) -> bool:
        """A token bucket a source; a clock set back fills it."""
        key = source[:80]
        tokens, before_ns = self._buckets.pop(key, (float(self._settings.burst), now_ns))
        passed_s = (now_ns - before_ns) / SECOND_NS
        tokens += passed_s * self._settings.rate_hz if passed_s >= 0 else self._settings.burst
        tokens = min(tokens, float(self._settings.burst))
        within = tokens >= 1.0
        self._buckets[key] = (tokens - 1.0 if within else tokens, now_ns)
        while len(self._buckets) > _MAX_SOURCES:
            self._buckets.popitem(last=False)
        return within

    def _refused(self, command: UserCommand, now_ns: int, name: str, why: str) -> ModeDecision:
        reply = reasons.REFUSALS.get(name, reasons.REFUSALS["HARMFUL"])
        return ModeDecision(
            now_ns, command.id, Mode.AUTONOMY, Verdict.REFUSED, _reason(name, why), reply=reply
        )

    def _unclear(self, command: UserCommand, now_ns: int, name: str, why: str) -> ModeDecision:
        reply = reasons.UNCLEAR.get(name, reasons.UNCLEAR["NOT_COVERED"])
        return ModeDecision(
            now_ns, command.id, Mode.AUTONOMY, Verdict.UNCLEAR, _reason(name, why), reply=reply
        )


def _reason(name: str, why: str) -> str:
    return f"{name}: {shown(why, 100) or 'nothing in it can be shown'}"
