# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- tables are read line by line, not wrapped
"""A sentence -> the intents it consists of, or the reason why it is not understood.

Clauses are read one by one; every clause must be covered by a rule of the grammar, by a
destination, or say nothing but when, where or why. One clause that is not makes the whole
sentence unclear.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from alpamayo_ros.commands.context import (
    Context,
    Ordinary,
    cuts,
    everyday,
    has_entered,
    is_tame,
    kind_of,
)
from alpamayo_ros.commands.grammar import enrich, is_setting, read_clause
from alpamayo_ros.commands.lexicon import words
from alpamayo_ros.commands.normalise import Sentence
from alpamayo_ros.commands.slots import RISKY, destination, mark_names
from alpamayo_ros.commands.tagger import UNKNOWN, Item, Tagger
from alpamayo_ros.types import Intent

MAX_INTENTS = 4
"""More than this in one sentence is not a wish but a script."""

_MAX_ITEMS = 60
_AND = frozenset(
    (
        "and",
        "then",
        "and then",
        "after",
        "before",
        "but",
        "plus",
        "because",
        "so",
        "as",
        "once",
        "while",
        "since",
        "cause",
    )
)
_FIX = frozenset(("no", "no sorry", "sorry no", "sorry i mean", "i mean no", "or no", "ah no", "oh no", "wait", "sorry", "actually", "i mean", "i meant", "make that", "rather", "or rather", "correction", "no wait",
                  "wait no", "not that", "no no", "hang on", "oops", "instead", "better yet", "scratch that", "strike that", "hold on"))  # fmt: skip
_TELLING_LINKS = frozenset(("alright", "ok", "okay", "right", "yes", "yeah"))
_THIRD = frozenset(("he", "she", "they", "people", "somebody", "someone", "everybody", "everyone"))
_LIKELY = frozenset(
    ("might", "may", "will", "could", "want", "wants", "behind", "brakes", "needs", "need")
)
_PERSONS = frozenset(("he", "she", "they"))
_TRAILING = frozenset(("instead", "rather", "sorry", "actually"))
_STRONG_FIX = _FIX - {
    "sorry",
    "actually",
    "instead",
    "hold on",
    "wait",
    "no",
    "rather",
    "oops",
    "hang on",
}
_HESITATION = frozenset(["um", "uh", "uhm", "umm", "er", "erm", "hmm", "hm", "mm"])
_MAY_BE_DENIED = frozenset(("TURN_LEFT", "TURN_RIGHT", "CHANGE_LANE_LEFT", "CHANGE_LANE_RIGHT", "TAKE_EXIT", "U_TURN", "OVERTAKE", "PARK",
                            "PULL_OVER", "NAVIGATE", "GO_STRAIGHT", "SPEED_UP", "RESUME", "STOP"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Understanding:
    """Intents in the order they were said; without any, ``reason`` is one of reasons.UNCLEAR.

    ``guessed``: whether a spelling was corrected or a name taken as it is. ``aside``: clauses that
    no rule covers, where the others were understood; whoever believes ``intents`` vouches for them.
    """

    intents: tuple[Intent, ...] = ()
    reason: str = ""
    words: str = ""
    guessed: bool = False
    aside: tuple[str, ...] = ()


@dataclass
class _Reading:
    """What was understood so far, clause by clause."""

    intents: list[Intent] = field(default_factory=list)
    weak: list[Intent] = field(default_factory=list)
    weak_at: list[int] = field(default_factory=list)
    denied: list[Intent] = field(default_factory=list)
    setting: list[Item] = field(default_factory=list)
    stated: list[Intent] = field(default_factory=list)
    correcting: bool = False
    reversed_order: bool = False
    in_turn: bool = False
    wishes: bool = False


class Grammar:
    """Reads sentences; made once, holds no state between them."""

    def __init__(self) -> None:
        self.tagger = Tagger()
        self._ordinary = Ordinary()

    def learn(
        self,
        seen: frozenset[str],
        harmless: frozenset[str],
        statives: frozenset[str] = frozenset(),
        beings: frozenset[str] = frozenset(),
    ) -> None:
        """Take ``seen`` words as correctly spelt, and the others as such in reasons."""
        self.tagger.learn_ordinary(seen | statives | beings | everyday())
        self._ordinary = Ordinary(harmless, statives, beings, self.tagger.vocabulary)

    def context(self, clause: Sequence[str]) -> Context:
        """Return whether a clause only says how things are."""
        return kind_of(clause, self._ordinary)

    def read(self, sentence: Sentence) -> Understanding:
        """Return the intents of a sentence that is understood as a whole."""
        if len(sentence.words) > _MAX_ITEMS:
            return Understanding(reason="TOO_MANY_WORDS", words=str(len(sentence.words)))
        reading = _Reading()
        aside: list[str] = []
        segments = self._segments([w for w in sentence.words if w not in _HESITATION])
        guessed = any(
            item.corrected or item.tags & {"STREET", "EXITNAME"}
            for part in segments
            for item in part
        )
        first_failure: tuple[str, str] | None = None
        index = 0
        while index < len(segments):
            told = self._only_told(segments, index)
            failed = told or self._clause(reading, segments[index])
            denies = any("NEG" in item.tags for item in segments[index])
            if failed and not told and not denies and index + 1 < len(segments):
                joined = [*segments[index], *segments[index + 1]]
                if not self._clause(reading, joined):
                    index += 2
                    continue
            reason = self._reason_and_rest(reading, segments[index]) if failed else ""
            if reason:
                aside.append(reason)
                failed, first_failure = None, first_failure or ("UNKNOWN_WORDS", reason)
            elif failed and len(segments) > 1:
                aside.append(" ".join(_words(segments[index])))
                first_failure = first_failure or failed
            elif failed:
                return Understanding(reason=failed[0], words=failed[1])
            index += 1
        understood = _conclude(reading)
        if first_failure and (not understood.intents or len(aside) > 2):
            return Understanding(reason=first_failure[0], words=first_failure[1])
        return replace(understood, guessed=guessed, aside=tuple(aside))

    def _only_told(self, segments: list[list[Item]], index: int) -> tuple[str, str] | None:
        """A clause about others is no command, though it may sound like one: "he might brake"."""
        clause = _words(segments[index])
        while clause and clause[0] in _AND | _HESITATION | _TELLING_LINKS:
            clause = clause[1:]
        if len(segments) < 2 or not clause:
            return None
        third = (
            clause[0] in _THIRD and any("REASON" in item.tags for item in segments[index]) is False
        )
        if has_entered(clause) or (third and _LIKELY.intersection(clause[1:4])):
            return "UNKNOWN_WORDS", " ".join(clause)
        return None

    def _reason_and_rest(self, reading: _Reading, segment: list[Item]) -> str:
        """Take a clause apart where no comma does: "I feel sick can you stop"; return the reason."""
        words = [item.said or item.text for item in segment]
        if len(words) < 3:
            return ""
        starts = set(cuts(" ".join(words).split()))
        position = len(words[0].split())
        for cut in range(1, len(segment)):
            if position in starts:
                for said, rest in ((words[:cut], segment[cut:]), (words[cut:], segment[:cut])):
                    if self.context(" ".join(said).split()) == Context.NONE:
                        continue
                    before = len(reading.intents)
                    if is_setting(rest) or self._clause(reading, rest):
                        continue
                    if reading.intents[before:] and reading.intents[-1].name != "HAZARD_NOTICE":
                        return " ".join(said)
                    del reading.intents[before:]
            position += len(words[cut].split())
        return ""

    def items(self, words: Sequence[str]) -> list[Item]:
        """Return the phrases and names of a sentence with their tags."""
        found: list[Item] = []
        for run, named in mark_names(_turns_apart(words), self.tagger):
            found += [named] if named is not None else self.tagger.tag(run)
        return enrich(_without_epithets(found))

    def _segments(self, words: Sequence[str]) -> list[list[Item]]:
        items = self.items(words)
        segments: list[list[Item]] = [[]]
        for position, item in enumerate(items):
            if "MARK" in item.tags:
                segments.append([])
            elif item.text in _AND or (item.text in _FIX and _corrects(items, position)):
                segments.append([item])
            else:
                segments[-1].append(item)
        return [segment for segment in segments if segment]

    def _clause(self, reading: _Reading, segment: list[Item]) -> tuple[str, str] | None:
        """Add what a clause says; return why it is not understood, None if it is."""
        head = segment[0]
        if head.text in _AND and len(segment) > 1:
            if head.text == "before":
                reading.reversed_order = True
            segment = segment[1:]
        elif head.text in _AND:
            return None
        reading.in_turn |= head.text in ("then", "and then")
        said = bool(reading.intents or reading.weak or reading.denied)
        fixes = head.text in _FIX and (said or head.text != "no" or len(segment) == 1)
        if fixes and (
            len(segment) == 1
            or read_clause(segment) is None
            or (said and read_clause(segment[1:]) is not None)
        ):
            reading.correcting = bool(reading.intents or reading.weak or reading.denied)
            segment = segment[1:]
            if not segment:
                if "CANCEL" in head.tags and not reading.correcting:
                    reading.intents.append(Intent("CANCEL"))
                return None
        if len(segment) > 1 and segment[-1].text in _TRAILING:
            segment = segment[:-1]
        if is_setting(segment) and destination(_words(segment), self.tagger) is None:
            reading.setting += [item for item in segment if "REASON" not in item.tags]
            return None
        found = self._intents_of(segment, reading)
        if found is None:
            return self._odd_clause(reading, segment)
        if _words(segment)[0] in _PERSONS and {i.name for i in found} - {"HAZARD_NOTICE", "YIELD"}:
            return "UNKNOWN_WORDS", _text(segment)
        if reading.correcting:
            if reading.intents:
                reading.intents.pop()
            elif reading.weak:
                reading.weak.pop()
        reading.correcting = False
        reading.intents += found
        return None

    def _intents_of(self, segment: list[Item], reading: _Reading) -> list[Intent] | None:
        """One intent, or two or three that follow each other without a word between."""
        setting, reading.setting = reading.setting, []
        place = destination(_words(segment), self.tagger)
        if place is not None:
            return [Intent("NAVIGATE", {"destination": place.name})]
        for items in ([*setting, *segment], segment):
            intent = read_clause(items)
            if intent is not None:
                if intent.name == "HAZARD_NOTICE" and _is_statement(segment):
                    reading.stated.append(intent)
                    reading.wishes |= _words(segment)[0] in ("i", "we")
                return [intent]
        without_reason = [item for item in segment if "REASON" not in item.tags]
        if 0 < len(without_reason) < len(segment):
            intent = read_clause(without_reason)
            if intent is not None:
                return [intent]
        found = self._split(segment, 2)
        if found is None:
            reading.setting = setting
        return found

    def _split(self, segment: list[Item], depth: int) -> list[Intent] | None:
        if any(UNKNOWN in item.tags for item in segment) or depth == 0 or len(segment) > 30:
            return self._split_destination(segment)
        for cut in range(1, len(segment)):
            first = read_clause(segment[:cut])
            if first is None:
                continue
            rest = segment[cut:]
            if is_setting(rest):
                return [first]
            second = read_clause(rest)
            if second is not None:
                return [first, second]
        for cut in range(1, len(segment)):
            first = read_clause(segment[:cut]) if depth == 2 else None
            if first is not None:
                more = self._split(segment[cut:], depth - 1)
                if more is not None:
                    return [first, *more]
        return self._split_destination(segment)

    def _split_destination(self, segment: list[Item]) -> list[Intent] | None:
        """A manoeuvre and a destination without a word between: "turn around take me home"."""
        for cut in range(1, min(len(segment), 12)):
            first = read_clause(segment[:cut])
            place = destination(_words(segment[cut:]), self.tagger) if first else None
            if first is not None and place is not None:
                return [first, Intent("NAVIGATE", {"destination": place.name})]
        return None

    def _odd_clause(self, reading: _Reading, segment: list[Item]) -> tuple[str, str] | None:
        """A lone direction, or something that shall not be done."""
        side = _lone_side(segment)
        if side is not None:
            meant = _elliptic(reading, side)
            if reading.correcting and reading.weak and not reading.intents:
                reading.weak[-1] = meant
                reading.correcting = False
                reading.setting += segment
                return None
            reading.weak.append(meant)
            reading.weak_at.append(len(reading.intents))
            if reading.correcting and reading.intents:
                reading.intents.pop()
                reading.intents.append(reading.weak.pop())
            elif reading.intents and reading.intents[-1].name.startswith(
                ("TURN", "CHANGE", "GO_STR")
            ):
                reading.intents.append(reading.weak.pop())
            reading.correcting = False
            return None
        if any("NEG" in item.tags for item in segment):
            positive = [item for item in segment if "NEG" not in item.tags]
            side = _lone_side(positive)
            denied = Intent(f"TURN_{side.upper()}") if side else read_clause(positive)
            if denied is not None and denied.name in _MAY_BE_DENIED:
                if denied.name == "STOP" and all(i.tags & _BARE_STOP for i in positive):
                    return None
                reading.denied.append(denied)
                return None
            return "NEGATED", _text(segment)
        unknown = [item.text for item in segment if UNKNOWN in item.tags]
        return ("UNKNOWN_WORDS" if unknown else "NOT_COVERED"), " ".join(unknown) or _text(segment)


_BARE_STOP = frozenset(("STOP", "F", "POSITION"))
"""A stop for nobody and at nothing in particular, which may be denied beside another wish."""

_NOUNS = frozenset(("VEHICLE", "THING", "PLACE", "PARK", "EXIT", "HAZPLACE", "CONDITION"))
_ARTICLES = words("the that this a an those these some my our any")


def _without_epithets(items: list[Item]) -> list[Item]:
    """Take what only describes or names a place as such: "that milk truck", "after the creche"."""
    kept: list[Item] = []
    turning = any(item.tags & {"LEFT", "RIGHT"} for item in items)
    for index, item in enumerate(items):
        before = items[index - 1].text if index else ""
        following = items[index + 1] if index + 1 < len(items) else None
        plain = UNKNOWN in item.tags and before in _ARTICLES and is_tame([item.text])
        if not plain or item.text in RISKY:
            kept.append(item)
        elif following is not None and following.tags & _NOUNS and "PULLOVER" not in following.tags:
            continue
        elif turning and index > 1 and items[index - 2].text in _BESIDE and _ends(following):
            kept.append(replace(item, tags=frozenset(("PLACE",))))
        else:
            kept.append(item)
    return kept


_BESIDE = words("at after before by near opposite beyond")


def _ends(following: Item | None) -> bool:
    return following is None or "MARK" in following.tags or following.text in _AND | {"please"}


_BEFORE_RIGHT = words(
    """
    turn turning a take make hang bear veer swing go hard sharp next first second third the
    """
)
_AFTER_RIGHT = words(
    """
    here there now up at in after away over onto on turn before by past then and please when
    """
)


def _turns_apart(words: Sequence[str]) -> list[str]:
    """Keep "turn right here" from being read as "turn, right here"."""
    apart: list[str] = []
    for index, word in enumerate(words):
        apart.append(word)
        if (
            word == "right"
            and index + 1 < len(words)
            and words[index - 1] in _BEFORE_RIGHT
            and index > 0
            and words[index + 1] in _AFTER_RIGHT
        ):
            apart[-1] = "rightward"
        elif (
            word == "right"
            and index
            and words[index - 1] == "left"
            and words[index + 1 : index + 2]
            and words[index + 1] in _AFTER_RIGHT
        ):
            apart.pop()
    return apart


def _conclude(reading: _Reading) -> Understanding:
    intents = reading.intents
    if reading.weak:
        if not intents and (len(reading.weak) > 1 or reading.denied or reading.setting):
            intents = reading.weak
        elif not intents:
            return Understanding(reason="AMBIGUOUS", words=reading.weak[0].name)
        elif reading.weak[0].name == "TURN_LEFT" or len(reading.weak) > 1:
            intents = _in_order(intents, reading)
    if reading.denied:
        if not intents:
            return Understanding(reason="NEGATED", words=reading.denied[0].name)
        if any(_same_kind(denied, intent) for denied in reading.denied for intent in intents):
            return Understanding(reason="NEGATED", words=reading.denied[0].name)
        if any(denied.name == "STOP" for denied in reading.denied) and {i.name for i in intents} - {
            "RESUME",
            "GO_STRAIGHT",
        }:
            return Understanding(reason="NEGATED", words="STOP")
    if not intents:
        notice = read_clause(reading.setting) if reading.setting else None
        if notice is None or notice.name not in ("HAZARD_NOTICE", "DRIVE_CAREFULLY"):
            return Understanding(reason="NO_COMMAND", words="nothing is asked for")
        intents = [notice]
    if reading.reversed_order and len(intents) == 2:
        intents = intents[::-1]
    contradict = _contradict(intents) and not (
        reading.in_turn and [intent.name for intent in intents] == ["STOP", "RESUME"]
    )
    if any(intent.name != "HAZARD_NOTICE" for intent in intents):
        # "there is a dog, slow down" asks for one thing and says why
        kept = [i for i in intents if not any(i is said for said in reading.stated)]
        wished = [i for i in kept if i.name != "DRIVE_CAREFULLY"]
        intents = kept if wished or reading.wishes else intents
    intents = _merged(intents)
    if len(intents) > MAX_INTENTS:
        return Understanding(reason="TOO_MANY_COMMANDS", words=str(len(intents)))
    if contradict:
        return Understanding(reason="CONTRADICTION", words=" ".join(i.name for i in intents))
    return Understanding(tuple(intents))


def _in_order(intents: Sequence[Intent], reading: _Reading) -> list[Intent]:
    """Intents with the lone directions at the places where they were said."""
    if len(reading.weak) != len(reading.weak_at):
        return [*intents, *reading.weak]
    ordered: list[Intent] = []
    for place in range(len(intents) + 1):
        ordered += [w for w, at in zip(reading.weak, reading.weak_at, strict=True) if at == place]
        ordered += intents[place : place + 1]
    return ordered


def _corrects(items: Sequence[Item], position: int) -> bool:
    """Whether "no", "wait", "actually" inside a sentence begins a correction."""
    item = items[position]
    if position == 0:
        return False
    following = items[position + 1] if position + 1 < len(items) else None
    if item.text == "no" and following is not None:
        return following.text not in ("lane", "need", "more", "rush", "hurry", "longer", "further")
    if item.text in ("sorry", "actually", "instead", "rather"):
        return position > 1 and following is not None
    return True


def _is_statement(items: Sequence[Item]) -> bool:
    tags = frozenset().union(*(item.tags for item in items))
    if tags & {"WATCH", "CAREFULLY"}:
        return False
    first = _words(items)[:1]
    return bool(tags & {"EXIST", "HITWARN"}) or first[0] in _TELLERS


_TELLERS = words("i we my our the a an that this those these he she they it some kids there")
"""How a clause begins that tells of something and does not ask for attention."""


def _lone_side(segment: Sequence[Item]) -> str | None:
    tags = frozenset().union(*(item.tags for item in segment))
    if not all(item.tags & {"LEFT", "RIGHT", "F", "SAFE"} for item in segment):
        return None
    if ("LEFT" in tags) == ("RIGHT" in tags):
        return None
    return "left" if "LEFT" in tags else "right"


def _elliptic(reading: _Reading, side: str) -> Intent:
    """A lone direction means what the manoeuvre before it meant, else a turn."""
    before = reading.intents[-1].name if reading.intents else ""
    family = "CHANGE_LANE" if before.startswith("CHANGE_LANE") else "TURN"
    return Intent(f"{family}_{side.upper()}")


def _same_kind(denied: Intent, intent: Intent) -> bool:
    return denied.name == intent.name and denied.parameters == intent.parameters


_IMPLIED = (
    ("STOP", {"PULL_OVER", "PARK"}),
    ("DRIVE_CAREFULLY", {"HAZARD_NOTICE", "GO_AROUND", "STOP", "YIELD"}),
    ("KEEP_DISTANCE", {"GO_AROUND", "OVERTAKE", "YIELD"}),
    ("SLOW_DOWN", {"SET_SPEED"}),
    ("SPEED_UP", {"SET_SPEED"}),
    (
        "HAZARD_NOTICE",
        {
            "GO_AROUND",
            "YIELD",
            "KEEP_DISTANCE",
            "OVERTAKE",
            "CHANGE_LANE_LEFT",
            "CHANGE_LANE_RIGHT",
        },
    ),
)
"""What goes without saying beside something else: "pull over and stop", "there is a dog, slow down"."""

_OPPOSITES = (
    {"HAZARD_NOTICE", "SPEED_UP"},
    {"HAZARD_NOTICE", "RESUME"},
    {"HAZARD_NOTICE", "GO_STRAIGHT"},
    {"YIELD", "SPEED_UP"},
    {"SPEED_UP", "SLOW_DOWN"},
    {"STOP", "RESUME"},
)


def _merged(intents: Sequence[Intent]) -> list[Intent]:
    """Drop what says the same again: "slow down, slower", "pull over and stop", "careful, a dog"."""
    kept: list[Intent] = []
    names = {intent.name for intent in intents}
    for intent in intents:
        if any(intent.name == said and names & meant for said, meant in _IMPLIED):
            continue
        same = next((old for old in kept if old.name == intent.name), None)
        adjacent = bool(kept) and kept[-1].name == intent.name
        if same is not None and (adjacent and _repeats(same, intent)):
            if len(intent.parameters) > len(same.parameters):
                kept[kept.index(same)] = replace(intent)
            continue
        kept.append(intent)
    if len(kept) > 1:
        if kept[-1].name == "CANCEL":
            return [kept[-1]]
        kept = [i for n, i in enumerate(kept) if i.name != "CANCEL" or n == 0]
    return kept


def _repeats(old: Intent, new: Intent) -> bool:
    if old.name.startswith(("TURN", "CHANGE_LANE", "GO_STRAIGHT", "TAKE_EXIT")):
        return not old.parameters or old.parameters == new.parameters
    return True


def _contradict(intents: Sequence[Intent]) -> bool:
    names = {intent.name for intent in intents}
    return any(pair <= names for pair in _OPPOSITES)


def _words(segment: Sequence[Item]) -> list[str]:
    return " ".join(item.said or item.text for item in segment).split()


def _text(segment: Sequence[Item]) -> str:
    return " ".join(item.text for item in segment)[:60]
