# SPDX-License-Identifier: Apache-2.0
"""What is being driven: a motion towards the newest prediction, and the stop that follows it."""

from __future__ import annotations

import numpy as np

from alpamayo_ros.geometry import wrap_angle
from alpamayo_ros.planning.handover import BLEND_PEAK, DT_NS, hand_over, steps_back
from alpamayo_ros.planning.limits import Envelope
from alpamayo_ros.planning.motion import ACCELERATION, HEADING, SPEED, Motion, X, Z
from alpamayo_ros.planning.settings import PlannerSettings
from alpamayo_ros.planning.stop import stop_along, stop_straight
from alpamayo_ros.planning.validation import STANDSTILL_MPS
from alpamayo_ros.types import SECOND_NS, EgoState, FloatArray

_FOLLOW_DELAY_S = 0.1
"""A vehicle that follows a plan well is late on it by its controller's delay."""

_FOLLOW_TURN_RAD = 0.2

# Closer than this a prediction is driven as it is.
_SAME_M, _SAME_MPS, _SAME_RAD, _SAME_MPS2 = 0.002, 0.01, 0.002, 0.2


class Course:
    """The motion being driven and the stop after it, led over to each new prediction.

    It is what was to be driven that a new prediction is led over from, not what was measured: a
    vehicle that follows well gets plans without jumps. One that is too far from its plan does not
    follow; then the motion begins anew, where the prediction has the vehicle.
    """

    def __init__(self, settings: PlannerSettings) -> None:
        self.settings = settings
        self.limited = False
        """Whether limits make the motion slower than its prediction."""
        self.anew = ""
        """By how much the vehicle was off the plan, when the motion began anew; else empty."""
        self._prediction: Motion | None = None
        self._envelope: Envelope | None = None
        self._motion: Motion | None = None
        self._stop: Motion | None = None

    def drive(self, prediction: Motion, envelope: Envelope, now_ns: int, stopping: bool) -> Motion:
        """Return the motion to drive; it is made, and its stop with it, when something is new.

        That is the prediction, or the limits; but a stop that has begun (``stopping``) goes on as
        it is, whatever the limits.
        """
        new = prediction is not self._prediction
        if self._motion is not None and not new and (stopping or envelope == self._envelope):
            return self._motion
        begin = self._begin(prediction, now_ns) if new else self._driven_at(now_ns)
        self._prediction, self._envelope = prediction, envelope
        self._motion = self._lead_over(prediction, now_ns, begin, envelope)
        settings = self.settings
        bounds = settings.bounds
        runs_out_ns = prediction.start_ns + round(settings.hold_s * SECOND_NS)
        self._stop = stop_along(
            self._motion, (runs_out_ns - self._motion.start_ns) / SECOND_NS,
            settings.deceleration, -bounds.min_acceleration, bounds.max_longitudinal_jerk,
        )  # fmt: skip
        return self._motion

    def stop(self, ego: EgoState | None) -> Motion | None:
        """Return the stop that was made with the motion; a new one when the vehicle is elsewhere.

        ``ego`` is where the vehicle is, when that is known. None when nothing is known.
        """
        if ego is not None and not self._follows_stop(ego):
            settings = self.settings
            jerk = settings.bounds.max_longitudinal_jerk
            self._stop = self._motion = stop_straight(ego, settings.deceleration, jerk)
        return self._stop

    def _follows_stop(self, ego: EgoState) -> bool:
        """Whether the vehicle is where the stop has it, at the time of the ego state."""
        if self._stop is None or self._stop.odometry_frame != ego.odometry_frame:
            return False
        if ego.stamp_ns < self._stop.start_ns:
            return True
        off = np.linalg.norm(self._stop.at(ego.stamp_ns)[X : Z + 1] - ego.pose.position)
        return bool(off <= self.settings.follow_tolerance_m)

    # -- from what is driven to a prediction

    def _lead_over(
        self, prediction: Motion, now_ns: int, begin: FloatArray, envelope: Envelope
    ) -> Motion:
        self.limited = False
        if not envelope.active and _same(begin, prediction.at(now_ns)):
            return prediction
        self._motion = self._motion or prediction
        past = self._past(now_ns, prediction.start_ns)
        settings = self.settings
        driven = hand_over(
            prediction, now_ns, begin, past, envelope, settings.bounds, settings.blend_s
        )
        if driven is None:
            return prediction
        self.limited = driven.limited
        return driven.motion

    def _begin(self, prediction: Motion, now_ns: int) -> FloatArray:
        """Where a new prediction begins: as is being driven, or where it has the vehicle.

        Which of them is seen at t0, when the prediction has the measured state. What it is slower
        by at t0 is led over to; what it has braked since is its will, and done at once.
        """
        there, self.anew = prediction.at(now_ns), ""
        if self._motion is None or self._motion.odometry_frame != prediction.odometry_frame:
            self._motion = self._stop = None
            return there
        begin = self._driven_at(now_ns)
        driven, measured = self._state_at(prediction.start_ns), prediction.table[0]
        self.anew = self._not_followed(driven, measured)
        if self.anew:
            self._motion = self._stop = None
            # a vehicle that is slow to brake is to go on braking
            there[ACCELERATION] = min(there[ACCELERATION], begin[ACCELERATION])
            return there
        faster = max(float(driven[SPEED] - measured[SPEED]), 0.0)
        most = there[SPEED] + min(faster, self._spare(prediction, now_ns))
        begin[SPEED] = min(begin[SPEED], most)
        return begin

    def _spare(self, prediction: Motion, now_ns: int) -> float:
        """Speed [m/s] that can be lost within ``blend_s`` beside what the prediction brakes."""
        blend_s = self.settings.blend_s
        later = prediction.at(now_ns + round(blend_s * SECOND_NS))
        braking = (prediction.at(now_ns)[SPEED] - later[SPEED]) / blend_s
        spare = -self.settings.bounds.min_acceleration - max(float(braking), 0.0)
        return max(spare, 0.0) * blend_s / BLEND_PEAK

    def _not_followed(self, driven: FloatArray, measured: FloatArray) -> str:
        """How far the vehicle is from what it was to drive; empty: it follows."""
        settings = self.settings
        off = float(np.linalg.norm(driven[X : Z + 1] - measured[X : Z + 1]))
        allowed = settings.blend_tolerance_m + _FOLLOW_DELAY_S * measured[SPEED]
        if off > allowed:
            return f"{off:.2f} m > {allowed:.2f} m"
        speed = abs(float(driven[SPEED] - measured[SPEED]))
        if speed > settings.blend_tolerance_mps:
            return f"{speed:.2f} m/s > {settings.blend_tolerance_mps:.2f} m/s"
        turned = abs(float(wrap_angle(driven[HEADING] - measured[HEADING])))
        if turned > _FOLLOW_TURN_RAD and measured[SPEED] > STANDSTILL_MPS:
            return f"{turned:.2f} rad > {_FOLLOW_TURN_RAD:.2f} rad"
        return ""

    # -- what was to be driven

    def _driven_at(self, now_ns: int) -> FloatArray:
        """The state (7,) being driven now, with the acceleration that has led to it."""
        state = self._state_at(now_ns)
        state[ACCELERATION] = self._state_at(now_ns - DT_NS)[ACCELERATION]
        return state

    def _state_at(self, stamp_ns: int) -> FloatArray:
        """The state (7,) that was or is to be driven at a time."""
        assert self._motion is not None
        if self._stop is not None and stamp_ns > self._stop.start_ns:
            return self._stop.at(stamp_ns)
        return self._motion.at(stamp_ns)

    def _past(self, now_ns: int, since_ns: int) -> FloatArray:
        """States (M, 7) driven at the multiples of DT before now that reach back to a time."""
        steps = range(steps_back(now_ns, since_ns), 0, -1)
        states = [self._state_at(now_ns - step * DT_NS) for step in steps]
        return np.array(states).reshape(-1, 7)


def _same(driven: FloatArray, predicted: FloatArray) -> bool:
    """Whether a state that is driven is the predicted one, but for rounding."""
    off = np.abs(driven - predicted)
    return bool(
        off[X : Z + 1].max() < _SAME_M
        and abs(float(wrap_angle(driven[HEADING] - predicted[HEADING]))) < _SAME_RAD
        and off[SPEED] < _SAME_MPS
        and off[ACCELERATION] < _SAME_MPS2
    )
