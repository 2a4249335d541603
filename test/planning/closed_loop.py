# SPDX-License-Identifier: Apache-2.0
"""A vehicle that drives the plans it is given, and a policy that predicts from where it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.planning.plan import Planner
from alpamayo_ros.planning.unicycle import rollout
from alpamayo_ros.types import (
    Candidate,
    EgoState,
    FloatArray,
    Instruction,
    Plan,
    Pose,
    Prediction,
    Trace,
    Trajectory,
)

START = 1_700_000_000_000_000_000
MS = 1_000_000
TICK_MS = 50


def towards(
    speed: float, wanted: float, curvature: float = 0.0, hardest: float = 2.0
) -> Trajectory:
    """A trajectory from a speed to another, along a curve."""
    speeds = [speed]
    for _ in range(64):
        speeds.append(max(speeds[-1] + np.clip(wanted - speeds[-1], -hardest, 1.5) * 0.1, 0.0))
    return rollout(speed, np.diff(speeds) / 0.1, np.full(64, curvature))


@dataclass
class Vehicle:
    """Where it is; it takes ``delay_s`` (first order) to have the speed of a plan."""

    speed: float
    delay_s: float = 0.0
    obeys: bool = True
    position: FloatArray = None  # type: ignore[assignment]
    yaw: float = 0.3

    def __post_init__(self) -> None:
        self.position = np.array([40.0, -7.0, 1.0])

    @property
    def pose(self) -> Pose:
        return Pose(self.position.copy(), quaternion_from_yaw(self.yaw))

    def drive(self, plan: Plan) -> None:
        """Drive on for a tick."""
        if not self.obeys:
            way = self.speed * TICK_MS / 1000
            self.position += way * np.array([np.cos(self.yaw), np.sin(self.yaw), 0.0])
            return
        there, heading, speed = expected(plan, plan.stamp_ns + TICK_MS * MS)
        share = 1.0 if self.delay_s == 0.0 else TICK_MS / 1000 / self.delay_s
        self.speed += (speed - self.speed) * min(share, 1.0)
        late = (speed - self.speed) * self.delay_s
        ahead = np.array([np.cos(heading), np.sin(heading), 0.0])
        self.position, self.yaw = there - late * ahead, heading


@dataclass
class Tick:
    """A plan, what the plan before had for its now, and the state of the vehicle."""

    time_s: float
    plan: Plan
    jump_m: float
    jump_mps: float
    speed: float


def expected(plan: Plan, stamp_ns: int) -> tuple[FloatArray, float, float]:
    """Position, heading and speed that a plan has for a time."""
    after_s = (stamp_ns - plan.stamp_ns) / 1e9
    position = np.array([np.interp(after_s, plan.times_s, plan.positions[:, k]) for k in range(3)])
    heading = float(np.interp(after_s, plan.times_s, plan.headings))
    return position, heading, float(np.interp(after_s, plan.times_s, plan.speeds))


def drive(
    planner: Planner,
    vehicle: Vehicle,
    policy: Callable[[float, float], Trajectory | None],
    instruction: Callable[[float], Instruction],
    seconds: float,
    latency_ms: int = 100,
    noise: float = 0.0,
    seed: int = 0,
) -> Iterator[Tick]:
    """Tick at 20 Hz; ``policy(time_s, measured speed)`` is asked every second tick.

    Its prediction comes ``latency_ms`` later; ``noise`` [m/s] is of the measured speed, a tenth of
    it [m] of the position.
    """
    rng = np.random.default_rng(seed)
    under_way: list[tuple[int, Prediction]] = []
    before: Plan | None = None
    for tick in range(round(seconds * 1000 / TICK_MS)):
        now_ns, time_s = START + tick * TICK_MS * MS, tick * TICK_MS / 1000
        planner.update_ego(EgoState(now_ns, "odom", vehicle.pose, vehicle.speed, 0.0))
        if tick % 2 == 0:
            measured = max(vehicle.speed + rng.normal(0.0, noise), 0.0)
            trajectory = policy(time_s, measured)
            if trajectory is not None:
                pose = vehicle.pose
                pose.position[:2] += rng.normal(0.0, noise / 10, 2)
                candidates = (Candidate(trajectory, Trace("")),)
                prediction = Prediction(now_ns, "", "odom", pose, measured, candidates, 0, "")
                under_way.append((now_ns + latency_ms * MS, prediction))
        while under_way and under_way[0][0] <= now_ns:
            planner.accept(under_way.pop(0)[1], now_ns)
        plan = planner.plan(now_ns, instruction(time_s))
        assert plan is not None, planner.silence
        jump_m = jump_mps = 0.0
        if before is not None:
            there, _, speed = expected(before, now_ns)
            jump_m = float(np.linalg.norm(plan.positions[0] - there))
            jump_mps = float(plan.speeds[0]) - speed
        yield Tick(time_s, plan, jump_m, jump_mps, vehicle.speed)
        vehicle.drive(plan)
        before = plan


def assert_drivable(plan: Plan) -> None:
    """Speeds, places, headings and accelerations of a plan tell one and the same motion."""
    steps = np.diff(plan.positions, axis=0)
    lengths = np.linalg.norm(steps, axis=1)
    means = (plan.speeds[:-1] + plan.speeds[1:]) / 2
    assert np.abs(lengths - means * np.diff(plan.times_s)).max() < 0.06
    moving = lengths > 0.1
    courses = np.arctan2(steps[moving, 1], steps[moving, 0])
    middle = ((plan.headings[:-1] + plan.headings[1:]) / 2)[moving]
    off = np.abs((courses - middle + np.pi) % (2 * np.pi) - np.pi)
    assert off.max(initial=0.0) < 0.05
    assert np.abs(np.diff(plan.headings)).max() < 0.2
    assert plan.speeds.min() >= 0.0
    assert np.abs(plan.curvatures).max() <= 0.2 + 1e-3
