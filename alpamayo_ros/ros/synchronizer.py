# SPDX-License-Identifier: Apache-2.0
"""Messages of several topics by equal stamp: message_filters, or what stands in for it.

Where message_filters is installed its own classes are used; the two here have the part of its
interface that the nodes use, and behave the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Any

from alpamayo_ros.ros.conversions import time_to_ns


class SimpleFilterStandIn:
    """A source of messages: whoever registered a callback gets what is signalled."""

    def __init__(self) -> None:
        self._callbacks: list[tuple[Callable[..., None], tuple[Any, ...]]] = []

    def registerCallback(self, callback: Callable[..., None], *arguments: Any) -> int:  # noqa: N802
        """Call back with the messages, then the arguments; return the number of the connection."""
        self._callbacks.append((callback, arguments))
        return len(self._callbacks) - 1

    def signalMessage(self, *messages: Any) -> None:  # noqa: N802
        """Hand messages to every callback, in the order of registration."""
        for callback, arguments in self._callbacks:
            callback(*messages, *arguments)


class TimeSynchronizerStandIn(SimpleFilterStandIn):
    """Signals one message of each source together when their header stamps are equal.

    Sets go out oldest first. Of each source at most ``queue_size`` messages wait; beyond that the
    one with the oldest stamp is dropped. A second message with a stamp replaces the first.
    """

    def __init__(self, sources: Sequence[Any], queue_size: int) -> None:
        super().__init__()
        self._queue_size = queue_size
        self._lock = threading.Lock()
        self._waiting: list[dict[int, Any]] = [{} for _ in sources]
        for source, waiting in zip(sources, self._waiting, strict=True):
            source.registerCallback(self._add, waiting)

    def _add(self, message: Any, waiting: dict[int, Any]) -> None:
        with self._lock:
            waiting[time_to_ns(message.header.stamp)] = message
            while len(waiting) > self._queue_size:
                del waiting[min(waiting)]
            complete = set.intersection(*(set(queue) for queue in self._waiting))
            for stamp in sorted(complete):
                self.signalMessage(*(queue.pop(stamp) for queue in self._waiting))


try:
    from message_filters import SimpleFilter, TimeSynchronizer
except ImportError:
    SimpleFilter, TimeSynchronizer = SimpleFilterStandIn, TimeSynchronizerStandIn

__all__ = ["SimpleFilter", "SimpleFilterStandIn", "TimeSynchronizer", "TimeSynchronizerStandIn"]
