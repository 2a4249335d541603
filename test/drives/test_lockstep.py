# SPDX-License-Identifier: Apache-2.0
"""Tick by tick: the same bag, the same bytes, whatever the machine and whatever goes wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alpamayo_msgs.msg import ModeDecision, Prediction
from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from drives.small_drive import START_NS, Message, circle, small_drive
from rclpy.serialization import deserialize_message, serialize_message

from alpamayo_ros.drives.bags import BagReader
from alpamayo_ros.drives.canonical import canonical
from alpamayo_ros.drives.record import read_recording
from alpamayo_ros.drives.replay import replay
from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.ros.conversions import time_from_ns
from alpamayo_ros.types import SECOND_NS, Observation
from alpamayo_ros.types import Prediction as PredictionNoun

WriteBag = Callable[..., Path]


def _predictions(out: Path) -> list[bytes]:
    with BagReader(out / "out.mcap") as bag:
        return [data for _, _, data in bag.messages(["/prediction"])]


def _lockstep(bag: Path, out: Path) -> dict[str, Any]:
    return replay(bag, out, lockstep=True, progress=False)


def test_the_same_bag_gives_the_same_bytes(small_bag: Path, tmp_path: Path) -> None:
    first, second = (_lockstep(small_bag, tmp_path / name) for name in ("first", "second"))
    assert len(_predictions(tmp_path / "first")) == first["predictions"] == first["ticks"] > 20
    assert _predictions(tmp_path / "first") == _predictions(tmp_path / "second")
    whole = [(tmp_path / name / "out.mcap").read_bytes() for name in ("first", "second")]
    assert whole[0] == whole[1]
    assert first["ade_m"] == second["ade_m"]


def test_a_slow_policy_loses_no_tick_and_changes_no_byte(
    small_bag: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _lockstep(small_bag, tmp_path / "fast")
    predict = ConstantTurnRateAcceleration.predict

    def slowly(self: ConstantTurnRateAcceleration, observation: Observation) -> PredictionNoun:
        time.sleep(0.02)
        return predict(self, observation)

    monkeypatch.setattr(ConstantTurnRateAcceleration, "predict", slowly)
    summary = _lockstep(small_bag, tmp_path / "slow")
    assert summary["latency_ms"]["policy"]["p50"] >= 20
    assert _predictions(tmp_path / "slow") == _predictions(tmp_path / "fast")


def test_predictions_follow_the_circle_that_is_driven(small_bag: Path, tmp_path: Path) -> None:
    summary = _lockstep(small_bag, tmp_path / "out")
    assert summary["ade_ticks"] == {"1.0": 25, "3.0": 15, "6.4": 0}
    assert summary["ade_m"]["3.0"] < 0.02 and summary["ade_m"]["6.4"] is None
    message = deserialize_message(_predictions(tmp_path / "out")[-1], Prediction)
    t0_s = message.header.stamp.sec + message.header.stamp.nanosec / 1e9 - START_NS / SECOND_NS
    x, y, _ = circle(t0_s)
    assert np.hypot(message.ego_pose.position.x - x, message.ego_pose.position.y - y) < 0.01


def test_plans_come_with_every_prediction_and_go_on_without(
    small_bag: Path, tmp_path: Path
) -> None:
    summary = _lockstep(small_bag, tmp_path / "out")
    plans = read_recording(tmp_path / "out" / "out.mcap").plans
    assert {plan.t0_ns for plan in plans if plan.t0_ns} == set(
        read_recording(tmp_path / "out" / "out.mcap").predictions
    )
    steps = np.diff([plan.stamp_ns for plan in plans])
    assert steps.max() <= 50_000_000
    # the images end two seconds before the odometry: hold, then stop
    assert summary["plan_sources_after_last_image"]["STOP"] > 10
    assert "of another day" not in {plan.reason for plan in plans}


def test_a_sentence_is_answered(small_bag: Path, tmp_path: Path) -> None:
    _lockstep(small_bag, tmp_path / "out")
    with BagReader(tmp_path / "out" / "out.mcap") as bag:
        (data,) = [data for _, _, data in bag.messages(["/mode_decision"])]
    assert deserialize_message(data, ModeDecision).verdict == ModeDecision.VERDICT_UNCLEAR


def _corrupt(messages: list[Message], topic: str, at: int) -> None:
    images = [message for name, _, message in messages if name == topic]
    data = images[at].data
    images[at].data = data[: len(data) // 2]


def test_a_corrupt_image_costs_its_frame_and_is_counted(
    write_bag: WriteBag, tmp_path: Path
) -> None:
    messages = small_drive()
    _corrupt(messages, "/camera/cross_left/image/compressed", 25)
    summary = _lockstep(write_bag(messages), tmp_path / "out")
    assert summary["dropped_by_node"]["camera_sync"]["corrupt_image"] == 1
    # the anchor's images are whole, so every tick is predicted with the cameras there are
    assert summary["predictions"] == summary["ticks"]
    sets = read_recording(tmp_path / "out" / "out.mcap").frame_sets
    assert sum("cross_left" in frames.missing for frames in sets.values()) >= 4


def test_a_lost_anchor_image_is_a_missed_tick_with_a_reason(
    write_bag: WriteBag, tmp_path: Path
) -> None:
    messages = small_drive()
    _corrupt(messages, "/camera/front_wide/image/compressed", 30)
    summary = _lockstep(write_bag(messages), tmp_path / "out")
    assert summary["ticks"] == 25
    assert summary["missed"] == {"no_frame_set": summary["ticks"] - summary["predictions"]}
    assert 1 <= summary["ticks"] - summary["predictions"] <= 5


def test_a_gap_in_odometry_is_named(write_bag: WriteBag, tmp_path: Path) -> None:
    gap = (START_NS + int(2.4 * SECOND_NS), START_NS + int(3.0 * SECOND_NS))
    messages = [
        entry for entry in small_drive()
        if entry[0] != "/odometry" or not gap[0] < entry[1] < gap[1]
    ]  # fmt: skip
    summary = _lockstep(write_bag(messages), tmp_path / "out")
    assert summary["missed"].keys() <= {"odometry_late", "odometry_gap"}
    assert summary["ticks"] == summary["predictions"] + sum(summary["missed"].values())
    assert sum(summary["missed"].values()) >= 10


def test_a_policy_that_raises_costs_its_tick(
    small_bag: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predict = ConstantTurnRateAcceleration.predict
    calls = iter(range(1000))

    def sometimes(self: ConstantTurnRateAcceleration, observation: Observation) -> PredictionNoun:
        if next(calls) in (4, 5, 9):
            raise RuntimeError("out of memory")
        return predict(self, observation)

    monkeypatch.setattr(ConstantTurnRateAcceleration, "predict", sometimes)
    summary = _lockstep(small_bag, tmp_path / "out")
    assert summary["missed"] == {"no_prediction": 3}
    assert summary["dropped_by_node"]["vla_inference"] == {"policy_failed": 3}


def test_a_looped_bag_clears_the_buffers_and_goes_on(write_bag: WriteBag, tmp_path: Path) -> None:
    once = small_drive(image_s=3.0, odometry_s=3.0)
    later = 4 * SECOND_NS
    twice = [*once, *((topic, stamp_ns + later, message) for topic, stamp_ns, message in once)]
    _lockstep(write_bag(once, "once"), tmp_path / "once")
    _lockstep(write_bag(twice, "twice"), tmp_path / "twice")
    one, two = (_predictions(tmp_path / name) for name in ("once", "twice"))
    assert len(one) > 10 and two == one + one
    counters = read_recording(tmp_path / "twice" / "out.mcap").counters
    assert counters["camera_sync"]["clock_jumps"] == counters["ego_motion"]["clock_jumps"] == 1


def test_bytes_between_fields_are_zero() -> None:
    status = DiagnosticStatus(
        level=b"\x02", name="abc", message="d", values=[KeyValue(key="e", value="fgh")]
    )
    data = bytearray(serialize_message(status))
    once = canonical(bytes(data), "diagnostic_msgs/msg/DiagnosticStatus")
    # after the level and each text come gaps up to the next multiple of four
    for place in (5, 6, 7, 22, 23):
        data[place] = 0xA5
    assert canonical(bytes(data), "diagnostic_msgs/msg/DiagnosticStatus") == once
    assert deserialize_message(once, DiagnosticStatus) == status


def test_canonical_bytes_hold_the_same_message(small_bag: Path, tmp_path: Path) -> None:
    _lockstep(small_bag, tmp_path / "out")
    for data in _predictions(tmp_path / "out")[:3]:
        message = deserialize_message(data, Prediction)
        again = canonical(serialize_message(message), "alpamayo_msgs/msg/Prediction")
        assert again == data
        assert message.header.stamp != time_from_ns(0)
