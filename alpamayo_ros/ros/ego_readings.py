# SPDX-License-Identifier: Apache-2.0
"""From the standard messages about ego motion to what the ego core reads."""

from __future__ import annotations

from collections.abc import Iterator

from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from sensor_msgs.msg import Imu
from tf2_msgs.msg import TFMessage

from alpamayo_ros.ego.odometry import OdometryReading
from alpamayo_ros.ego.transforms import TransformReading
from alpamayo_ros.ros.conversions import time_to_ns


def odometry_reading(message: Odometry) -> OdometryReading:
    """Reading of an Odometry message."""
    p, q = message.pose.pose.position, message.pose.pose.orientation
    return OdometryReading(
        stamp_ns=time_to_ns(message.header.stamp),
        frame_id=message.header.frame_id,
        child_frame_id=message.child_frame_id,
        position=(p.x, p.y, p.z),
        quaternion=(q.x, q.y, q.z, q.w),
        speed=message.twist.twist.linear.x,
        yaw_rate=message.twist.twist.angular.z,
    )


def transform_readings(message: TFMessage) -> Iterator[TransformReading]:
    """Readings of the transforms in a TFMessage."""
    for stamped in message.transforms:
        p, q = stamped.transform.translation, stamped.transform.rotation
        yield TransformReading(
            stamp_ns=time_to_ns(stamped.header.stamp),
            parent=stamped.header.frame_id,
            child=stamped.child_frame_id,
            position=(p.x, p.y, p.z),
            quaternion=(q.x, q.y, q.z, q.w),
        )


def twist_reading(message: TwistStamped) -> tuple[int, str, float]:
    """Stamp, frame and forward speed [m/s] of a TwistStamped."""
    return time_to_ns(message.header.stamp), message.header.frame_id, message.twist.linear.x


def imu_reading(message: Imu) -> tuple[int, str, float]:
    """Stamp, frame and yaw rate [rad/s] of an Imu message."""
    return time_to_ns(message.header.stamp), message.header.frame_id, message.angular_velocity.z
