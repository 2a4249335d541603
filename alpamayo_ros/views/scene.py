# SPDX-License-Identifier: Apache-2.0
"""What every view shows at one moment, and the words for it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from alpamayo_ros.types import (
    AxisVerdict,
    Candidate,
    Consistency,
    EgoState,
    FloatArray,
    Plan,
    PlanSource,
    Prediction,
)
from alpamayo_ros.views.colours import (
    INK,
    SOFT,
    SOURCE_COLOURS,
    VERDICT_COLOURS,
    Colour,
    verdict_colour,
)

STANDSTILL = 0.1
"""Below this speed [m/s] a plan stands."""

_NO_DECISION = frozenset({"", "NONE", "UNPARSED"})


@dataclass(frozen=True, slots=True)
class Scene:
    """The newest of everything, None where there is nothing that is still true.

    ``past``: (N, 3) where the vehicle came from, in ``odometry_frame``, oldest first.
    ``alarm``: the worst thing a node of the stack reports; empty when all is well.
    """

    stamp_ns: int
    odometry_frame: str
    ego: EgoState | None = None
    plan: Plan | None = None
    prediction: Prediction | None = None
    past: FloatArray = field(default_factory=lambda: np.empty((0, 3)))
    alarm: str = ""

    @property
    def chosen(self) -> Candidate | None:
        """The selected candidate."""
        prediction = self.prediction
        if prediction is None or not 0 <= prediction.selected < len(prediction.candidates):
            return None
        return prediction.candidates[prediction.selected]


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of text in a colour."""

    text: str
    colour: Colour = INK


def source_words(plan: Plan | None) -> Words:
    """Where the plan comes from and how old t0 is: "MODEL 120 ms"."""
    if plan is None:
        return Words("NO PLAN", SOURCE_COLOURS[PlanSource.STOP])
    age = "" if math.isnan(plan.age_s) else f" {1e3 * plan.age_s:.0f} ms"
    return Words(f"{plan.source.name}{age}", SOURCE_COLOURS[plan.source])


def motion_words(scene: Scene) -> Words:
    """Speed now, and what the plan makes of it: "8.2 m/s -> 3.1 m/s in 6.4 s"."""
    parts = []
    if scene.ego is not None:
        parts.append(f"{scene.ego.speed:.1f} m/s")
    if scene.plan is not None and len(scene.plan.speeds):
        stop = stop_of(scene.plan)
        if stop is None:
            parts.append(f"{scene.plan.speeds[-1]:.1f} m/s in {scene.plan.times_s[-1]:.1f} s")
        elif stop.distance > STANDSTILL:
            parts.append(f"stop in {stop.distance:.1f} m, {stop.time_s:.1f} s")
        else:
            parts.append("standing")
    return Words(" -> ".join(parts), INK)


def decision_words(scene: Scene) -> list[Words]:
    """The two decisions and what the checker says: name, verdict, name, verdict.

    One entry where there is none of it.
    """
    chosen = scene.chosen
    if chosen is None:
        return [Words("no prediction", SOFT)]
    reasoning = chosen.reasoning
    axes = (
        ("longitudinal", reasoning.longitudinal, reasoning.longitudinal_verdict),
        ("lateral", reasoning.lateral, reasoning.lateral_verdict),
    )
    if {decision for _, decision, _ in axes} <= _NO_DECISION:
        if not chosen.trace.token_count:
            return [Words("no reasoning model", SOFT)]
        if any(verdict.verdict == Consistency.UNPARSED for _, _, verdict in axes):
            return [Words("no decision could be read", VERDICT_COLOURS[Consistency.UNPARSED])]
        return [Words("no decision", SOFT)]
    words = []
    for axis, decision, verdict in axes:
        name = Words(axis, SOFT) if decision in _NO_DECISION else Words(decision, INK)
        words += [name, _verdict(verdict)]
    return words


def _verdict(verdict: AxisVerdict) -> Words:
    return Words(verdict.verdict.name.replace("_", " ").lower(), verdict_colour(verdict))


def contradictions(scene: Scene) -> list[Words]:
    """Why the checker objects, one entry an axis."""
    chosen = scene.chosen
    if chosen is None:
        return []
    return [
        Words(verdict.reason, verdict_colour(verdict))
        for _, verdict in chosen.reasoning.contradicted
        if verdict.reason
    ]


def trace_text(scene: Scene) -> str:
    """The trace on one line; empty when there is none."""
    return "" if scene.chosen is None else " ".join(scene.chosen.trace.text.split())


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a plan comes to rest: index of the point, metres and seconds from the plan's start."""

    index: int
    distance: float
    time_s: float


def stop_of(plan: Plan) -> Stop | None:
    """Where the plan reaches standstill and stays; None when it moves at its end."""
    standing = plan.speeds < STANDSTILL
    if not len(standing) or not standing[-1]:
        return None
    moving = np.flatnonzero(~standing)
    index = int(moving[-1]) + 1 if len(moving) else 0
    steps = np.linalg.norm(np.diff(plan.positions[: index + 1, :2], axis=0), axis=1)
    return Stop(index, float(steps.sum()), float(plan.times_s[index]))
