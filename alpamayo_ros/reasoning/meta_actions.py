# SPDX-License-Identifier: Apache-2.0
"""What a trajectory does, segment by segment, by NVIDIA's published auto-labelling rules.

Longitudinal (the first that fits): Reverse v <= -0.12 m/s; Stop v <= 0.12; StrongAcceleration
a >= 1.4 m/s^2, GentleAcceleration a >= 0.15, StrongDeceleration a <= -1.4, GentleDeceleration
a <= -0.15, each with a change of speed of at least 0.8 m/s; else MaintainSpeed. Segments are cut
where v crosses +-0.3, a crosses +-0.1 or +-1.25, with 15 % hysteresis, on series smoothed over
five samples; a segment lasts at least 8 ticks, MaintainSpeed 12.

Lateral: Reverse v <= -0.1 with |kappa| >= 0.002 1/m and |dpsi| >= 0.2 rad; SharpSteer
|kappa| >= 0.05 and |dpsi| >= 0.2; Steer |kappa| >= 0.0015 and |dpsi| >= 0.015; else GoStraight;
at least 10 ticks.

The third group of the rules needs a map. Without one it is read from the geometry of the path,
see ``manoeuvre``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.reasoning.motion import END, STEP_S, Motion, motion_of
from alpamayo_ros.types import Axis, FloatArray, MetaAction, Trajectory

HYSTERESIS = 0.15
SPEED_CUTS = np.array([-0.3, 0.3])
ACCELERATION_CUTS = np.array([-1.25, -0.1, 0.1, 1.25])
CURVATURE_CUTS = np.array([-0.05, -0.0015, 0.0015, 0.05])
LONGITUDINAL_TICKS, MAINTAIN_TICKS, LATERAL_TICKS = 8, 12, 10

REVERSE_SPEED, STOP_SPEED = -0.12, 0.12
STRONG, GENTLE, SPEED_CHANGE = 1.4, 0.15, 0.8
SHARP_CURVATURE, SHARP_TURN = 0.05, 0.2
STEER_CURVATURE, STEER_TURN = 0.0015, 0.015

TURN_CURVATURE, TURN_ANGLE = 0.04, 0.2
"""Of a turn, by the published rules; gentler ones are curves."""
LANE_WIDTH = 3.5
"""Where the width of the lane is not known [m]."""
NUDGE_OFFSET = 0.25
"""Less is how a vehicle moves in its lane anyway [m]."""
DRIFT = 0.003
"""Offset per distance that is no more than an error of the heading at t0 [rad]."""
ONSET_OFFSET = 1.0
"""What the way into a curve may look like [m]."""
CURVE_ANGLE = 0.05
PULL_OVER_SPEED = 0.5

Runs = list[tuple[int, int]]


def meta_actions(
    trajectory: Trajectory, speed: float, lane_width: float | None = None
) -> tuple[MetaAction, ...]:
    """Name the segments of a trajectory that starts at ``speed`` [m/s].

    Longitudinal ones first, then lateral ones, then the manoeuvre as a whole. ``lane_width`` [m]
    tells lane changes from nudges; without it 3.5 m are assumed.
    """
    motion = motion_of(trajectory, speed, lane_width)
    return actions_of(motion, manoeuvre(motion))


def actions_of(motion: Motion, whole: Manoeuvre) -> tuple[MetaAction, ...]:
    """Name the segments of a motion, and the manoeuvre that it is as a whole."""
    return actions_of_all((motion,), (whole,))[0]


def actions_of_all(
    motions: Sequence[Motion], wholes: Sequence[Manoeuvre]
) -> list[tuple[MetaAction, ...]]:
    """As actions_of, for each of some motions; those of one length together are quicker."""
    if len({len(motion.speeds) for motion in motions}) > 1:
        return [actions_of(motion, whole) for motion, whole in zip(motions, wholes, strict=True)]
    if not motions:
        return []
    along = _bins(np.stack([m.speeds for m in motions]), SPEED_CUTS) * 8
    along += _bins(np.stack([m.accelerations for m in motions]), ACCELERATION_CUTS)
    across = _bins(np.stack([m.curvatures for m in motions]), CURVATURE_CUTS)
    return [
        (
            *_segments(Axis.LONGITUDINAL, _longitudinal(motion, along[k])),
            *_segments(Axis.LATERAL, _lateral(motion, across[k])),
            MetaAction(Axis.LATERAL, whole.name, 0.0, (len(motion.speeds) - 1) * STEP_S),
        )
        for k, (motion, whole) in enumerate(zip(motions, wholes, strict=True))
    ]


def _segments(axis: Axis, named: list[tuple[str, int, int]]) -> list[MetaAction]:
    joined: list[tuple[str, int, int]] = []
    for name, start, end in named:
        if joined and joined[-1][0] == name:
            joined[-1] = (name, joined[-1][1], end)
        else:
            joined.append((name, start, end))
    return [MetaAction(axis, name, start * STEP_S, end * STEP_S) for name, start, end in joined]


def _longitudinal(motion: Motion, bins: NDArray[np.int64]) -> list[tuple[str, int, int]]:
    speeds = motion.speeds.tolist()
    return [
        (_speed_name(speeds[start : end + 1]), start, end)
        for start, end in _runs(bins, LONGITUDINAL_TICKS, _CRUISING, MAINTAIN_TICKS)
    ]


_CRUISING = 2 * 8 + 2
"""The bin of going forward with hardly any acceleration."""


def _speed_name(speeds: list[float]) -> str:
    speed = _middle(speeds)
    change = speeds[-1] - speeds[0]
    rate = change / max((len(speeds) - 1) * STEP_S, STEP_S)
    if speed <= REVERSE_SPEED:
        return "Reverse"
    if speed <= STOP_SPEED:
        return "Stop"
    if abs(change) < SPEED_CHANGE or abs(rate) < GENTLE:
        return "MaintainSpeed"
    strength = "Strong" if abs(rate) >= STRONG else "Gentle"
    return f"{strength}{'Acceleration' if change > 0 else 'Deceleration'}"


def _lateral(motion: Motion, bins: NDArray[np.int64]) -> list[tuple[str, int, int]]:
    runs = _runs(bins, LATERAL_TICKS)
    headings, curvatures = motion.headings.tolist(), motion.curvatures.tolist()
    speeds = motion.speeds.tolist()
    named = []
    for start, end in runs:
        within, turned = slice(start, end + 1), headings[end] - headings[start]
        named.append((_steering_name(turned, curvatures[within], speeds[within]), start, end))
    return named


def _steering_name(turned: float, curvatures: list[float], speeds: list[float]) -> str:
    curvature = abs(_middle(curvatures))
    side = "left" if turned > 0 else "right"
    reverse = min(speeds) <= -0.1 and _middle(speeds) <= -0.1
    if reverse and curvature >= 0.002 and abs(turned) >= 0.2:
        return f"Reverse {side}"
    if curvature >= SHARP_CURVATURE and abs(turned) >= SHARP_TURN:
        return f"SharpSteer {side}"
    if curvature >= STEER_CURVATURE and abs(turned) >= STEER_TURN:
        return f"Steer {side}"
    return "GoStraight"


def _middle(values: list[float]) -> float:
    # some ten of them: sorting the array takes longer
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def _bins(values: FloatArray, cuts: FloatArray) -> NDArray[np.int64]:
    """How many cuts (K,) each value of a row is above (C, N).

    A cut counts as crossed only when it is passed by 15 %.
    """
    cuts = cuts[:, None, None]
    margins = np.abs(cuts) * HYSTERESIS
    above, below = values > cuts + margins, values < cuts - margins
    places = np.where(above | below, np.arange(values.shape[-1]), -1)
    last = np.maximum.accumulate(places, axis=-1)
    held = np.take_along_axis(above, last, axis=-1)
    total: NDArray[np.int64] = np.where(last < 0, values[:, :1] > cuts, held).sum(axis=0)
    return total


def _runs(bins: NDArray[np.int64], shortest: int, calm: int = -1, calm_shortest: int = 0) -> Runs:
    """First and last place of the runs of equal bins; short ones are joined to a neighbour."""
    values: list[int] = bins.tolist()
    starts = [0, *(i for i in range(1, len(values)) if values[i] != values[i - 1])]
    kinds = [values[start] for start in starts]
    ends = [*starts[1:], len(bins)]
    lengths = [end - start for start, end in zip(starts, ends, strict=True)]
    least = [calm_shortest if kind == calm else shortest for kind in kinds]
    while len(starts) > 1:
        spare = list(map(int.__sub__, lengths, least))
        worst = spare.index(min(spare))
        if spare[worst] >= 0:
            break
        # The first run goes to its successor, any other to its predecessor.
        keeps = max(worst - 1, 0) if worst else 1
        lengths[keeps] += lengths[worst]
        del starts[max(worst, 1)], lengths[worst], least[worst]
    return list(zip(starts, [*starts[1:], len(bins) - 1], strict=True))


@dataclass(frozen=True, slots=True)
class Manoeuvre:
    """What the path is as a whole, with the numbers that decided.

    ``offset``: largest offset to a side after which the path goes parallel again, or goes on [m],
    left positive; ``stays``: it does not come back; ``settled``: the path is parallel at its end.
    """

    name: str
    offset: float
    stays: bool
    settled: bool
    turned: float
    curvature: float


def manoeuvre(motion: Motion) -> Manoeuvre:
    """Name the manoeuvre: Turn, LaneChange, Nudge, Curve with a side, PullOver, or LaneKeep.

    A turn bends at 0.04 1/m and by 0.2 rad at least. An offset counts from the road as the path
    itself shows it: the line ahead at t0, or, where the heading at the end differs, the arc
    between the two. From half a lane on it is a lane change, and a pull-over where the vehicle
    comes to a standstill at the side.
    """
    offset, stays = offset_of(motion)
    turned, curvature = motion.turned, peak_curvature(motion)
    settled = is_settled(motion)
    side = "left" if offset > 0 else "right"
    if abs(curvature) >= TURN_CURVATURE and abs(turned) >= max(TURN_ANGLE, _swing(motion)):
        name = f"Turn {'left' if turned > 0 else 'right'}"
    elif abs(offset) >= NUDGE_OFFSET and _pulls_over(motion, offset):
        name = f"PullOver {side}"
    elif abs(offset) >= (motion.lane_width or LANE_WIDTH) / 2 and stays:
        name = f"LaneChange {side}"
    elif abs(offset) >= max(NUDGE_OFFSET, DRIFT * motion.distance):
        name = f"Nudge {side}"
    elif abs(turned) >= CURVE_ANGLE:
        name = f"Curve {'left' if turned > 0 else 'right'}"
    else:
        name = "LaneKeep"
    return Manoeuvre(name, offset, stays, settled, turned, curvature)


def _swing(motion: Motion) -> float:
    """Heading that is only the way to the side of a slow lane change, and no turn [rad]."""
    return 0.0 if abs(motion.lateral[-1]) > LANE_WIDTH * 1.3 else 0.35


def _pulls_over(motion: Motion, offset: float) -> bool:
    slowed = motion.end_speed <= PULL_OVER_SPEED < motion.start_speed
    return slowed and abs(offset) >= 0.5


def peak_curvature(motion: Motion) -> float:
    """The sharpest bend of the path that lasts, with its sign [1/m]; 0 when it hardly moves."""
    rolling = motion.curvatures[np.abs(motion.speeds) > 1.0]
    if len(rolling) < END:
        return 0.0
    lasting = np.sort(rolling)
    high, low = float(lasting[-END]), float(lasting[END - 1])
    return high if high > -low else low


def is_settled(motion: Motion) -> bool:
    """Whether the path ends parallel to how it began, or all but so."""
    peak = float(np.abs(motion.headings).max())
    return abs(motion.turned) <= max(0.015, 0.2 * peak)


def offset_of(motion: Motion) -> tuple[float, bool]:
    """The offset of the path from its road [m], left positive, and whether it stays there."""
    offsets = road_offsets(motion)
    peak = float(offsets[int(np.argmax(np.abs(offsets)))])
    end = float(offsets[-END:].sum()) / END
    return peak, abs(end) >= 0.6 * abs(peak)


def road_offsets(motion: Motion) -> FloatArray:
    """Offsets from the line ahead, or from the curve that the path follows."""
    return curve_offsets(motion) if is_curve(motion) else motion.lateral


def curve_offsets(motion: Motion) -> FloatArray:
    """Offsets from the curve that the path follows; none where it just bends to one side.

    How a curve begins and ends is not known exactly, so as long as the heading never comes back
    only what is more than that is an offset.
    """
    bending = motion.headings * np.sign(motion.turned)
    back = float((np.maximum.accumulate(bending) - bending).max())
    small = float(np.abs(motion.bent).max()) < ONSET_OFFSET
    one_sided = back < max(0.02, 0.15 * abs(motion.turned))
    return np.zeros(len(bending)) if one_sided and small else motion.bent


def is_curve(motion: Motion) -> bool:
    """Whether the heading at the end is that of a curve rather than of a way to the side."""
    headings = motion.headings
    peak = float(headings[int(np.argmax(np.abs(headings)))])
    if abs(motion.turned) < 0.6 * abs(peak) or abs(motion.turned) < 0.02:
        return False
    return abs(float(motion.lateral[-1])) > LANE_WIDTH * 1.3 or bool(_steady(motion))


def _steady(motion: Motion) -> bool:
    """Whether the path bends to one side all the way, as a road does."""
    bends = motion.curvatures * np.sign(motion.turned)
    moving = np.sort(bends[np.abs(motion.speeds) > 1.0])
    if len(moving) < END:
        return False
    mean = float(moving.sum()) / len(moving)
    middle = float(moving[len(moving) // 2])
    return mean > 0 and float(moving[0]) > -0.5 * mean and middle > 0.6 * mean
