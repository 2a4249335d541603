# SPDX-License-Identifier: Apache-2.0
"""The same tick the upstream way, over transformers, with the very same weights in memory.

As the upstream code does it: every image of every tick is preprocessed and encoded; for n samples
the prompt and its images are expanded n times before the prefill; transformers' ``generate`` with
a dynamic cache, trajectory tokens masked by a logits processor, temperature and top-p, all logits
kept, stopped one token behind the trajectory's start token; then ten Euler steps, each through a
Qwen3-VL text model as expert that appends its 64 tokens to the cache, which is cropped again;
bfloat16 under autocast, float32 on a CPU. Attention is torch's fused one (flash-attn is no
dependency here).

Kinder to it than upstream is: its images are preprocessed by our code, where upstream resizes
them on the CPU, and the trajectories are rolled out by ours.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    Qwen3VLConfig,
    Qwen3VLForConditionalGeneration,
    Qwen3VLTextModel,
    StoppingCriteria,
    StoppingCriteriaList,
)
from transformers.models.qwen3_vl.configuration_qwen3_vl import Qwen3VLTextConfig
from transformers.models.qwen3_vl.modeling_qwen3_vl import (
    Qwen3VLTextRMSNorm,
    Qwen3VLVisionRotaryEmbedding,
)

from alpamayo_ros.policy.alpamayo.actions import ActionSpace
from alpamayo_ros.policy.alpamayo.checkpoint import placements
from alpamayo_ros.policy.alpamayo.config import ActionInConfig, DecoderConfig, ModelConfig
from alpamayo_ros.policy.alpamayo.history import history_ids
from alpamayo_ros.policy.alpamayo.images import ImageSettings, Preprocessor
from alpamayo_ros.policy.alpamayo.networks import Networks
from alpamayo_ros.policy.alpamayo.pace import Stopwatch
from alpamayo_ros.policy.alpamayo.prompt import Prompt
from bench.model_shapes import Inputs
from bench.model_tick import Outcome, finish
from bench.model_trace import Traces

_PAD = 0


class UpstreamWay:
    """Models of transformers whose parameters are views of the networks' own."""

    def __init__(
        self,
        networks: Networks,
        prompt: Prompt,
        samples: int,
        max_new_tokens: int,
        *,
        greedy: bool = False,
    ) -> None:
        config = networks.config
        self._config = config
        self._device, self._dtype = networks.device, networks.dtype
        self._prompt = prompt
        self._samples = samples
        self._choice: dict[str, Any] = {"do_sample": True, "temperature": 0.6, "top_p": 0.98}
        if greedy:
            self._choice = {"do_sample": False, "temperature": None, "top_p": None}
        self._max_new_tokens = max_new_tokens
        self._watch = Stopwatch(networks.device, time.perf_counter)
        self._preprocess = Preprocessor(ImageSettings.of(config), networks.device, networks.dtype)
        self._actions = ActionSpace(config.action_space)
        weights = _weights(networks)
        self._model = _language_model(config, weights, networks)
        self._expert = _expert(config, weights, networks)
        self._action_in = _WaypointEncoder(config.action_in, config.expert.hidden_size)
        self._action_out = nn.Linear(config.expert.hidden_size, 2)
        _assign(self._action_in, _under(weights, "action_in_proj."))
        _assign(self._action_out, _under(weights, "action_out_proj."))
        self._action_in.to(networks.device)

    @torch.no_grad()
    def tick(self, inputs: Inputs, noise: Tensor, traces: Traces) -> Outcome:
        """From the images of a tick to its trajectories; sample k begins its trace as told."""
        began_s = time.process_time()
        self._watch.start()
        speed = self._actions.initial_speed(inputs.positions, inputs.rotations)
        history = history_ids(inputs.positions, self._config.history)
        ids = torch.tensor([self._prompt.with_history(history).ids], device=self._device)
        batch = self._preprocess([image for camera in inputs.cameras for image in camera.images])
        grids = torch.tensor(batch.grids, device=self._device)
        data = copy.deepcopy(
            {
                "pixel_values": batch.pixel_values,
                "image_grid_thw": grids,
                "attention_mask": torch.ones_like(ids),
            }
        )
        self._watch.mark("preprocess")
        autocast: Any = nullcontext()
        if self._dtype != torch.float32:
            autocast = torch.autocast(self._device.type, dtype=self._dtype)
        with autocast:
            output = self._generate(ids, data, traces)
            self._watch.mark("reasoning")
            actions = self._flow(output, ids.shape[1], noise.to(self._device))
        drawn = actions.float().cpu().numpy()
        self._watch.mark("flow")
        positions = self._actions.rollout(drawn, speed).positions
        finish(self._device)
        self._watch.mark("post")
        generated = tuple(self._ended(row) for row in output.sequences[:, ids.shape[1] :].tolist())
        return Outcome(
            generated,
            np.asarray(positions),
            self._watch.read(),
            cpu_s=time.process_time() - began_s,
        )

    def _generate(self, ids: Tensor, data: dict[str, Tensor], traces: Traces) -> Any:
        vocabulary = self._config.vocabulary
        forbidden = slice(
            vocabulary.trajectory_start, vocabulary.trajectory_start + vocabulary.trajectory_count
        )
        firsts = torch.tensor([trace[0] for trace in traces], device=self._device)
        processors = LogitsProcessorList([_Forbid(forbidden), _Begin(ids.shape[1], firsts)])
        stop = _OneBehind(vocabulary.special["traj_future_start"], ids.shape[1])
        generate: Any = self._model.generate
        with self._stages():
            return generate(
                input_ids=ids,
                generation_config=GenerationConfig(
                    **self._choice,
                    top_k=None,
                    num_return_sequences=self._samples,
                    max_new_tokens=self._max_new_tokens,
                    output_logits=True,
                    return_dict_in_generate=True,
                    pad_token_id=_PAD,
                ),
                stopping_criteria=StoppingCriteriaList([stop]),
                logits_processor=processors,
                **data,
            )

    @contextmanager
    def _stages(self) -> Iterator[None]:
        """Mark the ends of vision and prefill, which happen within ``generate``."""
        marked: set[str] = set()

        def mark(name: str) -> Any:
            def hook(*_: object) -> None:
                if name not in marked:
                    marked.add(name)
                    self._watch.mark(name)

            return hook

        model = self._model.model
        hooks = [
            model.visual.register_forward_hook(mark("vision")),
            model.language_model.register_forward_hook(mark("prefill")),
        ]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def _flow(self, output: Any, prompt_tokens: int, noise: Tensor) -> Tensor:
        cache = output.past_key_values
        length = cache.get_seq_length()
        behind = self._behind_start(output.sequences, prompt_tokens)
        deltas = self._model.model.rope_deltas
        count = noise.shape[1]
        positions = torch.arange(count, device=self._device) + deltas + behind[:, None]
        slots = torch.arange(length + count, device=self._device)
        hidden = (slots >= behind[:, None]) & (slots < length)
        mask = torch.zeros(len(noise), 1, count, length + count, device=self._device)
        mask.masked_fill_(hidden[:, None, None], torch.finfo(mask.dtype).min)
        steps = self._config.flow.steps
        times = torch.linspace(0.0, 1.0, steps + 1, device=self._device)
        x = noise
        for step in range(steps):
            embedded = self._action_in(x, times[step].expand(len(x)))
            states = self._expert(
                inputs_embeds=embedded,
                position_ids=positions.expand(3, -1, -1),
                past_key_values=cache,
                attention_mask=mask,
                use_cache=True,
                is_causal=False,
            ).last_hidden_state
            cache.crop(length)
            x = x + (times[step + 1] - times[step]) * self._action_out(states)
        return x

    def _behind_start(self, sequences: Tensor, prompt_tokens: int) -> Tensor:
        """Per sample the place behind the start token, or behind the last one."""
        found = sequences[:, prompt_tokens:] == self._config.vocabulary.special["traj_future_start"]
        last = sequences.shape[1] - prompt_tokens - 1
        place = torch.where(found.any(1), found.int().argmax(1), last)
        return place + prompt_tokens + 1

    def _ended(self, row: list[int]) -> tuple[int, ...]:
        start = self._config.vocabulary.special["traj_future_start"]
        return tuple(row[: row.index(start) + 1] if start in row else row)


