# SPDX-License-Identifier: Apache-2.0
"""Random tiny Qwen3-VL models of transformers, and the checkpoints a runtime loads them from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration, Qwen3VLTextModel

VOCABULARY = 300
TRAJECTORY_START, TRAJECTORY_COUNT = 200, 72
IMAGE_PAD = 6

EXPERT = {"hidden_size": 24, "intermediate_size": 40, "num_attention_heads": 4}
ACTION_IN = {"hidden_size": 20, "num_enc_layers": 3, "num_fourier_feats": 10, "max_freq": 50.0}


@dataclass(frozen=True)
class Shape:
    """What differs between the tiny models."""

    seed: int
    layers: int
    heads: int
    kv_heads: int
    head_dim: int
    sections: tuple[int, int, int]
    taps: tuple[int, ...]
    depth: int
    vision_size: int
    positions: int
    tied: bool = False


SHAPES = (
    Shape(1, 4, 4, 2, 16, (4, 2, 2), (0, 1, 2), 3, 32, 64),
    Shape(2, 3, 6, 2, 32, (6, 5, 5), (1, 3), 5, 48, 25, tied=True),
    Shape(3, 2, 8, 1, 12, (2, 2, 2), (0,), 2, 64, 16),
    Shape(4, 3, 2, 2, 16, (3, 3, 2), (0, 2), 3, 32, 36),
)


def qwen(shape: Shape) -> Qwen3VLForConditionalGeneration:
    """A model of transformers with random weights that make every term matter."""
    config = Qwen3VLConfig(
        image_token_id=IMAGE_PAD,
        video_token_id=7,
        vision_start_token_id=3,
        vision_end_token_id=4,
        tie_word_embeddings=shape.tied,
        text_config={
            "vocab_size": VOCABULARY,
            "hidden_size": 40,
            "intermediate_size": 72,
            "num_hidden_layers": shape.layers,
            "num_attention_heads": shape.heads,
            "num_key_value_heads": shape.kv_heads,
            "head_dim": shape.head_dim,
            "rope_theta": 10_000.0,
            "rope_scaling": {
                "mrope_interleaved": True,
                "mrope_section": list(shape.sections),
                "rope_type": "default",
            },
            "tie_word_embeddings": shape.tied,
        },
        vision_config={
            "depth": shape.depth,
            "hidden_size": shape.vision_size,
            "num_heads": 2,
            "intermediate_size": 56,
            "out_hidden_size": 40,
            "num_position_embeddings": shape.positions,
            "deepstack_visual_indexes": list(shape.taps),
        },
    )
    config._attn_implementation = "eager"
    model = Qwen3VLForConditionalGeneration(config).eval()
    _randomise(model, shape.seed)
    return model


def _randomise(model: torch.nn.Module, seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            is_norm = "norm" in name and name.endswith("weight")
            fan_in = parameter[0].numel() if parameter.dim() > 1 else 25
            parameter.copy_(1 + 0.2 * noise if is_norm else noise / fan_in**0.5)


def save_checkpoint(
    folder: Path, model: Qwen3VLForConditionalGeneration, *, r1: bool = False
) -> Path:
    """Write the model with a random expert as a checkpoint of the released layout."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "backbone_config.json").write_text(model.config.to_json_string(use_diff=False))
    (folder / "config.json").write_text(json.dumps(outer_config(r1=r1)))
    save_file(tensors(model, r1=r1), folder / "model.safetensors")
    return folder


