# SPDX-License-Identifier: Apache-2.0
"""A queue that does not grow, and a thread that works it off."""

from __future__ import annotations

import contextlib
import queue
import threading
import time
from collections.abc import Callable

PERIOD_S = 0.8
"""From one write to the next: what a crash loses, with the write itself less than a second."""


class Backlog:
    """A thread that works off messages, and a bounded queue before it.

    ``step`` takes topic, time and bytes; ``rest`` is called every ``PERIOD_S``, also when nothing
    comes. What either raises ends the work and is raised by ``close``.
    """

    def __init__(
        self,
        step: Callable[[str, int, bytes], None],
        rest: Callable[[], None],
        most: int = 2000,
    ) -> None:
        self._step, self._rest = step, rest
        self._queue: queue.Queue[tuple[str, int, bytes] | None] = queue.Queue(most)
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="record", daemon=True)
        self._thread.start()

    @property
    def length(self) -> int:
        """Messages that wait."""
        return self._queue.qsize()

    def put(self, topic: str, stamp_ns: int, data: bytes) -> bool:
        """Hand a message over; False: the queue is full and it is lost."""
        if self._error is not None:
            return False
        try:
            self._queue.put_nowait((topic, stamp_ns, data))
        except queue.Full:
            return False
        return True

    def close(self) -> None:
        """Work off what waits, then end; raises what ended the work."""
        if self._thread.is_alive():
            # a full queue is being emptied, or its thread has ended
            while self._thread.is_alive():
                with contextlib.suppress(queue.Full):
                    self._queue.put(None, timeout=0.1)
                    break
            self._thread.join()
        if self._error is not None:
            error, self._error = self._error, None
            raise error

    def _work(self) -> None:
        due = time.monotonic() + PERIOD_S
        try:
            while True:
                with contextlib.suppress(queue.Empty):
                    item = self._queue.get(timeout=max(due - time.monotonic(), 0.001))
                    if item is None:
                        return
                    self._step(*item)
                if time.monotonic() >= due:
                    due = time.monotonic() + PERIOD_S
                    self._rest()
        except Exception as error:  # noqa: BLE001 - raised again where it can be told
            self._error = error
