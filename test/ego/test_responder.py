# SPDX-License-Identifier: Apache-2.0
"""When a history is answered: at once, after a wait, or invalid."""

from __future__ import annotations

import pytest
from ego.motions import START_NS, Motion, filled, regular, stamps
from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.ego.history import EgoBuffer
from alpamayo_ros.ego.responder import MAX_PENDING, EgoResponder
from alpamayo_ros.types import SECOND_NS, ClockJumped

MS = 1_000_000
WAIT_NS = 30 * MS


def test_answer_comes_at_once_when_odometry_has_passed_t0() -> None:
    responder = EgoResponder(filled(Motion().samples(regular(100))), WAIT_NS)
    (answer,) = responder.request(START_NS + 1_995 * MS, now_ns=0)
    assert answer.valid
    assert answer.t0_ns == START_NS + 1_995 * MS
    assert responder.deadline_ns is None


def test_answer_waits_for_the_sample_after_t0() -> None:
    samples = Motion().samples(regular(10, 3.0))
    responder = EgoResponder(filled(samples[:-1]), WAIT_NS)
    assert responder.request(START_NS + 2_950 * MS, now_ns=7) == []
    assert responder.deadline_ns == 7 + WAIT_NS
    assert responder.poll(now_ns=6 + WAIT_NS) == []
    (answer,) = responder.add(samples[-1], now_ns=10)
    assert answer.valid
    assert answer.extrapolation_s == 0.0
    assert responder.poll(now_ns=7 + WAIT_NS) == []


def test_answer_is_extrapolated_at_the_deadline() -> None:
    samples = Motion().samples(regular(10, 3.0))
    responder = EgoResponder(filled(samples[:-1]), WAIT_NS)
    responder.request(START_NS + 2_950 * MS, now_ns=0)
    (answer,) = responder.poll(now_ns=WAIT_NS)
    assert answer.valid
    assert answer.extrapolation_s == pytest.approx(0.05)
    assert answer.positions[0, 0] == pytest.approx(-15.0)


def test_future_t0_is_answered_invalid_at_the_deadline() -> None:
    responder = EgoResponder(filled(Motion().samples(regular(100))), WAIT_NS)
    assert responder.request(START_NS + 60 * SECOND_NS, now_ns=0) == []
    (answer,) = responder.poll(now_ns=WAIT_NS)
    assert answer.reason == "ODOMETRY_LATE: the newest sample is 58.000 s > 0.1 s before t0"


def test_pending_requests_are_bounded_and_all_answered() -> None:
    responder = EgoResponder(EgoBuffer(), WAIT_NS)
    answers = []
    for i in range(3 * MAX_PENDING):
        answers += responder.request(START_NS + i, now_ns=0)
    assert len(answers) == 2 * MAX_PENDING
    answers += responder.poll(now_ns=WAIT_NS)
    assert [answer.t0_ns - START_NS for answer in answers] == list(range(3 * MAX_PENDING))


def test_requests_that_go_back_are_a_jump_of_the_clock() -> None:
    responder = EgoResponder(EgoBuffer(), WAIT_NS)
    responder.request(START_NS + 5 * SECOND_NS, now_ns=0)
    responder.request(START_NS + 4 * SECOND_NS, now_ns=0)  # late, not a jump
    with pytest.raises(ClockJumped, match=r"went back by 5\.000 s"):
        responder.request(START_NS, now_ns=0)
    responder.reset()
    assert responder.request(START_NS, now_ns=0) == []


@settings(max_examples=30, deadline=None)
@given(stamps(), st.lists(st.integers(0, 3_000), max_size=40), st.integers(0, 60))
def test_every_request_is_answered_exactly_once(
    sample_stamps: list[int], t0s_ms: list[int], wait_ms: int
) -> None:
    """Time passes with the stamps: what was sampled or shot arrives at once."""
    samples = Motion().samples(sample_stamps)
    events = [(sample.stamp_ns, 0, sample) for sample in samples]
    requested = [START_NS + t0 * MS for t0 in sorted(t0s_ms)]
    events += [(t0, 1, None) for t0 in requested]  # type: ignore[misc]
    responder = EgoResponder(EgoBuffer(), wait_ms * MS)
    answers = []
    for now, _, sample in sorted(events, key=lambda event: event[:2]):
        deadline = responder.deadline_ns
        if deadline is not None and deadline <= now:
            answers += responder.poll(deadline)
        answers += responder.request(now, now) if sample is None else responder.add(sample, now)
        assert responder.deadline_ns is None or responder.deadline_ns <= now + wait_ms * MS
    answers += responder.poll(requested[-1] + wait_ms * MS) if requested else []
    assert sorted(answer.t0_ns for answer in answers) == requested
    assert all(answer.valid == (answer.reason == "") for answer in answers)
