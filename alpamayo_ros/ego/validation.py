# SPDX-License-Identifier: Apache-2.0
"""What makes an ego history unusable, with a name and the numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpamayo_ros.geometry import quaternion_to_matrix
from alpamayo_ros.types import FloatArray

NO_ODOMETRY = "NO_ODOMETRY"
ODOMETRY_LATE = "ODOMETRY_LATE"
ODOMETRY_GAP = "ODOMETRY_GAP"
ODOMETRY_SHORT = "ODOMETRY_SHORT"
ODOMETRY_NOT_FINITE = "ODOMETRY_NOT_FINITE"
ODOMETRY_JUMP = "ODOMETRY_JUMP"
WRONG_FRAME = "WRONG_FRAME"
SPEED_MISMATCH = "SPEED_MISMATCH"

COMPARISON_STEPS = 5
"""Implied and measured speed are compared over this many steps of 0.1 s: 0.5 s."""


@dataclass(frozen=True, slots=True)
class EgoSettings:
    """Limits of a valid history; the node's parameters of the same names describe them."""

    max_gap_s: float = 0.25
    max_extrapolation_s: float = 0.1
    max_jump_m: float = 0.5
    max_turn_jump_rad: float = 0.3
    max_speed_mismatch_mps: float = 0.5
    max_speed_mismatch_ratio: float = 0.05


@dataclass(frozen=True, slots=True)
class Window:
    """The samples a history rests on, from the last one at or before its start.

    times: (N,) relative to t0 [s], increasing; positions: (N, 3); quaternions: (N, 4); speeds and
    yaw_rates: (N,). ``twist_measured`` is true when every speed and yaw rate was measured.
    """

    times: FloatArray
    positions: FloatArray
    quaternions: FloatArray
    speeds: FloatArray
    yaw_rates: FloatArray
    twist_measured: bool


def find_gap(times: FloatArray) -> tuple[float, float]:
    """Return the largest time between consecutive samples and when it begins [s]; N >= 2."""
    gaps = np.diff(times)
    widest = int(np.argmax(gaps))
    return float(gaps[widest]), float(times[widest])


def find_jump(window: Window, settings: EgoSettings) -> str:
    """Return what jumped between two samples; empty when nothing did.

    A displacement is compared with the one the speed gives along the mean forward axis, a turn
    with the one the yaw rate gives. What all intervals have in common (the median) is a speed of
    the wrong scale, not a jump: the speed comparison names it.
    """
    steps = np.diff(window.times)
    forward = quaternion_to_matrix(window.quaternions)[:, :, 0]
    speeds = _interval_means(window.speeds, window.twist_measured)
    moved = np.diff(window.positions, axis=0)
    expected = (forward[1:] + forward[:-1]) / 2 * (speeds * steps)[:, None]
    position_excess = _beyond_common(np.linalg.norm(moved - expected, axis=1), steps)
    worst = int(np.argmax(position_excess))
    # not (<=), here and below: numbers so large that they overflow must not pass as NaN
    if not position_excess[worst] <= settings.max_jump_m:
        return (
            f"position moved {np.linalg.norm(moved[worst]):.2f} m in {steps[worst]:.3f} s at "
            f"{speeds[worst]:.2f} m/s, {position_excess[worst]:.2f} m > {settings.max_jump_m:g} m "
            f"off, at {_at(window.times[worst])}"
        )
    cosine = np.abs(np.sum(window.quaternions[1:] * window.quaternions[:-1], axis=1))
    turned = 2 * np.arccos(np.minimum(cosine, 1.0))
    rates = _interval_means(window.yaw_rates, window.twist_measured)
    turn_excess = _beyond_common(np.abs(turned - np.abs(rates) * steps), steps)
    worst = int(np.argmax(turn_excess))
    if not turn_excess[worst] <= settings.max_turn_jump_rad:
        return (
            f"orientation turned {turned[worst]:.2f} rad in {steps[worst]:.3f} s at "
            f"{rates[worst]:.2f} rad/s, {turn_excess[worst]:.2f} rad > "
            f"{settings.max_turn_jump_rad:g} rad off, at {_at(window.times[worst])}"
        )
    return ""


def _interval_means(values: FloatArray, measured: bool) -> FloatArray:
    # a twist taken from poses shows the jump itself, but not yet at the sample before it
    return (values[1:] + values[:-1]) / 2 if measured else values[:-1]


def _beyond_common(residuals: FloatArray, steps: FloatArray) -> FloatArray:
    return residuals - float(np.median(residuals / steps)) * steps


def forward_steps(positions: FloatArray, quaternions: FloatArray) -> FloatArray:
    """Return the signed distance along the forward axis from each pose to the next (N-1,) [m]."""
    forward = quaternion_to_matrix(quaternions)[:, :, 0]
    along = np.sum(np.diff(positions, axis=0) * (forward[1:] + forward[:-1]) / 2, axis=1)
    return np.asarray(along)


def find_speed_mismatch(
    implied_steps: FloatArray, measured_steps: FloatArray, settings: EgoSettings
) -> str:
    """Return where implied and measured speed disagree; empty when they agree.

    Both are distances [m] of the steps of 0.1 s of a history (15,), summed over 0.5 s each, so
    that noise of a pose at standstill and a speed that is some milliseconds older do not matter.
    The limit grows with the speed: wheel radius and slip are ratios.
    """
    implied = 10.0 / COMPARISON_STEPS * implied_steps.reshape(-1, COMPARISON_STEPS).sum(axis=1)
    measured = 10.0 / COMPARISON_STEPS * measured_steps.reshape(-1, COMPARISON_STEPS).sum(axis=1)
    limits = settings.max_speed_mismatch_mps + settings.max_speed_mismatch_ratio * np.abs(measured)
    excess = np.abs(implied - measured) - limits
    worst = int(np.argmax(excess))
    if excess[worst] <= 0:
        return ""
    end = (worst + 1 - len(excess)) * COMPARISON_STEPS * 0.1
    return (
        f"the poses imply {implied[worst]:.2f} m/s, measured {measured[worst]:.2f} m/s, "
        f"more than {limits[worst]:.2f} m/s apart in the 0.5 s before {_at(end)}"
    )


def _at(time_s: float) -> str:
    return "t0" if time_s == 0 else f"t0{time_s:+.2f} s"
