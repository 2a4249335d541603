# SPDX-License-Identifier: Apache-2.0
"""Comfortable braking to standstill, along a path that is already known."""

from __future__ import annotations

import math

import numpy as np

from alpamayo_ros.geometry import yaw_of
from alpamayo_ros.planning.motion import ACCELERATION, HEADING, SPEED, Motion, X, Z
from alpamayo_ros.planning.path import path_of
from alpamayo_ros.types import SECOND_NS, EgoState, FloatArray

_DT = 0.05
_CHOICES = 5
"""Decelerations, comfortable to hardest; the first that stops on the path is taken."""

_PATH_SLACK_M = 0.1
"""The chords of a path are shorter than its curve."""


def stop_along(
    motion: Motion, after_s: float, comfortable: float, hardest: float, jerk: float
) -> Motion:
    """Brake to standstill from where ``motion`` is ``after_s`` seconds after its start.

    The vehicle stays on the path of the motion, and is never faster and never farther along it
    than the motion itself at the same time: a prediction that brakes for something is not undone
    by a gentler stop. The deceleration is ``comfortable`` [m/s^2], or, when the path ends before
    that, as much more as is needed to stop on it, up to ``hardest``; beyond the end of the path
    the vehicle goes straight on. Acceleration begins at 0 or the motion's own deceleration and
    changes by at most ``jerk`` [m/s^3] where it is the brake and not the motion that decides.
    """
    times = np.append(np.arange(after_s, motion.duration_s, _DT), motion.duration_s)
    rest = motion.sample(times)
    path, arc = path_of(rest)
    # the last row is off the raster
    ceiling, begin = rest[:-1, SPEED], min(float(rest[0, ACCELERATION]), 0.0)
    for deceleration in np.unique(np.linspace(comfortable, max(hardest, comfortable), _CHOICES)):
        speeds = _brake(ceiling, begin, float(deceleration), jerk)
        distance = np.concatenate(([0.0], np.cumsum((speeds[:-1] + speeds[1:]) * (_DT / 2))))
        if distance[-1] <= arc[-1] + _PATH_SLACK_M:
            break
    table = path.at(distance)
    table[:, SPEED] = speeds
    table[:-1, ACCELERATION] = np.diff(speeds) / _DT
    table[-1, ACCELERATION] = 0.0
    start_ns = motion.start_ns + round(after_s * SECOND_NS)
    return Motion(start_ns, motion.odometry_frame, _DT, table)


def stop_straight(ego: EgoState, comfortable: float, jerk: float) -> Motion:
    """Brake to standstill straight along the heading of the ego state: nothing better is known."""
    row = np.zeros(7)
    row[X : Z + 1] = ego.pose.position
    row[HEADING] = yaw_of(ego.pose.quaternion)
    row[SPEED] = max(ego.speed, 0.0)
    here = Motion(ego.stamp_ns, ego.odometry_frame, _DT, np.stack((row, row)))
    return stop_along(here, 0.0, comfortable, comfortable, jerk)


def _brake(
    ceiling: FloatArray, acceleration: float, deceleration: float, jerk: float
) -> FloatArray:
    """Speeds every _DT s from ``ceiling[0]`` to standstill, never above ``ceiling``.

    The deceleration builds up and eases off at ``jerk``; sqrt(2 * jerk * speed) is the one from
    which easing off ends exactly at standstill.
    """
    speed = float(ceiling[0])
    speeds = [speed]
    limits = iter(ceiling[1:].tolist())
    change = jerk * _DT
    while speed > 0.0:
        wanted = -min(deceleration, math.sqrt(2 * jerk * speed))
        acceleration = min(max(wanted, acceleration - change), acceleration + change)
        slower = min(max(speed + acceleration * _DT, 0.0), next(limits, math.inf))
        acceleration = (slower - speed) / _DT
        speed = slower
        speeds.append(speed)
    return np.array([*speeds, 0.0])
