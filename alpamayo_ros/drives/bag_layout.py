# SPDX-License-Identifier: Apache-2.0
"""The topics and frames of the bags that this project writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo, CompressedImage
from tf2_msgs.msg import TFMessage

from alpamayo_ros.drives.bags import BEST_EFFORT, LATCHED, RELIABLE, BagWriter, type_name
from alpamayo_ros.ros.conversions import header, pose_to_msg
from alpamayo_ros.types import Pose

ODOMETRY_FRAME = "odom"
BASE_FRAME = "base_link"
ODOMETRY_TOPIC = "/odometry"
STATIC_TF_TOPIC = "/tf_static"


def image_topic(role: str) -> str:
    """Topic of a camera's JPEG images."""
    return f"/camera/{role}/image/compressed"


def info_topic(role: str) -> str:
    """Topic of a camera's calibration."""
    return f"/camera/{role}/camera_info"


def announce(writer: BagWriter, roles: Iterable[str]) -> None:
    """Add the topics of a drive with these cameras to a bag."""
    for role in roles:
        writer.add_topic(image_topic(role), type_name(CompressedImage), BEST_EFFORT)
        writer.add_topic(info_topic(role), type_name(CameraInfo), BEST_EFFORT)
    writer.add_topic(ODOMETRY_TOPIC, type_name(Odometry), RELIABLE)
    writer.add_topic(STATIC_TF_TOPIC, type_name(TFMessage), LATCHED)


def static_transforms(poses: Mapping[str, Pose], stamp_ns: int) -> TFMessage:
    """Where frames (by name) are in the base frame."""
    message = TFMessage()
    for frame_id, pose in poses.items():
        transform = TransformStamped(header=header(stamp_ns, BASE_FRAME), child_frame_id=frame_id)
        placed = pose_to_msg(pose)
        position, translation = placed.position, transform.transform.translation
        translation.x, translation.y, translation.z = position.x, position.y, position.z
        transform.transform.rotation = placed.orientation
        message.transforms.append(transform)
    return message
