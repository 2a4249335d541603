# SPDX-License-Identifier: Apache-2.0
"""Labels such as "Longitudinal: Keep Distance" or "Lane: Turn Left"."""

from __future__ import annotations

from dataclasses import dataclass

from alpamayo_ros.reasoning import vocabulary as v
from alpamayo_ros.reasoning.words import words_of

_LONGITUDINAL: tuple[tuple[str, str, bool], ...] = (
    ("stop static", v.STOP, True), ("yield", v.YIELD, True), ("give way", v.YIELD, True),
    ("gap", v.GAP_SEARCHING, True), ("keep distance", v.LEAD_FOLLOWING, True),
    ("distance", v.LEAD_FOLLOWING, True), ("lead", v.LEAD_FOLLOWING, True),
    ("follow", v.LEAD_FOLLOWING, True), ("following", v.LEAD_FOLLOWING, True),
    ("pass", v.PASSING, True), ("passing", v.PASSING, True), ("overtake", v.PASSING, True),
    ("overtaking", v.PASSING, True), ("adapt", v.SPEED_ADAPTATION, True),
    ("adaptation", v.SPEED_ADAPTATION, True), ("resume", v.SET_SPEED, True),
    ("set speed", v.SET_SPEED, True), ("proceed", v.SET_SPEED, True), ("stop", v.STOP, False),
    ("stopping", v.STOP, False), ("maintain", v.SET_SPEED, False), ("hold", v.SET_SPEED, False),
    ("cruise", v.SET_SPEED, False), ("acceleration", v.SET_SPEED, False),
    ("accelerate", v.SET_SPEED, False), ("keep speed", v.SET_SPEED, False),
    ("deceleration", v.SPEED_ADAPTATION, False), ("decelerate", v.SPEED_ADAPTATION, False),
    ("slow", v.SPEED_ADAPTATION, False),
)  # fmt: skip
_LATERAL: tuple[tuple[str, str, bool], ...] = (
    ("abort", v.ABORT, True), ("lane change", v.LANE_CHANGE, True),
    ("change lane", v.LANE_CHANGE, True), ("change lanes", v.LANE_CHANGE, True),
    ("change", v.LANE_CHANGE, True), ("nudge", v.NUDGE, True), ("pull over", v.PULL_OVER, True),
    ("curb", v.PULL_OVER, True), ("merge", v.MERGE_SPLIT, True), ("split", v.MERGE_SPLIT, True),
    ("u turn", v.TURN, True), ("turn", v.TURN, True), ("keep lane", v.LANE_KEEPING, False),
    ("lane keep", v.LANE_KEEPING, False), ("keeping", v.LANE_KEEPING, False),
    ("centering", v.LANE_KEEPING, False), ("keep", v.LANE_KEEPING, False),
    ("stay", v.LANE_KEEPING, False), ("maintain lane", v.LANE_KEEPING, False),
    ("lane maintain", v.LANE_KEEPING, False), ("lane following", v.LANE_KEEPING, False),
    ("lane follow", v.LANE_KEEPING, False),
)  # fmt: skip


_SIDES = {"left": v.LEFT, "l": v.LEFT, "right": v.RIGHT, "r": v.RIGHT}


@dataclass(frozen=True, slots=True)
class Label:
    """A labelled decision.

    Not ``explicit``: the label may as well name what the trajectory does, as "Stop" or "Gentle
    Deceleration" do, so a sentence that decides something goes before it.
    """

    name: str
    side: str
    explicit: bool

    @property
    def complete(self) -> bool:
        """Whether it has the side that it needs."""
        return bool(self.side) or self.name not in v.SIDED

    @property
    def decision(self) -> str:
        """The decision with its side."""
        return v.with_side(self.name, self.side)


def label_of(axis: str, body: str) -> Label | None:
    """Read the label of "longitudinal", "lateral" or "lane"; None when it decides nothing."""
    body = body.split("\n")[0].split(";")[0].split(".")[0]
    words = [word.text for word in words_of(body) if word.text.isalpha()]
    if not words or words[0] in ("none", "no", "n", "not", "null", "na"):
        return None
    for phrase, name, explicit in _LONGITUDINAL if axis == "longitudinal" else _LATERAL:
        if _contains(words, phrase.split()):
            return _sided(name, words, explicit)
    return None


def _contains(words: list[str], phrase: list[str]) -> bool:
    return any(words[k : k + len(phrase)] == phrase for k in range(len(words)))


def _sided(name: str, words: list[str], explicit: bool) -> Label | None:
    sides = {_SIDES[word] for word in words if word in _SIDES}
    if name not in v.SIDED:
        return Label(name, "", explicit)
    if len(sides) != 1:
        return Label(name, "", explicit) if "u" not in words else Label(name, v.LEFT, explicit)
    return Label(name, sides.pop(), explicit)
