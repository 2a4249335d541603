# SPDX-License-Identifier: Apache-2.0
"""Prompts of the Alpamayo models as token ids, with the places of everything that varies.

The text follows Qwen3-VL's chat template and goes on after the opening of the assistant's turn.
Alpamayo 1.5 names each camera and numbers its frames, and takes a route or a question; R1 sees
the bare images of its four cameras.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from alpamayo_ros.policy.alpamayo.config import Family
from alpamayo_ros.policy.alpamayo.history import HISTORY_TOKENS, InvalidHistory
from alpamayo_ros.policy.alpamayo.images import Grid
from alpamayo_ros.policy.alpamayo.tokens import Tokenizer
from alpamayo_ros.types import FRAME_OFFSETS_NS, StackError

FRAMES = len(FRAME_OFFSETS_NS)
"""Images per camera, oldest first."""

CAMERA_NAMES = (
    "Front left camera",
    "Front camera",
    "Front right camera",
    "Rear left camera",
    "Rear camera",
    "Rear right camera",
    "Front telephoto camera",
)
"""By camera id, as Alpamayo 1.5 was trained."""

R1_CAMERAS = (0, 1, 2, 6)

_SYSTEM = "You are a driving assistant that generates safe and accurate actions."
_REQUEST = (
    "output the chain-of-thought reasoning of the driving process, "
    "then output the future trajectory."
)
_IMAGE = "<|vision_start|><|image_pad|><|vision_end|>"
_KEPT_LAYOUTS = 8

MAX_USER_TOKENS = 1024
"""Of a route or a question; the longest the models were trained on have a few dozen."""


class UnsupportedCameras(StackError):
    """A set of cameras the model cannot be shown."""


class UnsupportedPrompt(StackError):
    """Something the model was not trained to be told or asked."""


@dataclass(frozen=True, slots=True)
class ImageBlock:
    """Where one image is in a prompt: slots first .. first + tokens - 1; frame 0 is the oldest."""

    camera_id: int
    frame: int
    first: int
    tokens: int


@dataclass(frozen=True, slots=True)
class Prompt:
    """Token ids and where things are among them; spans are [first, stop).

    positions: (3, 1, T) long, M-RoPE positions in time, height, width. ``rope_delta`` is what to
    add to a slot number beyond the prompt to get its position. image_slots: (N,) long, slots of
    all image tokens in image order. ``history`` spans the 48 places of the ego history, ``route``
    the route with its two markers, ``user`` the text somebody gave.
    """

    ids: tuple[int, ...]
    positions: torch.Tensor
    rope_delta: int
    image_slots: torch.Tensor
    images: tuple[ImageBlock, ...]
    history: tuple[int, int] | None = None
    route: tuple[int, int] | None = None
    user: tuple[int, int] | None = None

    def with_history(self, history_ids: NDArray[np.int64]) -> Prompt:
        """Return the prompt with the ego history (48,) filled in; raises InvalidHistory."""
        first, stop = self.history or (0, 0)
        if history_ids.shape != (stop - first,):
            raise InvalidHistory(
                f"{history_ids.shape} history tokens for {stop - first} places in the prompt"
            )
        ids = (*self.ids[:first], *history_ids.tolist(), *self.ids[stop:])
        return replace(self, ids=ids)

    def without_route(self) -> Prompt:
        """Return the prompt without its route and the two markers, all images being before it."""
        if self.route is None:
            return self
        first, stop = self.route
        ids = self.ids[:first] + self.ids[stop:]
        behind = self.positions[..., stop:] - (stop - first)
        positions = torch.cat((self.positions[..., :first], behind), -1)
        return replace(self, ids=ids, positions=positions, route=None, user=None)


class PromptBuilder:
    """Builds prompts for one model; from any thread.

    The last few are kept, for they rarely change: nobody may write into their tensors.
    """

    def __init__(self, tokenizer: Tokenizer, family: Family = "1.5", merge: int = 2) -> None:
        self._tokenizer = tokenizer
        self._family = family
        self._merge = merge
        self._prompt = lru_cache(_KEPT_LAYOUTS)(self._build)

    def driving(
        self, camera_ids: Sequence[int], grids: Sequence[Grid], nav_text: str | None = None
    ) -> Prompt:
        """Prompt for reasoning and a trajectory; the ego history is still to be filled in.

        One grid per image, four images per camera, cameras in ascending order of their ids.
        ``nav_text`` is user text; None: no route at all. Raises UnsupportedCameras,
        UnsupportedPrompt.
        """
        if nav_text is not None and self._family == "r1":
            raise UnsupportedPrompt("Alpamayo R1 takes no route; nav_text must be None")
        history = "<|traj_history|>" * HISTORY_TOKENS
        opening = f"<|traj_history_start|>{history}<|traj_history_end|>"
        closing = _REQUEST
        if nav_text is not None:
            opening, closing = opening + "<|route_start|>", "<|route_end|>" + closing
        return self._prompt(
            tuple(camera_ids), tuple(grids), opening, nav_text, closing, "<|cot_start|>"
        )

    def question(self, camera_ids: Sequence[int], grids: Sequence[Grid], question: str) -> Prompt:
        """Prompt for an answer about the images; raises UnsupportedCameras, UnsupportedPrompt."""
        if self._family == "r1":
            raise UnsupportedPrompt("Alpamayo R1 was not trained to answer questions")
        return self._prompt(
            tuple(camera_ids),
            tuple(grids),
            "<|question_start|>",
            question,
            "<|question_end|>",
            "<|answer_start|>",
        )

    def _build(
        self,
        camera_ids: tuple[int, ...],
        grids: tuple[Grid, ...],
        opening: str,
        user_text: str | None,
        closing: str,
        assistant: str,
    ) -> Prompt:
        self._check(camera_ids, grids)
        before = (
            f"<|im_start|>system\n{_SYSTEM}<|im_end|>\n<|im_start|>user\n"
            f"{self._image_text(camera_ids)}{opening}"
        )
        after = f"{closing}<|im_end|>\n<|im_start|>assistant\n{assistant}"
        # User text stands between two special tokens, so the three parts have the same ids as
        # the whole; without user text the two templates are one text.
        if user_text is None:
            ids = self._tokenizer.encode_template(before + after)
            return self._laid_out(ids, None, camera_ids, grids)
        head, middle = self._tokenizer.encode_template(before), self._user_ids(user_text)
        ids = [*head, *middle, *self._tokenizer.encode_template(after)]
        return self._laid_out(ids, (len(head), len(head) + len(middle)), camera_ids, grids)

    def _user_ids(self, text: str) -> list[int]:
        ids = self._tokenizer.encode_text(text)
        if len(ids) > MAX_USER_TOKENS:
            raise UnsupportedPrompt(f"user text of {len(ids)} tokens, at most {MAX_USER_TOKENS}")
        return ids

    def _check(self, camera_ids: Sequence[int], grids: Sequence[Grid]) -> None:
        ids = list(camera_ids)
        known = range(len(CAMERA_NAMES))
        if not ids or any(i not in known for i in ids) or ids != sorted(set(ids)):
            raise UnsupportedCameras(f"cameras {ids}: 1 to 7 of 0..6 in ascending order")
        if self._family == "r1" and tuple(ids) != R1_CAMERAS:
            raise UnsupportedCameras(f"cameras {ids}: Alpamayo R1 sees {list(R1_CAMERAS)}")
        if len(grids) != FRAMES * len(ids):
            raise UnsupportedCameras(
                f"{len(grids)} images of {len(ids)} cameras, not {FRAMES * len(ids)}"
            )

    def _image_text(self, camera_ids: Sequence[int]) -> str:
        if self._family == "r1":
            return _IMAGE * (FRAMES * len(camera_ids))
        return "".join(
            f"{CAMERA_NAMES[camera]}: " + "".join(f"frame {i} {_IMAGE}" for i in range(FRAMES))
            for camera in camera_ids
        )

    def _laid_out(
        self,
        ids: list[int],
        user: tuple[int, int] | None,
        camera_ids: Sequence[int],
        grids: Sequence[Grid],
    ) -> Prompt:
        """Give every image its places, and every place its position."""
        special = self._tokenizer.special
        short = np.asarray(ids, dtype=np.int64)
        sizes = [grid[0] * grid[1] * grid[2] // self._merge**2 for grid in grids]
        repeats = np.ones(len(short), dtype=np.int64)
        repeats[short == special.image_pad] = sizes
        full = np.repeat(short, repeats)
        shift = int(sum(sizes)) - len(sizes)
        slots = np.flatnonzero(full == special.image_pad)
        firsts = np.split(slots, np.cumsum(sizes)[:-1])
        images = tuple(
            ImageBlock(camera_ids[i // FRAMES], i % FRAMES, int(firsts[i][0]), size)
            for i, size in enumerate(sizes)
        )
        positions = _positions(len(full), images, grids, self._merge)
        places = np.flatnonzero(full == special.history)
        history = (int(places[0]), int(places[-1]) + 1) if len(places) else None
        user = None if user is None else (user[0] + shift, user[1] + shift)
        routed = user is not None and history is not None
        return Prompt(
            ids=tuple(full.tolist()),
            positions=torch.from_numpy(positions)[:, None],
            rope_delta=int(positions.max()) + 1 - len(full),
            image_slots=torch.from_numpy(slots),
            images=images,
            history=history,
            route=(user[0] - 1, user[1] + 1) if user is not None and routed else None,
            user=user,
        )


def _positions(
    length: int, images: Sequence[ImageBlock], grids: Sequence[Grid], merge: int
) -> NDArray[np.int64]:
    """M-RoPE positions (3, T).

    Text counts on in all three. An image starts where the text before it ended and spreads over
    time, rows and columns of its tokens; the text behind it starts one after its largest.
    """
    positions = np.empty((3, length), dtype=np.int64)
    slot, position = 0, 0
    for image, (time, height, width) in zip(images, grids, strict=True):
        text = image.first - slot
        positions[:, slot : image.first] = np.arange(position, position + text)
        position += text
        shape = (time, height // merge, width // merge)
        positions[:, image.first : image.first + image.tokens] = (
            np.indices(shape).reshape(3, -1) + position
        )
        slot = image.first + image.tokens
        position += max(shape)
    positions[:, slot:] = np.arange(position, position + length - slot)
    return positions
