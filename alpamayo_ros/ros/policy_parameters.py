# SPDX-License-Identifier: Apache-2.0
"""Parameters of vla_inference that its policy takes as settings, by the same names."""

from __future__ import annotations

from collections.abc import Mapping

from alpamayo_ros.policy.alpamayo.settings import Settings
from alpamayo_ros.ros.parameters import ParameterSpec, Value

_MODEL = Settings()

POLICY_PARAMETERS = (
    ParameterSpec(
        "seed", 0, "Of the policy's random numbers, where it draws any.", "", 0, 2**31 - 1
    ),
    ParameterSpec(
        "model", _MODEL.model,
        "Checkpoint of the policy alpamayo: a folder, or a model id such as "
        "nvidia/Alpamayo-1.5-10B.",
    ),
    ParameterSpec(
        "tokenizer", _MODEL.tokenizer,
        "Tokenizer of the model: a folder or a model id; empty: the model's own. "
        "Alpamayo 1.5 ships none: Qwen/Qwen3-VL-8B-Instruct has it.",
    ),
    ParameterSpec(
        "device", _MODEL.device, "auto, cpu, cuda or cuda:N; auto takes CUDA where there is one."
    ),
    ParameterSpec(
        "threads", _MODEL.threads,
        "Of torch on the CPU; 0: as many as it likes. With 1 a prediction is the same to the last "
        "bit on any number of cores.",
        "", 0, 1024,
    ),
    ParameterSpec(
        "dtype", _MODEL.dtype, "Of the weights; auto: bfloat16 on CUDA, float32 on the CPU.",
        choices=("auto", "float32", "bfloat16"),
    ),
    ParameterSpec(
        "samples", _MODEL.samples, "Candidates of a prediction, each with a trace of its own.",
        "", 1, 64,
    ),
    ParameterSpec(
        "steps", _MODEL.steps,
        "Of the flow that makes a trajectory; 0: as the checkpoint says; fewer are an "
        "approximation.",
        "", 0, 100,
    ),
    ParameterSpec(
        "reasoning", _MODEL.reasoning,
        "full: traces end by themselves; budget: they are closed when the trajectory would come "
        "later than deadline_s; off: none is written.",
        choices=("full", "budget", "off"),
    ),
    ParameterSpec(
        "deadline_s", _MODEL.deadline_s,
        "When a prediction must be made, after its inputs came (reasoning: budget).",
        "s", 0.0, 60.0,
    ),
    ParameterSpec("temperature", _MODEL.temperature, "Of sampled traces.", "", 0.01, 10.0),
    ParameterSpec(
        "top_p", _MODEL.top_p, "Mass of the tokens that are sampled from.", "", 0.01, 1.0
    ),
    ParameterSpec("greedy", _MODEL.greedy, "The likeliest token always, instead of sampling."),
    ParameterSpec(
        "guidance_weight", _MODEL.guidance_weight,
        "How strongly a route guides the trajectory; 0: not beyond the prompt; released models: 3.",
        "", 0.0, 20.0,
    ),
    ParameterSpec(
        "max_new_tokens", _MODEL.max_new_tokens, "A longer trace is cut.", "", 4, 4096
    ),
    ParameterSpec(
        "speculation", _MODEL.speculation,
        "Guess a trace from the one before and verify it at once: faster, the same result.",
    ),
    ParameterSpec(
        "bitwise", _MODEL.bitwise,
        "Verify guesses in the rounding of the plain loop, to the last bit; off: faster still, the "
        "same within rounding.",
    ),
    ParameterSpec(
        "vision_cache", _MODEL.vision_cache,
        "Keep the features of images that come again in the next tick: faster, the same result.",
    ),
    ParameterSpec(
        "velocity_cache", "",
        "Flow steps (numbers from 0, with commas) that keep the velocity of the step before: an "
        "approximation.",
    ),
    ParameterSpec("fp8", _MODEL.fp8, "Weights in 8 bits, on CUDA: an approximation."),
    ParameterSpec(
        "streaming", _MODEL.streaming,
        "Keep keys and values of images that come again: an approximation.",
    ),
    ParameterSpec(
        "cameras", ",".join(map(str, _MODEL.cameras)),
        "Camera ids to warm up for; other sets of cameras are slower once.",
    ),
    ParameterSpec(
        "image_width", _MODEL.image_width, "Of the images to warm up for.", "px", 32, 8192
    ),
    ParameterSpec(
        "image_height", _MODEL.image_height, "Of the images to warm up for.", "px", 32, 8192
    ),
)  # fmt: skip


def policy_settings(values: Mapping[str, Value]) -> dict[str, Value]:
    """The settings of a policy, from a node's resolved parameters."""
    return {spec.name: values[spec.name] for spec in POLICY_PARAMETERS}
