# SPDX-License-Identifier: Apache-2.0
"""What an observation must be before a model looks at it, and which of its images are which."""

from __future__ import annotations

import zlib
from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.geometry import identity_pose, quaternion_to_matrix
from alpamayo_ros.policy.alpamayo.history import InvalidHistory
from alpamayo_ros.policy.alpamayo.images import InvalidImage
from alpamayo_ros.types import (
    FRAME_OFFSETS_NS,
    HISTORY_LENGTH,
    TICK_NS,
    CameraPixels,
    EgoHistory,
    EgoSource,
    FloatArray,
    Observation,
)

_UNIT_TOLERANCE = 1e-3
"""How far from 1 the norm of a quaternion may be that was rounded to float32, and more."""

_FINGERPRINT_SIDE = 32
"""Rows and columns of the pixels that tell two images of one stamp apart."""


def rotations(quaternions: FloatArray) -> FloatArray:
    """Rotation matrices (16, 3, 3); raises InvalidHistory for what is no unit quaternion."""
    norms = np.linalg.norm(quaternions, axis=-1)
    worst = int(np.argmax(np.nan_to_num(np.abs(norms - 1.0), nan=np.inf)))
    if not abs(norms[worst] - 1.0) <= _UNIT_TOLERANCE:
        raise InvalidHistory(f"quaternion {worst} has norm {norms[worst]:.4g}, not 1")
    return quaternion_to_matrix(quaternions)


def check_images(observation: Observation) -> None:
    """Raise InvalidImage for the first image that is not RGB (H, W, 3) uint8."""
    for camera in observation.cameras:
        for index, image in enumerate(camera.images):
            if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
                raise InvalidImage(
                    f"{camera.role} (camera {camera.camera_id}), image {index} is {image.dtype} "
                    f"{image.shape}, not uint8 (height, width, 3)"
                )


def image_key(camera: CameraPixels, index: int) -> Hashable:
    """Which image it is: camera and stamp, and a few of its pixels.

    Stamps come again when a recording is played twice or another begins; the pixels tell.
    """
    image = camera.images[index]
    rows = max(1, image.shape[0] // _FINGERPRINT_SIDE)
    columns = max(1, image.shape[1] // _FINGERPRINT_SIDE)
    few = zlib.crc32(image[::rows, ::columns].tobytes())
    return camera.camera_id, camera.stamps_ns[index], image.shape, few


def grey_observation(camera_ids: Sequence[int], width: int, height: int) -> Observation:
    """A vehicle that stands, before grey walls."""
    grey: NDArray[np.uint8] = np.full((height, width, 3), 128, np.uint8)
    t0_ns = FRAME_OFFSETS_NS[-1] + HISTORY_LENGTH * TICK_NS
    stamps = tuple(t0_ns + offset for offset in FRAME_OFFSETS_NS)
    cameras = tuple(
        CameraPixels(number, f"camera {number}", stamps, (grey,) * 4)  # type: ignore[arg-type]
        for number in sorted(camera_ids)
    )
    pose = identity_pose()
    ego = EgoHistory(
        t0_ns=t0_ns,
        valid=True,
        reason="",
        source=EgoSource.ODOMETRY,
        positions=np.zeros((HISTORY_LENGTH, 3)),
        quaternions=np.tile(pose.quaternion, (HISTORY_LENGTH, 1)),
        odometry_frame="odom",
        ego_pose=pose,
        speed=0.0,
        yaw_rate=0.0,
        acceleration=0.0,
        implied_speed=0.0,
        largest_gap_s=0.0,
        extrapolation_s=0.0,
    )
    return Observation(t0_ns, cameras, ego)
