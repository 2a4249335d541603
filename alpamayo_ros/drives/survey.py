# SPDX-License-Identifier: Apache-2.0
"""What the sensors of a bag say, apart from the stack: stamps, rates, the way that was driven."""

from __future__ import annotations

from collections.abc import Collection

from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message
from tf2_msgs.msg import TFMessage

from alpamayo_ros.drives.bags import BagReader, header_stamp_ns
from alpamayo_ros.drives.inputs import DriveInputs
from alpamayo_ros.drives.summary import InputRate, Track
from alpamayo_ros.ros.conversions import time_to_ns

_FIRST_TOPIC = {"odometry": "/odometry", "tf": "/tf", "twist_imu": "/twist"}


def survey(
    bag: BagReader,
    inputs: DriveInputs,
    source: str,
    odometry_frame: str,
    wanted: Collection[tuple[str, int]] = (),
) -> tuple[Track, dict[tuple[str, int], bytes]]:
    """Read a bag once; return its track, and the images in ``wanted`` (role, stamp) as messages.

    ``source`` and ``odometry_frame`` are those of ego_motion.
    """
    track = Track(
        image_stamps_ns={role: [] for role in inputs.cameras},
        inputs={topic: InputRate(kind) for topic, kind in sorted(inputs.types.items())},
    )
    images: dict[tuple[str, int], bytes] = {}
    roles = inputs.roles
    for topic, stamp_ns, data in bag.messages(tuple(inputs.types)):
        track.inputs[topic].add(stamp_ns)
        if topic in roles:
            role, image_ns = roles[topic], header_stamp_ns(data)
            track.image_stamps_ns[role].append(image_ns)
            if (role, image_ns) in wanted:
                images.setdefault((role, image_ns), data)
            continue
        if topic == "/odometry":
            _add_odometry(track, deserialize_message(data, Odometry))
        if topic == _FIRST_TOPIC[source] and track.ego_start_ns is None:
            track.ego_start_ns = _ego_stamp(topic, data, odometry_frame)
    return track, images


def _add_odometry(track: Track, message: Odometry) -> None:
    stamp_ns, position = time_to_ns(message.header.stamp), message.pose.pose.position
    track.positions.append((stamp_ns, message.header.frame_id.lstrip("/"), position.x, position.y))
    track.speeds.append((stamp_ns, message.twist.twist.linear.x))


def _ego_stamp(topic: str, data: bytes, odometry_frame: str) -> int | None:
    """Stamp of a message of ego motion; None for transforms of something else."""
    if topic != "/tf":
        return time_to_ns(
            deserialize_message(
                data, Odometry if topic == "/odometry" else TwistStamped
            ).header.stamp
        )
    for stamped in deserialize_message(data, TFMessage).transforms:
        if odometry_frame in (stamped.header.frame_id, stamped.child_frame_id):
            return time_to_ns(stamped.header.stamp)
    return None
