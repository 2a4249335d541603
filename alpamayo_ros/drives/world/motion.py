# SPDX-License-Identifier: Apache-2.0
"""How vehicles move: the exact unicycle, and smooth longitudinal control.

The limits lie well inside the comfort bounds of the model's recipes (acceleration -4.05..2.40
m/s^2, longitudinal jerk 4.13 m/s^3), so that a drive of these vehicles is one a policy may
predict.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.types import Pose

MAX_ACCELERATION = 1.8
MAX_DECELERATION = 3.4
MAX_JERK = 3.2
COMFORTABLE_DECELERATION = 1.5

_COASTING_FROM, _BRAKING_FROM = 0.5, 1.4
_TIME_GAP_S = 1.2
_STANDSTILL_GAP = 3.0
# The square root of the speed falls at this rate at most [m^0.5/s^1.5], so the deceleration fades
# as the vehicle comes to rest: no jolt, but a jerk of 2 * 1^2 m/s^3.
_LANDING = 1.0


@dataclass(frozen=True, slots=True)
class UnicycleState:
    """Pose of the base in the world's plane, speed [m/s] and the command that holds.

    heading in rad, left positive; curvature in 1/m; acceleration in m/s^2, 0 while at rest.
    """

    x: float
    y: float
    heading: float
    speed: float
    acceleration: float = 0.0
    curvature: float = 0.0

    @property
    def yaw_rate(self) -> float:
        """Yaw rate [rad/s], left positive."""
        return self.speed * self.curvature

    @property
    def pose(self) -> Pose:
        """Pose of the base in the world frame, on the ground."""
        return Pose(np.array((self.x, self.y, 0.0)), quaternion_from_yaw(self.heading))


def travelled(speed: float, acceleration: float, dt: float) -> tuple[float, float]:
    """Distance [m] and speed after ``dt``; a vehicle that comes to rest stays at rest."""
    after = speed + acceleration * dt
    if after >= 0.0:
        return (speed + after) / 2 * dt, after
    return speed * speed / (-2 * acceleration), 0.0


def advance(
    state: UnicycleState, acceleration: float, curvature: float, dt: float
) -> UnicycleState:
    """State after ``dt`` of constant acceleration and curvature, exactly; never backwards."""
    distance, speed = travelled(state.speed, acceleration, dt)
    half_turn = curvature * distance / 2
    chord = distance * (math.sin(half_turn) / half_turn if abs(half_turn) > 1e-9 else 1.0)
    direction = state.heading + half_turn
    return UnicycleState(
        x=state.x + chord * math.cos(direction),
        y=state.y + chord * math.sin(direction),
        heading=state.heading + 2 * half_turn,
        speed=speed,
        acceleration=0.0 if speed == 0.0 and acceleration <= 0.0 else acceleration,
        curvature=curvature,
    )


def free_acceleration(speed: float, desired: float) -> float:
    """Acceleration on an empty lane (Intelligent Driver Model, Treiber et al. 2000)."""
    return MAX_ACCELERATION * (1.0 - (speed / max(desired, 0.1)) ** 4)


def following_acceleration(speed: float, desired: float, gap: float, lead_speed: float) -> float:
    """Acceleration behind a vehicle ``gap`` [m] ahead of the front (Intelligent Driver Model)."""
    braking = 2 * math.sqrt(MAX_ACCELERATION * COMFORTABLE_DECELERATION)
    wanted = _STANDSTILL_GAP + max(0.0, speed * (_TIME_GAP_S + (speed - lead_speed) / braking))
    return free_acceleration(speed, desired) - MAX_ACCELERATION * (wanted / max(gap, 0.1)) ** 2


def required_deceleration(speed: float, distance: float) -> float:
    """Constant deceleration that stops within ``distance`` [m]; infinite when there is none."""
    if speed == 0.0:
        return 0.0
    return speed * speed / (2 * distance) if distance > 0 else math.inf


def stopping_acceleration(speed: float, distance: float) -> float:
    """Acceleration for a stop ``distance`` [m] ahead: less as it comes near, then just enough.

    At rest within a metre of the point, or past it, the vehicle stays.
    """
    if speed < 0.05 and distance < 1.0:
        return -MAX_DECELERATION
    required = required_deceleration(speed, distance)
    if required >= _BRAKING_FROM:
        return -required
    # to brake in time with a limited jerk, acceleration has to end before braking begins
    share = (required - _COASTING_FROM) / (_BRAKING_FROM - _COASTING_FROM)
    return MAX_ACCELERATION - max(0.0, share) * (MAX_ACCELERATION + _BRAKING_FROM)


def smooth(target: float, previous: float, speed: float, dt: float) -> float:
    """The acceleration that may follow ``previous``: within limits, jerk and a soft landing."""
    limited = min(max(target, -MAX_DECELERATION), MAX_ACCELERATION)
    step = MAX_JERK * dt
    limited = min(max(limited, previous - step), previous + step)
    softest = max(0.0, math.sqrt(speed) - _LANDING * dt) ** 2
    return max(limited, (softest - speed) / dt)
