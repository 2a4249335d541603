# SPDX-License-Identifier: Apache-2.0
"""The cheapest sound candidate is selected, and the message says what each one cost."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planning.closed_loop import MS, START, towards

from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.motion import anchor
from alpamayo_ros.planning.plan import Planner
from alpamayo_ros.planning.selection import SelectionSettings, Selector
from alpamayo_ros.planning.settings import PlannerSettings
from alpamayo_ros.planning.unicycle import rollout
from alpamayo_ros.types import (
    AxisVerdict,
    Candidate,
    Consistency,
    DrivingLimits,
    Pose,
    Prediction,
    Reasoning,
    Trace,
    Trajectory,
)

NONE = DrivingLimits()
TERMS = {"comfort", "mean_distance", "consistency", "limits", "last_plan"}
BRAKES = AxisVerdict(Consistency.CONTRADICTION, "STOP, but it drives on at 10.0 m/s")


def prediction(
    *candidates: Candidate | Trajectory, speed: float = 10.0, t0_ns: int = START, yaw: float = 0.4
) -> Prediction:
    pose = Pose(np.array([3.0, 4.0, 0.0]), quaternion_from_yaw(yaw))
    return Prediction(
        t0_ns, "test", "odom", pose, speed,
        tuple(c if isinstance(c, Candidate) else Candidate(c, Trace("")) for c in candidates),
        0, "by the policy",
    )  # fmt: skip


def contradicting(trajectory: Trajectory, **verdicts: AxisVerdict) -> Candidate:
    return Candidate(trajectory, Trace("Stop."), reasoning=Reasoning(**verdicts))


def bad(trajectory: Trajectory) -> Trajectory:
    return dataclasses.replace(trajectory, positions=-trajectory.positions)


def select(given: Prediction, limits: DrivingLimits = NONE, **settings: object) -> Prediction:
    return Selector(SelectionSettings(**settings)).select(given, limits)  # type: ignore[arg-type]


def test_what_most_samples_agree_on_is_selected_and_every_term_is_there() -> None:
    given_ = prediction(towards(10.0, 10.0, 0.01), towards(10.0, 10.0, 0.004), towards(10.0, 10.0))
    selected = select(given_)
    assert selected.selected == 1
    for candidate in selected.candidates:
        assert set(candidate.costs) == TERMS | {"total"}
        assert candidate.costs["total"] == pytest.approx(
            sum(candidate.costs[name] for name in TERMS)
        )
    totals = [candidate.costs["total"] for candidate in selected.candidates]
    assert min(totals) == totals[1]
    assert selected.selection_reason.startswith(
        f"CHEAPEST: candidate 1 of 3 costs {totals[1]:.3f} (comfort "
    )
    assert f"next is candidate 2, {totals[2]:.3f}" in selected.selection_reason
    # nothing else is touched
    assert (
        dataclasses.replace(
            selected, candidates=given_.candidates, selected=0, selection_reason="by the policy"
        )
        == given_
    )


def test_what_is_not_sound_is_never_selected_however_cheap() -> None:
    selected = select(prediction(bad(towards(10.0, 10.0)), towards(10.0, 4.0, 0.02)))
    assert selected.selected == 1
    costs = selected.candidates[0].costs
    assert costs["rejected"] >= 2 and costs["BACKWARDS"] < -0.1 and "total" not in costs
    assert "candidate 0 rejected, START: " in selected.selection_reason


def test_a_curve_the_vehicle_cannot_steer_is_rejected_by_name_and_value() -> None:
    kappa = np.clip((np.arange(64) - 20) / 4, 0.0, 1.0) * 0.14
    sharp, straight = rollout(3.0, np.zeros(64), kappa), towards(3.0, 3.0)
    # the rate alone: what else is too much for passengers is allowed here
    bounds = Bounds(max_yaw_acceleration=20.0, max_jerk=50.0, max_lateral_acceleration=10.0)
    selected = select(prediction(sharp, straight, speed=3.0), bounds=bounds)
    assert selected.selected == 1
    assert set(selected.candidates[0].costs) == {"rejected", "STEERING_RATE"}
    assert selected.candidates[0].costs["STEERING_RATE"] > 0.7
    assert "STEERING_RATE: 0.7" in selected.selection_reason
    assert "> 0.7 rad/s at t0+" in selected.selection_reason


def test_when_nothing_is_sound_the_policy_s_choice_stays_and_it_is_said() -> None:
    selected = select(prediction(bad(towards(10.0, 10.0)), bad(towards(10.0, 9.0))))
    assert selected.selected == 0
    assert selected.selection_reason.startswith("NONE_VALID: candidate 0 rejected, START")
    planner = Planner()
    assert planner.accept(selected, START)


def test_a_single_candidate_has_no_costs() -> None:
    selected = select(prediction(towards(10.0, 10.0)))
    assert selected.selection_reason == "the only candidate"
    assert selected.candidates[0].costs == {}
    alone = select(prediction(bad(towards(10.0, 10.0))))
    assert alone.selection_reason.startswith("NONE_VALID: candidate 0 rejected")


@pytest.mark.parametrize("axis", ["longitudinal_verdict", "lateral_verdict"])
def test_a_contradiction_costs_and_by_parameter_rejects(axis: str) -> None:
    same = towards(10.0, 10.0)
    given_ = prediction(contradicting(same, **{axis: BRAKES}), towards(10.0, 8.0, 0.005))
    selected = select(given_)
    assert selected.selected == 1
    assert selected.candidates[0].costs["consistency"] == 2.0
    assert select(given_, consistency_weight=0.0, mean_distance_weight=0.0).selected == 0
    rejected = select(
        given_, consistency_weight=0.0, mean_distance_weight=0.0, reject_contradictions=True
    )
    assert rejected.selected == 1
    assert rejected.candidates[0].costs == {"rejected": 1.0, "CONTRADICTION": 1.0}
    assert f"{axis.split('_')[0]} STOP, but it drives on" in rejected.selection_reason


def test_what_could_not_be_read_costs_less_than_a_contradiction() -> None:
    unread = AxisVerdict(Consistency.UNPARSED)
    shown = AxisVerdict(Consistency.NOT_SHOWN)
    same = towards(10.0, 10.0)
    costs = [
        candidate.costs["consistency"]
        for candidate in select(
            prediction(
                contradicting(same, lateral_verdict=BRAKES),
                contradicting(same, lateral_verdict=unread),
                contradicting(same, lateral_verdict=shown),
                same,
            )
        ).candidates
    ]
    assert costs[0] > costs[1] > costs[2] == costs[3] == 0.0


@pytest.mark.parametrize(
    ("limits", "chosen"),
    [
        (DrivingLimits(max_speed=4.0), 0),
        (DrivingLimits(target_speed=13.0), 2),
        (DrivingLimits(target_speed=13.0, max_speed=4.0), 0),
        (DrivingLimits(min_time_gap=2.0), 0),
    ],
)
def test_limits_choose_among_candidates(limits: DrivingLimits, chosen: int) -> None:
    given_ = prediction(
        towards(10.0, 4.0, hardest=1.2), towards(10.0, 10.0), towards(10.0, 13.0)
    )  # fmt: skip
    selected = select(given_, limits)
    assert selected.selected == chosen
    assert selected.candidates[chosen].costs["limits"] < selected.candidates[1].costs["limits"]
    assert select(given_).selected == 1


def test_careful_prefers_the_gentler_one() -> None:
    hard, gentle = towards(10.0, 12.5), towards(10.0, 10.8)
    given_ = prediction(hard, gentle)
    costs = [c.costs["limits"] for c in select(given_, DrivingLimits(careful=True)).candidates]
    assert costs[0] > costs[1] > 0.0


def test_a_mind_once_made_up_is_kept() -> None:
    left, right = towards(8.0, 8.0, 0.012), towards(8.0, 8.0, -0.012)
    selector = Selector()
    first = prediction(left, right, speed=8.0)
    for chosen in (0, 1):
        previous = anchor(first, chosen)
        # 0.1 s and 0.8 m later, the same two ways
        there = previous.sample(np.array([0.1]))[0]
        pose = Pose(there[:3].copy(), quaternion_from_yaw(float(there[3])))
        second = dataclasses.replace(first, t0_ns=START + 100 * MS, ego_pose=pose)
        selected = selector.select(second, NONE, previous)
        assert selected.selected == chosen
        costs = [candidate.costs["last_plan"] for candidate in selected.candidates]
        assert costs[chosen] < 0.02 < costs[1 - chosen]


@pytest.mark.parametrize("late_ms", [5500, 60_000, -60_000])
def test_what_was_selected_long_ago_does_not_count(late_ms: int) -> None:
    given_ = prediction(towards(8.0, 8.0, 0.01), towards(8.0, 8.0), speed=8.0)
    later = dataclasses.replace(given_, t0_ns=START + late_ms * MS)
    selected = Selector().select(later, NONE, anchor(given_, 0))
    assert {candidate.costs["last_plan"] for candidate in selected.candidates} == {0.0}


def test_the_planner_refuses_what_contradicts_itself_only_by_parameter() -> None:
    given_ = prediction(contradicting(towards(10.0, 10.0), longitudinal_verdict=BRAKES))
    assert Planner().accept(given_, START) == ()
    strict = Planner(PlannerSettings(reject_contradictions=True))
    (reason,) = strict.accept(given_, START)
    assert reason == (
        "CONTRADICTION: longitudinal STOP, but it drives on at 10.0 m/s (candidate 0)"
    )
    assert strict.rejected["CONTRADICTION"] == 1


@settings(max_examples=100, deadline=None)
@given(
    wishes=st.lists(
        st.tuples(st.floats(0.0, 15.0), st.floats(-0.01, 0.01), st.booleans()),
        min_size=2, max_size=6,
    ),
    max_speed=st.floats(0.0, 20.0) | st.just(math.nan),
    careful=st.booleans(),
)  # fmt: skip
def test_the_selected_one_is_sound_and_none_is_cheaper(
    wishes: list[tuple[float, float, bool]], max_speed: float, careful: bool
) -> None:
    trajectories = [
        bad(towards(9.0, wanted, kappa)) if spoilt else towards(9.0, wanted, kappa)
        for wanted, kappa, spoilt in wishes
    ]
    selected = select(
        prediction(*trajectories, speed=9.0), DrivingLimits(max_speed=max_speed, careful=careful)
    )
    assert len(selected.candidates) == len(wishes)
    sound = [k for k, (_, _, spoilt) in enumerate(wishes) if not spoilt]
    if not sound:
        assert selected.selection_reason.startswith("NONE_VALID")
        return
    totals = {k: selected.candidates[k].costs["total"] for k in sound}
    assert totals[selected.selected] == min(totals.values())
    assert all(math.isfinite(total) and total >= 0.0 for total in totals.values())
