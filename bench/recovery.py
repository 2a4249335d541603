# SPDX-License-Identifier: Apache-2.0
"""How long the vehicle is without a fresh plan when a node is killed.

Each node is killed with SIGKILL while the whole stack drives on two cameras. ``answering_s`` is
the time until the node's own output is heard again, ``recovered_s`` until a plan rests on a
prediction made after the kill. An ego history spans 1.5 s, so ego_motion cannot recover faster
than that after it is back.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import signal
import statistics
import time
from collections.abc import Callable

import rclpy
from alpamayo_msgs.msg import EgoHistory, FrameSet, Plan, Prediction
from diagnostic_msgs.msg import DiagnosticArray

from alpamayo_ros.ros.conversions import time_to_ns
from alpamayo_ros.ros.processes import STACK, Bringup, Supervisor
from bench.sensors import Sensors, spinning

ROLES = ("front_wide", "cross_left")
GIVE_UP_S = 30.0
OUTPUTS = {
    "camera_sync": (FrameSet, "frame_set"),
    "ego_motion": (EgoHistory, "ego_history"),
    "vla_inference": (Prediction, "prediction"),
    "trajectory_publisher": (Plan, "plan"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benchmark's arguments."""
    parser.add_argument("--kills", type=int, default=5, help="how often each node is killed")


class _Observer:
    """Hears every output; remembers when each came last, and the newest t0 driven."""

    def __init__(self) -> None:
        self.node = rclpy.create_node("bench_recovery")
        self.heard: dict[str, float] = {}
        self.newest_t0_ns = 0
        for name, (kind, topic) in OUTPUTS.items():
            self.node.create_subscription(kind, topic, self._hear(name), 10)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)

    def _hear(self, name: str) -> Callable[[object], None]:
        def callback(message: object) -> None:
            self.heard[name] = time.monotonic()
            if isinstance(message, Plan) and message.source == Plan.SOURCE_MODEL:
                self.newest_t0_ns = time_to_ns(message.t0)

        return callback

    def _on_diagnostics(self, array: DiagnosticArray) -> None:
        for status in array.status:
            if status.name not in OUTPUTS:
                self.heard[status.name] = time.monotonic()


def run(arguments: argparse.Namespace) -> int:
    """Kill each node some times; print medians and worst cases as JSON."""
    os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 101))
    rclpy.init()
    observer = _Observer()
    sensors = Sensors(observer.node, ROLES, 960, 540, 0.005)
    results = {}
    bringup = Bringup(parameters={"camera_sync": {"camera_roles": list(ROLES)}})
    with spinning(observer.node), Supervisor(bringup, output=io.StringIO()) as stack:
        _wait(sensors.matched)
        sensors.start()
        _wait(lambda: observer.newest_t0_ns > 0)
        for process in STACK:
            times = [_kill(stack, observer, process.name) for _ in range(arguments.kills)]
            results[process.name] = {
                name: {
                    "median": round(statistics.median(values), 2),
                    "worst": round(max(values), 2),
                }
                for name, values in zip(
                    ("answering_s", "recovered_s"), zip(*times, strict=True), strict=True
                )
            }
        sensors.stop()
    print(json.dumps({"benchmark": "recovery", "kills": arguments.kills, **results}, indent=2))
    return 0


def _kill(stack: Supervisor, observer: _Observer, name: str) -> tuple[float, float]:
    pid = stack.pids[name]
    killed_ns = observer.node.get_clock().now().nanoseconds
    killed = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    _wait(lambda: stack.pids.get(name, pid) != pid)
    started = time.monotonic()
    _wait(lambda: observer.heard.get(name, 0.0) > started)
    answering = observer.heard[name] - killed
    _wait(lambda: observer.newest_t0_ns > max(killed_ns, 0))
    recovered = max(time.monotonic() - killed, answering)
    # longer than a supervisor takes a quick death for a fault
    time.sleep(max(0.0, 5.5 - (time.monotonic() - started)))
    return answering, recovered


def _wait(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + GIVE_UP_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"nothing happened for {GIVE_UP_S:g} s")
        time.sleep(0.005)
