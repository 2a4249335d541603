# SPDX-License-Identifier: Apache-2.0
"""Words -> items: the longest known phrase at each place, with what it can contribute."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alpamayo_ros.commands.lexicon import ASSISTANT, REPORTED, UNTOUCHED, phrases, words
from alpamayo_ros.commands.quantities import (
    DISTANCE_UNITS,
    SPEED_UNITS,
    TIME_UNITS,
    WORDS,
    Quantity,
    read_quantity,
)

UNKNOWN = "UNKNOWN"
_MARKS = frozenset(",;:.!?")
_NEVER_MEANT = frozenset(("legal", "legally", "allowed", "permitted", "safe", "safely"))
"""Words a slip is not taken for, because their opposite looks alike."""

_HARMFUL_SLIPS = words("stomp slam smash crash kill hit ram clip hurt run-over dent splash squash")
"""Words that a slip is taken for only where nothing else is as near."""

_SHORT_ONES = words(
    """
    pull pass over lane left turn stop slow park exit take keep road wait down back next here that
    this with
    """
)
"""Words of four letters that a slip of three may be taken for."""


@dataclass(frozen=True, slots=True)
class Item:
    """A phrase of a sentence, its tags, and its quantity if it is one.

    ``corrected``: its spelling was not in the lexicon and was taken for the nearest that is;
    ``said`` is then what it was.
    """

    text: str
    tags: frozenset[str]
    quantity: Quantity | None = None
    corrected: bool = False
    said: str = ""


class Tagger:
    """The lexicon, indexed; made once."""

    def __init__(self) -> None:
        tags: dict[tuple[str, ...], set[str]] = defaultdict(set)
        for tag, entries in phrases().items():
            for entry in entries:
                tags[entry].add(tag)
        self._tags = {entry: frozenset(found) for entry, found in tags.items()}
        self._lengths: dict[str, tuple[int, ...]] = {}
        lengths: dict[str, set[int]] = defaultdict(set)
        for entry in self._tags:
            lengths[entry[0]].add(len(entry))
        self._lengths = {word: tuple(sorted(n, reverse=True)) for word, n in lengths.items()}
        self.vocabulary = WORDS.union(*self._tags)
        self._ordinary = (UNTOUCHED | ASSISTANT | REPORTED) - self.vocabulary
        self._near = _deletions(word for word in self.vocabulary if len(word) >= 4)

    def learn_ordinary(self, words: frozenset[str]) -> None:
        """Take further words as correctly spelt ones that are no part of commands."""
        self._ordinary |= words - self.vocabulary

    def tag(self, words: Sequence[str]) -> list[Item]:
        """Split into items; marks keep their place as items with the tag MARK."""
        spelt, corrected = self._spell(words)
        items = []
        start = 0
        while start < len(spelt):
            item, taken = self._longest(spelt, start)
            if item.text not in _MARKS and any(corrected[start : start + taken]):
                said = " ".join(words[start : start + taken])
                item = Item(item.text, item.tags, item.quantity, corrected=True, said=said)
            items.append(item)
            start += taken
        return items

    def spelt(self, words: Sequence[str]) -> list[str]:
        """Return the words with slips of the keyboard corrected."""
        return self._spell(words)[0]

    def _spell(self, words: Sequence[str]) -> tuple[list[str], list[bool]]:
        spelt, corrected = [], []
        for word in words:
            right = word if self._known(word) else self._correction(word)
            spelt.append(right or word)
            corrected.append(right not in (None, word))
        return spelt, corrected

    def _known(self, word: str) -> bool:
        return (
            word in self.vocabulary or word in self._ordinary or word in _MARKS or word[0].isdigit()
        )

    def _correction(self, word: str) -> str | None:
        """The only word of the lexicon within one slip of the keyboard, two for a long word."""
        if not 3 <= len(word) <= 20 or not word.isalpha():
            return None
        found: dict[str, int] = {}
        for form in {word, *_without_one(word)}:
            for near in self._near.get(form, ()):
                if near not in found:
                    found[near] = distance(word, near)
        if not found:
            return None
        best = min(found.values())
        if best > 1:
            return None
        nearest = [near for near, distance in found.items() if distance == best]
        same_start = [near for near in nearest if near[0] == word[0]]
        nearest = same_start or (nearest if len(word) >= 6 else [])
        if len(nearest) > 1:
            nearest = sorted(
                nearest,
                key=lambda near: (
                    sorted(near) != sorted(word),
                    not _doubled(near, word),
                    near in _HARMFUL_SLIPS,
                    len(near) <= len(word),
                    near,
                ),
            )[:1]
        if len(word) == 3 and not _SHORT_ONES.issuperset(nearest):
            return None
        # "ilegal" is not "legal"
        return nearest[0] if nearest and nearest[0] not in _NEVER_MEANT else None

    def _longest(self, words: list[str], start: int) -> tuple[Item, int]:
        word = words[start]
        if word in _MARKS:
            return Item(word, frozenset(("MARK",))), 1
        found = read_quantity(words, start)
        for length in self._lengths.get(word, ()):
            if found is not None and found[1] >= length and found[0].unit != "ordinal":
                break
            tags = self._tags.get(tuple(words[start : start + length]))
            if tags is not None:
                return Item(" ".join(words[start : start + length]), tags), length
        if found is not None:
            quantity, taken = found
            text = " ".join(words[start : start + taken])
            return Item(text, frozenset((_quantity_tag(quantity),)), quantity), taken
        if word in ASSISTANT:
            return Item(word, frozenset(("ASSISTANT",))), 1
        return Item(word, frozenset((UNKNOWN,))), 1


def _quantity_tag(quantity: Quantity) -> str:
    if quantity.unit == "ordinal":
        return "ORDINAL"
    if quantity.unit in SPEED_UNITS:
        return "QSPEED"
    if quantity.unit in DISTANCE_UNITS:
        return "QDISTANCE"
    return "QTIME" if quantity.unit in TIME_UNITS else "NUMBER"


def _without_one(word: str) -> Iterator[str]:
    return (word[:i] + word[i + 1 :] for i in range(len(word)))


def _doubled(near: str, word: str) -> bool:
    """Whether one is the other with a letter said twice: "stopp" for "stop"."""
    longer, shorter = (near, word) if len(near) > len(word) else (word, near)
    return len(longer) == len(shorter) + 1 and any(
        longer[i] == longer[i + 1] and longer[:i] + longer[i + 1 :] == shorter
        for i in range(len(longer) - 1)
    )


def _deletions(words: Iterator[str]) -> dict[str, tuple[str, ...]]:
    """Every word under each form of it that lacks at most one letter."""
    near: dict[str, list[str]] = defaultdict(list)
    for word in words:
        for form in {word, *_without_one(word)}:
            near[form].append(word)
    return {form: tuple(sorted(found)) for form, found in near.items()}


def distance(a: str, b: str) -> int:
    """Letters inserted, left out, replaced or swapped with their neighbour; 2 means 2 or more."""
    if a == b:
        return 0
    if len(a) == len(b):
        differing = [i for i in range(len(a)) if a[i] != b[i]]
        if len(differing) == 1:
            return 1
        swapped = len(differing) == 2 and differing[1] == differing[0] + 1
        return (
            1
            if swapped and a[differing[0]] == b[differing[1]] and a[differing[1]] == b[differing[0]]
            else 2
        )
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    if len(longer) - len(shorter) != 1:
        return 2
    return 1 if any(form == shorter for form in _without_one(longer)) else 2
