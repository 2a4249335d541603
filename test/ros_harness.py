# SPDX-License-Identifier: Apache-2.0
"""Real nodes in real processes over real DDS, and a node of the test's own to talk to them."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node

WAIT_S = 20.0
"""How long a test waits for something that must happen: generous, for a busy machine."""


class Peer:
    """A node of the test: publishes, records what it hears, waits for what must come."""

    def __init__(self, name: str = "peer") -> None:
        self.context = Context()
        rclpy.init(context=self.context)
        self.node = Node(name, context=self.context)
        self.heard: dict[str, list[Any]] = defaultdict(list)
        self._executor = SingleThreadedExecutor(context=self.context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._spin, daemon=True)
        self._thread.start()

    def _spin(self) -> None:
        with contextlib.suppress(ExternalShutdownException):
            self._executor.spin()

    def listen(self, message_type: Any, topic: str, qos: Any = 50) -> list[Any]:
        """Record a topic; the list returned grows as messages come."""
        heard = self.heard[topic]
        self.node.create_subscription(message_type, topic, heard.append, qos)
        return heard

    def talk(self, message_type: Any, topic: str, qos: Any = 50) -> Any:
        """Return a publisher."""
        return self.node.create_publisher(message_type, topic, qos)

    def wait_until(self, condition: Callable[[], Any], what: str, timeout_s: float = WAIT_S) -> Any:
        """Wait for a truthy result and return it; fail the test when it does not come."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if result := condition():
                return result
            time.sleep(0.01)
        raise AssertionError(f"waited {timeout_s:g} s for {what}")

    def wait_for_subscriber(self, publisher: Any, count: int = 1) -> None:
        """Wait until a publisher is heard."""
        self.wait_until(
            lambda: publisher.get_subscription_count() >= count,
            f"{count} subscribers of {publisher.topic_name}",
        )

    def wait_for_publisher(self, topic: str) -> None:
        """Wait until somebody publishes a topic."""
        self.wait_until(lambda: self.node.count_publishers(topic), f"a publisher of {topic}")

    def diagnostics(self) -> list[DiagnosticArray]:
        """Record /diagnostics."""
        return self.listen(DiagnosticArray, "/diagnostics")

    def close(self) -> None:
        """Leave."""
        self._executor.shutdown()
        self._thread.join(5.0)
        self.node.destroy_node()
        rclpy.try_shutdown(context=self.context)


def status_values(arrays: list[DiagnosticArray], node: str) -> dict[str, str]:
    """The newest values a node published on /diagnostics."""
    for array in reversed(arrays):
        for status in array.status:
            if status.name == node:
                return {pair.key: pair.value for pair in status.values}
    return {}


def status_messages(arrays: list[DiagnosticArray], node: str, level: bytes) -> list[str]:
    """All messages a node published on /diagnostics at a level."""
    return [
        status.message
        for array in arrays
        for status in array.status
        if status.name == node and status.level == level
    ]


class NodeProcess:
    """One node of the stack in a process of its own."""

    def __init__(self, name: str, **parameters: Any) -> None:
        self.name = name
        command = [sys.executable, "-m", f"alpamayo_ros.nodes.{name}", "--ros-args"]
        for key, value in parameters.items():
            command += ["-p", f"{key.replace('__', '.')}:={_literal(value)}"]
        self.process = subprocess.Popen(
            command, env=os.environ.copy(), stderr=subprocess.PIPE, text=True
        )
        self.errors: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.errors.append(line.rstrip())

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self.process.poll() is None

    def stop(self, with_signal: int = signal.SIGTERM) -> int:
        """Signal the process, wait for its end and return its exit code."""
        if self.alive:
            self.process.send_signal(with_signal)
        code = self.process.wait(WAIT_S)
        self._reader.join(5.0)
        return code


def _literal(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(f'"{entry}"' for entry in value) + "]"
    if isinstance(value, str):
        return f'"{value}"'
    return str(value)
