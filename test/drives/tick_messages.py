# SPDX-License-Identifier: Apache-2.0
"""Outputs of a stack that drives straight on, as bytes: what a record is made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from rclpy.serialization import serialize_message

from alpamayo_ros import types as t
from alpamayo_ros.drives.record import FRAME_SET, MODE_DECISION, PLAN, PREDICTION
from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.ros.conversions import (
    decision_to_msg,
    frame_set_to_msg,
    plan_to_msg,
    prediction_to_msg,
)

START_NS = 1_700_000_000 * t.SECOND_NS
SPEED = 10.0
ROLES = ("cross_left", "front_wide", "cross_right", "rear_left", "rear_tele", "rear_right")
STOPS = t.Reasoning(
    "STOP", "LANE_KEEPING", (t.Cause(t.CauseCategory.TRAFFIC_LIGHT, "the light is red"),),
    "if it were green, I would go on", (t.MetaAction(t.Axis.LONGITUDINAL, "Stop", 0.5, 6.4),),
    t.AxisVerdict(t.Consistency.CONTRADICTION, "speed stays at 10.0 m/s"),
    t.AxisVerdict(t.Consistency.CONSISTENT, "offset 0.0 m"),
)  # fmt: skip

_TRAJECTORY = ConstantTurnRateAcceleration().trajectory(SPEED, 0.0, 0.0)

Output = tuple[str, bytes]


def t0_of(tick: int) -> int:
    return START_NS + tick * t.TICK_NS


def frames(tick: int, missing: dict[str, str] | None = None) -> t.FrameSet:
    t0_ns = t0_of(tick)
    cameras = tuple(
        t.CameraFrames(k, role, 576, 320, (t0_ns - 3, t0_ns - 2, t0_ns - 1, t0_ns + k),
                       (0, 0, 0, k * 1_000_000), (t.FrameHandle(0, 0),) * 4)
        for k, role in enumerate(ROLES)
    )  # fmt: skip
    return t.FrameSet(t0_ns, "front_wide", cameras, missing or {})


def frame_set(tick: int, **arguments: Any) -> Output:
    message = frame_set_to_msg(frames(tick, **arguments), "base_link", "", 0.004)
    return FRAME_SET, bytes(serialize_message(message))


def prediction_of(tick: int, text: str = "Keep going.", **fields: Any) -> t.Prediction:
    reasoning = fields.pop("reasoning", t.Reasoning("SET_SPEED"))
    candidate = t.Candidate(
        _TRAJECTORY, t.Trace(text, 12, 3), {"comfort": 0.5, "total": 0.75}, reasoning
    )
    pose = t.Pose(np.array((SPEED * tick / 10, 2.0, 0.0)), quaternion_from_yaw(0.25))
    prediction = t.Prediction(
        t0_of(tick), "scripted", "odom", pose, SPEED,
        (replace(candidate, trace=t.Trace("another")), candidate), 1, "CHEAPEST: candidate 1",
        {"vision": 0.03, "total": 0.08},
    )  # fmt: skip
    return replace(prediction, **fields)


def prediction(tick: int, text: str = "Keep going.", **fields: Any) -> Output:
    message = prediction_to_msg(prediction_of(tick, text, **fields), "base_link")
    return PREDICTION, bytes(serialize_message(message))


def plan(
    tick: int | None, at: float, source: t.PlanSource = t.PlanSource.MODEL, reason: str = "FRESH: 0"
) -> Output:
    """A plan made ``at`` ticks after the start, that rests on ``tick``."""
    stamp_ns = START_NS + round(at * t.TICK_NS)
    trajectory = _TRAJECTORY
    made = t.Plan(
        stamp_ns, "odom", np.arange(64) * 0.1, trajectory.positions, trajectory.headings,
        trajectory.speeds, trajectory.accelerations, trajectory.curvatures, source, reason,
        None if tick is None else t0_of(tick),
    )  # fmt: skip
    return PLAN, bytes(serialize_message(plan_to_msg(made)))


def decision(at: float, verdict: t.Verdict, command_id: str, ttl_s: float = 5.0) -> Output:
    made = t.ModeDecision(
        START_NS + round(at * t.TICK_NS), command_id, t.Mode.CONTROL, verdict,
        "ROUTED: as asked" if verdict == t.Verdict.ROUTED else "HARMFUL: not that",
        time_to_live_s=ttl_s,
    )  # fmt: skip
    return MODE_DECISION, bytes(serialize_message(decision_to_msg(made)))


def tick_outputs(tick: int, text: str = "Keep going.", **fields: Any) -> list[Output]:
    """A tick that goes well."""
    return [frame_set(tick), prediction(tick, text, **fields), plan(tick, tick + 0.9)]
