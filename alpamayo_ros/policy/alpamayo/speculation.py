# SPDX-License-Identifier: Apache-2.0
"""Guessing a trace from the ones before it.

Consecutive traces at 10 Hz are nearly the same sentence. A draft is what an earlier trace says
from here on; one forward of the model verifies all of it, the agreeing prefix is kept. Where the
traces part, the draft is aligned anew: at the place in an earlier trace that ends with what was
written last, else, for a word that no earlier trace has, one word further (a substitution).
A wrong draft costs time, never correctness.
"""

from __future__ import annotations

from collections.abc import Sequence

_LONGEST_MATCH = 16
"""More equal tokens than this say no more about what follows."""

SHORT = 7
"""Draft tokens worth a try on one equal token after a draft that failed: with the last one
written, a forward of 8, which on a GPU takes hardly longer than a forward of one."""

_CAUTIOUS = 3
"""Draft tokens of a cautious guess after a wrong one."""


class Drafts:
    """Drafts for the traces of ``samples`` samples, from the last traces of each.

    Per tick: ``begin``, then any number of ``propose`` and ``observe``, then ``remember``.
    ``cautious``: a guessed token costs nearly what a written one costs, right or wrong, so drafts
    are short after a wrong one and grow while they are right. ``short``: most tokens guessed on
    one equal token after a guess that was wrong from its beginning; 0: after a wrong guess nothing
    is guessed until two tokens agree.
    """

    def __init__(
        self,
        samples: int,
        kept_ticks: int = 4,
        longest: int = 64,
        *,
        cautious: bool = False,
        short: int = SHORT,
    ) -> None:
        self._samples = samples
        self._kept = kept_ticks * samples
        self._longest = longest
        self._cautious = cautious
        self._short = short
        self._most = [longest] * samples
        self._traces: list[tuple[int, ...]] = []  # newest first; of the last tick in sample order
        self.begin()

    def begin(self) -> None:
        """A new tick: every trace begins."""
        self._expected = [0] * self._samples
        self._missed = [False] * self._samples

    def propose(self, sample: int, written: Sequence[int]) -> tuple[int, ...]:
        """Return what may follow ``written``, the trace of this sample so far; empty: no idea."""
        own = self._own(sample)
        if own is None:
            return ()
        trace, place, agreeing = self._align(sample, own, written)
        if agreeing == 0 and written and self._missed[sample]:
            return ()
        self._expected[sample] = place
        doubtful = agreeing == 1 < len(written) and self._missed[sample]
        most = self._most[sample]
        return trace[place : place + (min(self._short, most) if doubtful else most)]

    def observe(self, sample: int, accepted: int, proposed: int) -> None:
        """Tell how much of the last draft was accepted; one more token was written after it."""
        self._expected[sample] += accepted + 1
        if proposed:
            self._missed[sample] = accepted < (1 if self._short else proposed)
            if self._cautious:
                grown = min(2 * self._most[sample], self._longest)
                self._most[sample] = grown if accepted == proposed else _CAUTIOUS

    def remember(self, traces: Sequence[Sequence[int]]) -> None:
        """Keep the finished traces of a tick, one of each sample, for the next ticks."""
        newest = [tuple(trace) for trace in traces]
        older = [trace for trace in self._traces if trace not in newest]
        self._traces = (newest + older)[: self._kept]

    def forget(self) -> None:
        """Drop every trace: what comes has nothing to do with what was."""
        self._traces = []
        self._most = [self._longest] * self._samples

    def _own(self, sample: int) -> tuple[int, ...] | None:
        return self._traces[min(sample, self._samples - 1)] if self._traces else None

    def _align(
        self, sample: int, own: tuple[int, ...], written: Sequence[int]
    ) -> tuple[tuple[int, ...], int, int]:
        """Return the trace, the place in it that comes next, and how many tokens before agree."""
        expected = self._expected[sample]
        if not written:
            return own, 0, 0
        best = (own, min(expected, len(own)), 0)
        best_score = (0, 0, 0)
        last = written[-1]
        for trace in (own, *(trace for trace in self._traces if trace is not own)):
            for place, token in enumerate(trace[:-1], start=1):
                if token != last:
                    continue
                length = _agreeing(trace, place, written)
                score = (length, int(trace is own), -abs(place - expected))
                if score > best_score:
                    best, best_score = (trace, place, length), score
        return best


def _agreeing(trace: Sequence[int], place: int, written: Sequence[int]) -> int:
    """How many tokens before ``place`` are those written last."""
    longest = min(place, len(written), _LONGEST_MATCH)
    count = 0
    while count < longest and trace[place - 1 - count] == written[-1 - count]:
        count += 1
    return count
