# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- patterns are read line by line, not wrapped
"""Text -> refusal, question, intents, or the reason why it is none of them.

Two readers must not contradict each other. The grammar understands a sentence only if every word
of it is accounted for; the classifier has an opinion on the whole. A command is believed if the
grammar covers it and the classifier does not call it harmful or something else with certainty, or
if the classifier is nearly certain and every single word is known to be harmless.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alpamayo_ros.commands.classifier import MODEL, Classifier, Opinion
from alpamayo_ros.commands.context import (
    FUNCTION,
    Context,
    is_tame,
    notices,
    passes_for,
    persons_in,
    speaks_of_others,
    warns,
)
from alpamayo_ros.commands.effects import CAUTIOUS, HALTING
from alpamayo_ros.commands.grammar import intent_with_parameters
from alpamayo_ros.commands.lexicon import ASSISTANT
from alpamayo_ros.commands.normalise import OTHER_SCRIPT, Sentence, normalise, shown
from alpamayo_ros.commands.questions import DRIVING, asks, asks_for_a_deed, safe_to_ask
from alpamayo_ros.commands.refuse import Refusal, is_telling, names_harm, refusal, somebody_is_ahead
from alpamayo_ros.commands.rephrase import reworded, straightforward
from alpamayo_ros.commands.slots import destination
from alpamayo_ros.commands.tagger import UNKNOWN, Item
from alpamayo_ros.commands.understand import Grammar, Understanding
from alpamayo_ros.types import Intent

REFUSE_AT = 0.98
"""Harm more probable than this is refused even if no pattern names it."""

VETO_AT = 0.95
GUESSED_VETO_AT = 0.4
SPELT_VETO_AT = 0.3
"""Harm more probable than this makes a covered sentence unclear; the lower one where a spelling
was corrected, a name taken as it is, or a clause left aside, the lowest one where that would move
the vehicle."""

CONTROL_AT = 0.4
INTENT_AT = 0.5
SHORT = 3
SHORT_CONTROL_AT = 0.7
CORRECTED_HARM_BELOW = 0.02
AGREED_INTENT_AT = 0.35
SECOND_INTENT_BELOW = 0.5
SECOND_BEHIND_AND_BELOW = 0.25
HARMLESS_BELOW = 0.14
CAUTIOUS_HARM_BELOW = 0.3
CLAUSE_HARM_BELOW = 0.5
"""What the classifier must say of a sentence that no rule covers before it is obeyed."""

LEAST_CONTROL = 0.06
LEAST_GUESSED_CONTROL = 0.3
"""A covered sentence that the classifier takes for a command with less than this is unclear."""

QUESTION_AT = 0.65
SAID_ABOVE = 0.12
"""Of two intents, one that the classifier gives less than this was only mentioned."""

RECIPE_HARM_BELOW = 0.05
OTHERWISE_AT = 0.85
"""A label more probable than this overrules a rule that covers the sentence."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Exactly one of ``refusal`` (a code), ``question``, ``intents`` and ``reason`` is set."""

    refusal: str = ""
    question: str = ""
    intents: tuple[Intent, ...] = ()
    reason: str = ""
    why: str = ""


