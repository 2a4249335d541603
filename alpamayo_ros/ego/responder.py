# SPDX-License-Identifier: Apache-2.0
"""Answers each request for a history: at once when odometry has passed t0, else after a wait."""

from __future__ import annotations

from collections import deque

from alpamayo_ros.ego.history import EgoBuffer
from alpamayo_ros.ego.samples import EgoSample
from alpamayo_ros.types import CLOCK_JUMP_NS, SECOND_NS, ClockJumped, EgoHistory

MAX_PENDING = 8


class EgoResponder:
    """One answer for every request, never more than ``wait_ns`` after it.

    A state machine without a clock: ``now_ns`` is the caller's (ROS time or a bag's time), and
    ``poll`` is to be called when it has passed ``deadline_ns``.
    """

    def __init__(self, buffer: EgoBuffer, wait_ns: int) -> None:
        self._buffer = buffer
        self._wait_ns = wait_ns
        self._pending: deque[tuple[int, int]] = deque()
        self._newest_t0_ns: int | None = None

    @property
    def deadline_ns(self) -> int | None:
        """When ``poll`` has something to answer; None when nothing is pending."""
        return min((deadline for _, deadline in self._pending), default=None)

    def request(self, t0_ns: int, now_ns: int) -> list[EgoHistory]:
        """Ask for the history before t0; return what can be answered now.

        Raises ClockJumped when t0 is more than CLOCK_JUMP_NS before an earlier one: call ``reset``
        of buffer and responder and request again.
        """
        newest_t0 = self._newest_t0_ns
        if newest_t0 is not None and newest_t0 - t0_ns > CLOCK_JUMP_NS:
            behind = (newest_t0 - t0_ns) / SECOND_NS
            raise ClockJumped(f"frame sets went back by {behind:.3f} s")
        self._newest_t0_ns = t0_ns if newest_t0 is None else max(newest_t0, t0_ns)
        self._pending.append((t0_ns, now_ns + self._wait_ns))
        answers = self._answer(now_ns)
        if len(self._pending) > MAX_PENDING:
            answers.append(self._buffer.history(self._pending.popleft()[0]))
        return answers

    def add(self, sample: EgoSample, now_ns: int) -> list[EgoHistory]:
        """Take a sample and return what it answers; raises as ``EgoBuffer.add``."""
        self._buffer.add(sample)
        return self._answer(now_ns)

    def poll(self, now_ns: int) -> list[EgoHistory]:
        """Answer what has waited long enough, extrapolated or invalid."""
        return self._answer(now_ns)

    def reset(self) -> None:
        """Forget all requests: time was set back."""
        self._pending.clear()
        self._newest_t0_ns = None

    def _answer(self, now_ns: int) -> list[EgoHistory]:
        newest = self._buffer.newest_ns
        due: list[int] = []
        waiting: deque[tuple[int, int]] = deque()
        for t0, deadline in self._pending:
            if (newest is not None and newest >= t0) or now_ns >= deadline:
                due.append(t0)
            else:
                waiting.append((t0, deadline))
        self._pending = waiting
        return [self._buffer.history(t0) for t0 in due]
