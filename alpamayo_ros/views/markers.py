# SPDX-License-Identifier: Apache-2.0
"""A scene as markers for rviz: the plan, the candidates, the stop, the vehicle, and the words.

What belongs to the road is in the odometry frame, what belongs to the vehicle in a frame that
moves with it; all are frame-locked, so that rviz places them anew in each of its own frames
whichever of the two it stands on. A marker keeps its namespace and id from one message to the
next; one that is no longer there is deleted.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from geometry_msgs.msg import Point
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from alpamayo_ros.geometry import quaternion_from_yaw, transform_points
from alpamayo_ros.ros.conversions import header, pose_to_msg
from alpamayo_ros.types import FloatArray, Plan, Pose, Prediction
from alpamayo_ros.views.colours import (
    FULL_SPEED,
    INK,
    RED,
    SOFT,
    SOURCE_COLOURS,
    Colour,
    speed_colour,
    speed_colours,
)
from alpamayo_ros.views.scene import (
    Scene,
    Words,
    contradictions,
    decision_words,
    motion_words,
    source_words,
    stop_of,
    trace_text,
)
from alpamayo_ros.views.vehicle import Corridor, Vehicle, bumper_line, corridor, raised

_TEXT_WIDTH, _TEXT_SIZE, _LINE = 60, 0.55, 0.72
_LEGEND_SPEEDS = (0, 5, 10, 15, 20)
_WALL_HEIGHT, _WALL_DEPTH = 1.2, 0.12
_EVERY = 4
"""Rows of a corridor from one to the next that is drawn: each costs six points."""

_ABOVE_GROUND = 0.03
"""Lines lie a little above the road, so that rviz' grid does not flicker through them."""


@dataclass(frozen=True, slots=True)
class MarkerSettings:
    """The vehicle, the frame that moves with it, and how long a marker outlives its source [s]."""

    vehicle: Vehicle
    vehicle_frame: str = "ego_view"
    lifetime_s: float = 2.0


class MarkerBoard:
    """Remembers what rviz shows, so that what vanishes is deleted there."""

    def __init__(self) -> None:
        self._shown: set[tuple[str, int]] | None = None

    def update(self, markers: Sequence[Marker], stamp: Header) -> MarkerArray:
        """The message that shows exactly these markers; the first one wipes older ones away."""
        wanted = {(marker.ns, marker.id) for marker in markers}
        if self._shown is None:
            gone = [Marker(header=stamp, action=Marker.DELETEALL)]
        else:
            gone = [
                Marker(header=stamp, ns=namespace, id=number, action=Marker.DELETE)
                for namespace, number in sorted(self._shown - wanted)
            ]
        self._shown = wanted
        return MarkerArray(markers=[*gone, *markers])

    def forget(self) -> None:
        """Wipe everything away with the next message."""
        self._shown = None


def markers(scene: Scene, settings: MarkerSettings) -> list[Marker]:
    """All markers of a scene."""
    road = header(scene.stamp_ns, scene.odometry_frame)
    found: list[Marker] = []
    if scene.plan is not None and len(scene.plan.speeds):
        found += _plan(scene.plan, settings.vehicle)
    if scene.prediction is not None:
        found += _candidates(scene.prediction, settings.vehicle)
    if len(scene.past) > 1:
        past = _line("past", 0, road, scene.past, 0.12)
        past.color = _colour(SOFT, 0.7)
        found.append(past)
    if scene.ego is not None:
        vehicle = header(scene.ego.stamp_ns, settings.vehicle_frame)
        found += [*_vehicle(settings.vehicle, vehicle), *_legend(vehicle)]
        found += _words(scene, vehicle)
    for marker in found:
        marker.frame_locked = True
        marker.lifetime.sec = int(settings.lifetime_s)
        marker.lifetime.nanosec = round(settings.lifetime_s % 1 * 1e9)
    return found


# -- what belongs to the road


def _plan(plan: Plan, vehicle: Vehicle) -> list[Marker]:
    stamp = header(plan.stamp_ns, plan.odometry_frame)
    finite = np.isfinite(plan.positions).all(axis=1)
    path = _line("trajectory", 0, stamp, raised(plan.positions[finite], vehicle.ground), 0.3)
    path.colors = _colours(speed_colours(plan.speeds[finite]), 1.0)
    covered = corridor(vehicle, plan.positions, plan.headings, plan.speeds, plan.times_s)
    found = [path]
    if len(covered.rows) > 1:
        found.append(_ground(covered, stamp))
        for side in (0, 1):
            edge = _line("plan_source", side, stamp, covered.rows[:, -side], 0.1)
            edge.color = _colour(SOURCE_COLOURS[plan.source], 0.9)
            found.append(edge)
    return [*found, *_stop(plan, vehicle, stamp)]


def _ground(covered: Corridor, stamp: Header) -> Marker:
    """The corridor as triangles: two between each pair of rows."""
    chosen = np.unique(np.append(np.arange(0, len(covered.rows), _EVERY), len(covered.rows) - 1))
    left, right = covered.rows[chosen, 0], covered.rows[chosen, -1]
    corners = np.stack(
        (left[:-1], right[:-1], right[1:], left[:-1], right[1:], left[1:]), axis=1
    ).reshape(-1, 3)
    marker = _marker("corridor", 0, stamp, Marker.TRIANGLE_LIST)
    marker.scale.x = marker.scale.y = marker.scale.z = 1.0
    marker.points = _points(corners)
    marker.colors = _colours(np.repeat(speed_colours(covered.speeds[chosen[:-1]]), 6, axis=0), 0.35)
    return marker


