# SPDX-License-Identifier: Apache-2.0
"""Lateral decisions: of a verb, or of a noun such as "left turn", with what stands around it."""

from __future__ import annotations

from collections.abc import Callable

from alpamayo_ros.reasoning import lexicon
from alpamayo_ros.reasoning import vocabulary as v
from alpamayo_ros.reasoning.clauses import COMPOUNDS, FAR
from alpamayo_ros.reasoning.longitudinal import stops_manoeuvre
from alpamayo_ros.reasoning.phrases import Phrases
from alpamayo_ros.reasoning.words import word_set

Lateral = tuple[str, str]
"""A decision of the vocabulary without its side, and its side or ""."""

NOTHING: Lateral = ("", "")

_SPLITS = lexicon.ROAD_NOUNS | {"off", "on", "mainline", "y", "slip"}
_ROUND = frozenset({"around", "round", "past", "by"})
_CURVES = frozenset({"curve", "bend", "curvature", "curved", "bending", "curving"})
_DOING = word_set(
    "make take execute perform begin start complete initiate finish continue proceed commence "
    "negotiate finish commit hang require need call go accelerate prepare plan do undertake enter "
    "navigate handle"
)


def lateral(phrases: Phrases, i: int) -> Lateral:
    """Return the decision that the verb at ``i`` makes, or NOTHING."""
    lemma = phrases.words[i].lemma
    for decide in _READERS.get(lemma, ()):
        found = decide(phrases, i)
        if found[0]:
            return found
    return _done(phrases, i) if lemma in _DOING else NOTHING


NOMINALS = word_set("change turn u nudge merge split shift adjustment offset")
"""Nouns that may name a decision."""


def nominal(phrases: Phrases, i: int) -> Lateral:
    """Return the decision named by the noun at ``i``: "turn", "lane change", "nudge", ... ."""
    text, before = phrases.text(i), phrases.text(i - 1)
    if text not in NOMINALS:
        return NOTHING
    if phrases.text(i + 1) in COMPOUNDS.get(text, ()):
        return NOTHING
    if text == "change" and before == "lane":
        return v.LANE_CHANGE, _side_before(phrases, i - 1) or phrases.side(i)
    if text in ("turn", "u") and (text == "turn" or phrases.text(i + 1) == "turn"):
        if "u" in (text, before):
            return v.TURN, phrases.side(i) or v.LEFT
        return v.TURN, _side_before(phrases, i) or phrases.side(i)
    if text == "nudge":
        return v.NUDGE, _side_before(phrases, i) or phrases.side(i)
    if text in ("merge", "split"):
        return v.MERGE_SPLIT, ""
    if text in ("shift", "adjustment", "offset") and before not in lexicon.DETERMINERS:
        side = _side_before(phrases, i) or phrases.side(i)
        return (v.NUDGE, side) if side else NOTHING
    return NOTHING


def _side_before(phrases: Phrases, i: int) -> str:
    j = i - 1
    while phrases.text(j) in _BESIDE_SIDE and j > i - FAR:
        if phrases.side_at(j):
            return phrases.side_at(j)
        j -= 1
    return ""


_BESIDE_SIDE = lexicon.ADJECTIVES | {"hand", "most", "of"}


def _done(phrases: Phrases, i: int) -> Lateral:
    """Make, take, begin, ... a turn or a lane change."""
    complement = phrases.complement(i)
    for place in complement:
        text = phrases.text(place)
        if text in ("for", "to") and phrases.words[i].lemma not in ("prepare", "plan", "call"):
            break
        if text in lexicon.CARS | lexicon.ROAD_USERS:
            break
        found = nominal(phrases, place)
        if found[0]:
            return found
    return _taken(phrases, i, complement)


def _taken(phrases: Phrases, i: int, complement: range) -> Lateral:
    """Take a left, the second right, the left lane, the exit."""
    if phrases.words[i].lemma not in ("take", "make", "enter", "hang"):
        return NOTHING
    if phrases.has(complement, lexicon.ROAD_NOUNS - {"highway", "freeway", "motorway", "gore"}):
        return v.MERGE_SPLIT, ""
    place = phrases.side_place(i)
    if place < 0:
        return NOTHING
    if phrases.lane_after(place):
        return v.LANE_CHANGE, phrases.side_at(place)
    if phrases.words[i].lemma == "enter":
        turn = phrases.has(complement, lexicon.SIDE_STREETS - {"intersection", "junction", "road"})
        return (v.TURN, phrases.side_at(place)) if turn else NOTHING
    return v.TURN, phrases.side_at(place)


