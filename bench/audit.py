# SPDX-License-Identifier: Apache-2.0
"""A million ticks of ten drives, asked as ``./run audit`` asks: counts, and what to look at."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from alpamayo_ros.drives.audit import answer, parser_of
from alpamayo_ros.drives.audit_files import find_drives
from alpamayo_ros.drives.ticks import TICKS
from alpamayo_ros.types import SECOND_NS, TICK_NS

_TRACES = (
    ("Stop at the stop line since the straight traffic light is red.", "STOP", "NONE",
     "TRAFFIC_LIGHT"),
    ("Adapt speed for the left curve ahead.", "SPEED_ADAPTATION", "NONE", "ROAD_EVENT"),
    ("Nudge to the right to avoid the construction cones encroaching on the lane.", "NONE",
     "NUDGE_RIGHT", "CRITICAL_OBJECT"),
    ("Keep distance to the lead vehicle since it is slowing down.", "LEAD_FOLLOWING", "NONE",
     "CRITICAL_OBJECT"),
    ("Resume since the red light turned green.", "SET_SPEED", "LANE_KEEPING", "TRAFFIC_LIGHT"),
)  # fmt: skip
_QUESTIONS: tuple[list[str], ...] = (
    [],
    ["--verdict", "CONTRADICTION"],
    ["--decision", "STOP", "--cause", "TRAFFIC_LIGHT"],
    ["--slower-than", "180", "--order", "slowest"],
    ["--where", "speed > 20 AND held"],
    ["--cause", "cones", "--since", "600"],
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benchmark's arguments."""
    parser.add_argument("--ticks", type=int, default=1_000_000)
    parser.add_argument("--drives", type=int, default=12)
    parser.add_argument("--repeat", type=int, default=5, help="times each question is asked")


def run(arguments: argparse.Namespace) -> int:
    """Make the drives, ask, print the median time of each question as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        size = 0
        for number in range(arguments.drives):
            size += make_drive(Path(folder, f"drive_{number:02d}"), number,
                               arguments.ticks // arguments.drives)  # fmt: skip
        questions = {
            " ".join(question) or "everything": _median(folder, question, arguments.repeat)
            for question in _QUESTIONS
        }
    result = {
        "benchmark": "audit", "ticks": arguments.ticks, "drives": arguments.drives,
        "cpus": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1),
        "bytes_per_tick": round(size / arguments.ticks, 1), "median_s": questions,
    }  # fmt: skip
    print(json.dumps(result, indent=2))
    return 0


def _median(folder: str, question: list[str], repeat: int) -> float:
    """Seconds from the arguments to the answer, files opened anew each time."""
    arguments = parser_of().parse_args([folder, *question])
    times = []
    for _ in range(repeat):
        began = time.perf_counter()
        drives, _ = find_drives(arguments.drives)
        answer(drives, arguments)
        times.append(time.perf_counter() - began)
    return round(statistics.median(times), 3)


def make_drive(folder: Path, seed: int, ticks: int) -> int:
    """Write the record of a drive that never was; return its size in bytes."""
    folder.mkdir(parents=True)
    path = folder / "ticks.parquet"
    with pq.ParquetWriter(path, TICKS, compression="zstd", write_statistics=["t0_ns"]) as writer:
        for start in range(0, ticks, 20_000):
            count = min(20_000, ticks - start)
            writer.write_table(_rows(np.random.default_rng((seed, start)), seed, start, count))
    return path.stat().st_size


def _rows(generator: np.random.Generator, seed: int, start: int, count: int) -> pa.Table:
    places = np.arange(start, start + count)
    t0 = 1_800_000_000 * SECOND_NS + seed * 10**6 * SECOND_NS + places * TICK_NS
    # traces and verdicts last for a second or more
    trace = generator.integers(0, len(_TRACES), count // 10 + 1).repeat(10)[:count]
    wrong = (generator.random(count // 20 + 1) < 0.01).repeat(20)[:count]
    late = (generator.random(count // 30 + 1) < 0.01).repeat(30)[:count]
    refused = generator.random(count) < 0.002
    latency = generator.gamma(20.0, 5.0, count).astype(np.float32)
    verdict = np.where(wrong, "CONTRADICTION", "CONSISTENT")
    source = np.where(late, "STOP", np.where(refused, "LAST_VALID", "MODEL"))
    pick = [_TRACES[k] for k in trace.tolist()]
    columns: dict[str, Any] = dict.fromkeys(TICKS.names)
    columns |= {
        "drive": [f"drive_{seed:02d}"] * count, "t0_ns": t0, "kind": ["PREDICTED"] * count,
        "policy": ["alpamayo"] * count, "cameras": np.full(count, 6, np.int16),
        "frame_error_ms": generator.random(count, np.float32) * 20,
        "odometry_frame": ["odom"] * count, "x": places * 1.0, "y": np.sin(places / 100),
        "yaw": np.cos(places / 100).astype(np.float32),
        "speed": (12 + 12 * np.sin(places / 700)).astype(np.float32),
        "trace": [text for text, _, _, _ in pick], "tokens": np.full(count, 20, np.uint32),
        "longitudinal_decision": [name for _, name, _, _ in pick],
        "lateral_decision": [name for _, _, name, _ in pick],
        "causes": [[{"category": name, "text": text[-30:]}] for text, _, _, name in pick],
        "longitudinal_verdict": verdict,
        "longitudinal_reason": [f"speed falls to {v:.2f} m/s" for v in latency.tolist()],
        "lateral_verdict": ["NOT_SHOWN"] * count,
        "lateral_reason": ["nothing to show"] * count,
        "contradiction": wrong, "candidates": np.full(count, 6, np.int16),
        "selected": (places % 6).astype(np.int16),
        "costs": [[("comfort", 0.25), ("total", 0.5)]] * count,
        "decisions": [[] for _ in range(count)], "plan_source": source,
        "plan_reason": np.where(late, "NO_VALID_PREDICTION: t0 1.20 s old", "FRESH: 0.1 s old"),
        "plan_stamp_ns": t0 + (latency * 1e6).astype(np.int64),
        "plan_age_s": latency / 1e3, "latency_ms": latency, "policy_ms": latency * 0.8,
        "stages_ms": [[("total", 80.0)]] * count, "rejected": refused & ~late,
        "rejection": [
            "CURVATURE: 0.31 > 0.20 1/m" if k else None for k in (refused & ~late).tolist()
        ],
        "held": late | refused,
    }  # fmt: skip
    return pa.table(
        [pa.array(columns[field.name], field.type) if columns[field.name] is not None
         else pa.nulls(count, field.type) for field in TICKS], schema=TICKS,
    )  # fmt: skip
