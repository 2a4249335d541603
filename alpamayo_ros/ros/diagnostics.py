# SPDX-License-Identifier: Apache-2.0
"""Counters, rates, ages and checks of one node, published on /diagnostics."""

from __future__ import annotations

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR

CHECK_PERIOD_S = 0.1
"""A failing check is published this soon; an unchanged status every ``period_s``."""

_LOG_EVERY_S = 5.0
_RATE_WINDOW_S = 2.0


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found wrong: level WARN or ERROR, and a message with the numbers."""

    level: bytes
    message: str


Check = Callable[[], Finding | None]


class Diagnostics:
    """Counts what happens in a node and tells it on /diagnostics.

    Every method may be called from any thread. Times are the steady clock's: diagnostics go on
    when the ROS clock stands still.
    """

    def __init__(self, node: Node, period_s: float) -> None:
        self._node = node
        self._period_s = period_s
        self._lock = threading.Lock()
        self._counters: Counter[str] = Counter()
        self._gauges: dict[str, float] = {}
        self._marks: dict[str, deque[float]] = {}
        self._events: dict[str, tuple[float, Finding]] = {}
        self._logged: dict[str, float] = {}
        self._checks: list[Check] = []
        self._published_at = float("-inf")
        self._published_state: tuple[bytes, str] | None = None
        self._publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)
        self._timer = node.create_timer(
            CHECK_PERIOD_S, self._tick, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    def add_check(self, check: Check) -> None:
        """Run ``check`` ten times a second; its worst finding is the node's status."""
        self._checks.append(check)

    def clear_checks(self) -> None:
        """Forget all checks and events (the node was cleaned up)."""
        with self._lock:
            self._checks.clear()
            self._events.clear()
            self._marks.clear()

    def count(self, name: str, by: int = 1) -> None:
        """Add to a counter."""
        with self._lock:
            self._counters[name] += by

    def counter(self, name: str) -> int:
        """Return the value of a counter."""
        with self._lock:
            return self._counters[name]

    def gauge(self, name: str, value: float) -> None:
        """Set a value that is shown as it is."""
        with self._lock:
            self._gauges[name] = value

    def mark(self, name: str) -> None:
        """Note that something happened now: shown as rate, age and count."""
        now = time.monotonic()
        with self._lock:
            marks = self._marks.setdefault(name, deque(maxlen=256))
            marks.append(now)
            self._counters[name] += 1

    def age_s(self, name: str) -> float:
        """Seconds since the last mark of this name; infinite when there was none."""
        with self._lock:
            marks = self._marks.get(name)
            return time.monotonic() - marks[-1] if marks else float("inf")

    def drop(self, reason: str, detail: str) -> None:
        """Count something that was dropped and say so: WARN for 2 s, one log line per 5 s."""
        self.count(f"dropped.{reason}")
        self.event(reason, Finding(WARN, f"{reason}: {detail}"), 2.0)

    def event(self, name: str, finding: Finding, hold_s: float) -> None:
        """Report something that happened for ``hold_s`` seconds, and log it at most every 5 s."""
        now = time.monotonic()
        with self._lock:
            self._events[name] = (now + hold_s, finding)
            if now - self._logged.get(name, float("-inf")) < _LOG_EVERY_S:
                return
            self._logged[name] = now
        log = self._node.get_logger()
        # rclpy ties a severity to the calling line, so each severity has a line of its own
        if finding.level == ERROR:
            log.error(finding.message)
        else:
            log.warning(finding.message)

    def clear_event(self, name: str) -> None:
        """Stop reporting an event: what it named is over."""
        with self._lock:
            self._events.pop(name, None)

    def _findings(self, now: float) -> list[Finding]:
        found = [finding for check in self._checks if (finding := check()) is not None]
        with self._lock:
            self._events = {k: v for k, v in self._events.items() if v[0] > now}
            found += [finding for _, finding in self._events.values()]
        return sorted(found, key=lambda finding: finding.level, reverse=True)

    def _tick(self) -> None:
        now = time.monotonic()
        findings = self._findings(now)
        level = findings[0].level if findings else OK
        names = "; ".join(sorted(finding.message.split(":")[0] for finding in findings))
        if (level, names) == self._published_state and now - self._published_at < self._period_s:
            return
        self._published_state, self._published_at = (level, names), now
        message = "; ".join(finding.message for finding in findings) or "ok"
        self._publisher.publish(self._array(level, message, now))

    def _array(self, level: bytes, message: str, now: float) -> DiagnosticArray:
        array = DiagnosticArray()
        array.header.stamp = self._node.get_clock().now().to_msg()
        status = DiagnosticStatus(
            level=level,
            name=self._node.get_fully_qualified_name().lstrip("/"),
            message=message,
            hardware_id="alpamayo_ros",
        )
        with self._lock:
            for name, marks in sorted(self._marks.items()):
                recent = sum(1 for mark in marks if now - mark <= _RATE_WINDOW_S)
                status.values.append(_pair(f"{name}.rate_hz", recent / _RATE_WINDOW_S))
                status.values.append(_pair(f"{name}.age_s", now - marks[-1]))
            status.values += [_pair(name, value) for name, value in sorted(self._gauges.items())]
            status.values += [_pair(name, value) for name, value in sorted(self._counters.items())]
        array.status.append(status)
        return array


def _pair(key: str, value: float) -> KeyValue:
    return KeyValue(key=key, value=str(value) if isinstance(value, int) else f"{value:.3f}")
