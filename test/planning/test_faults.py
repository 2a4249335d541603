# SPDX-License-Identifier: Apache-2.0
"""Ten thousand ticks of predictions with faults in them: nothing unsound is published."""

from __future__ import annotations

import dataclasses
from collections import Counter, deque
from collections.abc import Callable
from itertools import cycle

import numpy as np
import pytest
from planning.closed_loop import (
    MS,
    START,
    TICK_MS,
    Vehicle,
    assert_drivable,
    expected,
    towards,
)

from alpamayo_ros.planning.plan import Planner
from alpamayo_ros.planning.validation import check_plan
from alpamayo_ros.types import (
    Candidate,
    DrivingLimits,
    EgoState,
    Instruction,
    Plan,
    PlanSource,
    Prediction,
    Trace,
    Trajectory,
)

Rng = np.random.Generator
Fault = Callable[[Prediction, Rng], Prediction]


def _with(prediction: Prediction, **changes: object) -> Prediction:
    (candidate,) = prediction.candidates
    trajectory = dataclasses.replace(candidate.trajectory, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(
        prediction, candidates=(dataclasses.replace(candidate, trajectory=trajectory),)
    )


def _of(prediction: Prediction) -> Trajectory:
    return prediction.candidates[0].trajectory


def _not_finite(prediction: Prediction, rng: Rng) -> Prediction:
    field = str(rng.choice(["positions", "headings", "speeds", "accelerations", "curvatures"]))
    array = getattr(_of(prediction), field).copy()
    array[rng.integers(64)] = rng.choice([np.nan, np.inf, -np.inf])
    return _with(prediction, **{field: array})


def _folded(prediction: Prediction, rng: Rng) -> Prediction:
    positions = _of(prediction).positions.copy()
    at = int(rng.integers(20, 50))
    positions[at:] = 2 * positions[at] - positions[at:]
    return _with(prediction, positions=positions)


def _reversed(prediction: Prediction, _: Rng) -> Prediction:
    trajectory = _of(prediction)
    return _with(prediction, positions=-trajectory.positions, speeds=-trajectory.speeds)


def _jumping_start(prediction: Prediction, rng: Rng) -> Prediction:
    angle = rng.uniform(0, 2 * np.pi)
    jump = rng.uniform(1.0, 30.0) * np.array([np.cos(angle), np.sin(angle), 0.0])
    return _with(prediction, positions=_of(prediction).positions + jump)


def _sideways(prediction: Prediction, rng: Rng) -> Prediction:
    positions = _of(prediction).positions.copy()
    positions[:, 1] += rng.choice([-1, 1]) * rng.uniform(0.5, 2.0) * 0.1 * np.arange(64)
    return _with(prediction, positions=positions)


def _too_long(prediction: Prediction, rng: Rng) -> Prediction:
    more = 64 + int(rng.integers(1, 40))
    return _resized(prediction, more)


def _too_short(prediction: Prediction, rng: Rng) -> Prediction:
    return _resized(prediction, int(rng.integers(0, 64)))


def _resized(prediction: Prediction, count: int) -> Prediction:
    names = ("positions", "headings", "speeds", "accelerations", "curvatures")
    rows = np.minimum(np.arange(count), 63)
    return _with(prediction, **{name: getattr(_of(prediction), name)[rows] for name in names})


def _spread(prediction: Prediction, rng: Rng) -> Prediction:
    return _with(prediction, positions=_of(prediction).positions * rng.uniform(8.0, 20.0))


def _creeping(prediction: Prediction, _: Rng) -> Prediction:
    return _with(prediction, positions=_of(prediction).positions * 0.05)


def _stale(prediction: Prediction, rng: Rng) -> Prediction:
    late_ns = int(rng.integers(1200, 5000)) * MS
    return dataclasses.replace(prediction, t0_ns=prediction.t0_ns - late_ns)


def _ahead(prediction: Prediction, rng: Rng) -> Prediction:
    return dataclasses.replace(
        prediction, t0_ns=prediction.t0_ns + int(rng.integers(300, 900)) * MS
    )


def _elsewhere(prediction: Prediction, rng: Rng) -> Prediction:
    position = prediction.ego_pose.position + np.array([rng.uniform(8.0, 50.0), 0.0, 0.0])
    return dataclasses.replace(
        prediction, ego_pose=dataclasses.replace(prediction.ego_pose, position=position)
    )


FAULTS: dict[str, tuple[Fault, str]] = {
    "NaN": (_not_finite, "NOT_FINITE"),
    "folded": (_folded, "FOLDED"),
    "reversed": (_reversed, "BACKWARDS"),
    "jumping start": (_jumping_start, "START"),
    "sideways": (_sideways, "SIDEWAYS"),
    "too long": (_too_long, "SHAPE"),
    "too short": (_too_short, "SHAPE"),
    "spread": (_spread, "SPACING"),
    "creeping": (_creeping, "FORWARD_LENGTH"),
    "stale": (_stale, "STALE"),
    "ahead": (_ahead, "FUTURE"),
    "out of order": (lambda prediction, _: prediction, "OUT_OF_ORDER"),
    "elsewhere": (_elsewhere, "ANCHOR"),
}

_CRUISE = 9.0


def _predict(vehicle: Vehicle, now_ns: int, rng: Rng) -> Prediction:
    measured = max(vehicle.speed + rng.normal(0.0, 0.02), 0.0)
    wanted = _CRUISE if (now_ns // (15_000 * MS)) % 2 else 0.75 * _CRUISE
    trajectory = towards(measured, wanted, 0.01)
    return Prediction(
        now_ns, "", "odom", vehicle.pose, measured, (Candidate(trajectory, Trace("")),), 0, ""
    )


class Drive:
    """One planner and a vehicle that obeys it, tick by tick; every plan is looked at."""

    def __init__(self, seed: int) -> None:
        self.planner, self.vehicle = Planner(), Vehicle(_CRUISE)
        self.rng = np.random.default_rng(seed)
        self.now_ns = START
        self.last: Plan | None = None
        self.instruction = Instruction()
        self.valid: deque[Prediction] = deque(maxlen=4)
        self.sources: Counter[PlanSource] = Counter()

    def tick(self, fault: str | None, predicted: bool) -> Plan:
        """Advance by 50 ms; with a prediction, which has a fault or none."""
        now_ns, vehicle = self.now_ns, self.vehicle
        self.planner.update_ego(EgoState(now_ns, "odom", vehicle.pose, vehicle.speed, 0.0))
        if predicted:
            self._predict(fault)
        plan = self.planner.plan(now_ns, self.instruction)
        assert plan is not None, self.planner.silence
        self._look_at(plan)
        vehicle.drive(plan)
        self.last, self.now_ns = plan, now_ns + TICK_MS * MS
        self.sources[plan.source] += 1
        return plan

    def _predict(self, fault: str | None) -> None:
        prediction = _predict(self.vehicle, self.now_ns, self.rng)
        if fault is None:
            assert self.planner.accept(prediction, self.now_ns) == ()
            self.valid.append(prediction)
            return
        make, name = FAULTS[fault]
        if fault == "out of order":
            # once more, later, what was driven already: until that is stale
            prediction = self.valid[int(self.rng.integers(len(self.valid)))]
            late_s = (self.now_ns - prediction.t0_ns) / 1e9
            name = "STALE" if late_s > self.planner.settings.hold_s else name
        if fault == "creeping" and self.vehicle.speed < 6.5:
            # braking could stop it that soon
            name = "INCONSISTENT_SPEED"
        reasons = self.planner.accept(make(prediction, self.rng), self.now_ns)
        found = {reason.split(":")[0] for reason in reasons}
        assert name in found, (fault, reasons)
        assert self.planner.rejections == reasons

    def _look_at(self, plan: Plan) -> None:
        bounds = self.planner.settings.bounds
        assert not check_plan(plan, bounds), (plan.source, plan.reason)
        assert_drivable(plan)
        assert plan.accelerations.min() > bounds.min_acceleration * 1.02
        assert plan.accelerations.max() < bounds.max_acceleration * 1.02
        if plan.source == PlanSource.STOP:
            assert np.diff(plan.speeds).max() <= 1e-9
        if self.last is not None:
            there, _, speed = expected(self.last, plan.stamp_ns)
            assert np.linalg.norm(plan.positions[0] - there) < 0.05, plan.reason
            assert plan.speeds[0] - speed < 0.2, plan.reason
            assert plan.speeds[0] - speed > -0.3, plan.reason


def test_ten_thousand_ticks_with_faults() -> None:
    """Predictions at 10 Hz of which a third are faulty, in runs of up to four seconds."""
    drive = Drive(seed=5)
    rng = drive.rng
    names = cycle([*FAULTS, "silence"])
    injected: Counter[str] = Counter()
    fault: str | None = None
    for tick in range(10_000):
        if tick % 2 == 0 and (tick < 20 or rng.random() < 0.08):
            faulty = tick > 20 and fault is None and rng.random() < 0.75
            fault = next(names) if faulty else None
        if tick % 400 == 100:
            speed = float(rng.choice([np.nan, 0.0, 5.0]))
            limits = DrivingLimits(max_speed=speed, careful=bool(rng.random() < 0.3))
            drive.instruction = Instruction("words", limits=limits)
        if tick % 400 == 300:
            drive.instruction = Instruction()
        predicted = tick % 2 == 0 and fault != "silence"
        plan = drive.tick(fault, predicted)
        if predicted:
            injected[fault or "none"] += 1
            late = fault in ("stale", "ahead", "out of order")
            if fault is None:
                assert plan.source == PlanSource.MODEL
            elif late:
                # what comes late or early says nothing against the one that is driven
                assert plan.source in set(PlanSource)
            else:
                assert plan.source != PlanSource.MODEL
                assert "NEWEST_REFUSED" in plan.reason or "newest refused" in plan.reason
    assert set(injected) == {*FAULTS, "none"} and min(injected.values()) > 20
    assert min(drive.sources.values()) > 300
    assert drive.planner.rejected["UNSOUND_PLAN"] == 0


@pytest.mark.parametrize("fault", [*FAULTS, "silence"])
def test_each_fault_ends_in_a_stop_within_hold_and_standing_still(fault: str) -> None:
    drive = Drive(seed=7)
    settings = drive.planner.settings
    for tick in range(40):
        drive.tick(None, tick % 2 == 0)
    last_valid_ns = drive.now_ns - 2 * TICK_MS * MS
    stopped_ns = None
    for tick in range(200):
        plan = drive.tick(
            None if fault == "silence" else fault, fault != "silence" and tick % 2 == 0
        )
        late_s = (plan.stamp_ns - last_valid_ns) / 1e9
        if plan.source == PlanSource.STOP and stopped_ns is None:
            stopped_ns = plan.stamp_ns
            assert "NO_VALID_PREDICTION: t0 1.0" in plan.reason
            if fault not in ("silence", "ahead", "stale"):
                assert f"newest refused, {FAULTS[fault][1]}" in plan.reason or fault in (
                    "folded", "reversed", "sideways", "spread", "creeping", "out of order",
                )  # fmt: skip
        if stopped_ns is not None:
            assert plan.source == PlanSource.STOP
        assert (plan.source == PlanSource.STOP) == (late_s > settings.hold_s)
    assert stopped_ns is not None
    assert stopped_ns - last_valid_ns <= round((settings.hold_s + 0.05) * 1e9)
    assert drive.last is not None
    assert not drive.last.speeds.any()
    assert np.ptp(drive.last.positions, axis=0).max() == 0.0
    # and it goes on when a sound one comes
    assert drive.tick(None, predicted=True).source == PlanSource.MODEL
