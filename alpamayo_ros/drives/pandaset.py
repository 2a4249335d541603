# SPDX-License-Identifier: Apache-2.0
"""Turn a recorded PandaSet drive into a rosbag2: cameras, calibration, odometry, static transforms.

The folder holds one folder of JPEGs a camera, ``camera_timestamps.csv``, ``cameras.json`` and
``ego.csv`` (the pose of the base, x forward, y left, z up, in a frame fixed to the ground). Every
stamp is taken over digit by digit, and a message's receive time is its stamp. ``ego.csv`` may go
on after the last image: what was driven then is the ground truth of a prediction.

The images are taken over byte by byte. CameraInfo has the camera matrix for the size the images
have and no distortion: whether the published images are rectified already is not settled (the
dataset's own tools project with the matrix alone).
"""

from __future__ import annotations

import argparse
import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import simplejpeg
from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo, CompressedImage

from alpamayo_ros.drives.bag_layout import (
    BASE_FRAME,
    ODOMETRY_FRAME,
    ODOMETRY_TOPIC,
    STATIC_TF_TOPIC,
    announce,
    image_topic,
    info_topic,
    static_transforms,
)
from alpamayo_ros.drives.bags import STORAGES, BagWriter
from alpamayo_ros.drives.canonical import canonical_cdr
from alpamayo_ros.drives.progress import Progress
from alpamayo_ros.ros.conversions import header, pose_to_msg
from alpamayo_ros.types import SECOND_NS, FloatArray, Pose, StackError

# builtin_interfaces/Time counts seconds in an int32.
_LAST_SECOND = 2**31 - 1

ROLES = {
    "front_left_camera": "cross_left",
    "front_camera": "front_wide",
    "front_right_camera": "cross_right",
    "left_camera": "rear_left",
    "back_camera": "rear_tele",
    "right_camera": "rear_right",
}
"""Role in the rig of Alpamayo of each PandaSet camera."""


class BadDrive(StackError):
    """A recorded drive with a missing file, or one that does not hold what it should."""


@dataclass(frozen=True, slots=True)
class _Camera:
    """One camera: folder, stamp [ns] of each frame, camera matrix, pose in the base frame."""

    folder: Path
    role: str
    stamps_ns: dict[int, int]
    size: tuple[int, int]
    matrix: FloatArray
    pose: Pose

    @property
    def frame_id(self) -> str:
        return f"{self.role}_optical"

    def image_path(self, frame: int) -> Path:
        return _image_path(self.folder, frame)


@dataclass(frozen=True, slots=True)
class _Ego:
    """Motion of the base: stamps (N,) [ns], poses, speeds [m/s] and yaw rates (N,) [rad/s]."""

    stamps_ns: list[int]
    poses: list[Pose]
    forward_speeds: FloatArray
    left_speeds: FloatArray
    yaw_rates: FloatArray


@dataclass(frozen=True, slots=True)
class _Entry:
    """One message to be: when, where, and how to make it."""

    stamp_ns: int
    topic: str
    make: Callable[[], Any]


@dataclass(frozen=True, slots=True)
class ImportedDrive:
    """What went into a bag."""

    images: int
    odometry: int
    duration_s: float


def import_pandaset(
    folder: Path, bag: Path, storage: str = "mcap", progress: bool = False
) -> ImportedDrive:
    """Write the drive in ``folder`` as a rosbag2 directory ``bag``, ordered by stamp.

    Topics: ``/camera/<role>/image/compressed``, ``/camera/<role>/camera_info``, ``/odometry``
    (base_link in odom), ``/tf_static`` (base_link to <role>_optical). The same drive gives the
    same messages to the byte.
    Raises BadDrive, or BagExists when something is at ``bag``.
    """
    if not folder.is_dir():
        raise BadDrive(f"no such folder: {folder}")
    cameras = _read_cameras(folder)
    ego = _read_ego(folder / "ego.csv")
    entries = sorted(_entries(cameras, ego), key=lambda entry: entry.stamp_ns)
    start_ns = entries[0].stamp_ns
    with BagWriter(bag, storage) as writer:
        announce(writer, [camera.role for camera in cameras])
        mounts = {camera.frame_id: camera.pose for camera in cameras}
        writer.write(STATIC_TF_TOPIC, start_ns, canonical_cdr(static_transforms(mounts, start_ns)))
        with Progress("import", (entries[-1].stamp_ns - start_ns) / SECOND_NS, progress) as bar:
            for entry in entries:
                writer.write(entry.topic, entry.stamp_ns, canonical_cdr(entry.make()))
                bar.at((entry.stamp_ns - start_ns) / SECOND_NS)
    return ImportedDrive(
        images=sum(len(camera.stamps_ns) for camera in cameras),
        odometry=len(ego.stamps_ns),
        duration_s=(entries[-1].stamp_ns - start_ns) / SECOND_NS,
    )


