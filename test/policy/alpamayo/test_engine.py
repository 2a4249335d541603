# SPDX-License-Identifier: Apache-2.0
"""The engine against upstream's recordings and against the model computed without any cache."""

import dataclasses

import numpy as np
import pytest
import torch
from policy.alpamayo.driving import MODEL, RECORDED_ROUNDING, case, needs_recorded_rounding

from alpamayo_ros.policy.alpamayo import checkpoint
from alpamayo_ros.policy.alpamayo.context import SHORT_TEXT
from alpamayo_ros.policy.alpamayo.engine import (
    AnswerSuperseded,
    Engine,
    EngineOptions,
    NothingComputed,
)
from alpamayo_ros.policy.alpamayo.expert import ExpertContext
from alpamayo_ros.policy.alpamayo.flow import InvalidVelocityReuse
from alpamayo_ros.policy.alpamayo.pace import Stopwatch
from alpamayo_ros.policy.alpamayo.prompt import PromptBuilder
from alpamayo_ros.policy.alpamayo.sampling import Sampler
from alpamayo_ros.policy.alpamayo.text import KVCache
from alpamayo_ros.policy.alpamayo.tokens import Tokenizer

ROUTED = (1, 3)


@pytest.fixture(scope="module")
def networks():
    torch.set_num_threads(1)
    return checkpoint.load(MODEL)


@pytest.fixture(scope="module")
def tokenizer(networks):
    return Tokenizer.load(MODEL, networks.config.vocabulary)


class Scene:
    """The prompt and the features of a recorded case."""

    def __init__(self, networks, tokenizer, number):
        self.arrays = case(number)
        self.grids = [tuple(int(side) for side in grid) for grid in self.arrays["image_grid_thw"]]
        cameras = [int(camera) for camera in self.arrays["camera_indices"]]
        config = networks.config
        builder = PromptBuilder(tokenizer, config.family, config.vision.merge_size)
        ids = tuple(int(token) for token in self.arrays["fused_input_ids"][0])
        route = None
        special = tokenizer.special
        if special.route_start in ids:
            first, stop = ids.index(special.route_start), ids.index(special.route_end)
            route = tokenizer.decode(ids[first + 1 : stop])
        self.prompt = builder.driving(cameras, self.grids, route)
        self.prompt = dataclasses.replace(self.prompt, ids=ids)
        self.question = builder.question(cameras, self.grids, "What is ahead?")
        self.vision = Engine(networks, EngineOptions()).encode(
            torch.from_numpy(self.arrays["pixel_values"]), self.grids
        )
        self.noise = torch.from_numpy(self.arrays["flow_states"][:, 0])
        self.expected = [
            [int(token) for token in row[len(ids) :]] for row in self.arrays["sequences"]
        ]


@pytest.fixture(scope="module")
def scenes(networks, tokenizer):
    return [Scene(networks, tokenizer, number) for number in range(5)]


def engine(networks, **options):
    return Engine(networks, EngineOptions(**{"greedy": True, **options}))


def hidden_states(networks, scene, text, route=True):
    """Hidden states behind prompt and text, nothing cached; with the cache they leave."""
    prompt, ids = scene.prompt, list(scene.prompt.ids)
    positions = prompt.positions
    if not route:
        first, stop = prompt.route
        ids = ids[:first] + ids[stop:]
        positions = torch.cat((positions[..., :first], positions[..., stop:] - stop + first), -1)
    behind = torch.arange(len(ids), len(ids) + len(text)) + prompt.rope_delta
    positions = torch.cat((positions, behind.expand(3, 1, -1)), -1)
    ids = torch.tensor([[*ids, *text]])
    cache = KVCache.allocate(networks.config.text, 1, ids.shape[1] + 64, "cpu", torch.float32)
    hidden = networks.text(
        networks.text.embed(ids, (prompt.image_slots, scene.vision.features)),
        networks.text.rope(positions),
        cache,
        torch.arange(ids.shape[1]),
        None,
        (prompt.image_slots, scene.vision.deepstack),
    )
    return hidden[0], cache, ids.shape[1]


