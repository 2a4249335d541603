# SPDX-License-Identifier: Apache-2.0
"""Ego samples of the last seconds, and the history at exactly t0 made of them."""

from __future__ import annotations

from collections import deque

import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.ego import validation as v
from alpamayo_ros.ego.interpolation import extrapolate_pose, extrapolate_speed, interpolate_poses
from alpamayo_ros.ego.samples import EgoSample, SampleRejected
from alpamayo_ros.ego.tracks import not_newer
from alpamayo_ros.geometry import (
    IDENTITY_QUATERNION,
    identity_pose,
    quaternion_conjugate,
    quaternion_multiply,
    quaternion_to_matrix,
    yaw_of,
)
from alpamayo_ros.types import (
    HISTORY_LENGTH,
    SECOND_NS,
    TICK_NS,
    EgoHistory,
    EgoSource,
    EgoState,
    FloatArray,
    Pose,
)

CAPACITY = 4096
"""Samples kept: 4 s at 1 kHz. A history needs 1.5 s, an image may be some 100 ms old."""

_RASTER = np.arange(1 - HISTORY_LENGTH, 1) * (TICK_NS / SECOND_NS)
_SPAN_NS = (HISTORY_LENGTH - 1) * TICK_NS

SLOPE_WINDOW_S = 0.5
"""Acceleration, and twists that are not measured, are least-squares slopes over this time."""

# 50 Hz: as fine as fast odometry needs, so that its noise averages out
_SLOPE_TIMES = np.linspace(-SLOPE_WINDOW_S, 0.0, 26)
_SLOPE_WEIGHTS = np.linalg.pinv(np.vander(_SLOPE_TIMES, 2))[0]
# the same for values on the last poses of the raster: line and parabola, highest power first
_RECENT = _RASTER[-1 - v.COMPARISON_STEPS :]
_LINE = np.linalg.pinv(np.vander(_RECENT, 2))
_PARABOLA = np.linalg.pinv(np.vander(_RECENT, 3))

_POSITION, _QUATERNION, _SPEED, _YAW_RATE, _MEASURED = slice(0, 3), slice(3, 7), 7, 8, 9

_EXPLANATIONS = {"not_finite": v.ODOMETRY_NOT_FINITE, "wrong_frame": v.WRONG_FRAME}


