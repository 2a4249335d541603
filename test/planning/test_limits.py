# SPDX-License-Identifier: Apache-2.0
"""What a person's words limit is limited, smoothly, until it ends; and nothing is made faster."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning.closed_loop import MS, START, Tick, Vehicle, assert_drivable, drive, towards

from alpamayo_ros.geometry import identity_pose
from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.limits import CarefulBounds, envelope_of, is_careful, speed_ceiling
from alpamayo_ros.planning.plan import Planner
from alpamayo_ros.planning.validation import check_plan
from alpamayo_ros.types import (
    Candidate,
    DrivingLimits,
    Instruction,
    PlanSource,
    Prediction,
    Trace,
    Trajectory,
)

NAN = float("nan")
STOP = Instruction("c7", limits=DrivingLimits(max_speed=0.0))
NOTHING = Instruction()


def between(begin_s: float, end_s: float, instruction: Instruction = STOP) -> object:
    return lambda time_s: instruction if begin_s <= time_s < end_s else NOTHING


def driven(ticks: list[Tick], begin_s: float, end_s: float) -> list[Tick]:
    return [tick for tick in ticks if begin_s <= tick.time_s < end_s]


def cruise(speed: float, curvature: float = 0.0) -> object:
    return lambda _, measured: towards(measured, speed, curvature)


@pytest.mark.parametrize(
    ("noise", "delay_s", "curvature"), [(0.0, 0.0, 0.0), (0.05, 0.0, 0.02), (0.05, 0.4, -0.02)]
)
def test_pull_over_slows_stops_stands_and_is_handed_back(
    noise: float, delay_s: float, curvature: float
) -> None:
    vehicle = Vehicle(10.0, delay_s)
    ticks = list(
        drive(Planner(), vehicle, cruise(10.0, curvature), between(3.0, 14.0), 22.0, noise=noise)
    )
    first = driven(ticks, 3.0, 14.0)[0].plan
    assert first.reason.startswith("LIMITED: max_speed 0.0 m/s by c7; FRESH")
    assert first.source == PlanSource.MODEL and first.speeds[-1] == 0.0
    assert np.diff(first.speeds).max() <= 1e-9
    assert first.accelerations.min() >= -2.01
    way = float(np.linalg.norm(np.diff(first.positions, axis=0), axis=1).sum())
    assert abs(way - 10.0 / 2 * (10.0 / 2.0 + 2.0 / 4.13)) < 2.0
    for tick in ticks:
        assert_drivable(tick.plan)
        assert not check_plan(tick.plan, Bounds())
    slowing = driven(ticks, 3.1, 14.0)
    assert max(tick.jump_m for tick in slowing) < 0.05
    assert max(abs(tick.jump_mps) for tick in slowing) < 0.2
    standing = driven(ticks, 10.0, 14.0)
    assert {float(tick.plan.speeds.max()) for tick in standing} == {0.0}
    assert np.ptp([tick.plan.positions[0] for tick in standing], axis=0).max() < 0.02
    again = driven(ticks, 14.0, 22.0)
    assert all("LIMITED" not in tick.plan.reason for tick in again)
    assert max(tick.jump_m for tick in again) < 0.05
    assert max(abs(tick.jump_mps) for tick in again) < 0.2
    assert again[-1].speed > 6.0


def test_braking_towards_a_limit_builds_up_and_eases_off() -> None:
    ticks = list(drive(Planner(), Vehicle(12.0), cruise(12.0), between(2.0, 99.0), 14.0))
    accelerations = np.array([tick.plan.accelerations[0] for tick in driven(ticks, 2.0, 14.0)])
    assert -2.01 < accelerations.min() < -1.99
    jerk = np.diff(accelerations) / 0.05
    moving = np.array([tick.speed for tick in driven(ticks, 2.0, 14.0)])[:-1] > 0.2
    assert np.abs(jerk[moving]).max() < 4.13 * 1.05


def test_the_limit_goes_on_while_the_vehicle_does_not_obey() -> None:
    """As in a replay: every plan slows down from where the vehicle is, and none jumps unsaid."""
    vehicle = Vehicle(10.0, obeys=False)
    ticks = list(drive(Planner(), vehicle, cruise(10.0), between(2.0, 99.0), 8.0))
    for tick in driven(ticks, 2.0, 8.0):
        assert tick.plan.speeds[-1] == 0.0 and "LIMITED: max_speed 0.0" in tick.plan.reason
        assert abs(tick.plan.speeds[0] - 10.0) < 2.0
        if tick.jump_m > 0.05:
            assert "BEGUN_ANEW: vehicle was off the plan by" in tick.plan.reason
            # brakes at once, not with the build-up of a first time
            assert tick.plan.accelerations[0] == pytest.approx(-2.0, abs=0.01)


def test_a_ceiling_is_kept_without_hunting() -> None:
    limit = Instruction("slow", limits=DrivingLimits(max_speed=6.0))
    ticks = list(drive(Planner(), Vehicle(12.0), cruise(12.0), between(2.0, 99.0, limit), 16.0))
    settled = [tick.plan.speeds[0] for tick in driven(ticks, 8.0, 16.0)]
    assert np.allclose(settled, 6.0, atol=0.05)
    assert min(tick.speed for tick in ticks) > 5.9


def test_a_target_below_is_come_down_to_and_one_above_asks_nothing_of_the_plan() -> None:
    below = Instruction("a", limits=DrivingLimits(target_speed=7.0))
    above = Instruction("b", limits=DrivingLimits(target_speed=20.0))
    ticks = list(drive(Planner(), Vehicle(10.0), cruise(10.0), between(2.0, 99.0, below), 8.0))
    assert ticks[-1].plan.speeds[0] == pytest.approx(7.0, abs=0.05)
    ticks = list(drive(Planner(), Vehicle(10.0), cruise(10.0), between(2.0, 99.0, above), 8.0))
    assert ticks[-1].plan.speeds.max() <= 10.01
    assert ticks[-1].plan.reason.startswith("WITHIN_LIMITS: target_speed 20.0 m/s by b")


def test_careful_takes_curves_slower_and_accelerates_gently() -> None:
    careful = Instruction("c", limits=DrivingLimits(careful=True))
    ticks = list(
        drive(Planner(), Vehicle(2.0), cruise(12.0, 0.03), between(0.0, 99.0, careful), 14.0)
    )
    model = [tick for tick in ticks if tick.plan.source == PlanSource.MODEL]
    assert max(tick.plan.accelerations.max() for tick in model) < 1.05
    assert max((tick.plan.curvatures * tick.plan.speeds**2).max() for tick in model) < 1.6
    assert model[-1].plan.speeds[0] == pytest.approx(math.sqrt(1.5 / 0.03), abs=0.1)


def test_a_time_gap_is_driven_carefully_and_named() -> None:
    gap = Instruction("g", limits=DrivingLimits(min_time_gap=2.0))
    ticks = list(drive(Planner(), Vehicle(2.0), cruise(12.0), between(0.0, 99.0, gap), 4.0))
    assert "LIMITED: min_time_gap 2.0 s by g" in ticks[-1].plan.reason
    assert ticks[-1].plan.accelerations.max() < 1.05


def test_a_prediction_that_brakes_harder_than_the_limit_asks_is_driven() -> None:
    def policy(time_s: float, measured: float) -> Trajectory:
        return towards(measured, 0.0 if time_s > 3.0 else 15.0, hardest=3.9)

    careful = Instruction("c", limits=DrivingLimits(max_speed=8.0, careful=True))
    ticks = list(drive(Planner(), Vehicle(15.0), policy, between(2.5, 99.0, careful), 8.0))
    assert min(tick.plan.accelerations.min() for tick in ticks) < -3.8
    assert driven(ticks, 3.0, 8.0)[-1].speed < 0.5


def _prediction(trajectory: Trajectory, speed: float) -> Prediction:
    return Prediction(
        START, "", "odom", identity_pose(), speed, (Candidate(trajectory, Trace("")),), 0, ""
    )


@settings(max_examples=200, deadline=None)
@given(
    speed=st.floats(0.0, 35.0),
    wanted=st.floats(0.0, 35.0),
    lateral=st.floats(-3.0, 3.0),
    max_speed=st.one_of(st.just(NAN), st.floats(0.0, 30.0)),
    target=st.one_of(st.just(NAN), st.floats(0.0, 40.0)),
    careful=st.booleans(),
    since_ms=st.integers(0, 900),
)
def test_a_limited_plan_is_sound_and_never_faster_or_farther_than_the_prediction(
    speed: float,
    wanted: float,
    lateral: float,
    max_speed: float,
    target: float,
    careful: bool,
    since_ms: int,
) -> None:
    curvature = float(np.clip(lateral / max(speed, wanted, 1.0) ** 2, -0.1, 0.1))
    trajectory = towards(speed, wanted, curvature)
    limited, free = Planner(), Planner()
    for planner in (limited, free):
        assert planner.accept(_prediction(trajectory, speed), START + since_ms * MS) == ()
    now_ns = START + since_ms * MS
    limits = DrivingLimits(max_speed, target, NAN, careful)
    plan, model = limited.plan(now_ns, Instruction("c", limits=limits)), free.plan(now_ns)
    assert plan is not None and model is not None
    assert_drivable(plan)
    count = min(len(plan.speeds), len(model.speeds))
    assert count >= len(model.speeds) - 1
    assert (plan.speeds[:count] <= model.speeds[:count] + 0.01).all()
    ways = [
        np.linalg.norm(np.diff(which.positions[:count], axis=0), axis=1).cumsum()
        for which in (plan, model)
    ]
    assert (ways[0] <= ways[1] + 0.05).all()
    assert np.abs(plan.positions[0] - model.positions[0]).max() < 1e-6
    assert plan.speeds[0] == pytest.approx(model.speeds[0])
    # on the path of the prediction
    for position in plan.positions[::6]:
        fine = model.positions
        steps = fine[1:] - fine[:-1]
        share = np.einsum("ij,ij->i", position - fine[:-1], steps)
        share = np.clip(share / np.maximum(np.einsum("ij,ij->i", steps, steps), 1e-9), 0, 1)
        off = np.linalg.norm(fine[:-1] + share[:, None] * steps - position, axis=1)
        assert off.min() < 0.05


def test_limits_hold_for_the_last_valid_prediction_and_do_not_disturb_a_stop() -> None:
    planner = Planner()
    planner.accept(_prediction(towards(10.0, 10.0), 10.0), START)
    assert planner.plan(START) is not None
    plan = planner.plan(START + 500 * MS, STOP)
    assert plan is not None and plan.source == PlanSource.LAST_VALID
    assert plan.reason.startswith("PREDICTION_LATE") and "LIMITED: max_speed 0.0" in plan.reason
    assert plan.speeds[-1] == 0.0 and plan.speeds[0] == pytest.approx(10.0)
    stop = planner.plan(START + 1100 * MS, STOP)
    later = planner.plan(START + 1150 * MS)
    assert stop is not None and later is not None
    assert stop.source == later.source == PlanSource.STOP
    # the stop begins where the limited plan was
    assert stop.speeds[0] < 9.5
    assert 0.0 < stop.speeds[0] - later.speeds[0] < 0.25


def test_what_the_fields_of_limits_mean() -> None:
    assert speed_ceiling(DrivingLimits()) == math.inf
    assert speed_ceiling(DrivingLimits(max_speed=5.0, target_speed=3.0)) == 3.0
    assert speed_ceiling(DrivingLimits(max_speed=-1.0)) == 0.0
    assert is_careful(DrivingLimits(min_time_gap=2.0)) and not is_careful(DrivingLimits())
    plain = envelope_of(DrivingLimits(), 2.0, Bounds(), CarefulBounds())
    assert not plain.active and plain.max_speed == math.inf
    careful = envelope_of(DrivingLimits(careful=True), 2.0, Bounds(), CarefulBounds())
    assert careful.text == "careful" and careful.max_jerk < plain.max_jerk
    # careful is never less careful than what is configured
    gentle = envelope_of(DrivingLimits(careful=True), 1.0, Bounds(), CarefulBounds())
    assert gentle.deceleration == 1.0
