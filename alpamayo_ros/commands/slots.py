# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- patterns are read line by line, not wrapped
"""Names in a sentence: streets ("onto Oak Street"), exits ("14B") and destinations.

Only here may words stand that nobody listed. What is taken is bounded in length, holds letters and
digits only, and no word of harm, of people or animals, or of the grammar.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from alpamayo_ros.commands.lexicon import ASSISTANT, REPORTED, UNTOUCHED, words
from alpamayo_ros.commands.quantities import WORDS as NUMBER_WORDS
from alpamayo_ros.commands.tagger import UNKNOWN, Item, Tagger, distance

_STREET_TYPES = words(
    """
    street st avenue ave road rd boulevard blvd drive lane way place square parkway court highway
    route interstate terrace bridge turnpike freeway alley plaza expressway hwy
    """
)
_NUMBERED = frozenset(
    [
        "highway",
        "route",
        "interstate",
        "hwy",
        "i",
        "a",
        "b",
        "m",
        "us",
        "sr",
        "motorway",
        "autobahn",
        "road",
    ]
)
_STREET_ENDING = re.compile(
    r"(?:strasse|str|weg|gasse|platz|allee|ring|damm|straat|laan|gata|vagen|vej|gade|street)$"
)
_BEFORE_STREET = words(
    """
    for towards toward onto on into to down along at take follow up until off
    """
)
_ROAD_NUMBER = re.compile(r"^(?:[a-z]{1,2}\d{1,4}|\d{1,4}[a-z]?)$")
_NAME = re.compile(r"^[a-z0-9']+$")
_MARKS = frozenset(",;:.!?")
_MAX_DESTINATION = 7

RISKY = (
    words(
        """
    kill killer killing knife gun guns shoot shooting shot murder bomb weapon poison steal stolen
    robbery rob robber thief attack assault stab punch kick hurt harm injure wound maim cripple
    destroy damage wreck demolish crush squash smear splat flatten trample stomp ram ramming smash
    smashing strike striking slam sideswipe bulldoze plow plough mow mowing chase pursue stalk
    follow following scare frighten intimidate threaten race racing drift burnout donut donuts
    stunt jump floor flee escape evade outrun ditch lose cops cop illegal illegally violate break
    ignore ignoring disregard disable disabling deactivate override overriding bypass unlock hack
    hijack jailbreak unrestricted sidewalk sidewalks pavement cliff edge lawn push pushing shove
    nudge bump kiss scrape scratch graze block blocking trap pin force splash soak drench
    eliminate terminate execute punish revenge hit hits hitting crash crashing over through hell
    heaven crowd crowds protest protesters demonstrators people body bodies victim enemy drugs
    bang bash beat beating die dead death collide explode fire burn run running runs faster slower
    speed fast if unless because while who whose where what when why how that which him her them
    me us police red wrong way oncoming opposite against into he she they his their somebody
    someone anybody everyone something hide dump bury dispose throw catch grab smuggle lake river
    sea ocean wall fence tree pole sleep work on bed next song moon mars sun space point max
    maximum minimum limit hour mph kmh gap full half double sir
    """
    )
    - {
        "work",
        "me",
        "us",
        "over",
        "next",
        "point",
        "way",
        "on",
        "bed",
        "red",
        "space",
        "half",
        "full",
        "lake",
        "river",
        "sea",
        "ocean",
        "when",
        "that",
    }
) | {"lane", "lanes", "volume"}

_TRAVEL = (
    r"(?:navigate|navigating|route|routing|drive|driving|go|going|goes|head|heading|get|getting|bring|bringing|take|taking|carry|proceed|travel|"
    r"continue|come|ride|transport|deliver|run|steer|guide|return|going back|make (?:our|your|my|the) way|make your way|direct|lead|move|"
    r"change course|reroute|re route|make a trip|give me a (?:ride|lift)|give us a (?:ride|lift)|give me directions|directions|"
    r"i (?:would like|want|need|have) to (?:be|go|get)|we (?:would like|want|need|have) to (?:be|go|get)|(?:we|i) are going|we are heading|i am going|we are off)"
)
_WHOM = (
    r"(?: (?:me|us|her|him|everyone|everybody|the kids|my (?:wife|husband|mom|mum|dad|son|daughter|friend|mother|father|kids|grandma|family)|straight|directly|back|on|over|now|"
    r"along|around|off|up|out|down|please|just|the car|this car|course|for me|for us|there|ahead|fastest|all the way|then|quickly|again|and|first))*"
)
_GO_TO = re.compile(
    rf"^(?:to )?(?:go and |try to |start to |start |begin )?{_TRAVEL}{_WHOM} (?:to|towards?|for(?= home)|(?<=head )for|(?<=heading )for) (?P<to>.+)$"
    rf"|^{_TRAVEL}{_WHOM} (?P<home>home|downtown|uptown|home please|there)$"
    r"|^(?:set|change|update|make|switch|put|enter|choose)(?: (?:the|our|my|your|a|new|in|as))*(?: (?:destination|route|course|navigation|gps|sat ?nav|goal|target|location)) ?(?:to|for|as|:)? (?P<set>.+)$"
    r"|^(?:the |our |my |new )?(?:destination|next stop)(?: is| :| as| to| ,)* (?P<is>.+)$"
    r"|^(?:find|show|plan|plot|calculate|get|start|search|look up|need|give|take)(?: (?:me|us|the|a|best|fastest|quickest|shortest|new|your|our|some))*(?: (?:way|route|directions?|navigation|guidance|course|path)) (?:to|for|towards?) (?P<way>.+)$"
    r"|^(?:stop by|swing by|drop by|stop off at|swing past|make a stop at|make a quick stop at|make a detour to|detour to|pop by|go via|via|call at|stop over at|pass by|head over to|head for|make for|bound for|off to) (?P<by>.+)$"
    r"|^(?:find|look for|search for|locate|take) (?:me |us )?(?P<near>(?:the |a )?(?:nearest|closest|next) .+)$"
    r"|^(?:home|downtown) please$"
)


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a NAVIGATE goes; lower case, as said."""

    name: str


