# SPDX-License-Identifier: Apache-2.0
"""From logits to token ids, on the device and without waiting for it.

A token is a function of the logits at its position and of one uniform number that belongs to
that position: the inverse of the distribution's cumulative sum. A draft token is accepted when it
is that token. For a draft that is no random variable itself this is the rejection rule of
speculative sampling (Leviathan et al. 2023, Chen et al. 2023): it is accepted with its
probability p(d), and what replaces it is distributed as p without d, normalised. So speculation
leaves the distribution as it is, and with the same uniforms it leaves the very tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

_LIKELIEST = 64
"""Tokens that hold nearly every nucleus."""


@dataclass(frozen=True, slots=True)
class Sampler:
    """How the next token is chosen.

    ``forbidden`` are ids [first, last) that are never chosen (trajectory tokens in a trace). The
    order is that of transformers' generate: forbid, temperature, nucleus (``top_p``).
    """

    temperature: float = 0.6
    top_p: float = 0.98
    greedy: bool = False
    forbidden: tuple[int, int] = (0, 0)

    def pick(self, logits: Tensor, uniforms: Tensor) -> Tensor:
        """Return ids (n, ...) for logits (..., V) and uniforms (n, ...) in [0, 1), or without n.

        n draws from the same distributions cost little more than one. The uniforms have no effect
        when greedy. No host synchronisation on CUDA.
        """
        allowed = self.allowed(logits)
        if self.greedy:
            return allowed.argmax(-1).expand(uniforms.shape)
        probabilities = self._nucleus((allowed / self.temperature).softmax(-1))
        # double: the sum of 150,000 terms must not swallow the small ones, and u * total < total
        cumulative = probabilities.double().cumsum(-1)
        draws = uniforms.reshape(-1, *logits.shape[:-1]).movedim(0, -1).double()
        wanted = (draws * cumulative[..., -1:]).contiguous()
        ids = torch.searchsorted(cumulative, wanted, right=True)
        return ids.movedim(-1, 0).reshape(uniforms.shape)

    def distribution(self, logits: Tensor) -> Tensor:
        """Return what ``pick`` samples from: probabilities (..., V) for logits (..., V)."""
        allowed = self.allowed(logits)
        if self.greedy:
            return torch.nn.functional.one_hot(allowed.argmax(-1), logits.shape[-1]).float()
        kept = self._nucleus((allowed / self.temperature).softmax(-1))
        return kept / kept.sum(-1, keepdim=True)

    def allowed(self, logits: Tensor) -> Tensor:
        """Return the logits as float32, those of forbidden tokens -inf."""
        first, last = self.forbidden
        ids = torch.arange(logits.shape[-1], device=logits.device)
        return logits.float().masked_fill((ids >= first) & (ids < last), float("-inf"))

    def _nucleus(self, probabilities: Tensor) -> Tensor:
        """Zero the least likely tokens whose sum is at most 1 - top_p; never the likeliest.

        The vocabulary is not sorted: what matters is the least probability that is not zeroed. Of
        equally likely tokens at this edge, where only some are, the first ones are, as after a
        stable sort.
        """
        if self.top_p >= 1.0:
            return probabilities
        spare = 1.0 - self.top_p
        edge = _edge(probabilities, spare)
        below, tied = probabilities < edge, probabilities == edge
        rank = tied.cumsum(-1)
        room = ((spare - _sum_where(below, probabilities)) / edge).minimum(rank[..., -1:] - 1)
        return probabilities.masked_fill(below | (tied & (rank <= room.long())), 0.0)


def _edge(probabilities: Tensor, spare: float) -> Tensor:
    """Least probability (..., 1) such that all up to it sum up to more than ``spare``.

    The largest one where there is no such probability. On the CPU, where looking at values costs
    nothing, it is found among the likeliest tokens where it is there: that is a tenth of the work.
    """
    if probabilities.device.type != "cpu":
        return _edge_by_halving(probabilities, spare)
    likeliest = probabilities.topk(min(_LIKELIEST, probabilities.shape[-1])).values
    more_likely = likeliest.cumsum(-1, dtype=torch.float64) - likeliest
    total = probabilities.sum(-1, keepdim=True, dtype=torch.float64)
    kept = (total - more_likely > spare).sum(-1, keepdim=True)
    edge = likeliest.gather(-1, kept.clamp(min=1) - 1)
    missed = (kept == likeliest.shape[-1]).squeeze(-1)
    if bool(missed.any()):
        edge[missed] = _edge_by_halving(probabilities[missed], spare)
    return edge


def _sum_where(chosen: Tensor, probabilities: Tensor) -> Tensor:
    """(..., 1) float64: so exact that no order of the terms changes what is below an edge."""
    return torch.where(chosen, probabilities, 0.0).sum(-1, keepdim=True, dtype=torch.float64)


def _edge_by_halving(probabilities: Tensor, spare: float) -> Tensor:
    """As ``_edge``, the same work whatever the values are, without host synchronisation.

    Halves the interval it is in until nothing lies between the ends: positive floats are ordered
    as the integers of the same bits are. What is no more than ``spare`` by the number of tokens is
    below it, what is more than ``spare`` is not.
    """
    count = probabilities.shape[-1]
    # a little wider: these two are rounded
    ends = torch.tensor([0.99 * spare / count, 1.01 * spare]).view(torch.int32)
    lowest, highest = ends.tolist()
    low = torch.full_like(probabilities[..., :1], lowest, dtype=torch.int32)
    high = torch.full_like(low, highest)
    for _ in range((highest - lowest).bit_length()):
        middle = low + (high - low) // 2
        fits = _sum_where(probabilities <= middle.view(torch.float32), probabilities) <= spare
        low, high = torch.where(fits, middle, low), torch.where(fits, high, middle)
    above = probabilities > low.view(torch.float32)
    least = torch.where(above, probabilities, torch.inf).amin(-1, keepdim=True)
    return least.minimum(probabilities.amax(-1, keepdim=True))
