# SPDX-License-Identifier: Apache-2.0
"""The expert and the flow, against states recorded from the upstream implementation."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from policy.alpamayo.driving import needs_recorded_rounding
from torch import Tensor

from alpamayo_ros.policy.alpamayo.checkpoint import load
from alpamayo_ros.policy.alpamayo.expert import Expert, ExpertContext, guided_velocity
from alpamayo_ros.policy.alpamayo.networks import Networks
from alpamayo_ros.policy.alpamayo.text import KVCache

GOLDEN = Path(__file__).parents[2] / "data" / "alpamayo1_5_tiny"
WAYPOINTS = 64
GUIDANCE_WEIGHT = 3.0


@dataclass(frozen=True)
class Case:
    """One recorded case as tensors."""

    fused: Tensor
    pixel_values: Tensor
    grids: tuple[tuple[int, int, int], ...]
    sequences: Tensor
    first_logits: Tensor
    rope_delta: int
    states: Tensor
    guided_states: Tensor | None


@pytest.fixture(scope="module")
def networks() -> Networks:
    return load(GOLDEN)


def recorded(number: int) -> Case:
    arrays = np.load(GOLDEN / f"case{number}.npz")
    tensors = {name: torch.from_numpy(arrays[name]) for name in arrays}
    return Case(
        fused=tensors["fused_input_ids"],
        pixel_values=tensors["pixel_values"],
        grids=tuple(map(tuple, arrays["image_grid_thw"].tolist())),
        sequences=tensors["sequences"],
        first_logits=tensors["first_logits"],
        rope_delta=int(arrays["rope_deltas"][0, 0]),
        states=tensors["flow_states"],
        guided_states=tensors.get("cfg_flow_states"),
    )


def mrope_positions(ids: Tensor, grids: tuple[tuple[int, int, int], ...], pad: int) -> Tensor:
    """Positions (3, 1, T) of one prompt: text counts on, an image spans its merged grid."""
    positions = torch.zeros(3, ids.shape[1], dtype=torch.long)
    next_position, place = 0, 0
    remaining = list(grids)
    while place < ids.shape[1]:
        if ids[0, place] != pad:
            positions[:, place] = next_position
            next_position, place = next_position + 1, place + 1
            continue
        _, height, width = remaining.pop(0)
        rows, columns = height // 2, width // 2
        image = slice(place, place + rows * columns)
        positions[0, image] = next_position
        positions[1, image] = next_position + torch.arange(rows).repeat_interleave(columns)
        positions[2, image] = next_position + torch.arange(columns).repeat(rows)
        next_position, place = next_position + max(rows, columns), place + rows * columns
    return positions[:, None]


@dataclass(frozen=True)
class Generated:
    """A cache that holds the prompt and, per sample, the trace up to the start token."""

    cache: KVCache
    hidden: Tensor
    lengths: tuple[int, ...]
    """Slots that the action tokens may see, per row."""
    actions: int
    """First slot of the action tokens; upstream's unguided cache holds one padding token more."""


@torch.inference_mode()
def prefill(networks: Networks, case: Case, ids: Tensor, cache: KVCache) -> Tensor:
    """Hidden states of the prompt ``ids``; its keys and values in the cache's first slots."""
    pad = networks.config.vocabulary.image_pad
    features, deepstack = networks.vision(case.pixel_values, case.grids)
    index = (ids.flatten() == pad).nonzero().flatten()
    positions = mrope_positions(ids, case.grids, pad)
    x = networks.text.embed(ids, (index, features))
    slots = torch.arange(ids.shape[1])
    return networks.text(x, networks.text.rope(positions), cache, slots, None, (index, deepstack))


