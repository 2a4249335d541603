# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from alpamayo_ros.policy.alpamayo import images
from alpamayo_ros.policy.alpamayo.config import load_config
from alpamayo_ros.policy.alpamayo.images import (
    ImageSettings,
    InvalidImage,
    Preprocessor,
    grid_of,
    model_size,
)

TINY = Path(__file__).parents[2] / "data" / "alpamayo1_5_tiny"
SETTINGS = ImageSettings.of(load_config(TINY))
ONE_LEVEL = 1 / 127.5 + 1e-6


def random_image(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("case", range(5))
def test_recorded_images_give_the_recorded_pixels(case: int) -> None:
    recorded = np.load(TINY / f"case{case}.npz")
    batch = Preprocessor(SETTINGS)(list(recorded["frames"].transpose(0, 2, 3, 1)))
    assert [list(grid) for grid in batch.grids] == recorded["image_grid_thw"].tolist()
    difference = np.abs(batch.pixel_values.numpy() - recorded["pixel_values"])
    assert difference.max() <= ONE_LEVEL


@pytest.mark.parametrize(
    ("size", "released", "tiny"),
    [
        ((1080, 1920), (320, 576), (32, 64)),
        ((1208, 1920), (320, 544), (32, 64)),
        ((1200, 1600), (384, 512), (32, 64)),
        ((320, 576), (320, 576), (32, 64)),
        ((256, 256), (416, 416), (64, 64)),
        ((100, 1000), (128, 1280), (32, 192)),
        ((16, 2000), (64, 4544), (32, 384)),
        ((3000, 40), (3520, 64), (544, 32)),
        ((33, 65), (320, 576), (32, 64)),
        ((16, 16), (416, 416), (32, 32)),
    ],
)
def test_the_size_the_model_sees_is_that_of_qwens_processor(
    size: tuple[int, int], released: tuple[int, int], tiny: tuple[int, int]
) -> None:
    """Expected values from transformers 4.57.1, smart_resize."""
    assert model_size(*size, ImageSettings()) == released
    assert model_size(*size, SETTINGS) == tiny


@given(st.integers(8, 4000), st.integers(8, 4000))
@settings(deadline=None)
def test_the_size_the_model_sees_is_in_bounds_and_keeps_the_shape(height: int, width: int) -> None:
    assume(max(height, width) <= 3 * min(height, width))
    bounds = ImageSettings()
    seen_height, seen_width = model_size(height, width, bounds)
    assert seen_height % 32 == 0
    assert seen_width % 32 == 0
    assert bounds.min_pixels * 0.7 <= seen_height * seen_width <= bounds.max_pixels * 1.3
    # both sides are rounded to 32, so the shape is off by little more than that
    ideal = np.sqrt(seen_height * seen_width * height / width)
    assert abs(seen_height - ideal) <= 64


def test_a_full_hd_image_becomes_576_by_320() -> None:
    assert model_size(1080, 1920, ImageSettings()) == (320, 576)
    assert grid_of(1080, 1920, ImageSettings()) == (1, 20, 36)


def test_patches_are_laid_out_in_merge_groups() -> None:
    """Every place of the result against the pixel it must come from."""
    batch = Preprocessor(SETTINGS)([random_image(64, 64)])
    image = random_image(64, 64)
    patches = batch.pixel_values.reshape(2, 2, 2, 2, 3, 2, 16, 16)
    for place in np.ndindex(2, 2, 2, 2):
        row, column = 2 * place[0] + place[2], 2 * place[1] + place[3]
        pixels = image[16 * row : 16 * row + 16, 16 * column : 16 * column + 16]
        expected = torch.from_numpy(pixels.transpose(2, 0, 1).astype(np.float32) / 127.5 - 1)
        for time in range(2):
            torch.testing.assert_close(patches[place][:, time], expected, atol=1e-6, rtol=0)


def test_an_image_at_the_models_size_is_not_resized(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("resized")

    monkeypatch.setattr(images, "_resize", refuse)
    Preprocessor(SETTINGS)([random_image(64, 64)])
    with pytest.raises(AssertionError, match="resized"):
        Preprocessor(SETTINGS)([random_image(64, 65)])


@given(st.integers(20, 300), st.integers(20, 300), st.integers(0, 99), st.booleans())
@settings(max_examples=40, deadline=None)
def test_resizing_by_products_is_the_resizing_of_bytes(
    height: int, width: int, seed: int, extreme: bool
) -> None:
    image = random_image(height, width, seed)
    image = np.where(image < 128, 0, 255).astype(np.uint8) if extreme else image
    pixels = torch.from_numpy(image).permute(2, 0, 1)[None]
    size = model_size(height, width, SETTINGS)
    products = images._resize_by_product(pixels.float(), size)
    difference = (images._resize(pixels, size).float() - products).abs()
    assert difference.max() <= 1
    assert (difference > 0).float().mean() < 1e-3


@given(st.lists(st.sampled_from([(64, 64), (40, 90), (90, 40)]), min_size=1, max_size=8))
@settings(max_examples=20, deadline=None)
def test_images_of_mixed_sizes_come_out_in_order(sizes: list[tuple[int, int]]) -> None:
    given_images = [random_image(h, w, seed) for seed, (h, w) in enumerate(sizes)]
    preprocessor = Preprocessor(SETTINGS)
    batch = preprocessor(given_images)
    alone = [preprocessor([image]) for image in given_images]
    assert batch.grids == tuple(one.grids[0] for one in alone)
    torch.testing.assert_close(
        batch.pixel_values, torch.cat([one.pixel_values for one in alone]), atol=0, rtol=0
    )


def test_the_next_images_leave_earlier_pixels_alone() -> None:
    preprocessor = Preprocessor(SETTINGS)
    first = preprocessor([random_image(64, 64, 1)]).pixel_values
    kept = first.clone()
    preprocessor([random_image(64, 64, 2)])
    torch.testing.assert_close(first, kept, atol=0, rtol=0)


def test_no_image_is_an_empty_batch() -> None:
    batch = Preprocessor(SETTINGS)([])
    assert batch.pixel_values.shape == (0, 1536)
    assert batch.grids == ()


def test_read_only_and_strided_images_are_taken() -> None:
    whole = random_image(128, 128)
    view = whole[::2, ::2]
    view.flags.writeable = False
    batch = Preprocessor(SETTINGS)([view])
    torch.testing.assert_close(
        batch.pixel_values, Preprocessor(SETTINGS)([view.copy()]).pixel_values, atol=0, rtol=0
    )


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((64, 64, 3), np.float32), "image 1 is float32, not uint8"),
        (np.zeros((64, 64), np.uint8), r"shape \(64, 64\)"),
        (np.zeros((64, 64, 4), np.uint8), r"shape \(64, 64, 4\)"),
        (np.zeros((0, 64, 3), np.uint8), "64x0"),
        (np.zeros((2, 500, 3), np.uint8), "500x2"),
    ],
)
def test_an_image_the_model_cannot_see_is_named(image: np.ndarray, reason: str) -> None:
    with pytest.raises(InvalidImage, match=reason):
        Preprocessor(SETTINGS)([random_image(64, 64), image])


def test_bfloat16_pixels_are_the_rounded_float32_ones() -> None:
    image = random_image(50, 70)
    exact = Preprocessor(SETTINGS)([image]).pixel_values
    half = Preprocessor(SETTINGS, dtype=torch.bfloat16)([image]).pixel_values
    torch.testing.assert_close(half, exact.to(torch.bfloat16), atol=0, rtol=0)
