# SPDX-License-Identifier: Apache-2.0
"""Keys and values of images that were in the prompt of the tick before (approximate).

At 10 Hz three of a camera's four images were there a tick ago, one place further on. Their keys
and values are moved to the new place: keys are rotated on by the difference of the positions,
which is the same on all three axes of an image. Only the new images and the text between are
computed. It is an approximation because what is kept has seen images that are gone by now.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from alpamayo_ros.policy.alpamayo.context import Context, Vision, to_device
from alpamayo_ros.policy.alpamayo.layers import rope_tables, rotate
from alpamayo_ros.policy.alpamayo.prompt import Prompt


@dataclass(frozen=True, slots=True)
class _Place:
    """Where an image is in the cache: its first slot, tokens, and the position of the first."""

    first: int
    tokens: int
    position: int


class Streaming:
    """Remembers which images a context's cache holds; ``begin`` replaces that of the context."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._held: dict[Hashable, _Place] = {}

    def forget(self) -> None:
        """The cache holds nothing that may be used again."""
        self._held = {}

    def begin(
        self, prompt: Prompt, vision: Vision, keys: Sequence[Hashable], following: Sequence[int]
    ) -> Tensor:
        """As Context.begin; ``keys`` say which image each of the prompt's is."""
        places = _places(prompt)
        kept = [
            (self._held[key], place)
            for key, place in zip(keys, places, strict=True)
            if key in self._held and self._held[key].tokens == place.tokens
        ]
        self._held = {}  # what is half written when something fails is not used again
        if kept:
            self._move(kept)
            hidden = self._compute_rest(prompt, vision, {place for _, place in kept}, following)
        else:
            hidden = self._context.begin(prompt, vision, following)
        self._held = dict(zip(keys, places, strict=True))
        return hidden

    def _move(self, kept: Sequence[tuple[_Place, _Place]]) -> None:
        """Copy the slots of images to their new places, keys rotated on."""
        device = self._context.device
        row = self._context.first_row()
        source = _slots([old for old, _ in kept], device)
        target = _slots([new for _, new in kept], device)
        shift = torch.tensor(
            [new.position - old.position for old, new in kept for _ in range(new.tokens)]
        )
        angles = to_device(shift, device).float()[:, None] * self._context.rope_frequencies
        tables = rope_tables(angles, torch.float32)
        keys = rotate(row.k.index_select(3, source), tables, fused=True)
        values = row.v.index_select(3, source)
        row.k.index_copy_(3, target, keys)
        row.v.index_copy_(3, target, values)

    def _compute_rest(
        self, prompt: Prompt, vision: Vision, kept: set[_Place], following: Sequence[int]
    ) -> Tensor:
        """Everything but the images that were kept, each token seeing all that is before it."""
        total = len(prompt.ids) + len(following)
        needed = torch.ones(total, dtype=torch.bool)
        rows = torch.ones(len(prompt.image_slots), dtype=torch.bool)
        done = 0
        for place in _places(prompt):
            if place in kept:
                needed[place.first : place.first + place.tokens] = False
                rows[done : done + place.tokens] = False
            done += place.tokens
        slots = needed.nonzero()[:, 0]
        compact = needed.cumsum(0) - 1
        index = compact[prompt.image_slots[rows]]
        wanted = to_device(rows.nonzero()[:, 0], self._context.device)
        part = Vision(
            vision.features.index_select(0, wanted),
            tuple(layer.index_select(0, wanted) for layer in vision.deepstack),
        )
        return self._context.begin_partly(prompt, part, index, slots, following)


def _places(prompt: Prompt) -> list[_Place]:
    positions = prompt.positions[0, 0]
    return [
        _Place(image.first, image.tokens, int(positions[image.first])) for image in prompt.images
    ]


def _slots(places: Sequence[_Place], device: torch.device) -> Tensor:
    parts = [torch.arange(place.first, place.first + place.tokens) for place in places]
    return to_device(torch.cat(parts), device)