@torch.inference_mode()
def teacher_forced(
    networks: Networks, case: Case, ids: Tensor, *, guided: bool = True
) -> Generated:
    """Prefill once, spread the prefix over the samples, append the recorded traces.

    The guided trace rounds as it was generated, token by token; upstream's unguided one is a
    single forward.
    """
    samples, prompt = case.sequences.shape[0], ids.shape[1]
    trace = case.sequences[:, case.fused.shape[1] : -1]
    end = prompt + trace.shape[1]
    length = end + 1 + WAYPOINTS
    text = networks.text
    prefix = KVCache.allocate(text.config, 1, prompt, "cpu", torch.float32)
    hidden = prefill(networks, case, ids, prefix)
    cache = KVCache.allocate(text.config, samples, length, "cpu", torch.float32)
    cache.copy_prefix(prefix, prompt)
    slots = torch.arange(prompt, end)
    mask = (torch.arange(length) <= slots[:, None])[None, None]
    rope = text.rope((slots + case.rope_delta).expand(3, samples, -1))
    text(text.embed(trace), rope, cache, slots, mask, stepwise=guided)
    start = networks.config.vocabulary.special["traj_future_start"]
    ends = [prompt + row.tolist().index(start) + 1 for row in trace]
    return Generated(cache, hidden, tuple(ends), end if guided else end + 1)


def context(networks: Networks, generated: Generated, rope_delta: int) -> ExpertContext:
    """Rows of the cache are samples; the action tokens follow the longest trace."""
    ends, first = torch.tensor(generated.lengths), generated.actions
    slots = torch.arange(first, first + WAYPOINTS)
    every = torch.arange(generated.cache.length)
    seen = (every < ends[:, None]) | ((every >= first) & (every < first + WAYPOINTS))
    mask = seen[:, None, None].expand(-1, 1, WAYPOINTS, -1)
    positions = torch.arange(WAYPOINTS) + (ends + rope_delta)[:, None]
    rope = networks.expert.rope(positions.expand(3, -1, -1))
    return ExpertContext(rope, generated.cache, slots, mask)


def folded(networks: Networks, generated: Generated, rope_delta: int, prompt: int) -> ExpertContext:
    """The same with the prefix held once: all samples are one sequence over one row."""
    cache, samples = generated.cache, generated.cache.batch
    region = cache.length - prompt
    once = KVCache.allocate(
        networks.text.config, 1, prompt + samples * region, "cpu", torch.float32
    )
    seen = torch.zeros(samples, once.length, dtype=torch.bool)
    seen[:, :prompt] = True
    slots = []
    for row, end in enumerate(generated.lengths):
        first = prompt + row * region
        for source, target in ((cache.k, once.k), (cache.v, once.v)):
            target[:, 0, :, :prompt] = source[:, row, :, :prompt]
            target[:, 0, :, first : first + region] = source[:, row, :, prompt:]
        actions = torch.arange(first + region - WAYPOINTS, first + region)
        seen[row, first : first + end - prompt] = True
        seen[row, actions] = True
        slots.append(actions)
    ends = torch.tensor(generated.lengths)
    positions = (torch.arange(WAYPOINTS) + (ends + rope_delta)[:, None]).reshape(1, 1, -1)
    mask = seen.repeat_interleave(WAYPOINTS, 0)[None, None]
    rope = networks.expert.rope(positions.expand(3, -1, -1))
    return ExpertContext(rope, once, torch.cat(slots), mask)


def flow(
    expert: Expert,
    noise: Tensor,
    times: Tensor,
    guided: ExpertContext,
    unguided: ExpertContext | None = None,
    weight: float = 1.0,
) -> Tensor:
    """Euler states (n, steps + 1, 64, 2) from the noise along the times."""
    states = [noise]
    for t, following in pairwise(times):
        x, every = states[-1], t.expand(noise.shape[0])
        velocity = guided_velocity(expert, x, every, guided, unguided, weight)
        states.append(x + (following - t) * velocity)
    return torch.stack(states, 1)


def without_route(networks: Networks, ids: Tensor) -> Tensor:
    special, row = networks.config.vocabulary.special, ids[0].tolist()
    first, last = row.index(special["route_start"]), row.index(special["route_end"])
    return torch.tensor([row[:first] + row[last + 1 :]])