def _turn(phrases: Phrases, i: int) -> Lateral:
    complement = phrases.complement(i)
    following = phrases.text(phrases.after(i))
    if following in ("signal", "signals", "indicator", "blinker", "wheel") or phrases.follows(
        i, "on|off", "the|signal|headlights|hazards|indicator|blinkers|left|right"
    ):
        return NOTHING
    if following == "around" or phrases.text(i - 1) == "u":
        return v.TURN, phrases.side(i) or v.LEFT
    side = phrases.side(i)
    if not side:
        place = phrases.side_place(i)
        side = phrases.side_at(place) if place >= 0 else phrases.compound_side(i)
    if phrases.has(complement, {"lane"}) and not side:
        return NOTHING
    return v.TURN, side


def _change(phrases: Phrases, i: int) -> Lateral:
    complement = phrases.complement(i)
    lane = phrases.has(complement, {"lane", "lanes"})
    side = phrases.side(i)
    if lane and not side:
        place = phrases.side_place(i)
        side = phrases.side_at(place) if place >= 0 and phrases.text(place - 2) == "on" else ""
    if lane or (side and phrases.follows(i, "to|left|right|over")):
        return v.LANE_CHANGE, side
    return NOTHING


def _move(phrases: Phrases, i: int) -> Lateral:
    """Move, shift, steer, ...: into a lane, onto the shoulder, around a bend, or just a bit."""
    complement = phrases.complement(i)
    side = phrases.side(i)
    place = next((k for k in complement if phrases.side_at(k) == side), -1) if side else -1
    lemma = phrases.words[i].lemma
    if _to_roadside(phrases, i, complement):
        return v.PULL_OVER, ""
    if not side:
        return _without_side(phrases, i, complement)
    if (
        phrases.lane_after(place)
        or _into_lane(phrases, i)
        or _one_lane(phrases, complement)
        or _over_lane(phrases, i)
    ):
        return v.LANE_CHANGE, side
    if lemma in ("steer", "swing", "curve") and phrases.has(complement, _CURVES):
        return v.LANE_KEEPING, ""
    streets = phrases.has(complement, lexicon.SIDE_STREETS - {"lot", "road", "drive", "work"})
    if streets and phrases.has(complement, {"into", "onto", "at", "through"}):
        return v.TURN, side
    if phrases.has(complement, lexicon.ROAD_NOUNS - {"highway", "freeway"}):
        return v.MERGE_SPLIT, ""
    return v.NUDGE, side


def _without_side(phrases: Phrases, i: int, complement: range) -> Lateral:
    following = phrases.text(phrases.after(i))
    if following == "over" or _one_lane(phrases, complement):
        return v.LANE_CHANGE, ""
    if phrases.follows(i, "lanes|lane"):
        return v.LANE_CHANGE, ""
    if phrases.follows(i, "into|to", "the", "adjacent|next|neighboring|other|passing", "lane"):
        return v.LANE_CHANGE, ""
    if following in _ROUND or following in ("away", "aside", "clear"):
        return v.NUDGE, "" if following in _ROUND else phrases.away_side(i)
    if phrases.words[i].lemma == "steer" and phrases.has(complement, _CURVES):
        return v.LANE_KEEPING, ""
    return NOTHING


def _into_lane(phrases: Phrases, i: int) -> bool:
    """Whether the verb at ``i`` leads into a lane: "to the exit lane", "into the next lane"."""
    for k in phrases.complement(i):
        if phrases.text(k) in ("into", "to", "onto"):
            j = k + 1
            while phrases.text(j) in _BEFORE_LANE and j < i + FAR:
                j += 1
            if phrases.text(j) == "lane" and phrases.text(j + 1) not in ("center", "line", "edge"):
                return True
    return False


_BEFORE_LANE = lexicon.DETERMINERS | lexicon.LANE_MODIFIERS


def _one_lane(phrases: Phrases, complement: range) -> bool:
    return any(
        phrases.text(k) in ("lane", "lanes") and phrases.text(k - 1) in ("one", "two", "a", "over")
        and phrases.text(k - 2) not in ("within", "in")
        for k in complement
    )  # fmt: skip


def _over_lane(phrases: Phrases, i: int) -> bool:
    lanes = phrases.text(phrases.after(i)) == "lanes"
    if phrases.has(phrases.complement(i), {"little", "bit", "slightly", "within"}):
        return False
    return lanes or (phrases.follows(i, "over") and phrases.words[i].lemma in ("move", "get"))


