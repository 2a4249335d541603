# SPDX-License-Identifier: Apache-2.0
"""Ego history as tokens: the steps between its positions, each coordinate in its own bin."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from alpamayo_ros.policy.alpamayo.config import HistoryConfig
from alpamayo_ros.types import HISTORY_LENGTH, StackError

HISTORY_TOKENS = 3 * HISTORY_LENGTH
"""x, y and z of every pose of an ego history."""


class InvalidHistory(StackError):
    """An ego history that is no motion: wrong shape, not finite, not a rotation."""


def history_ids(positions: ArrayLike, settings: HistoryConfig) -> NDArray[np.int64]:
    """Token ids (48,) of positions (16, 3) [m] in the ego frame at t0, oldest first.

    Differences from pose to pose, the first one from the origin, are mapped linearly from
    minimum..maximum to the bins, rounded half to even and clamped: x, y, z of the oldest pose
    first. In float32, as the checkpoints were trained: in float64 a step between two bins would
    be rounded to the other. Raises InvalidHistory.
    """
    path = np.asarray(positions, dtype=np.float32)
    if path.shape != (HISTORY_LENGTH, 3):
        raise InvalidHistory(f"positions {path.shape}, not ({HISTORY_LENGTH}, 3)")
    if not np.isfinite(path).all():
        row = int(np.flatnonzero(~np.isfinite(path).all(axis=1))[0])
        raise InvalidHistory(f"position {row} is {path[row].tolist()}")
    low = np.asarray(settings.minimum, dtype=np.float32)
    high = np.asarray(settings.maximum, dtype=np.float32)
    steps = np.diff(path, axis=0, prepend=np.zeros((1, 3), np.float32))
    scaled = (steps - low) / (high - low) * np.float32(settings.bins - 1)
    bins = np.clip(np.rint(scaled), 0, settings.bins - 1).astype(np.int64)
    ids: NDArray[np.int64] = bins.reshape(-1) + settings.first_id
    return ids
