# SPDX-License-Identifier: Apache-2.0
"""Constant turn rate and acceleration: the honest baseline, which needs no model.

With speed v0, acceleration a and yaw rate w of the ego history at t0, and t_i = 0.1 i s:

    s_0     = max(v0, 0)
    a_0     = clip(a, a_min, min(a_max, (v_max - s_0) / 6.4 s))
    v_i     = max(s_0 + a_0 * t_i, 0)                                      i = 0 .. 64
    m_i     = (v_i + v_(i+1)) / 2                                          mean of step i
    kappa_i = clip(clip(w, +-w_max) / max(m_i, 1 m/s), +-k_i)
    k_i     = min(kappa_max, a_lat_max / max(v_i, v_(i+1))^2)

and then the unicycle of planning.unicycle with accelerations (v_(i+1) - v_i) / 0.1 s and
curvatures kappa_i. So the acceleration is constant until standstill, which is held, never
reversed; the yaw rate is constant while the vehicle moves, as far as the bounds of
planning.bounds let it; and below 1 m/s the noise of a standing vehicle's yaw rate makes no curve.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

import numpy as np

from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.unicycle import STEP_S, rollout
from alpamayo_ros.policy.protocol import PolicyClock
from alpamayo_ros.types import (
    HORIZON_LENGTH,
    Candidate,
    Observation,
    Prediction,
    Trace,
    Trajectory,
)

_MIN_TURNING_SPEED = 1.0

_TRACE = Trace("No reasoning model is loaded: constant turn rate and acceleration.", 0)


class ConstantTurnRateAcceleration:
    """The policy ``ctra``: goes on as the vehicle went at t0, and looks at no image."""

    name = "ctra"

    def __init__(
        self,
        settings: Mapping[str, object] | None = None,
        clock: PolicyClock = time.perf_counter,
    ) -> None:
        self._clock = clock
        self._bounds = Bounds()

    def warm_up(self) -> None:
        """Nothing to load; numpy's first call is the slow one."""
        self.trajectory(1.0, 0.0, 0.0)

    def predict(self, observation: Observation) -> Prediction:
        """Return one candidate; see the module for its formula."""
        start = self._clock()
        ego = observation.ego
        trajectory = self.trajectory(ego.speed, ego.acceleration, ego.yaw_rate)
        return Prediction(
            t0_ns=observation.t0_ns,
            policy=self.name,
            odometry_frame=ego.odometry_frame,
            ego_pose=ego.ego_pose,
            speed=ego.speed,
            candidates=(Candidate(trajectory, _TRACE),),
            selected=0,
            selection_reason="the only candidate",
            latencies_s={"total": self._clock() - start},
            decision_id="",
        )

    def trajectory(self, speed: float, acceleration: float, yaw_rate: float) -> Trajectory:
        """Waypoints from the speed [m/s], acceleration [m/s^2] and yaw rate [rad/s] at t0."""
        bounds = self._bounds
        times = np.arange(HORIZON_LENGTH + 1) * STEP_S
        speed = max(speed, 0.0)
        most = min(bounds.max_acceleration, (bounds.max_speed - speed) / float(times[-1]))
        acceleration = min(max(acceleration, bounds.min_acceleration), most)
        speeds = np.maximum(speed + acceleration * times, 0.0)
        means = (speeds[:-1] + speeds[1:]) / 2
        yaw_rate = min(max(yaw_rate, -bounds.max_yaw_rate), bounds.max_yaw_rate)
        fastest = np.maximum(speeds[:-1], speeds[1:])
        sharpest = bounds.max_lateral_acceleration / np.maximum(fastest, 1e-3) ** 2
        sharpest = np.minimum(sharpest, bounds.max_curvature)
        curvatures = yaw_rate / np.maximum(means, _MIN_TURNING_SPEED)
        curvatures = np.clip(curvatures, -sharpest, sharpest)
        return rollout(speed, np.diff(speeds) / STEP_S, curvatures)

    def close(self) -> None:
        """Nothing is held."""
