# SPDX-License-Identifier: Apache-2.0
"""Tokens are drawn as transformers' generate draws them, and drafts change no distribution."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers.generation.logits_process import TemperatureLogitsWarper, TopPLogitsWarper

from alpamayo_ros.policy.alpamayo import sampling
from alpamayo_ros.policy.alpamayo.sampling import Sampler


def _chi_squared(counts, expected):
    return float(((counts - expected) ** 2 / expected).sum())


def _limit(degrees):
    """Wilson and Hilferty's chi-squared quantile of 99.9 %."""
    spread = 2 / (9 * degrees)
    return degrees * (1 - spread + 3.09 * spread**0.5) ** 3


@pytest.mark.parametrize("temperature", [0.3, 0.6, 1.0, 1.7])
@pytest.mark.parametrize("top_p", [0.2, 0.9, 0.98, 1.0])
def test_distribution_is_that_of_transformers(temperature, top_p):
    logits = torch.randn(50, 97, generator=torch.Generator().manual_seed(1)) * 3
    sampler = Sampler(temperature, top_p, forbidden=(10, 20))
    masked = logits.clone()
    masked[:, 10:20] = float("-inf")
    scores = TemperatureLogitsWarper(temperature)(None, masked)
    if top_p < 1.0:
        scores = TopPLogitsWarper(top_p)(None, scores)
    torch.testing.assert_close(sampler.distribution(logits), scores.softmax(-1))


@settings(deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    tokens=st.sampled_from([1, 2, 7, 64, 65, 97, 1500]),
    scale=st.sampled_from([0.0, 0.3, 3.0, 30.0]),
    coarse=st.booleans(),
    top_p=st.sampled_from([1e-9, 0.05, 0.5, 0.9, 0.98, 0.999]),
)
def test_nucleus_is_that_of_a_stable_sort_ties_included(seed, tokens, scale, coarse, top_p):
    logits = torch.randn(3, tokens, generator=torch.Generator().manual_seed(seed)) * scale
    if coarse:
        logits = logits.bfloat16().float()
    probabilities = logits.softmax(-1)
    ascending, order = probabilities.sort(dim=-1, stable=True)
    dropped = ascending.double().cumsum(-1) <= 1.0 - top_p
    dropped[..., -1:] = False
    expected = ~torch.zeros_like(dropped).scatter(-1, order, dropped)
    # tokens whose place a rounding error of the sum decides may be on either side
    sums = torch.zeros_like(ascending.double()).scatter(-1, order, ascending.double().cumsum(-1))
    clear = (sums - (1.0 - top_p)).abs() > 1e-9
    sampler = Sampler(1.0, top_p)
    assert torch.equal(
        (sampler._nucleus(probabilities) > 0)[clear], (expected & (probabilities > 0))[clear]
    )
    edges = [
        find(probabilities, 1.0 - top_p) for find in (sampling._edge, sampling._edge_by_halving)
    ]
    if bool(clear.all()):
        assert torch.equal(*edges)


def test_samples_drawn_together_are_those_drawn_one_by_one():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(5, 97, generator=generator) * 3
    uniforms = torch.rand(6, 5, generator=generator)
    for sampler in (Sampler(), Sampler(greedy=True)):
        together = sampler.pick(logits, uniforms)
        assert torch.equal(together, torch.stack([sampler.pick(logits, row) for row in uniforms]))


def test_greedy_takes_the_likeliest_that_is_allowed():
    logits = torch.tensor([[0.0, 9.0, 5.0, 7.0]])
    uniform = torch.zeros(1)
    assert Sampler(greedy=True).pick(logits, uniform).tolist() == [1]
    assert Sampler(greedy=True, forbidden=(1, 2)).pick(logits, uniform).tolist() == [3]


def test_logits_are_left_as_they_are():
    logits = torch.randn(3, 20)
    before = logits.clone()
    Sampler(forbidden=(0, 5)).pick(logits, torch.rand(3))
    assert torch.equal(logits, before)


def test_forbidden_tokens_are_never_drawn_whatever_the_uniform():
    logits = torch.zeros(1, 12)
    logits[0, 4:] = 50.0
    edges = torch.tensor([0.0, 0.5, 1.0 - 2**-24])
    drawn = Sampler(top_p=1.0, forbidden=(4, 12)).pick(logits.expand(3, -1), edges)
    assert drawn.tolist() == [0, 2, 3]


def test_draws_follow_the_distribution():
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(8, generator=generator)
    sampler = Sampler(temperature=0.8, top_p=0.95)
    draws = 40_000
    drawn = sampler.pick(logits.expand(draws, -1), torch.rand(draws, generator=generator))
    expected = sampler.distribution(logits).double().numpy() * draws
    counts = np.bincount(drawn.numpy(), minlength=8)
    kept = expected > 0
    assert counts[~kept].sum() == 0
    assert _chi_squared(counts[kept], expected[kept]) < _limit(kept.sum() - 1)


@pytest.mark.parametrize("draft", range(5))
def test_draft_is_accepted_with_its_probability_and_replaced_by_the_rest(draft):
    generator = torch.Generator().manual_seed(draft)
    logits = torch.randn(5, generator=generator)
    sampler = Sampler(temperature=1.0, top_p=1.0)
    target = sampler.distribution(logits).double().numpy()
    draws = 40_000
    drawn = sampler.pick(logits.expand(draws, -1), torch.rand(draws, generator=generator)).numpy()
    accepted = drawn == draft
    spread = (target[draft] * (1 - target[draft]) / draws) ** 0.5
    assert abs(accepted.mean() - target[draft]) < 4 * spread
    residual = np.where(np.arange(5) == draft, 0.0, target)
    expected = np.delete(residual / residual.sum() * (~accepted).sum(), draft)
    counts = np.delete(np.bincount(drawn[~accepted], minlength=5), draft)
    assert _chi_squared(counts, expected) < _limit(3)
