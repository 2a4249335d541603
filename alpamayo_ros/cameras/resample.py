# SPDX-License-Identifier: Apache-2.0
"""The size at which the model sees an image, and the way there."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.cameras.errors import CorruptImage
from alpamayo_ros.types import Pixels

Size = tuple[int, int]
"""Width, height [px]."""

PATCH = 32
"""Sides are multiples of this: patches of 16 px, merged 2x2."""

MIN_PIXELS, MAX_PIXELS = 163_840, 196_608
MAX_IMAGE_BYTES = MAX_PIXELS * 3

MAX_SOURCE_PIXELS = 64_000_000
"""More than any camera has; a damaged header must not make the process allocate gigabytes."""


class Scratch:
    """Intermediate images, kept from one image to the next. Not for two threads at once."""

    def __init__(self) -> None:
        self._buffers: dict[str, Pixels] = {}

    def image(self, name: str, shape: tuple[int, ...]) -> Pixels:
        """Return a buffer of this shape with undefined content, in the same memory each time."""
        size = math.prod(shape)
        buffer = self._buffers.get(name)
        if buffer is None or len(buffer) < size:
            buffer = self._buffers[name] = np.empty(size, np.uint8)
        return buffer[:size].reshape(shape)


def model_size(width: int, height: int) -> Size:
    """Width and height at which the model sees an image of this size.

    Keeps the aspect; both sides are multiples of 32 and the pixels lie in 163840 .. 196608:
    ``smart_resize`` of the Qwen-VL image processors with the limits of the Alpamayo checkpoints.
    1920x1080 gives 576x320; beyond an aspect of 7:1 the rule may fall short of the pixels.
    Raises CorruptImage where there is no such size, or the image is larger than
    MAX_SOURCE_PIXELS.
    """
    if width < 1 or height < 1 or width * height > MAX_SOURCE_PIXELS:
        raise CorruptImage(f"image of {width}x{height} px")
    sides = (width, height)
    wide, high = (max(PATCH, round(side / PATCH) * PATCH) for side in sides)
    if wide * high > MAX_PIXELS:
        scale = math.sqrt(width * height / MAX_PIXELS)
        wide, high = (max(PATCH, math.floor(side / scale / PATCH) * PATCH) for side in sides)
    elif wide * high < MIN_PIXELS:
        scale = math.sqrt(MIN_PIXELS / (width * height))
        wide, high = (math.ceil(side * scale / PATCH) * PATCH for side in sides)
    if wide * high > MAX_PIXELS:
        raise CorruptImage(f"image of {width}x{height} px: no model size for this aspect ratio")
    return wide, high


def power_of_two_reduction(source: Size, target: Size, largest: int = 8) -> int:
    """Return the largest 2**n by which the source can shrink and still cover the target."""
    factor = 1
    while factor < largest and all(
        -(-side // (2 * factor)) >= wanted for side, wanted in zip(source, target, strict=True)
    ):
        factor *= 2
    return factor


def resize(image: Pixels, target: Pixels, scratch: Scratch) -> None:
    """Scale ``image`` (H, W[, C]) into ``target`` (h, w[, C]), antialiased.

    Halves the image while it is at least twice as large, then low-passes what is left to the
    target's bandwidth and interpolates bicubically. Nearer to the antialiased bicubic resize of
    the released image processors than area averaging is, in a third of its time.
    """
    high, wide = target.shape[:2]
    halvings = 0
    while image.shape[0] >= 2 * high and image.shape[1] >= 2 * wide:
        rest = image.shape[2:]
        half = scratch.image(f"half{halvings}", (image.shape[0] // 2, image.shape[1] // 2, *rest))
        cv2.resize(image, (half.shape[1], half.shape[0]), dst=half, interpolation=cv2.INTER_AREA)
        image, halvings = half, halvings + 1
    if image.shape[0] > high or image.shape[1] > wide:
        smooth = scratch.image("smooth", image.shape)
        across, down = _low_pass(image.shape[1] / wide), _low_pass(image.shape[0] / high)
        cv2.sepFilter2D(image, -1, across, down, dst=smooth)
        image = smooth
    cv2.resize(image, (wide, high), dst=target, interpolation=cv2.INTER_CUBIC)


# Outer weight of a three-tap filter for a reduction by r, r in 1 .. 2, is this times (r - 1): a
# fit to the antialiased bicubic resize of recorded drives, within 1 dB of the best weight each.
_OUTER_WEIGHT = 0.24


def _low_pass(reduction: float) -> NDArray[np.float32]:
    outer = _OUTER_WEIGHT * min(max(reduction - 1.0, 0.0), 1.0)
    return np.array((outer, 1.0 - 2.0 * outer, outer), np.float32)
