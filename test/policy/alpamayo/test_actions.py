# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alpamayo_ros.geometry import quaternion_from_yaw, quaternion_to_matrix
from alpamayo_ros.planning import unicycle
from alpamayo_ros.policy.alpamayo.actions import ActionSpace, InvalidActions
from alpamayo_ros.policy.alpamayo.config import ActionSpaceConfig, load_config
from alpamayo_ros.policy.alpamayo.history import InvalidHistory
from alpamayo_ros.types import FloatArray

TINY = Path(__file__).parents[2] / "data" / "alpamayo1_5_tiny"
SETTINGS = load_config(TINY).action_space
SPACE = ActionSpace(SETTINGS)


def arc(speed: float, yaw_rate: float, acceleration: float = 0.0) -> tuple[FloatArray, FloatArray]:
    """An ego history on an arc, by fine integration backwards from t0."""
    fine = np.linspace(0.0, -1.5, 15001)
    v = speed + acceleration * fine
    heading = yaw_rate * fine
    rate = np.stack((v * np.cos(heading), v * np.sin(heading), np.zeros_like(v)), axis=-1)
    path = np.zeros((len(fine), 3))
    path[1:] = np.cumsum((rate[1:] + rate[:-1]) / 2 * np.diff(fine)[:, None], axis=0)
    return path[::1000][::-1], quaternion_to_matrix(quaternion_from_yaw(heading[::1000][::-1]))


@pytest.mark.parametrize("case", range(5))
def test_recorded_cases_have_the_recorded_speed_and_trajectories(case: int) -> None:
    recorded = np.load(TINY / f"case{case}.npz")
    speed = SPACE.initial_speed(
        recorded["ego_history_xyz"][0, 0], recorded["ego_history_rot"][0, 0]
    )
    assert speed == pytest.approx(float(recorded["v0"][0, 0]), abs=1e-4)
    rollouts = SPACE.rollout(recorded["flow_states"][:, -1], speed)
    np.testing.assert_allclose(rollouts.positions, recorded["pred_xyz"][0, 0], atol=1e-4)
    np.testing.assert_allclose(rollouts.rotations(), recorded["pred_rot"][0, 0], atol=1e-5)


@given(st.floats(-10, 50), st.floats(-1, 1), st.floats(-4, 4))
@settings(max_examples=50, deadline=None)
def test_the_speed_of_a_smooth_motion_is_found(speed: float, yaw: float, accel: float) -> None:
    found = SPACE.initial_speed(*arc(speed, yaw, accel))
    assert found == pytest.approx(speed, abs=0.02 + 0.005 * abs(speed))


@given(arrays(np.float64, (16, 2), elements=st.floats(-30, 30)), st.floats(-9, 9))
@settings(max_examples=50, deadline=None)
def test_the_fit_is_the_least_squares_solution_for_any_history(
    path: FloatArray, yaw_rate: float
) -> None:
    yaws = yaw_rate * np.arange(-15, 1) * 0.1 + 3.0
    positions = np.concatenate((path, np.ones((16, 1))), axis=1)
    rows, right = np.zeros((30, 16)), np.diff(path, axis=0).reshape(-1) * 20
    for i in range(15):
        for j in (i, i + 1):
            rows[2 * i : 2 * i + 2, j] = np.cos(yaws[j]), np.sin(yaws[j])
    third = np.diff(np.eye(16), n=3, axis=0) * np.sqrt(SETTINGS.v_lambda) / 0.1**3
    system = np.concatenate((rows, third, np.sqrt(SETTINGS.v_ridge) * np.eye(16)))
    target = np.concatenate((right, np.zeros(len(third) + 16)))
    expected = np.linalg.lstsq(system, target, rcond=None)[0][-1]
    rotations = quaternion_to_matrix(quaternion_from_yaw(yaws))
    assert SPACE.initial_speed(positions, rotations) == pytest.approx(expected, abs=1e-5, rel=1e-7)


@given(
    arrays(np.float64, (3, 64, 2), elements=st.floats(-4, 4)), st.floats(-5, 40), st.floats(-2, 2)
)
@settings(max_examples=30, deadline=None)
def test_every_sample_is_the_unicycle_of_the_planner(
    actions: FloatArray, speed: float, height: float
) -> None:
    rollouts = SPACE.rollout(actions, speed, height)
    for sample, trajectory in enumerate(rollouts.trajectories()):
        expected = unicycle.rollout(
            speed,
            actions[sample, :, 0] * SETTINGS.accel_std + SETTINGS.accel_mean,
            actions[sample, :, 1] * SETTINGS.curvature_std + SETTINGS.curvature_mean,
        )
        np.testing.assert_allclose(
            trajectory.positions, expected.positions + np.array([0, 0, height]), atol=1e-9
        )
        for name in ("headings", "speeds", "accelerations", "curvatures"):
            np.testing.assert_allclose(
                getattr(trajectory, name), getattr(expected, name), atol=1e-9
            )


def test_means_and_deviations_come_from_the_checkpoint() -> None:
    space = ActionSpace(ActionSpaceConfig(accel_mean=1.0, accel_std=2.0))
    rollouts = space.rollout(np.ones((1, 64, 2)), 0.0)
    np.testing.assert_allclose(rollouts.accelerations, 3.0)
    np.testing.assert_allclose(rollouts.curvatures, 1.0)


def test_a_history_with_a_nan_is_named() -> None:
    positions, rotations = arc(10, 0.1)
    positions[3, 2] = np.nan
    rotations[7, 0, 0] = np.inf
    with pytest.raises(InvalidHistory, match=r"poses \[3, 7\] are not finite"):
        SPACE.initial_speed(positions, rotations)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (np.zeros((3, 3)), r"rotation 5 is none: R R\^T is 1 off"),
        (np.diag((1.0, 1.01, 1.0)), r"R R\^T is 0\.0201 off"),
        (np.diag((1.0, -1.0, 1.0)), "rotation 5 is a reflection"),
    ],
)
def test_a_matrix_that_is_no_rotation_is_named(broken: FloatArray, reason: str) -> None:
    positions, rotations = arc(10, 0.0)
    rotations[5] = broken
    with pytest.raises(InvalidHistory, match=reason):
        SPACE.initial_speed(positions, rotations)


def test_wrong_shapes_are_named() -> None:
    positions, rotations = arc(10, 0.0)
    with pytest.raises(InvalidHistory, match=r"positions \(15, 3\) and rotations \(16, 3, 3\)"):
        SPACE.initial_speed(positions[1:], rotations)
    with pytest.raises(InvalidActions, match=r"actions \(64, 2\), not \(samples, 64, 2\)"):
        SPACE.rollout(np.zeros((64, 2)), 1.0)


def test_actions_that_are_not_finite_are_named() -> None:
    actions = np.zeros((3, 64, 2))
    actions[1, 5, 0] = np.nan
    with pytest.raises(InvalidActions, match=r"samples \[1\] not finite"):
        SPACE.rollout(actions, 1.0)
    with pytest.raises(InvalidActions, match="speed nan"):
        SPACE.rollout(np.zeros((1, 64, 2)), float("nan"))
