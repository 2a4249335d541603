# SPDX-License-Identifier: Apache-2.0
"""Plays sensor messages into running nodes in the rhythm they were recorded in."""

from __future__ import annotations

import importlib
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosgraph_msgs.msg import Clock

from alpamayo_ros.ros.qos import STATIC_TF
from alpamayo_ros.types import SECOND_NS

CLOCK_PERIOD_NS = 10_000_000
"""/clock goes out at least this often, in the bag's time."""

LATE_S = 0.005
"""Up to this delay of the player the bag's time goes on."""

_CLOCK = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.BEST_EFFORT
)
# Reliable: matches listeners of both kinds.
_SENSOR = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=20, reliability=ReliabilityPolicy.RELIABLE
)


def message_class(kind: str) -> Any:
    """Class of "package/msg/Type"."""
    package, _, name = kind.partition("/msg/")
    return getattr(importlib.import_module(f"{package}.msg"), name)


class Player:
    """Publishes serialised messages and /clock; nothing is deserialised on the way.

    The bag's time runs at ``rate`` from the moment ``play`` is called. When the player was kept
    from running for more than LATE_S, that time did not pass in the bag: it never hurries after
    what it missed, since no sensor ever did. ``slipped_s`` is the sum.
    """

    def __init__(self, node: Node, types: Mapping[str, str], rate: float) -> None:
        self._publishers = {
            topic: node.create_publisher(
                message_class(kind), topic, STATIC_TF if topic == "/tf_static" else _SENSOR
            )
            for topic, kind in types.items()
        }
        self._clock = node.create_publisher(Clock, "/clock", _CLOCK)
        self._rate = rate
        self._begin = 0.0
        self._start_ns = self._clock_ns = 0
        self.slipped_s = 0.0

    def listeners(self, topic: str) -> int:
        """How many subscriptions a topic has found."""
        return int(self._publishers[topic].get_subscription_count())

    @property
    def clock_listeners(self) -> int:
        """How many subscriptions /clock has found."""
        return int(self._clock.get_subscription_count())

    @property
    def playing(self) -> bool:
        """Whether the bag's time runs."""
        return self._begin > 0.0

    def now_ns(self) -> int:
        """The bag's time."""
        if not self.playing:
            return self._clock_ns
        passed_s = (time.monotonic() - self._begin) * self._rate
        # no further than /clock would have told by now, had it been told
        return min(self._start_ns + round(passed_s * SECOND_NS), self._clock_ns + CLOCK_PERIOD_NS)

    def hold(self, stamp_ns: int) -> None:
        """Tell the time of the first message before it runs, so that no node begins at zero."""
        self._clock_ns = stamp_ns
        self._publish_clock(stamp_ns)

    def play(
        self,
        messages: Iterable[tuple[str, int, bytes]],
        start_ns: int,
        published: Callable[[str, int, bytes, float], None],
    ) -> None:
        """Publish (topic, time [ns], CDR bytes) each at its time.

        ``published`` is told topic, time, bytes and the steady clock [s] before the publishing.
        """
        self._start_ns, self._begin = start_ns, time.monotonic()
        for topic, stamp_ns, data in messages:
            self._run_clock_until(stamp_ns)
            publisher = self._publishers[topic]
            before = time.monotonic()
            publisher.publish(data)
            published(topic, stamp_ns, data, before)

    def run_on(self, until_ns: int) -> None:
        """Let the time go on without messages."""
        self._run_clock_until(until_ns)

    def _run_clock_until(self, stamp_ns: int) -> None:
        while stamp_ns > self._clock_ns:
            due_ns = min(stamp_ns, self._clock_ns + CLOCK_PERIOD_NS)
            self._sleep_until(due_ns)
            self._publish_clock(due_ns)

    def _sleep_until(self, stamp_ns: int) -> None:
        due = self._begin + (stamp_ns - self._start_ns) / SECOND_NS / self._rate
        ahead = due - time.monotonic()
        if ahead > 0:
            time.sleep(ahead)
        elif ahead < -LATE_S:
            self._begin -= ahead
            self.slipped_s -= ahead

    def _publish_clock(self, stamp_ns: int) -> None:
        self._clock_ns = stamp_ns
        seconds, nanoseconds = divmod(stamp_ns, SECOND_NS)
        # the CDR form of builtin_interfaces/Time, little endian
        self._clock.publish(b"\x00\x01\x00\x00" + struct.pack("<iI", seconds, nanoseconds))
