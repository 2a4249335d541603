# SPDX-License-Identifier: Apache-2.0
"""Lateral decisions against the path of a trajectory.

Without a map the road is not known: a heading that stays changed may be a curve, or the way to
another lane that is not finished. A contradiction has to be one either way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from alpamayo_ros.reasoning import vocabulary as v
from alpamayo_ros.reasoning.along import Speeds, Verdict
from alpamayo_ros.reasoning.meta_actions import LANE_WIDTH, Manoeuvre, curve_offsets
from alpamayo_ros.reasoning.motion import END, Motion
from alpamayo_ros.types import Consistency

CHANGED = 1.0
"""Offset from which a lane is being changed, by the published rules [m]."""
NUDGED = 0.2
"""Offset of a nudge that can be seen [m]."""
NOTHING = 0.12
"""Less offset is none [m]."""
WRONG_SIDE = 0.3
"""Offset to the other side that is no swing out [m]."""
TURNED = 0.2
"""Heading change of a turn, by the published rules [rad]."""
FAR_TURN = 25.0
"""Driving straight for this long without slowing down does not end in a turn [m]."""
SHORT = 12.0
"""Paths up to this length show no lateral manoeuvre for sure [m]."""


@dataclass(frozen=True, slots=True)
class Path:
    """What counts about a path, seen from the side of the decision: that side is positive.

    ``most``, ``least``, ``end``: the offset [m] furthest to that side, furthest to the other one
    and at the end, each by the explanation of the path that speaks most for the decision.
    """

    side: float
    shape: Manoeuvre
    most: float
    least: float
    end: float
    turned: float
    curvature: float
    distance: float
    slowing: bool
    stopping: bool
    waits: bool
    later: tuple[str, ...]
    lane: float

    @property
    def numbers(self) -> str:
        """The numbers that decide, left positive."""
        return (
            f"{self.shape.name}: offset {self.shape.offset:+.2f} m, heading "
            f"{self.shape.turned:+.2f} rad, curvature {self.shape.curvature:+.3f} 1/m, "
            f"{self.distance:.1f} m"
        )

    @property
    def turns(self) -> bool:
        """Whether the path is a turn, to whatever side."""
        return self.shape.name.startswith("Turn") and abs(self.turned) >= 0.5

    @property
    def changes(self) -> bool:
        """Whether the path arrives in another lane, to whatever side."""
        offset = abs(self.shape.offset)
        return self.shape.stays and self.shape.settled and offset >= 0.7 * self.lane


def check_path(
    decision: str,
    later: Sequence[str],
    motion: Motion,
    shape: Manoeuvre,
    speeds: Speeds,
    waits: bool,
) -> Verdict:
    """Check a lateral decision; ``waits``: the vehicle stops, yields or looks for a gap first."""
    side = {v.LEFT: 1.0, v.RIGHT: -1.0}.get(v.side_of(decision), 0.0)
    path = _path(side or 1.0, tuple(later), motion, shape, speeds, waits)
    verdict, why = _CHECKS[v.family_of(decision)](path)
    return verdict, f"{why}; {path.numbers}"


def _path(
    side: float,
    later: tuple[str, ...],
    motion: Motion,
    shape: Manoeuvre,
    speeds: Speeds,
    waits: bool,
) -> Path:
    straight, bent = motion.lateral * side, curve_offsets(motion) * side
    lane = motion.lane_width or LANE_WIDTH
    if shape.settled and abs(float(motion.lateral[-1])) <= 1.5 * lane:
        explanations = [straight]
    else:
        explanations = [straight, bent] if _may_be_straight(motion) else [bent]
    return Path(
        side=side,
        shape=shape,
        most=max(float(_peak(offsets, 1)) for offsets in explanations),
        least=max(float(_peak(offsets, -1)) for offsets in explanations),
        end=max(float(offsets[-END:].sum()) / END for offsets in explanations),
        turned=shape.turned * side,
        curvature=shape.curvature * side,
        distance=speeds.distance,
        slowing=speeds.end <= 0.75 * speeds.start or speeds.end < 2.0,
        stopping=speeds.end <= 0.4 * speeds.start or speeds.end < 2.0,
        waits=waits,
        later=later,
        lane=lane,
    )


def _peak(offsets: object, sign: int) -> float:
    values = np.asarray(offsets) * sign
    return sign * float(np.sort(values)[-END])


def _may_be_straight(motion: Motion) -> bool:
    """Whether the road may be straight: the heading comes back, or one lane is not yet crossed."""
    headings = np.abs(motion.headings)
    back = abs(motion.turned) <= 0.7 * float(headings.max())
    lane = motion.lane_width or LANE_WIDTH
    return back or abs(float(motion.lateral[-1])) <= 1.3 * lane


def _consistent(why: str) -> Verdict:
    return Consistency.CONSISTENT, why


def _contradiction(why: str) -> Verdict:
    return Consistency.CONTRADICTION, why


def _not_shown(why: str) -> Verdict:
    return Consistency.NOT_SHOWN, why


def _turn(path: Path) -> Verdict:
    if path.turned >= TURNED and (path.curvature >= 0.03 or path.turned >= 0.35):
        return _consistent("turns to that side")
    if path.turned <= -TURNED or (path.shape.settled and path.end <= -CHANGED):
        return _contradiction("goes to the other side")
    if path.turned >= 0.08:
        return _not_shown("begins to turn to that side")
    if path.slowing or path.distance <= SHORT:
        return _not_shown("slows down; the turn is beyond the horizon")
    if path.distance >= FAR_TURN:
        return _contradiction("goes straight on")
    return _not_shown("has not come to the turn")


def _lane_change(path: Path) -> Verdict:
    if path.turns:
        return _other_manoeuvre(path, v.TURN, "turns instead")
    if path.end >= CHANGED or (path.end >= 0.5 and not path.shape.settled):
        return _consistent("changes to that side")
    if path.end <= -0.5:
        return _contradiction("goes to the other side")
    if path.waits or path.stopping or path.distance <= SHORT:
        return _not_shown("has no room for it within the horizon")
    if path.end < 0.3 or path.shape.settled:
        return _contradiction("stays in its lane")
    return _not_shown("has hardly begun")


def _nudge(path: Path) -> Verdict:
    if path.turns:
        return _other_manoeuvre(path, v.TURN, "turns instead")
    if path.changes and path.most >= 0.7 * path.lane:
        return _other_manoeuvre(path, v.LANE_CHANGE, "changes lanes instead")
    if path.most >= NUDGED and path.most >= 0.6 * -path.least:
        return _consistent("moves to that side")
    if path.least <= -WRONG_SIDE and path.most < NUDGED:
        return _contradiction("moves to the other side")
    if path.most < NOTHING and path.distance > SHORT and not path.stopping:
        return _contradiction("moves to no side")
    return _not_shown("too little to see")


def _keep(path: Path) -> Verdict:
    later = {v.family_of(step) for step in path.later}
    if later & {v.LANE_CHANGE, v.TURN, v.MERGE_SPLIT, v.PULL_OVER}:
        return _not_shown("what comes later may be seen already")
    if path.turns and abs(path.curvature) >= 0.05:
        return _contradiction("turns")
    if path.changes or (path.shape.stays and path.shape.settled and _leaves(path)):
        return _contradiction("leaves the lane")
    if abs(path.shape.offset) <= 0.8 or not path.shape.stays:
        return _consistent("stays in the lane")
    return _not_shown("may be a curve, or the way to another lane")


def _leaves(path: Path) -> bool:
    return abs(path.shape.offset) >= 0.5 * path.lane


def _merge(path: Path) -> Verdict:
    if path.turns and abs(path.turned) >= 1.2:
        return _contradiction("turns instead")
    if abs(path.shape.offset) >= 0.5 or abs(path.turned) >= 0.05:
        return _consistent("moves to a side")
    return _not_shown("the lanes cannot be seen")


def _pull_over(path: Path) -> Verdict:
    if path.turns:
        return _other_manoeuvre(path, v.TURN, "turns instead")
    aside = max(path.most, -path.least)
    if aside >= 0.5 and path.slowing:
        return _consistent("slows down at the side")
    if path.slowing:
        return _not_shown("slows down; the side is beyond the horizon")
    if aside >= 0.5:
        return _not_shown("moves to a side without slowing down yet")
    return _contradiction("goes straight on without slowing down")


def _abort(path: Path) -> Verdict:
    if path.changes or path.turns:
        return _contradiction("does what it calls off")
    if not path.shape.stays and abs(path.shape.offset) >= NUDGED:
        return _consistent("comes back")
    return _not_shown("what is called off cannot be seen")


def _other_manoeuvre(path: Path, family: str, why: str) -> Verdict:
    if any(v.family_of(step) == family for step in path.later):
        return _not_shown(f"{why}, as said for later")
    return _contradiction(why)


_CHECKS: dict[str, Callable[[Path], Verdict]] = {
    v.TURN: _turn,
    v.LANE_CHANGE: _lane_change,
    v.NUDGE: _nudge,
    v.LANE_KEEPING: _keep,
    v.MERGE_SPLIT: _merge,
    v.PULL_OVER: _pull_over,
    v.ABORT: _abort,
}
