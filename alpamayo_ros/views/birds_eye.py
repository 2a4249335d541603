# SPDX-License-Identifier: Apache-2.0
"""The drive from above: every prediction beside what was driven, as inline SVG."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alpamayo_ros.drives.accuracy import DrivenPath
from alpamayo_ros.geometry import transform_points, yaw_of
from alpamayo_ros.types import SECOND_NS, FloatArray, Prediction

_MARKS_S = (1.0, 3.0, 6.4)
_MOST_PREDICTIONS = 400
_MOST_POINTS = 3000
_EVERY = 2


@dataclass(frozen=True, slots=True)
class View:
    """The frame of the drawing: the odometry frame, moved and turned so that the drive lies flat.

    x to the right, y to the left of it (up on the page) [m].
    """

    origin: FloatArray
    angle: float

    def place(self, points: FloatArray) -> FloatArray:
        """Points (N, 2) of the odometry frame in SVG coordinates (y down)."""
        c, s = math.cos(self.angle), math.sin(self.angle)
        turned = (points - self.origin) @ np.array(((c, -s), (s, c)))
        return np.asarray(turned * np.array((1.0, -1.0)))

    def heading(self, yaw: float) -> float:
        """Heading in degrees, clockwise on the page from the right."""
        return -math.degrees(yaw - self.angle)


def drawn_ticks(count: int) -> range:
    """Which of ``count`` predictions are drawn: all, or evenly spread ones of a long drive."""
    return range(0, count, max(1, math.ceil(count / _MOST_PREDICTIONS)))


def view_of(driven: DrivenPath, predictions: Sequence[Prediction]) -> View:
    """The view in which the drive runs from left to right."""
    track = driven.positions
    if len(track) == 0:
        track = np.array([p.ego_pose.position[:2] for p in predictions]).reshape(-1, 2)
    if len(track) == 0:
        return View(np.zeros(2), 0.0)
    along = track[-1] - track[0]
    if np.linalg.norm(along) < 1.0:
        yaw = float(yaw_of(predictions[0].ego_pose.quaternion)) if predictions else 0.0
        return View(track[0], yaw)
    return View(track[0], math.atan2(along[1], along[0]))


def birds_eye(
    driven: DrivenPath, predictions: Sequence[Prediction]
) -> tuple[str, list[list[float]]]:
    """SVG of the whole drive and of one tick, and where each drawn tick is.

    The second result holds x, y, heading [deg] on the page of each prediction.
    """
    view = view_of(driven, predictions)
    track = view.place(driven.positions[:: max(1, len(driven.positions) // _MOST_POINTS)])
    placed = [_on_page(view, prediction) for prediction in predictions]
    drawn = drawn_ticks(len(predictions))
    paths = "".join(
        f'<path class="prediction" data-tick="{k}" d="{_path(placed[k][::_EVERY])}"/>'
        for k in drawn
    )
    marks = "".join(
        f'<g class="marks" data-tick="{k}">{_marks(view, predictions[k], driven, placed[k])}</g>'
        for k in drawn
    )
    everything = np.concatenate([track, *placed]) if placed or len(track) else np.zeros((1, 2))
    world = f'<g id="world"><path class="driven" d="{_path(track)}"/>{paths}{marks}</g>'
    poses = [
        [round(float(points[0, 0]), 2), round(float(points[0, 1]), 2),
         round(view.heading(float(yaw_of(prediction.ego_pose.quaternion))), 2)]
        for points, prediction in zip(placed, predictions, strict=True)
    ]  # fmt: skip
    return _page(world, everything, _reach(placed)), poses


def _page(world: str, everything: FloatArray, reach: float) -> str:
    low, high = everything.min(axis=0), everything.max(axis=0)
    margin = max(4.0, 0.03 * float(np.max(high - low)))
    x, y = low - margin
    width, height = high - low + 2 * margin
    # a straight drive is a line: show at least a street's width beside it
    extra = max(0.0, 0.22 * width - height)
    y, height = y - extra / 2, height + extra
    ego = '<path class="ego" d="M2.4 0L-2.4 1.1L-1.6 0L-2.4 -1.1Z"/>'
    forward, side = reach * 1.08 + 2, max(8.0, reach * 0.3)
    return (
        f'<div class="above"><figure class="whole"><svg class="map" '
        f'viewBox="{x:.1f} {y:.1f} {width:.1f} {height:.1f}"><defs>'
        '<pattern id="metres" width="10" height="10" patternUnits="userSpaceOnUse">'
        '<path class="metre" d="M10 0H0V10"/></pattern></defs>'
        '<rect x="-100000" y="-100000" width="200000" height="200000" fill="url(#metres)"/>'
        f'{world}<g id="ego">{ego}</g></svg><figcaption>The whole drive, one square = 10 m'
        "</figcaption></figure>"
        f'<figure class="one"><svg class="map" viewBox="{-side:.1f} {-forward:.1f} '
        f'{2 * side:.1f} {forward + 8:.1f}"><g id="around">'
        '<rect x="-100000" y="-100000" width="200000" height="200000" fill="url(#metres)"/>'
        f'</g><g transform="rotate(-90)">{ego}</g></svg>'
        "<figcaption>This tick, forward is up</figcaption></figure></div>"
    )


def _reach(placed: Sequence[FloatArray]) -> float:
    return max((float(np.linalg.norm(p - p[0], axis=1).max()) for p in placed), default=20.0)


def _on_page(view: View, prediction: Prediction) -> FloatArray:
    """The ego position at t0 and the waypoints (65, 2) on the page."""
    trajectory = prediction.candidates[prediction.selected].trajectory
    start = prediction.ego_pose.position[None, :2]
    ahead = transform_points(prediction.ego_pose, trajectory.positions)[:, :2]
    return view.place(np.concatenate([start, ahead]))


def _marks(view: View, prediction: Prediction, driven: DrivenPath, placed: FloatArray) -> str:
    """Where the vehicle is predicted to be at each horizon (full) and where it was (hollow)."""
    times = np.array([round(mark * SECOND_NS) for mark in _MARKS_S], dtype=np.int64)
    actual = view.place(driven.at(prediction.t0_ns + times))
    parts = []
    for mark, (x, y) in zip(_MARKS_S, actual.tolist(), strict=True):
        ahead = placed[min(round(mark * 10), len(placed) - 1)]
        parts.append(f'<path class="there" d="M{ahead[0]:.2f} {ahead[1]:.2f}h0"/>')
        if math.isfinite(x):
            parts.append(f'<path class="was" d="M{x:.2f} {y:.2f}h0"/>')
            parts.append(f'<path class="hole" d="M{x:.2f} {y:.2f}h0"/>')
    return "".join(parts)


def _path(points: FloatArray) -> str:
    return "".join(
        f"{'L' if place else 'M'}{x:.2f} {y:.2f}" for place, (x, y) in enumerate(points.tolist())
    )
