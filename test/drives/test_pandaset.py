# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CameraInfo, CompressedImage
from tf2_msgs.msg import TFMessage

from alpamayo_ros.__main__ import main
from alpamayo_ros.drives.bags import BagReader, header_stamp_ns
from alpamayo_ros.drives.pandaset import ROLES, BadDrive, import_pandaset, parse_stamp_ns


@pytest.fixture(scope="module")
def drive() -> Path:
    folder = Path(__file__).resolve().parents[3] / "shared" / "drives" / "pandaset_002_a"
    if not folder.is_dir():
        pytest.skip("needs the recorded drive shared/drives/pandaset_002_a beside the repository")
    return folder


@pytest.fixture(scope="module")
def imported(drive, tmp_path_factory) -> list[tuple[str, int, bytes]]:
    bag = tmp_path_factory.mktemp("imported") / "bag"
    result = import_pandaset(drive, bag)
    assert (result.images, result.odometry) == (44 * 6, 80)
    with BagReader(bag) as reader:
        return list(reader.messages())


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def digits(text: str) -> int:
    """Nanoseconds of a stamp with six decimals, by its digits."""
    seconds, microseconds = text.split(".")
    assert len(microseconds) == 6
    return int(seconds + microseconds) * 1000


def test_every_image_has_its_recorded_stamp_and_bytes(drive, imported):
    rows = rows_of(drive / "camera_timestamps.csv")
    for camera, role in ROLES.items():
        topic = f"/camera/{role}/image/compressed"
        images = [(stamp, data) for name, stamp, data in imported if name == topic]
        assert [stamp for stamp, _ in images] == [digits(row[camera]) for row in rows]
        for index, (stamp, data) in enumerate(images):
            assert header_stamp_ns(data) == stamp
            if index % 20 == 0:
                image = deserialize_message(data, CompressedImage)
                assert image.format == "jpeg"
                assert image.header.frame_id == f"{role}_optical"
                assert image.data.tobytes() == (drive / camera / f"{index:02d}.jpg").read_bytes()


def test_messages_are_in_order_of_their_stamps(imported):
    stamps = [stamp for _, stamp, _ in imported]
    assert stamps == sorted(stamps)
    assert imported[0][0] == "/tf_static"
    assert len(imported) == 1 + 44 * 6 * 2 + 80


def test_odometry_is_all_of_the_recorded_pose(drive, imported):
    rows = rows_of(drive / "ego.csv")
    messages = [deserialize_message(d, Odometry) for name, _, d in imported if name == "/odometry"]
    stamps = [stamp for name, stamp, _ in imported if name == "/odometry"]
    assert stamps == [digits(row["t_unix_s"]) for row in rows]
    for row, message in zip(rows, messages, strict=True):
        assert (message.header.frame_id, message.child_frame_id) == ("odom", "base_link")
        pose, twist = message.pose.pose, message.twist.twist
        assert [pose.position.x, pose.position.y, pose.position.z] == [
            float(row[name]) for name in ("x_m", "y_m", "z_m")
        ]
        assert [
            pose.orientation.x, pose.orientation.y, pose.orientation.z, pose.orientation.w
        ] == [float(row[name]) for name in ("qx", "qy", "qz", "qw")]  # fmt: skip
        assert twist.linear.x == float(row["v_forward_mps"])
        assert twist.linear.y == float(row["v_left_mps"])
    seconds = np.array([float(row["t_unix_s"]) - 1557539956 for row in rows])
    yaws = np.array([float(row["yaw_rad"]) for row in rows])
    expected = (yaws[2:] - yaws[:-2]) / (seconds[2:] - seconds[:-2])
    found = [message.twist.twist.angular.z for message in messages[1:-1]]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_calibration_is_for_the_size_the_images_have(drive, imported):
    calibration = json.loads((drive / "cameras.json").read_text())
    for camera, role in ROLES.items():
        infos = [d for name, _, d in imported if name == f"/camera/{role}/camera_info"]
        assert len(infos) == 44
        info = deserialize_message(infos[0], CameraInfo)
        assert (info.width, info.height) == (960, 540)
        half = calibration[camera]["K_half_960x540"]
        expected = [half["fx"], 0, half["cx"], 0, half["fy"], half["cy"], 0, 0, 1]
        np.testing.assert_allclose(info.k, expected, atol=1e-3)
        np.testing.assert_array_equal(info.p.reshape(3, 4)[:, :3].ravel(), info.k)
        assert not np.any(info.d)


