# SPDX-License-Identifier: Apache-2.0
"""Answers between ticks: every question gets an end, the newest one wins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ego_histories import T0, history

from alpamayo_ros.policy.answering import Answering
from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.types import Answer, Observation

START = T0
SEEN = Observation(START, (), history())


class Speaking(ConstantTurnRateAcceleration):
    """Answers with the words of the question, and fails at the word 'fail'."""

    def answer(self, question: str, observation: Observation) -> Iterator[str]:
        for word in question.split():
            if word == "fail":
                raise RuntimeError("no memory")
            yield word


def test_an_answer_comes_piece_by_piece_and_has_an_end() -> None:
    answering = Answering(Speaking())
    answering.ask("q", "two words")
    assert answering.step(None) == []
    pieces = [answering.step(SEEN) for _ in range(3)]
    assert pieces == [
        [Answer("q", "two", START, False)],
        [Answer("q", "words", START, False)],
        [Answer("q", "", START, True)],
    ]
    assert not answering.busy


def test_a_newer_question_breaks_the_older_one_off() -> None:
    answering = Answering(Speaking())
    answering.ask("old", "a b c")
    answering.step(SEEN)
    answering.ask("new", "d")
    assert answering.step(SEEN) == [
        Answer("old", "", START, True),
        Answer("new", "d", START, False),
    ]


def test_a_policy_that_answers_nothing_says_so() -> None:
    answering = Answering(ConstantTurnRateAcceleration())
    answering.ask("q", "why")
    assert answering.step(SEEN) == [Answer("q", "", None, True)]
    assert not answering.busy


def test_a_failing_policy_costs_one_answer() -> None:
    answering = Answering(Speaking())
    answering.ask("q", "fail")
    with pytest.raises(RuntimeError):
        answering.step(SEEN)
    assert answering.broken_off() == Answer("q", "", START, True)
    answering.ask("next", "on")
    assert answering.step(SEEN) == [Answer("next", "on", START, False)]
