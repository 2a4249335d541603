# SPDX-License-Identifier: Apache-2.0
"""Draws solids into an image, farthest first."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.drives.render.backdrop import HAZE, HAZE_DISTANCE
from alpamayo_ros.drives.render.solids import POINTS, Solids, join, ranges
from alpamayo_ros.drives.sensor_rig import MountedCamera
from alpamayo_ros.geometry import compose, quaternion_to_matrix
from alpamayo_ros.types import FloatArray, Pixels, Pose

_NEAR = 0.1
FARTHEST = 220.0
"""Solids farther away [m] are not drawn."""

_DETAIL_DISTANCE = 75.0
_SUN = np.array((0.42, -0.52, 0.74))
_AMBIENT, _DIRECT = 0.66, 0.42
_SUBPIXEL_BITS = 4
_LARGEST_COORDINATE = 1e5

_CIRCLE = np.arange(POINTS) * 2 * np.pi / POINTS
# Leaves: the outline of a ball is this much wider or narrower at each of its points.
_RAGGED = 1.0 + 0.035 * np.sin(7 * _CIRCLE + 1.0) + 0.03 * np.sin(11 * _CIRCLE)

_IntArray = NDArray[np.int64]


class Painter:
    """Draws solids as one camera sees them.

    Nearer solids cover farther ones: of two footprints that do not overlap, one side of one of
    them separates both, and the solid on the camera's side of it is in front.
    """

    def __init__(self, camera: MountedCamera) -> None:
        self._camera = camera
        model = camera.model
        corners = [(x, y) for x in (0, model.width - 1) for y in (0, model.height - 1)]
        # the widest angle any pixel sees
        self._cosine = float(np.nanmin(model.unproject(np.array(corners))[:, 2]))

    def draw(self, image: Pixels, scene: Sequence[Solids], base: Pose) -> None:
        """Draw into ``image``; ``base`` is the pose of the vehicle's base in the world."""
        pose = compose(base, self._camera.pose)
        from_world = quaternion_to_matrix(pose.quaternion)
        eye = pose.position
        seen = [(solids, self._seen(solids, eye, from_world[:, 2])) for solids in scene]
        chosen = [solids.chosen(indices) for solids, indices in seen if len(indices)]
        if not chosen:
            return
        solids = join(chosen)
        points, colours = _faces(solids, paint_order(solids, eye[:2]), eye)
        local = (points.reshape(-1, 3) - eye) @ from_world
        in_front = (local[:, 2] > _NEAR).reshape(-1, POINTS)
        pixels, _ = self._camera.model.project(local)
        pixels = pixels.reshape(-1, POINTS, 2)
        self._fill(image, pixels, local.reshape(-1, POINTS, 3), in_front, colours)

    def _seen(self, solids: Solids, eye: FloatArray, axis: FloatArray) -> _IntArray:
        """Solids that may be in the picture: in the cone around the axis, and not too far."""
        middles = np.column_stack((solids.middles, solids.heights / 2))
        radii = np.hypot(np.hypot(*solids.halves.T), solids.heights / 2) + 1.0
        offset = middles - eye
        distance = np.linalg.norm(offset, axis=1)
        along = offset @ axis
        across = np.sqrt(np.maximum(distance**2 - along**2, 0.0))
        sine = np.sqrt(1 - self._cosine**2)
        # distance of the middle from the cone, on its outside
        outside = across * self._cosine - along * sine
        return np.flatnonzero((outside < radii) & (distance < FARTHEST))

    def _fill(
        self,
        image: Pixels,
        pixels: FloatArray,
        local: FloatArray,
        in_front: NDArray[np.bool_],
        colours: FloatArray,
    ) -> None:
        height, width, _ = image.shape
        # reducing the first axis is many times faster than reducing one in between
        whole, partly = in_front.T.copy().all(axis=0), in_front.T.copy().any(axis=0)
        scaled = np.nan_to_num(pixels, copy=False)
        by_point = scaled.transpose(1, 0, 2).copy()
        low, high = by_point.min(axis=0), by_point.max(axis=0)
        visible = (high >= 0).all(axis=1) & (low < (width, height)).all(axis=1)
        visible &= (high - low).max(axis=1) >= 1.0
        drawn = np.flatnonzero((whole & visible) | (~whole & partly))
        rounded = _fixed_point(scaled[drawn])
        for index, outline, colour in zip(
            drawn.tolist(), rounded, colours[drawn].tolist(), strict=True
        ):
            if not whole[index]:
                outline = self._clipped(local[index])
            cv2.fillPoly(image, [outline], colour, cv2.LINE_AA, _SUBPIXEL_BITS)

    def _clipped(self, local: FloatArray) -> NDArray[np.int32]:
        """Outline of the part of a polygon (32, 3) in front of the near plane."""
        following = np.roll(local, -1, axis=0)
        kept = []
        for point, after in zip(local, following, strict=True):
            if point[2] > _NEAR:
                kept.append(point)
            if (point[2] > _NEAR) != (after[2] > _NEAR):
                share = (_NEAR - point[2]) / (after[2] - point[2])
                kept.append(point + share * (after - point))
        clipped = np.array(kept)
        clipped[:, 2] = np.maximum(clipped[:, 2], _NEAR)
        pixels, _ = self._camera.model.project(clipped)
        return _fixed_point(pixels)


