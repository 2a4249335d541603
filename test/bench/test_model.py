# SPDX-License-Identifier: Apache-2.0
"""The model benchmark compares what it says it compares; nothing here looks at times."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers")

from bench import model
from bench.model_measure import Bench, Setting, compare
from bench.model_shapes import SHAPES
from bench.model_trace import CASES, Author, Script


@pytest.fixture(scope="module")
def bench() -> Bench:
    cpu = torch.device("cpu")
    return Bench.of(Setting(SHAPES["tiny"], cpu, torch.float32, 8, 1, 1, bitwise=False))


def test_both_ways_write_the_script_and_drive_the_same_way(bench: Bench) -> None:
    compared = compare(bench, 2, greedy=False)
    assert set(compared) == set(CASES)
    for row in compared.values():
        assert row["wrong_traces"] == 0
        assert row["largest_distance_m"] < 1e-3


def test_a_new_script_leaves_nothing_of_the_old_one(bench: Bench) -> None:
    bench.script.restore()
    script = Script(bench.networks)
    before = bench.networks.text.head.clone(), bench.networks.text.embedding.clone()
    author = Author(bench.networks, 3, 8)
    for case in CASES:
        script.write(author.traces(case))
        changed = (bench.networks.text.head != before[0]).any(1).sum()
        assert changed == len({token for trace in author.traces("unchanged") for token in trace})
    script.restore()
    assert torch.equal(bench.networks.text.head, before[0])
    assert torch.equal(bench.networks.text.embedding, before[1])


def test_traces_of_the_cases(bench: Bench) -> None:
    author = Author(bench.networks, 2, 10)
    first = author.traces("new")
    same, half, new = (author.traces(case) for case in CASES)
    assert same == first
    for before, after, fresh in zip(same, half, new, strict=True):
        assert before[:4] == after[:4] == before[:4]
        assert not set(before[4:8]) & set(after[4:8])
        assert not set(after[:8]) & set(fresh[:8])
        assert before[8:] == after[8:] == fresh[8:]


def test_the_command_reports_and_succeeds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parser = argparse.ArgumentParser()
    model.add_arguments(parser)
    path = tmp_path / "model.json"
    words = "--device cpu --shape tiny --samples 1 --tokens 6 --ticks 1 --upstream-ticks 1"
    arguments = parser.parse_args([*words.split(), "--memory-ticks", "2", "--json", str(path)])
    assert model.run(arguments) == 0
    result = json.loads(path.read_text())
    assert result["void"] == []
    assert {row["option"] for row in result["options"]} >= {"exact", "streaming", "fp8 weights"}
    assert "trace unchanged" in capsys.readouterr().out
