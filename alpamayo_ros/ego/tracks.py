# SPDX-License-Identifier: Apache-2.0
"""Streams of different rates, brought to common times."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from alpamayo_ros.ego.samples import SampleRejected
from alpamayo_ros.types import CLOCK_JUMP_NS, SECOND_NS, ClockJumped

Value = TypeVar("Value")

_CAPACITY = 512


class Track(Generic[Value]):
    """The last values of one stream, in order of their stamps."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.stamps: list[int] = []
        self.values: list[Value] = []

    def add(self, stamp_ns: int, value: Value) -> None:
        """Append a value.

        Raises SampleRejected (duplicate_stamp, out_of_order) when it is not newer than the newest,
        ClockJumped when it is more than CLOCK_JUMP_NS older.
        """
        if self.stamps and stamp_ns <= self.stamps[-1]:
            raise not_newer(self.name, stamp_ns, self.stamps[-1])
        self.stamps.append(stamp_ns)
        self.values.append(value)
        if len(self.stamps) >= 2 * _CAPACITY:
            del self.stamps[:_CAPACITY], self.values[:_CAPACITY]

    def around(self, stamp_ns: int) -> tuple[int, int]:
        """Return the indices of the values before and after a stamp between the oldest and newest.

        Both are the same where the track has a value at exactly this stamp.
        """
        after = bisect_left(self.stamps, stamp_ns)
        return (after, after) if self.stamps[after] == stamp_ns else (after - 1, after)

    def gap_ns(self, stamp_ns: int) -> int:
        """Time between the values around a stamp; 0 where the track has a value."""
        before, after = self.around(stamp_ns)
        return self.stamps[after] - self.stamps[before]

    def fraction(self, stamp_ns: int) -> tuple[int, int, float]:
        """Return ``around`` and how far the stamp is from the one to the other, 0..1."""
        before, after = self.around(stamp_ns)
        if before == after:
            return before, after, 0.0
        begin, end = self.stamps[before], self.stamps[after]
        return before, after, (stamp_ns - begin) / (end - begin)


def common_stamps(tracks: Sequence[Track[Value]], after_ns: int | None) -> list[int]:
    """Return every stamp of any track that lies within all of them and after ``after_ns``."""
    if not tracks or not all(track.stamps for track in tracks):
        return []
    begin = max(track.stamps[0] for track in tracks)
    end = min(track.stamps[-1] for track in tracks)
    if after_ns is not None:
        begin = max(begin, after_ns + 1)
    stamps: set[int] = set()
    for track in tracks:
        stamps.update(_between(track.stamps, begin, end))
    return sorted(stamps)


def _between(stamps: list[int], begin: int, end: int) -> Iterable[int]:
    return stamps[bisect_left(stamps, begin) : bisect_right(stamps, end)]


def not_newer(name: str, stamp_ns: int, newest_ns: int) -> SampleRejected | ClockJumped:
    """Return what it means that a stamp of a stream is at or before its newest."""
    behind = (newest_ns - stamp_ns) / SECOND_NS
    if newest_ns - stamp_ns > CLOCK_JUMP_NS:
        return ClockJumped(f"{name} stamps went back by {behind:.3f} s")
    if behind == 0:
        return SampleRejected("duplicate_stamp", stamp_ns, f"two of {name} at {stamp_ns} ns")
    return SampleRejected("out_of_order", stamp_ns, f"{name} is {behind:.3f} s behind its newest")
