# SPDX-License-Identifier: Apache-2.0
"""Answers about the drive from evidence: the newest trace, the plan and the measured motion.

An answer says what is measured and planned, in the model's own words why, and how old that is. A
question that presupposes something else is corrected. Without evidence there is no claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alpamayo_ros.types import SECOND_NS, Plan, PlanSource, Reasoning, Trace

MAX_EVIDENCE_AGE_S = 2.0
"""Older than this, what was seen says nothing about what the vehicle does now."""

MAX_SPEED_AGE_S = 1.0

_SPEED_CHANGE = 0.8
"""A plan that changes the speed by less holds it [m/s]: the auto-labeller's own threshold."""

_STANDSTILL = 0.3
"""The slower end of walking [m/s]."""

_TURN = 0.35
"""A plan that turns by less follows the road [rad]."""

CANNOT_TELL = "I cannot tell."


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known about the drive; None: nothing was heard.

    ``speed`` [m/s] was measured at ``speed_stamp_ns``; the trace belongs to ``trace_t0_ns``.
    """

    now_ns: int
    speed: float | None = None
    speed_stamp_ns: int = 0
    plan: Plan | None = None
    trace: Trace | None = None
    reasoning: Reasoning | None = None
    trace_t0_ns: int = 0


@dataclass(frozen=True, slots=True)
class EvidenceAnswer:
    """A spoken answer, and t0 of the newest trace or plan it rests on (None: on neither)."""

    text: str
    evidence_t0_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Units:
    """How speeds are spoken: 1 m/s is ``per_mps`` of ``name``."""

    name: str = "km/h"
    per_mps: float = 3.6

    def say(self, speed: float) -> str:
        """A speed [m/s] as a number without its unit."""
        return f"{speed * self.per_mps:.0f}"


UNITS = {"km/h": Units(), "mph": Units("mph", 2.23694), "m/s": Units("m/s", 1.0)}

_DOING = re.compile(
    r"\bwhat(?:'s| is| are|s)? (?:you|we|the (?:car|vehicle)|it)(?:'re| are| is)? (?:up to|doing)\b"
    r"|\bwhat(?:'s| is|s) (?:going on|happening|the (?:plan|matter|hold ?up))\b"
    r"|\bwhat (?:do|will|are) (?:you|we) (?:plan|do next|going to do|planning)\b"
    r"|\bwhat (?:just )?happened\b"
)
_SPEED = re.compile(
    r"\bhow fast (?:are|is|do)\b"
    r"|\bwhat(?:'s| is|s) (?:the|our|your|my) (?:current )?speed\b(?! limit)"
    r"|\bat what speed\b"
)
_WHY = re.compile(
    r"\bwhy\b|\bhow come\b|\bwhat for\b|\bfor what reason\b|\bwhat(?:'s| is|s) the reason\b"
)
_ARE = re.compile(r"^(?:are|is) (?:you|we|the (?:car|vehicle)|it)\b")
_PAST = re.compile(r"\b(?:did|was|were|have|has|had|earlier|before|just now|ago)\b")


@dataclass(frozen=True, slots=True)
class _Manoeuvre:
    """Something a question may presuppose: its words, its name, and whether the plan shows it."""

    words: re.Pattern[str]
    name: str
    shown: Callable[[_Motion], bool]


@dataclass(frozen=True, slots=True)
class _Motion:
    """What plan and measurement say about the motion: speeds [m/s], turn to the left [rad]."""

    now: float
    then: float
    turn: float

    @property
    def stands(self) -> bool:
        return self.now < _STANDSTILL and self.then < _STANDSTILL

    @property
    def slows(self) -> bool:
        return self.then < self.now - _SPEED_CHANGE or (self.then < _STANDSTILL <= self.now)

    @property
    def accelerates(self) -> bool:
        return self.then > self.now + _SPEED_CHANGE


_MANOEUVRES = (
    _Manoeuvre(
        re.compile(r"\b(?:not|n't) (?:mov\w+|go\w*|driv\w+)\b|\bstanding\b|\bstuck\b|\bwaiting\b"),
        "standing", lambda m: m.stands,
    ),
    _Manoeuvre(
        re.compile(r"\bstop(?:p\w*)?\b|\bhalt\w*\b|\bpull\w* over\b"), "stopping",
        lambda m: m.stands or (m.slows and m.then < _STANDSTILL),
    ),
    _Manoeuvre(
        re.compile(r"\bslow\w*\b|\bbrak\w+\b|\bdecelerat\w+\b"), "slowing",
        lambda m: m.slows,
    ),
    _Manoeuvre(
        re.compile(r"\baccelerat\w+\b|\bspeed\w* up\b|\b(?:go|driv)\w* (?:so |that )?fast\w*\b"),
        "accelerating", lambda m: m.accelerates,
    ),
    _Manoeuvre(
        re.compile(r"\b(?:turn|steer|veer|swerv)\w*\b.*\bleft\b"), "turning left",
        lambda m: m.turn > _TURN,
    ),
    _Manoeuvre(
        re.compile(r"\b(?:turn|steer|veer|swerv)\w*\b.*\bright\b"), "turning right",
        lambda m: m.turn < -_TURN,
    ),
    _Manoeuvre(
        re.compile(r"\bturn(?:ing)?\b"), "turning", lambda m: abs(m.turn) > _TURN
    ),
)  # fmt: skip


def answer_from_evidence(
    question: str, evidence: Evidence, units: Units | None = None
) -> EvidenceAnswer | None:
    """Answer a question about what the vehicle does now, or return None: not such a question.

    ``question`` is cleaned text in lower or mixed case.
    """
    text = " ".join(question.lower().replace("\u2019", "'").split()).strip(" ?!.")
    speaker = _Speaker(evidence, units or UNITS["km/h"])
    if _SPEED.search(text):
        return speaker.speed()
    asks_why = bool(_WHY.search(text))
    if _DOING.search(text) and not asks_why:
        return speaker.doing()
    if not asks_why and not _ARE.search(text):
        return None
    for manoeuvre in _MANOEUVRES:
        if manoeuvre.words.search(text):
            # evidence is of now: about what was, only what still shows can be said
            return speaker.about(manoeuvre, past=bool(_PAST.search(text)))
    return speaker.doing() if asks_why and re.search(r"\b(?:doing|this|that)\W*$", text) else None


class _Speaker:
    """Says what one body of evidence supports."""

    def __init__(self, evidence: Evidence, units: Units) -> None:
        self._evidence = evidence
        self._units = units

    def speed(self) -> EvidenceAnswer:
        """How fast the vehicle is, measured."""
        evidence = self._evidence
        if evidence.speed is None:
            return EvidenceAnswer(f"{CANNOT_TELL} No speed has been measured.")
        age_s = (evidence.now_ns - evidence.speed_stamp_ns) / SECOND_NS
        if age_s > MAX_SPEED_AGE_S:
            return EvidenceAnswer(f"{CANNOT_TELL} The newest measured speed is {age_s:.1f} s old.")
        return EvidenceAnswer(f"{self._units.say(max(evidence.speed, 0.0))} {self._units.name}.")

    def doing(self) -> EvidenceAnswer:
        """What the vehicle does and why."""
        motion = self._motion()
        if isinstance(motion, EvidenceAnswer):
            return motion
        return self._say(f"{self._described(motion)}")

    def about(self, manoeuvre: _Manoeuvre, past: bool) -> EvidenceAnswer:
        """Whether and why it does what the question presupposes."""
        motion = self._motion()
        if isinstance(motion, EvidenceAnswer):
            return motion
        described = self._described(motion)
        if manoeuvre.shown(motion):
            return self._say(described)
        if past:
            return self._say(f"{CANNOT_TELL[:-1]} what was before; now: {described.lower()}")
        return self._say(f"I am not {manoeuvre.name}: {described.lower()}")

    def _motion(self) -> _Motion | EvidenceAnswer:
        """Measured and planned motion, or why nothing can be said."""
        evidence, plan = self._evidence, self._evidence.plan
        if plan is None:
            return EvidenceAnswer(f"{CANNOT_TELL} There is no plan.")
        age_s = (evidence.now_ns - plan.stamp_ns) / SECOND_NS
        if age_s > MAX_EVIDENCE_AGE_S:
            return EvidenceAnswer(f"{CANNOT_TELL} My newest plan is {age_s:.1f} s old.")
        now = float(plan.speeds[0])
        if evidence.speed is not None:
            speed_age_s = (evidence.now_ns - evidence.speed_stamp_ns) / SECOND_NS
            if speed_age_s <= MAX_SPEED_AGE_S:
                now = max(evidence.speed, 0.0)
        turn = float(np.unwrap(plan.headings)[-1] - plan.headings[0])
        return _Motion(now, _then(plan.speeds, now), turn)

    def _described(self, motion: _Motion) -> str:
        say, unit = self._units.say, self._units.name
        if motion.stands:
            text = "Standing"
        elif motion.slows and motion.then < _STANDSTILL:
            text = f"Slowing from {say(motion.now)} {unit} to a stop"
        elif motion.slows:
            text = f"Slowing from {say(motion.now)} to {say(motion.then)} {unit}"
        elif motion.accelerates:
            text = f"Accelerating from {say(motion.now)} to {say(motion.then)} {unit}"
        else:
            text = f"Holding {say(motion.now)} {unit}"
        if abs(motion.turn) > _TURN and not motion.stands:
            text += f", turning {'left' if motion.turn > 0 else 'right'}"
        return text

    def _say(self, described: str) -> EvidenceAnswer:
        """Put the reason and its age behind what is done."""
        evidence, plan = self._evidence, self._evidence.plan
        assert plan is not None
        if plan.reason.startswith("LIMITED"):
            return EvidenceAnswer(f"{described}: a passenger asked for it.", plan.t0_ns)
        if plan.source == PlanSource.STOP:
            return EvidenceAnswer(f"{described}: I have no valid prediction.", plan.t0_ns)
        trace = evidence.trace
        if trace is None or trace.token_count == 0:
            text = f"{described}. No reasoning model is loaded, so I cannot say why."
            return EvidenceAnswer(text, plan.t0_ns)
        age_s = (evidence.now_ns - evidence.trace_t0_ns) / SECOND_NS
        if age_s > MAX_EVIDENCE_AGE_S:
            text = f"{described}. My newest reasoning is {age_s:.1f} s old, so I cannot say why."
            return EvidenceAnswer(text, plan.t0_ns)
        text = f"{described}: {_clause(trace.text)} ({max(age_s, 0.0):.1f} s ago)."
        if evidence.reasoning is not None and evidence.reasoning.contradicted:
            text += " But this plan does not do what that reasoning says."
        return EvidenceAnswer(text, evidence.trace_t0_ns)


def _then(speeds: np.ndarray, now: float) -> float:
    """The speed a plan goes to: where it is farthest from now, a drop before a rise."""
    lowest, highest = float(speeds.min()), float(speeds.max())
    if lowest < now - _SPEED_CHANGE or (lowest < _STANDSTILL <= now):
        return lowest
    return highest if highest > now + _SPEED_CHANGE else now


def _clause(trace: str) -> str:
    """A trace as the rest of a sentence: one line, first letter small, bounded, no full stop."""
    line = " ".join(trace.split()).rstrip(" .")
    if len(line) > 240:
        line = line[:237].rsplit(" ", 1)[0] + "..."
    second = line[1:2]
    return line[:1].lower() + line[1:] if not second.isupper() else line
