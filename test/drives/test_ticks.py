# SPDX-License-Identifier: Apache-2.0
"""The record of a drive: rows true to what was said, and on the disk when the writer dies."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import alpamayo_msgs.msg as m
import numpy as np
import pyarrow.parquet as pq
import pytest
from drives.tick_messages import (
    ROLES,
    SPEED,
    STOPS,
    Output,
    decision,
    frame_set,
    frames,
    plan,
    prediction,
    prediction_of,
    t0_of,
    tick_outputs,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message

from alpamayo_ros import types as t
from alpamayo_ros.drives import tick_files
from alpamayo_ros.drives.bags import MalformedMessage
from alpamayo_ros.drives.drive_record import DriveRecord
from alpamayo_ros.drives.tick_files import (
    MERGE,
    RecordExists,
    RecordNotWritten,
    TickFiles,
    files_of,
)
from alpamayo_ros.drives.ticks import SCENES, TICKS, meanings
from alpamayo_ros.drives.wire import read_plan, read_prediction
from alpamayo_ros.ros.conversions import plan_to_msg, prediction_from_msg, prediction_to_msg

Row = dict[str, Any]


def _record(folder: Path, outputs: list[Output]) -> list[Row]:
    record = DriveRecord(folder, "test")
    for topic, data in outputs:
        record.take(topic, data)
    record.close()
    assert not record.malformed
    rows: list[Row] = pq.read_table(folder / "ticks.parquet").to_pylist()
    return rows


# -- what a row says


def test_a_tick_has_everything_that_was_said_of_it(tmp_path: Path) -> None:
    outputs = [
        decision(0.1, t.Verdict.ROUTED, "a"),
        *tick_outputs(1, "Stop, the light is red.", reasoning=STOPS, decision_id="a"),
    ]
    (row,) = _record(tmp_path, outputs)
    expected = {
        "drive": "test", "t0_ns": t0_of(1), "kind": "PREDICTED", "policy": "scripted",
        "cameras": 6, "frame_error_ms": 5.0, "x": 1.0, "y": 2.0, "speed": SPEED,
        "odometry_frame": "odom", "trace": "Stop, the light is red.", "tokens": 12,
        "drafted_tokens": 3, "longitudinal_decision": "STOP", "lateral_decision": "LANE_KEEPING",
        "causes": [{"category": "TRAFFIC_LIGHT", "text": "the light is red"}],
        "counterfactual": "if it were green, I would go on", "contradiction": True,
        "longitudinal_verdict": "CONTRADICTION", "lateral_verdict": "CONSISTENT",
        "longitudinal_reason": "speed stays at 10.0 m/s", "candidates": 2, "selected": 1,
        "selection_reason": "CHEAPEST: candidate 1", "plan_source": "MODEL", "latency_ms": 90.0,
        "costs": [("comfort", 0.5), ("total", 0.75)], "held": False, "rejected": False,
        "mode_id": "a", "mode": "CONTROL", "mode_verdict": "ROUTED", "obeyed_id": "a",
    }  # fmt: skip
    assert {name: row[name] for name in expected} == expected
    assert row["yaw"] == pytest.approx(0.25) and row["policy_ms"] == pytest.approx(80.0)
    assert dict(row["stages_ms"])["frame_set"] == pytest.approx(4.0)
    assert [d["command_id"] for d in row["decisions"]] == ["a"]
    (scene,) = pq.read_table(tmp_path / "scenes.parquet").to_pylist()
    assert [len(way) for way in scene["ways"]] == [64, 64]
    assert scene["ways"][0][:2] == pytest.approx([1.0, 0.0], abs=1e-5)


def test_a_refused_prediction_is_rejected_and_what_was_driven_instead_is_told(
    tmp_path: Path,
) -> None:
    refusal = "NEWEST_REFUSED: CURVATURE: 0.31 > 0.20 1/m"
    outputs = [
        *tick_outputs(1),
        frame_set(2), prediction(2), plan(1, 2.9, t.PlanSource.LAST_VALID, refusal),
        frame_set(3), prediction(3),
        # still of the tick before, though the next one is predicted
        plan(1, 3.4, t.PlanSource.LAST_VALID, refusal), plan(3, 3.9),
    ]  # fmt: skip
    rows = {row["t0_ns"]: row for row in _record(tmp_path, outputs)}
    second, third = rows[t0_of(2)], rows[t0_of(3)]
    assert second["rejected"] and second["held"] and second["plan_source"] == "LAST_VALID"
    assert second["rejection"] == "CURVATURE: 0.31 > 0.20 1/m" and second["latency_ms"] is None
    assert second["plan_age_s"] == pytest.approx(0.19)
    assert not third["rejected"] and third["plan_source"] == "MODEL"


def test_a_drive_without_images_is_held_at_ten_hertz(tmp_path: Path) -> None:
    stop = [plan(1, 2 + k / 2, t.PlanSource.STOP, "NO_VALID_PREDICTION: old") for k in range(40)]
    rows = _record(tmp_path, [*tick_outputs(1), *stop])
    held = [row for row in rows if row["kind"] == "HELD"]
    assert {row["plan_source"] for row in held} == {"STOP"} and all(row["held"] for row in held)
    assert len(held) == pytest.approx(18, abs=1)
    assert (np.diff([row["t0_ns"] for row in held]) == t.TICK_NS).all()


def test_a_missed_tick_has_the_plan_of_its_time_and_says_which_camera_was_missing(
    tmp_path: Path,
) -> None:
    outputs = [*tick_outputs(1), frame_set(2, missing={"rear_tele": "SILENT: 0.4 s"}),
               plan(1, 3.0), *tick_outputs(3)]  # fmt: skip
    rows = {row["t0_ns"]: row for row in _record(tmp_path, outputs)}
    missed = rows[t0_of(2)]
    assert missed["kind"] == "MISSED" and missed["trace"] is None
    assert missed["plan_source"] == "MODEL" and missed["plan_age_s"] == pytest.approx(0.2)
    assert missed["missing_cameras"] == [{"role": "rear_tele", "reason": "SILENT: 0.4 s"}]


def test_a_decision_stands_for_its_time_and_a_refused_one_is_told_once(tmp_path: Path) -> None:
    outputs = [decision(0.5, t.Verdict.ROUTED, "go", ttl_s=0.3), *tick_outputs(1),
               decision(1.5, t.Verdict.REFUSED, "no"), *tick_outputs(2), *tick_outputs(3),
               *tick_outputs(4)]  # fmt: skip
    rows = _record(tmp_path, outputs)
    assert [row["mode_id"] for row in rows] == ["go", "no", "go", None]
    assert [len(row["decisions"]) for row in rows] == [1, 1, 0, 0]


def test_a_decision_is_recorded_though_nothing_drives(tmp_path: Path) -> None:
    (row,) = _record(tmp_path, [decision(1, t.Verdict.REFUSED, "no")])
    assert row["kind"] == "HELD" and row["mode_verdict"] == "REFUSED"


def test_a_looped_bag_gives_the_rows_of_both_laps(tmp_path: Path) -> None:
    lap = [output for tick in range(20) for output in tick_outputs(tick)]
    rows = _record(tmp_path, [*lap, *lap])
    assert [row["t0_ns"] for row in rows] == 2 * [t0_of(tick) for tick in range(20)]
    assert {row["plan_source"] for row in rows} == {"MODEL"}


def test_every_column_says_what_it_means() -> None:
    for schema in (TICKS, SCENES):
        assert all(meanings(schema).values())


# -- read from the bytes


_TEXTS = st.text(max_size=12)


@settings(max_examples=60, deadline=None)
@given(text=_TEXTS, policy=_TEXTS, frame=_TEXTS, reason=_TEXTS, decision_id=_TEXTS)
def test_bytes_are_read_as_the_messages_are(
    text: str, policy: str, frame: str, reason: str, decision_id: str
) -> None:
    words = [word.replace("\0", "") for word in (text, policy, frame, reason, decision_id)]
    if not all(word.isprintable() for word in words):
        words = [word.encode("ascii", "replace").decode() for word in words]
    given_ = prediction_of(
        3, words[0], policy=words[1], odometry_frame=words[2], selection_reason=words[3],
        decision_id=words[4], reasoning=STOPS,
    )  # fmt: skip
    data = bytes(serialize_message(prediction_to_msg(given_, "base_link")))
    expected = prediction_from_msg(deserialize_message(data, m.Prediction))
    read = read_prediction(data)
    assert (read.t0_ns, read.policy, read.place.odometry_frame, read.selection_reason) == (
        expected.t0_ns, expected.policy, expected.odometry_frame, expected.selection_reason
    )  # fmt: skip
    chosen = expected.candidates[1]
    assert read.chain is not None and read.decision_id == expected.decision_id
    assert (read.chain.trace, read.chain.reasoning) == (chosen.trace, chosen.reasoning)
    assert read.costs == chosen.costs and read.latencies_s == expected.latencies_s
    assert all(np.array_equal(p, chosen.trajectory.positions[:, :2]) for p in read.paths)


@pytest.mark.parametrize("points", [0, 1, 64])
@pytest.mark.parametrize("frame", ["", "map", "odom", "odometry"])
def test_plans_of_any_length_are_read(points: int, frame: str) -> None:
    rows = np.arange(points, dtype=float)
    positions = np.stack([rows, -rows, 0 * rows], axis=1)
    made = t.Plan(7, frame, rows, positions, rows, rows, rows, rows, t.PlanSource.STOP, "so", 5)
    read = read_plan(bytes(serialize_message(plan_to_msg(made))))
    assert (read.odometry_frame, read.source, read.reason, read.t0_ns) == (
        frame,
        made.source,
        "so",
        5,
    )
    assert np.array_equal(read.path, positions[:, :2])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_damaged_bytes_are_refused_by_name_or_read(data: st.DataObject) -> None:
    whole = bytearray(prediction(1)[1])
    for _ in range(data.draw(st.integers(1, 8))):
        whole[data.draw(st.integers(0, 400))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        read_prediction(cut)
    except MalformedMessage as error:
        assert str(error)


def test_a_message_that_cannot_be_read_is_counted_and_the_others_are_recorded(
    tmp_path: Path,
) -> None:
    record = DriveRecord(tmp_path, "test")
    for topic, data in (*tick_outputs(1), ("/prediction", b"\0\1\0\0rubbish"), *tick_outputs(2)):
        record.take(topic, data)
    record.close()
    assert record.malformed == {"/prediction": 1}
    assert pq.read_metadata(tmp_path / "ticks.parquet").num_rows == 2


# -- on the disk


_WRITER = """
import sys, time
sys.path[:0] = sys.argv[2:]
from pathlib import Path
from drives.tick_messages import tick_outputs
from alpamayo_ros.drives.drive_record import DriveRecord
record = DriveRecord(Path(sys.argv[1]), "killed")
for tick in range(10_000):
    for topic, data in tick_outputs(tick)[: 2 if tick % 10 == 9 else 3]:
        record.take(topic, data)
    if record.due_s <= 0.0:
        record.write()
    print(tick, time.monotonic(), flush=True)
    time.sleep(0.02)
