# SPDX-License-Identifier: Apache-2.0
"""A crossing: stop line, traffic light with a schedule, crosswalk, and who walks over it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

from alpamayo_ros.drives.world.road import LEFT_EDGE, RIGHT_EDGE

CROSSWALK = (1.6, 4.6)
"""Where the crosswalk begins and ends [m], after the stop line."""

SIDE_STREET = (7.0, 15.0)
ONCOMING_STOP_LINE = 17.0
SIGNAL_POST = 5.4

_WALKING_SPEED = 1.5
_WALK_AFTER_RED_S = 0.4
_WAITING = 1.1


class Signal(Enum):
    """What a traffic light shows."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A crossing with its stop line at ``s`` [m], and the schedule of its light.

    ``yellow_at_s`` is the time of one beginning of yellow; yellow, red and green follow each other
    forever, before it as after it. Red is long enough for the pedestrian to reach the other side.
    """

    name: str
    s: float
    yellow_at_s: float
    yellow_s: float = 3.0
    red_s: float = 8.6
    green_s: float = 15.0

    @property
    def cycle_s(self) -> float:
        """Duration of one cycle of the light [s]."""
        return self.yellow_s + self.red_s + self.green_s

    def signal(self, time_s: float) -> Signal:
        """What the light shows at a time."""
        phase = (time_s - self.yellow_at_s) % self.cycle_s
        if phase < self.yellow_s:
            return Signal.YELLOW
        return Signal.RED if phase < self.yellow_s + self.red_s else Signal.GREEN

    def pedestrian(self, time_s: float) -> tuple[float, float, int]:
        """Where the pedestrian is: s [m], d [m], and walking direction along d (-1, 0 or 1).

        One walk each red, to the right first and then back; in between the pedestrian waits.
        """
        walk_at_s = self.yellow_at_s + self.yellow_s + _WALK_AFTER_RED_S
        cycle = math.floor((time_s - walk_at_s) / self.cycle_s)
        walked = (time_s - walk_at_s - cycle * self.cycle_s) * _WALKING_SPEED
        left, right = LEFT_EDGE + _WAITING, RIGHT_EDGE - _WAITING
        width = left - right
        start, direction = (left, -1) if cycle % 2 == 0 else (right, 1)
        s = self.s + sum(CROSSWALK) / 2
        return s, start + direction * min(walked, width), direction if walked < width else 0