class EgoBuffer:
    """Takes ego samples in order of their stamps and makes the history before any t0."""

    def __init__(
        self, settings: v.EgoSettings | None = None, source: EgoSource = EgoSource.ODOMETRY
    ) -> None:
        self._settings = settings or v.EgoSettings()
        self._source = source
        # Twice the capacity, so that the samples are contiguous: they move to the front only once
        # in CAPACITY samples.
        self._stamps: NDArray[np.int64] = np.empty(2 * CAPACITY, dtype=np.int64)
        self._rows: FloatArray = np.empty((2 * CAPACITY, 10))
        self._begin = 0
        self._end = 0
        self._frame = ""
        self._rejections: deque[SampleRejected] = deque(maxlen=256)

    @property
    def newest_ns(self) -> int | None:
        """Stamp of the newest sample; None when there is none."""
        return int(self._stamps[self._end - 1]) if self._end else None

    def add(self, sample: EgoSample) -> None:
        """Take a sample.

        Raises SampleRejected (duplicate_stamp, out_of_order) when it is not newer than the newest,
        ClockJumped when it is more than CLOCK_JUMP_NS older: call ``reset`` and add it again.
        """
        newest = self.newest_ns
        if newest is not None and sample.stamp_ns <= newest:
            raise not_newer("odometry", sample.stamp_ns, newest)
        if self._end == len(self._stamps):
            kept = slice(self._end - CAPACITY + 1, self._end)
            self._stamps[: CAPACITY - 1] = self._stamps[kept]
            self._rows[: CAPACITY - 1] = self._rows[kept]
            self._end = CAPACITY - 1
        row = self._rows[self._end]
        row[_POSITION] = sample.pose.position
        row[_QUATERNION] = sample.pose.quaternion
        row[_SPEED] = sample.speed
        row[_YAW_RATE] = sample.yaw_rate
        row[_MEASURED] = sample.twist_measured
        self._stamps[self._end] = sample.stamp_ns
        self._end += 1
        self._begin = max(0, self._end - CAPACITY)
        self._frame = sample.odometry_frame

    def reject(self, rejection: SampleRejected) -> None:
        """Remember that a sample was not taken: a history that lacks it says why."""
        if rejection.reason in _EXPLANATIONS:
            self._rejections.append(rejection)

    def reset(self) -> None:
        """Forget everything: time was set back."""
        self._begin = self._end = 0
        self._rejections.clear()

    def state(self) -> EgoState | None:
        """Ego motion at the newest sample; None when there is none."""
        if not self._end:
            return None
        row = self._rows[self._end - 1].copy()
        return EgoState(
            stamp_ns=int(self._stamps[self._end - 1]),
            odometry_frame=self._frame,
            pose=Pose(row[_POSITION], row[_QUATERNION]),
            speed=float(row[_SPEED]),
            yaw_rate=float(row[_YAW_RATE]),
        )

    def history(self, t0_ns: int) -> EgoHistory:
        """Return the 16 poses at t0-1.5 s .. t0, interpolated at exactly these times.

        t0 may lie up to ``max_extrapolation_s`` beyond the newest sample: pose and speed there
        follow from constant acceleration and yaw rate. Speed and yaw rate at t0 are the measured
        ones, linearly interpolated; the acceleration is the least-squares slope of the measured
        speed over the 0.5 s before t0 or, if that is earlier, before the newest sample. When they
        are not measured, speed and acceleration are slope and curvature at t0 of the parabola
        fitted to the distance driven at t0-0.5 s .. t0 on the 0.1 s raster, the yaw rate the slope
        of the line fitted to the heading there.

        An invalid history has ``valid`` False and a ``reason``; its poses are the identity, and
        numbers that could not be found are NaN.
        """
        problem = self._coverage_problem(t0_ns)
        if problem is not None:
            return self._invalid(t0_ns, *problem)
        window = self._window(t0_ns)
        gap, gap_begin = v.find_gap(window.times)
        extrapolation = max(0.0, float(-window.times[-1]))
        if gap > self._settings.max_gap_s:
            begin_ns = t0_ns + round(gap_begin * SECOND_NS)
            problem = self._explained(
                t0_ns, begin_ns, begin_ns + round(gap * SECOND_NS), v.ODOMETRY_GAP,
                f"gap {gap:.3f} s > {self._settings.max_gap_s:g} s at t0{gap_begin:+.2f} s",
            )  # fmt: skip
            return self._invalid(t0_ns, *problem, gap, extrapolation)
        if jump := v.find_jump(window, self._settings):
            return self._invalid(t0_ns, v.ODOMETRY_JUMP, jump, gap, extrapolation)
        return self._assembled(t0_ns, window, gap, extrapolation)

    def _coverage_problem(self, t0_ns: int) -> tuple[str, str] | None:
        """Return name and detail when the samples do not reach from t0-1.5 s to t0."""
        if self._end - self._begin == 0:
            return self._explained(
                t0_ns, None, None, v.NO_ODOMETRY, "no sample was received"
            )  # fmt: skip
        oldest, newest = int(self._stamps[self._begin]), int(self._stamps[self._end - 1])
        limit = self._settings.max_extrapolation_s
        if t0_ns - newest > limit * SECOND_NS:
            late = (t0_ns - newest) / SECOND_NS
            return self._explained(
                t0_ns, newest, None, v.ODOMETRY_LATE,
                f"the newest sample is {late:.3f} s > {limit:g} s before t0",
            )  # fmt: skip
        if oldest > t0_ns - _SPAN_NS or self._end - self._begin < 2:
            length = (t0_ns - oldest) / SECOND_NS
            return self._explained(
                t0_ns, t0_ns - _SPAN_NS, oldest, v.ODOMETRY_SHORT,
                f"samples begin {length:.3f} s < {_SPAN_NS / SECOND_NS:g} s before t0",
            )  # fmt: skip
        return None

    def _explained(
        self, t0_ns: int, begin_ns: int | None, end_ns: int | None, name: str, detail: str
    ) -> tuple[str, str]:
        """Return name and detail; those of a rejected sample when one of that time is missing."""
        for rejection in reversed(self._rejections):
            stamp = rejection.stamp_ns
            if (begin_ns is None or stamp >= begin_ns) and (end_ns is None or stamp <= end_ns):
                at = (stamp - t0_ns) / SECOND_NS
                explained = f"{rejection} at t0{at:+.2f} s, so {name}: {detail}"
                return _EXPLANATIONS[rejection.reason], explained
        return name, detail

    def _window(self, t0_ns: int) -> v.Window:
        """Views on the samples from the last at or before t0-1.5 s to the first at or after t0."""
        stamps = self._stamps[self._begin : self._end]
        first = int(np.searchsorted(stamps, t0_ns - _SPAN_NS, side="right")) - 1
        last = min(int(np.searchsorted(stamps, t0_ns, side="left")), len(stamps) - 1)
        chosen = slice(self._begin + first, self._begin + last + 1)
        rows = self._rows[chosen]
        return v.Window(
            times=(self._stamps[chosen] - t0_ns) / SECOND_NS,
            positions=rows[:, _POSITION],
            quaternions=rows[:, _QUATERNION],
            speeds=rows[:, _SPEED],
            yaw_rates=rows[:, _YAW_RATE],
            twist_measured=bool(rows[:, _MEASURED].all()),
        )

    def _assembled(
        self, t0_ns: int, window: v.Window, gap: float, extrapolation: float
    ) -> EgoHistory:
        positions, quaternions = poses_on_raster(window)
        pose = Pose(positions[-1], quaternions[-1])
        implied = v.forward_steps(positions, quaternions)
        positions, quaternions = _relative_to_last(positions, quaternions)
        mismatch = ""
        if window.twist_measured:
            speed, yaw_rate, acceleration = _measured_motion(window)
            speeds = np.interp(_RASTER, window.times, window.speeds)
            speeds[-1] = speed
            measured = (speeds[1:] + speeds[:-1]) / 2 * (TICK_NS / SECOND_NS)
            mismatch = v.find_speed_mismatch(implied, measured, self._settings)
        else:
            speed, yaw_rate, acceleration = _motion_of_poses(implied, quaternions)
        return EgoHistory(
            t0_ns=t0_ns,
            valid=not mismatch,
            reason=f"{v.SPEED_MISMATCH}: {mismatch}" if mismatch else "",
            source=self._source,
            positions=positions,
            quaternions=quaternions,
            odometry_frame=self._frame,
            ego_pose=pose,
            speed=speed,
            yaw_rate=yaw_rate,
            acceleration=acceleration,
            implied_speed=float(implied[-v.COMPARISON_STEPS :].sum()) / -float(_RECENT[0]),
            largest_gap_s=gap,
            extrapolation_s=extrapolation,
        )

    def _invalid(
        self,
        t0_ns: int,
        name: str,
        detail: str,
        gap: float = float("nan"),
        extrapolation: float = float("nan"),
    ) -> EgoHistory:
        nan = float("nan")
        return EgoHistory(
            t0_ns=t0_ns,
            valid=False,
            reason=f"{name}: {detail}",
            source=self._source,
            positions=np.zeros((HISTORY_LENGTH, 3)),
            quaternions=np.tile(IDENTITY_QUATERNION, (HISTORY_LENGTH, 1)),
            odometry_frame=self._frame,
            ego_pose=identity_pose(),
            speed=nan,
            yaw_rate=nan,
            acceleration=nan,
            implied_speed=nan,
            largest_gap_s=gap,
            extrapolation_s=extrapolation,
        )


