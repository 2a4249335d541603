# SPDX-License-Identifier: Apache-2.0
"""What a camera sees, with the ground the vehicle is going to cover drawn into it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import cv2
import numpy as np

from alpamayo_ros.geometry import transform_points
from alpamayo_ros.types import FloatArray, Pixels, Plan, Prediction
from alpamayo_ros.views.caption import caption
from alpamayo_ros.views.colours import (
    INK,
    PANEL,
    RED,
    SOURCE_COLOURS,
    Colour,
    speed_colour,
)
from alpamayo_ros.views.projection import View
from alpamayo_ros.views.scene import Scene, stop_of
from alpamayo_ros.views.sheet import outlined
from alpamayo_ros.views.vehicle import Corridor, Vehicle, bumper_line, corridor, raised

_SHIFT = 4
_FARTHEST_PX = 1e6
_FILL, _WALL = 0.5, 0.42
_WALL_HEIGHT = 1.0
_LABELLED_PX, _LABEL_HEIGHT_PX = 26.0, 14.0
"""A time is written beside its bar where the bar is so wide, and so far from the one before."""


def overlay(
    pixels: Pixels, view: View | None, scene: Scene, vehicle: Vehicle, title: str = ""
) -> Pixels:
    """The image (H, W, 3), drawn into, with the caption below it, as a new picture.

    ``view`` is the camera, for an image of this size, in the scene's odometry frame when the image
    was taken; without it only the caption is added.
    """
    below = caption(scene, pixels.shape[1], title)
    picture = np.concatenate((pixels, below))
    if view is not None:
        draw(picture[: pixels.shape[0]], view, scene, vehicle)
    return picture


def draw(image: Pixels, view: View, scene: Scene, vehicle: Vehicle) -> None:
    """Draw candidates, corridor, a bar for each second, and the stop into an image, in place."""
    if scene.prediction is not None:
        hidden = None if scene.plan is None else scene.prediction.selected
        _draw_candidates(image, view, scene.prediction, vehicle, hidden)
    plan = scene.plan
    if plan is None or not len(plan.speeds):
        return
    covered = corridor(vehicle, plan.positions, plan.headings, plan.speeds, plan.times_s)
    if len(covered.rows) > 1:
        _fill(image, view, covered)
        for edge in (0, -1):
            _draw_line(image, view, covered.rows[:, edge], SOURCE_COLOURS[plan.source], 2)
        _draw_seconds(image, view, covered)
    _draw_stop(image, view, plan, vehicle)


def _fill(image: Pixels, view: View, covered: Corridor) -> None:
    """Shade the corridor by speed, far end first, so that the near one covers it on a hill."""
    rows = covered.rows
    cells = np.concatenate((rows[:-1], rows[1:, ::-1]), axis=1)[::-1]
    speeds = ((covered.speeds[:-1] + covered.speeds[1:]) / 2)[::-1]
    polygons, colours = [], []
    # by speed in steps of a quarter m/s: cells of one colour are projected together
    for first, last in _runs(np.round(speeds * 4)):
        found = view.polygons(cells[first:last])
        polygons += found
        colours += [speed_colour(float(speeds[first]))] * len(found)
    _blend(image, polygons, colours, _FILL)


def _runs(keys: FloatArray) -> list[tuple[int, int]]:
    """First and last + 1 of each run of equal values."""
    edges = np.flatnonzero(np.diff(keys)) + 1
    bounds = [0, *edges.tolist(), len(keys)]
    return list(pairwise(bounds))


def _blend(
    image: Pixels, polygons: Sequence[FloatArray], colours: Sequence[Colour], alpha: float
) -> None:
    """Fill polygons of pixels translucently, without seams between neighbours."""
    box = _bounds(image, polygons)
    if box is None:
        return
    x0, y0, x1, y1 = box
    part = image[y0:y1, x0:x1]
    layer, mask = part.copy(), np.zeros(part.shape[:2], np.uint8)
    for polygon, colour in zip(polygons, colours, strict=True):
        corners = _fixed(polygon - (x0, y0))
        # a rim beyond the mask's own, which is softened
        cv2.polylines(layer, [corners], True, colour, 4, shift=_SHIFT)
        cv2.fillPoly(layer, [corners], colour, shift=_SHIFT)
        cv2.fillPoly(mask, [corners], 255, shift=_SHIFT)
    weight = cv2.blur(mask, (3, 3)).astype(np.float32) * (alpha / 255)
    part[:] = cv2.blendLinear(layer, part, weight, 1 - weight)


def _bounds(image: Pixels, polygons: Sequence[FloatArray]) -> tuple[int, int, int, int] | None:
    """Columns and rows of the image that the polygons may touch; None for none."""
    if not polygons:
        return None
    points = np.concatenate(polygons)
    height, width = image.shape[:2]
    low = np.clip(np.floor(points.min(axis=0)) - 2, 0, (width, height)).astype(int)
    high = np.clip(np.ceil(points.max(axis=0)) + 3, 0, (width, height)).astype(int)
    if (high <= low).any():
        return None
    return int(low[0]), int(low[1]), int(high[0]), int(high[1])


def _draw_candidates(
    image: Pixels, view: View, prediction: Prediction, vehicle: Vehicle, hidden: int | None
) -> None:
    """Every candidate as a thin line, but the one that the corridor shows."""
    for number, candidate in enumerate(prediction.candidates):
        points = transform_points(prediction.ego_pose, candidate.trajectory.positions)
        finite = points[np.isfinite(points).all(axis=1)]
        if len(finite) > 1 and number != hidden:
            _draw_line(image, view, raised(_dense(finite), vehicle.ground), INK, 1)


def _dense(points: FloatArray, step: float = 0.5) -> FloatArray:
    """A line through the same points with one at least every ``step`` metres."""
    lengths = np.linalg.norm(np.diff(points, axis=0), axis=1)
    along = np.concatenate(([0.0], np.cumsum(lengths)))
    marks = np.linspace(0.0, along[-1], max(2, math.ceil(along[-1] / step)))
    return np.column_stack([np.interp(marks, along, axis) for axis in points.T])


def _draw_seconds(image: Pixels, view: View, covered: Corridor) -> None:
    """A bar across the corridor where the bumper is after each full second."""
    labelled = math.inf
    for second in range(1, math.floor(covered.times_s[-1]) + 1):
        row = covered.row_at(float(second))
        if row is None:
            continue
        for run in view.lines(row):
            cv2.polylines(image, [_fixed(run)], False, INK, 1, cv2.LINE_AA, _SHIFT)
            right = run[np.argmax(run[:, 0])]
            apart = abs(right[1] - labelled) >= _LABEL_HEIGHT_PX
            if apart and len(run) == len(row) and np.ptp(run[:, 0]) >= _LABELLED_PX:
                labelled = right[1]
                outlined(image, f"{second} s", right[0] + 4, right[1] + 4, 0.4)


def _draw_stop(image: Pixels, view: View, plan: Plan, vehicle: Vehicle) -> None:
    """A wall where the front bumper comes to rest."""
    stop = stop_of(plan)
    if stop is None:
        return
    ends = bumper_line(vehicle, plan.positions[stop.index], float(plan.headings[stop.index]))
    foot = ends[0] + (ends[1] - ends[0]) * np.linspace(0.0, 1.0, 9)[:, None]
    wall = np.concatenate((foot, raised(foot, _WALL_HEIGHT)[::-1]))
    polygons = view.polygons(wall[None])
    _blend(image, polygons, [RED] * len(polygons), _WALL)
    _draw_line(image, view, foot, RED, 3)
    _draw_line(
        image, view, np.concatenate((foot[:1], raised(foot, _WALL_HEIGHT), foot[-1:])), RED, 1
    )
    runs = view.lines(raised(foot, _WALL_HEIGHT))
    if runs:
        label = f"stop {stop.distance:.1f} m"
        outlined(image, label, runs[0][:, 0].min(), runs[0][:, 1].min() - 6, 0.45)


def _draw_line(image: Pixels, view: View, points: FloatArray, colour: Colour, width: int) -> None:
    for run in view.lines(points):
        if width > 1:
            cv2.polylines(image, [_fixed(run)], False, PANEL, width + 2, cv2.LINE_AA, _SHIFT)
        cv2.polylines(image, [_fixed(run)], False, colour, width, cv2.LINE_AA, _SHIFT)


def _fixed(pixels: FloatArray) -> FloatArray:
    """Pixels as OpenCV's fixed-point numbers."""
    bounded = np.clip(pixels, -_FARTHEST_PX, _FARTHEST_PX)
    return np.asarray(np.rint(bounded * (1 << _SHIFT)).astype(np.int32))
