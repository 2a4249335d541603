# SPDX-License-Identifier: Apache-2.0
"""A drive as it happens, into a folder: out.mcap and the record; goes on when the disk does not."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

from alpamayo_ros.drives.drive_record import RECORDED, DriveRecord
from alpamayo_ros.drives.record import RecordingFailed, RecordingWriter
from alpamayo_ros.drives.tick_files import RecordNotWritten

_CHUNK_BYTES = 1 << 16
"""A tenth of a second of a driving stack: what a crash loses of out.mcap beyond a second."""

_MOST_WAITING = 600
"""Ticks that wait in memory for a disk that is full: a minute."""

_RETRY_S = 5.0


class DriveRecording:
    """Writes outputs as they come; one thread's, but for ``free_mb``.

    When out.mcap cannot be written on, it ends there, and a new file is begun beside it every few
    seconds until one can. Raises RecordExists, RecordNotWritten and bags.BagError.
    """

    def __init__(self, folder: Path, pictures: bool) -> None:
        self._folder = folder
        self._record = DriveRecord(folder, folder.resolve().name, pictures=pictures)
        self._number = 1
        self._mcap: RecordingWriter | None = self._next_file()
        self._failed_at = 0.0
        self._fault = ""
        self._lost_messages = self._lost_ticks = 0

    def _next_file(self) -> RecordingWriter:
        name = "out.mcap" if self._number == 1 else f"out-{self._number}.mcap"
        return RecordingWriter(self._folder / name, {}, _CHUNK_BYTES)

    def take(self, topic: str, stamp_ns: int, data: bytes) -> None:
        """Take the bytes of an output and when it was received."""
        if self._mcap is None:
            self._lost_messages += 1
        else:
            try:
                self._mcap.write(topic, stamp_ns, data)
            except RecordingFailed as error:
                self._give_up_file(error)
        if topic in RECORDED:
            self._record.take(topic, data)

    def write(self) -> list[str]:
        """Force what came to the disk; return what went wrong since the last call."""
        faults = []
        if self._mcap is None and time.monotonic() - self._failed_at > _RETRY_S:
            self._begin_file()
        if self._mcap is not None:
            try:
                self._mcap.sync()
            except RecordingFailed as error:
                self._give_up_file(error)
        if self._fault:
            faults.append(f"recording: {self._fault}")
        try:
            self._record.write()
        except RecordNotWritten as error:
            self._lost_ticks += self._record.files.drop_oldest(_MOST_WAITING)
            faults.append(f"record: {error}")
        return faults

    def _give_up_file(self, error: Exception) -> None:
        file, self._mcap = self._mcap, None
        self._failed_at, self._fault = time.monotonic(), str(error)
        self._lost_messages += 1
        if file is not None:
            with contextlib.suppress(RecordingFailed, ValueError):
                file.close()

    def _begin_file(self) -> None:
        self._number += 1
        try:
            self._mcap = self._next_file()
            self._fault = ""
        except Exception as error:  # noqa: BLE001 - whatever the disk does, it is tried again
            self._failed_at, self._fault = time.monotonic(), " ".join(str(error).split())

    def gauges(self) -> dict[str, float]:
        """What is lost so far, and the room that is left."""
        pictures = self._record.pictures
        return {
            "lost.messages": float(self._lost_messages),
            "lost.ticks": float(self._lost_ticks),
            "lost.pictures": float(sum(pictures.lost.values()) if pictures else 0),
            "malformed": float(sum(self._record.malformed.values())),
            "free_mb": self.free_mb(),
        }

    def free_mb(self) -> float:
        """Room on the disk [MB]."""
        try:
            return shutil.disk_usage(self._folder).free / 1e6
        except OSError:
            return 0.0

    def close(self) -> None:
        """Complete both; raises RecordingFailed or RecordNotWritten after both were tried."""
        try:
            if self._mcap is not None:
                self._mcap.close()
        finally:
            self._record.close()
