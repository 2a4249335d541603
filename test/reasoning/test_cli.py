# SPDX-License-Identifier: Apache-2.0
"""The command that reads JSON lines."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reasoning.driven import LEFT, Driver

from alpamayo_ros.reasoning import cli
from alpamayo_ros.types import ConfigurationError, Trajectory


def _points(trajectory: Trajectory) -> list[list[float]]:
    return [
        [float(x), float(y), float(heading), float(speed)]
        for (x, y, _), heading, speed in zip(
            trajectory.positions, trajectory.headings, trajectory.speeds, strict=True
        )
    ]


def _run(path: Path, capsys: pytest.CaptureFixture[str], *options: str) -> list[dict[str, object]]:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    assert cli.run(parser.parse_args([str(path), *options])) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_lines_are_answered_in_order(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "lines.jsonl"
    lane_change = _points(Driver(12.0, 1).change_lane(LEFT))
    lines = [
        {"trace": "Change to the left lane.", "trajectory": lane_change},
        {"trace": "Change to the right lane.", "trajectory": lane_change},
        {"trace": "Stop since the light is red."},
        {"trace": "The light is red."},
    ]
    path.write_text("\n\n".join(json.dumps(line) for line in lines))
    same, other, alone, nothing = _run(path, capsys, "--lane-width", "3.5")
    assert same["verdict"] == {"longitudinal": "NOT_SHOWN", "lateral": "CONSISTENT"}
    assert other["verdict"] == {"longitudinal": "NOT_SHOWN", "lateral": "CONTRADICTION"}
    assert "offset +3" in str(other["why"])
    assert alone["longitudinal"] == "STOP" and alone["meta_actions"] == []
    assert alone["verdict"] == {"longitudinal": "NOT_CHECKED", "lateral": "NOT_CHECKED"}
    assert alone["causes"] == [{"category": "TRAFFIC_LIGHT", "text": "the light is red"}]
    assert nothing["verdict"] == {"longitudinal": "UNPARSED", "lateral": "UNPARSED"}


GOOD_POINT = [1.0, 0.0, 0.0, 5.0]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"not json", "not JSON"),
        (b"[]", "a JSON object is needed, not list"),
        (b"{}", '"trace" must be a string, not NoneType'),
        (b"\xff{}", "not UTF-8 at byte 0"),
        (b"[" * 100_000, "not JSON"),
        (b'{"trace": "Stop.", "trajectory": [[0, 0, 0, 0]]}', "must have 64 points, not 1"),
        (
            json.dumps({"trace": "Stop.", "trajectory": [GOOD_POINT] * 63 + [[1, 2, 3]]}).encode(),
            "point 63 must be four finite numbers",
        ),
        (
            json.dumps(
                {"trace": "Stop.", "trajectory": [[float("nan")] * 4] + [GOOD_POINT] * 63}
            ).encode(),
            "point 0 must be four finite numbers",
        ),
        (b" " * 1_000_001 + b"{}", "1000004 bytes > 1000000"),
    ],
)
def test_a_bad_line_is_answered_with_its_number_and_the_run_goes_on(
    line: bytes, problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lines.jsonl"
    path.write_bytes(b'{"trace": "Stop."}\n' + line + b'\n{"trace": "Yield."}\n')
    first, bad, last = _run(path, capsys)
    assert first["longitudinal"] == "STOP" and last["longitudinal"] == "YIELD"
    assert list(bad) == ["error"]
    assert str(bad["error"]).startswith("line 2: ") and problem in str(bad["error"])


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(max_examples=200, deadline=None)
def test_any_line_is_answered(line: bytes) -> None:
    json.dumps(cli.answer(1, line))


@given(st.lists(st.lists(st.floats(-1e8, 1e8), min_size=4, max_size=4), min_size=64, max_size=64))
@settings(max_examples=50, deadline=None)
def test_any_finite_trajectory_is_answered(points: list[list[float]]) -> None:
    line = json.dumps({"trace": "Stop, then turn left.", "trajectory": points}).encode()
    assert "verdict" in cli.answer(1, line)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    parser = argparse.ArgumentParser()
    cli.add_arguments(parser)
    with pytest.raises(ConfigurationError, match="cannot read"):
        cli.run(parser.parse_args([str(tmp_path / "absent")]))
    with pytest.raises(ConfigurationError, match="lane width"):
        cli.run(parser.parse_args(["-", "--lane-width", "-1"]))
