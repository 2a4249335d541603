# SPDX-License-Identifier: Apache-2.0
"""A bag through the real nodes, and what the command line says to bad input."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drives.small_drive import START_NS, small_drive, write_small_bag
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from rosgraph_msgs.msg import Clock
from std_msgs.msg import String

from alpamayo_ros.drives.player import CLOCK_PERIOD_NS, LATE_S, Player
from alpamayo_ros.drives.record import Recording, read_recording
from alpamayo_ros.drives.replay import ReplayError, replay
from alpamayo_ros.ros.conversions import time_to_ns
from alpamayo_ros.types import SECOND_NS

WriteBag = Callable[..., Path]


def _command(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alpamayo_ros", "replay", *map(str, arguments)],
        capture_output=True, text=True, timeout=180, check=False, env=os.environ.copy(),
    )  # fmt: skip


# -- in real time


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, Any]]:
    """The small drive through the five nodes, once for all tests that look at the result."""
    folder = tmp_path_factory.mktemp("played")
    bag = write_small_bag(folder)
    return bag, folder / "out", replay(bag, folder / "out", progress=False)


Played = tuple[Path, Path, dict[str, Any]]


def test_the_nodes_predict_what_lockstep_predicts(played: Played, tmp_path: Path) -> None:
    bag, out, summary = played
    assert summary["mode"] == "real_time" and summary["restarts"] == {}
    assert summary["predictions"] > 0.8 * summary["ticks"]
    replay(bag, tmp_path / "out", lockstep=True, progress=False)
    live, lockstep = (read_recording(folder / "out.mcap") for folder in (out, tmp_path / "out"))
    same = [t0 for t0 in live.predictions if _same_images(t0, live, lockstep)]
    assert same
    for t0 in same:
        trajectories = [r.predictions[t0].candidates[0].trajectory for r in (live, lockstep)]
        assert np.allclose(trajectories[0].positions, trajectories[1].positions, atol=1e-6)


def _same_images(t0: int, live: Recording, lockstep: Recording) -> bool:
    return t0 in lockstep.predictions and [
        camera.stamps_ns for camera in live.frame_sets[t0].cameras
    ] == [camera.stamps_ns for camera in lockstep.frame_sets[t0].cameras]


def test_latencies_are_measured_from_outside(played: Played) -> None:
    latency = played[2]["latency_ms"]
    for stage in ("frame_set", "policy", "stack"):
        assert 0 < latency[stage]["p50"] <= latency[stage]["p95"] <= latency[stage]["p99"]
    assert latency["frame_set"]["p50"] < latency["stack"]["p50"]


def test_recorded_outputs_are_not_played(played: Played) -> None:
    reasons = {plan.reason for plan in read_recording(played[1] / "out.mcap").plans}
    assert reasons and "of another day" not in reasons


def test_plans_of_the_drain_are_not_counted(played: Played) -> None:
    _, out, summary = played
    plans = read_recording(out / "out.mcap").plans
    assert summary["plans"] < len(plans)
    assert summary["plans"] == sum(plan.stamp_ns <= summary["end_ns"] for plan in plans)


def test_summary_and_report_are_written(played: Played) -> None:
    _, out, summary = played
    assert json.loads((out / "summary.json").read_text()) == json.loads(json.dumps(summary))
    assert f"{summary['predictions']} <small>of" in (out / "report.html").read_text()


def test_a_node_that_cannot_be_configured_ends_the_replay(small_bag: Path, tmp_path: Path) -> None:
    done = _command(small_bag, "--out", tmp_path / "out", "--policy", "no_such_policy")
    assert done.returncode == 1
    assert "unknown policy 'no_such_policy'" in done.stderr.splitlines()[-1]


def test_a_stack_that_runs_already_is_not_disturbed(
    small_bag: Path, tmp_path: Path, start_node: Callable[..., Any], peer: Any
) -> None:
    start_node("mode_expert")
    peer.wait_for_publisher("mode_decision")
    line = _one_line(_command(small_bag, "--out", tmp_path / "out"))
    assert "mode_expert already run in ROS domain" in line


def test_an_interrupted_replay_leaves_no_process_and_a_readable_recording(
    small_bag: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "alpamayo_ros", "replay", str(small_bag), "--out", str(out)],
        stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ.copy(),
    )  # fmt: skip
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("replay"):
            break
    children = _children(process.pid)
    assert len(children) >= 5
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 130
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{pid}").exists() for pid in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
    assert read_recording(out / "out.mcap").samples


def _children(pid: int) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                status = (folder / "stat").read_text()
            except OSError:
                continue
            if int(status.rpartition(")")[2].split()[1]) == pid:
                found.append(int(folder.name))
    return found


class _Clock:
    """A stand-in for the nodes: counts what /clock says."""

    def __init__(self, node: Node) -> None:
        self.times: list[int] = []
        qos = QoSProfile(depth=1000, reliability=ReliabilityPolicy.BEST_EFFORT)
        node.create_subscription(Clock, "/clock", self._take, qos)

    def _take(self, message: Clock) -> None:
        self.times.append(time_to_ns(message.clock))


def test_the_clock_never_hurries_after_a_stall(peer: Any) -> None:
    clock = _Clock(peer.node)
    player = Player(peer.node, {"/words": "std_msgs/msg/String"}, rate=1.0)
    peer.wait_until(lambda: player.clock_listeners, "the clock's listener")
    data = serialize_message(String(data="hello"))
    times = [START_NS + k * 50_000_000 for k in range(12)]
    played: list[float] = []

    def published(topic: str, stamp_ns: int, message: bytes, at: float) -> None:
        assert (topic, message) == ("/words", data)
        played.append(at)
        if len(played) == 4:
            time.sleep(0.4)

    player.hold(START_NS)
    player.play(((("/words", at, data)) for at in times), START_NS, published)
    assert player.slipped_s > 0.3
    # a player that made up for the stall would send the next eight at once
    assert min(np.diff(played)) > 0.05 - LATE_S - CLOCK_PERIOD_NS / SECOND_NS - 0.005
    assert played[4] - played[3] > 0.4
    peer.wait_until(lambda: clock.times and clock.times[-1] == times[-1], "the last time")
    assert len(clock.times) > len(times) and min(np.diff(clock.times)) >= 0


def test_twice_the_rate_takes_half_the_time(peer: Any) -> None:
    player = Player(peer.node, {}, rate=2.0)
    player.play((), START_NS, lambda *_: None)
    began = time.monotonic()
    player.hold(START_NS)
    player.run_on(START_NS + SECOND_NS)
    assert 0.45 < time.monotonic() - began < 5.0


# -- the command line


def _one_line(done: subprocess.CompletedProcess[str]) -> str:
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("alpamayo_ros: ") and "Traceback" not in done.stderr
    return line


def test_lockstep_on_the_command_line(small_bag: Path, tmp_path: Path) -> None:
    done = _command(small_bag, "--out", tmp_path / "out", "--lockstep")
    assert done.returncode == 0, done.stderr
    assert "25 of 25 ticks predicted" in done.stdout
    assert str(tmp_path / "out" / "report.html") in done.stdout
    # not a terminal: lines of progress, no bar
    assert "\r" not in done.stderr and "lockstep" in done.stderr


def test_no_such_bag(tmp_path: Path) -> None:
    assert "no such bag" in _one_line(_command(tmp_path / "nowhere", "--out", tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_bag_without_cameras(write_bag: WriteBag, tmp_path: Path) -> None:
    bag = write_bag([entry for entry in small_drive() if entry[0] == "/odometry"])
    line = _one_line(_command(bag, "--out", tmp_path / "out"))
    assert "no camera topics" in line and "/odometry" in line


def test_a_truncated_mcap(small_bag: Path, tmp_path: Path) -> None:
    (whole,) = small_bag.glob("*.mcap")
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "truncated" in _one_line(_command(cut, "--out", tmp_path / "out"))


def test_an_unknown_parameter(small_bag: Path, tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    params.write_text("/**/camera_sync:\n  ros__parameters:\n    tolerence_s: 0.02\n")
    line = _one_line(_command(small_bag, "--out", tmp_path / "out", "--params", params))
    assert "unknown parameter 'tolerence_s'; did you mean 'tolerance_s'?" in line


def test_a_role_twice(small_bag: Path, tmp_path: Path) -> None:
    params = tmp_path / "params.yaml"
    params.write_text(
        "/**/camera_sync:\n  ros__parameters:\n    camera_roles: [front_wide, front_wide]\n"
    )
    line = _one_line(_command(small_bag, "--out", tmp_path / "out", "--params", params))
    assert "'front_wide' twice" in line


def test_a_rate_that_makes_no_sense(small_bag: Path, tmp_path: Path) -> None:
    for rate in (0.0, -1.0, float("nan"), 1e6):
        with pytest.raises(ReplayError, match="rate"):
            replay(small_bag, tmp_path / "out", rate=rate)


def test_a_recording_is_not_replayed_over_itself(small_bag: Path, tmp_path: Path) -> None:
    replay(small_bag, tmp_path / "out", lockstep=True, progress=False)
    before = (tmp_path / "out" / "out.mcap").stat().st_size
    with pytest.raises(ReplayError, match="overwritten by its own replay"):
        replay(tmp_path / "out" / "out.mcap", tmp_path / "out", lockstep=True)
    assert (tmp_path / "out" / "out.mcap").stat().st_size == before
    # elsewhere it replays as the drive it was made from
    again = replay(tmp_path / "out" / "out.mcap", tmp_path / "again", lockstep=True, progress=False)
    assert again["predictions"] == again["ticks"] == 25


def test_a_bag_shorter_than_the_warm_up_is_no_success(write_bag: WriteBag, tmp_path: Path) -> None:
    bag = write_bag(small_drive(image_s=1.0, odometry_s=1.0))
    done = _command(bag, "--out", tmp_path / "out", "--lockstep")
    assert done.returncode == 1
    assert "nothing was predicted" in done.stderr.splitlines()[-1]
    assert (tmp_path / "out" / "report.html").exists()
