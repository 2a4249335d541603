# SPDX-License-Identifier: Apache-2.0
"""The model runtime in a replay: the tiny checkpoint, tick by tick."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import yaml

from alpamayo_ros.drives.replay import replay

TINY = Path(__file__).parents[1] / "data" / "alpamayo1_5_tiny"


def _replay(bag: Path, out: Path, params: Path) -> dict[str, Any]:
    return replay(
        bag, out, lockstep=True, policy="alpamayo", model=str(TINY), params=[params], progress=False
    )


def test_a_drive_predicted_twice_is_the_same_to_the_last_byte(
    small_bag: Path, tmp_path: Path
) -> None:
    params = tmp_path / "short.yaml"
    inference = {"max_new_tokens": 12, "image_width": 96, "image_height": 64}
    params.write_text(yaml.safe_dump({"vla_inference": {"ros__parameters": inference}}))
    first, second = (_replay(small_bag, tmp_path / name, params) for name in ("first", "second"))
    assert first["predictions"] == second["predictions"] == first["ticks"] > 20
    recordings = [(tmp_path / name / "out.mcap").read_bytes() for name in ("first", "second")]
    assert recordings[0] == recordings[1]
    ticks = parquet.read_table(tmp_path / "first" / "ticks.parquet").to_pydict()
    traces = [trace for trace in ticks["trace"] if trace]
    assert len(set(traces)) > 1
    assert {tokens for tokens in ticks["tokens"] if tokens} <= set(range(1, 13))
