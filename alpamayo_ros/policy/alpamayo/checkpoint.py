# SPDX-License-Identifier: Apache-2.0
"""A checkpoint's tensors, by name, from safetensors files straight into the networks.

The files are memory-mapped and read in pieces; each piece is unmapped once it is on the device,
so that the host never holds more than a piece. Fused weights are assembled on the device.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from safetensors import SafetensorError, safe_open
from torch import Tensor

from alpamayo_ros.policy.alpamayo.config import VocabularyMismatch, load_config
from alpamayo_ros.policy.alpamayo.expert import Expert
from alpamayo_ros.policy.alpamayo.layers import LayerNorm, Linear
from alpamayo_ros.policy.alpamayo.networks import Networks
from alpamayo_ros.policy.alpamayo.text import Attention, Decoder, GatedMLP
from alpamayo_ros.policy.alpamayo.vision import PatchMerger, VisionTower
from alpamayo_ros.types import ConfigurationError

PIECE_BYTES = 256 << 20
"""How much of the files is mapped and touched before the mapping is given back."""

EMBEDDING = "vlm.model.language_model.embed_tokens.weight"
HEAD = "vlm.lm_head.weight"

LISTED = 12
"""Names per kind in an error's message; its attributes hold all."""


class CheckpointMissing(ConfigurationError):
    """No such model, or its files are absent or unreadable."""


class CheckpointMismatch(ConfigurationError):
    """The tensors of a checkpoint are not those of the networks its configuration describes."""

    def __init__(
        self, missing: Sequence[str], unexpected: Sequence[str], misshaped: Sequence[str]
    ) -> None:
        self.missing = tuple(missing)
        self.unexpected = tuple(unexpected)
        self.misshaped = tuple(misshaped)
        kinds = {"missing": missing, "unexpected": unexpected, "mis-shaped": misshaped}
        super().__init__("; ".join(_listed(kind, names) for kind, names in kinds.items() if names))


