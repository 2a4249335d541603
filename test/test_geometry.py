# SPDX-License-Identifier: Apache-2.0
"""Rigid-body geometry: the laws it must obey, and signs checked by hand."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from alpamayo_ros.geometry import (
    compose,
    identity_pose,
    inverse,
    quaternion_conjugate,
    quaternion_from_yaw,
    quaternion_multiply,
    quaternion_to_matrix,
    slerp,
    transform_points,
    wrap_angle,
    yaw_of,
)
from alpamayo_ros.types import FloatArray, Pose

coordinates = st.floats(-1e4, 1e4)
angles = st.floats(-20.0, 20.0)


@st.composite
def quaternions(draw: st.DrawFn) -> FloatArray:
    raw = np.array(draw(st.lists(st.floats(-1, 1), min_size=4, max_size=4)))
    norm = float(np.linalg.norm(raw))
    return raw / norm if norm > 1e-3 else np.array((0.0, 0.0, 0.0, 1.0))


@st.composite
def poses(draw: st.DrawFn) -> Pose:
    position = np.array(draw(st.lists(coordinates, min_size=3, max_size=3)))
    return Pose(position, draw(quaternions()))


def angle_between(left: FloatArray, right: FloatArray) -> float:
    relative = quaternion_multiply(quaternion_conjugate(left), right)
    return 2 * math.atan2(float(np.linalg.norm(relative[:3])), abs(float(relative[3])))


def assert_same_pose(left: Pose, right: Pose) -> None:
    np.testing.assert_allclose(left.position, right.position, atol=1e-7)
    assert angle_between(left.quaternion, right.quaternion) < 1e-7


@given(quaternions(), quaternions())
def test_product_of_quaternions_is_product_of_matrices(p: FloatArray, q: FloatArray) -> None:
    np.testing.assert_allclose(
        quaternion_to_matrix(quaternion_multiply(p, q)),
        quaternion_to_matrix(p) @ quaternion_to_matrix(q),
        atol=1e-12,
    )


@given(quaternions())
def test_matrix_is_a_rotation(q: FloatArray) -> None:
    matrix = quaternion_to_matrix(q)
    np.testing.assert_allclose(matrix @ matrix.T, np.eye(3), atol=1e-12)
    assert math.isclose(float(np.linalg.det(matrix)), 1.0, abs_tol=1e-12)


@given(angles)
def test_yaw_survives_the_quaternion(yaw: float) -> None:
    assert abs(float(wrap_angle(yaw_of(quaternion_from_yaw(yaw)) - yaw))) < 1e-9


def test_positive_yaw_turns_forward_to_the_left() -> None:
    pose = Pose(np.zeros(3), quaternion_from_yaw(math.pi / 2))
    np.testing.assert_allclose(transform_points(pose, (1.0, 0.0, 0.0)), (0.0, 1.0, 0.0), atol=1e-15)


@given(poses())
def test_inverse_undoes_a_pose(pose: Pose) -> None:
    assert_same_pose(compose(pose, inverse(pose)), identity_pose())
    assert_same_pose(compose(inverse(pose), pose), identity_pose())


@given(poses(), poses(), poses())
def test_composition_is_associative(a: Pose, b: Pose, c: Pose) -> None:
    assert_same_pose(compose(compose(a, b), c), compose(a, compose(b, c)))


@given(poses(), poses(), st.lists(coordinates, min_size=3, max_size=3))
def test_composition_transforms_as_one_after_the_other(
    outer: Pose, inner: Pose, point: list[float]
) -> None:
    np.testing.assert_allclose(
        transform_points(compose(outer, inner), point),
        transform_points(outer, transform_points(inner, point)),
        atol=1e-7,
    )


@given(quaternions(), quaternions(), st.floats(0, 1))
def test_slerp_turns_at_a_constant_rate(p: FloatArray, q: FloatArray, fraction: float) -> None:
    between = slerp(p, q, fraction)
    whole = angle_between(p, q)
    assert math.isclose(float(np.linalg.norm(between)), 1.0, abs_tol=1e-12)
    assert math.isclose(angle_between(p, between), fraction * whole, abs_tol=1e-6)
    assert math.isclose(angle_between(between, q), (1 - fraction) * whole, abs_tol=1e-6)


@given(quaternions(), quaternions(), st.floats(0, 1))
def test_slerp_ignores_the_sign_of_a_quaternion(
    p: FloatArray, q: FloatArray, fraction: float
) -> None:
    dot = abs(float(p @ q))
    if dot > 1e-6:  # at 180 degrees both ways are the shorter one
        assert angle_between(slerp(p, q, fraction), slerp(p, -q, fraction)) < 1e-6


@given(st.floats(-1e-9, 1e-9), st.floats(0, 1))
def test_slerp_of_nearly_equal_rotations_is_finite(turn: float, fraction: float) -> None:
    between = slerp(quaternion_from_yaw(0.5), quaternion_from_yaw(0.5 + turn), fraction)
    assert np.isfinite(between).all()
    assert abs(float(yaw_of(between)) - 0.5) < 2e-9


def test_slerp_takes_many_at_once() -> None:
    start = quaternion_from_yaw([0.0, 1.0])
    end = quaternion_from_yaw([1.0, 3.0])
    np.testing.assert_allclose(yaw_of(slerp(start, end, [0.5, 0.25])), (0.5, 1.5))


@given(angles)
def test_wrapped_angle_is_the_same_direction(angle: float) -> None:
    wrapped = float(wrap_angle(angle))
    assert -math.pi <= wrapped < math.pi
    assert math.isclose(math.cos(wrapped), math.cos(angle), abs_tol=1e-9)
    assert math.isclose(math.sin(wrapped), math.sin(angle), abs_tol=1e-9)
