# SPDX-License-Identifier: Apache-2.0
"""The vision tower against transformers' Qwen3-VL on random tiny models."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from policy.alpamayo.driving import ROWS_ROUND_ALIKE
from qwen_reference import SHAPES, Shape, pixels, qwen, save_checkpoint

from alpamayo_ros.policy.alpamayo.checkpoint import load
from alpamayo_ros.policy.alpamayo.vision import KEPT_LAYOUTS, PatchMismatch, VisionTower

GOLDEN = Path(__file__).parents[2] / "data" / "alpamayo1_5_tiny"

GRIDS = (
    ((1, 4, 6),),
    ((1, 2, 4), (1, 2, 4), (1, 2, 4)),
    ((1, 8, 4), (1, 2, 2), (1, 2, 2), (1, 6, 10), (1, 8, 4)),
    ((2, 4, 4), (1, 4, 4), (3, 2, 6)),
)


def tower(tmp_path: Path, shape: Shape) -> VisionTower:
    return load(save_checkpoint(tmp_path, qwen(shape))).vision


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: f"shape{shape.seed}")
@pytest.mark.parametrize("grids", GRIDS, ids=lambda grids: f"{len(grids)}images")
def test_features_are_those_of_transformers(
    tmp_path: Path, shape: Shape, grids: tuple[tuple[int, int, int], ...]
) -> None:
    model = qwen(shape)
    own = load(save_checkpoint(tmp_path, model)).vision
    values = pixels(grids, shape.seed)
    with torch.inference_mode():
        expected, expected_deepstack = model.model.visual(values, torch.tensor(grids))
        features, deepstack = own(values, grids)
    assert expected.abs().mean() > 1e-2
    assert (features - expected).abs().max() < 1e-4
    assert len(deepstack) == len(expected_deepstack) == len(shape.taps)
    for feature, reference in zip(deepstack, expected_deepstack, strict=True):
        assert (feature - reference).abs().max() < 1e-4


def test_an_image_does_not_see_the_others(tmp_path: Path) -> None:
    own = tower(tmp_path, SHAPES[0])
    grids = ((1, 4, 6), (1, 4, 6), (1, 2, 4))
    values = pixels(grids)
    changed = values.clone()
    changed[24:48] = 0.5
    with torch.inference_mode():
        before, deepstack_before = own(values, grids)
        after, deepstack_after = own(changed, grids)
        alone, _ = own(values[:24], grids[:1])
    assert (before[:6] - alone).abs().max() < 1e-6
    kept = [*range(6), 12, 13]
    for first, second in zip((before, *deepstack_before), (after, *deepstack_after), strict=True):
        assert torch.equal(first[kept], second[kept])
        assert (first[6:12] - second[6:12]).abs().max() > 1e-3


def test_an_image_has_the_same_features_alone_and_among_others() -> None:
    """To the last bit where products are: older frames' features come from the tick before."""

    def same(one: torch.Tensor, other: torch.Tensor) -> bool:
        if ROWS_ROUND_ALIKE:
            return torch.equal(one, other)
        return torch.allclose(one, other, rtol=1e-4, atol=1e-5)

    own = load(GOLDEN).vision
    grids = ((1, 2, 4), (1, 4, 4), (1, 2, 2), (1, 2, 4), (1, 6, 4))
    values = pixels(grids)
    patches, tokens = [8, 16, 4, 8, 24], [2, 4, 1, 2, 6]
    with torch.inference_mode():
        features, deepstack = own(values, grids)
        for image, (grid, part) in enumerate(zip(grids, values.split(patches), strict=True)):
            alone, deepstack_alone = own(part, (grid,))
            assert same(alone, features.split(tokens)[image])
            for single, among in zip(deepstack_alone, deepstack, strict=True):
                assert same(single, among.split(tokens)[image])


def test_other_pixels_than_the_grids_say_are_named(tmp_path: Path) -> None:
    own = tower(tmp_path, SHAPES[0])
    with pytest.raises(PatchMismatch, match=r"\(23, 1536\).*\(24, 1536\)"):
        own(pixels(((1, 4, 6),))[:23], ((1, 4, 6),))
    with pytest.raises(PatchMismatch, match="multiples of 2"):
        own(pixels(((1, 3, 6),)), ((1, 3, 6),))
    with pytest.raises(PatchMismatch):
        own(pixels(((1, 2, 2),))[:0], ())


def test_position_tables_are_made_once_and_do_not_grow(tmp_path: Path) -> None:
    own = tower(tmp_path, SHAPES[0])
    assert own.layout(((1, 4, 4),)) is own.layout(((1, 4, 4),))
    for height in range(1, 2 * KEPT_LAYOUTS):
        own.layout(((1, 2 * height, 2),))
    assert len(own._layouts) == KEPT_LAYOUTS


def test_tables_follow_reloaded_weights(tmp_path: Path) -> None:
    own = tower(tmp_path, SHAPES[0])
    grids = ((1, 4, 4),)
    before = own.layout(grids).positions
    with torch.no_grad():
        own.positions.mul_(2.0)
    own.forget_layouts()
    assert torch.allclose(own.layout(grids).positions, 2 * before)
