# SPDX-License-Identifier: Apache-2.0
"""Histories of real drives against an interpolation that shares no code with them.

Run with ``-s`` to see the errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from ego.motions import RASTER_S, filled

from alpamayo_ros.ego.dead_reckoning import TwistImuIntegrator
from alpamayo_ros.ego.history import EgoBuffer
from alpamayo_ros.ego.samples import EgoSample
from alpamayo_ros.types import SECOND_NS, EgoHistory, EgoSource, FloatArray

if TYPE_CHECKING:
    from ego.conftest import Recording, Streams

CENTIMETRES_2, CENTIMETRES_5, DEGREES_0_2 = 0.02, 0.05, np.radians(0.2)
MS = 1_000_000


def rotation(q: FloatArray) -> FloatArray:
    """Rotation matrix by Rodrigues' formula."""
    axis = q[:3] / max(float(np.linalg.norm(q[:3])), 1e-12)
    angle = 2 * np.arctan2(np.linalg.norm(q[:3]), q[3])
    k = np.array(((0, -axis[2], axis[1]), (axis[2], 0, -axis[0]), (-axis[1], axis[0], 0)))
    return np.asarray(np.eye(3) + np.sin(angle) * k + (1 - np.cos(angle)) * k @ k)


def linear(recording: Recording, t0_ns: int) -> tuple[FloatArray, FloatArray]:
    """Return positions (16, 3) and matrices (16, 3, 3) before t0, each component linear."""
    stamps = (np.array(recording.stamps_ns) - t0_ns) / SECOND_NS
    positions = np.stack(
        [np.interp(RASTER_S, stamps, recording.positions[:, i]) for i in range(3)], axis=1
    )
    quaternions = np.stack(
        [np.interp(RASTER_S, stamps, recording.quaternions[:, i]) for i in range(4)], axis=1
    )
    return positions, np.array([rotation(q / np.linalg.norm(q)) for q in quaternions])


def errors(history: EgoHistory, recording: Recording) -> tuple[float, float]:
    """Largest distance [m] and angle [rad] between a history and the linear interpolation."""
    positions, matrices = linear(recording, history.t0_ns)
    distances = np.linalg.norm(
        (positions - positions[-1]) @ matrices[-1] - history.positions, axis=1
    )
    anchor = np.linalg.norm(positions[-1] - history.ego_pose.position)
    angles = []
    for matrix, quaternion in zip(matrices, history.quaternions, strict=True):
        difference = (matrices[-1].T @ matrix).T @ rotation(quaternion)
        angles.append(np.arccos(np.clip((np.trace(difference) - 1) / 2, -1, 1)))
    return float(max(distances.max(), anchor)), float(max(angles))


def worst(histories: list[EgoHistory], recording: Recording, what: str) -> tuple[float, float]:
    found = np.array([errors(history, recording) for history in histories])
    distance, angle = found.max(axis=0)
    print(f"{what}: {len(found)} histories, {distance * 100:.2f} cm, {np.degrees(angle):.3f} deg")
    return float(distance), float(angle)


def accepted(histories: list[EgoHistory]) -> list[EgoHistory]:
    assert [history.reason for history in histories if not history.valid] == []
    return histories


# -- 10 Hz poses, camera stamps between them


def test_recorded_poses_are_reproduced_at_their_own_stamps(pandaset: Recording) -> None:
    buffer = filled(pandaset.samples())
    histories = accepted([buffer.history(stamp) for stamp in pandaset.stamps_ns[16:]])
    distance, angle = worst(histories, pandaset, "pandaset, t0 at the poses")
    assert distance < CENTIMETRES_2
    assert angle < DEGREES_0_2


def test_camera_stamps_between_poses_are_interpolated(
    pandaset: Recording, pandaset_front_stamps: tuple[int, ...]
) -> None:
    buffer = filled(pandaset.samples())
    t0s = [t for t in pandaset_front_stamps if t >= pandaset.stamps_ns[0] + 1_500 * MS]
    histories = accepted([buffer.history(t0) for t0 in t0s])
    assert len(histories) == 28
    distance, angle = worst(histories, pandaset, "pandaset, t0 at the front camera's images")
    assert distance < CENTIMETRES_2
    assert angle < DEGREES_0_2


def test_camera_stamps_are_extrapolated_when_the_next_pose_is_not_there_yet(
    pandaset: Recording, pandaset_front_stamps: tuple[int, ...]
) -> None:
    histories = []
    for t0 in pandaset_front_stamps:
        known = [sample for sample in pandaset.samples() if sample.stamp_ns <= t0]
        if known and t0 >= known[0].stamp_ns + 1_500 * MS:
            histories.append(filled(known).history(t0))
    accepted(histories)
    assert all(0.04 < history.extrapolation_s < 0.06 for history in histories)
    distance, angle = worst(histories, pandaset, "pandaset, 50 ms extrapolated")
    assert distance < CENTIMETRES_2
    assert angle < DEGREES_0_2


def test_speed_found_from_poses_agrees_with_the_measured_one(pandaset: Recording) -> None:
    buffer = filled(pandaset.samples(measured=False), EgoBuffer(source=EgoSource.TF))
    histories = accepted([buffer.history(stamp) for stamp in pandaset.stamps_ns[16:]])
    differences = np.abs([h.speed for h in histories] - pandaset.speeds[16:])
    print(f"pandaset, speed of poses against measured: at most {differences.max():.3f} m/s")
    assert differences.max() < 0.4


