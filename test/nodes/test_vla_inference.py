# SPDX-License-Identifier: Apache-2.0
"""vla_inference as a real node: pairing, newest set wins, failures, instructions, pixels."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alpamayo_msgs.msg import (
    Answer,
    ChainOfCausation,
    EgoHistory,
    FrameSet,
    ModeDecision,
    Prediction,
)
from ego_histories import history
from lifecycle_msgs.srv import ChangeState, GetState
from std_msgs.msg import String

from alpamayo_ros import types as t
from alpamayo_ros.cameras.frame_store import FrameStoreWriter
from alpamayo_ros.ros.conversions import (
    decision_to_msg,
    ego_history_to_msg,
    frame_set_to_msg,
    time_to_ns,
)
from alpamayo_ros.ros.diagnostics import ERROR
from alpamayo_ros.ros.qos import ANSWERS, LATCHED
from ros_harness import status_messages, status_values

NAME = "vla_inference"
START = 1_700_000_000_100_000_000
WIDTH, HEIGHT = 576, 320

POLICIES = '''
"""Policies of the test: one that fails when told to, one that is slow, one that looks."""
import dataclasses
import os
import time
from pathlib import Path

from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.types import Trace

FOLDER = Path(__file__).parent


class Failing(ConstantTurnRateAcceleration):
    name = "failing"

    def predict(self, observation):
        if (FOLDER / "fail").exists():
            raise RuntimeError("CUDA out of memory:\\n tried to allocate 2 GiB")
        return super().predict(observation)


class Nonsense(ConstantTurnRateAcceleration):
    name = "nonsense"

    def predict(self, observation):
        return None


class Cold(ConstantTurnRateAcceleration):
    name = "cold"

    def warm_up(self):
        raise OSError("weights.safetensors not found")


class Slow(ConstantTurnRateAcceleration):
    name = "slow"

    def predict(self, observation):
        (FOLDER / "begun").touch()
        while not (FOLDER / "go_on").exists():
            time.sleep(0.01)
        return super().predict(observation)


class Speaking(ConstantTurnRateAcceleration):
    name = "speaking"

    def answer(self, question, observation):
        if "memory" in question:
            raise RuntimeError("CUDA out of memory")
        yield from question.split()


class Seeing(ConstantTurnRateAcceleration):
    name = "seeing"

    def predict(self, observation):
        (FOLDER / "begun").touch()
        while (FOLDER / "wait").exists():
            time.sleep(0.01)
        prediction = super().predict(observation)
        shades = [int(image[0, 0, 0]) for c in observation.cameras for image in c.images]
        text = f"shades {shades} nav {observation.instruction.nav_text!r}"
        candidate = dataclasses.replace(prediction.candidates[0], trace=Trace(text))
        return dataclasses.replace(
            prediction,
            candidates=(candidate,),
            decision_id=observation.instruction.decision_id,
        )
'''


@pytest.fixture
def policies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder with the test's policies, importable by the node; files in it steer them."""
    (tmp_path / "vla_test_policies.py").write_text(POLICIES)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=":")
    yield tmp_path
    # whatever happened, no policy is left waiting
    (tmp_path / "go_on").touch()
    (tmp_path / "wait").unlink(missing_ok=True)


