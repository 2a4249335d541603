# SPDX-License-Identifier: Apache-2.0
"""Time: how long the stages of a tick took, and whether there is enough left to go on writing."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from alpamayo_ros.policy.protocol import PolicyClock

STAGES = ("preprocess", "vision", "prefill", "reasoning", "flow", "post")

_FORGET = 0.8
"""How much of a past peak is still believed one tick later."""


class Stopwatch:
    """Times of consecutive stages, without waiting for the device.

    On CUDA the marks are events in its stream, read when everything is done. With another clock
    than the process's performance counter, or on the CPU, the clock is asked.
    """

    def __init__(self, device: torch.device, clock: PolicyClock) -> None:
        self._clock = clock
        self._events: dict[str, torch.cuda.Event] = {}
        self._on_device = device.type == "cuda" and clock is time.perf_counter
        self._marks: list[tuple[str, float]] = []

    def start(self) -> None:
        """A tick begins."""
        self._marks = []
        self.mark("")

    def mark(self, stage: str) -> None:
        """The stage ends here, and the next one begins."""
        if self._on_device:
            if stage not in self._events:
                self._events[stage] = torch.cuda.Event(enable_timing=True)
            self._events[stage].record()
        self._marks.append((stage, self._clock()))

    def elapsed(self) -> float:
        """Seconds since the start, on the host's clock."""
        return self._clock() - self._marks[0][1]

    def read(self) -> dict[str, float]:
        """Seconds per stage, after the device has finished; the stages add up to "total"."""
        result: dict[str, float] = {}
        if self._on_device:
            self._events[self._marks[-1][0]].synchronize()
        for (before, start), (stage, end) in zip(self._marks, self._marks[1:], strict=False):
            took = end - start
            if self._on_device:
                took = self._events[before].elapsed_time(self._events[stage]) * 1e-3
            result[stage] = took
        result["total"] = self._marks[-1][1] - self._marks[0][1]
        return result


@dataclass
class Pace:
    """Measured times that decide whether a trace is closed early.

    Peaks, slowly forgotten: being late costs more than closing a trace one token too early.
    ``step_s`` is one step of the text, ``finish_s`` the flow until its actions are on the host.
    """

    step_s: float = 0.0
    finish_s: float = 0.0

    def stepped(self, seconds: float) -> None:
        """A step of the text took so long."""
        self.step_s = max(seconds, self.step_s * _FORGET)

    def finished(self, seconds: float) -> None:
        """The flow took so long."""
        self.finish_s = max(seconds, self.finish_s * _FORGET)

    def must_close(self, elapsed_s: float, deadline_s: float) -> bool:
        """Whether one more step would make the trajectory late: it, the closing, the flow."""
        return elapsed_s + 2 * self.step_s + self.finish_s > deadline_s
