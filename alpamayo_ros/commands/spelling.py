# SPDX-License-Identifier: Apache-2.0
"""Slips of the keyboard: words that nobody writes, one slip away from one that many do."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

_LONGEST = 20
_SHORTEST = 4
_NEVER_MEANT = frozenset(("legal", "legally", "allowed", "permitted", "safe", "safely"))
"""Words a slip is not taken for, because their opposite looks alike."""


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

    def _corrected(self, word: str) -> tuple[str, ...]:
        if "." in word and word.replace(".", "").isalpha():
            # a point within a word, or the end of a sentence without a space
            whole = word.replace(".", "")
            return (whole,) if whole in self._known else tuple(re.split(r"(\.)", word))
        if not _SHORTEST <= len(word) <= _LONGEST or not word.isalpha():
            return (word,)
        found = self._found.get(word)
        if found is None:
            found = self._nearest(word)
            if len(self._found) > 10_000:
                self._found.clear()
            self._found[word] = found
        return (found,)

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