class Bench:
    """The node under test and what is heard of it."""

    def __init__(self, peer: Any) -> None:
        self.peer = peer
        self.predictions = peer.listen(Prediction, "prediction")
        self.chains = peer.listen(ChainOfCausation, "chain_of_causation")
        self.traces = peer.listen(String, "reasoning_trace")
        self.status = peer.diagnostics()
        self.frame_sets = peer.talk(FrameSet, "frame_set")
        self.histories = peer.talk(EgoHistory, "ego_history")
        for publisher in (self.frame_sets, self.histories):
            peer.wait_for_subscriber(publisher)
        for topic in ("prediction", "chain_of_causation", "reasoning_trace"):
            peer.wait_for_publisher(topic)
        # both ends must know each other before the first message; the status says active
        peer.wait_until(lambda: "no frame_set" in self.message(), "the node to be active")

    def message(self) -> str:
        messages = [s.message for a in self.status for s in a.status if s.name == NAME]
        return messages[-1] if messages else ""

    def value(self, key: str) -> str:
        return status_values(self.status, NAME).get(key, "")

    def wait_for_value(self, key: str, value: str) -> None:
        self.peer.wait_until(lambda: self.value(key) == value, f"{key} to be {value}")

    def send(self, t0_ns: int, frames: FrameSet | None = None, **changes: Any) -> None:
        if frames is None:
            frames = frame_set_to_msg(t.FrameSet(t0_ns, "front_wide", ()), "base_link", "", 0.0)
        ego = ego_history_to_msg(history(t0_ns=t0_ns, **changes), "base_link")
        self.frame_sets.publish(frames)
        self.histories.publish(ego)

    def t0s(self) -> list[int]:
        return [time_to_ns(prediction.header.stamp) for prediction in self.predictions]

    def wait_for(self, *t0s: int) -> None:
        self.peer.wait_until(lambda: set(t0s) <= set(self.t0s()), f"predictions for {t0s}")


def tick(number: int) -> int:
    return START + number * t.TICK_NS


def test_only_pairs_with_equal_stamps_and_valid_histories_are_predicted(
    peer: Any, start_node: Any
) -> None:
    node = start_node(NAME)
    bench = Bench(peer)
    empty = t.FrameSet(tick(0), "front_wide", ())
    bench.frame_sets.publish(frame_set_to_msg(empty, "base_link", "", 0.0))
    bench.histories.publish(ego_history_to_msg(history(t0_ns=tick(0) + 1), "base_link"))
    bench.send(tick(1), valid=False, reason="ODOMETRY_GAP: 0.34 s > 0.15 s at t0-1.2 s")
    bench.send(tick(2), yaw_rate=float("nan"))
    bench.send(tick(3))
    bench.wait_for(tick(3))
    bench.wait_for_value("dropped.odometry_gap", "1")
    bench.wait_for_value("dropped.odometry_not_finite", "1")
    assert bench.t0s() == [tick(3)]

    message = bench.predictions[0]
    assert (message.policy, message.header.frame_id) == ("ctra", "base_link")
    assert len(message.candidates) == 1 and len(message.candidates[0].points) == 64
    assert [latency.stage for latency in message.latencies] == ["total", "judge"]
    peer.wait_until(lambda: bench.chains and bench.traces, "chain and trace")
    assert bench.chains[0].header.stamp == message.header.stamp
    assert bench.chains[0].token_count == 0
    assert bench.traces[0].data == bench.chains[0].text != ""
    bench.wait_for_value("prediction", "1")
    assert float(bench.value("latency.policy.total_ms")) > 0.0
    assert node.alive
    assert node.stop() == 0
    assert not any("Traceback" in line for line in node.errors)


def test_a_policy_that_raises_costs_that_tick_and_three_in_a_row_deactivate(
    peer: Any, start_node: Any, policies: Path
) -> None:
    node = start_node(NAME, policy="vla_test_policies:Failing")
    bench = Bench(peer)
    (policies / "fail").touch()
    bench.send(tick(0))
    bench.wait_for_value("dropped.policy_failed", "1")
    peer.wait_until(
        lambda: any(
            "RuntimeError: CUDA out of memory: tried to allocate 2 GiB" in m and "\n" not in m
            for m in status_messages(bench.status, NAME, ERROR)
        ),
        "the ERROR with the text of the exception on one line",
    )
    (policies / "fail").unlink()
    bench.send(tick(1))
    bench.wait_for(tick(1))

    (policies / "fail").touch()
    for number in (2, 3, 4):
        bench.send(tick(number))
        bench.wait_for_value("dropped.policy_failed", str(number))
    get_state = peer.node.create_client(GetState, f"{NAME}/get_state")
    assert get_state.wait_for_service(20.0)

    def state() -> str:
        answer = get_state.call_async(GetState.Request())
        peer.wait_until(answer.done, "the state")
        return str(answer.result().current_state.label)

    peer.wait_until(lambda: state() == "inactive", "the node to deactivate itself")
    bench.wait_for_value("deactivations", "1")
    peer.wait_until(lambda: "inactive: policy failed 3" in bench.message(), "the reason")
    assert bench.t0s() == [tick(1)]
    assert node.alive

    (policies / "fail").unlink()
    change_state = peer.node.create_client(ChangeState, f"{NAME}/change_state")
    assert change_state.wait_for_service(20.0)
    request = ChangeState.Request()
    request.transition.id = 3
    answer = change_state.call_async(request)
    peer.wait_until(answer.done, "the activation")
    assert answer.result().success
    bench.send(tick(5))
    bench.wait_for(tick(5))


