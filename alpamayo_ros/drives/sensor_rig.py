# SPDX-License-Identifier: Apache-2.0
"""Cameras on a vehicle: a model, and where it is mounted in the base frame."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alpamayo_ros.drives.camera_model import CameraModel, Fisheye, Pinhole
from alpamayo_ros.geometry import quaternion_from_yaw, quaternion_multiply
from alpamayo_ros.types import ConfigurationError, Pose

DEMO_ROLES = ("cross_left", "front_wide", "cross_right", "front_tele")
"""The cameras Alpamayo 1 and 1.5 were released with."""

DEMO_SIZE = (960, 540)

# The optical axes (x right, y down, z forward) in a frame that looks forward (x forward, y left,
# z up), as in REP 103.
_OPTICAL = (-0.5, 0.5, -0.5, 0.5)

# A lens of a wide automotive fisheye: nearly equidistant, slightly compressed outwards.
_FISHEYE_COEFFICIENTS = (-0.018, 0.0018, -0.0006, 0.0)


class UnknownCamera(ConfigurationError):
    """A role that the standard rig has no mount for, or one that is given twice."""


@dataclass(frozen=True, slots=True)
class MountedCamera:
    """A camera on the vehicle; ``pose`` is its optical frame in the base frame."""

    role: str
    model: CameraModel
    pose: Pose

    @property
    def frame_id(self) -> str:
        """Name of the optical frame."""
        return f"{self.role}_optical"


@dataclass(frozen=True, slots=True)
class _Mount:
    position: tuple[float, float, float]
    yaw_degrees: float
    field_of_view_degrees: float
    fisheye: bool


# Fields of view are those in the names of the Physical AI dataset (cross_left_120fov, ...); the
# mounts are those of a passenger car, the base being the middle of the rear axle on the ground.
_MOUNTS = {
    "cross_left": _Mount((2.0, 0.9, 1.1), 55.0, 120.0, True),
    "front_wide": _Mount((1.75, 0.0, 1.45), 0.0, 120.0, True),
    "cross_right": _Mount((2.0, -0.9, 1.1), -55.0, 120.0, True),
    "rear_left": _Mount((2.1, 0.95, 1.0), 150.0, 70.0, False),
    "rear_tele": _Mount((-0.4, 0.0, 1.4), 180.0, 30.0, False),
    "rear_right": _Mount((2.1, -0.95, 1.0), -150.0, 70.0, False),
    "front_tele": _Mount((1.75, 0.05, 1.45), 0.0, 30.0, False),
}
MOUNTED_ROLES = tuple(_MOUNTS)
"""Roles the standard rig has a mount for."""


def mounted(
    role: str,
    model: CameraModel,
    position: Sequence[float],
    yaw: float,
    pitch: float = 0.0,
) -> MountedCamera:
    """Mount a camera at ``position`` [m] in the base frame, looking at ``yaw`` and ``pitch`` [rad].

    Yaw is left positive, pitch down positive.
    """
    tilt = (0.0, math.sin(pitch / 2), 0.0, math.cos(pitch / 2))
    looking = quaternion_multiply(quaternion_from_yaw(yaw), tilt)
    return MountedCamera(
        role,
        model,
        Pose(np.array(position, dtype=float), quaternion_multiply(looking, _OPTICAL)),
    )


def standard_rig(
    roles: Sequence[str] = DEMO_ROLES, size: tuple[int, int] = DEMO_SIZE
) -> tuple[MountedCamera, ...]:
    """Cameras of Alpamayo's rig with images of ``size`` (width, height). Raises UnknownCamera."""
    if len(set(roles)) != len(roles):
        raise UnknownCamera(f"a camera is given twice: {', '.join(roles)}")
    return tuple(_standard_camera(role, size) for role in roles)


def _standard_camera(role: str, size: tuple[int, int]) -> MountedCamera:
    mount = _MOUNTS.get(role)
    if mount is None:
        raise UnknownCamera(f"no mount for camera '{role}'; there are {', '.join(_MOUNTS)}")
    model: CameraModel
    if mount.fisheye:
        model = Fisheye.from_field_of_view(
            *size, mount.field_of_view_degrees, coefficients=_FISHEYE_COEFFICIENTS
        )
    else:
        model = Pinhole.from_field_of_view(*size, mount.field_of_view_degrees)
    return mounted(role, model, mount.position, math.radians(mount.yaw_degrees))
