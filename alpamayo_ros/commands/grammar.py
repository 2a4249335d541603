# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- tables are read line by line, not wrapped
"""Items -> intents. A clause is understood only if every item of it fits one rule.

Within a clause the order of words does not matter ("a left turn at the lights is necessary" and
"at the lights turn left"), which words are there does: each rule names the tags it needs, the tags
it may also have, and nothing else is let through.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from alpamayo_ros.commands.lexicon import words
from alpamayo_ros.commands.quantities import SPEED_UNITS, TIME_UNITS
from alpamayo_ros.commands.tagger import Item
from alpamayo_ros.types import Intent

_ANYWHERE = frozenset(("F", "SAFE", "MARK", "POSITION"))
_WHERE = frozenset(("PLACE", "AHEAD", "QDISTANCE", "ORDINAL", "ROAD", "STREET", "LAST"))
_OTHERS = frozenset(("VEHICLE", "PERSON", "ANIMAL", "THING", "PRONOUN", "EMERGENCY", "CONDITION"))
_SOFT = frozenset(("GENTLY", "SLOWLY"))
_BODIES = frozenset(("VEHICLE", "PERSON", "ANIMAL", "THING", "PRONOUN", "EMERGENCY"))


@dataclass(frozen=True, slots=True)
class Rule:
    """A clause with an item of each of ``needs``; other items must be of ``allows``."""

    intent: str
    needs: tuple[frozenset[str], ...]
    allows: frozenset[str] = field(default_factory=frozenset)

    def fits(self, items: Sequence[Item], tags: frozenset[str]) -> bool:
        """Whether a clause with these items, which carry these tags, says this."""
        if not all(need & tags for need in self.needs):
            return False
        allowed = self.allows.union(*self.needs) | _ANYWHERE
        return all(item.tags & allowed for item in items)


def _rule(intent: str, needs: str, allows: str = "", *more: frozenset[str]) -> Rule:
    """``needs``: alternatives joined by "/", groups by spaces."""
    groups = tuple(frozenset(group.split("/")) for group in needs.split())
    return Rule(intent, groups, frozenset(allows.split()).union(*more))


_RULES: tuple[Rule, ...] = (
    _rule("CANCEL", "CANCEL", "CANCELV COMMANDNOUN LANE CHANGE NEG RESUME LEFT RIGHT"),
    _rule(
        "CANCEL",
        "CANCELV COMMANDNOUN",
        "LANE CHANGE LEFT RIGHT EXIT PLACE TURNV UTURN OVERTAKE PARK"
        " PULLOVER STOP STRAIGHT NEG COMMANDNOUN STOPPING ROAD SPEED",
    ),
    _rule("KEEP_LANE", "KEEPLANE", "KEEP LANE MOVE NEG CHANGE", _SOFT),
    _rule("KEEP_LANE", "NEG CHANGE/TURNV/MOVE LANE", "KEEP LEFT RIGHT INTO STOP", _WHERE),
    _rule("KEEP_LANE", "NEG ONELANE/CHANGE", "KEEP LANE LEFT RIGHT", _WHERE),
    _rule("KEEP_DISTANCE", "NEG TAILGATE", "VEHICLE PRONOUN AHEAD MOVE CLOSE STOP"),
    _rule(
        "KEEP_DISTANCE", "NEG CLOSE/LESSGAP", "FOLLOW VEHICLE PRONOUN AHEAD BEHIND MOVE KEEP CHANGE"
    ),
    _rule("KEEP_DISTANCE", "NEG FOLLOW CLOSE/LESSGAP/FAST", "VEHICLE PRONOUN AHEAD MOVE"),
    _rule("SET_SPEED", "ATMOST QSPEED/NUMBER", "MOVE KEEP SPEED SET NEG FASTER UP", _SOFT),
    _rule("SPEED_UP", "NEG SLOW", "MOVE"),
    _rule("SLOW_DOWN", "NEG FASTISH", "MOVE SLOWER SPEED ROAD PLACE STYLE"),
    _rule("SLOW_DOWN", "NEG FAST", "MOVE SPEED AHEAD PLACE ROAD FASTER SLOWER"),
    _rule("SLOW_DOWN", "NEG/ATMOST OVERLIMIT/LIMIT", "MOVE KEEP SPEED"),
    _rule(
        "DRIVE_CAREFULLY", "NEG ROUGH", "MOVE STOP STYLE ACCEL CAREFULLY TURNV FAST SLOWER STOPPING"
    ),
    _rule("GO_STRAIGHT", "NEG TURNV STRAIGHT", "LEFT RIGHT MOVE KEEP", _WHERE),
    _rule("GO_STRAIGHT", "DEVIATE", "NEG KEEP QDISTANCE", _WHERE),
    _rule(
        "HAZARD_NOTICE",
        "NEG HIT",
        "THING PERSON ANIMAL VEHICLE PRONOUN EMERGENCY CAREFULLY WATCH PLACE"
        " GENTLY AHEAD LEFT RIGHT EVENT MOVE ROAD CONDITION HAZPLACE GOAROUND CURBS IT PARK",
    ),
    _rule(
        "HAZARD_NOTICE",
        "HITWARN _OTHERS/CURBS/IT/HAZPLACE",
        "AHEAD LEFT RIGHT WATCH CAREFULLY EVENT PLACE ROAD MOVE",
    ),
    _rule(
        "YIELD",
        "YIELD _BODIES/LAST",
        "CROSS MOVE CHANGE AHEAD KEEP STOP LEFT RIGHT EVENT RESUME"
        " OVERTAKE PULLOVER PARK UP CONDITION SLOWLY EXIST AROUND STRAIGHT TURNV ORDINAL BEHIND FRONT"
        " EVENTNEG HIT_NOT",
        _BODIES,
        _WHERE,
    ),
    _rule(
        "YIELD",
        "YIELDV",
        "STOP MOVE KEEP CONDITION LEFT RIGHT EVENT CHANGE GAP BEHIND YIELD CROSS VEHICLE AHEAD",
        _WHERE,
        _BODIES,
    ),
    _rule(
        "HAZARD_NOTICE",
        "WATCH/CAREFULLY _OTHERS/HAZPLACE",
        "EXIST EVENT LEFT RIGHT ROAD AHEAD BEHIND PLACE LANE"
        " MOVE CROSS CAREFULLY ORDINAL QDISTANCE STYLE YIELD TURNV NUMBER CHANGE OVERTAKE PULLOVER STOPPING REVERSE"
        " ROUGH SPEED CLOSE GAP FAST FASTER KEEP FOLLOW PARK EVENTNEG AROUND IT HITWARN",
        _OTHERS,
    ),
    _rule(
        "HAZARD_NOTICE",
        "EXIST _OTHERS/HAZPLACE",
        "WATCH EVENT LEFT RIGHT ROAD AHEAD BEHIND PLACE LANE"
        " MOVE CROSS CAREFULLY ORDINAL QDISTANCE YIELD TURNV NUMBER FAST CHANGE PULLOVER CLOSE STOPPING REVERSE INTO"
        " ROUGH FASTER PARK OVERTAKE AROUND EVENTNEG",
        _OTHERS,
    ),
    _rule(
        "HAZARD_NOTICE",
        "WATCH",
        "AHEAD EVENT ROAD PLACE LEFT RIGHT LANE BEHIND EXIST CAREFULLY MOVE IT",
    ),
    _rule(
        "HAZARD_NOTICE",
        "_HAZARDS/HAZPLACE AHEAD/EVENTS/EVENTNEG",
        "WATCH EVENT ROAD PLACE LEFT RIGHT LANE BEHIND CROSS"
        " MOVE TURNV QDISTANCE NUMBER FAST YIELD ROUGH CLOSE PULLOVER ORDINAL EXIST CAREFULLY STOPPING"
        " REVERSE INTO AROUND",
        _OTHERS,
    ),
    _rule(
        "HAZARD_NOTICE",
        "EVENTS/EVENTNEG AHEAD/LEFT/RIGHT",
        "ROAD PLACE CONDITION EVENT MOVE WATCH CROSS STOPPING",
    ),
    _rule("HAZARD_NOTICE", "PRONOUN EVENTNEG", "EXIST AHEAD INTO LANE LEFT RIGHT EVENT"),
    _rule(
        "HAZARD_NOTICE",
        "THING/ANIMAL/PERSON/EMERGENCY/CONDITION LEFT/RIGHT/EVENT/BEHIND",
        "ROAD PLACE CONDITION",
    ),
    _rule("HAZARD_NOTICE", "BAREHAZARD", "ROAD EXIST"),
    _rule(
        "OVERTAKE",
        "OVERTAKE",
        "VEHICLE PERSONBIKE PRONOUN AHEAD LEFT RIGHT LANE MOVE ROAD SLOWLY GENTLY IT"
        " SLOWER FASTER CHANGE EVENT AROUND GOAROUND SPEED ANIMALBIG BEHIND RESUME UP GAP MOREGAP INTO",
    ),
    _rule(
        "GO_AROUND",
        "GOAROUND _BODIES/CONDITION/IT/HAZPLACE",
        "THING VEHICLE PERSON ANIMAL PRONOUN EMERGENCY CONDITION LEFT RIGHT AHEAD MOVE"
        " LANE KEEP GAP EVENT YIELD EXIST TURNV BEHIND CHANGE ROAD PLACE ORDINAL CLOSE BACKOFF HITTING HAZPLACE"
        " MOREGAP UP FOLLOW PARK",
        _SOFT,
    ),
    _rule(
        "GO_AROUND",
        "AROUND _BODIES/IT",
        "MOVE TURNV LEFT RIGHT AHEAD EVENT LANE KEEP UTURN GAP MOREGAP CHANGE"
        " OVERTAKE UP BACKOFF BEHIND",
        _SOFT,
        _BODIES,
    ),
    _rule(
        "CHANGE_LANE",
        "LANE LEFT/RIGHT CHANGE/UTURN/MOVE",
        "MOVE CHANGE TURNV ONELANE INTO ROAD AHEAD QDISTANCE FASTER FAST"
        " SLOWER RESUME UTURN CROSS BACKOFF UP",
        _SOFT,
    ),
    _rule("U_TURN", "UTURN", "MOVE TURNV AROUND FLIP LEFT RIGHT RESUME", _WHERE, _SOFT),
    _rule("U_TURN", "TURNV AROUND", "MOVE", _WHERE - {"ORDINAL"}, _SOFT),
    _rule(
        "KEEP_DISTANCE",
        "GAP/BACKOFF/MOREGAP MOREGAP/LESSGAP/UP/DOWN/SET/KEEP/FOLLOW/QDISTANCE/QTIME/MOVE/YIELD/BACKOFF/VEHICLE",
        "GAP BACKOFF MOREGAP LESSGAP UP DOWN SET KEEP FOLLOW QDISTANCE QTIME"
        " VEHICLE PRONOUN PERSON AHEAD BEHIND MOVE YIELD NUMBER CLOSE BETWEEN SPEED EVENT EMERGENCY CHANGE FRONT"
        " ANIMAL LEFT RIGHT",
        _SOFT,
    ),
    _rule(
        "KEEP_DISTANCE",
        "FOLLOW/KEEP BEHIND/FOLLOW/BACK QDISTANCE/QTIME/MOREGAP",
        "VEHICLE PRONOUN PERSON AHEAD MOVE LESSGAP EMERGENCY GAP BETWEEN",
    ),
    _rule(
        "KEEP_DISTANCE",
        "MOVE/KEEP/YIELD QDISTANCE/QTIME BETWEEN/VEHICLE/PRONOUN",
        "AHEAD VEHICLE PRONOUN KEEP BEHIND",
    ),
    _rule("KEEP_DISTANCE", "KEEP BACK", "VEHICLE PRONOUN AHEAD BEHIND"),
    _rule("KEEP_DISTANCE", "CLOSE VEHICLE/PRONOUN/FOLLOW/AHEAD", "AHEAD MOVE BEHIND FOLLOW EXIST"),
    _rule("KEEP_DISTANCE", "TOOCLOSE", "MOVE FOLLOW"),
    _rule(
        "PULL_OVER",
        "PULLOVER",
        "OVERTAKE CONDITION STOP STOPPING MOVE LEFT RIGHT SLOWLY GENTLY TURNV CHANGE KEEP SLOWER INTO"
        " YIELD EMERGENCY BEHIND QTIME EVENT VEHICLE TIMED FASTER THING",
        _WHERE,
        _SOFT,
    ),
    _rule("PULL_OVER", "STOP/PULL SIDE", "MOVE LEFT RIGHT ROAD", _SOFT),
    _rule(
        "PARK",
        "PARK",
        "MOVE LEFT RIGHT AHEAD BEHIND VEHICLE PLACE ROAD INTO TURNV GENTLY SLOWLY EVENT EXIT EXITNAME"
        " BETWEEN CLOSE STOP LESSGAP FAST ORDINAL QDISTANCE FASTER EXIST AROUND STRAIGHT CHANGE PULLOVER NUMBER"
        " REVERSE CONDITION CROSS THING GAP RESUME CHANGEINTO",
    ),
    _rule(
        "KEEP_LANE",
        "KEEP/FOLLOW LANE",
        "LEFT RIGHT MIDDLE MOVE ROAD STRAIGHT FOLLOW BETWEEN KEEPLANE",
        _SOFT,
    ),
    _rule("KEEP_LANE", "KEEP MIDDLE", "LANE ROAD", _SOFT),
    _rule(
        "TAKE_EXIT",
        "EXIT",
        "MOVE TURNV LEFT RIGHT CHANGE INTO KEEP LANE NUMBER EXITNAME RESUME CROSS",
        _WHERE,
        _SOFT,
    ),
    _rule("TAKE_EXIT", "ROUNDABOUT ORDINAL", "MOVE TURNV", _WHERE),
    _rule(
        "CHANGE_LANE",
        "LANE LEFT/RIGHT",
        "MOVE CHANGE TURNV ONELANE INTO ROAD AHEAD QDISTANCE FASTER FAST"
        " SLOWER RESUME UTURN CROSS UP BACKOFF",
        _SOFT,
    ),
    _rule("CHANGE_LANE", "LANE FASTLANE", "MOVE CHANGE INTO UTURN CROSS", _SOFT),
    _rule(
        "CHANGE_LANE",
        "CHANGE LEFT/RIGHT",
        "MOVE LANE ONELANE INTO ROAD QDISTANCE AHEAD TURNV CROSS",
        _SOFT,
    ),
    _rule("CHANGE_LANE", "ONELANE LEFT/RIGHT", "MOVE CHANGE LANE", _SOFT),
    _rule(
        "SPEED_UP", "UP SPEED/QSPEED/NUMBER BYSTEP", "MOVE QSPEED SPEED SET NUMBER FASTER", _SOFT
    ),
    _rule(
        "SET_SPEED",
        "SPEED/MOVE/SET/KEEP/ACCEL/SLOWER/UP/DOWN/FASTER QSPEED",
        "SPEED MOVE SET KEEP ACCEL SLOWER"
        " UP DOWN FASTER FAST RESUME MAXIMUM STRAIGHT CAREFULLY AROUND AHEAD ROAD",
        _SOFT,
    ),
    _rule(
        "SET_SPEED",
        "SPEED/MOVE/SET/KEEP/ACCEL/SLOWER NUMBER",
        "SPEED MOVE SET KEEP ACCEL SLOWER UP DOWN FASTER RESUME MAXIMUM AROUND CAREFULLY",
        _SOFT,
    ),
    _rule(
        "SET_SPEED", "LIMIT MOVE/SET/KEEP/FOLLOW/RESPECT", "SPEED ROAD SET MOVE KEEP STRICT", _SOFT
    ),
    _rule("SET_SPEED", "QSPEED", "SPEED MAXIMUM"),
    _rule("SET_SPEED", "KEEP SPEED", "", _SOFT),
    _rule("SET_SPEED", "MAXIMUM NUMBER", "SPEED"),
    _rule("SLOW_DOWN", "SLOWER LIMIT", "SPEED MOVE"),
    _rule(
        "SPEED_UP",
        "ACCEL/FASTER",
        "MOVE UP SPEED QSPEED FAST ROAD AHEAD KEEP NUMBER RESUME EXIST",
        _SOFT,
    ),
    _rule("SPEED_UP", "UP SPEED/QSPEED", "MOVE QSPEED SPEED SET NUMBER FASTER", _SOFT),
    _rule(
        "SLOW_DOWN",
        "SLOWER",
        "HITWARN MOVE DOWN SPEED QSPEED FAST STOP PLACE ROAD AHEAD SET NUMBER ROUNDABOUT QDISTANCE"
        " KEEP TURNV VEHICLE PERSON CONDITION EVENT THING ANIMAL EMERGENCY PRONOUN CAREFULLY ORDINAL AROUND HAZPLACE"
        " RESUME",
        _SOFT,
    ),
    _rule("SLOW_DOWN", "DOWN SPEED/QSPEED", "MOVE QSPEED SPEED SET NUMBER SLOWER", _SOFT),
    _rule("SLOW_DOWN", "FAST TOOFAST", "MOVE"),
    _rule(
        "STOP",
        "STOP",
        "HITWARN MOVE KEEP QDISTANCE CONDITION PERSON VEHICLE ANIMAL EMERGENCY THING ROUGH PRONOUN LINE"
        " FULLSTOP SIGNAL BEHIND AHEAD FAST RESUME YIELD EVENT LEFT RIGHT",
        _WHERE,
        _SOFT,
    ),
    _rule("STOP", "STOPPING MOVE", "PLACE", _SOFT),
    _rule(
        "TURN",
        "LEFT/RIGHT TURNV/MOVE/PLACE/AHEAD/ORDINAL/QDISTANCE/STREET/POSITION",
        "KEEP FOLLOW TURNV MOVE INTO ROUGH FLIP QTIME RESUME AROUND NUMBER PULLOFF",
        _WHERE,
        _SOFT,
    ),
    _rule("TURN", "LEFT/RIGHT KEEP/FOLLOW", "ROAD PLACE MOVE", _WHERE, _SOFT),
    _rule(
        "GO_STRAIGHT",
        "STRAIGHT",
        "MOVE KEEP FOLLOW TURNV RESUME AHEAD LANE OVERTAKE CROSS SPEED NUMBER",
        _WHERE,
        _SOFT,
    ),
    _rule(
        "GO_STRAIGHT",
        "KEEP/FOLLOW/RESUME ROAD",
        "MOVE AHEAD QDISTANCE PLACE STRAIGHT",
        _SOFT,
        _WHERE,
    ),
    _rule("GO_STRAIGHT", "RESUME QDISTANCE/PLACE/AHEAD", "MOVE KEEP ROAD", _WHERE, _SOFT),
    _rule("GO_STRAIGHT", "MOVE QDISTANCE", "AHEAD DOWN ROAD", _SOFT),
    _rule("RESUME", "RESUME", "MOVE ROAD", _SOFT),
    _rule("GO_STRAIGHT", "FOLLOW POSITION", "MOVE KEEP RESUME"),
    _rule("RESUME", "GO NUDGE", "", frozenset(("MOVE",))),
    _rule("RESUME", "GO SAFE", "", frozenset(("MOVE",))),
    _rule(
        "DRIVE_CAREFULLY",
        "CAREFULLY",
        "MOVE STYLE STOP TURNV PLACE ROAD ROUGH SLOWLY GENTLY ACCEL SPEED CONDITION"
        " AHEAD SET SLOWER KEEP CHANGE STOPPING AROUND HAZPLACE RESUME",
        _SOFT,
    ),
    _rule("DRIVE_CAREFULLY", "GENTLY MOVE/STYLE/STOPPING", "MOVE ROAD PLACE AHEAD STYLE STOP"),
    _rule("DRIVE_CAREFULLY", "DOWN ROUGH", "MOVE"),
    _rule("DRIVE_CAREFULLY", "ROUGH TOOROUGH", "MOVE STOP STYLE TURNV STOPPING"),
    _rule("SLOW_DOWN", "SLOWLY", "MOVE RESUME AHEAD PLACE ROAD", _SOFT),
)


def read_clause(items: Sequence[Item]) -> Intent | None:
    """Return what a clause asks for; None where no rule covers all of it."""
    tags = _tags_of(items)
    if "INTO" in tags and not _enters_only_roads(items):
        return None
    for rule in _RULES:
        if rule.fits(items, tags):
            intent = _with_parameters(rule.intent, items, tags)
            if intent is not None:
                return intent
    return None


def intent_with_parameters(name: str, items: Sequence[Item]) -> Intent:
    """Return an intent that was understood otherwise, with the parameters that the items hold."""
    tags = _tags_of(items)
    found = _with_parameters(name, items, tags) if name != "NAVIGATE" else None
    return found if found is not None and found.name == name else Intent(name)


def is_setting(items: Sequence[Item]) -> bool:
    """Whether a clause asks for nothing and only says where, when or why."""
    allowed = _ANYWHERE | _WHERE | {"REASON", "SLOWLY"}
    return all(item.tags & allowed for item in items)


_GROUPS = {
    "_OTHERS": _OTHERS,
    "_BODIES": _BODIES,
    "_HAZARDS": _OTHERS - {"PRONOUN"},
}
_WORDS = {
    "POSITION": ("here", "there", "right here", "right there", "over here", "now", "next", "right now"),
    "LAST": ("last",),
    "BETWEEN": ("between", "us", "space between", "distance between"),
    "TOOFAST": ("too", "so", "way"),
    "TOOCLOSE": ("too close", "so close", "too closely", "very close", "this close", "that close"),
    "BACK": ("back", "behind", "away", "well back"),
    "IT": ("thing", "it", "that", "this", "them", "those", "these", "that one", "this one", "that thing", "there"),
    "CURBS": ("curb", "kerb", "the curb", "the kerb", "at the curb", "wall", "trash can", "mailbox"),
    "SLOW": ("too slow", "so slow", "slow", "too slowly", "so slowly", "slowly", "slower", "very slow"),
    "OVERLIMIT": ("speed limit", "limit", "the speed limit", "the limit"),
    "GO": ("go", "drive", "move", "you can go"),
    "FASTISH": ("so fast", "too fast", "this fast", "that fast", "very fast", "so quick", "so quickly", "too quickly", "as fast"),
    "NUDGE": ("ok", "okay", "now", "please", "then", "you", "yes", "just", "already", "alright", "again", "on"),
    "LINE": ("line", "the line"),
    "HITTING": ("hitting", "touching", "running over", "scraping", "driving over"),
    "FRONT": ("front",),
    "FASTLANE": ("fast", "slow", "slower", "faster"),
    "BYSTEP": ("add", "plus", "more"),
    "TIMED": ("for a minute",),
    "PULLOFF": ("pull off", "pull in"),
    "BAREHAZARD": (
        "black ice", "brake lights", "red light", "red traffic light", "red signal", "traffic jam", "speed trap",
        "pothole", "potholes", "pedestrian", "pedestrians", "cyclist", "cyclists", "debris", "deer", "ambulance",
        "wet road", "icy road", "ice", "school zone", "speed bump", "roadworks", "stop sign", "construction zone",
        "emergency vehicle", "obstacle", "jaywalker", "speed camera", "crossing traffic", "roadwork", "construction",
        "school bus", "puddle", "sharp bend", "sharp curve", "sharp turn", "siren", "sirens", "standing water", "oil spill",
        "kids", "children", "child", "kid", "dog", "cat", "fallen tree", "animal", "dead end", "road works", "fog",
        "yellow light", "lane ends", "blind corner", "blind curve", "bumpy", "slippery", "icy", "accident",
    ),
    "ROUNDABOUT": ("roundabout", "traffic circle", "rotary", "circle"),
    "PERSONBIKE": (
        "cyclist", "biker", "bicycle", "bike", "cyclists", "bikes", "bicycles", "bicyclist", "rider",
        "guy", "motorcyclist", "person", "lady", "jogger", "man", "woman", "people",
    ),
    "ANIMALBIG": ("horse", "horses", "horse rider"),
    "EVENTS": (
        "coming", "coming up", "crossing", "running", "running out", "on the road", "in the road",
        "in the street", "on the street", "in our lane", "in the lane", "about to cross",
        "about to run out", "about to pull out", "about to", "pulling out", "braking",
        "braking hard", "stopped suddenly", "just stopped", "suddenly", "on our left",
        "on our right", "from the left", "from the right", "merging", "cutting in", "backing up",
        "backing out", "swerving", "approaching", "ran red light", "ran the red light",
        "ran a red light", "running a red light", "running the red light", "skipped the red",
        "blocking", "blocked", "stuck", "lying", "wants to cross", "want to cross", "trying to cross",
        "nearby", "reversing", "jaywalking", "is red", "is green", "is yellow", "turned red",
        "just turned red", "turning red", "stopping", "sudden stop", "opening its door", "stopped",
        "jumped out", "stepping out", "stepped out", "ran out", "coming out", "on the crosswalk",
        "at the crosswalk", "on fire", "darting", "wandering", "chasing", "on the shoulder",
        "on the sidewalk",
    ),
    "YIELDV": ("yield", "yielding", "give way", "giving way", "make way", "give the right of way",
               "give right of way", "give priority", "make room", "move aside", "step aside", "make space", "hold back",
               "get out of the way", "move out of the way", "wait for a gap", "right of way", "the right of way", "priority",
               "wait your turn", "wait our turn", "wait for your turn", "wait for our turn", "wait until it is clear", "wait till it is clear", "wait until the road is clear", "wait for the light to turn green", "wait for the green", "wait for green", "wait until it is green", "wait for the green light", "wait for the gap"),
    "FULLSTOP": ("full",),
    "YIELDVERB": ("yield",),
    "SIGNAL": ("light",),
    "RESPECT": ("respect", "obey", "observe", "honor", "match"),
    "TOOROUGH": ("too", "so", "too aggressive", "too hard"),
    "STOPS": ("stop", "stopping", "brake", "braking"),
    "PULL": ("pull",),
    "SIDE": ("side",),
    "DEVIATE": ("deviate", "do not deviate", "do not deviate from"),
    "INTO": ("into", "onto"),
    "MAXIMUM": ("max", "maximum", "tops"),
}  # fmt: skip
_TAGS_OF_TEXT: dict[str, frozenset[str]] = {}
for _tag, _members in _WORDS.items():
    for _text in _members:
        _TAGS_OF_TEXT[_text] = _TAGS_OF_TEXT.get(_text, frozenset()) | {_tag}


def enrich(items: Iterable[Item]) -> list[Item]:
    """Add the tags that only grammar knows."""
    enriched = []
    for item in items:
        more = {group for group, members in _GROUPS.items() if members & item.tags}
        tags = item.tags | more | _TAGS_OF_TEXT.get(item.text, frozenset())
        if tags != item.tags:
            tags -= {"UNKNOWN"}
            item = replace(item, tags=tags)
        enriched.append(item)
    return enriched


def _tags_of(items: Sequence[Item]) -> frozenset[str]:
    return frozenset().union(*(item.tags for item in items))


_ENTERED = frozenset(("LANE", "PARK", "ROAD", "STREET", "EXIT", "PULLOVER"))
_ENTERABLE_PLACES = words(
    """
    driveway tunnel roundabout intersection junction rotary village town city fork turnoff street
    bend curve square entrance services
    """
) | {
    "side street", "side road", "next street", "cross street", "gas station", "petrol station",
    "rest stop", "rest area", "traffic circle", "service area", "parking lot entrance",
    "charging station",
}  # fmt: skip


def _enters_only_roads(items: Sequence[Item]) -> bool:
    """Whether what follows "into" is something to drive on, not a body or a building."""
    for index, item in enumerate(items):
        if "INTO" not in item.tags:
            continue
        for following in items[index + 1 :]:
            if following.tags & _ENTERED or following.text in _ENTERABLE_PLACES:
                break
            if not following.tags & {"F", "LEFT", "RIGHT", "MIDDLE", "ORDINAL", "FAST", "SLOWER"}:
                return False
        else:
            return False
    return True


def _with_parameters(name: str, items: Sequence[Item], tags: frozenset[str]) -> Intent | None:
    side = _side(tags)
    if name in ("TURN", "CHANGE_LANE"):
        if side is None:
            return None
        name = f"{name}_{side.upper()}"
        side = None
    parameters: dict[str, tuple[float, str] | str] = {}
    if name in ("PULL_OVER", "PARK", "OVERTAKE", "GO_AROUND", "TAKE_EXIT") and side is not None:
        parameters["side"] = side
    reader = _READERS.get(name)
    if reader is not None:
        found = reader(items, tags)
        if found is None:
            return None
        name = str(found.pop("intent", name))
        parameters.update(found)
    return Intent(name, parameters)


def _side(tags: frozenset[str]) -> str | None:
    if "LANE" in tags and "FASTLANE" in tags and not tags & {"LEFT", "RIGHT"}:
        # where one drives on the right
        return "left" if "FAST" in tags or "FASTER" in tags else "right"
    if ("LEFT" in tags) == ("RIGHT" in tags):
        return None
    return "left" if "LEFT" in tags else "right"


_Parameters = dict[str, "tuple[float, str] | str"]


def _read_distance(items: Sequence[Item], tags: frozenset[str]) -> _Parameters | None:
    """Where a manoeuvre begins, and the street it leads to."""
    parameters: _Parameters = {}
    distances = [i.quantity for i in items if i.quantity and "QDISTANCE" in i.tags]
    if len(distances) > 1:
        return None
    for quantity in distances:
        parameters["distance"] = (quantity.value, quantity.unit)
    for item in items:
        if "STREET" in item.tags:
            parameters["street"] = item.text
    return parameters


def _read_exit(items: Sequence[Item], tags: frozenset[str]) -> _Parameters | None:
    parameters = _read_distance(items, tags)
    if parameters is None:
        return None
    named = [i for i in items if i.tags & {"NUMBER", "EXITNAME", "ORDINAL"}]
    if len(named) > 1:
        return None
    for item in named:
        parameters["exit"] = f"{item.quantity.value:g}" if item.quantity else item.text.upper()
    bare = all(i.text in ("exit", "exits", "the", "ramp", "a", "an") for i in items)
    return None if bare and not named else parameters


def _speeds(items: Sequence[Item]) -> list[tuple[float, str]]:
    return [
        (item.quantity.value, item.quantity.unit)
        for item in items
        if item.quantity and (item.quantity.unit in SPEED_UNITS or item.quantity.unit == "")
    ]


def _texts_of(items: Sequence[Item]) -> frozenset[str]:
    return frozenset(item.text for item in items)


def _read_speed(items: Sequence[Item], tags: frozenset[str]) -> _Parameters | None:
    """A speed to drive at, or with "by" a change of it."""
    speeds = _speeds(items)
    if len(speeds) > 1:
        return None
    if not speeds:
        if "LIMIT" in tags:
            return {"speed": "limit"}
        return {"speed": "current"} if {"KEEP", "SPEED"} <= tags else None
    # "take five" and "make it ten" may be about anything
    about_speed = bool(tags & _ABOUT_SPEED or _texts_of(items) & _DRIVEN)
    if not speeds[0][1] and not about_speed:
        return None
    changes = tags & {"UP", "DOWN", "ACCEL", "SLOWER", "FASTER"} and "to" not in _texts_of(items)
    to_is_said = _texts_of(items) & {"to", "at", "of", "up to"}
    if changes and not to_is_said:
        name = "SLOW_DOWN" if tags & {"DOWN", "SLOWER"} else "SPEED_UP"
        return {"intent": name, "speed_change": speeds[0]}
    if "by" in _texts_of(items) and changes:
        name = "SLOW_DOWN" if tags & {"DOWN", "SLOWER"} else "SPEED_UP"
        return {"intent": name, "speed_change": speeds[0]}
    return {"speed": speeds[0]}


_ABOUT_SPEED = frozenset(("SPEED", "ATMOST", "ACCEL", "SLOWER", "KEEP", "MAXIMUM", "FASTER"))
_DRIVEN = frozenset(
    (
        "go",
        "do",
        "drive",
        "cruise",
        "going",
        "driving",
        "doing",
        "run",
        "travel",
        "get up to",
        "roll",
    )
)


def _read_speed_change(items: Sequence[Item], tags: frozenset[str]) -> _Parameters | None:
    speeds = _speeds(items)
    if len(speeds) > 1:
        return None
    return {"speed_change": speeds[0]} if speeds else {}


_LEAST_GAP = {True: 1.0, False: 4.0}
"""Seconds and metres below which "keep a gap of" is no wish for distance."""


def _read_gap(items: Sequence[Item], tags: frozenset[str]) -> _Parameters | None:
    gaps = [i.quantity for i in items if i.quantity and i.tags & {"QDISTANCE", "QTIME", "NUMBER"}]
    if len(gaps) > 1:
        return None
    changes = tags & {"UP", "DOWN", "MOREGAP", "LESSGAP"} and "to" not in _texts_of(items)
    # "10 meters more" changes the gap, "increase it to 75 meters" sets it
    sign = -1.0 if tags & {"DOWN", "LESSGAP"} and not tags & {"NEG"} else 1.0
    for quantity in gaps:
        value = (quantity.value, quantity.unit or "m")
        if (
            "DOWN" not in tags
            and "LESSGAP" not in tags
            and quantity.si < _LEAST_GAP[value[1] in TIME_UNITS]
        ):
            return None
        return {"gap_change": (sign * value[0], value[1])} if changes else {"gap": value}
    less = tags & {"DOWN", "LESSGAP"} and "NEG" not in tags and not tags & {"CLOSE"}
    return {"gap_change": (-1.0, "s")} if less else {}


_READERS = {
    "TURN_LEFT": _read_distance,
    "TURN_RIGHT": _read_distance,
    "GO_STRAIGHT": _read_distance,
    "U_TURN": _read_distance,
    "CHANGE_LANE_LEFT": _read_distance,
    "CHANGE_LANE_RIGHT": _read_distance,
    "STOP": _read_distance,
    "PULL_OVER": _read_distance,
    "TAKE_EXIT": _read_exit,
    "SET_SPEED": _read_speed,
    "SPEED_UP": _read_speed_change,
    "SLOW_DOWN": _read_speed_change,
    "KEEP_DISTANCE": _read_gap,
}
