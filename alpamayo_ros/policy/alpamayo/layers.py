# SPDX-License-Identifier: Apache-2.0
"""The layers that the vision tower, the text model and the action expert are made of.

Parameters are allocated on their device and not initialised: a checkpoint fills them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from alpamayo_ros.types import StackError

Rope = tuple[Tensor, Tensor]
"""Cosines and sines, each broadcastable to (B, T, heads, head_dim); the sines of the first half
of a head are negated, so that rotating is one multiply-add with the halves swapped."""

FP8 = torch.float8_e4m3fn
FP8_LARGEST = 448.0
"""Largest finite number of float8_e4m3fn."""

FP8_ALIGNMENT = 16
"""torch._scaled_mm takes matrices whose sides are multiples of this."""


_LARGE_PRODUCT = 1 << 21
"""Multiplications from which on oneDNN is worth the call."""

SCORES = 1 << 24
"""Attention scores held at once on the CPU."""

Part = TypeVar("Part", bound=nn.Module)


class Fp8Unsupported(StackError):
    """FP8 weights were asked for where torch's scaled matmul does not run."""


def empty(*shape: int, device: torch.device, dtype: torch.dtype) -> nn.Parameter:
    """A parameter without values and without gradient."""
    return nn.Parameter(torch.empty(*shape, device=device, dtype=dtype), requires_grad=False)


def _onednn(dtype: torch.dtype) -> bool:
    """Whether torch has oneDNN, and its products for numbers of this kind are worth it."""
    return dtype == torch.float32 and torch.backends.mkldnn.is_available()


def product(x: Tensor, weight: Tensor, bias: Tensor | None = None, *, fused: bool) -> Tensor:
    """Product (..., outputs) of x (..., inputs) and a weight: torch's linear, rounded as upstream.

    ``fused``: on a CPU by oneDNN if it is large and torch has it. torch leaves float32 products to
    MKL, which does without AVX-512 on processors that are not Intel's: half the speed.
    """
    large = x.numel() * weight.shape[0] >= _LARGE_PRODUCT
    if fused and large and x.device.type == "cpu" and _onednn(x.dtype):
        result: Tensor = torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")
        return result
    return functional.linear(x, weight, bias)


class Stack(nn.ModuleList, Generic[Part]):
    """A ModuleList that knows what it holds."""

    def __iter__(self) -> Iterator[Part]:
        """The parts in order."""
        return cast("Iterator[Part]", super().__iter__())


class Linear(nn.Module):
    """x (..., inputs) -> (..., outputs), in the weights' dtype.

    ``stepwise``: x (samples, T, inputs) is multiplied one token at a time. On a CPU the rounding
    of a product depends on its number of rows (below four); so T tokens at once give what T steps
    of a decoding loop give, to the last bit. ``fused``: see ``product``.

    After ``quantize`` the weights are FP8 with one scale per output, and the rows of x are scaled
    and rounded to FP8 on the fly.
    """

    weight: Tensor
    scale: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        bias: bool = False,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        super().__init__()
        self.weight = empty(outputs, inputs, device=device, dtype=dtype)
        self.bias = empty(outputs, device=device, dtype=dtype) if bias else None
        self.quantized = False

    def forward(self, x: Tensor, stepwise: bool = False, fused: bool = False) -> Tensor:
        """The product, in FP8 once quantized."""
        if stepwise:
            tokens = [functional.linear(token, self.weight, self.bias) for token in x.unbind(1)]
            return torch.stack(tokens, 1)
        if not self.quantized:
            return product(x, self.weight, self.bias, fused=fused)
        rows = x.flatten(0, -2)
        largest = rows.abs().amax(-1, keepdim=True).float().clamp_min(1e-12)
        scale = largest / FP8_LARGEST
        scaled = torch._scaled_mm(
            (rows / scale).to(FP8),
            self.weight.t(),
            scale_a=scale,
            scale_b=self.scale,
            bias=self.bias,
            out_dtype=x.dtype,
        )
        return scaled.view(*x.shape[:-1], -1)

    def quantize(self) -> None:
        """Replace the weights by FP8 ones with one scale per output."""
        largest = self.weight.abs().amax(1, keepdim=True).float().clamp_min(1e-12)
        scale = largest / FP8_LARGEST
        rounded = (self.weight.float() / scale).to(FP8)
        self.weight = nn.Parameter(rounded, requires_grad=False)
        self.register_buffer("scale", scale.t().contiguous(), persistent=False)
        self.quantized = True


