# SPDX-License-Identifier: Apache-2.0
"""Who does what in a sentence: the part every word plays.

One pass from left to right. A word is part of what the ego vehicle decides (MAIN), of what it
decides that for (PURPOSE), of a reason or a time (CAUSE), of something that is not so
(CONDITION), or of what somebody else does (OTHER).
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from typing import NamedTuple

from alpamayo_ros.reasoning import lexicon
from alpamayo_ros.reasoning.words import REMEMBERED_WORDS, Form, Word, word_set


class Role(Enum):
    """The part a word plays."""

    MAIN = 0
    PURPOSE = 1
    CAUSE = 2
    CONDITION = 3
    OTHER = 4


class Mark(NamedTuple):
    """The part of one word, and what holds for it.

    ``later``: after "before", so it comes after the main decision. ``prepared``: the ego vehicle
    is only getting ready for it. ``ego``: its subject is named and is the ego vehicle.
    """

    role: Role
    negated: bool = False
    later: bool = False
    prepared: bool = False
    ego: bool = False
    fresh: bool = False


OWN = (Role.MAIN, Role.PURPOSE)

FAR = 40
"""Words beyond which nothing belongs to a verb; it bounds the work for text without an end."""

_COMPOUNDS = {
    "stop": "sign signs line lines bar light signal lights arm controlled area limit",
    "yield": "sign line signs marking markings triangle",
    "turn": "lane lanes signal signals arrow pocket bay only light rate path radius indicator",
    "merge": "lane lanes area sign zone point ramp section taper arrow",
    "pass": "lane",
    "slow": "moving vehicle vehicles car truck traffic lead cars trucks cyclist bus lane zone sign",
    "exit": "lane ramp sign only",
    "park": "car cars vehicle vehicles truck trucks van",
    "speed": "bump bumps hump humps limit limits table cushion zone sign camera adaptation",
    "lead": "vehicle",
    "split": "lane",
    "follow": "vehicle vehicles car cars traffic distance gap",
    "cross": "traffic vehicle street streets road walk vehicles car",
    "clear": "lane path road gap way ahead intersection-none view sight",
    "open": "lane road gap door",
    "back": "to of",
}
COMPOUNDS = {lemma: frozenset(text.split()) for lemma, text in _COMPOUNDS.items()}
_MODIFYING = word_set("merge turn cross slow stop approach yield exit enter lead crawl queue")
_MODIFIED = lexicon.CARS | lexicon.ROAD_USERS
_BREAKS = lexicon.SENTENCE_END | lexicon.COMMA
_BEFORE_NOUN = lexicon.DETERMINERS - {"one", "two", "that"}
_BEFORE_OBJECT = lexicon.PREPOSITIONS - {"to"}


class Line:
    """The words of a text, with what is asked about each of them again and again.

    ``texts``: the words themselves; ``nouns``: whether a word, though it could be a verb, stands
    as a noun or adjective here. Places outside of the text read as a full stop.
    """

    __slots__ = ("_content", "count", "nouns", "texts", "words")

    def __init__(self, words: tuple[Word, ...]) -> None:
        self.words = words
        self.count = len(words)
        self.texts = [word.text for word in words]
        self.nouns = [
            word.form is Form.OTHER or _is_noun(words, i, word) for i, word in enumerate(words)
        ]
        self._content = _content_after(self.texts)

    def text(self, i: int) -> str:
        """Return the word at ``i``; outside of the text, a full stop."""
        return self.texts[i] if 0 <= i < self.count else "."

    def next_content(self, i: int) -> int:
        """Place of the first word at or after ``i`` that is no adverb and no connective."""
        return self._content[i] if i < self.count else i

    def cut(self, stop: int) -> Line:
        """Return the words before ``stop``, as if nothing came after them."""
        return Line(self.words[:stop])


def _content_after(texts: list[str]) -> list[int]:
    """For every word the place of the first one from there on that is no filler."""
    places = [len(texts)] * (len(texts) + 1)
    for i in range(len(texts) - 1, -1, -1):
        places[i] = places[i + 1] if _is_filler(texts[i]) else i
    return places


@lru_cache(maxsize=REMEMBERED_WORDS)
def _is_filler(text: str) -> bool:
    return text in lexicon.CONNECTIVES or lexicon.is_adverb(text)


def _is_compound(words: tuple[Word, ...], i: int, word: Word) -> bool:
    """Whether the word only names a kind of thing: a stop sign, a turn lane, merging traffic."""
    if i + 1 >= len(words):
        return False
    following = words[i + 1].text
    if word.form is Form.ING:
        return word.lemma in _MODIFYING and following in _MODIFIED
    if word.lemma == "follow" and word.form is Form.BASE:
        return False
    return following in COMPOUNDS.get(word.lemma, ())


def _is_noun(words: tuple[Word, ...], i: int, word: Word) -> bool:
    if _is_compound(words, i, word):
        return True
    if i == 0 or words[i - 1].text in _BREAKS:
        return False
    before = words[i - 1]
    if before.text in _BEFORE_NOUN:
        return True
    if word.form is not Form.BASE:
        return (before.text, word.text) in _NOUN_PAIRS
    if before.lemma == "be" or before.text in _BEFORE_OBJECT:
        return before.text not in ("ahead", "past", "about", "along", "over")
    return before.text in lexicon.ADJECTIVES and _has_determiner(words, i)


_NOUN_PAIRS = frozenset(
    {("lane", "keeping"), ("lane", "centering"), ("gap", "searching"), ("lane", "following"),
     ("lead", "following"), ("vehicle", "following")}
)  # fmt: skip


def _has_determiner(words: tuple[Word, ...], i: int) -> bool:
    """Whether adjectives before ``i`` lead back to a determiner, a preposition or a boundary."""
    j = i - 1
    while j >= max(i - 8, 0) and words[j].text in lexicon.ADJECTIVES:
        j -= 1
    if j < 0 or words[j].text in lexicon.SENTENCE_END:
        return True
    text = words[j].text
    return text in lexicon.DETERMINERS or text in lexicon.PREPOSITIONS or words[j].form in (
        Form.BASE, Form.ING, Form.THIRD,
    )  # fmt: skip


def scan(line: Line) -> tuple[Mark, ...]:
    """Return the mark of every word."""
    return _Scanner(line).run()


class _Scanner:
    def __init__(self, line: Line) -> None:
        self._line = line
        self._words = line.words
        self._nouns = line.nouns
        self._text = line.text
        self._negates_next = False
        self._verb_place = 0
        self._open_sentence()

    def _open_sentence(self) -> None:
        self._decided = False
        self._open_clause()

    def _open_clause(self) -> None:
        self._role = Role.MAIN
        self._fresh = True
        self._negated = self._later = self._prepared = self._ego = self._actor = False
        self._verb: Word | None = None

    def run(self) -> tuple[Mark, ...]:
        marks: list[Mark] = []
        idle: Mark | None = None
        for i, word in enumerate(self._words):
            if self._fresh or not self._nouns[i] or word.text in _ACTING:
                fresh = self._fresh
                self._negates_next = False
                self._step(i, word)
                marks.append(self._mark(fresh))
                self._negated = self._negated or self._negates_next
                idle = None
            else:
                idle = idle or self._mark(False)
                marks.append(idle)
        return tuple(marks)

    def _mark(self, fresh: bool) -> Mark:
        return Mark(self._role, self._negated, self._later, self._prepared, self._ego, fresh)

    def _step(self, i: int, word: Word) -> None:
        text = word.text
        if text in _TURNING and self._turns(i, word, text):
            return
        if self._fresh:
            self._first(i, word)
        elif text == "to":
            self._infinitive(i)
        elif not self._nouns[i]:
            self._verb_at(i, word)
        elif text in lexicon.ACTORS and self._text(i - 1) not in _OWNING:
            self._actor = True
        elif text in lexicon.HYPOTHETICAL and self._role in OWN and self._ego:
            self._role = Role.CONDITION

    def _turns(self, i: int, word: Word, text: str) -> bool:
        """Whether the word begins something else: a sentence, a clause, a denial, a subject."""
        if text in lexicon.SENTENCE_END:
            self._open_sentence()
        elif text in lexicon.CONTRAST:
            self._open_clause()
        elif text in lexicon.COMMA:
            self._comma(i)
        elif text in _JOINING:
            self._coordinate(i)
        elif self._subordinate(i, word) or self._negate(i, word):
            self._fresh = False
        elif self._is_ego(i):
            self._subject_ego(i)
        else:
            return False
        return True

    # What opens a clause.

    def _first(self, i: int, word: Word) -> None:
        """Decide by the first word of a clause whose it is."""
        text = word.text
        if _is_filler(text):
            return
        self._fresh = False
        if word.form is not Form.PAST and not self._nouns[i]:
            if word.lemma in ("be", "have", "do"):
                self._role = Role.MAIN if self._text(i + 1) in lexicon.READY else Role.OTHER
                return
            self._verb_at(i, word)
        elif text in ("had", "were", "should"):
            self._role = Role.CONDITION
        elif text == "to":
            self._role = Role.PURPOSE
        elif text not in lexicon.PREPOSITIONS and not self._is_nominal_decision(i):
            self._role = Role.OTHER
            self._actor = text in lexicon.ACTORS

    def _is_nominal_decision(self, i: int) -> bool:
        """Whether the clause opens with a decision as a noun: "left turn at ...", "the plan is"."""
        j = i
        while self._text(j) in _BEFORE_NOMINAL and self._text(j) not in _NOMINALS:
            j += 1
        text, after = self._text(j), self._text(j + 1)
        if text in lexicon.PLANS:
            return True
        if text == "change" and self._text(j - 1) != "lane":
            return False
        if text not in _NOMINALS or after in COMPOUNDS.get(text, ()):
            return False
        if after in ("is", "was", "are", "were"):
            return self._text(j + 2) in _NEEDED
        return after not in ("has", "had")

    def _comma(self, i: int) -> None:
        """A comma may give the sentence back to the ego vehicle."""
        j = self._line.next_content(i + 1)
        if j >= len(self._words) or self._role is Role.CONDITION:
            return
        word = self._words[j]
        self._negated = self._prepared = False
        if word.text in lexicon.COORDINATORS:
            return
        if word.form is Form.ING and not self._nouns[j]:
            kept = self._role in OWN or not self._decided or word.lemma in _OWN_GERUNDS
            if kept and word.known:
                self._reopen()
        else:
            role, actor = self._role, self._actor
            self._reopen()
            if role is Role.CAUSE and not self._gives_back(j):
                self._role, self._fresh, self._actor = role, False, actor

    def _gives_back(self, j: int) -> bool:
        word = self._words[j]
        return (
            (word.form in (Form.BASE, Form.ING) and not self._nouns[j])
            or self._is_ego(j)
            or word.text == "to"
            or self._is_nominal_decision(j)
            or word.text in lexicon.NEGATORS
        )

    def _reopen(self) -> None:
        self._role = Role.MAIN
        self._fresh = True
        self._later = self._ego = self._actor = self._prepared = False
        self._verb = None

    # What joins clauses.

    def _coordinate(self, i: int) -> None:
        """The next verb after "and", "then" or "so" goes on with what has its form."""
        text = self._text(i)
        if text == "so" and self._text(i + 1) == "that":
            self._role = Role.OTHER
            return
        j = self._line.next_content(i + 1)
        if j >= len(self._words):
            return
        word = self._words[j]
        sequel = "then" in (self._text(k) for k in range(i, j)) or text not in lexicon.COORDINATORS
        if sequel:
            self._negated = False
        if self._is_ego(j) and (sequel or self._role is Role.OTHER):
            self._reopen()
        elif self._nouns[j]:
            if sequel and text != "then" and self._role in OWN:
                self._reopen()
            elif self._role in OWN and self._is_nominal_decision(j):
                self._actor = False
        elif word.form is Form.ING:
            self._join_gerund(word, sequel)
        elif word.form is Form.BASE:
            self._join_base(sequel)

    def _join_gerund(self, word: Word, sequel: bool) -> None:
        parallel = self._verb is not None and self._verb.form is Form.ING
        if self._role in OWN or sequel:
            self._actor = False
            self._role = self._role if self._role in OWN else Role.MAIN
        elif word.lemma in lexicon.KEEPERS and not parallel:
            self._reopen()

    def _join_base(self, sequel: bool) -> None:
        parallel = self._verb is not None and self._verb.form is Form.BASE
        if self._verb is not None and self._verb.form is Form.ING:
            self._negated = False
        if self._role in OWN:
            self._actor = False
            self._prepared = False
            if sequel:
                self._role = Role.MAIN
        elif self._role is not Role.CONDITION and (sequel or not parallel):
            negated = self._negated
            self._reopen()
            self._negated = negated and not sequel

    # What hangs a clause below another.

    def _subordinate(self, i: int, word: Word) -> bool:
        text, following = word.text, self._text(i + 1)
        if text in lexicon.CONDITIONS:
            if following not in lexicon.IDLE_CONDITIONS:
                self._role = Role.CONDITION
        elif text == "in" and following == "case":
            self._role = Role.CONDITION
        elif self._role is Role.CONDITION:
            return False
        elif text == "while":
            self._while(i)
        elif text == "before" or text == "prior":
            self._before(i)
        elif text == "by":
            self._role = self._role if self._role is not Role.PURPOSE else Role.MAIN
            self._actor = self._actor and self._words[
                min(i + 1, len(self._words) - 1)
            ].form is not (Form.ING)
        elif text == "as":
            if following not in _AS_USUAL:
                self._enter(Role.CAUSE)
        elif text == "for" and self._is_gerund(i + 1) and self._role in OWN:
            self._role, self._actor = Role.PURPOSE, False
        elif text in lexicon.CAUSES and not (text == "due" and following != "to"):
            if not (text == "cause" and word.form is not Form.OTHER and not self._fresh):
                self._enter(Role.CAUSE)
        elif text in lexicon.RELATIVES and self._actor and self._role in OWN:
            self._enter(Role.OTHER)
        elif text == "order" and self._text(i - 1) == "in":
            self._role = Role.PURPOSE
        else:
            return False
        return True

    def _enter(self, role: Role) -> None:
        self._role = role
        self._verb = None
        self._negated = self._actor = self._ego = False

    def _is_gerund(self, i: int) -> bool:
        i = self._line.next_content(i)
        if i >= len(self._words):
            return False
        return self._words[i].form is Form.ING and not self._nouns[i]

    def _while(self, i: int) -> None:
        j = self._line.next_content(i + 1)
        if j >= len(self._words):
            return
        word = self._words[j]
        if self._is_gerund(j):
            if self._role in OWN or word.lemma in lexicon.KEEPERS or self._fresh:
                self._reopen()
                self._fresh = False
        elif self._is_ego(j):
            self._reopen()
        elif word.text not in lexicon.PREPOSITIONS:
            self._enter(Role.OTHER)

    def _before(self, i: int) -> None:
        j = i + 2 if self._text(i + 1) == "to" and self._text(i) == "prior" else i + 1
        if self._is_gerund(j) and self._role in OWN:
            self._later, self._actor, self._negated = True, False, False
        elif not self._is_gerund(j):
            if self._is_ego(self._line.next_content(j)):
                self._later = True
            elif any(self._words[k].form in (Form.THIRD, Form.BASE) for k in self._span(j)):
                self._enter(Role.CAUSE)

    def _span(self, i: int) -> range:
        j = i
        while j < min(i + FAR, len(self._words)) and self._words[j].text not in _BREAKS:
            j += 1
        return range(i, j)

    # What is denied.

    def _negate(self, i: int, word: Word) -> bool:
        text, following = word.text, self._text(i + 1)
        if text in lexicon.NEGATORS and following not in ("only", "just"):
            if text == "without" and not self._is_gerund(i + 1):
                return False
            self._negated = True
        elif text == "no" and (following in _DENIED or self._is_gerund(i + 1)):
            if following == "lane" and self._text(i + 2) != "change":
                return False
            self._negated = True
            self._role = self._role if self._role is not Role.OTHER else Role.MAIN
        elif (text in ("instead", "rather") and following in ("of", "than")) or text in (
            "unnecessary",
            "unable",
            "impossible",
        ):
            self._negated = True
        else:
            return False
        return True

    # Who acts.

    def _is_ego(self, i: int) -> bool:
        text, before, after = self._text(i), self._text(i - 1), self._text(i + 1)
        if before in _NO_SUBJECT_AFTER:
            return False
        if text in lexicon.EGO or text in lexicon.EGO_OBJECTS:
            return after not in ("lane", "path", "s")
        if text in ("our", "my", "host", "autonomous", "own", "driving"):
            return after in lexicon.VEHICLES
        if text == "vehicle" and self._fresh and after in ("must", "should", "will"):
            return True
        if text == "the" and after in ("ego", "av", "self", "host", "autonomous"):
            return True
        return (
            text == "the"
            and after in lexicon.VEHICLES
            and self._text(i + 2)
            in ("should", "must", "will", "needs", "shall", "plans", "decides")
            and self._role is not Role.CONDITION
        )

    def _subject_ego(self, i: int) -> None:
        self._fresh = False
        if self._role is Role.CONDITION:
            return
        required = self._verb is not None and self._verb.lemma in lexicon.REQUIRING
        if self._role is not Role.CAUSE or required:
            self._role = Role.MAIN
            self._ego, self._actor = True, False

    def _infinitive(self, i: int) -> None:
        """An infinitive is what something is done for, or the thing itself."""
        j = self._line.next_content(i + 1)
        if j >= len(self._words) or self._words[j].form is not Form.BASE:
            return
        if self._role is Role.OTHER and self._text(i - 1) in _ADVISABLE:
            self._role, self._actor = Role.MAIN, False
            return
        if self._role not in OWN:
            return
        lemma = self._verb.lemma if self._verb is not None else ""
        governed = i - self._verb_place <= 3
        if (self._actor and lemma in lexicon.LETTING) or (
            self._text(i - 1) == "about" and self._actor
        ):
            self._role = Role.OTHER
        elif (lemma in lexicon.TRANSPARENT and governed and not self._actor) or (
            self._text(i - 1) in _READY_TO
        ):
            ready = self._text(i - 1)
            self._prepared = lemma in lexicon.PREPARING or ready in lexicon.PREPARING
        elif not (self._ego and self._verb is None):
            self._role = Role.PURPOSE
        self._actor = False

    def _verb_at(self, i: int, word: Word) -> None:
        """A verb: the ego vehicle's own, or a participle of the last one named."""
        if word.form is Form.PAST and not self._ego:
            if self._role in OWN and not self._actor:
                self._verb = self._verb or word
            return
        if self._role in OWN:
            self._own_verb(i, word)
        elif self._role is not Role.CONDITION and self._requires(i, word):
            self._role, self._fresh, self._actor = Role.MAIN, False, False
        self._verb, self._verb_place = word, i
        if self._role in OWN and word.lemma not in lexicon.TRANSPARENT:
            self._decided = True

    def _own_verb(self, i: int, word: Word) -> None:
        before = self._text(i - 1)
        joined = before in lexicon.COORDINATORS or before in ("by", "for", "while", ",", "then")
        finite = word.lemma in ("be", "have", "do") or word.form is Form.THIRD
        if self._actor and not joined:
            gerund = word.form is Form.ING and word.lemma not in lexicon.KEEPERS
            if gerund or (finite and word.form is not Form.ING):
                self._role = Role.OTHER
                return
        lent = self._verb is not None and self._verb.lemma in lexicon.LETTING
        if self._actor and lent and word.form is Form.BASE and not joined and before != "to":
            self._role = Role.OTHER
            return
        if word.lemma in lexicon.NEGATING_VERBS:
            j = i + 2 if self._text(i + 1) == "from" else i + 1
            self._negates_next = self._is_gerund(j) or self._text(j) == "being"
        self._actor = False

    def _requires(self, i: int, word: Word) -> bool:
        """Whether the verb asks something of the ego vehicle: "requiring a stop"."""
        return word.lemma in lexicon.REQUIRING and not self._names_other(i + 1)

    def _names_other(self, i: int) -> bool:
        """Whether a verb that asks for something asks it of somebody else."""
        for j in range(i, min(i + 5, len(self._words))):
            if self._is_ego(j):
                return False
            if not self._nouns[j]:
                return False
            if self._text(j) in _MODIFIED:
                return True
        return False


