# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alpamayo_ros.policy.alpamayo.config import HistoryConfig, load_config
from alpamayo_ros.policy.alpamayo.history import InvalidHistory, history_ids

TINY = Path(__file__).parents[2] / "data" / "alpamayo1_5_tiny"
RELEASED = HistoryConfig(1000, (-4.0, -4.0, -10.0), (4.0, 4.0, 10.0), 48, 151669 + 3000)


@pytest.mark.parametrize("case", range(5))
def test_recorded_histories_get_the_recorded_tokens(case: int) -> None:
    recorded = np.load(TINY / f"case{case}.npz")
    places = recorded["prompt_input_ids"][0] != recorded["fused_input_ids"][0]
    ids = history_ids(recorded["ego_history_xyz"][0, 0], load_config(TINY).history)
    np.testing.assert_array_equal(ids, recorded["fused_input_ids"][0][places])


@given(arrays(np.float64, (16, 3), elements=st.floats(-1e4, 1e4)))
@settings(deadline=None)
def test_each_token_is_the_bin_of_its_step(positions: np.ndarray) -> None:
    bins = history_ids(positions, RELEASED).reshape(16, 3) - RELEASED.first_id
    assert bins.min() >= 0
    assert bins.max() <= 999
    low, high = np.array(RELEASED.minimum), np.array(RELEASED.maximum)
    found = bins / 999 * (high - low) + low
    steps = np.diff(positions, axis=0, prepend=np.zeros((1, 3)))
    # half a bin, and what float32 makes of positions of 10 km
    half = (high - low) / 999 / 2 + 2e-3
    assert (np.abs(np.clip(steps, low, high) - found) <= half).all()


def test_standing_still_is_the_middle_bin_and_half_goes_to_even() -> None:
    ids = history_ids(np.zeros((16, 3)), RELEASED)
    np.testing.assert_array_equal(ids, RELEASED.first_id + 500)


def test_a_history_of_another_shape_or_with_a_nan_is_named() -> None:
    with pytest.raises(InvalidHistory, match=r"\(15, 3\), not \(16, 3\)"):
        history_ids(np.zeros((15, 3)), RELEASED)
    broken = np.zeros((16, 3))
    broken[4, 1] = np.nan
    with pytest.raises(InvalidHistory, match=r"position 4 is \[0\.0, nan, 0\.0\]"):
        history_ids(broken, RELEASED)