def test_a_policy_that_returns_nonsense_fails_like_one_that_raises(
    peer: Any, start_node: Any, policies: Path
) -> None:
    node = start_node(NAME, policy="vla_test_policies:Nonsense", max_failures=10)
    bench = Bench(peer)
    for number in range(2):
        bench.send(tick(number))
        bench.wait_for_value("dropped.policy_failed", str(number + 1))
    assert node.alive and not bench.predictions


@pytest.mark.parametrize(
    ("policy", "line"),
    [
        ("vla_test_policies:Cold", "failed to warm up: OSError: weights.safetensors not found"),
        ("crta", "unknown policy 'crta'; did you mean 'ctra'?"),
    ],
)
def test_a_policy_that_cannot_start_ends_the_node_with_one_clear_line(
    start_node: Any, policies: Path, policy: str, line: str
) -> None:
    node = start_node(NAME, policy=policy)
    assert node.process.wait(20.0) != 0
    node.stop()
    assert any(line in error for error in node.errors)
    assert not any("Traceback" in error for error in node.errors)


def test_while_the_policy_is_slow_the_newest_set_wins_and_skips_are_counted(
    peer: Any, start_node: Any, policies: Path
) -> None:
    start_node(NAME, policy="vla_test_policies:Slow")
    bench = Bench(peer)
    bench.send(tick(0))
    peer.wait_until((policies / "begun").exists, "the policy to begin")
    for number in range(1, 6):
        bench.send(tick(number))
    bench.wait_for_value("pair", "6")
    bench.wait_for_value("skipped", "4")
    (policies / "go_on").touch()
    bench.wait_for(tick(0), tick(5))
    bench.send(tick(6))
    bench.wait_for(tick(6))
    assert bench.t0s() == [tick(0), tick(5), tick(6)]


def test_only_a_routed_decision_within_its_time_reaches_the_policy(
    peer: Any, start_node: Any, policies: Path
) -> None:
    decisions = peer.talk(ModeDecision, "mode_decision", LATCHED)

    def decide(identity: str, verdict: t.Verdict, nav_text: str, time_to_live_s: float) -> None:
        decisions.publish(
            decision_to_msg(
                t.ModeDecision(
                    time.time_ns(), identity, t.Mode.CONTROL, verdict, "TEST: test",
                    nav_text=nav_text, time_to_live_s=time_to_live_s,
                )
            )
        )  # fmt: skip

    # latched: decided before the node is there
    decide("first", t.Verdict.ROUTED, "Turn left in 30m", 3600.0)
    start_node(NAME, policy="vla_test_policies:Seeing")
    bench = Bench(peer)
    bench.wait_for_value("mode_decision", "1")
    bench.send(tick(0))
    bench.wait_for(tick(0))
    assert bench.predictions[-1].decision_id == "first"
    assert "Turn left in 30m" in bench.predictions[-1].candidates[0].chain_of_causation.text

    decide("refused", t.Verdict.REFUSED, "Turn right in 30m", 3600.0)
    bench.wait_for_value("mode_decision.without_effect.refused", "1")
    decide("dead", t.Verdict.ROUTED, "Turn right in 30m", 0.0)
    bench.wait_for_value("mode_decision.without_effect.expired", "1")
    malformed = ModeDecision(mode=77, verdict=99)
    decisions.publish(malformed)
    bench.wait_for_value("mode_decision.without_effect.malformed", "1")
    bench.send(tick(1))
    bench.wait_for(tick(1))
    assert bench.predictions[-1].decision_id == "first"

    decide("short", t.Verdict.ROUTED, "Continue straight", 0.5)
    bench.wait_for_value("mode_decision", "5")
    time.sleep(0.6)
    bench.send(tick(2))
    bench.wait_for(tick(2))
    assert bench.predictions[-1].decision_id == ""
    assert "nav ''" in bench.predictions[-1].candidates[0].chain_of_causation.text


