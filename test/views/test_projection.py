# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sensor_msgs.msg import CameraInfo, RegionOfInterest
from views.scenes import pose

from alpamayo_ros.drives.camera_model import Fisheye, Pinhole
from alpamayo_ros.drives.generate import camera_info
from alpamayo_ros.drives.sensor_rig import MOUNTED_ROLES, MountedCamera, standard_rig
from alpamayo_ros.ego.transforms import TransformReading
from alpamayo_ros.geometry import compose, inverse, transform_points
from alpamayo_ros.types import Pose
from alpamayo_ros.views.projection import (
    DistortedPinhole,
    StaticFrames,
    UnusableCalibration,
    View,
    camera_model,
    view_of,
)

RIG = {camera.role: camera for camera in standard_rig(MOUNTED_ROLES)}
RATIONAL = (0.3, -0.05, 0.001, -0.002, 0.004, 0.6, 0.02, 0.006)
coordinate = st.floats(-80.0, 80.0)
points = st.tuples(coordinate, coordinate, st.floats(-3.0, 30.0)).map(np.array)
size = st.tuples(st.integers(160, 1920), st.integers(120, 1080))


def view(camera: MountedCamera, base: Pose | None = None) -> View:
    return view_of(camera_model(camera_info(camera, 0), (960, 540)), camera.pose, base or pose())


# -- from CameraInfo to pixels


@pytest.mark.parametrize("role", MOUNTED_ROLES)
@given(point=points, scaled=size)
@settings(max_examples=40, deadline=None)
def test_a_point_lands_where_the_camera_of_the_generated_world_has_it(role, point, scaled):
    camera = RIG[role]
    local = transform_points(inverse(camera.pose), point)[None]
    expected, _ = camera.model.project(local)
    found, _ = camera_model(camera_info(camera, 0), scaled).project(local)
    # the outer edges of the image stay where they are
    scale = np.array(scaled) / (camera.model.width, camera.model.height)
    np.testing.assert_allclose(found, (expected + 0.5) * scale - 0.5, rtol=1e-7, atol=1e-5)


@given(
    x=st.floats(6.0, 90.0), y=st.floats(-4.0, 4.0), base_x=coordinate, base_y=coordinate,
    yaw=st.floats(-3.1, 3.1),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_ground_ahead_lands_where_similar_triangles_have_it(x, y, base_x, base_y, yaw):
    camera, base = RIG["front_tele"], pose(base_x, base_y, yaw)
    ground = transform_points(base, np.array(((x, y, 0.0), (x + 0.1, y, 0.0))))
    (run,) = view(camera, base).lines(ground)
    eye_x, eye_y, eye_z = camera.pose.position
    model = camera.model
    depth = x - eye_x
    expected = (
        model.matrix[0, 2] - model.matrix[0, 0] * (y - eye_y) / depth,
        model.matrix[1, 2] + model.matrix[1, 1] * eye_z / depth,
    )
    np.testing.assert_allclose(run[0], expected, atol=1e-6)


@given(x=st.floats(-0.9, 0.9), y=st.floats(-0.6, 0.6), depth=st.floats(0.5, 100.0))
@settings(max_examples=80, deadline=None)
def test_a_rational_distortion_is_the_published_formula(x, y, depth):
    info = distorted("rational_polynomial", RATIONAL)
    k1, k2, p1, p2, k3, k4, k5, k6 = RATIONAL
    r2 = x * x + y * y
    radial = (1 + k1 * r2 + k2 * r2**2 + k3 * r2**3) / (1 + k4 * r2 + k5 * r2**2 + k6 * r2**3)
    xd = x * radial + 2 * p1 * x * y + p2 * (r2 + 2 * x * x)
    yd = y * radial + p1 * (r2 + 2 * y * y) + 2 * p2 * x * y
    found, _ = camera_model(info, (640, 480)).project([(x * depth, y * depth, depth)])
    np.testing.assert_allclose(found[0], (500 * xd + 320, 510 * yd + 240), atol=1e-6)


def distorted(model: str, coefficients: tuple[float, ...]) -> CameraInfo:
    k = (500.0, 0.0, 320.0, 0.0, 510.0, 240.0, 0.0, 0.0, 1.0)
    return CameraInfo(width=640, height=480, distortion_model=model, d=list(coefficients), k=k)


def test_a_strong_barrel_does_not_fold_the_outside_into_the_picture():
    coefficients = (-0.4, 0.0, 0.0, 0.0, 0.0)
    model = camera_model(distorted("plumb_bob", coefficients), (640, 480))
    assert isinstance(model, DistortedPinhole)
    far_out = np.array([(math.tan(angle), 0.0, 1.0) for angle in np.linspace(0.8, 1.1, 50)])
    folded, _ = cv2.projectPoints(
        far_out, np.zeros(3), np.zeros(3), model.matrix, np.array(coefficients)
    )
    assert ((folded[:, 0, 0] > -1000) & (folded[:, 0, 0] < 640)).any(), "the lens folds"
    _, inside = model.project(far_out)
    assert not inside.any()
    pixels = np.array([(140.0, 130.0), (320.0, 240.0), (540.0, 330.0)])
    np.testing.assert_allclose(model.project(model.unproject(pixels))[0], pixels, atol=0.05)


def test_binning_and_region_of_interest_move_the_centre():
    camera = RIG["front_tele"]
    info = camera_info(camera, 0)
    info.roi = RegionOfInterest(x_offset=100, y_offset=60, width=600, height=300)
    cropped = camera_model(info, (300, 150))
    point = np.array([(0.4, 0.2, 10.0)])
    whole, _ = camera.model.project(point)
    np.testing.assert_allclose(
        cropped.project(point)[0], (whole - (100, 60) + 0.5) / 2 - 0.5, atol=1e-9
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": 0}, "0x540"),
        ({"k": [0.0] * 9}, "no camera matrix"),
        ({"distortion_model": "omnidirectional"}, "omnidirectional"),
        ({"d": [float("nan")] * 4}, "coefficients"),
        ({"distortion_model": "plumb_bob", "d": [0.1, 0.2, 0.3]}, "coefficients"),
    ],
)
def test_a_calibration_nobody_can_use_is_refused_by_name(change, words):
    info = camera_info(RIG["front_wide"], 0)
    for name, value in change.items():
        setattr(info, name, value)
    with pytest.raises(UnusableCalibration, match=words):
        camera_model(info, (960, 540))


