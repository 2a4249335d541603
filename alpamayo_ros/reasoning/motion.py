# SPDX-License-Identifier: Apache-2.0
"""What a trajectory does, as smooth series and a few numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alpamayo_ros.types import SECOND_NS, TICK_NS, FloatArray, Trajectory

STEP_S = TICK_NS / SECOND_NS
SMOOTHING = 5
"""Samples of the moving mean, as in the published rules."""
END = 5
"""Samples that the values at the end are the mean of."""

STANDING = 0.3
"""Below this speed the heading of the path means nothing [m/s]."""
_PAD = SMOOTHING // 2


@dataclass(frozen=True, slots=True)
class Motion:
    """The series of a trajectory with its start: (N+1,) values at t0, t0 + 0.1 s, ... .

    speeds [m/s], negative in reverse; progress: their integral [m]; accelerations [m/s^2]; arcs:
    distance travelled [m]; headings [rad], continuous; curvatures [1/m], 0 while standing;
    lateral: offset to the left of the straight line on which the vehicle is at t0 [m]; bent:
    offset from the curved road that fits the path best [m].

    At the start and the end: start_speed, end_speed [m/s], turned [rad]; distance: how far it
    gets [m], which for a standing vehicle is not what noise adds up to.
    """

    speeds: FloatArray
    progress: FloatArray
    accelerations: FloatArray
    arcs: FloatArray
    headings: FloatArray
    curvatures: FloatArray
    lateral: FloatArray
    bent: FloatArray
    start_speed: float
    end_speed: float
    turned: float
    distance: float
    lane_width: float | None = None


def motion_of(trajectory: Trajectory, speed: float, lane_width: float | None = None) -> Motion:
    """Return the motion of a trajectory that starts at ``speed`` [m/s] in the origin.

    Only positions, headings and speeds are used. Values that are not finite count as zero: such
    trajectories are rejected elsewhere.
    """
    return motions_of((trajectory,), speed, lane_width)[0]


def motions_of(
    trajectories: Sequence[Trajectory], speed: float, lane_width: float | None = None
) -> list[Motion]:
    """Return the motions of trajectories that start alike; as motion_of, for each."""
    if len({len(trajectory.speeds) for trajectory in trajectories}) > 1:
        return [motion_of(trajectory, speed, lane_width) for trajectory in trajectories]
    if not trajectories:
        return []
    headings, speeds, lateral = _series(trajectories, speed)
    steps = (speeds[:, 1:] + speeds[:, :-1]) * (STEP_S / 2)
    arcs, progress = _sums(np.stack((np.abs(steps), steps)))
    accelerations, turning = slope(np.stack((speeds, headings)))
    moving = np.abs(speeds) > STANDING
    curvatures = np.where(moving, turning / np.where(moving, np.abs(speeds), 1.0), 0.0)
    bent = _bent(headings, arcs)
    turned = (headings[:, -END:].sum(axis=1) / END).tolist()
    ends = (speeds[:, -END:].sum(axis=1) / END).tolist()
    distances = np.abs(progress).max(axis=1).tolist()
    return [
        Motion(
            speeds=speeds[k],
            progress=progress[k],
            accelerations=accelerations[k],
            arcs=arcs[k],
            headings=headings[k],
            curvatures=curvatures[k],
            lateral=lateral[k],
            bent=bent[k],
            start_speed=float(speeds[k, 0]),
            end_speed=ends[k],
            turned=turned[k],
            distance=distances[k],
            lane_width=lane_width,
        )
        for k in range(len(trajectories))
    ]


_REVERSING = 0.05


def _series(
    trajectories: Sequence[Trajectory], speed: float
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Headings, speeds with their sign, and offsets from the line ahead, all smooth: (C, N+1)."""
    shape = (len(trajectories), len(trajectories[0].speeds) + 1)
    xy, headings, speeds = np.zeros((*shape, 2)), np.zeros(shape), np.full(shape, speed)
    for k, trajectory in enumerate(trajectories):
        xy[k, 1:] = trajectory.positions[:, :2]
        headings[k, 1:] = trajectory.headings
        speeds[k, 1:] = trajectory.speeds
    np.abs(speeds[:, 1:], out=speeds[:, 1:])
    if not (np.isfinite(xy).all() and np.isfinite(headings).all() and np.isfinite(speeds).all()):
        xy, headings, speeds = (
            np.nan_to_num(a, posinf=0, neginf=0) for a in (xy, headings, speeds)
        )
    if np.abs(headings[:, 1:] - headings[:, :-1]).max(initial=0.0) >= np.pi:
        headings = np.unwrap(headings)
    moved = xy[:, 1:] - xy[:, :-1]
    along = np.empty(shape)
    along[:, 1:] = moved[..., 0] * np.cos(headings[:, 1:]) + moved[..., 1] * np.sin(headings[:, 1:])
    along[:, 0] = speed * STEP_S if speed < 0 else np.maximum(along[:, 1], 0.0)
    headings, lateral, along = smooth(np.stack((headings, xy[..., 1], along)))
    return headings, smooth(np.where(along < -_REVERSING * STEP_S, -speeds, speeds)), lateral