def quantize_fp8(module: nn.Module) -> int:
    """Turn every bfloat16 Linear inside ``module`` whose sides allow it into FP8; their number.

    Raises:
        Fp8Unsupported: not on CUDA, a device below compute capability 8.9, other weights than
            bfloat16, or nothing to quantize.
    """
    layers = [part for part in module.modules() if isinstance(part, Linear) and not part.quantized]
    for layer in layers:
        _check_fp8(layer.weight)
    fitting = [part for part in layers if not any(n % FP8_ALIGNMENT for n in part.weight.shape)]
    if not fitting:
        raise Fp8Unsupported(
            f"none of {len(layers)} linear layers has sides that are multiples of {FP8_ALIGNMENT}"
        )
    for layer in fitting:
        layer.quantize()
    return len(fitting)


def _check_fp8(weight: Tensor) -> None:
    if weight.device.type != "cuda":
        raise Fp8Unsupported(f"FP8 weights need CUDA, the model is on {weight.device}")
    capability = torch.cuda.get_device_capability(weight.device)
    if capability < (8, 9):
        raise Fp8Unsupported(f"FP8 weights need compute capability 8.9, this is {capability}")
    if weight.dtype != torch.bfloat16:
        raise Fp8Unsupported(f"FP8 weights are made from bfloat16, the model is {weight.dtype}")