def first_velocity(networks, scene, cache, seen, offset, noise):
    """Velocity at t = 0 of action tokens that see the first ``seen`` slots."""
    slots = torch.arange(cache.length)
    mask = (slots < seen) | (slots >= cache.length - 64)
    positions = (offset + scene.prompt.rope_delta + torch.arange(64)).expand(3, 1, -1)
    context = ExpertContext(
        networks.expert.rope(positions), cache, slots[-64:], mask.expand(1, 1, 64, -1)
    )
    return networks.expert.velocity(noise, torch.zeros(1), context)


@pytest.mark.parametrize("number", range(5))
def test_recorded_cases_come_out_as_upstream_wrote_them_with_and_without_a_draft(
    networks, scenes, number
):
    scene = scenes[number]
    with_draft = engine(networks, samples=len(scene.expected))
    results = [with_draft.rollout(scene.prompt, scene.vision, scene.noise) for _ in range(2)]
    stop = networks.config.vocabulary.special["traj_future_start"]
    for result in results:
        finite = np.isfinite(scene.arrays["first_logits"])
        logits = result.first_logits.numpy()
        assert np.abs(logits[finite] - scene.arrays["first_logits"][finite]).max() < 1e-3
        assert np.isneginf(logits[~finite]).all()
        for got, expected in zip(result.generated, scene.expected, strict=True):
            assert list(got) == expected[: expected.index(stop) + 1]
        if RECORDED_ROUNDING:
            assert np.abs(result.flow_states.numpy() - scene.arrays["flow_states"]).max() < 1e-3
        assert all(result.started)
    assert results[0].accepted == (0,) * len(scene.expected)
    assert results[1].accepted == tuple(len(text) - 1 for text in results[1].generated)


@needs_recorded_rounding
@pytest.mark.parametrize("number", ROUTED)
def test_recorded_guidance_comes_out_as_upstream_did_it(networks, scenes, number):
    scene = scenes[number]
    recorded = scene.arrays["cfg_flow_states"]
    guided = engine(networks, guidance_weight=networks.config.flow.guidance_weight)
    for _ in range(2):
        result = guided.rollout(scene.prompt, scene.vision, torch.from_numpy(recorded[:, 0]))
        assert np.abs(result.flow_states.numpy() - recorded).max() < 1e-3


def test_guidance_without_a_route_changes_nothing(networks, scenes):
    scene = scenes[0]
    results = [
        engine(networks, samples=2, guidance_weight=weight, steps=2).rollout(
            scene.prompt, scene.vision, scene.noise
        )
        for weight in (0.0, 3.0)
    ]
    assert np.array_equal(results[0].actions, results[1].actions)


def test_every_token_is_the_likeliest_of_the_model_computed_without_a_cache(networks, scenes):
    scene = scenes[4]
    result = engine(networks, steps=1).rollout(scene.prompt, scene.vision, scene.noise)
    text = list(result.generated[0])
    hidden, _, _ = hidden_states(networks, scene, text)
    vocabulary = networks.config.vocabulary
    start = vocabulary.trajectory_start
    sampler = Sampler(greedy=True, forbidden=(start, start + vocabulary.trajectory_count))
    logits = networks.text.logits(hidden[len(scene.prompt.ids) - 1 : -1])
    assert sampler.pick(logits, torch.zeros(len(text))).tolist() == text


@pytest.mark.parametrize("limit", [1, 2, 9, 16])
@pytest.mark.parametrize("speculation", [False, True])
def test_trace_that_never_ends_is_used_up_to_the_token_before_its_last(
    networks, scenes, limit, speculation
):
    scene = scenes[1]
    limited = engine(networks, max_new_tokens=limit, steps=1, speculation=speculation)
    for _ in range(2):
        result = limited.rollout(scene.prompt, scene.vision, scene.noise)
        text = list(result.generated[0])
        assert len(text) == limit
        assert result.started == (False,)
        _, cache, length = hidden_states(networks, scene, text[:-1])
        expected = first_velocity(
            networks, scene, cache, length, len(scene.prompt.ids) + limit, scene.noise
        )
        got = result.flow_states[:, 1] - result.flow_states[:, 0]
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("speculation", [False, True])
def test_trace_that_ends_its_turn_is_used_up_to_the_token_before(networks, scenes, speculation):
    scene = scenes[1]
    whole = engine(networks, steps=1).rollout(scene.prompt, scene.vision, scene.noise)
    text = whole.generated[0]
    place = next(n for n in range(5, len(text)) if text[n] not in text[:n])
    options = EngineOptions(greedy=True, steps=1, speculation=speculation)
    ending = Engine(networks, options, end_of_turn=text[place])
    for _ in range(2):
        result = ending.rollout(scene.prompt, scene.vision, scene.noise)
        assert result.generated == (text[: place + 1],)
        assert result.started == (False,)
        _, cache, length = hidden_states(networks, scene, text[:place])
        expected = first_velocity(networks, scene, cache, length, length + 1, scene.noise)
        got = result.flow_states[:, 1] - result.flow_states[:, 0]
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


