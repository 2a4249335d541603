# SPDX-License-Identifier: Apache-2.0
"""The baseline: its formula recomputed step by step, and what it does at the limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
from ego_histories import T0, history
from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.types import Observation


@settings(max_examples=60, deadline=None)
@given(
    speed=st.floats(-0.5, 40.0),
    acceleration=st.floats(-6.0, 4.0),
    yaw_rate=st.floats(-1.2, 1.2),
)
def test_the_documented_formula_step_by_step(
    speed: float, acceleration: float, yaw_rate: float
) -> None:
    start = max(speed, 0.0)
    a = min(max(acceleration, -4.05), min(2.4, (50.0 - start) / 6.4))
    w = min(max(yaw_rate, -0.95), 0.95)
    x = y = heading = 0.0
    expected = []
    for i in range(64):
        v0, v1 = max(start + a * 0.1 * i, 0.0), max(start + a * 0.1 * (i + 1), 0.0)
        mean = (v0 + v1) / 2
        sharpest = min(0.2, 4.89 / max(v0, v1, 1e-3) ** 2)
        kappa = min(max(w / max(mean, 1.0), -sharpest), sharpest)
        turned = heading + kappa * mean * 0.1
        x += 0.05 * (v0 * math.cos(heading) + v1 * math.cos(turned))
        y += 0.05 * (v0 * math.sin(heading) + v1 * math.sin(turned))
        heading = turned
        expected.append((x, y, heading, v1))

    trajectory = ConstantTurnRateAcceleration().trajectory(speed, acceleration, yaw_rate)

    found = np.column_stack((trajectory.positions[:, :2], trajectory.headings, trajectory.speeds))
    assert found == pytest.approx(np.array(expected), abs=1e-9)


def test_braking_ends_at_standstill_and_never_reverses() -> None:
    trajectory = ConstantTurnRateAcceleration().trajectory(5.0, -2.0, 0.1)
    assert trajectory.speeds[-1] == pytest.approx(0.0, abs=1e-12)
    assert trajectory.speeds.min() > -1e-9
    assert trajectory.positions[-1, 0] == pytest.approx(5.0**2 / 4, abs=0.05)
    assert np.ptp(trajectory.positions[30:], axis=0) == pytest.approx(np.zeros(3), abs=1e-9)


def test_a_standing_vehicle_with_a_noisy_yaw_rate_makes_no_curve() -> None:
    trajectory = ConstantTurnRateAcceleration().trajectory(0.02, 0.0, 0.05)
    assert np.abs(trajectory.curvatures).max() <= 0.05
    assert np.abs(trajectory.headings).max() < 0.01


def test_the_prediction_carries_the_anchor_and_says_that_nothing_reasons() -> None:
    policy = ConstantTurnRateAcceleration(clock=lambda: 0.0)
    policy.warm_up()
    ego = history(speed=7.0)
    prediction = policy.predict(Observation(T0, (), ego))
    policy.close()
    assert (prediction.t0_ns, prediction.odometry_frame) == (T0, "odom")
    assert prediction.ego_pose is ego.ego_pose and prediction.speed == 7.0
    assert prediction.latencies_s == {"total": 0.0}
    trace = prediction.candidates[prediction.selected].trace
    assert trace.token_count == 0 and "No reasoning model is loaded" in trace.text
