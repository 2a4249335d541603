# SPDX-License-Identifier: Apache-2.0
"""What the recorder costs beside a driving stack: six cameras at 10 Hz, pictures of all of them."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import psutil
import rclpy

from alpamayo_ros.ros.middleware import environment
from alpamayo_ros.ros.processes import Bringup, Supervisor
from bench.sensors import Sensors
from bench.stack import ROLES

WARM_UP_S = 5.0
SAMPLE_S = 5.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benchmark's arguments."""
    parser.add_argument("--seconds", type=float, default=60.0, help="length of the run [s]")
    parser.add_argument("--size", default="960x540", help="size of the camera images")


def run(arguments: argparse.Namespace) -> int:
    """Drive, record, print the recorder's share of a core and what it recorded as JSON."""
    os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 101))
    width, height = map(int, arguments.size.split("x"))
    with tempfile.TemporaryDirectory() as folder:
        result = measure(Path(folder, "drive"), arguments.seconds, width, height)
    print(json.dumps({"benchmark": "recorder", **result}, indent=2))
    return 0


def measure(folder: Path, seconds: float, width: int, height: int) -> dict[str, Any]:
    """Run sensors, the stack and a recorder for ``seconds``."""
    rclpy.init()
    node = rclpy.create_node("bench_recorder")
    sensors = Sensors(node, ROLES, width, height, 0.005)
    bringup = Bringup(parameters={"camera_sync": {"camera_roles": list(ROLES)}})
    with Supervisor(bringup), _recorder(folder) as process:
        while not sensors.matched():
            time.sleep(0.1)
        sensors.start()
        time.sleep(WARM_UP_S)
        shares = _shares(process, seconds)
        rss_mb = process.memory_info().rss / 1e6
        sensors.stop()
    node.destroy_node()
    rclpy.try_shutdown()
    return {
        "conditions": {
            "cameras": len(ROLES), "size": [width, height], "seconds": seconds,
            "cpus": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1),
        },
        "percent_of_a_core": {
            "median": round(statistics.median(shares), 2), "largest": round(max(shares), 2)
        },
        "rss_mb": round(rss_mb, 1),
        **_recorded(folder),
    }  # fmt: skip


@contextmanager
def _recorder(folder: Path) -> Iterator[psutil.Process]:
    command = [sys.executable, "-m", "alpamayo_ros.nodes.recorder", "--ros-args"]
    command += ["-p", f"folder:={folder}"]
    process = subprocess.Popen(command, env=environment())
    try:
        yield psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(20)


def _shares(process: psutil.Process, seconds: float) -> list[float]:
    """Percent of a core in each of the samples."""
    process.cpu_percent()
    shares = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(SAMPLE_S)
        shares.append(process.cpu_percent())
    return shares


def _recorded(folder: Path) -> dict[str, Any]:
    ticks, scenes = (str(folder / f"{name}.parquet") for name in ("ticks", "scenes"))
    with duckdb.connect() as engine:
        counted = engine.execute(
            "SELECT count(*), count(*) FILTER (kind = 'PREDICTED'), "
            "(max(t0_ns) - min(t0_ns)) / 1e9 FROM read_parquet(?)",
            [ticks],
        ).fetchone()
        pictured = engine.execute(
            f"SELECT sum(len(pictures)) FROM read_parquet(?) WHERE len(pictures) = {len(ROLES)}",
            [scenes],
        ).fetchone()
    assert counted is not None and pictured is not None
    rows, predicted, span_s = counted
    return {
        "ticks": rows, "predicted": predicted, "predicted_hz": round(predicted / span_s, 2),
        "pictures": pictured[0],
        "kilobytes_per_tick": {
            name: round((folder / f"{name}").stat().st_size / rows / 1e3, 2)
            for name in ("ticks.parquet", "scenes.parquet", "out.mcap")
        },
    }  # fmt: skip
