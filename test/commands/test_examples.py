# SPDX-License-Identifier: Apache-2.0
"""The training sentences, and how they are disturbed."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from alpamayo_ros.commands.classifier import LABELS
from alpamayo_ros.commands.effects import INTENTS
from alpamayo_ros.commands.examples import SENTENCES, Disturber, Example, examples

HELD_OUT = Path(__file__).resolve().parents[1] / "data" / "commands"
TURN = Example(("turn", "left", "at", "the", "old", "library", "."), "control", ("TURN_LEFT",))
HARM = Example(("ram", "the", "gate"), "harmful")
PLACE = Example(
    ("to", "the", "old", "mill"), "control", ("NAVIGATE",), "en", (False, True, True, True)
)


def text_of(sentence: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in sentence.casefold()).split())


@pytest.fixture(scope="module")
def given() -> list[Example]:
    return list(examples(sorted(SENTENCES.glob("*.jsonl"))))


def test_every_sentence_has_a_label_and_commands_their_intents(given: list[Example]) -> None:
    assert len(given) > 40_000
    assert {example.label for example in given} == set(LABELS)
    asked = Counter(name for example in given for name in example.intents)
    assert set(asked) == set(INTENTS) and min(asked.values()) > 300
    for example in given:
        assert bool(example.intents) == (example.label == "control"), example


def test_destinations_are_marked_where_they_stand() -> None:
    marked = [e for e in examples([SENTENCES / "voices_places.jsonl"]) if e.named]
    assert len(marked) > 80 and all(any(e.named or ()) for e in marked)


def test_no_held_out_sentence_is_trained_on() -> None:
    trained = {
        text_of(json.loads(line)["text"])
        for path in SENTENCES.glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
    }
    for path in sorted(HELD_OUT.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            text = text_of(entry["text"])
            assert "lang" in entry or not text or text not in trained, entry["text"]


def test_the_same_seed_disturbs_the_same_way() -> None:
    def made(seed: int) -> list[Example]:
        disturb = Disturber([TURN, HARM], seed)
        return [disturb(TURN) for _ in range(50)]

    assert made(1) == made(1) != made(2)


def test_harm_stays_harm_and_commands_stay_in_order() -> None:
    other = Example(("slow", "down"), "control", ("SLOW_DOWN",))
    disturb = Disturber([TURN, other, HARM], 0)
    joined = [one for one in (disturb(TURN) for _ in range(500)) if len(one.words) > 9]
    assert joined
    for example in joined:
        if example.label == "harmful":
            assert not example.intents
        else:
            assert set(example.intents) == {"TURN_LEFT", "SLOW_DOWN"}
    assert all(disturb(HARM).label == "harmful" for _ in range(200))


def test_marked_words_keep_their_marks() -> None:
    disturb = Disturber([TURN, HARM, PLACE], 0)
    for _ in range(300):
        example = disturb(PLACE)
        assert example.named is None or len(example.named) == len(example.words)
