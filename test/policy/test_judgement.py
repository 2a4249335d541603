# SPDX-License-Identifier: Apache-2.0
"""The judge: what candidates say is read and checked, and that decides which one is driven."""

from __future__ import annotations

import numpy as np

from alpamayo_ros.geometry import identity_pose
from alpamayo_ros.planning.selection import SelectionSettings
from alpamayo_ros.planning.unicycle import rollout
from alpamayo_ros.policy.judgement import Judge, contradictions
from alpamayo_ros.types import (
    Candidate,
    Consistency,
    DrivingLimits,
    Prediction,
    Trace,
)

T0 = 1_700_000_000_000_000_000
STOP = Trace("Stop at the stop line since the straight traffic light is red.", 14)


def candidate(acceleration: float, trace: Trace = STOP) -> Candidate:
    speeds = np.maximum(10.0 + acceleration * np.arange(65) * 0.1, 0.0)
    return Candidate(rollout(10.0, np.diff(speeds) / 0.1, np.zeros(64)), trace)


def prediction(*candidates: Candidate) -> Prediction:
    return Prediction(
        T0, "test", "odom", identity_pose(), 10.0, candidates, 0, "the first", {"total": 0.01}
    )


def test_each_candidate_is_read_and_checked_against_what_it_does() -> None:
    judged = Judge().judge(prediction(candidate(-2.0), candidate(0.3)), DrivingLimits())
    stops, goes = (c.reasoning for c in judged.candidates)
    assert (stops.longitudinal, goes.longitudinal) == ("STOP", "STOP")
    assert stops.longitudinal_verdict.verdict == Consistency.CONSISTENT
    assert goes.longitudinal_verdict.verdict == Consistency.CONTRADICTION
    assert judged.selected == 0
    assert not contradictions(judged)
    assert set(judged.latencies_s) == {"total", "judge"}
    assert judged.latencies_s["total"] >= 0.01


def test_a_contradiction_of_the_only_candidate_is_told() -> None:
    judged = Judge().judge(prediction(candidate(0.3)), DrivingLimits())
    assert len(contradictions(judged)) == 1
    assert contradictions(judged)[0]


def test_a_contradicting_candidate_can_be_refused() -> None:
    settings = SelectionSettings(reject_contradictions=True)
    judged = Judge(settings).judge(prediction(candidate(0.3)), DrivingLimits())
    assert judged.selection_reason.startswith("NONE_VALID")


def test_what_nobody_reasoned_about_is_named_but_not_checked() -> None:
    judged = Judge().judge(prediction(candidate(-2.0, Trace("baseline", 0))), DrivingLimits())
    reasoning = judged.candidates[0].reasoning
    assert reasoning.longitudinal_verdict.verdict == Consistency.NOT_CHECKED
    assert reasoning.meta_actions


def test_the_last_choice_is_remembered_until_it_is_reset() -> None:
    judge = Judge()
    slow, fast = candidate(-0.4, Trace("Keep lane.", 3)), candidate(0.4, Trace("Keep lane.", 3))
    judge.judge(prediction(slow), DrivingLimits())
    kept = judge.judge(prediction(fast, slow), DrivingLimits())
    assert kept.candidates[1].costs["last_plan"] < kept.candidates[0].costs["last_plan"]
    judge.reset()
    fresh = judge.judge(prediction(fast, slow), DrivingLimits())
    assert fresh.candidates[0].costs.get("last_plan", 0.0) == 0.0