def _fixed_point(pixels: FloatArray) -> NDArray[np.int32]:
    limited = np.clip(pixels, -_LARGEST_COORDINATE, _LARGEST_COORDINATE)
    return np.asarray(np.round(limited * (1 << _SUBPIXEL_BITS)), dtype=np.int32)


def paint_order(solids: Solids, eye: FloatArray) -> _IntArray:
    """Solids in the order to draw them, farthest first, seen from ``eye`` (2,)."""
    middles, halves, heading = solids.middles, solids.halves, solids.headings
    count = len(middles)
    distance = np.hypot(*(middles - eye).T)
    behind = np.zeros((count, count), bool)  # behind[i, j]: i is behind j, so i comes first
    corners = _corners(middles, heading, halves)
    for axis in (0, 1):
        turned = heading + axis * np.pi / 2
        direction = np.stack((np.cos(turned), np.sin(turned)), axis=-1)
        along = corners.reshape(-1, 2) @ direction.T - (middles * direction).sum(axis=1)
        along = along.reshape(count, 4, count)  # corner of i, in the frame of j
        low, high = along.min(axis=1), along.max(axis=1)
        seen_from = ((eye - middles) * direction).sum(axis=1)
        half = halves[:, axis]
        beyond, before = low >= half, high <= -half
        eye_beyond, eye_before = seen_from > half, seen_from < -half
        # i lies beyond a side of j: in front if the eye is beyond it too, else behind
        behind |= (beyond & ~eye_beyond) | (before & ~eye_before)
        behind |= ((beyond & eye_beyond) | (before & eye_before)).T
    np.fill_diagonal(behind, False)
    return _sorted(behind & ~(behind.T & (distance[:, None] < distance)), distance)


def _corners(middles: FloatArray, headings: FloatArray, halves: FloatArray) -> FloatArray:
    """Corners (K, 4, 2) of footprints."""
    c, s = np.cos(headings), np.sin(headings)
    forward = np.stack((c, s), axis=-1) * halves[:, :1]
    left = np.stack((-s, c), axis=-1) * halves[:, 1:]
    return np.stack(
        [middles + i * forward + j * left for i, j in ((1, 1), (1, -1), (-1, -1), (-1, 1))], axis=1
    )


