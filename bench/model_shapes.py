# SPDX-License-Identifier: Apache-2.0
"""What the model benchmark runs: shapes, random weights, a prompt, a drive of random images.

``released``: the 10B models (Qwen3-VL-8B and an expert of 2.3B parameters), 16 images of 576x320,
some 3,100 prompt tokens.

``small``: for a CPU, 70M parameters and 393 prompt tokens, chosen so that the stages of upstream's
way stand to each other as those of the released model do (UPSTREAM_MS): with one thread vision is
some 14 % of their sum (12 there), prefill 22 (25), reasoning 38 (37), flow 26 (26). As there,
vision, prefill and flow are large products, and a token costs reading the weights, 120 MB that no
cache holds. It is not like the released one in that nothing waits for launches, and that with more
threads products get faster while reading does not.

``tiny``: seconds on a CPU, to try the benchmark itself.

Weights are random, but tame: a residual stream led by its embedding (see model_trace), and an
action encoder whose weights fall with the frequency of their feature. Else the flow would amplify
rounding, and no two implementations could be compared.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from alpamayo_ros.policy.alpamayo.checkpoint import placements
from alpamayo_ros.policy.alpamayo.config import QWEN3_VL_8B, ModelConfig, load_config
from alpamayo_ros.policy.alpamayo.images import ImageSettings, grid_of
from alpamayo_ros.policy.alpamayo.inputs import grey_observation
from alpamayo_ros.policy.alpamayo.networks import Networks
from alpamayo_ros.policy.alpamayo.prompt import FRAMES, ImageBlock, Prompt
from alpamayo_ros.types import FRAME_OFFSETS_NS, HISTORY_LENGTH, TICK_NS, CameraPixels, FloatArray

CAMERAS = (0, 1, 2, 6)

UPSTREAM_MS: Mapping[str, float] = {"vision": 88, "prefill": 177, "reasoning": 264, "flow": 187}
"""Stages of upstream's code with the released 1.5 on an RTX PRO 6000, as FlashDrive measured them.
The card reads the backbone, 16 GB, in 9 ms: so its traces had some 25 tokens."""

SPEED = 8.0
"""Of the vehicle that drives straight on [m/s]."""

RESIDUAL_SHARE = 0.5
"""Deviation of what all layers together add to an embedding of deviation 1."""

EXPERT_SHARE = 2.0
"""The same of the expert, which nothing has to lead: what it sees in the cache must matter."""

_INTO_THE_STREAM = (
    "o_proj.weight",
    "down_proj.weight",
    "attn.proj.weight",
    "mlp.linear_fc2.weight",
)
"""Tensors whose products are added to the residual stream."""

_IMAGES_PER_CAMERA = 7
"""Different random images; stamps tell more of them apart."""

_OPENING, _PER_CAMERA, _PER_FRAME, _CLOSING = 27, 4, 3, 27
"""Text tokens of the real prompt: system and user turn, camera's name, frame's number, request."""

_FIRST_WORD, _WORDS = 10, 500
"""Ids that stand for the prompt's text."""


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a model as the configuration files of a checkpoint state them, and of its images."""

    name: str
    backbone: Mapping[str, Any]
    expert: Mapping[str, Any]
    action_in: Mapping[str, Any]
    trajectory_start: int
    trajectory_count: int
    image_height: int
    image_width: int


def _small(
    name: str,
    text: tuple[int, int, int, int, int],
    vision: tuple[int, int, int],
    expert: tuple[int, int],
    image: tuple[int, int],
    words: int,
) -> Shape:
    """text: layers, hidden, KV heads, head size, MLP; vision: depth, hidden, MLP."""
    layers, hidden, kv_heads, head, inner = text
    quarter = head // 16
    backbone = {
        **QWEN3_VL_8B,
        "image_token_id": 6,
        "video_token_id": 7,
        "vision_start_token_id": 3,
        "vision_end_token_id": 4,
        "text_config": {
            **QWEN3_VL_8B["text_config"],
            "num_hidden_layers": layers,
            "hidden_size": hidden,
            "num_attention_heads": 2 * kv_heads,
            "num_key_value_heads": kv_heads,
            "head_dim": head,
            "intermediate_size": inner,
            "rope_scaling": {
                "rope_type": "default",
                "mrope_section": [head // 2 - 4 * quarter, 2 * quarter, 2 * quarter],
                "mrope_interleaved": True,
            },
        },
        "vision_config": {
            **QWEN3_VL_8B["vision_config"],
            "depth": vision[0],
            "hidden_size": vision[1],
            "num_heads": 4,
            "intermediate_size": vision[2],
            "out_hidden_size": hidden,
            "num_position_embeddings": 256,
            "deepstack_visual_indexes": [number * vision[0] // 4 for number in (1, 2, 3)],
        },
    }
    narrow = {
        "hidden_size": expert[0],
        "intermediate_size": expert[1],
        "num_attention_heads": kv_heads,
    }
    action_in = {"hidden_size": expert[0], "num_enc_layers": 4}
    return Shape(name, backbone, narrow, action_in, words, 200, *image)


SHAPES: Mapping[str, Shape] = {
    "released": Shape(
        "released",
        QWEN3_VL_8B,
        {"hidden_size": 2048, "intermediate_size": 8256, "num_attention_heads": 16},
        {},
        151669,
        4000,
        320,
        576,
    ),
    "small": _small("small", (6, 512, 2, 64, 2048), (5, 256, 1024), (384, 1536), (96, 128), 24000),
    "tiny": _small("tiny", (4, 64, 2, 16, 96), (4, 32, 48), (32, 64), (64, 96), 2400),
}


def config_of(shape: Shape) -> ModelConfig:
    """The configuration, read as that of a checkpoint is."""
    tokens = shape.trajectory_start + shape.trajectory_count
    outer = {
        "model_type": "alpamayo1_5",
        "vlm_name_or_path": "backbone",
        "traj_vocab_size": shape.trajectory_count,
        "traj_token_start_idx": shape.trajectory_start,
        "vocab_size": tokens + 28,
        "add_special_tokens": True,
        "tokens_per_history_traj": 3 * HISTORY_LENGTH,
        "traj_tokenizer_cfg": {"num_bins": shape.trajectory_count * 3 // 4},
        "hist_traj_tokenizer_cfg": {"num_bins": shape.trajectory_count // 4},
        "diffusion_cfg": {"num_inference_steps": 10},
        "action_space_cfg": {
            "accel_mean": 0.02903,
            "accel_std": 0.68104,
            "curvature_mean": 0.000269,
            "curvature_std": 0.026148,
        },
        "action_in_proj_cfg": dict(shape.action_in),
        "expert_cfg": dict(shape.expert),
        "min_pixels": shape.image_height * shape.image_width,
        "max_pixels": shape.image_height * shape.image_width,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "config.json").write_text(json.dumps(outer))
        (folder / "backbone_config.json").write_text(json.dumps(dict(shape.backbone)))
        return load_config(folder)


@torch.no_grad()
def random_networks(shape: Shape, device: torch.device, dtype: torch.dtype) -> Networks:
    """The networks with random weights, drawn on the device."""
    networks = Networks(config_of(shape), device, dtype)
    generator = torch.Generator(device).manual_seed(1)
    for placed in placements(networks):
        if not placed.optional:
            # in the weights' precision: norms kept in float32 then hold what a checkpoint would
            noise = torch.empty(placed.shape, device=device, dtype=dtype)
            noise.normal_(generator=generator)
            placed.rows(slice(None)).copy_(_scaled(placed.name, noise, networks.config))
    return networks


def _scaled(name: str, noise: torch.Tensor, config: ModelConfig) -> torch.Tensor:
    """Noise of deviation 1 at the scale of the tensor of this name."""
    if "norm" in name and name.endswith("weight"):
        return noise.mul_(0.1).add_(1.0)
    if name.endswith(".bias"):
        return noise.mul_(0.02)
    if name.endswith("embed_tokens.weight"):
        return noise
    noise.mul_(noise[0].numel() ** -0.5)
    if name.endswith(_INTO_THE_STREAM) and "merger" not in name:
        layers = config.vision.depth if "visual" in name else config.text.layers
        share = EXPERT_SHARE if name.startswith("expert") else RESIDUAL_SHARE
        return noise.mul_(share * layers**-0.5)
    if name == "action_in_proj.encoder.trunk.0.weight":
        half = config.action_in.fourier_features // 2
        spaced = torch.logspace(0, np.log10(config.action_in.max_frequency), half)
        return noise.div_(spaced.square().repeat(6).to(noise))
    return noise


@dataclass(frozen=True, slots=True)
class Inputs:
    """Of one tick: the cameras, sorted by id, and the motion of the vehicle."""

    cameras: tuple[CameraPixels, ...]
    positions: FloatArray
    rotations: FloatArray


class Drive:
    """A drive straight on: each tick every camera has one new image, and the three before."""

    def __init__(self, shape: Shape, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        size = (_IMAGES_PER_CAMERA, shape.image_height, shape.image_width, 3)
        self._images: dict[int, NDArray[np.uint8]] = {
            camera: rng.integers(0, 256, size, dtype=np.uint8) for camera in CAMERAS
        }
        self._roles = grey_observation(CAMERAS, 32, 32).cameras
        back = np.arange(1 - HISTORY_LENGTH, 1) * TICK_NS * 1e-9
        self._positions = np.stack([SPEED * back, 0 * back, 0 * back], axis=-1)
        self._rotations = np.tile(np.eye(3), (HISTORY_LENGTH, 1, 1))

    def tick(self, number: int) -> Inputs:
        """Inputs of a tick."""
        t0_ns = 1_700_000_000_000_000_000 + number * TICK_NS
        older, old, last, now = (t0_ns + offset for offset in FRAME_OFFSETS_NS)
        numbers = [(number + frame) % _IMAGES_PER_CAMERA for frame in range(FRAMES)]
        cameras = []
        for camera in self._roles:
            images = self._images[camera.camera_id]
            first, second, third, fourth = (images[index] for index in numbers)
            cameras.append(
                CameraPixels(
                    camera.camera_id,
                    camera.role,
                    (older, old, last, now),
                    (first, second, third, fourth),
                )
            )
        return Inputs(tuple(cameras), self._positions, self._rotations)


def random_prompt(config: ModelConfig, shape: Shape, seed: int = 0) -> Prompt:
    """A prompt laid out as the driving prompt is, its text of random words."""
    rng = np.random.default_rng(seed)
    special, vocabulary = config.vocabulary.special, config.vocabulary
    grid = grid_of(shape.image_height, shape.image_width, ImageSettings.of(config))
    merge = config.vision.merge_size
    rows, columns = grid[1] // merge, grid[2] // merge
    ids: list[int] = []
    images: list[ImageBlock] = []

    def say(count: int) -> None:
        ids.extend(rng.integers(_FIRST_WORD, _FIRST_WORD + _WORDS, count).tolist())

    say(_OPENING)
    for camera in CAMERAS:
        say(_PER_CAMERA)
        for frame in range(FRAMES):
            say(_PER_FRAME)
            ids.append(vocabulary.vision_start)
            images.append(ImageBlock(camera, frame, len(ids), rows * columns))
            ids.extend([vocabulary.image_pad] * (rows * columns))
            ids.append(vocabulary.vision_end)
    ids.append(special["traj_history_start"])
    history = (len(ids), len(ids) + config.history.tokens)
    ids.extend([special["traj_history"]] * config.history.tokens)
    ids.append(special["traj_history_end"])
    say(_CLOSING)
    ids.append(special["cot_start"])
    positions = _positions(len(ids), images, rows, columns)
    slots = torch.cat([torch.arange(i.first, i.first + i.tokens) for i in images])
    delta = int(positions.max()) + 1 - len(ids)
    return Prompt(tuple(ids), positions[:, None], delta, slots, tuple(images), history)


def _positions(length: int, images: list[ImageBlock], rows: int, columns: int) -> torch.Tensor:
    """M-RoPE positions (3, T): an image counts as its longer side."""
    within = torch.tensor([(0, row, column) for row in range(rows) for column in range(columns)]).T
    positions = torch.arange(length).repeat(3, 1)
    for image in images:
        stop = image.first + image.tokens
        positions[:, stop:] -= image.tokens - max(rows, columns)
        positions[:, image.first : stop] = positions[:, image.first : image.first + 1] + within
    return positions
