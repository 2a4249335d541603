# SPDX-License-Identifier: Apache-2.0
"""Resident memory of each node while six cameras drive the stack, sampled over minutes."""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import Any

import numpy as np
import psutil
import rclpy

from alpamayo_ros.ros.processes import Bringup, Supervisor
from bench.sensors import Sensors
from bench.stack import ROLES

SETTLE_S = 30.0
SAMPLE_S = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benchmark's arguments."""
    parser.add_argument("--seconds", type=float, default=600.0, help="length of the run [s]")
    parser.add_argument("--size", default="960x540", help="size of the camera images")


def run(arguments: argparse.Namespace) -> int:
    """Sample every node's resident memory, print peak and slope as JSON."""
    os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 101))
    width, height = map(int, arguments.size.split("x"))
    rclpy.init()
    node = rclpy.create_node("bench_memory")
    sensors = Sensors(node, ROLES, width, height, 0.005)
    samples: dict[str, list[tuple[float, float]]] = {}
    with Supervisor(Bringup(parameters={"camera_sync": {"camera_roles": list(ROLES)}})) as stack:
        while not sensors.matched():
            time.sleep(0.1)
        sensors.start()
        begin = time.monotonic()
        while (elapsed := time.monotonic() - begin) < arguments.seconds:
            time.sleep(SAMPLE_S)
            for name, pid in stack.pids.items():
                megabytes = psutil.Process(pid).memory_info().rss / 1e6
                samples.setdefault(name, []).append((elapsed, megabytes))
        sensors.stop()
    node.destroy_node()
    rclpy.try_shutdown()
    print(json.dumps({"benchmark": "memory", "nodes": _evaluate(samples)}, indent=2))
    return 0


def _evaluate(samples: dict[str, list[tuple[float, float]]]) -> dict[str, Any]:
    result = {}
    for name, values in samples.items():
        times, megabytes = np.array(values).T
        settled = times >= min(SETTLE_S, times[-1] / 2)
        slope = np.polyfit(times[settled] / 60, megabytes[settled], 1)[0]
        result[name] = {
            "peak_mb": round(float(megabytes.max()), 1),
            "first_mb": round(float(megabytes[settled][0]), 1),
            "last_mb": round(float(megabytes[-1]), 1),
            "slope_mb_per_minute": round(float(slope), 3),
        }
    return result
