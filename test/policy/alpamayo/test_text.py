# SPDX-License-Identifier: Apache-2.0
"""The text model against transformers' Qwen3-VL on random tiny models."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from qwen_reference import IMAGE_PAD, SHAPES, Shape, pixels, prompt, qwen, save_checkpoint
from torch import Tensor

from alpamayo_ros.policy.alpamayo.checkpoint import load
from alpamayo_ros.policy.alpamayo.layers import Fp8Unsupported, Rope, quantize_fp8
from alpamayo_ros.policy.alpamayo.text import Deepstack, KVCache, TextModel

Grids = tuple[tuple[int, int, int], ...]

GRIDS: tuple[Grids, ...] = (
    (),
    ((1, 4, 6),),
    ((1, 4, 6), (1, 2, 2), (1, 2, 8), (1, 6, 2)),
)
SEVERAL = GRIDS[2]


@dataclass(frozen=True)
class Reference:
    """What transformers makes of a prompt, and the inputs for ours."""

    text: TextModel
    x: Tensor
    positions: Tensor
    deepstack: Deepstack | None
    hidden: Tensor
    logits: Tensor

    @property
    def rope(self) -> Rope:
        return self.text.rope(self.positions)

    def cache(self, length: int, batch: int = 1) -> KVCache:
        return KVCache.allocate(self.text.config, batch, length, "cpu", torch.float32)

    def deepstack_of(self, first: int, last: int) -> Deepstack | None:
        """The deepstack features of tokens first..last-1 of the only row."""
        if self.deepstack is None:
            return None
        index, features = self.deepstack
        inside = (index >= first) & (index < last)
        return index[inside] - first, [feature[inside] for feature in features]


def reference(folder: Path, shape: Shape, grids: Grids) -> Reference:
    model = qwen(shape)
    networks = load(save_checkpoint(folder, model))
    ids = prompt(shape, grids)
    images = {}
    if grids:
        images = {"pixel_values": pixels(grids), "image_grid_thw": torch.tensor(grids)}
    with torch.inference_mode():
        output = model.model(ids, attention_mask=torch.ones_like(ids), **images)
        logits = model.lm_head(output.last_hidden_state)
        positions, _ = model.model.get_rope_index(ids, images.get("image_grid_thw"))
        visual, deepstack = None, None
        if grids:
            features, taps = networks.vision(images["pixel_values"], grids)
            index = (ids.flatten() == IMAGE_PAD).nonzero().flatten()
            visual, deepstack = (index, features), (index, taps)
        x = networks.text.embed(ids, visual)
    return Reference(networks.text, x, positions, deepstack, output.last_hidden_state, logits)


def causal(slots: Tensor, length: int) -> Tensor:
    return (torch.arange(length) <= slots[:, None])[None, None]


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Reference:
    return reference(tmp_path_factory.mktemp("several"), SHAPES[0], SEVERAL)


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"shape{shape.seed}")
@pytest.mark.parametrize("grids", GRIDS, ids=lambda grids: f"{len(grids)}images")
def test_prefill_is_that_of_transformers(tmp_path: Path, shape: Shape, grids: Grids) -> None:
    expected = reference(tmp_path, shape, grids)
    tokens = expected.x.shape[1]
    with torch.inference_mode():
        hidden = expected.text(
            expected.x,
            expected.rope,
            expected.cache(tokens),
            torch.arange(tokens),
            None,
            expected.deepstack,
        )
        logits = expected.text.logits(hidden)
    assert expected.hidden.abs().mean() > 0.1
    assert (hidden - expected.hidden).abs().max() < 1e-4
    assert (logits - expected.logits).abs().max() < 1e-4


@pytest.mark.parametrize("shape", SHAPES[:2], ids=lambda shape: f"shape{shape.seed}")
@pytest.mark.parametrize("stepwise", [False, True])
def test_chunks_over_the_static_cache_are_the_prefill(
    tmp_path: Path, shape: Shape, stepwise: bool
) -> None:
    expected = reference(tmp_path, shape, SEVERAL)
    tokens = expected.x.shape[1]
    cosines, sines = expected.rope
    cache = expected.cache(tokens + 9)
    bounds = (0, 12, 13, tokens - 4, tokens)
    parts = []
    with torch.inference_mode():
        for first, last in pairwise(bounds):
            slots = torch.arange(first, last)
            parts.append(
                expected.text(
                    expected.x[:, first:last],
                    (cosines[:, first:last], sines[:, first:last]),
                    cache,
                    slots,
                    causal(slots, tokens + 9) if first else None,
                    expected.deepstack_of(first, last),
                    stepwise=stepwise,
                )
            )
    assert (torch.cat(parts, 1) - expected.hidden).abs().max() < 1e-4


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(60)), cut=st.integers(1, 30))
def test_slots_may_lie_anywhere(several: Reference, order: list[int], cut: int) -> None:
    tokens = several.x.shape[1]
    assert tokens <= 60
    place = torch.tensor(order[:tokens])
    cosines, sines = several.rope
    cache = several.cache(60)
    parts = []
    with torch.inference_mode():
        for first, last in ((0, cut), (cut, tokens)):
            seen = torch.zeros(last - first, 60, dtype=torch.bool)
            for row in range(first, last):
                seen[row - first, place[: row + 1]] = True
            parts.append(
                several.text(
                    several.x[:, first:last],
                    (cosines[:, first:last], sines[:, first:last]),
                    cache,
                    place[first:last],
                    seen[None, None],
                    several.deepstack_of(first, last),
                )
            )
    assert (torch.cat(parts, 1) - several.hidden).abs().max() < 1e-4


def appended(several: Reference, samples: int, count: int) -> tuple[Tensor, Rope, Tensor]:
    """Random tokens per sample after the prompt: embeddings, rope, slots."""
    tokens = several.x.shape[1]
    generator = torch.Generator().manual_seed(5)
    ids = torch.randint(10, 200, (samples, count), generator=generator)
    first = int(several.positions.max()) + 1
    positions = torch.arange(first, first + count).expand(3, samples, -1)
    slots = torch.arange(tokens, tokens + count)
    return several.text.embed(ids), several.text.rope(positions), slots


def prefilled(several: Reference, cache: KVCache) -> KVCache:
    tokens = several.x.shape[1]
    several.text(several.x, several.rope, cache, torch.arange(tokens), None, several.deepstack)
    return cache


def test_samples_in_rows_folded_or_alone_agree(several: Reference) -> None:
    samples, count, tokens = 3, 5, several.x.shape[1]
    text = several.text
    with torch.inference_mode():
        x, (cosines, sines), slots = appended(several, samples, count)
        prefix = prefilled(several, several.cache(tokens + count))
        mask = causal(slots, tokens + count)
        rows = text(x, (cosines, sines), prefix.expand(samples), slots, mask)
        for sample in range(samples):
            one = slice(sample, sample + 1)
            alone = text(x[one], (cosines[one], sines[one]), prefix.expand(1), slots, mask)
            assert (alone - rows[one]).abs().max() < 1e-5
        length = tokens + samples * count
        once = prefilled(several, several.cache(length))
        own = torch.arange(samples * count)
        same = own[:, None] // count == own // count
        seen = torch.ones(samples * count, length, dtype=torch.bool)
        seen[:, tokens:] = same & (own <= own[:, None])
        folded = text(
            x.view(1, -1, x.shape[-1]),
            (cosines.reshape(1, -1, 1, 16), sines.reshape(1, -1, 1, 16)),
            once,
            torch.arange(tokens, length),
            seen[None, None],
        )
    assert (folded.view_as(rows) - rows).abs().max() < 1e-5
    assert (rows[0] - rows[1]).abs().max() > 1e-2


@pytest.mark.parametrize("samples", [1, 2, 5])
def test_a_stepwise_chunk_rounds_as_the_loop_does(several: Reference, samples: int) -> None:
    count, tokens = 7, several.x.shape[1]
    with torch.inference_mode():
        x, (cosines, sines), slots = appended(several, samples, count)
        prefix = prefilled(several, several.cache(tokens + count))
        mask = causal(slots, tokens + count)
        at_once = prefix.expand(samples)
        chunk = several.text(x, (cosines, sines), at_once, slots, mask, stepwise=True)
        stepped = prefix.expand(samples)
        steps = [
            several.text(
                x[:, [step]],
                (cosines[:, [step]], sines[:, [step]]),
                stepped,
                slots[[step]],
                mask[:, :, [step]],
                stepwise=True,
            )
            for step in range(count)
        ]
    assert torch.equal(torch.cat(steps, 1), chunk)
    assert torch.equal(at_once.k, stepped.k)
    assert torch.equal(at_once.v, stepped.v)


def test_a_prefix_copied_into_rows_is_an_expanded_cache(several: Reference) -> None:
    tokens = several.x.shape[1]
    with torch.inference_mode():
        prefix = prefilled(several, several.cache(tokens))
        rows = several.cache(tokens + 3, batch=2)
        rows.copy_prefix(prefix, tokens)
    assert torch.equal(rows.k[:, :, :, :tokens], prefix.expand(2).k)
    assert torch.equal(rows.v[:, :, :, :tokens], prefix.expand(2).v)
    assert not rows.k[:, :, :, tokens:].any()
    assert (rows.batch, rows.length) == (2, tokens + 3)


def test_unseen_slots_do_not_matter(several: Reference) -> None:
    tokens = several.x.shape[1]
    with torch.inference_mode():
        x, rope, slots = appended(several, 1, 2)
        outputs = []
        for rubbish in (0.0, 1e4):
            cache = prefilled(several, several.cache(tokens + 64))
            cache.k[:, :, :, tokens:] = rubbish
            cache.v[:, :, :, tokens:] = rubbish
            outputs.append(several.text(x, rope, cache, slots, causal(slots, tokens + 64)))
        short = prefilled(several, several.cache(tokens + 64))
        outputs.append(several.text(x, rope, short, slots, causal(slots, tokens + 2)))
    assert torch.equal(outputs[0], outputs[1])
    assert (outputs[0] - outputs[2]).abs().max() < 1e-5


def test_fp8_away_from_cuda_is_named(several: Reference) -> None:
    with pytest.raises(Fp8Unsupported, match="cpu"):
        quantize_fp8(several.text)
