# SPDX-License-Identifier: Apache-2.0
"""Is this trajectory one that a vehicle can and should drive? Every fault has a name."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from alpamayo_ros.geometry import wrap_angle
from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.unicycle import STEP_S
from alpamayo_ros.types import HORIZON_LENGTH, FloatArray, Plan, PlanSource, Trajectory

STANDSTILL_MPS = 0.12
"""At or below this a vehicle stands, at or above its negative it reverses (NVIDIA's auto-labeller
counts speeds so): estimates of the speed of a standing vehicle are not zero."""

_SLACK = 1e-3
"""Relative: float32 in the messages, and rounding."""

JERK_STEPS = round(0.5 / STEP_S)
"""Steps that jerk, yaw acceleration and steering rate are a mean over."""

# How far positions, headings, speeds, accelerations and curvatures may contradict each other.
# The unicycle integrates them to within a tenth of these.
_STEP_M, _STEP_SHARE = 0.02, 0.05
_SIDE_M, _SIDE_SHARE = 0.02, 0.02
_TURN_RAD = 0.02
_ACCELERATION_MPS2 = 0.3

_JUMP_M = 0.1
"""Beyond what the speeds of a plan explain: what a trajectory may be off at its start, and the
creep of a standing vehicle, whose speed is zero in a plan."""

_STEERED_MPS = 1.0
"""Slower than this the curvature of a path says little about the angle of its wheels."""

_LENGTH_M = 0.5
"""Slack of the length of a path: what its start may be off."""

_SLOPE = 0.3
"""Steeper than any road [m/m]."""

_GRAVITY_MPS2 = 9.81
"""A road that falls away faster than this leaves the wheels in the air."""

_FOLD_DEG = 45.0
_FOLD_STEP_M = 0.05
"""Below 0.5 m/s a step is too short for its direction to mean anything."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One fault: name, what was found, the bound it breaks, and when after t0 (None: all)."""

    name: str
    value: float
    bound: float
    unit: str
    time_s: float | None = None

    def __str__(self) -> str:
        """Return "NAME: found against bound, when"."""
        relation = "<" if self.value < self.bound else ">"
        text = f"{self.name}: {self.value:.4g} {relation} {self.bound:.4g} {self.unit}".rstrip()
        return text if self.time_s is None else f"{text} at t0+{self.time_s:.1f} s"


class _Motions(NamedTuple):
    """C trajectories with the state at t0 in front, and their 64 steps; horizontal but length."""

    bounds: Bounds
    speeds: FloatArray
    """(C, 65), the first one measured."""
    accelerations: FloatArray
    """(C, 64), as the curvatures."""
    curvatures: FloatArray
    mean_speeds: FloatArray
    steps: FloatArray
    """(C, 64, 3)"""
    lengths: FloatArray
    turns: FloatArray
    forward: FloatArray
    """Component of each step along the mean heading."""
    sideways: FloatArray


class _Reading(NamedTuple):
    """What is compared with a bound: values (C, n), value i belonging to waypoint i + lead."""

    name: str
    values: FloatArray
    bound: FloatArray | float
    """Of all, or (C,)."""
    unit: str
    lead: int = 0
    below: bool = False
    """The bound is the least that is allowed, not the most."""
    timed: bool = True


def check_trajectory(trajectory: Trajectory, speed: float, bounds: Bounds) -> tuple[Violation, ...]:
    """Return everything that is wrong with a trajectory; empty when nothing is.

    ``speed`` is the measured one at t0 [m/s]. Names: SHAPE, NOT_FINITE, START, SPACING,
    FORWARD_LENGTH (shorter than the hardest braking allows), BACKWARDS, FOLDED, SIDEWAYS, SLOPE,
    SPEED, ACCELERATION, CURVATURE, STEERING_ANGLE, STEERING_RATE, LATERAL_ACCELERATION, YAW_RATE,
    YAW_ACCELERATION, LONGITUDINAL_JERK, JERK, and, where the fields contradict each other,
    INCONSISTENT_SPEED, INCONSISTENT_ACCELERATION and INCONSISTENT_HEADING. Each with the worst
    value. Jerk is not judged while the vehicle comes to or leaves standstill, nor steering at
    walking pace.
    """
    return check_trajectories((trajectory,), speed, bounds)[0]


