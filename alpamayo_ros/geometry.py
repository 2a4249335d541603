# SPDX-License-Identifier: Apache-2.0
"""Rigid-body geometry on numpy arrays. Quaternions are (x, y, z, w) and of unit length."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from alpamayo_ros.types import FloatArray, Pose

IDENTITY_QUATERNION = (0.0, 0.0, 0.0, 1.0)


def identity_pose() -> Pose:
    """Return the pose at the origin."""
    return Pose(np.zeros(3), np.array(IDENTITY_QUATERNION))


def quaternion_multiply(left: ArrayLike, right: ArrayLike) -> FloatArray:
    """Hamilton product of (..., 4) quaternions: rotate by ``right`` first, then by ``left``."""
    x1, y1, z1, w1 = np.moveaxis(np.asarray(left, dtype=float), -1, 0)
    x2, y2, z2, w2 = np.moveaxis(np.asarray(right, dtype=float), -1, 0)
    return np.stack(
        (
            w1 * x2 + x1 * w2 + y1 * z2 - z1 * y2,
            w1 * y2 - x1 * z2 + y1 * w2 + z1 * x2,
            w1 * z2 + x1 * y2 - y1 * x2 + z1 * w2,
            w1 * w2 - x1 * x2 - y1 * y2 - z1 * z2,
        ),
        axis=-1,
    )


def quaternion_conjugate(quaternion: ArrayLike) -> FloatArray:
    """Inverse rotation of (..., 4) unit quaternions."""
    conjugate: FloatArray = np.asarray(quaternion, dtype=float) * (-1.0, -1.0, -1.0, 1.0)
    return conjugate


def quaternion_to_matrix(quaternion: ArrayLike) -> FloatArray:
    """Rotation matrices (..., 3, 3) of (..., 4) unit quaternions."""
    x, y, z, w = np.moveaxis(np.asarray(quaternion, dtype=float), -1, 0)
    rows = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)


def quaternion_from_yaw(yaw: ArrayLike) -> FloatArray:
    """Quaternions (..., 4) that rotate by ``yaw`` [rad] about z."""
    half = np.asarray(yaw, dtype=float) / 2
    zero = np.zeros_like(half)
    return np.stack((zero, zero, np.sin(half), np.cos(half)), axis=-1)


def yaw_of(quaternion: ArrayLike) -> FloatArray:
    """Heading [rad] of the forward axis, projected into the x-y plane, of (..., 4) quaternions."""
    x, y, z, w = np.moveaxis(np.asarray(quaternion, dtype=float), -1, 0)
    yaw: FloatArray = np.arctan2(2 * (x * y + z * w), 1 - 2 * (y * y + z * z))
    return yaw


def slerp(start: ArrayLike, end: ArrayLike, fraction: ArrayLike) -> FloatArray:
    """Interpolate (..., 4) unit quaternions along the shorter arc; fraction (...,) in 0..1.

    Fractions outside 0..1 extrapolate at the same rate.
    """
    q0 = np.asarray(start, dtype=float)
    q1 = np.asarray(end, dtype=float)
    t = np.asarray(fraction, dtype=float)[..., None]
    dot = np.sum(q0 * q1, axis=-1, keepdims=True)
    q1 = np.where(dot < 0, -q1, q1)
    angle = np.arccos(np.clip(np.abs(dot), 0.0, 1.0))
    sine = np.sin(angle)
    # below 1e-6 rad the arc is a chord to machine precision, and sin(angle) divides by nothing
    small = sine < 1e-6
    safe = np.where(small, 1.0, sine)
    w0 = np.where(small, 1 - t, np.sin((1 - t) * angle) / safe)
    w1 = np.where(small, t, np.sin(t * angle) / safe)
    mixed = w0 * q0 + w1 * q1
    unit: FloatArray = mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)
    return unit


def transform_points(pose: Pose, points: ArrayLike) -> FloatArray:
    """Points (..., 3) of the pose's own frame, expressed in the frame the pose is given in."""
    rotation = quaternion_to_matrix(pose.quaternion)
    moved: FloatArray = np.asarray(points, dtype=float) @ rotation.T + pose.position
    return moved


def compose(outer: Pose, inner: Pose) -> Pose:
    """Pose of ``inner``'s frame in the frame of ``outer``'s parent."""
    return Pose(
        transform_points(outer, inner.position),
        quaternion_multiply(outer.quaternion, inner.quaternion),
    )


def inverse(pose: Pose) -> Pose:
    """Pose of the parent frame in the pose's own frame."""
    conjugate = quaternion_conjugate(pose.quaternion)
    return Pose(-quaternion_to_matrix(conjugate) @ pose.position, conjugate)


def wrap_angle(angle: ArrayLike) -> FloatArray:
    """Angles wrapped to [-pi, pi) [rad]."""
    wrapped: FloatArray = (np.asarray(angle, dtype=float) + np.pi) % (2 * np.pi) - np.pi
    return wrapped
