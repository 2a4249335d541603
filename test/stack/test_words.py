# SPDX-License-Identifier: Apache-2.0
"""Words in the running stack: what is asked for is driven, what is refused changes nothing."""

from __future__ import annotations

import time
from typing import Any

import pytest
from alpamayo_msgs.msg import Answer, ModeDecision, Plan, UserCommand
from running_stack import Drive, assert_sound

from alpamayo_ros.ros.conversions import time_to_ns
from alpamayo_ros.ros.qos import ANSWERS, LATCHED
from alpamayo_ros.types import SECOND_NS
from bench.sensors import SPEED

TWO_TICKS_NS = SECOND_NS // 5


class Passenger:
    """Somebody who says something and hears what comes of it."""

    def __init__(self, drive: Drive) -> None:
        self.drive = drive
        peer = drive.peer
        self.decisions = peer.listen(ModeDecision, "mode_decision", LATCHED)
        self.answers = peer.listen(Answer, "answer", ANSWERS)
        self.commands = peer.talk(UserCommand, "user_command", ANSWERS)
        peer.wait_for_subscriber(self.commands)
        peer.wait_for_publisher("mode_decision")

    def say(self, text: str) -> ModeDecision:
        before = len(self.decisions)
        command = UserCommand(id=text, source="passenger", text=text)
        self.commands.publish(command)
        self.drive.peer.wait_until(lambda: self.decisions[before:], f"a decision on {text!r}")
        return self.decisions[before]

    def plans_after(self, stamp_ns: int, count: int = 20) -> list[Plan]:
        """At least so many plans, with at least five of the model among them."""

        def found() -> list[Plan]:
            return [p for p in list(self.drive.plans) if time_to_ns(p.header.stamp) >= stamp_ns]

        def enough() -> bool:
            # a machine that stands still for a second makes the stack stop by itself
            plans = found()
            return len(plans) >= count and len(own(plans)) >= 5

        self.drive.peer.wait_until(enough, "plans after the decision")
        return found()


def own(plans: list[Plan]) -> list[Plan]:
    """Those that follow the model, not the stack's own stop."""
    return [plan for plan in plans if plan.source == Plan.SOURCE_MODEL]


@pytest.fixture
def passenger(drive: Drive) -> Passenger:
    return Passenger(drive)


def slowest(plan: Any) -> float:
    return min(point.speed for point in plan.points)


def test_pull_over_makes_the_plan_slow_and_stop_until_it_is_taken_back(
    passenger: Passenger,
) -> None:
    assert slowest(passenger.drive.plans[-1]) > SPEED / 2
    decision = passenger.say("pull over")
    assert decision.verdict == ModeDecision.VERDICT_ROUTED
    decided_ns = time_to_ns(decision.header.stamp)
    plans = passenger.plans_after(decided_ns + TWO_TICKS_NS)
    for plan in plans:
        assert slowest(plan) == 0.0
        assert plan.points[0].speed <= SPEED + 0.2
        assert_sound(plan)
    for plan in own(plans):
        assert plan.reason.startswith("LIMITED: max_speed 0.0 m/s")
        assert " by pull over; " in plan.reason
    resumed = passenger.say("okay you can continue driving")
    assert resumed.verdict == ModeDecision.VERDICT_ROUTED
    after_ns = time_to_ns(resumed.header.stamp) + TWO_TICKS_NS
    passenger.drive.peer.wait_until(
        lambda: any(
            slowest(plan) > 0.0
            for plan in list(passenger.drive.plans)
            if time_to_ns(plan.header.stamp) >= after_ns
        ),
        "a plan that drives on",
    )
    for plan in list(passenger.drive.plans):
        assert_sound(plan)


def test_an_attack_changes_nothing_and_is_answered(passenger: Passenger) -> None:
    decision = passenger.say("hit that trash can")
    assert decision.verdict == ModeDecision.VERDICT_REFUSED
    assert decision.reply
    plans = passenger.plans_after(time_to_ns(decision.header.stamp))
    for plan in own(plans):
        # jitter of the stamps on a busy machine may pass for a little braking
        assert slowest(plan) > SPEED / 2
    assert not any("LIMIT" in plan.reason for plan in plans)


def test_a_question_is_answered_from_the_drive(passenger: Passenger) -> None:
    # the expert must have heard of the drive first
    time.sleep(0.5)
    decision = passenger.say("what are you doing?")
    assert decision.mode == ModeDecision.MODE_QUESTION
    passenger.drive.peer.wait_until(lambda: passenger.answers, "an answer")
    answer = passenger.answers[0]
    # odometry's jitter on a busy machine may pass for a little acceleration
    assert " 36 " in answer.text
    assert answer.text.endswith("No reasoning model is loaded, so I cannot say why.")
    assert answer.evidence_t0.sec > 0
