# SPDX-License-Identifier: Apache-2.0
"""The ego history: poses at exact times, and why it is invalid when it is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from ego.motions import START_NS, Motion, filled, motions, regular, stamps
from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.ego.history import CAPACITY, EgoBuffer
from alpamayo_ros.ego.samples import EgoSample, SampleRejected
from alpamayo_ros.ego.validation import EgoSettings
from alpamayo_ros.geometry import quaternion_from_yaw, quaternion_multiply
from alpamayo_ros.types import SECOND_NS, ClockJumped, EgoSource, Pose

MS = 1_000_000
NOW = START_NS + 1_950 * MS


# -- what a valid history says


def test_history_of_a_straight_drive_is_where_the_vehicle_was() -> None:
    history = filled(Motion(speed=10.0, heading=1.0).samples(regular(100))).history(NOW)
    assert (history.valid, history.reason) == (True, "")
    np.testing.assert_allclose(history.positions[:, 0], np.arange(-15, 1) * 1.0, atol=1e-6)
    np.testing.assert_allclose(history.positions[:, 1:], 0.0, atol=1e-6)
    assert history.speed == pytest.approx(10.0)
    assert history.implied_speed == pytest.approx(10.0)
    assert history.acceleration == pytest.approx(0.0, abs=1e-9)
    assert history.largest_gap_s == pytest.approx(0.01)
    assert history.extrapolation_s == 0.0


def test_history_in_a_left_turn_lies_to_the_left_behind() -> None:
    history = filled(Motion(speed=5.0, yaw_rate=0.4).samples(regular(50))).history(NOW)
    assert history.valid
    assert history.positions[0, 0] < -6.0
    assert history.positions[0, 1] > 2.0  # the circle's centre is on the left
    assert history.quaternions[0, 2] < 0  # it was pointing more to the right
    assert history.yaw_rate == pytest.approx(0.4)


def test_acceleration_and_speed_are_those_at_t0() -> None:
    t = np.array(1.95)
    motion = Motion(speed=10.0, speed_swing=3.0, frequency=0.3)
    history = filled(motion.samples(regular(100))).history(NOW)
    assert history.speed == pytest.approx(float(motion.speed_at(t)), abs=1e-3)
    # the slope over the last 0.5 s is the acceleration 0.25 s ago
    assert history.acceleration == pytest.approx(float(motion.acceleration_at(t - 0.25)), abs=0.01)


def test_reversing_has_a_negative_speed() -> None:
    history = filled(Motion(speed=-2.0).samples(regular(20))).history(NOW)
    assert history.valid
    assert history.speed == pytest.approx(-2.0)
    assert history.implied_speed == pytest.approx(-2.0)
    assert history.positions[0, 0] == pytest.approx(3.0)


def test_pitched_road_keeps_its_height() -> None:
    climb = np.array((0.0, -np.sin(0.05), 0.0, np.cos(0.05)))  # nose up by 0.1 rad
    samples = [
        dataclasses.replace(
            sample,
            pose=Pose(
                np.array((np.cos(0.1), 0.0, np.sin(0.1))) * sample.pose.position[0],
                quaternion_multiply(sample.pose.quaternion, climb),
            ),
        )
        for sample in Motion().samples(regular(100))
    ]
    history = filled(samples).history(NOW)
    assert history.valid
    np.testing.assert_allclose(history.positions[:, 2], 0.0, atol=1e-6)
    assert history.ego_pose.position[2] == pytest.approx(np.sin(0.1) * 19.5)


def test_twist_that_is_not_measured_is_found_from_the_poses() -> None:
    motion = Motion(speed=8.0, speed_swing=2.0, yaw_rate=0.3, frequency=0.5)
    t = np.array(1.95)
    history = filled(
        motion.samples(regular(50), measured=False), EgoBuffer(source=EgoSource.TF)
    ).history(NOW)
    assert history.valid
    assert history.source == EgoSource.TF
    assert history.speed == pytest.approx(float(motion.speed_at(t)), abs=0.05)
    assert history.acceleration == pytest.approx(float(motion.acceleration_at(t)), abs=0.2)
    assert history.yaw_rate == pytest.approx(0.3, abs=1e-3)


@settings(max_examples=60, deadline=None)
@given(motions(), stamps(), st.integers(1_600, 3_000))
def test_whatever_the_rate_a_valid_history_is_near_the_truth(
    motion: Motion, taken: list[int], t0_ms: int
) -> None:
    limits = EgoSettings()
    history = filled(motion.samples(taken)).history(START_NS + t0_ms * MS)
    assert history.valid == (history.reason == "")
    np.testing.assert_array_equal(history.positions[-1], 0.0)
    np.testing.assert_array_equal(history.quaternions[-1], (0.0, 0.0, 0.0, 1.0))
    if not history.valid:
        assert history.reason.split(":")[0] in ("ODOMETRY_GAP", "ODOMETRY_LATE")
        return
    assert history.largest_gap_s <= limits.max_gap_s
    assert history.extrapolation_s <= limits.max_extrapolation_s
    # a spline over 0.25 s and an extrapolation over 0.1 s, at 8 m/s^2
    assert motion.position_errors(history).max() < 0.05
    np.testing.assert_allclose(np.linalg.norm(history.quaternions, axis=1), 1.0)


@settings(max_examples=40, deadline=None)
@given(motions(), st.floats(10.0, 250.0), st.integers(1_600, 1_900))
def test_a_regular_source_is_always_valid_and_exact(
    motion: Motion, rate: float, t0_ms: int
) -> None:
    history = filled(motion.samples(regular(rate, 2.1))).history(START_NS + t0_ms * MS)
    assert history.valid, history.reason
    assert motion.position_errors(history).max() < 0.01


# -- what makes it invalid


def test_without_odometry_it_says_so() -> None:
    history = EgoBuffer().history(NOW)
    assert not history.valid
    assert history.reason == "NO_ODOMETRY: no sample was received"


def test_late_odometry_is_named_with_the_delay() -> None:
    buffer = filled(Motion().samples(regular(100)))
    assert buffer.history(START_NS + 2_100 * MS).valid
    history = buffer.history(START_NS + 2_101 * MS)
    assert not history.valid
    assert history.reason == "ODOMETRY_LATE: the newest sample is 0.101 s > 0.1 s before t0"


def test_short_history_is_named_with_its_length() -> None:
    buffer = filled(Motion().samples(regular(100)))
    assert buffer.history(START_NS + 1_500 * MS).valid
    history = buffer.history(START_NS + 840 * MS)
    assert history.reason == "ODOMETRY_SHORT: samples begin 0.840 s < 1.5 s before t0"


def test_gap_is_named_with_its_place() -> None:
    taken = [s for s in regular(100) if not 1_000 * MS < s - START_NS < 1_340 * MS]
    history = filled(Motion().samples(taken)).history(NOW)
    assert history.reason == "ODOMETRY_GAP: gap 0.340 s > 0.25 s at t0-0.95 s"
    assert history.largest_gap_s == pytest.approx(0.34)


def test_gap_before_the_history_does_not_matter() -> None:
    taken = [s for s in regular(100) if not 0 < s - START_NS < 400 * MS]
    assert filled(Motion().samples(taken)).history(START_NS + 1_900 * MS).valid
    assert not filled(Motion().samples(taken)).history(START_NS + 1_890 * MS).valid


@pytest.mark.parametrize("every", [3, 2])
def test_lost_samples_within_the_gap_limit_are_valid(every: int) -> None:
    taken = [s for i, s in enumerate(regular(20)) if i % every != 1]
    assert filled(Motion().samples(taken)).history(NOW).valid


def test_position_jump_is_named() -> None:
    samples = Motion().samples(regular(100))
    moved = [
        dataclasses.replace(
            s, pose=Pose(s.pose.position + np.array((0.0, 0.8, 0.0)), s.pose.quaternion)
        )
        if s.stamp_ns > START_NS + 1_200 * MS
        else s
        for s in samples
    ]
    history = filled(moved).history(NOW)
    assert history.reason.startswith("ODOMETRY_JUMP: position moved 0.81 m in 0.010 s at 10.00 m/s")
    assert "at t0-0.75 s" in history.reason


def test_orientation_jump_is_named() -> None:
    samples = Motion().samples(regular(20))
    samples[25] = dataclasses.replace(
        samples[25], pose=Pose(samples[25].pose.position, quaternion_from_yaw(0.5))
    )
    history = filled(samples).history(NOW)
    assert history.reason.startswith("ODOMETRY_JUMP: orientation turned 0.50 rad in 0.050 s")


def test_jump_is_found_when_the_speed_is_not_measured() -> None:
    samples = Motion(speed=15.0).samples(regular(10, 3.0), measured=False)
    moved = [
        dataclasses.replace(
            s, pose=Pose(s.pose.position + np.array((1.0, 0.0, 0.0)), s.pose.quaternion)
        )
        if s.stamp_ns > START_NS + 2_000 * MS
        else s
        for s in samples
    ]
    history = filled(moved, EgoBuffer(source=EgoSource.TF)).history(START_NS + 2_950 * MS)
    assert history.reason.startswith("ODOMETRY_JUMP")


@pytest.mark.parametrize("scale", [0.8, 1.25, 0.0, -1.0])
def test_speed_of_the_wrong_scale_is_a_mismatch_with_both_values(scale: float) -> None:
    samples = [
        dataclasses.replace(s, speed=s.speed * scale)
        for s in Motion(speed=20.0).samples(regular(50))
    ]
    history = filled(samples).history(NOW)
    assert not history.valid
    assert history.reason.startswith(
        f"SPEED_MISMATCH: the poses imply 20.00 m/s, measured {20 * scale:.2f} m/s"
    )
    assert history.implied_speed == pytest.approx(20.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("speed", [1e308, -1e308])
def test_numbers_that_overflow_are_not_valid(speed: float) -> None:
    samples = [dataclasses.replace(s, speed=speed) for s in Motion().samples(regular(50))]
    assert not filled(samples).history(NOW).valid


def test_standstill_with_noise_is_valid() -> None:
    random = np.random.default_rng(1)
    samples = [
        EgoSample(
            stamp, "odom", Pose(random.normal(0, 0.02, 3), np.array((0.0, 0.0, 0.0, 1.0))),
            float(random.normal(0, 0.05)), float(random.normal(0, 0.01)),
        )
        for stamp in regular(100, 6.0)
    ]  # fmt: skip
    buffer = filled(samples)
    for t0_ms in range(2_100, 6_000, 37):
        history = buffer.history(START_NS + t0_ms * MS)
        assert history.valid, history.reason


@pytest.mark.parametrize(
    ("reason", "name"), [("not_finite", "ODOMETRY_NOT_FINITE"), ("wrong_frame", "WRONG_FRAME")]
)
def test_a_gap_names_the_samples_that_were_not_taken(reason: str, name: str) -> None:
    buffer = EgoBuffer()
    for sample in Motion().samples(regular(100)):
        if 1_000 * MS < sample.stamp_ns - START_NS < 1_300 * MS:
            buffer.reject(SampleRejected(reason, sample.stamp_ns, "position is (nan, 0, 0)"))
        else:
            buffer.add(sample)
    history = buffer.history(NOW)
    assert history.reason == (
        f"{name}: position is (nan, 0, 0) at t0-0.66 s, so ODOMETRY_GAP: "
        "gap 0.300 s > 0.25 s at t0-0.95 s"
    )


def test_a_sample_that_is_not_missed_does_not_make_a_history_invalid() -> None:
    buffer = filled(Motion().samples(regular(100)))
    buffer.reject(SampleRejected("not_finite", START_NS + 1_005 * MS, "position is nan"))
    assert buffer.history(NOW).valid


# -- order of samples


def test_duplicate_and_older_samples_are_not_taken() -> None:
    samples = Motion().samples(regular(100))
    buffer = filled(samples)
    with pytest.raises(SampleRejected, match="two of odometry") as duplicate:
        buffer.add(samples[-1])
    with pytest.raises(SampleRejected, match=r"0\.030 s behind") as older:
        buffer.add(samples[-4])
    assert (duplicate.value.reason, older.value.reason) == ("duplicate_stamp", "out_of_order")
    assert buffer.newest_ns == samples[-1].stamp_ns


def test_a_sample_long_before_the_newest_is_a_jump_of_the_clock() -> None:
    samples = Motion().samples(regular(100, 3.0))
    buffer = filled(samples)
    with pytest.raises(ClockJumped, match=r"went back by 3\.000 s"):
        buffer.add(samples[0])
    buffer.reset()
    assert buffer.newest_ns is None
    assert filled(samples, buffer).history(NOW).valid


def test_the_buffer_holds_the_newest_samples_only() -> None:
    motion = Motion(speed=1.0)
    times = [START_NS + i * MS for i in range(3 * CAPACITY)]
    buffer = filled(
        EgoSample(t, "odom", Pose(np.array(((t - START_NS) / SECOND_NS, 0.0, 0.0)),
                                  quaternion_from_yaw(0.0)), motion.speed, 0.0)
        for t in times
    )  # fmt: skip
    assert buffer.history(times[-1]).valid
    assert buffer.history(times[-CAPACITY] + 1_500 * MS).valid
    assert buffer.history(times[-CAPACITY - 1] + 1_490 * MS).reason.startswith("ODOMETRY_SHORT")


def test_state_is_the_newest_sample() -> None:
    assert EgoBuffer().state() is None
    samples = Motion(speed=3.0, yaw_rate=0.2).samples(regular(10))
    state = filled(samples).state()
    assert state is not None
    assert (state.stamp_ns, state.odometry_frame) == (samples[-1].stamp_ns, "odom")
    assert (state.speed, state.yaw_rate) == pytest.approx((3.0, 0.2))
    np.testing.assert_array_equal(state.pose.position, samples[-1].pose.position)


def test_coming_to_rest_is_not_extrapolated_into_reverse() -> None:
    stopping = [
        EgoSample(
            stamp, "odom",
            Pose(np.array((-1.5 * max(0.0, 2.02 - t) ** 2, 0.0, 0.0)), quaternion_from_yaw(0.0)),
            3.0 * (2.02 - t), 0.0,
        )
        for stamp in regular(50)
        for t in ((stamp - START_NS) / SECOND_NS,)
    ]  # fmt: skip
    history = filled(stopping).history(START_NS + 2_100 * MS)
    assert history.valid
    assert history.speed == 0.0
    assert history.ego_pose.position[0] == pytest.approx(0.0, abs=1e-9)
