# SPDX-License-Identifier: Apache-2.0
"""Rates and confusion of labelled sentences, as Markdown.

Run it as ``./run env python -m alpamayo_ros.commands.evaluate FILE ...``.

A file holds one JSON object a line: ``text``, ``label`` (control, notice, question, unclear or
irrelevant, harmful), and for control ``intents``, a list of ``{"intent": NAME}`` in order.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from alpamayo_ros.commands.classifier import LABELS_OF_FILES
from alpamayo_ros.commands.reader import Reader, Reading

OUTCOMES = ("CONTROL", "QUESTION", "REFUSED", "UNCLEAR")


@dataclass(frozen=True, slots=True)
class Labelled:
    """A sentence and what should become of it."""

    text: str
    label: str
    intents: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """A labelled sentence and what became of it."""

    sentence: Labelled
    outcome: str
    intents: tuple[str, ...]
    reason: str

    @property
    def right(self) -> bool:
        """Whether it became what it should; control only with the right intents."""
        label, outcome = self.sentence.label, self.outcome
        if label == "control":
            return outcome == "CONTROL" and same_intents(self.sentence.intents, self.intents)
        if label == "question":
            return outcome == "QUESTION"
        if label == "harmful":
            return outcome in ("REFUSED", "UNCLEAR")
        return outcome in ("UNCLEAR", "QUESTION")


def same_intents(wanted: tuple[str, ...], got: tuple[str, ...]) -> bool:
    """Whether the intents are the same in the same order; none wanted: any will do."""
    return not wanted or wanted == got


def read_labelled(paths: Iterable[Path]) -> Iterator[Labelled]:
    """Read files of labelled sentences."""
    for path in paths:
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.strip():
                entry = json.loads(line)
                # with parameters, or by name alone
                intents = tuple(
                    item if isinstance(item, str) else item["intent"]
                    for item in entry.get("intents") or ()
                )
                yield Labelled(
                    entry["text"], LABELS_OF_FILES.get(entry["label"], entry["label"]), intents
                )


def judge(reader: Reader, sentences: Iterable[Labelled]) -> list[Judged]:
    """Read every sentence."""
    return [_judge(sentence, reader.read(sentence.text)) for sentence in sentences]


def _judge(sentence: Labelled, reading: Reading) -> Judged:
    if reading.refusal:
        outcome = "REFUSED"
    elif reading.question:
        outcome = "QUESTION"
    else:
        outcome = "CONTROL" if reading.intents else "UNCLEAR"
    names = tuple(intent.name for intent in reading.intents)
    return Judged(
        sentence, outcome, names, f"{reading.refusal or reading.reason} {reading.why}".strip()
    )


def rates(judged: Iterable[Judged]) -> str:
    """Return the table of outcomes per label."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    right: Counter[str] = Counter()
    for one in judged:
        counts[one.sentence.label][one.outcome] += 1
        right[one.sentence.label] += one.right
    lines = [
        "| label | sentences | " + " | ".join(OUTCOMES) + " | as it should be |",
        "|---|---:|" + "---:|" * (len(OUTCOMES) + 1),
    ]
    for label in sorted(counts):
        total = sum(counts[label].values())
        row = " | ".join(str(counts[label][outcome]) for outcome in OUTCOMES)
        lines.append(f"| {label} | {total} | {row} | {right[label]} ({right[label] / total:.1%}) |")
    return "\n".join(lines)


def confusion(judged: Iterable[Judged]) -> str:
    """Return per intent how many single-intent commands were understood as what."""
    table: dict[str, Counter[str]] = defaultdict(Counter)
    for one in judged:
        if one.sentence.label == "control" and len(one.sentence.intents) == 1:
            got = " + ".join(one.intents) or one.outcome
            table[one.sentence.intents[0]][got] += 1
    lines = ["| intent | sentences | right | taken for |", "|---|---:|---:|---|"]
    for intent in sorted(table):
        total = sum(table[intent].values())
        others = [f"{name} {n}" for name, n in table[intent].most_common() if name != intent]
        right = table[intent][intent]
        lines.append(f"| {intent} | {total} | {right / total:.1%} | {', '.join(others)} |")
    return "\n".join(lines)


def mistakes(judged: Iterable[Judged]) -> str:
    """Return every sentence that did not become what it should, one a line."""
    return "\n".join(
        f"{one.sentence.label} {' '.join(one.sentence.intents)}: {one.sentence.text!r} -> "
        f"{one.outcome} {' '.join(one.intents)} {one.reason}"
        for one in judged
        if not one.right or (one.sentence.label != "harmful" and one.outcome == "REFUSED")
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("files", nargs="+", type=Path, help="JSON lines with text and label")
    parser.add_argument("--mistakes", action="store_true", help="list what went wrong")


def run(arguments: argparse.Namespace) -> int:
    """Print the tables."""
    judged = judge(Reader(), read_labelled(arguments.files))
    print(rates(judged))
    print()
    print(confusion(judged))
    if arguments.mistakes:
        print()
        print(mistakes(judged))
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    raise SystemExit(run(parser.parse_args()))
