# SPDX-License-Identifier: Apache-2.0
"""One run of the model benchmark, from arguments to a result."""

from __future__ import annotations

import argparse
import os
import platform
from typing import Any

import torch

from alpamayo_ros.types import ConfigurationError
from bench import model_limits as limits
from bench.model_measure import (
    TOLERANCE_M,
    Bench,
    Setting,
    allocation_counts,
    compare,
    memory_over_ticks,
    options_table,
)
from bench.model_shapes import SHAPES, UPSTREAM_MS
from bench.model_trace import CASES


class UnknownChoice(ConfigurationError):
    """A shape or a number format that there is not."""


def measure(arguments: argparse.Namespace) -> dict[str, Any]:
    """Everything the benchmark reports; ``void`` lists where the two ways disagree."""
    # a convolution in TF32 would be the largest difference between the two ways
    torch.backends.cudnn.allow_tf32 = False
    if arguments.threads:
        torch.set_num_threads(arguments.threads)
    setting = _setting(arguments)
    bench = Bench.of(setting)
    # bandwidth and products before anything is warm in a cache of its own
    device = limits.measure(setting.device, setting.dtype)
    cpu = setting.device.type == "cpu"
    counts = [min(arguments.samples)] if arguments.quick else arguments.samples
    sampled = {
        count: compare(bench, count, greedy=False, beside=cpu and count == 1) for count in counts
    }
    compared = {f"{count} sample{'s' * (count > 1)}": cases for count, cases in sampled.items()}
    if not arguments.quick:
        compared["1 sample, greedy"] = compare(
            bench, 1, greedy=True, cases=CASES[:1] if cpu else CASES
        )
    result: dict[str, Any] = {
        "benchmark": "model",
        "conditions": _conditions(bench),
        "compared": compared,
        "void": _void(compared, setting.dtype),
        "more_samples": _more_samples(sampled),
        "upstream_shares": _shares(sampled),
        "ideal": _ideal(bench, device, sampled),
    }
    if setting.device.type == "cuda":
        result["allocations"] = allocation_counts(bench)
    if _memory_ticks(arguments, setting.device):
        result["memory"] = memory_over_ticks(bench, _memory_ticks(arguments, setting.device))
    result["options"] = [] if arguments.quick else options_table(bench)
    return result


def _setting(arguments: argparse.Namespace) -> Setting:
    name = arguments.device or ("cuda" if torch.cuda.is_available() else "cpu")
    device = torch.device(name)
    cuda = device.type == "cuda"
    shape = arguments.shape or ("released" if cuda else "small")
    dtype = arguments.dtype or ("bfloat16" if cuda else "float32")
    if shape not in SHAPES or dtype not in ("float32", "bfloat16"):
        raise UnknownChoice(f"shape '{shape}' of {', '.join(SHAPES)}; dtype '{dtype}'")
    return Setting(
        SHAPES[shape],
        device,
        torch.float32 if dtype == "float32" else torch.bfloat16,
        arguments.tokens,
        arguments.ticks or (100 if cuda else 4 if arguments.quick else 7),
        arguments.upstream_ticks
        or (20 if cuda else arguments.ticks or (4 if arguments.quick else 7)),
        cuda if arguments.bitwise < 0 else bool(arguments.bitwise),
    )


def _memory_ticks(arguments: argparse.Namespace, device: torch.device) -> int:
    if arguments.memory_ticks >= 0:
        return int(arguments.memory_ticks)
    return 1000 if device.type == "cuda" else 0


def _conditions(bench: Bench) -> dict[str, Any]:
    setting, networks = bench.setting, bench.networks
    cuda = setting.device.type == "cuda"
    parameters = sum(parameter.numel() for parameter in networks.parameters())
    return {
        "device": torch.cuda.get_device_name(setting.device)
        if cuda
        else f"{platform.machine()} CPU",
        "shape": setting.shape.name,
        "dtype": str(setting.dtype).removeprefix("torch."),
        "parameters": parameters,
        "prompt_tokens": len(bench.prompt.ids),
        "image_tokens": len(bench.prompt.image_slots),
        "trace_tokens": setting.tokens,
        "bitwise": setting.bitwise,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "load_average": round(os.getloadavg()[0], 1),
    }


def _void(compared: dict[str, dict[str, Any]], dtype: torch.dtype) -> list[str]:
    problems = []
    for name, cases in compared.items():
        for case, row in cases.items():
            if row["wrong_traces"]:
                problems.append(f"{name}, {case}: {row['wrong_traces']} other traces")
            if not row["largest_distance_m"] <= TOLERANCE_M[dtype]:
                problems.append(
                    f"{name}, {case}: trajectories {row['largest_distance_m']:.3g} m "
                    f"apart, at most {TOLERANCE_M[dtype]:g} m"
                )
    return problems


def _more_samples(sampled: dict[int, dict[str, Any]]) -> dict[str, float]:
    """Median time of the most samples by that of the fewest, per case."""
    least, most = sampled[min(sampled)], sampled[max(sampled)]
    return {
        case: most[case]["own"]["total"]["p50"] / least[case]["own"]["total"]["p50"]
        for case in least
    }


def _shares(sampled: dict[int, dict[str, Any]]) -> dict[str, dict[str, float]]:
    """Parts that stages have of upstream's way with the fewest samples, and of the released one."""
    stages = sampled[min(sampled)]["unchanged"]["upstream"]
    here = {stage: stages[stage]["p50"] for stage in UPSTREAM_MS}
    return {
        stage: {
            "here": here[stage] / sum(here.values()),
            "released": UPSTREAM_MS[stage] / sum(UPSTREAM_MS.values()),
        }
        for stage in UPSTREAM_MS
    }


def _ideal(
    bench: Bench, device: limits.Device, sampled: dict[int, dict[str, Any]]
) -> dict[str, Any]:
    samples = min(sampled)
    least = limits.ideal_s(bench.networks, bench.prompt, device, samples)
    total_ms = 1e3 * (least["vision"] + least["prefill"] + least["flow"])
    taken = sampled[samples]["unchanged"]["own"]["total"]["p50"]
    return {
        "gb_per_s": device.bytes_per_s / 1e9,
        "tflops": device.flops / 1e12,
        "ms": {key: 1e3 * value for key, value in least.items()},
        "total_ms": total_ms,
        "times_ideal": taken / total_ms,
    }
