# SPDX-License-Identifier: Apache-2.0
"""Write a drive through the generated world as a rosbag2: cameras, calibration, odometry.

A scripted driver drives; the odometry is the exact truth. The cameras expose one after the other
with a little jitter, and start when the odometry has been running for LEAD_IN_S, so that the first
images have a history. The same arguments give the same bytes.
"""

from __future__ import annotations

import argparse
import heapq
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
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
from alpamayo_ros.drives.bags import STORAGES, BagExists, BagWriter
from alpamayo_ros.drives.canonical import canonical_cdr
from alpamayo_ros.drives.progress import Progress
from alpamayo_ros.drives.sensor_rig import (
    DEMO_ROLES,
    DEMO_SIZE,
    MOUNTED_ROLES,
    MountedCamera,
    standard_rig,
)
from alpamayo_ros.drives.world.driver import ScriptedDriver
from alpamayo_ros.drives.world.motion import UnicycleState
from alpamayo_ros.drives.world.world import MAX_LENGTH, World
from alpamayo_ros.ros.conversions import header, pose_to_msg
from alpamayo_ros.types import SECOND_NS, ConfigurationError, Pixels

START_NS = 1_700_000_000 * SECOND_NS
"""Stamp of the first odometry message."""

LEAD_IN_S = 1.6
"""The odometry runs this long before the cameras start: an ego history spans 1.5 s."""

STEP_NS = 10_000_000
"""Control step, and period of the odometry."""


# With lights and bends in the way a drive is slower than this [m/s] on average.
_HIGHEST_MEAN_SPEED = 9.0

_JPEG_QUALITY = 90
_LARGEST_SIDE = 4096

# When a camera exposes after the first one, in the order in which the cameras are triggered.
_PHASES_NS = {
    "front_wide": 0, "front_tele": 4_000_000, "cross_left": 9_000_000, "cross_right": 13_000_000,
    "rear_left": 2_000_000, "rear_tele": 6_000_000, "rear_right": 11_000_000,
}  # fmt: skip
_JITTER_NS = 400_000

# From the stamp to the recorder: exposure, readout and transport; some more now and then.
_IMAGE_DELAY_NS = 6_000_000
_IMAGE_DELAY_SPREAD_NS = 2_000_000
_ODOMETRY_DELAY_NS = 1_000_000


class BadDriveRequest(ConfigurationError):
    """A drive that cannot be generated."""


@dataclass(frozen=True, slots=True)
class GeneratedDrive:
    """What went into a bag."""

    images: int
    odometry: int
    duration_s: float


@dataclass(frozen=True, slots=True)
class _Exposure:
    """One image to take: ns after START_NS, ns until it is received."""

    offset_ns: int
    delay_ns: int
    camera: MountedCamera


@dataclass(frozen=True, slots=True)
class _Recorded:
    """One message as it is received, ns after START_NS."""

    received_ns: int
    topic: str
    message: Any


def generate_drive(
    bag: Path,
    seconds: float = 25.0,
    seed: int = 0,
    rig: Sequence[MountedCamera] | None = None,
    storage: str = "mcap",
    fps: float = 10.0,
    overwrite: bool = False,
    progress: bool = False,
) -> GeneratedDrive:
    """Write a drive with ``seconds`` of images as a rosbag2 directory ``bag``.

    ``rig`` defaults to the four cameras of the demo; ``fps`` is each camera's. Topics:
    ``/camera/<role>/image/compressed`` (JPEG), ``/camera/<role>/camera_info``, ``/odometry``
    (base_link in odom, 100 Hz), ``/tf_static``. A bag at the path is replaced only with
    ``overwrite``. ``progress`` is shown on stderr.
    Raises BadDriveRequest, or BagExists.
    """
    cameras = standard_rig() if rig is None else tuple(rig)
    _check(seconds, fps, cameras)
    if overwrite:
        _remove_bag(bag)
    exposures = _exposures(cameras, seconds, fps, seed)
    steps = int((LEAD_IN_S + seconds) * SECOND_NS) // STEP_NS
    world = World(
        seed, length=min(max(400.0, _HIGHEST_MEAN_SPEED * (LEAD_IN_S + seconds)), MAX_LENGTH)
    )
    messages = _in_order(_drive(world, exposures, steps))
    with BagWriter(bag, storage) as writer:
        announce(writer, [camera.role for camera in cameras])
        mounts = {camera.frame_id: camera.pose for camera in cameras}
        transforms = static_transforms(mounts, START_NS)
        writer.write(STATIC_TF_TOPIC, START_NS, canonical_cdr(transforms))
        with Progress("generate", steps * STEP_NS / SECOND_NS, progress) as bar:
            for recorded in messages:
                received_ns = START_NS + recorded.received_ns
                writer.write(recorded.topic, received_ns, canonical_cdr(recorded.message))
                bar.at(recorded.received_ns / SECOND_NS)
    return GeneratedDrive(len(exposures), steps + 1, steps * STEP_NS / SECOND_NS)


