# SPDX-License-Identifier: Apache-2.0
"""What a bring-up consists of: nodes, arguments, params files, and the check before it starts.

The launch files and ``./run launch`` both read it from here, so that they start the same
processes from the same arguments.
"""

from __future__ import annotations

import difflib
import importlib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alpamayo_ros.ros.parameters import (
    ParameterError,
    ParameterSpec,
    Value,
    load_params_file,
    resolve,
)
from alpamayo_ros.types import ConfigurationError

PACKAGE = "alpamayo_ros"
RESPAWN_DELAY_S = 0.05
EXIT_CONFIGURATION = 2
"""Exit code of a node that cannot work as it is configured: starting it again is of no use."""


class LaunchArgumentError(ConfigurationError):
    """A launch argument that is unknown or has a value it cannot have."""


@dataclass(frozen=True, slots=True)
class StackProcess:
    """One process: its name, which is also the executable's, and the module it runs."""

    name: str
    module: str


STACK = tuple(
    StackProcess(name, f"{PACKAGE}.nodes.{name}")
    for name in (
        "camera_sync", "ego_motion", "mode_expert", "vla_inference", "trajectory_publisher"
    )
)  # fmt: skip
"""The five nodes, one process each."""

COMPOSED = StackProcess("composed", f"{PACKAGE}.nodes.composed")
"""All five nodes in one process."""

VISUALIZER = StackProcess("visualizer", f"{PACKAGE}.nodes.visualizer")
"""Shows what the stack does; always a process of its own, so that looking disturbs nobody."""

RECORDER = StackProcess("recorder", f"{PACKAGE}.nodes.recorder")
"""Writes down what the stack does; a process of its own, so that no disk holds up a plan."""

NODES = (*STACK, VISUALIZER, RECORDER)
"""Everything a params file may have a section for."""


@dataclass(frozen=True, slots=True)
class LaunchArgument:
    """One argument of a bring-up; every value is a text, as launch has it."""

    name: str
    default: str
    description: str
    choices: tuple[str, ...] = ()

    @property
    def is_flag(self) -> bool:
        """Whether the value is true or false, in whatever case."""
        return self.choices == _BOOLEAN


_BOOLEAN = ("true", "false")

_TOPICS = {
    "odometry": "nav_msgs/Odometry of the vehicle",
    "twist": "geometry_msgs/TwistStamped of the vehicle, for source twist_imu of ego_motion",
    "imu": "sensor_msgs/Imu of the vehicle, for source twist_imu of ego_motion",
    "user_command": "what the passengers say",
    "plan": "the plan that the vehicle is to drive",
    "path": "the plan as nav_msgs/Path",
}

