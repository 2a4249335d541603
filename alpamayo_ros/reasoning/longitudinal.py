# SPDX-License-Identifier: Apache-2.0
"""Longitudinal decisions that a verb and what stands around it make."""

from __future__ import annotations

from collections.abc import Callable

from alpamayo_ros.reasoning import lexicon
from alpamayo_ros.reasoning import vocabulary as v
from alpamayo_ros.reasoning.phrases import Phrases
from alpamayo_ros.reasoning.words import Form, word_set

_STOPPED = word_set("stopped stationary still halted standing parked stop put standstill")
_REST = word_set("stop halt standstill rest")
_TO_REST = word_set("slow decelerate brake coast ease roll glide reduce drop draw pull")
_COLOURS = word_set("red yellow amber green")
_GO_ON = word_set(
    "straight through forward ahead on along onto at past over driving moving down toward towards "
    "up across into with in as when since because"
)
_LIGHT = word_set("light lights signal green red arrow")


def longitudinal(phrases: Phrases, i: int) -> str:
    """Return the decision that the verb at ``i`` makes, or ""."""
    lemma = phrases.words[i].lemma
    if lemma in _TO_REST and _come(phrases, i):
        return v.STOP
    decide = _READERS.get(lemma)
    return decide(phrases, i) if decide else ""


def about(phrases: Phrases, i: int) -> str:
    """Whose matter a slowing at ``i`` is: the lead's, the right of way, a control, the road."""
    places = phrases.reason(i)
    for n, place in enumerate(places):
        text = phrases.text(place)
        if text not in _MATTERS:
            continue
        if text in _COLOURS and phrases.text(place + 1) in _COLOURED:
            continue
        near = [phrases.text(k) for k in places[max(n - 3, 0) : n + 6]]
        if text in _PRIOR:
            return v.YIELD
        if text in lexicon.STATIC or (text == "signal" and "turn" in near):
            return v.SPEED_ADAPTATION
        if text in lexicon.LEADING:
            return v.LEAD_FOLLOWING
        if text in lexicon.CARS:
            return _about_car(near)
        if text in lexicon.CONTROLS or (text == "stop" and near[-5:-4] == ["stop"]):
            return _about_control(phrases, places, place)
        if text in lexicon.ROAD_EVENTS and not _weak(phrases, place, places):
            return v.SPEED_ADAPTATION
    return ""


_PRIOR = lexicon.ROAD_USERS | lexicon.PRIORITY
_COLOURED = lexicon.CARS | lexicon.ROAD_EVENTS
_MATTERS = (
    _PRIOR | lexicon.STATIC | {"signal", "stop"} | lexicon.LEADING | lexicon.CARS
    | lexicon.CONTROLS | lexicon.ROAD_EVENTS
)  # fmt: skip
"""Words that a slowing can be about."""


def _about_car(near: list[str]) -> str:
    if not lexicon.CROSSING.isdisjoint(near):
        return v.YIELD
    if not lexicon.STATIC.isdisjoint(near):
        return v.SPEED_ADAPTATION
    return v.LEAD_FOLLOWING


def _about_control(phrases: Phrases, places: list[int], place: int) -> str:
    near = {phrases.text(k) for k in range(place - 3, place + 5)}
    if "green" in near and "red" not in near:
        return v.SPEED_ADAPTATION
    if "yield" in near:
        return v.YIELD
    if phrases.text(place) == "sign" and not {"stop"} & near:
        return v.SPEED_ADAPTATION
    return v.STOP


def _weak(phrases: Phrases, place: int, places: list[int]) -> bool:
    """Whether a place of the road is only where something happens, and the matter follows."""
    text = phrases.text(place)
    if text == "speed":
        return phrases.text(place + 1) not in ("bump", "bumps", "hump", "humps", "limit", "table")
    if text not in ("intersection", "junction", "crosswalk", "crossing", "turn", "exit", "parking"):
        return False
    later = [k for k in places if k > place]
    return phrases.has(later, lexicon.CARS | lexicon.ROAD_USERS | {"red"})


