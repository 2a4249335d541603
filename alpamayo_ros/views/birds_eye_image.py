# SPDX-License-Identifier: Apache-2.0
"""A scene from above, forward up: grid in metres, the way come, the plan, candidates, the stop."""

from __future__ import annotations

import math
from functools import lru_cache

import cv2
import numpy as np

from alpamayo_ros.geometry import inverse, quaternion_from_yaw, transform_points, yaw_of
from alpamayo_ros.types import FloatArray, Pixels, Plan, Pose
from alpamayo_ros.views.caption import caption
from alpamayo_ros.views.colours import (
    GRID,
    INK,
    PANEL,
    RED,
    SOFT,
    SOURCE_COLOURS,
    Colour,
    speed_colour,
)
from alpamayo_ros.views.scene import Scene, Words, stop_of
from alpamayo_ros.views.sheet import Sheet, outlined
from alpamayo_ros.views.vehicle import Corridor, Vehicle, bumper_line, corridor

WIDTH, HEIGHT = 560, 640
"""Size of the map [px]; the caption is below it."""

_REACHES = (20.0, 30.0, 45.0, 60.0, 80.0, 120.0, 180.0)
"""How far ahead the map may show [m]: steps, so that a plan that grows does not make it breathe."""

_GRID_STEPS, _MOST_LINES = (5.0, 10.0, 20.0), 9.0

_BEHIND = 0.22
_MARGIN_M = 4.0
_LABEL_HEIGHT_PX = 14.0
_SHIFT = 4
_FAINT: Colour = (112, 118, 130)
_ROOM: Colour = (17, 18, 21)


class _Map:
    """Where metres of the vehicle's frame (x forward, y left) lie in the picture."""

    def __init__(self, reach: float) -> None:
        self.reach = reach
        self.scale = HEIGHT / (reach * (1 + _BEHIND))
        self.origin = np.array((WIDTH / 2, reach * self.scale))

    def pixels(self, points: FloatArray) -> FloatArray:
        """Pixels (N, 2) of points (N, 2 or 3)."""
        placed: FloatArray = self.origin - points[:, [1, 0]] * self.scale
        return placed


def birds_eye_image(scene: Scene, vehicle: Vehicle) -> Pixels:
    """The picture (H, WIDTH, 3), RGB; always of the same size."""
    here = _here(scene)
    plan = scene.plan
    area = _Map(_reach(plan, here, vehicle))
    image = _background(area.reach).copy()
    if here is not None:
        to_vehicle = inverse(here)
        _draw_past(image, area, scene, to_vehicle)
        _draw_candidates(image, area, scene, to_vehicle)
        if plan is not None and len(plan.speeds):
            _draw_plan(image, area, plan, to_vehicle, vehicle)
        _draw_vehicle(image, area, vehicle)
    return np.concatenate((image, caption(scene, WIDTH)))


def _here(scene: Scene) -> Pose | None:
    """The vehicle, level, in the odometry frame: from above, its pitch and roll do not matter."""
    if scene.ego is not None:
        pose = scene.ego.pose
    elif scene.prediction is not None:
        pose = scene.prediction.ego_pose
    else:
        return None
    return Pose(pose.position, quaternion_from_yaw(yaw_of(pose.quaternion)))


def _reach(plan: Plan | None, here: Pose | None, vehicle: Vehicle) -> float:
    if plan is None or here is None or not len(plan.speeds):
        return _REACHES[0]
    farthest = np.linalg.norm(plan.positions[:, :2] - here.position[:2], axis=1).max()
    wanted = float(farthest) + vehicle.front + _MARGIN_M
    return next((reach for reach in _REACHES if reach >= wanted), _REACHES[-1])


# -- what does not move


@lru_cache(maxsize=len(_REACHES))
def _background(reach: float) -> Pixels:
    """The grid and its metres."""
    area = _Map(reach)
    sheet = Sheet(WIDTH, HEIGHT, _ROOM)
    step = next(step for step in _GRID_STEPS if reach / step <= _MOST_LINES)
    side, behind = WIDTH / 2 / area.scale, reach * _BEHIND
    for number in range(math.ceil(-side / step), math.floor(side / step) + 1):
        ((x, _),) = area.pixels(np.array(((0.0, number * step),)))
        sheet.line((x, 0), (x, HEIGHT), GRID)
    for number in range(math.ceil(-behind / step), math.floor(reach / step) + 1):
        ((_, y),) = area.pixels(np.array(((number * step, 0.0),)))
        sheet.line((0, y), (WIDTH, y), GRID)
        if 14 < y < HEIGHT - 4:
            sheet.write(Words(f"{number * step:g} m", SOFT), 8, y - 4, 7)
    return sheet.image()


