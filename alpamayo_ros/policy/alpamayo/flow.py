# SPDX-License-Identifier: Apache-2.0
"""Flow matching over the backbone's cache: all Euler steps at once, in one graph on CUDA."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from alpamayo_ros.policy.alpamayo.context import Context
from alpamayo_ros.policy.alpamayo.expert import (
    ACTION_SIZE,
    Expert,
    ExpertContext,
    guided_velocity,
)
from alpamayo_ros.policy.alpamayo.graphs import Graph
from alpamayo_ros.types import ConfigurationError


class InvalidVelocityReuse(ConfigurationError):
    """Steps that cannot take the velocity of the step before."""


class FlowSolver:
    """Integrates actions from noise, t = 0, to t = 1 in equal Euler steps.

    ``reused`` steps (approximate) take the velocity of the step before them instead of computing
    one. ``weight`` is that of guidance where an unguided context is given. Raises
    InvalidVelocityReuse.
    """

    def __init__(
        self,
        expert: Expert,
        guided: Context,
        unguided: Context | None,
        steps: int,
        weight: float,
        reused: frozenset[int] = frozenset(),
    ) -> None:
        if not reused <= frozenset(range(1, steps)):
            raise InvalidVelocityReuse(f"steps {sorted(reused)} of {steps}: only 1..{steps - 1}")
        self._expert = expert
        self._guided = guided
        self._unguided = unguided
        self._steps = steps
        self._weight = weight
        self._reused = reused
        capacity = guided.capacity
        self._times = expert.flow_times(steps)
        shape = (capacity.samples, steps + 1, capacity.actions, ACTION_SIZE)
        self._states = torch.zeros(shape, device=self._times.device)
        self._graphs: dict[tuple[int, int | None], Graph] = {}

    def solve(self, noise: Tensor, text_tokens: int, guide: bool) -> Tensor:
        """Euler states (samples, steps + 1, actions, 2) from the noise (samples, actions, 2).

        A static tensor. The contexts, of one capacity, are conditioned; no text is longer than
        ``text_tokens``.
        """
        self._states[:, 0].copy_(noise, non_blocking=True)
        self._graph(*self._read(text_tokens, guide))()
        return self._states

    def velocity(self, x: Tensor, time: Tensor, text_tokens: int, guide: bool) -> Tensor:
        """Velocity of actions x (samples, actions, 2) at a time (); arguments as for ``solve``."""
        return self._velocity(x, time, *self._contexts(*self._read(text_tokens, guide)))

    def _read(self, text_tokens: int, guide: bool) -> tuple[int, int | None]:
        """Slots to be read of either context; None: not guided."""
        guided = self._guided.read_by_actions(text_tokens)
        if not guide or self._unguided is None:
            return guided, None
        return guided, self._unguided.read_by_actions(text_tokens)

    def _graph(self, guided: int, unguided: int | None) -> Graph:
        """The integration over so many slots; kept where a capture makes it dear."""
        if self._times.device.type != "cuda":
            return Graph(self._work(guided, unguided), self._times.device)
        if (guided, unguided) not in self._graphs:
            self._graphs[guided, unguided] = Graph(self._work(guided, unguided), self._times.device)
        return self._graphs[guided, unguided]

    def _contexts(
        self, guided: int, unguided: int | None
    ) -> tuple[ExpertContext, ExpertContext | None]:
        with_route = self._guided.expert_context(self._expert, guided)
        if unguided is None or self._unguided is None:
            return with_route, None
        return with_route, self._unguided.expert_context(self._expert, unguided)

    def _velocity(
        self, x: Tensor, time: Tensor, context: ExpertContext, unguided: ExpertContext | None
    ) -> Tensor:
        times = time.expand(len(self._states))
        return guided_velocity(self._expert, x, times, context, unguided, self._weight)

    def _work(self, guided: int, unguided: int | None) -> Callable[[], None]:
        def integrate() -> None:
            contexts = self._contexts(guided, unguided)
            x = self._states[:, 0]
            velocity = x
            for step in range(self._steps):
                time = self._times[step]
                if step not in self._reused:
                    velocity = self._velocity(x, time, *contexts)
                x = x + (self._times[step + 1] - time) * velocity
                self._states[:, step + 1] = x

        return integrate