def _slow(phrases: Phrases, i: int) -> str:
    return about(phrases, i) or v.SPEED_ADAPTATION


def _speed_change(phrases: Phrases, i: int) -> str:
    """Reduce, adapt, increase, match, ... something: only speed counts."""
    word, complement = phrases.words[i], phrases.complement(i)
    named = phrases.has(complement, lexicon.SPEED_NOUNS)
    gap = phrases.has(complement, lexicon.GAP_NOUNS | {"distance", "headway"})
    if word.lemma in ("increase", "gain", "raise", "pick", "regain", "restore"):
        if phrases.has(complement, {"distance", "gap", "headway", "following", "spacing"}):
            return v.LEAD_FOLLOWING
        return v.SET_SPEED if named else ""
    if word.lemma == "match":
        return _match(phrases, complement)
    if word.lemma in ("adapt", "adjust", "modulate", "moderate", "regulate", "manage"):
        if not named:
            return v.SPEED_ADAPTATION if phrases.follows(i, "to|for") else ""
        if (gap or _into_gap(phrases, i)) and not phrases.has(complement, lexicon.LEADING):
            return v.GAP_SEARCHING
        return _adapted(phrases, i)
    if not named and not phrases.has(complement, {"throttle", "accelerator"}):
        return ""
    return about(phrases, i) or v.SPEED_ADAPTATION


def _into_gap(phrases: Phrases, i: int) -> bool:
    """Whether speed is adjusted for merging or changing into a gap."""
    places = phrases.reason(i)
    gap = next((n for n, k in enumerate(places) if phrases.text(k) in ("gap", "slot")), -1)
    joining = {"merge", "change", "fit", "enter", "slot", "join"}
    return gap >= 0 and phrases.has(places[:gap], joining)


def _adapted(phrases: Phrases, i: int) -> str:
    """Adapting speed is for the road, unless it is said to be for the lead."""
    matter = about(phrases, i)
    return v.LEAD_FOLLOWING if matter == v.LEAD_FOLLOWING else v.SPEED_ADAPTATION


def _match(phrases: Phrases, complement: range) -> str:
    places = list(complement)
    if phrases.has(places, lexicon.LEADING) or phrases.has(places, {"ahead", "front"}):
        return v.LEAD_FOLLOWING
    if phrases.has(places, {"gap", "merge", "merging", "lane", "highway", "mainline", "adjacent"}):
        return v.GAP_SEARCHING
    return v.SET_SPEED if phrases.has(places, {"limit", "flow", "traffic"}) else v.LEAD_FOLLOWING


def _keep(phrases: Phrases, i: int) -> str:
    complement = phrases.complement(i)
    if phrases.has(complement, _STOPPED) and phrases.words[i].lemma in ("keep", "remain", "stay"):
        first = phrases.text(phrases.after(i))
        if first in _STOPPED or first in ("at", "fully", "completely"):
            return v.STOP
    if phrases.words[i].lemma == "hold" and _holds_still(phrases, i):
        return _wait(phrases, i) if phrases.follows(i, "for") else v.STOP
    if phrases.words[i].lemma == "keep" and phrases.follows(i, "pace"):
        return v.LEAD_FOLLOWING
    for place in complement:
        text = phrases.text(place)
        if text in ("distance", "gap", "headway", "spacing", "separation", "interval", "cushion"):
            return "" if phrases.text(place - 1) == "lateral" else v.LEAD_FOLLOWING
        if text in ("buffer", "space", "margin", "following") and _behind_lead(phrases, i):
            return v.LEAD_FOLLOWING
        if text in lexicon.SPEED_NOUNS:
            return v.SET_SPEED
    if phrases.text(phrases.after(i)) in ("behind", "back"):
        users = lexicon.CARS | lexicon.ROAD_USERS | {"it"}
        return v.LEAD_FOLLOWING if phrases.has(complement, users) else ""
    if phrases.words[i].lemma == "keep" and phrases.follows(i, "up", "with"):
        return v.LEAD_FOLLOWING
    if phrases.words[i].lemma == "set":
        return v.SET_SPEED if phrases.follows(i, "off") else ""
    if phrases.words[i].lemma == "keep" and phrases.follows(i, "straight"):
        return v.SET_SPEED
    return ""