class Reader:
    """Everything that is loaded once to read sentences; holds no state between them."""

    def __init__(self, model: Path = MODEL) -> None:
        self._grammar = Grammar()
        self._classifier = Classifier(model)
        listed = self._classifier.things | self._classifier.statives
        self._harmless = self._classifier.harmless | listed | FUNCTION
        self._grammar.learn(
            self._classifier.seen | listed,
            self._classifier.harmless | listed,
            self._classifier.statives,
            self._classifier.beings,
        )

    def read(self, text: str) -> Reading:
        """Read a sentence; never raises."""
        sentence = normalise(text)
        if not sentence.words:
            return Reading(reason="EMPTY", why="the sentence has no words")
        refused = refusal(sentence)
        if refused is not None:
            return Reading(refusal=refused.code, why=refused.words)
        refused = self._refused_as_corrected(sentence)
        if refused is not None:
            return Reading(refusal=refused.code, why=refused.words)
        if sentence.disguises - {OTHER_SCRIPT}:
            return self._disguised(sentence)
        if not sentence.shown.strip():
            return Reading(reason="EMPTY", why="nothing in it can be shown")
        plain = self._with_words(sentence, reworded(sentence.words))
        if plain is not sentence:
            refused = refusal(plain)
            if refused is not None:
                return Reading(refusal=refused.code, why=refused.words)
        reading = self._read(plain, self._opinion(sentence, plain))
        names = {intent.name for intent in reading.intents}
        if names - _WITH_SOMEBODY_AHEAD and somebody_is_ahead(plain):
            return Reading(reason="DOUBTFUL", why="somebody is in the way")
        if names - {"NAVIGATE"} and self._drives_onto_a_thing(plain.words, _UPON):
            return Reading(reason="DOUBTFUL", why="onto something that is no road")
        return reading

    def _with_words(self, sentence: Sentence, words: tuple[str, ...]) -> Sentence:
        if words == sentence.words or not words:
            return sentence
        return replace(sentence, words=words, plain=" ".join(words), readings=())

    def _opinion(self, said: Sentence, plain: Sentence) -> Opinion:
        """What the sentence probably is as it is understood, and no less harmful than as said."""
        first = self._classifier(said.words)
        words = tuple(self._grammar.tagger.spelt(plain.words))
        if words == said.words:
            return first
        second = self._classifier(words)
        harm = first.labels["harmful"]
        harm = max(harm if harm > VETO_AT else 0.5 * harm, second.labels["harmful"])
        return replace(second, labels={**second.labels, "harmful": harm})

    def _refused_as_corrected(self, sentence: Sentence) -> Refusal | None:
        """A slip of the keyboard does not hide what is asked for."""
        items = self._grammar.tagger.tag(sentence.words)
        if not any(item.corrected for item in items):
            return None
        corrected = " ".join(item.text for item in items)
        return refusal(replace(sentence, plain=corrected, readings=()))

    def _disguised(self, sentence: Sentence) -> Reading:
        """Honest wishes need no disguise: whatever it may mean, it is not obeyed."""
        why = ", ".join(sorted(sentence.disguises))
        for reading in (sentence.plain, *sentence.readings):
            if self._classifier(reading.split()).labels["harmful"] > REFUSE_AT:
                return Reading(refusal="DISGUISED", why=why)
        return Reading(reason="DISGUISED_TEXT", why=why)

    def _read(self, sentence: Sentence, opinion: Opinion) -> Reading:
        harm = opinion.labels["harmful"]
        question = asks(sentence)
        covered: tuple[Intent, ...] = ()
        if not question:
            understood = self._understood(sentence)
            covered = understood.intents
            if understood.intents:
                checked = self._checked(understood, sentence, opinion)
                if checked.intents or checked.question or not understood.aside:
                    return checked
                understood = replace(
                    understood, intents=(), reason=checked.reason, words=checked.why
                )
        else:
            understood = Understanding(reason="NO_COMMAND", words="a question")
        if harm > REFUSE_AT and not is_telling(sentence) and self._mostly_known(sentence):
            return Reading(refusal="HARMFUL", why=f"harmful with probability {harm:.2f}")
        if question or opinion.labels["question"] > QUESTION_AT:
            asked = self._question(sentence, opinion, question)
            if asked is not None:
                return asked
        final = (
            understood.reason in ("TOO_MANY_WORDS", "CONTRADICTION")
            or _SUPPOSED.search(sentence.plain) is not None
        )
        if not question and not final and self._is_notice(sentence, opinion):
            return Reading(intents=(Intent("HAZARD_NOTICE"),))
        intent = None if question or final else self._by_opinion(sentence, opinion, covered)
        if intent is not None:
            return Reading(intents=(intent,))
        return _not_understood(understood, sentence, opinion)

    def _understood(self, sentence: Sentence) -> Understanding:
        """What the grammar makes of the sentence, as it is said or without its roundabout ways."""
        if _SUPPOSED.search(sentence.plain):
            return Understanding(reason="NO_COMMAND", words="supposed, not asked for")
        understood = self._grammar.read(sentence)
        if understood.intents and not understood.aside:
            return understood
        spelt = reworded(self._grammar.tagger.spelt(sentence.words))
        for words in (straightforward(sentence.words), spelt):
            request = self._with_words(sentence, words)
            if request is sentence or refusal(request) is not None:
                continue
            other = self._grammar.read(request)
            if other.intents and len(other.aside) < (len(understood.aside) or 9):
                understood = other
        return understood

    def _question(self, sentence: Sentence, opinion: Opinion, sure: bool) -> Reading | None:
        """A question about the drive; harm that is asked for in the form of a question is none."""
        probable = opinion.labels["question"]
        if opinion.labels["harmful"] > (0.6 if sure else 0.1):
            return None
        if asks_for_a_deed(sentence) and opinion.labels["harmful"] > RECIPE_HARM_BELOW:
            return None
        driving = DRIVING.intersection(sentence.words)
        if probable < (0.02 if sure and driving else 0.3 if sure else QUESTION_AT):
            return None
        if opinion.labels["unclear"] > OTHERWISE_AT or (
            names_harm(sentence) and not safe_to_ask(sentence)
        ):
            return None
        return Reading(question=shown(sentence.shown))

    def _is_notice(self, sentence: Sentence, opinion: Opinion) -> bool:
        """Whether it only tells of something ahead, in words that no rule foresaw."""
        if _NOTICE.match(sentence.plain) is None or names_harm(sentence):
            return False
        labels = opinion.labels
        if labels["harmful"] > 0.6 or labels["control"] < 0.25 or labels["unclear"] > 0.7:
            return False
        if opinion.intents["HAZARD_NOTICE"] < (0.2 if _WARNING.match(sentence.plain) else 0.5):
            return False
        clauses = re.split(r" ?[,;:.!] ?", sentence.plain.rstrip(" .!?"))
        rest = [_NOTICE.sub("", clause, count=1).split() for clause in clauses]
        items = self._grammar.items(sentence.words)
        return all(notices(words) for words in rest) and any(i.tags & _BODIES for i in items)

    def _by_opinion(
        self, sentence: Sentence, opinion: Opinion, covered: tuple[Intent, ...] = ()
    ) -> Intent | None:
        """What the classifier is sure of, if every word is known to be harmless.

        It need be less sure where a part of the sentence is ``covered`` as the same intent.
        """
        name = opinion.best_intent
        cautious = name in CAUTIOUS | HALTING
        agreed = [intent.name for intent in covered] == [name]
        second = max(p for other, p in opinion.intents.items() if other != name)
        if not _is_sure(opinion, name, agreed) or second > (
            SECOND_BEHIND_AND_BELOW if _JOINS.intersection(sentence.words) else SECOND_INTENT_BELOW
        ):
            return None
        items = self._grammar.items(sentence.words)
        words = [word for item in items for word in item.text.split()]
        if len(words) < 2 or _asks_for_harm(sentence, name):
            return None
        if not self._is_own_wish(sentence, name):
            return None
        strange = self._strange(items, cautious=name in CAUTIOUS)
        persons = persons_in(sentence.words, self._classifier.beings)
        if persons and name not in _NEAR_PERSONS:
            return None
        tame = cautious and name != "HAZARD_NOTICE" and all(map(str.isalpha, strange))
        alone = not persons and (name in CAUTIOUS or not speaks_of_others(words))
        allowed = 2 if tame and alone else 0
        if len(strange) > allowed or not is_tame([w for w in words if w not in _MODAL]):
            return None
        if self._drives_onto_a_thing(sentence.words, _CONTACT):
            return None
        corrected = any(item.corrected for item in items)
        if corrected and not cautious and opinion.labels["harmful"] > CORRECTED_HARM_BELOW:
            return None
        if name in _PRESSING and (
            speaks_of_others(words) or _IN_THE_ROAD.search(sentence.plain) is not None
        ):
            return None
        if len(words) <= SHORT and opinion.labels["control"] < SHORT_CONTROL_AT:
            return None
        if name not in CAUTIOUS | HALTING and self._hides_harm(sentence):
            return None
        if name == "NAVIGATE":
            place = destination(words, self._grammar.tagger)
            return Intent(name, {"destination": place.name}) if place is not None else None
        return covered[0] if agreed else intent_with_parameters(name, items)

    def _is_own_wish(self, sentence: Sentence, name: str) -> bool:
        """Whether it is asked for here, not denied and not told of what others do or want."""
        kept = []
        for clause in _clauses(sentence):
            text = " ".join(clause)
            denied = name not in _UNHURT_BY_NOT and _DENIES.search(text)
            if not denied and not is_telling(replace(sentence, plain=f"{text} ")):
                kept += clause
        if len(kept) == sum(map(len, _clauses(sentence))):
            return True
        return len(kept) >= 2 and _is_sure(self._classifier(kept), name)

    def _hides_harm(self, sentence: Sentence) -> bool:
        """Whether a clause of it, taken alone, is likelier harmful than a harmless one would be."""
        clauses = _clauses(sentence)
        return len(clauses) > 1 and any(
            self._classifier(clause).labels["harmful"] > CLAUSE_HARM_BELOW
            for clause in clauses
            if len(clause) > 1
        )

    def _mostly_known(self, sentence: Sentence) -> bool:
        """Whether the classifier has seen most of the words, so that its opinion counts."""
        words = [word for word in sentence.words if word.isalpha()]
        known = sum(word in self._classifier.seen for word in words)
        return known >= 0.75 * len(words)

    def _drives_onto_a_thing(self, words: Sequence[str], contact: frozenset[str]) -> bool:
        """Whether "onto", "into", "over" or "through" leads to something that is no road."""
        triples = zip(words, words[1:], words[2:], strict=False)
        return any(
            first in contact
            and second in _DETERMINERS
            and (third in self._classifier.things or third in self._classifier.beings)
            and third not in self._grammar.tagger.vocabulary
            for first, second, third in triples
        )

    def _strange(self, items: Sequence[Item], cautious: bool) -> list[str]:
        """Words that are in no list; persons and animals are strange where the vehicle may move."""
        unsafe = {UNKNOWN, "ASSISTANT"} if cautious else {UNKNOWN, "ASSISTANT", "PERSON", "ANIMAL"}
        return [
            word
            for item in items
            if item.tags & unsafe
            for word in item.text.split()
            if not self._is_harmless(word)
        ]

    def _is_harmless(self, word: str) -> bool:
        return word in self._harmless or not word[0].isalpha()

    def _checked(self, understood: Understanding, sentence: Sentence, opinion: Opinion) -> Reading:
        """What the grammar covers, unless the classifier is certain that it is something else."""
        guessed = understood.guessed or any(i.name == "NAVIGATE" for i in understood.intents)
        if understood.aside and self._only_reasons(understood, sentence, opinion):
            opinion = self._without(understood.aside, sentence, opinion)
        elif understood.aside:
            return Reading(reason="UNKNOWN_WORDS", why="; ".join(understood.aside))
        labels = opinion.labels
        cautious = {i.name for i in understood.intents} <= CAUTIOUS and not understood.aside
        if labels["harmful"] > (GUESSED_VETO_AT if guessed else 0.99 if cautious else VETO_AT):
            return Reading(
                reason="DOUBTFUL", why=f"harmful with probability {labels['harmful']:.2f}"
            )
        moves = {i.name for i in understood.intents} - CAUTIOUS - HALTING - {"CANCEL"}
        if understood.guessed and moves and labels["harmful"] > SPELT_VETO_AT:
            return Reading(
                reason="DOUBTFUL", why=f"misspelt, harmful with probability {labels['harmful']:.2f}"
            )
        going = [i.name for i in understood.intents] == ["NAVIGATE"]
        if labels["unclear"] > (0.97 if going else OTHERWISE_AT):
            return Reading(
                reason="DOUBTFUL", why=f"no command with probability {labels['unclear']:.2f}"
            )
        if labels["question"] > OTHERWISE_AT:
            return Reading(question=shown(sentence.shown))
        if (
            labels["control"] < (LEAST_GUESSED_CONTROL if guessed and not going else LEAST_CONTROL)
            and not cautious
        ):
            return Reading(
                reason="DOUBTFUL", why=f"a command with probability {labels['control']:.2f}"
            )
        careful = understood.intents == (Intent("DRIVE_CAREFULLY"),)
        if careful and any(
            self._grammar.context(c.split()) != Context.PLAIN for c in understood.aside
        ):
            # "careful, that guy might run the light": there is something to look out for
            return Reading(intents=(Intent("HAZARD_NOTICE"),))
        return Reading(intents=self._arbitrated(understood, sentence, opinion))

    def _arbitrated(
        self, understood: Understanding, sentence: Sentence, opinion: Opinion
    ) -> tuple[Intent, ...]:
        """The only intent, or the other one that the classifier is far surer of."""
        if len(understood.intents) == 2:
            meant = [i for i in understood.intents if opinion.intents[i.name] > SAID_ABOVE]
            second = sorted(opinion.intents.values())[-2]
            mentioned = {i.name for i in understood.intents if i not in meant} <= _MENTIONED
            sure = len(meant) == 1 and meant[0].name == opinion.best_intent
            if mentioned and sure and second < SAID_ABOVE:
                return tuple(meant) if opinion.intents[meant[0].name] > 0.8 else understood.intents
        if len(understood.intents) != 1:
            return understood.intents
        name = understood.intents[0].name
        best = opinion.best_intent
        if opinion.intents[best] < 0.85 or opinion.intents[name] > 0.1:
            return understood.intents
        other = self._by_opinion(sentence, opinion)
        return (other,) if other is not None else understood.intents

    def _without(self, aside: tuple[str, ...], sentence: Sentence, opinion: Opinion) -> Opinion:
        """The opinion on a sentence without its reasons, with the harm of the whole."""
        text = f" {' '.join(w for w in sentence.words if w.isalnum() or chr(39) in w)} "
        for clause in aside:
            text = text.replace(f" {clause} ", " ", 1)
        core = self._classifier(text.split()) if text.strip() else opinion
        labels = dict(core.labels)
        labels["harmful"] = max(labels["harmful"], opinion.labels["harmful"])
        return replace(core, labels=labels)

    def _only_reasons(
        self, understood: Understanding, sentence: Sentence, opinion: Opinion
    ) -> bool:
        """Whether the clauses left aside only say how things are, and none hints at harm.

        The more an intent could do in the wrong place, the less may be said about others.
        """
        names = {intent.name for intent in understood.intents}
        slower = names <= CAUTIOUS | HALTING
        passing = names <= CAUTIOUS | HALTING | _PASSING
        harm = opinion.labels["harmful"]
        for clause in understood.aside:
            words = [word for word in clause.split() if word != "'s"]
            kind = self._grammar.context(words)
            if slower and warns(words):
                most = 0.9
            elif kind == Context.PLAIN:
                most = 0.75 if slower else 0.6
            elif kind == Context.COMPLAINT and (slower or names <= {"SPEED_UP", "SET_SPEED"}):
                most = 0.3
            elif kind == Context.OTHERS and (slower or (passing and passes_for(words))):
                most = 0.6 if slower else 0.5
            elif kind == Context.BEINGS and (slower or names <= _TAME):
                most = 0.5 if slower else 0.3
            elif kind == Context.LOOSE and (slower or names <= _TAME):
                most = 0.4 if slower or names <= {"NAVIGATE"} else 0.12
            else:
                return False
            if max(harm, self._classifier(words).labels["harmful"] / 1.5) > most:
                return False
            if names_harm(sentence) and not warns(words):
                return False
        return True


