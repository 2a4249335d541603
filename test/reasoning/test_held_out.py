# SPDX-License-Identifier: Apache-2.0
"""Reading traces that were written and labelled by somebody else and never tuned on.

A line that is read to mend a fault is no longer held out: it moves to traces.jsonl.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alpamayo_ros.reasoning.reading import read

HELD_OUT = Path(__file__).resolve().parents[1] / "data" / "reasoning" / "held_out.jsonl"
LEAST = 0.97

LEFT = {"NUDGE_LEFT", "LANE_CHANGE_LEFT", "TURN_LEFT"}
RIGHT = {"NUDGE_RIGHT", "LANE_CHANGE_RIGHT", "TURN_RIGHT"}
GO = {"SET_SPEED", "PASSING"}
HALT = {"STOP", "YIELD"}


def lines() -> list[dict[str, Any]]:
    return [json.loads(line) for line in HELD_OUT.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("axis", ["longitudinal", "lateral"])
def test_a_decision_is_read_as_a_careful_person_reads_it(axis: str) -> None:
    wrong = [
        (line["trace"], line[axis], getattr(read(line["trace"]), axis))
        for line in lines()
        if getattr(read(line["trace"]), axis) not in (line[axis], *line.get(f"{axis}_also", ()))
    ]
    assert len(lines()) >= 150
    assert len(wrong) <= (1 - LEAST) * len(lines()), wrong


def test_no_decision_is_flipped() -> None:
    for line in lines():
        reading = read(line["trace"])
        for one, other in ((LEFT, RIGHT), (RIGHT, LEFT)):
            assert not (line["lateral"] in one and reading.lateral in other), line["trace"]
        for one, other in ((HALT, GO), (GO, HALT)):
            assert not (line["longitudinal"] in one and reading.longitudinal in other), line[
                "trace"
            ]
