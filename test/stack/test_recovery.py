# SPDX-License-Identifier: Apache-2.0
"""The whole stack over real DDS: it drives, and it survives what happens to its processes."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alpamayo_msgs.msg import FrameSet, Plan

from alpamayo_ros.ros.conversions import duration_to_s, time_to_ns
from alpamayo_ros.ros.processes import STACK, Bringup, Supervisor
from alpamayo_ros.ros.shared_memory import SETTLED_S, sweep_dead_segments
from bench.sensors import SPEED, Sensors
from ros_harness import WAIT_S, Peer

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


@pytest.fixture
def drive(peer: Peer) -> Iterator[Drive]:
    with Drive(peer) as drive:
        drive.peer.wait_until(lambda: drive.model_plan_after(0), "a first plan of the model")
        yield drive


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


@pytest.mark.parametrize("victim", NODES)
def test_a_killed_process_comes_back_and_no_unsound_plan_is_published(
    drive: Drive, victim: str
) -> None:
    pid = drive.stack.pids[victim]
    killed_at = drive.now_ns()
    os.kill(pid, signal.SIGKILL)
    drive.peer.wait_until(
        lambda: drive.stack.pids.get(victim, pid) != pid, f"{victim} to be started again"
    )
    back_at = drive.now_ns()
    drive.peer.wait_until(
        lambda: drive.model_plan_after(max(killed_at, back_at)), "a plan of the model afterwards"
    )
    assert drive.stack.restarts[victim] == 1
    assert sum(drive.stack.restarts.values()) == 1, "the other nodes stay up"
    for plan in list(drive.plans):
        assert_sound(plan)
    after = drive.model_plan_after(back_at)
    expected = SPEED * (time_to_ns(after.header.stamp) - time_to_ns(after.t0)) / 1e9
    assert 0.0 <= expected < 5.0


def test_nothing_is_left_in_shared_memory(peer: Peer) -> None:
    sweep_dead_segments()
    with Drive(peer) as drive:
        peer.wait_until(lambda: drive.model_plan_after(0), "a first plan of the model")
        for pid in drive.stack.pids.values():
            os.kill(pid, signal.SIGKILL)
        # each is started again; stop while they are on their way
        time.sleep(1.0)
    time.sleep(2 * SETTLED_S)
    left = [name for name in sweep_dead_segments() if "_port" not in name]
    assert not left, "the dead leave no segments"
    assert not list(Path("/dev/shm").glob("*alpamayo*"))


def test_plans_hold_and_then_stop_when_the_sensors_die(drive: Drive) -> None:
    drive.sensors.stop()
    stopped_at = drive.now_ns()
    standstill = drive.peer.wait_until(
        lambda: next(
            (
                plan
                for plan in drive.plans
                if plan.source == Plan.SOURCE_STOP and max(p.speed for p in plan.points) < 0.01
            ),
            None,
        ),
        "a plan that stands still",
        WAIT_S + SPEED / 2.0,
    )
    sources = [plan.source for plan in drive.plans if time_to_ns(plan.header.stamp) > stopped_at]
    order = [source for i, source in enumerate(sources) if i == 0 or sources[i - 1] != source]
    assert order == sorted(order), "MODEL, then LAST_VALID, then STOP, and never back"
    assert Plan.SOURCE_STOP in order
    for plan in list(drive.plans):
        assert_sound(plan)
    assert time_to_ns(standstill.header.stamp) > stopped_at


def test_composed_in_one_process_it_drives_as_well(peer: Peer) -> None:
    sensors = Sensors(peer.node, ROLES, 960, 540, 0.005)
    plans = peer.listen(Plan, "plan")
    bringup = Bringup(composed=True, parameters={"camera_sync": {"camera_roles": list(ROLES)}})
    with Supervisor(bringup, output=io.StringIO()) as stack:
        peer.wait_until(sensors.matched, "the stack to listen")
        sensors.start()
        peer.wait_until(
            lambda: any(plan.source == Plan.SOURCE_MODEL for plan in plans), "a plan of the model"
        )
        assert list(stack.pids) == ["composed"]
        sensors.stop()
    for plan in list(plans):
        assert_sound(plan)