def test_start_token_that_is_the_last_allowed_one_is_not_seen_by_the_expert(networks, scenes):
    scene = scenes[1]
    whole = engine(networks, steps=1).rollout(scene.prompt, scene.vision, scene.noise)
    text = whole.generated[0]
    limited = engine(networks, steps=1, max_new_tokens=len(text))
    _, cache, length = hidden_states(networks, scene, text[:-1])
    expected = first_velocity(
        networks, scene, cache, length, len(scene.prompt.ids) + len(text), scene.noise
    )
    for _ in range(2):
        result = limited.rollout(scene.prompt, scene.vision, scene.noise)
        assert result.generated == whole.generated
        got = result.flow_states[:, 1] - result.flow_states[:, 0]
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


def test_without_reasoning_the_trajectory_follows_the_prompt_at_once(networks, scenes):
    scene = scenes[1]
    result = engine(networks, reasoning="off", steps=1).rollout(
        scene.prompt, scene.vision, scene.noise
    )
    special = networks.config.vocabulary.special
    close = (special["cot_end"], special["traj_future_start"])
    assert result.generated == (close,)
    assert result.closed == (True,)
    _, cache, length = hidden_states(networks, scene, close)
    expected = first_velocity(networks, scene, cache, length, length, scene.noise)
    got = result.flow_states[:, 1] - result.flow_states[:, 0]
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


