# SPDX-License-Identifier: Apache-2.0
"""Longitudinal decisions against the speeds of a trajectory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from alpamayo_ros.reasoning import vocabulary as v
from alpamayo_ros.reasoning.motion import STEP_S, Motion
from alpamayo_ros.reasoning.reading import Demand, Step
from alpamayo_ros.types import Consistency

Verdict = tuple[Consistency, str]

STOPPED = 0.4
"""Below this speed the vehicle stands, with the noise of a prediction [m/s]."""
CHANGE = 0.8
"""A change of speed that counts, by the published rules [m/s]."""
HINT = 0.3
"""Less is no change at all [m/s]."""
STRONG = 1.4
"""Strong acceleration, by the published rules [m/s^2]."""
FLOWING = 10.0
"""Below this speed a lead may accelerate strongly itself, as after a red light [m/s]."""
CREEP = 1.0
"""How far a standing vehicle may roll [m]."""


@dataclass(frozen=True, slots=True)
class Speeds:
    """The speeds that decide [m/s]; ``low_s``: when the lowest is reached [s after t0].

    ``high_before`` is the highest before the lowest.
    """

    start: float
    end: float
    low: float
    low_s: float
    high: float
    high_before: float
    strongest: float
    distance: float
    reversed_m: float

    @property
    def drop(self) -> float:
        """How much slower it is at the end [m/s]."""
        return self.start - self.end

    @property
    def dip(self) -> float:
        """How much slower it is at its slowest [m/s]."""
        return self.start - self.low

    @property
    def stops(self) -> bool:
        """Whether the vehicle comes to a standstill, or keeps standing."""
        return self.low <= STOPPED

    def __str__(self) -> str:
        return (
            f"speed {self.start:.1f} to {self.end:.1f} m/s, lowest {self.low:.1f} at "
            f"{self.low_s:.1f} s, {self.distance:.1f} m"
        )


def speeds_of(motion: Motion) -> Speeds:
    """Return the speeds that decide about a motion."""
    speeds = motion.speeds
    low = int(np.argmin(speeds))
    progress = motion.progress
    back = np.maximum.accumulate(progress) - progress
    return Speeds(
        start=motion.start_speed,
        end=motion.end_speed,
        low=float(speeds[low]),
        low_s=low * STEP_S,
        high=float(speeds.max()),
        high_before=float(speeds[: low + 1].max()),
        strongest=float(np.sort(motion.accelerations)[-8]) if len(speeds) > 8 else 0.0,
        distance=motion.distance,
        reversed_m=float(back.max()),
    )


def check_speed(steps: Sequence[Step], speeds: Speeds, turning: bool) -> Verdict:
    """Check the longitudinal decisions in their order; ``turning``: slowing needs no reason."""
    first, later = steps[0], {step.decision for step in steps[1:]}
    return _CHECKS[first.decision](first, later, speeds, turning)


def _consistent(why: str) -> Verdict:
    return Consistency.CONSISTENT, why


def _contradiction(why: str) -> Verdict:
    return Consistency.CONTRADICTION, why


def _not_shown(why: str) -> Verdict:
    return Consistency.NOT_SHOWN, why


def _stop(step: Step, later: set[str], speeds: Speeds, turning: bool) -> Verdict:
    gained = speeds.high_before - speeds.start
    if speeds.stops:
        if gained >= max(1.0, 0.25 * speeds.start) and speeds.start > STOPPED:
            return _contradiction(f"gains {gained:.1f} m/s before it stops")
        if speeds.start <= STOPPED and speeds.low_s < 0.5:
            return _stays(later, speeds)
        return _consistent(f"stands at {speeds.low_s:.1f} s")
    if speeds.drop >= CHANGE and speeds.drop >= 0.1 * speeds.start:
        return _not_shown("slows down; the standstill is beyond the horizon")
    if speeds.start <= 1.0 and speeds.high <= 1.5:
        return _not_shown("creeps")
    return _contradiction("does not stop, nor slow down to stop")


def _stays(later: set[str], speeds: Speeds) -> Verdict:
    """The vehicle stands at t0 already."""
    if speeds.distance <= CREEP or speeds.end <= STOPPED:
        return _consistent("keeps standing")
    if v.SET_SPEED in later:
        return _consistent("has stopped, and goes on as said")
    return _contradiction("stands, and moves off instead of standing")


def _yield(step: Step, later: set[str], speeds: Speeds, turning: bool) -> Verdict:
    if speeds.stops and speeds.start > STOPPED:
        return _consistent("stops")
    if speeds.dip >= CHANGE:
        return _consistent(f"slows down by {speeds.dip:.1f} m/s")
    if speeds.start <= 2.0:
        return _slowly(later, speeds)
    if speeds.end - speeds.start >= CHANGE:
        return _contradiction(f"gains {-speeds.drop:.1f} m/s")
    if speeds.dip < HINT and speeds.start > 3.0:
        return _contradiction("does not slow down")
    return _not_shown(f"slows down by {speeds.dip:.1f} m/s only")


def _slowly(later: set[str], speeds: Speeds) -> Verdict:
    """Yielding from walking pace: nothing is left to slow down."""
    if speeds.high <= speeds.start + CHANGE:
        return _consistent("stays slow")
    if v.SET_SPEED in later:
        return _not_shown("is slow, and goes on as said")
    if speeds.end - speeds.start >= 1.5:
        return _contradiction(f"gains {-speeds.drop:.1f} m/s")
    return _not_shown("hardly moves")


def _adaptation(step: Step, later: set[str], speeds: Speeds, turning: bool) -> Verdict:
    if speeds.dip >= CHANGE:
        return _consistent(f"slows down by {speeds.dip:.1f} m/s")
    if speeds.end - speeds.start >= max(CHANGE, 0.08 * speeds.start) and speeds.start > STOPPED:
        return _contradiction(f"gains {-speeds.drop:.1f} m/s")
    slow = speeds.start <= 3.0
    if step.demand is Demand.SLOWER and speeds.dip < HINT and not slow:
        return _contradiction("does not slow down")
    return _not_shown(f"changes speed by {-speeds.drop:+.1f} m/s, at what is slow enough perhaps")


def _lead(step: Step, later: set[str], speeds: Speeds, turning: bool) -> Verdict:
    gained = speeds.end - speeds.start
    if step.demand is Demand.SLOWER and speeds.start > 2.0:
        return _adaptation(step, later, speeds, turning)
    if step.demand is Demand.NOT_FASTER and speeds.start > 2.0 and gained >= 1.5:
        return _contradiction(f"gains {gained:.1f} m/s behind a lead that slows down")
    if speeds.start > FLOWING and gained >= 2.5 and speeds.strongest >= STRONG:
        return _contradiction(f"gains {gained:.1f} m/s, up to {speeds.strongest:.1f} m/s^2")
    if gained >= 2.5:
        return _not_shown(f"gains {gained:.1f} m/s, as the lead may")
    return _consistent("holds or loses speed")


def _gap(step: Step, later: set[str], speeds: Speeds, turning: bool) -> Verdict:
    if step.demand is Demand.SLOWER and -speeds.drop >= CHANGE and speeds.dip < HINT:
        return _contradiction(f"gains {-speeds.drop:.1f} m/s")
    if step.demand is Demand.FASTER and speeds.drop >= CHANGE:
        return _contradiction(f"loses {speeds.drop:.1f} m/s")
    return _consistent("moves with the traffic")


def _passing(step: Step, later: set[str], speeds: Speeds, turning: bool) -> Verdict:
    gained = speeds.end - speeds.start
    if speeds.drop >= max(1.5, 0.15 * speeds.start):
        return _contradiction(f"loses {speeds.drop:.1f} m/s")
    if gained >= CHANGE:
        return _consistent(f"gains {gained:.1f} m/s")
    if speeds.high <= STOPPED:
        return _contradiction("keeps standing")
    if step.demand is Demand.FASTER and gained < HINT:
        return _contradiction("does not gain speed")
    return _not_shown("holds its speed")


def _set_speed(step: Step, later: set[str], speeds: Speeds, turning: bool) -> Verdict:
    slows_later = bool(later & {v.STOP, v.YIELD, v.SPEED_ADAPTATION, v.LEAD_FOLLOWING})
    if speeds.start <= STOPPED:
        return _moves_off(speeds)
    if step.demand is Demand.HOLD:
        return _hold(speeds, slows_later)
    if step.demand is Demand.FASTER:
        return _faster(speeds, slows_later)
    bound = max(0.15 * speeds.start, min(1.5, 0.3 * speeds.start))
    if speeds.end <= STOPPED and speeds.drop >= HINT and not slows_later:
        return _contradiction("stops")
    if speeds.drop >= bound and not slows_later:
        numbers = f"loses {speeds.drop:.1f} m/s"
        return _not_shown(f"{numbers}, as in a turn") if turning else _contradiction(numbers)
    return _consistent("goes on")


def _moves_off(speeds: Speeds) -> Verdict:
    if speeds.distance <= CREEP and speeds.end <= STOPPED:
        return _contradiction("keeps standing")
    if speeds.high >= CHANGE:
        return _consistent(f"moves off to {speeds.high:.1f} m/s")
    return _not_shown("hardly moves")


def _hold(speeds: Speeds, slows_later: bool) -> Verdict:
    bound = max(0.08 * speeds.start, min(1.5, 0.3 * speeds.start))
    change = -speeds.drop
    if change <= -bound and slows_later:
        return _not_shown("slows down for what comes later")
    if abs(change) >= bound:
        return _contradiction(f"changes speed by {change:+.1f} m/s")
    if speeds.dip >= max(2.0, 0.2 * speeds.start):
        return _contradiction(f"slows down by {speeds.dip:.1f} m/s in between")
    return _consistent(f"changes speed by {change:+.1f} m/s")


def _faster(speeds: Speeds, slows_later: bool) -> Verdict:
    gained = speeds.high - speeds.start
    if gained >= CHANGE and (slows_later or speeds.end - speeds.start >= HINT):
        return _consistent(f"gains {gained:.1f} m/s")
    if speeds.end - speeds.start < HINT and not slows_later:
        return _contradiction(f"changes speed by {-speeds.drop:+.1f} m/s")
    return _not_shown(f"gains {gained:.1f} m/s only")


_Check = Callable[[Step, set[str], Speeds, bool], Verdict]
_CHECKS: dict[str, _Check] = {
    v.STOP: _stop,
    v.YIELD: _yield,
    v.SPEED_ADAPTATION: _adaptation,
    v.LEAD_FOLLOWING: _lead,
    v.GAP_SEARCHING: _gap,
    v.PASSING: _passing,
    v.SET_SPEED: _set_speed,
}
