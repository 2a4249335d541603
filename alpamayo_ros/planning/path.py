# SPDX-License-Identifier: Apache-2.0
"""The path of a motion without its speeds: states by the distance travelled along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from alpamayo_ros.planning.motion import CURVATURE, HEADING, X, Y, Z
from alpamayo_ros.types import FloatArray

_SAME_M = 1e-9
"""Rows this close are one place: a motion may stand."""


@dataclass(frozen=True, slots=True)
class Path:
    """Places of a motion's table and their distances from its first row.

    arc: (N,) [m], increasing; table: (N, 7), columns as in motion. It goes straight on beyond both
    ends, where the heading is that of the end and the curvature 0.
    """

    arc: FloatArray
    table: FloatArray

    def at(self, distances: FloatArray) -> FloatArray:
        """States (M, 7) at distances (M,) along the path; speeds and accelerations are 0."""
        arc, table = self.arc, self.table
        states = np.zeros((len(distances), 7))
        for column in (X, Y, Z, HEADING, CURVATURE):
            states[:, column] = np.interp(distances, arc, table[:, column])
        for outside, end in (
            (np.minimum(distances - arc[0], 0.0), table[0]),
            (np.maximum(distances - arc[-1], 0.0), table[-1]),
        ):
            if outside.any():
                states[:, X] += outside * np.cos(end[HEADING])
                states[:, Y] += outside * np.sin(end[HEADING])
                states[outside != 0.0, CURVATURE] = 0.0
        return states

    def project(self, position: FloatArray) -> tuple[float, FloatArray]:
        """Distance along the path of the place nearest to a position (3,), and the state there."""
        away = self.table[:, X : Y + 1] - position[:2]
        nearest = int(np.argmin(np.einsum("ij,ij->i", away, away)))
        distance, state = float(self.arc[nearest]), self.table[nearest]
        # the second time from a place that is as near as rows are dense, on a path that may bend
        for _ in range(2):
            off = position - state[X : Z + 1]
            distance += float(off[0] * np.cos(state[HEADING]) + off[1] * np.sin(state[HEADING]))
            state = self.at(np.array([distance]))[0]
        return distance, state


def path_of(table: FloatArray) -> tuple[Path, FloatArray]:
    """The path of a motion's table, and the distance (N,) [m] of each of its rows."""
    arc = arc_length(table)
    keep = np.concatenate(([True], np.diff(arc) > _SAME_M))
    return Path(arc[keep], table[keep]), arc


def arc_length(table: FloatArray) -> FloatArray:
    """Distance (N,) of each row of a motion's table from the first, along it [m]."""
    steps = np.diff(table[:, X : Z + 1], axis=0)
    lengths = np.sqrt(np.einsum("ij,ij->i", steps, steps))
    return np.concatenate(([0.0], np.cumsum(lengths)))