_SUPPOSED = re.compile(
    r"\bif (?:i|we|you|he|she|they) (?:were|was|had)\b|\b(?:i|we) (?:might|may) (?:want|need|like) to\b|"
    r"\b(?:could|should|would|might|must) have \w+(?:ed|en|t)?\b(?<!have to)(?<!have you)(?<!have us)(?<!have a)(?<!have the)|\b(?:suppose|imagine|used to|once upon)\b|"
    r"\btake (?:a )?notes?\b|\bchange the (?:station|channel|song|subject|topic|music|radio|tune)\b|^(?:i|we) (?:like|love|hate|enjoy|liked|loved|hated) (?:to \w+|\w+ing)|"
    r"^(?:please |just )*(?:do not|never) (?:speed up|accelerate|hurry up|(?:go|drive) (?:any )?faster)(?: please| now| yet| here)*$"
)
"""Turns by which something is supposed, remembered or only denied."""

_NOTICE = re.compile(
    r"(?:(?:um|uh|oh|hey|whoa|please|just|so|ok|and|,|!) )*(?:heads up|watch out(?: for)?|look out(?: for)?|be careful(?: of| with)?|careful(?: with| of)?|watch(?: for)?|mind|beware(?: of)?|caution|attention|warning|"
    r"danger|be aware(?: of| that)?|just so you know|fyi|look|there is|there are|there has been|i see|i can see|i think i see|i think there is|it looks like(?: there is| there are)?|looks like(?: there is| there are)?|here comes?|somebody|someone|"
    r"that|the|a|an|some|those|these|kids|children|people|it)\b(?: (?:,|!))? ?"
)
_WARNING = re.compile(
    r"(?:(?:um|uh|oh|hey|whoa|please|just|so|ok|,|!) )*(?:heads up|watch|look out|careful|be careful|mind|beware|caution|attention|"
    r"warning|danger|there (?:is|are)|i see|looks like|it looks like|here comes?)\b"
)
_BODIES = frozenset(("VEHICLE", "PERSON", "ANIMAL", "THING", "EMERGENCY", "CONDITION", "HAZPLACE"))

