# SPDX-License-Identifier: Apache-2.0
"""Settings of the cores from a node's resolved parameters: the same in the node and in lockstep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from alpamayo_ros.ego.validation import EgoSettings
from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.plan import PlannerSettings
from alpamayo_ros.ros.parameters import Value, number


def ego_settings(values: Mapping[str, Value]) -> EgoSettings:
    """What ego_motion accepts: each field is a parameter of its name."""
    return EgoSettings(**{field.name: number(values, field.name) for field in fields(EgoSettings)})


def planner_settings(values: Mapping[str, Value]) -> PlannerSettings:
    """How trajectory_publisher plans; bounds are parameters below ``bounds.``.

    Raises ConfigurationError when the times contradict each other.
    """
    bounds = {field.name: number(values, f"bounds.{field.name}") for field in fields(Bounds)}
    names = [field.name for field in fields(PlannerSettings) if field.name != "bounds"]
    times = {name: number(values, name) for name in names}
    return PlannerSettings(**times, bounds=Bounds(**bounds))
