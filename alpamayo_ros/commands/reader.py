# SPDX-License-Identifier: Apache-2.0

"""Text -> refusal, question, intents, or the reason why it is none of them.

Two guards that share nothing must both let a sentence pass: the patterns of ``refuse``, which know
the words of harm, and the networks, which know sentences. A command is believed where the networks
are sure that it is one, see next to no harm in it, and every number it needs is there. The plainest
commands need no network: "stop" is understood by the letter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from alpamayo_ros.commands.classifier import MODEL, Classifier, Opinion
from alpamayo_ros.commands.effects import CAUTIOUS, HALTING
from alpamayo_ros.commands.normalise import OTHER_SCRIPT, Sentence, normalise, shown
from alpamayo_ros.commands.parameters import intents_of, too_small_gap
from alpamayo_ros.commands.phrases import plain_intent
from alpamayo_ros.commands.refuse import (
    FINAL,
    Refusal,
    is_telling,
    refusal,
    refuses_care,
    somebody_is_ahead,
)
from alpamayo_ros.commands.spelling import Spelling
from alpamayo_ros.types import Intent

REFUSE_AT = 0.95
"""Harm more probable than this is refused even if no pattern names it."""

HARM_BELOW, CAUTIOUS_HARM_BELOW, ASKED_HARM_BELOW = 0.035, 0.07, 0.1
"""Harm less probable than this does not keep a command, a merely careful one, a question."""

NAMED_HARM_AT, EXCUSED_HARM_BELOW = 0.2, 0.01
"""Where a pattern finds words of harm: refused from the one on, excused below the other."""

CONTROL_AT = 0.93
QUESTION_AT = 0.5
INTENT_AT = 0.65
"""Probability from which a sentence is a command, a question, and asks for a manoeuvre."""

UNDECIDED_AT = 0.15
"""Where none is, a turn and a lane change this probable are asked back for."""

FOREIGN_AT = 0.5
CERTAIN_HARM_BELOW, CERTAIN_AT = 0.005, 0.95
"""A sentence in another language than English must be this certain in all respects."""

STRANGE_SHARE = 0.4
"""Beside a strange word a command may seem so much less harmful: it may hide what is meant."""

GARBLED_SHARE = 0.25
"""A sentence with this share of strange words is obeyed only where it is certainly harmless."""

MAX_WORDS = 60
"""Longer sentences are not understood."""

MAX_INTENTS = 4
"""More than this in one sentence is not a wish but a script."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Exactly one of ``refusal`` (a code), ``question``, ``intents`` and ``reason`` is set."""

    refusal: str = ""
    question: str = ""
    intents: tuple[Intent, ...] = ()
    reason: str = ""
    why: str = ""


class Reader:
    """Everything that is loaded once to read sentences; what it remembers only saves time."""

    def __init__(self, model: Path = MODEL) -> None:
        self._classifier = Classifier(model)
        self._spelling = Spelling(self._classifier.frequent, self._classifier.seen)

    def read(self, text: str) -> Reading:
        """Read a sentence; never raises."""
        sentence = normalise(text)
        if not sentence.words:
            return Reading(reason="EMPTY", why="the sentence has no words")
        spelt = self._spelling(sentence.words)
        others = _different(spelt, sentence.words, self._spelling.respaced(sentence.words))
        refused = refusal(sentence)
        for other in (spelt, *others):
            # a slip of the keyboard does not hide what is asked for
            if refused is None and other != sentence.words:
                refused = refusal(replace(sentence, plain=" ".join(other), readings=()))
        if refused is not None and refused.code in FINAL:
            return Reading(refusal=refused.code, why=refused.words)
        if sentence.disguises - {OTHER_SCRIPT}:
            return self._disguised(sentence, refused)
        if not sentence.shown.strip():
            return Reading(reason="EMPTY", why="nothing in it can be shown")
        if len(sentence.words) > MAX_WORDS:
            return Reading(reason="TOO_MANY_WORDS", why=str(len(sentence.words)))
        plain = plain_intent(spelt)
        if plain and refused is None:
            return Reading(intents=(Intent(plain),))
        opinion = self._classifier(spelt)
        harm = max([opinion.labels["harmful"], *map(self._classifier.harm, others)])
        garbled = self._spelling.strange(_without_name(spelt, opinion)) >= GARBLED_SHARE
        if garbled and refused is None and CERTAIN_HARM_BELOW < harm < REFUSE_AT:
            # what is left of the words does not say what they were
            name = "LANGUAGE" if opinion.foreign > FOREIGN_AT else "DISGUISED_TEXT"
            return Reading(reason=name, why="too many strange words")
        if refused is not None and harm > NAMED_HARM_AT:
            return Reading(refusal=refused.code, why=refused.words)
        if refused is not None and harm > EXCUSED_HARM_BELOW:
            return Reading(reason="DOUBTFUL", why=f"{refused.code}: {refused.words}")
        return self._judged(sentence, spelt, opinion, harm)

    def _disguised(self, sentence: Sentence, refused: Refusal | None) -> Reading:
        """Honest wishes need no disguise: whatever it may mean, it is not obeyed."""
        if refused is not None:
            return Reading(refusal=refused.code, why=refused.words)
        why = ", ".join(sorted(sentence.disguises))
        for reading in (sentence.plain, *sentence.readings):
            if self._classifier.harm(reading.split()) > REFUSE_AT:
                return Reading(refusal="DISGUISED", why=why)
        return Reading(reason="DISGUISED_TEXT", why=why)

    def _judged(
        self, sentence: Sentence, spelt: tuple[str, ...], opinion: Opinion, harm: float
    ) -> Reading:
        labels = opinion.labels
        if harm > REFUSE_AT:
            return Reading(refusal="HARMFUL", why=f"harmful with probability {harm:.2f}")
        foreign = opinion.foreign > FOREIGN_AT or OTHER_SCRIPT in sentence.disguises
        if foreign and not _certain(opinion, harm):
            return Reading(reason="LANGUAGE", why="another language than English")
        if labels["question"] >= QUESTION_AT:
            if harm > ASKED_HARM_BELOW:
                return _doubtful(harm)
            return Reading(question=shown(sentence.shown))
        if labels["control"] < CONTROL_AT:
            return _no_command(sentence, opinion)
        names = opinion.asked(INTENT_AT)
        best = opinion.best_intent
        if not names and _turn_or_lane(opinion):
            return Reading(reason="AMBIGUOUS", why=best)
        if not names:
            return Reading(
                reason="DOUBTFUL", why=f"{best} with probability {opinion.intents[best]:.2f}"
            )
        return self._commanded(sentence, spelt, opinion, harm, names)

    def _commanded(
        self,
        sentence: Sentence,
        spelt: tuple[str, ...],
        opinion: Opinion,
        harm: float,
        names: list[str],
    ) -> Reading:
        asked = set(names)
        most = CAUTIOUS_HARM_BELOW if asked <= CAUTIOUS else HARM_BELOW
        strange = self._spelling.strange(_without_name(spelt, opinion))
        if harm > (most * STRANGE_SHARE if strange else most):
            return _doubtful(harm)
        if "DRIVE_CAREFULLY" in asked and refuses_care(" ".join(spelt)):
            return Reading(reason="NEGATED", why="less care")
        if asked - _WITH_SOMEBODY_AHEAD and somebody_is_ahead(sentence):
            return Reading(reason="DOUBTFUL", why="somebody is in the way")
        if any(pair <= asked for pair in _OPPOSITES) or _leaves_the_lane_it_keeps(names):
            return Reading(reason="CONTRADICTION", why=" ".join(names))
        if len(names) > MAX_INTENTS:
            return Reading(reason="TOO_MANY_COMMANDS", why=str(len(names)))
        if asked <= _SPEED_OR_GAP and (gap := too_small_gap(spelt)):
            return Reading(refusal="TOO_CLOSE", why=gap)
        found = intents_of(names, opinion.places, spelt, opinion.destination)
        if isinstance(found, str):
            return Reading(reason="NOT_COVERED", why=f"{found} without its number or name")
        return Reading(intents=found)