def _behind_lead(phrases: Phrases, i: int) -> bool:
    return phrases.has(phrases.sentence(i), lexicon.CARS)


def _holds_still(phrases: Phrases, i: int) -> bool:
    following = phrases.text(phrases.after(i))
    if following == "position":
        return phrases.text(i - 1) != "lane"
    return following in ("at", "for", "behind", "here", "until", ".", "still", "before", "short")


def _stop(phrases: Phrases, i: int) -> str:
    following = phrases.after(i)
    word = phrases.words[i]
    if stops_manoeuvre(phrases, i):
        return ""
    gerund = phrases.is_verb(following) and phrases.words[following].form is Form.ING
    if word.text == "stop" and gerund and phrases.text(i + 1) != ",":
        return ""
    return v.STOP


def stops_manoeuvre(phrases: Phrases, i: int) -> bool:
    """Whether "stop" at ``i`` calls something off: "stop the lane change"."""
    what = i + 2 if phrases.follows(i, "the|this|our") else i + 1
    named = phrases.follows(what - 1, "lane", "change") or phrases.follows(
        what - 1, "left|right", "turn|lane|merge|nudge"
    )
    return named or phrases.follows(what - 1, "overtake|nudge|maneuver|merge")


def _come(phrases: Phrases, i: int) -> str:
    places = phrases.complement(i)
    for place in places:
        if phrases.text(place) in ("to", "into"):
            rest = range(place, min(place + 6, places.stop))
            return v.STOP if _nominal_stop(phrases, rest) else ""
    return ""


def _wait(phrases: Phrases, i: int) -> str:
    places = [k for k in phrases.sentence(i) if k > i]
    near = list(phrases.complement(i))
    if phrases.has(near, {"gap", "gaps", "opening"}):
        conflicting = phrases.has(places, {"oncoming", "cross", "crossing", "opposing"})
        return v.YIELD if conflicting else v.GAP_SEARCHING
    for place in places:
        text = phrases.text(place)
        if text in _WAITED_FOR:
            at = phrases.text(i + 1) in ("behind", "at") and text not in lexicon.ROAD_USERS
            return v.STOP if at else v.YIELD
        if text in _LIGHT:
            return v.STOP
    return v.STOP


_WAITED_FOR = _PRIOR | lexicon.CARS | {"oncoming"}


def _yield(phrases: Phrases, i: int) -> str:
    return v.YIELD


def _give(phrases: Phrases, i: int) -> str:
    complement = phrases.complement(i)
    if phrases.has(complement, {"way", "priority", "precedence", "time"}):
        return v.YIELD
    sentence = range(i, phrases.sentence(i).stop)
    room = phrases.has(complement, {"space", "room"})
    joins = phrases.has(sentence, {"merging", "merge", "enter", "entering", "cut", "join"})
    return v.YIELD if room and joins and phrases.has(sentence, lexicon.CARS) else ""


def _let(phrases: Phrases, i: int) -> str:
    if phrases.has(phrases.complement(i), {"speed"}):
        return about(phrases, i) or v.SPEED_ADAPTATION
    users = lexicon.CARS | lexicon.ROAD_USERS | lexicon.PRIORITY | {"them", "it", "him", "her"}
    sentence = phrases.sentence(i)
    return v.YIELD if phrases.has(range(i, sentence.stop), users) else ""


