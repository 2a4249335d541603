# SPDX-License-Identifier: Apache-2.0
"""A small drive of known motion, as messages."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from alpamayo_msgs.msg import Plan, UserCommand
from geometry_msgs.msg import Pose, Quaternion
from nav_msgs.msg import Odometry
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage
from std_msgs.msg import Header

from alpamayo_ros.drives.bags import BagWriter, type_name
from alpamayo_ros.ros.conversions import time_from_ns
from alpamayo_ros.types import SECOND_NS

START_NS = 1_700_000_000 * SECOND_NS
SPEED, YAW_RATE = 6.0, 0.1
PHASES_NS = {"cross_left": -30_000_000, "front_wide": 0}

Message = tuple[str, int, Any]


def circle(time_s: float) -> tuple[float, float, float]:
    """Where the vehicle is: x, y [m] and heading [rad]."""
    turned = YAW_RATE * time_s
    radius = SPEED / YAW_RATE
    return radius * math.sin(turned), radius * (1 - math.cos(turned)), turned


def _odometry(stamp_ns: int) -> Odometry:
    x, y, yaw = circle((stamp_ns - START_NS) / SECOND_NS)
    message = Odometry(
        header=Header(stamp=time_from_ns(stamp_ns), frame_id="odom"), child_frame_id="base_link"
    )
    pose = Pose(orientation=Quaternion(z=math.sin(yaw / 2), w=math.cos(yaw / 2)))
    pose.position.x, pose.position.y = x, y
    message.pose.pose = pose
    message.twist.twist.linear.x = SPEED
    message.twist.twist.angular.z = YAW_RATE
    return message


def _jpeg(role: str, k: int) -> bytes:
    image = np.full((180, 320, 3), 60 + 50 * len(role) % 150, np.uint8)
    cv2.putText(image, f"{role} {k}", (10, 100), cv2.FONT_HERSHEY_PLAIN, 2, (255, 255, 255))
    return bytes(cv2.imencode(".jpg", image)[1])


def small_drive(image_s: float = 4.0, odometry_s: float = 6.0) -> list[Message]:
    """Two cameras at 10 Hz with different phases, odometry at 50 Hz on a circle."""
    messages: list[Message] = []
    for role, phase in PHASES_NS.items():
        for k in range(1, round(image_s * 10)):
            stamp_ns = START_NS + k * 100_000_000 + phase
            image = CompressedImage(
                header=Header(stamp=time_from_ns(stamp_ns), frame_id=role), format="jpeg"
            )
            image.data.frombytes(_jpeg(role, k))
            messages.append((f"/camera/{role}/image/compressed", stamp_ns, image))
    for k in range(round(odometry_s * 50)):
        stamp_ns = START_NS + k * 20_000_000
        messages.append(("/odometry", stamp_ns, _odometry(stamp_ns)))
    return messages


def user_command(stamp_ns: int) -> Message:
    """Somebody says something."""
    message = UserCommand(
        header=Header(stamp=time_from_ns(stamp_ns)), id="1", source="passenger", text="hello"
    )
    return "/user_command", stamp_ns, message


def recorded_plan(stamp_ns: int) -> Message:
    """What a stack once planned: no replay may play it."""
    header = Header(stamp=time_from_ns(stamp_ns), frame_id="odom")
    return "/plan", stamp_ns, Plan(header=header, reason="of another day")


def write_messages(path: Path, messages: list[Message]) -> Path:
    """Write (topic, receive time, message) as a bag, in order of time."""
    with BagWriter(path) as writer:
        for topic, kind in {topic: type(message) for topic, _, message in messages}.items():
            writer.add_topic(topic, type_name(kind))
        for topic, stamp_ns, message in sorted(messages, key=lambda entry: entry[1]):
            writer.write(topic, stamp_ns, serialize_message(message))
    return path


def write_small_bag(folder: Path) -> Path:
    """The small drive with a sentence and a stray plan in it."""
    extras = [user_command(START_NS + 2 * SECOND_NS), recorded_plan(START_NS + SECOND_NS)]
    return write_messages(folder / "small", [*small_drive(), *extras])
