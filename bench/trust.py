# SPDX-License-Identifier: Apache-2.0
"""Six candidates read, checked, selected and planned in one tick, on one core.

What vla_inference and trajectory_publisher do with a prediction between them, less the policy and
the transport: every trace is read, every trajectory checked against it, one is selected, and the
plan for now is made. Traces change every few ticks, as a policy's do; next to it every trace of
every tick is new, so that nothing that was read before helps.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.planning.plan import Planner
from alpamayo_ros.planning.unicycle import STEP_S
from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.policy.judgement import Judge
from alpamayo_ros.types import (
    SECOND_NS,
    TICK_NS,
    Candidate,
    DrivingLimits,
    EgoState,
    Instruction,
    Pose,
    Prediction,
    Trace,
)
from bench.sensors import percentiles

CANDIDATES = 6
WARM_UP = 50
LANE_WIDTH = 3.5
_PLANS_A_TICK = 2
"""20 Hz of plans beside 10 Hz of predictions; that of the prediction is one of them."""

_BEGINS = (
    "Adapt speed", "Keep distance to the lead vehicle", "Nudge to the right", "Keep the lane",
    "Stop at the stop line", "Change to the left lane", "Accelerate to proceed", "Yield",
)  # fmt: skip
_CAUSES = (
    "since the straight traffic light is red", "because the road bends ahead",
    "to avoid the construction cones encroaching on the lane",
    "since the pedestrian is crossing ahead of the right turn path",
    "since the red light turned green", "because the lead vehicle is slowing down",
    "to stay in the through lane while moderating speed and approaching the crosswalk",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the benchmark's arguments."""
    parser.add_argument("--ticks", type=int, default=1500)
    parser.add_argument("--hold", type=int, default=5, help="ticks a trace stays as it is")


def run(arguments: argparse.Namespace) -> int:
    """Measure with traces that last, and with new ones every time; print JSON."""
    result = {
        "benchmark": "trust",
        "conditions": {
            "candidates": CANDIDATES, "ticks": arguments.ticks, "hold": arguments.hold,
            "cpus": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1),
        },
        "traces_that_last_ms": measure(arguments.ticks, arguments.hold, unique=False),
        "every_trace_new_ms": measure(arguments.ticks, 1, unique=True),
    }  # fmt: skip
    print(json.dumps(result, indent=2))
    return 0


def measure(ticks: int, hold: int, unique: bool) -> dict[str, object]:
    """Times of the whole tick, and of its two halves [ms]; and how the plans came out.

    "tick_cpu" is what this thread worked: without what other processes took of its core.
    """
    judge, planner = Judge(lane_width=LANE_WIDTH), Planner()
    judged: list[float] = []
    planned: list[float] = []
    worked: list[float] = []
    sources: dict[str, int] = {}
    # one core, and no collection of what the other benchmarks left
    gc.collect()
    for number, (prediction, state, instruction) in enumerate(
        _drive(ticks + WARM_UP, hold, unique)
    ):
        worked_before = time.thread_time()
        began = time.perf_counter()
        chosen = judge.judge(prediction, instruction.limits)
        between = time.perf_counter()
        planner.update_ego(state)
        planner.accept(chosen, state.stamp_ns)
        plans = [
            planner.plan(state.stamp_ns + k * TICK_NS // _PLANS_A_TICK, instruction)
            for k in range(_PLANS_A_TICK)
        ]
        ended = time.perf_counter()
        worked_s = time.thread_time() - worked_before
        if number < WARM_UP:
            continue
        worked.append(worked_s)
        judged.append(between - began)
        planned.append(ended - between)
        for plan in plans:
            name = "NONE" if plan is None else plan.source.name
            sources[name] = sources.get(name, 0) + 1
    whole = [a + b for a, b in zip(judged, planned, strict=True)]
    return {
        "tick": percentiles(whole), "tick_cpu": percentiles(worked),
        "read_check_select": percentiles(judged),
        "plan": percentiles(planned), "plan_sources": sources,
    }  # fmt: skip


def _drive(
    ticks: int, hold: int, unique: bool
) -> Iterator[tuple[Prediction, EgoState, Instruction]]:
    """A drive with bends, at changing speed; every candidate a little different each tick."""
    generator = np.random.default_rng(5)
    policy = ConstantTurnRateAcceleration()
    limits = (DrivingLimits(), DrivingLimits(max_speed=13.0, careful=True))
    x = y = yaw = 0.0
    traces: list[str] = []
    for tick in range(ticks):
        t0_ns = 1_700_000_000 * SECOND_NS + tick * TICK_NS
        speed = 10.0 + 2.5 * np.sin(tick / 40)
        acceleration = 2.5 / 40 * np.cos(tick / 40) / STEP_S
        yaw_rate = 0.12 * np.sin(tick / 55)
        if tick % hold == 0:
            traces = [_trace(generator, f"{tick} {k}" if unique else "") for k in range(CANDIDATES)]
        candidates = tuple(
            Candidate(
                policy.trajectory(
                    speed, acceleration + generator.normal(0.0, 0.12),
                    yaw_rate + generator.normal(0.0, 0.01),
                ),
                Trace(text, 20),
            )
            for text in traces
        )  # fmt: skip
        pose = Pose(np.array((x, y, 0.0)), quaternion_from_yaw(yaw))
        prediction = Prediction(
            t0_ns, "bench", "odom", pose, speed, candidates, 0, "", {"total": 0.0}
        )
        # what was seen at t0 is planned 80 ms later
        state = EgoState(t0_ns, "odom", pose, speed, yaw_rate)
        now = replace(state, stamp_ns=t0_ns + 80_000_000, pose=_moved(x, y, yaw, speed * 0.08))
        yield prediction, now, Instruction(limits=limits[tick // 200 % 2])
        x += speed * STEP_S * np.cos(yaw + yaw_rate * STEP_S / 2)
        y += speed * STEP_S * np.sin(yaw + yaw_rate * STEP_S / 2)
        yaw += yaw_rate * STEP_S


def _moved(x: float, y: float, yaw: float, way: float) -> Pose:
    ahead = np.array((x + way * np.cos(yaw), y + way * np.sin(yaw), 0.0))
    return Pose(ahead, quaternion_from_yaw(yaw))


def _trace(generator: np.random.Generator, mark: str) -> str:
    begin = _BEGINS[generator.integers(len(_BEGINS))]
    cause = _CAUSES[generator.integers(len(_CAUSES))]
    number = f" near sign {mark}" if mark else ""
    return f"{begin} {cause}{number}."
