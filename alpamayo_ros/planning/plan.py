# SPDX-License-Identifier: Apache-2.0
"""The plan that is valid now: from the newest prediction, the last valid one, or a stop."""

from __future__ import annotations

from collections import Counter

import numpy as np

from alpamayo_ros.planning.consistency import contradiction_of
from alpamayo_ros.planning.course import Course
from alpamayo_ros.planning.limits import Envelope, envelope_of
from alpamayo_ros.planning.motion import (
    ACCELERATION,
    CURVATURE,
    HEADING,
    SPEED,
    Motion,
    X,
    Z,
    anchor,
)
from alpamayo_ros.planning.settings import PlannerSettings
from alpamayo_ros.planning.unicycle import STEP_S
from alpamayo_ros.planning.validation import check_plan, check_trajectory
from alpamayo_ros.types import (
    CLOCK_JUMP_NS,
    HORIZON_LENGTH,
    SECOND_NS,
    ClockJumped,
    DrivingLimits,
    EgoState,
    Instruction,
    Plan,
    PlanSource,
    Pose,
    Prediction,
)

_FUTURE_S = 0.05
"""t0 this far ahead of now is still clock jitter between two machines."""

_NOTHING = Instruction()

_UNIT_QUATERNION = 1e-3
"""How far the norm of a quaternion may be from 1."""