"""


def test_a_killed_writer_loses_the_last_second_at_most(tmp_path: Path) -> None:
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(tmp_path), str(root), str(root / "test")],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    written: list[tuple[int, float]] = []
    for line in process.stdout:
        tick, moment = line.split()
        written.append((int(tick), float(moment)))
        if written[-1][1] - written[0][1] > 3.0:
            break
    process.send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    written += [(int(line.split()[0]), float(line.split()[1])) for line in process.stdout]
    process.wait()
    found = {row["t0_ns"] for path in files_of(tmp_path, "ticks")
             for row in pq.read_table(path).to_pylist()}  # fmt: skip
    due = {t0_of(tick) for tick, moment in written if moment < killed_at - 1.0}
    assert len(due) > 20 and due <= found
    assert not (tmp_path / "ticks.parquet").exists()


def test_parts_become_one_file_with_every_row_in_order(tmp_path: Path) -> None:
    record = DriveRecord(tmp_path, "test")
    ticks = 2 * MERGE + 7
    for tick in range(ticks):
        for topic, data in tick_outputs(tick):
            record.take(topic, data)
        record.write()
    names = [path.name for path in files_of(tmp_path, "ticks")]
    assert names[0] == "000000-000059.parquet" and len(names) == 2 + 7
    record.close()
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == []
    rows = pq.read_table(tmp_path / "ticks.parquet")
    assert rows.column("t0_ns").to_pylist() == [t0_of(tick) for tick in range(ticks)]
    assert rows.schema.equals(TICKS)


def test_the_bytes_do_not_depend_on_when_rows_were_written(tmp_path: Path) -> None:
    for name, every in (("often", 1), ("seldom", 37)):
        record = DriveRecord(tmp_path / name, "test")
        for tick in range(120):
            for topic, data in tick_outputs(tick):
                record.take(topic, data)
            record.see(frames(tick), lambda _: np.full((320, 576, 3), 90, np.uint8))
            if tick % every == 0:
                record.write()
        record.close()
    for table in ("ticks", "scenes"):
        often, seldom = (tmp_path / name / f"{table}.parquet" for name in ("often", "seldom"))
        assert often.read_bytes() == seldom.read_bytes()


def test_a_part_that_was_merged_is_not_read_twice(tmp_path: Path) -> None:
    folder = tmp_path / "ticks"
    folder.mkdir()
    for name in ("000000-000059", "000003-000003", "000060-000060"):
        (folder / f"{name}.parquet").touch()
    (folder / "000061-000061.tmp").touch()
    names = [path.stem for path in files_of(tmp_path, "ticks")]
    assert names == ["000000-000059", "000060-000060"]


def test_pictures_are_small_and_of_every_camera(tmp_path: Path) -> None:
    record = DriveRecord(tmp_path, "test")
    record.take(*frame_set(1))
    record.see(frames(1), lambda _: np.zeros((320, 576, 3), np.uint8))
    record.close()
    (scene,) = pq.read_table(tmp_path / "scenes.parquet").to_pylist()
    assert [picture["role"] for picture in scene["pictures"]] == list(ROLES)
    for k, picture in enumerate(scene["pictures"]):
        assert picture["jpeg"][:2] == b"\xff\xd8" and len(picture["jpeg"]) < 5_000
        assert picture["stamp_ns"] == t0_of(1) + k


def test_a_record_is_not_written_over(tmp_path: Path) -> None:
    _record(tmp_path, tick_outputs(1))
    with pytest.raises(RecordExists, match="already"):
        TickFiles(tmp_path)
    TickFiles(tmp_path, replace=True)
    assert not files_of(tmp_path, "ticks")


def test_rows_wait_for_a_disk_that_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record = DriveRecord(tmp_path, "test")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    for tick in range(3):
        for topic, data in tick_outputs(tick):
            record.take(topic, data)
        with monkeypatch.context() as patched:
            patched.setattr(tick_files.os, "fsync", full)
            with pytest.raises(RecordNotWritten, match="No space left"):
                record.write()
    assert record.files.waiting == 3 and not files_of(tmp_path, "ticks")
    assert record.files.drop_oldest(2) == 1
    record.close()
    assert pq.read_table(tmp_path / "ticks.parquet").column("t0_ns").to_pylist() == [
        t0_of(1), t0_of(2)
    ]  # fmt: skip
