# SPDX-License-Identifier: Apache-2.0
"""The whole stack in processes of its own, on a drive of two cameras and odometry."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from alpamayo_msgs.msg import FrameSet, Plan

from alpamayo_ros.ros.conversions import duration_to_s, time_to_ns
from alpamayo_ros.ros.processes import STACK, Bringup, Supervisor
from bench.sensors import Sensors
from ros_harness import Peer

ROLES = ("front_wide", "cross_left")
NODES = tuple(process.name for process in STACK)


class Drive:
    """The stack, two cameras and odometry at 10 m/s straight ahead, and every plan it made."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer
        self.sensors = Sensors(peer.node, ROLES, 960, 540, 0.005)
        self.plans: list[Plan] = peer.listen(Plan, "plan")
        self.frame_sets: list[FrameSet] = peer.listen(FrameSet, "frame_set")
        self.output = io.StringIO()
        bringup = Bringup(parameters={"camera_sync": {"camera_roles": list(ROLES)}})
        self.stack = Supervisor(bringup, output=self.output)

    def __enter__(self) -> Drive:
        self.stack.start()
        self.peer.wait_until(self.sensors.matched, "the stack to listen")
        self.sensors.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.sensors.stop()
        self.stack.stop()

    def model_plan_after(self, stamp_ns: int) -> Any:
        """The first plan made from a prediction of a later t0, if any."""
        for plan in self.plans:
            if plan.source == Plan.SOURCE_MODEL and time_to_ns(plan.t0) > stamp_ns:
                return plan
        return None

    def now_ns(self) -> int:
        return int(self.peer.node.get_clock().now().nanoseconds)


def assert_sound(plan: Plan) -> None:
    """Independent of the stack's own checks: what a controller relies on."""
    times = np.array([duration_to_s(point.time_from_start) for point in plan.points])
    positions = np.array([(p.pose.position.x, p.pose.position.y) for p in plan.points])
    speeds = np.array([p.speed for p in plan.points])
    assert len(times) > 1 and times[0] == 0.0
    assert np.isfinite(positions).all() and np.isfinite(speeds).all()
    assert (np.diff(times) > 0).all()
    assert (speeds >= 0).all()
    spacing = np.linalg.norm(np.diff(positions, axis=0), axis=1)
    expected = (speeds[1:] + speeds[:-1]) / 2 * np.diff(times)
    assert np.abs(spacing - expected).max() < 0.1, "points must lie as far apart as the speed says"
    assert plan.header.frame_id == "odom"
