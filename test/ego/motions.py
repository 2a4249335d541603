# SPDX-License-Identifier: Apache-2.0
"""Smooth motions whose true pose is known at every time, and samples of them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from alpamayo_ros.ego.history import EgoBuffer
from alpamayo_ros.ego.samples import EgoSample
from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.types import SECOND_NS, EgoHistory, FloatArray, Pose

START_NS = 1_700_000_000 * SECOND_NS
RASTER_S = np.arange(-15, 1) * 0.1
MAX_ACCELERATION = 8.0


@dataclass(frozen=True)
class Motion:
    """Speed and yaw rate swing about a mean: times in s after START_NS, on a plane."""

    speed: float = 10.0
    speed_swing: float = 0.0
    yaw_rate: float = 0.0
    yaw_swing: float = 0.0
    frequency: float = 1.0
    heading: float = 0.0
    origin: tuple[float, float] = (0.0, 0.0)

    def speed_at(self, t: FloatArray) -> FloatArray:
        return self.speed + self.speed_swing * np.sin(self.frequency * t)

    def acceleration_at(self, t: FloatArray) -> FloatArray:
        return self.speed_swing * self.frequency * np.cos(self.frequency * t)

    def yaw_rate_at(self, t: FloatArray) -> FloatArray:
        return self.yaw_rate + self.yaw_swing * np.cos(self.frequency * t)

    def heading_at(self, t: FloatArray) -> FloatArray:
        swing = self.yaw_swing / self.frequency * np.sin(self.frequency * t)
        return self.heading + self.yaw_rate * t + swing

    def positions_at(self, t: FloatArray) -> FloatArray:
        """(N, 3), integrated on a grid of 0.5 ms: exact to a fraction of a millimetre."""
        grid = np.arange(0.0, max(float(np.max(t)), 0.0) + 1e-3, 5e-4)
        middle = (grid[1:] + grid[:-1]) / 2
        steps = self.speed_at(middle) * 5e-4
        heading = self.heading_at(middle)
        x = np.concatenate(([0.0], np.cumsum(steps * np.cos(heading)))) + self.origin[0]
        y = np.concatenate(([0.0], np.cumsum(steps * np.sin(heading)))) + self.origin[1]
        at = np.atleast_1d(t)
        return np.stack((np.interp(at, grid, x), np.interp(at, grid, y), np.zeros(len(at))), axis=1)

    def samples(self, stamps_ns: Iterable[int], measured: bool = True) -> list[EgoSample]:
        stamps = list(stamps_ns)
        t = (np.array(stamps) - START_NS) / SECOND_NS
        positions, headings = self.positions_at(t), self.heading_at(t)
        speeds, yaw_rates = self.speed_at(t), self.yaw_rate_at(t)
        return [
            EgoSample(
                stamps[i], "odom", Pose(positions[i], quaternion_from_yaw(headings[i])),
                float(speeds[i]), float(yaw_rates[i]), measured,
            )
            for i in range(len(stamps))
        ]  # fmt: skip

    def position_errors(self, history: EgoHistory) -> FloatArray:
        """Distance (16,) of the poses, moved to the odometry frame, from the true ones."""
        t = (history.t0_ns - START_NS) / SECOND_NS + RASTER_S
        true = self.positions_at(t)
        heading = float(self.heading_at(t)[-1])
        c, s = math.cos(heading), math.sin(heading)
        into_ego = np.array(((c, -s, 0.0), (s, c, 0.0), (0.0, 0.0, 1.0)))
        return np.asarray(np.linalg.norm((true - true[-1]) @ into_ego - history.positions, axis=1))


def regular(rate_hz: float, duration_s: float = 2.0) -> list[int]:
    """Stamps at a rate, from START_NS on."""
    return [START_NS + round(i / rate_hz * SECOND_NS) for i in range(int(duration_s * rate_hz) + 1)]


def filled(samples: Iterable[EgoSample], buffer: EgoBuffer | None = None) -> EgoBuffer:
    """A buffer with these samples in it."""
    taken = EgoBuffer() if buffer is None else buffer
    for sample in samples:
        taken.add(sample)
    return taken


@st.composite
def motions(draw: st.DrawFn) -> Motion:
    """Motions a road vehicle can do: up to 40 m/s, 8 m/s^2 along and across."""
    frequency = draw(st.floats(0.2, 2.0))
    speed = draw(st.floats(0.0, 35.0))
    swing = draw(st.floats(0.0, min(5.0, MAX_ACCELERATION / frequency, speed)))
    yaw_limit = min(0.8, MAX_ACCELERATION / max(speed + swing, 1.0)) / 2
    return Motion(
        speed=speed,
        speed_swing=swing,
        yaw_rate=draw(st.floats(-yaw_limit, yaw_limit)),
        yaw_swing=draw(st.floats(-yaw_limit, yaw_limit)),
        frequency=frequency,
        heading=draw(st.floats(-4.0, 4.0)),
        origin=(draw(st.floats(-5e5, 5e5)), draw(st.floats(-5e6, 5e6))),
    )


@st.composite
def stamps(draw: st.DrawFn, loss: bool = True) -> list[int]:
    """Stamps of 3 s at 10 to 250 Hz, jittered by up to 30 % of the period, some lost."""
    rate = draw(st.floats(10.0, 250.0))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    times = np.arange(int(3.0 * rate)) / rate
    times = times + random.uniform(-0.3, 0.3, len(times)) / rate * draw(st.floats(0.0, 1.0))
    kept = random.random(len(times)) >= (draw(st.floats(0.0, 0.7)) if loss else 0.0)
    kept[0] = kept[-1] = True
    # begins at START_NS, where the motion does
    return [START_NS + round((t - times[0]) * SECOND_NS) for t in times[kept]]