def _to_roadside(phrases: Phrases, i: int, complement: range) -> bool:
    for k in complement:
        text = phrases.text(k)
        if text in ("shoulder", "curb", "curbside", "roadside", "verge", "layby"):
            return phrases.has(range(i + 1, k), {"to", "onto", "toward", "towards", "into", "at"})
        if text in lexicon.CARS | lexicon.STATIC | {"away", "from", "around"}:
            return False
    return False


def _nudge(phrases: Phrases, i: int) -> Lateral:
    if phrases.follows(i, "forward|ahead"):
        return NOTHING
    side = phrases.side(i)
    if side:
        return v.NUDGE, side
    away = not phrases.has(phrases.complement(i), _ROUND)
    return v.NUDGE, phrases.away_side(i) if away else ""


def _keep(phrases: Phrases, i: int) -> Lateral:
    """Keep, stay, hold, ...: the lane, or to a side."""
    complement = phrases.complement(i)
    following = phrases.after(i)
    if phrases.follows(following - 1, "a", "bit|little"):
        following = phrases.after(following + 1)
    side = phrases.side_at(following) or (
        phrases.side_at(following + 2) if phrases.follows(following - 1, "to", "the") else ""
    )
    if phrases.words[i].lemma == "hug":
        side = phrases.side_at(following + 1)
        return (v.NUDGE, side) if side else (v.LANE_KEEPING, "")
    if side and not phrases.has(complement, {"lane", "lanes"}):
        split = phrases.has(complement, _SPLITS | {"roundabout"} - {"on", "off"})
        return (v.MERGE_SPLIT, "") if split else (v.NUDGE, side)
    if phrases.has(complement, {"clear", "away"}) and not phrases.has(complement, {"lane"}):
        return NOTHING
    if phrases.has(complement, {"centered", "center", "centering"}):
        return v.LANE_KEEPING, ""
    for place in complement:
        text = phrases.text(place)
        if text in lexicon.LANE_NOUNS and not _adjacent_lane(phrases, i + 1, place):
            return v.LANE_KEEPING, ""
        if text in lexicon.CARS | lexicon.ROAD_USERS | lexicon.STATIC:
            break
    return NOTHING


def _adjacent_lane(phrases: Phrases, first: int, place: int) -> bool:
    """Whether the noun belongs to something else: "speed in ...", "distance from the lane ..."."""
    before = {phrases.text(k) for k in range(max(place - 5, first), place)}
    return (
        bool(before & {"traffic", "from", "vehicle", "out"}) and phrases.text(place) != "centered"
    )


def _continue(phrases: Phrases, i: int) -> Lateral:
    complement = phrases.complement(i)
    if phrases.follows(i, "in|within|along|centered") and phrases.has(complement, {"lane"}):
        return v.LANE_KEEPING, ""
    return NOTHING


def _follow(phrases: Phrases, i: int) -> Lateral:
    complement = phrases.complement(i)
    if phrases.text(complement.stop) == "by":
        return NOTHING
    for place in complement:
        text = phrases.text(place)
        if text in lexicon.CARS | lexicon.LEADING:
            return NOTHING
        if text in ("split", "fork", "ramp", "exit"):
            return v.MERGE_SPLIT, ""
        if text in (
            "lane",
            "road",
            "curve",
            "bend",
            "curvature",
            "centerline",
            "markings",
            "lanes",
        ):
            return v.LANE_KEEPING, ""
    return NOTHING


def _center(phrases: Phrases, i: int) -> Lateral:
    lane = {"lane", "centered", "self", "position", "markings", "vehicle", "ego", "."}
    return (v.LANE_KEEPING, "") if phrases.has([*phrases.complement(i), -1], lane) else NOTHING


def _merge(phrases: Phrases, i: int) -> Lateral:
    return v.MERGE_SPLIT, ""


def _exit(phrases: Phrases, i: int) -> Lateral:
    where = lexicon.ROAD_NOUNS | {".", "here", "left", "right"}
    return (v.MERGE_SPLIT, "") if phrases.has([*phrases.complement(i)], where) else NOTHING


def _bear(phrases: Phrases, i: int) -> Lateral:
    return (v.MERGE_SPLIT, "") if phrases.side(i) else NOTHING


