# SPDX-License-Identifier: Apache-2.0
"""``./run decide``: sentences from standard input in, one JSON object a line out.

Each object has ``text``, ``mode``, ``verdict``, ``intents`` (``{intent, parameters}``), ``reason``,
``reply``, ``nav_text``, ``question``, ``limits`` (null: none), ``mode_token``, ``time_to_live_s``
and ``latency_ms``. The state of the vehicle can be given as a JSON object:
``{"speed": 13.9, "road_class": "URBAN", "speed_limit": 13.9, "stopping": false}`` with speeds in
m/s; what is left out is not known.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from alpamayo_ros.commands.mode_expert import ModeExpert, ModeExpertSettings
from alpamayo_ros.commands.state import VehicleState
from alpamayo_ros.types import (
    SECOND_NS,
    ConfigurationError,
    DrivingLimits,
    ModeDecision,
    RoadClass,
    UserCommand,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--state", type=Path, help="JSON file with the state of the vehicle")
    parser.add_argument("--source", default="passenger", help="who says the sentences")


def run(arguments: argparse.Namespace) -> int:
    """Decide every line of standard input."""
    state = read_state(arguments.state) if arguments.state else VehicleState()
    lines = (raw.decode("utf-8", "replace").rstrip("\r\n") for raw in sys.stdin.buffer)
    for answer in decided(lines, state, arguments.source):
        print(json.dumps(answer, ensure_ascii=True), flush=True)
    return 0


def decided(lines: Iterable[str], state: VehicleState, source: str) -> Iterator[dict[str, Any]]:
    """Decide sentences one by one, each on its own: no rate limit, nothing stands from before."""
    expert = ModeExpert(replace(ModeExpertSettings(), rate_hz=1e6, burst=1_000_000))
    for number, text in enumerate(lines, start=1):
        expert.reset()
        start = time.perf_counter()
        command = UserCommand(number * SECOND_NS, str(number), source, text)
        decision = expert.decide(command, command.stamp_ns, state)
        latency_ms = (time.perf_counter() - start) * 1e3
        yield {"text": text, **as_json(decision), "latency_ms": round(latency_ms, 3)}


def as_json(decision: ModeDecision) -> dict[str, Any]:
    """Return a decision as JSON values: names for enumerations, null for NaN."""
    return {
        "mode": decision.mode.name,
        "verdict": decision.verdict.name,
        "intents": [
            {"intent": intent.name, "parameters": dict(intent.parameters)}
            for intent in decision.intents
        ],
        "reason": decision.reason,
        "reply": decision.reply,
        "nav_text": decision.nav_text,
        "question": decision.question,
        "limits": _limits_as_json(decision.limits),
        "mode_token": decision.mode_token,
        "time_to_live_s": decision.time_to_live_s,
    }


def _limits_as_json(limits: DrivingLimits) -> dict[str, Any]:
    values = {name: getattr(limits, name) for name in ("max_speed", "target_speed", "min_time_gap")}
    found: dict[str, Any] = {
        name: round(value, 3) if math.isfinite(value) else None for name, value in values.items()
    }
    return {**found, "careful": limits.careful}


def read_state(path: Path) -> VehicleState:
    """Read a state; raises ConfigurationError with what is wrong in the file."""
    try:
        given = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"no state in {path}: {error}") from error
    if not isinstance(given, dict):
        raise ConfigurationError(f"{path} holds no JSON object")
    unknown = sorted(set(given) - {"speed", "road_class", "speed_limit", "stopping"})
    if unknown:
        raise ConfigurationError(f"{path}: unknown names {', '.join(unknown)}")
    return VehicleState(
        _speed(given, "speed", path),
        _road_class(given.get("road_class", "UNKNOWN"), path),
        _speed(given, "speed_limit", path),
        bool(given.get("stopping", False)),
    )


def _speed(given: dict[str, Any], name: str, path: Path) -> float:
    value = given.get(name)
    if value is None:
        return math.nan
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not 0 <= value < 150:
        raise ConfigurationError(f"{path}: {name} is {value!r}, must be 0..150 m/s")
    return float(value)


def _road_class(value: object, path: Path) -> RoadClass:
    name = str(value).upper()
    if name not in RoadClass.__members__:
        raise ConfigurationError(
            f"{path}: road_class is {value!r}, must be one of {', '.join(RoadClass.__members__)}"
        )
    return RoadClass[name]