class Planner:
    """Turns predictions into the plan for now; a pure state machine in one clock.

    What is driven is the newest valid prediction, below the limits of the standing decision, led
    over to from what was driven before (handover). The stop after it is made with it, and ready.
    Predictions and ego states come in by ``accept`` and ``update_ego``, which return why they were
    refused (each "NAME: with the numbers"; empty: taken). ``plan`` can be asked at any time.
    All three raise ClockJumped when time was set back: call ``reset`` and go on.
    """

    def __init__(self, settings: PlannerSettings | None = None) -> None:
        self.settings = settings or PlannerSettings()
        self.rejected: Counter[str] = Counter()
        """Refused candidates, predictions and ego states, by name."""
        self.reset()

    def reset(self) -> None:
        """Forget everything received; counters stay."""
        self.rejections: tuple[str, ...] = ()
        """Why candidates of the newest prediction were refused, also when another was taken."""
        self.silence = "NO_EGO_STATE: neither prediction nor ego state received"
        """Why ``plan`` returned None."""
        self._ego: EgoState | None = None
        self._newest_now_ns: int | None = None
        self._newest_t0_ns: int | None = None
        self._prediction: Motion | None = None
        self._newest_refused = ""
        self._course = Course(self.settings)

    # -- what comes in

    def accept(self, prediction: Prediction, now_ns: int) -> tuple[str, ...]:
        """Take a prediction: its selected candidate, else the first other one that is sound.

        Names: OUT_OF_ORDER, FUTURE, STALE, WRONG_FRAME, ANCHOR, NOT_FINITE, NO_CANDIDATE,
        CONTRADICTION and those of validation.check_trajectory and check_plan.
        """
        self._check_clock(now_ns)
        newest_ns = self._newest_t0_ns
        if newest_ns is not None and prediction.t0_ns <= newest_ns:
            late_s = (newest_ns - prediction.t0_ns) / SECOND_NS
            behind = f"OUT_OF_ORDER: t0 {late_s:.3f} s behind the newest"
            return self._refuse([self._stale(prediction, now_ns) or behind])
        fault = self._fault_of(prediction, now_ns)
        if not fault.startswith("FUTURE"):
            self._newest_t0_ns = prediction.t0_ns
        if fault:
            self._newest_refused = fault
            return self._refuse([fault])
        reasons: list[str] = []
        for index in _in_order(prediction):
            motion, faults = self._judge(prediction, index)
            if motion is not None:
                self._refuse(reasons)
                self._prediction, self._newest_refused = motion, ""
                return ()
            reasons += [f"{fault} (candidate {index})" for fault in faults]
        self._newest_refused = reasons[0]
        return self._refuse(reasons)

    def update_ego(self, state: EgoState) -> tuple[str, ...]:
        """Take where the vehicle is. Names: NOT_FINITE, OUT_OF_ORDER."""
        newest = self._ego
        if newest is not None and state.stamp_ns < newest.stamp_ns - CLOCK_JUMP_NS:
            back_s = (newest.stamp_ns - state.stamp_ns) / SECOND_NS
            raise ClockJumped(f"ego state stamped {back_s:.3f} s before the newest")
        if not (_sound_pose(state.pose) and np.isfinite((state.speed, state.yaw_rate)).all()):
            return self._count(["NOT_FINITE: ego state with a value that is no number"])
        if newest is not None and state.stamp_ns < newest.stamp_ns:
            back_s = (newest.stamp_ns - state.stamp_ns) / SECOND_NS
            return self._count([f"OUT_OF_ORDER: ego state {back_s:.3f} s behind the newest"])
        self._ego = state
        return ()

    # -- what goes out

    def plan(self, now_ns: int, instruction: Instruction = _NOTHING) -> Plan | None:
        """Return the plan for now; None when nothing is known to plan from (see ``silence``).

        ``instruction`` is the standing one: its limits hold now, its id is named in the reason.
        """
        self._check_clock(now_ns)
        source, reason = self._source(now_ns)
        motion = None
        if self._prediction is not None:
            envelope = self._envelope_of(instruction.limits)
            stopping = source == PlanSource.STOP
            motion = self._course.drive(self._prediction, envelope, now_ns, stopping)
            reason = self._with_limits(reason, source, envelope, instruction.decision_id)
        if source == PlanSource.STOP:
            motion = self._stopping(now_ns)
        if motion is None:
            return None
        t0_ns = None if self._prediction is None else self._prediction.start_ns
        plan = _sample(motion, now_ns, source, reason, t0_ns)
        violations = check_plan(plan, self.settings.bounds)
        if violations:
            self._count([f"UNSOUND_PLAN: {violations[0]}"])
            self.silence = f"UNSOUND_PLAN: {violations[0]}"
            return None
        return plan

    def _source(self, now_ns: int) -> tuple[PlanSource, str]:
        settings = self.settings
        if self._prediction is None:
            detail = f"; newest refused, {self._newest_refused}" if self._newest_refused else ""
            return PlanSource.STOP, f"NO_PREDICTION: none valid so far{detail}"
        age_s = (now_ns - self._prediction.start_ns) / SECOND_NS
        if age_s > settings.hold_s:
            text = f"NO_VALID_PREDICTION: t0 {age_s:.2f} s old > {settings.hold_s:.2f} s"
            return PlanSource.STOP, self._with_refusal(text)
        if self._newest_refused:
            return PlanSource.LAST_VALID, f"NEWEST_REFUSED: {self._newest_refused}"
        if age_s > settings.fresh_s:
            text = f"PREDICTION_LATE: t0 {age_s:.2f} s old > {settings.fresh_s:.2f} s"
            return PlanSource.LAST_VALID, text
        return PlanSource.MODEL, f"FRESH: t0 {age_s:.2f} s old"

    def _with_refusal(self, text: str) -> str:
        return f"{text}; newest refused, {self._newest_refused}" if self._newest_refused else text

    def _with_limits(
        self, reason: str, source: PlanSource, envelope: Envelope, decision_id: str
    ) -> str:
        """The reason with what shapes the plan beside its prediction; a failure stays in front."""
        if source == PlanSource.STOP:
            return reason
        if self._course.anew:
            reason += f"; BEGUN_ANEW: vehicle was off the plan by {self._course.anew}"
        if not envelope.active:
            return reason
        name = "LIMITED" if self._course.limited else "WITHIN_LIMITS"
        text = f"{name}: {envelope.text} by {decision_id or 'no decision'}"
        return f"{text}; {reason}" if source == PlanSource.MODEL else f"{reason}; {text}"

    def _envelope_of(self, limits: DrivingLimits) -> Envelope:
        settings = self.settings
        return envelope_of(limits, settings.deceleration, settings.bounds, settings.careful)

    def _stopping(self, now_ns: int) -> Motion | None:
        """The stop, from where the vehicle is when it is known not to follow the one there is."""
        ego, hold_s = self._ego, self.settings.hold_s
        ego_age_s = float("inf") if ego is None else (now_ns - ego.stamp_ns) / SECOND_NS
        known = -_FUTURE_S <= ego_age_s <= hold_s
        stop = self._course.stop(ego if known else None)
        if stop is None:
            self.silence = "NO_EGO_STATE: neither prediction nor ego state received"
            if ego is not None:
                self.silence = f"EGO_STATE_LATE: {ego_age_s:.2f} s old > {hold_s:.2f} s"
        return stop

    # -- what may come in

    def _check_clock(self, now_ns: int) -> None:
        newest = self._newest_now_ns
        if newest is not None and now_ns < newest - CLOCK_JUMP_NS:
            raise ClockJumped(f"now went back by {(newest - now_ns) / SECOND_NS:.3f} s")
        self._newest_now_ns = now_ns if newest is None else max(newest, now_ns)

    def _fault_of(self, prediction: Prediction, now_ns: int) -> str:
        age_s = (now_ns - prediction.t0_ns) / SECOND_NS
        if age_s < -_FUTURE_S:
            return f"FUTURE: t0 {-age_s:.3f} s ahead of now"
        if stale := self._stale(prediction, now_ns):
            return stale
        if not (_sound_pose(prediction.ego_pose) and np.isfinite(prediction.speed)):
            return "NOT_FINITE: ego pose or speed at t0 is no number"
        ego = self._ego
        if ego is not None and ego.odometry_frame != prediction.odometry_frame:
            return f"WRONG_FRAME: '{prediction.odometry_frame}', odometry '{ego.odometry_frame}'"
        if prediction.selected >= len(prediction.candidates):
            return f"NO_CANDIDATE: {prediction.selected} of {len(prediction.candidates)} selected"
        return ""

    def _stale(self, prediction: Prediction, now_ns: int) -> str:
        age_s = (now_ns - prediction.t0_ns) / SECOND_NS
        if age_s <= self.settings.hold_s:
            return ""
        return f"STALE: t0 {age_s:.2f} s old > {self.settings.hold_s:.2f} s"

    def _judge(self, prediction: Prediction, index: int) -> tuple[Motion | None, list[str]]:
        """The motion of a candidate, or what is wrong with it."""
        bounds = self.settings.bounds
        trajectory = prediction.candidates[index].trajectory
        violations = check_trajectory(trajectory, prediction.speed, bounds)
        if violations:
            return None, [str(violation) for violation in violations]
        contradiction = contradiction_of(prediction.candidates[index].reasoning)
        if contradiction and self.settings.reject_contradictions:
            return None, [f"CONTRADICTION: {contradiction}"]
        motion = anchor(prediction, index)
        violations = check_plan(
            _sample(motion, motion.start_ns, PlanSource.MODEL, "", motion.start_ns), bounds
        )
        off = self._off_the_vehicle(motion)
        faults = [str(violation) for violation in violations] + ([off] if off else [])
        return (None, faults) if faults else (motion, [])

    def _off_the_vehicle(self, motion: Motion) -> str:
        """Odometry must have the vehicle where the prediction has it, now or by extrapolation."""
        ego = self._ego
        if ego is None:
            return ""
        elapsed_s = (ego.stamp_ns - motion.start_ns) / SECOND_NS
        if abs(elapsed_s) > self.settings.hold_s:
            return ""
        there = motion.at(ego.stamp_ns)[X : Z + 1]
        before_m = motion.table[0, SPEED] * max(-elapsed_s, 0.0)
        off = float(np.linalg.norm(there - ego.pose.position))
        bounds = self.settings.bounds
        # a driver or another planner may brake while the prediction accelerates
        spread = (bounds.max_acceleration - bounds.min_acceleration) / 2 * elapsed_s**2
        allowed = self.settings.anchor_tolerance_m + spread + before_m
        if off <= allowed:
            return ""
        return f"ANCHOR: {off:.2f} m > {allowed:.2f} m from where odometry has the vehicle"

    def _refuse(self, reasons: list[str]) -> tuple[str, ...]:
        self.rejections = tuple(reasons)
        return self._count(reasons)

    def _count(self, reasons: list[str]) -> tuple[str, ...]:
        self.rejected.update(reason.split(":")[0] for reason in reasons)
        return tuple(reasons)


