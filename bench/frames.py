# SPDX-License-Identifier: Apache-2.0
"""Newest image received -> pixels readable in vla_inference: full-HD JPEG cameras at 10 Hz.

Three processes, as on a vehicle: the cameras, camera_sync, and a reader that does what
vla_inference does with a FrameSet (opens the frame store, views every image, touches the pixels).
Next to it, in the same run, the alternative: decode and resize all images of the set in the tick.
"""

from __future__ import annotations

import argparse
import array
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import cv2
import numpy as np
import psutil
import rclpy
from alpamayo_msgs.msg import FrameSet
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage

from alpamayo_ros.cameras.decode import model_size
from alpamayo_ros.cameras.frame_store import FrameStoreReader
from alpamayo_ros.ros import qos
from alpamayo_ros.ros.conversions import frame_set_from_msg, time_from_ns
from alpamayo_ros.ros.middleware import environment
from alpamayo_ros.types import StackError
from bench.sensors import IMAGES, TICK_S, jpeg_images, percentiles

ROLES = ("front_wide", "cross_left", "cross_right", "front_tele")
WARM_UP_TICKS = 15
FRAMES_PER_CAMERA = 4
BASELINE_TICKS = 15
START_UP_S = 60.0

_CACHE_LINE = 64


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benchmark's arguments."""
    parser.add_argument("--seconds", type=float, default=30.0, help="length of the run [s]")
    parser.add_argument("--size", default="1920x1080", help="size of the camera images")
    parser.add_argument(
        "--spread", type=float, default=0.007,
        help="time between two cameras of a tick [s]; 0: all at once",
    )  # fmt: skip
    parser.add_argument("--threads", type=int, default=2, help="decode_threads of camera_sync")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print JSON to stdout and a table to stderr."""
    os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 101))
    width, height = map(int, arguments.size.split("x"))
    result = measure(arguments.seconds, width, height, arguments.spread, arguments.threads)
    print(json.dumps({"benchmark": "frames", **result}, indent=2))
    print(table(result), file=sys.stderr)
    return 0


def table(result: dict[str, Any]) -> str:
    """Return the latencies as a few lines for people."""
    lines = [f"{'':34}{'p50':>9}{'p95':>9}{'p99':>9}  ms"]
    for name in ("received_ms", "sent_ms", "camera_sync_ms", "hop_ms", "baseline_ms"):
        values = "".join(f"{result[name][p]:9.2f}" for p in ("p50", "p95", "p99"))
        lines.append(f"{_MEANINGS[name]:34}{values}")
    lines.append(
        f"{result['sets']} sets of {result['ticks']} ticks, {result['ratio_p50']:g}x faster than "
        f"the baseline, camera_sync {result['camera_sync_rss_mb']:g} MB"
    )
    return "\n".join(lines)


_MEANINGS = {
    "received_ms": "newest image received -> readable",
    "sent_ms": "newest image sent -> readable",
    "camera_sync_ms": "  of it in camera_sync",
    "hop_ms": "  of it published -> readable",
    "baseline_ms": "decode and resize all in the tick",
}


@dataclass(frozen=True)
class Reading:
    """When the pixels of one set could be read: steady time [s], and its parts [s]."""

    t0_ns: int
    readable_s: float
    in_camera_sync_s: float
    hop_s: float
    cameras: int


def measure(
    seconds: float, width: int, height: int, spread_s: float, threads: int = 2
) -> dict[str, Any]:
    """Run cameras, camera_sync and a reader for ``seconds``; return latencies in ms."""
    ticks = round(seconds / TICK_S) + WARM_UP_TICKS
    with _camera_sync(threads) as node, _child(_read) as reader:
        with _child(_send, ticks, width, height, spread_s) as cameras:
            sent: dict[int, float] = _answer(cameras, seconds + START_UP_S)
        usage = psutil.Process(node.pid)
        rss_mb, cpu_s = usage.memory_info().rss / 1e6, sum(usage.cpu_times()[:2])
        reader.send("stop")
        readings: list[Reading] = _answer(reader, START_UP_S)
    counted = sorted(sent)[WARM_UP_TICKS:]
    whole = {r.t0_ns: r for r in readings if r.cameras == len(ROLES)}
    hits = [whole[t0] for t0 in counted if t0 in whole]
    baseline = _baseline(width, height)
    received = percentiles([r.in_camera_sync_s + r.hop_s for r in hits])
    return {
        "conditions": {
            "cameras": len(ROLES), "size": [width, height], "spread_s": spread_s,
            "jpeg_bytes": _mean_bytes(width, height), "cpus": os.cpu_count(),
            "load_average": round(os.getloadavg()[0], 1),
        },
        "ticks": len(counted),
        "sets": len(hits),
        "received_ms": received,
        "sent_ms": percentiles([r.readable_s - sent[r.t0_ns] for r in hits]),
        "camera_sync_ms": percentiles([r.in_camera_sync_s for r in hits]),
        "hop_ms": percentiles([r.hop_s for r in hits]),
        "baseline_ms": percentiles(baseline),
        "ratio_p50": round(percentiles(baseline)["p50"] / received["p50"], 1),
        "camera_sync_rss_mb": round(rss_mb, 1),
        "camera_sync_cpu_s": round(cpu_s, 2),
    }  # fmt: skip


@contextmanager
def _camera_sync(threads: int) -> Iterator[subprocess.Popen[bytes]]:
    roles = ", ".join(f'"{role}"' for role in ROLES)
    command = [sys.executable, "-m", "alpamayo_ros.nodes.camera_sync", "--ros-args"]
    command += ["-p", f"camera_roles:=[{roles}]", "-p", f"decode_threads:={threads}"]
    process = subprocess.Popen(command, env=environment())
    try:
        yield process
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def _child(target: Any, *arguments: Any) -> Iterator[Connection]:
    """Run ``target(connection, *arguments)`` in a process of its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.join(10)
        process.kill()


