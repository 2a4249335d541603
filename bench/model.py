# SPDX-License-Identifier: Apache-2.0
"""Alpamayo's runtime, stage by stage, next to the same work done the upstream way.

Random weights: at the shape of the released 10B models on a CUDA device, at a small one on a CPU.
Four cameras of four images, of which every tick has one new each; traces of 24 tokens, as in the
tick before, new from the middle on, or all new; one sample and six. Both ways have the same
weights, images, noise and sampling settings, take turns in the same process, and must give the
same tokens and trajectories: else the comparison is void and the exit status 1.

One sample is also measured with greedy decoding (on a CPU the unchanged trace only).

On a CPU the comparison is with ``bitwise`` off: drafts are verified with the prompt, attention is
fused, products are those of the faster library; nothing is approximated. With it on, everything is
rounded as upstream's eager loop rounds it, and a draft costs what writing it costs. Both are shown.

How many times faster ours is, is the ratio of the medians of the wall time, and beside it of the
processor time, which other work on the machine hardly changes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from pathlib import Path
from typing import Any

STAGES = ("preprocess", "vision", "prefill", "reasoning", "flow", "post", "total", "cpu")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benchmark's arguments."""
    parser.add_argument("--device", default="", help="default: cuda if there is one, else cpu")
    parser.add_argument("--shape", default="", help="released (default on cuda), small, tiny")
    parser.add_argument("--dtype", default="", help="default: bfloat16 on cuda, else float32")
    parser.add_argument("--samples", type=int, nargs="+", default=[1, 6], help="trajectories")
    parser.add_argument("--tokens", type=int, default=24, help="length of the traces")
    parser.add_argument("--ticks", type=int, default=0, help="ticks per case (cuda 100, cpu 7)")
    parser.add_argument("--upstream-ticks", type=int, default=0, help="(cuda 20, cpu as ours)")
    parser.add_argument(
        "--quick", action="store_true", help="fewest samples and ticks only, no options"
    )
    parser.add_argument(
        "--memory-ticks", type=int, default=-1, help="ticks to watch memory for (cuda 1000, cpu 0)"
    )
    parser.add_argument(
        "--threads", type=int, default=0, help="threads of a CPU (default: torch's)"
    )
    parser.add_argument(
        "--bitwise", type=int, choices=(0, 1), default=-1,
        help="drafts rounded as if written word by word (default: 1 on cuda, 0 on a CPU)",
    )  # fmt: skip
    parser.add_argument("--json", type=Path, default=None, help="also write everything there")


def run(arguments: argparse.Namespace) -> int:
    """Measure, print tables; 1 when the two ways disagree."""
    # torch and transformers: seconds, and only this benchmark needs them
    session = importlib.import_module("bench.model_session")
    result: dict[str, Any] = session.measure(arguments)
    print("\n".join(tables(result)))
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(result, indent=2))
    for problem in result["void"]:
        print(f"void: {problem}", file=sys.stderr)
    return 1 if result["void"] else 0


def tables(result: dict[str, Any]) -> list[str]:
    """Everything as lines for people."""
    conditions = result["conditions"]
    lines = [", ".join(f"{key} {value}" for key, value in conditions.items()), ""]
    for name, cases in result["compared"].items():
        for case, row in cases.items():
            lines += _stage_table(f"{name}, trace {case}", row)
    lines += _summary(result)
    if result["options"]:
        lines += _options(result["options"])
    return lines


def _stage_table(title: str, row: dict[str, Any]) -> list[str]:
    head = f"{title:34}" + "".join(f"{stage:>12}" for stage in STAGES) + "  ms"
    lines = [head]
    ways = [*row["faster"], "upstream"]
    for way in ways:
        for point in ("p50", "p90", "p99") if row["ticks"][way] >= 20 else ("p50", "p90"):
            values = "".join(f"{row[way][stage][point]:12.2f}" for stage in STAGES)
            lines.append(f"  {way:20}{point:12}{values}")
    for way, faster in row["faster"].items():
        lines.append(
            f"  {way}: {faster['wall']:.2f}x faster (quartiles {faster['low']:.2f} to "
            f"{faster['high']:.2f}), in processor time {faster['cpu']:.2f}x"
        )
    lines.append(
        f"  accepted {row['accepted']}; trajectories at most "
        f"{row['largest_distance_m']:.2g} m apart, {row['wrong_traces']} wrong traces"
    )
    return [*lines, ""]


def _summary(result: dict[str, Any]) -> list[str]:
    lines = []
    for case, ratio in result["more_samples"].items():
        lines.append(f"trace {case}: the most samples take {ratio:.2f} times as long as the least")
    shares = ", ".join(
        f"{stage} {share['here']:.0%} ({share['released']:.0%})"
        for stage, share in result["upstream_shares"].items()
    )
    lines.append(f"upstream's stages (of the released model on an RTX PRO 6000): {shares}")
    ideal = result["ideal"]
    lines.append(
        f"this device: {ideal['gb_per_s']:.0f} GB/s, {ideal['tflops']:.1f} TFLOP/s; at best "
        + ", ".join(f"{key} {value:.2f}" for key, value in ideal["ms"].items())
        + f" ms; the unchanged trace takes {ideal['times_ideal']:.2f} times the ideal "
        f"{ideal['total_ms']:.1f} ms"
    )
    if "allocations" in result:
        counted = result["allocations"]
        lines.append(", ".join(f"allocations {key}: {n:g}" for key, n in counted.items()))
    if "memory" in result:
        memory = result["memory"]
        lines.append(
            f"memory after a tenth of {memory['ticks']:.0f} ticks {memory['after_tenth_mb']:.1f} "
            f"MB, after all {memory['after_all_mb']:.1f} MB"
        )
    return [*lines, ""]


def _options(rows: list[dict[str, Any]]) -> list[str]:
    lines = [
        f"{'one sample, trace half new':28}{'p50 ms':>9}{'p90 ms':>9}{'ADE m':>9}{'final m':>9}"
        f"{'same tokens':>13}{'tokens':>8}"
    ]
    for row in rows:
        if "unsupported" in row:
            lines.append(f"{row['option']:28}not here: {row['unsupported']}")
            continue
        lines.append(
            f"{row['option']:28}{row['total']['p50']:9.1f}{row['total']['p90']:9.1f}"
            f"{row['ade_m']:9.3f}{row['final_m']:9.3f}{row['same_tokens']:13.0%}"
            f"{row['tokens']:8.1f}"
        )
    lines.append("(deviations of random weights; those of a trained model need its checkpoint)")
    return lines
