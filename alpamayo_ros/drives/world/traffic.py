# SPDX-License-Identifier: Apache-2.0
"""The other vehicles: each keeps its lane, its distance, and the rules of the lights."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from alpamayo_ros.drives.world import motion
from alpamayo_ros.drives.world.crossing import ONCOMING_STOP_LINE, Crossing, Signal
from alpamayo_ros.drives.world.road import Lane

_STOP_MARGIN = 1.0
# Who would have to brake harder than this for a yellow light drives on.
_DILEMMA_DECELERATION = 2.0


@dataclass(frozen=True, slots=True)
class Vehicle:
    """A vehicle of the traffic: lane, length, width, height [m], RGB colour and desired speed.

    The desired speed is ``speed`` and, from ``slow_from_s`` to ``slow_until_s``, ``slow_speed``.
    """

    name: str
    lane: Lane
    size: tuple[float, float, float]
    colour: tuple[int, int, int]
    speed: float
    slow_speed: float = 0.0
    slow_from_s: float = math.inf
    slow_until_s: float = math.inf

    def desired_speed(self, time_s: float) -> float:
        """Desired speed [m/s] at a time."""
        return self.slow_speed if self.slow_from_s <= time_s < self.slow_until_s else self.speed


@dataclass(frozen=True, slots=True)
class VehicleState:
    """Where a vehicle's centre is along the road [m], speed and acceleration along its lane."""

    s: float
    speed: float
    acceleration: float = 0.0


def advance(
    vehicles: Sequence[Vehicle],
    states: Sequence[VehicleState],
    crossings: Sequence[Crossing],
    time_s: float,
    dt: float,
) -> tuple[VehicleState, ...]:
    """States of all vehicles after ``dt`` [s]."""
    return tuple(
        _advance_one(vehicle, state, _gap_ahead(index, vehicles, states), crossings, time_s, dt)
        for index, (vehicle, state) in enumerate(zip(vehicles, states, strict=True))
    )


def _advance_one(
    vehicle: Vehicle,
    state: VehicleState,
    ahead: tuple[float, float] | None,
    crossings: Sequence[Crossing],
    time_s: float,
    dt: float,
) -> VehicleState:
    desired = vehicle.desired_speed(time_s)
    target = motion.free_acceleration(state.speed, desired)
    if ahead is not None:
        target = min(target, motion.following_acceleration(state.speed, desired, *ahead))
    direction = vehicle.lane.direction
    front = state.s * direction + vehicle.size[0] / 2
    lines = stop_lines(crossings, direction, time_s)
    target = min(target, light_acceleration(state.speed, front, lines))
    acceleration = motion.smooth(target, state.acceleration, state.speed, dt)
    distance, speed = motion.travelled(state.speed, acceleration, dt)
    return VehicleState(state.s + direction * distance, speed, acceleration if speed else 0.0)


def _gap_ahead(
    index: int, vehicles: Sequence[Vehicle], states: Sequence[VehicleState]
) -> tuple[float, float] | None:
    """Gap [m] to and speed of the next vehicle in the lane."""
    own = vehicles[index]
    nearest: tuple[float, float] | None = None
    for other, state in zip(vehicles, states, strict=True):
        ahead = (state.s - states[index].s) * own.lane.direction
        if other is own or other.lane is not own.lane or ahead <= 0:
            continue
        gap = ahead - (own.size[0] + other.size[0]) / 2
        if nearest is None or gap < nearest[0]:
            nearest = (gap, state.speed)
    return nearest


def stop_lines(
    crossings: Sequence[Crossing], direction: int, time_s: float
) -> Iterable[tuple[float, Signal]]:
    """Stop lines for one driving direction: s times the direction [m], and what the light shows."""
    for crossing in crossings:
        s = crossing.s if direction > 0 else -(crossing.s + ONCOMING_STOP_LINE)
        yield s, crossing.signal(time_s)


def light_acceleration(speed: float, front: float, lines: Iterable[tuple[float, Signal]]) -> float:
    """Largest acceleration the lights allow a vehicle whose front is at ``front`` [m]."""
    allowed = math.inf
    for line, signal in lines:
        distance = line - front
        if signal is Signal.GREEN or distance < -0.2:
            continue
        required = motion.required_deceleration(speed, distance)
        if signal is Signal.YELLOW and required > _DILEMMA_DECELERATION:
            continue
        allowed = min(allowed, motion.stopping_acceleration(speed, distance - _STOP_MARGIN))
    return allowed
