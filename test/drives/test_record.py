# SPDX-License-Identifier: Apache-2.0
"""The recording of a replay: anybody's reader opens it, and it is read back as it was."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from alpamayo_msgs.msg import Plan
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory
from rclpy.serialization import serialize_message
from std_msgs.msg import Header

from alpamayo_ros.drives.bags import BagReader, McapFileWriter
from alpamayo_ros.drives.record import (
    DIAGNOSTICS,
    OUTPUTS,
    PLAN,
    RecordingFailed,
    RecordingWriter,
    read_recording,
)
from alpamayo_ros.drives.replay import replay
from alpamayo_ros.ros.conversions import time_from_ns
from alpamayo_ros.types import PlanSource


def test_foreign_readers_decode_every_message(small_bag: Path, tmp_path: Path) -> None:
    summary = replay(small_bag, tmp_path / "out", lockstep=True, progress=False)
    seen: dict[str, int] = {}
    with (tmp_path / "out" / "out.mcap").open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        assert reader.get_header().profile == "ros2"
        for _, channel, _, message in reader.iter_decoded_messages():
            seen[channel.topic] = seen.get(channel.topic, 0) + 1
            if channel.topic == "/prediction":
                assert len(message.candidates[0].points) == 64
    assert seen["/prediction"] == summary["predictions"]
    assert seen["/odometry"] == summary["inputs"]["/odometry"]["messages"]
    # the images are in it, so that it can be watched by itself
    assert seen["/camera/front_wide/image/compressed"] == 39


def test_stamps_of_a_topic_increase_and_name_one_message(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "out.mcap", {}) as writer:
        stamps = [writer.write(PLAN, at, _plan(at)) for at in (100, 100, 90, 200)]
    assert stamps == [100, 101, 102, 200]
    assert [plan.recorded_ns for plan in read_recording(tmp_path / "out.mcap").plans] == stamps


def _plan(stamp_ns: int) -> bytes:
    header = Header(stamp=time_from_ns(stamp_ns), frame_id="odom")
    return serialize_message(Plan(header=header, source=Plan.SOURCE_STOP, reason="NO_PREDICTION"))


def test_a_plan_without_prediction_has_no_t0(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "out.mcap", {}) as writer:
        writer.write(PLAN, 5, _plan(5))
    (plan,) = read_recording(tmp_path / "out.mcap").plans
    assert (plan.t0_ns, plan.source, plan.stamp_ns) == (None, PlanSource.STOP, 5)


def test_counters_of_a_node_that_was_started_again_add_up(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "out.mcap", {}) as writer:
        for at, count in enumerate(("3", "7", "2", "5")):
            status = DiagnosticStatus(name="camera_sync")
            status.values = [
                KeyValue(key="dropped.corrupt_image", value=count),
                KeyValue(key="camera.front_wide.rate_hz", value="10.000"),
            ]
            writer.write(DIAGNOSTICS, at, serialize_message(DiagnosticArray(status=[status])))
    counters = read_recording(tmp_path / "out.mcap").counters
    assert counters == {"camera_sync": {"dropped.corrupt_image": 12}}


def test_a_full_disk_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with RecordingWriter(tmp_path / "out.mcap", {}) as writer:
        monkeypatch.setattr(McapFileWriter, "write", full)
        with pytest.raises(RecordingFailed, match="No space left"):
            writer.write(PLAN, 5, _plan(5))


def test_what_was_written_before_an_error_can_be_read(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), RecordingWriter(tmp_path / "out.mcap", {}) as writer:
        writer.write(PLAN, 5, _plan(5))
        raise RuntimeError("interrupted")
    with BagReader(tmp_path / "out.mcap") as bag:
        assert set(bag.topics) == set(OUTPUTS)
        assert bag.message_count == 1
