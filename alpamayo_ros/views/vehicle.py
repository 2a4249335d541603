# SPDX-License-Identifier: Apache-2.0
"""The vehicle's outline on the ground, and the ground it will cover."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpamayo_ros.types import ConfigurationError, FloatArray

ACROSS = 5
"""Points across a corridor: a straight line is bent in a fisheye's image."""

_NEAR, _FINE, _COARSE = 25.0, 0.25, 1.0
"""Up to 25 m ahead a corridor has a row every 0.25 m, then every 1 m."""

_STANDING_STEP = 1e-3
"""A vehicle that is less than this [m] farther stands."""


@dataclass(frozen=True, slots=True)
class Vehicle:
    """Outline in the base frame [m]: ``rear_overhang`` is from the base back to the rear bumper.

    ``ground`` is the height of the road in the base frame. Raises ConfigurationError.
    """

    length: float = 4.9
    width: float = 1.9
    rear_overhang: float = 1.0
    ground: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.rear_overhang < self.length:
            raise ConfigurationError(
                f"vehicle.rear_overhang {self.rear_overhang:g} m is not within 0 .. "
                f"vehicle.length {self.length:g} m"
            )

    @property
    def front(self) -> float:
        """From the base to the front bumper [m]."""
        return self.length - self.rear_overhang

    def corners(self) -> FloatArray:
        """The outline (4, 3) on the ground in the base frame: front left, then clockwise."""
        x0, x1, y = -self.rear_overhang, self.front, self.width / 2
        z = self.ground
        return np.array(((x1, y, z), (x1, -y, z), (x0, -y, z), (x0, y, z)))


def raised(points: FloatArray, height: float) -> FloatArray:
    """Points (..., 3) moved up by ``height`` [m]."""
    up: FloatArray = points + np.array((0.0, 0.0, height))
    return up


@dataclass(frozen=True, slots=True)
class Corridor:
    """The ground the vehicle covers from its front bumper on.

    rows: (M, ACROSS, 3) from left to right, in the frame of the path; speeds (M,) [m/s] and
    times (M,) [s] at which the front bumper is there.
    """

    rows: FloatArray
    speeds: FloatArray
    times_s: FloatArray

    def row_at(self, time_s: float) -> FloatArray | None:
        """The row (ACROSS, 3) where the bumper is at a time, interpolated; None beyond the end."""
        if len(self.rows) < 2 or not self.times_s[0] <= time_s < self.times_s[-1]:
            return None
        after = int(np.searchsorted(self.times_s, time_s, side="right"))
        t0, t1 = self.times_s[after - 1 : after + 1]
        share = (time_s - t0) / max(t1 - t0, 1e-9)
        row: FloatArray = self.rows[after - 1] * (1 - share) + self.rows[after] * share
        return row


def corridor(
    vehicle: Vehicle,
    positions: FloatArray,
    headings: FloatArray,
    speeds: FloatArray,
    times_s: FloatArray,
) -> Corridor:
    """The corridor of a path of the base: positions (N, 3), the others (N,).

    Beyond the path's end the vehicle's front reaches straight on. Points that are not finite end
    the path before them.
    """
    finite = np.isfinite(positions).all(axis=1) & np.isfinite(headings) & np.isfinite(speeds)
    count = len(finite) if finite.all() else int(np.argmin(finite))
    if count == 0:
        return Corridor(np.empty((0, ACROSS, 3)), np.empty(0), np.empty(0))
    steps = np.linalg.norm(np.diff(positions[:count], axis=0), axis=1)
    along = np.concatenate(([0.0], np.cumsum(steps)))
    # where the vehicle stands, the first moment counts
    _, first = np.unique(np.floor(along / _STANDING_STEP), return_index=True)
    positions, headings, along = positions[first], np.unwrap(headings[first]), along[first]
    speeds, times_s = speeds[first], times_s[first]
    driven = float(along[-1])
    marks = _marks(vehicle.front, driven + vehicle.front)
    centres = np.column_stack([np.interp(marks, along, axis) for axis in positions.T])
    yaws = np.interp(marks, along, headings)
    forward = np.column_stack((np.cos(yaws), np.sin(yaws), np.zeros(len(yaws))))
    centres += forward * np.maximum(marks - driven, 0.0)[:, None]
    centres[:, 2] += vehicle.ground
    left = np.column_stack((-forward[:, 1], forward[:, 0], forward[:, 2]))
    offsets = np.linspace(0.5, -0.5, ACROSS) * vehicle.width
    rows = centres[:, None, :] + left[:, None, :] * offsets[None, :, None]
    base = np.maximum(marks - vehicle.front, 0.0)
    return Corridor(rows, np.interp(base, along, speeds), np.interp(base, along, times_s))


def _marks(start: float, end: float) -> FloatArray:
    """Distances of the rows from the base, ``start`` and ``end`` among them."""
    near = np.arange(start, min(end, start + _NEAR), _FINE)
    far = np.arange(start + _NEAR, end, _COARSE)
    return np.concatenate((near, far, [end]))


def bumper_line(vehicle: Vehicle, position: FloatArray, heading: float) -> FloatArray:
    """Left and right end (2, 3) of the front bumper, on the ground, of a base at a pose."""
    forward = np.array((np.cos(heading), np.sin(heading), 0.0))
    left = np.array((-forward[1], forward[0], 0.0)) * vehicle.width / 2
    middle = raised(position + forward * vehicle.front, vehicle.ground)
    return np.stack((middle + left, middle - left))
