# SPDX-License-Identifier: Apache-2.0
"""Features of images that were seen before.

The vision tower attends within one image only, so three of the four images of a camera have, at
the next tick, exactly the features they had at this one.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Sequence

import torch

from alpamayo_ros.policy.alpamayo.context import Vision


class VisionCache:
    """Features by image key, of the last ``capacity`` images that were stored or used."""

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._kept: OrderedDict[Hashable, Vision] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def missing(self, keys: Sequence[Hashable]) -> list[int]:
        """Indices of the keys whose images must be encoded."""
        return [index for index, key in enumerate(keys) if key not in self._kept]

    def store(self, keys: Sequence[Hashable], tokens: Sequence[int], encoded: Vision) -> None:
        """Keep the features of images that were encoded together; ``tokens`` of each."""
        features = encoded.features.split(list(tokens))
        layers = [layer.split(list(tokens)) for layer in encoded.deepstack]
        for index, key in enumerate(keys):
            # cloned: a view would keep the features of all of them alive
            deepstack = tuple(layer[index].clone() for layer in layers)
            self._kept[key] = Vision(features[index].clone(), deepstack)

    def gather(self, keys: Sequence[Hashable]) -> Vision:
        """Features of the images in this order, all of which are kept."""
        for key in keys:
            self._kept.move_to_end(key)
        found = [self._kept[key] for key in keys]
        while len(self._kept) > max(self._capacity, len(keys)):
            self._kept.popitem(last=False)
        layers = zip(*(image.deepstack for image in found), strict=True)
        return Vision(
            torch.cat([image.features for image in found]),
            tuple(torch.cat(layer) for layer in layers),
        )

    def clear(self) -> None:
        """Drop everything."""
        self._kept.clear()
