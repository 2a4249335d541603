# SPDX-License-Identifier: Apache-2.0
"""From the text of a trace to decisions of the closed vocabulary, or UNPARSED: never a guess."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from alpamayo_ros.reasoning import lexicon, vocabulary
from alpamayo_ros.reasoning.causes import causes_of, told_causes
from alpamayo_ros.reasoning.clauses import FAR, OWN, Line, Mark, Role, scan
from alpamayo_ros.reasoning.forms import Sections, take_apart
from alpamayo_ros.reasoning.labels import Label, label_of
from alpamayo_ros.reasoning.lateral import NOMINALS, lateral, nominal
from alpamayo_ros.reasoning.longitudinal import about, longitudinal
from alpamayo_ros.reasoning.phrases import Phrases
from alpamayo_ros.reasoning.words import Form, plain, spans_of, word_set, words_of
from alpamayo_ros.types import Axis, Cause

LONGEST_TRACE = 4000
"""Characters that are read; a trace of this model family has at most some hundred words."""

MOST_WORDS = 300
"""Words of a part that are read; the models stop at 256 tokens, or repeat themselves."""

MOST_VERBS = 50
"""Words of a part that are asked what they decide; more than that is a loop of the decoding."""

REMEMBERED = 512
"""Traces whose reading is kept: the six candidates and ticks in a row repeat each other."""


class Demand(Enum):
    """What the words of a longitudinal decision demand of the speed itself."""

    OPEN = 0
    SLOWER = 1
    HOLD = 2
    FASTER = 3
    NOT_FASTER = 4


@dataclass(frozen=True, slots=True)
class Step:
    """One decision of a trace, and what it literally says about speed."""

    axis: Axis
    decision: str
    demand: Demand = Demand.OPEN


@dataclass(frozen=True, slots=True)
class Reading:
    """What a trace says.

    ``longitudinal`` and ``lateral`` are decisions of the vocabulary, NONE where the trace decides
    nothing on that axis, or UNPARSED. ``sequence`` holds all decisions in the order in which they
    are to happen; the first of an axis is its decision. ``counterfactual`` is what the trace says
    would have been otherwise, in its own words.
    """

    longitudinal: str = vocabulary.UNPARSED
    lateral: str = vocabulary.UNPARSED
    causes: tuple[Cause, ...] = ()
    counterfactual: str = ""
    sequence: tuple[Step, ...] = ()


class _Found(NamedTuple):
    """A decision at word ``place`` of a text, named by ``word``; ``side`` may be missing."""

    place: int
    axis: Axis
    name: str
    side: str
    mark: Mark
    lemma: str
    word: int
    demand: Demand = Demand.OPEN

    @property
    def complete(self) -> bool:
        return bool(self.side) or self.name not in vocabulary.SIDED

    @property
    def decision(self) -> str:
        return vocabulary.with_side(self.name, self.side)


@lru_cache(maxsize=REMEMBERED)
def read(text: str) -> Reading:
    """Read a trace of any form; never raises, whatever the text.

    Free sentences, "I observe: ... Situation: ... Decision: ... Trajectory: ...", and sentences
    with "Longitudinal: ... Lateral: ... Lane: ..." appended are understood. Only what the ego
    vehicle decides counts: reasons, conditions, denials and what others do decide nothing.
    """
    text = plain(text[:LONGEST_TRACE])
    sections = take_apart(text)
    found, counterfactual = _decisions(sections.decision)
    if not found and sections.fallback:
        found, _ = _decisions(sections.fallback)
    steps = _with_labels(found, sections)
    return Reading(
        longitudinal=_on_axis(steps, Axis.LONGITUDINAL),
        lateral=_on_axis(steps, Axis.LATERAL),
        causes=_causes(sections),
        counterfactual=sections.counterfactual or counterfactual,
        sequence=tuple(
            Step(step.axis, step.decision, step.demand) for step in steps if step.complete
        ),
    )


def _on_axis(steps: list[_Found], axis: Axis) -> str:
    if not any(step.complete for step in steps):
        return vocabulary.UNPARSED
    for step in steps:
        if step.axis is axis:
            return step.decision if step.complete else vocabulary.UNPARSED
    return vocabulary.NONE


def _causes(sections: Sections) -> tuple[Cause, ...]:
    told = [cause for part in sections.scene for cause in told_causes(part)]
    return tuple(dict.fromkeys([*causes_of(sections.decision), *told]))


# Free text.


def _decisions(text: str) -> tuple[list[_Found], str]:
    """All decisions of a text in order, and its counterfactual."""
    line = Line(words_of(text)[:MOST_WORDS])
    phrases = Phrases(line, scan(line))
    found = [item for item in _find(phrases) if not _denied(phrases, item.word)]
    if len(found) > 1:
        found = _ordered(_merged(_relevant(found, phrases), phrases))
    return found, _counterfactual(text, phrases)


def _find(phrases: Phrases) -> Iterable[_Found]:
    asked = 0
    for i, (word, mark) in enumerate(zip(phrases.words, phrases.marks, strict=True)):
        if mark.role not in OWN or mark.negated:
            continue
        acts = _acts(phrases, i)
        asked += acts or word.text in _NAMING
        if asked > MOST_VERBS:
            return
        if acts:
            speed = longitudinal(phrases, i)
            if speed and not _passes_obstacle(phrases, i, speed):
                demand = _demand(phrases, i, speed)
                yield _Found(i, Axis.LONGITUDINAL, speed, "", mark, word.lemma, i, demand)
            name, side = lateral(phrases, i)
            if name:
                if word.lemma in ("prepare", "plan"):
                    mark = mark._replace(prepared=True)
                yield _Found(i, Axis.LATERAL, name, side, mark, word.lemma, i)
        elif word.text in _NAMING and mark.role is Role.MAIN and _stands_alone(phrases, i):
            yield from _named(phrases, i, mark)


def _passes_obstacle(phrases: Phrases, i: int, decision: str) -> bool:
    """Whether what stands is passed only as the purpose of something else: no overtaking."""
    purpose = phrases.marks[i].role is Role.PURPOSE and decision == vocabulary.PASSING
    return purpose and phrases.has(phrases.complement(i), _STILL)


def _demand(phrases: Phrases, i: int, decision: str) -> Demand:
    """What the verb at ``i`` says about speed, whatever the decision."""
    lemma, complement = phrases.words[i].lemma, phrases.complement(i)
    if lemma in ("accelerate", "increase", "gain", "regain", "pick") or (
        lemma == "speed" and phrases.follows(i, "up")
    ):
        gap = phrases.has(complement, {"gap", "distance", "headway", "following"})
        return Demand.OPEN if gap else Demand.FASTER
    if lemma in _SLOWER or (lemma == "speed" and phrases.follows(i, "down")):
        return Demand.SLOWER
    if lemma in _HOLDING and phrases.has(complement, _HELD):
        return Demand.HOLD
    if decision == vocabulary.LEAD_FOLLOWING and phrases.has(phrases.reason(i), _SLOWED):
        return Demand.NOT_FASTER
    return Demand.OPEN


_STILL = lexicon.STATIC | {"stopped", "stationary"}
_HELD = lexicon.SPEED_NOUNS - {"progress", "momentum", "flow", "motion"}
_SLOWED = word_set(
    "slow slows slowing slowed brake brakes braking braked decelerate decelerates decelerating "
    "stops stopping stopped"
)
_SLOWER = word_set("slow decelerate brake reduce lower decrease")
_HOLDING = word_set("keep maintain hold sustain retain cruise")


def _acts(phrases: Phrases, i: int) -> bool:
    """Whether the word at ``i`` is a verb of the ego vehicle."""
    word, mark = phrases.words[i], phrases.marks[i]
    if not word.known or phrases.line.nouns[i]:
        return False
    if word.form is Form.PAST:
        return mark.ego
    if word.form is Form.THIRD:
        return mark.ego or mark.fresh
    return word.form in (Form.BASE, Form.ING)


def _bare(phrases: Phrases, i: int) -> bool:
    """Whether the decision at ``i`` has no matter of its own before the next verb."""
    before = phrases.line.cut(phrases.complement(i).stop)
    return not about(Phrases(before, phrases.marks), i)


def _stands_alone(phrases: Phrases, i: int) -> bool:
    """Whether no verb of its clause governs the word: "Left turn at ...", "requires a stop"."""
    j = i - 1
    while j >= max(i - FAR, 0) and phrases.text(j) not in _BREAKS:
        word = phrases.words[j]
        if word.text in lexicon.PREPOSITIONS and not _in_lane(phrases, j):
            return False
        if word.known and not phrases.line.nouns[j]:
            return word.lemma in _GOVERNING
        j -= 1
    return True


def _in_lane(phrases: Phrases, j: int) -> bool:
    """Whether the preposition at ``j`` belongs to "in-lane" or "out-of-lane"."""
    return phrases.follows(j, "lane") or phrases.follows(j, "of", "lane")


def _named(phrases: Phrases, i: int, mark: Mark) -> Iterable[_Found]:
    """A decision named by a noun."""
    text, before = phrases.text(i), phrases.text(i - 1)
    name, side = nominal(phrases, i)
    if text in ("keeping", "centering") and before == "lane":
        name = vocabulary.LANE_KEEPING
    if name:
        yield _Found(i, Axis.LATERAL, name, side, mark, text, i)
    speed = _SPEED_NOUNS.get(text, "")
    if speed == vocabulary.STOP and phrases.text(i + 1) in (
        "sign",
        "line",
        "bar",
        "light",
        "lines",
    ):
        return
    if speed == vocabulary.SPEED_ADAPTATION:
        speed = about(phrases, i) or speed
    if text in ("search", "searching") and before == "gap":
        speed = vocabulary.GAP_SEARCHING
    if text == "following" and before in ("lead", "vehicle", "obstacle", "car"):
        speed = vocabulary.LEAD_FOLLOWING
    if speed:
        yield _Found(i, Axis.LONGITUDINAL, speed, "", mark, text, i)


_SPEED_NOUNS = {
    "stop": vocabulary.STOP, "halt": vocabulary.STOP, "yield": vocabulary.YIELD,
    "overtake": vocabulary.PASSING, "deceleration": vocabulary.SPEED_ADAPTATION,
    "braking": vocabulary.SPEED_ADAPTATION, "slowdown": vocabulary.SPEED_ADAPTATION,
    "acceleration": vocabulary.SET_SPEED, "adaptation": vocabulary.SPEED_ADAPTATION,
    "standstill": vocabulary.STOP,
}  # fmt: skip


_NAMING = NOMINALS | _SPEED_NOUNS.keys() | word_set(
    "keeping centering search searching following"
)  # fmt: skip
"""Nouns that may name a decision."""
_BREAKS = lexicon.SENTENCE_END | lexicon.COMMA
_GOVERNING = lexicon.REQUIRING | {"be"}
_ENDS_DENIAL = _BREAKS | lexicon.CAUSES
_DENIALS = word_set("not never no unnecessary")
_NEEDLESS = lexicon.UNNEEDED | {"longer"}


def _denied(phrases: Phrases, i: int) -> bool:
    """Whether the decision at ``i`` is denied after it: "stopping is not necessary"."""
    if _DENIALS.isdisjoint(phrases.line.texts):
        return False
    j = i + 1
    while j < i + FAR and phrases.text(j) not in _ENDS_DENIAL:
        if phrases.text(j) in ("not", "never", "no") and phrases.words[j - 1].lemma == "be":
            reach = range(j, min(j + 3, len(phrases.words)))
            subject = phrases.words[i].form is Form.ING or phrases.words[i].form is Form.OTHER
            return (subject or j - i < 3) and phrases.has(reach, _NEEDLESS)
        if phrases.text(j) == "unnecessary":
            return True
        j += 1
    return False


def _relevant(found: list[_Found], phrases: Phrases) -> list[_Found]:
    """Drop purposes that only explain another decision, and what is called off."""
    kept: list[_Found] = []
    for item in found:
        if any(k.name == vocabulary.ABORT for k in kept) and item.name in _CALLED_OFF:
            continue
        if item.mark.role is Role.PURPOSE and not _purpose_counts(item, kept, phrases):
            continue
        kept.append(item)
    return kept


_CALLED_OFF = frozenset(
    {vocabulary.LANE_CHANGE, vocabulary.MERGE_SPLIT, vocabulary.TURN, vocabulary.NUDGE,
     vocabulary.PASSING}
)  # fmt: skip


def _purpose_counts(item: _Found, kept: list[_Found], phrases: Phrases) -> bool:
    """Whether what something is done for is a decision of its own."""
    before = kept[-1] if kept else None
    if item.mark.prepared and before is not None:
        return False
    if before is None or before.axis is item.axis:
        return item.name != vocabulary.LANE_KEEPING or before is None
    if item.axis is Axis.LATERAL:
        return item.name != vocabulary.LANE_KEEPING
    if item.name == vocabulary.PASSING:
        return before.name == vocabulary.LANE_CHANGE and not _bare(phrases, item.word)
    if item.name == vocabulary.YIELD:
        return item.lemma in ("yield", "give", "cede", "concede")
    return item.name in (vocabulary.STOP, vocabulary.GAP_SEARCHING)


_SLOWING = word_set("slow decelerate brake reduce lower decrease ease coast back moderate")
_ENDS_OF_SLOWING = frozenset(
    {vocabulary.STOP, vocabulary.YIELD, vocabulary.LEAD_FOLLOWING, vocabulary.GAP_SEARCHING}
)


def _merged(found: list[_Found], phrases: Phrases) -> list[_Found]:
    """Join what is one decision in two verbs: "slow down to stop", "stop to let ... cross"."""
    joined: list[_Found] = []
    for item in found:
        speeds = [k for k in joined if k.axis is Axis.LONGITUDINAL]
        last = speeds[-1] if speeds else None
        if last is not None and item.axis is Axis.LONGITUDINAL and _is_one(last, item, phrases):
            demand = last.demand if item.demand is Demand.OPEN else item.demand
            joined[joined.index(last)] = item._replace(
                place=last.place, mark=last.mark, demand=demand
            )
        else:
            joined.append(item)
    return joined


def _is_one(first: _Found, second: _Found, phrases: Phrases) -> bool:
    purpose = second.mark.role is Role.PURPOSE
    same = phrases.sentence(first.place) == phrases.sentence(second.place)
    between = {phrases.text(k) for k in range(first.place, second.place)}
    if not same or "then" in between:
        return False
    if first.lemma in _SLOWING:
        slower = second.name in _ENDS_OF_SLOWING
        joined = slower and (purpose or _bare(phrases, first.word))
        return joined and not second.mark.prepared
    if first.name == vocabulary.STOP:
        return purpose and second.name == vocabulary.YIELD
    if first.name == vocabulary.SET_SPEED and purpose:
        others = (vocabulary.PASSING, vocabulary.GAP_SEARCHING, vocabulary.LEAD_FOLLOWING)
        return second.name in others
    matters = second.name in (vocabulary.LEAD_FOLLOWING, vocabulary.GAP_SEARCHING)
    adapting = matters and purpose and first.name == vocabulary.SPEED_ADAPTATION
    return adapting and _bare(phrases, first.word)


def _ordered(found: list[_Found]) -> list[_Found]:
    """Order of happening; what is only prepared counts where nothing else was decided.

    Keeping the lane after calling something off is no decision of its own.
    """
    if any(item.name == vocabulary.ABORT for item in found):
        found = [item for item in found if item.name != vocabulary.LANE_KEEPING]
    definite = {item.axis for item in found if not item.mark.prepared}
    kept = [item for item in found if not item.mark.prepared or item.axis not in definite]
    return sorted(kept, key=lambda item: (item.mark.later, item.place))


def _counterfactual(text: str, phrases: Phrases) -> str:
    """The sentence, from its condition on, that tells what would have been otherwise."""
    words = phrases.words
    if lexicon.HYPOTHETICAL.isdisjoint(phrases.line.texts):
        return ""
    for i, word in enumerate(words):
        if word.text not in lexicon.HYPOTHETICAL or phrases.marks[i].role is not Role.CONDITION:
            continue
        places = phrases.sentence(i)
        first = next(k for k in places if phrases.marks[k].role is Role.CONDITION)
        first = phrases.line.next_content(first) if words[first].text == "," else first
        spans = spans_of(text)
        return text[spans[first][0] : spans[places.stop - 1][1]].strip()
    return ""


# Appended labels.


_LABELS = {Axis.LONGITUDINAL: ("longitudinal",), Axis.LATERAL: ("lateral", "lane")}


def _with_labels(found: list[_Found], sections: Sections) -> list[_Found]:
    """Put the labelled decisions in their places."""
    if not sections.labels:
        return found
    steps = list(found)
    readings = {name: label_of(name, body) for name, body in sections.labels.items()}
    for axis, names in (
        (Axis.LONGITUDINAL, ("longitudinal",)),
        (Axis.LATERAL, ("lateral", "lane")),
    ):
        label = _better([readings[name] for name in names if name in readings])
        said = [step for step in steps if step.axis is axis and step.complete]
        if label is None or (said and not label.explicit):
            continue
        if not said or said[0].decision != label.decision:
            steps = [step for step in steps if step.axis is not axis]
            steps.insert(0, _labelled(axis, label))
    return steps


def _better(labels: list[Label | None]) -> Label | None:
    """An explicit label before one that only names what the trajectory does."""
    known = [label for label in labels if label is not None]
    known.sort(key=lambda label: (not label.complete, not label.explicit))
    return known[0] if known else None


def _labelled(axis: Axis, label: Label) -> _Found:
    return _Found(-1, axis, label.name, label.side, Mark(Role.MAIN), "", -1)
