# SPDX-License-Identifier: Apache-2.0
"""The numbers of a replay, each against a computation of its own."""

from __future__ import annotations

import csv
import itertools
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcap.reader import make_reader
from mcap_ros2.decoder import DecoderFactory

from alpamayo_ros import types as t
from alpamayo_ros.drives.accuracy import DrivenPath, average_over_ticks, displacement_errors
from alpamayo_ros.drives.inputs import DriveInputs, NoCameras, find_inputs, raster
from alpamayo_ros.drives.pandaset import import_pandaset
from alpamayo_ros.drives.record import PlanRow, Recording
from alpamayo_ros.drives.replay import replay
from alpamayo_ros.drives.summary import Latencies, Track, percentiles_ms, summarise
from alpamayo_ros.geometry import quaternion_from_yaw

START_NS = 1_700_000_000 * t.SECOND_NS
INPUTS = DriveInputs({"front_wide": "/camera/front_wide/image/compressed"}, {}, "front_wide", ())


def _prediction(t0_ns: int, speed: float, pose: t.Pose | None = None) -> t.Prediction:
    """Straight on at constant speed."""
    times = np.arange(1, 65) * 0.1
    trajectory = t.Trajectory(
        np.stack([speed * times, 0 * times, 0 * times], axis=1),
        0 * times, 0 * times + speed, 0 * times, 0 * times,
    )  # fmt: skip
    pose = pose or t.Pose(np.zeros(3), np.array((0.0, 0.0, 0.0, 1.0)))
    return t.Prediction(
        t0_ns, "ctra", "odom", pose, speed, (t.Candidate(trajectory, t.Trace("")),), 0, ""
    )


# -- displacement


@given(
    st.floats(0, 20), st.floats(0, 20), st.floats(-3, 3), st.floats(-1e4, 1e4), st.floats(-3, 3),
    st.integers(20, 90),
)  # fmt: skip
def test_displacement_is_that_of_two_straight_drives(
    predicted: float, driven: float, turn: float, offset: float, yaw: float, samples: int
) -> None:
    pose = t.Pose(np.array((offset, -offset, 3.0)), quaternion_from_yaw(yaw))
    stamps = [START_NS + k * 73_000_000 for k in range(samples)]
    path = DrivenPath.of("odom", [
        (stamp, offset + (d := driven * (stamp - START_NS) / 1e9) * math.cos(yaw + turn),
         -offset + d * math.sin(yaw + turn)) for stamp in stamps
    ])  # fmt: skip
    errors = displacement_errors(_prediction(START_NS, predicted, pose), path)
    for k, error in enumerate(errors, start=1):
        if START_NS + k * t.TICK_NS > stamps[-1]:
            assert math.isnan(error)
            continue
        there = 0.1 * k * np.array((predicted, 0.0))
        was = 0.1 * k * driven * np.array((math.cos(turn), math.sin(turn)))
        assert error == pytest.approx(float(np.linalg.norm(there - was)), abs=1e-6)


def test_only_futures_that_are_recorded_to_the_horizon_count() -> None:
    path = DrivenPath.of("odom", [(START_NS + k * t.TICK_NS, 0.1 * k, 0.0) for k in range(41)])
    rows = [
        displacement_errors(_prediction(START_NS + k * t.TICK_NS, 1.0), path) for k in (0, 20, 35)
    ]
    averages = average_over_ticks(rows)
    assert [averages[h][1] for h in (1.0, 3.0, 6.4)] == [2, 1, 0]
    assert averages[1.0][0] == pytest.approx((0.0 + 2.0) / 2)
    assert math.isnan(averages[6.4][0])


def test_nothing_is_interpolated_over_a_gap_or_in_another_frame() -> None:
    samples = [(START_NS + k * t.TICK_NS, 0.1 * k, 0.0) for k in range(80) if not 10 < k < 25]
    errors = displacement_errors(_prediction(START_NS, 1.0), DrivenPath.of("odom", samples))
    assert np.isfinite(errors[:10]).all() and np.isnan(errors[10:24]).all()
    assert np.isfinite(errors[24:]).all()
    elsewhere = displacement_errors(_prediction(START_NS, 1.0), DrivenPath.of("map", samples))
    assert np.isnan(elsewhere).all()


