# SPDX-License-Identifier: Apache-2.0
"""Only what belongs together and may be driven on becomes an observation."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from ego_histories import T0, history

from alpamayo_ros.policy.observation import InvalidObservation, observe
from alpamayo_ros.types import CameraFrames, FrameHandle, FrameSet, Instruction

HANDLES = tuple(FrameHandle(slot, 1) for slot in range(4))
STAMPS = (T0 - 3, T0 - 2, T0 - 1, T0)
CAMERA = CameraFrames(1, "front_wide", 64, 32, STAMPS, (0, 0, 0, 0), HANDLES)  # type: ignore[arg-type]
FRAMES = FrameSet(T0, "front_wide", (CAMERA,))
IMAGES = [np.full((32, 64, 3), shade, np.uint8) for shade in range(4)]


def test_images_and_history_become_an_observation_without_a_copy() -> None:
    called: list[int] = []
    instruction = Instruction("id-7")
    observation = observe(
        FRAMES, history(), instruction, lambda camera: IMAGES, lambda: called.append(1)
    )
    (camera,) = observation.cameras
    assert (camera.camera_id, camera.role, camera.stamps_ns) == (1, "front_wide", STAMPS)
    assert all(image is given for image, given in zip(camera.images, IMAGES, strict=True))
    assert observation.instruction is instruction
    observation.check_intact()
    assert called == [1]


def test_a_set_without_cameras_is_an_observation() -> None:
    observation = observe(FrameSet(T0, "", ()), history(), Instruction(), lambda camera: [])
    assert observation.cameras == ()
    observation.check_intact()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"valid": False, "reason": "ODOMETRY_GAP: 0.4 s"}, "ODOMETRY_GAP"),
        ({"valid": False, "reason": ""}, "ODOMETRY_INVALID"),
        ({"t0_ns": T0 + 1}, "OTHER_T0"),
        ({"speed": float("nan")}, "ODOMETRY_NOT_FINITE"),
        ({"positions": np.full((16, 3), np.inf)}, "ODOMETRY_NOT_FINITE"),
    ],
)
def test_a_history_that_must_not_be_driven_on_is_named(changes: dict[str, Any], name: str) -> None:
    with pytest.raises(InvalidObservation) as caught:
        observe(FRAMES, history(**changes), Instruction(), lambda camera: IMAGES)
    assert caught.value.name == name


@pytest.mark.parametrize("images", [IMAGES[:3], [*IMAGES[:3], np.zeros((32, 32, 3), np.uint8)]])
def test_images_that_are_missing_or_of_another_size_are_named(images: list[Any]) -> None:
    with pytest.raises(InvalidObservation, match="front_wide"):
        observe(FRAMES, history(), Instruction(), lambda camera: images)