def mark_names(words: Sequence[str], tagger: Tagger) -> list[tuple[list[str], Item | None]]:
    """Split words into runs and named items: streets and exit names stand for themselves."""
    runs: list[tuple[list[str], Item | None]] = []
    start = index = 0
    while index < len(words):
        taken, item = _street(words, index, tagger) or _exit_name(words, index)
        if item is None:
            index += 1
            continue
        if index > start:
            runs.append((list(words[start:index]), None))
        runs.append(([], item))
        index += taken
        start = index
    if start < len(words):
        runs.append((list(words[start:]), None))
    return runs


def _street(words: Sequence[str], index: int, tagger: Tagger) -> tuple[int, Item] | None:
    """A name of one to three words that ends in a street type, or a numbered road."""
    before = words[index - 1] if index else ""
    if before in ("the",) and index > 1:
        before = words[index - 2]
    if before not in _BEFORE_STREET:
        return None
    if words[index] in ("the", "a", "an"):
        return None
    two = words[index : index + 2]
    if len(two) == 2 and two[0] in _NUMBERED and _ROAD_NUMBER.match(two[1]):
        return 2, _named(two, "STREET")
    if re.match(r"^(?:[abmieu]|us|sr|rt)\d{1,4}$", words[index]):
        return 1, _named(words[index : index + 1], "STREET")
    for length in (1, 2, 3):
        name = words[index : index + length]
        kind = words[index + length : index + length + 1]
        if len(name) < length or not kind or any(w in _MARKS for w in name):
            break
        if kind[0] in _STREET_TYPES and all(_nameable(w, tagger) for w in name):
            return length + 1, _named([*name, *kind], "STREET")
    to_exit = (
        before in ("to", "for", "towards", "toward") and "exit" in words[max(0, index - 4) : index]
    )
    if before == "into" and _STREET_ENDING.search(words[index]) and _turning(words, index):
        return 1, _named(words[index : index + 1], "STREET")
    if before == "onto" or (before == "on" and _turning(words, index)) or to_exit:
        return _bare_street(words, index, tagger)
    return None


def _turning(words: Sequence[str], index: int) -> bool:
    return bool({"left", "right"} & set(words[max(0, index - 3) : index]))


def _bare_street(words: Sequence[str], index: int, tagger: Tagger) -> tuple[int, Item] | None:
    """A street without its type at the end of a clause: "left onto Broadway"."""
    length = 0
    while (
        index + length < len(words)
        and words[index + length] not in _MARKS
        and words[index + length] not in ("and", "then", "please", "in", "now", "at")
    ):
        length += 1
    name = words[index : index + length]
    if not 1 <= length <= 2 or not all(_nameable(w, tagger) and w not in _COMMON for w in name):
        return None
    return length, _named(name, "STREET")


