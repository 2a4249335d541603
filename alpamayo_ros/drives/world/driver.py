# SPDX-License-Identifier: Apache-2.0
"""A scripted driver for the ego vehicle: follows lane, lead vehicle and lights, smoothly."""

from __future__ import annotations

import math

import numpy as np

from alpamayo_ros.drives.world import motion
from alpamayo_ros.drives.world.crossing import Signal
from alpamayo_ros.drives.world.objects import LanePosition
from alpamayo_ros.drives.world.road import EGO
from alpamayo_ros.drives.world.traffic import light_acceleration, stop_lines
from alpamayo_ros.drives.world.world import EGO_FRONT_OVERHANG, World

_LATERAL_ACCELERATION = 1.8
_BEND_AHEAD = np.array((0.0, 8.0, 16.0, 24.0))
_LOOK_AHEAD_S = 0.8
_SHORTEST_LOOK_AHEAD = 5.0
# The steering wheel: at 10 m/s this turns the yaw rate by 0.5 rad/s^2, a quarter of the bound.
_CURVATURE_RATE = 0.05


class ScriptedDriver:
    """Longitudinal: Intelligent Driver Model and braking for lights; lateral: pure pursuit."""

    def __init__(self, desired_speed: float = 10.5) -> None:
        self.desired_speed = desired_speed

    def command(self, world: World, dt: float = 0.01) -> tuple[float, float]:
        """Acceleration [m/s^2] and curvature [1/m] for the next ``dt`` [s]."""
        position = world.lane()
        acceleration = motion.smooth(
            self._wanted_acceleration(world, position),
            world.state.ego.acceleration,
            world.state.ego.speed,
            dt,
        )
        return acceleration, self._curvature(world, position, dt)

    def _wanted_acceleration(self, world: World, position: LanePosition) -> float:
        speed = world.state.ego.speed
        desired = min(self.desired_speed, self._bend_speed(world, position.s))
        wanted = motion.free_acceleration(speed, desired)
        front = position.s + EGO_FRONT_OVERHANG
        for vehicle, state in zip(world.layout.vehicles, world.state.vehicles, strict=True):
            gap = state.s - vehicle.size[0] / 2 - front
            if vehicle.lane is EGO and state.s > position.s:
                wanted = min(
                    wanted, motion.following_acceleration(speed, desired, gap, state.speed)
                )
        lines = list(stop_lines(world.layout.crossings, EGO.direction, world.state.time_s))
        # the end of the road is a stop line too
        lines.append((world.length, Signal.RED))
        return min(wanted, light_acceleration(speed, front, lines))

    @staticmethod
    def _bend_speed(world: World, s: float) -> float:
        """Speed that keeps the lateral acceleration low in the bend ahead."""
        ahead = float(np.abs(world.road.curvature(s + _BEND_AHEAD)).max())
        return math.sqrt(_LATERAL_ACCELERATION / max(ahead, 1e-4))

    @staticmethod
    def _curvature(world: World, position: LanePosition, dt: float) -> float:
        """Arc to a point of the lane's centre ahead (pure pursuit, Coulter 1992)."""
        ego = world.state.ego
        reach = max(_SHORTEST_LOOK_AHEAD, _LOOK_AHEAD_S * ego.speed)
        x, y = world.road.point(position.s + reach, EGO.centre) - (ego.x, ego.y)
        left = -math.sin(ego.heading) * x + math.cos(ego.heading) * y
        wanted = 2 * left / (x * x + y * y)
        step = _CURVATURE_RATE * dt
        return float(min(max(wanted, ego.curvature - step), ego.curvature + step))
