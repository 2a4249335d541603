# SPDX-License-Identifier: Apache-2.0
"""The recorded drives as ego samples; tests that need them skip where they are absent."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from alpamayo_ros.ego.samples import EgoSample
from alpamayo_ros.types import SECOND_NS, FloatArray, Pose


@dataclass(frozen=True)
class Recording:
    """Poses of a drive, with the speed measured at the same times.

    ``stamps_ns``: N; positions (N, 3); quaternions (N, 4) as x, y, z, w; speeds (N,).
    """

    stamps_ns: tuple[int, ...]
    positions: FloatArray
    quaternions: FloatArray
    speeds: FloatArray

    def samples(self, measured: bool = True) -> list[EgoSample]:
        """One sample a pose. No yaw rate was recorded; both drives are straight."""
        return [
            EgoSample(stamp, "odom", Pose(position, quaternion), float(speed), 0.0, measured)
            for stamp, position, quaternion, speed in zip(
                self.stamps_ns, self.positions, self.quaternions, self.speeds, strict=True
            )
        ]


def to_ns(seconds: str) -> int:
    """Nanoseconds of decimal seconds, without passing through a float."""
    whole, _, fraction = seconds.partition(".")
    return int(whole) * SECOND_NS + int(fraction.ljust(9, "0")[:9])


def read_columns(path: Path, *names: str) -> FloatArray:
    """Columns of a CSV file, (rows, names)."""
    with path.open(newline="") as file:
        return np.array([[float(row[name]) for name in names] for row in csv.DictReader(file)])


def read_stamps(path: Path, name: str) -> tuple[int, ...]:
    """A column of decimal seconds as nanoseconds."""
    with path.open(newline="") as file:
        return tuple(to_ns(row[name]) for row in csv.DictReader(file))


@pytest.fixture
def pandaset(drives: Path) -> Recording:
    """80 poses at 10 Hz: standing, then accelerating to 5.4 m/s."""
    path = drives / "pandaset_002_a" / "ego.csv"
    return Recording(
        read_stamps(path, "t_unix_s"),
        read_columns(path, "x_m", "y_m", "z_m"),
        read_columns(path, "qx", "qy", "qz", "qw"),
        read_columns(path, "v_forward_mps")[:, 0],
    )


@pytest.fixture
def pandaset_front_stamps(drives: Path) -> tuple[int, ...]:
    """Stamps of the front camera, about 50 ms before those of the poses."""
    return read_stamps(drives / "pandaset_002_a" / "camera_timestamps.csv", "front_camera")


@pytest.fixture
def comma(drives: Path) -> Recording:
    """600 camera poses at 20 Hz on a road at 8 to 20 m/s, with the speed on the CAN bus."""
    folder = drives / "comma2k19_egomotion_a"
    path = folder / "pose_20hz.csv"
    stamps = read_stamps(path, "t_boot_s")
    can = read_columns(folder / "can_speed.csv", "t_boot_s", "speed_mps")
    return Recording(
        stamps,
        read_columns(path, "e_m", "n_m", "u_m"),
        read_columns(path, "qx", "qy", "qz", "qw"),
        np.interp(np.array(stamps) / SECOND_NS, can[:, 0], can[:, 1]),
    )


@dataclass(frozen=True)
class Streams:
    """CAN speed [m/s] and yaw rate [rad/s, left positive], each with stamps of its own."""

    speed: tuple[tuple[int, float], ...]
    yaw_rate: tuple[tuple[int, float], ...]


@pytest.fixture
def comma_streams(drives: Path) -> Streams:
    """The gyroscope is mounted forward, right, down: its z axis is turned over here."""
    folder = drives / "comma2k19_egomotion_a"
    speed, gyro = folder / "can_speed.csv", folder / "gyro_frd.csv"
    return Streams(
        tuple(zip(read_stamps(speed, "t_boot_s"), read_columns(speed, "speed_mps")[:, 0],
                  strict=True)),
        tuple(zip(read_stamps(gyro, "t_boot_s"), -read_columns(gyro, "gz_rps")[:, 0],
                  strict=True)),
    )  # fmt: skip
