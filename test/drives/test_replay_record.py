# SPDX-License-Identifier: Apache-2.0
"""A replay leaves the record of its drive beside the recording, in both modes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from alpamayo_ros.drives.record import read_recording
from alpamayo_ros.drives.replay import replay


def _rows(out: Path, table: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(out / f"{table}.parquet").to_pylist()
    return rows


def test_lockstep_leaves_the_same_record_to_the_byte(small_bag: Path, tmp_path: Path) -> None:
    for name in ("first", "second"):
        replay(small_bag, tmp_path / name, lockstep=True, progress=False)
    for table in ("ticks", "scenes"):
        files = [tmp_path / name / f"{table}.parquet" for name in ("first", "second")]
        assert files[0].read_bytes() == files[1].read_bytes()
    recording = read_recording(tmp_path / "first" / "out.mcap")
    predicted = [row for row in _rows(tmp_path / "first", "ticks") if row["kind"] == "PREDICTED"]
    assert [row["t0_ns"] for row in predicted] == sorted(recording.predictions)
    assert {row["drive"] for row in predicted} == {"small"}
    assert {row["plan_source"] for row in predicted} == {"MODEL"}
    decisions = [d for row in _rows(tmp_path / "first", "ticks") for d in row["decisions"]]
    assert [decision["command_id"] for decision in decisions] == ["1"]
    scenes = {row["t0_ns"]: row for row in _rows(tmp_path / "first", "scenes")}
    for row in predicted:
        assert len(scenes[row["t0_ns"]]["pictures"]) == 2


def test_a_second_replay_replaces_the_record(small_bag: Path, tmp_path: Path) -> None:
    for _ in range(2):
        replay(small_bag, tmp_path / "out", lockstep=True, progress=False)
    t0s = [row["t0_ns"] for row in _rows(tmp_path / "out", "ticks")]
    assert len(t0s) == len(set(t0s))


def test_in_real_time_the_record_has_measured_latencies_and_pictures(
    small_bag: Path, tmp_path: Path
) -> None:
    replay(small_bag, tmp_path / "out", progress=False)
    recording = read_recording(tmp_path / "out" / "out.mcap")
    ticks = _rows(tmp_path / "out", "ticks")
    predicted = [row for row in ticks if row["kind"] == "PREDICTED"]
    assert [row["t0_ns"] for row in predicted] == sorted(recording.predictions)
    stages = dict(predicted[-1]["stages_ms"])
    assert stages["frame_set"] > 0.0 and stages["total"] == pytest.approx(
        predicted[-1]["policy_ms"]
    )
    pictured = [len(row["pictures"]) for row in _rows(tmp_path / "out", "scenes")]
    assert pictured.count(2) > 0.8 * len(predicted)
