# SPDX-License-Identifier: Apache-2.0
"""Camera models: between points of the optical frame and pixels, vectorised, both ways.

The optical frame is x right, y down, z forward. Pixel (0, 0) is the centre of the top left pixel,
as in OpenCV and CameraInfo.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alpamayo_ros.types import ConfigurationError, FloatArray

BoolArray = NDArray[np.bool_]

_TABLE_SIZE = 1024
_NEWTON_STEPS = 3
_BISECTIONS = 50


class BadIntrinsics(ConfigurationError):
    """Intrinsics no camera can have."""


class CameraModel(Protocol):
    """What a renderer, an overlay or a CameraInfo needs to know of a camera."""

    @property
    def width(self) -> int:
        """Columns of the image."""

    @property
    def height(self) -> int:
        """Rows of the image."""

    @property
    def distortion_model(self) -> str:
        """Name as in sensor_msgs/CameraInfo."""

    @property
    def coefficients(self) -> tuple[float, ...]:
        """Distortion coefficients in the order of CameraInfo.d."""

    @property
    def matrix(self) -> FloatArray:
        """Camera matrix (3, 3)."""

    def project(self, points: ArrayLike) -> tuple[FloatArray, BoolArray]:
        """Pixels (N, 2) of points (N, 3), and which of them (N,) lie in the image.

        A point that no pixel, not even one outside the image, belongs to has NaN.
        """

    def unproject(self, pixels: ArrayLike) -> FloatArray:
        """Unit rays (N, 3) of pixels (N, 2); NaN where no ray belongs to the pixel."""


@dataclass(frozen=True)
class _Intrinsics:
    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise BadIntrinsics(f"image of {self.width}x{self.height} pixels")
        values = (self.fx, self.fy, self.cx, self.cy)
        if not all(map(math.isfinite, values)) or min(self.fx, self.fy) <= 0:
            raise BadIntrinsics(f"fx, fy, cx, cy = {values} are no camera matrix")

    @property
    def matrix(self) -> FloatArray:
        return np.array(((self.fx, 0.0, self.cx), (0.0, self.fy, self.cy), (0.0, 0.0, 1.0)))

    def _to_pixels(self, plane: FloatArray) -> tuple[FloatArray, BoolArray]:
        pixels = plane * (self.fx, self.fy) + (self.cx, self.cy)
        inside = (pixels >= -0.5) & (pixels < (self.width - 0.5, self.height - 0.5))
        return pixels, np.asarray(inside.all(axis=-1))

    def _to_plane(self, pixels: ArrayLike) -> FloatArray:
        return (np.asarray(pixels, dtype=float) - (self.cx, self.cy)) / (self.fx, self.fy)


@dataclass(frozen=True)
class Pinhole(_Intrinsics):
    """A pinhole camera without distortion; CameraInfo's "plumb_bob" with five zeros."""

    @property
    def distortion_model(self) -> str:
        """Name as in sensor_msgs/CameraInfo."""
        return "plumb_bob"

    @property
    def coefficients(self) -> tuple[float, ...]:
        """Distortion coefficients k1, k2, p1, p2, k3."""
        return (0.0,) * 5

    @classmethod
    def from_field_of_view(cls, width: int, height: int, degrees: float) -> Pinhole:
        """Camera whose outer columns are ``degrees`` apart."""
        if not 0.0 < degrees < 180.0:
            raise BadIntrinsics(f"pinhole field of view {degrees} deg is not within (0, 180)")
        focal = width / 2 / math.tan(math.radians(degrees) / 2)
        return cls(width, height, focal, focal, (width - 1) / 2, (height - 1) / 2)

    def project(self, points: ArrayLike) -> tuple[FloatArray, BoolArray]:
        """Pixels (N, 2) of points (N, 3), NaN behind the camera, and which lie in the image."""
        x, y, z = np.moveaxis(np.asarray(points, dtype=float), -1, 0)
        depth = np.where(z > 0, z, np.nan)
        return self._to_pixels(np.stack((x / depth, y / depth), axis=-1))

    def unproject(self, pixels: ArrayLike) -> FloatArray:
        """Unit rays (N, 3) of pixels (N, 2)."""
        plane = self._to_plane(pixels)
        rays = np.concatenate((plane, np.ones((*plane.shape[:-1], 1))), axis=-1)
        return np.asarray(rays / np.linalg.norm(rays, axis=-1, keepdims=True))


