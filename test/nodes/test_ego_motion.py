# SPDX-License-Identifier: Apache-2.0
"""The ego_motion node over DDS: every frame set answered, valid or with a reason."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pytest
from alpamayo_msgs.msg import EgoHistory, FrameSet
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import TransformStamped, TwistStamped
from nav_msgs.msg import Odometry
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import Imu
from tf2_msgs.msg import TFMessage

from alpamayo_ros.ros.conversions import time_from_ns, time_to_ns
from alpamayo_ros.ros.qos import INTERNAL, STATIC_TF
from ros_harness import status_messages, status_values

MS = 1_000_000
SECOND = 1_000 * MS
START = 1_700_000_000 * SECOND
FIRST = START - 500 * MS
SPEED, YAW_RATE = 8.0, 0.2


def odometry(
    stamp: int, speed: float = SPEED, frame: str = "odom", offset: float = 0.0
) -> Odometry:
    """Drive a circle to the left."""
    heading = YAW_RATE * (stamp - START) / SECOND
    message = Odometry(child_frame_id="base_link")
    message.header.frame_id, message.header.stamp = frame, time_from_ns(stamp)
    pose, radius = message.pose.pose, SPEED / YAW_RATE
    pose.position.x = radius * math.sin(heading) + offset
    pose.position.y = radius * (1 - math.cos(heading))
    pose.orientation.z, pose.orientation.w = math.sin(heading / 2), math.cos(heading / 2)
    message.twist.twist.linear.x, message.twist.twist.angular.z = speed, YAW_RATE
    return message


def frame_set(t0: int) -> FrameSet:
    message = FrameSet(anchor="front_wide")
    message.header.stamp, message.header.frame_id = time_from_ns(t0), "base_link"
    return message


# Tests count every message; a best-effort reader may lose some on a busy machine.
LOSSLESS = {
    f"qos_overrides./{topic}.subscription.{policy}": value
    for topic in ("odometry", "tf", "twist", "imu")
    for policy, value in (("reliability", "reliable"), ("depth", 1000))
}


class Bench:
    """The node with its topics, and time that is only in the stamps."""

    def __init__(self, peer: Any, start_node: Callable[..., Any], **parameters: Any) -> None:
        self.peer = peer
        self.frame_sets = peer.talk(FrameSet, "frame_set", INTERNAL)
        self.histories: list[EgoHistory] = peer.listen(EgoHistory, "ego_history", INTERNAL)
        self.statuses = peer.diagnostics()
        self.odometry = peer.talk(Odometry, "odometry", 1000)
        self.states: list[Odometry] = peer.listen(Odometry, "ego_odometry", 1000)
        self.node = start_node("ego_motion", **LOSSLESS, **parameters)
        peer.wait_for_subscriber(self.frame_sets)
        peer.wait_for_publisher("ego_history")
        peer.wait_for_publisher("ego_odometry")
        if parameters.get("source", "odometry") == "odometry":
            peer.wait_for_subscriber(self.odometry)
        peer.wait_until(self._is_active, "the node to be active")

    def _is_active(self) -> bool:
        """Only an active node answers."""
        self.frame_sets.publish(frame_set(FIRST))
        time.sleep(0.1)
        return bool(self.answers(FIRST))

    def value(self, name: str) -> float:
        return float(status_values(self.statuses, "ego_motion").get(name, "0"))

    def feed(self, messages: Iterable[Odometry]) -> None:
        """Publish odometry and wait until the node has read it all."""
        seen, count = self.value("odometry"), 0
        for message in messages:
            self.odometry.publish(message)
            count += 1
            time.sleep(0.002)
        self.peer.wait_until(
            lambda: self.value("odometry") >= seen + count, f"{count} odometry messages to be read"
        )

    def ask(self, t0: int) -> EgoHistory:
        """Publish a frame set and return the one answer with its stamp."""
        self.frame_sets.publish(frame_set(t0))
        return self.peer.wait_until(lambda: self.answers(t0), f"an answer at {t0}")[0]

    def answers(self, t0: int) -> list[EgoHistory]:
        return [h for h in self.histories if time_to_ns(h.header.stamp) == t0]

    def answered(self) -> list[EgoHistory]:
        """All answers but those that showed that the node is active."""
        return [h for h in self.histories if time_to_ns(h.header.stamp) != FIRST]

    def errors(self) -> list[str]:
        return status_messages(self.statuses, "ego_motion", DiagnosticStatus.ERROR)


@pytest.fixture
def bench(peer: Any, start_node: Callable[..., Any]) -> Callable[..., Bench]:
    return lambda **parameters: Bench(peer, start_node, **parameters)


def stamps(begin_s: float, end_s: float, rate: float = 50.0) -> list[int]:
    count = round((end_s - begin_s) * rate)
    return [START + round((begin_s + i / rate) * SECOND) for i in range(count + 1)]


def test_every_frame_set_is_answered_at_its_own_stamp(bench: Callable[..., Bench]) -> None:
    ego = bench(state_rate_hz=50.0)
    ego.feed(odometry(stamp) for stamp in stamps(0.0, 3.0))
    t0s = [START + 1_600 * MS + i * 33_333_333 for i in range(40)]
    for t0 in t0s:
        ego.frame_sets.publish(frame_set(t0))
        time.sleep(0.005)
    ego.peer.wait_until(lambda: len(ego.answered()) >= len(t0s), "all answers")
    assert [time_to_ns(h.header.stamp) for h in ego.answered()] == t0s
    for history in ego.answered():
        assert history.valid, history.reason
        assert history.header.frame_id == "base_link"
        assert history.odometry_frame == "odom"
        assert history.speed == pytest.approx(SPEED)
        assert history.yaw_rate == pytest.approx(YAW_RATE)
        # 1.5 s on the circle behind
        turn, radius = 1.5 * YAW_RATE, SPEED / YAW_RATE
        first = history.poses[0].position
        assert first.x == pytest.approx(-radius * math.sin(turn), abs=0.005)
        assert first.y == pytest.approx(radius * (1 - math.cos(turn)), abs=0.005)
        assert history.poses[15].position.x == 0.0
        assert history.poses[15].orientation.w == 1.0
    states = [time_to_ns(state.header.stamp) for state in ego.states]
    assert states == stamps(0.0, 3.0)
    assert ego.states[-1].child_frame_id == "base_link"


def test_ego_odometry_is_thinned_out_to_its_rate(bench: Callable[..., Bench]) -> None:
    ego = bench(state_rate_hz=20.0)
    ego.feed(odometry(stamp) for stamp in stamps(0.0, 2.0, rate=100.0))
    ego.peer.wait_until(lambda: len(ego.states) >= 41, "41 states")
    assert [time_to_ns(state.header.stamp) for state in ego.states] == stamps(0.0, 2.0, rate=20.0)


def test_bad_odometry_makes_answers_invalid_and_good_odometry_valid_again(
    bench: Callable[..., Bench],
) -> None:
    """One node through NaN, a gap, a wrong frame, a wrong speed and a jump."""
    ego = bench()
    assert ego.ask(START + 500 * MS).reason == "NO_ODOMETRY: no sample was received"
    ego.feed(odometry(stamp) for stamp in stamps(0.0, 0.98))
    assert ego.ask(START + 980 * MS).reason.startswith("ODOMETRY_SHORT: samples begin 0.980 s")

    ego.feed(odometry(stamp, speed=math.nan) for stamp in stamps(1.0, 1.4))
    ego.feed(odometry(stamp) for stamp in stamps(1.42, 2.0))
    history = ego.ask(START + 2_000 * MS)
    assert not history.valid
    assert history.reason.startswith("ODOMETRY_NOT_FINITE: speed is nan")

    ego.feed(odometry(stamp) for stamp in stamps(2.5, 3.0))
    history = ego.ask(START + 2_900 * MS)
    assert "ODOMETRY_GAP: gap 0.500 s > 0.25 s" in history.reason

    ego.feed(odometry(stamp, frame="map") for stamp in stamps(3.02, 3.5))
    ego.feed(odometry(stamp) for stamp in stamps(3.52, 5.0))
    assert ego.ask(START + 4_500 * MS).reason.startswith(
        "WRONG_FRAME: frame_id is 'map', expected 'odom'"
    )

    late = ego.ask(START + 5_500 * MS)
    assert late.reason == "ODOMETRY_LATE: the newest sample is 0.500 s > 0.1 s before t0"

    ego.feed(odometry(stamp, speed=5.0) for stamp in stamps(5.02, 6.0))
    mismatch = ego.ask(START + 6_000 * MS)
    assert mismatch.reason.startswith("SPEED_MISMATCH: the poses imply 8.00 m/s, measured 5.0")

    ego.feed(odometry(stamp) for stamp in stamps(6.02, 8.0))
    assert ego.ask(START + 8_000 * MS).valid
    ego.feed(odometry(stamp, offset=3.0) for stamp in stamps(8.02, 8.5))
    assert ego.ask(START + 8_500 * MS).reason.startswith("ODOMETRY_JUMP: position moved")

    ego.feed(odometry(stamp, offset=3.0) for stamp in stamps(8.52, 10.1))
    assert ego.ask(START + 10_100 * MS).valid
    assert len(ego.answered()) == 10
    values = status_values(ego.statuses, "ego_motion")
    assert (values["dropped.not_finite"], values["dropped.wrong_frame"]) == ("21", "25")
    assert any("SPEED_MISMATCH" in message for message in ego.errors())


def test_doubled_and_swapped_odometry_is_dropped_and_counted(bench: Callable[..., Bench]) -> None:
    ego = bench()
    in_order = stamps(0.0, 2.0)
    ego.feed(odometry(stamp) for stamp in [*in_order, in_order[-1], in_order[-5]])
    assert ego.ask(START + 1_990 * MS).valid
    ego.peer.wait_until(lambda: ego.value("dropped.out_of_order") == 1, "the older sample counted")
    assert ego.value("dropped.duplicate_stamp") == 1


def test_silence_of_odometry_is_an_error(bench: Callable[..., Bench]) -> None:
    ego = bench()
    ego.peer.wait_until(
        lambda: any("odometry silent: no usable sample" in error for error in ego.errors()),
        "an error about silent odometry",
    )


def test_an_answer_waits_for_odometry_and_comes_without_it(bench: Callable[..., Bench]) -> None:
    ego = bench(answer_wait_s=0.5)
    ego.feed(odometry(stamp) for stamp in stamps(0.0, 2.0))
    between, beyond = START + 2_050 * MS, START + 2_150 * MS
    ego.frame_sets.publish(frame_set(between))
    time.sleep(0.1)
    assert not ego.answers(between)
    ego.odometry.publish(odometry(START + 2_100 * MS))
    answer = ego.peer.wait_until(lambda: ego.answers(between), "the answer")[0]
    assert answer.extrapolation == 0.0
    answer = ego.ask(beyond)
    assert answer.valid
    assert answer.extrapolation == pytest.approx(0.05)


def test_a_looped_drive_is_one_log_line_and_a_new_start(bench: Callable[..., Bench]) -> None:
    """Stamps and /clock both go back; simulated time, as a replay does it."""
    ego = bench(use_sim_time=True, answer_wait_s=0.0)
    clock = ego.peer.talk(Clock, "/clock", 10)
    ego.peer.wait_for_subscriber(clock)

    def lap() -> EgoHistory:
        for stamp in stamps(0.0, 2.0):
            clock.publish(Clock(clock=time_from_ns(stamp)))
            ego.odometry.publish(odometry(stamp))
            time.sleep(0.01)
        return ego.ask(START + 1_980 * MS)

    assert lap().valid
    ego.histories.clear()
    assert lap().valid
    ego.node.stop()
    lines = [line for line in ego.node.errors if "clock jumped" in line]
    backwards = [line for line in lines if "-2." in line or "went back" in line]
    assert len(backwards) == 1, ego.node.errors


def test_a_frozen_clock_is_an_error(bench: Callable[..., Bench]) -> None:
    ego = bench(use_sim_time=True, answer_wait_s=0.0)
    clock = ego.peer.talk(Clock, "/clock", 10)
    ego.peer.wait_for_subscriber(clock)
    clock.publish(Clock(clock=time_from_ns(START)))
    ego.peer.wait_until(
        lambda: any("clock frozen" in error for error in ego.errors()), "a frozen clock"
    )


def test_transforms_as_source(bench: Callable[..., Bench]) -> None:
    ego = bench(source="tf")
    moving = ego.peer.talk(TFMessage, "/tf", 1000)
    fixed = ego.peer.talk(TFMessage, "/tf_static", STATIC_TF)
    ego.peer.wait_for_subscriber(moving)
    ego.peer.wait_for_subscriber(fixed)
    # the IMU is 1 m ahead of the base; the odometry tells where the IMU is
    mount = TransformStamped(child_frame_id="base_link")
    mount.header.frame_id = "imu_link"
    mount.transform.translation.x, mount.transform.rotation.w = -1.0, 1.0
    fixed.publish(TFMessage(transforms=[mount]))
    for stamp in stamps(0.0, 2.0):
        pose = odometry(stamp).pose.pose
        transform = TransformStamped(child_frame_id="imu_link")
        transform.header.frame_id, transform.header.stamp = "odom", time_from_ns(stamp)
        transform.transform.translation.x = pose.position.x
        transform.transform.translation.y = pose.position.y
        transform.transform.rotation = pose.orientation
        moving.publish(TFMessage(transforms=[transform]))
        time.sleep(0.002)
    ego.peer.wait_until(lambda: ego.value("tf") >= 101, "all transforms to be read")
    history = ego.ask(START + 1_990 * MS)
    assert history.valid, history.reason
    assert history.source == EgoHistory.SOURCE_TF
    assert history.speed == pytest.approx(SPEED, abs=0.05)
    assert history.yaw_rate == pytest.approx(YAW_RATE, abs=0.01)
    heading = YAW_RATE * 1.99
    behind = np.array((math.cos(heading), math.sin(heading)))
    imu = odometry(START + 1_990 * MS).pose.pose.position
    found = history.ego_pose.position
    np.testing.assert_allclose((found.x, found.y), np.array((imu.x, imu.y)) - behind, atol=0.01)


def test_twist_and_imu_as_source(bench: Callable[..., Bench]) -> None:
    ego = bench(source="twist_imu")
    twist = ego.peer.talk(TwistStamped, "twist", 1000)
    imu = ego.peer.talk(Imu, "imu", 1000)
    ego.peer.wait_for_subscriber(twist)
    ego.peer.wait_for_subscriber(imu)
    for i, stamp in enumerate(stamps(0.0, 2.0, rate=100.0)):
        rate = Imu()
        rate.header.stamp, rate.header.frame_id = time_from_ns(stamp), "imu_link"
        rate.angular_velocity.z = YAW_RATE
        imu.publish(rate)
        if i % 2 == 0:
            speed = TwistStamped()
            speed.header.stamp, speed.header.frame_id = time_from_ns(stamp), "base_link"
            speed.twist.linear.x = SPEED
            twist.publish(speed)
        time.sleep(0.002)
    ego.peer.wait_until(lambda: ego.value("twist") >= 101, "all speeds to be read")
    ego.peer.wait_until(lambda: ego.value("imu") >= 201, "all yaw rates to be read")
    history = ego.ask(START + 1_990 * MS)
    assert history.valid, history.reason
    assert history.source == EgoHistory.SOURCE_TWIST_IMU
    assert history.speed == pytest.approx(SPEED)
    turn, radius = 1.5 * YAW_RATE, SPEED / YAW_RATE
    assert history.poses[0].position.x == pytest.approx(-radius * math.sin(turn), abs=0.01)
    assert history.poses[0].position.y == pytest.approx(radius * (1 - math.cos(turn)), abs=0.01)


def test_a_source_that_needs_frame_names_says_so(start_node: Callable[..., Any]) -> None:
    node = start_node("ego_motion", source="tf", odometry_frame="")
    assert node.process.wait(20.0) == 2
    node.stop()
    assert any("source 'tf' needs odometry_frame" in line for line in node.errors)
