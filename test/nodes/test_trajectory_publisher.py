# SPDX-License-Identifier: Apache-2.0
"""trajectory_publisher as a real node: the failure rules that end in a plan."""

from __future__ import annotations

import dataclasses
import math
import time
from typing import Any

import numpy as np
import pytest
from alpamayo_msgs.msg import ModeDecision, Plan, Prediction
from nav_msgs.msg import Odometry, Path
from rosgraph_msgs.msg import Clock

from alpamayo_ros import types as t
from alpamayo_ros.geometry import identity_pose
from alpamayo_ros.nodes.trajectory_publisher import autoware_trajectory
from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.ros.conversions import (
    decision_to_msg,
    ego_state_to_msg,
    plan_to_msg,
    prediction_to_msg,
    time_from_ns,
    time_to_ns,
)
from alpamayo_ros.ros.diagnostics import ERROR
from alpamayo_ros.ros.qos import LATCHED
from ros_harness import status_messages, status_values

CTRA = ConstantTurnRateAcceleration()
SPEED = 8.0
NAME = "trajectory_publisher"


def prediction(t0_ns: int, x: float = 0.0, spoil: bool = False) -> Prediction:
    trajectory = CTRA.trajectory(SPEED, 0.0, 0.0)
    if spoil:
        trajectory = dataclasses.replace(trajectory, positions=-trajectory.positions)
    pose = t.Pose(np.array([x, 0.0, 0.0]), identity_pose().quaternion)
    return prediction_to_msg(
        t.Prediction(
            t0_ns, "test", "odom", pose, SPEED,
            (t.Candidate(trajectory, t.Trace("test")),), 0, "only one",
        ),
        "base_link",
    )  # fmt: skip


def ego(stamp_ns: int, x: float = 0.0, speed: float = SPEED) -> Odometry:
    pose = t.Pose(np.array([x, 0.0, 0.0]), identity_pose().quaternion)
    return ego_state_to_msg(t.EgoState(stamp_ns, "odom", pose, speed, 0.0), "base_link")


def assert_sound(plan: Plan) -> None:
    times = [p.time_from_start.sec + p.time_from_start.nanosec * 1e-9 for p in plan.points]
    assert len(times) >= 2 and times[0] == 0.0 and np.diff(times).min() > 0.0
    rows = [
        (p.pose.position.x, p.pose.position.y, p.speed, p.acceleration, p.curvature)
        for p in plan.points
    ]
    assert np.isfinite(rows).all() and min(p.speed for p in plan.points) >= 0.0
    assert max(abs(p.acceleration) for p in plan.points) <= 4.1


class Bench:
    """The node under test and what is heard of it."""

    def __init__(self, peer: Any) -> None:
        self.peer = peer
        self.plans = peer.listen(Plan, "plan")
        self.status = peer.diagnostics()
        self.predictions = peer.talk(Prediction, "prediction")
        self.odometry = peer.talk(Odometry, "ego_odometry")
        peer.wait_for_subscriber(self.predictions)
        peer.wait_for_subscriber(self.odometry)
        peer.wait_for_publisher("plan")
        peer.wait_until(lambda: status_values(self.status, NAME) is not None, "diagnostics")

    def sources(self) -> list[int]:
        return [plan.source for plan in self.plans]

    def value(self, key: str) -> str:
        return status_values(self.status, NAME).get(key, "")

    def wait_for_value(self, key: str, value: str) -> None:
        self.peer.wait_until(lambda: self.value(key) == value, f"{key} to be {value}")


