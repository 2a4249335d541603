# SPDX-License-Identifier: Apache-2.0
"""How far predictions are off when something is approximated: the number to quote with a speed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alpamayo_ros.types import Prediction, StackError


class NotComparable(StackError):
    """Predictions of different ticks, or with different numbers of candidates."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """Over all candidates of all ticks: distances between waypoints of the same time [m].

    ``same_traces`` is the share of candidates whose trace is the same.
    """

    candidates: int
    same_traces: float
    mean_m: float
    final_mean_m: float
    largest_m: float


def deviation(reference: Sequence[Prediction], changed: Sequence[Prediction]) -> Deviation:
    """Compare predictions of the same observations and seed; raises NotComparable."""
    if not reference or len(reference) != len(changed):
        raise NotComparable(f"{len(reference)} predictions and {len(changed)}")
    pairs = []
    for one, other in zip(reference, changed, strict=True):
        if one.t0_ns != other.t0_ns or len(one.candidates) != len(other.candidates):
            raise NotComparable(
                f"{len(one.candidates)} candidates at t0 {one.t0_ns} and "
                f"{len(other.candidates)} at {other.t0_ns}"
            )
        pairs += list(zip(one.candidates, other.candidates, strict=True))
    distances = np.stack(
        [
            np.linalg.norm(one.trajectory.positions - other.trajectory.positions, axis=-1)
            for one, other in pairs
        ]
    )
    same = [one.trace.text == other.trace.text for one, other in pairs]
    return Deviation(
        candidates=len(pairs),
        same_traces=float(np.mean(same)),
        mean_m=float(distances.mean()),
        final_mean_m=float(distances[:, -1].mean()),
        largest_m=float(distances.max()),
    )
