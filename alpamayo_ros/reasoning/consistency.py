# SPDX-License-Identifier: Apache-2.0
"""Does the trajectory do what the trace says, on each axis.

A contradiction is what no careful driver would call doing what was said: going on where the trace
stops, speeding up where it slows down, turning to the other side, changing lanes where it keeps
the lane. What the horizon does not reach, or what cannot be seen without a map, is NOT_SHOWN. The
decisions of an axis are checked in their order: "stop, then proceed" has to stop first.
"""

from __future__ import annotations

from alpamayo_ros.reasoning import vocabulary
from alpamayo_ros.reasoning.across import check_path
from alpamayo_ros.reasoning.along import Speeds, check_speed, speeds_of
from alpamayo_ros.reasoning.meta_actions import Manoeuvre
from alpamayo_ros.reasoning.motion import Motion
from alpamayo_ros.reasoning.reading import Reading
from alpamayo_ros.types import Axis, AxisVerdict, Consistency

REVERSE_DISTANCE = 0.5
"""Going back further than this is no noise, and nothing in the vocabulary says so [m]."""


def check(reading: Reading, motion: Motion, whole: Manoeuvre) -> tuple[AxisVerdict, AxisVerdict]:
    """Return the verdicts of the longitudinal and the lateral axis.

    ``whole`` is the manoeuvre of the motion.
    """
    speeds = speeds_of(motion)
    return _longitudinal(reading, speeds), _lateral(reading, motion, whole, speeds)


def _longitudinal(reading: Reading, speeds: Speeds) -> AxisVerdict:
    if reading.longitudinal in (vocabulary.UNPARSED, vocabulary.NONE):
        return _undecided(reading.longitudinal, str(speeds))
    if speeds.reversed_m > REVERSE_DISTANCE:
        reason = f"{reading.longitudinal}: the path goes back {speeds.reversed_m:.1f} m"
        return AxisVerdict(Consistency.CONTRADICTION, reason)
    steps = [step for step in reading.sequence if step.axis is Axis.LONGITUDINAL]
    turning = vocabulary.family_of(reading.lateral) in _SLOW_MANOEUVRES
    verdict, why = check_speed(steps, speeds, turning)
    return AxisVerdict(verdict, f"{reading.longitudinal}: {why}; {speeds}")


_SLOW_MANOEUVRES = (vocabulary.TURN, vocabulary.PULL_OVER, vocabulary.MERGE_SPLIT)


def _lateral(reading: Reading, motion: Motion, whole: Manoeuvre, speeds: Speeds) -> AxisVerdict:
    if reading.lateral in (vocabulary.UNPARSED, vocabulary.NONE):
        return _undecided(reading.lateral, "")
    later = [step.decision for step in reading.sequence if step.axis is Axis.LATERAL][1:]
    waits = reading.longitudinal in (
        vocabulary.STOP, vocabulary.YIELD, vocabulary.GAP_SEARCHING,
    )  # fmt: skip
    verdict, why = check_path(reading.lateral, later, motion, whole, speeds, waits)
    return AxisVerdict(verdict, f"{reading.lateral}: {why}")


def _undecided(decision: str, numbers: str) -> AxisVerdict:
    if decision == vocabulary.UNPARSED:
        return AxisVerdict(Consistency.UNPARSED, "no decision of the vocabulary can be read")
    reason = "the trace decides nothing on this axis"
    return AxisVerdict(Consistency.NOT_SHOWN, f"{reason}; {numbers}" if numbers else reason)