def test_positions_that_are_no_numbers_are_left_out() -> None:
    samples = [(START_NS, 0.0, 0.0), (START_NS + 5, math.nan, 0.0), (START_NS + 10, 1.0, 0.0)]
    at = DrivenPath.of("odom", samples).at(np.array([START_NS + 5]))
    assert at.tolist() == [[0.5, 0.0]]


# -- ticks


@given(st.lists(st.integers(5, 250), min_size=1, max_size=60))
def test_the_raster_never_comes_closer_than_half_a_tick(steps_ms: list[int]) -> None:
    stamps = (START_NS + np.cumsum(steps_ms) * 1_000_000).tolist()
    ticks = raster(stamps)
    assert set(ticks) <= set(stamps) and ticks[0] == stamps[0]
    assert all(b - a > t.TICK_NS // 2 for a, b in itertools.pairwise(ticks))
    # nor is a frame left out that would have made a tick of its own
    for a, b in zip(ticks, [*ticks[1:], stamps[-1] + 1], strict=True):
        between = [stamp for stamp in stamps if a < stamp < b]
        assert all(stamp - a <= 1.5 * t.TICK_NS for stamp in between)


# at 30 Hz the last frame is the nearest one to a raster point after the end
@pytest.mark.parametrize(("rate_hz", "expected"), [(10, 40), (20, 40), (30, 41), (5, 20)])
def test_a_fast_camera_offers_ten_ticks_a_second(rate_hz: int, expected: int) -> None:
    stamps = [START_NS + round(k * t.SECOND_NS / rate_hz) for k in range(4 * rate_hz)]
    assert len(raster(stamps)) == expected


def test_a_tick_is_where_a_frame_set_was() -> None:
    stamps = [START_NS + round(k * t.SECOND_NS / 30) for k in range(60)]
    used = stamps[4::3]
    assert set(used) <= set(raster(stamps, used))


def _drive(seconds: float = 4.0) -> tuple[Track, Recording]:
    t0s = [START_NS + k * t.TICK_NS for k in range(round(seconds * 10))]
    track = Track(
        {"front_wide": t0s}, START_NS, [(s, "odom", (s - START_NS) / 1e9, 0.0) for s in t0s]
    )
    recording = Recording()
    for t0 in t0s[15:]:
        recording.frame_sets[t0] = t.FrameSet(t0, "front_wide", ())
        recording.predictions[t0] = _prediction(t0, 1.0)
    return track, recording


def _history(t0_ns: int, reason: str) -> t.EgoHistory:
    nan = math.nan
    return t.EgoHistory(
        t0_ns, not reason, reason, t.EgoSource.ODOMETRY, np.zeros((16, 3)), np.zeros((16, 4)),
        "odom", t.Pose(np.zeros(3), np.zeros(4)), nan, nan, nan, nan, nan, nan,
    )  # fmt: skip


def _summary(track: Track, recording: Recording) -> dict[str, Any]:
    summary, _, _ = summarise(INPUTS, track, recording, Latencies(), {"bag": "drive"})
    return summary


def test_the_first_ticks_are_warm_up_and_no_ticks() -> None:
    summary = _summary(*_drive())
    assert (summary["ticks"], summary["predictions"]) == (25, 25)
    assert summary["dropped"] == {"warm_up": 15} and summary["missed"] == {}


def test_every_missed_tick_has_one_reason() -> None:
    track, recording = _drive()
    gone = sorted(recording.predictions)[3:8]
    for t0 in gone:
        del recording.predictions[t0]
    del recording.frame_sets[gone[0]]
    recording.histories[gone[1]] = _history(gone[1], "ODOMETRY_GAP: 0.34 s > 0.25 s at t0-1.2 s")
    recording.histories[gone[2]] = _history(gone[2], "SPEED_MISMATCH: 3 m/s, 5 m/s")
    recording.histories[gone[3]] = _history(gone[3], "")
    summary = _summary(track, recording)
    assert summary["ticks"] == summary["predictions"] + len(gone)
    assert summary["missed"] == {
        "no_frame_set": 1, "odometry_gap": 1, "speed_mismatch": 1, "no_prediction": 1,
        "no_ego_history": 1,
    }  # fmt: skip


def test_what_was_dropped_in_the_warm_up_is_not_counted_twice() -> None:
    track, recording = _drive()
    early = track.image_stamps_ns["front_wide"][:15]
    for t0 in early[3:]:
        recording.frame_sets[t0] = t.FrameSet(
            t0, "front_wide", (), {"cross_left": "no_history: no frame yet"}
        )
        recording.histories[t0] = _history(t0, "ODOMETRY_SHORT: 0.5 s < 1.5 s")
    recording.counters = {
        "camera_sync": {"dropped.set_no_history": 3, "dropped.no_history": 14, "received": 9},
        "vla_inference": {"dropped.odometry_short": 12, "skipped": 2, "prediction": 25},
    }
    summary = _summary(track, recording)
    assert summary["dropped"] == {"warm_up": 15, "no_history": 2, "skipped": 2}
    assert summary["dropped_by_node"] == {
        "camera_sync": {"no_history": 2}, "vla_inference": {"skipped": 2}
    }  # fmt: skip


def test_plans_are_counted_by_source() -> None:
    track, recording = _drive()
    for k, source in enumerate((t.PlanSource.MODEL, t.PlanSource.MODEL, t.PlanSource.STOP)):
        at = START_NS + k * 3 * t.SECOND_NS
        recording.plans.append(PlanRow(at, at, None, source, ""))
    summary = _summary(track, recording)
    assert summary["plan_sources"] == {"MODEL": 2, "LAST_VALID": 0, "STOP": 1}
    assert summary["plan_sources_after_last_image"] == {"MODEL": 0, "LAST_VALID": 0, "STOP": 1}


def test_percentiles_are_in_milliseconds() -> None:
    assert percentiles_ms({k: k / 1000 for k in range(101)}) == {"p50": 50, "p95": 95, "p99": 99}
    assert percentiles_ms({}) == {"p50": None, "p95": None, "p99": None}


# -- inputs


def test_outputs_and_strangers_in_a_bag_are_not_fed() -> None:
    topics = {
        "/camera/front_wide/image/compressed": "sensor_msgs/msg/CompressedImage",
        "/camera/rear_tele/image_raw": "sensor_msgs/msg/Image",
        "/camera/front_wide/camera_info": "sensor_msgs/msg/CameraInfo",
        "/odometry": "nav_msgs/msg/Odometry",
        "/ego_odometry": "nav_msgs/msg/Odometry",
        "/plan": "alpamayo_msgs/msg/Plan",
        "/imu": "std_msgs/msg/String",
        "/lidar": "sensor_msgs/msg/PointCloud2",
    }
    inputs = find_inputs(topics, {}, "drive")
    assert list(inputs.cameras) == ["front_wide", "rear_tele"] and inputs.anchor == "front_wide"
    assert set(inputs.types) == {
        "/camera/front_wide/image/compressed", "/camera/rear_tele/image_raw",
        "/camera/front_wide/camera_info", "/odometry",
    }  # fmt: skip
    assert inputs.parameters()["cameras.rear_tele.transport"] == "raw"


def test_a_params_file_names_topics_and_anchor() -> None:
    topics = {"/sensing/left": "sensor_msgs/msg/Image"}
    chosen = {"camera_roles": ["cross_left"], "cameras.cross_left.topic": "sensing/left"}
    assert find_inputs(topics, chosen, "drive").cameras == {"cross_left": "/sensing/left"}
    with pytest.raises(NoCameras, match="anchor 'front_wide' is not in drive"):
        find_inputs(topics, {**chosen, "anchor": "front_wide"}, "drive")
    with pytest.raises(NoCameras, match="no camera topics in drive"):
        find_inputs(topics, {}, "drive")


# -- a real drive


def _ego(drives: Path) -> dict[str, np.ndarray[Any, Any]]:
    with (drives / "pandaset_002_a" / "ego.csv").open() as file:
        rows = list(csv.DictReader(file))
    names = ("x_m", "y_m", "yaw_rad", "v_forward_mps")
    table = {name: np.array([float(row[name]) for row in rows]) for name in names}
    # microseconds as integers, because seconds since 1970 lose them as floats
    seconds = [row["t_unix_s"].split(".") for row in rows]
    table["us"] = np.array([int(a) * 1_000_000 + int(b.ljust(6, "0")) for a, b in seconds])
    return table


def _waypoints(recording: Path) -> dict[int, np.ndarray[Any, Any]]:
    """Waypoints (64, 2) in the odometry frame by t0 [us], read without any code of ours."""
    found = {}
    with recording.open("rb") as file:
        reader = make_reader(file, decoder_factories=[DecoderFactory()])
        for _, _, _, message in reader.iter_decoded_messages(topics=["/prediction"]):
            pose, stamp = message.ego_pose, message.header.stamp
            w, v = pose.orientation.w, pose.orientation
            axis = np.array((v.x, v.y, v.z))
            rows = []
            for point in message.candidates[message.selected].points:
                p = np.array([getattr(point.pose.position, name) for name in "xyz"])
                turned = p + 2 * np.cross(axis, np.cross(axis, p) + w * p)
                rows.append((turned[0] + pose.position.x, turned[1] + pose.position.y))
            found[stamp.sec * 1_000_000 + stamp.nanosec // 1000] = np.array(rows)
    return found


def _ctra(ego: dict[str, np.ndarray[Any, Any]], t0_us: int) -> np.ndarray[Any, Any]:
    """Constant turn rate and acceleration from ego.csv alone, integrated in steps of 1 ms."""
    times = (ego["us"] - t0_us) / 1e6
    speed = float(np.interp(0.0, times, ego["v_forward_mps"]))
    window = np.linspace(-0.5, 0.0, 26)
    slope = float(np.polyfit(window, np.interp(window, times, ego["v_forward_mps"]), 1)[0])
    rates = np.gradient(np.unwrap(ego["yaw_rad"]), ego["us"] / 1e6)
    rate = float(np.interp(0.0, times, rates))
    x, y, yaw = (float(np.interp(0.0, times, ego[name])) for name in ("x_m", "y_m", "yaw_rad"))
    way = []
    for step in range(1, 6401):
        v = max(0.0, max(speed, 0.0) + slope * (step - 0.5) / 1000)
        # below 1 m/s the turn rate fades, so that a standing vehicle does not turn
        yaw += rate * min(v, 1.0) / 1000
        x, y = x + v * math.cos(yaw) / 1000, y + v * math.sin(yaw) / 1000
        if step % 100 == 0:
            way.append((x, y))
    return np.array(way)


def _ade(ego: dict[str, np.ndarray[Any, Any]], ways: dict[int, Any], horizon_s: float) -> float:
    """Mean over ticks whose future is recorded, against ego.csv."""
    count = round(horizon_s * 10)
    errors = []
    for t0_us, way in ways.items():
        at = t0_us + 100_000 * np.arange(1, count + 1)
        if at[-1] > ego["us"][-1]:
            continue
        since = ego["us"] - t0_us
        was = np.stack([np.interp(at - t0_us, since, ego[name]) for name in ("x_m", "y_m")], axis=1)
        errors.append(np.linalg.norm(way[:count] - was, axis=1).mean())
    return float(np.mean(errors))


def test_ade_of_a_real_drive_is_what_ego_csv_gives(drives: Path, tmp_path: Path) -> None:
    import_pandaset(drives / "pandaset_002_a", tmp_path / "bag")
    summary = replay(tmp_path / "bag", tmp_path / "out", lockstep=True, progress=False)
    assert summary["predictions"] == summary["ticks"] == 28
    ego = _ego(drives)
    ways = _waypoints(tmp_path / "out" / "out.mcap")
    assert len(ways) == 28
    for horizon in (1.0, 3.0):
        reported = summary["ade_m"][f"{horizon:.1f}"]
        # the metric, to rounding; then the whole chain from ego.csv, to a few centimetres
        assert reported == pytest.approx(_ade(ego, ways, horizon), abs=1e-6)
        independent = _ade(ego, {t0: _ctra(ego, t0) for t0 in ways}, horizon)
        assert reported == pytest.approx(independent, abs=0.03)
    assert summary["ade_m"]["6.4"] is None and summary["ade_ticks"]["6.4"] == 0
    # the phases of the cameras, 18 to 100 ms before the ego stamp, as the selection leaves them
    assert summary["frame_errors_ms"]["rear_tele"]["largest"] < 50.0
    assert summary["missed"] == {}
