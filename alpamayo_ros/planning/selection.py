# SPDX-License-Identifier: Apache-2.0
"""Which candidate of a prediction is driven: the sound one that costs least.

First validity, every check of validation and the angle and rate at which the vehicle's wheels can
be steered. Then the weighted sum of these terms, each about 1 where one would not want to sit in:

- comfort: mean over the horizon of the squares of longitudinal and lateral acceleration and of
  longitudinal jerk, each over its bound.
- mean_distance: mean distance to the mean of the sound candidates, over 1 m and 5 % of its way:
  what most of a policy's samples agree on is what the policy means.
- consistency: 1 for each axis on which the trajectory contradicts its reasoning, 0.25 for each on
  which the reasoning could not be read.
- limits: mean speed above the ceiling of the driving limits, or missing to a target speed that is
  asked for [m/s]; where careful driving is, the comfort term again by the lower bounds; where a
  time gap is, how much farther than the shortest candidate it goes, as a share.
- last_plan: mean distance to what was selected last, at the same times, over 1 m and 5 % of its
  way: a plan that does not change its mind from tick to tick.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from alpamayo_ros.geometry import transform_points
from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.consistency import contradiction_of
from alpamayo_ros.planning.limits import CarefulBounds, speed_ceiling
from alpamayo_ros.planning.motion import Motion, X, Z
from alpamayo_ros.planning.unicycle import STEP_S
from alpamayo_ros.planning.validation import JERK_STEPS, check_trajectories
from alpamayo_ros.types import (
    HORIZON_LENGTH,
    SECOND_NS,
    Candidate,
    Consistency,
    DrivingLimits,
    FloatArray,
    Prediction,
    Trajectory,
)

_NEAR_M, _NEAR_SHARE = 1.0, 0.05

_UNREADABLE = 0.25

_LEAST_OVERLAP = HORIZON_LENGTH // 4
"""Waypoints; a last selection that covers fewer says nothing any more."""

_TIMES_S = STEP_S * np.arange(1, HORIZON_LENGTH + 1, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class SelectionSettings:
    """What the terms weigh, and what is not driven at all."""

    comfort_weight: float = 1.0
    mean_distance_weight: float = 0.5
    consistency_weight: float = 2.0
    limits_weight: float = 2.0
    last_plan_weight: float = 0.5
    reject_contradictions: bool = False
    """Whether a candidate that contradicts its own reasoning is rejected."""
    bounds: Bounds = field(default_factory=Bounds)
    careful: CarefulBounds = field(default_factory=CarefulBounds)


class Selector:
    """Chooses a candidate; keeps nothing between two predictions."""

    def __init__(self, settings: SelectionSettings | None = None) -> None:
        self.settings = settings or SelectionSettings()

    def select(
        self, prediction: Prediction, limits: DrivingLimits, previous: Motion | None = None
    ) -> Prediction:
        """Return the prediction with its costs, the index of the cheapest candidate, and why.

        ``previous`` is what was selected last, anchored (motion.anchor). A candidate's costs hold
        the weighted terms and their sum as "total"; of a rejected one "rejected", how many checks
        it breaks, and the worst value of each by its name. A single candidate has none. When every
        candidate is rejected the policy's own selection stays, and the reason is NONE_VALID.
        """
        faults = self._faults(prediction)
        sound = [place for place, broken in enumerate(faults) if not broken]
        if len(faults) == 1:
            only = "the only candidate" if sound else f"NONE_VALID: {_rejected(faults)}"
            return replace(prediction, selection_reason=only)
        if not sound:
            reason = f"NONE_VALID: {_rejected(faults)}"
            chosen, terms = prediction.selected, {}
        else:
            terms = self._costs(prediction, sound, limits, previous)
            order = sorted(sound, key=lambda place: terms[place]["total"])
            chosen, reason = order[0], _why(order, terms, faults)
        candidates = tuple(
            replace(candidate, costs=terms.get(place) or _values(faults[place]))
            for place, candidate in enumerate(prediction.candidates)
        )
        return replace(prediction, candidates=candidates, selected=chosen, selection_reason=reason)

    def _faults(self, prediction: Prediction) -> list[dict[str, tuple[float, str]]]:
        """Of each candidate the checks it breaks: worst value and text, by name."""
        trajectories = [candidate.trajectory for candidate in prediction.candidates]
        checked = check_trajectories(trajectories, prediction.speed, self.settings.bounds)
        faults: list[dict[str, tuple[float, str]]] = []
        for candidate, violations in zip(prediction.candidates, checked, strict=True):
            broken: dict[str, tuple[float, str]] = {}
            for violation in violations:
                broken.setdefault(violation.name, (violation.value, str(violation)))
            contradiction = contradiction_of(candidate.reasoning)
            if contradiction and self.settings.reject_contradictions:
                broken["CONTRADICTION"] = (1.0, f"CONTRADICTION: {contradiction}")
            faults.append(broken)
        return faults

    def _costs(
        self,
        prediction: Prediction,
        sound: Sequence[int],
        limits: DrivingLimits,
        previous: Motion | None,
    ) -> dict[int, dict[str, float]]:
        """Weighted terms of the sound candidates, by place."""
        settings = self.settings
        candidates = [prediction.candidates[place] for place in sound]
        motions = _Samples.of([candidate.trajectory for candidate in candidates])
        terms = {
            "comfort": settings.comfort_weight * _discomfort(
                motions, settings.bounds.max_acceleration,
                settings.bounds.max_lateral_acceleration, settings.bounds.max_longitudinal_jerk,
            ),
            "mean_distance": settings.mean_distance_weight
            * _apart(motions.positions, _mean(motions.positions, axis=0)),
            "consistency": settings.consistency_weight
            * np.array([_inconsistency(candidate) for candidate in candidates]),
            "limits": settings.limits_weight * self._excess(motions, limits),
            "last_plan": settings.last_plan_weight
            * _change(prediction, motions.positions, previous),
        }  # fmt: skip
        total = np.array(list(terms.values())).sum(axis=0)
        return {
            place: {name: float(row[k]) for name, row in terms.items()} | {"total": float(total[k])}
            for k, place in enumerate(sound)
        }

    def _excess(self, motions: _Samples, limits: DrivingLimits) -> FloatArray:
        """What exceeds the driving limits, or misses what they ask for."""
        speeds, careful = motions.speeds, self.settings.careful
        cost = np.zeros(len(speeds))
        ceiling = speed_ceiling(limits)
        if ceiling < math.inf:
            cost += _mean(np.maximum(speeds - ceiling, 0.0))
        wanted = min(limits.target_speed, ceiling)
        if wanted > 0.0:
            cost += _mean(np.maximum(wanted - speeds, 0.0))
        if limits.careful:
            cost += _discomfort(
                motions, careful.max_acceleration, careful.max_lateral_acceleration,
                careful.max_jerk,
            )  # fmt: skip
        if limits.min_time_gap > 0.0:
            lengths = motions.speeds.sum(axis=1) * STEP_S
            cost += (lengths - lengths.min()) / (_NEAR_M + lengths.min())
        return cost


@dataclass(frozen=True, slots=True)
class _Samples:
    """C trajectories as arrays: positions (C, 64, 3), the others (C, 64)."""

    positions: FloatArray
    speeds: FloatArray
    accelerations: FloatArray
    lateral: FloatArray

    @classmethod
    def of(cls, trajectories: Sequence[Trajectory]) -> _Samples:
        speeds = np.array([trajectory.speeds for trajectory in trajectories])
        curvatures = np.array([trajectory.curvatures for trajectory in trajectories])
        return cls(
            np.array([trajectory.positions for trajectory in trajectories]),
            speeds,
            np.array([trajectory.accelerations for trajectory in trajectories]),
            curvatures * speeds**2,
        )


def _discomfort(motions: _Samples, acceleration: float, lateral: float, jerk: float) -> FloatArray:
    rates = motions.accelerations
    jerks = (rates[:, JERK_STEPS:] - rates[:, :-JERK_STEPS]) / (JERK_STEPS * STEP_S)
    cost: FloatArray = (
        _mean(np.square(motions.accelerations / acceleration))
        + _mean(np.square(motions.lateral / lateral))
        + _mean(np.square(jerks / jerk))
    )
    return cost


def _mean(values: FloatArray, axis: int = 1) -> FloatArray:
    """As values.mean(axis), in a third of the time that takes for arrays as small as these."""
    mean: FloatArray = np.add.reduce(values, axis=axis) / values.shape[axis]
    return mean


def _apart(positions: FloatArray, others: FloatArray) -> FloatArray:
    """Mean distance (C,) of ways (C, N, 3) from one way (N, 3), in the unit of the terms."""
    off = positions - others
    steps = others[1:] - others[:-1]
    way = float(np.sqrt(np.einsum("ij,ij->i", steps, steps)).sum())
    distances = _mean(np.sqrt(np.einsum("cij,cij->ci", off, off)))
    return np.asarray(distances / (_NEAR_M + _NEAR_SHARE * way))


def _change(prediction: Prediction, positions: FloatArray, previous: Motion | None) -> FloatArray:
    none = np.zeros(len(positions))
    if previous is None or previous.odometry_frame != prediction.odometry_frame:
        return none
    times_s = _TIMES_S + (prediction.t0_ns - previous.start_ns) / SECOND_NS
    shared = (times_s >= 0.0) & (times_s <= previous.duration_s + 1e-9)
    if np.count_nonzero(shared) < _LEAST_OVERLAP:
        return none
    there = transform_points(prediction.ego_pose, positions[:, shared].reshape(-1, 3))
    there = there.reshape(len(positions), -1, 3)
    return _apart(there, previous.sample(times_s[shared])[:, X : Z + 1])


def _inconsistency(candidate: Candidate) -> float:
    reasoning = candidate.reasoning
    cost = {Consistency.CONTRADICTION: 1.0, Consistency.UNPARSED: _UNREADABLE}
    verdicts = (reasoning.longitudinal_verdict, reasoning.lateral_verdict)
    return sum(cost.get(verdict.verdict, 0.0) for verdict in verdicts)


def _why(
    order: Sequence[int],
    terms: Mapping[int, Mapping[str, float]],
    faults: Sequence[Mapping[str, tuple[float, str]]],
) -> str:
    best = terms[order[0]]
    parts = ", ".join(f"{name} {value:.3f}" for name, value in best.items() if name != "total")
    text = f"CHEAPEST: candidate {order[0]} of {len(faults)} costs {best['total']:.3f} ({parts})"
    if len(order) > 1:
        text += f"; next is candidate {order[1]}, {terms[order[1]]['total']:.3f}"
    rejected = _rejected(faults)
    return f"{text}; {rejected}" if rejected else text


def _rejected(faults: Sequence[Mapping[str, tuple[float, str]]]) -> str:
    """Which candidates are rejected, each with the first of its reasons."""
    firsts = [
        f"candidate {place} rejected, {next(iter(broken.values()))[1]}"
        for place, broken in enumerate(faults)
        if broken
    ]
    return "; ".join(firsts)


def _values(broken: Mapping[str, tuple[float, str]]) -> dict[str, float]:
    worst = {
        name: value if math.isfinite(value) else math.inf for name, (value, _) in broken.items()
    }
    return {"rejected": float(len(broken))} | worst