_JOINING = lexicon.COORDINATORS | {"then", "so", "therefore", "thus", "hence"}
_HANGING = lexicon.CONDITIONS | lexicon.CAUSES | lexicon.RELATIVES | {
    "in", "while", "before", "prior", "by", "as", "for", "order",
}  # fmt: skip
_DENYING = lexicon.NEGATORS | {"no", "instead", "rather", "unnecessary", "unable", "impossible"}
_SUBJECTS = lexicon.EGO | lexicon.EGO_OBJECTS | {
    "our", "my", "host", "autonomous", "own", "driving", "vehicle", "the",
}  # fmt: skip
_TURNING = _BREAKS | lexicon.CONTRAST | _JOINING | _HANGING | _DENYING | _SUBJECTS
"""Words that may begin something else; any other word goes on with what there is."""
_ACTING = _TURNING | lexicon.ACTORS | lexicon.HYPOTHETICAL | {"to"}
"""Nouns and other words that change what those after them are part of."""
_AS_USUAL = lexicon.IDLE_CONDITIONS | {"well", "usual", "normal", "planned"}
_DENIED = lexicon.NEEDS | {"longer", "stop", "lane", "turn", "yield", "yielding"}
_NO_SUBJECT_AFTER = lexicon.PREPOSITIONS - {"for", "by"}
_READY_TO = lexicon.READY | {"is", "required", "needed", "necessary"}
_ADVISABLE = word_set("safe clear okay ok necessary time best appropriate permitted")
_OWNING = word_set("ego our my host autonomous own driving self")
_OWN_GERUNDS = lexicon.KEEPERS | {"yield", "follow", "wait"}
_NOMINALS = word_set(
    "turn nudge stop merge yield overtake deceleration acceleration slowdown halt braking "
    "split standstill adaptation change keeping centering search searching following"
)
_BEFORE_NOMINAL = lexicon.ADJECTIVES | {
    "the",
    "a",
    "an",
    "my",
    "our",
    "speed",
    "gap",
    "distance",
    "of",
}
_NEEDED = word_set("required needed necessary mandatory warranted appropriate executed")
