# SPDX-License-Identifier: Apache-2.0
"""What the views showed at one moment of a recorded drive, drawn again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import alpamayo_msgs.msg as m
import cv2
import numpy as np
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CameraInfo, CompressedImage, Image
from tf2_msgs.msg import TFMessage

from alpamayo_ros.cameras.decode import decode_array
from alpamayo_ros.cameras.raw import check_encoding
from alpamayo_ros.drives.bags import BagReader
from alpamayo_ros.drives.inputs import COMPRESSED_IMAGE, find_inputs
from alpamayo_ros.drives.record import EGO_ODOMETRY, PLAN, PREDICTION
from alpamayo_ros.ros.conversions import (
    ego_state_from_msg,
    plan_from_msg,
    prediction_from_msg,
    time_to_ns,
)
from alpamayo_ros.ros.image_bridge import image_to_array
from alpamayo_ros.types import Pixels, StackError
from alpamayo_ros.views.birds_eye_image import birds_eye_image
from alpamayo_ros.views.overlay import overlay
from alpamayo_ros.views.projection import UnusableCalibration
from alpamayo_ros.views.scene import Scene
from alpamayo_ros.views.vehicle import Vehicle
from alpamayo_ros.views.watch import CameraWatch, NoView, SceneWatch

_STATIC_TF = "/tf_static"


class NothingToShow(StackError):
    """A moment at which a recording holds no plan, prediction or ego state."""


@dataclass(frozen=True, slots=True)
class Still:
    """A moment: its scene, and each camera's newest image (RGB) with its stamp."""

    scene: Scene
    images: Mapping[str, tuple[Pixels, int]]
    scenes: SceneWatch
    cameras: CameraWatch

    def overlay(self, role: str, vehicle: Vehicle, width: int = 960) -> Pixels:
        """The camera's overlay, as the visualizer publishes it."""
        image, stamp_ns = self.images[role]
        size = (width, round(width * image.shape[0] / image.shape[1]))
        scaled = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
        try:
            view = self.cameras.view(role, stamp_ns, size, self.scenes.track)
        except (NoView, UnusableCalibration):
            view = None
        return overlay(scaled, view, self.scene, vehicle, role)

    def birds_eye(self, vehicle: Vehicle) -> Pixels:
        """The picture from above."""
        return birds_eye_image(self.scene, vehicle)


def still(recording: Path, stamp_ns: int, base_frame: str = "base_link") -> Still:
    """Read a recording of a replay up to a time of the bag.

    Raises the errors of bags, NoCameras and NothingToShow.
    """
    scenes, cameras = SceneWatch(), CameraWatch(base_frame)
    newest: dict[str, bytes] = {}
    with BagReader(recording) as bag:
        inputs = find_inputs(bag.topics, {}, str(recording))
        takes = _takes(scenes, cameras, inputs.cameras)
        wanted = {topic for topic in (*takes, *inputs.cameras.values()) if topic in bag.topics}
        for topic, received_ns, data in bag.messages(wanted):
            if received_ns > stamp_ns:
                break
            if topic in takes:
                takes[topic](data, received_ns)
            else:
                newest[topic] = data
    scene = scenes.scene(stamp_ns)
    if scene is None:
        raise NothingToShow(f"{recording} shows nothing at {stamp_ns / 1e9:.3f} s")
    images = {
        role: _image(newest[topic], inputs.types[topic] == COMPRESSED_IMAGE)
        for role, topic in inputs.cameras.items()
        if topic in newest
    }
    return Still(scene, images, scenes, cameras)


def _takes(
    scenes: SceneWatch, cameras: CameraWatch, topics: Mapping[str, str]
) -> dict[str, Callable[[bytes, int], None]]:
    """What to do with the messages of each topic."""

    def take(kind: Any, into: Callable[[Any, int], None]) -> Callable[[bytes, int], None]:
        return lambda data, now_ns: into(deserialize_message(data, kind), now_ns)

    def info(role: str) -> Callable[[Any, int], None]:
        return lambda message, _: cameras.take_info(role, message)

    return {
        _STATIC_TF: take(TFMessage, lambda message, _: cameras.take_static(message)),
        EGO_ODOMETRY: take(Odometry, lambda x, now: scenes.take_ego(ego_state_from_msg(x), now)),
        PLAN: take(m.Plan, lambda x, now: scenes.take_plan(plan_from_msg(x), now)),
        PREDICTION: take(
            m.Prediction, lambda x, now: scenes.take_prediction(prediction_from_msg(x), now)
        ),
        **{
            f"{topic.removesuffix('/compressed').rpartition('/')[0]}/camera_info": take(
                CameraInfo, info(role)
            )
            for role, topic in topics.items()
        },
    }


def _image(data: bytes, compressed: bool) -> tuple[Pixels, int]:
    """RGB pixels and stamp of an image; a compressed one at its full size."""
    message: Any = deserialize_message(data, CompressedImage if compressed else Image)
    stamp_ns = time_to_ns(message.header.stamp)
    if compressed:
        decoded = cv2.imdecode(np.frombuffer(message.data, np.uint8), cv2.IMREAD_COLOR_RGB)
        if decoded is None:
            raise NothingToShow(f"an image of {stamp_ns / 1e9:.3f} s cannot be decoded")
        return np.asarray(decoded, np.uint8), stamp_ns
    check_encoding(message.encoding)
    return decode_array(image_to_array(message), message.encoding).pixels, stamp_ns