def _entries(cameras: list[_Camera], ego: _Ego) -> Iterator[_Entry]:
    for camera in cameras:
        for frame, stamp_ns in camera.stamps_ns.items():
            yield _Entry(stamp_ns, info_topic(camera.role), partial(_camera_info, camera, stamp_ns))
            yield _Entry(
                stamp_ns, image_topic(camera.role), partial(_image, camera, frame, stamp_ns)
            )
    for index, stamp_ns in enumerate(ego.stamps_ns):
        yield _Entry(stamp_ns, ODOMETRY_TOPIC, partial(_odometry, ego, index))


# -- reading the folder


def parse_stamp_ns(text: str) -> int:
    """Nanoseconds of a stamp in decimal seconds, exactly as written (a float loses digits).

    Raises BadDrive when it is not such a number or has more than nine decimals.
    """
    match = re.fullmatch(r"\s*(\d{1,10})(?:\.(\d{1,9}))?\s*", text, re.ASCII)
    if match is None or int(match[1]) > _LAST_SECOND:
        raise BadDrive(f"'{text}' is not a stamp in seconds")
    seconds, fraction = match.groups()
    return int(seconds) * SECOND_NS + int((fraction or "").ljust(9, "0"))


def _read_csv(path: Path, columns: list[str]) -> list[dict[str, str]]:
    try:
        with path.open(newline="") as file:
            reader = csv.DictReader(file, strict=True)
            missing = [name for name in columns if name not in (reader.fieldnames or [])]
            if missing:
                raise BadDrive(f"{path} has no column {', '.join(missing)}")
            rows = list(reader)
    except OSError as error:
        raise BadDrive(f"cannot read {path}: {error.strerror}") from error
    except (csv.Error, UnicodeDecodeError) as error:
        raise BadDrive(f"{path} is not a CSV file: {error}") from error
    for number, row in enumerate(rows, start=2):
        if any(row[name] is None for name in columns):
            raise BadDrive(f"{path}, line {number}: too few values")
    if not rows:
        raise BadDrive(f"{path} has no rows")
    return rows


def _numbers(path: Path, row: Mapping[str, str], line: int, columns: list[str]) -> list[float]:
    try:
        numbers = [float(row[name]) for name in columns]
    except ValueError as error:
        raise BadDrive(f"{path}, line {line}: {error}") from error
    if not np.all(np.isfinite(numbers)):
        raise BadDrive(f"{path}, line {line}: a value is not finite")
    return numbers


def _stamp(path: Path, row: Mapping[str, str], line: int, column: str) -> int:
    try:
        return parse_stamp_ns(row[column])
    except BadDrive as error:
        raise BadDrive(f"{path}, line {line}, {column}: {error}") from error


def _read_ego(path: Path) -> _Ego:
    position = ["x_m", "y_m", "z_m"]
    quaternion = ["qx", "qy", "qz", "qw"]
    motion = ["yaw_rad", "v_forward_mps", "v_left_mps"]
    rows = _read_csv(path, ["t_unix_s", *position, *quaternion, *motion])
    stamps, values = [], []
    for line, row in enumerate(rows, start=2):
        stamps.append(_stamp(path, row, line, "t_unix_s"))
        values.append(_numbers(path, row, line, position + quaternion + motion))
        if len(stamps) > 1 and stamps[-1] <= stamps[-2]:
            raise BadDrive(f"{path}, line {line}: the stamp is not after the one before it")
    table = np.array(values)
    return _Ego(
        stamps,
        [Pose(row[:3], row[3:7]) for row in table],
        forward_speeds=table[:, 8],
        left_speeds=table[:, 9],
        yaw_rates=_rates(np.array(stamps), np.unwrap(table[:, 7])),
    )


def _rates(stamps_ns: Any, values: FloatArray) -> FloatArray:
    """Central differences over unequal steps, one-sided at both ends."""
    if len(values) < 2:
        return np.zeros(len(values))
    return np.asarray(np.gradient(values, (stamps_ns - stamps_ns[0]) / SECOND_NS), dtype=float)


