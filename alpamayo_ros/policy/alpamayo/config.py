# SPDX-License-Identifier: Apache-2.0
"""What a checkpoint says about its networks: shapes, vocabulary layout, flow and action space."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from alpamayo_ros.types import ConfigurationError

Family = Literal["r1", "1.5"]

FAMILIES: Mapping[str, Family] = {"alpamayo_r1": "r1", "alpamayo1_5": "1.5"}

SPECIAL_TOKENS = (
    "prompt_start",
    "prompt_end",
    "image_start",
    "_padding_0",
    "image_end",
    "traj_history_start",
    "_padding_1",
    "traj_history_end",
    "cot_start",
    "cot_end",
    "_padding_2",
    "_padding_3",
    "traj_future_start",
    "_padding_4",
    "traj_future_end",
    "traj_history",
    "traj_future",
    "image_pad",
    "_padding_5",
    "_padding_6",
    "_padding_7",
    "_padding_8",
    "route_start",
    "route_pad",
    "route_end",
    "question_start",
    "question_end",
    "answer_start",
    "answer_end",
)
"""Order in which the extension follows the trajectory tokens; image_pad is Qwen3-VL's own."""

R1_SPECIAL_NAMES: Mapping[str, str] = {
    "_padding_0": "image_pre_tkn",
    "_padding_1": "traj_history_pre_tkn",
    "_padding_2": "meta_action_start",
    "_padding_3": "meta_action_end",
    "_padding_4": "traj_future_pre_tkn",
    "_padding_5": "vectorized_wm",
    "_padding_6": "vectorized_wm_start",
    "_padding_7": "vectorized_wm_end",
    "_padding_8": "vectorized_wm_pre_tkn",
}
"""The same rows of the vocabulary under the names Alpamayo R1 gives them."""

TRAJECTORY_TOKENS = {
    "history": "traj_history",
    "future": "traj_future",
    "history_start": "traj_history_start",
    "future_start": "traj_future_start",
    "history_end": "traj_history_end",
    "future_end": "traj_future_end",
}
"""Keys of ``traj_token_ids`` in config.json, in the order of the short extension."""


class UnsupportedModel(ConfigurationError):
    """A configuration this runtime has no networks for."""


class VocabularyMismatch(ConfigurationError):
    """The vocabulary extension is not where the documented layout puts it."""


@dataclass(frozen=True, slots=True)
class VisionConfig:
    """Qwen3-VL's vision tower; ``deepstack_layers`` are the blocks whose outputs are tapped."""

    depth: int
    hidden_size: int
    heads: int
    intermediate_size: int
    out_hidden_size: int
    position_embeddings: int
    deepstack_layers: tuple[int, ...]
    patch_size: int = 16
    temporal_patch_size: int = 2
    merge_size: int = 2
    channels: int = 3

    @property
    def patch_values(self) -> int:
        """Numbers in one patch of the image processor's output."""
        return self.channels * self.temporal_patch_size * self.patch_size**2


@dataclass(frozen=True, slots=True)
class DecoderConfig:
    """A stack of Qwen3 decoder layers: the text model, or the action expert."""

    layers: int
    hidden_size: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate_size: int
    mrope_sections: tuple[int, int, int]
    rms_norm_eps: float = 1e-6
    rope_theta: float = 5e6


@dataclass(frozen=True, slots=True)
class ActionInConfig:
    """Encoder of one waypoint's noisy action and the flow time."""

    hidden_size: int = 1024
    layers: int = 4
    fourier_features: int = 20
    max_frequency: float = 100.0


@dataclass(frozen=True, slots=True)
class FlowConfig:
    """Euler integration of the flow from t = 0 (noise) to 1 (action)."""

    steps: int = 10
    guidance_weight: float = 1.0


@dataclass(frozen=True, slots=True)
class ActionSpaceConfig:
    """Unicycle: acceleration [m/s^2] and curvature [1/m] at ``waypoints`` steps of ``dt`` [s].

    The lambdas and ridges weigh the Tikhonov fits that turn positions into motion.
    """

    waypoints: int = 64
    dt: float = 0.1
    accel_mean: float = 0.0
    accel_std: float = 1.0
    curvature_mean: float = 0.0
    curvature_std: float = 1.0
    v_lambda: float = 1e-6
    v_ridge: float = 1e-4


