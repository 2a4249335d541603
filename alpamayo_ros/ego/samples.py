# SPDX-License-Identifier: Apache-2.0
"""One measurement of ego motion, and why one was not taken."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from alpamayo_ros.types import FloatArray, Pose, StackError

QUATERNION_NORM_TOLERANCE = 0.1
"""A norm further from 1 is no rounding error: the quaternion was never filled in."""


@dataclass(frozen=True, slots=True)
class EgoSample:
    """Ego motion at one stamp: the pose of the base frame in ``odometry_frame``.

    ``speed`` is along the forward axis [m/s, negative in reverse], ``yaw_rate`` about the upward
    axis [rad/s, left positive]. ``twist_measured`` tells whether the two come from a sensor or
    are differences of poses.
    """

    stamp_ns: int
    odometry_frame: str
    pose: Pose
    speed: float
    yaw_rate: float
    twist_measured: bool = True


class SampleRejected(StackError):
    """A measurement that is not taken.

    ``reason`` is one of not_finite, wrong_frame, out_of_order, duplicate_stamp and unstamped;
    ``stamp_ns`` is the stamp it carried.
    """

    def __init__(self, reason: str, stamp_ns: int, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.stamp_ns = stamp_ns


def checked_pose(stamp_ns: int, position: ArrayLike, quaternion: ArrayLike) -> Pose:
    """Return the pose with a unit quaternion.

    Raises SampleRejected (not_finite) when a number is not finite or the quaternion's norm is not
    about 1.
    """
    p: FloatArray = np.array(position, dtype=float)
    q: FloatArray = np.array(quaternion, dtype=float)
    if not np.isfinite(p).all():
        raise SampleRejected("not_finite", stamp_ns, f"position is {_numbers(p)}")
    norm = math.sqrt(float(q @ q))
    if not abs(norm - 1.0) <= QUATERNION_NORM_TOLERANCE:
        raise SampleRejected(
            "not_finite", stamp_ns, f"quaternion is {_numbers(q)}, norm {norm:.3g} instead of 1"
        )
    return Pose(p, q / norm)


def checked_number(stamp_ns: int, name: str, value: float) -> float:
    """Return the value; raises SampleRejected (not_finite) when it is not a finite number."""
    if not math.isfinite(value):
        raise SampleRejected("not_finite", stamp_ns, f"{name} is {value}")
    return value


def check_stamped(stamp_ns: int) -> None:
    """Raise SampleRejected (unstamped) for the stamp 0: a driver that does not fill it in."""
    if stamp_ns == 0:
        raise SampleRejected("unstamped", stamp_ns, "stamp is 0")


def _numbers(values: FloatArray) -> str:
    return "(" + ", ".join(f"{value:.4g}" for value in values) + ")"
