# SPDX-License-Identifier: Apache-2.0
"""recorder as a real node: what it hears and sees is in the folder, whatever happens to it."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from drives.tick_messages import ROLES, plan, prediction, t0_of
from rclpy.serialization import deserialize_message

from alpamayo_ros import types as t
from alpamayo_ros.cameras.frame_store import FrameStoreWriter
from alpamayo_ros.drives.record import FRAME_SET, OUTPUTS, PLAN, PREDICTION, read_recording
from alpamayo_ros.drives.tick_files import files_of
from alpamayo_ros.nodes.recorder import free_folder
from alpamayo_ros.ros.conversions import frame_set_to_msg
from alpamayo_ros.ros.qos import INTERNAL
from ros_harness import status_messages, status_values

NAME = "recorder"
SHADE = 120


class Stack:
    """Says what the stack says, and holds the pixels."""

    def __init__(self, peer: Any) -> None:
        self._peer = peer
        self._store = FrameStoreWriter(len(ROLES), 6)
        self._publishers = {
            topic: peer.talk(OUTPUTS[topic], topic, INTERNAL)
            for topic in (FRAME_SET, PREDICTION, PLAN)
        }

    def wait(self) -> None:
        for publisher in self._publishers.values():
            self._peer.wait_for_subscriber(publisher)

    def tick(self, tick: int) -> None:
        self._publishers[FRAME_SET].publish(self._frame_set(tick))
        for topic, data in (prediction(tick), plan(tick, tick + 0.9)):
            self._publishers[topic].publish(deserialize_message(data, OUTPUTS[topic]))
            time.sleep(0.02)

    def _frame_set(self, tick: int) -> Any:
        cameras = []
        for place, role in enumerate(ROLES):
            flat = self._store.slot(place)
            flat[: 320 * 576 * 3] = SHADE + 10 * place
            handle = self._store.commit(place, 576, 320)
            stamps = (t0_of(tick),) * 4
            cameras.append(
                t.CameraFrames(place, role, 576, 320, stamps, (0,) * 4, (handle,) * 4)
            )  # fmt: skip
        frames = t.FrameSet(t0_of(tick), "front_wide", tuple(cameras))
        return frame_set_to_msg(frames, "base_link", self._store.name, 0.004)

    def close(self) -> None:
        self._store.close()


@pytest.fixture
def stack(peer: Any) -> Iterator[Stack]:
    stack = Stack(peer)
    yield stack
    stack.close()


def _wait_until_it_writes(peer: Any) -> None:
    """Outputs that come before the node is active are not recorded."""
    heard = peer.diagnostics()
    heard.clear()
    peer.wait_until(lambda: "write" in status_values(heard, NAME), "the first write")


def _rows(folder: Path, table: str) -> list[dict[str, Any]]:
    return [row for path in files_of(folder, table) for row in pq.read_table(path).to_pylist()]


def test_a_drive_is_in_the_folder_with_pictures(
    peer: Any, start_node: Any, stack: Stack, tmp_path: Path
) -> None:
    node = start_node(NAME, folder=str(tmp_path / "drive"))
    stack.wait()
    _wait_until_it_writes(peer)
    for tick in range(1, 11):
        stack.tick(tick)
    peer.wait_until(
        lambda: any(row["t0_ns"] == t0_of(10) for row in _rows(tmp_path / "drive", "ticks")),
        "the last tick in a part",
    )
    assert node.stop() == 0
    rows = _rows(tmp_path / "drive", "ticks")
    assert [row["t0_ns"] for row in rows] == [t0_of(tick) for tick in range(1, 11)]
    assert {row["plan_source"] for row in rows} == {"MODEL"}
    assert {row["trace"] for row in rows} == {"Keep going."}
    scenes = _rows(tmp_path / "drive", "scenes")
    assert len(scenes) == 10
    for place, picture in enumerate(scenes[-1]["pictures"]):
        assert picture["role"] == ROLES[place]
        pixels = cv2.imdecode(np.frombuffer(picture["jpeg"], np.uint8), cv2.IMREAD_COLOR)
        assert pixels is not None and pixels.shape == (107, 192, 3)
        assert abs(float(pixels.mean()) - SHADE - 10 * place) < 3
    recording = read_recording(tmp_path / "drive" / "out.mcap")
    assert sorted(recording.predictions) == [t0_of(tick) for tick in range(1, 11)]
    assert not any("Traceback" in line for line in node.errors)


def test_a_killed_recorder_leaves_what_was_a_second_old_and_the_next_one_spares_it(
    peer: Any, start_node: Any, stack: Stack, tmp_path: Path
) -> None:
    folder = tmp_path / "drive"
    node = start_node(NAME, folder=str(folder))
    stack.wait()
    _wait_until_it_writes(peer)
    said: list[float] = []
    for tick in range(40):
        stack.tick(tick)
        said.append(time.monotonic())
        time.sleep(0.02)
    killed_at = time.monotonic()
    node.stop(signal.SIGKILL)
    due = {t0_of(tick) for tick, at in enumerate(said) if at < killed_at - 1.0}
    found = {row["t0_ns"] for row in _rows(folder, "ticks")}
    assert due and due <= found
    before = {path: path.stat().st_size for path in folder.rglob("*") if path.is_file()}
    second = start_node(NAME, folder=str(folder))
    peer.wait_until(lambda: (tmp_path / "drive-2" / "out.mcap").exists(), "the second's folder")
    _wait_until_it_writes(peer)
    assert (tmp_path / "drive-2").is_dir()
    assert second.stop() == 0
    assert {path: path.stat().st_size for path in before} == before


def test_a_folder_that_cannot_be_written_is_an_error_and_the_node_stays(
    peer: Any, start_node: Any, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    node = start_node(NAME, folder=str(tmp_path / "file" / "drive"))
    diagnostics = peer.diagnostics()
    peer.wait_until(
        lambda: any(
            "no record" in text
            for text in status_messages(diagnostics, NAME, DiagnosticStatus.ERROR)
        ),
        "the error",
    )
    assert node.alive
    assert node.stop() == 0


def test_without_a_name_the_folder_is_named_by_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    now = datetime(2030, 1, 2, 3, 4, 5)
    assert free_folder("", now) == Path("drives/2030-01-02_03-04-05")
    Path("drives/2030-01-02_03-04-05").mkdir(parents=True)
    Path("drives/2030-01-02_03-04-05/out.mcap").touch()
    assert free_folder("", now) == Path("drives/2030-01-02_03-04-05-2")
