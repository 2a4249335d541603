# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from views.scenes import T0_NS, plan, pose, prediction, scene

from alpamayo_ros import types as t
from alpamayo_ros.geometry import transform_points
from alpamayo_ros.views.birds_eye_image import HEIGHT, WIDTH, birds_eye_image
from alpamayo_ros.views.colours import RED, speed_colour
from alpamayo_ros.views.vehicle import Vehicle

VEHICLE = Vehicle()


def where(picture: t.Pixels, colour: tuple[int, int, int], tolerance: int = 6) -> t.FloatArray:
    """Rows and columns (N, 2) of the map's pixels of a colour."""
    near = np.abs(picture[:HEIGHT].astype(int) - colour).max(axis=2) <= tolerance
    return np.argwhere(near)


@pytest.mark.parametrize(("curvature", "left"), [(0.03, True), (-0.03, False)])
def test_a_curve_to_the_left_is_drawn_to_the_left(curvature: float, left: bool) -> None:
    shown = scene(plan=plan(12.0, curvature=curvature), prediction=None)
    pixels = where(birds_eye_image(shown, VEHICLE), speed_colour(12.0))
    farthest = pixels[pixels[:, 0].argmin()]
    assert (farthest[1] < WIDTH / 2) == left


@given(x=st.floats(-1e6, 1e6), y=st.floats(-1e6, 1e6), yaw=st.floats(-3.1, 3.1))
@settings(max_examples=15, deadline=None)
def test_the_picture_does_not_depend_on_where_the_vehicle_is(
    x: float, y: float, yaw: float
) -> None:
    here = pose(x, y, yaw)
    path = plan(8.0, -0.5, 0.01)
    moved = t.Plan(
        path.stamp_ns, "odom", path.times_s, transform_points(here, path.positions),
        path.headings + yaw, path.speeds, path.accelerations, path.curvatures, path.source, "",
        path.t0_ns,
    )  # fmt: skip
    one = birds_eye_image(scene(plan=path, prediction=None, past=np.empty((0, 3))), VEHICLE)
    ego = t.EgoState(T0_NS, "odom", here, 8.0, 0.0)
    other = birds_eye_image(
        scene(ego=ego, plan=moved, prediction=None, past=np.empty((0, 3))), VEHICLE
    )
    # rounding may move an edge by a part of a pixel
    assert (np.abs(one.astype(int) - other).max(axis=2) > 40).mean() < 0.002


def test_the_stop_is_drawn_before_the_vehicle() -> None:
    picture = birds_eye_image(scene(plan=plan(6.0, -2.0), prediction=None), VEHICLE)
    rows, columns = where(picture, RED, 20).T
    assert len(rows) and abs(columns.mean() - WIDTH / 2) < 3
    assert not len(where(birds_eye_image(scene(prediction=None), VEHICLE), RED, 20))


def test_every_scene_gives_a_picture_of_one_size() -> None:
    scenes = (
        scene(),
        scene(ego=None),
        scene(ego=None, plan=None),
        scene(plan=None, prediction=None),
        scene(plan=plan(30.0, 1.0)),
        scene(plan=plan(0.0), prediction=prediction(verdict=t.Consistency.CONTRADICTION)),
    )
    pictures = [birds_eye_image(shown, VEHICLE) for shown in scenes]
    assert {picture.shape for picture in pictures} == {pictures[0].shape}
    assert all(picture.dtype == np.uint8 for picture in pictures)
    assert not np.array_equal(pictures[0], pictures[3])
