# SPDX-License-Identifier: Apache-2.0
"""The record of a drive from the stack's outputs: fed as bytes, written every second."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

import alpamayo_msgs.msg as m
from rclpy.serialization import deserialize_message

from alpamayo_ros import types as t
from alpamayo_ros.drives.backlog import PERIOD_S, Backlog
from alpamayo_ros.drives.bags import MalformedMessage
from alpamayo_ros.drives.drive_pictures import NewestPixels, SetPictures, thumbnails
from alpamayo_ros.drives.record import (
    EGO_HISTORY,
    EGO_ODOMETRY,
    FRAME_SET,
    MODE_DECISION,
    PLAN,
    PREDICTION,
    RecordingWriter,
)
from alpamayo_ros.drives.tick_book import TickBook
from alpamayo_ros.drives.tick_files import TickFiles
from alpamayo_ros.drives.wire import read_history, read_odometry, read_plan, read_prediction
from alpamayo_ros.ros.conversions import decision_from_msg, frame_set_from_msg

RECORDED = frozenset((FRAME_SET, EGO_HISTORY, EGO_ODOMETRY, MODE_DECISION, PREDICTION, PLAN))
"""Outputs that the record is made of."""


class DriveRecord:
    """Takes outputs as they come and writes the record into a folder; one thread's.

    ``malformed`` counts outputs that could not be read, by topic. Raises what TickFiles raises.
    """

    def __init__(
        self, folder: Path, drive: str, replace: bool = False, pictures: bool = True
    ) -> None:
        self.malformed: Counter[str] = Counter()
        self.pictures = SetPictures() if pictures else None
        self.files = TickFiles(folder, replace)
        self._book = TickBook(drive)
        self._written_at = time.monotonic()
        self._takers: Mapping[str, Callable[[bytes], None]] = {
            FRAME_SET: self._frame_set,
            EGO_HISTORY: lambda data: self._book.take_history(read_history(data)),
            EGO_ODOMETRY: lambda data: self._book.take_place(read_odometry(data)),
            PREDICTION: lambda data: self._book.take_prediction(read_prediction(data)),
            PLAN: lambda data: self._book.take_plan(read_plan(data)),
            MODE_DECISION: self._decision,
        }

    def take(self, topic: str, data: bytes) -> None:
        """Take the bytes of an output; other topics are none of the record's."""
        taker = self._takers.get(topic)
        if taker is None:
            return
        try:
            taker(data)
        # a message of another definition of its type raises what it likes
        except (MalformedMessage, ValueError, OverflowError, RuntimeError):
            self.malformed[topic] += 1

    def see(self, frames: t.FrameSet, newest: NewestPixels) -> None:
        """Take what the cameras of a frame set saw, where no message leads to it."""
        self._book.take_pictures(frames.t0_ns, thumbnails(frames, newest))

    def _frame_set(self, data: bytes) -> None:
        message = deserialize_message(data, m.FrameSet)
        frames = frame_set_from_msg(message)
        self._book.take_frames(frames, message.latency)
        if self.pictures is not None:
            self._book.take_pictures(frames.t0_ns, self.pictures.of(frames, message))

    def _decision(self, data: bytes) -> None:
        self._book.take_decision(decision_from_msg(deserialize_message(data, m.ModeDecision)))

    # -- to the disk

    @property
    def due_s(self) -> float:
        """Time until the next write [s]; not above 0: it is due."""
        return self._written_at + PERIOD_S - time.monotonic()

    def write(self) -> None:
        """Write everything that is known."""
        self._written_at = time.monotonic()
        self.files.add(self._book.closed_rows())
        self.files.flush(self._book.open_rows())

    def close(self) -> None:
        """Complete every row and make one file of the record."""
        self._book.finish()
        self.files.add(self._book.closed_rows())
        self.files.close()


class DriveWriter(RecordingWriter):
    """Writes a replay's recording, and its record beside it.

    ``live``: in a thread of its own, so that who listens is not held up; else at once, and what is
    written depends on what is fed alone.
    """

    def __init__(self, path: Path, inputs: Mapping[str, str], drive: str, live: bool) -> None:
        super().__init__(path, inputs)
        self._record = DriveRecord(path.parent, drive, replace=True)
        self._backlog: Backlog | None = None
        self._closed = False
        if live:
            self._backlog = Backlog(lambda topic, _, data: self._record.take(topic, data),
                                    self._record.write)  # fmt: skip

    def write(self, topic: str, stamp_ns: int, data: bytes) -> int:
        """Write the CDR bytes of one message; return the stamp it got."""
        stamp_ns = super().write(topic, stamp_ns, data)
        if topic in RECORDED:
            if self._backlog is not None:
                self._backlog.put(topic, stamp_ns, data)
            else:
                self._record.take(topic, data)
        elif self._backlog is None and self._record.due_s <= 0.0:
            # with an input: between two steps, whose times are measured
            self._record.write()
        return stamp_ns

    def see(self, frames: t.FrameSet, newest: NewestPixels) -> None:
        """Take what the cameras of a frame set saw."""
        self._record.see(frames, newest)

    def __enter__(self) -> DriveWriter:
        return self

    def close(self) -> None:
        """Write the index, and complete the record; a second call does nothing."""
        super().close()
        if self._closed:
            return
        self._closed = True
        if self._backlog is not None:
            self._backlog.close()
        self._record.close()