class Ticking:
    """A clock that is read at the steps of the text: each reading is one second later."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        self.now += 1.0
        return self.now


def test_trace_is_closed_when_the_trajectory_would_be_late(networks, scenes):
    scene = scenes[1]
    clock = Ticking()
    options = EngineOptions(greedy=True, reasoning="budget", steps=1, speculation=False)
    budget = Engine(networks, options, clock)
    full = engine(networks, steps=1).rollout(scene.prompt, scene.vision, scene.noise)
    special = networks.config.vocabulary.special
    close = (special["cot_end"], special["traj_future_start"])
    lengths = []
    for deadline_s in (1e9, 60.0, 30.0, 1.0):
        watch = Stopwatch(torch.device("cpu"), clock)
        watch.start()
        result = budget.rollout(
            scene.prompt, scene.vision, scene.noise, watch=watch, deadline_s=deadline_s
        )
        text = result.generated[0]
        if deadline_s == 1e9:
            assert text == full.generated[0]
            assert result.closed == (False,)
            continue
        assert text[-2:] == close
        assert text[:-2] == full.generated[0][: len(text) - 2]
        assert result.closed == (True,)
        _, cache, length = hidden_states(networks, scene, text)
        expected = first_velocity(networks, scene, cache, length, length, scene.noise)
        got = result.flow_states[:, 1] - result.flow_states[:, 0]
        torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)
        lengths.append(len(text))
    assert lengths[0] > lengths[1] > lengths[2] == 3


def test_closed_trace_is_guessed_whole_again_at_the_next_tick(networks, scenes):
    scene = scenes[1]
    clock = Ticking()
    budget = Engine(networks, EngineOptions(greedy=True, reasoning="budget", steps=1), clock)
    whole = budget.rollout(scene.prompt, scene.vision, scene.noise)
    hurried = budget.rollout(scene.prompt, scene.vision, scene.noise, deadline_s=1.0)
    assert hurried.closed == (True,)
    again = budget.rollout(scene.prompt, scene.vision, scene.noise)
    assert again.generated == whole.generated
    assert again.accepted[0] == len(again.generated[0]) - 1


def test_traces_longer_than_the_front_of_the_cache_are_seen_whole(networks, scenes):
    scene = scenes[1]
    special = networks.config.vocabulary.special
    unending = engine(networks, max_new_tokens=3 * SHORT_TEXT, steps=1)
    unending._rule = dataclasses.replace(unending._rule, stop=-1)
    result = unending.rollout(scene.prompt, scene.vision, scene.noise)
    text = result.generated[0]
    assert len(text) == 3 * SHORT_TEXT
    assert special["traj_future_start"] in text
    _, cache, length = hidden_states(networks, scene, text[:-1])
    expected = first_velocity(networks, scene, cache, length, length + 1, scene.noise)
    got = result.flow_states[:, 1] - result.flow_states[:, 0]
    torch.testing.assert_close(got, expected, atol=1e-4, rtol=1e-4)


def test_samples_with_drafts_are_those_of_the_plain_loop(networks, scenes):
    scene = scenes[0]
    sampled = {"greedy": False, "samples": 3, "steps": 2, "temperature": 1.7, "max_new_tokens": 48}
    fast = engine(networks, **sampled)
    plain = engine(networks, **sampled, speculation=False)
    accepted, texts = 0, set()
    for tick in range(8):
        noise, uniforms = fast.draw(tick % 3)
        one = fast.rollout(scene.prompt, scene.vision, noise, uniforms)
        other = plain.rollout(scene.prompt, scene.vision, noise, uniforms)
        assert one.generated == other.generated
        assert np.abs(one.actions - other.actions).max() < 1e-3
        accepted += sum(one.accepted)
        texts.update(one.generated)
    assert accepted > 100
    assert len(texts) > 6


def _chi_squared_is_plausible(counts, expected):
    """Rare tokens pooled; Wilson and Hilferty's chi-squared quantile of 99.9 %."""
    common = expected >= 5
    counts = np.append(counts[common], counts[~common].sum())
    expected = np.append(expected[common], expected[~common].sum())
    counts, expected = counts[expected > 0], expected[expected > 0]
    degrees = len(counts) - 1
    spread = 2 / (9 * degrees)
    limit = degrees * (1 - spread + 3.09 * spread**0.5) ** 3
    return ((counts - expected) ** 2 / expected).sum() < limit


def test_speculation_through_the_model_leaves_the_distribution_as_it_is(networks, scenes):
    scene = scenes[4]
    samples, rounds = 64, 8
    options = {"greedy": False, "temperature": 1.8, "steps": 1, "max_new_tokens": 3}
    fast = engine(networks, samples=samples, **options)
    first, second = [], {}
    accepted = 0
    for tick in range(rounds + 1):
        noise, uniforms = fast.draw(tick)
        result = fast.rollout(scene.prompt, scene.vision, noise, uniforms)
        if tick == 0:
            continue
        accepted += sum(result.accepted)
        for text in result.generated:
            first.append(text[0])
            second.setdefault(text[0], []).extend(text[1:2])
    assert accepted > samples
    size = networks.config.vocabulary.size
    target = fast._sampler.distribution(result.first_logits[0]).double().numpy()
    counts = np.bincount(first, minlength=size)
    assert _chi_squared_is_plausible(counts, target * len(first))
    likeliest, followers = max(second.items(), key=lambda item: len(item[1]))
    hidden, _, _ = hidden_states(networks, scene, [likeliest])
    logits = networks.text.logits(hidden[-1])
    target = fast._sampler.distribution(logits).double().numpy()
    counts = np.bincount(followers, minlength=size)
    assert _chi_squared_is_plausible(counts, target * len(followers))


def test_six_samples_take_one_prefill(networks, scenes, monkeypatch):
    scene = scenes[4]
    passes = []
    forward = type(networks.text).forward

    def counted(self, x, *arguments, **options):
        passes.append(x.shape[:2])
        return forward(self, x, *arguments, **options)

    monkeypatch.setattr(type(networks.text), "forward", counted)
    engine(networks, samples=6, steps=1).rollout(scene.prompt, scene.vision, torch.zeros(6, 64, 2))
    long = [shape for shape in passes if shape[1] >= len(scene.prompt.ids)]
    assert long == [(1, len(scene.prompt.ids))]
    assert all(shape == (6, 1) for shape in passes[1:])


