# SPDX-License-Identifier: Apache-2.0
"""Camera models and the standard rig."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpamayo_ros.drives.camera_model import BadIntrinsics, CameraModel, Fisheye, Pinhole
from alpamayo_ros.drives.sensor_rig import MOUNTED_ROLES, UnknownCamera, mounted, standard_rig
from alpamayo_ros.geometry import transform_points

WIDTH, HEIGHT = 640, 360
small = st.floats(-0.02, 0.02)
fisheyes = st.builds(
    lambda degrees, k1, k2, k3, k4: Fisheye.from_field_of_view(
        WIDTH, HEIGHT, degrees, (k1, k2 / 10, k3 / 100, k4 / 1000)
    ),
    st.floats(30.0, 175.0), small, small, small, small,
)  # fmt: skip
pinholes = st.builds(
    lambda degrees: Pinhole.from_field_of_view(WIDTH, HEIGHT, degrees), st.floats(10.0, 150.0)
)
pixel_lists = st.lists(
    st.tuples(st.floats(-0.49, WIDTH - 0.51), st.floats(-0.49, HEIGHT - 0.51)),
    min_size=1,
    max_size=20,
)


@given(fisheyes | pinholes, pixel_lists, st.floats(0.5, 300.0))
def test_a_pixel_comes_back_from_its_ray(
    model: CameraModel, pixels: list[tuple[float, float]], distance: float
) -> None:
    rays = model.unproject(pixels)
    assert np.linalg.norm(rays, axis=1) == pytest.approx(1.0)
    back, inside = model.project(rays * distance)
    assert inside.all()
    assert back == pytest.approx(np.array(pixels), abs=1e-6)


@given(fisheyes, st.floats(0.0, 1.5), st.floats(-math.pi, math.pi))
def test_the_fisheye_follows_the_polynomial(model: Fisheye, angle: float, around: float) -> None:
    k1, k2, k3, k4 = model.coefficients
    ray = (math.sin(angle) * math.cos(around), math.sin(angle) * math.sin(around), math.cos(angle))
    (pixel,), _ = model.project([ray])
    radius = angle + k1 * angle**3 + k2 * angle**5 + k3 * angle**7 + k4 * angle**9
    assert pixel[0] == pytest.approx(model.cx + model.fx * radius * math.cos(around), abs=1e-6)
    assert pixel[1] == pytest.approx(model.cy + model.fy * radius * math.sin(around), abs=1e-6)


def test_the_field_of_view_reaches_the_outer_columns() -> None:
    for model in (
        Pinhole.from_field_of_view(WIDTH, HEIGHT, 30.0),
        Fisheye.from_field_of_view(WIDTH, HEIGHT, 30.0, (-0.02, 0.002, 0.0, 0.0)),
    ):
        left, right = model.unproject([(-0.5, model.cy), (WIDTH - 0.5, model.cy)])
        assert math.degrees(math.acos(left @ right)) == pytest.approx(30.0)


def test_a_pinhole_sees_nothing_behind_it() -> None:
    pixels, inside = Pinhole.from_field_of_view(WIDTH, HEIGHT, 90.0).project(
        [(0.0, 0.0, -1.0), (0.0, 0.0, 0.0), (0.0, 0.0, 1.0)]
    )
    assert inside.tolist() == [False, False, True]
    assert np.isnan(pixels[:2]).all()


def test_a_fisheye_sees_past_a_right_angle_but_not_past_its_polynomial() -> None:
    wide = Fisheye.from_field_of_view(WIDTH, WIDTH, 200.0)
    _, inside = wide.project([(math.sin(1.7), 0.0, math.cos(1.7)), (0.0, 0.0, 0.0)])
    assert inside.tolist() == [True, False]
    turning = Fisheye(WIDTH, HEIGHT, 200.0, 200.0, 319.5, 179.5, (-0.5, 0.0, 0.0, 0.0))
    assert turning.max_angle == pytest.approx(math.sqrt(1 / 1.5))
    pixels, _ = turning.project([(1.0, 0.0, 1.0)])
    assert np.isfinite(pixels).all()
    pixels, inside = turning.project([(1.0, 0.0, 0.5)])
    assert np.isnan(pixels).all() and not inside.any()
    assert np.isnan(turning.unproject([(WIDTH - 1.0, 0.0)])).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: Pinhole(0, 10, 1.0, 1.0, 0.0, 0.0),
        lambda: Pinhole(10, 10, -1.0, 1.0, 0.0, 0.0),
        lambda: Pinhole(10, 10, 1.0, math.nan, 0.0, 0.0),
        lambda: Pinhole.from_field_of_view(10, 10, 180.0),
        lambda: Fisheye.from_field_of_view(10, 10, 400.0),
        lambda: Fisheye(10, 10, 1.0, 1.0, 0.0, 0.0, (0.1, 0.2)),
        lambda: Fisheye(10, 10, 1.0, 1.0, 0.0, 0.0, (math.inf, 0.0, 0.0, 0.0)),
    ],
)
def test_impossible_intrinsics_are_refused(make: object) -> None:
    with pytest.raises(BadIntrinsics):
        make()  # type: ignore[operator]


def test_cameras_look_where_they_are_mounted() -> None:
    model = Pinhole.from_field_of_view(WIDTH, HEIGHT, 60.0)
    left = mounted("left", model, (1.0, 2.0, 3.0), yaw=math.pi / 2)
    assert transform_points(left.pose, (0.0, 0.0, 10.0)) == pytest.approx((1.0, 12.0, 3.0))
    assert transform_points(left.pose, (0.0, 1.0, 0.0)) == pytest.approx((1.0, 2.0, 2.0))
    down = mounted("down", model, (0.0, 0.0, 0.0), yaw=0.0, pitch=math.pi / 2)
    assert transform_points(down.pose, (0.0, 0.0, 1.0)) == pytest.approx((0.0, 0.0, -1.0))


def test_the_standard_rig_has_all_seven_cameras() -> None:
    rig = standard_rig(MOUNTED_ROLES, (320, 180))
    assert [camera.role for camera in rig] == list(MOUNTED_ROLES) and len(rig) == 7
    assert {camera.model.distortion_model for camera in rig} == {"equidistant", "plumb_bob"}
    assert all(camera.model.width == 320 for camera in rig)


@pytest.mark.parametrize("roles", [["front_wide", "front_wide"], ["roof"]])
def test_unknown_or_doubled_cameras_are_refused(roles: list[str]) -> None:
    with pytest.raises(UnknownCamera, match=roles[-1]):
        standard_rig(roles)
