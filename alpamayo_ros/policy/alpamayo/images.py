# SPDX-License-Identifier: Apache-2.0
"""From camera images to the patches the vision tower reads.

Resize (bicubic, antialiased, rounded to whole grey levels), scale to -1..1, repeat a still image
to fill the temporal patch, cut into patches. On the CPU the resize is torch's uint8 kernel, on a
CUDA device the same sums as matrix products: one value in a million is one grey level off.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from alpamayo_ros.policy.alpamayo.config import MAX_PIXELS, MIN_PIXELS, ModelConfig
from alpamayo_ros.types import StackError

_MAX_ASPECT = 200
_MIDDLE = 127.5
"""Mean and deviation of 0.5, in grey levels: 0..255 becomes -1..1."""

_STAGING_BUFFERS = 16
"""Kinds of batches (count and size) for which page-locked memory is kept."""


class InvalidImage(StackError):
    """An image the model cannot see: wrong type, wrong shape, far too long."""


@dataclass(frozen=True, slots=True)
class ImageSettings:
    """What the image processor of a checkpoint does; pixels are bounds on height times width."""

    min_pixels: int = MIN_PIXELS
    max_pixels: int = MAX_PIXELS
    patch: int = 16
    merge: int = 2
    temporal: int = 2

    @classmethod
    def of(cls, config: ModelConfig) -> ImageSettings:
        """Those of a checkpoint."""
        vision = config.vision
        return cls(
            config.min_pixels,
            config.max_pixels,
            vision.patch_size,
            vision.merge_size,
            vision.temporal_patch_size,
        )


Grid = tuple[int, int, int]
"""Patches of one image: temporal, vertical, horizontal."""


@dataclass(frozen=True, slots=True)
class ImageBatch:
    """pixel_values: (patches of all images, channels * temporal * patch * patch); one grid each.

    Patches of an image come in groups of merge x merge, which become one token.
    """

    pixel_values: torch.Tensor
    grids: tuple[Grid, ...]


def model_size(height: int, width: int, settings: ImageSettings) -> tuple[int, int]:
    """Height and width at which the model sees an image of this size.

    Multiples of patch * merge, with a product in min_pixels..max_pixels, and the aspect ratio as
    far as that leaves it (the rule of Qwen2-VL's image processor). Raises InvalidImage.
    """
    if min(height, width) < 1 or max(height, width) > _MAX_ASPECT * min(height, width):
        raise InvalidImage(f"an image of {width}x{height}: sides differ by more than 200 to 1")
    unit = settings.patch * settings.merge
    rounded = round(height / unit) * unit, round(width / unit) * unit
    if rounded[0] * rounded[1] > settings.max_pixels:
        shrink = math.sqrt(height * width / settings.max_pixels)
        return (
            max(unit, math.floor(height / shrink / unit) * unit),
            max(unit, math.floor(width / shrink / unit) * unit),
        )
    if rounded[0] * rounded[1] < settings.min_pixels:
        grow = math.sqrt(settings.min_pixels / (height * width))
        return math.ceil(height * grow / unit) * unit, math.ceil(width * grow / unit) * unit
    return rounded


def grid_of(height: int, width: int, settings: ImageSettings) -> Grid:
    """Grid of patches of an image of this size; raises InvalidImage."""
    seen = model_size(height, width, settings)
    return 1, seen[0] // settings.patch, seen[1] // settings.patch


class Preprocessor:
    """Turns images into patches on a device; images of one size go through it together."""

    def __init__(
        self,
        settings: ImageSettings,
        device: torch.device | str = "cpu",
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self._settings = settings
        self._device = torch.device(device)
        self._dtype = dtype
        self._staging: dict[tuple[int, int, int], _Staging] = {}

    def __call__(self, images: Sequence[NDArray[np.uint8]]) -> ImageBatch:
        """Patches of RGB images (H, W, 3) uint8, in their order; raises InvalidImage."""
        for index, image in enumerate(images):
            _check(image, index)
        groups: dict[tuple[int, int], list[int]] = {}
        for index, image in enumerate(images):
            groups.setdefault((image.shape[0], image.shape[1]), []).append(index)
        grids: list[Grid] = [(1, 0, 0)] * len(images)
        patches: list[torch.Tensor] = [torch.empty(0)] * len(images)
        for (height, width), members in groups.items():
            done = self._patches([images[i] for i in members])
            if len(groups) == 1:
                return ImageBatch(
                    done.flatten(0, 1), (grid_of(height, width, self._settings),) * len(images)
                )
            for row, index in enumerate(members):
                grids[index] = grid_of(height, width, self._settings)
                patches[index] = done[row]
        if not images:
            columns = 3 * self._settings.temporal * self._settings.patch**2
            return ImageBatch(torch.empty(0, columns, device=self._device, dtype=self._dtype), ())
        return ImageBatch(torch.cat(patches), tuple(grids))

    def _patches(self, images: list[NDArray[np.uint8]]) -> torch.Tensor:
        """Patches (images, patches, values) of images of one size."""
        height, width, _ = images[0].shape
        pixels = self._upload(images).permute(0, 3, 1, 2)
        seen = model_size(height, width, self._settings)
        if seen != (height, width):
            pixels = _resize(pixels, seen)
        # cut first: moving bytes costs a quarter of moving floats
        cut = _cut(pixels, self._settings)
        scaled = cut.to(torch.float32).sub_(_MIDDLE).div_(_MIDDLE).to(self._dtype)
        repeated = scaled.unsqueeze(3).expand(-1, -1, -1, self._settings.temporal, -1, -1)
        return repeated.reshape(*cut.shape[:2], -1)

    def _upload(self, images: list[NDArray[np.uint8]]) -> torch.Tensor:
        """Images (N, H, W, 3) on the device, through memory that is allocated once."""
        key = (len(images), images[0].shape[0], images[0].shape[1])
        if key not in self._staging:
            if len(self._staging) >= _STAGING_BUFFERS:
                self._staging.clear()
            self._staging[key] = _Staging(key, self._device)
        return self._staging[key].upload(images)


class _Staging:
    """Host memory for one kind of batch, page-locked where the device reads it by itself."""

    def __init__(self, key: tuple[int, int, int], device: torch.device) -> None:
        self._device = device
        cuda = device.type == "cuda"
        self._host = torch.empty((*key, 3), dtype=torch.uint8, pin_memory=cuda)
        self._view = self._host.numpy()
        self._copied = torch.cuda.Event() if cuda else None

    def upload(self, images: list[NDArray[np.uint8]]) -> torch.Tensor:
        if self._copied is not None:
            self._copied.synchronize()
        np.stack(images, out=self._view)
        on_device = self._host.to(self._device, non_blocking=True)
        if self._copied is not None:
            self._copied.record()
        return on_device


def _check(image: NDArray[np.uint8], index: int) -> None:
    if image.dtype != np.uint8:
        raise InvalidImage(f"image {index} is {image.dtype}, not uint8")
    if image.ndim != 3 or image.shape[2] != 3:
        raise InvalidImage(f"image {index} has shape {image.shape}, not (height, width, 3)")


def _resize(pixels: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """Resize (N, 3, H, W) uint8; the result is in whole grey levels."""
    # torch has this kernel for uint8 on the CPU alone
    if pixels.device.type == "cpu":
        return torch.nn.functional.interpolate(pixels, size=size, mode="bicubic", antialias=True)
    return _resize_by_product(pixels.to(torch.float32), size)


def _resize_by_product(pixels: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """What the uint8 kernel does, as two products with its weights, rows first.

    A plain resize in float32 is many grey levels off where the image is noisy: the kernel cuts
    overshoots off between the passes, and its weights are 16 bit integers. float32 holds the sums
    but for a rounding of 2^-24, so this needs full float32 products (torch's default, no TF32).
    """
    across, across_unit = _weights(pixels.shape[3], size[1], pixels.device)
    down, down_unit = _weights(pixels.shape[2], size[0], pixels.device)
    narrow = _bytes(pixels @ across.T, across_unit)
    return _bytes(down @ narrow, down_unit)


def _bytes(sums: torch.Tensor, unit: float) -> torch.Tensor:
    return sums.mul_(unit).add_(0.5).floor_().clamp_(0, 255)


@lru_cache(maxsize=32)
def _weights(source: int, target: int, device: torch.device) -> tuple[torch.Tensor, float]:
    """Weights (target, source) of a bicubic (a = -0.5) antialiased resize, and their unit.

    As torch's uint8 kernel has them: integers of 16 bits, in the smallest power of two that
    the largest of them allows.
    """
    scale = source / target
    stretch = max(scale, 1.0)
    centers = scale * (np.arange(target) + 0.5)
    first = np.maximum((centers - 2 * stretch + 0.5).astype(int), 0)
    stop = np.minimum((centers + 2 * stretch + 0.5).astype(int), source)
    places = np.arange(source)
    weights = _cubic((places - centers[:, None] + 0.5) / stretch)
    weights[(places < first[:, None]) | (places >= stop[:, None])] = 0
    weights /= weights.sum(axis=1, keepdims=True)
    bits = 0
    while bits < 22 and int(0.5 + weights.max() * 2 ** (bits + 1)) < 2**15:
        bits += 1
    scaled = weights * 2**bits
    whole = np.trunc(scaled + np.copysign(0.5, scaled)).astype(np.float32)
    return torch.from_numpy(whole).to(device), 2.0**-bits


def _cubic(distance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Keys' cubic convolution kernel with a = -0.5."""
    x = np.abs(distance)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))


def _cut(pixels: torch.Tensor, settings: ImageSettings) -> torch.Tensor:
    """Patches (N, patches, channels, patch, patch) of images (N, 3, H, W)."""
    count, channels, height, width = pixels.shape
    patch, merge = settings.patch, settings.merge
    rows, columns = height // patch // merge, width // patch // merge
    blocks = pixels.reshape(count, channels, rows, merge, patch, columns, merge, patch)
    # rows, columns, row and column in the group, channel, row and column in the patch
    ordered = blocks.permute(0, 2, 5, 3, 6, 1, 4, 7)
    return ordered.reshape(count, rows * columns * merge * merge, channels, patch, patch)
