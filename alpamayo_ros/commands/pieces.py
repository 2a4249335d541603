# SPDX-License-Identifier: Apache-2.0
"""Words -> word pieces, as the network was pretrained on them (WordPiece, longest match first).

Wu et al., "Google's Neural Machine Translation System" (2016), section 4.1; the vocabulary is that
of the uncased BERT models. Rare words fall apart into pieces, so no word is out of vocabulary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

MAX_PIECES = 64
"""Positions the network knows, with the one at each end; what is longer is cut off."""

_BEGIN, _END, _UNKNOWN = "[CLS]", "[SEP]", "[UNK]"
_PARTS = re.compile(r"\w+|[^\w\s]")
_REMEMBERED = 20_000
_LONGEST_WORD = 100


@dataclass(frozen=True, slots=True)
class Pieces:
    """Piece numbers of a sentence, and for each the index of the word it belongs to (-1: none)."""

    ids: list[int]
    words: list[int]


class WordPieces:
    """The vocabulary, indexed; remembers the pieces of words it has seen, up to a bound."""

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: number for number, piece in enumerate(vocabulary)}
        self._begin, self._end = self._ids[_BEGIN], self._ids[_END]
        self._unknown = self._ids[_UNKNOWN]
        self._longest = max(map(len, vocabulary))
        self._known: dict[str, tuple[int, ...]] = {}

    def __call__(self, words: Sequence[str]) -> Pieces:
        """Return the pieces of normalised words, framed by begin and end."""
        ids, owners = [self._begin], [-1]
        for index, word in enumerate(words):
            pieces = self.of(word)
            ids += pieces
            owners += [index] * len(pieces)
            if len(ids) >= MAX_PIECES:
                break
        return Pieces([*ids[: MAX_PIECES - 1], self._end], [*owners[: MAX_PIECES - 1], -1])

    def of(self, word: str) -> tuple[int, ...]:
        """Return the pieces of one word."""
        found = self._known.get(word)
        if found is None:
            found = tuple(piece for part in _PARTS.findall(word) for piece in self._pieces_of(part))
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            self._known[word] = found
        return found

    def _pieces_of(self, part: str) -> list[int]:
        if len(part) > _LONGEST_WORD:
            return [self._unknown]
        pieces: list[int] = []
        start = 0
        while start < len(part):
            for end in range(min(len(part), start + self._longest), start, -1):
                number = self._ids.get(("##" if start else "") + part[start:end])
                if number is not None:
                    pieces.append(number)
                    start = end
                    break
            else:
                return [self._unknown]
        return pieces