def _make_room(phrases: Phrases, i: int) -> str:
    """Make room, open a gap: for others to yield, for oneself to search a gap."""
    complement = phrases.complement(i)
    sentence = range(i, phrases.sentence(i).stop)
    if phrases.has(complement, {"lead", "distance", "headway"}):
        return v.LEAD_FOLLOWING
    making = {"gap", "gaps"} if phrases.words[i].lemma == "make" else lexicon.GAP_NOUNS
    if phrases.has(complement, making):
        theirs = phrases.has(sentence, lexicon.CARS | {"them"}) and phrases.has(sentence, {"for"})
        return v.YIELD if theirs and not phrases.has(complement, {"usable"}) else v.GAP_SEARCHING
    if phrases.has(complement, {"room"}):
        return v.YIELD if phrases.has(sentence, lexicon.CROSSING | {"merge"}) else ""
    return v.STOP if _nominal_stop(phrases, complement) else ""


def _nominal_stop(phrases: Phrases, places: range) -> bool:
    k = next((k for k in places if phrases.text(k) in _REST), -1)
    return k >= 0 and phrases.text(k + 1) not in ("sign", "line", "bar", "light")


def _search(phrases: Phrases, i: int) -> str:
    places = list(phrases.complement(i))
    if phrases.text(i - 1) == "gap" or phrases.has(places, {"gap", "gaps", "opening", "slot"}):
        return v.GAP_SEARCHING
    return ""


def _align(phrases: Phrases, i: int) -> str:
    return v.GAP_SEARCHING if phrases.has(phrases.complement(i), {"gap", "opening", "slot"}) else ""


_FOLLOWED = lexicon.CARS | lexicon.LEADING | lexicon.ROAD_USERS | {"it"}


def _follow(phrases: Phrases, i: int) -> str:
    for place in phrases.complement(i):
        if phrases.text(place) in _FOLLOWED:
            return v.LEAD_FOLLOWING
        if phrases.text(place) in ("lane", "road", "curve", "route", "path", "bend"):
            return ""
    return ""


def _queue(phrases: Phrases, i: int) -> str:
    return v.LEAD_FOLLOWING


def _pass(phrases: Phrases, i: int) -> str:
    complement = phrases.complement(i)
    crossed = {"intersection", "junction", "green", "light", "tunnel", "bridge"}
    through = phrases.follows(i, "through|the|under|over") and phrases.has(complement, crossed)
    if through and not phrases.has(complement, lexicon.CARS | lexicon.ROAD_USERS):
        return v.SET_SPEED
    return "" if phrases.text(i + 1) == "judgment" else v.PASSING


def _accelerate(phrases: Phrases, i: int) -> str:
    if phrases.follows(i, "past"):
        return v.PASSING
    return v.SET_SPEED


def _continue(phrases: Phrases, i: int) -> str:
    following = phrases.after(i)
    text = phrases.text(following)
    if text == "to" or (phrases.is_verb(following) and text not in ("driving", "moving")):
        return ""
    complement = phrases.complement(i)
    straight = phrases.follows(i, "straight|through|forward|ahead|past|onto|toward|at|driving")
    if text in ("in", "within", "along", "centered") and phrases.has(complement, {"lane"}):
        return ""
    nominal = {"turn", "nudge", "change", "merge", "maneuver", "deceleration", "approach"}
    if phrases.has(complement, nominal) and not straight:
        return ""
    return v.SET_SPEED


def _go(phrases: Phrases, i: int) -> str:
    if phrases.follows(i, "slower|slow|slowly"):
        return about(phrases, i) or v.SPEED_ADAPTATION
    following = {phrases.text(i + 1), phrases.text(phrases.after(i))}
    return v.SET_SPEED if following & (_GO_ON | {".", ","}) else ""


def _set_off(phrases: Phrases, i: int) -> str:
    """Start, move, pull, drive: a decision to go only with the word that says so."""
    lemma, following = phrases.words[i].lemma, phrases.text(i + 1)
    if lemma in ("start", "begin"):
        return (
            v.SET_SPEED
            if phrases.follows(i, "moving|rolling|driving|forward")
            or (phrases.follows(i, "to", "move|go|drive"))
            else ""
        )
    if lemma == "drive" and phrases.follows(i, "slower|slowly"):
        return about(phrases, i) or v.SPEED_ADAPTATION
    if lemma in ("carry", "set"):
        return v.SET_SPEED if following in ("on", "off") else ""
    if lemma == "pull":
        return v.SET_SPEED if following in ("away", "forward", "ahead") else ""
    if lemma in ("move", "roll", "creep", "inch", "edge", "crawl", "drive", "travel", "head"):
        on = phrases.follows(i, "forward|ahead|off|on|again|through|straight|along|at|slowly|past")
        later = phrases.follows(phrases.after(i) - 1, "forward|ahead|through|straight|along|again")
        return v.SET_SPEED if on or later else ""
    return ""


