# SPDX-License-Identifier: Apache-2.0
"""A motion over time in the odometry frame: what a plan is sampled from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpamayo_ros.geometry import transform_points, yaw_of
from alpamayo_ros.planning.unicycle import STEP_S
from alpamayo_ros.types import SECOND_NS, FloatArray, Prediction

X, Y, Z, HEADING, SPEED, ACCELERATION, CURVATURE = range(7)
"""Columns of a motion's table."""


@dataclass(frozen=True, slots=True)
class Motion:
    """States at every ``dt`` seconds from ``start_ns`` on, in ``odometry_frame``.

    table: (N, 7): x, y, z [m], heading [rad, continuous], speed [m/s], acceleration [m/s^2],
    curvature [1/m]. Between rows everything is linear; before the first and after the last row
    the motion stands still at it.
    """

    start_ns: int
    odometry_frame: str
    dt: float
    table: FloatArray

    @property
    def duration_s(self) -> float:
        """Time from the first to the last row [s]."""
        return (len(self.table) - 1) * self.dt

    def at(self, stamp_ns: int) -> FloatArray:
        """The state (7,) at a time."""
        last = len(self.table) - 1
        position = min(max((stamp_ns - self.start_ns) / SECOND_NS / self.dt, 0.0), float(last))
        row = int(position)
        share, following = position - row, min(row + 1, last)
        state: FloatArray = self.table[row] * (1.0 - share) + self.table[following] * share
        return state

    def sample(self, times_s: FloatArray) -> FloatArray:
        """States (M, 7) at times (M,) after the start."""
        last = len(self.table) - 1
        position = np.clip(times_s / self.dt, 0.0, last)
        row = np.minimum(position.astype(np.intp), max(last - 1, 0))
        share = (position - row)[:, None]
        following = np.minimum(row + 1, last)
        return np.asarray(self.table[row] * (1.0 - share) + self.table[following] * share)


def anchor(prediction: Prediction, candidate: int) -> Motion:
    """Place a candidate in the odometry frame, with the pose at t0: rows at t0, t0+0.1 .. 6.4 s.

    Speeds of a standing vehicle that the validation lets pass as noise become zero: a plan never
    asks for reverse.
    """
    trajectory = prediction.candidates[candidate].trajectory
    pose = prediction.ego_pose
    table = np.empty((len(trajectory.headings) + 1, 7))
    table[0, X : Z + 1] = pose.position
    table[1:, X : Z + 1] = transform_points(pose, trajectory.positions)
    headings = np.concatenate(([0.0], trajectory.headings)) + yaw_of(pose.quaternion)
    table[:, HEADING] = np.unwrap(headings)
    speeds = np.concatenate(([prediction.speed], trajectory.speeds))
    table[:, SPEED] = np.maximum(speeds, 0.0)
    table[1:, ACCELERATION] = trajectory.accelerations
    table[1:, CURVATURE] = trajectory.curvatures
    table[0, ACCELERATION:] = table[1, ACCELERATION:]
    return Motion(prediction.t0_ns, prediction.odometry_frame, STEP_S, table)
