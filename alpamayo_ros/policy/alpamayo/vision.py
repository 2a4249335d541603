# SPDX-License-Identifier: Apache-2.0
"""The vision tower of Qwen3-VL: patches of images to features of image tokens.

Attention stays within one frame, so images of one size go through it as a batch. Position tables
(rotary, and the learned ones interpolated to the grid) depend on the grids only and are kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor, nn
from torch.nn import functional

from alpamayo_ros.policy.alpamayo.config import VisionConfig
from alpamayo_ros.policy.alpamayo.layers import (
    LayerNorm,
    Linear,
    Rope,
    Stack,
    empty,
    rope_tables,
    rotate,
    written_attention,
)
from alpamayo_ros.types import StackError

Grid = tuple[int, int, int]
"""Frames, rows and columns of patches of one image."""

ROPE_THETA = 10_000.0
EPSILON = 1e-6

LIKE_ROUNDED_ROWS = 4
"""On a CPU, products of this many rows or more per thread round a row the same way whatever the
others are; so an image encoded alone has to the last bit the features it has among others."""

KEPT_LAYOUTS = 32
"""Combinations of image sizes whose position tables are kept; a rig has one or two."""


class PatchMismatch(StackError):
    """Pixel values and grids do not belong together, or a grid cannot be merged."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Tables for one combination of grids.

    runs: (frames, patches per frame) of neighbouring frames of one size; positions (patches, C);
    rope tables (patches, 1, head_dim) in float32.
    """

    runs: tuple[tuple[int, int], ...]
    positions: Tensor
    rope: Rope


class VisionAttention(nn.Module):
    """Full attention within each frame."""

    def __init__(self, config: VisionConfig, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        size = config.hidden_size
        self.heads = config.heads
        self.qkv = Linear(size, 3 * size, bias=True, device=device, dtype=dtype)
        self.out = Linear(size, size, bias=True, device=device, dtype=dtype)

    def forward(self, x: Tensor, layout: Layout, fused: bool) -> Tensor:
        """(patches, C) -> (patches, C); ``fused``: see layers.attend."""
        patches, size = x.shape
        query, key, value = self.qkv(x, fused=fused).view(patches, 3, self.heads, -1).unbind(1)
        query, key = (rotate(part, layout.rope, fused=fused) for part in (query, key))
        attended, start = [], 0
        for frames, length in layout.runs:
            rows = slice(start, start + frames * length)
            q, k, v = (
                part[rows].view(frames, length, self.heads, -1).transpose(1, 2)
                for part in (query, key, value)
            )
            attended.append(_frame_attention(q, k, v, fused).reshape(-1, size))
            start = rows.stop
        joined = attended[0] if len(attended) == 1 else torch.cat(attended)
        output: Tensor = self.out(joined, fused=fused)
        return output


def _frame_attention(query: Tensor, key: Tensor, value: Tensor, fused: bool) -> Tensor:
    """(frames, patches, C) of (frames, heads, patches, head_dim); as layers.attend."""
    if not fused:
        frames = zip(query.split(1), key.split(1), value.split(1), strict=True)
        return torch.cat([written_attention(*frame, None) for frame in frames])
    attended = functional.scaled_dot_product_attention(query, key, value)
    return attended.transpose(1, 2).flatten(2)


class VisionBlock(nn.Module):
    """Attention and MLP, each normed before and added to the stream."""

    def __init__(self, config: VisionConfig, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        size, inner = config.hidden_size, config.intermediate_size
        self.attention_norm = LayerNorm(size, EPSILON, device=device, dtype=dtype)
        self.attention = VisionAttention(config, device=device, dtype=dtype)
        self.mlp_norm = LayerNorm(size, EPSILON, device=device, dtype=dtype)
        self.up = Linear(size, inner, bias=True, device=device, dtype=dtype)
        self.down = Linear(inner, size, bias=True, device=device, dtype=dtype)

    def forward(self, x: Tensor, layout: Layout, fused: bool) -> Tensor:
        """(patches, C) -> (patches, C); ``fused``: see layers.attend."""
        x = x + self.attention(self.attention_norm(x), layout, fused)
        inner = functional.gelu(self.up(self.mlp_norm(x), fused=fused), approximate="tanh")
        stream: Tensor = x + self.down(inner, fused=fused)
        return stream


class PatchMerger(nn.Module):
    """Neighbouring patches to one token of the text model.

    The norm is over one patch, or (``merged_norm``, deepstack) over the merged ones.
    """

    def __init__(
        self,
        config: VisionConfig,
        *,
        merged_norm: bool,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        super().__init__()
        self.merged = config.hidden_size * config.merge_size**2
        self.merged_norm = merged_norm
        normed = self.merged if merged_norm else config.hidden_size
        self.norm = LayerNorm(normed, EPSILON, device=device, dtype=dtype)
        self.up = Linear(self.merged, self.merged, bias=True, device=device, dtype=dtype)
        self.down = Linear(
            self.merged, config.out_hidden_size, bias=True, device=device, dtype=dtype
        )

    def forward(self, x: Tensor, fused: bool) -> Tensor:
        """(patches, C) -> (tokens, out_hidden_size); ``fused``: see layers.attend."""
        if self.merged_norm:
            normed = self.norm(x.view(-1, self.merged))
        else:
            normed = self.norm(x).view(-1, self.merged)
        count = normed.shape[0]
        if normed.device.type == "cpu":
            missing = LIKE_ROUNDED_ROWS * torch.get_num_threads() - count
            normed = functional.pad(normed, (0, 0, 0, max(0, missing)))
        tokens: Tensor = self.down(functional.gelu(self.up(normed, fused=fused)), fused=fused)
        return tokens[:count]


class VisionTower(nn.Module):
    """Patches to image tokens, with the deepstack features of the tapped blocks."""

    def __init__(self, config: VisionConfig, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self.config = config
        size = config.hidden_size
        self.patch = Linear(config.patch_values, size, bias=True, device=device, dtype=dtype)
        self.positions = empty(config.position_embeddings, size, device=device, dtype=dtype)
        self.blocks: Stack[VisionBlock] = Stack(
            VisionBlock(config, device=device, dtype=dtype) for _ in range(config.depth)
        )
        self.merger = PatchMerger(config, merged_norm=False, device=device, dtype=dtype)
        self.deepstack: Stack[PatchMerger] = Stack(
            PatchMerger(config, merged_norm=True, device=device, dtype=dtype)
            for _ in config.deepstack_layers
        )
        self._layouts: dict[tuple[Grid, ...], Layout] = {}

    def forward(
        self, pixel_values: Tensor, grids: tuple[Grid, ...], *, fused: bool = False
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        """Features (tokens, out_hidden_size) and the same per tapped block.

        pixel_values: (patches, channels * temporal patch * patch^2) as the image processor lays
        them out. The first call for a combination of grids makes its tables: make it before a
        capture. ``fused``, on CUDA always: see layers.attend.

        Raises:
            PatchMismatch: the number of patches is not that of the grids.
        """
        layout = self.layout(grids)
        if pixel_values.shape != (layout.positions.shape[0], self.config.patch_values):
            raise PatchMismatch(
                f"pixel values {tuple(pixel_values.shape)}, the grids need "
                f"({layout.positions.shape[0]}, {self.config.patch_values})"
            )
        fused = fused or pixel_values.device.type != "cpu"
        x = self._patches(pixel_values.to(self.positions.dtype), fused) + layout.positions
        taps = dict(zip(self.config.deepstack_layers, self.deepstack, strict=True))
        tapped = {}
        for number, block in enumerate(self.blocks):
            x = block(x, layout, fused)
            if number in taps:
                tapped[number] = taps[number](x, fused)
        return self.merger(x, fused), tuple(tapped.values())

    def _patches(self, pixel_values: Tensor, fused: bool) -> Tensor:
        """Patch embedding: one product, or the convolution that it is upstream.

        They round differently; see layers.attend.
        """
        if fused:
            patches: Tensor = self.patch(pixel_values, fused=True)
            return patches
        config = self.config
        kernel = (config.temporal_patch_size, config.patch_size, config.patch_size)
        images = pixel_values.view(-1, config.channels, *kernel)
        weight = self.patch.weight.view(-1, config.channels, *kernel)
        convolved = functional.conv3d(images, weight, self.patch.bias, stride=kernel)
        return convolved.view(-1, config.hidden_size)

    def layout(self, grids: tuple[Grid, ...]) -> Layout:
        """Tables of these grids, made once.

        Raises:
            PatchMismatch: no grid, or rows or columns that cannot be merged.
        """
        if grids not in self._layouts:
            while len(self._layouts) >= KEPT_LAYOUTS:
                del self._layouts[next(iter(self._layouts))]
            self._layouts[grids] = self._make_layout(grids)
        return self._layouts[grids]

    def forget_layouts(self) -> None:
        """Drop the tables: the position weights they were made from have changed."""
        self._layouts.clear()

    def _make_layout(self, grids: tuple[Grid, ...]) -> Layout:
        merge = self.config.merge_size
        if not grids or any(t < 1 or h < 1 or w < 1 or h % merge or w % merge for t, h, w in grids):
            raise PatchMismatch(f"grids {grids}: sides must be positive multiples of {merge}")
        lengths = [height * width for frames, height, width in grids for _ in range(frames)]
        runs = tuple((len(list(group)), length) for length, group in groupby(lengths))
        positions = torch.cat([self._positions(grid) for grid in grids])
        angles = torch.cat([self._angles(grid) for grid in grids])
        return Layout(runs, positions, rope_tables(angles[:, None], torch.float32))

    def _angles(self, grid: Grid) -> Tensor:
        """Rotary angles (patches, head_dim / 2): rows in the first half, columns in the second."""
        frames, height, width = grid
        device = self.positions.device
        size = self.config.hidden_size // self.config.heads // 2
        inverse = 1.0 / ROPE_THETA ** (torch.arange(0, size, 2, device=device).float() / size)
        rows = torch.arange(height, device=device).float()[:, None] * inverse
        columns = torch.arange(width, device=device).float()[:, None] * inverse
        angles = torch.cat(
            (
                rows[:, None].expand(height, width, -1),
                columns[None].expand(height, width, -1),
            ),
            -1,
        )
        return self._merge_order(angles).repeat(frames, 1)

    def _positions(self, grid: Grid) -> Tensor:
        """Learned positions (patches, C), bilinear between the corners of their square."""
        frames, height, width = grid
        side = round(self.config.position_embeddings**0.5)
        rows, columns = _corners(height, side), _corners(width, side)
        table = torch.zeros(height, width, self.config.hidden_size, device=self.positions.device)
        for row, row_weight in rows:
            for column, column_weight in columns:
                corner = (row[:, None] * side + column).to(table.device)
                weight = (row_weight[:, None] * column_weight).to(table.device)[:, :, None]
                table = table + functional.embedding(corner, self.positions) * weight
        return self._merge_order(table.to(self.positions.dtype)).repeat(frames, 1)

    def _merge_order(self, table: Tensor) -> Tensor:
        """(height, width, C) -> (height * width, C) with the patches of a token side by side."""
        height, width, size = table.shape
        merge = self.config.merge_size
        blocks = table.reshape(height // merge, merge, width // merge, merge, size)
        return blocks.permute(0, 2, 1, 3, 4).reshape(-1, size)


def _corners(length: int, side: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Lower and upper neighbours of ``length`` places spread over 0..side-1, with weights."""
    place = torch.linspace(0, side - 1, length)
    low = place.long()
    share = place - low
    return (low, 1 - share), ((low + 1).clamp_max(side - 1), share)
