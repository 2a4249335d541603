# SPDX-License-Identifier: Apache-2.0
"""A stop is smooth, stays on the path, ends at standstill and never goes farther than planned."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.geometry import identity_pose
from alpamayo_ros.planning.motion import ACCELERATION, HEADING, SPEED, Motion, X, Y, Z, anchor
from alpamayo_ros.planning.stop import stop_along, stop_straight
from alpamayo_ros.planning.validation import STANDSTILL_MPS
from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.types import Candidate, EgoState, Prediction, Trace

CTRA = ConstantTurnRateAcceleration()
JERK = 4.13


def motion(speed: float, acceleration: float = 0.0, yaw_rate: float = 0.0) -> Motion:
    candidate = Candidate(CTRA.trajectory(speed, acceleration, yaw_rate), Trace(""))
    return anchor(
        Prediction(0, "ctra", "odom", identity_pose(), speed, (candidate,), 0, ""), candidate=0
    )


def stop_of(path: Motion, after_s: float = 1.0) -> Motion:
    return stop_along(path, after_s, 2.0, 4.05, JERK)


def travelled(table: np.ndarray) -> np.ndarray:
    steps = np.linalg.norm(np.diff(table[:, X : Z + 1], axis=0), axis=1)
    return np.concatenate(([0.0], np.cumsum(steps)))


@settings(max_examples=150, deadline=None)
@given(
    speed=st.floats(0.0, 49.0),
    acceleration=st.floats(-4.05, 2.4),
    yaw_rate=st.floats(-0.9, 0.9),
    after_s=st.floats(0.05, 6.0),
)
def test_a_stop_begins_on_the_motion_slows_down_and_stands(
    speed: float, acceleration: float, yaw_rate: float, after_s: float
) -> None:
    path = motion(speed, acceleration, yaw_rate)
    stop = stop_of(path, after_s)
    there = path.sample(np.array([after_s]))[0]
    assert np.allclose(stop.table[0, : HEADING + 2], there[: HEADING + 2], atol=1e-9)
    speeds = stop.table[:, SPEED]
    assert (np.diff(speeds) <= 0).all() and speeds[-1] == 0.0
    assert stop.table[-1, ACCELERATION] == 0.0
    assert np.isfinite(stop.table).all()
    assert stop.table[:, ACCELERATION].min() >= min(-4.06, there[ACCELERATION] - 0.01)

    shared = np.arange(0.0, path.duration_s - after_s, 0.05)
    # the motion's own speed is linear over 0.1 s, the stop's over 0.05 s
    assert (stop.sample(shared)[:, SPEED] <= path.sample(shared + after_s)[:, SPEED] + 0.11).all()
    fine = travelled(stop.sample(shared)), travelled(path.sample(shared + after_s))
    if shared.size:
        assert (fine[0] <= fine[1] + 0.05).all()


def test_comfortable_braking_stays_within_its_deceleration_and_jerk() -> None:
    table = stop_of(motion(15.0, 0.0)).table
    accelerations = table[:, ACCELERATION]
    assert -2.01 < accelerations.min() < -1.99
    moving = table[:-1, SPEED] > STANDSTILL_MPS
    assert np.abs(np.diff(accelerations) / 0.05)[moving].max() <= JERK * 1.05
    # jerk-limited at both ends: half the speed for the time v / a + a / j
    assert abs(travelled(table)[-1] - 7.5 * (15.0 / 2.0 + 2.0 / JERK)) < 0.5


def test_a_prediction_that_brakes_harder_is_not_undone() -> None:
    path = motion(12.0, -3.5)
    stop = stop_of(path, 1.0)
    assert travelled(stop.table)[-1] <= travelled(path.table)[-1]
    assert np.linalg.norm(stop.table[-1, X : Z + 1] - path.table[-1, X : Z + 1]) < 0.2


def test_braking_is_as_hard_as_the_known_path_needs() -> None:
    path = motion(33.0)
    stop = stop_of(path, 1.0)
    assert stop.table[:, ACCELERATION].min() < -2.5
    assert stop.table[-1, X] <= path.table[-1, X]


def test_the_stop_follows_the_curve() -> None:
    path = motion(8.0, 0.0, 0.25)
    stop = stop_of(path, 1.0)
    fine = path.sample(np.linspace(0.0, 6.4, 2000))
    for state in stop.table[::5]:
        assert np.linalg.norm(fine[:, X : Y + 1] - state[X : Y + 1], axis=1).min() < 0.05


def test_a_stop_of_a_standing_or_reversing_vehicle_stands() -> None:
    for speed in (0.0, -2.0):
        ego = EgoState(0, "odom", identity_pose(), speed, 0.0)
        table = stop_straight(ego, 2.0, JERK).table
        assert not table[:, X : Z + 1].any() and not table[:, SPEED].any()