def check_trajectories(
    trajectories: Sequence[Trajectory], speed: float, bounds: Bounds
) -> tuple[tuple[Violation, ...], ...]:
    """Check trajectories that begin at one state, together; as check_trajectory, for each."""
    found: list[list[Violation]] = []
    for trajectory in trajectories:
        broken = _unreadable(trajectory, speed)
        found.append([] if broken is None else [broken])
    readable = [place for place, broken in enumerate(found) if not broken]
    if readable:
        motions = _motions([trajectories[place] for place in readable], speed, bounds)
        for check in _CHECKS:
            for reading in check(motions):
                for place, violation in _broken(reading):
                    found[readable[place]].append(violation)
    return tuple(tuple(violations) for violations in found)


def check_plan(plan: Plan, bounds: Bounds) -> tuple[Violation, ...]:
    """Return what makes a plan unfit to be published; empty when nothing does.

    The last gate before the vehicle, whatever the plan rests on: SHAPE, NOT_FINITE, TIMES (must
    start at 0 and increase), BACKWARDS, SPEED (not of a STOP, which begins at the vehicle's own),
    JUMP (a step longer than its speeds allow).
    """
    arrays = (
        plan.times_s, plan.positions, plan.headings, plan.speeds,
        plan.accelerations, plan.curvatures,
    )  # fmt: skip
    count = len(plan.times_s)
    if count < 2 or any(len(array) != count for array in arrays) or plan.positions.ndim != 2:
        return (Violation("SHAPE", min(map(len, arrays)), max(2, count), "points"),)
    if not all(np.isfinite(array).all() for array in arrays):
        return (Violation("NOT_FINITE", float("nan"), float("inf"), ""),)
    return tuple(_unsound(plan, bounds))


def _unsound(plan: Plan, bounds: Bounds) -> Iterator[Violation]:
    intervals = np.diff(plan.times_s)
    if plan.times_s[0] != 0.0 or intervals.min() <= 0.0:
        yield Violation("TIMES", float(intervals.min()), 0.0, "s")
    if plan.speeds.min() < 0.0:
        yield Violation("BACKWARDS", float(plan.speeds.min()), 0.0, "m/s")
    if plan.source != PlanSource.STOP:
        yield from _above("SPEED", plan.speeds, bounds.max_speed, "m/s")
    steps = np.diff(plan.positions, axis=0)
    lengths = np.sqrt(np.einsum("ij,ij->i", steps, steps))
    allowed = np.maximum(plan.speeds[:-1], plan.speeds[1:]) * intervals * (1 + 2 * _STEP_SHARE)
    excess = lengths - allowed - _JUMP_M
    yield from _above("JUMP", excess, 0.0, "m")


def _unreadable(trajectory: Trajectory, speed: float) -> Violation | None:
    rows = [
        trajectory.headings, trajectory.speeds, trajectory.accelerations, trajectory.curvatures,
    ]  # fmt: skip
    if trajectory.positions.shape != (HORIZON_LENGTH, 3):
        return Violation("SHAPE", len(trajectory.positions), HORIZON_LENGTH, "waypoints")
    if any(row.shape != (HORIZON_LENGTH,) for row in rows):
        return Violation("SHAPE", min(len(row) for row in rows), HORIZON_LENGTH, "values")
    if not np.isfinite(np.concatenate((trajectory.positions.reshape(-1), *rows))).all():
        finite = np.isfinite(np.column_stack([trajectory.positions, *rows]))
        bad = np.flatnonzero(~finite.all(axis=1))
        return Violation("NOT_FINITE", float("nan"), float("inf"), "", _time_s(bad[0]))
    if not np.isfinite(speed):
        return Violation("NOT_FINITE", speed, float("inf"), "m/s measured")
    return None


def _motions(trajectories: Sequence[Trajectory], speed: float, bounds: Bounds) -> _Motions:
    count = len(trajectories)
    front = np.zeros((count, 1))
    positions = np.array([trajectory.positions for trajectory in trajectories])
    speeds = np.concatenate((front + speed, [t.speeds for t in trajectories]), axis=1)
    headings = np.concatenate((front, [t.headings for t in trajectories]), axis=1)
    steps = positions.copy()
    steps[:, 1:] -= positions[:, :-1]
    turns = wrap_angle(headings[:, 1:] - headings[:, :-1])
    middle = headings[:, :-1] + turns / 2
    cos, sin = np.cos(middle), np.sin(middle)
    return _Motions(
        bounds=bounds,
        speeds=speeds,
        accelerations=np.array([t.accelerations for t in trajectories]),
        curvatures=np.array([t.curvatures for t in trajectories]),
        mean_speeds=(speeds[:, :-1] + speeds[:, 1:]) / 2,
        steps=steps,
        lengths=np.sqrt(np.einsum("cij,cij->ci", steps, steps)),
        turns=turns,
        forward=steps[..., 0] * cos + steps[..., 1] * sin,
        sideways=steps[..., 1] * cos - steps[..., 0] * sin,
    )


