# SPDX-License-Identifier: Apache-2.0
"""Loading by name: layouts, shards, damage, and what the host holds meanwhile."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from qwen_reference import SHAPES, outer_config, qwen, save_checkpoint, tensors
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import Qwen3VLConfig, Qwen3VLForConditionalGeneration

from alpamayo_ros.policy.alpamayo.checkpoint import (
    CheckpointMismatch,
    CheckpointMissing,
    load,
    load_weights,
    placements,
    resolve,
)
from alpamayo_ros.policy.alpamayo.config import QWEN3_VL_8B, VocabularyMismatch, load_config
from alpamayo_ros.policy.alpamayo.networks import Networks

GOLDEN = Path(__file__).parents[2] / "data" / "alpamayo1_5_tiny"

HEAD = "vlm.lm_head.weight"
NORM = "expert.norm.weight"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save_checkpoint(tmp_path / "tiny", qwen(SHAPES[0]))


def rewrite(folder: Path, found: dict[str, Tensor]) -> None:
    save_file({name: value.contiguous() for name, value in found.items()}, weights(folder))


def weights(folder: Path) -> Path:
    return folder / "model.safetensors"


def shard(folder: Path, count: int) -> dict[str, str]:
    """Split the single file; the index as written."""
    found = load_file(weights(folder))
    weights(folder).unlink()
    where = {
        name: f"model-{number % count + 1:05}-of-{count:05}.safetensors"
        for number, name in enumerate(sorted(found))
    }
    for file in set(where.values()):
        save_file({name: found[name] for name in found if where[name] == file}, folder / file)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": where}))
    return where


def test_every_tensor_of_the_golden_checkpoint_has_its_place() -> None:
    networks = load(GOLDEN)
    stored = load_file(GOLDEN / "model.safetensors")
    placed = {placement.name: placement for placement in placements(networks)}
    optional = {name for name, placement in placed.items() if placement.optional}
    assert set(placed) - optional == set(stored)
    for name, value in stored.items():
        target = placed[name].target
        same = value.view(target.shape) if value.numel() == target.numel() else value
        assert torch.equal(target, same.expand_as(target)), name


def test_every_parameter_is_filled() -> None:
    networks = Networks(load_config(GOLDEN), "cpu", torch.float32)
    for parameter in networks.parameters():
        parameter.fill_(float("nan"))
    load_weights(networks, GOLDEN)
    assert all(parameter.isfinite().all() for parameter in networks.parameters())


def test_a_release_has_the_names_of_transformers(tmp_path: Path) -> None:
    """The true 10B shapes, without memory for them."""
    raw = outer_config() | {
        "vlm_name_or_path": "nvidia/Cosmos-Reason2-8B",
        "vocab_size": 155697,
        "traj_vocab_size": 4000,
        "traj_token_start_idx": 151669,
        "expert_cfg": {"hidden_size": 2048, "intermediate_size": 8192},
    }
    (tmp_path / "config.json").write_text(json.dumps(raw))
    networks = Networks(load_config(tmp_path), "meta", torch.bfloat16)
    placed = {at.name: at.shape for at in placements(networks) if at.name.startswith("vlm.")}
    backbone = json.loads(json.dumps(QWEN3_VL_8B))
    backbone["text_config"]["vocab_size"] = 155697
    with torch.device("meta"):
        model = Qwen3VLForConditionalGeneration(Qwen3VLConfig(**backbone))
    expected = {f"vlm.{name}": tuple(value.shape) for name, value in model.state_dict().items()}
    assert placed == expected
    assert 8e9 < sum(parameter.numel() for parameter in networks.parameters()) < 12e9


def test_shards_are_one_checkpoint(folder: Path) -> None:
    single = load(folder).state_dict()
    shard(folder, 3)
    for name, value in load(folder).state_dict().items():
        assert torch.equal(value, single[name]), name


def test_pieces_smaller_than_a_tensor(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    single = load(folder).state_dict()
    monkeypatch.setattr("alpamayo_ros.policy.alpamayo.checkpoint.PIECE_BYTES", 1000)
    for name, value in load(folder).state_dict().items():
        assert torch.equal(value, single[name]), name


def test_half_precision_files_and_networks(folder: Path) -> None:
    found = load_file(weights(folder))
    rewrite(folder, {name: value.bfloat16() for name, value in found.items()})
    exact, half = load(folder), load(folder, dtype=torch.bfloat16)
    assert exact.text.embedding.dtype == torch.float32
    assert half.text.embedding.dtype == torch.bfloat16
    assert torch.equal(exact.text.embedding, half.text.embedding.float())


def test_r1_brings_its_frequencies(tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path / "r1", qwen(SHAPES[0]), r1=True)
    networks = load(folder)
    expected = load_file(weights(folder))["action_in_proj.sinus.1.freqs"][0]
    for encoder in (*networks.expert.action_in.components, networks.expert.action_in.time):
        assert torch.equal(encoder.frequencies, expected)


def test_a_tied_head_is_the_embedding(tmp_path: Path) -> None:
    folder = save_checkpoint(tmp_path / "tied", qwen(SHAPES[1]))
    assert HEAD not in load_file(weights(folder))
    networks = load(folder)
    assert networks.text.head is networks.text.embedding
    found = load_file(weights(folder))
    rewrite(folder, found | {HEAD: found["vlm.model.language_model.embed_tokens.weight"].clone()})
    load(folder)


def test_a_mismatch_lists_everything_and_loads_nothing(folder: Path) -> None:
    networks = load(folder)
    before = {name: value.clone() for name, value in networks.state_dict().items()}
    found = {name: value + 1 for name, value in load_file(weights(folder)).items()}
    del found[HEAD], found["expert.layers.1.self_attn.k_proj.weight"]
    found["expert.embed_tokens.weight"] = torch.zeros(3, 3)
    found[NORM] = torch.zeros(25)
    rewrite(folder, found)
    with pytest.raises(CheckpointMismatch) as caught:
        load_weights(networks, folder)
    assert caught.value.missing == ("expert.layers.1.self_attn.k_proj.weight", HEAD)
    assert caught.value.unexpected == ("expert.embed_tokens.weight",)
    assert caught.value.misshaped == (f"{NORM} is (25,), not (24,)",)
    for part in ("2 missing", "1 unexpected", "1 mis-shaped", HEAD, "(25,)"):
        assert part in str(caught.value)
    after = networks.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())


def test_unexpected_tensors_may_be_passed_over(folder: Path) -> None:
    networks = load(folder)
    rewrite(folder, load_file(weights(folder)) | {"extra.weight": torch.zeros(2)})
    with pytest.raises(CheckpointMismatch, match=r"1 unexpected: extra\.weight"):
        load_weights(networks, folder)
    load_weights(networks, folder, strict=False)


def test_a_long_list_is_cut_in_the_message_only(folder: Path) -> None:
    found = load_file(weights(folder))
    rewrite(folder, {name: value for name, value in found.items() if "visual" not in name})
    with pytest.raises(CheckpointMismatch, match=r"and \d+ more") as caught:
        load(folder)
    assert len(caught.value.missing) == sum("visual" in name for name in found)


def test_other_rows_than_the_vocabulary_are_named(folder: Path) -> None:
    found = load_file(weights(folder))
    for name in ("vlm.model.language_model.embed_tokens.weight", HEAD):
        found[name] = found[name][:-4]
    rewrite(folder, found)
    with pytest.raises(VocabularyMismatch, match=r"296 rows.*300"):
        load(folder)


def test_integers_are_no_weights(folder: Path) -> None:
    found = load_file(weights(folder))
    rewrite(folder, found | {NORM: found[NORM].long()})
    with pytest.raises(CheckpointMismatch, match=f"{NORM} is not of floating point"):
        load(folder)


@pytest.mark.parametrize("keep", [0, 5, 1000, -7])
def test_a_damaged_file_is_named(folder: Path, keep: int) -> None:
    content = weights(folder).read_bytes()
    weights(folder).write_bytes(content[:keep])
    with pytest.raises(CheckpointMissing, match=r"model\.safetensors"):
        load(folder)


def test_absent_weights_and_shards_are_named(folder: Path) -> None:
    where = shard(folder, 2)
    (folder / where[NORM]).unlink()
    with pytest.raises(CheckpointMissing, match=where[NORM]):
        load(folder)
    index = folder / "model.safetensors.index.json"
    index.write_text("{}")
    with pytest.raises(CheckpointMissing, match="weight_map"):
        load(folder)
    index.unlink()
    with pytest.raises(CheckpointMissing, match="neither"):
        load(folder)


def test_an_id_is_found_where_the_hub_keeps_it(folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "hub" / "models--someone--tiny"
    snapshot = kept / "snapshots" / "0123456789abcdef0123456789abcdef01234567"
    snapshot.parent.mkdir(parents=True)
    folder.rename(snapshot)
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(snapshot.name)
    program = (
        "from alpamayo_ros.policy.alpamayo.checkpoint import CheckpointMissing, resolve\n"
        "print(resolve('someone/tiny'))\n"
        "try:\n    resolve('someone/else')\n"
        "except CheckpointMissing as error:\n    print(error)\n"
    )
    environment = os.environ | {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1"}
    command = [sys.executable, "-c", program]
    output = subprocess.run(
        command, capture_output=True, text=True, check=True, env=environment
    ).stdout.splitlines()
    assert output[0] == str(snapshot)
    assert "'someone/else' is no folder" in output[1]


def test_a_folder_is_its_own_and_a_bad_id_is_named(tmp_path: Path) -> None:
    assert resolve(tmp_path) == tmp_path
    with pytest.raises(CheckpointMissing, match="no folder"):
        resolve(tmp_path / "absent" / "model")


MEASURE = """
import sys
from pathlib import Path

