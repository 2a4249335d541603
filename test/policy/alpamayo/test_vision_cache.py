# SPDX-License-Identifier: Apache-2.0
"""Features come back in the order asked for, and no more of them are kept than allowed."""

import torch

from alpamayo_ros.policy.alpamayo.context import Vision
from alpamayo_ros.policy.alpamayo.vision_cache import VisionCache


def encoded(*values, tokens=2):
    rows = torch.tensor([float(value) for value in values]).repeat_interleave(tokens)
    features = rows[:, None].expand(-1, 3)
    return Vision(features.clone(), (features + 0.25, features + 0.5))


def test_images_are_put_together_in_the_order_of_their_keys():
    cache = VisionCache(8)
    cache.store(["a", "b"], [2, 2], encoded(1, 2))
    cache.store(["c"], [2], encoded(3))
    vision = cache.gather(["c", "a", "b"])
    assert vision.features[:, 0].tolist() == [3, 3, 1, 1, 2, 2]
    assert vision.deepstack[1][:, 0].tolist() == [3.5, 3.5, 1.5, 1.5, 2.5, 2.5]


def test_images_of_different_sizes_keep_their_tokens():
    cache = VisionCache(8)
    rows = torch.arange(5.0)[:, None]
    cache.store(["a", "b"], [1, 4], Vision(rows, (rows,)))
    assert cache.gather(["b", "a"]).features[:, 0].tolist() == [1, 2, 3, 4, 0]


def test_what_is_kept_does_not_keep_its_batch_alive():
    cache = VisionCache(8)
    batch = encoded(*range(4))
    cache.store(list("abcd"), [2] * 4, batch)
    kept = cache._kept["a"].features
    assert kept.untyped_storage().nbytes() == kept.numel() * kept.element_size()


def test_the_images_used_longest_ago_go_first():
    cache = VisionCache(3)
    cache.store(["a", "b", "c"], [2] * 3, encoded(1, 2, 3))
    cache.gather(["a", "b", "c"])
    cache.store(["d"], [2], encoded(4))
    cache.gather(["b", "c", "d"])
    assert cache.missing(["a", "b", "c", "d"]) == [0]
    assert len(cache) == 3


def test_one_prompts_images_are_all_kept_even_beyond_the_capacity():
    cache = VisionCache(2)
    cache.store(["a", "b", "c"], [2] * 3, encoded(1, 2, 3))
    assert cache.gather(["a", "b", "c"]).features.shape == (6, 3)
    cache.clear()
    assert cache.missing(["a"]) == [0]
