# SPDX-License-Identifier: Apache-2.0
"""The plainest commands, by the letter."""

from __future__ import annotations

import pytest

from alpamayo_ros.commands.effects import INTENTS
from alpamayo_ros.commands.normalise import normalise
from alpamayo_ros.commands.phrases import _INTENTS, plain_intent
from alpamayo_ros.commands.reader import Reader
from alpamayo_ros.commands.refuse import refusal

READER = Reader()


def test_every_manoeuvre_that_needs_no_name_or_number_has_a_plain_one() -> None:
    assert set(_INTENTS.values()) == set(INTENTS) - {"SET_SPEED", "NAVIGATE", "HAZARD_NOTICE"}


@pytest.mark.parametrize("phrase", _INTENTS)
def test_a_plain_phrase_is_what_it_says(phrase: str) -> None:
    for text in (phrase, f"Could you {phrase}, please?", f"um {phrase} now!"):
        sentence = normalise(text)
        assert refusal(sentence) is None
        assert plain_intent(sentence.words) == _INTENTS[phrase], sentence.words
        assert [intent.name for intent in READER.read(text).intents] == [_INTENTS[phrase]]


@pytest.mark.parametrize(
    "text", ["", "please", "do not stop", "stop the music", "go", "why stop", "turn left and right"]
)
def test_anything_more_is_for_the_networks(text: str) -> None:
    assert plain_intent(normalise(text).words) == ""