def _in_order(prediction: Prediction) -> list[int]:
    """The selected candidate first, then the others as they come."""
    others = range(len(prediction.candidates))
    return [prediction.selected, *(index for index in others if index != prediction.selected)]


def _sound_pose(pose: Pose) -> bool:
    norm = float(np.linalg.norm(pose.quaternion))
    return bool(np.isfinite(pose.position).all()) and abs(norm - 1.0) < _UNIT_QUATERNION


def _sample(
    motion: Motion, now_ns: int, source: PlanSource, reason: str, t0_ns: int | None
) -> Plan:
    elapsed_s = max((now_ns - motion.start_ns) / SECOND_NS, 0.0)
    count = HORIZON_LENGTH + 1
    if source != PlanSource.STOP:
        count = int((motion.duration_s - elapsed_s) / STEP_S + 1e-6) + 1
    times = STEP_S * np.arange(count, dtype=np.float64)
    states = motion.sample(times + elapsed_s)
    return Plan(
        stamp_ns=now_ns,
        odometry_frame=motion.odometry_frame,
        times_s=times,
        positions=states[:, X : Z + 1],
        headings=states[:, HEADING],
        speeds=states[:, SPEED],
        accelerations=states[:, ACCELERATION],
        curvatures=states[:, CURVATURE],
        source=source,
        reason=reason,
        t0_ns=t0_ns,
    )
