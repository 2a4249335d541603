# SPDX-License-Identifier: Apache-2.0
"""The action expert: noisy actions to a velocity, attending to the backbone's cache.

The keys and values of its action tokens go to slots of the same cache that the caller reserves:
nothing is concatenated, and the prefix is read where it lies. Its residual stream is float32
whatever the weights are (upstream under autocast does the same), at 64 tokens at no cost.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional

from alpamayo_ros.policy.alpamayo.config import ActionInConfig, DecoderConfig
from alpamayo_ros.policy.alpamayo.layers import LayerNorm, Linear, RMSNorm, Rope, Stack
from alpamayo_ros.policy.alpamayo.text import Decoder, KVCache

ACTION_SIZE = 2
"""Acceleration and curvature, normalised."""


@dataclass(frozen=True, slots=True)
class ExpertContext:
    """What the action tokens are conditioned on.

    Either every sample is a row of the cache (rope of positions (3, n, T), slots (T,), mask
    (n or 1, 1, T, S)), or all of them are one sequence over one row (positions (3, 1, n*T), slots
    (n*T,), mask (1, 1, n*T, S)). ``slots`` are those that the action tokens may overwrite; the
    mask must let each see the prefix and its own sample's action tokens. ``fused``: see
    layers.attend.
    """

    rope: Rope
    cache: KVCache
    slots: Tensor
    mask: Tensor
    fused: bool = False


class FourierFeatures(nn.Module):
    """sin and cos of a number at log-spaced frequencies from 1 to ``max_frequency``, times sqrt 2.

    The frequencies are rounded to the checkpoint's precision, as upstream's buffer is.
    """

    frequencies: Tensor

    def __init__(
        self, size: int, max_frequency: float, *, device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__()
        spaced = torch.logspace(0.0, math.log10(max_frequency), size // 2, dtype=dtype)
        self.register_buffer("frequencies", spaced.float().to(device), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """(...) float32 -> (..., size)."""
        angles = x[..., None] * self.frequencies * 2 * torch.pi
        return torch.cat((angles.sin(), angles.cos()), -1) * math.sqrt(2)


class ActionIn(nn.Module):
    """Noisy action and flow time to an embedding per waypoint.

    Fourier features of both components and of the time, an MLP with SiLU and RMS norms, a layer
    norm.
    """

    def __init__(
        self, config: ActionInConfig, outputs: int, *, device: torch.device, dtype: torch.dtype
    ) -> None:
        super().__init__()
        features, hidden = config.fourier_features, config.hidden_size
        self.dtype = dtype
        self.components: Stack[FourierFeatures] = Stack(
            FourierFeatures(features, config.max_frequency, device=device, dtype=dtype)
            for _ in range(ACTION_SIZE)
        )
        self.time = FourierFeatures(features, config.max_frequency, device=device, dtype=dtype)
        sizes = [
            2 * (features // 2) * (ACTION_SIZE + 1),
            *[hidden] * config.layers,
            outputs,
        ]
        self.linears: Stack[Linear] = Stack(
            Linear(inputs, size, bias=True, device=device, dtype=dtype)
            for inputs, size in pairwise(sizes)
        )
        self.norms: Stack[RMSNorm] = Stack(
            RMSNorm(hidden, 1e-5, device=device, dtype=dtype) for _ in range(config.layers)
        )
        self.norm = LayerNorm(outputs, 1e-5, device=device, dtype=torch.float32)

    def forward(self, x: Tensor, t: Tensor, *, fused: bool = False) -> Tensor:
        """(n, T, 2) at times (n,), both float32 -> (n, T, outputs) float32."""
        parts = [encode(x[..., index]) for index, encode in enumerate(self.components)]
        time = self.time(t)[:, None].expand(-1, x.shape[1], -1)
        first, *others = self.linears
        hidden = first(torch.cat((*parts, time), -1).to(self.dtype), fused=fused)
        for norm, linear in zip(self.norms, others, strict=True):
            hidden = linear(norm(functional.silu(hidden)), fused=fused)
        embedded: Tensor = self.norm(hidden.float())
        return embedded


class Expert(nn.Module):
    """The second transformer, of the backbone's depth and KV shape, with its projections."""

    def __init__(
        self,
        config: DecoderConfig,
        action_in: ActionInConfig,
        *,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        super().__init__()
        self.config = config
        self.device = device
        self.action_in = ActionIn(action_in, config.hidden_size, device=device, dtype=dtype)
        self.decoder = Decoder(config, device=device, dtype=dtype, stream_dtype=torch.float32)
        self.action_out = Linear(
            config.hidden_size, ACTION_SIZE, bias=True, device=device, dtype=dtype
        )

    def rope(self, positions: Tensor) -> Rope:
        """Rotary tables of positions (3, B, T)."""
        tables: Rope = self.decoder.rope(positions)
        return tables

    def velocity(self, x: Tensor, t: Tensor, context: ExpertContext) -> Tensor:
        """Velocity (n, T, 2) float32 of the actions x (n, T, 2) at times t (n,)."""
        embedded = self.action_in(x, t, fused=context.fused)
        rows = context.rope[0].shape[0]
        hidden = self.decoder(
            embedded.view(rows, -1, embedded.shape[-1]),
            context.rope,
            context.cache,
            context.slots,
            context.mask,
            fused=context.fused,
        )
        velocity: Tensor = self.action_out(hidden.to(self.decoder.dtype))
        return velocity.view(x.shape).float()

    def flow_times(self, steps: int) -> Tensor:
        """Times 0..1 of ``steps`` Euler steps, (steps + 1,) float32 on the device."""
        return torch.linspace(0.0, 1.0, steps + 1, device=self.device)


def guided_velocity(
    expert: Expert,
    x: Tensor,
    t: Tensor,
    context: ExpertContext,
    unguided: ExpertContext | None,
    weight: float | Tensor,
) -> Tensor:
    """Velocity; guided: (1 - weight) * unguided + weight * guided (arXiv 2311.13443, eq. 6)."""
    guided = expert.velocity(x, t, context)
    if unguided is None:
        return guided
    return (1 - weight) * expert.velocity(x, t, unguided) + weight * guided
