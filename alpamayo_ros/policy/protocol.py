# SPDX-License-Identifier: Apache-2.0
"""What every policy offers: nodes, replay, benchmarks and simulation use it the same way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

from alpamayo_ros.types import Observation, Prediction

PolicyClock = Callable[[], float]
"""Seconds on a steady clock, for the latencies of a prediction; a constant one makes predictions
of the same observation equal to the byte."""


@runtime_checkable
class Policy(Protocol):
    """Maps an observation to a prediction. Used from one thread at a time.

    Constructed as ``Class(settings, clock)`` by policy.registry.create. An exception from
    ``predict`` costs one tick, an exception from ``warm_up`` keeps the node from configuring.
    """

    name: str

    def warm_up(self) -> None:
        """Do once what would make the first prediction slow."""

    def predict(self, observation: Observation) -> Prediction:
        """Return the prediction for t0 of the observation, whose ego history is valid.

        At least one candidate, anchored with the ego pose at t0; latencies with "total".
        """

    def close(self) -> None:
        """Release what the policy holds; it is not used afterwards."""