def test_every_optical_frame_hangs_on_the_base(drive, imported):
    calibration = json.loads((drive / "cameras.json").read_text())
    (data,) = [data for name, _, data in imported if name == "/tf_static"]
    transforms = {t.child_frame_id: t for t in deserialize_message(data, TFMessage).transforms}
    for camera, role in ROLES.items():
        transform = transforms[f"{role}_optical"]
        assert transform.header.frame_id == "base_link"
        recorded = calibration[camera]["T_base_camera"]
        position, rotation = transform.transform.translation, transform.transform.rotation
        np.testing.assert_allclose(
            [position.x, position.y, position.z], recorded["translation_m"], atol=1e-12
        )
        np.testing.assert_allclose(
            [rotation.w, rotation.x, rotation.y, rotation.z],
            recorded["rotation_wxyz"],
            atol=1e-5,
        )


@given(st.integers(0, 2**31 - 1), st.integers(0, 10**9 - 1), st.integers(1, 9))
def test_a_stamp_keeps_every_digit(seconds, nanoseconds, decimals):
    fraction = f"{nanoseconds:09d}"[:decimals]
    expected = seconds * 10**9 + int(fraction.ljust(9, "0"))
    assert parse_stamp_ns(f"{seconds}.{fraction}") == expected


@pytest.mark.parametrize(
    "text", ["", "nan", "-1.0", "1e9", "1.0000000001", "1,5", "2147483648", "٣"]
)
def test_what_is_no_stamp(text):
    with pytest.raises(BadDrive, match="is not a stamp"):
        parse_stamp_ns(text)


def link_drive(drive: Path, folder: Path) -> Path:
    """A drive of three frames whose files can be changed."""
    copy = folder / "drive"
    copy.mkdir()
    for camera in ROLES:
        (copy / camera).mkdir()
        for frame in range(3):
            shutil.copy(drive / camera / f"{frame:02d}.jpg", copy / camera)
    shutil.copy(drive / "cameras.json", copy)
    for name in ("ego.csv", "camera_timestamps.csv"):
        lines = (drive / name).read_text().splitlines(keepends=True)
        (copy / name).write_text("".join(lines[:4]))
    return copy


def test_two_imports_are_equal_to_the_byte(drive, tmp_path):
    copy = link_drive(drive, tmp_path)
    messages = []
    for name in ("first", "second"):
        import_pandaset(copy, tmp_path / name)
        with BagReader(tmp_path / name) as reader:
            messages.append(list(reader.messages()))
    assert messages[0] == messages[1]


def replace(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


DAMAGE = {
    "no such image": lambda d: (d / "back_camera" / "01.jpg").unlink(),
    "is not a JPEG": lambda d: (d / "back_camera" / "00.jpg").write_bytes(b"GIF89a"),
    r"cannot read .*ego\.csv": lambda d: (d / "ego.csv").unlink(),
    r"cannot read .*cameras\.json": lambda d: (d / "cameras.json").unlink(),
    "is not JSON": lambda d: (d / "cameras.json").write_text("{"),
    "left_camera lacks a calibration": lambda d: replace(d / "cameras.json", '"left', '"lost'),
    "has no column v_forward_mps": lambda d: replace(d / "ego.csv", "v_forward", "v"),
    "line 2: could not convert": lambda d: replace(d / "ego.csv", "0.924652623", "o"),
    "line 2: a value is not finite": lambda d: replace(d / "ego.csv", "0.924652623", "nan"),
    "line 3, t_unix_s: 'x' is not": lambda d: replace(d / "ego.csv", "1557539956.600033", "x"),
    "line 3: the stamp is not after": lambda d: replace(d / "ego.csv", "56.600033", "56.500022"),
    "too few values": lambda d: (d / "camera_timestamps.csv").open("a").write("3,1.0\n"),
    "has no rows": lambda d: (d / "ego.csv").write_text(
        (d / "ego.csv").read_text().splitlines()[0] + "\n"
    ),
}


@pytest.mark.parametrize("message", DAMAGE)
def test_a_damaged_drive_is_an_error_of_one_line_and_leaves_no_bag(drive, tmp_path, message):
    copy = link_drive(drive, tmp_path)
    DAMAGE[message](copy)
    with pytest.raises(BadDrive, match=message) as error:
        import_pandaset(copy, tmp_path / "bag")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "bag").exists()


def test_the_command_says_what_it_did(drive, tmp_path, capsys):
    copy = link_drive(drive, tmp_path)
    bag = tmp_path / "bag"
    assert main(["import", "pandaset", str(copy), "-o", str(bag), "--storage", "sqlite3"]) == 0
    assert "18 images of 6 cameras, 3 odometry messages" in capsys.readouterr().out
    with BagReader(bag) as reader:
        assert reader.topic_counts["/odometry"] == 3


def test_the_command_says_what_is_wrong_in_one_line(tmp_path, capsys):
    command = ["import", "pandaset", str(tmp_path / "none"), "-o", str(tmp_path / "bag")]
    assert main(command) == 1
    captured = capsys.readouterr()
    assert captured.err == f"alpamayo_ros: no such folder: {tmp_path / 'none'}\n"
