# SPDX-License-Identifier: Apache-2.0
"""The unicycle: from accelerations and curvatures to a trajectory."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from alpamayo_ros.types import SECOND_NS, TICK_NS, FloatArray, Trajectory

STEP_S = TICK_NS / SECOND_NS


def rollout(
    speed: float, accelerations: ArrayLike, curvatures: ArrayLike, dt: float = STEP_S
) -> Trajectory:
    """Integrate the action space of the Alpamayo models from the origin of the ego frame.

    accelerations [m/s^2] and curvatures [1/m, left positive]: (N,), each held for one step of
    ``dt`` seconds; ``speed`` is the one at t0 [m/s]. Waypoint i is at the end of step i and carries
    the acceleration and curvature of that step. With v the cumulative sum of a*dt from the speed at
    t0, the heading grows by kappa*v*dt + kappa*a*dt^2/2 a step, and positions follow by the
    trapezoid rule; z stays 0. Raises ValueError when the shapes differ.
    """
    a = np.asarray(accelerations, dtype=float)
    kappa = np.asarray(curvatures, dtype=float)
    if a.ndim != 1 or a.shape != kappa.shape:
        raise ValueError(f"accelerations {a.shape} and curvatures {kappa.shape} must be equal (N,)")
    v = np.concatenate(([speed], speed + np.cumsum(a * dt)))
    turns = kappa * v[:-1] * dt + kappa * a * dt**2 / 2
    headings = np.concatenate(([0.0], np.cumsum(turns)))
    positions = np.zeros((len(a), 3))
    positions[:, 0] = _trapezoid(v * np.cos(headings), dt)
    positions[:, 1] = _trapezoid(v * np.sin(headings), dt)
    return Trajectory(positions, headings[1:], v[1:], a.copy(), kappa.copy())


def _trapezoid(rate: FloatArray, dt: float) -> FloatArray:
    return np.cumsum((rate[:-1] + rate[1:]) * (dt / 2))