def _start(m: _Motions) -> Iterator[_Reading]:
    bounds = m.bounds
    offset = m.steps[:, 0].copy()
    offset[:, 0] -= m.speeds[:, 0] * STEP_S
    off = np.sqrt(np.einsum("ci,ci->c", offset, offset))
    yield _Reading("START", off[:, None], bounds.max_start_offset, "m off")
    yield _Reading("START", np.abs(m.turns[:, :1]), bounds.max_start_turn, "rad off")
    low = m.speeds[:, :1] + bounds.min_acceleration * STEP_S
    high = m.speeds[:, :1] + bounds.max_acceleration * STEP_S
    error = np.maximum(low - m.speeds[:, 1:2], m.speeds[:, 1:2] - high)
    yield _Reading("START", error, bounds.max_start_speed_error, "m/s off")


def _lengths(m: _Motions) -> Iterator[_Reading]:
    farthest = m.bounds.max_speed * STEP_S * (1 + _STEP_SHARE) + _STEP_M
    yield _Reading("SPACING", m.lengths, farthest, "m between waypoints")
    # how far the vehicle gets at least, if the speed at t0 is as far off as it may be
    speed = np.maximum(m.speeds[:, 0] - m.bounds.max_start_speed_error, 0.0)
    braking = max(-m.bounds.min_acceleration, 1e-3)
    time_s = np.minimum(speed / braking, HORIZON_LENGTH * STEP_S)
    least = speed * time_s - braking * time_s**2 / 2 - _LENGTH_M
    total = m.lengths.sum(axis=1, keepdims=True)
    yield _Reading("FORWARD_LENGTH", total, least, "m", below=True, timed=False)


def _backwards(m: _Motions) -> Iterator[_Reading]:
    yield _Reading("BACKWARDS", m.speeds[:, 1:], -STANDSTILL_MPS, "m/s", below=True)
    least = -STANDSTILL_MPS * STEP_S - _STEP_M
    yield _Reading("BACKWARDS", m.forward, least, "m a step", below=True)
    progress = np.cumsum(m.forward, axis=1)
    retreat = np.maximum.accumulate(progress, axis=1) - progress
    # a standing vehicle's estimate may wander, but not away
    yield _Reading("BACKWARDS", retreat, 0.3, "m lost")


def _folded(m: _Motions) -> Iterator[_Reading]:
    """Between each step that moves and the next one that does, however long it stands between."""
    angles = np.zeros(m.lengths.shape)
    moves = m.lengths > _FOLD_STEP_M
    if moves.all():
        angles[:, 1:] = _angles(m.steps[:, :-1], m.steps[:, 1:], m.lengths)
    else:
        for row, steps in enumerate(m.steps):
            moving = np.flatnonzero(moves[row])
            if moving.size > 1:
                there = steps[moving]
                lengths = m.lengths[row, moving]
                angles[row, moving[1:]] = _angles(there[:-1], there[1:], lengths)
    yield _Reading("FOLDED", angles, _FOLD_DEG, "deg")


def _angles(before: FloatArray, after: FloatArray, lengths: FloatArray) -> FloatArray:
    """Angles [deg] between steps (..., n, 3) and those that follow them, of lengths (..., n+1)."""
    cosines = np.einsum("...i,...i->...", before, after) / (lengths[..., :-1] * lengths[..., 1:])
    angles: FloatArray = np.rad2deg(np.arccos(np.clip(cosines, -1.0, 1.0)))
    return angles


def _contradictions(m: _Motions) -> Iterator[_Reading]:
    side = np.abs(m.sideways) - _SIDE_SHARE * m.lengths
    yield _Reading("SIDEWAYS", side, _SIDE_M, "m")
    slope = np.abs(m.steps[..., 2]) - _SLOPE * m.lengths
    yield _Reading("SLOPE", slope, _STEP_M, "m")
    rises = m.steps[..., 2]
    kinks = np.abs(rises[:, 1:] - rises[:, :-1]) / STEP_S**2
    yield _Reading("SLOPE", kinks, _GRAVITY_MPS2, "m/s^2 vertical", lead=1)
    step = np.abs(m.lengths - np.abs(m.mean_speeds) * STEP_S) - _STEP_SHARE * m.lengths
    # the first step and change begin at the measured speed: START judges how far that may be off
    step[:, 0] -= m.bounds.max_start_speed_error / 2 * STEP_S
    yield _Reading("INCONSISTENT_SPEED", step, _STEP_M, "m")
    change = np.abs((m.speeds[:, 1:] - m.speeds[:, :-1]) / STEP_S - m.accelerations)
    change[:, 0] = 0.0
    yield _Reading("INCONSISTENT_ACCELERATION", change, _ACCELERATION_MPS2, "m/s^2")
    turn = np.abs(m.turns - m.curvatures * m.mean_speeds * STEP_S)
    yield _Reading("INCONSISTENT_HEADING", turn, _TURN_RAD, "rad")