def _check(seconds: float, fps: float, cameras: Sequence[MountedCamera]) -> None:
    if not 0.0 < seconds <= 3600.0:
        raise BadDriveRequest(f"a drive of {seconds} s: not within (0, 3600] s")
    if not 0.0 < fps <= 100.0:
        raise BadDriveRequest(f"{fps} images a second: not within (0, 100]")
    roles = [camera.role for camera in cameras]
    if not roles or len(set(roles)) != len(roles):
        raise BadDriveRequest(f"a rig needs one or more cameras, each once: {', '.join(roles)}")
    for camera in cameras:
        if max(camera.model.width, camera.model.height) > _LARGEST_SIDE:
            size = f"{camera.model.width}x{camera.model.height}"
            raise BadDriveRequest(
                f"{camera.role}: {size} has more than {_LARGEST_SIDE} pixels a side"
            )


def _remove_bag(bag: Path) -> None:
    """Remove a bag that lies at the path; BagExists when something else does."""
    if not bag.exists():
        return
    if not (bag / "metadata.yaml").is_file():
        raise BagExists(f"{bag} exists and is not a bag: it is not overwritten")
    shutil.rmtree(bag)


# -- the drive


def _exposures(
    cameras: Sequence[MountedCamera], seconds: float, fps: float, seed: int
) -> list[_Exposure]:
    """All images, in the order of their stamps."""
    random = np.random.Generator(np.random.PCG64((seed, 2)))
    exposures = []
    for camera in cameras:
        first_ns = round(LEAD_IN_S * SECOND_NS) + _JITTER_NS + _PHASES_NS.get(camera.role, 0)
        for frame in range(max(1, int(seconds * fps))):
            jitter_ns = int(random.integers(-_JITTER_NS, _JITTER_NS, endpoint=True))
            delay_ns = _IMAGE_DELAY_NS + int(random.integers(_IMAGE_DELAY_SPREAD_NS))
            offset_ns = first_ns + round(frame * SECOND_NS / fps) + jitter_ns
            exposures.append(_Exposure(offset_ns, delay_ns, camera))
    return sorted(exposures, key=lambda exposure: exposure.offset_ns)


def _drive(world: World, exposures: Sequence[_Exposure], steps: int) -> Iterator[_Recorded]:
    """Drive ``steps`` steps; yield messages, those of one step in any order."""
    driver = ScriptedDriver()
    waiting = list(reversed(exposures))
    for step in range(steps + 1):
        now_ns = step * STEP_NS
        message = odometry(world.state.ego, START_NS + now_ns)
        yield _Recorded(now_ns + _ODOMETRY_DELAY_NS, ODOMETRY_TOPIC, message)
        command = driver.command(world, STEP_NS / SECOND_NS)
        # the last step takes what is left, a few ms beyond the last odometry
        while waiting and (waiting[-1].offset_ns < now_ns + STEP_NS or step == steps):
            exposure = waiting.pop()
            state = world.peek(*command, (exposure.offset_ns - now_ns) / SECOND_NS)
            pixels = world.render(exposure.camera, state)
            yield from _image_messages(exposure, pixels)
        world.step(*command, STEP_NS / SECOND_NS)


def _image_messages(exposure: _Exposure, pixels: Pixels) -> Iterator[_Recorded]:
    camera, stamp_ns = exposure.camera, START_NS + exposure.offset_ns
    received_ns = exposure.offset_ns + exposure.delay_ns
    yield _Recorded(received_ns, info_topic(camera.role), camera_info(camera, stamp_ns))
    yield _Recorded(received_ns, image_topic(camera.role), image(camera, pixels, stamp_ns))


