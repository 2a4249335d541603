# SPDX-License-Identifier: Apache-2.0
"""Poses between samples, and a little beyond the newest one."""

from __future__ import annotations

import numpy as np

from alpamayo_ros.geometry import (
    quaternion_from_yaw,
    quaternion_multiply,
    quaternion_to_matrix,
    slerp,
)
from alpamayo_ros.types import FloatArray


def interpolate_poses(
    times: FloatArray, positions: FloatArray, quaternions: FloatArray, queries: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return positions (M, 3) and quaternions (M, 4) at ``queries`` (M,), in times[0]..times[-1].

    times: (N,), N >= 2, strictly increasing; positions: (N, 3); quaternions: (N, 4), unit.
    Positions follow a cubic Hermite spline, orientations a slerp; at a sample both are the sample.
    """
    velocities = _velocities(times, positions)
    after = np.clip(np.searchsorted(times, queries, side="right"), 1, len(times) - 1)
    before = after - 1
    step = (times[after] - times[before])[:, None]
    u = np.clip((queries - times[before])[:, None] / step, 0.0, 1.0)
    p0, p1 = positions[before], positions[after]
    v0, v1 = velocities[before] * step, velocities[after] * step
    # relative to p0, so that map coordinates of millions of metres cost no precision
    offset = (3 * u**2 - 2 * u**3) * (p1 - p0) + (u - 2 * u**2 + u**3) * v0 + (u**3 - u**2) * v1
    return p0 + offset, slerp(quaternions[before], quaternions[after], u[:, 0])


def _velocities(times: FloatArray, positions: FloatArray) -> FloatArray:
    """Return the velocity at each sample, from its neighbours.

    The chord over both neighbours, not the weighted three-point formula: two samples a
    millisecond apart would turn a centimetre of noise into a velocity of 10 m/s. The ends continue
    the curvature of the parabola through them. The measured speed is not used, so that the
    comparison of the two means something.
    """
    if len(times) == 2:
        return np.repeat(np.diff(positions, axis=0) / (times[1] - times[0]), 2, axis=0)
    velocities = np.empty_like(positions)
    velocities[1:-1] = (positions[2:] - positions[:-2]) / (times[2:] - times[:-2])[:, None]
    first = (positions[1] - positions[0]) / (times[1] - times[0])
    last = (positions[-1] - positions[-2]) / (times[-1] - times[-2])
    velocities[0] = 2 * first - velocities[1]
    velocities[-1] = 2 * last - velocities[-2]
    return velocities


def extrapolate_speed(speed: float, acceleration: float, time_s: float) -> tuple[float, float]:
    """Return speed [m/s] and distance [m] after ``time_s`` of constant acceleration.

    A vehicle that comes to rest stays at rest.
    """
    later = speed + acceleration * time_s
    if later * speed <= 0:
        moving_s = -speed / acceleration if acceleration * speed < 0 else 0.0
        return 0.0, speed / 2 * moving_s
    return later, (speed + later) / 2 * time_s


def extrapolate_pose(
    position: FloatArray, quaternion: FloatArray, distance: float, turn: float
) -> tuple[FloatArray, FloatArray]:
    """Return the pose after ``distance`` [m] on an arc that turns by ``turn`` [rad] to the left."""
    half = quaternion_multiply(quaternion, quaternion_from_yaw(turn / 2))
    # np.sinc(x) is sin(pi x) / (pi x): the ratio of chord to arc, 1 for a straight line
    chord = distance * float(np.sinc(turn / (2 * np.pi)))
    return (
        position + quaternion_to_matrix(half)[:, 0] * chord,
        quaternion_multiply(quaternion, quaternion_from_yaw(turn)),
    )
