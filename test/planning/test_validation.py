# SPDX-License-Identifier: Apache-2.0
"""Sound trajectories pass, corrupted ones never do."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.unicycle import rollout
from alpamayo_ros.planning.validation import check_plan, check_trajectories, check_trajectory
from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.types import Plan, PlanSource, Trajectory

CTRA = ConstantTurnRateAcceleration()
BOUNDS = Bounds()


def names(trajectory: Trajectory, speed: float, bounds: Bounds = BOUNDS) -> set[str]:
    return {violation.name for violation in check_trajectory(trajectory, speed, bounds)}


@settings(max_examples=300, deadline=None)
@given(
    speed=st.one_of(st.floats(-0.12, 0.5), st.floats(0.0, 49.0)),
    acceleration=st.floats(-8.0, 8.0),
    yaw_rate=st.floats(-2.0, 2.0),
)
def test_ctra_over_any_ego_state_passes(speed: float, acceleration: float, yaw_rate: float) -> None:
    trajectory = CTRA.trajectory(speed, acceleration, yaw_rate)
    assert check_trajectory(trajectory, speed, BOUNDS) == ()


FIELDS = st.sampled_from(["x", "y", "z", "headings", "speeds", "accelerations", "curvatures"])
NOT_NUMBERS = st.sampled_from([float("nan"), float("inf"), float("-inf")])
# More than what estimates of a sound motion are off by; below that a corruption is noise.
SMALLEST = {
    "x": 0.6, "y": 0.6, "z": 0.6, "headings": 0.2,
    "speeds": 4.0, "accelerations": 7.0, "curvatures": 0.45,
}  # fmt: skip


def corrupted(trajectory: Trajectory, field: str, row: int, value: float) -> Trajectory:
    name = "positions" if field in "xyz" else field
    array = getattr(trajectory, name).copy()
    index = (row, "xyz".index(field)) if field in "xyz" else row
    array[index] = value if not np.isfinite(value) else array[index] + value
    return dataclasses.replace(trajectory, **{name: array})


@settings(max_examples=300, deadline=None)
@given(
    speed=st.floats(0.0, 35.0),
    acceleration=st.floats(-4.0, 2.0),
    yaw_rate=st.floats(-0.5, 0.5),
    field=FIELDS,
    row=st.integers(0, 63),
    size=st.floats(1.0, 100.0),
    sign=st.sampled_from([-1.0, 1.0]),
)
def test_a_corrupted_waypoint_is_found(
    speed: float,
    acceleration: float,
    yaw_rate: float,
    field: str,
    row: int,
    size: float,
    sign: float,
) -> None:
    trajectory = CTRA.trajectory(speed, acceleration, yaw_rate)
    change = sign * size * SMALLEST[field]
    if field == "headings":
        change = sign * min(abs(change), np.pi)
    assert names(corrupted(trajectory, field, row, change), speed)


@settings(max_examples=50, deadline=None)
@given(field=FIELDS, row=st.integers(0, 63), value=NOT_NUMBERS)
def test_what_is_no_number_is_found_with_its_time(field: str, row: int, value: float) -> None:
    (violation,) = check_trajectory(
        corrupted(CTRA.trajectory(10.0, 0.0, 0.0), field, row, value), 10.0, BOUNDS
    )
    assert violation.name == "NOT_FINITE"
    assert violation.time_s == pytest.approx((row + 1) * 0.1)


def test_each_fault_has_its_name() -> None:
    still, straight = np.zeros(64), np.full(64, 0.0)
    assert "BACKWARDS" in names(rollout(0.0, np.full(64, -0.5), still), 0.0)
    assert "ACCELERATION" in names(rollout(5.0, np.full(64, 3.0), still), 5.0)
    assert "ACCELERATION" in names(rollout(40.0, np.full(64, -5.0), still), 40.0)
    assert "CURVATURE" in names(rollout(2.0, straight, np.full(64, 0.3)), 2.0)
    assert "LATERAL_ACCELERATION" in names(rollout(20.0, straight, np.full(64, 0.02)), 20.0)
    assert "YAW_RATE" in names(rollout(5.0, straight, np.full(64, 0.195)), 5.0)
    assert "SPEED" in names(rollout(49.0, np.full(64, 1.0), still), 49.0)
    assert "START" in names(rollout(10.0, straight, still), 5.0)


def test_what_the_wheels_cannot_do_is_named_for_the_vehicle_it_is() -> None:
    """A bicycle of the wheelbase; a long vehicle must steer more for the same curve."""
    bend = rollout(5.0, np.zeros(64), np.full(64, 0.15))
    assert not names(bend, 5.0)
    assert names(bend, 5.0, Bounds(wheelbase=6.0)) == {"STEERING_ANGLE"}
    (violation,) = check_trajectory(bend, 5.0, Bounds(wheelbase=6.0))
    assert violation.value == pytest.approx(np.arctan(6.0 * 0.15)) and violation.bound == 0.6
    # from straight on to a curve of 7 m within 0.4 s
    kappa = np.clip((np.arange(64) - 20) / 4, 0.0, 1.0) * 0.14
    steered = rollout(3.0, np.zeros(64), kappa)
    assert "STEERING_RATE" in names(steered, 3.0)
    assert "STEERING_RATE" not in names(steered, 3.0, Bounds(max_steering_rate=0.8))
    walking = rollout(0.9, np.zeros(64), kappa)
    assert "STEERING_RATE" not in names(walking, 0.9)


def test_a_path_that_is_too_short_or_spread_too_far_is_named() -> None:
    trajectory = CTRA.trajectory(10.0, 0.0, 0.0)
    enough = dataclasses.replace(trajectory, positions=trajectory.positions * 0.15)
    assert "FORWARD_LENGTH" not in names(enough, 10.0)
    # 9 m/s, as the measured speed may be 1 m/s off, braked with 4.05 m/s^2, and 0.5 m of slack
    shorter = dataclasses.replace(trajectory, positions=trajectory.positions * 0.1)
    assert "FORWARD_LENGTH: 6.4 < 9.5 m" in [
        str(violation) for violation in check_trajectory(shorter, 10.0, BOUNDS)
    ]
    spread = dataclasses.replace(trajectory, positions=trajectory.positions * 6.0)
    assert "SPACING" in names(spread, 10.0)
    for speed in (0.0, 3.0, 20.0, 45.0):
        assert not names(CTRA.trajectory(speed, -4.05, 0.0), speed)


@settings(max_examples=60, deadline=None)
@given(
    speed=st.floats(0.0, 30.0),
    spoils=st.lists(
        st.tuples(FIELDS, st.integers(0, 63), st.floats(-20.0, 20.0) | NOT_NUMBERS), max_size=6
    ),
)
def test_together_or_alone_the_same_is_found(
    speed: float, spoils: list[tuple[str, int, float]]
) -> None:
    trajectories = [CTRA.trajectory(speed, 0.5, 0.1)]
    trajectories += [corrupted(trajectories[0], *spoil) for spoil in spoils]
    together = check_trajectories(trajectories, speed, BOUNDS)
    alone = [check_trajectory(trajectory, speed, BOUNDS) for trajectory in trajectories]
    assert [list(map(str, found)) for found in together] == [list(map(str, f)) for f in alone]


def test_a_folded_path_is_named() -> None:
    trajectory = CTRA.trajectory(5.0, 0.0, 0.0)
    positions = trajectory.positions.copy()
    positions[30:, 0] = 2 * positions[30, 0] - positions[30:, 0]
    found = names(dataclasses.replace(trajectory, positions=positions), 5.0)
    assert {"FOLDED", "BACKWARDS"} <= found


def test_a_sudden_change_of_acceleration_is_jerk_but_noise_is_not() -> None:
    hard = np.where(np.arange(64) < 30, 2.3, -2.0)
    assert {"LONGITUDINAL_JERK"} <= names(rollout(10.0, hard, np.zeros(64)), 10.0)
    noise = np.where(np.arange(64) % 2, 0.4, -0.4)
    assert not names(rollout(10.0, noise, np.zeros(64)), 10.0)


def test_coming_to_standstill_is_not_jerk() -> None:
    assert not names(CTRA.trajectory(5.0, -4.0, 0.0), 5.0)


def test_a_message_says_value_bound_and_time() -> None:
    (violation, *_) = check_trajectory(
        corrupted(CTRA.trajectory(10.0, 0.0, 0.0), "curvatures", 12, 0.41), 10.0, BOUNDS
    )
    texts = [
        str(v)
        for v in check_trajectory(
            corrupted(CTRA.trajectory(10.0, 0.0, 0.0), "curvatures", 12, 0.41), 10.0, BOUNDS
        )
    ]
    assert violation and "CURVATURE: 0.41 > 0.2 1/m at t0+1.3 s" in texts


@pytest.mark.parametrize("length", [0, 1, 63, 65])
def test_another_number_of_waypoints_is_refused(length: int) -> None:
    zeros = np.zeros(length)
    trajectory = Trajectory(np.zeros((length, 3)), zeros, zeros, zeros, zeros)
    assert names(trajectory, 0.0) == {"SHAPE"}


def plan(**changes: object) -> Plan:
    trajectory = CTRA.trajectory(10.0, 0.0, 0.1)
    sound = Plan(
        0, "odom", np.arange(64) * 0.1, trajectory.positions, trajectory.headings,
        trajectory.speeds, trajectory.accelerations, trajectory.curvatures,
        PlanSource.MODEL, "", 0,
    )  # fmt: skip
    return dataclasses.replace(sound, **changes)  # type: ignore[arg-type]


def test_the_last_gate_names_what_is_unsound() -> None:
    times, positions = np.arange(64) * 0.1, plan().positions

    def found(**changes: object) -> set[str]:
        return {violation.name for violation in check_plan(plan(**changes), BOUNDS)}

    def broken(array: np.ndarray, value: float) -> np.ndarray:
        copy = array.copy()
        copy[20] = value
        return copy

    assert found() == set()
    assert found(times_s=broken(times, 2.01)) == set()
    assert found(times_s=broken(times, 1.9)) >= {"TIMES"}
    assert found(times_s=times + 0.1) == {"TIMES"}
    assert found(headings=broken(times, np.nan)) == {"NOT_FINITE"}
    assert found(headings=times[:-1]) == {"SHAPE"}
    assert found(positions=broken(positions, 90.0)) == {"JUMP"}
    assert found(speeds=np.full(64, -0.01)) >= {"BACKWARDS"}
    assert found(speeds=np.full(64, 60.0)) == {"SPEED"}