def _limits(m: _Motions) -> Iterator[_Reading]:
    bounds, speeds = m.bounds, m.speeds[:, 1:]
    bends = np.abs(m.curvatures)
    yield _Reading("SPEED", speeds, bounds.max_speed, "m/s")
    yield _Reading("ACCELERATION", m.accelerations, bounds.max_acceleration, "m/s^2")
    yield _Reading("ACCELERATION", m.accelerations, bounds.min_acceleration, "m/s^2", below=True)
    yield _Reading("CURVATURE", bends, bounds.max_curvature, "1/m")
    angles = np.arctan(bounds.wheelbase * bends)
    yield _Reading("STEERING_ANGLE", angles, bounds.max_steering_angle, "rad")
    lateral = bends * speeds**2
    yield _Reading("LATERAL_ACCELERATION", lateral, bounds.max_lateral_acceleration, "m/s^2")
    yield _Reading("YAW_RATE", np.abs(m.turns) / STEP_S, bounds.max_yaw_rate, "rad/s")


def _rates(m: _Motions) -> Iterator[_Reading]:
    bounds, speeds = m.bounds, m.speeds[:, 1:]
    yaw = np.abs(_slope(m.curvatures * speeds))
    yield _Reading("YAW_ACCELERATION", yaw, bounds.max_yaw_acceleration, "rad/s^2", JERK_STEPS)
    count = speeds.shape[1] - JERK_STEPS
    slowest = np.minimum.reduce([speeds[:, k : k + count] for k in range(JERK_STEPS + 1)])
    steering = np.abs(_slope(np.arctan(bounds.wheelbase * m.curvatures)))
    steered = np.where(slowest > _STEERED_MPS, steering, 0.0)
    yield _Reading("STEERING_RATE", steered, bounds.max_steering_rate, "rad/s", JERK_STEPS)
    longitudinal = _slope(m.accelerations)
    lateral = _slope(m.curvatures * speeds**2)
    moving = slowest > STANDSTILL_MPS
    along = np.where(moving, np.abs(longitudinal), 0.0)
    yield _Reading("LONGITUDINAL_JERK", along, bounds.max_longitudinal_jerk, "m/s^3", JERK_STEPS)
    total = np.where(moving, np.hypot(longitudinal, lateral), 0.0)
    yield _Reading("JERK", total, bounds.max_jerk, "m/s^3", JERK_STEPS)


_CHECKS: tuple[Callable[[_Motions], Iterator[_Reading]], ...] = (
    _start, _lengths, _backwards, _folded, _contradictions, _limits, _rates,
)  # fmt: skip


def _slope(values: FloatArray) -> FloatArray:
    return (values[:, JERK_STEPS:] - values[:, :-JERK_STEPS]) / (JERK_STEPS * STEP_S)


def _time_s(index: int | np.integer) -> float:
    return float(index + 1) * STEP_S


def _above(name: str, values: FloatArray, bound: float, unit: str) -> Iterator[Violation]:
    """Yield the worst value of a plan above a bound."""
    for _, violation in _broken(_Reading(name, values[None], bound, unit)):
        yield violation


def _broken(reading: _Reading) -> Iterator[tuple[int, Violation]]:
    """Yield the worst value of each trajectory that breaks the bound, with its place."""
    values, bound = reading.values, reading.bound
    # the ufunc itself: this runs thirty times for every prediction, and values.max() takes twice
    extremes = (np.minimum if reading.below else np.maximum).reduce(values, axis=1).tolist()
    if isinstance(bound, np.ndarray):
        bounds = bound.tolist()
    else:
        bounds = itertools.repeat(float(bound), len(extremes))
    for place, (extreme, of) in enumerate(zip(extremes, bounds, strict=True)):
        slack = _SLACK * abs(of)
        if not (extreme < of - slack if reading.below else extreme > of + slack):
            continue
        row = values[place]
        worst = int(np.argmin(row) if reading.below else np.argmax(row))
        at_s = _time_s(worst + reading.lead) if reading.timed else None
        yield place, Violation(reading.name, float(row[worst]), of, reading.unit, at_s)
