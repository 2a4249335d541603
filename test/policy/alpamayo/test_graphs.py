# SPDX-License-Identifier: Apache-2.0
"""Work is done once per call; on CUDA by replaying it, without allocating."""

import itertools

import pytest
import torch
from policy.alpamayo.driving import MODEL, drive

from alpamayo_ros.policy.alpamayo.config import load_config
from alpamayo_ros.policy.alpamayo.context import ONE_STEP_SIZE, STEP_SIZES
from alpamayo_ros.policy.alpamayo.engine import Engine, EngineOptions
from alpamayo_ros.policy.alpamayo.graphs import Graph
from alpamayo_ros.policy.alpamayo.networks import Networks
from alpamayo_ros.policy.alpamayo.policy import AlpamayoPolicy

needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")


def test_work_is_called_each_time_without_cuda():
    value = torch.zeros(1)
    graph = Graph(lambda: value.add_(1), torch.device("cpu"))
    graph()
    graph()
    assert value.item() == 2


@needs_cuda
def test_replay_reads_what_its_inputs_hold_now():
    source = torch.ones(4, device="cuda")
    target = torch.zeros(4, device="cuda")
    graph = Graph(lambda: target.copy_(source * 2), source.device)
    for value in (1.0, 5.0):
        source.fill_(value)
        graph()
        assert target.tolist() == [2 * value] * 4


def _allocations():
    torch.cuda.synchronize()
    return torch.cuda.memory_stats()["allocation.all.allocated"]


@needs_cuda
def test_nothing_is_allocated_per_token_or_per_flow_step():
    def allocated(steps, tokens):
        made = AlpamayoPolicy(
            {
                "model": str(MODEL),
                "device": "cuda",
                "steps": steps,
                "max_new_tokens": tokens,
                "speculation": False,
                "temperature": 10.0,
                "image_width": 96,
                "image_height": 64,
            }
        )
        made.warm_up()
        observations = list(drive(3))
        made.predict(observations[0])
        before = _allocations()
        made.predict(observations[1])
        return _allocations() - before

    few = allocated(steps=2, tokens=8)
    assert allocated(steps=10, tokens=8) == few
    assert allocated(steps=2, tokens=32) == few


def test_captured_work_never_waits_for_the_device():
    # a meta tensor has no values: whatever would read one on the host raises
    networks = Networks(load_config(MODEL), "meta", torch.bfloat16)
    for greedy, bitwise in itertools.product((True, False), (True, False)):
        options = EngineOptions(samples=3, guidance_weight=3.0, greedy=greedy, bitwise=bitwise)
        work = Engine(networks, options)._workspace_for(500)
        for seen in (work.guided.capacity.seen(1), work.guided.capacity.length):
            for size in ONE_STEP_SIZE if bitwise else STEP_SIZES:
                for pick in (True, False):
                    work.guided._work(size, seen, pick)()
            for unguided in (None, seen):
                work.flow._work(seen, unguided)()