@pytest.mark.parametrize("number", range(5))
def test_first_logits_are_those_recorded(networks: Networks, number: int) -> None:
    case = recorded(number)
    generated = teacher_forced(networks, case, case.fused)
    logits = networks.text.logits(generated.hidden[:, -1]).expand_as(case.first_logits)
    vocabulary = networks.config.vocabulary
    first = vocabulary.trajectory_start
    masked = slice(first, first + vocabulary.trajectory_count)
    assert torch.isinf(case.first_logits[:, masked]).all()
    difference = torch.where(torch.isinf(case.first_logits), 0.0, logits - case.first_logits)
    assert difference.abs().max() < 1e-3


@needs_recorded_rounding
@pytest.mark.parametrize("number", range(5))
def test_every_flow_state_is_as_recorded(networks: Networks, number: int) -> None:
    case = recorded(number)
    generated = teacher_forced(networks, case, case.fused)
    conditioning = context(networks, generated, case.rope_delta)
    times = networks.expert.flow_times(case.states.shape[1] - 1)
    with torch.inference_mode():
        states = flow(networks.expert, case.states[:, 0], times, conditioning)
    assert (states - case.states).abs().max() < 1e-3


@pytest.mark.parametrize("number", range(5))
def test_every_step_from_the_recorded_state_is_as_recorded(networks: Networks, number: int) -> None:
    case = recorded(number)
    generated = teacher_forced(networks, case, case.fused)
    for conditioning in (
        context(networks, generated, case.rope_delta),
        folded(networks, generated, case.rope_delta, case.fused.shape[1]),
    ):
        assert largest_step_error(networks, case, conditioning) < 1e-3


def largest_step_error(networks: Networks, case: Case, conditioning: ExpertContext) -> float:
    times = networks.expert.flow_times(case.states.shape[1] - 1)
    errors = []
    with torch.inference_mode():
        for step in range(len(times) - 1):
            states = flow(
                networks.expert, case.states[:, step], times[step : step + 2], conditioning
            )
            errors.append(float((states[:, 1] - case.states[:, step + 1]).abs().max()))
    return max(errors)


@needs_recorded_rounding
@pytest.mark.parametrize("number", [1, 3])
def test_guided_flow_is_as_recorded(networks: Networks, number: int) -> None:
    case = recorded(number)
    assert case.guided_states is not None
    guided = teacher_forced(networks, case, case.fused)
    shortened = without_route(networks, case.fused)
    unguided = teacher_forced(networks, case, shortened, guided=False)
    times = networks.expert.flow_times(case.states.shape[1] - 1)
    with torch.inference_mode():
        states = flow(
            networks.expert,
            case.guided_states[:, 0],
            times,
            context(networks, guided, case.rope_delta),
            context(networks, unguided, case.rope_delta),
            GUIDANCE_WEIGHT,
        )
    assert (states - case.guided_states).abs().max() < 1e-3
    assert (case.guided_states - case.states).abs().max() > 1e-2


def test_slots_after_the_start_token_do_not_matter(networks: Networks) -> None:
    case = recorded(4)
    generated = teacher_forced(networks, case, case.fused)
    conditioning = context(networks, generated, case.rope_delta)
    noise, t = case.states[:, 0], torch.zeros(1)
    with torch.inference_mode():
        before = networks.expert.velocity(noise, t, conditioning)
        generated.cache.k[:, :, :, generated.lengths[0] :] = 9.0
        generated.cache.v[:, :, :, generated.lengths[0] :] = 9.0
        after = networks.expert.velocity(noise, t, conditioning)
        generated.cache.v[:, :, :, generated.lengths[0] - 1] = 9.0
        changed = networks.expert.velocity(noise, t, conditioning)
    assert torch.equal(before, after)
    assert not torch.equal(before, changed)


def test_the_recording_uses_the_weight_of_the_checkpoint(networks: Networks) -> None:
    stated = json.loads((GOLDEN / "config.json").read_text())["diffusion_cfg"]
    assert networks.config.flow.guidance_weight == GUIDANCE_WEIGHT
    assert networks.config.flow.steps == stated["num_inference_steps"] == 10
