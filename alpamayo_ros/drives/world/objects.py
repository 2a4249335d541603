# SPDX-License-Identifier: Apache-2.0
"""Ground truth: what else is there, where the ego vehicle is on the road, what the lights show."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from alpamayo_ros.drives.world.crossing import Signal
from alpamayo_ros.types import FloatArray, Pose


@dataclass(frozen=True, slots=True)
class WorldObject:
    """A box on the ground: ``pose`` of the middle of its footprint in the world frame.

    size: length along the heading, width, height [m]; speed [m/s] along the heading.
    """

    name: str
    kind: str
    pose: Pose
    heading: float
    size: tuple[float, float, float]
    speed: float
    acceleration: float = 0.0

    def footprint(self) -> FloatArray:
        """Corners (4, 2) of the footprint in the world, counter-clockwise."""
        length, width, _ = self.size
        corners = np.array(((0.5, 0.5), (-0.5, 0.5), (-0.5, -0.5), (0.5, -0.5))) * (length, width)
        c, s = math.cos(self.heading), math.sin(self.heading)
        return np.asarray(corners @ ((c, s), (-s, c)) + self.pose.position[:2])


@dataclass(frozen=True, slots=True)
class LanePosition:
    """Where the ego's base is on the road.

    s [m] along the reference line; offset [m] to the left of the centre of the ego's lane;
    heading_error [rad] against it; ``lane`` is the name of the lane the base is in, empty off the
    road; on_road: whether the whole footprint is between the outer borders.
    """

    s: float
    offset: float
    heading_error: float
    lane: str
    on_road: bool


@dataclass(frozen=True, slots=True)
class TrafficLight:
    """A light for the ego's direction; ``distance`` [m] from the ego's front to its stop line."""

    name: str
    signal: Signal
    distance: float
