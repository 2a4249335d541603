# SPDX-License-Identifier: Apache-2.0
"""``./run golden DIR``: every recorded case of a folder against this runtime; see parity.

The largest deviation of each quantity is printed as JSON; one beyond its bound is a failure. On the
CPU a case that fails is tried again with more threads: how many there are decides how products are
split, so how they are rounded, by upstream too; a case is passed if one number of threads does.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from alpamayo_ros.policy.alpamayo.parity import BOUNDS, Comparison, Deviations
from alpamayo_ros.policy.alpamayo.recorded import Case, case_paths, read_case
from alpamayo_ros.types import ConfigurationError

_ROUNDED = frozenset(
    {
        "first_logits",
        "generated_ids",
        "trace",
        "flow_steps",
        "flow_states",
        "trajectories",
        "guided_flow_steps",
        "guided_flow_states",
        "guided_trajectories",
    }
)
"""What the number of threads may change."""


class InvalidThreads(ConfigurationError):
    """A number of threads that cannot be."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Deviations of one case, with how many threads, and all counts tried; None: not on the CPU."""

    deviations: Deviations
    threads: int | None
    tried: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What came of every case, by its name."""

    cases: Mapping[str, Judged]

    @property
    def passed(self) -> bool:
        """Whether every deviation is within its bound."""
        return not any(case.deviations.beyond() for case in self.cases.values())

    def as_json(self) -> dict[str, Any]:
        """Largest deviation of each quantity with its bound, and those of every case."""
        largest = _largest(case.deviations.largest for case in self.cases.values())
        failed = {name: case for name, case in self.cases.items() if case.deviations.beyond()}
        return {
            "passed": self.passed,
            "largest": largest,
            "bounds": {name: BOUNDS[name] for name in largest},
            "beyond": {name: case.deviations.beyond() for name, case in failed.items()},
            "diagnosis": {
                name: _diagnosis(case) for name, case in failed.items() if case.deviations.rounding
            },
            "threads": {name: case.threads for name, case in self.cases.items()},
            "cases": {name: case.deviations.largest for name, case in self.cases.items()},
        }


def _largest(cases: Iterable[Mapping[str, float]]) -> dict[str, float]:
    largest: dict[str, float] = {}
    for case in cases:
        for name, value in case.items():
            largest[name] = max(value, largest.get(name, 0.0))
    return largest


def _diagnosis(case: Judged) -> dict[str, Any]:
    """Why a flow may have failed as a whole although each of its steps is within the bound."""
    return {
        "every step from the recorded state": {
            name: case.deviations.largest[name]
            for name in ("flow_steps", "guided_flow_steps")
            if name in case.deviations.largest
        },
        "the whole flow": {
            name: case.deviations.largest[name] for name in case.deviations.rounding
        },
        "the whole flow from noise one unit in the last place off": case.deviations.rounding,
        "threads tried": case.tried,
        "cpu capability": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
        "meaning": "this flow amplifies rounding; it agrees only where products are rounded as in "
        "the recording, which other vector instructions or numbers of threads do not do",
    }


def judge(comparison: Comparison, case: Case, threads: Iterable[int | None]) -> Judged:
    """Compare with one number of threads after the other until one is within all bounds.

    If none is, the first counts. Nothing is tried again for what no rounding changes.
    """
    tried: list[int | None] = []
    first: Judged | None = None
    for count in threads:
        tried.append(count)
        with _threads(count):
            deviations = comparison.compare(case)
        if not deviations.beyond():
            return Judged(deviations, count, tuple(tried))
        first = first or Judged(deviations, count, ())
        if deviations.beyond().keys() - _ROUNDED:
            break
    assert first is not None
    return Judged(first.deviations, first.threads, tuple(tried))


@contextmanager
def _threads(count: int | None) -> Iterator[None]:
    """So many threads for torch on the CPU, for a while."""
    before = torch.get_num_threads()
    if count is not None:
        torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _to_try(device: str, threads: int) -> tuple[int | None, ...]:
    """Numbers of threads: the one given, else 1, 2, 4, .. up to the machine's cores."""
    if threads < 0:
        raise InvalidThreads(f"{threads} threads")
    if torch.device(device).type != "cpu":
        return (None,)
    if threads:
        return (threads,)
    cores = len(os.sched_getaffinity(0))
    return (*(1 << power for power in range(cores.bit_length()) if 1 << power < cores), cores)


def compare_folder(
    folder: Path, device: str = "cpu", tokenizer: str | None = None, threads: int = 0
) -> Report:
    """Put every case of a folder through this runtime; raises StackError.

    ``threads`` 0: as many as it takes.
    """
    counts = _to_try(device, threads)
    paths = case_paths(folder)
    comparison = Comparison(folder, device, tokenizer)
    return Report({path.stem: judge(comparison, read_case(path), counts) for path in paths})


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Arguments of ``./run golden``."""
    parser.add_argument("folder", type=Path, help="folder with a checkpoint and recorded cases")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    parser.add_argument(
        "--tokenizer", help="Qwen3-VL tokenizer, folder or id, if the folder has none of its own"
    )
    parser.add_argument(
        "--threads", type=int, default=0, metavar="N",
        help="CPU threads (default: 1, and where a case fails 2, 4, .. up to the cores)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Print the deviations as JSON; 1 when one is beyond its bound."""
    report = compare_folder(
        arguments.folder, arguments.device, arguments.tokenizer, arguments.threads
    )
    print(json.dumps(report.as_json(), indent=1))
    return 0 if report.passed else 1
