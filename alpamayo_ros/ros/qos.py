# SPDX-License-Identifier: Apache-2.0
"""Quality of service by kind of topic; each can be overridden by ``qos_overrides`` parameters."""

from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

SENSOR = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=10, reliability=ReliabilityPolicy.BEST_EFFORT
)
"""Cameras, odometry, IMU: matches reliable and best-effort drivers alike."""

INTERNAL = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=5, reliability=ReliabilityPolicy.RELIABLE
)
"""Between the nodes of the stack, and its results."""

LATCHED = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=100,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
"""What a late joiner must know: mode decisions, which carry their own time to live. Many, because a
question or small talk said after a command must not push it out."""

ANSWERS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=100, reliability=ReliabilityPolicy.RELIABLE
)
"""Pieces of text, of which none may be lost."""

STATIC_TF = QoSProfile(
    history=HistoryPolicy.KEEP_LAST,
    depth=100,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)

COMMANDS = ANSWERS
"""What people say: in bursts, and every sentence gets a decision."""
