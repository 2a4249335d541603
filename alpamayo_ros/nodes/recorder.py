# SPDX-License-Identifier: Apache-2.0
"""recorder: what the stack says, and small pictures of what it sees, into a folder."""

from __future__ import annotations

import sys
import threading
import time
from datetime import datetime
from functools import partial
from pathlib import Path

import cv2
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy

from alpamayo_ros.drives.backlog import Backlog
from alpamayo_ros.drives.drive_recording import DriveRecording
from alpamayo_ros.drives.record import (
    CHAIN_OF_CAUSATION,
    DIAGNOSTICS,
    MODE_DECISION,
    OUTPUTS,
    PATH,
    REASONING_TRACE,
)
from alpamayo_ros.drives.tick_files import holds_record
from alpamayo_ros.ros.diagnostics import ERROR, WARN, Finding
from alpamayo_ros.ros.node import StackNode, run
from alpamayo_ros.ros.parameters import ParameterSpec
from alpamayo_ros.ros.qos import LATCHED
from alpamayo_ros.types import ConfigurationError, StackError

PARAMETERS = (
    ParameterSpec(
        "folder", "", "Where out.mcap, ticks.parquet and scenes.parquet go; empty: "
        "drives/<date-time>. Where a record is, it stays, and a number is added to the name.",
    ),
    ParameterSpec("pictures", True, "Record small pictures of all cameras for every tick."),
    ParameterSpec(
        "derived", False, "Record what repeats others' content too: path (of the plan), "
        "chain_of_causation and reasoning_trace (of the prediction).",
    ),
    ParameterSpec(
        "min_free_mb", 500.0, "Warn when the disk has less room than this.", "MB", 0.0, 1e9
    ),
)  # fmt: skip

_HEARD = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=100, reliability=ReliabilityPolicy.RELIABLE
)

_DERIVED = (PATH, CHAIN_OF_CAUSATION, REASONING_TRACE)

_SLOW_S = 0.5
"""A disk that takes longer for what comes in a second is slow."""

_SHOWN_S = 3.0


class Recorder(StackNode):
    """Every output of the stack -> out.mcap and the record of the drive.

    The executor's thread takes messages as bytes and puts them into a bounded queue; a thread
    reads what the record needs of them and writes. A disk that is full or slow costs the record,
    loudly, and never the stack: nothing waits for this node.
    """

    NAME = "recorder"
    PARAMETERS = PARAMETERS

    # -- life

    def configure(self) -> None:
        """Listen to every output."""
        cv2.setNumThreads(1)  # pictures of this size are not worth the threads
        self._recording: DriveRecording | None = None
        self._backlog: Backlog | None = None
        # over who writes: a message that comes while the node is deactivated has nowhere to go
        self._lock = threading.Lock()
        for topic, message_type in OUTPUTS.items():
            if topic in _DERIVED and not self.flag("derived"):
                continue
            # the nodes' outputs are in the namespace of the stack, diagnostics are everyone's
            name = topic if topic == DIAGNOSTICS else topic.lstrip("/")
            self.subscribe(
                message_type, name, partial(self._on_output, topic),
                LATCHED if topic == MODE_DECISION else _HEARD, raw=True,
            )  # fmt: skip
        self.diagnostics.add_check(self._check_writing)

    def activate(self) -> None:
        """Begin a record in a folder of its own."""
        folder = free_folder(self.text("folder"))
        try:
            self._recording = DriveRecording(folder, self.flag("pictures"))
        except (StackError, OSError) as error:
            # the stack drives on; only its record is missing, and says so
            self._recording = None
            self._fail(f"no record: {error}")
            return
        self._backlog = Backlog(self._recording.take, self._write)
        self.get_logger().info(f"recording into {folder}")

    def deactivate(self) -> None:
        """Complete the record."""
        with self._lock:
            backlog, self._backlog = self._backlog, None
        recording, self._recording = self._recording, None
        try:
            if backlog is not None:
                backlog.close()
            if recording is not None:
                recording.close()
        except StackError as error:
            self.get_logger().error(f"record not completed, its parts stay: {error}")

    def clear_buffers(self) -> None:
        """Nothing is forgotten: a record holds every lap."""

    # -- work

    def _on_output(self, topic: str, data: bytes) -> None:
        with self._lock:
            backlog = self._backlog
            if backlog is None:
                return
            taken = backlog.put(topic, self.now_ns(), data)
        self.diagnostics.count("messages")
        if not taken:
            self.diagnostics.count("dropped.disk_slow")
            self._fail("disk_slow: messages are lost, the disk does not keep up")

    def _write(self) -> None:
        """Write what came in the last second; on the writing thread."""
        recording, backlog = self._recording, self._backlog
        if recording is None:
            return
        began = time.monotonic()
        for fault in recording.write():
            self._fail(fault)
        took_s = time.monotonic() - began
        if took_s > _SLOW_S:
            finding = Finding(WARN, f"disk_slow: {took_s:.2f} s for what came in a second")
            self.diagnostics.event("disk_slow", finding, _SHOWN_S)
        self.diagnostics.mark("write")
        for name, value in recording.gauges().items():
            self.diagnostics.gauge(name, value)
        if backlog is not None:
            self.diagnostics.gauge("waiting", backlog.length)

    def _fail(self, text: str) -> None:
        self.diagnostics.count("failures")
        name = text.partition(":")[0]
        self.diagnostics.event(name, Finding(ERROR, text), _SHOWN_S)

    def _check_writing(self) -> Finding | None:
        recording = self._recording
        if not self.active:
            return None
        if recording is None:
            return Finding(ERROR, "no record: nothing is written")
        silent_s = self.diagnostics.age_s("write")
        if silent_s > 3.0 and silent_s != float("inf"):
            return Finding(ERROR, f"disk_slow: nothing written for {silent_s:.1f} s")
        free_mb = recording.free_mb()
        if free_mb < self.number("min_free_mb"):
            return Finding(WARN, f"disk_full: {free_mb:.0f} MB left")
        return None


def free_folder(name: str, now: datetime | None = None) -> Path:
    """The folder for a new record: as named, or by the time, and with a number where one is."""
    moment = now or datetime.now()
    folder = Path(name or f"drives/{moment:%Y-%m-%d_%H-%M-%S}").expanduser()
    number = 1
    chosen = folder
    while holds_record(chosen) or (chosen / "out.mcap").exists():
        number += 1
        chosen = folder.with_name(f"{folder.name}-{number}")
    if chosen.exists() and not chosen.is_dir():
        raise ConfigurationError(f"folder {chosen} is a file")
    return chosen


def main() -> int:
    """Run the node."""
    return run(Recorder)


if __name__ == "__main__":
    sys.exit(main())
