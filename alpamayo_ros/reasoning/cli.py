# SPDX-License-Identifier: Apache-2.0
"""``./run reason``: traces and trajectories in, decisions and verdicts out, as JSON lines."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from alpamayo_ros.reasoning.explain import explain
from alpamayo_ros.reasoning.motion import STEP_S
from alpamayo_ros.reasoning.reading import read
from alpamayo_ros.reasoning.vocabulary import UNPARSED
from alpamayo_ros.types import (
    HORIZON_LENGTH,
    AxisVerdict,
    ConfigurationError,
    Consistency,
    Reasoning,
    StackError,
    Trace,
    Trajectory,
)

LONGEST_LINE = 1_000_000
"""Characters; 64 points and a trace have some thousand."""


class BadLine(StackError):
    """A line of the input that cannot be used."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of the command."""
    parser.description = (
        'Reads {"trace": str, "trajectory": [[x, y, heading, speed] x 64]} per line; the '
        "trajectory may be left out, and starts at t0 + 0.1 s in the ego frame."
    )
    parser.add_argument("file", nargs="?", default="-", help='JSON lines; "-": standard input')
    parser.add_argument("--lane-width", type=float, help="width of the lane [m], where known")


def run(arguments: argparse.Namespace) -> int:
    """Answer every line; a bad line is answered with its error, and the next one is read."""
    width = arguments.lane_width
    if width is not None and not 1.0 <= width <= 20.0:
        raise ConfigurationError(f"lane width {width} m is not within 1 to 20 m")
    if arguments.file == "-":
        _answer_all(sys.stdin.buffer, sys.stdout, width)
        return 0
    try:
        with Path(arguments.file).open("rb") as lines:
            _answer_all(lines, sys.stdout, width)
    except OSError as error:
        raise ConfigurationError(f"cannot read {arguments.file}: {error.strerror}") from error
    return 0


def _answer_all(lines: Iterable[bytes], out: TextIO, lane_width: float | None) -> None:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            print(json.dumps(answer(number, line, lane_width)), file=out, flush=True)


def answer(number: int, line: bytes, lane_width: float | None = None) -> dict[str, object]:
    """Return the answer to one line: the reasoning, or the error with the line's number."""
    try:
        trace, points = _parsed(line)
    except BadLine as error:
        return {"error": f"line {number}: {error}"}
    return _reply(_reasoning(trace, points, lane_width))


def _parsed(line: bytes) -> tuple[str, np.ndarray[Any, np.dtype[np.float64]] | None]:
    if len(line) > LONGEST_LINE:
        raise BadLine(f"{len(line)} bytes > {LONGEST_LINE}")
    try:
        fields = json.loads(line.decode())
    except UnicodeDecodeError as error:
        raise BadLine(f"not UTF-8 at byte {error.start}") from error
    except (ValueError, RecursionError) as error:
        raise BadLine(f"not JSON: {error}") from error
    if not isinstance(fields, dict):
        raise BadLine(f"a JSON object is needed, not {type(fields).__name__}")
    trace = fields.get("trace")
    if not isinstance(trace, str):
        raise BadLine(f'"trace" must be a string, not {type(trace).__name__}')
    return trace, _points(fields)


def _points(fields: Mapping[str, object]) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    given = fields.get("trajectory")
    if given is None:
        return None
    if not isinstance(given, list) or len(given) != HORIZON_LENGTH:
        size = len(given) if isinstance(given, list) else type(given).__name__
        raise BadLine(f'"trajectory" must have {HORIZON_LENGTH} points, not {size}')
    for i, point in enumerate(given):
        if not isinstance(point, list) or len(point) != 4 or not all(map(_is_number, point)):
            raise BadLine(f"point {i} must be four finite numbers [x, y, heading, speed]")
    return np.array(given, dtype=np.float64)


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(value) and abs(value) < 1e9
    except OverflowError:
        return False


def _reasoning(
    trace: str, points: np.ndarray[Any, np.dtype[np.float64]] | None, lane_width: float | None
) -> Reasoning:
    if points is None:
        return _read_only(trace)
    return explain(Trace(trace), _trajectory(points), _start_speed(points), lane_width)


def _read_only(trace: str) -> Reasoning:
    """The reasoning of a trace without a trajectory."""
    reading = read(trace)

    def verdict(decision: str) -> AxisVerdict:
        if decision == UNPARSED:
            return AxisVerdict(Consistency.UNPARSED, "no decision of the vocabulary can be read")
        return AxisVerdict(Consistency.NOT_CHECKED, "no trajectory is given")

    return Reasoning(
        longitudinal=reading.longitudinal,
        lateral=reading.lateral,
        causes=reading.causes,
        counterfactual=reading.counterfactual,
        longitudinal_verdict=verdict(reading.longitudinal),
        lateral_verdict=verdict(reading.lateral),
    )


def _trajectory(points: np.ndarray[Any, np.dtype[np.float64]]) -> Trajectory:
    positions = np.zeros((HORIZON_LENGTH, 3))
    positions[:, :2] = points[:, :2]
    speeds = points[:, 3].copy()
    unused = np.zeros(HORIZON_LENGTH)
    return Trajectory(positions, points[:, 2].copy(), speeds, unused, unused)


def _start_speed(points: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    """The speed at t0, which the line does not give: one step before the first two waypoints."""
    first, second = float(points[0, 3]), float(points[1, 3])
    limit = 10.0 * STEP_S
    before = first - min(max(second - first, -limit), limit)
    return max(before, 0.0) if first >= 0 else before


def _reply(reasoning: Reasoning) -> dict[str, object]:
    along, across = reasoning.longitudinal_verdict, reasoning.lateral_verdict
    return {
        "longitudinal": reasoning.longitudinal,
        "lateral": reasoning.lateral,
        "causes": [
            {"category": cause.category.name, "text": cause.text} for cause in reasoning.causes
        ],
        "counterfactual": reasoning.counterfactual,
        "meta_actions": [
            {
                "axis": action.axis.name,
                "name": action.name,
                "start_s": round(action.start_s, 1),
                "end_s": round(action.end_s, 1),
            }
            for action in reasoning.meta_actions
        ],
        "verdict": {"longitudinal": along.verdict.name, "lateral": across.verdict.name},
        "why": f"longitudinal: {along.reason} | lateral: {across.reason}",
    }
