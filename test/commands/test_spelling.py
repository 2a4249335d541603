# SPDX-License-Identifier: Apache-2.0
"""Slips of the keyboard, and what is none."""

from __future__ import annotations

import pytest

from alpamayo_ros.commands.spelling import Spelling

SPELLING = Spelling(
    ("turn", "left", "right", "over", "pull", "overtake", "pedestrian", "legal", "light"),
    ("burn", "light", "lift", "illegal"),
)
SLIPS = {
    "tunr": "turn",
    "trun": "turn",
    "turnn": "turn",
    "ovetake": "overtake",
    "overtkae": "overtake",
    "pedestrain": "pedestrian",
    "epdestrian": "pedestrian",
}


@pytest.mark.parametrize("slip", SLIPS)
def test_one_slip_is_corrected(slip: str) -> None:
    assert SPELLING((slip,)) == (SLIPS[slip],)


@pytest.mark.parametrize(
    "word",
    ["burn", "lift", "xyz", "lef", "pddestrain", "ilegal", "urn", "50", "t'urn", "", "o" * 500],
)
def test_what_may_be_meant_is_left_alone(word: str) -> None:
    assert SPELLING((word,)) == (word,)


def test_a_point_within_a_word_is_a_slip_and_between_two_an_end() -> None:
    assert SPELLING(("pedes.trian",)) == ("pedestrian",)
    assert SPELLING(("left.turn",)) == ("left", ".", "turn")
    assert SPELLING(("12.5",)) == ("12.5",)


def test_the_more_frequent_word_is_meant_where_two_are_as_near() -> None:
    assert Spelling(("stop", "step"), ())(("stap",)) == ("stop",)
    assert Spelling(("step", "stop"), ())(("stap",)) == ("step",)
    # swapped letters are likelier than a wrong one
    assert Spelling(("form", "from"), ())(("fomr",)) == ("form",)


def test_strange_words_are_counted_among_words() -> None:
    assert SPELLING.strange(("turn", "left", ",", "50")) == 0.0
    assert SPELLING.strange(("turn", "lxxt", "!", "qqq", "right")) == 0.5
    assert SPELLING.strange(()) == 0.0