def smooth(values: FloatArray) -> FloatArray:
    """Moving mean over SMOOTHING samples of the last axis; the end values are repeated."""
    padded = np.empty((*values.shape[:-1], values.shape[-1] + 2 * _PAD + 1))
    padded[..., 0] = 0.0
    padded[..., 1 : _PAD + 1] = values[..., :1]
    padded[..., _PAD + 1 : -_PAD] = values
    padded[..., -_PAD:] = values[..., -1:]
    sums = padded.cumsum(axis=-1)
    means: FloatArray = (sums[..., SMOOTHING:] - sums[..., :-SMOOTHING]) / SMOOTHING
    return means


def slope(values: FloatArray) -> FloatArray:
    """Rate per second over SMOOTHING samples of the last axis."""
    count = values.shape[-1]
    padded = np.empty((*values.shape[:-1], count + 2 * _PAD))
    padded[..., :_PAD] = values[..., :1]
    padded[..., _PAD:-_PAD] = values
    padded[..., -_PAD:] = values[..., -1:]
    spans = np.full(count, float(2 * _PAD))
    spans[:_PAD] = spans[-_PAD:][::-1] = np.arange(_PAD, 2 * _PAD)
    result: FloatArray = (padded[..., 2 * _PAD :] - padded[..., : -2 * _PAD]) / (spans * STEP_S)
    return result


def _sums(steps: FloatArray) -> FloatArray:
    """Sums of steps along the last axis, from 0 on."""
    sums = np.zeros((*steps.shape[:-1], steps.shape[-1] + 1))
    np.cumsum(steps, axis=-1, out=sums[..., 1:])
    return sums


def _bent(headings: FloatArray, arcs: FloatArray) -> FloatArray:
    """Offset from the road that fits best: straight, then an arc; or an arc, then straight."""
    moves = arcs[:, -1:] >= 1.0
    along = arcs / np.where(moves, arcs[:, -1:], 1.0)
    roads = np.concatenate(
        (np.maximum(along[:, None] - _ONSETS, 0.0), np.minimum(along[:, None], _ENDS)), axis=1
    )
    fits = np.matmul(roads, headings[..., None])[..., 0]
    # what hardly moves fits no road, and has none
    sizes = np.where(moves, np.einsum("cij,cij->ci", roads, roads), 1.0)
    rows = np.arange(len(arcs))
    best = np.argmax(fits * fits / sizes, axis=1)
    rest = headings - roads[rows, best] * (fits[rows, best] / sizes[rows, best])[:, None]
    offsets = _sums((rest[:, 1:] + rest[:, :-1]) * (arcs[:, 1:] - arcs[:, :-1]) / 2)
    return np.where(moves, offsets, 0.0)


_ONSETS = np.linspace(0.0, 0.7, 8)[:, None]
"""Where a curve may begin, as a part of the path."""
_ENDS = np.linspace(0.3, 0.9, 7)[:, None]
"""Where it may end."""