_WITH_SOMEBODY_AHEAD = CAUTIOUS | HALTING | {"CANCEL", "GO_AROUND", "KEEP_LANE"}
"""Intents that nobody who is in the way needs to fear."""

_TAME = frozenset(("NAVIGATE", "PARK", "KEEP_LANE", "U_TURN", "CANCEL"))
"""Intents that a reason with an unlisted word may stand beside, besides those that slow."""

_PASSING = frozenset(
    ("OVERTAKE", "GO_AROUND", "CHANGE_LANE_LEFT", "CHANGE_LANE_RIGHT", "KEEP_LANE", "CANCEL")
)
"""What a slow or standing vehicle ahead is a reason for."""

_NEAR_PERSONS = frozenset(("HAZARD_NOTICE", "YIELD", "GO_AROUND", "KEEP_DISTANCE", "NAVIGATE"))
"""Intents that the classifier alone may be believed where persons or animals are spoken of."""

_PRESSING = frozenset(("RESUME", "SPEED_UP", "GO_STRAIGHT"))
_IN_THE_ROAD = re.compile(r"\b(?:in|on) (?:the|our|my|your) (?:lane|road|way|street)\b")
"""With these the vehicle drives at what is ahead: nothing may be said to be there."""

_MODAL = frozenset(("must", "should"))
_CONTACT = frozenset(("onto", "into", "over", "through", "against", "across", "on"))
_UPON = frozenset(("onto", "into"))
_DETERMINERS = frozenset(("the", "that", "this", "those", "these", "a", "an", "some", "his", "her"))