def test_from_silence_over_the_model_to_the_stop_and_back(peer: Any, start_node: Any) -> None:
    node = start_node(NAME)
    bench = Bench(peer)
    peer.wait_until(
        lambda: any("NO_EGO_STATE" in m for m in status_messages(bench.status, NAME, ERROR)),
        "the reason why nothing is published",
    )
    assert not bench.plans

    paths = peer.listen(Path, "path")
    begin = time.time_ns()
    for tick in range(6):
        now = time.time_ns()
        bench.odometry.publish(ego(now, (now - begin) * 1e-9 * SPEED))
        bench.predictions.publish(prediction(now, (now - begin) * 1e-9 * SPEED))
        peer.wait_until(
            lambda: any(time_to_ns(plan.t0) == now for plan in bench.plans),  # noqa: B023
            f"a plan for prediction {tick}",
        )
        time.sleep(0.1)
    last_t0 = now
    assert Plan.SOURCE_MODEL in bench.sources()

    peer.wait_until(lambda: Plan.SOURCE_LAST_VALID in bench.sources(), "the hold")
    peer.wait_until(lambda: bench.plans[-1].source == Plan.SOURCE_STOP, "the stop")
    peer.wait_until(
        lambda: any("plan STOP" in m for m in status_messages(bench.status, NAME, ERROR)),
        "an ERROR because of the stop",
    )
    # before the first prediction the vehicle was to stop, too
    stops = [
        plan
        for plan in bench.plans
        if plan.source == Plan.SOURCE_STOP and time_to_ns(plan.t0) == last_t0
    ]
    assert stops[0].age > 1.0
    speeds = [plan.points[0].speed for plan in stops]
    assert all(np.diff(speeds) <= 0.0) and speeds[0] <= SPEED
    assert all(np.diff([point.speed for point in stops[0].points]) <= 0.0)
    assert stops[0].points[-1].speed == 0.0

    now = time.time_ns()
    bench.odometry.publish(ego(now, 12.0))
    bench.predictions.publish(prediction(now, 12.0))
    peer.wait_until(lambda: bench.plans[-1].source == Plan.SOURCE_MODEL, "the model again")
    assert paths and len(paths[-1].poses) >= 2
    for plan in bench.plans:
        assert_sound(plan)
        assert plan.header.frame_id == "odom"
    assert node.alive
    assert node.stop() == 0
    assert not any("Traceback" in line for line in node.errors)


def test_bad_predictions_are_refused_by_name_and_the_last_valid_one_is_driven(
    peer: Any, start_node: Any
) -> None:
    node = start_node(NAME, hold_s=5.0, fresh_s=4.0)
    bench = Bench(peer)
    t0 = time.time_ns()
    bench.predictions.publish(prediction(t0))
    peer.wait_until(lambda: bench.plans, "a plan")

    backwards = prediction(time.time_ns(), spoil=True)
    not_finite = prediction(time.time_ns() + 1)
    not_finite.candidates[0].points[5].pose.position.x = math.nan
    short = prediction(time.time_ns() + 2)
    del short.candidates[0].points[10:]
    for faulty in (backwards, not_finite, short):
        bench.predictions.publish(faulty)
    wanted = [f"dropped.prediction.{name}" for name in ("backwards", "not_finite", "shape")]
    peer.wait_until(lambda: all(bench.value(key) for key in wanted), "each reason counted")
    newest = bench.plans[-1]
    assert newest.source == Plan.SOURCE_LAST_VALID and time_to_ns(newest.t0) == t0
    assert newest.reason.startswith("NEWEST_REFUSED: SHAPE")
    assert {time_to_ns(plan.t0) for plan in bench.plans} == {t0}
    for plan in bench.plans:
        assert_sound(plan)

    bad_odometry = ego(time.time_ns())
    bad_odometry.pose.pose.position.y = math.inf
    bench.odometry.publish(bad_odometry)
    peer.wait_until(lambda: bench.value("dropped.ego_odometry.not_finite") == "1", "its count")
    assert node.alive


def decision(command_id: str, limits: t.DrivingLimits, lives_s: float = 60.0) -> ModeDecision:
    return decision_to_msg(
        t.ModeDecision(
            time.time_ns(), command_id, t.Mode.CONTROL, t.Verdict.ROUTED, "PULL_OVER: understood",
            limits=limits, time_to_live_s=lives_s,
        )
    )  # fmt: skip