@dataclass(frozen=True)
class Fisheye(_Intrinsics):
    """A fisheye: the distance from the centre is f * (t + k1 t^3 + k2 t^5 + k3 t^7 + k4 t^9).

    t is the angle from the optical axis. Kannala and Brandt 2006; OpenCV's fisheye module and
    CameraInfo's "equidistant". Rays are defined up to ``max_angle`` [rad], where the polynomial
    stops growing, at most pi.
    """

    coefficients: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)
    max_angle: float = field(init=False)
    _angles: FloatArray = field(init=False, repr=False, compare=False)
    _radii: FloatArray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.coefficients) != 4 or not all(map(math.isfinite, self.coefficients)):
            raise BadIntrinsics(f"{self.coefficients} are not four coefficients of a fisheye")
        object.__setattr__(self, "max_angle", self._first_turning_point())
        object.__setattr__(self, "_angles", np.linspace(0.0, self.max_angle, _TABLE_SIZE))
        object.__setattr__(self, "_radii", self._radius(self._angles))

    @property
    def distortion_model(self) -> str:
        """Name as in sensor_msgs/CameraInfo."""
        return "equidistant"

    @classmethod
    def from_field_of_view(
        cls,
        width: int,
        height: int,
        degrees: float,
        coefficients: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
    ) -> Fisheye:
        """Camera whose outer columns are ``degrees`` apart. Raises BadIntrinsics."""
        centre = ((width - 1) / 2, (height - 1) / 2)
        unit = cls(width, height, 1.0, 1.0, *centre, coefficients=coefficients)
        half = math.radians(degrees) / 2
        if not 0.0 < half <= unit.max_angle:
            limit = 2 * math.degrees(unit.max_angle)
            raise BadIntrinsics(
                f"fisheye field of view {degrees} deg is not within (0, {limit:.0f}]"
            )
        focal = width / 2 / float(unit._radius(np.array(half)))
        return cls(width, height, focal, focal, *centre, coefficients=coefficients)

    def _first_turning_point(self) -> float:
        """Angle [rad] up to which the radius grows, at most pi."""
        angles = np.linspace(0.0, math.pi, _TABLE_SIZE)
        falling = np.flatnonzero(self._slope(angles) <= 0.0)
        if not len(falling):
            return math.pi
        low, high = float(angles[falling[0] - 1]), float(angles[falling[0]])
        for _ in range(_BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if self._slope(np.array(middle)) > 0 else (low, middle)
        return low

    def _radius(self, angle: FloatArray) -> FloatArray:
        k1, k2, k3, k4 = self.coefficients
        square = angle * angle
        return angle * (1 + square * (k1 + square * (k2 + square * (k3 + square * k4))))

    def _slope(self, angle: FloatArray) -> FloatArray:
        k1, k2, k3, k4 = self.coefficients
        square = angle * angle
        return 1 + square * (3 * k1 + square * (5 * k2 + square * (7 * k3 + square * 9 * k4)))

    def project(self, points: ArrayLike) -> tuple[FloatArray, BoolArray]:
        """Pixels (N, 2) of points (N, 3), NaN beyond max_angle, and which lie in the image."""
        x, y, z = np.moveaxis(np.asarray(points, dtype=float), -1, 0)
        across = np.hypot(x, y)
        angle = np.arctan2(across, z)
        angle = np.where((angle <= self.max_angle) & (across + np.abs(z) > 0), angle, np.nan)
        # on the axis the direction is any, and the radius 0
        scale = self._radius(angle) / np.where(across > 0, across, 1.0)
        return self._to_pixels(np.stack((x * scale, y * scale), axis=-1))

    def unproject(self, pixels: ArrayLike) -> FloatArray:
        """Unit rays (N, 3) of pixels (N, 2), NaN outside the image circle."""
        x, y = np.moveaxis(self._to_plane(pixels), -1, 0)
        radius = np.hypot(x, y)
        angle = np.interp(radius, self._radii, self._angles)
        for _ in range(_NEWTON_STEPS):
            # the slope vanishes at max_angle only, where the table is exact already
            slope = np.maximum(self._slope(angle), 1e-6)
            step = (self._radius(angle) - radius) / slope
            angle = np.clip(angle - step, 0.0, self.max_angle)
        angle = np.where(radius <= self._radii[-1], angle, np.nan)
        scale = np.sin(angle) / np.where(radius > 0, radius, 1.0)
        return np.stack((x * scale, y * scale, np.cos(angle)), axis=-1)
