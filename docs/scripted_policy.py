# SPDX-License-Identifier: Apache-2.0
"""A policy for pictures: six ways on as the vehicle goes, sentences from a script, and mistakes.

No model: the script knows the generated drive. It says "stop" where it drives on, and at one place
asks for more than the vehicle can do, so that there is something to be found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.policy.protocol import PolicyClock
from alpamayo_ros.types import SECOND_NS, Candidate, Observation, Prediction, Trace

_YAW_RATES = (0.0, 0.015, -0.015, 0.03, -0.03, 0.008)
_LIES_S = (6.0, 7.2)
_OVERDOES_S = (11.0, 11.8)


class Scripted:
    """Says and does what the time since the first tick says."""

    name = "scripted, for this picture"

    def __init__(self, settings: Mapping[str, object], clock: PolicyClock) -> None:
        self._way_on = ConstantTurnRateAcceleration(settings, clock)
        self._begin_ns: int | None = None

    def warm_up(self) -> None:
        """Nothing to load."""

    def predict(self, observation: Observation) -> Prediction:
        """Six candidates around going on as before."""
        if self._begin_ns is None:
            self._begin_ns = observation.t0_ns
        since_s = (observation.t0_ns - self._begin_ns) / SECOND_NS
        ego = observation.ego
        prediction = self._way_on.predict(observation)
        text = self._says(since_s, ego.speed, ego.acceleration, ego.yaw_rate)
        ways = [
            self._way_on.trajectory(ego.speed, ego.acceleration, ego.yaw_rate + more)
            for more in _YAW_RATES
        ]
        if _OVERDOES_S[0] <= since_s < _OVERDOES_S[1]:
            ways = [replace(way, accelerations=way.accelerations + 9.0 * np.sin(
                np.arange(len(way.accelerations)))) for way in ways]  # fmt: skip
        candidates = tuple(Candidate(way, Trace(text, len(text.split()))) for way in ways)
        return replace(prediction, policy=self.name, candidates=candidates)

    @staticmethod
    def _says(since_s: float, speed: float, acceleration: float, yaw_rate: float) -> str:
        if _LIES_S[0] <= since_s < _LIES_S[1]:
            return "Stop at the stop line since the straight traffic light is red."
        if speed < 0.5:
            return "Stop behind the lead vehicle since it is standing."
        if acceleration < -0.3:
            return "Slow down to keep distance to the lead vehicle since it is braking."
        if acceleration > 0.12:
            return "Accelerate to the speed limit since the lane ahead is clear."
        if abs(yaw_rate) > 0.04:
            side = "left" if yaw_rate > 0 else "right"
            return f"Adapt speed for the {side} curve ahead."
        return "Keep the lane and hold the speed since the road ahead is clear."

    def close(self) -> None:
        """Nothing is held."""
