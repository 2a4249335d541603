# SPDX-License-Identifier: Apache-2.0
"""The plan for now: anchored at t0, starting now, held, stopped, and never unsound."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pytest

from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.plan import Planner
from alpamayo_ros.planning.settings import PlannerSettings
from alpamayo_ros.planning.validation import check_plan
from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.types import (
    Candidate,
    ClockJumped,
    ConfigurationError,
    EgoState,
    Plan,
    PlanSource,
    Pose,
    Prediction,
    Trace,
)

CTRA = ConstantTurnRateAcceleration()
START = 1_700_000_000_000_000_000
MS = 1_000_000
YAW = 0.7
POSE = Pose(np.array([100.0, -50.0, 3.0]), quaternion_from_yaw(YAW))
FORWARD = np.array([np.cos(YAW), np.sin(YAW), 0.0])


def candidate(speed: float, acceleration: float = 0.0, yaw_rate: float = 0.0) -> Candidate:
    return Candidate(CTRA.trajectory(speed, acceleration, yaw_rate), Trace("test"))


def bad_candidate(speed: float) -> Candidate:
    good = candidate(speed)
    speeds = good.trajectory.speeds.copy()
    speeds[7] = np.nan
    return Candidate(dataclasses.replace(good.trajectory, speeds=speeds), Trace("bad"))


def prediction(
    t0_ns: int,
    speed: float = 10.0,
    candidates: tuple[Candidate, ...] | None = None,
    selected: int = 0,
    pose: Pose = POSE,
    frame: str = "odom",
    acceleration: float = 0.0,
) -> Prediction:
    if candidates is None:
        candidates = (candidate(speed, acceleration),)
    return Prediction(t0_ns, "test", frame, pose, speed, candidates, selected, "test")


def ego(stamp_ns: int, speed: float = 10.0, travelled: float = 0.0) -> EgoState:
    pose = Pose(POSE.position + travelled * FORWARD, POSE.quaternion)
    return EgoState(stamp_ns, "odom", pose, speed, 0.0)


def planned(planner: Planner, now_ns: int) -> Plan:
    plan = planner.plan(now_ns)
    assert plan is not None, planner.silence
    return plan


def test_a_plan_is_anchored_at_t0_and_starts_now() -> None:
    planner = Planner()
    assert planner.accept(prediction(START), START + 300 * MS) == ()
    plan = planned(planner, START + 300 * MS)
    assert plan.positions[0] == pytest.approx(POSE.position + 3.0 * FORWARD)
    assert plan.headings[0] == pytest.approx(YAW)
    assert plan.times_s[0] == 0.0 and np.allclose(np.diff(plan.times_s), 0.1)
    assert plan.times_s[-1] + 0.3 == pytest.approx(6.4)
    assert plan.positions[-1] == pytest.approx(POSE.position + 64.0 * FORWARD)
    assert (plan.t0_ns, plan.age_s) == (START, pytest.approx(0.3))
    assert plan.source == PlanSource.MODEL


def test_between_waypoints_the_plan_is_interpolated() -> None:
    planner = Planner()
    planner.accept(prediction(START, 10.0, acceleration=1.0), START)
    plan = planned(planner, START + 130 * MS)
    assert plan.speeds[0] == pytest.approx(10.13)
    moved = np.linalg.norm(plan.positions[0] - POSE.position)
    assert moved == pytest.approx(1.3 + 0.13**2 / 2, abs=0.002)
    assert plan.times_s[-1] <= 6.4 - 0.13 + 1e-9


def test_an_old_prediction_is_held_then_stopped() -> None:
    planner = Planner()
    planner.accept(prediction(START), START)
    sources = [planned(planner, START + ms * MS).source for ms in (0, 290, 310, 990, 1010, 9000)]
    assert [s.name for s in sources] == ["MODEL"] * 2 + ["LAST_VALID"] * 2 + ["STOP"] * 2
    stopped = planned(planner, START + 60_000 * MS)
    assert not stopped.speeds.any()
    assert np.ptp(stopped.positions, axis=0) == pytest.approx(np.zeros(3))


@pytest.mark.parametrize("speed", [0.0, 3.0, 10.0, 30.0, 45.0])
@pytest.mark.parametrize("acceleration", [-3.0, 0.0, 2.0])
def test_hold_and_stop_are_continuous_and_end_at_standstill(
    speed: float, acceleration: float
) -> None:
    planner = Planner()
    assert planner.accept(prediction(START, speed, acceleration=acceleration), START) == ()
    previous: Plan | None = None
    for tick in range(800):
        plan = planned(planner, START + tick * 50 * MS)
        assert not check_plan(plan, Bounds())
        if previous is not None:
            step = np.linalg.norm(plan.positions[0] - previous.positions[0])
            assert step <= max(plan.speeds[0], previous.speeds[0]) * 0.05 + 0.01
            assert abs(plan.speeds[0] - previous.speeds[0]) <= 4.06 * 0.05
        if plan.source == PlanSource.STOP:
            assert (np.diff(plan.speeds) <= 1e-12).all()
            if previous is not None and previous.source == PlanSource.STOP:
                assert plan.speeds[0] <= previous.speeds[0]
        previous = plan
    assert previous is not None and previous.source == PlanSource.STOP
    assert previous.speeds[0] == 0.0


def test_the_stop_does_not_depend_on_when_it_is_asked_for() -> None:
    often, once = Planner(), Planner()
    for planner in (often, once):
        planner.accept(prediction(START), START)
    for ms in range(0, 3000, 50):
        often.plan(START + ms * MS)
    now = START + 3000 * MS
    assert planned(often, now).positions == pytest.approx(planned(once, now).positions)


def test_a_new_valid_prediction_ends_the_stop() -> None:
    planner = Planner()
    planner.accept(prediction(START), START)
    assert planned(planner, START + 3000 * MS).source == PlanSource.STOP
    assert planner.accept(prediction(START + 3000 * MS, 4.0), START + 3050 * MS) == ()
    assert planned(planner, START + 3060 * MS).source == PlanSource.MODEL


def test_a_bad_prediction_leaves_the_last_valid_one() -> None:
    planner = Planner()
    planner.accept(prediction(START), START)
    bad = prediction(START + 100 * MS, candidates=(bad_candidate(10.0),))
    (reason,) = planner.accept(bad, START + 110 * MS)
    assert reason.startswith("NOT_FINITE") and "candidate 0" in reason
    plan = planned(planner, START + 120 * MS)
    assert (plan.source, plan.t0_ns) == (PlanSource.LAST_VALID, START)
    assert "NOT_FINITE" in plan.reason
    assert planner.rejected["NOT_FINITE"] == 1


def test_the_next_candidate_is_taken_when_the_selected_one_is_bad() -> None:
    planner = Planner()
    both = (candidate(10.0), bad_candidate(10.0))
    assert planner.accept(prediction(START, candidates=both, selected=1), START) == ()
    assert planned(planner, START).source == PlanSource.MODEL
    assert planner.rejections[0].startswith("NOT_FINITE")
    assert planner.rejected["NOT_FINITE"] == 1


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"t0_ns": START - 50 * MS}, "OUT_OF_ORDER"),
        ({"t0_ns": START}, "OUT_OF_ORDER"),
        ({"t0_ns": START + 2000 * MS}, "FUTURE"),
        ({"frame": "map"}, "WRONG_FRAME"),
        ({"candidates": ()}, "NO_CANDIDATE"),
        ({"selected": 1}, "NO_CANDIDATE"),
        ({"speed": float("nan")}, "NOT_FINITE"),
        ({"pose": Pose(np.full(3, np.nan), POSE.quaternion)}, "NOT_FINITE"),
        ({"pose": Pose(POSE.position, np.zeros(4))}, "NOT_FINITE"),
        ({"pose": Pose(POSE.position + 20.0, POSE.quaternion)}, "ANCHOR"),
        ({"speed": 10.0, "candidates": (candidate(14.0),)}, "START"),
    ],
)
def test_what_does_not_belong_is_refused_by_name(changes: dict[str, object], name: str) -> None:
    planner = Planner()
    planner.accept(prediction(START), START)
    planner.update_ego(ego(START + 100 * MS, travelled=1.0))
    faulty = prediction(**({"t0_ns": START + 100 * MS} | changes))  # type: ignore[arg-type]
    reasons = planner.accept(faulty, START + 100 * MS)
    assert {reason.split(":")[0] for reason in reasons} >= {name}
    assert planned(planner, START + 150 * MS).t0_ns == START


def test_a_stale_prediction_is_refused() -> None:
    planner = Planner()
    (reason,) = planner.accept(prediction(START), START + 1500 * MS)
    assert reason == "STALE: t0 1.50 s old > 1.00 s"


def test_one_far_ahead_of_now_does_not_shut_out_those_that_follow() -> None:
    planner = Planner()
    assert planner.accept(prediction(START + 9000 * MS), START)
    assert planner.accept(prediction(START + 100 * MS), START + 110 * MS) == ()


def test_with_nothing_known_there_is_no_plan_and_a_reason() -> None:
    planner = Planner()
    assert planner.plan(START) is None
    assert planner.silence.startswith("NO_EGO_STATE")


def test_without_any_prediction_the_vehicle_stops_straight_ahead() -> None:
    planner = Planner()
    planner.update_ego(ego(START, speed=8.0))
    plan = planned(planner, START + 20 * MS)
    assert plan.source == PlanSource.STOP and plan.t0_ns is None and np.isnan(plan.age_s)
    assert plan.reason.startswith("NO_PREDICTION")
    along = (plan.positions - POSE.position) @ FORWARD
    assert np.linalg.norm(plan.positions - POSE.position - along[:, None] * FORWARD) < 1e-6
    assert plan.speeds[0] == pytest.approx(8.0, abs=0.1) and plan.speeds[-1] == 0.0


def test_an_ego_state_that_is_too_old_starts_no_stop() -> None:
    planner = Planner()
    planner.update_ego(ego(START))
    assert planner.plan(START + 5000 * MS) is None
    assert planner.silence == "EGO_STATE_LATE: 5.00 s old > 1.00 s"


def test_a_stop_begins_anew_where_the_vehicle_is_when_it_does_not_follow() -> None:
    planner = Planner()
    planner.accept(prediction(START), START)
    planned(planner, START + 1100 * MS)
    # a driver keeps 10 m/s
    planner.update_ego(ego(START + 4000 * MS, travelled=40.0))
    plan = planned(planner, START + 4000 * MS)
    assert plan.source == PlanSource.STOP
    assert plan.positions[0] == pytest.approx(POSE.position + 40.0 * FORWARD)
    assert plan.speeds[0] == pytest.approx(10.0)


def test_a_stop_from_above_the_speed_limit_of_plans_is_still_planned() -> None:
    planner = Planner(PlannerSettings(bounds=Bounds(max_speed=5.0)))
    planner.update_ego(ego(START, speed=9.0))
    assert planned(planner, START).source == PlanSource.STOP


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_ego_state_that_is_no_number_is_refused(value: float) -> None:
    planner = Planner()
    (reason,) = planner.update_ego(dataclasses.replace(ego(START), speed=value))
    assert reason.startswith("NOT_FINITE")
    assert planner.plan(START) is None


def test_time_that_was_set_back_is_raised_and_reset_makes_it_good() -> None:
    planner = Planner()
    planner.update_ego(ego(START))
    planner.accept(prediction(START), START)
    for call in (
        lambda: planner.update_ego(ego(START - 2000 * MS)),
        lambda: planner.plan(START - 2000 * MS),
        lambda: planner.accept(prediction(START - 2000 * MS), START - 2000 * MS),
    ):
        with pytest.raises(ClockJumped, match=r"2\.000 s"):
            call()
    planner.reset()
    assert planner.plan(START - 2000 * MS) is None
    assert planner.accept(prediction(START - 2000 * MS), START - 2000 * MS) == ()


@pytest.mark.parametrize("times", [(1.2, 1.0), (0.3, 6.4), (0.0, 1.0)])
def test_times_that_contradict_each_other_are_a_configuration_error(
    times: tuple[float, float],
) -> None:
    with pytest.raises(ConfigurationError, match="fresh_s"):
        PlannerSettings(fresh_s=times[0], hold_s=times[1])


def _spoil(rng: random.Random, trajectory: object) -> object:
    field = rng.choice(["positions", "headings", "speeds", "accelerations", "curvatures"])
    array = getattr(trajectory, field).copy()
    row = rng.randrange(len(array))
    kind = rng.randrange(4)
    if kind == 0:
        array[row] = rng.choice([np.nan, np.inf, -np.inf, 1e30])
    elif kind == 1:
        array[row] += rng.gauss(0.0, 1.0)
    elif kind == 2:
        array = -array
    else:
        array = array[:row]
    return dataclasses.replace(trajectory, **{field: array})  # type: ignore[type-var]


def test_ten_thousand_faults_never_make_an_unsound_plan() -> None:
    """Random order, age, frame, content: whatever comes out is sound, and STOP only slows."""
    rng = random.Random(2)
    planner = Planner()
    bounds = Bounds()
    now, sources = START, set()
    for _ in range(10_000):
        now += rng.choice([5, 20, 50, 50, 100, 400]) * MS
        t0 = now - rng.choice([0, 20, 100, 100, 300, 900, 1500, -40, -500]) * MS
        speed = rng.choice([0.0, 0.05, 3.0, 10.0, 33.0])
        chosen = candidate(speed, rng.gauss(0, 2), rng.gauss(0, 0.2))
        if rng.random() < 0.5:
            chosen = Candidate(_spoil(rng, chosen.trajectory), Trace(""))  # type: ignore[arg-type]
        frame = "map" if rng.random() < 0.02 else "odom"
        if rng.random() < 0.6:
            planner.accept(prediction(t0, speed, (chosen,), rng.choice([0, 0, 0, 1]), POSE, frame),
                           now)  # fmt: skip
        if rng.random() < 0.1:
            state = ego(now - rng.choice([0, 30, 2000]) * MS, rng.choice([speed, np.nan]))
            try:
                planner.update_ego(state)
            except ClockJumped:
                planner.reset()
        plan = planner.plan(now)
        if plan is None:
            continue
        sources.add(plan.source)
        assert not check_plan(plan, bounds), (plan.source, plan.reason)
        assert plan.stamp_ns == now
        if plan.source == PlanSource.STOP:
            assert (np.diff(plan.speeds) <= 1e-12).all()
    assert sources == set(PlanSource)
    assert planner.rejected["UNSOUND_PLAN"] == 0
