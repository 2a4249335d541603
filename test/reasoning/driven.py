# SPDX-License-Identifier: Apache-2.0
"""Trajectories whose kind is known, at any speed, with the noise of a prediction."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from alpamayo_ros.planning.unicycle import STEP_S, rollout
from alpamayo_ros.types import HORIZON_LENGTH, FloatArray, Trajectory

LEFT, RIGHT = 1.0, -1.0


class Driver:
    """Makes trajectories from t0 at ``speed`` [m/s]; the details are drawn by ``seed``."""

    def __init__(self, speed: float, seed: int) -> None:
        self.speed = speed
        self._draw = np.random.default_rng(seed)

    # Along the road.

    def hold(self) -> Trajectory:
        return self._straight(np.zeros(HORIZON_LENGTH))

    def accelerate(self) -> Trajectory:
        return self._straight(np.full(HORIZON_LENGTH, self._draw.uniform(0.5, 2.0)))

    def slow(self) -> Trajectory:
        lost = self._draw.uniform(0.25, 0.5) * self.speed
        duration = self._draw.uniform(3.0, 6.0)
        return self._straight(self._braking(lost, duration))

    def stop(self) -> Trajectory:
        duration = min(max(self.speed / self._draw.uniform(1.5, 3.5), 1.0), 6.0)
        return self._straight(self._braking(self.speed, duration))

    def stand(self) -> Trajectory:
        return rollout(0.0, np.zeros(HORIZON_LENGTH), np.zeros(HORIZON_LENGTH))

    def stop_and_go(self) -> Trajectory:
        braking = self._braking(self.speed, 2.5)
        braking[40:] = 1.5
        return self._straight(braking)

    def _braking(self, lost: float, duration: float) -> FloatArray:
        ticks = max(round(duration / STEP_S), 1)
        rates = np.zeros(HORIZON_LENGTH)
        rates[:ticks] = -lost / (ticks * STEP_S)
        return rates

    def _straight(self, rates: FloatArray) -> Trajectory:
        return rollout(self.speed, rates, np.zeros(HORIZON_LENGTH))

    # To a side.

    def turn(self, side: float) -> Trajectory:
        """A right angle at 3 to 7 m/s, begun within two seconds."""
        radius = self._draw.uniform(6.0, 14.0)
        begin = int(self._draw.integers(0, 20))
        slow = min(max(self.speed, 1.0), 6.0)
        ticks = min(max(round(math.pi / 2 * radius / slow / STEP_S), 1), HORIZON_LENGTH - begin)
        curvatures = np.zeros(HORIZON_LENGTH)
        curvatures[begin : begin + ticks] = side / radius
        rates = np.zeros(HORIZON_LENGTH)
        if self.speed > slow:
            rates[:20] = (slow - self.speed) / 2.0
        return rollout(self.speed, rates, np.convolve(curvatures, np.ones(5) / 5, "same"))

    def curve(self, side: float) -> Trajectory:
        """A bend of the road, at up to 2 m/s^2 of lateral acceleration."""
        most = min(2.0 / max(self.speed, 3.0) ** 2, 0.03)
        bend = self._draw.uniform(0.5, 1.0) * most
        begin = int(self._draw.integers(0, 25))
        curvatures = np.zeros(HORIZON_LENGTH)
        curvatures[begin:] = side * bend
        smooth = np.convolve(np.r_[curvatures, np.full(10, curvatures[-1])], np.ones(10) / 10)
        return rollout(self.speed, np.zeros(HORIZON_LENGTH), smooth[:HORIZON_LENGTH])

    def change_lane(self, side: float) -> Trajectory:
        duration = self._draw.uniform(3.5, 5.0)
        delay = self._draw.uniform(0.0, 1.0)
        return self._aside(self.hold(), side * self._draw.uniform(3.0, 3.7), delay, duration)

    def nudge(self, side: float) -> Trajectory:
        """To the side and back again, or to stay there."""
        offset = side * self._draw.uniform(0.35, 1.1)
        aside = self._aside(self.hold(), offset, self._draw.uniform(0.0, 1.0), 2.5)
        return self._aside(aside, -offset, 3.8, 2.5) if self._draw.random() < 0.5 else aside

    def pull_over(self, side: float) -> Trajectory:
        offset = side * self._draw.uniform(1.5, 3.0)
        return self._aside(self.stop(), offset, 0.0, 0.75 * min(6.0, 2 + self.speed / 3))

    def _aside(
        self, trajectory: Trajectory, offset: float, delay: float, duration: float
    ) -> Trajectory:
        """Add a quintic offset to a path that runs along x."""
        t = (np.arange(HORIZON_LENGTH) + 1) * STEP_S
        u = np.clip((t - delay) / duration, 0.0, 1.0)
        shift = offset * (10 * u**3 - 15 * u**4 + 6 * u**5)
        positions = trajectory.positions.copy()
        positions[:, 1] += shift
        moved = np.diff(np.vstack((np.zeros(3), positions)), axis=0)[:, :2]
        rolling = np.hypot(moved[:, 0], moved[:, 1]) > 0.02
        headings = np.where(rolling, np.arctan2(moved[:, 1], moved[:, 0]), 0.0)
        return replace(trajectory, positions=positions, headings=headings)

    # As a prediction has it.

    def noisy(self, trajectory: Trajectory) -> Trajectory:
        """Add noise to every value: 3 cm, 5 mrad, 0.1 m/s."""
        draw = self._draw
        positions = trajectory.positions.copy()
        positions[:, :2] += draw.normal(0.0, 0.03, (HORIZON_LENGTH, 2))
        return replace(
            trajectory,
            positions=positions,
            headings=trajectory.headings + draw.normal(0.0, 0.005, HORIZON_LENGTH),
            speeds=trajectory.speeds + draw.normal(0.0, 0.1, HORIZON_LENGTH),
        )
