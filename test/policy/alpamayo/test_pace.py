# SPDX-License-Identifier: Apache-2.0
"""Stages add up to the tick, and a trace is closed just in time."""

import time

import pytest
import torch

from alpamayo_ros.policy.alpamayo.pace import Pace, Stopwatch


def test_stages_are_the_times_between_marks():
    times = iter([10.0, 11.0, 13.5, 13.75, 20.0])
    watch = Stopwatch(torch.device("cpu"), lambda: next(times))
    watch.start()
    watch.mark("vision")
    watch.mark("flow")
    assert watch.elapsed() == 3.75
    assert watch.read() == {"vision": 1.0, "flow": 2.5, "total": 3.5}


def test_next_tick_begins_anew():
    times = iter([0.0, 1.0, 5.0, 7.0])
    watch = Stopwatch(torch.device("cpu"), lambda: next(times))
    watch.start()
    watch.mark("flow")
    watch.start()
    watch.mark("flow")
    assert watch.read() == {"flow": 2.0, "total": 2.0}


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_stages_on_a_device_are_measured_there():
    watch = Stopwatch(torch.device("cuda"), time.perf_counter)
    work = torch.randn(4096, 4096, device="cuda")
    watch.start()
    for _ in range(20):
        work = (work @ work).clamp(-1, 1)
    watch.mark("flow")
    torch.cuda.synchronize()
    assert watch.read()["flow"] > 0.0


def test_one_more_step_the_closing_and_the_flow_must_fit():
    pace = Pace()
    pace.stepped(0.004)
    pace.finished(0.010)
    assert not pace.must_close(elapsed_s=0.081, deadline_s=0.1)
    assert pace.must_close(elapsed_s=0.083, deadline_s=0.1)


def test_peaks_are_remembered_and_slowly_forgotten():
    pace = Pace()
    pace.stepped(0.1)
    pace.stepped(0.01)
    assert pace.step_s == pytest.approx(0.08)
    for _ in range(30):
        pace.stepped(0.01)
    assert pace.step_s == pytest.approx(0.01)


def test_before_anything_was_measured_only_the_deadline_itself_counts():
    assert not Pace().must_close(elapsed_s=0.09, deadline_s=0.1)
    assert Pace().must_close(elapsed_s=0.11, deadline_s=0.1)
