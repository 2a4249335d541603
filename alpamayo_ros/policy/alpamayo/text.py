# SPDX-License-Identifier: Apache-2.0
"""The text model of Qwen3-VL over a static KV cache, and the decoder layers it is made of.

Grouped-query attention with normed queries and keys, interleaved multimodal rotary positions
(arXiv 2511.21631), deepstack: features of the vision tower's middle layers are added to the image
tokens after the first text layers. Nothing here synchronises with the host or depends on values,
so every forward can be captured in a CUDA graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from alpamayo_ros.policy.alpamayo.config import DecoderConfig
from alpamayo_ros.policy.alpamayo.layers import (
    Linear,
    RMSNorm,
    Rope,
    Seen,
    Stack,
    attend,
    empty,
    product,
    rope_tables,
    rotate,
    seen,
    seen_by_last,
)

Visual = tuple[Tensor, Tensor]
"""Index (N,) of the image tokens in the flattened (B*T), and their features (N, H)."""

Deepstack = tuple[Tensor, Sequence[Tensor]]
"""Index (N,) of the image tokens in the flattened (B*T); features (N, H) per text layer."""


@dataclass(frozen=True, slots=True)
class KVCache:
    """Keys (rotated) and values of every layer: (layers, batch, kv_heads, length, head_dim).

    The length is fixed; which slots hold what is the caller's business.
    """

    k: Tensor
    v: Tensor

    @classmethod
    def allocate(
        cls,
        config: DecoderConfig,
        batch: int,
        length: int,
        device: torch.device | str,
        dtype: torch.dtype,
    ) -> KVCache:
        """A cache of zeros: slots never written must not hold NaN, masked or not."""
        shape = (config.layers, batch, config.kv_heads, length, config.head_dim)
        return cls(
            torch.zeros(shape, device=device, dtype=dtype),
            torch.zeros(shape, device=device, dtype=dtype),
        )

    @property
    def batch(self) -> int:
        """Rows that see different slots."""
        return self.k.shape[1]

    @property
    def length(self) -> int:
        """Slots per row."""
        return self.k.shape[3]

    def copy_prefix(self, source: KVCache, length: int) -> None:
        """Copy the first ``length`` slots of ``source`` (batch 1) into every row."""
        self.k[:, :, :, :length].copy_(source.k[:, :, :, :length])
        self.v[:, :, :, :length].copy_(source.v[:, :, :, :length])

    def expand(self, batch: int) -> KVCache:
        """A new cache with ``batch`` copies of this one (batch 1)."""
        return KVCache(self.k.repeat(1, batch, 1, 1, 1), self.v.repeat(1, batch, 1, 1, 1))


class MRope(nn.Module):
    """Interleaved multimodal rotary positions: each frequency belongs to one of three axes.

    Frequencies stay float32; only the finished tables are rounded to ``dtype``.
    """

    inverse: Tensor
    axis: Tensor

    def __init__(self, config: DecoderConfig, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        half = config.head_dim // 2
        exponent = torch.arange(0, config.head_dim, 2, device=device).float() / config.head_dim
        axis = torch.zeros(half, dtype=torch.long)
        for index, section in enumerate(config.mrope_sections[1:], start=1):
            axis[index : 3 * section : 3] = index
        self.register_buffer("inverse", 1.0 / config.rope_theta**exponent, persistent=False)
        self.register_buffer("axis", axis.to(device), persistent=False)
        self.dtype = dtype

    def forward(self, positions: Tensor) -> Rope:
        """Tables (B, T, 1, head_dim) of positions (3, B, T) on the time, height, width axes."""
        angles = positions.permute(1, 2, 0).float().index_select(-1, self.axis) * self.inverse
        return rope_tables(angles[:, :, None], self.dtype)


class Attention(nn.Module):
    """Grouped-query attention; the norms of queries and keys are one, weighted per head."""

    def __init__(self, config: DecoderConfig, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self.config = config
        normed = config.heads + config.kv_heads
        outputs = (normed + config.kv_heads) * config.head_dim
        self.qkv = Linear(config.hidden_size, outputs, device=device, dtype=dtype)
        self.out = Linear(
            config.heads * config.head_dim, config.hidden_size, device=device, dtype=dtype
        )
        self.qk_norm = empty(normed, config.head_dim, device=device, dtype=dtype)

    def forward(
        self,
        x: Tensor,
        rope: Rope,
        keys: Tensor,
        values: Tensor,
        slots: Tensor,
        seen: Seen,
        last: int = 0,
    ) -> Tensor:
        """Write x's keys and values to ``slots`` of the cache's layer, then attend.

        keys, values: (B, kv_heads, length, head_dim) of the cache. ``last``: only so many tokens
        attend, the last ones; 0: all.
        """
        config = self.config
        heads = self.qkv(x, seen.stepwise, seen.fused).reshape(*x.shape[:2], -1, config.head_dim)
        query_key, value = heads.split([config.heads + config.kv_heads, config.kv_heads], 2)
        query_key = functional.rms_norm(query_key, (config.head_dim,), None, config.rms_norm_eps)
        query_key = rotate(query_key * self.qk_norm, rope, fused=seen.fused)
        query, key = query_key.split([config.heads, config.kv_heads], 2)
        key, value = key.transpose(1, 2), value.transpose(1, 2)
        keys.index_copy_(2, slots, key)
        values.index_copy_(2, slots, value)
        if not seen.prefill:
            assert seen.bias is not None
            length = seen.bias.shape[-1]
            key, value = keys[:, :, :length], values[:, :, :length]
        if last:
            query = query[:, -last:]
        output: Tensor = self.out(attend(query, key, value, seen), seen.stepwise, seen.fused)
        return output


class GatedMLP(nn.Module):
    """SwiGLU with gate and up projection in one product."""

    def __init__(self, config: DecoderConfig, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        inner = config.intermediate_size
        self.gate_up = Linear(config.hidden_size, 2 * inner, device=device, dtype=dtype)
        self.down = Linear(inner, config.hidden_size, device=device, dtype=dtype)

    def forward(self, x: Tensor, seen: Seen) -> Tensor:
        """(B, T, H) -> (B, T, H)."""
        gate, up = self.gate_up(x, seen.stepwise, seen.fused).chunk(2, -1)
        output: Tensor = self.down(functional.silu(gate) * up, seen.stepwise, seen.fused)
        return output


class DecoderLayer(nn.Module):
    """Attention and MLP, each normed before and added to the residual stream.

    The stream may be of higher precision than the weights; then so are the norms
    (``stream_dtype``).
    """

    def __init__(
        self,
        config: DecoderConfig,
        *,
        device: torch.device,
        dtype: torch.dtype,
        stream_dtype: torch.dtype,
    ) -> None:
        super().__init__()
        size, eps = config.hidden_size, config.rms_norm_eps
        self.attention_norm = RMSNorm(size, eps, device=device, dtype=stream_dtype)
        self.attention = Attention(config, device=device, dtype=dtype)
        self.mlp_norm = RMSNorm(size, eps, device=device, dtype=stream_dtype)
        self.mlp = GatedMLP(config, device=device, dtype=dtype)
        self.dtype = dtype

    def forward(
        self,
        x: Tensor,
        rope: Rope,
        keys: Tensor,
        values: Tensor,
        slots: Tensor,
        seen: Seen,
        last: int = 0,
    ) -> Tensor:
        """(B, T, H) -> (B, T or last, H); see Attention."""
        normed = self.attention_norm(x).to(self.dtype)
        attended = self.attention(normed, rope, keys, values, slots, seen, last)
        x = x[:, -last:] + attended  # 0: all
        stream: Tensor = x + self.mlp(self.mlp_norm(x).to(self.dtype), seen)
        return stream


class Decoder(nn.Module):
    """The layers, their positions and the final norm: what text model and expert share."""

    def __init__(
        self,
        config: DecoderConfig,
        *,
        device: torch.device,
        dtype: torch.dtype,
        stream_dtype: torch.dtype | None = None,
    ) -> None:
        super().__init__()
        self.config = config
        self.dtype = dtype
        stream = stream_dtype or dtype
        self.rope = MRope(config, device=device, dtype=dtype)
        self.layers: Stack[DecoderLayer] = Stack(
            DecoderLayer(config, device=device, dtype=dtype, stream_dtype=stream)
            for _ in range(config.layers)
        )
        self.norm = RMSNorm(config.hidden_size, config.rms_norm_eps, device=device, dtype=stream)

    def forward(
        self,
        x: Tensor,
        rope: Rope,
        cache: KVCache,
        slots: Tensor,
        mask: Tensor | None,
        deepstack: Deepstack | None = None,
        *,
        stepwise: bool = False,
        fused: bool = False,
        last: int = 0,
    ) -> Tensor:
        """Hidden states after the final norm (B, T, H) of x (B, T, H).

        The keys and values go to ``slots`` (T,) of the cache. mask (1 or B, 1, T, S), True:
        attend; token t sees the first S slots so masked, S <= the cache's length, and every token
        must see one at least. None is the prefill of an empty cache: token t sees tokens 0..t.
        ``deepstack`` features are added after the first layers, one each. ``stepwise``, of effect
        on the CPU only: round as T forwards of one token each would, each seeing slots up to its
        own. ``fused``, on CUDA always: see layers.attend. ``last``: only the hidden states of so
        many tokens, the last ones, are wanted; a fused prefill then returns no others, which go
        through the last layer no further than to their keys and values.
        """
        groups = self.config.heads // self.config.kv_heads
        steps = slots if stepwise else None
        view = seen(mask, x, groups, self.dtype, steps, fused=fused)
        index, features = deepstack if deepstack is not None else (slots, ())
        *most, final = self.layers
        if len(features) > len(most) or not (view.fused and view.prefill):
            last = 0
        for number, layer in enumerate(most):
            x = layer(x, rope, cache.k[number], cache.v[number], slots, view)
            if number < len(features):
                x.view(-1, x.shape[-1]).index_add_(0, index, features[number].to(x.dtype))
        if last:
            view = seen_by_last(x.shape[1], last, x, groups, self.dtype)
        x = final(x, rope, cache.k[-1], cache.v[-1], slots, view, last)
        if len(features) > len(most):
            x.view(-1, x.shape[-1]).index_add_(0, index, features[len(most)].to(x.dtype))
        hidden: Tensor = self.norm(x)
        return hidden


class TextModel(nn.Module):
    """Qwen3-VL's language model with its embedding and its output head."""

    def __init__(
        self,
        config: DecoderConfig,
        vocabulary: int,
        *,
        tied: bool,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        super().__init__()
        self.config = config
        self.embedding = empty(vocabulary, config.hidden_size, device=device, dtype=dtype)
        self.decoder = Decoder(config, device=device, dtype=dtype)
        self.head = (
            self.embedding
            if tied
            else empty(vocabulary, config.hidden_size, device=device, dtype=dtype)
        )

    def embed(self, ids: Tensor, visual: Visual | None = None) -> Tensor:
        """Embeddings (B, T, H) of ids (B, T), image tokens replaced by their features."""
        x = functional.embedding(ids, self.embedding)
        if visual is not None:
            index, features = visual
            x.view(-1, x.shape[-1]).index_copy_(0, index, features.to(x.dtype))
        return x

    def rope(self, positions: Tensor) -> Rope:
        """Rotary tables of positions (3, B, T)."""
        tables: Rope = self.decoder.rope(positions)
        return tables

    def forward(
        self,
        x: Tensor,
        rope: Rope,
        cache: KVCache,
        slots: Tensor,
        mask: Tensor | None,
        deepstack: Deepstack | None = None,
        *,
        stepwise: bool = False,
        fused: bool = False,
        last: int = 0,
    ) -> Tensor:
        """Hidden states (B, T, H), final norm applied; arguments as Decoder.forward."""
        hidden: Tensor = self.decoder(
            x, rope, cache, slots, mask, deepstack, stepwise=stepwise, fused=fused, last=last
        )
        return hidden

    def logits(self, hidden: Tensor, *, fused: bool = False) -> Tensor:
        """(..., H) -> (..., vocabulary); choose the positions needed before."""
        return product(hidden, self.head, fused=fused)
