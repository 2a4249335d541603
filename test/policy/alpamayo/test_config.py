# SPDX-License-Identifier: Apache-2.0
"""Configurations of the golden checkpoint, of the releases' layout, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from qwen_reference import SHAPES, outer_config, qwen, save_checkpoint

from alpamayo_ros.policy.alpamayo.config import (
    UnsupportedModel,
    VocabularyMismatch,
    load_config,
)

GOLDEN = Path(__file__).parents[2] / "data" / "alpamayo1_5_tiny"

RELEASED: dict[str, Any] = {
    "model_type": "alpamayo1_5",
    "vlm_name_or_path": "nvidia/Cosmos-Reason2-8B",
    "vocab_size": 155697,
    "traj_vocab_size": 4000,
    "traj_token_start_idx": 151669,
    "add_special_tokens": True,
    "tokens_per_history_traj": 48,
    "traj_token_ids": {"history": 155684, "future_start": 155681, "future_end": 155683},
    "traj_tokenizer_cfg": {"num_bins": 3000},
    "hist_traj_tokenizer_cfg": {"num_bins": 1000, "ego_xyz_min": [-4, -4, -10]},
    "diffusion_cfg": {"num_inference_steps": 10, "inference_guidance_weight": 3.0},
    "action_space_cfg": {"n_waypoints": 64, "accel_std": 0.68104, "curvature_std": 0.026148},
    "action_in_proj_cfg": {"max_freq": 100.0, "num_fourier_feats": 20},
    "expert_cfg": {"hidden_size": 2048, "intermediate_size": 8192},
}


def written(folder: Path, **changes: Any) -> Path:
    (folder / "config.json").write_text(json.dumps(RELEASED | changes))
    return folder


def test_the_golden_configuration() -> None:
    config = load_config(GOLDEN)
    assert config.family == "1.5"
    assert (config.text.layers, config.text.kv_heads, config.expert.hidden_size) == (3, 2, 32)
    assert (config.history.first_id, config.history.bins) == (304 + 120, 80)
    assert config.vocabulary.special["traj_future_start"] == 516
    assert config.action_space.accel_std == 0.68104
    assert (config.min_pixels, config.max_pixels) == (1024, 4096)
    assert not config.tied_embeddings
    assert config.end_of_turn is None


def test_a_release_has_the_documented_shape_and_vocabulary(tmp_path: Path) -> None:
    config = load_config(written(tmp_path))
    assert (config.text.layers, config.text.hidden_size, config.text.kv_heads) == (36, 4096, 8)
    assert config.text.mrope_sections == (24, 20, 20)
    assert config.end_of_turn == 151645
    assert config.expert.heads == 32
    assert config.vision.deepstack_layers == (8, 16, 24)
    assert config.vision.patch_values == 1536
    special = config.vocabulary.special
    assert special["image_pad"] == 151655
    assert special["prompt_start"] == 151669 + 4000
    assert special["answer_end"] == config.vocabulary.size - 1 == 155696
    assert config.history.first_id == 154669
    assert (config.min_pixels, config.max_pixels) == (163840, 196608)


def test_r1_has_its_own_names_for_the_same_rows(tmp_path: Path) -> None:
    folder = written(
        tmp_path, model_type="alpamayo_r1", vlm_name_or_path="Qwen/Qwen3-VL-8B-Instruct"
    )
    special = load_config(folder).vocabulary.special
    assert load_config(folder).family == "r1"
    assert special["meta_action_start"] == 151669 + 4010
    assert "_padding_2" not in special


def test_without_the_full_extension_only_the_trajectory_tokens_follow(tmp_path: Path) -> None:
    ids = {"history": 155669, "future": 155670, "future_start": 155672}
    folder = written(tmp_path, add_special_tokens=False, traj_token_ids=ids, vocab_size=155675)
    assert load_config(folder).vocabulary.special["traj_future_start"] == 155672


def test_the_backbone_may_be_a_folder(tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path / "tiny", qwen(SHAPES[0]))
    backbone = tmp_path / "elsewhere"
    backbone.mkdir()
    (folder / "backbone_config.json").rename(backbone / "config.json")
    (folder / "config.json").write_text(
        json.dumps(outer_config() | {"vlm_name_or_path": str(backbone)})
    )
    assert load_config(folder).text.layers == SHAPES[0].layers


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"model_type": "alpamayo2"}, "alpamayo2"),
        ({"vlm_name_or_path": "Qwen/Qwen3-VL-32B"}, "Qwen3-VL-32B"),
        ({"expert_cfg": {"num_key_value_heads": 4}}, "4 KV heads of 128.*8 of 128"),
        ({"expert_cfg": {"num_hidden_layers": 12}}, "12 layers"),
        ({"diffusion_cfg": {"int_method": "heun"}}, "heun"),
        ({"diffusion_cfg": {"_target_": "x.DDPM"}}, "DDPM"),
        ({"action_in_proj_cfg": {"_target_": "x.ActionInV1"}}, "ActionInV1"),
        ({"hist_traj_tokenizer_cfg": None}, "hist_traj_tokenizer_cfg"),
        ({"hist_traj_tokenizer_cfg": {"predict_yaw": True}}, "yaw"),
        ({"traj_token_ids": {"past": 1}}, "past"),
        ({"vocab_size": "many"}, "many"),
        ({"expert_cfg": {"num_attention_heads": None}}, "NoneType"),
    ],
)
def test_what_there_are_no_networks_for_is_named(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(UnsupportedModel, match=message):
        load_config(written(tmp_path, **changes))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"traj_token_ids": {"future_start": 155680}}, "155680.*155681"),
        ({"vocab_size": 155696}, "155696.*155697"),
        ({"traj_tokenizer_cfg": {"num_bins": 3001}}, "154670..155669.*155668"),
    ],
)
def test_an_extension_elsewhere_is_named(
    tmp_path: Path, changes: dict[str, Any], message: str
) -> None:
    with pytest.raises(VocabularyMismatch, match=message):
        load_config(written(tmp_path, **changes))


@pytest.mark.parametrize("content", ["", "{", "[]"])
def test_an_unreadable_configuration_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "config.json").write_text(content)
    with pytest.raises(UnsupportedModel, match=r"config\.json"):
        load_config(tmp_path)
    with pytest.raises(UnsupportedModel, match=r"config\.json"):
        load_config(tmp_path / "absent")