_COMMON = UNTOUCHED | ASSISTANT | REPORTED


def _nameable(word: str, tagger: Tagger) -> bool:
    """Whether a word can be (part of) a street's name: a number, or no word of commands."""
    if re.match(r"^\d{1,3}(?:st|nd|rd|th)$", word) or word in _STREET_NAMES:
        return True
    return bool(_NAME.match(word)) and word not in RISKY and word not in tagger.vocabulary


_STREET_NAMES = words(
    """
    main oak elm park church station first second third fourth fifth sixth seventh eighth ninth
    tenth king kings queen queens mill bridge school market high hill lake river broad spring
    north south east west pine maple cedar walnut washington lincoln jefferson madison franklin
    jackson center central union water bank castle green garden court house forest sunset ocean
    bay beach victoria albert george baker abbey mission state lombard fox rose victory liberty
    college university
    """
)


def _exit_name(words: Sequence[str], index: int) -> tuple[int, Item | None]:
    """The number or letter of an exit directly behind "exit" or "exit number"."""
    before = tuple(words[max(0, index - 2) : index])
    if before[-1:] != ("exit",) and before != ("exit", "number"):
        return 0, None
    if re.match(r"^(?:\d{1,4}[a-z]?|[b-d])$", words[index]):
        return 1, _named(words[index : index + 1], "EXITNAME")
    return 0, None


def _named(words: Sequence[str], tag: str) -> Item:
    return Item(" ".join(words), frozenset((tag,)))


def destination(words: Sequence[str], tagger: Tagger) -> Destination | None:
    """Return where a clause wants to go, None if it is no such clause or the place is doubtful."""
    text = " ".join(word for word in words if word not in _MARKS)
    found = _GO_TO.match(_without_politeness(text))
    if found is None:
        return None
    groups = found.groupdict()
    name = next((value for value in groups.values() if value), "home")
    name = re.sub(
        r"(?: (?:please|now|then|for me|thanks|thank you|okay|ok|as (?:soon|quickly|fast) as possible|when (?:you can|possible)|right away|first|next|quickly|today|tonight|if possible|if you can|if you would|would you|will you|right now|immediately|for a moment))+$",
        "",
        f" {name}",
    ).strip()
    if name and name.split()[0] in _NO_PLACES:
        return None
    return Destination(name) if name and _acceptable(name.split(), tagger) else None


_NO_PLACES = words(
    """
    with miss be get have need throw puke faint pee cry die lose meet see sleep eat take stop turn drive
    go make do try let keep give find ask say tell call buy pick drop look wait spend use want like
    """
)
"""What somebody is "going to" that is no place."""


def _without_politeness(text: str) -> str:
    rest = text
    while True:
        match = _POLITE_WORD.match(rest)
        if match is None:
            return rest
        rest = rest[match.end() :]


_POLITE_WORD = re.compile(
    r"(?:please|just|um|uh|uhm|er|erm|hey|hi|hello|ok|okay|so|now|then|and then|and|well|alright|all right|can (?:you|we)|could (?:you|we)|would you(?: mind)?|will you|let us|"
    r"we (?:want|need|should|have|would like) to(?= (?!be |go |get ))|i (?:want|need|would like) you to|i want|kindly|maybe|actually|the car should|buddy|driver|i think we should|do you mind|"
    r"is it possible to|may we|may i|we should|it is time to|time to|next|first|finally|after that|afterwards|also|go ahead and|sorry|instead|you should|you can|you need to|how about|what about|"
    r"i need a ride|take care to|do me a favor and|possibly|simply|quickly|i need|we need|wait no|no|i mean|i meant|change of plans?|new plan|never mind|help me(?: to)?|perhaps|might you|would you please|i was wondering if you could|do you think you could|any chance you could|yeah|yes|right|oh|hmm|alpamayo|car|assistant) (?=\S)"
)
_GENERIC = words(
    """
    the a an of my our your in at on by for to and near nearest closest next some this that other
    first
    """
)


_RISKY_LONG = tuple(sorted(word for word in RISKY if len(word) >= 5))


def _almost_risky(word: str) -> bool:
    """Whether a word is one slip away from a word of harm."""
    return len(word) >= 5 and any(
        abs(len(word) - len(r)) <= 1 and distance(word, r) <= 1 for r in _RISKY_LONG
    )