@dataclass(frozen=True, slots=True)
class HistoryConfig:
    """Position steps [m] as tokens: ``bins`` over minimum..maximum, ids from ``first_id``."""

    bins: int
    minimum: tuple[float, float, float]
    maximum: tuple[float, float, float]
    tokens: int
    first_id: int


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Where everything lies in the rows of the embedding.

    ``special`` maps a name of the extension (without ``<|`` and ``|>``) to its id;
    ``trajectory_start`` is the id of ``<i0>``, ``trajectory_count`` the number of ``<iN>``.
    """

    size: int
    trajectory_start: int
    trajectory_count: int
    image_pad: int
    video_pad: int
    vision_start: int
    vision_end: int
    special: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """Everything config.json and the backbone's configuration say.

    ``tied_embeddings``: the output head is the embedding itself (of the backbone, not of the
    outer configuration, whose flag upstream delegates). ``end_of_turn``: the token after which the
    backbone writes nothing more, if it is told of one.
    """

    family: Family
    vision: VisionConfig
    text: DecoderConfig
    expert: DecoderConfig
    action_in: ActionInConfig
    flow: FlowConfig
    action_space: ActionSpaceConfig
    history: HistoryConfig
    vocabulary: Vocabulary
    tied_embeddings: bool
    backbone: str
    min_pixels: int
    max_pixels: int
    end_of_turn: int | None = None


QWEN3_VL_8B: Mapping[str, Any] = {
    "image_token_id": 151655,
    "video_token_id": 151656,
    "vision_start_token_id": 151652,
    "vision_end_token_id": 151653,
    "tie_word_embeddings": False,
    "text_config": {
        "eos_token_id": 151645,
        "num_hidden_layers": 36,
        "hidden_size": 4096,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "head_dim": 128,
        "intermediate_size": 12288,
        "rms_norm_eps": 1e-6,
        "rope_theta": 5e6,
        "rope_scaling": {
            "rope_type": "default",
            "mrope_section": [24, 20, 20],
            "mrope_interleaved": True,
        },
    },
    "vision_config": {
        "depth": 27,
        "hidden_size": 1152,
        "num_heads": 16,
        "intermediate_size": 4304,
        "out_hidden_size": 4096,
        "num_position_embeddings": 2304,
        "deepstack_visual_indexes": [8, 16, 24],
        "patch_size": 16,
        "temporal_patch_size": 2,
        "spatial_merge_size": 2,
        "in_channels": 3,
    },
}
"""The published configuration of Qwen3-VL-8B, which Cosmos-Reason2-8B shares."""

KNOWN_BACKBONES = ("qwen3-vl-8b", "cosmos-reason2-8b", "cosmos-reason-8b")
"""Last part of the names (without a suffix such as -Instruct) that have this shape."""

MIN_PIXELS, MAX_PIXELS = 163840, 196608
"""Bounds of an image's pixels in the released models' processor."""

BASE_VOCABULARY = 151669
"""Tokens of the Qwen3-VL tokenizer, to which the extension is appended."""


def load_config(folder: Path) -> ModelConfig:
    """Configuration of the checkpoint in ``folder``.

    The backbone's shape comes from ``backbone_config.json`` there, from ``config.json`` in the
    folder that ``vlm_name_or_path`` names, or is known by that name.

    Raises:
        UnsupportedModel: no config.json, another model, a value missing or of the wrong kind, or
            a backbone of unknown shape.
        VocabularyMismatch: the token ids are not those of the documented layout.
    """
    raw = _read(folder / "config.json")
    try:
        return _parse(folder, raw)
    except (KeyError, TypeError, ValueError) as error:
        raise UnsupportedModel(f"{folder / 'config.json'} or its backbone: {error!r}") from error


def _parse(folder: Path, raw: Mapping[str, Any]) -> ModelConfig:
    model_type = raw.get("model_type", "")
    if model_type not in FAMILIES:
        raise UnsupportedModel(f"model_type '{model_type}' is none of {', '.join(FAMILIES)}")
    backbone = _backbone(folder, str(raw.get("vlm_name_or_path", "")))
    text = _decoder(backbone["text_config"])
    vocabulary = _vocabulary(FAMILIES[model_type], raw, backbone)
    minimum, maximum = _pixel_bounds(folder, raw)
    return ModelConfig(
        family=FAMILIES[model_type],
        vision=_vision(backbone["vision_config"]),
        text=text,
        expert=_expert(text, backbone["text_config"], raw.get("expert_cfg") or {}),
        action_in=_action_in(raw.get("action_in_proj_cfg") or {}),
        flow=_flow(raw.get("diffusion_cfg") or {}),
        action_space=_action_space(raw.get("action_space_cfg") or {}),
        history=_history(raw, vocabulary),
        vocabulary=vocabulary,
        tied_embeddings=bool(backbone.get("tie_word_embeddings", False)),
        backbone=str(raw.get("vlm_name_or_path", "")),
        min_pixels=minimum,
        max_pixels=maximum,
        end_of_turn=_end_of_turn(backbone["text_config"]),
    )


def _end_of_turn(text: Mapping[str, Any]) -> int | None:
    token = text.get("eos_token_id")
    return None if token is None else int(token)


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UnsupportedModel(f"{path} is not readable: {error}") from error
    if not isinstance(content, dict):
        raise UnsupportedModel(f"{path} holds no JSON object")
    return content


def _backbone(folder: Path, name: str) -> Mapping[str, Any]:
    candidates = [folder / "backbone_config.json"]
    if name:
        candidates += [folder / name / "config.json", Path(name) / "config.json"]
    for path in candidates:
        if path.is_file():
            return _read(path)
    tail = name.rsplit("/", 1)[-1].lower()
    if any(tail == known or tail.startswith(known + "-") for known in KNOWN_BACKBONES):
        return QWEN3_VL_8B
    raise UnsupportedModel(
        f"shape of backbone '{name}' unknown: neither {folder / 'backbone_config.json'} "
        f"nor a name among {', '.join(KNOWN_BACKBONES)}"
    )


def _vision(raw: Mapping[str, Any]) -> VisionConfig:
    if raw.get("hidden_act", "gelu_pytorch_tanh") != "gelu_pytorch_tanh":
        raise UnsupportedModel(f"vision activation '{raw['hidden_act']}', not gelu_pytorch_tanh")
    return VisionConfig(
        depth=int(raw["depth"]),
        hidden_size=int(raw["hidden_size"]),
        heads=int(raw["num_heads"]),
        intermediate_size=int(raw["intermediate_size"]),
        out_hidden_size=int(raw["out_hidden_size"]),
        position_embeddings=int(raw["num_position_embeddings"]),
        deepstack_layers=tuple(raw["deepstack_visual_indexes"]),
        patch_size=int(raw.get("patch_size", 16)),
        temporal_patch_size=int(raw.get("temporal_patch_size", 2)),
        merge_size=int(raw.get("spatial_merge_size", 2)),
        channels=int(raw.get("in_channels", 3)),
    )


def _decoder(raw: Mapping[str, Any]) -> DecoderConfig:
    scaling = raw.get("rope_scaling") or {}
    if raw.get("attention_bias", False) or raw.get("hidden_act", "silu") != "silu":
        raise UnsupportedModel("decoder with attention bias or an activation other than SiLU")
    if scaling.get("rope_type", scaling.get("type", "default")) not in ("default", "mrope"):
        raise UnsupportedModel(f"RoPE scaling '{scaling['rope_type']}', not 'default'")
    heads = int(raw["num_attention_heads"])
    return DecoderConfig(
        layers=int(raw["num_hidden_layers"]),
        hidden_size=int(raw["hidden_size"]),
        heads=heads,
        kv_heads=int(raw["num_key_value_heads"]),
        head_dim=int(raw.get("head_dim") or raw["hidden_size"] // heads),
        intermediate_size=int(raw["intermediate_size"]),
        mrope_sections=tuple(scaling.get("mrope_section", (24, 20, 20))),
        rms_norm_eps=float(raw.get("rms_norm_eps", 1e-6)),
        rope_theta=float(raw.get("rope_theta", 5e6)),
    )


def _expert(
    text: DecoderConfig, backbone: Mapping[str, Any], overrides: Mapping[str, Any]
) -> DecoderConfig:
    expert = _decoder({**backbone, **overrides})
    shared = ("layers", "kv_heads", "head_dim")
    if any(getattr(expert, name) != getattr(text, name) for name in shared):
        raise UnsupportedModel(
            f"expert has {expert.layers} layers, {expert.kv_heads} KV heads of {expert.head_dim}; "
            f"the backbone's cache has {text.layers}, {text.kv_heads} of {text.head_dim}"
        )
    return expert


def _named(raw: Mapping[str, Any], key: str, kind: str) -> str:
    """Class name at the end of a ``_target_``; another class than ``kind`` is not supported."""
    name = str(raw.get("_target_", kind)).rsplit(".", 1)[-1]
    if name != kind:
        raise UnsupportedModel(f"{key} is a {name}, supported is {kind}")
    return name


def _action_in(raw: Mapping[str, Any]) -> ActionInConfig:
    _named(raw, "action_in_proj_cfg", "PerWaypointActionInProjV2")
    default = ActionInConfig()
    return ActionInConfig(
        hidden_size=int(raw.get("hidden_size", default.hidden_size)),
        layers=int(raw.get("num_enc_layers", default.layers)),
        fourier_features=int(raw.get("num_fourier_feats", default.fourier_features)),
        max_frequency=float(raw.get("max_freq", default.max_frequency)),
    )


def _flow(raw: Mapping[str, Any]) -> FlowConfig:
    _named(raw, "diffusion_cfg", "FlowMatching")
    if raw.get("int_method", "euler") != "euler":
        raise UnsupportedModel(f"integration method '{raw['int_method']}', supported is euler")
    return FlowConfig(
        steps=int(raw.get("num_inference_steps", 10)),
        guidance_weight=float(raw.get("inference_guidance_weight", 1.0)),
    )


def _action_space(raw: Mapping[str, Any]) -> ActionSpaceConfig:
    _named(raw, "action_space_cfg", "UnicycleAccelCurvatureActionSpace")
    fields = set(ActionSpaceConfig.__dataclass_fields__)
    values = {key: value for key, value in raw.items() if key in fields}
    if "n_waypoints" in raw:
        values["waypoints"] = raw["n_waypoints"]
    return replace(ActionSpaceConfig(), **values)


def _history(raw: Mapping[str, Any], vocabulary: Vocabulary) -> HistoryConfig:
    """The history tokenizer's bins follow those of the future's tokenizer, if there is one."""
    history = raw.get("hist_traj_tokenizer_cfg")
    if not history:
        raise UnsupportedModel("config.json has no hist_traj_tokenizer_cfg")
    _named(history, "hist_traj_tokenizer_cfg", "DeltaTrajectoryTokenizer")
    if history.get("predict_yaw", False):
        raise UnsupportedModel("history tokens with yaw are not supported")
    future = raw.get("traj_tokenizer_cfg") or {}
    first_id = vocabulary.trajectory_start + int(future.get("num_bins", 0))
    bins = int(history.get("num_bins", 1000))
    end = vocabulary.trajectory_start + vocabulary.trajectory_count
    if first_id + bins > end:
        raise VocabularyMismatch(
            f"history bins {first_id}..{first_id + bins - 1} reach beyond the last trajectory "
            f"token {end - 1}"
        )
    return HistoryConfig(
        bins=bins,
        minimum=tuple(history.get("ego_xyz_min", (-4, -4, -10))),
        maximum=tuple(history.get("ego_xyz_max", (4, 4, 10))),
        tokens=int(raw.get("tokens_per_history_traj", 48)),
        first_id=first_id,
    )


def _vocabulary(family: Family, raw: Mapping[str, Any], backbone: Mapping[str, Any]) -> Vocabulary:
    count = int(raw.get("traj_vocab_size") or 0)
    start = int(raw.get("traj_token_start_idx", BASE_VOCABULARY))
    special = _special_ids(family, start + count, backbone, bool(raw.get("add_special_tokens")))
    size = 1 + max(start + count - 1, *special.values())
    stated = int(raw.get("vocab_size", size))
    if stated < size:
        raise VocabularyMismatch(f"vocab_size {stated}, but the extension needs {size} rows")
    for key, token in (raw.get("traj_token_ids") or {}).items():
        expected = special[TRAJECTORY_TOKENS[key]]
        if token != expected:
            raise VocabularyMismatch(
                f"<|{TRAJECTORY_TOKENS[key]}|> has id {token}, the documented layout "
                f"({start} + {count} trajectory tokens) puts it at {expected}"
            )
    return Vocabulary(
        size=stated,
        trajectory_start=start,
        trajectory_count=count,
        image_pad=backbone["image_token_id"],
        video_pad=backbone["video_token_id"],
        vision_start=backbone["vision_start_token_id"],
        vision_end=backbone["vision_end_token_id"],
        special=MappingProxyType(special),
    )


def _special_ids(
    family: Family, first: int, backbone: Mapping[str, Any], full: bool
) -> dict[str, int]:
    """Ids of the extension: all of SPECIAL_TOKENS, or only those of trajectories."""
    names = SPECIAL_TOKENS if full else tuple(TRAJECTORY_TOKENS.values())
    ids: dict[str, int] = {"image_pad": int(backbone["image_token_id"])}
    for name in names:
        if name != "image_pad":
            ids[R1_SPECIAL_NAMES.get(name, name) if family == "r1" else name] = first
            first += 1
    return ids


def _pixel_bounds(folder: Path, raw: Mapping[str, Any]) -> tuple[int, int]:
    """The processor's own bounds where its folder is here, else those of the releases."""
    processor = folder / "processor" / "preprocessor_config.json"
    bounds = _read(processor) if processor.is_file() else {}
    minimum = raw.get("min_pixels") or bounds.get("min_pixels") or MIN_PIXELS
    maximum = raw.get("max_pixels") or bounds.get("max_pixels") or MAX_PIXELS
    return int(minimum), int(maximum)
