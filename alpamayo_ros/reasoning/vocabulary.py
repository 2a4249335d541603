# SPDX-License-Identifier: Apache-2.0
"""The closed vocabulary of driving decisions, and the sides they may have."""

from __future__ import annotations

SET_SPEED = "SET_SPEED"
LEAD_FOLLOWING = "LEAD_FOLLOWING"
SPEED_ADAPTATION = "SPEED_ADAPTATION"
GAP_SEARCHING = "GAP_SEARCHING"
PASSING = "PASSING"
YIELD = "YIELD"
STOP = "STOP"

LANE_KEEPING = "LANE_KEEPING"
MERGE_SPLIT = "MERGE_SPLIT"
NUDGE = "NUDGE"
LANE_CHANGE = "LANE_CHANGE"
PULL_OVER = "PULL_OVER"
TURN = "TURN"
ABORT = "ABORT"

NONE = "NONE"
"""The trace decides nothing on this axis."""
UNPARSED = "UNPARSED"
"""No decision of the vocabulary can be read."""

LEFT = "LEFT"
RIGHT = "RIGHT"

SIDED = frozenset({NUDGE, LANE_CHANGE, TURN})
"""Lateral decisions that exist only with a side."""

LONGITUDINAL = frozenset(
    {SET_SPEED, LEAD_FOLLOWING, SPEED_ADAPTATION, GAP_SEARCHING, PASSING, YIELD, STOP}
)
LATERAL = frozenset(
    {LANE_KEEPING, MERGE_SPLIT, PULL_OVER, ABORT}
    | {f"{name}_{side}" for name in SIDED for side in (LEFT, RIGHT)}
)

OPPOSITE = {LEFT: RIGHT, RIGHT: LEFT}


def with_side(name: str, side: str) -> str:
    """Return the decision ``name`` for LEFT or RIGHT; names without a side stay as they are."""
    return f"{name}_{side}" if name in SIDED else name


def side_of(decision: str) -> str:
    """Return LEFT, RIGHT, or "" for a decision that has no side."""
    _, _, last = decision.rpartition("_")
    return last if last in OPPOSITE else ""


def family_of(decision: str) -> str:
    """Return the decision without its side."""
    side = side_of(decision)
    return decision[: -len(side) - 1] if side else decision