# -- clipping


def test_what_is_behind_a_camera_is_not_drawn():
    behind = np.array(((-10.0, -2, 0), (-10, 2, 0), (-12, 2, 0), (-12, -2, 0)))
    tele = view(RIG["front_tele"])
    assert tele.polygons(behind[None]) == [] and tele.lines(behind) == []


wide_roles = st.sampled_from(("front_wide", "cross_left", "front_tele", "rear_left"))


@given(role=wide_roles, start=points, end=points)
@settings(max_examples=80, deadline=None)
def test_a_line_is_cut_where_it_leaves_the_sight(role, start, end):
    camera = view(RIG[role])
    line = start + (end - start) * np.linspace(0.0, 1.0, 60)[:, None]
    runs = camera.lines(line)
    seen = camera.model.project(camera.local(line))[1]
    assert all(np.isfinite(run).all() for run in runs)
    pixels = camera.model.project(camera.local(line))[0]
    drawn = np.concatenate(runs) if runs else np.empty((0, 2))
    for pixel in pixels[seen]:
        # whatever the model sees of the line is part of what is drawn
        assert len(drawn) == 0 or np.abs(drawn - pixel).max(axis=1).min() < 1e-6
    assert len(drawn) or seen.sum() <= 1


@given(centre=points, half=st.floats(0.1, 1.0))
@settings(max_examples=80, deadline=None)
def test_a_cut_polygon_stays_in_the_cone_of_sight(centre, half):
    model = Fisheye.from_field_of_view(800, 600, 200.0, (-0.02, 0.002, -0.0006, 0.0))
    fisheye = View(replace(model), RIG["front_wide"].pose)
    square = np.array(((-half, -half, 0), (half, -half, 0), (half, half, 0), (-half, half, 0)))
    for polygon in fisheye.polygons((centre + square)[None]):
        assert np.isfinite(polygon).all()
        rays = model.unproject(polygon)
        assert np.arccos(rays[:, 2]).max() <= fisheye.widest + 1e-6


def test_a_pinhole_draws_no_pixels_astronomically_far_out():
    camera = View(Pinhole.from_field_of_view(960, 540, 60.0), RIG["front_wide"].pose)
    beside = np.array([(x, 3.0, 0.0) for x in np.linspace(-20.0, 60.0, 400)])
    (run,) = camera.lines(beside)
    assert np.abs(run).max() < 20_000


# -- mounts


@given(points)
@settings(deadline=None, max_examples=30)
def test_a_chain_of_static_transforms_is_composed(point):
    first, second = pose(1.0, 2.0, 0.5), pose(0.3, -0.1, -1.2)
    frames = StaticFrames()
    frames.take(
        TransformReading(0, parent, child, link.position, 3 * link.quaternion)
        for parent, child, link in (("/base_link", "mount", first), ("mount", "optical", second))
    )
    found = frames.pose("optical", "base_link")
    assert found is not None
    np.testing.assert_allclose(
        transform_points(found, point), transform_points(compose(first, second), point), atol=1e-9
    )


def test_a_broken_or_circular_chain_is_none():
    frames = StaticFrames()
    ring = (("a", "b"), ("b", "a"))
    frames.take(TransformReading(0, p, c, (0, 0, 0), (0, 0, 0, 1)) for p, c in ring)
    frames.take([TransformReading(0, "base_link", "nan", (math.nan, 0, 0), (0, 0, 0, 1))])
    assert frames.pose("a", "base_link") is None
    assert frames.pose("nan", "base_link") is None
    assert frames.pose("unheard", "base_link") is None
