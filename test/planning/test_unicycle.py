# SPDX-License-Identifier: Apache-2.0
"""The unicycle against a fine integration of the same motion."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.planning.unicycle import rollout

FINE = 200


@settings(max_examples=40, deadline=None)
@given(
    speed=st.floats(0.0, 30.0),
    accelerations=st.lists(st.floats(-2.0, 2.0), min_size=64, max_size=64),
    lateral=st.lists(st.floats(-4.0, 4.0), min_size=64, max_size=64),
)
def test_a_rollout_is_what_a_fine_integration_gives(
    speed: float, accelerations: list[float], lateral: list[float]
) -> None:
    a = np.array(accelerations)
    before = speed + np.concatenate(([0.0], np.cumsum(a * 0.1)))
    fastest = np.maximum(np.abs(before[:-1]), np.abs(before[1:]))
    kappa = np.clip(np.array(lateral) / np.maximum(fastest, 1.0) ** 2, -0.2, 0.2)

    trajectory = rollout(speed, a, kappa)

    dt = 0.1 / FINE
    middle = np.repeat(before[:-1], FINE) + np.repeat(a, FINE) * np.tile(
        (np.arange(FINE) + 0.5) * dt, 64
    )
    rates = np.repeat(kappa, FINE) * middle
    heading = np.cumsum(rates * dt) - rates * dt / 2
    x, y = np.cumsum(middle * np.cos(heading) * dt), np.cumsum(middle * np.sin(heading) * dt)
    fine = np.column_stack((x, y))[FINE - 1 :: FINE]
    assert np.abs(trajectory.positions[:, :2] - fine).max() < 0.06
    assert np.abs(trajectory.headings - np.cumsum(rates * dt)[FINE - 1 :: FINE]).max() < 1e-6
    assert np.allclose(trajectory.speeds, before[1:])
    assert not trajectory.positions[:, 2].any()


def test_the_first_waypoint_is_one_step_after_t0() -> None:
    trajectory = rollout(10.0, np.zeros(64), np.zeros(64))
    assert trajectory.positions[0] == pytest.approx((1.0, 0.0, 0.0))
    assert trajectory.positions[-1] == pytest.approx((64.0, 0.0, 0.0))


def test_left_is_positive() -> None:
    trajectory = rollout(5.0, np.zeros(64), np.full(64, 0.05))
    assert trajectory.headings[-1] > 0 and trajectory.positions[20, 1] > 0


def test_actions_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match=r"\(64,\).*\(63,\)"):
        rollout(5.0, np.zeros(64), np.zeros(63))
