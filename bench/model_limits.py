# SPDX-License-Identifier: Apache-2.0
"""What a device could do at best: measured bandwidth and products, and a tick made of only them.

Bytes that must be read and operations that must be done, at the speed of a large copy and of a
large matrix product here; no launches, no softmax, no norms. A stage takes whichever is longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import psutil
import torch
from torch import nn

from alpamayo_ros.policy.alpamayo.config import DecoderConfig
from alpamayo_ros.policy.alpamayo.networks import Networks
from alpamayo_ros.policy.alpamayo.prompt import Prompt
from bench.model_tick import finish

_NEW_IMAGES = 4
_REPEATS = 5


@dataclass(frozen=True, slots=True)
class Device:
    """Measured: bytes per second of a copy (read and written), operations per second."""

    bytes_per_s: float
    flops: float


def measure(device: torch.device, dtype: torch.dtype) -> Device:
    """Copy and multiply large matrices, the fastest of a few times."""
    cuda = device.type == "cuda"
    return Device(
        _copied_bytes_per_s(device, (1 << 30) if cuda else (1 << 27)),
        _multiplied_flops(device, dtype, 8192 if cuda else 1024),
    )


def _copied_bytes_per_s(device: torch.device, size: int) -> float:
    source = torch.ones(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return 2 * size / _fastest(lambda: target.copy_(source), device)


def _multiplied_flops(device: torch.device, dtype: torch.dtype, side: int) -> float:
    # numbers as weights have them: a card clocks down for these, not for ones
    left = torch.randn(side, side, device=device).to(dtype)
    product = torch.empty_like(left)
    return 2 * side**3 / _fastest(lambda: torch.mm(left, left, out=product), device)


def _fastest(work: Callable[[], object], device: torch.device) -> float:
    times = []
    for _ in range(_REPEATS):
        finish(device)
        start = time.perf_counter()
        work()
        finish(device)
        times.append(time.perf_counter() - start)
    return min(times)


def ideal_s(networks: Networks, prompt: Prompt, measured: Device, samples: int) -> dict[str, float]:
    """Least seconds per stage of an exact tick whose trace is unchanged, and per decoded token."""
    config, size = networks.config, torch.finfo(networks.dtype).bits // 8
    tokens, waypoints = len(prompt.ids), config.action_space.waypoints
    patches = _NEW_IMAGES * prompt.images[0].tokens * config.vision.merge_size**2
    tower, text, expert = (_numbers(part) for part in _parts(networks))
    per_image = patches // _NEW_IMAGES
    tower_extra = 4 * patches * per_image * config.vision.hidden_size * config.vision.depth
    # causal: half of all pairs
    text_extra = _attention(config.text, tokens * tokens / 2)
    row_bytes = 2 * config.text.layers * config.text.kv_heads * config.text.head_dim * size
    prefix = tokens * row_bytes

    def longest(flops: float, read: float) -> float:
        return max(flops / measured.flops, read / measured.bytes_per_s)

    actions = samples * waypoints
    step = longest(
        2 * actions * expert + _attention(config.expert, actions * tokens),
        expert * size + samples * prefix,
    )
    head = networks.text.head.numel()
    return {
        "vision": longest(2 * patches * tower + tower_extra, tower * size),
        "prefill": longest(2 * tokens * text + text_extra, (text + head) * size),
        "token": longest(2 * samples * (text + head), (text + head) * size + samples * prefix),
        "flow_step": step,
        "flow": config.flow.steps * step,
    }


def _parts(networks: Networks) -> tuple[nn.Module, nn.Module, nn.Module]:
    return networks.vision.blocks, networks.text.decoder, networks.expert


def _numbers(part: nn.Module) -> int:
    return sum(parameter.numel() for parameter in part.parameters())


def _attention(config: DecoderConfig, pairs: float) -> float:
    """Operations of scores and values for so many pairs of tokens in every layer."""
    return 4 * pairs * config.heads * config.head_dim * config.layers


def allocations(device: torch.device) -> int:
    """Tensors allocated on a CUDA device since the start; 0 elsewhere, where nobody counts."""
    if device.type != "cuda":
        return 0
    counted: dict[str, Any] = torch.cuda.memory_stats(device)
    return int(counted["allocation.all.allocated"])


def memory_mb(device: torch.device) -> float:
    """Memory of live tensors on a CUDA device, elsewhere that of this process."""
    if device.type == "cuda":
        return torch.cuda.memory_allocated(device) / 1e6
    return float(psutil.Process().memory_info().rss) / 1e6
