# SPDX-License-Identifier: Apache-2.0
"""From normalised actions to trajectories: the unicycle, and its speed at t0.

The model proposes accelerations and curvatures; the speed they start from is not among its inputs
but fitted to the ego history.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from alpamayo_ros.geometry import wrap_angle
from alpamayo_ros.policy.alpamayo.config import ActionSpaceConfig
from alpamayo_ros.policy.alpamayo.history import InvalidHistory
from alpamayo_ros.types import (
    HISTORY_LENGTH,
    FloatArray,
    StackError,
    Trajectory,
)

_ROTATION_TOLERANCE = 1e-3
"""Largest entry of R R^T - I that rounding of a float32 rotation, and more, explains."""


class InvalidActions(StackError):
    """Actions that are no motion: wrong shape or not finite."""


@dataclass(frozen=True, slots=True)
class Rollouts:
    """Trajectories of n samples in the ego frame at t0; waypoint i is at the end of step i.

    positions: (n, 64, 3) [m]; headings, speeds, accelerations, curvatures: (n, 64).
    """

    positions: FloatArray
    headings: FloatArray
    speeds: FloatArray
    accelerations: FloatArray
    curvatures: FloatArray

    def rotations(self) -> FloatArray:
        """Rotation matrices (n, 64, 3, 3) of the headings about z."""
        cosine, sine = np.cos(self.headings), np.sin(self.headings)
        zero, one = np.zeros_like(cosine), np.ones_like(cosine)
        rows = ((cosine, -sine, zero), (sine, cosine, zero), (zero, zero, one))
        return np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)

    def trajectories(self) -> tuple[Trajectory, ...]:
        """Each sample by itself."""
        return tuple(
            Trajectory(*parts)
            for parts in zip(
                self.positions,
                self.headings,
                self.speeds,
                self.accelerations,
                self.curvatures,
                strict=True,
            )
        )


class ActionSpace:
    """Unicycle with acceleration and curvature, in float64."""

    def __init__(self, settings: ActionSpaceConfig) -> None:
        self._settings = settings
        self._regularisation = _regularisation(settings)
        self._scale = np.array((settings.accel_std, settings.curvature_std))
        self._mean = np.array((settings.accel_mean, settings.curvature_mean))

    def initial_speed(self, positions: ArrayLike, rotations: ArrayLike) -> float:
        """Speed at t0 [m/s] of an ego history: (16, 3) [m] and (16, 3, 3), oldest first.

        Speeds v along the headings theta are fitted to the steps dp between the positions, under
        the trapezoid rule: least squares of

            v_i u_i + v_(i+1) u_(i+1) = 2 dp_i / dt      with u = (cos theta, sin theta)

        plus ``v_lambda`` times the square of v's third derivative and ``v_ridge`` times the
        square of v (Tikhonov). It is one symmetric 16 x 16 system; without turning it
        is the same every time. The result is that of the last pose. Negative in reverse. Raises
        InvalidHistory.
        """
        path, headings = _checked(positions, rotations)
        steps = np.diff(path[:, :2], axis=0) * (2 / self._settings.dt)
        turns = np.cos(np.diff(headings))
        normal = self._regularisation.copy()
        inner = np.arange(HISTORY_LENGTH - 1)
        normal[inner, inner] += 1.0
        normal[inner + 1, inner + 1] += 1.0
        normal[inner, inner + 1] += turns
        normal[inner + 1, inner] += turns
        along = np.stack((np.cos(headings), np.sin(headings)), axis=-1)
        right = np.zeros(HISTORY_LENGTH)
        right[:-1] += np.sum(along[:-1] * steps, axis=-1)
        right[1:] += np.sum(along[1:] * steps, axis=-1)
        return float(np.linalg.solve(normal, right)[-1])

    def rollout(self, actions: ArrayLike, speed: float, height: float = 0.0) -> Rollouts:
        """Trajectories of normalised actions (n, 64, 2) from ``speed`` [m/s] at t0.

        v is the cumulative sum of a*dt, the heading grows by kappa*v*dt + kappa*a*dt^2/2 a step,
        positions follow by the trapezoid rule; z stays at ``height`` [m]. Raises InvalidActions.
        """
        given = np.asarray(actions, dtype=np.float64)
        if given.ndim != 3 or given.shape[1:] != (self._settings.waypoints, 2):
            raise InvalidActions(
                f"actions {given.shape}, not (samples, {self._settings.waypoints}, 2)"
            )
        if not np.isfinite(given).all() or not np.isfinite(speed):
            sample = np.flatnonzero(~np.isfinite(given).all(axis=(1, 2))).tolist()
            raise InvalidActions(f"actions of samples {sample} not finite, speed {speed}")
        dt = self._settings.dt
        scaled = given * self._scale + self._mean
        a, kappa = scaled[..., 0], scaled[..., 1]
        v = _from(speed, a * dt)
        headings = _from(0.0, kappa * v[:, :-1] * dt + kappa * a * (dt**2 / 2))
        positions = np.full((*a.shape, 3), height)
        positions[..., 0] = _trapezoid(v * np.cos(headings), dt)
        positions[..., 1] = _trapezoid(v * np.sin(headings), dt)
        return Rollouts(positions, headings[:, 1:], v[:, 1:], a, kappa)


def _regularisation(settings: ActionSpaceConfig) -> FloatArray:
    """The part (16, 16) of the fit's normal equations that no history changes."""
    third = np.diff(np.eye(HISTORY_LENGTH), n=3, axis=0)
    smooth = settings.v_lambda / settings.dt**6 * (third.T @ third)
    regularisation: FloatArray = smooth + settings.v_ridge * np.eye(HISTORY_LENGTH)
    return regularisation


