# SPDX-License-Identifier: Apache-2.0
"""Worker threads that take the images of several cameras, those of one camera one by one."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Job = TypeVar("Job")


class DecodePool(Generic[Job]):
    """Calls ``work(camera, job)`` in one of ``threads`` threads, never twice at once for a camera.

    At most ``pending`` jobs of a camera wait; a further one pushes the oldest out, which is
    reported to ``on_overrun(camera)``. An exception out of ``work`` goes to ``on_error(camera,
    error)`` and the thread goes on.
    """

    def __init__(
        self,
        cameras: int,
        threads: int,
        pending: int,
        work: Callable[[int, Job], None],
        on_overrun: Callable[[int], None],
        on_error: Callable[[int, Exception], None],
    ) -> None:
        self._work, self._on_overrun, self._on_error = work, on_overrun, on_error
        self._waiting: list[deque[Job]] = [deque(maxlen=pending) for _ in range(cameras)]
        self._turns: deque[int] = deque()  # cameras with a job and no thread, oldest first
        self._busy = [False] * cameras
        self._changed = threading.Condition()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"decode_{i}", daemon=True)
            for i in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, camera: int, job: Job) -> None:
        """Hand over an image."""
        with self._changed:
            waiting = self._waiting[camera]
            overrun = len(waiting) == waiting.maxlen
            waiting.append(job)
            if not overrun and len(waiting) == 1 and not self._busy[camera]:
                self._turns.append(camera)
                self._changed.notify()
        if overrun:
            self._on_overrun(camera)

    def clear(self) -> None:
        """Forget all jobs that wait."""
        with self._changed:
            self._turns.clear()
            for waiting in self._waiting:
                waiting.clear()

    def close(self) -> None:
        """End the threads, after the jobs they are at."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while (turn := self._take()) is not None:
            camera, job = turn
            try:
                self._work(camera, job)
            except Exception as error:  # noqa: BLE001 -- one image must not end all decoding
                self._on_error(camera, error)
            self._give_back(camera)

    def _take(self) -> tuple[int, Job] | None:
        with self._changed:
            while not self._turns and not self._closed:
                self._changed.wait()
            if self._closed:
                return None
            camera = self._turns.popleft()
            self._busy[camera] = True
            return camera, self._waiting[camera].popleft()

    def _give_back(self, camera: int) -> None:
        with self._changed:
            self._busy[camera] = False
            if self._waiting[camera]:
                self._turns.append(camera)
                self._changed.notify()