ARGUMENTS = (
    LaunchArgument("params_file", "", "Params file of the vehicle, over params/alpamayo.yaml."),
    LaunchArgument("policy", "", "Policy that predicts; empty: as the params files say."),
    LaunchArgument("model", "", "Checkpoint of the policy alpamayo: a folder or a model id."),
    LaunchArgument("tokenizer", "", "Tokenizer of a model that ships none: a folder or an id."),
    LaunchArgument("namespace", "", "Namespace of all nodes and of their relative topics."),
    LaunchArgument("use_sim_time", "false", "Follow /clock (a replay or a simulation).", _BOOLEAN),
    LaunchArgument("composed", "false", "All nodes in one process.", _BOOLEAN),
    LaunchArgument(
        "views", "false", "Start visualizer: markers, camera overlays, bird's-eye picture.",
        _BOOLEAN,
    ),
    LaunchArgument(
        "rviz", "false", "Start visualizer, and with ros2 launch rviz2 with rviz/alpamayo.rviz.",
        _BOOLEAN,
    ),
    LaunchArgument(
        "record", "false",
        "Record the drive (out.mcap, ticks.parquet): true, to drives/<date-time>, or a folder.",
    ),
    LaunchArgument("respawn", "true", "Start a node again when its process dies.", _BOOLEAN),
    LaunchArgument(
        "log_level", "info", "Least severity that is logged.",
        ("debug", "info", "warn", "error", "fatal"),
    ),
    *(
        LaunchArgument(f"{topic}_topic", "", f"Topic instead of '{topic}': {what}.")
        for topic, what in _TOPICS.items()
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bringup:
    """How the stack is started; see ARGUMENTS for what each field means.

    ``parameters`` maps a node to parameters that win over the files; ``remappings`` maps names
    to names. ``params_files`` are layered, later ones win.
    """

    params_files: tuple[Path, ...] = ()
    namespace: str = ""
    use_sim_time: bool = False
    composed: bool = False
    views: bool = False
    record: bool = False
    respawn: bool = True
    log_level: str = "info"
    parameters: Mapping[str, Mapping[str, Value]] = field(default_factory=dict)
    remappings: Mapping[str, str] = field(default_factory=dict)

    @property
    def processes(self) -> tuple[StackProcess, ...]:
        """The processes to start."""
        stack = (COMPOSED,) if self.composed else STACK
        views = (VISUALIZER,) if self.views else ()
        return (*stack, *views, *((RECORDER,) if self.record else ()))

    def arguments(self, process: StackProcess) -> list[str]:
        """Command-line arguments of one of the processes.

        rcl cannot address a parameter of one node in a namespace, so the composed process takes
        those itself, as NODE:NAME:=VALUE; to any other process a parameter goes without a node.
        """
        arguments = ["--ros-args", "--log-level", self.log_level]
        if self.namespace:
            arguments += ["-r", f"__ns:=/{self.namespace.strip('/')}"]
        for source, target in self.remappings.items():
            arguments += ["-r", f"{source}:={target}"]
        for path in self.params_files:
            arguments += ["--params-file", str(path)]
        arguments += ["-p", f"use_sim_time:={str(self.use_sim_time).lower()}"]
        if process == COMPOSED:
            return [
                f"{node}:{assignment}"
                for node in self.parameters
                for assignment in self._assignments(node)
            ] + arguments
        for assignment in self._assignments(process.name):
            arguments += ["-p", assignment]
        return arguments

    def _assignments(self, node: str) -> list[str]:
        # json is the part of YAML in which a text cannot be taken for something else
        parameters = self.parameters.get(node, {})
        return [f"{name}:={json.dumps(value)}" for name, value in parameters.items()]

    def sends_pixels(self) -> bool:
        """Whether camera_sync embeds the pixels in its messages. Raises ParameterError."""
        given = self._files()["camera_sync"] | dict(self.parameters.get("camera_sync", {}))
        return given.get("embed_pixels") is True

    def camera_views(self) -> dict[str, dict[str, Value]]:
        """What visualizer must know of the cameras of camera_sync, where the files do not say it.

        A calibration is published beside its images, as image_transport has it. Raises
        ParameterError.
        """
        given = self._files()
        own = given["visualizer"]
        cameras = resolve(specs_of(STACK[0]), given["camera_sync"])
        roles = cameras["camera_roles"]
        assert isinstance(roles, list)
        chosen: dict[str, Value] = {"camera_roles": roles, "base_frame": cameras["base_frame"]}
        for role in own.get("camera_roles", roles):
            topic = cameras.get(f"cameras.{role}.topic")
            if isinstance(topic, str):
                folder, slash, _ = topic.removesuffix("/compressed").rpartition("/")
                chosen[f"cameras.{role}.camera_info_topic"] = f"{folder}{slash}camera_info"
        return {"visualizer": {name: value for name, value in chosen.items() if name not in own}}

    def _files(self) -> dict[str, dict[str, Any]]:
        """What the params files say, by node, one over the other. Raises ParameterError."""
        names = [process.name for process in NODES]
        given: dict[str, dict[str, Any]] = {name: {} for name in names}
        for path in self.params_files:
            for name, values in load_params_file(path, names).items():
                given[name].update(values)
        return given

    def check(self) -> dict[str, dict[str, Value]]:
        """Resolve every node's parameters as it will; return them.

        Raises ParameterError, with the files, for whatever would keep a node from starting.
        Imports the nodes, and rclpy with them.
        """
        given = self._files()
        resolved = {}
        for process in NODES:
            given[process.name].update(self.parameters.get(process.name, {}))
            try:
                resolved[process.name] = resolve(specs_of(process), given[process.name])
            except ParameterError as error:
                files = ", ".join(str(path) for path in self.params_files) or "no params file"
                raise ParameterError(f"{process.name}: {error} ({files})") from error
        _check_one_vehicle(resolved)
        return resolved


def _check_one_vehicle(resolved: Mapping[str, Mapping[str, Value]]) -> None:
    """Raise ParameterError when the node that selects and the one that plans differ in bounds."""
    selects, plans = resolved["vla_inference"], resolved["trajectory_publisher"]
    for name in sorted(selects.keys() & plans.keys()):
        if name.startswith(("bounds.", "careful.")) and selects[name] != plans[name]:
            raise ParameterError(
                f"'{name}' is {selects[name]} of vla_inference and {plans[name]} of "
                "trajectory_publisher: they drive the same vehicle"
            )


def specs_of(process: StackProcess) -> tuple[ParameterSpec, ...]:
    """Parameters that a node takes, without those every ROS node has."""
    from alpamayo_ros.ros.node import COMMON_PARAMETERS

    return (*COMMON_PARAMETERS, *node_class(process).PARAMETERS)


def node_class(process: StackProcess) -> Any:
    """Class of the node that a process of the stack runs; imports its module."""
    module = importlib.import_module(process.module)
    for candidate in vars(module).values():
        if isinstance(candidate, type) and vars(candidate).get("NAME") == process.name:
            return candidate
    raise ConfigurationError(f"{process.module} has no node called {process.name}")


def share_folder() -> Path:
    """Folder with ``params`` and ``launch``: the repository, or where the package is installed."""
    prefixes = os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)
    candidates = [
        Path(__file__).resolve().parents[2],
        *(Path(prefix, "share", PACKAGE) for prefix in prefixes if prefix),
    ]
    for candidate in candidates:
        if (candidate / "params" / "alpamayo.yaml").is_file():
            return candidate
    raise ConfigurationError(f"params/alpamayo.yaml is not in {', '.join(map(str, candidates))}")


# -- arguments


def parse_assignments(texts: Sequence[str]) -> dict[str, str]:
    """Split "NAME:=VALUE" texts. Raises LaunchArgumentError."""
    values: dict[str, str] = {}
    for text in texts:
        name, separator, value = text.partition(":=")
        if not separator or not name:
            raise LaunchArgumentError(f"'{text}' is not of the form NAME:=VALUE")
        if name in values:
            raise LaunchArgumentError(f"launch argument '{name}' is given twice")
        values[name] = value
    return values


def bringup_from_arguments(given: Mapping[str, str]) -> Bringup:
    """Turn launch arguments into a checked bring-up.

    Raises LaunchArgumentError for an unknown argument or value, ParameterError for the params.
    """
    values = _complete(given)
    files = [share_folder() / "params" / "alpamayo.yaml"]
    if values["params_file"]:
        files.append(Path(values["params_file"]).expanduser())
    namespace = values["namespace"].strip("/")
    if namespace and not re.fullmatch(r"[A-Za-z_]\w*(/[A-Za-z_]\w*)*", namespace, re.ASCII):
        raise LaunchArgumentError(f"launch argument 'namespace' is '{namespace}': not a ROS name")
    remappings = {topic: values[f"{topic}_topic"] for topic in _TOPICS}
    bringup = Bringup(
        params_files=tuple(files),
        namespace=namespace,
        use_sim_time=values["use_sim_time"] == "true",
        composed=values["composed"] == "true",
        views="true" in (values["views"], values["rviz"]),
        respawn=values["respawn"] == "true",
        log_level=values["log_level"],
        record=values["record"].lower() not in ("", "false"),
        parameters=_given_parameters(values),
        remappings={source: target for source, target in remappings.items() if target},
    )
    if bringup.views:
        bringup = replace(bringup, parameters={**bringup.parameters, **bringup.camera_views()})
    bringup.check()
    return bringup


def _given_parameters(values: Mapping[str, str]) -> dict[str, dict[str, Value]]:
    """Parameters that arguments stand for, by node."""
    inference: dict[str, Value] = {
        name: values[name] for name in ("policy", "model", "tokenizer") if values[name]
    }
    given = {"vla_inference": inference} if inference else {}
    folder = values["record"]
    if folder.lower() not in ("", "true", "false"):
        given["recorder"] = {"folder": str(Path(folder).expanduser())}
    return given


def _complete(given: Mapping[str, str]) -> dict[str, str]:
    known = {argument.name: argument for argument in ARGUMENTS}
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise LaunchArgumentError(f"unknown launch argument '{name}'{hint}")
    values = {name: given.get(name, argument.default) for name, argument in known.items()}
    for name, argument in known.items():
        if argument.is_flag:
            values[name] = values[name].lower()
        if argument.choices and values[name] not in argument.choices:
            raise LaunchArgumentError(
                f"launch argument '{name}' is '{values[name]}', not one of "
                + ", ".join(argument.choices)
            )
    return values


def list_arguments() -> str:
    """Every launch argument with default, description and choices, one a line."""
    lines = []
    for argument in ARGUMENTS:
        choices = "" if argument.is_flag else ", ".join(argument.choices)
        lines.append(
            f"  {argument.name + ':=' + argument.default:24} {argument.description}"
            + (f" One of {choices}." if choices else "")
        )
    return "\n".join(lines)
