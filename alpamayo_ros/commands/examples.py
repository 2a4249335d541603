# SPDX-License-Identifier: Apache-2.0
"""The sentences of ``data/train``, and what keyboards, recognisers and talk make of them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from alpamayo_ros.commands.classifier import LABELS_OF_FILES, MODEL
from alpamayo_ros.commands.normalise import normalise

SENTENCES = MODEL.parent / "train"

JOINED = 0.12
"""Share of sentences that are joined to another: two wishes in one, harm behind a harmless wish."""
_FILLERS = ("um", "uh", "well", "so", "hey", "okay", "please", "like", "you know", "er")
_LINKS = ((",",), (".",), ("and",), ("and", "then"), ("then",), (",",), (".",), ())
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
DAMAGED, DAMAGED_HARM = 0.06, 0.15
"""Share of sentences, and of harmful ones, of which letters, spaces and all, are changed."""
_MARKS = frozenset(",.!?;:")
_ALONE = frozenset(("CANCEL", "HAZARD_NOTICE"))
"""Intents that are not joined to others: beside another command they may mean something else."""


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence written for training: its words, its label, its intents in order.

    ``named``: which words name the destination; None where nobody has marked them.
    """

    words: tuple[str, ...]
    label: str
    intents: tuple[str, ...] = ()
    language: str = "en"
    named: tuple[bool, ...] | None = None


def examples(paths: Sequence[Path]) -> Iterator[Example]:
    """Read sentences of ``data/train`` in a fixed order."""
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            sentence = normalise(entry["text"])
            words = tuple(sentence.readings[0].split() if sentence.readings else sentence.words)
            if not words:
                continue
            intents = entry.get("intents", ())
            places = [
                i["parameters"]["destination"]
                for i in intents
                if "destination" in i.get("parameters", {})
            ]
            label = LABELS_OF_FILES.get(entry["label"], entry["label"])
            yield Example(
                words,
                label,
                tuple(i["intent"] for i in intents),
                entry.get("lang", "en"),
                _named(words, places[0]) if len(places) == 1 else None,
            )


def _named(words: Sequence[str], destination: str) -> tuple[bool, ...] | None:
    """Mark the words of a destination where it stands in the sentence."""
    wanted = list(normalise(destination).words)
    while wanted and wanted[-1] in _MARKS:
        wanted.pop()
    for start in range(len(words) - len(wanted) + 1):
        if wanted and list(words[start : start + len(wanted)]) == wanted:
            return tuple(start <= i < start + len(wanted) for i in range(len(words)))
    return None


class Disturber:
    """Changes sentences as keyboards, recognisers and talk do; the same seed, the same changes."""

    def __init__(self, given: Sequence[Example], seed: int) -> None:
        self._random = random.Random(seed)
        english = [e for e in given if e.language == "en"]
        self._wishes = [
            e
            for e in english
            if e.label == "control" and len(e.words) < 14 and len(e.intents) == 1
            and not _ALONE.intersection(e.intents)
        ]  # fmt: skip
        self._harmful = [e for e in english if e.label == "harmful"]

    def __call__(self, given: Example) -> Example:
        """Return the sentence as it might also have come in."""
        rolled = self._random.random
        example = self._spoken(given)
        if rolled() >= JOINED or given.language != "en" or len(example.words) > 16:
            return example
        wishes = len(given.intents) == 1 and not _ALONE.intersection(given.intents)
        if given.label == "control" and wishes:
            if rolled() < 0.6:
                other = self._spoken(self._random.choice(self._wishes))
                different = other.intents != given.intents
                return self._joined(example, other, "control") if different else example
            other = self._spoken(self._random.choice(self._harmful))
        elif given.label == "harmful":
            other = self._spoken(self._random.choice(self._wishes))
        else:
            return example
        first, second = (example, other) if rolled() < 0.5 else (other, example)
        return self._joined(first, second, "harmful")

    def _joined(self, first: Example, second: Example, label: str) -> Example:
        start = first.words[:-1] if first.words[-1] in _MARKS else first.words
        words = (*start, *self._random.choice(_LINKS), *second.words)
        intents = (*first.intents, *second.intents) if label == "control" else ()
        return Example(words, label, intents)

    def _spoken(self, given: Example) -> Example:
        rolled = self._random.random
        words = list(given.words)
        named = list(given.named) if given.named is not None else None
        if rolled() < 0.35 and named is None:
            words = [word for word in words if word not in _MARKS] or words
        if rolled() < 0.2:
            for _ in range(1 + len(words) // 10):
                index = self._random.randrange(len(words))
                words[index] = self._slipped(words[index])
        if rolled() < 0.08 and named is None:
            words.insert(self._random.randrange(len(words) + 1), self._random.choice(_FILLERS))
        if rolled() < 0.05 and len(words) > 4 and named is None:
            del words[self._random.randrange(len(words))]
        if named is None and rolled() < (DAMAGED_HARM if given.label == "harmful" else DAMAGED):
            words = self._damaged(words) or words
        return replace(given, words=tuple(words))

    def _damaged(self, words: Sequence[str]) -> list[str]:
        """Words as they are read after up to four characters of the sentence have changed."""
        text = list(" ".join(words))
        for _ in range(self._random.randint(1, min(4, len(text)))):
            at = self._random.randrange(len(text))
            rest, mark = text[at:], self._random.choice(" -.")
            swapped, lost = rest[1::-1] + rest[2:], rest[1:]
            twice, split = [rest[0], *rest], [rest[0], mark, *rest[1:]]
            text[at:] = self._random.choice((swapped, lost, twice, split))
        return list(normalise("".join(text)).words)

    def _slipped(self, word: str) -> str:
        if len(word) < 4 or not word.isalpha():
            return word
        at = self._random.randrange(len(word) - 1)
        slips: tuple[Callable[[], str], ...] = (
            lambda: word[:at] + word[at + 1 :],
            lambda: word[:at] + word[at] + word[at:],
            lambda: word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            lambda: word[:at] + self._random.choice(_LETTERS) + word[at + 1 :],
        )
        return self._random.choice(slips)()
