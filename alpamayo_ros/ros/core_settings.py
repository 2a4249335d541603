# SPDX-License-Identifier: Apache-2.0
"""Settings of the cores from a node's resolved parameters: the same in the node and in lockstep."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields

from alpamayo_ros.commands.conversation import ConversationSettings
from alpamayo_ros.commands.mode_expert import ModeExpertSettings
from alpamayo_ros.ego.validation import EgoSettings
from alpamayo_ros.planning.bounds import Bounds
from alpamayo_ros.planning.limits import CarefulBounds
from alpamayo_ros.planning.selection import SelectionSettings
from alpamayo_ros.planning.settings import PlannerSettings
from alpamayo_ros.ros.parameters import Value, number


def ego_settings(values: Mapping[str, Value]) -> EgoSettings:
    """What ego_motion accepts: each field is a parameter of its name."""
    return EgoSettings(**{field.name: number(values, field.name) for field in fields(EgoSettings)})


def planner_settings(values: Mapping[str, Value]) -> PlannerSettings:
    """How trajectory_publisher plans; what is nested is a parameter below ``bounds.`` and so on.

    Raises ConfigurationError when the times contradict each other.
    """
    nested = {"bounds", "careful", "reject_contradictions"}
    names = [field.name for field in fields(PlannerSettings) if field.name not in nested]
    return PlannerSettings(
        **{name: number(values, name) for name in names},
        reject_contradictions=values["reject_contradictions"] is True,
        bounds=_bounds(values),
        careful=_careful(values),
    )


def lane_width(values: Mapping[str, Value]) -> float | None:
    """Width of a lane where it is known [m]."""
    return number(values, "lane_width") or None


def selection_settings(values: Mapping[str, Value]) -> SelectionSettings:
    """How a candidate is selected; weights are parameters below ``selection.``."""
    names = [f.name for f in fields(SelectionSettings) if f.name.endswith("_weight")]
    return SelectionSettings(
        **{name: number(values, f"selection.{name}") for name in names},
        reject_contradictions=values["reject_contradictions"] is True,
        bounds=_bounds(values),
        careful=_careful(values),
    )


def _bounds(values: Mapping[str, Value]) -> Bounds:
    return Bounds(**{f.name: number(values, f"bounds.{f.name}") for f in fields(Bounds)})


def _careful(values: Mapping[str, Value]) -> CarefulBounds:
    names = [field.name for field in fields(CarefulBounds)]
    return CarefulBounds(**{name: number(values, f"careful.{name}") for name in names})


def conversation_settings(values: Mapping[str, Value]) -> ConversationSettings:
    """How long what mode_expert knows is good for: each field is a parameter of its name."""
    return ConversationSettings(
        **{field.name: number(values, field.name) for field in fields(ConversationSettings)}
    )


def mode_expert_settings(values: Mapping[str, Value]) -> ModeExpertSettings:
    """What mode_expert lets words do: each field is a parameter of its name."""
    given = {field.name: values[field.name] for field in fields(ModeExpertSettings)}
    sources = given.pop("control_sources")
    assert isinstance(sources, list)
    return ModeExpertSettings(control_sources=tuple(sources), **given)  # type: ignore[arg-type]
