# SPDX-License-Identifier: Apache-2.0
"""What the CUDA path computes, as far as it can be checked without CUDA."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from alpamayo_ros.policy.alpamayo import layers
from alpamayo_ros.policy.alpamayo.checkpoint import load
from alpamayo_ros.policy.alpamayo.config import load_config
from alpamayo_ros.policy.alpamayo.expert import ExpertContext, guided_velocity
from alpamayo_ros.policy.alpamayo.layers import Linear
from alpamayo_ros.policy.alpamayo.networks import Networks
from alpamayo_ros.policy.alpamayo.text import KVCache

GOLDEN = Path(__file__).parents[2] / "data" / "alpamayo1_5_tiny"


@pytest.mark.parametrize(("heads", "kv_heads"), [(4, 2), (6, 1), (3, 3)])
def test_fused_kernels_agree_with_the_written_attention(heads: int, kv_heads: int) -> None:
    torch.manual_seed(0)
    query = torch.randn(2, 7, heads, 16)
    keys, values = torch.randn(2, kv_heads, 20, 16), torch.randn(2, kv_heads, 20, 16)
    mask = torch.rand(2, 1, 7, 20) < 0.6
    mask[..., 3] = True
    written = layers.attend(
        query, keys, values, layers.seen(mask, query.flatten(2), 1, torch.float32)
    )
    bias = layers._grouped(layers._bias(mask, torch.float32), heads // kv_heads)
    assert (layers._kernel_attention(query, keys, values, bias) - written).abs().max() < 1e-5
    tokens = slice(0, 7)
    causal = layers.seen(None, query.flatten(2), 1, torch.float32)
    written = layers.attend(query, keys[:, :, tokens], values[:, :, tokens], causal)
    fused = layers._kernel_attention(query, keys[:, :, tokens], values[:, :, tokens], None)
    assert (fused - written).abs().max() < 1e-5


def test_blocks_of_rows_do_not_change_the_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    query, keys, values = torch.randn(3, 1, 2, 50, 16).unbind(0)
    at_once = layers.written_attention(query, keys, values, None)
    monkeypatch.setattr(layers, "SCORES", 1000)
    assert torch.equal(layers.written_attention(query, keys, values, None), at_once)


@pytest.mark.parametrize("last", [1, 5, 20])
def test_a_prefill_of_which_only_the_end_is_wanted_leaves_the_same_cache(last: int) -> None:
    networks = load(GOLDEN)
    ids, slots = torch.arange(100, 120)[None], torch.arange(20)
    x, rope = networks.text.embed(ids), networks.text.rope(slots.expand(3, 1, -1))
    caches = [KVCache.allocate(networks.config.text, 1, 64, "cpu", torch.float32) for _ in "ab"]
    whole = networks.text(x, rope, caches[0], slots, None)
    end = networks.text(x, rope, caches[1], slots, None, fused=True, last=last)
    assert end.shape[1] == last
    torch.testing.assert_close(end, whole[:, -last:], atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(caches[1].k, caches[0].k, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(caches[1].v, caches[0].v, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("rows", [1, 64])
def test_large_products_agree_with_torchs_own(rows: int) -> None:
    torch.manual_seed(0)
    x, weight, bias = torch.randn(2, rows, 512), torch.randn(4096, 512), torch.randn(4096)
    expected = torch.nn.functional.linear(x.double(), weight.double(), bias.double())
    for fused in (False, True):
        got = layers.product(x, weight, bias, fused=fused)
        torch.testing.assert_close(got.double(), expected, atol=1e-3, rtol=1e-4)


def test_nothing_asks_the_device_for_values() -> None:
    """On the meta device, which takes the same branches as CUDA, there are none to ask for."""
    networks = Networks(load_config(GOLDEN), "meta", torch.bfloat16)
    config, samples, length = networks.config, 2, 96
    device = torch.device("meta")
    with torch.inference_mode():
        features, deepstack = networks.vision(
            torch.empty(16, 1536, device=device), ((1, 2, 4), (1, 2, 4))
        )
        index = torch.empty(4, dtype=torch.long, device=device)
        ids = torch.empty(1, 20, dtype=torch.long, device=device)
        positions = torch.empty(3, 1, 20, dtype=torch.long, device=device)
        cache = KVCache.allocate(config.text, 1, length, device, torch.bfloat16)
        x = networks.text.embed(ids, (index, features))
        rope, slots = networks.text.rope(positions), ids[0]
        hidden = networks.text(x, rope, cache, slots, None, (index, deepstack))
        mask = torch.empty(1, 1, 20, length, dtype=torch.bool, device=device)
        hidden = networks.text(x, rope, cache, slots, mask, stepwise=True)
        logits = networks.text.logits(hidden[:, -1])
        rows = cache.expand(samples)
        rows.copy_prefix(cache, 20)
        action_slots = torch.empty(64, dtype=torch.long, device=device)
        rope = networks.expert.rope(action_slots.expand(3, samples, -1))
        seen = torch.empty(samples, 1, 64, length, dtype=torch.bool, device=device)
        actions = torch.empty(samples, 64, 2, device=device)
        context = ExpertContext(rope, rows, action_slots, seen)
        time = networks.expert.flow_times(10)[0].expand(samples)
        velocity = guided_velocity(networks.expert, actions, time, context, context, 3.0)
    assert (hidden.dtype, logits.shape) == (torch.bfloat16, (1, 532))
    assert (velocity.dtype, velocity.shape) == (torch.float32, (samples, 64, 2))


def test_half_precision_weights_keep_the_velocity() -> None:
    torch.manual_seed(0)
    velocities = []
    for dtype in (torch.float32, torch.bfloat16):
        networks = load(GOLDEN, dtype=dtype)
        expert = networks.expert
        cache = KVCache.allocate(expert.config, 1, 64, "cpu", dtype)
        slots = torch.arange(64)
        mask = torch.ones(1, 1, 64, 64, dtype=torch.bool)
        context = ExpertContext(expert.rope(slots.expand(3, 1, -1)), cache, slots, mask)
        for encoder in (*expert.action_in.components, expert.action_in.time):
            encoder.frequencies.copy_(torch.logspace(0, 2, 10))
        x = torch.linspace(-2, 2, 128).view(1, 64, 2)
        with torch.inference_mode():
            velocities.append(expert.velocity(x, torch.full((1,), 0.5), context))
    exact, rounded = velocities
    assert rounded.dtype == torch.float32
    assert (exact - rounded).norm() < 0.05 * exact.norm()


def test_fp8_weights_are_scaled_per_output() -> None:
    torch.manual_seed(0)
    layer = Linear(64, 32, device=torch.device("cpu"), dtype=torch.bfloat16)
    original = torch.randn(32, 64) * torch.logspace(-4, 4, 32)[:, None]
    layer.weight.copy_(original)
    original = layer.weight.float()
    x = torch.randn(1, 5, 64).bfloat16()
    exact = layer(x)
    layer.quantize()
    restored = layer.weight.float() * layer.scale.t()
    assert layer.weight.dtype == torch.float8_e4m3fn
    assert ((restored - original).norm(dim=1) < 0.04 * original.norm(dim=1)).all()
    assert (layer(x) - exact).norm() < 0.08 * exact.norm()
    assert layer(x).dtype == torch.bfloat16
