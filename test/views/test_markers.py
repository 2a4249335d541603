# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from views.scenes import T0_NS, TRACE, plan, prediction, scene, trajectory
from visualization_msgs.msg import Marker

from alpamayo_ros import types as t
from alpamayo_ros.ros.conversions import header, time_to_ns
from alpamayo_ros.views.colours import (
    SOURCE_COLOURS,
    VERDICT_COLOURS,
    speed_colour,
    speed_colours,
)
from alpamayo_ros.views.markers import MarkerBoard, MarkerSettings, markers
from alpamayo_ros.views.vehicle import Vehicle

VEHICLE = Vehicle()
SETTINGS = MarkerSettings(VEHICLE)
ROAD = ("trajectory", "corridor", "plan_source", "candidates", "stop", "past")


def by_key(found):
    return {(marker.ns, marker.id): marker for marker in found}


def rgb(colour) -> tuple[int, int, int]:
    return tuple(round(255 * value) for value in (colour.r, colour.g, colour.b))


def texts(found) -> list[str]:
    return [marker.text for marker in found if marker.type == Marker.TEXT_VIEW_FACING]


def test_the_chosen_trajectory_has_the_colour_of_its_speed_at_each_point():
    path = plan(15.0, -2.0)
    marker = by_key(markers(scene(plan=path), SETTINGS))["trajectory", 0]
    assert marker.type == Marker.LINE_STRIP and len(marker.points) == len(path.speeds)
    for point, colour, position, speed in zip(
        marker.points, marker.colors, path.positions, path.speeds, strict=True
    ):
        assert (point.x, point.y) == pytest.approx(tuple(position[:2]))
        assert rgb(colour) == speed_colour(float(speed))


def test_faster_is_lighter_and_a_speed_has_one_colour():
    lightness = speed_colours(np.linspace(0.0, 20.0, 30)) @ (0.2126, 0.7152, 0.0722)
    assert (np.diff(lightness) > 0).all()
    assert speed_colour(25.0) == speed_colour(20.0)
    assert speed_colour(float("nan")) == speed_colour(0.0)


def test_every_candidate_is_there_and_the_selected_one_stands_out():
    found = by_key(markers(scene(), SETTINGS))
    alphas = [found["candidates", number].color.a for number in range(6)]
    assert alphas[0] > 2 * max(alphas[1:])


def test_the_stop_is_a_wall_at_the_front_bumper():
    found = by_key(markers(scene(plan=plan(4.0, -2.0)), SETTINGS))
    wall = found["stop", 0]
    assert wall.pose.position.x == pytest.approx(4.0 + VEHICLE.front, abs=0.1)
    assert wall.pose.position.z == pytest.approx(wall.scale.z / 2)
    assert wall.scale.y >= VEHICLE.width
    assert "stop 4.0 m" in found["stop", 1].text
    assert ("stop", 0) not in by_key(markers(scene(plan=plan(8.0)), SETTINGS))


def test_the_footprint_is_the_vehicles_outline():
    outline = by_key(markers(scene(), SETTINGS))["ego", 0]
    xs, ys = [p.x for p in outline.points], [p.y for p in outline.points]
    assert (min(xs), max(xs)) == pytest.approx((-VEHICLE.rear_overhang, VEHICLE.front))
    assert max(ys) - min(ys) == pytest.approx(VEHICLE.width)
    assert outline.points[0] == outline.points[-1]


@pytest.mark.parametrize("source", list(t.PlanSource))
def test_the_edges_have_the_colour_of_the_plans_source(source):
    found = markers(scene(plan=plan(source=source)), SETTINGS)
    edges = [marker for marker in found if marker.ns == "plan_source"]
    assert len(edges) == 2
    assert all(rgb(edge.color) == SOURCE_COLOURS[source] for edge in edges)
    assert any(source.name in text for text in texts(found))


@pytest.mark.parametrize("verdict", list(t.Consistency))
def test_decision_and_verdict_are_written_in_the_verdicts_colour(verdict):
    found = markers(scene(prediction=prediction(verdict=verdict)), SETTINGS)
    (line,) = [m for m in found if m.text.startswith("STOP: ")]
    assert verdict.name.replace("_", " ").lower() in line.text
    assert rgb(line.color) == VERDICT_COLOURS[verdict]
    assert " ".join(texts(found)).count(TRACE[:30]) == 1
    reasons = any("8.0 -> 8.1" in text for text in texts(found))
    assert reasons == (verdict == t.Consistency.CONTRADICTION)


