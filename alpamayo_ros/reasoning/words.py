# SPDX-License-Identifier: Apache-2.0
"""Text to words: whole words with their lemma and form, never substrings."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from functools import lru_cache
from typing import NamedTuple


class Form(Enum):
    """How a verb stands; a word that is no verb is OTHER."""

    OTHER = 0
    BASE = 1
    THIRD = 2
    ING = 3
    PAST = 4


def word_set(text: str) -> frozenset[str]:
    """The words of a list that is written as text."""
    return frozenset(text.split())


class Word(NamedTuple):
    """One word or punctuation mark: lower case, lemma, and form."""

    text: str
    lemma: str
    form: Form
    known: bool
    """Whether it is a form of a verb that is known, and not only ends like one."""


_REGULAR_VERBS = word_set("""
abandon abort accelerate accommodate achieve adapt adhere adjust advance aim align allow anticipate
approach assess avoid bear bleed bypass calculate call cancel cease cede center centre change check
choose circumvent clear coast come commence complete concede consider continue creep cross cruise
decelerate decide decrease defer delay demand depart detour deviate discontinue divert drift edge
emerge enable encroach end engage enlarge ensure enter evade execute exit extend follow force gain
halt handle hang head hinder hug idle improve inch increase indicate initiate intend join keep lean
lengthen limit look lower maintain maneuver manoeuvre match mean meet merge minimize moderate
modulate monitor move narrow navigate necessitate need negotiate nudge observe occupy offset open
overtake pace park pass pause perform permit plan position postpone prefer prepare preserve press
prevent proceed prompt protect pull reach realign recenter reduce refrain regulate reject relax
remain require respect respond restart restore resume retain retreat return reverse roll sail scan
seek select settle share shift signal slip slow split squeeze start stay steer stop straighten
suit surpass surrender suspend sustain swerve switch synchronize taper target track trail transition
travel trim turn undertake use veer vacate wait want warrant watch widen yield zipper bend curve
brake cause crawl stand queue enforce approach block bias move obey ease curb signal swing creep
circle filter carry finish expect apply commit
help elect opt suggest ask traverse decline skip create glide grant draw locate fit raise regain
diverge reposition prioritize manage lift control adhere recede steady revert treat honor
""")

_IRREGULAR_VERBS = {
    "begin": ("begins", "beginning", "began begun"),
    "bring": ("brings", "bringing", "brought"),
    "come": ("comes", "coming", "came"),
    "creep": ("creeps", "creeping", "crept"),
    "cut": ("cuts", "cutting", ""),
    "drive": ("drives", "driving", "drove driven"),
    "fall": ("falls", "falling", "fell fallen"),
    "find": ("finds", "finding", "found"),
    "get": ("gets", "getting", "got gotten"),
    "give": ("gives", "giving", "gave given"),
    "go": ("goes", "going", "went gone"),
    "hold": ("holds", "holding", "held"),
    "keep": ("keeps", "keeping", "kept"),
    "leave": ("leaves", "leaving", ""),
    "let": ("lets", "letting", ""),
    "make": ("makes", "making", "made"),
    "mean": ("means", "meaning", "meant"),
    "meet": ("meets", "meeting", "met"),
    "overtake": ("overtakes", "overtaking", "overtook overtaken"),
    "pick": ("picks", "picking", "picked"),
    "put": ("puts", "putting", ""),
    "seek": ("seeks", "seeking", "sought"),
    "set": ("sets", "setting", ""),
    "slide": ("slides", "sliding", "slid"),
    "speed": ("speeds", "speeding", "sped"),
    "split": ("splits", "splitting", ""),
    "stand": ("stands", "standing", "stood"),
    "swing": ("swings", "swinging", "swung"),
    "take": ("takes", "taking", "took taken"),
    "undertake": ("undertakes", "undertaking", "undertook undertaken"),
    "wind": ("winds", "winding", "wound"),
    "be": ("is", "being", "was were been"),
    "have": ("has", "having", "had"),
    "search": ("searches", "searching", "searched"),
    "back": ("backs", "backing", "backed"),
    "try": ("tries", "trying", "tried"),
    "run": ("runs", "running", "ran"),
    "draw": ("draws", "drawing", "drew drawn"),
    "drop": ("drops", "dropping", "dropped"),
    "fit": ("fits", "fitting", "fitted"),
    "forgo": ("forgoes", "forgoing", "forwent"),
    "do": ("does", "doing", "did done"),
}

_DOUBLING = frozenset({"stop", "trim", "slip", "transit", "plan", "hug", "cancel", "commit", "zip"})

_NOT_VERBS = word_set(
    "upcoming oncoming during something nothing anything being incoming remaining morning evening "
    "according including regarding red indeed"
)


def _regular_forms(verb: str) -> tuple[str, str, str]:
    if verb.endswith(("s", "x", "ch", "sh", "z")):
        third = verb + "es"
    elif verb.endswith("y") and verb[-2] not in "aeiou":
        third = verb[:-1] + "ies"
    else:
        third = verb + "s"
    stem = verb + verb[-1] if verb in _DOUBLING else verb
    if verb.endswith("e"):
        return third, verb[:-1] + "ing", verb + "d"
    past = verb[:-1] + "ied" if third.endswith("ies") else stem + "ed"
    return third, stem + "ing", past


def _verb_forms() -> dict[str, tuple[str, Form]]:
    """Every form of every known verb, with its lemma."""
    forms: dict[str, tuple[str, Form]] = {}
    for verb in _REGULAR_VERBS:
        if verb not in _IRREGULAR_VERBS:
            third, gerund, past = _regular_forms(verb)
            forms |= {past: (verb, Form.PAST), third: (verb, Form.THIRD)}
            forms |= {gerund: (verb, Form.ING), verb: (verb, Form.BASE)}
    for verb, (third, gerund, pasts) in _IRREGULAR_VERBS.items():
        forms |= dict.fromkeys(pasts.split(), (verb, Form.PAST))
        forms |= {third: (verb, Form.THIRD), gerund: (verb, Form.ING), verb: (verb, Form.BASE)}
    forms |= dict.fromkeys(("am", "are"), ("be", Form.BASE))
    return forms


_VERB_FORMS = _verb_forms()

_SYNONYMS = {
    "leftward": "left", "leftwards": "left", "rightward": "right", "rightwards": "right",
    "lefthand": "left", "righthand": "right", "uturn": "u turn",
    "kerb": "curb", "kerbside": "curbside", "tyre": "tire", "lanechange": "lane change",
    "centre": "center", "centred": "centered", "centring": "centering", "manoeuvre": "maneuver",
    "manoeuvring": "maneuvering", "decel": "deceleration", "accel": "acceleration",
    "veh": "vehicle", "ped": "pedestrian", "peds": "pedestrians", "greenlight": "green light",
    "redlight": "red light", "cannot": "can not", "wont": "will not", "dont": "do not",
    "doesnt": "does not", "isnt": "is not", "cant": "can not", "lets": "let us",
    "offramp": "off ramp", "onramp": "on ramp", "stopline": "stop line", "slowdown": "slow down",
    "midlane": "mid lane",
}  # fmt: skip

_CONTRACTIONS = {
    "won't": "will not", "can't": "can not", "shan't": "shall not", "let's": "let us",
    "i'm": "i am", "it's": "it is", "that's": "that is", "there's": "there is",
}  # fmt: skip

_ENDINGS = {"n't": "not", "'ll": "will", "'re": "are", "'ve": "have", "'d": "would", "'s": ""}

_TOKEN = re.compile(
    r"[a-z]+(?:'[a-z]+)?|[0-9]+(?:\.[0-9]+)?|[.,;:!?()\n]|--+|[\u2013\u2014|]",
    re.IGNORECASE | re.ASCII,
)
_MARKUP = re.compile(r"<\|[^|>]*\|>|<[^<>]{1,40}>|[*_`#]")
_SIDE_IN_BRACKETS = re.compile(r"\(\s*(left|right)\s*\)", re.IGNORECASE)
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_SPELLINGS = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2212"), "-") | dict.fromkeys(
    map(ord, "\u2018\u2019\u02bc\u00b4"), "'"
)

REMEMBERED_WORDS = 2048
"""Spellings of words that are kept taken apart; a trace has few that no other has."""


def plain(text: str) -> str:
    """Text in one spelling: no markup, plain quotes and hyphens, no camel case."""
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text).translate(_SPELLINGS)
    if "(" in text:
        text = _SIDE_IN_BRACKETS.sub(r" \1 ", text)
    return _CAMEL.sub(" ", _MARKUP.sub(lambda found: " " * len(found.group()), text))


def words_of(text: str) -> tuple[Word, ...]:
    """Split plain text into words; compounds with a hyphen or slash are several words."""
    found: list[Word] = []
    for token in _TOKEN.findall(text):
        found += parts_of(token)
    return tuple(found)


def spans_of(text: str) -> list[tuple[int, int]]:
    """Where in the text each of its words begins and ends."""
    return [match.span() for match in _TOKEN.finditer(text) for _ in parts_of(match.group())]


@lru_cache(maxsize=REMEMBERED_WORDS)
def parts_of(token: str) -> tuple[Word, ...]:
    """The words that a token stands for."""
    return tuple(_word(part) for part in _expanded(token.lower()))


def _expanded(token: str) -> list[str]:
    if token in _CONTRACTIONS:
        return _CONTRACTIONS[token].split()
    for ending, meaning in _ENDINGS.items():
        if token.endswith(ending) and "'" in token:
            return [part for part in (token[: -len(ending)], meaning) if part]
    return _SYNONYMS.get(token, token).split()


def _word(text: str) -> Word:
    if text in _NOT_VERBS:
        return Word(text, text, Form.OTHER, False)
    lemma, form = _VERB_FORMS.get(text, (text, Form.OTHER))
    if form is Form.OTHER and len(text) > 5:
        if text.endswith("ing"):
            form = Form.ING
        elif text.endswith("ed"):
            form = Form.PAST
    return Word(text, lemma, form, form is Form.BASE or lemma != text)
