# SPDX-License-Identifier: Apache-2.0
"""Traces that a model with random weights is made to write, by its weights alone.

The stream of the random decoder is led by the embedding of the token it reads. So when the
output head's row of each token of a trace points along the embedding of the token before it, the
model writes this trace: under greedy decoding, and under sampling with a probability that is 1 in
float32. Only rows of the head (and one embedding) are changed, between ticks; both ways of
computing share them, and neither does anything more, less, or different from what it does with
other weights.

Several samples write different traces: their first tokens have equal rows, so each has the same
probability, and which sample takes which is decided by its random number (ours) or by a logits
processor (upstream's way, see model_upstream).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch

from alpamayo_ros.policy.alpamayo.networks import Networks

Case = Literal["unchanged", "half", "new"]
Traces = tuple[tuple[int, ...], ...]

CASES: tuple[Case, ...] = ("unchanged", "half", "new")

LOGIT = 40.0
"""Of the token that follows; those of all others are normally distributed around 0."""

_FIRST_WORD = 600
"""Ids before it are the prompt's."""


class Author:
    """Invents traces of ``tokens`` tokens, one of each of ``samples`` samples."""

    def __init__(self, networks: Networks, samples: int, tokens: int, seed: int = 0) -> None:
        vocabulary = networks.config.vocabulary
        self._samples = samples
        self._end = (vocabulary.special["cot_end"], vocabulary.special["traj_future_start"])
        self._words = tokens - len(self._end)
        last = min(vocabulary.trajectory_start, vocabulary.image_pad) - 8
        if last <= _FIRST_WORD:
            last = vocabulary.trajectory_start
        self._pool = np.random.default_rng(seed).permutation(np.arange(_FIRST_WORD, last))
        self._next = 0
        self._before: Traces = ()

    def traces(self, case: Case) -> Traces:
        """Traces of the next tick: as before, as before up to the middle, or all new."""
        keep = 0
        if self._before:
            keep = {"unchanged": self._words, "half": self._words // 2, "new": 0}[case]
        fresh = self._fresh(keep)
        kept = [trace[:keep] for trace in self._before] or [()] * self._samples
        self._before = tuple(
            (*start, *rest, *self._end) for start, rest in zip(kept, fresh, strict=True)
        )
        return self._before

    def _fresh(self, keep: int) -> list[tuple[int, ...]]:
        """Words that were not used for long; first words ascend from sample to sample."""
        count = self._words - keep
        total = count * self._samples
        if self._next + total > len(self._pool):
            self._next = 0
        drawn = self._pool[self._next : self._next + total].reshape(self._samples, count)
        self._next += total
        if count and not keep:
            drawn = drawn[drawn[:, 0].argsort()]
        return [tuple(row.tolist()) for row in drawn]


class Script:
    """Writes traces into the weights; what an earlier one changed is restored first."""

    def __init__(self, networks: Networks) -> None:
        self._embedding = networks.text.embedding
        self._head = networks.text.head
        self._opening = networks.config.vocabulary.special["cot_start"]
        self._changed: list[tuple[torch.Tensor, torch.Tensor, torch.Tensor]] = []

    @torch.no_grad()
    def write(self, traces: Traces) -> None:
        """From now on each token of these traces follows the one before it."""
        self.restore()
        meeting = len(traces[0]) - 3
        lasts = [trace[meeting] for trace in traces]
        # all samples go on with the same token here: so what it follows must look the same
        self._change(self._embedding, lasts, self._embedding[lasts[:1]].expand(len(lasts), -1))
        after: dict[int, int] = {}
        for trace in traces:
            after |= dict(zip(trace, (self._opening, *trace), strict=False))
        before = self._embedding[list(after.values())].float()
        size = before.shape[1]
        rows = before / before.norm(dim=1, keepdim=True) * (LOGIT * size**-0.5)
        self._change(self._head, list(after), rows)

    @torch.no_grad()
    def restore(self) -> None:
        """Undo what was written last."""
        for tensor, rows, values in reversed(self._changed):
            tensor[rows] = values
        self._changed = []

    def _change(self, tensor: torch.Tensor, rows: Sequence[int], values: torch.Tensor) -> None:
        index = torch.tensor(rows, device=tensor.device)
        self._changed.append((tensor, index, tensor[index].clone()))
        tensor[index] = values.to(tensor.dtype)