def _listed(kind: str, names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return f"{len(names)} {kind}: {', '.join(names[:LISTED])}{more}"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a tensor of the checkpoint goes: a view of a parameter.

    It holds as many numbers, or the tensor is repeated into its rows. ``optional``: the networks
    know the values already when the checkpoint does not hold them.
    """

    name: str
    shape: tuple[int, ...]
    target: Tensor
    optional: bool = False

    def rows(self, rows: slice) -> Tensor:
        """The part of the target that these rows of the tensor fill."""
        if self.target.numel() == math.prod(self.shape):
            return self.target.view(self.shape)[rows]
        return self.target[..., rows]


@dataclass(frozen=True, slots=True)
class Stored:
    """A tensor in a file: its shape and the bytes of one number."""

    file: Path
    shape: tuple[int, ...]
    item_bytes: int


def resolve(model: str | Path) -> Path:
    """Folder of a model given as a folder or as an id on the Hugging Face hub.

    Raises:
        CheckpointMissing: neither, or the hub cannot be reached and nothing is kept locally.
    """
    folder = Path(model).expanduser()
    if folder.is_dir():
        return folder
    try:
        return Path(snapshot_download(str(model), allow_patterns=["*.json", "*.safetensors"]))
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise CheckpointMissing(
            f"'{model}' is no folder and could not be fetched: {error}"
        ) from error


def load(
    folder: Path, device: torch.device | str = "cpu", dtype: torch.dtype = torch.float32
) -> Networks:
    """The networks of the checkpoint in ``folder``, on ``device`` in ``dtype``.

    Raises:
        ConfigurationError: see load_config and load_weights.
    """
    networks = Networks(load_config(folder), device, dtype)
    load_weights(networks, folder)
    return networks


def load_weights(networks: Networks, folder: Path, *, strict: bool = True) -> None:
    """Fill the parameters from ``folder``'s model.safetensors or its shards.

    Without ``strict``, tensors that the networks do not know are passed over.

    Raises:
        CheckpointMissing: no weights, or a file absent or damaged.
        VocabularyMismatch: the embedding has other rows than the configuration's vocabulary.
        CheckpointMismatch: tensors missing, unexpected or mis-shaped; nothing was loaded.
    """
    stored = stored_tensors(folder)
    placed = {placement.name: placement for placement in placements(networks)}
    _check(networks, stored, placed, strict)
    for file in sorted({tensor.file for tensor in stored.values()}):
        here = [placed[name] for name in placed if name in stored and stored[name].file == file]
        _load_file(file, here, stored)
    networks.vision.forget_layouts()


def stored_tensors(folder: Path) -> dict[str, Stored]:
    """Every tensor of a checkpoint by name; with an index, from the file that it names.

    Raises:
        CheckpointMissing: no weights, or a file absent or damaged.
    """
    index = folder / "model.safetensors.index.json"
    single = folder / "model.safetensors"
    if index.is_file():
        try:
            where = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
        except (OSError, ValueError, KeyError) as error:
            raise CheckpointMissing(f"{index} is not readable: {error!r}") from error
        files = sorted({folder / name for name in where.values()})
        found = {file: _headers(file) for file in files}
        return {
            name: tensor
            for file in files
            for name, tensor in found[file].items()
            if where.get(name, file.name) == file.name
        }
    if single.is_file():
        return _headers(single)
    raise CheckpointMissing(f"{folder} has neither {index.name} nor {single.name}")


def _headers(file: Path) -> dict[str, Stored]:
    sizes = {"F32": 4, "F16": 2, "BF16": 2, "F64": 8}
    try:
        with safe_open(file, framework="pt") as reader:
            slices = {name: reader.get_slice(name) for name in reader.keys()}  # noqa: SIM118
            return {
                name: Stored(file, tuple(part.get_shape()), sizes.get(part.get_dtype(), 0))
                for name, part in slices.items()
            }
    except (OSError, SafetensorError) as error:
        raise CheckpointMissing(f"{file} is not readable: {error}") from error


def _check(
    networks: Networks, stored: Mapping[str, Stored], placed: Mapping[str, Placement], strict: bool
) -> None:
    rows = stored[EMBEDDING].shape[0] if EMBEDDING in stored else networks.config.vocabulary.size
    if rows != networks.config.vocabulary.size:
        raise VocabularyMismatch(
            f"the embedding has {rows} rows, the configuration's vocabulary "
            f"{networks.config.vocabulary.size}"
        )
    missing = [name for name, at in placed.items() if name not in stored and not at.optional]
    ignored = {HEAD} if networks.config.tied_embeddings else set()
    unexpected = [name for name in stored if name not in placed and name not in ignored]
    misshaped = [
        f"{name} is {stored[name].shape}, not {at.shape}"
        for name, at in placed.items()
        if name in stored and stored[name].shape != at.shape
    ]
    misshaped += [
        f"{name} is not of floating point"
        for name in placed
        if name in stored and not stored[name].item_bytes
    ]
    if missing or misshaped or (strict and unexpected):
        raise CheckpointMismatch(sorted(missing), sorted(unexpected), sorted(misshaped))


def _load_file(file: Path, here: Sequence[Placement], stored: Mapping[str, Stored]) -> None:
    """Copy in pieces; leaving the reader's context unmaps what the piece has touched."""
    for piece in _pieces(here, stored):
        with safe_open(file, framework="pt") as reader:
            for placement, rows in piece:
                placement.rows(rows).copy_(reader.get_slice(placement.name)[rows])


def _pieces(
    here: Sequence[Placement], stored: Mapping[str, Stored]
) -> Iterator[list[tuple[Placement, slice]]]:
    """Placements with the rows to read, in lists of at most PIECE_BYTES."""
    piece: list[tuple[Placement, slice]] = []
    size = 0
    for placement in here:
        tensor = stored[placement.name]
        for rows in _row_slices(tensor):
            amount = _bytes(tensor, rows)
            if piece and size + amount > PIECE_BYTES:
                yield piece
                piece, size = [], 0
            piece.append((placement, rows))
            size += amount
    if piece:
        yield piece


def _bytes(tensor: Stored, rows: slice) -> int:
    return int(rows.stop - rows.start) * math.prod(tensor.shape[1:]) * tensor.item_bytes


def _row_slices(tensor: Stored) -> Iterator[slice]:
    """All rows at once where they fit into a piece, else as many as do."""
    total = tensor.shape[0]
    step = max(1, PIECE_BYTES // max(1, _bytes(tensor, slice(0, 1))))
    for start in range(0, total, step):
        yield slice(start, min(start + step, total))


def placements(networks: Networks) -> Iterator[Placement]:
    """Every tensor that a released checkpoint holds, with its place in the networks."""
    text = networks.text
    yield from _vision(networks.vision, "vlm.model.visual")
    yield _same(EMBEDDING, text.embedding)
    yield from _decoder(text.decoder, "vlm.model.language_model")
    if not networks.config.tied_embeddings:
        yield _same(HEAD, text.head)
    yield from _expert(networks.expert)


def _same(name: str, target: Tensor) -> Placement:
    return Placement(name, tuple(target.shape), target)


def _affine(layer: Linear | LayerNorm, name: str) -> Iterator[Placement]:
    yield _same(f"{name}.weight", layer.weight)
    if layer.bias is not None:
        yield _same(f"{name}.bias", layer.bias)


def _vision(tower: VisionTower, name: str) -> Iterator[Placement]:
    config = tower.config
    kernel = (config.channels, config.temporal_patch_size, config.patch_size, config.patch_size)
    shape = (config.hidden_size, *kernel)
    yield Placement(f"{name}.patch_embed.proj.weight", shape, tower.patch.weight)
    assert tower.patch.bias is not None
    yield _same(f"{name}.patch_embed.proj.bias", tower.patch.bias)
    yield _same(f"{name}.pos_embed.weight", tower.positions)
    for number, block in enumerate(tower.blocks):
        inside = f"{name}.blocks.{number}"
        yield from _affine(block.attention_norm, f"{inside}.norm1")
        yield from _affine(block.attention.qkv, f"{inside}.attn.qkv")
        yield from _affine(block.attention.out, f"{inside}.attn.proj")
        yield from _affine(block.mlp_norm, f"{inside}.norm2")
        yield from _affine(block.up, f"{inside}.mlp.linear_fc1")
        yield from _affine(block.down, f"{inside}.mlp.linear_fc2")
    yield from _merger(tower.merger, f"{name}.merger")
    for number, merger in enumerate(tower.deepstack):
        yield from _merger(merger, f"{name}.deepstack_merger_list.{number}")


def _merger(merger: PatchMerger, name: str) -> Iterator[Placement]:
    yield from _affine(merger.norm, f"{name}.norm")
    yield from _affine(merger.up, f"{name}.linear_fc1")
    yield from _affine(merger.down, f"{name}.linear_fc2")


def _decoder(decoder: Decoder, name: str) -> Iterator[Placement]:
    for number, layer in enumerate(decoder.layers):
        inside = f"{name}.layers.{number}"
        yield _same(f"{inside}.input_layernorm.weight", layer.attention_norm.weight)
        yield from _attention(layer.attention, f"{inside}.self_attn")
        yield _same(f"{inside}.post_attention_layernorm.weight", layer.mlp_norm.weight)
        yield from _mlp(layer.mlp, f"{inside}.mlp")
    yield _same(f"{name}.norm.weight", decoder.norm.weight)


def _attention(attention: Attention, name: str) -> Iterator[Placement]:
    config = attention.config
    sizes = [heads * config.head_dim for heads in (config.heads, config.kv_heads, config.kv_heads)]
    for part, weight in zip("qkv", attention.qkv.weight.split(sizes), strict=True):
        yield _same(f"{name}.{part}_proj.weight", weight)
    yield from _affine(attention.out, f"{name}.o_proj")
    norms = attention.qk_norm.split([config.heads, config.kv_heads])
    for part, weight in zip("qk", norms, strict=True):
        yield Placement(f"{name}.{part}_norm.weight", (config.head_dim,), weight)


def _mlp(mlp: GatedMLP, name: str) -> Iterator[Placement]:
    gate, up = mlp.gate_up.weight.chunk(2)
    yield _same(f"{name}.gate_proj.weight", gate)
    yield _same(f"{name}.up_proj.weight", up)
    yield from _affine(mlp.down, f"{name}.down_proj")


def _expert(expert: Expert) -> Iterator[Placement]:
    """Upstream's encoder is one sequence: linear 0, then norm and linear, an activation between."""
    yield from _decoder(expert.decoder, "expert")
    projection = expert.action_in
    for number, linear in enumerate(projection.linears):
        yield from _affine(linear, f"action_in_proj.encoder.trunk.{3 * number}")
    for number, norm in enumerate(projection.norms):
        yield _same(f"action_in_proj.encoder.trunk.{3 * number + 2}.weight", norm.weight)
    yield from _affine(projection.norm, "action_in_proj.norm")
    fourier = {f"sinus.{number}": part for number, part in enumerate(projection.components)}
    for name, part in {**fourier, "timestep_fourier_encoder": projection.time}.items():
        frequencies = part.frequencies[None]
        name = f"action_in_proj.{name}.freqs"
        yield Placement(name, tuple(frequencies.shape), frequencies, optional=True)
    yield from _affine(expert.action_out, "action_out_proj")
