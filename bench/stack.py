# SPDX-License-Identifier: Apache-2.0
"""Newest camera message -> Plan, less policy time: six cameras, five nodes, a process each.

Measured from outside: from just before the newest image of a tick is handed to the middleware
until the first Plan that rests on this tick is received, less the policy's own time. Next to it, in
the same run, the alternative: the pixels travel inside the messages instead of shared memory.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any

import rclpy
from alpamayo_msgs.msg import ModeDecision, Plan, Prediction, UserCommand
from rclpy.serialization import deserialize_message

from alpamayo_ros.ros import qos
from alpamayo_ros.ros.conversions import time_to_ns
from alpamayo_ros.ros.parameters import Value
from alpamayo_ros.ros.processes import Bringup, Supervisor
from bench.decide import texts_of, training_files
from bench.sensors import Sensors, percentiles, spinning

ROLES = ("cross_left", "front_wide", "cross_right", "rear_left", "rear_tele", "rear_right")
WARM_UP_S = 4.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benchmark's arguments."""
    parser.add_argument("--seconds", type=float, default=30.0, help="length of each run [s]")
    parser.add_argument("--size", default="960x540", help="size of the camera images")
    parser.add_argument(
        "--sentences", type=float, default=0.0, metavar="RATE",
        help="say so many sentences a second meanwhile, and count the decisions",
    )  # fmt: skip
    parser.add_argument(
        "--spread", type=float, default=0.005, help="time between two cameras of a tick [s]"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure shared memory and embedded pixels, print both as JSON."""
    os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 101))
    width, height = map(int, arguments.size.split("x"))
    size, spread = (width, height), arguments.spread
    if arguments.sentences:
        results = {
            "silent": measure(arguments.seconds, size, spread),
            "spoken_to": measure(arguments.seconds, size, spread, rate=arguments.sentences),
        }
        print(json.dumps({"benchmark": "stack", **results}, indent=2))
        return 0
    results = {
        name: measure(arguments.seconds, size, spread, embed)
        for name, embed in (("shared_memory", False), ("embedded_pixels", True))
    }
    shared, embedded = results["shared_memory"], results["embedded_pixels"]
    results["ratio_p50"] = round(embedded["stack_ms"]["p50"] / shared["stack_ms"]["p50"], 2)
    print(json.dumps({"benchmark": "stack", **results}, indent=2))
    return 0


def measure(
    seconds: float,
    size: tuple[int, int],
    spread_s: float,
    embed_pixels: bool = False,
    rate: float = 0.0,
) -> dict[str, Any]:
    """Run the whole stack for ``seconds`` and return latencies in ms.

    ``rate``: sentences a second that are said meanwhile.
    """
    rclpy.init()
    node = rclpy.create_node("bench_stack")
    sensors = Sensors(node, ROLES, *size, spread_s)
    speaker = Speaker(node, rate) if rate else None
    plans: list[tuple[float, bytes]] = []
    predictions: list[bytes] = []
    node.create_subscription(
        Plan, "plan", lambda data: plans.append((time.monotonic(), data)), qos.INTERNAL, raw=True
    )
    node.create_subscription(Prediction, "prediction", predictions.append, qos.INTERNAL, raw=True)
    cameras: dict[str, Value] = {"camera_roles": list(ROLES), "embed_pixels": embed_pixels}
    talkative: dict[str, Value] = {"rate_hz": 1000.0, "burst": 1000}
    bringup = Bringup(parameters={"camera_sync": cameras, "mode_expert": talkative})
    with spinning(node), Supervisor(bringup):
        while not sensors.matched():
            time.sleep(0.1)
        sensors.start()
        time.sleep(WARM_UP_S)
        if speaker is not None:
            speaker.start()
        begin = time.monotonic()
        time.sleep(seconds)
        end = time.monotonic()
        if speaker is not None:
            speaker.stop()
        sensors.stop()
        time.sleep(0.5)
    result = _evaluate(sensors, plans, predictions, begin, end)
    if speaker is not None:
        result |= {"sentences": speaker.said, "decisions": speaker.decided}
    return result


class Speaker:
    """Says the sentences that the mode expert was trained on, in turn; counts the decisions."""

    def __init__(self, node: Any, rate: float) -> None:
        self._node = node
        self._period_s = 1.0 / rate
        # of every label, mixed
        self._texts = texts_of(training_files())[::7]
        self._commands = node.create_publisher(UserCommand, "user_command", qos.COMMANDS)
        self.said = self.decided = 0
        node.create_subscription(
            ModeDecision, "mode_decision", self._on_decision, qos.LATCHED, raw=True
        )

    def start(self) -> None:
        """Begin to speak."""
        self._timer = self._node.create_timer(self._period_s, self._say)

    def stop(self) -> None:
        """Say no more."""
        self._node.destroy_timer(self._timer)

    def _say(self) -> None:
        text = self._texts[self.said % len(self._texts)]
        self._commands.publish(UserCommand(id=str(self.said), source="passenger", text=text))
        self.said += 1

    def _on_decision(self, _: bytes) -> None:
        self.decided += 1


def _evaluate(
    sensors: Sensors,
    plans: list[tuple[float, bytes]],
    predictions: list[bytes],
    begin: float,
    end: float,
) -> dict[str, Any]:
    policy_s: dict[int, float] = {}
    for data in predictions:
        prediction = deserialize_message(data, Prediction)
        policy_s[time_to_ns(prediction.header.stamp)] = next(
            stage.duration for stage in prediction.latencies if stage.stage == "total"
        )
    first_plan: dict[int, float] = {}
    for received, data in plans:
        t0_ns = time_to_ns(deserialize_message(data, Plan).t0)
        first_plan.setdefault(t0_ns, received)
    ticks = [t0_ns for t0_ns, sent in sensors.sent.items() if begin <= sent <= end]
    done = [t0_ns for t0_ns in ticks if t0_ns in first_plan and t0_ns in policy_s]
    return {
        "ticks": len(ticks),
        "planned": len(done),
        "image_kilobytes": round(sensors.image_bytes / 1e3, 1),
        "stack_ms": percentiles([first_plan[t] - sensors.sent[t] - policy_s[t] for t in done]),
        "policy_ms": percentiles([policy_s[t] for t in done]),
    }
