# SPDX-License-Identifier: Apache-2.0
"""From points on the road to pixels of a calibrated camera, cut off where the camera cannot see."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import ArrayLike
from sensor_msgs.msg import CameraInfo

from alpamayo_ros.drives.camera_model import BadIntrinsics, BoolArray, Fisheye, Pinhole
from alpamayo_ros.ego.odometry import plain_frame
from alpamayo_ros.ego.transforms import TransformReading
from alpamayo_ros.geometry import compose, identity_pose, quaternion_to_matrix
from alpamayo_ros.types import FloatArray, Pose, StackError

WIDEST_PINHOLE = math.radians(80.0)
"""Beyond this angle from the axis [rad] a pinhole's pixels are too far out to be drawn."""

_SAMPLES = 512
_BISECTIONS = 24
_MAX_CHAIN = 16
_FISHEYES = ("equidistant", "fisheye")
_PINHOLES = ("plumb_bob", "rational_polynomial", "")


class UnusableCalibration(StackError):
    """A CameraInfo nobody can project with."""


@dataclass(frozen=True)
class DistortedPinhole(Pinhole):
    """A pinhole with OpenCV's distortion.

    4, 5, 8, 12 or 14 coefficients of k1 k2 p1 p2 k3 k4 k5 k6 s1 s2 s3 s4 tx ty; CameraInfo's
    "plumb_bob" and "rational_polynomial". Only rays within ``max_angle`` [rad] have a pixel:
    beyond, the radial polynomial turns round and points from outside the picture fold in.
    """

    distortion: tuple[float, ...] = ()
    max_angle: float = WIDEST_PINHOLE

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.distortion) not in (4, 5, 8, 12, 14) or not np.isfinite(self.distortion).all():
            raise BadIntrinsics(f"{self.distortion} are not coefficients of a pinhole's distortion")
        object.__setattr__(self, "max_angle", self._unfolded())

    @property
    def coefficients(self) -> tuple[float, ...]:
        """Distortion coefficients."""
        return self.distortion

    def project(self, points: ArrayLike) -> tuple[FloatArray, BoolArray]:
        """Pixels (N, 2) of points (N, 3), NaN beyond max_angle, and which lie in the image."""
        given = np.asarray(points, dtype=float).reshape(-1, 3)
        angle = np.arctan2(np.hypot(given[:, 0], given[:, 1]), given[:, 2])
        seen = angle <= self.max_angle
        pixels = np.full((len(given), 2), np.nan)
        if seen.any():
            found, _ = cv2.projectPoints(
                given[seen], np.zeros(3), np.zeros(3), self.matrix, np.array(self.distortion)
            )
            pixels[seen] = found.reshape(-1, 2)
        inside = (pixels >= -0.5) & (pixels < (self.width - 0.5, self.height - 0.5))
        return pixels, np.asarray(inside.all(axis=-1))

    def unproject(self, pixels: ArrayLike) -> FloatArray:
        """Unit rays (N, 3) of pixels (N, 2)."""
        given = np.asarray(pixels, dtype=float).reshape(-1, 1, 2)
        plane = cv2.undistortPoints(given, self.matrix, np.array(self.distortion)).reshape(-1, 2)
        rays = np.column_stack((plane, np.ones(len(plane))))
        return np.asarray(rays / np.linalg.norm(rays, axis=-1, keepdims=True))

    def _unfolded(self) -> float:
        """Angle [rad] up to which the distorted radius grows with the angle."""
        radii = np.tan(np.linspace(0.0, WIDEST_PINHOLE, _SAMPLES))
        k1, k2, _, _, k3, k4, k5, k6 = (*self.distortion, *(0.0,) * 8)[:8]
        square = radii**2
        above = 1 + square * (k1 + square * (k2 + square * k3))
        below = 1 + square * (k4 + square * (k5 + square * k6))
        # a pole of the denominator is where the picture ends, too
        scale = np.where(below > 1e-3, above / np.maximum(below, 1e-3), 0.0)
        falling = np.flatnonzero(np.diff(radii * scale) <= 0.0)
        last = int(falling[0]) if len(falling) else _SAMPLES - 1
        return math.atan(float(radii[last]))


Model = Pinhole | Fisheye


def camera_model(info: CameraInfo, size: tuple[int, int]) -> Model:
    """The camera that a CameraInfo describes, for images scaled to ``size`` (width, height).

    The outer edges of the image stay where they are: c' = (c + 0.5) * scale - 0.5. Region of
    interest and binning are accounted for. Raises UnusableCalibration.
    """
    roi, (width, height) = info.roi, size
    left, top = (roi.x_offset, roi.y_offset) if roi.width and roi.height else (0, 0)
    wide = roi.width if roi.width and roi.height else info.width
    high = roi.height if roi.width and roi.height else info.height
    if not wide or not high:
        raise UnusableCalibration(f"CameraInfo of an image of {info.width}x{info.height} px")
    across, down = width / wide, height / high
    k = np.array(info.k, dtype=float)
    numbers = (
        width, height, float(k[0] * across), float(k[4] * down),
        float((k[2] - left + 0.5) * across - 0.5), float((k[5] - top + 0.5) * down - 0.5),
    )  # fmt: skip
    coefficients = tuple(float(value) for value in info.d)
    try:
        if info.distortion_model in _FISHEYES:
            return Fisheye(*numbers, coefficients=(*coefficients, *(0.0,) * 4)[:4])
        if info.distortion_model not in _PINHOLES:
            raise UnusableCalibration(f"distortion model '{info.distortion_model}' is unknown")
        if not any(coefficients):
            return Pinhole(*numbers)
        return DistortedPinhole(*numbers, distortion=coefficients)
    except BadIntrinsics as error:
        raise UnusableCalibration(f"CameraInfo of {info.header.frame_id}: {error}") from error


