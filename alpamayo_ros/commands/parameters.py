# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- patterns are read line by line, not wrapped
"""What is asked for, and the words around it -> intents with their parameters.

The network knows which manoeuvres are asked for and where in the sentence; speeds, gaps,
distances, sides, streets and exits are then read there by rule, for a number must not be guessed.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from alpamayo_ros.commands.normalise import shown
from alpamayo_ros.commands.quantities import (
    DISTANCE_UNITS,
    SPEED_UNITS,
    TIME_UNITS,
    Quantity,
    read_quantity,
)
from alpamayo_ros.types import Intent

Parameters = dict[str, "tuple[float, str] | str"]

MAX_DESTINATION = 80
"""Characters of a destination."""

LEAST_GAP_S, LEAST_GAP_M = 1.0, 4.0
"""Below these "keep a gap of" is no wish for distance, and no distance to be kept."""

SPEEDS = (5.0, 250.0)
"""A number without a unit is a speed only within this range."""

_MARKS = frozenset(",;:.!?")
_LINKS = frozenset(
    (",", ";", ".", "!", "?", "and", "then", "but", "before", "after", "once", "until")
)


@dataclass(frozen=True, slots=True)
class _Said:
    """A part of a sentence: its words, and the quantities in it with where they start and end."""

    words: tuple[str, ...]
    text: str
    quantities: tuple[tuple[Quantity, int, int], ...]

    def before(self, start: int, many: int = 2) -> str:
        return " ".join(self.words[max(0, start - many) : start])


def intents_of(
    names: Sequence[str],
    places: Mapping[str, float],
    words: Sequence[str],
    destination: Sequence[int],
) -> tuple[Intent, ...] | str:
    """Return the intents with their parameters, or the name of the one that lacks its own.

    ``names``: in the order they are asked for; ``places``: where, as indices of ``words``;
    ``destination``: indices of the words that name where to go.
    """
    intents = []
    for name, part in zip(names, _parts(words, [places[name] for name in names]), strict=True):
        if name == "NAVIGATE":
            found: Parameters | None = _destination([words[i] for i in destination], words)
        else:
            found = _READERS.get(name, _nothing)(part)
        if found is None:
            return name
        intents.append(Intent(name, found))
    return tuple(intents)


def _parts(words: Sequence[str], places: Sequence[float]) -> list[_Said]:
    """Cut a sentence between what is asked for: at the last link before the next place."""
    cuts = [0]
    for place, following in itertools.pairwise(places):
        first, last = max(cuts[-1] + 1, round(place) + 1), round(following)
        links = [i for i in range(first, last + 1) if i < len(words) and words[i] in _LINKS]
        cuts.append(links[-1] if links else max(cuts[-1], (first + last) // 2))
    return [
        _said(words[start:end]) for start, end in zip(cuts, [*cuts[1:], len(words)], strict=True)
    ]


def _said(words: Sequence[str]) -> _Said:
    found = []
    index = 0
    given = list(words)
    while index < len(given):
        read = read_quantity(given, index)
        if read is None:
            index += 1
            continue
        found.append((read[0], index, index + read[1]))
        index += read[1]
    return _Said(tuple(given), " ".join(given), tuple(found))


def _nothing(said: _Said) -> Parameters | None:
    return {}


_AIMED = re.compile(
    r"\b(?:to|at|under|below|than|over|above|exceed|exceeding|beyond|past|do|doing|of|make it|around|about|maximum|max|most|hold|keep|limit)$"
)
_NO_SPEED = re.compile(
    r"\b(?:exit|junction|number|lane|route|road|house|gate|bay|unit|vehicle|terminal|platform|flight|room|row|by|in|for|at half|class)$"
)
_CURRENT = re.compile(
    r"\b(?:this|that|current|present|same|our|your|the|steady|constant|even|cruising) (?:\w+ )?(?:speed|pace|velocity)\b|\bas (?:it|we|you) (?:is|are)\b|\bwhere (?:it|we) (?:is|are)\b"
)
_LIMIT = re.compile(r"\blimits?\b|\bwhat is (?:allowed|posted|legal)\b")


_AN_HOUR = {"km": "km/h", "mi": "mph"}
"""What "sixty kilometres" means where a speed is asked for."""


def _speed(said: _Said) -> Parameters | None:
    """The speed to drive at; of several the one aimed at, else the lowest."""
    with_unit = [
        (Quantity(one.value, _AN_HOUR.get(one.unit, one.unit)), start, end)
        for one, start, end in said.quantities
        if one.unit in SPEED_UNITS or one.unit in _AN_HOUR
    ]
    bare = [
        one
        for one in said.quantities
        if not one[0].unit
        and SPEEDS[0] <= one[0].value <= SPEEDS[1]
        and not _NO_SPEED.search(said.before(one[1]))
    ]
    candidates = with_unit or bare
    if not candidates:
        if _LIMIT.search(said.text):
            return {"speed": "limit"}
        return {"speed": "current"} if _CURRENT.search(said.text) else None
    aimed = [one for one in candidates if _AIMED.search(said.before(one[1]))]
    quantity = min((one[0] for one in aimed or candidates), key=lambda one: one.si)
    return {"speed": (quantity.value, quantity.unit)}


_CHANGE = re.compile(r"\b(?:by|another|extra|further|of)$")
_CHANGED = re.compile(r"^(?:more|less|faster|slower|quicker|off|up|down)\b")


def _speed_change(said: _Said) -> Parameters | None:
    """By how much: "by 10", "10 km/h slower"."""
    for quantity, start, end in said.quantities:
        if quantity.unit not in (*SPEED_UNITS, ""):
            continue
        behind = " ".join(said.words[end : end + 1])
        if _CHANGE.search(said.before(start, 1)) or _CHANGED.match(behind):
            return {"speed_change": (quantity.value, quantity.unit)}
    return {}


_SMALLER = re.compile(
    r"\b(?:less|smaller|shorter|closer|reduce|shrink|shorten|tighten|close up|decrease|narrow)\b"
)


_BY_SO_MUCH = re.compile(
    r"\b(?:by|another|extra|further|additional|added|adding|add|at least|minimum|than|over)$"
)
_SO_MUCH_MORE = re.compile(
    r"^(?:of )?(?:extra|more|less|wider|closer|longer|shorter|larger|further|additional)\b"
)
_OF_GAPS = ("s", "m", "ft", "yd", "in", "cm", "car lengths")
_BESIDE = re.compile(
    r"\b(?:cyclists?|bikes?|bicycles?|riders?|horses?|pedestrians?|walkers?|joggers?|parked|kerb|curb|wall|"
    r"walls|verge|edge|side|beside|sideways|clearance|berth|pass|passing|past|mirrors?|doors?)\b"
)


def too_small_gap(words: Sequence[str]) -> str:
    """Return the distance to the one ahead that is asked for where none so small is safe, else "".

    Not meant are changes ("two metres more"), and what is kept free beside the vehicle.
    """
    said = _said(words)
    gaps = [
        (f"{quantity.value:g} {quantity.unit}", quantity.si >= _least_gap(quantity))
        for quantity, start, end in said.quantities
        if quantity.unit in _OF_GAPS
        and not _BY_SO_MUCH.search(said.before(start))
        and not _SO_MUCH_MORE.match(" ".join(said.words[end : end + 2]))
    ]
    if not gaps or any(wide for _, wide in gaps) or _BESIDE.search(said.text):
        return ""
    return gaps[0][0]


def _least_gap(quantity: Quantity) -> float:
    return LEAST_GAP_S if quantity.unit in TIME_UNITS else LEAST_GAP_M


def _gap(said: _Said) -> Parameters | None:
    """Seconds or metres to the one ahead; ``gap_change`` where it shall become less."""
    gaps = [
        (quantity.value, quantity.unit)
        for quantity, _, _ in said.quantities
        if quantity.unit in (*TIME_UNITS, *DISTANCE_UNITS) and quantity.si >= _least_gap(quantity)
    ]
    if len(gaps) == 1:
        return {"gap": gaps[0]}
    smaller = _SMALLER.search(said.text) and not re.search(r"\b(?:not|no)\b", said.text)
    return {"gap_change": (-1.0, "s")} if smaller else {}


_SIDE = re.compile(
    r"\b(?:on|to|onto|at|down|up|your|my|our|its|keep|keeping|pass|passing|hand|hug|side|swing|far) (?:the |my |your |our |his |her |its |far )?(?P<a>left|right)\b(?! (?:away|now|here|there|behind|after|before|by|next|over|past|up|in))|"
    r"\b(?P<b>left|right) (?:hand )?(?:side|hand|kerb|curb|shoulder|lane|verge|bay|edge)\b|\b(?P<c>left|right)hand\b"
)


def _side(said: _Said) -> Parameters | None:
    sides = {side for found in _SIDE.finditer(said.text) for side in found.groups() if side}
    return {"side": sides.pop()} if len(sides) == 1 else {}


def _distance(said: _Said) -> Parameters | None:
    """How far ahead a manoeuvre begins, where one distance is named."""
    found = [one for one, _, _ in said.quantities if one.unit in DISTANCE_UNITS]
    return {"distance": (found[0].value, found[0].unit)} if len(found) == 1 else {}


_STREET_TYPES = (
    r"street|st|road|rd|avenue|ave|lane|drive|boulevard|blvd|way|place|square|terrace|crescent|court|row|close|"
    r"highway|parkway|turnpike|bridge|quay|embankment|parade|hill|mews|circle|trail|alley"
)
_NAME = r"[a-z0-9][a-z0-9']*"
_STREET = re.compile(
    rf"\b(?:onto|on to|into|on|down|up|along) (?:the )?(?P<named>(?:{_NAME} ){{1,3}}?(?:{_STREET_TYPES}))\b(?! (?:side|light|lights|sign))|"
    r"\b(?:onto|on to|on|into|to) (?:the )?(?P<numbered>(?:[abmieu] ?\d{1,4}|(?:us|sr|rt|route|highway|interstate|motorway) ?\d{1,4}))\b|"
    rf"\b(?:onto|on to|into) (?P<bare>(?!(?:the|that|this|a|an|my|our|your|his|her|their|it|him|them)\b){_NAME}(?: {_NAME})?) ?(?:$|[,.;!?]|(?=\b(?:and|then|please|in|now|at|after)\b))"
)
_NO_NAME = frozenset(
    [
        "the",
        "a",
        "an",
        "this",
        "that",
        "these",
        "those",
        "my",
        "our",
        "your",
        "his",
        "her",
        "their",
        "its",
        "it",
        "him",
        "them",
        "us",
        "me",
        "i",
        "we",
        "you",
        "he",
        "she",
        "they",
        "and",
        "or",
        "then",
        "but",
        "to",
        "of",
        "for",
        "from",
        "with",
        "in",
        "at",
        "by",
        "on",
        "off",
        "up",
        "down",
        "over",
        "under",
        "into",
        "onto",
        "next",
        "last",
        "first",
        "second",
        "third",
        "left",
        "right",
        "straight",
        "main-road",
        "side",
        "one",
        "two",
        "other",
        "same",
        "wrong",
        "opposite",
        "oncoming",
        "other's",
        "incoming",
        "bike",
        "bus",
        "cycle",
        "tram",
        "fast",
        "slow",
        "middle",
        "outside",
        "inside",
        "nearside",
        "offside",
        "inner",
        "outer",
        "passing",
        "turning",
        "overtaking",
        "new",
        "hard",
        "soft",
        "traffic",
        "all",
        "every",
        "each",
        "any",
        "some",
        "no",
        "not",
        "please",
        "now",
        "here",
        "there",
        "road",
        "street",
        "lane",
        "lanes",
        "exit",
        "motorway",
        "freeway",
        "highway",
        "ramp",
        "slip",
        "way",
        "drive",
        "turn",
        "go",
        "keep",
        "take",
        "ignore",
        "previous",
        "instructions",
        "rules",
        "people",
        "person",
        "man",
        "woman",
        "child",
        "children",
        "kids",
        "kid",
        "dog",
        "cat",
        "car",
        "cars",
        "truck",
        "bus-stop",
        "crowd",
        "wall",
        "house",
        "shop",
        "pavement",
        "sidewalk",
        "kerb",
        "curb",
        "verge",
        "shoulder",
        "driveway",
        "forecourt",
        "yard",
        "lot",
        "garage",
        "parking",
        "roundabout",
        "junction",
        "intersection",
        "bridge",
        "tunnel",
        "traffic",
        "narrow",
        "wide",
        "big",
        "small",
        "busy",
        "quiet",
        "country",
        "dirt",
        "gravel",
        "cul",
        "back",
        "access",
        "service",
        "dual",
    ]
)
"""Words that make no name of a street; what is left may be said to the model."""


def _street(said: _Said) -> str:
    for found in _STREET.finditer(said.text):
        name = found["named"] or found["numbered"] or found["bare"]
        words = name.split()
        proper = words[:-1] if found["named"] else words if found["bare"] else []
        if not any(word in _NO_NAME for word in proper):
            return str(name)
    return ""


def _turn(said: _Said) -> Parameters | None:
    found = _distance(said) or {}
    street = _street(said)
    return {**found, "street": street} if street else found


_EXIT = re.compile(
    r"\b(?:exit|exits|junction|ramp|off ramp)(?: number| no)? (?P<behind>\d{1,4}[a-d]?|[b-d])\b|\b(?P<before>\d{1,4}[a-d]?) exit\b"
)


def _exit(said: _Said) -> Parameters | None:
    """The number or letter of an exit, or which one it is from here."""
    found: Parameters = dict(_turn(said) or {})
    named = _EXIT.search(said.text)
    if named is not None:
        found["exit"] = str(named["behind"] or named["before"]).upper()
        return found
    for quantity, start, _ in said.quantities:
        ordinal = quantity.unit == "ordinal"
        named_by_words = re.search(r"\b(?:exit|junction|number)$", said.before(start, 1))
        if (ordinal or (named_by_words and not quantity.unit)) and "exit" not in found:
            found["exit"] = f"{quantity.value:g}"
    return found


_HOME = re.compile(r"\b(home|downtown|uptown)\b")
_TO = re.compile(
    r"\b(?:to|towards?|for|find|reach|via|visit|need|want|at|where) (?:me |us )?(?P<place>(?!(?:be|get|go|do|you|stop|me|us|the car)\b)[^,.;!?]+)"
)
_NOT_OF_IT = re.compile(
    r"(?:^(?:to|at|for|the way to) )|(?: (?:please|now|then|thanks|thank you|and|so|because|if you can|as soon as possible))+$"
)


def _destination(named: Sequence[str], words: Sequence[str]) -> Parameters | None:
    """The words that name a place; without any, what stands behind the last "to" or "find"."""
    text = " ".join(word for word in named if word not in _MARKS)
    if not text:
        plain = " ".join(words)
        home = _HOME.search(plain)
        behind = [found["place"] for found in _TO.finditer(plain)]
        text = home[1] if home else behind[-1] if behind else ""
    text = _NOT_OF_IT.sub("", text.strip()).replace(" 's", "'s")
    text = shown(text, MAX_DESTINATION)
    return {"destination": text} if text else None


_READERS: Mapping[str, Callable[[_Said], Parameters | None]] = {
    "SET_SPEED": _speed,
    "SPEED_UP": _speed_change,
    "SLOW_DOWN": _speed_change,
    "KEEP_DISTANCE": _gap,
    "TURN_LEFT": _turn,
    "TURN_RIGHT": _turn,
    "GO_STRAIGHT": _turn,
    "U_TURN": _distance,
    "CHANGE_LANE_LEFT": _distance,
    "CHANGE_LANE_RIGHT": _distance,
    "STOP": _distance,
    "TAKE_EXIT": _exit,
    "PULL_OVER": _side,
    "PARK": _side,
    "OVERTAKE": _side,
    "GO_AROUND": _side,
}