def test_what_words_limit_is_limited_until_it_ends(peer: Any, start_node: Any) -> None:
    """Also when the words were said before the node was there."""
    decisions = peer.talk(ModeDecision, "mode_decision", LATCHED)
    decisions.publish(decision("c1", t.DrivingLimits(max_speed=0.0)))
    node = start_node(NAME)
    bench = Bench(peer)
    begin = time.time_ns()

    def plan_of(what: str, found: Any) -> Plan:
        """Predict until a plan of the model is as wanted."""
        bench.plans.clear()

        def look() -> Plan | None:
            now = time.time_ns()
            x = (now - begin) * 1e-9 * SPEED
            bench.odometry.publish(ego(now, x))
            bench.predictions.publish(prediction(now, x))
            time.sleep(0.05)
            plans = [p for p in bench.plans if p.source == Plan.SOURCE_MODEL and found(p)]
            return plans[0] if plans else None

        plan = peer.wait_until(look, what)
        assert isinstance(plan, Plan)
        assert_sound(plan)
        return plan

    stopping = plan_of("a plan that stops", lambda p: "LIMITED" in p.reason)
    assert stopping.reason.startswith("LIMITED: max_speed 0.0 m/s by c1; FRESH")
    assert stopping.points[-1].speed == 0.0

    refused = decision("c2", t.DrivingLimits(max_speed=50.0))
    refused.verdict = ModeDecision.VERDICT_REFUSED
    decisions.publish(refused)
    decisions.publish(ModeDecision(mode=77, verdict=99))
    bench.wait_for_value("mode_decision.without_effect.refused", "1")
    bench.wait_for_value("mode_decision.without_effect.malformed", "1")
    assert "by c1" in plan_of("the limit still", lambda p: "LIMIT" in p.reason).reason

    decisions.publish(decision("c3", t.DrivingLimits(max_speed=6.0), lives_s=1.5))
    slower = plan_of("the newer limit", lambda p: "by c3" in p.reason)
    assert slower.points[-1].speed == pytest.approx(6.0, abs=0.05)
    free = plan_of("its end", lambda p: p.reason.startswith("FRESH"))
    assert free.points[-1].speed == pytest.approx(SPEED, abs=0.05)
    assert node.alive


def test_a_looped_bag_clears_everything_and_plans_go_on(peer: Any, start_node: Any) -> None:
    node = start_node(NAME, use_sim_time=True)
    clock = peer.talk(Clock, "/clock")
    peer.wait_for_subscriber(clock)
    bench = Bench(peer)
    start = 1_600_000_000 * t.SECOND_NS

    def drive(ticks: range) -> None:
        for tick in ticks:
            now = start + tick * t.TICK_NS
            clock.publish(Clock(clock=time_from_ns(now)))
            time.sleep(0.02)
            bench.predictions.publish(prediction(now))
            time.sleep(0.02)

    def jump_lines() -> int:
        return sum("clock jumped" in line for line in node.errors)

    drive(range(50, 60))
    peer.wait_until(
        lambda: bench.sources() and bench.plans[-1].source == Plan.SOURCE_MODEL, "the first lap"
    )
    heard, lines = len(bench.plans), jump_lines()
    jumps = int(bench.value("clock_jumps") or 0)
    drive(range(1, 11))
    peer.wait_until(
        lambda: any(time_to_ns(plan.t0) == start + 10 * t.TICK_NS for plan in bench.plans[heard:]),
        "plans of the second lap",
    )
    bench.wait_for_value("clock_jumps", str(jumps + 1))
    assert jump_lines() == lines + 1
    assert all(plan.age >= -0.05 for plan in bench.plans)
    assert node.alive


def test_settings_that_contradict_each_other_end_the_node_with_one_clear_line(
    start_node: Any,
) -> None:
    node = start_node(NAME, fresh_s=2.0, hold_s=1.0)
    assert node.process.wait(20.0) != 0
    assert any("fresh_s 2 and hold_s 1" in line for line in node.errors)


def test_autoware_gets_the_same_points() -> None:
    class Point:
        def __init__(self, **fields: Any) -> None:
            self.__dict__.update(fields)

    class Trajectory:
        def __init__(self, header: Any) -> None:
            self.header, self.points = header, []

    class Messages:
        pass

    Messages.Trajectory, Messages.TrajectoryPoint = Trajectory, Point  # type: ignore[attr-defined]
    trajectory = CTRA.trajectory(SPEED, 0.5, 0.1)
    plan = plan_to_msg(
        t.Plan(
            5, "odom", np.arange(64) * 0.1, trajectory.positions, trajectory.headings,
            trajectory.speeds, trajectory.accelerations, trajectory.curvatures,
            t.PlanSource.MODEL, "", 0,
        )
    )  # fmt: skip
    found = autoware_trajectory(Messages, plan)
    assert found.header is plan.header and len(found.points) == 64
    assert found.points[9].longitudinal_velocity_mps == pytest.approx(trajectory.speeds[9])
    assert found.points[9].heading_rate_rps == pytest.approx(0.1, abs=1e-3)
    assert found.points[9].time_from_start == plan.points[9].time_from_start
