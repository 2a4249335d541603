# SPDX-License-Identifier: Apache-2.0
"""Odometry, transforms and twist + IMU: what is taken, what is rejected, what comes out."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from ego.motions import START_NS, Motion, filled, regular
from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.ego.dead_reckoning import TwistImuIntegrator
from alpamayo_ros.ego.history import EgoBuffer
from alpamayo_ros.ego.odometry import OdometryReading, OdometrySource
from alpamayo_ros.ego.samples import EgoSample, SampleRejected
from alpamayo_ros.ego.tracker import EgoTracker
from alpamayo_ros.ego.transforms import TransformReading, TransformSource
from alpamayo_ros.types import SECOND_NS, ClockJumped, ConfigurationError, EgoSource

MS = 1_000_000
UPRIGHT = (0.0, 0.0, 0.0, 1.0)


# -- odometry

GOOD = OdometryReading(START_NS, "odom", "base_link", (1.0, 2.0, 3.0), UPRIGHT, 4.0, 0.5)


def test_good_odometry_becomes_a_sample() -> None:
    sample = OdometrySource("odom", "base_link").read(GOOD)
    assert (sample.stamp_ns, sample.odometry_frame) == (START_NS, "odom")
    assert (sample.speed, sample.yaw_rate, sample.twist_measured) == (4.0, 0.5, True)
    np.testing.assert_array_equal(sample.pose.position, (1.0, 2.0, 3.0))


@pytest.mark.parametrize(
    ("change", "reason", "detail"),
    [
        ({"frame_id": "map"}, "wrong_frame", "frame_id is 'map', expected 'odom'"),
        ({"child_frame_id": ""}, "wrong_frame", "child_frame_id is '', expected 'base_link'"),
        ({"position": (math.nan, 0, 0)}, "not_finite", "position is (nan, 0, 0)"),
        ({"position": (0, math.inf, 0)}, "not_finite", "position is (0, inf, 0)"),
        ({"quaternion": (0, 0, 0, 0)}, "not_finite", "norm 0 instead of 1"),
        ({"quaternion": (0, 0, math.nan, 1)}, "not_finite", "norm nan instead of 1"),
        ({"quaternion": (0, 0, 0, 3)}, "not_finite", "norm 3 instead of 1"),
        ({"speed": math.nan}, "not_finite", "speed is nan"),
        ({"yaw_rate": -math.inf}, "not_finite", "yaw rate is -inf"),
        ({"stamp_ns": 0}, "unstamped", "stamp is 0"),
    ],
)
def test_bad_odometry_is_rejected_with_the_reason(
    change: dict[str, object], reason: str, detail: str
) -> None:
    with pytest.raises(SampleRejected) as rejected:
        OdometrySource("odom", "base_link").read(dataclasses.replace(GOOD, **change))
    assert rejected.value.reason == reason
    assert detail in str(rejected.value)


def test_frames_that_are_not_configured_are_those_seen_first() -> None:
    source = OdometrySource("", "")
    with pytest.raises(SampleRejected):  # does not decide the frame: it is no sample
        source.read(dataclasses.replace(GOOD, frame_id="wrong", speed=math.nan))
    source.read(GOOD)
    with pytest.raises(SampleRejected, match="frame_id is 'map', expected 'odom'"):
        source.read(dataclasses.replace(GOOD, frame_id="map"))
    source.reset()
    assert source.read(dataclasses.replace(GOOD, frame_id="map")).odometry_frame == "map"


def test_a_leading_slash_is_no_other_frame() -> None:
    sample = OdometrySource("odom", "/base_link").read(dataclasses.replace(GOOD, frame_id="/odom"))
    assert sample.odometry_frame == "odom"


def test_a_quaternion_is_normalised() -> None:
    sample = OdometrySource("odom", "base_link").read(
        dataclasses.replace(GOOD, quaternion=(0.0, 0.0, 0.0, 1.01))
    )
    np.testing.assert_allclose(sample.pose.quaternion, UPRIGHT)


# -- transforms


def transform(
    stamp_ns: int, parent: str, child: str, x: float = 0.0, y: float = 0.0, yaw: float = 0.0
) -> TransformReading:
    rotation = (0.0, 0.0, math.sin(yaw / 2), math.cos(yaw / 2))
    return TransformReading(stamp_ns, parent, child, (x, y, 0.0), rotation)


def test_one_moving_transform_gives_poses_and_speed() -> None:
    source = TransformSource("odom", "base_link", 0.25)
    samples: list[EgoSample] = []
    motion = Motion(speed=6.0, yaw_rate=0.2)
    for true in motion.samples(regular(50)):
        reading = TransformReading(
            true.stamp_ns, "odom", "base_link", true.pose.position, true.pose.quaternion
        )
        samples += source.read(reading)
    assert not any(sample.twist_measured for sample in samples)
    assert samples[0].stamp_ns == START_NS + 60 * MS  # a speed needs two poses some time apart
    assert all(sample.speed == pytest.approx(6.0, abs=0.01) for sample in samples)
    assert all(sample.yaw_rate == pytest.approx(0.2, abs=1e-6) for sample in samples)
    history = filled(samples, EgoBuffer(source=EgoSource.TF)).history(START_NS + 1_990 * MS)
    assert history.valid
    assert history.speed == pytest.approx(6.0, abs=0.01)


def test_static_transforms_are_composed() -> None:
    source = TransformSource("odom", "base_link", 0.25)
    source.read_static(transform(0, "map", "odom", x=100.0))
    source.read_static(transform(0, "imu", "base_link", x=-1.0))
    samples: list[EgoSample] = []
    for stamp in regular(20, 0.5):
        x = (stamp - START_NS) / SECOND_NS
        samples += source.read(transform(stamp, "odom", "imu", x=x, yaw=math.pi / 2))
    np.testing.assert_allclose(samples[-1].pose.position, (0.5, -1.0, 0.0), atol=1e-12)
    assert samples[-1].odometry_frame == "odom"


def test_two_moving_transforms_of_different_rates_are_brought_together() -> None:
    source = TransformSource("map", "base_link", 0.25)
    readings = [transform(s, "map", "odom", x=(s - START_NS) / SECOND_NS) for s in regular(10)]
    readings += [transform(s, "odom", "base_link", x=(s - START_NS) / SECOND_NS)
                 for s in regular(100)]  # fmt: skip
    samples: list[EgoSample] = []
    for reading in sorted(readings, key=lambda reading: reading.stamp_ns):
        samples += source.read(reading)
    assert [s.stamp_ns for s in samples] == regular(100)[5:]
    for sample in samples:
        x = 2 * (sample.stamp_ns - START_NS) / SECOND_NS
        assert sample.pose.position[0] == pytest.approx(x)
        assert sample.speed == pytest.approx(2.0)


def test_a_gap_of_one_of_two_transforms_stays_a_gap() -> None:
    source = TransformSource("map", "base_link", 0.25)
    slow = [s for s in regular(10) if not 800 * MS < s - START_NS < 1_400 * MS]
    readings = [transform(s, "map", "odom") for s in slow]
    readings += [transform(s, "odom", "base_link") for s in regular(100)]
    samples: list[EgoSample] = []
    for reading in sorted(readings, key=lambda reading: reading.stamp_ns):
        samples += source.read(reading)
    history = filled(samples, EgoBuffer(source=EgoSource.TF)).history(START_NS + 2_000 * MS)
    assert history.reason.startswith("ODOMETRY_GAP: gap 0.600 s")


def test_frames_beside_the_chain_do_not_matter() -> None:
    source = TransformSource("odom", "base_link", 0.25)
    for stamp in regular(20, 0.5):
        source.read(transform(stamp, "odom", "base_link"))
        assert source.read(transform(stamp, "base_link", "wheel")) == []
        assert source.read(transform(stamp, "base_link", "wheel", x=math.nan)) == []


def test_a_base_frame_that_stays_below_another_root_is_a_wrong_frame() -> None:
    source = TransformSource("odom", "base_link", 0.25)
    for stamp in regular(20, 1.0):
        assert source.read(transform(stamp, "map", "base_link")) == []
    with pytest.raises(SampleRejected, match="no transforms from 'odom' to 'base_link'") as wrong:
        source.read(transform(START_NS + 1_050 * MS, "map", "base_link"))
    assert wrong.value.reason == "wrong_frame"
    source.read_static(transform(0, "odom", "map"))
    assert source.read(transform(START_NS + 1_100 * MS, "map", "base_link"))


def test_a_loop_of_transforms_is_no_chain() -> None:
    source = TransformSource("odom", "base_link", 0.25)
    for stamp in regular(20, 0.5):
        assert source.read(transform(stamp, "base_link", "a")) == []
        assert source.read(transform(stamp, "a", "base_link")) == []


def test_repeated_and_old_transforms_are_rejected_and_time_set_back_is_told() -> None:
    source = TransformSource("odom", "base_link", 0.25)
    for stamp in regular(20):
        source.read(transform(stamp, "odom", "base_link"))
    with pytest.raises(SampleRejected) as repeated:
        source.read(transform(START_NS + 2_000 * MS, "odom", "base_link"))
    with pytest.raises(SampleRejected) as old:
        source.read(transform(START_NS + 1_700 * MS, "odom", "base_link"))
    assert (repeated.value.reason, old.value.reason) == ("duplicate_stamp", "out_of_order")
    with pytest.raises(ClockJumped):
        source.read(transform(START_NS, "odom", "base_link"))
    source.reset()
    assert source.read(transform(START_NS, "odom", "base_link")) == []


def test_transforms_need_names_for_both_ends() -> None:
    with pytest.raises(ConfigurationError, match="two ends"):
        TransformSource("", "base_link", 0.25)


# -- twist and IMU


def reckon(
    integrator: TwistImuIntegrator, motion: Motion, twists: list[int], gyros: list[int]
) -> list[EgoSample]:
    def at(stamp: int) -> np.ndarray:
        return np.array((stamp - START_NS) / SECOND_NS)

    samples: list[EgoSample] = []
    for stamp, is_gyro in sorted([(s, False) for s in twists] + [(s, True) for s in gyros]):
        if is_gyro:
            rate = float(motion.yaw_rate_at(at(stamp)))
            samples += integrator.read_imu(stamp, "imu_link", rate)
        else:
            speed = float(motion.speed_at(at(stamp)))
            samples += integrator.read_twist(stamp, "base_link", speed)
    return samples


@settings(max_examples=25, deadline=None)
@given(
    st.floats(-5.0, 30.0), st.floats(-0.25, 0.25), st.floats(-0.2, 0.2),
    st.floats(20.0, 120.0), st.floats(20.0, 120.0),
)  # fmt: skip
def test_dead_reckoning_follows_the_true_path(
    speed: float, yaw_rate: float, swing: float, twist_hz: float, gyro_hz: float
) -> None:
    motion = Motion(speed=speed, speed_swing=2.0, yaw_rate=yaw_rate, yaw_swing=swing)
    integrator = TwistImuIntegrator("odom", "base_link", 0.25)
    samples = reckon(integrator, motion, regular(twist_hz, 2.1), regular(gyro_hz, 2.1))
    history = filled(samples, EgoBuffer(source=EgoSource.TWIST_IMU)).history(START_NS + 2_000 * MS)
    assert history.valid, history.reason
    assert motion.position_errors(history).max() < 0.03
    stamps = [sample.stamp_ns for sample in samples]
    assert stamps == sorted(set(stamps))


def test_a_gap_of_the_speed_stays_a_gap() -> None:
    twists = [s for s in regular(50) if not 1_000 * MS < s - START_NS < 1_500 * MS]
    integrator = TwistImuIntegrator("odom", "base_link", 0.25)
    samples = reckon(integrator, Motion(), twists, regular(100))
    history = filled(samples, EgoBuffer(source=EgoSource.TWIST_IMU)).history(START_NS + 1_990 * MS)
    assert history.reason.startswith("ODOMETRY_GAP: gap 0.500 s")
    # the integral goes on over the gap
    assert samples[-1].pose.position[0] == pytest.approx(20.0)


def test_a_second_imu_and_a_speed_of_another_frame_are_rejected() -> None:
    integrator = TwistImuIntegrator("odom", "base_link", 0.25)
    integrator.read_imu(START_NS, "imu_link", 0.0)
    with pytest.raises(SampleRejected, match="expected 'imu_link'"):
        integrator.read_imu(START_NS + MS, "other_imu", 0.0)
    with pytest.raises(SampleRejected, match="expected 'base_link'"):
        integrator.read_twist(START_NS, "rear_axle", 1.0)
    with pytest.raises(SampleRejected, match="twist is nan"):
        integrator.read_twist(START_NS, "base_link", math.nan)


# -- all of it together


def test_rejected_samples_are_reported_and_explain_the_gap() -> None:
    rejections: list[SampleRejected] = []
    tracker = EgoTracker(EgoSource.ODOMETRY, "odom", "base_link", 30 * MS, rejections.append)
    for stamp in regular(50):
        bad = 1_000 * MS <= stamp - START_NS <= 1_400 * MS
        x = math.nan if bad else 4.0 * (stamp - START_NS) / SECOND_NS
        reading = dataclasses.replace(GOOD, stamp_ns=stamp, position=(x, 0, 0), yaw_rate=0.0)
        assert tracker.take_odometry(reading, now_ns=stamp) == []
    (history,) = tracker.request(START_NS + 1_990 * MS, now_ns=0)
    assert history.reason.startswith("ODOMETRY_NOT_FINITE: position is (nan, 0, 0) at t0-0.59 s")
    assert [rejection.reason for rejection in rejections] == ["not_finite"] * 21
    assert tracker.base_frame == "base_link"


def test_time_set_back_is_told_and_reset_begins_anew() -> None:
    tracker = EgoTracker(EgoSource.ODOMETRY, "odom", "base_link", 30 * MS, lambda _: None)
    late = dataclasses.replace(GOOD, stamp_ns=START_NS + 9 * SECOND_NS)
    tracker.take_odometry(late, now_ns=0)
    with pytest.raises(ClockJumped):
        tracker.take_odometry(GOOD, now_ns=0)
    tracker.reset()
    assert tracker.take_odometry(GOOD, now_ns=0) == []
    state = tracker.state()
    assert state is not None
    assert state.stamp_ns == START_NS