def _checked(positions: ArrayLike, rotations: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Positions and continuous headings of a history that is one; raises InvalidHistory."""
    path = np.asarray(positions, dtype=np.float64)
    turned = np.asarray(rotations, dtype=np.float64)
    if path.shape != (HISTORY_LENGTH, 3) or turned.shape != (HISTORY_LENGTH, 3, 3):
        raise InvalidHistory(
            f"positions {path.shape} and rotations {turned.shape}, "
            f"not ({HISTORY_LENGTH}, 3) and ({HISTORY_LENGTH}, 3, 3)"
        )
    finite = np.isfinite(path).all(axis=1) & np.isfinite(turned).all(axis=(1, 2))
    if not finite.all():
        raise InvalidHistory(f"poses {np.flatnonzero(~finite).tolist()} are not finite")
    errors = np.abs(turned @ turned.transpose(0, 2, 1) - np.eye(3)).max(axis=(1, 2))
    worst = int(np.argmax(errors))
    if errors[worst] > _ROTATION_TOLERANCE:
        raise InvalidHistory(
            f"rotation {worst} is none: R R^T is {errors[worst]:.3g} off the identity, "
            f"more than {_ROTATION_TOLERANCE:.0e}"
        )
    mirrored = np.flatnonzero(np.linalg.det(turned) < 0)
    if len(mirrored):
        raise InvalidHistory(f"rotation {int(mirrored[0])} is a reflection")
    yaws = np.arctan2(turned[:, 1, 0], turned[:, 0, 0])
    return path, yaws[0] + np.concatenate(([0.0], np.cumsum(wrap_angle(np.diff(yaws)))))


def _from(start: float, steps: FloatArray) -> FloatArray:
    """Values (n, N+1) that begin at ``start`` and change by steps (n, N)."""
    values = np.empty((len(steps), steps.shape[1] + 1))
    values[:, 0] = start
    np.cumsum(steps, axis=1, out=values[:, 1:])
    values[:, 1:] += start
    return values


def _trapezoid(rate: FloatArray, dt: float) -> FloatArray:
    """Integral (n, N) of a rate (n, N+1)."""
    return np.cumsum((rate[:, :-1] + rate[:, 1:]) * (dt / 2), axis=1)
