# SPDX-License-Identifier: Apache-2.0
"""The whole stack over real DDS: it drives, and it survives what happens to its processes."""

from __future__ import annotations

import io
import os
import signal
import time
from pathlib import Path

import pytest
from alpamayo_msgs.msg import Plan
from running_stack import NODES, ROLES, Drive, assert_sound

from alpamayo_ros.ros.conversions import time_to_ns
from alpamayo_ros.ros.processes import Bringup, Supervisor
from alpamayo_ros.ros.shared_memory import SETTLED_S, sweep_dead_segments
from bench.sensors import SPEED, Sensors
from ros_harness import WAIT_S, Peer


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