_ADDRESS = re.compile(
    rf"^(?:number )?\d{{1,5}}[a-d]? (?P<name>(?:(?!(?:to|at|in|into|over|through|on|the|off)\b)[a-z0-9']+ ){{1,3}})(?:{'|'.join(sorted(_STREET_TYPES))}|row|close|crescent|gardens|mews|hill|circle|trail)"
    r"(?P<town>(?: in)? [a-z']+(?: [a-z']+)?)?$"
)
"""A house number, a street and perhaps a town."""


def _is_address(words: Sequence[str]) -> bool:
    match = _ADDRESS.match(" ".join(words))
    if match is None:
        return False
    named = [*match.group("name").split(), *(match.group("town") or "").split()]
    return not any(word in RISKY or _almost_risky(word) for word in named)


_ON_STREET = re.compile(
    rf"^(?P<place>.+?) (?:on|in|at|off|near) (?P<street>(?:[a-z0-9']+ ){{1,2}}(?:{'|'.join(sorted(_STREET_TYPES))}))$"
)


def _acceptable(words: Sequence[str], tagger: Tagger) -> bool:
    """Whether words name a place: short, no body, no harm, no manoeuvre, not only small words."""
    on_street = _ON_STREET.match(" ".join(words))
    if on_street is not None and not any(
        word in RISKY or _almost_risky(word) for word in on_street.group("street").split()[:-1]
    ):
        words = on_street.group("place").split()
    if _is_address(words):
        return True
    if set(words) <= {"me", "us", "there", "here", "it", "that", "this"}:
        return False
    if any(_almost_risky(word) for word in words if word not in tagger.vocabulary):
        return False
    if all(word in _GENERIC or word[0].isdigit() or word in NUMBER_WORDS for word in words):
        return False
    if not 1 <= len(words) <= _MAX_DESTINATION or not all(
        _NAME.match(word) or word in ("'s", "&", "-") for word in words
    ):
        return False
    if all(word in _GENERIC for word in words) or RISKY.intersection(words):
        return False
    if (
        ASSISTANT
        - {
            "station",
            "stations",
            "restaurant",
            "book",
            "shopping",
            "ac",
            "movie",
            "movies",
            "film",
            "taxi",
            "phone",
            "cabin",
            "music",
        }
    ).intersection(words):
        return False
    blocked = {
        "LEFT",
        "RIGHT",
        "LANE",
        "PERSON",
        "ANIMAL",
        "PRONOUN",
        "QSPEED",
        "STOP",
        "FASTER",
        "SLOWER",
        "SPEED",
        "NEG",
        "ACCEL",
        "UTURN",
        "EXIT",
        "QDISTANCE",
        "LIMIT",
        "OVERTAKE",
        "CANCEL",
        "WATCH",
        "STRAIGHT",
        "EMERGENCY",
        "CONDITION",
        "PULLOVER",
        "THING",
        "QTIME",
        "HIT",
    }
    whole = {"side", "front", "back", "end", "wheel", "car", "truck", "bus", "van", "limit", "road", "street", "highway", "lights", "light",
             "line", "intersection", "corner", "curb", "shoulder", "edge", "middle", "centre", "it", "traffic", "ground", "next", "one", "other", "point"}  # fmt: skip
    if (
        words[-1] in whole
        and not (set(words) & {"point"} and len(words) > 2)
        and words[-1] not in _STREET_TYPES
    ):
        return False
    if (
        words[-1] in ("road", "street", "highway", "lane", "way", "freeway", "bridge")
        and len([w for w in words if w not in _GENERIC]) < 2
    ):
        return False
    allowed_phrases = _PLACE_WORDS
    for item in tagger.tag(list(words)):
        if item.text in allowed_phrases or item.tags & {
            UNKNOWN,
            "PLACE",
            "ORDINAL",
            "NUMBER",
            "PARK",
            "ROAD",
            "STREET",
        }:
            continue
        if item.tags & blocked and not _proper(item.text, words):
            return False
    return True


_PLACE_WORDS = words(
    """
    home work office airport station beach mall mum mom grandma mother dad boss friend baby water
    fire police market bar inn center centre central my straight mom's family kids children dog
    park women's men's student students
    """
)


def _proper(text: str, words: Sequence[str]) -> bool:
    """Whether a body only owns a place: "grandma 's house", "children 's hospital"."""
    owner = list(words).index(text.split()[0]) if text.split()[0] in words else -1
    return owner >= 0 and list(words[owner + 1 : owner + 2]) == ["'s"] and owner + 2 < len(words)
