# SPDX-License-Identifier: Apache-2.0
"""What the mode expert knows of the drive, and the questions that wait for an answer."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from alpamayo_ros.commands.answers import (
    CANNOT_TELL,
    MAX_EVIDENCE_AGE_S,
    MAX_SPEED_AGE_S,
    Evidence,
    Units,
    answer_from_evidence,
)
from alpamayo_ros.commands.state import VehicleState
from alpamayo_ros.types import (
    SECOND_NS,
    Answer,
    EgoState,
    ModeDecision,
    Plan,
    PlanSource,
    Reasoning,
    RoadClass,
    RoadContext,
    Trace,
)

_MAX_CHARACTERS = 4000
"""A model that does not end its answer is not listened to for ever."""

_MAX_WAITING = 8


@dataclass(frozen=True, slots=True)
class ConversationSettings:
    """How old what is known may be, and how long a model may think about an answer."""

    road_age_s: float = 10.0
    """A road context older than this says nothing about the road here."""
    answer_timeout_s: float = 10.0
    """Between two pieces of a model's answer, and before the first."""


@dataclass(slots=True)
class _Waiting:
    """A question with the model: what it said so far, and when it last said something."""

    heard_ns: int
    text: str = ""
    evidence_t0_ns: int | None = None


class Conversation:
    """Evidence in, vehicle state and answers out; a pure state machine in one clock.

    Every question that is begun gets exactly one answer that is ``last`` and holds the whole
    text; pieces before it are for those who want to hear them as they come.
    """

    def __init__(
        self, settings: ConversationSettings | None = None, units: Units | None = None
    ) -> None:
        self._settings = settings or ConversationSettings()
        self._units = units
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self._ego: EgoState | None = None
        self._road: RoadContext | None = None
        self._evidence = Evidence(0)
        self._waiting: dict[str, _Waiting] = {}

    # -- what comes in

    def take_ego(self, state: EgoState) -> None:
        """Take where the vehicle is and how fast."""
        self._ego = state

    def take_road(self, road: RoadContext) -> None:
        """Take what the map knows."""
        self._road = road

    def take_plan(self, plan: Plan) -> None:
        """Take the newest plan."""
        self._evidence = replace(self._evidence, plan=plan)

    def take_chain(self, trace: Trace, reasoning: Reasoning, t0_ns: int) -> None:
        """Take the newest chain of causation."""
        self._evidence = replace(
            self._evidence, trace=trace, reasoning=reasoning, trace_t0_ns=t0_ns
        )

    # -- what is known

    def state(self, now_ns: int) -> VehicleState:
        """The vehicle's state for a decision; what is too old is not known."""
        speed, plan, road = self._speed(now_ns), self._evidence.plan, self._road
        stopping = (
            plan is not None
            and plan.source == PlanSource.STOP
            and _age_s(plan.stamp_ns, now_ns) <= MAX_EVIDENCE_AGE_S
        )
        if road is None or _age_s(road.stamp_ns, now_ns) > self._settings.road_age_s:
            road = RoadContext(now_ns, RoadClass.UNKNOWN)
        return VehicleState(
            speed=math.nan if speed is None else max(speed, 0.0),
            road_class=road.road_class,
            speed_limit=road.speed_limit,
            stopping=stopping,
        )

    def _speed(self, now_ns: int) -> float | None:
        ego = self._ego
        if ego is None or not math.isfinite(ego.speed):
            return None
        return ego.speed if _age_s(ego.stamp_ns, now_ns) <= MAX_SPEED_AGE_S else None

    # -- questions

    def begin(self, decision: ModeDecision, now_ns: int) -> list[Answer]:
        """Answer a question from evidence; else it waits for the model, and nothing is returned.

        The oldest of too many questions is given up.
        """
        evidence = replace(self._evidence, now_ns=now_ns)
        if self._ego is not None and math.isfinite(self._ego.speed):
            evidence = replace(evidence, speed=self._ego.speed, speed_stamp_ns=self._ego.stamp_ns)
        known = answer_from_evidence(decision.question, evidence, self._units)
        if known is not None:
            return [Answer(decision.command_id, known.text, known.evidence_t0_ns)]
        given_up = []
        if len(self._waiting) >= _MAX_WAITING:
            given_up.append(self._end(next(iter(self._waiting))))
        self._waiting[decision.command_id] = _Waiting(now_ns)
        return given_up

    def take_model_answer(self, piece: Answer, now_ns: int) -> list[Answer]:
        """Take a piece of the model's answer; return it, or the whole answer at its end."""
        waiting = self._waiting.get(piece.question_id)
        if waiting is None:
            return []
        waiting.heard_ns = now_ns
        waiting.text += piece.text
        waiting.evidence_t0_ns = piece.evidence_t0_ns
        if piece.last or len(waiting.text) > _MAX_CHARACTERS:
            return [self._end(piece.question_id)]
        return [piece]

    def poll(self, now_ns: int) -> list[Answer]:
        """End the questions that the model has left alone for too long."""
        timeout_s = self._settings.answer_timeout_s
        late = [
            identity
            for identity, waiting in self._waiting.items()
            if _age_s(waiting.heard_ns, now_ns) > timeout_s
        ]
        return [self._end(identity) for identity in late]

    def _end(self, identity: str) -> Answer:
        waiting = self._waiting.pop(identity)
        text = " ".join(waiting.text.split())[:_MAX_CHARACTERS]
        return Answer(identity, text or CANNOT_TELL, waiting.evidence_t0_ns if text else None)


def _age_s(stamp_ns: int, now_ns: int) -> float:
    return (now_ns - stamp_ns) / SECOND_NS
