# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import ast
import importlib.util
import os
import signal
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from alpamayo_ros.ros.bringup import ARGUMENTS, STACK
from alpamayo_ros.ros.parameters import ParameterError

FOLDER = Path(__file__).resolve().parents[2] / "launch"
FILES = sorted(FOLDER.glob("*.launch.py"))


def needs_launch() -> None:
    pytest.importorskip(
        "launch.actions", reason="needs launch, which comes with a ROS installation"
    )
    pytest.importorskip("launch_ros.actions", reason="needs launch_ros, likewise")


def load(name: str) -> ModuleType:
    needs_launch()
    specification = importlib.util.spec_from_file_location(
        name.partition(".")[0] + "_launch", FOLDER / name
    )
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def declared(description: Any) -> dict[str, Any]:
    return {argument.name: argument for argument in description.get_launch_arguments()}


# -- without launch


def test_both_launch_files_are_there():
    assert [path.name for path in FILES] == ["alpamayo.launch.py", "replay.launch.py"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_launch_file_compiles_and_describes_itself(path):
    tree = ast.parse(path.read_text(), path.name)
    compile(tree, path.name, "exec")
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert "generate_launch_description" in functions
    assert ast.get_docstring(tree)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_what_a_launch_file_takes_from_us_exists(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("alpamayo_ros"):
            module = importlib.import_module(node.module or "")
            for alias in node.names:
                assert hasattr(module, alias.name), f"{node.module}.{alias.name}"


# -- with launch


def bring_up(**values: str) -> list[Any]:
    module = load("alpamayo.launch.py")
    from launch import LaunchContext

    context = LaunchContext()
    context.launch_configurations.update(
        {argument.name: argument.default for argument in ARGUMENTS} | values
    )
    return module.bring_up(context)


def processes(entities: list[Any]) -> list[Any]:
    from launch_ros.actions import Node

    return [entity for entity in entities if isinstance(entity, Node)]


def test_the_bring_up_has_the_arguments_of_run_launch():
    arguments = declared(load("alpamayo.launch.py").generate_launch_description())
    assert set(arguments) == {argument.name for argument in ARGUMENTS}
    assert all(argument.description for argument in arguments.values())


def test_each_node_is_a_lifecycle_process_that_comes_back():
    needs_launch()
    from launch_ros.actions import LifecycleNode

    nodes = processes(bring_up(namespace="car", odometry_topic="/vehicle/odometry"))
    assert all(isinstance(node, LifecycleNode) for node in nodes)
    assert [node.node_executable for node in nodes] == [process.name for process in STACK]
    for node in nodes:
        assert "odometry:=/vehicle/odometry" in [
            word.text for parts in node.cmd for word in parts if hasattr(word, "text")
        ]


def test_composed_is_one_process():
    (node,) = processes(bring_up(composed="True"))
    assert node.node_executable == "composed"


def test_who_looks_on_and_writes_down_is_started_on_demand(tmp_path):
    nodes = processes(bring_up(rviz="true", record=str(tmp_path / "drive")))
    names = [node.node_executable for node in nodes]
    assert names == [*(process.name for process in STACK), "visualizer", "recorder", "rviz2"]
    words = [word.text for parts in nodes[-2].cmd for word in parts if hasattr(word, "text")]
    assert f'folder:="{tmp_path / "drive"}"' in words
    names = [node.node_executable for node in processes(bring_up(composed="true", record="true"))]
    assert names == ["composed", "recorder"]


def test_a_bad_params_file_starts_nothing(tmp_path):
    path = tmp_path / "vehicle.yaml"
    path.write_text("/**/camera_sync:\n  ros__parameters: {camera_role: [a]}\n")
    with pytest.raises(ParameterError, match="did you mean 'camera_roles'"):
        bring_up(params_file=str(path))


def test_a_configuration_error_ends_the_launch_and_a_crash_does_not():
    module = load("alpamayo.launch.py")
    from launch import LaunchContext
    from launch.actions import EmitEvent
    from launch.events import Shutdown
    from launch.events.process import ProcessExited

    def after(code: int) -> list[Any]:
        event = ProcessExited(
            action=None, name="camera_sync-1", cmd=[], cwd=None, env=None, pid=1, returncode=code
        )
        return module.stop_when_misconfigured(event, LaunchContext())

    assert after(-9) == after(1) == []
    (emit,) = [action for action in after(2) if isinstance(action, EmitEvent)]
    assert isinstance(emit.event, Shutdown)


def test_replay_plays_a_bag_on_its_own_clock():
    arguments = declared(load("replay.launch.py").generate_launch_description())
    assert {"bag", "rate", "delay", "params_file"} <= set(arguments)
    assert arguments["bag"].default_value is None


def test_the_launched_stack_comes_up_and_a_killed_node_comes_back(peer):
    needs_launch()
    index = pytest.importorskip("ament_index_python.packages")
    try:
        index.get_package_prefix("alpamayo_ros")
    except index.PackageNotFoundError:
        pytest.skip("needs alpamayo_ros to be installed as a ROS package (colcon build)")
    from launch import LaunchDescription, LaunchService
    from launch.actions import IncludeLaunchDescription, RegisterEventHandler
    from launch.event_handlers import OnProcessStart
    from launch.launch_description_sources import PythonLaunchDescriptionSource

    started: list[tuple[str, int]] = []
    diagnostics = peer.diagnostics()
    names = {f"launched/{process.name}" for process in STACK}

    def all_heard() -> bool:
        return names <= {status.name for array in diagnostics for status in array.status}

    def drive() -> None:
        try:
            peer.wait_until(all_heard, "diagnostics of all nodes")
            (pid,) = [pid for name, pid in started if name.startswith("ego_motion")]
            os.kill(pid, signal.SIGKILL)
            diagnostics.clear()
            peer.wait_until(lambda: len(started) == len(STACK) + 1, "ego_motion to be started")
            peer.wait_until(all_heard, "diagnostics of all nodes again")
            outcome.append("recovered")
        finally:
            service.shutdown()

    outcome: list[str] = []
    service = LaunchService(argv=[])
    included = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(str(FOLDER / "alpamayo.launch.py")),
        launch_arguments={"namespace": "launched", "use_sim_time": "true"}.items(),
    )
    note = OnProcessStart(on_start=lambda event, _: started.append((event.process_name, event.pid)))
    service.include_launch_description(LaunchDescription([RegisterEventHandler(note), included]))
    driver = threading.Thread(target=drive)
    driver.start()
    code = service.run()
    driver.join()
    assert outcome == ["recovered"]
    assert code == 0
