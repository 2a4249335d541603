# SPDX-License-Identifier: Apache-2.0
"""Scenes that several tests of views look at."""

from __future__ import annotations

import numpy as np

from alpamayo_ros import types as t
from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.planning.unicycle import rollout
from alpamayo_ros.views.scene import Scene

T0_NS = 1_700_000_000 * t.SECOND_NS
TRACE = "Decelerate and stop because the light at the crossing ahead is red."


def pose(x: float = 0.0, y: float = 0.0, yaw: float = 0.0) -> t.Pose:
    return t.Pose(np.array((x, y, 0.0)), quaternion_from_yaw(yaw))


def trajectory(
    speed: float = 8.0, acceleration: float = 0.0, curvature: float = 0.0
) -> t.Trajectory:
    """Constant acceleration until standstill on an arc."""
    times = np.arange(t.HORIZON_LENGTH + 1) * 0.1
    speeds = np.maximum(speed + acceleration * times, 0.0)
    return rollout(speed, np.diff(speeds) / 0.1, np.full(t.HORIZON_LENGTH, curvature))


def plan(
    speed: float = 8.0,
    acceleration: float = 0.0,
    curvature: float = 0.0,
    source: t.PlanSource = t.PlanSource.MODEL,
    stamp_ns: int = T0_NS,
) -> t.Plan:
    """A plan from the origin of the odometry frame on."""
    ahead = trajectory(speed, acceleration, curvature)
    first = np.zeros(1)
    return t.Plan(
        stamp_ns=stamp_ns,
        odometry_frame="odom",
        times_s=np.arange(t.HORIZON_LENGTH + 1) * 0.1,
        positions=np.concatenate((np.zeros((1, 3)), ahead.positions)),
        headings=np.concatenate((first, ahead.headings)),
        speeds=np.concatenate((first + speed, ahead.speeds)),
        accelerations=np.concatenate((first + acceleration, ahead.accelerations)),
        curvatures=np.concatenate((first + curvature, ahead.curvatures)),
        source=source,
        reason="",
        t0_ns=stamp_ns - 80_000_000,
    )


def prediction(
    candidates: int = 6,
    verdict: t.Consistency = t.Consistency.CONSISTENT,
    trace: str = TRACE,
    t0_ns: int = T0_NS,
) -> t.Prediction:
    """Candidates that fan out; the first is selected."""
    reasoning = t.Reasoning(
        longitudinal="STOP",
        lateral="LANE_KEEPING",
        longitudinal_verdict=t.AxisVerdict(verdict, "speed 8.0 -> 8.1 m/s in 6.4 s"),
        lateral_verdict=t.AxisVerdict(t.Consistency.NOT_SHOWN, ""),
    )
    return t.Prediction(
        t0_ns=t0_ns,
        policy="test",
        odometry_frame="odom",
        ego_pose=pose(),
        speed=8.0,
        candidates=tuple(
            t.Candidate(
                trajectory(curvature=0.004 * (number - candidates // 2)),
                t.Trace(trace, 20),
                reasoning=reasoning,
            )
            for number in range(candidates)
        ),
        selected=0,
        selection_reason="",
    )


def scene(**changes: object) -> Scene:
    """A vehicle at the origin that drives straight on at 8 m/s."""
    given: dict[str, object] = {
        "stamp_ns": T0_NS,
        "odometry_frame": "odom",
        "ego": t.EgoState(T0_NS, "odom", pose(), 8.0, 0.0),
        "plan": plan(),
        "prediction": prediction(),
        "past": np.column_stack((np.linspace(-30, 0, 40), np.zeros(40), np.zeros(40))),
    }
    return Scene(**{**given, **changes})  # type: ignore[arg-type]
