# SPDX-License-Identifier: Apache-2.0
"""Ego samples from odometry: pose and twist in one message, frames checked."""

from __future__ import annotations

from dataclasses import dataclass

from numpy.typing import ArrayLike

from alpamayo_ros.ego.samples import (
    EgoSample,
    SampleRejected,
    check_stamped,
    checked_number,
    checked_pose,
)


class FrameLock:
    """One expected frame name; when none is configured, the first that is seen is expected."""

    def __init__(self, what: str, configured: str) -> None:
        self._what = what
        self._configured = plain_frame(configured) or None
        self._expected = self._configured

    @property
    def name(self) -> str:
        """The expected frame; empty while any is accepted."""
        return self._expected or ""

    def check(self, stamp_ns: int, seen: str) -> None:
        """Raise SampleRejected (wrong_frame) when ``seen`` is not the expected frame."""
        if self._expected is not None and plain_frame(seen) != self._expected:
            raise SampleRejected(
                "wrong_frame", stamp_ns, f"{self._what} is '{seen}', expected '{self._expected}'"
            )

    def lock(self, seen: str) -> None:
        """Expect this frame from now on."""
        self._expected = plain_frame(seen)

    def reset(self) -> None:
        """Go back to what was configured."""
        self._expected = self._configured


def plain_frame(frame: str) -> str:
    """Return the frame's name without the leading slash that ROS 1 wrote."""
    return frame.lstrip("/")


@dataclass(frozen=True, slots=True)
class OdometryReading:
    """What an odometry message says, unchecked.

    ``position`` (3,) and ``quaternion`` (4,) are of ``child_frame_id`` in ``frame_id``; ``speed``
    and ``yaw_rate`` are twist.linear.x and twist.angular.z, in ``child_frame_id``.
    """

    stamp_ns: int
    frame_id: str
    child_frame_id: str
    position: ArrayLike
    quaternion: ArrayLike
    speed: float
    yaw_rate: float


class OdometrySource:
    """Checks odometry readings and turns them into ego samples."""

    def __init__(self, odometry_frame: str, base_frame: str) -> None:
        self.odometry_frame = FrameLock("frame_id", odometry_frame)
        self.base_frame = FrameLock("child_frame_id", base_frame)

    def read(self, reading: OdometryReading) -> EgoSample:
        """Return the sample; raises SampleRejected (wrong_frame, not_finite, unstamped)."""
        stamp = reading.stamp_ns
        check_stamped(stamp)
        self.odometry_frame.check(stamp, reading.frame_id)
        self.base_frame.check(stamp, reading.child_frame_id)
        sample = EgoSample(
            stamp_ns=stamp,
            odometry_frame=plain_frame(reading.frame_id),
            pose=checked_pose(stamp, reading.position, reading.quaternion),
            speed=checked_number(stamp, "speed", reading.speed),
            yaw_rate=checked_number(stamp, "yaw rate", reading.yaw_rate),
        )
        self.odometry_frame.lock(reading.frame_id)
        self.base_frame.lock(reading.child_frame_id)
        return sample

    def reset(self) -> None:
        """Forget the frames that were not configured: time was set back."""
        self.odometry_frame.reset()
        self.base_frame.reset()
