# SPDX-License-Identifier: Apache-2.0
"""From plan to plan without a jump at now that the prediction does not demand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning.closed_loop import MS, START, Vehicle, assert_drivable, drive, towards

from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.plan import Planner
from alpamayo_ros.planning.validation import check_plan
from alpamayo_ros.types import (
    Candidate,
    EgoState,
    Instruction,
    Plan,
    PlanSource,
    Pose,
    Prediction,
    Trace,
    Trajectory,
)

NOTHING = Instruction()


def free(_: float) -> Instruction:
    return NOTHING


def prediction(
    t0_ns: int, trajectory: Trajectory, speed: float, position: np.ndarray, yaw: float
) -> Prediction:
    pose = Pose(position, quaternion_from_yaw(yaw))
    return Prediction(t0_ns, "", "odom", pose, speed, (Candidate(trajectory, Trace("")),), 0, "")


def planned(planner: Planner, now_ns: int) -> Plan:
    plan = planner.plan(now_ns)
    assert plan is not None, planner.silence
    return plan


@settings(max_examples=150, deadline=None)
@given(
    speed=st.floats(0.0, 35.0),
    curvature=st.floats(-2.0, 2.0),
    lateral=st.floats(-0.35, 0.35),
    along=st.floats(-0.25, 0.25),
    turned=st.floats(-0.025, 0.025),
    faster=st.floats(-0.8, 0.8),
    latency_ms=st.integers(0, 300),
)
def test_nothing_jumps_and_the_new_prediction_is_reached(
    speed: float,
    curvature: float,
    lateral: float,
    along: float,
    turned: float,
    faster: float,
    latency_ms: int,
) -> None:
    """The second prediction has the vehicle a little off, turned and slower or faster."""
    kappa = float(np.clip(curvature / max(speed, 1.0) ** 2, -0.1, 0.1))
    planner, here = Planner(), np.array([10.0, 5.0, 2.0])
    first = towards(speed, speed, kappa)
    assert planner.accept(prediction(START, first, speed, here, 0.0), START) == ()
    t0, now = START + 100 * MS, START + (100 + latency_ms) * MS
    before = planned(planner, t0)
    old = planned(planner, now)
    yaw = float(before.headings[0]) + turned
    off = np.array([
        along * np.cos(yaw) - lateral * np.sin(yaw), along * np.sin(yaw) + lateral * np.cos(yaw),
        0.1,
    ])  # fmt: skip
    measured = max(speed + faster, 0.0)
    second = prediction(t0, towards(measured, speed, kappa), measured, before.positions[0] + off,
                        yaw)  # fmt: skip
    assert planner.accept(second, now) == ()
    new = planned(planner, now)
    assert "BEGUN_ANEW" not in new.reason
    assert np.linalg.norm(new.positions[0] - old.positions[0]) < 1e-3
    assert abs(new.speeds[0] - old.speeds[0]) < 0.2
    assert abs(new.headings[0] - old.headings[0]) < 1e-3
    assert not check_plan(new, Bounds())
    assert_drivable(new)
    assert new.accelerations.min() > -4.1 and new.accelerations.max() < 2.5
    # the end lies on the new prediction, as far as it has travelled by then
    if measured > 3.0:
        alone = Planner()
        alone.accept(second, now)
        path = planned(alone, now)
        tangent = np.array([-np.sin(path.headings[-1]), np.cos(path.headings[-1])])
        assert abs((new.positions[-1] - path.positions[-1])[:2] @ tangent) < 0.1


@pytest.mark.parametrize("latency_ms", [50, 100, 250])
@pytest.mark.parametrize("noise", [0.0, 0.03, 0.1])
def test_noise_in_what_is_measured_does_not_reach_the_plan(latency_ms: int, noise: float) -> None:
    ticks = list(
        drive(
            Planner(), Vehicle(9.0), lambda _, v: towards(v, 9.0, 0.02), free, 10.0,
            latency_ms=latency_ms, noise=noise,
        )
    )  # fmt: skip
    settled = ticks[20:]
    assert max(tick.jump_m for tick in settled) < 0.05
    assert max(abs(tick.jump_mps) for tick in settled) < 0.2
    assert all(tick.plan.source == PlanSource.MODEL for tick in settled)
    for tick in settled:
        assert_drivable(tick.plan)
    assert settled[-1].speed == pytest.approx(9.0, abs=0.5)


@pytest.mark.parametrize("braking", [1.0, 2.5, 3.9])
@pytest.mark.parametrize("faster", [-0.4, 0.0, 0.4])
def test_braking_is_never_later_or_less_than_predicted(braking: float, faster: float) -> None:
    """Also where the plan was ahead of or behind the vehicle when the prediction came."""
    planner, here = Planner(), np.zeros(3)
    planner.accept(prediction(START, towards(12.0, 12.0), 12.0, here, 0.0), START)
    planned(planner, START)
    t0, now = START + 100 * MS, START + 200 * MS
    measured = 12.0 - faster
    position = np.array([1.2, 0.0, 0.0])
    second = prediction(t0, towards(measured, 0.0, hardest=braking), measured, position, 0.0)
    assert planner.accept(second, now) == ()
    plan = planned(planner, now)
    alone = Planner()
    alone.accept(second, now)
    model = planned(alone, now)
    assert (plan.speeds <= model.speeds[: len(plan.speeds)] + max(faster, 0.0) + 1e-6).all()
    after = plan.times_s >= 0.5
    assert (plan.speeds[after] <= model.speeds[: len(plan.speeds)][after] + 1e-6).all()
    losses = plan.speeds[0] - plan.speeds[:10]
    assert (losses >= model.speeds[0] - model.speeds[:10] - 1e-6).all()


def test_a_stop_of_the_prediction_is_kept_to_the_place() -> None:
    """A plan that is ahead of the prediction does not stop behind its stop line."""
    planner = Planner()
    planner.accept(prediction(START, towards(6.0, 6.0), 6.0, np.zeros(3), 0.0), START)
    planned(planner, START)
    t0, now = START + 100 * MS, START + 200 * MS
    stopping = towards(6.0, 0.0, hardest=2.0)
    line = 0.3 + stopping.positions[-1, 0]
    second = prediction(t0, stopping, 6.0, np.array([0.3, 0.0, 0.0]), 0.0)
    assert planner.accept(second, now) == ()
    plan = planned(planner, now)
    assert plan.positions[0, 0] == pytest.approx(1.2)
    assert line - 0.3 < plan.positions[-1, 0] < line + 0.02


def test_a_vehicle_that_stands_is_not_moved() -> None:
    planner, standing = Planner(), towards(0.0, 0.0)
    rng = np.random.default_rng(3)
    first = None
    for tick in range(50):
        now = START + tick * 100 * MS
        position = np.array([5.0, 5.0, 0.0]) + np.r_[rng.normal(0.0, 0.05, 2), 0.0]
        yaw = float(rng.normal(1.0, 0.05))
        planner.accept(prediction(now, standing, 0.0, position, yaw), now)
        plan = planned(planner, now)
        first = plan if first is None else first
        assert np.abs(plan.positions - first.positions[0]).max() < 1e-6
        assert not plan.speeds.any()


def test_a_vehicle_that_is_elsewhere_is_planned_for_where_it_is() -> None:
    planner = Planner()
    planner.accept(prediction(START, towards(10.0, 10.0), 10.0, np.zeros(3), 0.0), START)
    planned(planner, START)
    now = START + 100 * MS
    there = np.array([1.0, 4.0, 0.0])
    planner.accept(prediction(now, towards(10.0, 10.0), 10.0, there, 0.0), now)
    plan = planned(planner, now)
    assert plan.positions[0] == pytest.approx(there)
    assert "BEGUN_ANEW: vehicle was off the plan by 4.00 m > 1.50 m" in plan.reason


def test_from_the_stop_back_to_the_model_without_a_jump() -> None:
    vehicle = Vehicle(8.0)
    ticks = list(
        drive(
            Planner(), vehicle, lambda t, v: None if 2.0 < t < 4.5 else towards(v, 8.0), free, 9.0
        )
    )
    sources = [tick.plan.source for tick in ticks]
    begin = sources.index(PlanSource.STOP, 20)
    end = sources.index(PlanSource.MODEL, begin)
    assert 0.0 < ticks[end].plan.speeds[0] < 7.0
    for tick in ticks[20:]:
        assert_drivable(tick.plan)
        assert tick.jump_m < 0.05 and abs(tick.jump_mps) < 0.2
    assert ticks[-1].speed > 7.0


def test_the_stop_lies_ready_before_it_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    planner = Planner()
    here = np.zeros(3)
    planner.accept(prediction(START, towards(10.0, 10.0), 10.0, here, 0.0), START)
    planned(planner, START)

    def too_late(*_: object) -> None:
        raise AssertionError("a stop is computed when it is needed")

    monkeypatch.setattr("alpamayo_ros.planning.course.stop_along", too_late)
    monkeypatch.setattr("alpamayo_ros.planning.course.stop_straight", too_late)
    planner.update_ego(
        EgoState(START + 1000 * MS, "odom", Pose(np.array([10.0, 0, 0]), quaternion_from_yaw(0.0)),
                 10.0, 0.0)
    )  # fmt: skip
    assert planned(planner, START + 1050 * MS).source == PlanSource.STOP
