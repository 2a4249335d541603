# SPDX-License-Identifier: Apache-2.0
"""Parameters as data: declared in the nodes, checked in files, listed in the documentation.

Knows no rclpy, so that a params file can be checked before any process starts.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from alpamayo_ros.types import ConfigurationError

Value = bool | int | float | str | list[str]

# Parameters that every ROS node takes without declaring them itself.
_ROS_PARAMETERS = ("use_sim_time", "start_type_description_service")
_ROS_PREFIXES = ("qos_overrides.",)


class ParameterError(ConfigurationError):
    """A parameter that is unknown, of the wrong type or out of range."""


@dataclass(frozen=True, slots=True)
class ParameterSpec:
    """One parameter: name, default (which sets the type), description, unit, range or choices.

    ``<role>`` in a name stands for each entry of the parameter ``camera_roles``.
    """

    name: str
    default: Value
    description: str
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: object) -> Value:
        """Return the value in the parameter's type; raise ParameterError when it does not fit."""
        value = self._typed(value)
        if self.choices and value not in self.choices:
            raise ParameterError(
                f"parameter '{self.name}' is '{value}', not one of {', '.join(self.choices)}"
            )
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            low = -float("inf") if self.minimum is None else self.minimum
            high = float("inf") if self.maximum is None else self.maximum
            if not low <= value <= high:
                raise ParameterError(
                    f"parameter '{self.name}' is {value}{self._suffix}, outside {low:g} .. {high:g}"
                )
        return value

    @property
    def _suffix(self) -> str:
        return f" {self.unit}" if self.unit else ""

    def _typed(self, value: object) -> Value:
        wanted = type(self.default)
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            return float(value)
        if wanted is list and isinstance(value, (list, tuple)):
            if all(isinstance(entry, str) for entry in value):
                return list(value)
        elif isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool):
            return value
        raise ParameterError(
            f"parameter '{self.name}' is {value!r}, expected {_TYPE_NAMES[wanted]}"
        )


_TYPE_NAMES = {
    bool: "true or false",
    int: "an integer",
    float: "a number",
    str: "a string",
    list: "a list of strings",
}


def expand(specs: Iterable[ParameterSpec], roles: Sequence[str]) -> dict[str, ParameterSpec]:
    """Return the specs by name, those with ``<role>`` once for each role."""
    expanded: dict[str, ParameterSpec] = {}
    for spec in specs:
        if "<role>" not in spec.name:
            expanded[spec.name] = spec
            continue
        for role in roles:
            name = spec.name.replace("<role>", role)
            default = spec.default
            if isinstance(default, str):
                default = default.replace("<role>", role)
            expanded[name] = ParameterSpec(
                name, default, spec.description.replace("<role>", role),
                spec.unit, spec.minimum, spec.maximum, spec.choices,
            )  # fmt: skip
    return expanded


def resolve(specs: Sequence[ParameterSpec], given: Mapping[str, object]) -> dict[str, Value]:
    """Return every parameter's value: the given one when there is one, else the default.

    Raises ParameterError for an unknown name, a wrong type, a value out of range, or a camera
    role that appears twice.
    """
    by_name = {spec.name: spec for spec in specs}
    roles: list[str] = []
    if "camera_roles" in by_name:
        spec = by_name["camera_roles"]
        roles = list(spec.check(given.get("camera_roles", spec.default)))  # type: ignore[arg-type]
        for role in roles:
            if roles.count(role) > 1:
                raise ParameterError(f"parameter 'camera_roles' names the role '{role}' twice")
    expanded = expand(specs, roles)
    for name in given:
        if name not in expanded and not is_ros_parameter(name):
            close = difflib.get_close_matches(name, expanded, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise ParameterError(f"unknown parameter '{name}'{hint}")
    return {
        name: spec.check(given[name]) if name in given else spec.default
        for name, spec in expanded.items()
    }


def number(values: Mapping[str, Value], name: str) -> float:
    """Return a numeric parameter out of resolved ones."""
    value = values[name]
    assert isinstance(value, (int, float))
    return float(value)


def is_ros_parameter(name: str) -> bool:
    """Tell whether every node takes this parameter without declaring it."""
    return name in _ROS_PARAMETERS or name.startswith(_ROS_PREFIXES)


def load_params_file(path: Path, nodes: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Read a ROS params file; return for each of ``nodes`` what it sets, names with dots.

    Later sections win, as in rcl. Raises ParameterError when the file cannot be read, is not of
    the ROS form, or has a section for a node that does not exist.
    """
    try:
        document = yaml.safe_load(path.read_text())
    except OSError as error:
        raise ParameterError(f"cannot read params file {path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        first_line = " ".join(str(error).split())
        raise ParameterError(f"params file {path} is not YAML: {first_line}") from error
    if not isinstance(document, dict):
        raise ParameterError(f"params file {path} holds no node sections")
    values: dict[str, dict[str, Any]] = {node: {} for node in nodes}
    for section, content in _sections(path, document):
        name = section.rstrip("/").rsplit("/", 1)[-1]
        targets = list(nodes) if name in ("*", "**") else [node for node in nodes if node == name]
        if not targets:
            close = difflib.get_close_matches(name, nodes, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise ParameterError(f"params file {path}: no node is called '{section}'{hint}")
        for target in targets:
            values[target].update(_flatten(content))
    return values


def _sections(path: Path, document: Mapping[str, Any], prefix: str = "") -> Iterable[Any]:
    for key, content in document.items():
        name = f"{prefix}/{key}" if prefix else str(key)
        if not isinstance(content, dict):
            raise ParameterError(f"params file {path}: '{name}' has no ros__parameters")
        if "ros__parameters" in content:
            yield name, content["ros__parameters"] or {}
        else:
            yield from _sections(path, content, name)


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat.update(_flatten(value, f"{name}."))
        else:
            flat[name] = value
    return flat
