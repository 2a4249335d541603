# SPDX-License-Identifier: Apache-2.0
"""From the plan that is being driven to a prediction, and below limits, without a jump at now.

Along the path: the new motion begins with the speed and acceleration that are being driven. Where
that is faster than the prediction, what it has too much decays within ``blend_s``, on top of the
prediction's own braking, which is never delayed; where it is slower, it catches up with bounded
jerk. Across: it begins at the place and with the heading that are being driven and leads over to
the prediction's path by a polynomial of fifth order in the distance travelled, whose curvature
begins and ends at that of the path: as long as the vehicle travels in ``blend_s``, or longer when
that would be uncomfortable. So a vehicle that stands is not moved.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpamayo_ros.geometry import wrap_angle
from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.limits import Envelope
from alpamayo_ros.planning.motion import ACCELERATION, CURVATURE, HEADING, SPEED, Motion, X, Y, Z
from alpamayo_ros.planning.path import Path, path_of
from alpamayo_ros.planning.profile import follow
from alpamayo_ros.planning.validation import STANDSTILL_MPS
from alpamayo_ros.types import SECOND_NS, FloatArray

DT = 0.1
DT_NS = round(DT * SECOND_NS)

_SWERVE_CURVATURE = 0.05
"""Added to the path's by leading over to it [1/m]: a quarter of full lock."""

_LEAST_CURVATURE = 0.005
"""Added even where the path is as sharp as the vehicle can drive."""

_SWERVE_MPS2 = 1.0
"""Added to the lateral acceleration by leading over."""

_SAME_PLACE_M = 1e-3

BLEND_PEAK = 1.5
"""A speed that decays within a time does so at most this much faster than on average."""

_LIMITING_MPS = 0.05
"""Slower than the prediction by this much: the limits bite."""


@dataclass(frozen=True, slots=True)
class Driven:
    """A motion to be driven, and whether limits make it slower than the prediction under it."""

    motion: Motion
    limited: bool = False


def hand_over(
    prediction: Motion,
    now_ns: int,
    begin: FloatArray,
    past: FloatArray,
    envelope: Envelope,
    bounds: Bounds,
    blend_s: float,
) -> Driven | None:
    """Drive on from ``begin`` (7,), the state at ``now_ns``, towards a prediction.

    ``past`` (M, 7) are the states driven at the M multiples of DT before now, oldest first: the
    motion begins with them. None when the prediction ends before it could be followed.
    """
    since_s = (now_ns - prediction.start_ns) / SECOND_NS
    count = int((prediction.duration_s - since_s) / DT + 1e-6) + 1
    if count < 2:
        return None
    reference = prediction.sample(since_s + DT * np.arange(count, dtype=np.float64))
    path, _ = path_of(prediction.table)
    distance, there = path.project(begin[X : Z + 1])
    ceiling = _ceiling(reference, path, distance, begin[SPEED], blend_s)
    # the two things a ceiling comes down for together may ask for more than can be braked
    braked = bounds.min_acceleration * DT * np.arange(count)
    ceiling = np.maximum.accumulate(ceiling - braked) + braked
    speeds = follow(
        ceiling, DT, float(begin[SPEED]), float(begin[ACCELERATION]), distance, path, envelope
    )
    travelled = np.concatenate(([0.0], np.cumsum((speeds[:-1] + speeds[1:]) * (DT / 2))))
    table = path.at(distance + travelled)
    _lead_over(table, begin, there, travelled, speeds, bounds, blend_s)
    table[:, SPEED] = speeds
    table[:-1, ACCELERATION] = np.diff(speeds) / DT
    table[-1, ACCELERATION] = table[-2, ACCELERATION]
    table[:, HEADING] += _whole_turns(begin[HEADING] - table[0, HEADING])
    start_ns = now_ns - len(past) * DT_NS
    motion = Motion(start_ns, prediction.odometry_frame, DT, np.concatenate((past, table)))
    limited = envelope.active and bool((ceiling - speeds).max() > _LIMITING_MPS)
    return Driven(motion, limited)


def steps_back(now_ns: int, since_ns: int) -> int:
    """How many multiples of DT before now reach back to a time."""
    return -(-max(now_ns - since_ns, 0) // DT_NS)


def _ceiling(
    reference: FloatArray,
    path: Path,
    distance: float,
    speed: float,
    blend_s: float,
) -> FloatArray:
    """Speeds (N,) not to be exceeded from now on: the prediction's, and what decays into them.

    Where the prediction comes to a stop, speeds before that are lower by the share of the way that
    lies behind already: it is stopped where the prediction stops.
    """
    ceiling: FloatArray = reference[:, SPEED].copy()
    standing = np.flatnonzero(ceiling <= STANDSTILL_MPS)
    if standing.size:
        end, _ = path.project(reference[standing[0], X : Z + 1])
        here, _ = path.project(reference[0, X : Z + 1])
        if distance > here and end - here > _SAME_PLACE_M:
            share = max(end - distance, 0.0) / (end - here)
            decaying_m = max(speed - share * ceiling[0], 0.0) * blend_s / 2
            ceiling[: standing[0]] *= max(share - decaying_m / (end - here), 0.0)
    excess = speed - ceiling[0]
    if excess > 0.0:
        share = np.clip(DT * np.arange(len(ceiling)) / blend_s, 0.0, 1.0)
        ceiling += excess * (1.0 - share * share * (3.0 - 2.0 * share))
    return ceiling


def _lead_over(
    table: FloatArray,
    begin: FloatArray,
    there: FloatArray,
    travelled: FloatArray,
    speeds: FloatArray,
    bounds: Bounds,
    blend_s: float,
) -> None:
    """Add to a table what leads from ``begin`` over to the path; ``there`` is the path's state."""
    off = begin[X : Z + 1] - there[X : Z + 1]
    offset = float(off[1] * np.cos(there[HEADING]) - off[0] * np.sin(there[HEADING]))
    slope = float(np.tan(np.clip(wrap_angle(begin[HEADING] - there[HEADING]), -0.5, 0.5)))
    fastest = float(speeds.max())
    spare = bounds.max_curvature - float(np.abs(table[:, CURVATURE]).max())
    gentle = min(
        _SWERVE_CURVATURE, max(spare, _LEAST_CURVATURE), _SWERVE_MPS2 / max(fastest, 1e-3) ** 2
    )
    # twice the peaks of the second derivatives below, as both may add up
    length = max(
        fastest * blend_s, np.sqrt(11.6 * abs(offset) / gentle), 7.9 * abs(slope) / gentle, 1e-3
    )
    u = np.clip(travelled / length, 0.0, 1.0)
    left = offset * (1 - 10 * u**3 + 15 * u**4 - 6 * u**5) + slope * length * (
        u - 6 * u**3 + 8 * u**4 - 3 * u**5
    )
    slopes = offset / length * (-30 * u**2 + 60 * u**3 - 30 * u**4) + slope * (
        1 - 18 * u**2 + 32 * u**3 - 15 * u**4
    )
    bends = offset / length**2 * (-60 * u + 180 * u**2 - 120 * u**3) + slope / length * (
        -36 * u + 96 * u**2 - 60 * u**3
    )
    table[:, X] -= left * np.sin(table[:, HEADING])
    table[:, Y] += left * np.cos(table[:, HEADING])
    table[:, Z] += off[2] * (1.0 - u)
    table[:, HEADING] += np.arctan(slopes)
    table[:, CURVATURE] += bends


def _whole_turns(angle: float) -> float:
    return float(2 * np.pi * np.round(angle / (2 * np.pi)))