def _answer(connection: Connection, timeout_s: float) -> Any:
    if not connection.poll(timeout_s):
        raise StackError(f"a process of the benchmark did not answer within {timeout_s:g} s")
    return connection.recv()


# -- the cameras


def _images(width: int, height: int, seed: int) -> list[bytes]:
    """With a mild grey grain: 0.4 MB each at 1920x1080."""
    return jpeg_images(width, height, seed, grain=6.0, grain_channels=1)


def _send(connection: Connection, ticks: int, width: int, height: int, spread_s: float) -> None:
    """Send all cameras each tick; answer with the time just before the newest image of each."""
    rclpy.init()
    node = rclpy.create_node("bench_cameras")
    images = {role: _images(width, height, seed) for seed, role in enumerate(ROLES)}
    publishers = {
        role: node.create_publisher(CompressedImage, f"camera/{role}/image/compressed", qos.SENSOR)
        for role in ROLES
    }
    while not all(publisher.get_subscription_count() for publisher in publishers.values()):
        time.sleep(0.05)
    time.sleep(0.5)
    sent: dict[int, float] = {}
    begin, begin_ns = time.monotonic() + TICK_S, time.time_ns() + round(TICK_S * 1e9)
    for tick in range(ticks):
        # made before its time, so that only the hand-over to the middleware is measured
        offsets_s = [tick * TICK_S + index * spread_s for index in range(len(ROLES))]
        stamps_ns = [begin_ns + round(offset_s * 1e9) for offset_s in offsets_s]
        messages = [
            _serialized(images[role][tick % IMAGES], stamp_ns)
            for role, stamp_ns in zip(ROLES, stamps_ns, strict=True)
        ]
        for role, offset_s, message in zip(ROLES, offsets_s, messages, strict=True):
            time.sleep(max(0.0, begin + offset_s - time.monotonic()))
            sent[stamps_ns[0]] = time.monotonic()
            publishers[role].publish(message)
    time.sleep(0.5)
    connection.send(sent)


def _serialized(image: bytes, stamp_ns: int) -> bytes:
    message = CompressedImage(format="jpeg", data=array.array("B", image))
    message.header.stamp = time_from_ns(stamp_ns)
    return bytes(serialize_message(message))


# -- the reader


def _read(connection: Connection) -> None:
    """Read every FrameSet as vla_inference does, until told to stop; answer with the times."""
    rclpy.init()
    node = rclpy.create_node("bench_reader")
    readings: list[Reading] = []
    stores: dict[str, FrameStoreReader] = {}

    def on_frame_set(message: FrameSet, info: Any) -> None:
        frames = frame_set_from_msg(message)
        if message.store not in stores:
            stores[message.store] = FrameStoreReader(message.store)
        store = stores[message.store]
        for camera in frames.cameras:
            for handle in camera.handles:
                view = store.view(handle, camera.width, camera.height)
                view.reshape(-1)[::_CACHE_LINE].max()
                store.check(handle)
        hop_s = (time.time_ns() - info["source_timestamp"]) / 1e9
        readings.append(
            Reading(frames.t0_ns, time.monotonic(), message.latency, hop_s, len(frames.cameras))
        )

    node.create_subscription(FrameSet, "frame_set", on_frame_set, qos.INTERNAL)
    while not connection.poll():
        rclpy.spin_once(node, timeout_sec=0.2)
    connection.send(readings)


# -- the alternative


def _baseline(width: int, height: int) -> list[float]:
    """Decode and resize every image of a set when the tick comes [s], with nothing else running."""
    images = [_images(width, height, seed) for seed in range(len(ROLES))]
    size = model_size(width, height)
    durations = []
    for tick in range(BASELINE_TICKS):
        begin = time.monotonic()
        for camera in images:
            for frame in range(FRAMES_PER_CAMERA):
                encoded = np.frombuffer(camera[(tick + frame) % IMAGES], np.uint8)
                decoded = cv2.imdecode(encoded, cv2.IMREAD_COLOR)
                assert decoded is not None
                small = cv2.resize(decoded, size, interpolation=cv2.INTER_AREA)
                cv2.cvtColor(small, cv2.COLOR_BGR2RGB)
        durations.append(time.monotonic() - begin)
    return durations


def _mean_bytes(width: int, height: int) -> int:
    sizes: Sequence[int] = [len(image) for image in _images(width, height, 0)]
    return sum(sizes) // len(sizes)