class _Forbid(LogitsProcessor):
    def __init__(self, forbidden: slice) -> None:
        self._forbidden = forbidden

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        scores[:, self._forbidden] = float("-inf")
        return scores


class _Begin(LogitsProcessor):
    """Of the first tokens of all traces leaves each sample its own."""

    def __init__(self, prompt_tokens: int, firsts: Tensor) -> None:
        self._prompt_tokens = prompt_tokens
        self._firsts = firsts

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        if input_ids.shape[1] == self._prompt_tokens:
            own = scores.gather(1, self._firsts[:, None])
            scores[:, self._firsts] = float("-inf")
            scores.scatter_(1, self._firsts[:, None], own)
        return scores


class _OneBehind(StoppingCriteria):
    """Stop when every sample has chosen one token after its start token."""

    def __init__(self, start: int, prompt_tokens: int) -> None:
        self._start = start
        self._prompt_tokens = prompt_tokens

    def __call__(self, input_ids: Tensor, scores: Any, **_: Any) -> Tensor:
        before = input_ids[:, self._prompt_tokens : -1] == self._start
        done: Tensor = before.any(1).all().expand(len(input_ids))
        return done


class _Fourier(nn.Module):
    def __init__(self, size: int, max_frequency: float) -> None:
        super().__init__()
        self.register_buffer("freqs", torch.logspace(0, np.log10(max_frequency), size // 2)[None])

    def forward(self, x: Tensor) -> Tensor:
        angle = x[..., None] * cast("Tensor", self.freqs) * 2 * torch.pi
        return torch.cat([angle.sin(), angle.cos()], -1) * 2**0.5


class _WaypointEncoder(nn.Module):
    """Waypoints and the flow time to embeddings, module by module, eager."""

    def __init__(self, config: ActionInConfig, outputs: int) -> None:
        super().__init__()
        features, hidden = config.fourier_features, config.hidden_size
        self.sinus = nn.ModuleList(_Fourier(features, config.max_frequency) for _ in range(2))
        self.timestep_fourier_encoder = _Fourier(features, config.max_frequency)
        trunk: list[nn.Module] = [nn.Linear(3 * 2 * (features // 2), hidden), nn.SiLU()]
        for _ in range(config.layers - 1):
            norm = Qwen3VLTextRMSNorm(hidden, eps=1e-5)
            trunk += [norm, nn.Linear(hidden, hidden), nn.SiLU()]
        trunk += [Qwen3VLTextRMSNorm(hidden, eps=1e-5), nn.Linear(hidden, outputs)]
        self.encoder = nn.ModuleDict({"trunk": nn.Sequential(*trunk)})
        self.norm = nn.LayerNorm(outputs)

    def forward(self, x: Tensor, times: Tensor) -> Tensor:
        parts = [encode(x[..., index]) for index, encode in enumerate(self.sinus)]
        time_part = self.timestep_fourier_encoder(times)[:, None].repeat(1, x.shape[1], 1)
        hidden: Tensor = self.norm(self.encoder["trunk"](torch.cat([*parts, time_part], -1)))
        return hidden


def _weights(networks: Networks) -> dict[str, Tensor]:
    """Every tensor by its name in a checkpoint, a view of where the networks keep it.

    Norms that our networks hold in float32 are rounded to the weights' precision, as upstream's.
    """
    found = {}
    for placed in placements(networks):
        target = placed.target
        same_size = target.numel() == torch.Size(placed.shape).numel()
        value = target.view(placed.shape) if same_size else target[0]
        found[placed.name] = value.to(networks.dtype)
    return found


def _under(weights: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {
        name.removeprefix(prefix): value
        for name, value in weights.items()
        if name.startswith(prefix)
    }


def _assign(module: nn.Module, weights: dict[str, Tensor]) -> None:
    """Make these tensors the module's parameters, without a copy."""
    module.load_state_dict(weights, strict=True, assign=True)
    module.requires_grad_(False).eval()


def _text_settings(decoder: DecoderConfig, vocabulary: int) -> dict[str, Any]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": decoder.hidden_size,
        "intermediate_size": decoder.intermediate_size,
        "num_hidden_layers": decoder.layers,
        "num_attention_heads": decoder.heads,
        "num_key_value_heads": decoder.kv_heads,
        "head_dim": decoder.head_dim,
        "rms_norm_eps": decoder.rms_norm_eps,
        "rope_theta": decoder.rope_theta,
        "rope_scaling": {
            "rope_type": "default",
            "mrope_section": list(decoder.mrope_sections),
            "mrope_interleaved": True,
        },
    }


def _language_model(
    config: ModelConfig, weights: dict[str, Tensor], networks: Networks
) -> Qwen3VLForConditionalGeneration:
    vision, vocabulary = config.vision, config.vocabulary
    settings = Qwen3VLConfig(
        image_token_id=vocabulary.image_pad,
        video_token_id=vocabulary.video_pad,
        vision_start_token_id=vocabulary.vision_start,
        vision_end_token_id=vocabulary.vision_end,
        tie_word_embeddings=config.tied_embeddings,
        text_config=_text_settings(config.text, vocabulary.size),
        vision_config={
            "depth": vision.depth,
            "hidden_size": vision.hidden_size,
            "num_heads": vision.heads,
            "intermediate_size": vision.intermediate_size,
            "out_hidden_size": vision.out_hidden_size,
            "num_position_embeddings": vision.position_embeddings,
            "deepstack_visual_indexes": list(vision.deepstack_layers),
            "patch_size": vision.patch_size,
            "temporal_patch_size": vision.temporal_patch_size,
            "spatial_merge_size": vision.merge_size,
        },
    )
    settings._attn_implementation = "sdpa"
    with torch.device("meta"):
        model = Qwen3VLForConditionalGeneration(settings)
    _assign(model, _under(weights, "vlm."))
    # tables that are computed and not stored did not come with the weights
    language = model.model.language_model
    language.rotary_emb = type(language.rotary_emb)(settings.text_config, networks.device)
    head = vision.hidden_size // vision.heads
    rotary = Qwen3VLVisionRotaryEmbedding(head // 2).to(networks.device)
    model.model.visual.rotary_pos_emb = rotary
    model.generation_config = GenerationConfig(pad_token_id=_PAD)
    return model


def _expert(
    config: ModelConfig, weights: dict[str, Tensor], networks: Networks
) -> Qwen3VLTextModel:
    settings = Qwen3VLTextConfig(**_text_settings(config.expert, config.vocabulary.size))
    settings._attn_implementation = "sdpa"
    with torch.device("meta"):
        model = Qwen3VLTextModel(settings)
    del model.embed_tokens
    _assign(model, _under(weights, "expert."))
    model.rotary_emb = type(model.rotary_emb)(settings, networks.device)
    return model