def test_velocity_reuse_saves_the_experts_calls_and_says_which_steps_it_cannot(
    networks, scenes, monkeypatch
):
    scene = scenes[4]
    calls = []
    velocity = type(networks.expert).velocity

    def counted(self, *arguments):
        calls.append(1)
        return velocity(self, *arguments)

    monkeypatch.setattr(type(networks.expert), "velocity", counted)
    reuse = engine(networks, velocity_reuse=frozenset({3, 4, 5}))
    reuse.rollout(scene.prompt, scene.vision, scene.noise)
    assert len(calls) == 7
    with pytest.raises(InvalidVelocityReuse, match=r"\[0, 12\] of 10"):
        engine(networks, velocity_reuse=frozenset({0, 12})).rollout(
            scene.prompt, scene.vision, scene.noise
        )


def test_steps_without_the_bitwise_rounding_stay_close(networks, scenes):
    scene = scenes[1]
    loose = engine(networks, bitwise=False, steps=1)
    exact = engine(networks, steps=1).rollout(scene.prompt, scene.vision, scene.noise)
    for _ in range(2):
        result = loose.rollout(scene.prompt, scene.vision, scene.noise)
        assert result.generated == exact.generated
        assert np.abs(result.actions - exact.actions).max() < 1e-4
    assert result.accepted[0] == len(result.generated[0])


def test_draft_verified_with_the_prompt_gives_the_same_samples(networks, scenes):
    scene = scenes[0]
    sampled = {"greedy": False, "samples": 3, "steps": 1, "temperature": 1.7, "max_new_tokens": 48}
    together = engine(networks, **sampled, bitwise=False)
    plain = engine(networks, **sampled, speculation=False)
    accepted = 0
    for tick in range(6):
        noise, uniforms = together.draw(tick % 2)
        one = together.rollout(scene.prompt, scene.vision, noise, uniforms)
        other = plain.rollout(scene.prompt, scene.vision, noise, uniforms)
        assert one.generated == other.generated
        assert np.abs(one.actions - other.actions).max() < 1e-3
        accepted += sum(one.accepted)
    assert accepted > 100


def test_velocity_is_that_of_the_last_rollout(networks, scenes):
    scene = scenes[1]
    guided = engine(networks, guidance_weight=3.0, steps=4)
    with pytest.raises(NothingComputed):
        guided.velocity(scene.noise, 0.0)
    states = guided.rollout(scene.prompt, scene.vision, scene.noise).flow_states
    for step in range(4):
        velocity = guided.velocity(states[:, step], step / 4)
        torch.testing.assert_close(states[:, step] + velocity / 4, states[:, step + 1])


def test_longer_prompt_than_before_gets_a_larger_cache(networks, scenes):
    both = engine(networks, steps=1)
    short, long = scenes[4], scenes[3]
    assert len(long.prompt.ids) > len(short.prompt.ids) + 128
    for scene in (short, long, short):
        result = both.rollout(scene.prompt, scene.vision, scene.noise)
        alone = engine(networks, steps=1).rollout(scene.prompt, scene.vision, scene.noise)
        assert result.generated == alone.generated
        assert np.abs(result.actions - alone.actions).max() < 1e-4


def test_answer_comes_token_by_token_while_ticks_are_computed(networks, scenes):
    scene = scenes[1]
    both = engine(networks, steps=1, max_new_tokens=12)
    alone = list(both.answer(scene.question, scene.vision))
    expected = both.rollout(scene.prompt, scene.vision, scene.noise)
    answer = []
    for token in both.answer(scene.question, scene.vision):
        answer.append(token)
        between = both.rollout(scene.prompt, scene.vision, scene.noise)
        assert between.generated == expected.generated
        assert np.array_equal(between.actions, expected.actions)
    assert answer == alone
    assert 0 < len(answer) <= 12


def test_answer_that_another_question_replaced_says_so(networks, scenes):
    scene = scenes[1]
    both = engine(networks)
    first = both.answer(scene.question, scene.vision)
    next(first)
    next(both.answer(scene.question, scene.vision))
    with pytest.raises(AnswerSuperseded, match="after 1 token"):
        next(first)
