# SPDX-License-Identifier: Apache-2.0
"""Answers from evidence: measured, planned, in the model's words, with its age; else no claim."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpamayo_ros.commands.answers import (
    UNITS,
    Evidence,
    answer_from_evidence,
)
from alpamayo_ros.planning.unicycle import rollout
from alpamayo_ros.types import (
    SECOND_NS,
    AxisVerdict,
    Consistency,
    Plan,
    PlanSource,
    Reasoning,
    Trace,
)

NOW = 1_700_000_000 * SECOND_NS
T0 = NOW - 200_000_000
RED = Trace("Stop at the stop line since the light is red.", 12)


def plan(
    speed: float,
    acceleration: float,
    curvature: float = 0.0,
    source: PlanSource = PlanSource.MODEL,
    reason: str = "FRESH: t0 0.20 s old",
    stamp_ns: int = NOW,
) -> Plan:
    speeds = np.maximum(speed + acceleration * np.arange(66) * 0.1, 0.0)
    path = rollout(speed, np.diff(speeds)[:64] / 0.1, np.full(64, curvature))
    return Plan(
        stamp_ns, "odom", np.arange(64) * 0.1, path.positions, path.headings, path.speeds,
        path.accelerations, path.curvatures, source, reason, T0,
    )  # fmt: skip


def evidence(speed: float, acceleration: float, **changes: object) -> Evidence:
    fields: dict[str, object] = {
        "now_ns": NOW,
        "speed": speed,
        "speed_stamp_ns": NOW - 20_000_000,
        "plan": plan(speed, acceleration),
        "trace": RED,
        "reasoning": Reasoning(),
        "trace_t0_ns": T0,
    }
    return Evidence(**(fields | changes))  # type: ignore[arg-type]


def said(question: str, known: Evidence) -> str:
    answer = answer_from_evidence(question, known)
    assert answer is not None, question
    return answer.text


SLOWING = evidence(12.0, -0.53)
STOPPING = evidence(12.0, -2.5)
HOLDING = evidence(12.0, 0.0)


@pytest.mark.parametrize(
    "question",
    [
        "Why are you slowing down?",
        "why is the car braking",
        "What are you doing?",
        "why r u slowing",
    ],
)
def test_what_is_done_comes_with_numbers_reason_and_age(question: str) -> None:
    assert said(question, SLOWING) == (
        "Slowing from 43 to 31 km/h: stop at the stop line since the light is red (0.2 s ago)."
    )


def test_a_stop_says_so() -> None:
    text = said("why are we stopping", STOPPING)
    assert text.startswith("Slowing from 43 km/h to a stop: stop at the stop line")


def test_what_is_presupposed_and_not_so_is_corrected() -> None:
    assert said("why are you slowing down", HOLDING).startswith("I am not slowing: holding 43 km/h")
    assert said("why did you brake", HOLDING).startswith("I cannot tell what was before; now:")
    assert said("why are you turning left?", SLOWING).startswith("I am not turning left")


def test_a_turn_is_seen_in_the_plan() -> None:
    known = evidence(6.0, 0.0, plan=plan(6.0, 0.0, 0.04))
    assert said("why are you turning left", known).startswith("Holding 22 km/h, turning left: ")


def test_the_unit_is_the_one_that_is_asked_for() -> None:
    answer = answer_from_evidence("how fast are we going", HOLDING, UNITS["mph"])
    assert answer is not None
    assert answer.text == "27 mph."
    assert answer.evidence_t0_ns is None


def test_without_a_reasoning_model_there_is_no_why() -> None:
    known = evidence(12.0, -0.53, trace=Trace("No reasoning model is loaded", 0))
    assert said("why are you slowing down", known) == (
        "Slowing from 43 to 31 km/h. No reasoning model is loaded, so I cannot say why."
    )


def test_a_contradiction_is_not_kept_quiet() -> None:
    verdict = AxisVerdict(Consistency.CONTRADICTION, "stop not shown")
    known = evidence(12.0, 0.0, reasoning=Reasoning("STOP", longitudinal_verdict=verdict))
    assert "does not do what that reasoning says" in said("what are you doing", known)


def test_a_limit_or_a_stop_of_the_stack_is_named_as_the_reason() -> None:
    limited = plan(12.0, -0.53, reason="LIMITED: max_speed 0.0 m/s by c1")
    assert said("why are you slowing down", evidence(12.0, -0.53, plan=limited)).endswith(
        "a passenger asked for it."
    )
    stop = plan(12.0, -2.0, source=PlanSource.STOP, reason="NO_VALID_PREDICTION: old")
    assert said("why are you stopping", evidence(12.0, -2.0, plan=stop)).endswith(
        "I have no valid prediction."
    )


def test_no_evidence_no_claim() -> None:
    nothing = Evidence(NOW)
    assert said("what are you doing", nothing) == "I cannot tell. There is no plan."
    assert said("how fast are we going", nothing) == "I cannot tell. No speed has been measured."
    old = evidence(12.0, 0.0, plan=plan(12.0, 0.0, stamp_ns=NOW - 5 * SECOND_NS))
    assert said("what are you doing", old) == "I cannot tell. My newest plan is 5.0 s old."
    late = evidence(12.0, -0.53, trace_t0_ns=NOW - 4 * SECOND_NS)
    assert "My newest reasoning is 4.0 s old" in said("why are you slowing down", late)


@pytest.mark.parametrize(
    "question",
    [
        "What colour is the car in front?", "Is there a pedestrian on the left?",
        "why is the sky blue", "what is the speed limit here", "did you see that cyclist?", "",
    ],
)  # fmt: skip
def test_what_is_not_about_the_motion_is_left_to_the_model(question: str) -> None:
    assert answer_from_evidence(question, HOLDING) is None


@given(st.text(max_size=200))
def test_no_question_and_no_trace_makes_it_raise(text: str) -> None:
    known = evidence(12.0, -0.53, trace=Trace(text, 3))
    answer_from_evidence(text, known)
    assert len(said("what are you doing", known)) < 400