def _pull(phrases: Phrases, i: int) -> Lateral:
    complement = phrases.complement(i)
    place = phrases.side_place(i)
    if place >= 0 and phrases.lane_after(place) and phrases.has(complement, {"into", "to"}):
        return v.LANE_CHANGE, phrases.side_at(place)
    if phrases.follows(i, "over|aside"):
        return v.PULL_OVER, ""
    if phrases.has(complement, lexicon.ROADSIDE) and not phrases.follows(i, "out|away|from"):
        return v.PULL_OVER, ""
    if phrases.follows(i, "in|up") and phrases.has(complement, {"curb", "stop", "loading"}):
        return v.PULL_OVER, ""
    return NOTHING


def _park(phrases: Phrases, i: int) -> Lateral:
    return v.PULL_OVER, ""


def _approach(phrases: Phrases, i: int) -> Lateral:
    where = {"curb", "curbside", "shoulder", "roadside"}
    return (v.PULL_OVER, "") if phrases.has(phrases.complement(i), where) else NOTHING


def _go(phrases: Phrases, i: int) -> Lateral:
    following = phrases.after(i)
    if phrases.side_at(following):
        lane = phrases.lane_after(following)
        return (v.LANE_CHANGE if lane else v.TURN), phrases.side_at(following)
    if phrases.follows(i, "around|round|past"):
        return v.NUDGE, ""
    if phrases.follows(i, "to|into", "the", "left|right", "lane"):
        return v.LANE_CHANGE, phrases.side(i)
    return NOTHING


def _use(phrases: Phrases, i: int) -> Lateral:
    place = phrases.side_place(i)
    if place >= 0 and phrases.lane_after(place):
        return v.LANE_CHANGE, phrases.side_at(place)
    return NOTHING


def _return(phrases: Phrases, i: int) -> Lateral:
    complement = phrases.complement(i)
    place = phrases.side_place(i)
    if place >= 0 and phrases.lane_after(place):
        return v.LANE_CHANGE, phrases.side_at(place)
    return (v.LANE_KEEPING, "") if phrases.has(complement, {"lane", "center"}) else NOTHING


def _give(phrases: Phrases, i: int) -> Lateral:
    """Give room: a nudge only where the sentence says from which side."""
    if not phrases.has(phrases.complement(i), {"room", "space", "clearance", "berth"}):
        return NOTHING
    side = phrases.away_side(i)
    return (v.NUDGE, side) if side else NOTHING


def _abort(phrases: Phrases, i: int) -> Lateral:
    what = {"lane", "change", "merge", "turn", "nudge", "maneuver", "overtake", "overtaking",
            "passing", "merging", "changing", "turning", "pass", "it", "lateral", "nudging",
            "attempt"}  # fmt: skip
    reach = range(i, min(i + 9, phrases.sentence(i).stop))
    return (v.ABORT, "") if phrases.has(reach, what) else NOTHING


def _stop(phrases: Phrases, i: int) -> Lateral:
    return (v.ABORT, "") if stops_manoeuvre(phrases, i) else NOTHING


def _give_up(phrases: Phrases, i: int) -> Lateral:
    return _abort(phrases, i) if phrases.follows(i, "up|off|out") else NOTHING


_Reader = Callable[[Phrases, int], Lateral]
_GROUPS: tuple[tuple[str, _Reader], ...] = (
    ("abort cancel abandon discontinue", _abort),
    ("give call back", _give_up),
    ("stop", _stop),
    ("turn", _turn),
    ("change switch transition", _change),
    ("nudge", _nudge),
    ("merge zipper split diverge", _merge),
    ("exit leave", _exit),
    ("bear", _bear),
    ("pull", _pull),
    ("park", _park),
    ("approach", _approach),
    (
        "move shift steer veer drift edge swerve ease slide bias offset deviate lean inch get "
        "position head maneuver navigate reposition swing squeeze adjust cut circle filter "
        "press creep cross bring divert come track set",
        _move,
    ),
    ("go", _go),
    ("keep maintain stay hold remain preserve track hug position set retain drive", _keep),
    ("continue", _continue),
    ("follow", _follow),
    ("center recenter realign", _center),
    ("use occupy join select choose", _use),
    ("return revert", _return),
    ("give leave", _give),
)


def _readers() -> dict[str, tuple[_Reader, ...]]:
    """The readers of each lemma, in the order in which they are asked."""
    readers: dict[str, tuple[_Reader, ...]] = {}
    for lemmas, reader in _GROUPS:
        for lemma in dict.fromkeys(lemmas.split()):
            readers[lemma] = (*readers.get(lemma, ()), reader)
    return readers


_READERS = _readers()