_MENTIONED = frozenset(
    ("OVERTAKE", "HAZARD_NOTICE", "PARK", "YIELD", "U_TURN", "TAKE_EXIT", "KEEP_LANE")
)
"""Intents that a place or a reason can sound like: "past the park and straight on"."""

_UNHURT_BY_NOT = (CAUTIOUS - {"YIELD"}) | {"KEEP_LANE", "CANCEL"}
"""Intents that a "not" overheard cannot turn into their opposite."""

_AVERTED = re.compile(
    r"\b(?:do not|try not|make sure (?:you do )?not|careful not|be careful|avoid|not to|"
    r"you are (?:about|going) to|"
    r"you will|watch|look out|careful)\b"
)


def _asks_for_harm(sentence: Sentence, name: str) -> bool:
    """Whether words of harm stand in it other than as a warning."""
    if not names_harm(sentence):
        return False
    return name != "HAZARD_NOTICE" or _AVERTED.search(sentence.plain) is None


def _is_sure(opinion: Opinion, name: str, agreed: bool = False) -> bool:
    """Whether the classifier alone may be believed that ``name`` is asked for, and nothing bad."""
    harm = CAUTIOUS_HARM_BELOW if name in CAUTIOUS else HARMLESS_BELOW
    harm *= 2.0 if agreed else 1.0
    labels = opinion.labels
    return (
        labels["control"] > CONTROL_AT
        and labels["harmful"] < harm
        and opinion.intents[name] > (AGREED_INTENT_AT if agreed else INTENT_AT)
    )


_JOINS = frozenset(("and", "then", "but"))
_DENIES = re.compile(r"\b(?:not|no|never|without|neither|nor|none|nobody|nothing)\b")
_PARTS = frozenset(
    (",", ";", ":", ".", "!", "?", "and", "so", "but", "because", "since", "cause", "as", "then")
)


def _clauses(sentence: Sentence) -> list[list[str]]:
    """The words between marks and conjunctions."""
    clauses: list[list[str]] = [[]]
    for word in sentence.words:
        if word in _PARTS:
            clauses.append([])
        else:
            clauses[-1].append(word)
    return [clause for clause in clauses if clause]


def _not_understood(understood: Understanding, sentence: Sentence, opinion: Opinion) -> Reading:
    reason = understood.reason
    if is_telling(sentence):
        reason = "TOLD"
    elif ASSISTANT.intersection(sentence.words) and opinion.labels["control"] < 0.8:
        reason = "NOT_DRIVING"
    elif OTHER_SCRIPT in sentence.disguises:
        reason = "LANGUAGE"
    return Reading(reason=reason, why=re.sub(r"\s+", " ", understood.words))
