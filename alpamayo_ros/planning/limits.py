# SPDX-License-Identifier: Apache-2.0
"""What a decision's driving limits mean for a plan: they hold outside the model.

A limit only ever makes a plan more careful than the prediction under it: the plan is never faster
than the prediction is at the same time, keeps its path, and brakes at least as early.

- ``max_speed`` is a ceiling, come down to with comfortable braking; 0 is a stop, and standing.
- ``target_speed`` is a ceiling as well. One above what the model drives asks for more, and the
  plan cannot give that: it only makes faster candidates cheaper in selection.
- ``careful`` lowers acceleration, lateral acceleration and jerk to ``CarefulBounds``, and makes a
  braking that the limits ask for gentler. Braking of the prediction's own is never weakened.
- ``min_time_gap``: nothing in the stack measures the distance to a lead vehicle, so the gap in
  seconds cannot be kept to the number. It means driving carefully, which opens gaps, and it makes
  candidates that get less far cheaper in selection.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.types import DrivingLimits


@dataclass(frozen=True, slots=True)
class CarefulBounds:
    """What driving carefully may ask of passengers: about half of what is comfortable.

    ISO 15622 lets adaptive cruise control use 2.0 m/s^2 to accelerate, and lets it brake at 3.5
    m/s^2; at half of that passengers do not need to hold on.
    """

    max_acceleration: float = 1.0
    """[m/s^2]"""
    deceleration: float = 1.5
    """Towards a limit [m/s^2]."""
    max_lateral_acceleration: float = 1.5
    """[m/s^2]"""
    max_jerk: float = 1.5
    """Longitudinal [m/s^3]."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """How a plan may move along its path; infinite where the prediction alone decides."""

    max_speed: float
    """[m/s]"""
    max_acceleration: float
    """[m/s^2]"""
    deceleration: float
    """Towards ``max_speed`` and towards a curve that is to be driven slower [m/s^2]."""
    max_lateral_acceleration: float
    """[m/s^2]"""
    max_jerk: float
    """Where the prediction does not demand more [m/s^3]."""
    text: str
    """The limits in words; empty: there are none."""

    @property
    def active(self) -> bool:
        """Whether any limit stands."""
        return bool(self.text)

    @property
    def careful(self) -> bool:
        """Whether more than a speed is limited."""
        return self.max_lateral_acceleration < math.inf


def speed_ceiling(limits: DrivingLimits) -> float:
    """The speed that must not be exceeded [m/s]; infinite when none is given."""
    given = [speed for speed in (limits.max_speed, limits.target_speed) if not math.isnan(speed)]
    return max(min(given, default=math.inf), 0.0)


def is_careful(limits: DrivingLimits) -> bool:
    """Whether the limits ask for gentler driving."""
    return limits.careful or limits.min_time_gap > 0.0


def envelope_of(
    limits: DrivingLimits, deceleration: float, bounds: Bounds, careful: CarefulBounds
) -> Envelope:
    """What the limits leave of the bounds; ``deceleration`` is the comfortable one [m/s^2]."""
    envelope = Envelope(
        max_speed=speed_ceiling(limits),
        max_acceleration=bounds.max_acceleration,
        deceleration=deceleration,
        max_lateral_acceleration=math.inf,
        max_jerk=bounds.max_longitudinal_jerk,
        text=_in_words(limits),
    )
    if not is_careful(limits):
        return envelope
    return Envelope(
        max_speed=envelope.max_speed,
        max_acceleration=min(careful.max_acceleration, envelope.max_acceleration),
        deceleration=min(careful.deceleration, envelope.deceleration),
        max_lateral_acceleration=careful.max_lateral_acceleration,
        max_jerk=min(careful.max_jerk, envelope.max_jerk),
        text=envelope.text,
    )


def _in_words(limits: DrivingLimits) -> str:
    words = [
        f"{name} {value:.1f} {unit}"
        for name, value, unit in (
            ("max_speed", limits.max_speed, "m/s"),
            ("target_speed", limits.target_speed, "m/s"),
            ("min_time_gap", limits.min_time_gap, "s"),
        )
        if not math.isnan(value)
    ]
    return ", ".join([*words, "careful"] if limits.careful else words)
