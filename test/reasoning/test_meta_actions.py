# SPDX-License-Identifier: Apache-2.0
"""Trajectories named by the published rules."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reasoning.driven import LEFT, RIGHT, Driver

from alpamayo_ros.planning.unicycle import rollout
from alpamayo_ros.reasoning.meta_actions import meta_actions
from alpamayo_ros.types import HORIZON_LENGTH, Axis, Trajectory

ZEROS = np.zeros(HORIZON_LENGTH)


def along(trajectory: Trajectory, speed: float) -> list[str]:
    actions = meta_actions(trajectory, speed)
    return [action.name for action in actions if action.axis is Axis.LONGITUDINAL]


def across(trajectory: Trajectory, speed: float, lane_width: float | None = None) -> list[str]:
    actions = meta_actions(trajectory, speed, lane_width)
    return [action.name for action in actions if action.axis is Axis.LATERAL]


def whole(trajectory: Trajectory, speed: float, lane_width: float | None = None) -> str:
    return across(trajectory, speed, lane_width)[-1]


@pytest.mark.parametrize(
    ("rate", "name"),
    [
        (0.0, "MaintainSpeed"), (0.05, "MaintainSpeed"), (0.5, "GentleAcceleration"),
        (2.0, "StrongAcceleration"), (-0.5, "GentleDeceleration"), (-2.0, "StrongDeceleration"),
    ],
)  # fmt: skip
def test_a_constant_acceleration_is_one_segment(rate: float, name: str) -> None:
    assert along(rollout(15.0, np.full(HORIZON_LENGTH, rate), ZEROS), 15.0) == [name]


def test_braking_to_a_standstill() -> None:
    names = along(Driver(8.0, 1).stop(), 8.0)
    assert names[0] in ("StrongDeceleration", "GentleDeceleration") and names[-1] == "Stop"


def test_stopping_and_going_on() -> None:
    names = along(Driver(6.0, 1).stop_and_go(), 6.0)
    assert names[0].endswith("Deceleration") and names[-1].endswith("Acceleration")
    assert "Stop" in names


def test_standing_is_a_stop_and_keeps_the_lane() -> None:
    trajectory = Driver(0.0, 1).noisy(Driver(0.0, 1).stand())
    assert along(trajectory, 0.0) == ["Stop"]
    assert across(trajectory, 0.0) == ["GoStraight", "LaneKeep"]


def test_reverse_is_seen_with_signed_and_unsigned_speeds() -> None:
    rates = np.zeros(HORIZON_LENGTH)
    rates[:20] = -1.0
    signed = rollout(0.0, rates, ZEROS)
    for trajectory in (signed, replace(signed, speeds=np.abs(signed.speeds))):
        assert along(trajectory, 0.0)[-1] == "Reverse"


@pytest.mark.parametrize("seed", range(10))
def test_noise_makes_no_segments(seed: int) -> None:
    driver = Driver(12.0, seed)
    trajectory = driver.noisy(driver.hold())
    assert along(trajectory, 12.0) == ["MaintainSpeed"]
    assert whole(trajectory, 12.0) == "LaneKeep"


@pytest.mark.parametrize("side", [LEFT, RIGHT])
@pytest.mark.parametrize("seed", range(8))
def test_manoeuvres_are_told_apart(side: float, seed: int) -> None:
    name = "left" if side == LEFT else "right"
    for kind, speed, expected in (
        ("turn", 6.0, "Turn"), ("curve", 15.0, "Curve"), ("change_lane", 15.0, "LaneChange"),
        ("nudge", 12.0, "Nudge"), ("pull_over", 8.0, "PullOver"),
    ):  # fmt: skip
        driver = Driver(speed, seed)
        assert whole(driver.noisy(getattr(driver, kind)(side)), speed) == f"{expected} {name}"


def test_a_known_lane_width_tells_nudge_from_lane_change() -> None:
    driver = Driver(12.0, 3)
    trajectory = driver._aside(driver.hold(), 1.4, 0.5, 3.0)
    assert whole(trajectory, 12.0, lane_width=3.5) == "Nudge left"
    assert whole(trajectory, 12.0, lane_width=2.5) == "LaneChange left"


def test_steering_is_named_by_curvature() -> None:
    sharp = rollout(4.0, ZEROS, np.full(HORIZON_LENGTH, 0.08))
    gentle = rollout(10.0, ZEROS, np.full(HORIZON_LENGTH, -0.01))
    assert across(sharp, 4.0)[0] == "SharpSteer left"
    assert across(gentle, 10.0)[0] == "Steer right"


KINDS = st.sampled_from(["turn", "curve", "change_lane", "nudge", "pull_over"])


@given(KINDS, st.floats(0.0, 30.0), st.integers(0, 10_000))
@settings(max_examples=150, deadline=None)
def test_segments_fill_the_horizon_in_order(kind: str, speed: float, seed: int) -> None:
    driver = Driver(speed, seed)
    actions = meta_actions(driver.noisy(getattr(driver, kind)(LEFT)), speed)
    for axis, groups in ((Axis.LONGITUDINAL, actions), (Axis.LATERAL, actions[:-1])):
        segments = [action for action in groups if action.axis is axis]
        assert segments[0].start_s == 0.0 and segments[-1].end_s == pytest.approx(6.4)
        for before, after in pairwise(segments):
            assert before.end_s == after.start_s and before.name != after.name


@given(KINDS, st.floats(3.0, 30.0), st.integers(0, 10_000))
@settings(max_examples=150, deadline=None)
def test_a_mirrored_path_is_named_with_the_other_side(kind: str, speed: float, seed: int) -> None:
    trajectory = getattr(Driver(speed, seed), kind)(LEFT)
    positions = trajectory.positions * (1.0, -1.0, 1.0)
    mirrored = replace(trajectory, positions=positions, headings=-trajectory.headings)
    swapped = [
        name.replace("left", "?").replace("right", "left").replace("?", "right")
        for name in across(trajectory, speed)
    ]
    assert across(mirrored, speed) == swapped