@pytest.mark.parametrize(
    ("decision", "verdict", "tokens", "words"),
    [
        ("NONE", t.Consistency.NOT_CHECKED, 0, "no reasoning model"),
        ("UNPARSED", t.Consistency.UNPARSED, 0, "no reasoning model"),
        ("UNPARSED", t.Consistency.UNPARSED, 12, "no decision could be read"),
        ("NONE", t.Consistency.NOT_SHOWN, 12, "no decision"),
    ],
)
def test_a_trace_without_a_decision_is_said_to_have_none(decision, verdict, tokens, words):
    axis = t.AxisVerdict(verdict)
    reasoning = t.Reasoning(decision, decision, (), "", (), axis, axis)
    given_candidate = t.Candidate(trajectory(), t.Trace("Drive.", tokens), {}, reasoning)
    shown = dataclasses.replace(prediction(), candidates=(given_candidate,))
    assert words in texts(markers(scene(prediction=shown), SETTINGS))


def test_frames_stamps_and_locks_are_right():
    late = prediction(t0_ns=T0_NS - 300_000_000)
    for marker in markers(scene(prediction=late, plan=plan(4.0, -2.0)), SETTINGS):
        frame = "odom" if marker.ns in ROAD else SETTINGS.vehicle_frame
        assert marker.header.frame_id == frame and marker.frame_locked
        wanted = late.t0_ns if marker.ns == "candidates" else T0_NS
        assert time_to_ns(marker.header.stamp) == wanted, marker.ns
        assert marker.lifetime.sec + marker.lifetime.nanosec * 1e-9 == SETTINGS.lifetime_s
        assert marker.action == Marker.ADD and marker.pose.orientation.w != 0.0


def test_a_point_that_is_not_finite_never_reaches_rviz():
    spoilt = prediction()
    spoilt.candidates[2].trajectory.positions[5:9] = np.nan
    path = plan()
    path.positions[30:] = np.inf
    for marker in markers(scene(prediction=spoilt, plan=path), SETTINGS):
        numbers = [(p.x, p.y, p.z) for p in marker.points]
        assert np.isfinite(np.array(numbers)).all()
        assert len(marker.colors) in (0, len(marker.points))


# -- what vanishes is deleted


class Rviz:
    """What a viewer shows after the messages it got."""

    def __init__(self) -> None:
        self.shown: dict[tuple[str, int], Marker] = {("left over", 7): Marker()}

    def take(self, array) -> None:
        for marker in array.markers:
            if marker.action == Marker.DELETEALL:
                self.shown.clear()
            elif marker.action == Marker.DELETE:
                del self.shown[marker.ns, marker.id]
            else:
                self.shown[marker.ns, marker.id] = marker


STAMP = header(T0_NS, "odom")
scenes_in_turn = st.lists(
    st.fixed_dictionaries(
        {
            "plan": st.sampled_from((None, plan(8.0), plan(4.0, -2.0))),
            "prediction": st.sampled_from((None, prediction(1), prediction(6))),
            "alarm": st.sampled_from(("", "camera_sync: camera front_wide silent")),
        }
    ),
    min_size=1,
    max_size=6,
)


@given(scenes_in_turn)
@settings(max_examples=40, deadline=None)
def test_rviz_shows_the_last_scene_and_nothing_else(turns):
    board, rviz = MarkerBoard(), Rviz()
    for turn in turns:
        wanted = markers(scene(**turn), SETTINGS)
        assert len(by_key(wanted)) == len(wanted), "ids are unique"
        rviz.take(board.update(wanted, STAMP))
        assert rviz.shown.keys() == by_key(wanted).keys()
    rviz.take(board.update([], STAMP))
    assert not rviz.shown
    assert not board.update([], STAMP).markers, "nothing is deleted twice"


def test_a_board_that_forgot_wipes_everything_first():
    board, rviz = MarkerBoard(), Rviz()
    rviz.take(board.update(markers(scene(), SETTINGS), STAMP))
    board.forget()
    wanted = markers(scene(prediction=None), SETTINGS)
    rviz.take(board.update(wanted, STAMP))
    assert rviz.shown.keys() == by_key(wanted).keys()