def _sorted(behind: NDArray[np.bool_], distance: FloatArray) -> _IntArray:
    """Order in which everything comes after what is behind it; the farthest of a choice first."""
    blockers = behind.sum(axis=0)
    key = np.where(blockers == 0, distance, -1.0)
    order = np.empty(len(distance), np.int64)
    remaining = distance.copy()
    for position in range(len(order)):
        index = int(key.argmax())
        if key[index] < 0:  # a circle: each behind the next
            index = int(remaining.argmax())
        order[position] = index
        remaining[index] = -2.0
        blockers = blockers - behind[index]
        key = np.where((blockers <= 0) & (remaining >= 0), distance, -1.0)
    return order


def _faces(solids: Solids, order: _IntArray, eye: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Polygons (N, 32, 3) that face the eye and their final colours (N, 3), in drawing order."""
    polygon = ranges(solids.first_polygon, order)
    counts = solids.first_polygon[order + 1] - solids.first_polygon[order]
    rank = np.repeat(np.arange(len(order)), counts)
    to_eye = eye - solids.points[polygon, 0]
    distance = np.linalg.norm(to_eye, axis=1)
    facing = (to_eye * solids.normals[polygon]).sum(axis=1) > 0
    facing &= ~solids.detail[polygon] | (distance < _DETAIL_DISTANCE)
    polygon, rank, distance = polygon[facing], rank[facing], distance[facing]
    light = _AMBIENT + _DIRECT * np.maximum(solids.normals[polygon] @ _SUN, 0.0)
    emissive = solids.emissive[polygon]
    light = np.where(emissive, 1.0, light)
    colours = _with_haze(solids.colours[polygon] * light[:, None], distance, ~emissive)
    outlines, ball_colours, ball_rank = _balls(solids, order, eye)
    points = np.concatenate((solids.points[polygon], outlines))
    # stable: within a solid polygons keep their order, and its balls follow them
    by_rank = np.argsort(np.concatenate((rank, ball_rank)), kind="stable")
    return points[by_rank], np.concatenate((colours, ball_colours))[by_rank]


def _balls(
    solids: Solids, order: _IntArray, eye: FloatArray
) -> tuple[FloatArray, FloatArray, _IntArray]:
    """Outlines (N, 32, 3) of the balls, each with a highlight towards the sun, colours and rank."""
    index = ranges(solids.first_ball, order)
    counts = solids.first_ball[order + 1] - solids.first_ball[order]
    rank = np.repeat(np.arange(len(order)), counts)
    centres, radii = solids.balls[index, :3], solids.balls[index, 3]
    lit = centres + 0.3 * radii[:, None] * _SUN
    pair_centres = np.stack((centres, lit), axis=1).reshape(-1, 3)
    pair_radii = np.stack((radii, 0.68 * radii), axis=1).ravel()
    view = eye - pair_centres
    distance = np.maximum(np.linalg.norm(view, axis=1), 1e-6)
    view = view / distance[:, None]
    right = np.cross((0.0, 0.0, 1.0), view)
    right /= np.maximum(np.linalg.norm(right, axis=1, keepdims=True), 1e-9)
    up = np.cross(view, right)
    ring = (
        pair_radii[:, None, None]
        * _RAGGED[:, None]
        * (
            np.cos(_CIRCLE)[None, :, None] * right[:, None]
            + np.sin(_CIRCLE)[None, :, None] * up[:, None]
        )
    )
    base = solids.ball_colours[index]
    colours = np.stack((0.82 * base, 1.04 * base), axis=1).reshape(-1, 3)
    everywhere = np.ones(len(distance), bool)
    return (
        pair_centres[:, None] + ring,
        _with_haze(colours, distance, everywhere),
        np.repeat(rank, 2),
    )


def _with_haze(colours: FloatArray, distance: FloatArray, hazy: NDArray[np.bool_]) -> FloatArray:
    share = np.where(hazy, 1.0 - np.exp(-distance / HAZE_DISTANCE), 0.0)[:, None]
    return np.clip(colours + share * (HAZE - colours), 0.0, 255.0)
