# SPDX-License-Identifier: Apache-2.0
"""Every candidate's trace read and checked against its trajectory, and the one to drive chosen."""

from __future__ import annotations

import time
from dataclasses import replace

from alpamayo_ros.planning.motion import Motion, anchor
from alpamayo_ros.planning.selection import SelectionSettings, Selector
from alpamayo_ros.policy.protocol import PolicyClock
from alpamayo_ros.reasoning.explain import explain_all
from alpamayo_ros.types import (
    Candidate,
    DrivingLimits,
    Prediction,
)


class Judge:
    """Completes a policy's prediction; remembers what it chose last, and nothing else."""

    def __init__(
        self,
        settings: SelectionSettings | None = None,
        lane_width: float | None = None,
        clock: PolicyClock = time.perf_counter,
    ) -> None:
        self._selector = Selector(settings or SelectionSettings())
        self._lane_width = lane_width
        self._clock = clock
        self._last: Motion | None = None

    def reset(self) -> None:
        """Forget what was chosen last."""
        self._last = None

    def judge(self, prediction: Prediction, limits: DrivingLimits) -> Prediction:
        """Return the prediction with reasoning, costs and choice; adds the stage "judge"."""
        began = self._clock()
        prediction = replace(prediction, candidates=self._read(prediction))
        chosen = self._selector.select(prediction, limits, self._last)
        self._last = anchor(chosen, chosen.selected)
        spent_s = self._clock() - began
        latencies = dict(chosen.latencies_s)
        latencies["judge"] = spent_s
        latencies["total"] = latencies.get("total", 0.0) + spent_s
        return replace(chosen, latencies_s=latencies)

    def _read(self, prediction: Prediction) -> tuple[Candidate, ...]:
        given = prediction.candidates
        reasonings = explain_all(
            # nothing was reasoned: what the trajectory does can be named, but not checked
            [candidate.trace if candidate.trace.token_count else None for candidate in given],
            [candidate.trajectory for candidate in given],
            prediction.speed,
            self._lane_width,
        )
        return tuple(
            replace(candidate, reasoning=reasoning)
            for candidate, reasoning in zip(given, reasonings, strict=True)
        )


def contradictions(prediction: Prediction) -> tuple[str, ...]:
    """What the chosen candidate says and does not do, an entry an axis."""
    if not prediction.selected < len(prediction.candidates):
        return ()
    reasoning = prediction.candidates[prediction.selected].reasoning
    return tuple(verdict.reason for _, verdict in reasoning.contradicted)
