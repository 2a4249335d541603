# SPDX-License-Identifier: Apache-2.0
"""Is this trajectory one that a vehicle can and should drive? Every fault has a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

_WINDOW = round(0.5 / STEP_S)
"""Steps that jerk and yaw acceleration are a mean over."""

# How far positions, headings, speeds, accelerations and curvatures may contradict each other.
# The unicycle integrates them to within a tenth of these.
_STEP_M, _STEP_SHARE = 0.02, 0.05
_SIDE_M, _SIDE_SHARE = 0.02, 0.02
_TURN_RAD = 0.02
_ACCELERATION_MPS2 = 0.3

_JUMP_M = 0.1
"""Beyond what the speeds of a plan explain: what a trajectory may be off at its start, and the
creep of a standing vehicle, whose speed is zero in a plan."""

_SLOPE = 0.3
"""Steeper than any road [m/m]."""

_GRAVITY_MPS2 = 9.81
"""A road that falls away faster than this leaves the wheels in the air."""

_FOLD_COS = np.cos(np.deg2rad(45.0))
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


class _Motion(NamedTuple):
    """A trajectory with the state at t0 in front, and its 64 steps; all horizontal but length."""

    trajectory: Trajectory
    bounds: Bounds
    speeds: FloatArray
    """(65,), the first one measured."""
    mean_speeds: FloatArray
    steps: FloatArray
    """(64, 3)"""
    lengths: FloatArray
    turns: FloatArray
    forward: FloatArray
    """Component of each step along the mean heading."""
    sideways: FloatArray


def check_trajectory(trajectory: Trajectory, speed: float, bounds: Bounds) -> tuple[Violation, ...]:
    """Return everything that is wrong with a trajectory; empty when nothing is.

    ``speed`` is the measured one at t0 [m/s]. Names: SHAPE, NOT_FINITE, START, BACKWARDS, FOLDED,
    SIDEWAYS, SLOPE, SPEED, ACCELERATION, CURVATURE, LATERAL_ACCELERATION, YAW_RATE,
    YAW_ACCELERATION, LONGITUDINAL_JERK, JERK, and, where the fields contradict each other,
    INCONSISTENT_SPEED, INCONSISTENT_ACCELERATION and INCONSISTENT_HEADING. One entry a name, with
    the worst value. Jerk is not judged while the vehicle comes to or leaves standstill.
    """
    broken = _unreadable(trajectory, speed)
    if broken is not None:
        return (broken,)
    motion = _motion(trajectory, speed, bounds)
    return tuple(violation for check in _CHECKS for violation in check(motion))


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
    table = np.column_stack([trajectory.positions, *rows])
    bad = np.flatnonzero(~np.isfinite(table).all(axis=1))
    if bad.size:
        return Violation("NOT_FINITE", float("nan"), float("inf"), "", _time_s(bad[0]))
    if not np.isfinite(speed):
        return Violation("NOT_FINITE", speed, float("inf"), "m/s measured")
    return None


def _motion(trajectory: Trajectory, speed: float, bounds: Bounds) -> _Motion:
    speeds = np.concatenate(([speed], trajectory.speeds))
    headings = np.concatenate(([0.0], trajectory.headings))
    steps = np.diff(trajectory.positions, axis=0, prepend=np.zeros((1, 3)))
    turns = wrap_angle(np.diff(headings))
    middle = headings[:-1] + turns / 2
    cos, sin = np.cos(middle), np.sin(middle)
    return _Motion(
        trajectory=trajectory,
        bounds=bounds,
        speeds=speeds,
        mean_speeds=(speeds[:-1] + speeds[1:]) / 2,
        steps=steps,
        lengths=np.sqrt(np.einsum("ij,ij->i", steps, steps)),
        turns=turns,
        forward=steps[:, 0] * cos + steps[:, 1] * sin,
        sideways=steps[:, 1] * cos - steps[:, 0] * sin,
    )


def _start(m: _Motion) -> Iterator[Violation]:
    offset = m.steps[0] - (m.speeds[0] * STEP_S, 0.0, 0.0)
    yield from _above("START", np.linalg.norm(offset), m.bounds.max_start_offset, "m off")
    turn = abs(m.turns[0])
    yield from _above("START", turn, m.bounds.max_start_turn, "rad off")
    low = m.speeds[0] + m.bounds.min_acceleration * STEP_S
    high = m.speeds[0] + m.bounds.max_acceleration * STEP_S
    error = max(low - m.speeds[1], m.speeds[1] - high)
    yield from _above("START", error, m.bounds.max_start_speed_error, "m/s off")


def _backwards(m: _Motion) -> Iterator[Violation]:
    yield from _below("BACKWARDS", m.trajectory.speeds, -STANDSTILL_MPS, "m/s")
    yield from _below("BACKWARDS", m.forward, -STANDSTILL_MPS * STEP_S - _STEP_M, "m a step")
    progress = np.cumsum(m.forward)
    retreat = np.maximum.accumulate(progress) - progress
    # a standing vehicle's estimate may wander, but not away
    yield from _above("BACKWARDS", retreat, 0.3, "m lost")


def _folded(m: _Motion) -> Iterator[Violation]:
    moving = np.flatnonzero(m.lengths > _FOLD_STEP_M)
    if moving.size < 2:
        return
    directions = m.steps[moving] / m.lengths[moving, None]
    cosines = np.einsum("ij,ij->i", directions[:-1], directions[1:])
    worst = int(np.argmin(cosines))
    if cosines[worst] < _FOLD_COS:
        angle = float(np.rad2deg(np.arccos(np.clip(cosines[worst], -1.0, 1.0))))
        yield Violation("FOLDED", angle, 45.0, "deg", _time_s(moving[worst + 1]))


def _contradictions(m: _Motion) -> Iterator[Violation]:
    trajectory = m.trajectory
    side = np.abs(m.sideways) - _SIDE_SHARE * m.lengths
    yield from _above("SIDEWAYS", side, _SIDE_M, "m")
    slope = np.abs(m.steps[:, 2]) - _SLOPE * m.lengths
    yield from _above("SLOPE", slope, _STEP_M, "m")
    kinks = np.abs(np.diff(m.steps[:, 2])) / STEP_S**2
    yield from _above("SLOPE", kinks, _GRAVITY_MPS2, "m/s^2 vertical", lead=1)
    step = np.abs(m.lengths - np.abs(m.mean_speeds) * STEP_S) - _STEP_SHARE * m.lengths
    # the first step and change begin at the measured speed: START judges how far that may be off
    step[0] -= m.bounds.max_start_speed_error / 2 * STEP_S
    yield from _above("INCONSISTENT_SPEED", step, _STEP_M, "m")
    change = np.abs(np.diff(m.speeds) / STEP_S - trajectory.accelerations)
    change[0] = 0.0
    yield from _above("INCONSISTENT_ACCELERATION", change, _ACCELERATION_MPS2, "m/s^2")
    turn = np.abs(m.turns - trajectory.curvatures * m.mean_speeds * STEP_S)
    yield from _above("INCONSISTENT_HEADING", turn, _TURN_RAD, "rad")


def _limits(m: _Motion) -> Iterator[Violation]:
    trajectory, bounds = m.trajectory, m.bounds
    yield from _above("SPEED", trajectory.speeds, bounds.max_speed, "m/s")
    yield from _above("ACCELERATION", trajectory.accelerations, bounds.max_acceleration, "m/s^2")
    yield from _below("ACCELERATION", trajectory.accelerations, bounds.min_acceleration, "m/s^2")
    yield from _above("CURVATURE", np.abs(trajectory.curvatures), bounds.max_curvature, "1/m")
    lateral = np.abs(trajectory.curvatures) * trajectory.speeds**2
    yield from _above("LATERAL_ACCELERATION", lateral, bounds.max_lateral_acceleration, "m/s^2")
    yield from _above("YAW_RATE", np.abs(m.turns) / STEP_S, bounds.max_yaw_rate, "rad/s")


def _rates(m: _Motion) -> Iterator[Violation]:
    trajectory, bounds = m.trajectory, m.bounds
    yaw_rates = trajectory.curvatures * trajectory.speeds
    yaw = np.abs(_slope(yaw_rates))
    yield from _above("YAW_ACCELERATION", yaw, bounds.max_yaw_acceleration, "rad/s^2", _WINDOW)
    longitudinal = _slope(trajectory.accelerations)
    lateral = _slope(trajectory.curvatures * trajectory.speeds**2)
    slowest = np.lib.stride_tricks.sliding_window_view(trajectory.speeds, _WINDOW + 1).min(axis=1)
    moving = slowest > STANDSTILL_MPS
    along = np.where(moving, np.abs(longitudinal), 0.0)
    yield from _above("LONGITUDINAL_JERK", along, bounds.max_longitudinal_jerk, "m/s^3", _WINDOW)
    total = np.where(moving, np.hypot(longitudinal, lateral), 0.0)
    yield from _above("JERK", total, bounds.max_jerk, "m/s^3", _WINDOW)


_CHECKS: tuple[Callable[[_Motion], Iterator[Violation]], ...] = (
    _start, _backwards, _folded, _contradictions, _limits, _rates,
)  # fmt: skip


def _slope(values: FloatArray) -> FloatArray:
    return (values[_WINDOW:] - values[:-_WINDOW]) / (_WINDOW * STEP_S)


def _time_s(index: int | np.integer) -> float:
    return float(index + 1) * STEP_S


def _above(
    name: str, values: FloatArray | np.floating | float, bound: float, unit: str, lead: int = 0
) -> Iterator[Violation]:
    """Yield the worst value above a bound; value i belongs to waypoint i + lead."""
    row = np.atleast_1d(values)
    worst = int(np.argmax(row))
    if row[worst] > bound + _SLACK * abs(bound):
        yield Violation(name, float(row[worst]), bound, unit, _time_s(worst + lead))


def _below(name: str, values: FloatArray, bound: float, unit: str) -> Iterator[Violation]:
    worst = int(np.argmin(values))
    if values[worst] < bound - _SLACK * abs(bound):
        yield Violation(name, float(values[worst]), bound, unit, _time_s(worst))
