# SPDX-License-Identifier: Apache-2.0
"""What stands around a verb: its complement, its side, what it is about."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Iterable
from functools import lru_cache

from alpamayo_ros.reasoning import lexicon
from alpamayo_ros.reasoning.clauses import FAR, Line, Mark, Role
from alpamayo_ros.reasoning.vocabulary import LEFT, OPPOSITE, RIGHT
from alpamayo_ros.reasoning.words import Form, word_set

_STOPPERS = (
    lexicon.SENTENCE_END | lexicon.COMMA | lexicon.CAUSES | lexicon.CONDITIONS
    | lexicon.CONTRAST | word_set("while before then so as by instead rather")
)  # fmt: skip
_SIDES = {"left": LEFT, "right": RIGHT}
_NO_SIDE_AFTER = frozenset({"of", "away", "now", "behind", "ahead", "angle"})
_OBJECTS = lexicon.CARS | lexicon.ROAD_USERS | lexicon.STATIC | lexicon.PRIORITY


class Phrases:
    """Words with their marks, and questions about places in them.

    What reaches far is worked out once for each place that is asked about.
    """

    __slots__ = ("_complements", "_ends", "_reasons", "line", "marks", "text", "words")

    def __init__(self, line: Line, marks: tuple[Mark, ...]) -> None:
        self.line = line
        self.words = line.words
        self.marks = marks
        self.text = line.text
        self._ends = [i for i, text in enumerate(line.texts) if text in lexicon.SENTENCE_END]
        self._complements: dict[int, range] = {}
        self._reasons: dict[int, list[int]] = {}

    def is_verb(self, i: int) -> bool:
        """Whether the word at ``i`` stands as a verb."""
        if not 0 <= i < self.line.count or self.line.nouns[i]:
            return False
        return self.words[i].known and self.words[i].form is not Form.PAST

    def complement(self, i: int) -> range:
        """Places after ``i`` up to the next clause, infinitive or joined verb."""
        known = self._complements.get(i)
        if known is None:
            known = self._complements[i] = range(i + 1, self._complement_end(i))
        return known

    def _complement_end(self, i: int) -> int:
        texts, line = self.line.texts, self.line
        for j in range(i + 1, min(i + FAR, line.count)):
            text = texts[j]
            if text in _STOPPERS and not (text == "as" and line.text(j + 1) == "well"):
                return j
            if text in _JOINERS and self.is_verb(line.next_content(j + 1)):
                return j
        return max(min(i + FAR, line.count), i + 1)

    def sentence(self, i: int) -> range:
        """Places of the sentence that ``i`` is in, as far as FAR words from there."""
        ends = self._ends
        n = bisect_left(ends, i)
        first = max(ends[n - 1] + 1 if n else 0, i - FAR)
        last = min(ends[n] if n < len(ends) else self.line.count, i + FAR)
        return range(first, last)

    def has(self, places: Iterable[int], wanted: Container[str]) -> bool:
        """Whether one of the ``wanted`` words stands at one of the places."""
        text = self.text
        for place in places:  # noqa: SIM110 (any() of a generator takes twice as long)
            if text(place) in wanted:
                return True
        return False

    def after(self, i: int) -> int:
        """Place of the next word after ``i`` that is no adverb."""
        return self.line.next_content(i + 1)

    def follows(self, i: int, *sequence: str) -> bool:
        """Whether the words after ``i`` are the sequence; "|" separates alternatives."""
        for part in sequence:
            i += 1
            if self.text(i) not in _alternatives(part):
                return False
        return True

    def side_at(self, i: int) -> str:
        """LEFT or RIGHT if the word at ``i`` names a side, else ""."""
        text = self.text(i)
        if text == "right" and self.text(i + 1) in _NO_SIDE_AFTER:
            towards = self.is_verb(i - 1) or self.text(i - 1) in lexicon.DETERMINERS
            return RIGHT if towards and self.text(i + 1) != "of" else ""
        return _SIDES.get(text, "")

    def side(self, i: int) -> str:
        """The side towards which the verb at ``i`` goes, or ""."""
        seen = False
        for place in self.complement(i):
            if self.text(place) in _OBJECTS:
                seen = True
            side = self.side_at(place)
            if side and self._leads(place, seen):
                return side
        return ""

    def _leads(self, i: int, seen: bool) -> bool:
        """Whether the side at ``i`` is where something goes, not where something stands."""
        j = i - 1
        while self.text(j) in _BEFORE_SIDE:
            j -= 1
        before = self.text(j)
        if before in ("to", "toward", "towards", "into", "onto"):
            return True
        bare = self.text(i - 1) not in lexicon.DETERMINERS
        return bare and not seen and before not in lexicon.PREPOSITIONS and not self._names(i)

    def _names(self, i: int) -> bool:
        """Whether the side at ``i`` only says which: the left curve, the right turn path."""
        return self.text(i + 1) in _SIDED_NOUNS and not self.lane_after(i)

    def away_side(self, i: int) -> str:
        """The side away from what the sentence says is on, or comes from, one side; or ""."""
        found = set()
        for place in self.sentence(i):
            side = self.side_at(place)
            j = place - 1
            while self.text(j) in _BEFORE_STANDING:
                j -= 1
            if side and self.text(j) in _STANDING:
                found.add(OPPOSITE[side])
        return found.pop() if len(found) == 1 else ""

    def compound_side(self, i: int) -> str:
        """The side of the turn lane, turn light or turn path named in the sentence, or ""."""
        found = {
            self.side_at(place)
            for place in self.sentence(i)
            if self.side_at(place) and self.text(place + 1) == "turn"
        }
        return found.pop() if len(found) == 1 else ""

    def lane_after(self, i: int) -> bool:
        """Whether the side at ``i`` is that of a lane: "left lane", "right turn only lane"."""
        j = i + 1
        while self.text(j) in lexicon.LANE_MODIFIERS:
            j += 1
        return self.text(j) in ("lane", "lanes")

    def side_place(self, i: int) -> int:
        """Place of the first side in the complement of ``i``, or -1."""
        return next((k for k in self.complement(i) if self.side_at(k)), -1)

    def reason(self, i: int) -> list[int]:
        """Places that say what the decision at ``i`` is about: its clause, then its causes."""
        known = self._reasons.get(i)
        if known is None:
            known = self._reasons[i] = self._reason(i)
        return known

    def _reason(self, i: int) -> list[int]:
        places = list(self.complement(i))
        sentence = self.sentence(i)
        stop = places[-1] + 1 if places else i + 1
        for place in range(stop, sentence.stop):
            mark = self.marks[place]
            if mark.role is Role.MAIN and self.is_verb(place):
                break
            places.append(place)
        if not self.has(places, _ABOUT):
            places += [k for k in range(sentence.start, i) if self.marks[k].role is not Role.MAIN]
        if not self.has(places, _ABOUT):
            places += [*range(sentence.start), *range(sentence.stop, len(self.words))]
        return places[:FAR]


_ABOUT = (
    lexicon.CARS | lexicon.ROAD_USERS | lexicon.CONTROLS | lexicon.ROAD_EVENTS | lexicon.STATIC
    | lexicon.PRIORITY
)  # fmt: skip
_JOINERS = lexicon.COORDINATORS | {"to"}
_BEFORE_STANDING = lexicon.DETERMINERS | {"far", "near"}
_BEFORE_SIDE = lexicon.DETERMINERS | {"far", "adjacent", "very", "extreme", "immediate", "next"}
_SIDED_NOUNS = word_set("curve curves bend turn turning light signal arrow corner ramp")
_STANDING = word_set(
    "from on blocking occupying encroaching along near obstructing closing narrowing at parked"
)


@lru_cache(maxsize=256)
def _alternatives(part: str) -> frozenset[str]:
    return frozenset(part.split("|"))
