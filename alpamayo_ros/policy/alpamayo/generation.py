# SPDX-License-Identifier: Apache-2.0
"""Writing the traces of n samples: draft, verify, keep what agrees, until all have ended.

A text ends with the start token of the trajectory, which itself goes through the model once more
so that the expert sees it. One that reaches ``limit`` tokens without it, or ends its turn, ends
there; its last token was never fed, so the expert sees all but that one and its actions begin
behind it. This is what upstream's generation loop leaves in its cache, but for several samples of
which one ends its turn without a start token. Upstream then goes on to the limit, or until all have
ended their turns, fills that sample up with padding, and lets its expert see the padding and begin
behind it; the other samples are as ever. Here a sample is always what it would be alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from torch import Tensor

from alpamayo_ros.policy.alpamayo.context import Context
from alpamayo_ros.policy.alpamayo.speculation import Drafts


@dataclass
class Text:
    """What one sample has written; ``cached`` of its tokens are in the cache.

    ``ended`` with the start token, or ``given_up`` without one.
    """

    tokens: list[int] = field(default_factory=list)
    cached: int = 0
    accepted: int = 0
    ended: bool = False
    given_up: bool = False
    closed_at: int | None = None

    @property
    def pending(self) -> list[int]:
        """Tokens that are not in the cache yet: the last one, or none."""
        return self.tokens[self.cached :]


@dataclass(frozen=True, slots=True)
class EndRule:
    """``stop`` ends a text, ``limit`` tokens at most; ``close`` is written to end it early.

    ``give_up`` are tokens after which nothing follows, the start token neither.
    """

    stop: int
    limit: int
    close: tuple[int, ...]
    give_up: frozenset[int] = frozenset()


class Writer:
    """Writes the traces of one tick in a context whose prompt is in the cache."""

    def __init__(self, context: Context, rule: EndRule, drafts: Drafts | None) -> None:
        self._context = context
        self._rule = rule
        self._drafts = drafts
        self.texts = [Text() for _ in range(context.capacity.samples)]

    def opening(self, together: int) -> tuple[int, ...]:
        """Draft of up to ``together`` tokens that is verified with the prompt, for all samples."""
        if self._drafts is None:
            return ()
        self._drafts.begin()
        return self._drafts.propose(0, ())[: min(together, self._rule.limit - 1)]

    def open(self, picked: Tensor, draft: Sequence[int]) -> None:
        """Take the tokens (samples, 1 + draft) picked behind the prompt and its draft."""
        for row, (text, tokens) in enumerate(zip(self.texts, picked.tolist(), strict=True)):
            self._absorb(text, tokens, draft)
            if self._drafts is not None:
                self._drafts.observe(row, text.accepted, len(draft))

    def write(self, must_close: Callable[[], bool], stepped: Callable[[], None]) -> None:
        """Go on until every text has ended, or is closed because ``must_close``."""
        while any(not self._done(text) for text in self.texts):
            if all(text.ended or text.given_up for text in self.texts):
                self._feed_pending()
            elif must_close():
                self.close()
            else:
                self._step()
                stepped()

    def close(self) -> None:
        """End every text that has not ended, with what the rule says; one step, no waiting."""
        for text in self.texts:
            if not text.ended and not text.given_up:
                text.closed_at = len(text.tokens)
                begun = text.tokens[-1:] == [self._rule.close[0]] and len(self._rule.close) > 1
                text.tokens += self._rule.close[1:] if begun else self._rule.close
                text.ended = True
        self._feed_pending()

    def close_at_once(self) -> None:
        """Every text is nothing but the closing, which is in the cache already."""
        for text in self.texts:
            text.tokens = list(self._rule.close)
            text.cached = len(text.tokens)
            text.ended, text.closed_at = True, 0

    def visible(self, text: Text) -> int:
        """Text tokens the expert sees."""
        if text.closed_at is not None:
            return len(text.tokens)
        return min(len(text.tokens) - text.given_up, self._rule.limit - 1)

    def generated(self) -> int:
        """Tokens upstream's loop would have chosen for each sample: one behind the last end."""
        if any(text.closed_at is not None for text in self.texts):
            return max(len(text.tokens) for text in self.texts)
        return min(max(len(text.tokens) + text.ended for text in self.texts), self._rule.limit)

    def finished(self) -> list[tuple[int, ...]]:
        """Texts as drafts for the next tick; one closed early goes on as it was guessed to."""
        traces = []
        for row, text in enumerate(self.texts):
            written = text.tokens[: text.closed_at]
            follows: tuple[int, ...] = ()
            if text.closed_at is not None and self._drafts is not None:
                follows = self._drafts.propose(row, written)
            traces.append((*written, *follows))
        return traces

    def _done(self, text: Text) -> bool:
        if text.ended:
            return not text.pending
        return text.given_up or len(text.tokens) >= self._rule.limit

    def _over(self, text: Text) -> bool:
        return text.ended or text.given_up or len(text.tokens) >= self._rule.limit

    def _first(self) -> int:
        """Where the next step begins: at the text that is furthest behind."""
        return min(text.cached for text in self.texts if not self._done(text))

    def _draft(self, row: int) -> tuple[int, ...]:
        text = self.texts[row]
        if self._drafts is None or text.ended or self._done(text):
            return ()
        return self._drafts.propose(row, text.tokens)[: self._rule.limit - len(text.tokens) - 1]

    def _step(self) -> None:
        """Feed all texts from the same place on: what they have from there, and their drafts.

        A text that is ahead is fed again what its row holds already, which changes nothing.
        """
        first = self._first()
        drafts = [self._draft(row) for row in range(len(self.texts))]
        fed = [
            (*text.tokens[first:], *draft)[: self._context.largest_step]
            for text, draft in zip(self.texts, drafts, strict=True)
        ]
        active = [row for row, text in zip(fed, self.texts, strict=True) if not self._done(text)]
        size = self._context.step_size(max(len(row) for row in active))
        # not shorter than the step: what a row holds in these places would be lost
        fed = [row[:size] for row in fed]
        picked = self._context.feed(fed, first, pick=True).tolist()
        for row, text in enumerate(self.texts):
            begin = text.cached - first
            if self._done(text) or begin >= len(fed[row]):
                continue
            text.cached += 1
            if text.ended:
                continue
            draft = fed[row][begin + 1 :]
            before = text.accepted
            self._absorb(text, picked[row][begin:], draft)
            if self._drafts is not None:
                self._drafts.observe(row, text.accepted - before, len(draft))

    def _feed_pending(self) -> None:
        """Put the last tokens of ended texts into the cache; nothing is picked or waited for."""
        while any(not self._done(text) for text in self.texts):
            first = self._first()
            fed = [text.tokens[first : first + self._context.largest_step] for text in self.texts]
            self._context.feed(fed, first, pick=False)
            for text in self.texts:
                if text.ended:
                    text.cached = max(
                        text.cached, min(len(text.tokens), first + self._context.largest_step)
                    )

    def _absorb(self, text: Text, picked: Sequence[int], draft: Sequence[int]) -> None:
        """Append picked tokens as far as they agree with the draft, and the one after."""
        for place in range(len(draft) + 1):
            token = picked[place]
            text.tokens.append(token)
            agreed = place < len(draft) and token == draft[place]
            text.cached += agreed
            text.accepted += agreed
            text.ended = token == self._rule.stop
            text.given_up = token in self._rule.give_up
            if not agreed or self._over(text):
                return
