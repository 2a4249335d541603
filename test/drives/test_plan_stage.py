# SPDX-License-Identifier: Apache-2.0
"""Tick by tick, words limit the plan as they do in the node."""

from __future__ import annotations

from collections.abc import Callable

import alpamayo_msgs.msg as m
import pytest

from alpamayo_ros import types as t
from alpamayo_ros.drives.stages import PlanStage
from alpamayo_ros.geometry import identity_pose
from alpamayo_ros.nodes.trajectory_publisher import PARAMETERS
from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.ros.conversions import prediction_to_msg
from alpamayo_ros.ros.parameters import Value, resolve

START = 1_700_000_000 * t.SECOND_NS
MS = 1_000_000
SPEED = 8.0


def prediction(t0_ns: int) -> m.Prediction:
    trajectory = ConstantTurnRateAcceleration().trajectory(SPEED, 0.0, 0.0)
    candidates = (t.Candidate(trajectory, t.Trace("")),)
    return prediction_to_msg(
        t.Prediction(t0_ns, "test", "odom", identity_pose(), SPEED, candidates, 0, ""), "base_link"
    )


def decision(stamp_ns: int, verdict: t.Verdict = t.Verdict.ROUTED) -> t.ModeDecision:
    return t.ModeDecision(
        stamp_ns, "c1", t.Mode.CONTROL, verdict, "PULL_OVER: understood",
        limits=t.DrivingLimits(max_speed=0.0), time_to_live_s=0.5,
    )  # fmt: skip


@pytest.fixture
def values() -> dict[str, Value]:
    return resolve(PARAMETERS, {})


def planned(stage: PlanStage) -> Callable[[int], m.Plan]:
    def plan(now_ns: int) -> m.Plan:
        message = stage.plan(now_ns)
        assert message is not None
        return message

    return plan


def test_a_decision_limits_the_very_next_plan_until_its_time_to_live_ends(
    values: dict[str, Value],
) -> None:
    stage = PlanStage(values)
    plan = planned(stage)
    stage.take_prediction(prediction(START), START)
    assert plan(START).points[-1].speed == pytest.approx(SPEED)
    stage.take_decision(decision(START + 60 * MS), START + 60 * MS)
    limited = plan(START + 100 * MS)
    assert limited.reason.startswith("LIMITED: max_speed 0.0 m/s by c1")
    assert limited.points[-1].speed == 0.0
    assert limited.points[0].speed == pytest.approx(SPEED)
    free = plan(START + 600 * MS)
    assert "LIMIT" not in free.reason
    assert free.points[0].speed < free.points[20].speed


def test_a_decision_without_effect_is_counted(values: dict[str, Value]) -> None:
    stage = PlanStage(values)
    stage.take_prediction(prediction(START), START)
    stage.take_decision(decision(START, t.Verdict.REFUSED), START)
    stage.take_decision(decision(START - t.SECOND_NS), START)
    assert planned(stage)(START).reason.startswith("FRESH")
    counters = stage.account.counters
    assert counters["mode_decision.without_effect.refused"] == 1
    assert counters["mode_decision.without_effect.expired"] == 1
