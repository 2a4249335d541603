# SPDX-License-Identifier: Apache-2.0
"""Parameters of planning and selection reach their settings, each by its name."""

from __future__ import annotations

import dataclasses

from alpamayo_ros.nodes.trajectory_publisher import PARAMETERS
from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.limits import CarefulBounds
from alpamayo_ros.planning.selection import SelectionSettings
from alpamayo_ros.planning.settings import PlannerSettings
from alpamayo_ros.ros.core_settings import planner_settings, selection_settings
from alpamayo_ros.ros.parameters import resolve
from alpamayo_ros.ros.planning_parameters import (
    BOUNDS_PARAMETERS,
    CAREFUL_PARAMETERS,
    SELECTION_PARAMETERS,
)

SELECTING = (*SELECTION_PARAMETERS, *BOUNDS_PARAMETERS, *CAREFUL_PARAMETERS)


def test_what_is_not_given_is_the_default_of_the_settings() -> None:
    assert planner_settings(resolve(PARAMETERS, {})) == PlannerSettings()
    assert selection_settings(resolve(SELECTING, {})) == SelectionSettings()


def test_what_is_given_arrives() -> None:
    bounds = {"bounds.wheelbase": 3.7, "bounds.max_steering_rate": 0.4}
    careful = {"careful.max_jerk": 1.0}
    planning = planner_settings(
        resolve(PARAMETERS, {**bounds, **careful, "reject_contradictions": True, "blend_s": 0.8})
    )
    assert planning.blend_s == 0.8 and planning.reject_contradictions
    selecting = selection_settings(
        resolve(SELECTING, {**bounds, **careful, "selection.comfort_weight": 3.0})
    )
    assert selecting.comfort_weight == 3.0 and not selecting.reject_contradictions
    for settings in (planning, selecting):
        assert settings.bounds == Bounds(wheelbase=3.7, max_steering_rate=0.4)
        assert settings.careful == CarefulBounds(max_jerk=1.0)


def test_every_bound_is_a_parameter() -> None:
    names = {spec.name for spec in (*BOUNDS_PARAMETERS, *CAREFUL_PARAMETERS)}
    assert names == {f"bounds.{field.name}" for field in dataclasses.fields(Bounds)} | {
        f"careful.{field.name}" for field in dataclasses.fields(CarefulBounds)
    }