def _speed_up(phrases: Phrases, i: int) -> str:
    if phrases.follows(i, "down"):
        return about(phrases, i) or v.SPEED_ADAPTATION
    return v.SET_SPEED if phrases.follows(i, "up") else ""


def _take(phrases: Phrases, i: int) -> str:
    """Take the curve slowly, or at a lower speed."""
    slow = {"lower", "reduced", "slower", "slowly", "low"}
    if phrases.has(phrases.complement(i), slow) and phrases.has(phrases.complement(i), {"speed"}):
        return about(phrases, i) or v.SPEED_ADAPTATION
    return ""


def _take_off_speed(phrases: Phrases, i: int) -> str:
    """Ease off, back off, lift off, bleed speed, drop back."""
    off = phrases.follows(i, "off|back") or phrases.has(
        phrases.complement(i), {"speed", "throttle"}
    )
    if not off or (phrases.words[i].lemma == "back" and phrases.text(i + 1) != "off"):
        return ""
    return about(phrases, i) or v.SPEED_ADAPTATION


def _clear(phrases: Phrases, i: int) -> str:
    where = {"intersection", "junction", "crossing", "tracks", "crosswalk", "box", "roundabout"}
    return v.SET_SPEED if phrases.has(phrases.complement(i), where) else ""


def _apply(phrases: Phrases, i: int) -> str:
    if phrases.has(phrases.complement(i), {"brake", "brakes", "braking"}):
        return about(phrases, i) or v.SPEED_ADAPTATION
    return ""


def _perform(phrases: Phrases, i: int) -> str:
    complement = phrases.complement(i)
    if _nominal_stop(phrases, complement):
        return v.STOP
    if phrases.has(complement, {"overtake", "overtaking", "passing"}):
        return v.PASSING
    if phrases.has(complement, {"deceleration", "slowdown", "braking"}):
        return about(phrases, i) or v.SPEED_ADAPTATION
    return v.YIELD if phrases.has(complement, {"yield"}) else ""


_Reader = Callable[[Phrases, int], str]
_READERS: dict[str, _Reader] = {
    lemma: reader
    for lemmas, reader in (
        ("stop halt", _stop),
        ("come settle bring draw", _come),
        ("wait pause", _wait),
        ("yield cede concede defer", _yield),
        ("give grant", _give),
        ("let allow permit accommodate", _let),
        ("make create open leave", _make_room),
        ("search seek find look scan locate", _search),
        ("align synchronize fit", _align),
        ("follow trail", _follow),
        ("pace queue", _queue),
        ("pass overtake surpass", _pass),
        ("slow decelerate brake coast", _slow),
        (
            "reduce lower decrease moderate adapt adjust modulate regulate increase gain regain "
            "pick match restore trim limit drop cut taper control manage",
            _speed_change,
        ),
        ("accelerate", _accelerate),
        ("resume proceed advance cruise depart restart", lambda phrases, i: v.SET_SPEED),
        ("continue", _continue),
        ("go", _go),
        ("start begin pull move roll creep inch edge crawl drive travel head carry", _set_off),
        ("take", _take),
        ("speed", _speed_up),
        ("ease back bleed lift", _take_off_speed),
        ("keep maintain hold stay remain preserve sustain retain set track", _keep),
        ("cross clear enter traverse", _clear),
        ("apply use", _apply),
        ("perform execute require need initiate complete plan call", _perform),
    )
    for lemma in lemmas.split()
}
