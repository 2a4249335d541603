# SPDX-License-Identifier: Apache-2.0
"""Generated trajectories and traces whose truth is known."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from reasoning.driven import LEFT, RIGHT, Driver

from alpamayo_ros.planning.unicycle import rollout
from alpamayo_ros.reasoning.explain import explain, explain_all
from alpamayo_ros.reasoning.meta_actions import meta_actions
from alpamayo_ros.types import (
    HORIZON_LENGTH,
    Axis,
    AxisVerdict,
    Consistency,
    Reasoning,
    Trace,
    Trajectory,
)

SPEEDS = (3.0, 5.0, 8.0, 12.0, 16.0, 22.0, 30.0)
SIDES = (("left", LEFT), ("right", RIGHT))


class Pair(NamedTuple):
    """A trace, the trajectory that goes with it, and which axis agrees or contradicts."""

    trace: str
    kind: str
    speed: float
    trajectory: Trajectory
    axis: Axis
    contradicts: bool
    lane_width: float | None


ALONG = {
    "Stop at the stop line since the traffic light is red.": (
        {"stop", "stand"}, {"hold", "accelerate"}),
    "Stop at the stop sign, then proceed.": ({"stop", "stop_and_go"}, {"hold", "accelerate"}),
    "Yield to the pedestrian crossing ahead.": ({"stop", "slow"}, {"accelerate"}),
    "Slow down for the sharp curve ahead.": ({"slow"}, {"accelerate", "hold"}),
    "Adapt speed for the speed bump.": ({"slow", "hold"}, {"accelerate"}),
    "Keep distance to the lead vehicle since it is slowing.": ({"slow", "hold", "stop"}, set()),
    "Slow down since the lead vehicle is braking.": ({"slow", "stop"}, {"accelerate"}),
    "Maintain speed since the lane is clear.": ({"hold"}, {"stop", "accelerate", "slow"}),
    "Accelerate since the light turned green.": ({"accelerate"}, {"stop", "slow", "hold"}),
    "Proceed through the intersection since the light is green.": (
        {"hold", "accelerate"}, {"stop", "stand"}),
    "Resume since the red light turned green.": ({"accelerate"}, {"stop", "slow", "stand"}),
    "Accelerate to overtake the slow truck.": ({"accelerate"}, {"slow", "stop"}),
}  # fmt: skip

ACROSS = {
    "Turn {side} at the intersection since the light is green.": (
        {"turn"}, {"turn other", "hold", "change_lane other", "accelerate"}),
    "Change to the {side} lane since the current lane ends.": (
        {"change_lane"}, {"change_lane other", "hold", "nudge other", "turn", "turn other"}),
    "Nudge to the {side} to avoid the construction cones.": (
        {"nudge"}, {"nudge other", "change_lane other", "hold", "turn", "turn other"}),
    "Keep lane since the lane is clear ahead.": (
        {"hold", "curve", "slow", "accelerate"}, {"change_lane", "turn"}),
    "Pull over to the {side} shoulder.": ({"pull_over"}, {"accelerate", "hold"}),
}  # fmt: skip


def pairs() -> Iterator[Pair]:
    seed = 0
    for lane_width in (None, 3.5):
        for speed in SPEEDS:
            for trace, (agree, contradict) in ALONG.items():
                for kind in sorted(agree | contradict):
                    seed += 1
                    start = 0.0 if kind == "stand" else speed
                    trajectory = _drive(Driver(start, seed), kind, LEFT)
                    yield Pair(trace, kind, start, trajectory, Axis.LONGITUDINAL,
                               kind in contradict, lane_width)  # fmt: skip
            for trace, (agree, contradict) in ACROSS.items():
                for name, side in SIDES:
                    for kind in sorted(agree | contradict):
                        seed += 1
                        if not _drivable(kind, speed):
                            continue
                        driver = Driver(speed, seed)
                        towards = -side if kind.endswith("other") else side
                        trajectory = _drive(driver, kind.split()[0], towards)
                        yield Pair(trace.format(side=name), kind, speed, trajectory, Axis.LATERAL,
                                   kind in contradict, lane_width)  # fmt: skip


def _drivable(kind: str, speed: float) -> bool:
    """Nobody turns a corner from 30 m/s, or stops from there at the side in six seconds."""
    if kind.startswith("turn"):
        return speed <= 12.0
    return not (kind == "pull_over" and speed > 16.0) and not (kind == "hold" and speed < 5.0)


def _drive(driver: Driver, kind: str, side: float) -> Trajectory:
    sided = kind in ("turn", "curve", "change_lane", "nudge", "pull_over")
    trajectory = getattr(driver, kind)(side) if sided else getattr(driver, kind)()
    return driver.noisy(trajectory)


def _verdict(pair: Pair) -> AxisVerdict:
    reasoning = explain(Trace(pair.trace), pair.trajectory, pair.speed, pair.lane_width)
    along = pair.axis is Axis.LONGITUDINAL
    return reasoning.longitudinal_verdict if along else reasoning.lateral_verdict


def test_contradictions_are_found_and_nothing_else() -> None:
    judged = [(pair, _verdict(pair)) for pair in pairs()]
    false = [j for j in judged if not j[0].contradicts and _contradicts(j[1])]
    missed = [j for j in judged if j[0].contradicts and not _contradicts(j[1])]
    wrong = sum(pair.contradicts for pair, _ in judged)
    assert wrong >= 250 and len(judged) - wrong >= 250
    assert len(missed) <= 0.02 * wrong, _listed(missed)
    assert len(false) <= 0.01 * (len(judged) - wrong), _listed(false)


def _contradicts(verdict: AxisVerdict) -> bool:
    return verdict.verdict is Consistency.CONTRADICTION


def _listed(judged: list[tuple[Pair, AxisVerdict]]) -> str:
    return "\n".join(f"{p.trace} | {p.kind} {p.speed} | {v.verdict.name} {v.reason}"
                     for p, v in judged)  # fmt: skip


def _both(trace: str, trajectory: Trajectory, speed: float) -> tuple[AxisVerdict, AxisVerdict]:
    reasoning = explain(Trace(trace), trajectory, speed)
    return reasoning.longitudinal_verdict, reasoning.lateral_verdict


def test_what_nobody_decides_is_not_shown_and_what_cannot_be_read_is_unparsed() -> None:
    trajectory = Driver(8.0, 1).stop()
    along, across = _both("Stop at the red light.", trajectory, 8.0)
    assert along.verdict is Consistency.CONSISTENT and across.verdict is Consistency.NOT_SHOWN
    for verdict in _both("The light is red.", trajectory, 8.0):
        assert verdict.verdict is Consistency.UNPARSED


def test_a_stop_beyond_the_horizon_is_not_shown() -> None:
    trajectory = rollout(25.0, np.full(HORIZON_LENGTH, -1.5), np.zeros(HORIZON_LENGTH))
    along, _ = _both("Stop at the red light.", trajectory, 25.0)
    assert along.verdict is Consistency.NOT_SHOWN
    assert "24.9 to 15" in along.reason


def test_stop_then_proceed_has_to_stop_first() -> None:
    trace = "Stop at the stop sign, then proceed."
    stops, _ = _both(trace, Driver(8.0, 2).stop_and_go(), 8.0)
    goes_on, _ = _both(trace, Driver(8.0, 2).accelerate(), 8.0)
    assert stops.verdict is Consistency.CONSISTENT
    assert goes_on.verdict is Consistency.CONTRADICTION


def test_proceed_then_stop_may_end_in_a_stop() -> None:
    trajectory = Driver(8.0, 2).stop()
    along, _ = _both("Proceed, then stop at the next light.", trajectory, 8.0)
    assert along.verdict is not Consistency.CONTRADICTION


def test_a_standing_vehicle_that_is_to_stop_must_not_move_off() -> None:
    moves = rollout(0.0, np.full(HORIZON_LENGTH, 1.0), np.zeros(HORIZON_LENGTH))
    along, _ = _both("Stop since the light is red.", moves, 0.0)
    assert along.verdict is Consistency.CONTRADICTION


def test_a_turn_for_which_the_vehicle_only_slows_down_is_not_shown() -> None:
    _, across = _both("Turn left at the intersection.", Driver(12.0, 2).stop(), 12.0)
    assert across.verdict is Consistency.NOT_SHOWN


def test_going_back_contradicts_every_longitudinal_decision() -> None:
    back = rollout(0.0, np.full(HORIZON_LENGTH, -0.5), np.zeros(HORIZON_LENGTH))
    for trace in ("Stop at the line.", "Proceed.", "Keep distance to the lead vehicle."):
        along, _ = _both(trace, back, 0.0)
        assert along.verdict is Consistency.CONTRADICTION
        assert "goes back" in along.reason


def test_a_curve_is_no_nudge_and_no_lane_change() -> None:
    for seed in range(20):
        for name, side in SIDES:
            curve = Driver(15.0, seed).curve(side)
            _, keeps = _both("Keep lane since the road is clear.", curve, 15.0)
            assert keeps.verdict is not Consistency.CONTRADICTION
            _, adapts = _both(f"Adapt speed for the {name} curve ahead.", curve, 15.0)
            assert adapts.verdict is Consistency.NOT_SHOWN


def test_candidates_together_are_judged_as_each_alone() -> None:
    chosen = [pair for pair in pairs() if pair.speed == 12.0 and pair.lane_width is not None]
    trajectories = [pair.trajectory for pair in chosen]
    traces = [None if k % 7 == 0 else Trace(pair.trace) for k, pair in enumerate(chosen)]
    trajectories[3].positions[5, 1] = np.nan
    for some in (slice(None), slice(0, 6), slice(0, 1), slice(0, 0)):
        together = explain_all(traces[some], trajectories[some], 12.0, 3.5)
        assert together == [
            Reasoning(meta_actions=meta_actions(trajectory, 12.0, 3.5))
            if trace is None
            else explain(trace, trajectory, 12.0, 3.5)
            for trace, trajectory in zip(traces[some], trajectories[some], strict=True)
        ]


def test_candidates_of_different_lengths_are_judged_together() -> None:
    whole = Driver(8.0, 1).stop()
    part = Trajectory(
        whole.positions[:40], whole.headings[:40], whole.speeds[:40],
        whole.accelerations[:40], whole.curvatures[:40],
    )  # fmt: skip
    trace = Trace("Stop at the red light.")
    together = explain_all((trace, trace), (whole, part), 8.0)
    assert together == [explain(trace, whole, 8.0), explain(trace, part, 8.0)]
    assert together[1].meta_actions[-1].end_s == 4.0


def test_a_trajectory_that_is_not_finite_is_judged_without_raising() -> None:
    trajectory = Driver(8.0, 1).hold()
    trajectory.positions[3, 0] = np.nan
    trajectory.speeds[5] = np.inf
    reasoning = explain(Trace("Stop and turn left."), trajectory, 8.0)
    assert reasoning.longitudinal == "STOP"
