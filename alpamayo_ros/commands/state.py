# SPDX-License-Identifier: Apache-2.0
"""What the mode expert is told about the vehicle; everything not known is the careful case."""

from __future__ import annotations

import math
from dataclasses import dataclass

from alpamayo_ros.types import RoadClass

ASSUMED_LIMITS = {
    RoadClass.UNKNOWN: 50 / 3.6,
    RoadClass.URBAN: 50 / 3.6,
    RoadClass.RURAL: 80 / 3.6,
    RoadClass.MOTORWAY: 100 / 3.6,
}
"""Speed [m/s] that a wish may ask for where no legal limit is known: the low end of common law."""


@dataclass(frozen=True, slots=True)
class VehicleState:
    """The vehicle now. Speeds in m/s, NaN: not known.

    ``speed_limit`` is the legal one here. ``stopping`` is true while the stack itself brakes to a
    stop (a plan of source STOP), not while a passenger's STOP stands.
    """

    speed: float = math.nan
    road_class: RoadClass = RoadClass.UNKNOWN
    speed_limit: float = math.nan
    stopping: bool = False

    def ceiling(self, cap: float) -> float:
        """Return the speed [m/s] no wish may exceed.

        The least of the configured cap and the legal limit. Where no limit is known: the assumed
        one of the road class, or the speed the vehicle already has if that is more, for a wish
        for speed must not make it brake.
        """
        if math.isfinite(self.speed_limit) and self.speed_limit > 0.0:
            return min(cap, self.speed_limit)
        speed = self.speed if math.isfinite(self.speed) else 0.0
        return min(cap, max(ASSUMED_LIMITS[self.road_class], speed))


UNKNOWN_STATE = VehicleState()
