# SPDX-License-Identifier: Apache-2.0
"""The road: a reference line of continuous curvature, and lanes at constant offsets from it.

Road coordinates are s [m] along the reference line and d [m] to the left of it. The curvature is
piecewise linear in s (straights, clothoids and arcs), so the heading is known in closed form and
the position is integrated once, to a table that is interpolated with the exact tangents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from alpamayo_ros.types import FloatArray

_TABLE_STEP = 0.25
_NEWTON_STEPS = 3


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane: offset of its centre [m], driving direction along s (1 or -1), width [m]."""

    name: str
    centre: float
    direction: int
    width: float = 3.5


ONCOMING = Lane("oncoming", 1.75, -1)
FAST = Lane("fast", -1.75, 1)
EGO = Lane("ego", -5.25, 1)
LANES = (ONCOMING, FAST, EGO)

LEFT_EDGE, RIGHT_EDGE = 3.5, -7.0
"""Outer borders of the outer lanes."""

SHOULDER = 0.6
SIDEWALK = 2.6


class Road:
    """A road given by knots (s, curvature); the curvature is linear between them.

    ``s`` spans the first to the last knot. At s = 0 the reference line is at the origin and points
    along x.
    """

    def __init__(self, knots: Sequence[tuple[float, float]]) -> None:
        self._knots = np.array([s for s, _ in knots])
        self._curvatures = np.array([curvature for _, curvature in knots])
        steps = np.diff(self._knots)
        turns = steps * (self._curvatures[1:] + self._curvatures[:-1]) / 2
        self._headings = np.concatenate(([0.0], np.cumsum(turns)))
        self._headings -= self.heading(0.0)
        count = int(np.ceil((self.end - self.start) / _TABLE_STEP)) + 1
        self._table_s = np.linspace(self.start, self.end, count)
        self._step = float(self._table_s[1] - self._table_s[0])
        self._table_steps = self.tangent(self._table_s) * self._step
        self._table = self._integrate()
        self._table -= self.point(0.0)
        self._coarse, self._coarse_s = self._table[::8], self._table_s[::8]

    @property
    def start(self) -> float:
        """Smallest s."""
        return float(self._knots[0])

    @property
    def end(self) -> float:
        """Largest s."""
        return float(self._knots[-1])

    def _integrate(self) -> FloatArray:
        """Positions at the table's s: Simpson's rule on the unit tangents, error below 1e-9 m."""
        middle = (self._table_s[:-1] + self._table_s[1:]) / 2
        ends, centres = self.tangent(self._table_s), self.tangent(middle)
        pieces = (ends[:-1] + 4 * centres + ends[1:]) * self._step / 6
        return np.concatenate((np.zeros((1, 2)), np.cumsum(pieces, axis=0)))

    def curvature(self, s: ArrayLike) -> FloatArray:
        """Curvature [1/m] of the reference line, left positive."""
        return np.asarray(np.interp(np.asarray(s, dtype=float), self._knots, self._curvatures))

    def heading(self, s: ArrayLike) -> FloatArray:
        """Heading [rad] of the reference line, not wrapped."""
        clipped = np.clip(np.asarray(s, dtype=float), self.start, self.end)
        piece = np.clip(np.searchsorted(self._knots, clipped) - 1, 0, len(self._knots) - 2)
        along = clipped - self._knots[piece]
        mean = (self._curvatures[piece] + self.curvature(clipped)) / 2
        return np.asarray(self._headings[piece] + mean * along)

    def tangent(self, s: ArrayLike) -> FloatArray:
        """Unit tangents (..., 2)."""
        heading = self.heading(s)
        return np.stack((np.cos(heading), np.sin(heading)), axis=-1)

    def point(self, s: ArrayLike, d: ArrayLike = 0.0) -> FloatArray:
        """World positions (..., 2) of road coordinates; s outside the road is clipped."""
        clipped = np.clip(np.asarray(s, dtype=float), self.start, self.end)
        index = np.clip(((clipped - self.start) / self._step).astype(int), 0, len(self._table) - 2)
        u = ((clipped - self._table_s[index]) / self._step)[..., None]
        before, after = self._table[index], self._table[index + 1]
        leaving, arriving = self._table_steps[index], self._table_steps[index + 1]
        # cubic Hermite polynomial
        position = (
            before * (1 + 2 * u) * (1 - u) ** 2
            + leaving * u * (1 - u) ** 2
            + after * u**2 * (3 - 2 * u)
            + arriving * u**2 * (u - 1)
        )
        along = self.tangent(clipped)
        left = np.stack((-along[..., 1], along[..., 0]), axis=-1)
        return np.asarray(position + left * np.asarray(d, dtype=float)[..., None])

    def locate(self, points: ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Road coordinates s (N,) and d (N,) of the nearest point of the reference line.

        points: (N, 2) in the world. The coordinates are unique within the radius of the bends.
        """
        given = np.asarray(points, dtype=float)
        x, y = (given[:, None, :] - self._coarse[None]).transpose(2, 0, 1)
        return self.refine(given, self._coarse_s[np.argmin(x * x + y * y, axis=1)])

    def refine(self, points: FloatArray, s: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Road coordinates s, d (N,) of points (N, 2) whose s is known to a few metres."""
        for _ in range(_NEWTON_STEPS):
            along = self.tangent(s)
            offset = points - self.point(s)
            ahead = (offset * along).sum(axis=-1)
            d = along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]
            s = s + ahead / np.maximum(1.0 - self.curvature(s) * d, 0.2)
            s = np.clip(s, self.start, self.end)
        along = self.tangent(s)
        offset = points - self.point(s)
        return s, along[:, 0] * offset[:, 1] - along[:, 1] * offset[:, 0]
