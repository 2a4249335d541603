# SPDX-License-Identifier: Apache-2.0
"""Speeds over time below two ceilings: one that holds at once, one that is come down to gently."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np

from alpamayo_ros.planning.limits import Envelope
from alpamayo_ros.planning.motion import CURVATURE, SPEED
from alpamayo_ros.planning.path import Path
from alpamayo_ros.types import FloatArray

_COMFORTABLE_LATERAL_MPS2 = 2.0
"""Who is late on a path may meet its curves while the prediction has left them behind and is fast
again: then this holds, or what the prediction itself asked for there."""

_BRAKING_MPS2 = 0.5
"""A prediction that slows down like this is braking."""

_FREE_MPS = 5.0
"""This far below a limit nothing has to be eased off for it yet."""

_ON_IT_MPS = 1e-3

_EASING = 0.8
"""Of the jerk, planned with: the rest is for what a raster of time rounds away."""


def limit_over_path(path: Path, envelope: Envelope) -> FloatArray:
    """Speed (N,) [m/s] that the limits and the curves allow at each place of a path.

    Places before a curve allow what comes down to its speed with the envelope's deceleration.
    """
    bends = np.maximum(np.abs(path.table[:, CURVATURE]), 1e-6)
    squared = min(envelope.max_lateral_acceleration, _COMFORTABLE_LATERAL_MPS2) / bends
    gained = 2 * _EASING * envelope.deceleration * path.arc
    ahead = np.minimum.accumulate((squared + gained)[::-1])[::-1] - gained
    allowed = np.sqrt(np.maximum(ahead, 0.0))
    if not envelope.careful:
        allowed = np.maximum(allowed, path.table[:, SPEED])
    return np.asarray(np.minimum(allowed, envelope.max_speed))


def _towards(gap: float, easing: float, dt: float) -> float:
    """Acceleration from which easing off ends where a gap in speed is closed."""
    return math.copysign(min(math.sqrt(easing * abs(gap)), abs(gap) / dt), gap)


def follow(
    ceiling: FloatArray,
    dt: float,
    speed: float,
    acceleration: float,
    distance: float,
    path: Path,
    envelope: Envelope,
) -> FloatArray:
    """Speeds (N,) every ``dt`` s from ``speed`` on, as fast as ceiling and envelope let them be.

    ``ceiling`` (N,) is never exceeded after the first entry: a prediction that brakes is braked
    with at once. Everything else, towards the envelope's limits from above and towards the lower
    of both from below, is done with the envelope's accelerations and jerk, beginning with
    ``acceleration``. ``distance`` is where on the path the motion begins [m].
    """
    places = path.arc.tolist()
    limits = limit_over_path(path, envelope).tolist()
    last = len(places) - 1
    place = 0
    easing, change = 2 * _EASING * envelope.max_jerk, envelope.max_jerk * dt
    most, least = envelope.max_acceleration, -envelope.deceleration
    # a prediction that is driven as it is has a jerk of its own, which was judged
    own = 0.0 if envelope.careful else most
    hard = ceiling.tolist()
    speeds = [speed]
    for before, at_most in pairwise(hard):
        while place < last and places[place + 1] <= distance:
            place += 1
        limit = limits[place]
        gap, slope, room = before - speed, (at_most - before) / dt, limit - speed
        allowed = most if room > _FREE_MPS else _towards(room, easing, dt)
        if gap < _ON_IT_MPS and slope <= own and slope <= allowed:
            slower = at_most
        else:
            catching_up = _towards(gap, easing, dt)
            if gap > 0.0:
                # not with a prediction that brakes
                catching_up *= min(max(1.0 + slope / _BRAKING_MPS2, 0.0), 1.0)
            wanted = min(max(min(slope + catching_up, allowed), least), most)
            acceleration = min(max(wanted, acceleration - change), acceleration + change)
            if slope <= -_BRAKING_MPS2:
                # never later or less than the prediction does
                acceleration = min(acceleration, slope)
            slower = min(max(speed + acceleration * dt, 0.0), at_most)
        acceleration = (slower - speed) / dt
        distance += (speed + slower) * dt / 2
        speed = slower
        speeds.append(speed)
    return np.array(speeds)
