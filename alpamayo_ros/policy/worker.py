# SPDX-License-Identifier: Apache-2.0
"""A thread that works on the newest item only: what came before and was not begun is skipped."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class NewestWorker(Generic[T]):
    """Calls ``work`` in a thread of its own, always with the newest item; never queues.

    ``meanwhile`` is called after every item, and on while no item waits and it returns True; call
    ``wake`` when it has something to do again. Neither may raise: a thread that ended could not
    say so.
    """

    def __init__(
        self,
        name: str,
        work: Callable[[T], None],
        meanwhile: Callable[[], bool] = lambda: False,
    ) -> None:
        self._work = work
        self._meanwhile = meanwhile
        self._awake = False
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

    def wake(self) -> None:
        """Let ``meanwhile`` be called."""
        with self._changed:
            self._awake = True
            self._changed.notify()

    def stop(self) -> None:
        """Drop what waits, wait for the item in work, end the thread."""
        with self._changed:
            self._pending = None
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        more = False
        while True:
            with self._changed:
                while not (more or self._awake or self._stopping or self._pending is not None):
                    self._changed.wait()
                if self._stopping:
                    return
                self._awake = False
                item, self._pending = self._pending, None
            if item is not None:
                self._work(item)
            more = self._meanwhile()
