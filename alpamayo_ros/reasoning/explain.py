# SPDX-License-Identifier: Apache-2.0
"""Candidates: their traces read, their trajectories named, and the two compared."""

from __future__ import annotations

from collections.abc import Sequence

from alpamayo_ros.reasoning.consistency import check
from alpamayo_ros.reasoning.meta_actions import actions_of_all, manoeuvre
from alpamayo_ros.reasoning.motion import motions_of
from alpamayo_ros.reasoning.reading import read
from alpamayo_ros.types import Reasoning, Trace, Trajectory


def explain(
    trace: Trace, trajectory: Trajectory, speed: float, lane_width: float | None = None
) -> Reasoning:
    """Read a trace and check it against its trajectory.

    ``speed`` is the measured one at t0 [m/s]; ``lane_width`` [m] tells lane changes from nudges
    where it is known. Raises nothing for any text; a trajectory that is not finite is judged as
    if it stood still, its validation is not done here.
    """
    return explain_all((trace,), (trajectory,), speed, lane_width)[0]


def explain_all(
    traces: Sequence[Trace | None],
    trajectories: Sequence[Trajectory],
    speed: float,
    lane_width: float | None = None,
) -> list[Reasoning]:
    """As explain, for candidates that start alike.

    What a trajectory without a trace does is named, and not checked.
    """
    motions = motions_of(trajectories, speed, lane_width)
    wholes = [manoeuvre(motion) for motion in motions]
    actions = actions_of_all(motions, wholes)
    reasonings = []
    for trace, motion, whole, named in zip(traces, motions, wholes, actions, strict=True):
        if trace is None:
            reasonings.append(Reasoning(meta_actions=named))
            continue
        reading = read(trace.text)
        longitudinal, lateral = check(reading, motion, whole)
        reasonings.append(
            Reasoning(
                longitudinal=reading.longitudinal,
                lateral=reading.lateral,
                causes=reading.causes,
                counterfactual=reading.counterfactual,
                meta_actions=named,
                longitudinal_verdict=longitudinal,
                lateral_verdict=lateral,
            )
        )
    return reasonings