import torch

from alpamayo_ros.policy.alpamayo import checkpoint


def resident(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith(key))


checkpoint.PIECE_BYTES = 16 << 20
checkpoint.load(Path(sys.argv[1]))
networks = checkpoint.Networks(checkpoint.load_config(Path(sys.argv[2])), "cpu", torch.float32)
for parameter in networks.parameters():
    parameter.fill_(1.0)
Path("/proc/self/clear_refs").write_text("5")
before = resident("VmRSS")
checkpoint.load_weights(networks, Path(sys.argv[2]))
print(resident("VmHWM") - before)
"""


def test_the_host_holds_a_piece_of_the_files_at_a_time(folder: Path, tmp_path: Path) -> None:
    """Shards of 240 MB, pieces of 16 MB: the peak is the pieces', not the files'."""
    large = tmp_path / "large"
    large.mkdir()
    model = qwen(SHAPES[0])
    model.config.text_config.intermediate_size = 120_000
    (large / "backbone_config.json").write_text(model.config.to_json_string(use_diff=False))
    (large / "config.json").write_text(json.dumps(outer_config()))
    found = tensors(model)
    for name in list(found):
        if name.startswith("vlm.") and name.endswith(("gate_proj.weight", "up_proj.weight")):
            found[name] = torch.full((120_000, 40), 0.5)
        elif name.startswith("vlm.") and name.endswith("down_proj.weight"):
            found[name] = torch.full((40, 120_000), 0.5)
    rewrite(large, found)
    shard(large, 2)
    size = sum(file.stat().st_size for file in large.glob("*.safetensors"))
    assert size > 200 << 20
    command = [sys.executable, "-c", MEASURE, str(folder), str(large)]
    output = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(output.stdout) < 64 << 20
