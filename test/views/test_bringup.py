# SPDX-License-Identifier: Apache-2.0
"""The launch arguments that start the views, and what the visualizer is told of the cameras."""

from __future__ import annotations

from pathlib import Path

import pytest

from alpamayo_ros.ros.bringup import (
    COMPOSED,
    STACK,
    VISUALIZER,
    Bringup,
    bringup_from_arguments,
    share_folder,
)
from alpamayo_ros.ros.parameters import ParameterError


def with_views(path: Path | None = None, **arguments: str) -> Bringup:
    given = {"views": "true", **arguments}
    if path is not None:
        given["params_file"] = str(path)
    return bringup_from_arguments(given)


def vehicle(folder: Path, text: str) -> Path:
    path = folder / "vehicle.yaml"
    path.write_text(text)
    return path


def test_views_are_a_process_of_their_own_and_off_by_default():
    assert bringup_from_arguments({}).processes == STACK
    assert with_views().processes == (*STACK, VISUALIZER)
    assert with_views(composed="true").processes == (COMPOSED, VISUALIZER)
    assert bringup_from_arguments({"rviz": "True"}).processes == (*STACK, VISUALIZER)


def test_the_visualizer_gets_the_cameras_of_camera_sync():
    told = with_views(share_folder() / "params" / "pandaset.yaml").check()
    assert told["visualizer"]["camera_roles"] == told["camera_sync"]["camera_roles"]
    assert told["visualizer"]["cameras.rear_tele.camera_info_topic"] == (
        "camera/rear_tele/camera_info"
    )
    assert "camera_roles" in " ".join(with_views().arguments(VISUALIZER))


@pytest.mark.parametrize(
    ("images", "calibration"),
    [
        ("/sensing/camera0/image_raw", "/sensing/camera0/camera_info"),
        ("/sensing/camera0/image_raw/compressed", "/sensing/camera0/camera_info"),
        ("camera0/image/compressed", "camera0/camera_info"),
        ("/image_raw", "/camera_info"),
        ("image_raw", "camera_info"),
    ],
)
def test_a_calibration_is_beside_its_images(tmp_path, images, calibration):
    path = vehicle(
        tmp_path,
        "/**/camera_sync:\n  ros__parameters:\n    camera_roles: [front_wide]\n"
        f"    cameras.front_wide.topic: {images}\n    base_frame: rear_axle\n",
    )
    told = with_views(path).check()["visualizer"]
    assert told["cameras.front_wide.camera_info_topic"] == calibration
    assert told["base_frame"] == "rear_axle"


def test_what_the_file_says_of_the_visualizer_wins(tmp_path):
    path = vehicle(
        tmp_path,
        "/**/visualizer:\n  ros__parameters:\n    camera_roles: [front_tele]\n"
        "    cameras.front_tele.camera_info_topic: /elsewhere\n    vehicle.length: 5.5\n",
    )
    told = with_views(path).check()["visualizer"]
    assert told["camera_roles"] == ["front_tele"]
    assert told["cameras.front_tele.camera_info_topic"] == "/elsewhere"
    assert told["vehicle.length"] == 5.5


def test_a_mistake_in_its_section_is_found_before_anything_starts(tmp_path):
    path = vehicle(tmp_path, "/**/visualizer:\n  ros__parameters:\n    vehicle.lenght: 5.5\n")
    with pytest.raises(ParameterError, match=r"did you mean 'vehicle\.length'"):
        bringup_from_arguments({"params_file": str(path)})
