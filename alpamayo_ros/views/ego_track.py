# SPDX-License-Identifier: Apache-2.0
"""Where the vehicle was when an image was taken, and the way it came."""

from __future__ import annotations

from collections import deque

import numpy as np

from alpamayo_ros.ego.interpolation import extrapolate_pose, interpolate_poses
from alpamayo_ros.types import SECOND_NS, ClockJumped, EgoState, FloatArray, Pose

REACH_NS = 200_000_000
"""How far beyond the newest state a pose is extrapolated."""

_KEPT = 64
_PAST_STEP_M, _PAST_POINTS = 0.5, 240


class EgoTrack:
    """The newest ego states, 3 s of them at 20 Hz; and the way of the last 120 m."""

    def __init__(self) -> None:
        self._states: deque[EgoState] = deque(maxlen=_KEPT)
        self._past: deque[FloatArray] = deque(maxlen=_PAST_POINTS)

    def add(self, state: EgoState) -> bool:
        """Take a state; return whether it is newer than all before, and finite.

        Raises ClockJumped when time was set back. Another odometry frame begins a new track.
        """
        newest = self.newest
        if newest is not None:
            if state.stamp_ns < newest.stamp_ns - SECOND_NS:
                raise ClockJumped(f"ego state {(state.stamp_ns - newest.stamp_ns) / 1e9:.3f} s")
            if state.odometry_frame != newest.odometry_frame:
                self.clear()
            elif state.stamp_ns <= newest.stamp_ns:
                return False
        numbers = (*state.pose.position, *state.pose.quaternion, state.speed, state.yaw_rate)
        if not np.isfinite(numbers).all():
            return False
        self._states.append(state)
        position = state.pose.position
        if not self._past or np.linalg.norm(position - self._past[-1]) >= _PAST_STEP_M:
            self._past.append(position)
        return True

    def clear(self) -> None:
        """Forget everything."""
        self._states.clear()
        self._past.clear()

    @property
    def newest(self) -> EgoState | None:
        """The newest state."""
        return self._states[-1] if self._states else None

    def past(self) -> FloatArray:
        """The way (N, 3) in the odometry frame, oldest first, up to the newest state."""
        states, points = self._states, list(self._past)
        if states:
            points.append(states[-1].pose.position)
        return np.array(points).reshape(-1, 3)

    def pose_at(self, stamp_ns: int) -> Pose | None:
        """The base in the odometry frame at a time; None outside of what is known.

        Between states interpolated, up to REACH_NS beyond the newest at its speed and yaw rate.
        """
        states = list(self._states)
        if not states or not states[0].stamp_ns <= stamp_ns <= states[-1].stamp_ns + REACH_NS:
            return None
        newest = states[-1]
        if stamp_ns >= newest.stamp_ns or len(states) == 1:
            ahead_s = (stamp_ns - newest.stamp_ns) / SECOND_NS
            return Pose(
                *extrapolate_pose(
                    newest.pose.position, newest.pose.quaternion,
                    newest.speed * ahead_s, newest.yaw_rate * ahead_s,
                )
            )  # fmt: skip
        times = np.array([(state.stamp_ns - stamp_ns) / SECOND_NS for state in states])
        positions = np.array([state.pose.position for state in states])
        quaternions = np.array([state.pose.quaternion for state in states])
        position, quaternion = interpolate_poses(times, positions, quaternions, np.zeros(1))
        return Pose(position[0], quaternion[0])
