# SPDX-License-Identifier: Apache-2.0
"""Generated drives as bags."""

from __future__ import annotations

import argparse
import importlib
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
from rclpy.serialization import deserialize_message

from alpamayo_ros.drives import generate
from alpamayo_ros.drives.bags import BagExists, BagReader
from alpamayo_ros.drives.generate import START_NS, STEP_NS, BadDriveRequest, generate_drive
from alpamayo_ros.drives.sensor_rig import MOUNTED_ROLES, UnknownCamera, standard_rig
from alpamayo_ros.drives.world.driver import ScriptedDriver
from alpamayo_ros.drives.world.world import World
from alpamayo_ros.geometry import yaw_of
from alpamayo_ros.ros.conversions import pose_from_msg, time_to_ns

ROLES = ("cross_left", "front_wide", "front_tele")
SIZE = (192, 108)


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Half a second of three small cameras."""
    path = tmp_path_factory.mktemp("generated") / "drive"
    generate_drive(path, seconds=0.5, seed=2, rig=standard_rig(ROLES, SIZE))
    return path


def message_class(name: str) -> Any:
    package, _, type_ = name.split("/")
    return getattr(importlib.import_module(f"{package}.msg"), type_)


def read(bag: Path) -> dict[str, list[tuple[int, Any]]]:
    with BagReader(bag) as reader:
        types = {topic: message_class(name) for topic, name in reader.topics.items()}
        messages: dict[str, list[tuple[int, Any]]] = {topic: [] for topic in types}
        for topic, received_ns, data in reader.messages():
            messages[topic].append((received_ns, deserialize_message(data, types[topic])))
    return messages


def stamps(messages: list[tuple[int, Any]]) -> np.ndarray:
    return np.array([time_to_ns(message.header.stamp) for _, message in messages])


def test_the_topics_and_their_rates(bag: Path) -> None:
    messages = read(bag)
    assert set(messages) == {"/odometry", "/tf_static"} | {
        f"/camera/{role}/{name}" for role in ROLES for name in ("image/compressed", "camera_info")
    }
    assert np.all(np.diff(stamps(messages["/odometry"])) == STEP_NS)
    for role in ROLES:
        taken = stamps(messages[f"/camera/{role}/image/compressed"])
        assert len(taken) == 5
        assert np.abs(np.diff(taken) - 100_000_000).max() <= 800_000
        assert len(set(np.diff(taken))) > 1  # jitter
        assert np.array_equal(taken, stamps(messages[f"/camera/{role}/camera_info"]))


def test_cameras_expose_one_after_the_other(bag: Path) -> None:
    messages = read(bag)
    first = {role: stamps(messages[f"/camera/{role}/image/compressed"]) for role in ROLES}
    for role, phase_ns in (("front_tele", 4e6), ("cross_left", 9e6)):
        assert np.abs(first[role] - first["front_wide"] - phase_ns).max() <= 800_000


def test_every_image_has_a_history(bag: Path) -> None:
    messages = read(bag)
    images = stamps(messages["/camera/front_wide/image/compressed"])
    odometry = stamps(messages["/odometry"])
    assert images[0] - odometry[0] > 1_500_000_000
    assert odometry[0] == START_NS and odometry[-1] - images[-1] > 50_000_000


def test_messages_are_received_after_their_stamp_and_in_order(bag: Path) -> None:
    messages = read(bag)
    for topic, received in messages.items():
        if topic != "/tf_static":
            delay = np.array([time for time, _ in received]) - stamps(received)
            assert delay.min() > 0 and delay.max() < 10_000_000
    with BagReader(bag) as reader:
        times = [time for _, time, _ in reader.messages()]
    assert times == sorted(times)


def test_the_odometry_agrees_with_itself(bag: Path) -> None:
    """Positions are the integral of the speed along the heading, headings that of the yaw rate."""
    odometry = [message for _, message in read(bag)["/odometry"]]
    assert {m.header.frame_id for m in odometry} == {"odom"}
    assert {m.child_frame_id for m in odometry} == {"base_link"}
    poses = [pose_from_msg(message.pose.pose) for message in odometry]
    positions = np.array([pose.position for pose in poses])
    headings = np.unwrap([float(yaw_of(pose.quaternion)) for pose in poses])
    speed = np.array([message.twist.twist.linear.x for message in odometry])
    yaw_rate = np.array([message.twist.twist.angular.z for message in odometry])
    dt = STEP_NS * 1e-9
    mean_speed, middle = (speed[1:] + speed[:-1]) / 2, (headings[1:] + headings[:-1]) / 2
    steps = np.stack((np.cos(middle), np.sin(middle)), axis=-1) * mean_speed[:, None] * dt
    assert np.diff(positions[:, :2], axis=0) == pytest.approx(steps, abs=1e-5)
    assert np.diff(headings) == pytest.approx((yaw_rate[1:] + yaw_rate[:-1]) / 2 * dt, abs=1e-5)
    assert np.all(positions[:, 2] == 0) and np.ptp(positions[:, 0]) > 5.0


def test_an_image_shows_the_world_at_its_stamp(bag: Path) -> None:
    messages = read(bag)
    _, message = messages["/camera/front_wide/image/compressed"][2]
    offset_ns = time_to_ns(message.header.stamp) - START_NS
    world, driver = World(2), ScriptedDriver()
    while world.state.time_ns + STEP_NS <= offset_ns:
        world.step(*driver.command(world), STEP_NS * 1e-9)
    state = world.peek(*driver.command(world), (offset_ns - world.state.time_ns) * 1e-9)
    (camera,) = standard_rig(["front_wide"], SIZE)
    image = simplejpeg.decode_jpeg(bytes(message.data), colorspace="RGB")
    assert image.shape == (SIZE[1], SIZE[0], 3)
    assert message.format == "jpeg" and message.header.frame_id == "front_wide_optical"
    assert np.abs(image.astype(int) - world.render(camera, state)).mean() < 4.0


def test_the_calibration_is_that_of_the_cameras(bag: Path) -> None:
    messages = read(bag)
    ((_, transforms),) = messages["/tf_static"]
    poses = {t.child_frame_id: t.transform for t in transforms.transforms}
    for camera in standard_rig(ROLES, SIZE):
        _, info = messages[f"/camera/{camera.role}/camera_info"][0]
        assert (info.width, info.height) == SIZE
        assert np.array_equal(np.array(info.k).reshape(3, 3), camera.model.matrix)
        assert tuple(info.d) == camera.model.coefficients
        fisheye = camera.role != "front_tele"
        assert info.distortion_model == ("equidistant" if fisheye else "plumb_bob")
        transform = poses[camera.frame_id]
        found = (transform.translation.x, transform.translation.y, transform.translation.z)
        assert found == tuple(camera.pose.position)
        assert transform.rotation.w == camera.pose.quaternion[3]


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    rig = standard_rig(["front_wide"], (96, 54))
    first, second = tmp_path / "1" / "drive", tmp_path / "2" / "drive"
    for bag in (first, second):
        bag.parent.mkdir()
        generate_drive(bag, seconds=0.2, seed=4, rig=rig)
    names = sorted(path.name for path in first.iterdir())
    assert names == sorted(path.name for path in second.iterdir()) and len(names) == 2
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()


def test_all_seven_cameras_fit(tmp_path: Path) -> None:
    drive = generate_drive(tmp_path / "bag", 0.1, rig=standard_rig(MOUNTED_ROLES, (64, 36)))
    assert drive.images == 7
    with BagReader(tmp_path / "bag") as reader:
        assert len(reader.topics) == 2 * 7 + 2


def test_only_a_bag_is_overwritten_and_only_on_request(tmp_path: Path) -> None:
    rig = standard_rig(["front_wide"], (64, 36))
    old = tmp_path / "bag"
    old.mkdir()
    (old / "metadata.yaml").write_text("rosbag2_bagfile_information:\n")
    with pytest.raises(BagExists):
        generate_drive(old, 0.1, rig=rig)
    generate_drive(old, 0.1, rig=rig, overwrite=True)
    with BagReader(old) as reader:
        assert reader.topic_counts["/camera/front_wide/image/compressed"] == 1
    precious = tmp_path / "folder" / "file"
    precious.parent.mkdir()
    precious.touch()
    with pytest.raises(BagExists, match="not a bag"):
        generate_drive(precious.parent, 0.1, rig=rig, overwrite=True)
    assert precious.exists()


@pytest.mark.parametrize(
    ("seconds", "fps", "roles"),
    [(0.0, 10.0, ["front_wide"]), (math.nan, 10.0, ["front_wide"]), (1e6, 10.0, ["front_wide"]),
     (1.0, 0.0, ["front_wide"]), (1.0, 1000.0, ["front_wide"]), (1.0, 10.0, [])],
)  # fmt: skip
def test_impossible_drives_are_refused(
    tmp_path: Path, seconds: float, fps: float, roles: list[str]
) -> None:
    with pytest.raises(BadDriveRequest):
        generate_drive(tmp_path / "bag", seconds, rig=standard_rig(roles, (64, 36)), fps=fps)
    assert not (tmp_path / "bag").exists()


def test_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    generate.add_arguments(parser)
    out = str(tmp_path / "bag")
    common = ["-o", out, "--seconds", "0.1", "--cameras", "front_wide", "front_tele"]
    assert (
        generate.run(parser.parse_args([*common, "--size", "64x36", "--storage", "sqlite3"])) == 0
    )
    assert "2 images of 2 cameras" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        parser.parse_args([*common, "--size", "wide"])
    with pytest.raises(UnknownCamera):
        generate.run(parser.parse_args(["-o", out, "--cameras", "front_wide", "front_wide"]))
