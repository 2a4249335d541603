# SPDX-License-Identifier: Apache-2.0
"""A thread that works on the newest item only: what came before and was not begun is skipped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class NewestWorker(Generic[T]):
    """Calls ``work`` in a thread of its own, always with the newest item; never queues.

    ``work`` must not raise: a thread that ended could not say so.
    """

    def __init__(self, name: str, work: Callable[[T], None]) -> None:
        self._work = work
        self._changed = threading.Condition()
        self._pending: T | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, item: T) -> bool:
        """Hand over the newest item; return whether an older one was skipped for it."""
        with self._changed:
            skipped = self._pending is not None
            self._pending = item
            self._changed.notify()
        return skipped

    def forget(self) -> None:
        """Drop the item that waits, if one does."""
        with self._changed:
            self._pending = None

    def stop(self) -> None:
        """Drop what waits, wait for the item in work, end the thread."""
        with self._changed:
            self._pending = None
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while self._pending is None and not self._stopping:
                    self._changed.wait()
                if self._stopping:
                    return
                item, self._pending = self._pending, None
            assert item is not None
            self._work(item)
