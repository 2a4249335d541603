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


RESPACED = {
    "pul l ove r": "pull over",
    "turnleft": "turn left",
    "tur nleft": "turn left",
    "th-e li ght": "the light",
    "h it the car": "hit the car",
    "hi - - t the car": "hit the car",
    "ove.rtake": "overtake",
    "ahit thec ar": "a hit the car",
    "pul left at 50": "pul left at 50",
    "turn xyzzy right": "turn xyzzy right",
    "turn left , then right": "turn left , then right",
    "": "",
}


@pytest.mark.parametrize("text", RESPACED)
def test_spaces_and_marks_that_slipped_are_put_right(text: str) -> None:
    spelling = Spelling(
        (
            "a",
            "the",
            "left",
            "right",
            "turn",
            "pull",
            "over",
            "light",
            "hit",
            "car",
            "overtake",
            "at",
        ),
        ("then", "u"),
    )
    assert " ".join(spelling.respaced(text.split())) == RESPACED[text]


def test_letters_of_any_length_are_cut_in_bounded_time() -> None:
    assert "".join(SPELLING.respaced(("x" * 300, "turnleft"))) == "x" * 300 + "turnleft"


def test_strange_words_are_counted_among_words() -> None:
    assert SPELLING.strange(("turn", "left", ",", "50")) == 0.0
    assert SPELLING.strange(("turn", "lxxt", "!", "qqq", "right")) == 0.5
    assert SPELLING.strange(()) == 0.0