def _in_order(messages: Iterator[_Recorded]) -> Iterator[_Recorded]:
    """Sort messages by when they are received; they come less than a delay out of order."""
    longest_ns = STEP_NS + _IMAGE_DELAY_NS + _IMAGE_DELAY_SPREAD_NS
    pending: list[tuple[int, int, _Recorded]] = []
    for number, message in enumerate(messages):
        heapq.heappush(pending, (message.received_ns, number, message))
        while pending[0][0] < message.received_ns - longest_ns:
            yield heapq.heappop(pending)[2]
    while pending:
        yield heapq.heappop(pending)[2]


# -- messages


def image(camera: MountedCamera, pixels: Pixels, stamp_ns: int) -> CompressedImage:
    """JPEG message of an RGB image (height, width, 3)."""
    message = CompressedImage(header=header(stamp_ns, camera.frame_id), format="jpeg")
    message.data.frombytes(
        simplejpeg.encode_jpeg(
            pixels, quality=_JPEG_QUALITY, colorspace="RGB", colorsubsampling="420"
        )
    )
    return message


def camera_info(camera: MountedCamera, stamp_ns: int) -> CameraInfo:
    """Calibration message of a camera; the projection is that of the raw image."""
    model = camera.model
    return CameraInfo(
        header=header(stamp_ns, camera.frame_id),
        width=model.width,
        height=model.height,
        distortion_model=model.distortion_model,
        d=list(model.coefficients),
        k=model.matrix.ravel(),
        r=np.eye(3).ravel(),
        p=np.hstack((model.matrix, np.zeros((3, 1)))).ravel(),
    )


def odometry(ego: UnicycleState, stamp_ns: int) -> Odometry:
    """Odometry message of the ego vehicle: pose in odom, twist in base_link."""
    message = Odometry(header=header(stamp_ns, ODOMETRY_FRAME), child_frame_id=BASE_FRAME)
    message.pose.pose = pose_to_msg(ego.pose)
    message.twist.twist.linear.x = ego.speed
    message.twist.twist.angular.z = ego.yaw_rate
    return message


# -- command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``./run generate``."""
    parser.add_argument(
        "-o", "--out", type=Path, required=True, metavar="BAG", help="rosbag2 directory to write"
    )
    parser.add_argument("--seconds", type=float, default=25.0, help="length, default: 25")
    parser.add_argument(
        "--cameras", nargs="+", choices=MOUNTED_ROLES, default=list(DEMO_ROLES), metavar="ROLE",
        help=f"of {', '.join(MOUNTED_ROLES)}; default: {' '.join(DEMO_ROLES)}",
    )  # fmt: skip
    parser.add_argument(
        "--size", type=_size, default=DEMO_SIZE, metavar="WxH",
        help=f"of the images, default: {DEMO_SIZE[0]}x{DEMO_SIZE[1]}",
    )  # fmt: skip
    parser.add_argument("--fps", type=float, default=10.0, help="images a second, default: 10")
    parser.add_argument("--seed", type=int, default=0, help="of the world, default: 0")
    parser.add_argument("--storage", choices=STORAGES, default="mcap", help="default: mcap")
    parser.add_argument("--overwrite", action="store_true", help="replace a bag that is there")


def _size(text: str) -> tuple[int, int]:
    width, separator, height = text.lower().partition("x")
    if not (separator and width.isdigit() and height.isdigit()) or 0 in (int(width), int(height)):
        raise argparse.ArgumentTypeError(f"'{text}' is not a size such as 960x540")
    return int(width), int(height)


def run(arguments: argparse.Namespace) -> int:
    """Generate a drive and say in one line what it holds."""
    rig = standard_rig(arguments.cameras, arguments.size)
    drive = generate_drive(
        arguments.out, arguments.seconds, arguments.seed, rig, arguments.storage, arguments.fps,
        arguments.overwrite, progress=True,
    )  # fmt: skip
    print(
        f"{arguments.out}: {drive.images} images of {len(rig)} cameras, "
        f"{drive.odometry} odometry messages, {drive.duration_s:.2f} s"
    )
    return 0