def _read_cameras(folder: Path) -> list[_Camera]:
    stamps_path, calibration_path = folder / "camera_timestamps.csv", folder / "cameras.json"
    rows = _read_csv(stamps_path, ["frame", *ROLES])
    try:
        calibration = json.loads(calibration_path.read_text())
    except OSError as error:
        raise BadDrive(f"cannot read {calibration_path}: {error.strerror}") from error
    except ValueError as error:
        raise BadDrive(f"{calibration_path} is not JSON: {error}") from error
    cameras = []
    for name, role in ROLES.items():
        stamps = {
            int(_numbers(stamps_path, row, line, ["frame"])[0]): _stamp(
                stamps_path, row, line, name
            )
            for line, row in enumerate(rows, start=2)
        }
        for frame in stamps:
            if not (path := _image_path(folder / name, frame)).is_file():
                raise BadDrive(f"no such image: {path}")
        size = _image_size(_image_path(folder / name, min(stamps)))
        try:
            matrix, pose = _calibration(calibration[name], size)
        except (KeyError, TypeError, ValueError) as error:
            raise BadDrive(f"{calibration_path}: {name} lacks a calibration: {error!r}") from error
        cameras.append(_Camera(folder / name, role, stamps, size, matrix, pose))
    return cameras


def _image_path(folder: Path, frame: int) -> Path:
    return folder / f"{frame:02d}.jpg"


def _image_size(path: Path) -> tuple[int, int]:
    try:
        height, width, _, _ = simplejpeg.decode_jpeg_header(path.read_bytes())
    except ValueError as error:
        raise BadDrive(f"{path} is not a JPEG: {error}") from error
    return int(width), int(height)


def _calibration(camera: Mapping[str, Any], size: tuple[int, int]) -> tuple[FloatArray, Pose]:
    """Camera matrix (3, 3) for images of ``size``, and the optical frame in the base frame.

    Scaling keeps the outer edges of the image, so the centre of pixel 0 moves:
    c' = (c + 0.5) * scale - 0.5.
    """
    full = camera["K_full"]
    scale_x, scale_y = size[0] / camera["width"], size[1] / camera["height"]
    matrix = np.array(
        (
            (full["fx"] * scale_x, 0.0, (full["cx"] + 0.5) * scale_x - 0.5),
            (0.0, full["fy"] * scale_y, (full["cy"] + 0.5) * scale_y - 0.5),
            (0.0, 0.0, 1.0),
        )
    )
    transform = camera["T_base_camera"]
    w, x, y, z = map(float, transform["rotation_wxyz"])
    quaternion = np.array((x, y, z, w))
    position = np.array(transform["translation_m"], dtype=float)
    return matrix, Pose(position, quaternion / np.linalg.norm(quaternion))


# -- messages


def _image(camera: _Camera, frame: int, stamp_ns: int) -> CompressedImage:
    message = CompressedImage(header=header(stamp_ns, camera.frame_id), format="jpeg")
    message.data.frombytes(camera.image_path(frame).read_bytes())
    return message


def _camera_info(camera: _Camera, stamp_ns: int) -> CameraInfo:
    return CameraInfo(
        header=header(stamp_ns, camera.frame_id),
        width=camera.size[0],
        height=camera.size[1],
        distortion_model="plumb_bob",
        d=[0.0] * 5,
        k=camera.matrix.ravel(),
        r=np.eye(3).ravel(),
        p=np.hstack((camera.matrix, np.zeros((3, 1)))).ravel(),
    )


def _odometry(ego: _Ego, index: int) -> Odometry:
    message = Odometry(
        header=header(ego.stamps_ns[index], ODOMETRY_FRAME), child_frame_id=BASE_FRAME
    )
    message.pose.pose = pose_to_msg(ego.poses[index])
    message.twist.twist.linear.x = float(ego.forward_speeds[index])
    message.twist.twist.linear.y = float(ego.left_speeds[index])
    message.twist.twist.angular.z = float(ego.yaw_rates[index])
    return message


# -- command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``./run import``."""
    parser.add_argument("format", choices=["pandaset"], help="what the folder holds")
    parser.add_argument("folder", type=Path, help="the recorded drive")
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="BAG", help="rosbag2 directory to write"
    )
    parser.add_argument("--storage", choices=STORAGES, default="mcap", help="default: mcap")


def run(arguments: argparse.Namespace) -> int:
    """Import a drive and say in one line what it holds."""
    drive = import_pandaset(arguments.folder, arguments.out, arguments.storage, progress=True)
    print(
        f"{arguments.out}: {drive.images} images of {len(ROLES)} cameras, "
        f"{drive.odometry} odometry messages, {drive.duration_s:.2f} s"
    )
    return 0
