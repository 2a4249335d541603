# SPDX-License-Identifier: Apache-2.0
"""Solids to draw: polygons with 32 points each, so that all of them project in one call.

Straight edges carry seven more points each, with which a fisheye bends them. Polygons that lie on
a face (windows, wheels, lamps) follow it. A ball is drawn as its outline.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alpamayo_ros.types import FloatArray

POINTS = 32

Colour = tuple[int, int, int]

_EDGE = np.arange(POINTS // 4) * 4 / POINTS
_CIRCLE = np.arange(POINTS) * 2 * np.pi / POINTS
# A decal lies this far [m] before its face, for the eye only: drawing order does not need it.
_LIFT = 0.01


@dataclass(frozen=True, slots=True)
class Solids:
    """Solids of a scene, as arrays over polygons (P), balls (B) and solids (K).

    points: (P, 32, 3) in the world, counter-clockwise from outside; normals: (P, 3); colours:
    (P, 3); emissive: (P,), drawn without shading and haze; detail: (P,), left out far away;
    balls: (B, 4) as x, y, z, radius; ball_colours: (B, 3).
    first_polygon, first_ball: (K+1,) where each solid's begin; polygons are drawn in their order,
    then balls. middles: (K, 2), headings: (K,), halves: (K, 2): footprints that do not overlap;
    heights: (K,).
    """

    points: FloatArray
    normals: FloatArray
    colours: FloatArray
    emissive: NDArray[np.bool_]
    detail: NDArray[np.bool_]
    balls: FloatArray
    ball_colours: FloatArray
    first_polygon: NDArray[np.int64]
    first_ball: NDArray[np.int64]
    middles: FloatArray
    headings: FloatArray
    halves: FloatArray
    heights: FloatArray

    def moved(self, position: ArrayLike, heading: float) -> Solids:
        """The solids turned by ``heading`` [rad] about the origin, then moved to (2,)."""
        c, s = math.cos(heading), math.sin(heading)
        turn = np.array(((c, s, 0.0), (-s, c, 0.0), (0.0, 0.0, 1.0)))
        offset = np.append(np.asarray(position, dtype=float), 0.0)
        return replace(
            self,
            points=self.points @ turn + offset,
            normals=self.normals @ turn,
            balls=np.column_stack((self.balls[:, :3] @ turn + offset, self.balls[:, 3])),
            middles=self.middles @ turn[:2, :2] + offset[:2],
            headings=self.headings + heading,
        )

    def chosen(self, indices: NDArray[np.int64]) -> Solids:
        """Only these solids."""
        polygons, balls = ranges(self.first_polygon, indices), ranges(self.first_ball, indices)
        return Solids(
            self.points[polygons], self.normals[polygons], self.colours[polygons],
            self.emissive[polygons], self.detail[polygons],
            self.balls[balls], self.ball_colours[balls],
            _firsts(np.diff(self.first_polygon)[indices]),
            _firsts(np.diff(self.first_ball)[indices]),
            self.middles[indices], self.headings[indices], self.halves[indices],
            self.heights[indices],
        )  # fmt: skip


def ranges(firsts: NDArray[np.int64], indices: NDArray[np.int64]) -> NDArray[np.int64]:
    """All of firsts[k] .. firsts[k + 1] - 1 for each k of ``indices``, one after the other."""
    counts = firsts[indices + 1] - firsts[indices]
    ends = np.cumsum(counts)
    return np.asarray(np.arange(ends[-1]) + np.repeat(firsts[indices] - ends + counts, counts))


def _firsts(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.concatenate(([0], np.cumsum(counts)))


@dataclass
class SolidBuilder:
    """One solid, built in its own frame: x forward, y left, z up, the origin on the ground."""

    half_length: float
    half_width: float
    height: float
    points: list[FloatArray] = field(default_factory=list)
    colours: list[Colour] = field(default_factory=list)
    emissive: list[bool] = field(default_factory=list)
    detail: list[bool] = field(default_factory=list)
    balls: list[tuple[float, float, float, float]] = field(default_factory=list)
    ball_colours: list[Colour] = field(default_factory=list)

    def polygon(
        self, points: FloatArray, colour: Colour, emissive: bool = False, detail: bool = False
    ) -> None:
        """Add a flat polygon (32, 3), counter-clockwise from outside."""
        self.points.append(points)
        self.colours.append(colour)
        self.emissive.append(emissive)
        self.detail.append(detail)

    def ball(self, centre: Sequence[float], radius: float, colour: Colour) -> None:
        """Add a ball."""
        x, y, z = centre
        self.balls.append((x, y, z, radius))
        self.ball_colours.append(colour)

    def box(
        self,
        low: Sequence[float],
        high: Sequence[float],
        colour: Colour,
        taper: tuple[float, float] = (0.0, 0.0),
    ) -> dict[str, FloatArray]:
        """Add a box between two corners, its top drawn in by ``taper`` on each side.

        Returns the corners (4, 3) of its faces: front, back, left, right, top.
        """
        faces = box_faces(low, high, taper)
        for corners in faces.values():
            self.polygon(outline(corners), colour)
        return faces

    def patch(
        self,
        face: FloatArray,
        across: tuple[float, float],
        up: tuple[float, float],
        colour: Colour,
        emissive: bool = False,
        detail: bool = True,
    ) -> None:
        """Add a patch on a face, between fractions of its width and of its height."""
        (left, right), (low, high) = across, up
        fractions = np.array(((left, low), (right, low), (right, high), (left, high)))
        self.polygon(outline(_on_face(face, fractions)), colour, emissive, detail)

    def disc(
        self,
        face: FloatArray,
        centre: tuple[float, float],
        radius: float,
        colour: Colour,
        emissive: bool = False,
    ) -> None:
        """Add a disc of ``radius`` [m] on a face, at fractions of its width and height."""
        across = face[1] - face[0]
        across = across / np.linalg.norm(across)
        up = np.cross(_normal(face), across)
        ring = np.cos(_CIRCLE)[:, None] * across + np.sin(_CIRCLE)[:, None] * up
        self.polygon(_on_face(face, np.array([centre])) + radius * ring, colour, emissive, True)

    def shadow(self, margin: float, colour: Colour) -> None:
        """Add a shadow on the ground, ``margin`` [m] larger than the footprint."""
        x, y = self.half_length + margin, self.half_width + margin
        ellipse = np.stack((np.cos(_CIRCLE), np.sin(_CIRCLE)), axis=-1)
        # between an ellipse and a rectangle
        rounded = np.sign(ellipse) * np.abs(ellipse) ** 0.4 * (x, y)
        self.polygon(np.column_stack((rounded, np.zeros(POINTS))), colour, True)

    def build(self) -> Solids:
        """The solid in its own frame."""
        points = np.array(self.points).reshape(-1, POINTS, 3)
        return Solids(
            points=points,
            normals=_normals(points),
            colours=np.array(self.colours, dtype=float).reshape(-1, 3),
            emissive=np.array(self.emissive, dtype=bool),
            detail=np.array(self.detail, dtype=bool),
            balls=np.array(self.balls, dtype=float).reshape(-1, 4),
            ball_colours=np.array(self.ball_colours, dtype=float).reshape(-1, 3),
            first_polygon=np.array((0, len(points))),
            first_ball=np.array((0, len(self.balls))),
            middles=np.zeros((1, 2)),
            headings=np.zeros(1),
            halves=np.array([(self.half_length, self.half_width)]),
            heights=np.array([self.height]),
        )


def box_faces(
    low: Sequence[float], high: Sequence[float], taper: tuple[float, float] = (0.0, 0.0)
) -> dict[str, FloatArray]:
    """Corners (4, 3) of front, back, left, right and top of a box.

    Seen from outside they go lower left, lower right, upper right, upper left.
    """
    (x0, y0, z0), (x1, y1, z1) = low, high
    tx, ty = taper
    lower = {"fl": (x1, y1, z0), "fr": (x1, y0, z0), "bl": (x0, y1, z0), "br": (x0, y0, z0)}
    upper = {
        "fl": (x1 - tx, y1 - ty, z1),
        "fr": (x1 - tx, y0 + ty, z1),
        "bl": (x0 + tx, y1 - ty, z1),
        "br": (x0 + tx, y0 + ty, z1),
    }
    sides = {
        "front": ("fr", "fl"),
        "back": ("bl", "br"),
        "left": ("fl", "bl"),
        "right": ("br", "fr"),
    }
    faces = {
        name: np.array((lower[a], lower[b], upper[b], upper[a])) for name, (a, b) in sides.items()
    }
    faces["top"] = np.array([upper[corner] for corner in ("br", "fr", "fl", "bl")])
    return faces


def outline(corners: FloatArray) -> FloatArray:
    """Points (32, 3) along the edges of a quadrilateral (4, 3)."""
    following = np.roll(corners, -1, axis=0)
    points = corners[:, None] + _EDGE[None, :, None] * (following - corners)[:, None]
    return points.reshape(POINTS, 3)


def _normal(corners: FloatArray) -> FloatArray:
    normal = np.cross(corners[1] - corners[0], corners[-1] - corners[0])
    return np.asarray(normal / np.linalg.norm(normal))


def _on_face(face: FloatArray, fractions: FloatArray) -> FloatArray:
    """Points (N, 3) at fractions (N, 2) of the width and height of a face."""
    across, up = fractions[:, :1], fractions[:, 1:]
    bottom = face[0] + across * (face[1] - face[0])
    top = face[3] + across * (face[2] - face[3])
    return np.asarray(bottom + up * (top - bottom) + _LIFT * _normal(face))


def _normals(points: FloatArray) -> FloatArray:
    first, quarter, last = points[:, 0], points[:, POINTS // 4], points[:, -POINTS // 4]
    normals = np.cross(quarter - first, last - first)
    return np.asarray(normals / np.linalg.norm(normals, axis=-1, keepdims=True))


def join(solids: Iterable[Solids]) -> Solids:
    """All solids in one; there must be at least one."""
    given = list(solids)

    def stacked(name: str) -> FloatArray:
        return np.concatenate([getattr(one, name) for one in given])

    def firsts(name: str) -> NDArray[np.int64]:
        return _firsts(np.concatenate([np.diff(getattr(one, name)) for one in given]))

    return Solids(
        stacked("points"), stacked("normals"), stacked("colours"),
        stacked("emissive").astype(bool), stacked("detail").astype(bool),
        stacked("balls"), stacked("ball_colours"),
        firsts("first_polygon"), firsts("first_ball"),
        stacked("middles"), stacked("headings"), stacked("halves"), stacked("heights"),
    )  # fmt: skip