class StaticFrames:
    """The fixed transforms of a vehicle, and where one frame lies in another."""

    def __init__(self) -> None:
        self._parents: dict[str, tuple[str, Pose]] = {}

    def take(self, readings: Iterable[TransformReading]) -> None:
        """Remember transforms; those that are not finite or rotate by nothing are left out."""
        for reading in readings:
            position = np.asarray(reading.position, dtype=float)
            quaternion = np.asarray(reading.quaternion, dtype=float)
            norm = float(np.linalg.norm(quaternion))
            if np.isfinite(position).all() and math.isfinite(norm) and norm > 1e-6:
                self._parents[plain_frame(reading.child)] = (
                    plain_frame(reading.parent), Pose(position, quaternion / norm)
                )  # fmt: skip

    def pose(self, frame: str, base: str) -> Pose | None:
        """Pose of ``frame`` in ``base``, an ancestor of it; None when the chain is not known."""
        pose, frame, base = identity_pose(), plain_frame(frame), plain_frame(base)
        for _ in range(_MAX_CHAIN):
            if frame == base:
                return pose
            if frame not in self._parents:
                return None
            frame, link = self._parents[frame]
            pose = compose(link, pose)
        return None


@dataclass(frozen=True, slots=True)
class View:
    """A camera somewhere in a fixed frame: ``pose`` is its optical frame in that frame."""

    model: Model
    pose: Pose

    @property
    def widest(self) -> float:
        """Largest angle from the optical axis [rad] that is drawn."""
        if isinstance(self.model, Fisheye):
            # a little less: at the last angle rounding decides between a pixel and none
            return min(self.model.max_angle, math.pi) * (1 - 1e-6)
        if isinstance(self.model, DistortedPinhole):
            return self.model.max_angle * (1 - 1e-6)
        return WIDEST_PINHOLE

    def local(self, points: FloatArray) -> FloatArray:
        """Points (..., 3) of the fixed frame in the optical frame."""
        rotation = quaternion_to_matrix(self.pose.quaternion)
        moved: FloatArray = (points - self.pose.position) @ rotation
        return moved

    def polygons(self, corners: FloatArray) -> list[FloatArray]:
        """Pixels of M small polygons (M, K, 3): those in sight, cut where they leave it.

        Small: an edge must leave the cone of sight at most once.
        """
        local = self.local(corners)
        depth = self._depth(local)
        whole = (depth > 0).all(axis=1)
        partly = np.flatnonzero((depth > 0).any(axis=1) & ~whole)
        pieces = {index: self._cut(local[index], depth[index]) for index in partly}
        shown = np.flatnonzero(whole)
        pixels, _ = self.model.project(local[shown].reshape(-1, 3))
        found = dict(zip(shown, pixels.reshape(len(shown), corners.shape[1], 2), strict=True))
        for index, piece in pieces.items():
            if len(piece) >= 3:
                found[index] = self.model.project(piece)[0]
        return [found[index] for index in sorted(found)]

    def lines(self, points: FloatArray) -> list[FloatArray]:
        """Pixels of a line through points (N, 3): the runs that are in sight, cut at its edge."""
        local = self.local(points)
        depth = self._depth(local)
        runs: list[list[FloatArray]] = []
        inside = False
        for index in range(len(local)):
            visible = depth[index] > 0
            if index and visible != inside:
                edge = self._crossing(local[index - 1], local[index])
                if visible:
                    runs.append([edge])
                else:
                    runs[-1].append(edge)
            elif visible and not index:
                runs.append([])
            if visible:
                runs[-1].append(local[index])
            inside = bool(visible)
        return [self.model.project(np.array(run))[0] for run in runs if len(run) > 1]

    def _depth(self, local: FloatArray) -> FloatArray:
        """How far inside the cone of sight points (..., 3) are [m]; negative: outside."""
        reach: FloatArray = local[..., 2] - math.cos(self.widest) * np.linalg.norm(local, axis=-1)
        return np.where(np.isfinite(reach), reach, -1.0)

    def _crossing(self, start: FloatArray, end: FloatArray) -> FloatArray:
        """The point between ``start`` and ``end`` on the edge of the cone, on its inner side."""
        inner, outer = (start, end) if self._depth(start) > 0 else (end, start)
        for _ in range(_BISECTIONS):
            middle = (inner + outer) / 2
            inner, outer = (middle, outer) if self._depth(middle) > 0 else (inner, middle)
        return inner

    def _cut(self, polygon: FloatArray, depth: FloatArray) -> FloatArray:
        """Sutherland and Hodgman's clipping of one polygon (K, 3) against the cone of sight."""
        kept: list[FloatArray] = []
        for index in range(len(polygon)):
            before, here = depth[index - 1] > 0, depth[index] > 0
            if before != here:
                kept.append(self._crossing(polygon[index - 1], polygon[index]))
            if here:
                kept.append(polygon[index])
        return np.array(kept).reshape(-1, 3)


def view_of(model: Model, mount: Pose, base: Pose) -> View:
    """The view of a camera mounted at ``mount`` in the base frame, the base at ``base``."""
    return View(model, compose(base, mount))