# -- what moves


def _draw_past(image: Pixels, area: _Map, scene: Scene, to_vehicle: Pose) -> None:
    if len(scene.past) > 1:
        _line(image, area.pixels(transform_points(to_vehicle, scene.past)), _FAINT, 2)


def _draw_candidates(image: Pixels, area: _Map, scene: Scene, to_vehicle: Pose) -> None:
    prediction = scene.prediction
    if prediction is None:
        return
    hidden = None if scene.plan is None else prediction.selected
    for number, candidate in enumerate(prediction.candidates):
        fixed = transform_points(prediction.ego_pose, candidate.trajectory.positions)
        finite = fixed[np.isfinite(fixed).all(axis=1)]
        if len(finite) > 1 and number != hidden:
            _line(image, area.pixels(transform_points(to_vehicle, finite)), _FAINT, 1)


def _draw_plan(image: Pixels, area: _Map, plan: Plan, to_vehicle: Pose, vehicle: Vehicle) -> None:
    covered = corridor(vehicle, plan.positions, plan.headings, plan.speeds, plan.times_s)
    if len(covered.rows) > 1:
        rows = transform_points(to_vehicle, covered.rows)
        cells = np.concatenate((rows[:-1, [0, -1]], rows[1:, [-1, 0]]), axis=1)
        for cell, speed in zip(cells, covered.speeds, strict=False):
            colour = speed_colour(float(speed))
            cv2.fillPoly(image, [_fixed(area.pixels(cell))], colour, cv2.LINE_AA, _SHIFT)
        for edge in (0, -1):
            _line(image, area.pixels(rows[:, edge]), SOURCE_COLOURS[plan.source], 1)
        _draw_seconds(image, area, covered, to_vehicle)
    stop = stop_of(plan)
    if stop is not None:
        place, heading = plan.positions[stop.index], float(plan.headings[stop.index])
        ends = area.pixels(transform_points(to_vehicle, bumper_line(vehicle, place, heading)))
        _line(image, ends + (ends - ends.mean(axis=0)) * 0.35, RED, 4)
        x, y = ends[np.argmin(ends[:, 0])]
        outlined(image, f"stop {stop.distance:.1f} m", x - 92, y + 4, 0.42)


def _draw_seconds(image: Pixels, area: _Map, covered: Corridor, to_vehicle: Pose) -> None:
    """A bar where the bumper is after each full second; a label where there is room for it."""
    labelled = area.pixels(transform_points(to_vehicle, covered.rows[-1, -1:]))[0]
    for second in range(1, math.floor(covered.times_s[-1]) + 1):
        row = covered.row_at(float(second))
        if row is None:
            continue
        bar = area.pixels(transform_points(to_vehicle, row))
        _line(image, bar, PANEL, 1)
        if np.linalg.norm(bar[-1] - labelled) >= _LABEL_HEIGHT_PX:
            outlined(image, f"{second} s", bar[-1, 0] + 7, bar[-1, 1] + 4, 0.36)
            labelled = bar[-1]


def _draw_vehicle(image: Pixels, area: _Map, vehicle: Vehicle) -> None:
    corners = area.pixels(vehicle.corners())
    cv2.fillPoly(image, [_fixed(corners)], PANEL, cv2.LINE_AA, _SHIFT)
    _line(image, np.concatenate((corners, corners[:1])), INK, 2)
    tip, wing = vehicle.front - 0.5, vehicle.width * 0.28
    arrow = np.array(((tip - 1.1, wing), (tip, 0.0), (tip - 1.1, -wing)))
    _line(image, area.pixels(arrow), INK, 2)


def _line(image: Pixels, points: FloatArray, colour: Colour, width: int) -> None:
    cv2.polylines(image, [_fixed(points)], False, colour, width, cv2.LINE_AA, _SHIFT)


def _fixed(pixels: FloatArray) -> FloatArray:
    """Pixels as OpenCV's fixed-point numbers, bounded to what it can draw."""
    return np.asarray(np.rint(np.clip(pixels, -1e5, 1e5) * (1 << _SHIFT)).astype(np.int32))
