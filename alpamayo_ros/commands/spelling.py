# SPDX-License-Identifier: Apache-2.0
"""Slips of the keyboard: words that nobody writes, one slip away from one that many do."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

_LONGEST = 20
_SHORTEST = 4
_NEVER_MEANT = frozenset(("legal", "legally", "allowed", "permitted", "safe", "safely"))
"""Words a slip is not taken for, because their opposite looks alike."""

_RARE = 1000
_SLIP, _FIRST_LETTER, _GAP, _STRANGE, _STRANGE_LETTER, _LOST_LETTER = 5.0, 2.0, 2.5, 14.0, 1.0, 14.0
"""How improbable, as negative natural logarithms on the scale of words by rank: a slip, one in the
first letter, a space or mark too many or too few, a word that is not known and each of its letters,
a letter that belongs to no word. Chosen on damaged sentences of the training data."""
_LONGEST_KNOWN = 16
_MOST_GAPS = 2
"""Spaces and marks within one word."""
_ABOUT = 2
"""Words on either side of an odd one that may have lost letters to it, or taken some of it."""


class Spelling:
    """Corrects single slips: a letter left out, too many, wrong, or swapped with its neighbour.

    ``frequent``: what a slip may be taken for, the more frequent first; ``known``: what is no slip.
    """

    def __init__(self, frequent: Sequence[str], known: Iterable[str]) -> None:
        self._known = frozenset((*known, *frequent))
        self._rank = {word: rank for rank, word in enumerate(frequent)}
        near: dict[str, list[str]] = defaultdict(list)
        for word in frequent:
            if len(word) >= _SHORTEST and word not in _NEVER_MEANT:
                for form in {word, *_without_one(word)}:
                    near[form].append(word)
        self._near = {form: tuple(found) for form, found in near.items()}
        self._found: dict[str, str] = {}
        self._costs = {word: math.log(rank + 10) for word, rank in self._rank.items()}
        rare = math.log(len(frequent) + _RARE) + 1.0
        self._costs |= {word: rare for word in self._known if word not in self._costs}
        self._costs = {w: c for w, c in self._costs.items() if len(w) > 1 or w in "ai"}

    def __call__(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the words with slips corrected; what is no certain slip stays."""
        return tuple(
            one
            for word in words
            for one in ((word,) if word in self._known else self._corrected(word))
        )

    def strange(self, words: Sequence[str]) -> float:
        """Return the share of the words in letters that nobody writes."""
        letters = [word for word in words if word.isalpha()]
        return sum(word not in self._known for word in letters) / max(len(letters), 1)

    def respaced(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the most probable words if spaces and marks may have slipped as well as letters.

        For finding what may be meant by letters that make no words, not for obeying it. Looked at
        is what stands about odd words; marks are left out there.
        """
        odd = [index for index, word in enumerate(words) if self._is_odd(word)]
        about = {i for index in odd for i in range(index - _ABOUT, index + _ABOUT + 1)}
        read: list[str] = []
        letters: list[str] = []
        for index, word in enumerate(words):
            if index in about and not any(c.isdigit() for c in word):
                letters.append(word)
                continue
            read += [*self._cut(letters), word]
            letters.clear()
        return (*read, *self._cut(letters))

    def _is_odd(self, word: str) -> bool:
        return word in "-'" or (
            word not in self._costs
            and any(c.isalpha() for c in word)
            and not any(c.isdigit() for c in word)
        )

    def _cut(self, words: Sequence[str]) -> list[str]:
        """Cut letters into words at the least cost (Viterbi, 1967)."""
        parts = ["".join(c for c in word if c.isalpha()) for word in words]
        text = "".join(parts)
        starts = set()
        at = 0
        for part in parts:
            starts.add(at)
            at += len(part)
        starts.add(len(text))
        best, came = [0.0], [(0, "")]
        for end in range(1, len(text) + 1):
            # a letter that belongs to no word
            least, way = best[end - 1] + _LOST_LETTER, (end - 1, text[end - 1])
            inside = 0
            for start in range(end - 1, max(0, end - _LONGEST_KNOWN) - 1, -1):
                out_of_place = inside + (start not in starts) + (end not in starts)
                before = best[start] + out_of_place * _GAP
                if before < least:
                    word, cost = self._read(text[start:end], least - before, out_of_place)
                    if before + cost < least:
                        least, way = before + cost, (start, word)
                inside += start in starts
                if inside > _MOST_GAPS:
                    break
            best.append(least)
            came.append(way)
        found: list[str] = []
        at = len(text)
        while at > 0:
            at, word = came[at]
            found.append(word)
        return found[::-1]

    def _read(self, letters: str, most: float, out_of_place: int) -> tuple[str, float]:
        """The word that letters are, or were meant to be, and what it costs to believe that.

        ``most``: what may cost more need not be known; ``out_of_place``: spaces too many or few.
        """
        cost = self._costs.get(letters)
        if cost is not None:
            return letters, cost
        strange = math.inf if out_of_place else _STRANGE + _STRANGE_LETTER * len(letters)
        if most < _SLIP or len(letters) < _SHORTEST or out_of_place > 2:
            return letters, strange
        meant = self._meant(letters)
        if meant == letters:
            return letters, strange
        slip = _SLIP if meant[0] == letters[0] else _SLIP + _FIRST_LETTER
        return meant, self._costs[meant] + slip

    def _corrected(self, word: str) -> tuple[str, ...]:
        if "." in word and word.replace(".", "").isalpha():
            # a point within a word, or the end of a sentence without a space
            whole = word.replace(".", "")
            return (whole,) if whole in self._known else tuple(re.split(r"(\.)", word))
        if not _SHORTEST <= len(word) <= _LONGEST or not word.isalpha():
            return (word,)
        return (self._meant(word),)

    def _meant(self, word: str) -> str:
        found = self._found.get(word)
        if found is None:
            found = self._nearest(word)
            if len(self._found) > 10_000:
                self._found.clear()
            self._found[word] = found
        return found

    def _nearest(self, word: str) -> str:
        candidates = {
            near for form in (word, *_without_one(word)) for near in self._near.get(form, ())
        }
        near = [candidate for candidate in candidates if _one_slip(word, candidate)]
        # who mistypes the first letter mistypes a long word
        near = [n for n in near if n[0] == word[0]] or (near if len(word) >= 6 else [])
        if not near:
            return word
        return min(near, key=lambda n: (sorted(n) != sorted(word), self._rank[n]))


def _without_one(word: str) -> Iterator[str]:
    return (word[:i] + word[i + 1 :] for i in range(len(word)))


def _one_slip(a: str, b: str) -> bool:
    if len(a) == len(b):
        differing = [i for i in range(len(a)) if a[i] != b[i]]
        if len(differing) == 2:
            first, second = differing
            return second == first + 1 and a[first] == b[second] and a[second] == b[first]
        return len(differing) == 1
    longer, shorter = (a, b) if len(a) > len(b) else (b, a)
    return len(longer) == len(shorter) + 1 and shorter in _without_one(longer)
