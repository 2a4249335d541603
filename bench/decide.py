# SPDX-License-Identifier: Apache-2.0
"""One sentence -> its decision, on one core: the time of ModeExpert.decide, and of loading it.

Next to it, in the same run, the part that any keyword filter would also need (normalising and the
refusal patterns), and what 200 sentences a second would take of the core.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from alpamayo_ros.commands.examples import SENTENCES
from alpamayo_ros.commands.mode_expert import ModeExpert, ModeExpertSettings
from alpamayo_ros.commands.normalise import normalise
from alpamayo_ros.commands.refuse import refusal
from alpamayo_ros.types import SECOND_NS, UserCommand
from bench.sensors import percentiles

SENTENCES_PER_SECOND = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="*", type=Path, help="sentences, one a line, or JSON lines")
    parser.add_argument("--count", type=int, default=4000, help="sentences to decide")


def run(arguments: argparse.Namespace) -> int:
    texts = texts_of(arguments.files or training_files())
    step = max(1, len(texts) // arguments.count)
    texts = texts[::step][: arguments.count]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    start = time.perf_counter()
    expert = ModeExpert(ModeExpertSettings(rate_hz=1e6, burst=1_000_000))
    load_ms = (time.perf_counter() - start) * 1e3
    commands = [UserCommand(n * SECOND_NS, str(n), "passenger", t) for n, t in enumerate(texts)]
    _timed(lambda c: expert.decide(c, c.stamp_ns), commands[:50])
    decide = _timed(lambda c: expert.decide(c, c.stamp_ns), commands)
    alternative = _timed(lambda c: refusal(normalise(c.text)), commands)
    print(f"sentences              {len(commands)}, of {len(texts)} read")
    print(f"load                   {load_ms:.0f} ms")
    print(f"decide                 {_line(decide)}")
    print(f"normalise and refuse   {_line(alternative)}")
    share = SENTENCES_PER_SECOND * sum(decide) / len(decide)
    print(f"{SENTENCES_PER_SECOND} sentences a second  {share:.0%} of one core")
    return 0


def _timed(work: Callable[[UserCommand], object], commands: Sequence[UserCommand]) -> list[float]:
    times = []
    for command in commands:
        start = time.perf_counter()
        work(command)
        times.append(time.perf_counter() - start)
    return times


def _line(times_s: Sequence[float]) -> str:
    found = percentiles(times_s)
    return (
        f"p50 {found['p50']:.2f} ms, p99 {found['p99']:.2f} ms, worst {max(times_s) * 1e3:.2f} ms"
    )


def training_files() -> list[Path]:
    """The labelled sentences that the classifier is trained on."""
    return sorted(SENTENCES.glob("*.jsonl"))


def texts_of(files: Sequence[Path]) -> list[str]:
    """Sentences of text files, one a line, and of JSON lines."""
    return [
        json.loads(line)["text"] if path.suffix == ".jsonl" else line
        for path in files
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.strip()
    ]
