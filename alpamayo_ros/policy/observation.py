# SPDX-License-Identifier: Apache-2.0
"""What a policy sees at t0, put together from its parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from alpamayo_ros.types import (
    CameraFrames,
    CameraPixels,
    EgoHistory,
    FrameSet,
    Instruction,
    Observation,
    Pixels,
    StackError,
)


class InvalidObservation(StackError):
    """Parts that do not belong together or must not be driven on; ``name`` says which way."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(f"{name}: {detail}")
        self.name = name


class CheckedOnce:
    """A check that pixels are intact, which remembers that it was made and passed."""

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self.checked = False

    def __call__(self) -> None:
        """Check; what the check raises passes through."""
        self._check()
        self.checked = True


def observe(
    frames: FrameSet,
    ego: EgoHistory,
    instruction: Instruction,
    pixels_of: Callable[[CameraFrames], Sequence[Pixels]],
    check_intact: Callable[[], None] | None = None,
) -> Observation:
    """Return the observation at t0 of the frame set.

    ``pixels_of`` returns the four images (H, W, 3) of a camera, oldest first; what it raises
    (StaleFrame, say) passes through. Raises InvalidObservation: ODOMETRY_... as named by an
    invalid history, ODOMETRY_NOT_FINITE, OTHER_T0, EMBEDDED_IMAGES.
    """
    check_history(ego)
    if frames.t0_ns != ego.t0_ns:
        apart_s = abs(frames.t0_ns - ego.t0_ns) * 1e-9
        raise InvalidObservation("OTHER_T0", f"frames and ego history {apart_s:.9f} s apart")
    cameras = []
    for camera in frames.cameras:
        images = tuple(pixels_of(camera))
        shape = (camera.height, camera.width, 3)
        if len(images) != 4 or any(image.shape != shape for image in images):
            raise InvalidObservation(
                "EMBEDDED_IMAGES", f"{camera.role} has {len(images)} images, not 4 of {shape}"
            )
        cameras.append(CameraPixels(camera.camera_id, camera.role, camera.stamps_ns, images))
    if check_intact is None:
        return Observation(frames.t0_ns, tuple(cameras), ego, instruction)
    return Observation(frames.t0_ns, tuple(cameras), ego, instruction, check_intact)


def check_history(ego: EgoHistory) -> None:
    """Raise InvalidObservation when no policy may run on this history."""
    if not ego.valid:
        name, _, detail = ego.reason.partition(":")
        raise InvalidObservation(name.strip() or "ODOMETRY_INVALID", detail.strip() or "no reason")
    scalars = (ego.speed, ego.yaw_rate, ego.acceleration)
    arrays = (scalars, ego.positions, ego.quaternions, ego.ego_pose.position)
    if not all(np.isfinite(array).all() for array in (*arrays, ego.ego_pose.quaternion)):
        raise InvalidObservation("ODOMETRY_NOT_FINITE", "a valid history holds what is no number")