def outer_config(*, r1: bool = False) -> dict[str, object]:
    """A config.json as the releases have it."""
    name = "alpamayo_r1" if r1 else "alpamayo1_5"
    return {
        "model_type": name,
        "vlm_name_or_path": "backbone",
        "traj_vocab_size": TRAJECTORY_COUNT,
        "traj_token_start_idx": TRAJECTORY_START,
        "vocab_size": VOCABULARY,
        "add_special_tokens": True,
        "tokens_per_history_traj": 48,
        "tie_word_embeddings": True,
        "traj_tokenizer_cfg": {"_target_": f"{name}.Any", "num_bins": 40},
        "hist_traj_tokenizer_cfg": {
            "_target_": f"{name}.models.delta_tokenizer.DeltaTrajectoryTokenizer",
            "num_bins": 32,
        },
        "diffusion_cfg": {
            "_target_": f"{name}.diffusion.flow_matching.FlowMatching",
            "num_inference_steps": 10,
        },
        "action_space_cfg": {
            "_target_": f"{name}.action_space.UnicycleAccelCurvatureActionSpace",
            "n_waypoints": 64,
        },
        "action_in_proj_cfg": {
            "_target_": f"{name}.models.action_in_proj.PerWaypointActionInProjV2",
            **ACTION_IN,
        },
        "expert_cfg": EXPERT,
    }


def tensors(model: Qwen3VLForConditionalGeneration, *, r1: bool = False) -> dict[str, Tensor]:
    """All tensors of a checkpoint under their upstream names."""
    found = {f"vlm.{name}": value for name, value in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        del found["vlm.lm_head.weight"]
    text = model.config.text_config.to_dict() | EXPERT
    config = type(model.config.text_config)(**text)
    expert = Qwen3VLTextModel(config)
    _randomise(expert, 99)
    found |= {
        f"expert.{name}": value
        for name, value in expert.state_dict().items()
        if not name.startswith("embed_tokens")
    }
    found |= _projections(r1)
    return {name: value.detach().clone().contiguous() for name, value in found.items()}


def _projections(r1: bool) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(7)
    inner, outer, half = ACTION_IN["hidden_size"], EXPERT["hidden_size"], 5
    sizes = [6 * half, *[inner] * ACTION_IN["num_enc_layers"], outer]
    found = {
        "action_in_proj.norm.weight": torch.randn(outer, generator=generator),
        "action_in_proj.norm.bias": torch.randn(outer, generator=generator),
        "action_out_proj.weight": torch.randn(2, outer, generator=generator),
        "action_out_proj.bias": torch.randn(2, generator=generator),
    }
    for number in range(len(sizes) - 1):
        trunk = f"action_in_proj.encoder.trunk.{3 * number}"
        shape = (sizes[number + 1], sizes[number])
        found[f"{trunk}.weight"] = torch.randn(shape, generator=generator) / shape[1] ** 0.5
        found[f"{trunk}.bias"] = torch.randn(shape[0], generator=generator)
        if number:
            norm = f"action_in_proj.encoder.trunk.{3 * number - 1}.weight"
            found[norm] = 1 + 0.2 * torch.randn(inner, generator=generator)
    if r1:
        for name in ("sinus.0", "sinus.1", "timestep_fourier_encoder"):
            found[f"action_in_proj.{name}.freqs"] = torch.linspace(1, 7, half)[None]
    return found


def prompt(shape: Shape, grids: tuple[tuple[int, int, int], ...], batch: int = 1) -> Tensor:
    """Random ids (batch, T) with one run of image pads per grid."""
    generator = torch.Generator().manual_seed(shape.seed)

    def words(count: int) -> Tensor:
        return torch.randint(10, TRAJECTORY_START, (batch, count), generator=generator)

    parts = [words(5)]
    for frames, height, width in grids:
        pads = torch.full((batch, frames * height * width // 4), IMAGE_PAD)
        fence = torch.tensor([[3]]).expand(batch, 1), torch.tensor([[4]]).expand(batch, 1)
        parts += [fence[0], pads, fence[1], words(3)]
    return torch.cat([*parts, words(6)], 1)


def pixels(grids: tuple[tuple[int, int, int], ...], seed: int = 0) -> Tensor:
    """Random pixel values (patches, 1536) for these grids."""
    generator = torch.Generator().manual_seed(seed)
    patches = sum(frames * height * width for frames, height, width in grids)
    return torch.rand(patches, 3 * 2 * 16 * 16, generator=generator) * 2 - 1