def poses_on_raster(window: v.Window) -> tuple[FloatArray, FloatArray]:
    """Return positions (16, 3) and quaternions (16, 4) at t0-1.5 s .. t0, odometry frame."""
    newest = float(window.times[-1])
    positions, quaternions = interpolate_poses(
        window.times, window.positions, window.quaternions, np.minimum(_RASTER, newest)
    )
    beyond = np.flatnonzero(newest < _RASTER)
    if len(beyond):
        speed, yaw_rate = float(window.speeds[-1]), float(window.yaw_rates[-1])
        acceleration = _acceleration(window)
        for index in beyond:
            time_s = float(_RASTER[index]) - newest
            _, distance = extrapolate_speed(speed, acceleration, time_s)
            positions[index], quaternions[index] = extrapolate_pose(
                window.positions[-1], window.quaternions[-1],
                distance, yaw_rate * time_s,
            )  # fmt: skip
    return positions, quaternions


def _relative_to_last(
    positions: FloatArray, quaternions: FloatArray
) -> tuple[FloatArray, FloatArray]:
    relative = (positions - positions[-1]) @ quaternion_to_matrix(quaternions[-1])
    turned = quaternion_multiply(quaternion_conjugate(quaternions[-1]), quaternions)
    turned *= np.where(turned[:, 3:] < 0, -1.0, 1.0)
    turned[-1] = IDENTITY_QUATERNION
    return relative, turned


def _acceleration(window: v.Window) -> float:
    end = min(0.0, float(window.times[-1]))
    return float(_SLOPE_WEIGHTS @ np.interp(_SLOPE_TIMES + end, window.times, window.speeds))


def _measured_motion(window: v.Window) -> tuple[float, float, float]:
    """Return speed, yaw rate and acceleration at t0."""
    acceleration = _acceleration(window)
    speed = float(np.interp(0.0, window.times, window.speeds))
    beyond = -float(window.times[-1])
    if beyond > 0:
        speed, _ = extrapolate_speed(speed, acceleration, beyond)
    return speed, float(np.interp(0.0, window.times, window.yaw_rates)), acceleration


def _motion_of_poses(
    implied_steps: FloatArray, quaternions: FloatArray
) -> tuple[float, float, float]:
    """Return speed, yaw rate and acceleration at t0, from the poses alone."""
    driven = np.concatenate(([0.0], np.cumsum(implied_steps[-v.COMPARISON_STEPS :])))
    half_acceleration, speed, _ = _PARABOLA @ driven
    headings = np.unwrap(yaw_of(quaternions[-1 - v.COMPARISON_STEPS :]))
    return float(speed), float(_LINE[0] @ headings), 2 * float(half_acceleration)
