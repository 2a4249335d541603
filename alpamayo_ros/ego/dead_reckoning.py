# SPDX-License-Identifier: Apache-2.0
"""Ego samples from wheel speed and gyroscope, where nothing measures a pose."""

from __future__ import annotations

import math

import numpy as np

from alpamayo_ros.ego.odometry import FrameLock
from alpamayo_ros.ego.samples import EgoSample, check_stamped, checked_number
from alpamayo_ros.ego.tracks import Track, common_stamps
from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.types import SECOND_NS, ConfigurationError, Pose


class TwistImuIntegrator:
    """Integrates speed and yaw rate, each at its own rate, on a plane.

    The pose begins at the origin, with heading 0, at the first time that both streams cover. A
    sample is made for each stamp of either stream up to the time that both have reached, but not
    inside a gap of one longer than ``max_gap_s``, so that a gap stays one. The IMU is taken to be
    mounted upright: its z axis points up.
    """

    def __init__(self, odometry_frame: str, base_frame: str, max_gap_s: float) -> None:
        """Raise ConfigurationError when a frame is not named: no message holds both."""
        if not odometry_frame or not base_frame:
            raise ConfigurationError(
                "source 'twist_imu' needs odometry_frame and base_frame: the integrated pose is "
                "the one in the other"
            )
        self._odometry_frame = odometry_frame
        self._base_frame = FrameLock("frame_id of twist", base_frame)
        self._imu_frame = FrameLock("frame_id of imu", "")
        self._max_gap_ns = round(max_gap_s * SECOND_NS)
        self.reset()

    def read_twist(self, stamp_ns: int, frame_id: str, speed: float) -> list[EgoSample]:
        """Take a forward speed [m/s] and return the samples it completes, in order.

        Raises SampleRejected (wrong_frame, not_finite, duplicate_stamp, out_of_order, unstamped)
        and ClockJumped.
        """
        return self._read(self._speeds, self._base_frame, stamp_ns, frame_id, speed)

    def read_imu(self, stamp_ns: int, frame_id: str, yaw_rate: float) -> list[EgoSample]:
        """Take a yaw rate [rad/s, left positive]; as ``read_twist``.

        The frame of the IMU is whatever the first message names; a second IMU is rejected.
        """
        return self._read(self._yaw_rates, self._imu_frame, stamp_ns, frame_id, yaw_rate)

    def reset(self) -> None:
        """Begin again at the origin: time was set back."""
        self._speeds: Track[float] = Track("twist")
        self._yaw_rates: Track[float] = Track("imu")
        self._base_frame.reset()
        self._imu_frame.reset()
        self._x = self._y = self._heading = 0.0
        self._newest: tuple[int, float, float] | None = None

    def _read(
        self, track: Track[float], frame: FrameLock, stamp_ns: int, frame_id: str, value: float
    ) -> list[EgoSample]:
        check_stamped(stamp_ns)
        frame.check(stamp_ns, frame_id)
        track.add(stamp_ns, checked_number(stamp_ns, track.name, value))
        frame.lock(frame_id)
        return self._samples()

    def _samples(self) -> list[EgoSample]:
        tracks = (self._speeds, self._yaw_rates)
        samples = []
        for stamp in common_stamps(tracks, None if self._newest is None else self._newest[0]):
            speed, yaw_rate = _value_at(self._speeds, stamp), _value_at(self._yaw_rates, stamp)
            self._advance(stamp, speed, yaw_rate)
            if all(track.gap_ns(stamp) <= self._max_gap_ns for track in tracks):
                pose = Pose(np.array((self._x, self._y, 0.0)), quaternion_from_yaw(self._heading))
                samples.append(EgoSample(stamp, self._odometry_frame, pose, speed, yaw_rate))
        return samples

    def _advance(self, stamp_ns: int, speed: float, yaw_rate: float) -> None:
        """Drive from the newest stamp to this one: an arc, speed and yaw rate trapezoidal."""
        if self._newest is not None:
            before_ns, speed_before, yaw_rate_before = self._newest
            elapsed = (stamp_ns - before_ns) / SECOND_NS
            turn = (yaw_rate_before + yaw_rate) / 2 * elapsed
            chord = (speed_before + speed) / 2 * elapsed * float(np.sinc(turn / (2 * np.pi)))
            self._x += chord * math.cos(self._heading + turn / 2)
            self._y += chord * math.sin(self._heading + turn / 2)
            self._heading += turn
        self._newest = (stamp_ns, speed, yaw_rate)


def _value_at(track: Track[float], stamp_ns: int) -> float:
    before, after, fraction = track.fraction(stamp_ns)
    return track.values[before] + fraction * (track.values[after] - track.values[before])