# -- 20 Hz poses at speed, CAN speed


def many_t0s(recording: Recording) -> list[int]:
    """Every 37 ms: all phases between two poses."""
    begin, end = recording.stamps_ns[0] + 1_500 * MS + 1, recording.stamps_ns[-1]
    return list(range(begin, end, 37 * MS))


def test_histories_match_the_20_hz_pose_and_can_speed_raises_no_alarm(comma: Recording) -> None:
    buffer = filled(comma.samples())
    histories = accepted([buffer.history(t0) for t0 in many_t0s(comma)])
    assert len(histories) > 700
    distance, angle = worst(histories, comma, "comma2k19, 20 Hz")
    assert distance < CENTIMETRES_2
    assert angle < DEGREES_0_2
    mismatch = max(abs(history.implied_speed - history.speed) for history in histories)
    print(f"comma2k19, CAN speed against implied speed: at most {mismatch:.2f} m/s, no alarm")


@pytest.mark.parametrize("phase", [0, 1, 2])
def test_histories_with_every_third_sample_lost(comma: Recording, phase: int) -> None:
    left = [sample for i, sample in enumerate(comma.samples()) if i % 3 != phase]
    buffer = filled(left)
    t0s = [t0 for t0 in many_t0s(comma) if left[0].stamp_ns + 1_500 * MS <= t0]
    t0s = [t0 for t0 in t0s if t0 <= left[-1].stamp_ns]
    histories = accepted([buffer.history(t0) for t0 in t0s])
    distance, _ = worst(histories, comma, f"comma2k19, every third lost ({phase})")
    assert distance < CENTIMETRES_5


def test_ten_hertz_with_a_sample_lost_now_and_then(comma: Recording) -> None:
    random = np.random.default_rng(2)
    left = [s for s in comma.samples()[::2] if random.random() > 0.2]
    buffer = filled(left)
    histories = [buffer.history(t0) for t0 in many_t0s(comma) if t0 <= left[-1].stamp_ns]
    for history in histories:
        assert history.valid or history.reason.startswith("ODOMETRY_GAP"), history.reason
    distance, _ = worst(
        [history for history in histories if history.valid], comma, "comma2k19, 10 Hz, a fifth lost"
    )
    assert distance < CENTIMETRES_5


@pytest.mark.parametrize("scale", [0.8, 1.25])
def test_a_history_of_the_wrong_rate_is_found_on_the_road(comma: Recording, scale: float) -> None:
    """Poses counted as if they came at another rate: the classic fault of such buffers."""
    first = comma.stamps_ns[0]
    samples = [
        EgoSample(
            first + round((sample.stamp_ns - first) / scale), "odom", sample.pose, sample.speed, 0.0
        )
        for sample in comma.samples()
    ]
    buffer = filled(samples)
    for t0 in range(first + 2 * SECOND_NS, samples[-1].stamp_ns, 500 * MS):
        assert buffer.history(t0).reason.startswith("SPEED_MISMATCH"), t0


def test_dead_reckoning_from_can_speed_and_gyroscope(
    comma: Recording, comma_streams: Streams
) -> None:
    integrator = TwistImuIntegrator("odom", "base_link", max_gap_s=0.25)
    events = [(stamp, "speed", value) for stamp, value in comma_streams.speed]
    events += [(stamp, "gyro", value) for stamp, value in comma_streams.yaw_rate]
    buffer = EgoBuffer(source=EgoSource.TWIST_IMU)
    for stamp, kind, value in sorted(events):
        if kind == "speed":
            samples = integrator.read_twist(stamp, "base_link", value)
        else:
            samples = integrator.read_imu(stamp, "imu_link", value)
        filled(samples, buffer)
    t0s = [t0 for t0 in many_t0s(comma) if t0 > comma.stamps_ns[0] + 1_700 * MS]
    histories = [h for t0 in t0s if (h := buffer.history(t0)).reason[:13] != "ODOMETRY_LATE"]
    # the buffer holds the last seconds only: older t0 are too short, not wrong
    histories = [h for h in histories if not h.reason.startswith("ODOMETRY_SHORT")]
    assert len(accepted(histories)) > 400
    lengths, sideways = [], []
    for history in histories:
        positions, _ = linear(comma, history.t0_ns)
        driven = np.linalg.norm(np.diff(positions, axis=0), axis=1).sum()
        reckoned = np.linalg.norm(np.diff(history.positions, axis=0), axis=1).sum()
        lengths.append(reckoned - driven)
        # the camera looks a little aside: its mean course is what counts as straight ahead
        course = (positions[-1] - positions[-2]) / np.linalg.norm(positions[-1] - positions[-2])
        left = np.cross((0.0, 0.0, 1.0), course)
        sideways.append((positions[0] - positions[-1]) @ left - history.positions[0, 1])
    print(
        f"comma2k19, dead reckoning over 1.5 s: length {np.mean(lengths):+.2f} m mean, "
        f"{np.abs(lengths).max():.2f} m worst; sideways {np.abs(sideways).max():.2f} m worst"
    )
    assert np.abs(lengths).max() < 0.5
    assert np.abs(sideways).max() < 0.5
