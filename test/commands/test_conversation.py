# SPDX-License-Identifier: Apache-2.0
"""The conversation: what is old is not known, and every question gets exactly one answer."""

from __future__ import annotations

import math

import numpy as np

from alpamayo_ros.commands.conversation import Conversation, ConversationSettings
from alpamayo_ros.geometry import identity_pose
from alpamayo_ros.types import (
    SECOND_NS,
    Answer,
    EgoState,
    Mode,
    ModeDecision,
    Plan,
    PlanSource,
    RoadClass,
    RoadContext,
    Verdict,
)

NOW = 1_700_000_000 * SECOND_NS


def question(identity: str, text: str = "what colour is it") -> ModeDecision:
    return ModeDecision(
        NOW, identity, Mode.QUESTION, Verdict.ROUTED, "QUESTION: test", question=text,
        time_to_live_s=10.0,
    )  # fmt: skip


def standing_plan(source: PlanSource) -> Plan:
    zeros = np.zeros(3)
    return Plan(
        NOW, "odom", np.arange(3) * 0.1, np.zeros((3, 3)), zeros, zeros, zeros, zeros,
        source, "test", NOW,
    )  # fmt: skip


def test_what_was_never_heard_or_is_too_old_is_not_known() -> None:
    conversation = Conversation()
    state = conversation.state(NOW)
    assert math.isnan(state.speed)
    assert math.isnan(state.speed_limit)
    assert state.road_class == RoadClass.UNKNOWN
    assert not state.stopping

    conversation.take_ego(EgoState(NOW, "odom", identity_pose(), 12.0, 0.0))
    conversation.take_road(RoadContext(NOW, RoadClass.MOTORWAY, 36.0))
    conversation.take_plan(standing_plan(PlanSource.STOP))
    state = conversation.state(NOW + SECOND_NS // 2)
    assert (state.speed, state.road_class, state.speed_limit) == (12.0, RoadClass.MOTORWAY, 36.0)
    assert state.stopping

    later = conversation.state(NOW + 60 * SECOND_NS)
    assert math.isnan(later.speed)
    assert later.road_class == RoadClass.UNKNOWN
    assert not later.stopping


def test_a_question_about_the_motion_is_answered_at_once() -> None:
    conversation = Conversation()
    conversation.take_ego(EgoState(NOW, "odom", identity_pose(), 10.0, 0.0))
    assert conversation.begin(question("q", "how fast are we going"), NOW) == [
        Answer("q", "36 km/h.", None)
    ]


def test_the_models_pieces_pass_and_the_whole_comes_last() -> None:
    conversation = Conversation()
    assert conversation.begin(question("q"), NOW) == []
    piece = Answer("q", "It is", NOW, last=False)
    assert conversation.take_model_answer(piece, NOW) == [piece]
    conversation.take_model_answer(Answer("q", "  red.", NOW, last=False), NOW)
    whole = conversation.take_model_answer(Answer("q", "", NOW, last=True), NOW)
    assert whole == [Answer("q", "It is red.", NOW)]
    assert conversation.take_model_answer(Answer("q", "more", NOW), NOW) == []


def test_a_model_that_cannot_answer_gives_the_honest_answer() -> None:
    conversation = Conversation()
    conversation.begin(question("q"), NOW)
    assert conversation.take_model_answer(Answer("q", "", NOW), NOW) == [
        Answer("q", "I cannot tell.", None)
    ]


def test_silence_ends_a_question_after_the_timeout() -> None:
    conversation = Conversation(ConversationSettings(answer_timeout_s=2.0))
    conversation.begin(question("q"), NOW)
    assert conversation.poll(NOW + 2 * SECOND_NS) == []
    assert conversation.poll(NOW + 3 * SECOND_NS) == [Answer("q", "I cannot tell.", None)]
    assert conversation.poll(NOW + 9 * SECOND_NS) == []


def test_too_many_questions_cost_the_oldest() -> None:
    conversation = Conversation()
    ended = [a for i in range(12) for a in conversation.begin(question(f"q{i}"), NOW)]
    assert [answer.question_id for answer in ended] == ["q0", "q1", "q2", "q3"]


def test_an_endless_answer_is_cut() -> None:
    conversation = Conversation()
    conversation.begin(question("q"), NOW)
    said: list[Answer] = []
    for _ in range(1000):
        said += conversation.take_model_answer(Answer("q", "word " * 5, NOW, last=False), NOW)
    assert sum(answer.last for answer in said) == 1
    assert len(said[-1].text) <= 4000
