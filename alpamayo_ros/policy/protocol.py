# SPDX-License-Identifier: Apache-2.0
"""What every policy offers: nodes, replay, benchmarks and simulation use it the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
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

        At least one candidate, anchored with the ego pose at t0; latencies with "total". A policy
        that works on after its last look at the images calls ``observation.check_intact`` there:
        else they must stay intact until it returns.
        """

    def close(self) -> None:
        """Release what the policy holds; it is not used afterwards."""


@runtime_checkable
class AnsweringPolicy(Protocol):
    """A policy that also answers questions about what it sees."""

    def answer(self, question: str, observation: Observation) -> Iterator[str]:
        """Yield the answer piece by piece; raises StackError when it cannot be begun.

        The images are used up before the first piece. Predictions may be made between pieces, so
        what an answer needs is its own.
        """