def ask(identity: str, question: str, stamp_ns: int | None = None) -> ModeDecision:
    return decision_to_msg(
        t.ModeDecision(
            time.time_ns() if stamp_ns is None else stamp_ns, identity, t.Mode.QUESTION,
            t.Verdict.ROUTED, "QUESTION: test", question=question, time_to_live_s=10.0,
        )
    )  # fmt: skip


def test_a_question_is_answered_piece_by_piece_from_what_was_seen(
    peer: Any, start_node: Any, policies: Path
) -> None:
    decisions = peer.talk(ModeDecision, "mode_decision", LATCHED)
    answers = peer.listen(Answer, "model_answer", ANSWERS)
    start_node(NAME, policy="vla_test_policies:Speaking")
    bench = Bench(peer)
    peer.wait_for_publisher("model_answer")
    decisions.publish(ask("q", "what is there"))
    decisions.publish(ask("late", "too late", time.time_ns() - 60 * t.SECOND_NS))
    bench.wait_for_value("mode_decision", "2")
    assert not answers
    bench.send(tick(0))
    bench.wait_for(tick(0))
    peer.wait_until(lambda: answers and answers[-1].last, "the end of the answer")
    assert [answer.text for answer in answers] == ["what", "is", "there", ""]
    assert {time_to_ns(answer.evidence_t0) for answer in answers} == {tick(0)}

    decisions.publish(ask("broken", "how much memory"))
    peer.wait_until(lambda: answers[-1].question_id == "broken", "the end of the failed answer")
    assert answers[-1].last
    assert answers[-1].text == ""
    bench.send(tick(1))
    bench.wait_for(tick(1))


def test_a_policy_without_words_ends_the_answer_at_once(
    peer: Any, start_node: Any, policies: Path
) -> None:
    decisions = peer.talk(ModeDecision, "mode_decision", LATCHED)
    answers = peer.listen(Answer, "model_answer", ANSWERS)
    start_node(NAME)
    bench = Bench(peer)
    peer.wait_for_publisher("model_answer")
    bench.send(tick(0))
    bench.wait_for(tick(0))
    decisions.publish(ask("q", "what is there"))
    peer.wait_until(lambda: answers, "the end of the answer")
    assert (answers[0].question_id, answers[0].text, answers[0].last) == ("q", "", True)


def test_a_decision_that_comes_before_the_activation_is_kept(
    peer: Any, start_node: Any, policies: Path
) -> None:
    decisions = peer.talk(ModeDecision, "mode_decision", LATCHED)
    routed = t.ModeDecision(
        time.time_ns(), "early", t.Mode.CONTROL, t.Verdict.ROUTED, "TEST: test",
        time_to_live_s=3600.0,
    )  # fmt: skip
    decisions.publish(decision_to_msg(routed))
    start_node(NAME, policy="vla_test_policies:Seeing", autostart=False)
    change_state = peer.node.create_client(ChangeState, f"{NAME}/change_state")
    assert change_state.wait_for_service(20.0)
    status = peer.diagnostics()

    def transition(identity: int) -> None:
        request = ChangeState.Request()
        request.transition.id = identity
        answer = change_state.call_async(request)
        peer.wait_until(answer.done, f"transition {identity}")
        assert answer.result().success

    transition(1)
    peer.wait_until(
        lambda: status_values(status, NAME).get("mode_decision") == "1", "the decision, inactive"
    )
    transition(3)
    bench = Bench(peer)
    bench.send(tick(0))
    bench.wait_for(tick(0))
    assert bench.predictions[0].decision_id == "early"


