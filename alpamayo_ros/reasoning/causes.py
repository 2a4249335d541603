# SPDX-License-Identifier: Apache-2.0
"""What a trace names as reasons, by the categories of critical components."""

from __future__ import annotations

import re

from alpamayo_ros.types import Cause, CauseCategory

_CATEGORIES: tuple[tuple[CauseCategory, str], ...] = (
    (CauseCategory.ODD_CONSTRAINT,
     r"fog\w*|rain\w*|snow\w*|ic[ey]|wet|slippery|hail|storm|glare|darkness|visibility|sun|"
     r"(?:low|poor|limited)\s+light|speed\s+limit|weather|wind\w*\s+gusts?|flood\w*|smoke"),
    (CauseCategory.YIELD_OR_STOP_CONTROL,
     r"(?:stop|yield|give[\s-]way|all[\s-]way|four[\s-]way)[\s-]+(?:stop\s+)?(?:signs?|lines?|"
     r"bars?|markings?|arms?|controls?)|(?:rail\w*|level)\s+(?:crossings?|gates?)|rail\s?road|"
     r"stop\s+ahead|flagger\w*|toll\s+\w+|right[\s-]of[\s-]way\s+sign|crosswalks?\s+line"),
    (CauseCategory.ROUTING_INTENT,
     r"rout(?:e|ing)|navigation|destination|(?:upcoming|planned|intended|next)\s+(?:left|right|"
     r"exit|turn)\b[\w\s-]*|through\s+lane|(?:off|on|exit)[\s-]ramp|mainline|drop[\s-]?off|"
     r"(?:reach|take|follow)\s+the\s+\w*\s*(?:exit|route|ramp)"),
    (CauseCategory.TRAFFIC_LIGHT,
     r"(?:traffic\s+|turn\s+|arrow\s+|signal\s+|red\s+|green\s+|yellow\s+|amber\s+)+(?:lights?|"
     r"signals?|arrows?)|lights?|(?:traffic\s+)?signals?|green\s+arrow|red|green"),
    (CauseCategory.CRITICAL_OBJECT,
     r"vehicles?|cars?|trucks?|buses|bus|vans?|suvs?|pedestrians?|cyclists?|bicycl\w+|bikes?|"
     r"motorcycl\w+|scooters?|people|person|child\w*|kids?|animals?|dogs?|deers?|cones?|"
     r"barri\w+|barrels?|debris|obstacles?|obstructions?|ambulances?|police|fire\s?trucks?|"
     r"trams?|trains?|traffic|trailers?|workers?|construction\s+\w+|equipment|lead|queue|"
     r"potholes?|objects?|trash\s+\w+|bollards?|tractors?|congestion|agents?|riders?|runners?|"
     r"joggers?|crowds?|students?|walls?|emergency\s+\w+"),
    (CauseCategory.ROAD_EVENT,
     r"curv\w+|bend\w*|speed\s+(?:bumps?|humps?|tables?)|bumps?|humps?|ramps?|grades?|slopes?|"
     r"hills?|downhill|uphill|roundabouts?|dips?|tunnels?|bridges?|narrow\w*|zones?|turns?|"
     r"intersections?|junctions?|crosswalks?|crossings?|school|road\s?works?|gravel|"
     r"construction|work|exits?|driveways?|parking\s+\w+|crests?|road"),
    (CauseCategory.LANE,
     r"lanes?|lane\s+lines?|markings?|shoulders?|merge|merging|gaps?|path|curbs?|center\s?line|"
     r"split|fork"),
)  # fmt: skip
_MATCHER = re.compile(r"\b(?:" + "|".join(rf"({pattern})\b" for _, pattern in _CATEGORIES) + ")")
"""A group for each category: the first place counts, and there the first category."""

_OPENERS = re.compile(
    r"\b(?:(?P<strong>since|because(?:\s+of)?|due\s+to|owing\s+to|given(?:\s+that)?|as\s+(?!well|soon"
    r"|needed|necessary)|now\s+that|in\s+response\s+to|considering|on\s+account\s+of|thanks\s+to|"
    r"when|while(?=\s+(?:the|a|an|another|traffic|there)\b))"
    r"|(?P<weak>for(?!\s+(?:now|safety))|to\s+(?:avoid|clear|pass|overtake|bypass|let|allow|give)|"
    r"yield(?:ing)?\s+to|(?:distance|gap|headway|clearance|space|spacing|attention)\s+(?:to|from|"
    r"with|for|behind)|behind|around|away\s+from|follow(?:ing)?\s+the|at(?=\s+(?:the\s+)?(?:red|stop|"
    r"yield|traffic))|wait(?:ing)?\s+for|give\s+way\s+to|overtake|pass(?!\s+through)|"
    r"let(?:ting)?|in\s+order\s+to\s+avoid|"
    r"to\s+(?=(?:prepare|stay|reach|follow|take|continue|remain|keep|exit|increase)\b)))\s+"
)
_END = re.compile(
    r"[.;!?\n]|,\s*(?=(?:then|and|so|but|while|i|we|the\s+ego|keep|maintain|stop|yield|slow|proceed|"
    r"turn|change|nudge|accelerate|merge|wait|prepare)\w*\b)|\b(?:and\s+then|so|while|then|but)\b|"
    r"\band\s+(?=(?:yield|stop|proceed|keep|maintain|slow|turn|change|nudge|accelerate|wait|"
    r"prepare|continue|stay|avoid|approach)\b)"
)
_LONGEST = 200


def causes_of(text: str) -> tuple[Cause, ...]:
    """Return the reasons in the order of the text, each once, in its own words."""
    found: list[Cause] = []
    lowered = _lower(text)
    openers = list(_OPENERS.finditer(lowered))
    for n, opener in enumerate(openers):
        end = openers[n + 1].start() if n + 1 < len(openers) else len(text)
        stop = _END.search(lowered, opener.end(), end)
        words = text[opener.end() : stop.start() if stop else end].strip(" ,'\"()")[:_LONGEST]
        category = category_of(words)
        if words and (opener["strong"] or category is not CauseCategory.OTHER):
            found.append(Cause(category, words))
    return tuple(dict.fromkeys(found))


def told_causes(text: str) -> tuple[Cause, ...]:
    """Return the sentences of a description of the scene that name something, as causes."""
    sentences = (part.strip(" ,'\"") for part in re.split(r"[.;\n]", text))
    causes = (Cause(category_of(part), part[:_LONGEST]) for part in sentences if part)
    return tuple(cause for cause in causes if cause.category is not CauseCategory.OTHER)


def _lower(text: str) -> str:
    """The text in lower case, every letter in its place: quicker than to match either case."""
    lowered = text.lower()
    return lowered if len(lowered) == len(text) else text


def category_of(words: str) -> CauseCategory:
    """Return the category of what is named first; special things come before common ones."""
    match = _MATCHER.search(_lower(words))
    return _CATEGORIES[match.lastindex - 1][0] if match and match.lastindex else CauseCategory.OTHER
