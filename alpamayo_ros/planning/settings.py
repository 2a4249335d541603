# SPDX-License-Identifier: Apache-2.0
"""How the plan is made: each field is a parameter of trajectory_publisher."""

from __future__ import annotations

from dataclasses import dataclass, field

from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.limits import CarefulBounds
from alpamayo_ros.planning.unicycle import STEP_S
from alpamayo_ros.types import HORIZON_LENGTH, ConfigurationError


@dataclass(frozen=True, slots=True)
class PlannerSettings:
    """When a prediction is too old, and how the vehicle is brought to a stop.

    Raises ConfigurationError when the times contradict each other.
    """

    fresh_s: float = 0.3
    """Age of t0 up to which a plan counts as the model's own."""
    hold_s: float = 1.0
    """Age of t0 up to which the last valid prediction is driven; then STOP."""
    deceleration: float = 2.0
    """Comfortable braking [m/s^2]."""
    anchor_tolerance_m: float = 1.0
    """Of the predicted from the measured position, beyond what accelerations explain."""
    follow_tolerance_m: float = 3.0
    """A vehicle this far from its stop plan does not follow it; the stop begins anew."""
    blend_s: float = 0.5
    """In which the plan being driven is left for a new prediction."""
    blend_tolerance_m: float = 0.5
    """A vehicle farther than this, and what it travels in 0.1 s, from the plan being driven does
    not follow it: the plan begins anew, where the new prediction has the vehicle."""
    blend_tolerance_mps: float = 1.5
    """The same for its speed."""
    reject_contradictions: bool = False
    """Whether a candidate that contradicts its own reasoning is refused."""
    bounds: Bounds = field(default_factory=Bounds)
    careful: CarefulBounds = field(default_factory=CarefulBounds)

    def __post_init__(self) -> None:
        """Check the times."""
        last = HORIZON_LENGTH * STEP_S
        if not 0.0 < self.fresh_s <= self.hold_s < last:
            raise ConfigurationError(
                f"fresh_s {self.fresh_s:g} and hold_s {self.hold_s:g} must be "
                f"0 < fresh_s <= hold_s < {last:g} s, the horizon of a prediction"
            )
