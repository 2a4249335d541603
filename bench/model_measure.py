# SPDX-License-Identifier: Apache-2.0
"""The measurements of the model benchmark: both ways side by side, options, allocations."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from alpamayo_ros.policy.alpamayo.engine import EngineOptions
from alpamayo_ros.policy.alpamayo.layers import Fp8Unsupported, quantize_fp8
from alpamayo_ros.policy.alpamayo.networks import Networks
from alpamayo_ros.policy.alpamayo.pace import STAGES
from alpamayo_ros.policy.alpamayo.prompt import Prompt
from bench.model_limits import allocations, memory_mb
from bench.model_shapes import Drive, Inputs, Shape, random_networks, random_prompt
from bench.model_tick import Outcome, OwnWay, finish
from bench.model_trace import CASES, Author, Case, Script, Traces
from bench.model_upstream import UpstreamWay

TOLERANCE_M = {torch.float32: 1e-3, torch.bfloat16: 3.0}
"""Largest distance of two waypoints of the same time in both ways; with random weights rounding
to bfloat16 moves the end of 50 m by 0.3 to 0.7 m. What is really the same shows in float32."""

MAX_NEW_TOKENS = 256
"""As upstream's example has it; the caches are made for it."""

WARM_UP_TICKS = 2


@dataclass(frozen=True, slots=True)
class Setting:
    """What is run: shape, trace length, ticks of ours and of upstream's way per case."""

    shape: Shape
    device: torch.device
    dtype: torch.dtype
    tokens: int
    ticks: int
    upstream_ticks: int
    bitwise: bool

    def counts(self, samples: int) -> tuple[int, int]:
        """Ticks of ours and of upstream's way per case; a CPU is spared many of several samples."""
        if samples == 1 or self.device.type == "cuda":
            return self.ticks, self.upstream_ticks
        return max(2, self.ticks // 3), max(2, self.upstream_ticks // 3)

    @property
    def option_ticks(self) -> int:
        """Ticks of every option."""
        return self.upstream_ticks if self.device.type == "cuda" else min(4, self.upstream_ticks)

    def options(self, samples: int, **changed: Any) -> EngineOptions:
        """Options of the exact mode, or of a changed one."""
        options = EngineOptions(
            samples=samples,
            max_new_tokens=MAX_NEW_TOKENS,
            bitwise=self.bitwise,
        )
        return dataclasses.replace(options, **changed)


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything the measurements share."""

    setting: Setting
    networks: Networks
    prompt: Prompt
    drive: Drive
    script: Script

    @classmethod
    def of(cls, setting: Setting) -> Bench:
        """Random weights and a drive."""
        networks = random_networks(setting.shape, setting.device, setting.dtype)
        prompt = random_prompt(networks.config, setting.shape)
        return cls(setting, networks, prompt, Drive(setting.shape), Script(networks))

    def own(self, samples: int, deadline_s: float | None = None, **changed: Any) -> OwnWay:
        """Our way, warmed up."""
        options = self.setting.options(samples, **changed)
        own = OwnWay(self.networks, self.prompt, options, deadline_s=deadline_s)
        own.warm_up(self.drive.tick(0))
        return own

    def ticks(
        self, samples: int, case: Case, count: int, tokens: int = 0, first: int = 0
    ) -> Iterator[tuple[Inputs, Traces, torch.Tensor, torch.Tensor]]:
        """Inputs, traces, noise and uniforms of ticks ``first`` on; the weights are changed."""
        setting = self.setting
        author = Author(self.networks, samples, tokens or setting.tokens)
        waypoints = self.networks.config.action_space.waypoints
        for number in range(first, first + count):
            traces = author.traces(case)
            self.script.write(traces)
            generator = torch.Generator().manual_seed(number)
            noise = torch.randn(samples, waypoints, 2, generator=generator)
            uniforms = torch.rand(samples, MAX_NEW_TOKENS, generator=generator)
            # sample k takes the k-th of the equally likely first tokens
            uniforms[:, 0] = (torch.arange(samples) + 0.5) / samples
            yield self.drive.tick(number), traces, noise, uniforms


def compare(
    bench: Bench,
    samples: int,
    greedy: bool,
    beside: bool = False,
    cases: Sequence[Case] = CASES,
) -> dict[str, Any]:
    """Stage times of both ways in every case, and how far their results are apart.

    Both compute every tick one after the other, so that what else the machine does hits both.
    ``beside``: also our way with the other choice of bitwise.
    """
    setting = bench.setting
    ours = {"own": bench.own(samples, greedy=greedy)}
    if beside:
        other = not setting.bitwise
        ours["bitwise" if other else "not bitwise"] = bench.own(
            samples, greedy=greedy, bitwise=other
        )
    upstream = UpstreamWay(bench.networks, bench.prompt, samples, MAX_NEW_TOKENS, greedy=greedy)
    return {case: _compare_case(bench, samples, case, ours, upstream) for case in cases}


def _compare_case(
    bench: Bench, samples: int, case: Case, ours: dict[str, OwnWay], upstream: UpstreamWay
) -> dict[str, Any]:
    setting = bench.setting
    count, upstream_count = setting.counts(samples)
    outcomes: dict[str, list[Outcome]] = {name: [] for name in (*ours, "upstream")}
    apart, wrong = [0.0], 0
    for own in ours.values():
        own.engine.forget()
    # ticks of their own: no image of another case is known already
    first = CASES.index(case) * (count + WARM_UP_TICKS)
    drawn = bench.ticks(samples, case, count + WARM_UP_TICKS, first=first)
    for number, (inputs, traces, noise, uniforms) in enumerate(drawn):
        tick = {name: own.tick(inputs, noise, uniforms) for name, own in ours.items()}
        if number < upstream_count + WARM_UP_TICKS:
            tick["upstream"] = upstream.tick(inputs, noise, traces)
            apart += [_distance(outcome, tick["upstream"]) for outcome in tick.values()]
        for name, outcome in tick.items():
            wrong += outcome.generated != traces
            outcomes[name].append(outcome)
    measured = {name: rows[WARM_UP_TICKS:] for name, rows in outcomes.items()}
    return {
        **{name: stages(rows) for name, rows in measured.items()},
        "accepted": measured["own"][-1].accepted,
        "wrong_traces": wrong,
        "largest_distance_m": max(apart),
        "ticks": {name: len(rows) for name, rows in measured.items()},
        "faster": {name: _faster(measured[name], measured["upstream"]) for name in ours},
        "ratio": _faster(measured["own"], measured["upstream"])["wall"],
    }


def _faster(own: Sequence[Outcome], upstream: Sequence[Outcome]) -> dict[str, float]:
    """How many times faster ours is: medians of the wall and of the processor time.

    ``low`` and ``high``: quartiles of the wall time's ratio over the ticks that both computed.
    """
    walls = [
        np.array([outcome.latencies_s["total"] for outcome in rows]) for rows in (upstream, own)
    ]
    cpus = [np.median([outcome.cpu_s for outcome in rows]) for rows in (upstream, own)]
    pairs = walls[0] / walls[1][: len(walls[0])]
    low, high = np.percentile(pairs, (25, 75))
    return {
        "wall": float(np.median(walls[0]) / np.median(walls[1])),
        "low": float(low),
        "high": float(high),
        "cpu": float(cpus[0] / cpus[1]),
    }


def _distance(one: Outcome, other: Outcome) -> float:
    return float(np.linalg.norm(one.positions - other.positions, axis=-1).max())


def stages(outcomes: Sequence[Outcome]) -> dict[str, dict[str, float]]:
    """Median, 90th and 99th percentile of every stage, and of the processor time [ms]."""
    table = {}
    for stage in (*STAGES, "total", "cpu"):
        values = [
            1e3 * (outcome.cpu_s if stage == "cpu" else outcome.latencies_s.get(stage, 0.0))
            for outcome in outcomes
        ]
        points = np.percentile(values, (50, 90, 99))
        table[stage] = dict(zip(("p50", "p90", "p99"), map(float, points), strict=True))
    return table


def options_table(bench: Bench) -> list[dict[str, Any]]:
    """Time of every option, and how far its trajectories are from those of the exact mode.

    One sample, every trace half new. The last one replaces the weights for good.
    """
    steps = bench.networks.config.flow.steps
    exact = _outcomes(bench, bench.own(1))
    half_way = float(np.median([outcome.latencies_s["total"] for outcome in exact])) * 0.8
    reused = frozenset(range(steps // 3, steps - steps // 3))
    rows = [_row("exact", exact, exact)]
    changes: list[tuple[str, dict[str, Any]]] = [
        (f"bitwise {not bench.setting.bitwise}", {"bitwise": not bench.setting.bitwise}),
        ("speculation off", {"speculation": False}),
        (f"velocity cache {min(reused)}..{max(reused)}", {"velocity_reuse": reused}),
        (f"{steps // 2} flow steps", {"steps": steps // 2}),
        ("streaming", {"streaming": True}),
        ("reasoning off", {"reasoning": "off"}),
        (f"budget {half_way * 1e3:.0f} ms", {"reasoning": "budget", "deadline_s": half_way}),
    ]
    for name, changed in changes:
        rows.append(_row(name, exact, _outcomes(bench, bench.own(1, **changed))))
    try:
        quantize_fp8(bench.networks.text)
        quantize_fp8(bench.networks.expert)
    except Fp8Unsupported as error:
        rows.append({"option": "fp8 weights", "unsupported": str(error)})
    else:
        rows.append(_row("fp8 weights", exact, _outcomes(bench, bench.own(1))))
    return rows


def _outcomes(bench: Bench, own: OwnWay) -> list[Outcome]:
    count = bench.setting.option_ticks + WARM_UP_TICKS
    drawn = bench.ticks(1, "half", count)
    return [own.tick(inputs, noise, uniforms) for inputs, _, noise, uniforms in drawn]


def _row(name: str, exact: Sequence[Outcome], changed: Sequence[Outcome]) -> dict[str, Any]:
    pairs = list(zip(exact, changed, strict=True))[WARM_UP_TICKS:]
    distances = np.stack(
        [np.linalg.norm(a.positions - b.positions, axis=-1) for a, b in pairs]
    )  # (ticks, samples, waypoints)
    agreeing = [
        np.mean([left == right for left, right in zip(mine, yours, strict=False)])
        * min(len(mine), len(yours))
        / len(mine)
        for a, b in pairs
        for mine, yours in zip(a.generated, b.generated, strict=True)
    ]
    table = stages(list(changed)[WARM_UP_TICKS:])
    return {
        "option": name,
        "total": table["total"],
        "stages_p50": {stage: table[stage]["p50"] for stage in STAGES},
        "ade_m": float(distances.mean()),
        "final_m": float(distances[..., -1].mean()),
        "same_tokens": float(np.mean(agreeing)),
        "tokens": float(np.mean([len(ids) for _, b in pairs for ids in b.generated])),
    }


def allocation_counts(bench: Bench) -> dict[str, float]:
    """Tensors allocated on the device per decoded token and per flow step (CUDA only).

    Two lengths of the trace without speculation, and two numbers of steps, each the same
    otherwise: what the longer one allocates more.
    """
    tokens, steps = bench.setting.tokens, bench.networks.config.flow.steps
    plain = bench.own(1, speculation=False)
    counts = [_allocated(bench, plain, count) for count in (tokens, tokens // 2)]
    fewer = bench.own(1, speculation=False, steps=steps // 2)
    half = _allocated(bench, fewer, tokens)
    return {
        "per_token": (counts[0] - counts[1]) / (tokens - tokens // 2),
        "per_flow_step": (counts[0] - half) / (steps - steps // 2),
        "per_tick": float(counts[0]),
    }


def _allocated(bench: Bench, own: OwnWay, tokens: int) -> int:
    """Of the last tick of a few."""
    before = after = 0
    for inputs, _, noise, uniforms in bench.ticks(1, "new", WARM_UP_TICKS, tokens):
        before = allocations(bench.setting.device)
        own.tick(inputs, noise, uniforms)
        after = allocations(bench.setting.device)
    return after - before


def memory_over_ticks(bench: Bench, count: int) -> dict[str, float]:
    """Memory [MB] after a tenth of the ticks and after all of them; traces half new."""
    own = bench.own(1)
    early = late = 0.0
    for number, (inputs, _, noise, uniforms) in enumerate(bench.ticks(1, "half", count), 1):
        own.tick(inputs, noise, uniforms)
        if number == max(1, count // 10):
            finish(bench.setting.device)
            early = memory_mb(bench.setting.device)
    late = memory_mb(bench.setting.device)
    return {"ticks": float(count), "after_tenth_mb": early, "after_all_mb": late}
