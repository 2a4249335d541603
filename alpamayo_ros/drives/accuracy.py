# SPDX-License-Identifier: Apache-2.0
"""How far a prediction lies from what was driven afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.geometry import transform_points
from alpamayo_ros.types import HORIZON_LENGTH, SECOND_NS, TICK_NS, FloatArray, Prediction

HORIZONS_S = (1.0, 3.0, 6.4)
"""Horizons an average displacement error is reported at."""

MAX_GAP_NS = SECOND_NS
"""Between recorded positions further apart than this nothing is interpolated."""


@dataclass(frozen=True, slots=True)
class DrivenPath:
    """Where the vehicle went: stamps_ns (N,) increasing, positions (N, 2) [m] in ``frame``."""

    frame: str
    stamps_ns: NDArray[np.int64]
    positions: FloatArray

    @staticmethod
    def of(frame: str, samples: Iterable[tuple[int, float, float]]) -> DrivenPath:
        """Path of (stamp_ns, x, y) in any order; what is not finite is left out."""
        by_stamp = {stamp: (x, y) for stamp, x, y in samples if np.isfinite(x) and np.isfinite(y)}
        stamps = sorted(by_stamp)
        positions = np.array([by_stamp[stamp] for stamp in stamps], dtype=float).reshape(-1, 2)
        return DrivenPath(frame, np.array(stamps, dtype=np.int64), positions)

    def at(self, stamps_ns: NDArray[np.int64]) -> FloatArray:
        """Positions (M, 2), linear between the two samples around each stamp.

        NaN before the first and after the last sample, and inside a gap of more than MAX_GAP_NS.
        """
        if len(self.stamps_ns) == 0:
            return np.full((len(stamps_ns), 2), np.nan)
        after = np.searchsorted(self.stamps_ns, stamps_ns, side="left")
        inside = (stamps_ns >= self.stamps_ns[0]) & (stamps_ns <= self.stamps_ns[-1])
        after = np.clip(after, 1, max(len(self.stamps_ns) - 1, 1))
        if len(self.stamps_ns) == 1:
            return np.where(inside[:, None], self.positions[0], np.nan)
        gap = self.stamps_ns[after] - self.stamps_ns[after - 1]
        exact = np.isin(stamps_ns, self.stamps_ns)
        # subtracted as integers first: nanoseconds since 1970 do not fit a float
        fraction = (stamps_ns - self.stamps_ns[after - 1]) / gap
        start, end = self.positions[after - 1], self.positions[after]
        positions = start + fraction[:, None] * (end - start)
        known = inside & ((gap <= MAX_GAP_NS) | exact)
        return np.where(known[:, None], positions, np.nan)


def displacement_errors(prediction: Prediction, driven: DrivenPath) -> FloatArray:
    """Distances (64,) [m] between the selected trajectory's waypoints and what was driven.

    In the x-y plane of the odometry frame; the waypoints are placed there with the ego pose at
    t0. NaN where the position at a waypoint's time is not recorded, or in another frame.
    """
    if driven.frame != prediction.odometry_frame or not prediction.candidates:
        return np.full(HORIZON_LENGTH, np.nan)
    trajectory = prediction.candidates[prediction.selected].trajectory
    predicted = transform_points(prediction.ego_pose, trajectory.positions)[:, :2]
    steps = np.arange(1, len(predicted) + 1, dtype=np.int64)
    actual = driven.at(prediction.t0_ns + steps * TICK_NS)
    return np.asarray(np.linalg.norm(predicted - actual, axis=1))


def average_displacement(errors: FloatArray, horizon_s: float) -> float:
    """Mean of the errors (64,) of all waypoints up to the horizon [m].

    NaN unless the position at every one of them is recorded.
    """
    count = round(horizon_s * SECOND_NS) // TICK_NS
    return float(np.mean(errors[:count])) if count <= len(errors) else float("nan")


def average_over_ticks(
    errors: Iterable[FloatArray], horizons_s: Iterable[float] = HORIZONS_S
) -> dict[float, tuple[float, int]]:
    """For each horizon the mean over ticks of their average displacement, and how many ticks.

    Only ticks whose future is recorded up to the horizon count; NaN when there is none.
    """
    rows = list(errors)
    averages = {}
    for horizon in horizons_s:
        values = [average_displacement(row, horizon) for row in rows]
        known = [value for value in values if np.isfinite(value)]
        averages[horizon] = (float(np.mean(known)) if known else float("nan"), len(known))
    return averages