class RMSNorm(nn.Module):
    """Root-mean-square norm over the last dimension, weighted."""

    def __init__(self, size: int, eps: float, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = empty(size, device=device, dtype=dtype)
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalised in float32, returned in x's dtype."""
        return functional.rms_norm(x, (x.shape[-1],), self.weight, self.eps)


class LayerNorm(nn.Module):
    """Layer norm over the last dimension with weight and bias."""

    def __init__(self, size: int, eps: float, *, device: torch.device, dtype: torch.dtype) -> None:
        super().__init__()
        self.weight = empty(size, device=device, dtype=dtype)
        self.bias = empty(size, device=device, dtype=dtype)
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """Normalised over the last dimension."""
        return functional.layer_norm(x, (x.shape[-1],), self.weight, self.bias, self.eps)


def rope_tables(angles: Tensor, dtype: torch.dtype) -> Rope:
    """Cosines and sines of ``angles`` (..., head_dim / 2) for ``rotate``."""
    cosine, sine = angles.cos(), angles.sin()
    cosines = torch.cat((cosine, cosine), -1)
    sines = torch.cat((-sine, sine), -1)
    return cosines.to(dtype), sines.to(dtype)


def rotate(x: Tensor, rope: Rope, *, fused: bool = False) -> Tensor:
    """Rotary position embedding of x (B, T, heads, head_dim), in the tables' precision.

    With upstream's rounding, or ``fused``, with one kernel less.
    """
    cosines, sines = rope
    swapped = x.roll(x.shape[-1] // 2, -1)
    if fused:
        return torch.addcmul(x * cosines, swapped, sines).to(x.dtype)
    return (x * cosines + swapped * sines).to(x.dtype)


@dataclass(frozen=True, slots=True)
class Seen:
    """What the tokens of one forward attend to, shared by all layers.

    ``bias``: additive, from ``seen``; None: a causal kernel. ``prefill``: the tokens see each
    other only, not the cache. ``lengths``: in stepwise forwards (see ``Linear``) the slots up to
    each token's own, else empty. ``fused``: by torch's fused kernels, with a bias of the rows of
    ``_kernel_attention``, or none; else in upstream's order (see ``attend``).
    """

    bias: Tensor | None
    prefill: bool
    fused: bool
    lengths: tuple[int, ...] = ()

    @property
    def stepwise(self) -> bool:
        """Whether to round as a decoding loop does."""
        return bool(self.lengths)


def seen_by_last(tokens: int, last: int, x: Tensor, groups: int, dtype: torch.dtype) -> Seen:
    """What the ``last`` ones of as many tokens see in a prefill by fused kernels."""
    causal = torch.ones(last, tokens, dtype=torch.bool, device=x.device).tril(tokens - last)
    return Seen(_grouped(_bias(causal[None, None], dtype), groups), prefill=True, fused=True)


def seen(
    mask: Tensor | None,
    x: Tensor,
    groups: int,
    dtype: torch.dtype,
    steps: Tensor | None = None,
    *,
    fused: bool = False,
) -> Seen:
    """What the tokens x (B, T, H) see by a mask (1 or B, 1, T, S), True = attend.

    None: causally each other. ``groups``: queries per KV head. ``steps``: the tokens' slots, for
    the rounding of a decoding loop; of no effect when ``fused``, as everything is but on the CPU.
    """
    fused = fused or x.device.type != "cpu"
    if mask is None:
        tokens = x.shape[1]
        if fused:
            return Seen(None, prefill=True, fused=True)
        causal = torch.ones(tokens, tokens, dtype=torch.bool).tril()[None, None]
        return Seen(_bias(causal, dtype), prefill=True, fused=False)
    if fused:
        return Seen(_grouped(_bias(mask, dtype), groups), prefill=False, fused=True)
    lengths = () if steps is None else tuple(slot + 1 for slot in steps.tolist())
    return Seen(_bias(mask, dtype), prefill=False, fused=False, lengths=lengths)


def _bias(mask: Tensor, dtype: torch.dtype) -> Tensor:
    bias = torch.zeros(mask.shape, dtype=dtype, device=mask.device)
    return bias.masked_fill_(mask.logical_not(), float("-inf"))


def _grouped(bias: Tensor, groups: int) -> Tensor:
    """(B, 1, T, S) -> (B, 1, groups*T, S)."""
    batch, _, rows, slots = bias.shape
    return bias[:, :, None].expand(batch, 1, groups, rows, slots).reshape(batch, 1, -1, slots)


def attend(query: Tensor, keys: Tensor, values: Tensor, seen: Seen) -> Tensor:
    """Attention (B, T, heads * D) of query (B, T, heads, D) to keys, values (B, kv_heads, S, D).

    By torch's fused kernels, or in the written-out order of operations, whose rounding is that of
    upstream's eager attention on a CPU to the last bit: a flow may amplify a difference of one unit
    in the last place some ten times per step.
    """
    if seen.fused:
        return _kernel_attention(query, keys, values, seen.bias)
    assert seen.bias is not None
    heads = query.shape[2]
    keys, values = (part.repeat_interleave(heads // part.shape[1], 1) for part in (keys, values))
    query = query.transpose(1, 2)
    if not seen.lengths:
        return written_attention(query, keys, values, seen.bias)
    attended = [
        written_attention(
            query[:, :, token : token + 1],
            keys[:, :, :length],
            values[:, :, :length],
            seen.bias[:, :, token : token + 1, :length],
        )
        for token, length in enumerate(seen.lengths)
    ]
    return torch.cat(attended, 1)


def written_attention(query: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None) -> Tensor:
    """Attention (B, T, heads * D), all of (B, heads, T or S, D), in blocks of query rows.

    Blocks bound the memory of the scores; they have four rows or more, where rounding is the same.
    """
    batch, heads, tokens, size = query.shape
    per_block = max(8, SCORES // (batch * heads * keys.shape[2]))
    blocks = math.ceil(tokens / per_block)
    transposed = keys.transpose(2, 3)
    attended = []
    start = 0
    for rows in query.tensor_split(blocks, 2):
        scores = torch.matmul(rows, transposed) * size**-0.5
        if bias is not None:
            scores += bias[:, :, start : start + rows.shape[2]]
        attended.append(torch.matmul(scores.softmax(-1), values))
        start += rows.shape[2]
    joined = attended[0] if blocks == 1 else torch.cat(attended, 2)
    return joined.transpose(1, 2).reshape(batch, tokens, heads * size)


def _kernel_attention(query: Tensor, keys: Tensor, values: Tensor, bias: Tensor | None) -> Tensor:
    """Fused kernels; the queries that share a KV head become rows of one matrix.

    So neither keys nor values are repeated, and kernels that take a mask but no groups do it.
    """
    batch, tokens, heads, size = query.shape
    if bias is None:
        attended = functional.scaled_dot_product_attention(
            query.transpose(1, 2), keys, values, is_causal=True, enable_gqa=True
        )
        return attended.transpose(1, 2).flatten(2)
    kv_heads = keys.shape[1]
    rows = query.view(batch, tokens, kv_heads, heads // kv_heads, size).permute(0, 2, 3, 1, 4)
    rows = rows.reshape(batch, kv_heads, -1, size)
    attended = functional.scaled_dot_product_attention(rows, keys, values, attn_mask=bias)
    attended = attended.view(batch, kv_heads, heads // kv_heads, tokens, size)
    return attended.permute(0, 3, 1, 2, 4).reshape(batch, tokens, heads * size)
