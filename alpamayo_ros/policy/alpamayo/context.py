# SPDX-License-Identifier: Apache-2.0
"""The backbone over one KV cache: a prompt, computed once, and the texts of n samples after it.

A row of slots per sample, without gaps: the prompt, the sample's text, and then, while the flow
is computed, the action tokens. All samples are fed the same places of their texts, so a step has
one set of slots and one mask. Its tensors are made once; it feeds up to T tokens to every sample,
and T is one of a few sizes, so that each can be a CUDA graph.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from alpamayo_ros.policy.alpamayo.expert import Expert, ExpertContext
from alpamayo_ros.policy.alpamayo.graphs import Graph
from alpamayo_ros.policy.alpamayo.sampling import Sampler
from alpamayo_ros.policy.alpamayo.text import KVCache, TextModel

STEP_SIZES = (1, 8, 16, 32, 64)
"""Tokens per sample of a step: one to decode, more to verify a draft."""

ONE_STEP_SIZE = (32,)
"""One size for both: every product has the same shape, so a token is rounded the same wherever in
a step it is. On a GPU, which is busy reading weights, it takes hardly longer than one token."""

SHORT_TEXT = 64
"""Text tokens up to which the front part of the cache is enough; nearly every trace is shorter."""

_ALIGNMENT = 64
"""Lengths are multiples of it, which attention kernels like."""


class PromptLike(Protocol):
    """What of a prompt is needed here: see prompt.Prompt."""

    @property
    def ids(self) -> tuple[int, ...]:
        """Token ids, image pads expanded, ego history filled in."""

    @property
    def positions(self) -> Tensor:
        """(3, 1, T) long."""

    @property
    def rope_delta(self) -> int:
        """What a slot number behind the prompt lacks to its position."""

    @property
    def image_slots(self) -> Tensor:
        """(N,) long."""


@dataclass(frozen=True, slots=True)
class Vision:
    """Image tokens of a prompt in their order: features (N, H), and (N, H) per deepstack layer."""

    features: Tensor
    deepstack: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Capacity:
    """Most tokens of the prompt, and per sample of the text and of the actions.

    ``whole``: all slots are always read, also where the front part would be enough.
    """

    samples: int
    prompt: int
    text: int
    actions: int
    whole: bool = False

    @property
    def length(self) -> int:
        """Slots of a row."""
        return _aligned(self.prompt + self.text + self.actions)

    def seen(self, text_tokens: int) -> int:
        """Slots to be read when there are at most so many text tokens, and actions behind."""
        if text_tokens <= SHORT_TEXT and not self.whole:
            return min(_aligned(self.prompt + SHORT_TEXT + self.actions), self.length)
        return self.length


def _aligned(count: int) -> int:
    return -(-count // _ALIGNMENT) * _ALIGNMENT


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """Copy host values to the device without waiting for it."""
    if device.type == "cuda":
        return values.pin_memory().to(device, non_blocking=True)
    return values.to(device)


class Context:
    """Prompt and texts in a cache; ``begin`` a prompt, then ``feed`` the texts.

    ``uniforms`` (samples, text tokens) are the random numbers of a tick; a static tensor.
    ``stepwise``, of effect on the CPU alone: everything is rounded as upstream's eager loop rounds
    it, many tokens as one by one; without, attention is fused there too (see layers.attend).
    ``step_sizes``, ascending, are how many tokens a step may have where it is a graph.
    """

    def __init__(
        self,
        text: TextModel,
        capacity: Capacity,
        sampler: Sampler,
        uniforms: Tensor,
        *,
        stepwise: bool,
        step_sizes: tuple[int, ...] = STEP_SIZES,
    ) -> None:
        self.capacity = capacity
        self._text = text
        self._sampler = sampler
        self._uniforms = uniforms
        self._stepwise = stepwise
        self._sizes = step_sizes
        self._device = device = text.embedding.device
        self._graphs = device.type == "cuda"
        self.exact = stepwise and device.type == "cpu"
        self._prompt_tokens = 0
        self._first_action = 0
        samples = capacity.samples
        self.cache = KVCache.allocate(
            text.config, samples, capacity.length, device, text.embedding.dtype
        )
        self._slots = torch.arange(capacity.length, device=device)
        # prompt tokens, rope delta, text tokens before the step, first slot of the actions
        self._places = torch.zeros(4, dtype=torch.long, device=device)
        self._fed = torch.zeros(samples, step_sizes[-1], dtype=torch.long, device=device)
        cuda = device.type == "cuda"
        self._host = torch.zeros(samples, step_sizes[-1], dtype=torch.long, pin_memory=cuda)
        self._copied = torch.cuda.Event() if cuda else None
        self._picked = torch.zeros(samples, step_sizes[-1], dtype=torch.long, device=device)
        # text tokens that the expert sees, and that lie before its actions
        self._visible = torch.zeros(2, samples, dtype=torch.long, device=device)
        self._steps: dict[tuple[int, int, bool], Graph] = {}

    @property
    def device(self) -> torch.device:
        """Where everything lies."""
        return self._device

    @property
    def largest_step(self) -> int:
        """Most tokens per sample of one step."""
        return self._sizes[-1]

    def step_size(self, tokens: int) -> int:
        """The smallest step that feeds so many tokens."""
        if not self._graphs:
            return tokens  # what fills a step up costs as much
        return next(size for size in self._sizes if size >= tokens)

    def begin(self, prompt: PromptLike, vision: Vision, following: Sequence[int] = ()) -> Tensor:
        """Compute the prompt, and ``following`` tokens as the beginning of every sample's text.

        Returns hidden states (1 + following, H): at the last prompt token and at each that
        follows. Nothing that was in the cache is seen.
        """
        index = to_device(prompt.image_slots, self._device)
        ids, positions = self._begun(prompt, following)
        hidden: Tensor = self._text(
            self._text.embed(to_device(ids, self._device), (index, vision.features)),
            self._text.rope(to_device(positions, self._device)),
            self.first_row(),
            self._slots[: ids.shape[1]],
            None,
            (index, vision.deepstack),
            fused=not self._stepwise,
            last=1 + len(following),
        )
        self.share(ids.shape[1])
        return hidden[0, -1 - len(following) :]

    def begin_partly(
        self,
        prompt: PromptLike,
        vision: Vision,
        image_index: Tensor,
        slots: Tensor,
        following: Sequence[int],
    ) -> Tensor:
        """As ``begin``, but only for some ``slots`` (Q,), ascending, on the host.

        The first sample's row holds the others already. ``image_index`` (N,) are the places among
        the slots, on the host, of the image tokens whose features are given. The last prompt token
        and all that follow must be among the slots.
        """
        ids, positions = self._begun(prompt, following)
        index = to_device(image_index, self._device)
        own = to_device(slots, self._device)
        hidden: Tensor = self._text(
            self._text.embed(to_device(ids[:, slots], self._device), (index, vision.features)),
            self._text.rope(to_device(positions[..., slots], self._device)),
            self.first_row(),
            own,
            self._causal(own, _aligned(ids.shape[1])),
            (index, vision.deepstack),
            fused=not self._stepwise,
        )
        self.share(ids.shape[1])
        return hidden[0, -1 - len(following) :]

    @property
    def rope_frequencies(self) -> Tensor:
        """Radians per position of each pair of a key's components, (head_dim / 2,) float32."""
        return self._text.decoder.rope.inverse

    def set_prompt(self, length: int, rope_delta: int) -> None:
        """Tell how long the prompt in the cache is."""
        self._prompt_tokens = length
        self._set(length, rope_delta, 0, 0)

    def first_row(self) -> KVCache:
        """The cache of the first sample."""
        return KVCache(self.cache.k[:, :1], self.cache.v[:, :1])

    def share(self, slots: int) -> None:
        """Copy the first slots of the first sample's row to the other samples' rows."""
        for part in (self.cache.k, self.cache.v):
            part[:, 1:, :, :slots] = part[:, :1, :, :slots]

    def pick(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens (samples, T) that follow the text from its beginning, and the logits (T, V).

        hidden: (T, H) as ``begin`` returns them.
        """
        logits = self._text.logits(hidden, fused=not self._stepwise)
        return self._sampler.pick(logits, self._uniforms[:, : len(hidden)]), logits

    def feed(self, tokens: Sequence[Sequence[int]], place: int, pick: bool) -> Tensor:
        """Write tokens of every sample from the same ``place`` of their texts on.

        What is in the cache behind them is not seen. Returns, when ``pick``, the tokens
        (samples, T) that follow each of them: a static tensor.
        """
        size = self.step_size(max(len(row) for row in tokens))
        self._stage([[*row, *[0] * (size - len(row))] for row in tokens], size)
        self._places[2:3].fill_(place)
        written = place + size
        seen = self.capacity.seen(written) if self._graphs else self._prompt_tokens + written
        self._step(size, seen, pick)()
        return self._picked[:, :size]

    def append(self, ids: Tensor, first: int) -> None:
        """Compute tokens (samples, T) of slots ``first`` on, none of them of an image; eager."""
        slots = self._slots[first : first + ids.shape[1]]
        positions = (slots + self._places[1]).expand(3, len(ids), -1)
        seen = self.capacity.length if self._graphs else first + ids.shape[1]
        self._text(
            self._text.embed(ids),
            self._text.rope(positions),
            self.cache,
            slots,
            self._causal(slots, seen),
            fused=not self._stepwise,
        )

    def condition(self, visible: Sequence[int], offset: Sequence[int], written: int) -> None:
        """Set, per sample, how many text tokens the expert sees and how many lie before it.

        Its action tokens go to the slots behind ``written`` text tokens.
        """
        both = torch.tensor([list(visible), list(offset)])
        self._visible.copy_(to_device(both, self._device))
        self._places[3:4].copy_(self._places[0:1] + written)
        self._first_action = self._prompt_tokens + written

    def read_by_actions(self, text_tokens: int) -> int:
        """Slots to be read for the action tokens when no text is longer than so many tokens."""
        if self._graphs:
            return self.capacity.seen(text_tokens)
        return self._first_action + self.capacity.actions

    def expert_context(self, expert: Expert, seen: int) -> ExpertContext:
        """What the action tokens see among the first ``seen`` slots.

        Prompt, visible text and each other; their positions count on from the text.
        """
        samples, actions = self.capacity.samples, self.capacity.actions
        slot = self._slots[:seen]
        prompt, delta, start = self._places[0], self._places[1], self._places[3]
        text = slot < (prompt + self._visible[0])[:, None]
        own = (slot >= start) & (slot < start + actions)
        mask = (text | own)[:, None, None].expand(samples, 1, actions, seen)
        ahead = self._slots[:actions]
        positions = (prompt + delta + self._visible[1])[:, None] + ahead
        rope = expert.rope(positions.expand(3, samples, actions))
        return ExpertContext(rope, self.cache, start + ahead, mask, fused=not self._stepwise)

    def capture_steps(self) -> None:
        """Capture the graph of every step; where there are no graphs there is nothing to do."""
        if not self._graphs:
            return
        for size in self._sizes:
            for seen in {self.capacity.seen(size), self.capacity.length}:
                for pick in (True, False):
                    self._step(size, seen, pick)()

    def _stage(self, rows: Sequence[Sequence[int]], size: int) -> None:
        """Copy rows of ``size`` tokens to the device through memory that is made once."""
        if self._copied is not None:
            self._copied.synchronize()
        self._host[:, :size] = torch.tensor(rows)
        self._fed[:, :size].copy_(self._host[:, :size], non_blocking=True)
        if self._copied is not None:
            self._copied.record()

    def _begun(self, prompt: PromptLike, following: Sequence[int]) -> tuple[Tensor, Tensor]:
        """Ids (1, T) and positions (3, 1, T), on the host, of a prompt and what follows."""
        length = len(prompt.ids)
        self.set_prompt(length, prompt.rope_delta)
        behind = torch.arange(length, length + len(following)) + prompt.rope_delta
        positions = torch.cat((prompt.positions, behind.expand(3, 1, -1)), -1)
        return torch.tensor([(*prompt.ids, *following)]), positions

    def _set(self, *places: int) -> None:
        for index, place in enumerate(places):
            self._places[index : index + 1].fill_(place)

    def _causal(self, slots: Tensor, seen: int) -> Tensor:
        """Mask (1, 1, T, seen): tokens in ``slots`` (T,) see what is not behind them."""
        return (self._slots[:seen] <= slots[:, None])[None, None]

    def _step(self, size: int, seen: int, pick: bool) -> Graph:
        """The work of a step; kept where a capture makes it dear."""
        if not self._graphs:
            return Graph(self._work(size, seen, pick), self._device)
        key = (size, seen, pick)
        if key not in self._steps:
            self._steps[key] = Graph(self._work(size, seen, pick), self._device)
        return self._steps[key]

    def _work(self, size: int, seen: int, pick: bool) -> Callable[[], None]:
        samples = self.capacity.samples

        def step() -> None:
            place = self._places[2] + self._slots[:size]
            slots = self._places[0] + place
            positions = (slots + self._places[1]).expand(3, samples, size)
            hidden = self._text(
                self._text.embed(self._fed[:, :size]),
                self._text.rope(positions),
                self.cache,
                slots,
                self._causal(slots, seen),
                stepwise=self._stepwise,
                fused=not self._stepwise,
            )
            if pick:
                self._pick_rows(hidden, place + 1)

        return step

    def _pick_rows(self, hidden: Tensor, places: Tensor) -> None:
        """Choose the tokens for ``places``, sample by sample: the logits of one at a time."""
        last = self._uniforms.shape[1] - 1
        uniforms = self._uniforms.index_select(1, places.clamp(max=last))
        for row in range(self.capacity.samples):
            logits = self._text.logits(hidden[row], fused=not self._stepwise)
            self._picked[row, : len(places)] = self._sampler.pick(logits, uniforms[row])