def fill(writer: FrameStoreWriter, shades: list[int]) -> list[t.FrameHandle]:
    handles = []
    for shade in shades:
        writer.slot(0)[: WIDTH * HEIGHT * 3] = shade
        handles.append(writer.commit(0, WIDTH, HEIGHT))
    return handles


def frame_set(t0_ns: int, handles: list[t.FrameHandle]) -> t.FrameSet:
    stamps = tuple(t0_ns + offset for offset in t.FRAME_OFFSETS_NS)
    camera = t.CameraFrames(
        1, "front_wide", WIDTH, HEIGHT, stamps, (0, 0, 0, 0), tuple(handles)  # type: ignore[arg-type]
    )  # fmt: skip
    return t.FrameSet(t0_ns, "front_wide", (camera,))


def test_pixels_come_from_the_store_and_stale_ones_are_never_used(
    peer: Any, start_node: Any, policies: Path
) -> None:
    node = start_node(NAME, policy="vla_test_policies:Seeing")
    bench = Bench(peer)
    writer = FrameStoreWriter(1, 8)

    def send(number: int, handles: list[t.FrameHandle], name: str) -> None:
        frames = frame_set(tick(number), handles)
        bench.send(tick(number), frame_set_to_msg(frames, "base_link", name, 0.0))

    first = fill(writer, [10, 20, 30, 40])
    send(0, first, writer.name)
    bench.wait_for(tick(0))
    assert (
        bench.predictions[-1]
        .candidates[0]
        .chain_of_causation.text.startswith("shades [10, 20, 30, 40]")
    )

    # overwritten before the policy sees them
    second = fill(writer, [50, 60, 70, 80, 90, 100])
    send(1, first, writer.name)
    bench.wait_for_value("dropped.stale_frame", "1")

    # overwritten while the policy works on them
    (policies / "begun").unlink()
    (policies / "wait").touch()
    send(2, second[-4:], writer.name)
    peer.wait_until((policies / "begun").exists, "the policy to begin")
    fill(writer, [0] * 6)
    (policies / "wait").unlink()
    bench.wait_for_value("dropped.stale_frame", "2")
    assert bench.t0s() == [tick(0)]

    # camera_sync was restarted: another store, in the same process here
    writer.close()
    successor = FrameStoreWriter(1, 8)
    send(3, fill(successor, [1, 2, 3, 4]), successor.name)
    bench.wait_for(tick(3))
    bench.wait_for_value("frame_stores_opened", "2")

    # one that is gone, and a name that is none
    send(4, first, writer.name)
    bench.wait_for_value("dropped.frame_store", "1")
    send(5, first, "nonsense")
    bench.wait_for_value("dropped.frame_store", "2")

    # embedded
    images = [np.full((HEIGHT, WIDTH, 3), shade, np.uint8) for shade in (5, 6, 7, 8)]
    handles = [t.FrameHandle(slot, 0) for slot in range(4)]
    embedded = frame_set_to_msg(
        frame_set(tick(6), handles), "base_link", "", 0.0, lambda handle: images[handle.slot]
    )
    bench.send(tick(6), embedded)
    bench.wait_for(tick(6))
    assert "shades [5, 6, 7, 8]" in bench.predictions[-1].candidates[0].chain_of_causation.text

    # embedded, but the size is not what it says
    embedded.header.stamp = frame_set_to_msg(
        frame_set(tick(7), handles), "base_link", "", 0.0
    ).header.stamp
    embedded.cameras[0].images[0].height = 17
    bench.send(tick(7), embedded)
    bench.wait_for_value("dropped.malformed", "1")
    assert bench.t0s() == [tick(0), tick(3), tick(6)]
    assert node.alive
    successor.close()