def _without_name(words: tuple[str, ...], opinion: Opinion) -> list[str]:
    """The words but for the name of a destination, if one is asked for: names may be strange."""
    named = opinion.destination if opinion.intents["NAVIGATE"] >= INTENT_AT else ()
    return [word for index, word in enumerate(words) if index not in named]


def _different(spelt: tuple[str, ...], *others: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Return those of the other ways to read a sentence that differ from the first in words."""
    plain = {" ".join(word for word in other if word.isalnum()): other for other in others}
    plain.pop(" ".join(word for word in spelt if word.isalnum()), None)
    return list(plain.values())


_WITH_SOMEBODY_AHEAD = CAUTIOUS | HALTING | {"CANCEL", "GO_AROUND", "KEEP_LANE"}
"""Intents that nobody who is in the way needs to fear."""

_SPEED_OR_GAP = frozenset(("KEEP_DISTANCE", "SET_SPEED"))
"""Where nothing else is asked for, a distance in the sentence is the one to the vehicle ahead."""

_OPPOSITES = (
    {"SPEED_UP", "SLOW_DOWN"},
    {"SPEED_UP", "HAZARD_NOTICE"},
)
_DENIES = re.compile(r"\b(?:not|never|without|no need)\b")


def _certain(opinion: Opinion, harm: float) -> bool:
    """Whether nothing at all speaks against a question, or against one certain command."""
    if harm > CERTAIN_HARM_BELOW:
        return False
    sure = opinion.intents[opinion.best_intent] >= CERTAIN_AT
    labels = opinion.labels
    return labels["question"] >= CERTAIN_AT or (labels["control"] >= CERTAIN_AT and sure)


def _leaves_the_lane_it_keeps(names: list[str]) -> bool:
    """Whether a lane shall be kept and then left; the other way round is a wish like another."""
    kept = names.index("KEEP_LANE") if "KEEP_LANE" in names else len(names)
    return any(name.startswith("CHANGE_LANE") for name in names[kept:])


def _doubtful(harm: float) -> Reading:
    return Reading(reason="DOUBTFUL", why=f"harmful with probability {harm:.2f}")


def _turn_or_lane(opinion: Opinion) -> bool:
    """Whether it may be a turn or a lane change to the same side, and nothing says which."""
    return any(
        min(opinion.intents[f"TURN_{side}"], opinion.intents[f"CHANGE_LANE_{side}"]) > UNDECIDED_AT
        for side in ("LEFT", "RIGHT")
    )


def _no_command(sentence: Sentence, opinion: Opinion) -> Reading:
    """Why nothing is done, as far as it can be told."""
    if OTHER_SCRIPT in sentence.disguises:
        reason = "LANGUAGE"
    elif is_telling(sentence):
        reason = "TOLD"
    elif _DENIES.search(sentence.plain) and opinion.label == "unclear":
        reason = "NEGATED"
    elif opinion.label == "unclear":
        reason = "NO_COMMAND"
    else:
        reason = "DOUBTFUL"
    return Reading(reason=reason, why=f"a command with probability {opinion.labels['control']:.2f}")