def _stop(plan: Plan, vehicle: Vehicle, stamp: Header) -> list[Marker]:
    """A wall where the front bumper comes to rest, and how far and when that is."""
    stop = stop_of(plan)
    if stop is None:
        return []
    position, heading = plan.positions[stop.index], float(plan.headings[stop.index])
    middle = bumper_line(vehicle, position, heading).mean(axis=0)
    wall = _marker("stop", 0, stamp, Marker.CUBE)
    lifted = raised(middle, _WALL_HEIGHT / 2)
    wall.pose = pose_to_msg(Pose(lifted, quaternion_from_yaw(heading)))
    wall.scale.x, wall.scale.y, wall.scale.z = _WALL_DEPTH, vehicle.width + 0.6, _WALL_HEIGHT
    wall.color = _colour(RED, 0.6)
    words = Words(f"stop {stop.distance:.1f} m, {stop.time_s:.1f} s", RED)
    return [wall, _text("stop", 1, stamp, words, raised(middle, _WALL_HEIGHT + 0.5))]


def _candidates(prediction: Prediction, vehicle: Vehicle) -> list[Marker]:
    """Every candidate, faint; the selected one less so."""
    stamp = header(prediction.t0_ns, prediction.odometry_frame)
    found = []
    for number, candidate in enumerate(prediction.candidates):
        points = transform_points(prediction.ego_pose, candidate.trajectory.positions)
        finite = points[np.isfinite(points).all(axis=1)]
        if len(finite) < 2:
            continue
        chosen = number == prediction.selected
        line = _line("candidates", number, stamp, raised(finite, vehicle.ground), 0.08)
        line.color = _colour(INK, 0.7 if chosen else 0.25)
        found.append(line)
    return found


# -- what belongs to the vehicle


def _vehicle(vehicle: Vehicle, stamp: Header) -> list[Marker]:
    corners = vehicle.corners()
    outline = _line("ego", 0, stamp, np.concatenate((corners, corners[:1])), 0.1)
    outline.color = _colour(INK, 1.0)
    arrow = _marker("ego", 1, stamp, Marker.TRIANGLE_LIST)
    arrow.scale.x = arrow.scale.y = arrow.scale.z = 1.0
    tip, wing = vehicle.front - 0.3, vehicle.width * 0.35
    triangle = np.array(((tip, 0, 0), (tip - 1.2, wing, 0), (tip - 1.2, -wing, 0)))
    arrow.points = _points(raised(triangle, vehicle.ground + _ABOVE_GROUND))
    arrow.color = _colour(INK, 0.9)
    return [outline, arrow]


def _legend(stamp: Header) -> list[Marker]:
    """Speeds in their colours, in a row behind the vehicle."""
    found = []
    for number, speed in enumerate(_LEGEND_SPEEDS):
        more = "+ m/s" if speed >= FULL_SPEED else ""
        words = Words(f"{speed}{more}", speed_colour(speed))
        place = np.array((-5.0, 3.0 - 1.6 * number, 0.5))
        found.append(_text("legend", number, stamp, words, place))
    return found


def _words(scene: Scene, stamp: Header) -> list[Marker]:
    """Source, decisions, verdicts and trace, one line above the other over the vehicle."""
    source, motion = source_words(scene.plan), motion_words(scene)
    lines = [Words(f"{source.text}   {motion.text}", source.colour)]
    decisions = decision_words(scene)
    if len(decisions) == 1:
        lines += decisions
    for name, verdict in zip(decisions[::2], decisions[1::2], strict=False):
        lines.append(Words(f"{name.text}: {verdict.text}", verdict.colour))
    lines += [Words(line, INK) for line in textwrap.wrap(trace_text(scene), _TEXT_WIDTH)]
    found = list(_stacked("trace", stamp, [*lines, *contradictions(scene)]))
    if scene.alarm:
        alarm = Words(textwrap.shorten(scene.alarm, 2 * _TEXT_WIDTH), RED)
        found.append(_text("status", 0, stamp, alarm, np.array((-3.0, 0.0, 1.0))))
    return found


def _stacked(namespace: str, stamp: Header, lines: Sequence[Words]) -> Iterable[Marker]:
    bottom = 2.6
    for number, words in enumerate(lines):
        height = bottom + _LINE * (len(lines) - 1 - number)
        yield _text(namespace, number, stamp, words, np.array((1.5, 0.0, height)))


# -- pieces


def _marker(namespace: str, number: int, stamp: Header, kind: int) -> Marker:
    marker = Marker(header=stamp, ns=namespace, id=number, type=kind, action=Marker.ADD)
    marker.pose.orientation.w = 1.0
    return marker


def _line(namespace: str, number: int, stamp: Header, points: FloatArray, width: float) -> Marker:
    marker = _marker(namespace, number, stamp, Marker.LINE_STRIP)
    marker.scale.x = width
    marker.points = _points(raised(points, _ABOVE_GROUND))
    return marker


def _text(namespace: str, number: int, stamp: Header, words: Words, place: FloatArray) -> Marker:
    marker = _marker(namespace, number, stamp, Marker.TEXT_VIEW_FACING)
    marker.pose.position.x, marker.pose.position.y, marker.pose.position.z = map(float, place)
    marker.scale.z = _TEXT_SIZE
    marker.text = words.text
    marker.color = _colour(words.colour, 1.0)
    return marker


def _points(points: FloatArray) -> list[Point]:
    return [Point(x=x, y=y, z=z) for x, y, z in points.tolist()]


def _colour(colour: Colour, alpha: float) -> ColorRGBA:
    red, green, blue = (value / 255 for value in colour)
    return ColorRGBA(r=red, g=green, b=blue, a=alpha)


def _colours(colours: FloatArray, alpha: float) -> list[ColorRGBA]:
    return [ColorRGBA(r=r, g=g, b=b, a=alpha) for r, g, b in (colours / 255).tolist()]
