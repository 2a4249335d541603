# SPDX-License-Identifier: Apache-2.0
"""What a killed process leaves in /dev/shm is removed, what a living one uses is not."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from alpamayo_ros.ros.shared_memory import SETTLED_S, sweep_dead_segments

NODE = """
import rclpy
rclpy.init()
node = rclpy.create_node("holder")
print("up", flush=True)
rclpy.spin(node)
"""


def _segments() -> set[str]:
    return {path.name for path in Path("/dev/shm").glob("fast*") if not path.name.endswith("_el")}


@pytest.fixture
def start_holder() -> Callable[[], subprocess.Popen[str]]:
    def start() -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", NODE],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        return process

    return start


def test_a_killed_process_leaves_nothing_after_the_sweep(
    start_holder: Callable[[], subprocess.Popen[str]],
) -> None:
    sweep_dead_segments()
    before = _segments()
    process = start_holder()
    own = _segments() - before
    if not own:
        pytest.skip("this middleware keeps no segments in /dev/shm")
    time.sleep(2 * SETTLED_S)
    assert not set(sweep_dead_segments()) & own, "a living process keeps its memory"
    process.send_signal(signal.SIGKILL)
    process.wait()
    sweep_dead_segments()
    assert not {name for name in _segments() & own if "port" not in name}


def test_files_of_others_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "fastdds_0123").write_bytes(b"no lock file beside it")
    (tmp_path / "unrelated_el").touch()
    time.sleep(2 * SETTLED_S)
    assert sweep_dead_segments(tmp_path) == []
    assert (tmp_path / "fastdds_0123").exists()
