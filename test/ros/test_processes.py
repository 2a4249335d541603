# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest
from rclpy.parameter_client import AsyncParameterClient

from alpamayo_ros.__main__ import main
from alpamayo_ros.ros import processes
from alpamayo_ros.ros.bringup import (
    COMPOSED,
    STACK,
    Bringup,
    LaunchArgumentError,
    StackProcess,
    bringup_from_arguments,
    parse_assignments,
)
from alpamayo_ros.ros.middleware import environment
from alpamayo_ros.ros.parameters import ParameterError
from alpamayo_ros.ros.processes import NodeFailed, Supervisor, respawn_delay_s
from ros_harness import WAIT_S, Peer

ROOT = Path(__file__).resolve().parents[2]

# -- the supervisor, with processes that are quick to start

MODULES = {
    "obedient": "import time; print('here', flush=True); time.sleep(600)",
    "stubborn": (
        "import signal, time\n"
        "for number in (signal.SIGINT, signal.SIGTERM): signal.signal(number, signal.SIG_IGN)\n"
        "print('here', flush=True)\n"
        "while True: time.sleep(600)"
    ),
    "misconfigured": (
        "import sys; print('some log'); print('ego_motion: gap of -1 s'); print('bye'); sys.exit(2)"
    ),
    "short": "print('done')",
}


@pytest.fixture
def supervise(tmp_path: Path) -> Any:
    """Make supervisors of small modules; all end with the test."""
    for name, source in MODULES.items():
        (tmp_path / f"{name}.py").write_text(source)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    started: list[Supervisor] = []

    def make(*modules: str, **fields: Any) -> tuple[Supervisor, io.StringIO]:
        output = io.StringIO()
        stack = [StackProcess(module, module) for module in modules]
        started.append(Supervisor(Bringup(**fields), output, environ, stack))
        started[-1].start()
        return started[-1], output

    yield make
    for supervisor in started:
        supervisor.stop()


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if result := condition():
            return result
        time.sleep(0.02)
    raise AssertionError(f"waited {WAIT_S:g} s for {what}")


def test_a_process_that_is_killed_comes_back(supervise):
    supervisor, output = supervise("obedient")
    wait_until(lambda: "here" in output.getvalue(), "the process")
    first = supervisor.pids["obedient"]
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: output.getvalue().count("here") == 2, "the process to come back")
    assert supervisor.pids["obedient"] != first
    assert supervisor.restarts == {"obedient": 1}
    assert "[obedient] process died (SIGKILL)\n" in output.getvalue()


def test_without_respawn_a_dead_process_stays_dead(supervise):
    supervisor, output = supervise("short", respawn=False)
    assert supervisor.wait(WAIT_S)
    assert supervisor.restarts == {}
    assert output.getvalue() == "[short] done\n[short] process died (exit code 0)\n"


def test_the_others_go_on_when_one_is_dead(supervise):
    supervisor, output = supervise("short", "obedient", respawn=False)
    wait_until(lambda: "here" in output.getvalue() and "died" in output.getvalue(), "both")
    assert not supervisor.wait(0.1)
    assert list(supervisor.pids) == ["obedient"]


def test_a_configuration_error_stops_all_and_is_reported(supervise):
    supervisor, output = supervise("obedient", "misconfigured")
    with pytest.raises(NodeFailed, match=r"^ego_motion: gap of -1 s$"):
        supervisor.wait(WAIT_S)
    with pytest.raises(NodeFailed):
        supervisor.check()
    wait_until(lambda: not supervisor.pids, "the other process to stop")
    assert "[misconfigured] some log\n" in output.getvalue()
    assert not supervisor.restarts


def test_a_process_that_ignores_signals_is_killed(supervise, monkeypatch):
    patience = {signal.SIGINT: 0.1, signal.SIGTERM: 0.1, signal.SIGKILL: WAIT_S}
    monkeypatch.setattr(processes, "_PATIENCE_S", patience)
    supervisor, output = supervise("stubborn", "obedient")
    wait_until(lambda: output.getvalue().count("here") == 2, "both processes")
    pids = supervisor.pids
    supervisor.stop()
    assert not any(psutil.pid_exists(pid) for pid in pids.values())
    assert supervisor.wait(0)


def test_no_process_outlives_a_supervisor_that_is_killed(tmp_path):
    (tmp_path / "obedient.py").write_text(MODULES["obedient"])
    source = (
        "import sys, time\n"
        "from alpamayo_ros.ros.bringup import Bringup, StackProcess\n"
        "from alpamayo_ros.ros.processes import Supervisor\n"
        "stack = [StackProcess(name, 'obedient') for name in ('a', 'b')]\n"
        "with Supervisor(Bringup(), sys.stderr, None, stack) as supervisor:\n"
        "    while len(supervisor.pids) < 2: time.sleep(0.01)\n"
        "    print(*supervisor.pids.values(), flush=True)\n"
        "    time.sleep(600)\n"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])}
    with subprocess.Popen(
        [sys.executable, "-c", source], env=environ, text=True, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        parent.kill()
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids), "the orphans to leave")


def test_a_process_that_keeps_dying_is_started_ever_less_often():
    delays = [respawn_delay_s(deaths) for deaths in range(12)]
    assert delays[:4] == [0.05, 0.05, 0.1, 0.2]
    assert delays[-1] == 5.0


# -- arguments


def test_arguments_become_what_the_processes_are_started_with():
    bringup = Bringup(
        params_files=(Path("/a.yaml"), Path("/b.yaml")),
        namespace="car/one",
        use_sim_time=True,
        parameters={"vla_inference": {"policy": "ctra"}},
        remappings={"odometry": "/vehicle/odometry"},
    )
    common = [
        "--ros-args", "--log-level", "info",
        "-r", "__ns:=/car/one", "-r", "odometry:=/vehicle/odometry",
        "--params-file", "/a.yaml", "--params-file", "/b.yaml", "-p", "use_sim_time:=true",
    ]  # fmt: skip
    by_name = {process.name: bringup.arguments(process) for process in STACK}
    assert by_name["camera_sync"] == common
    assert by_name["vla_inference"] == [*common, "-p", 'policy:="ctra"']
    assert bringup.arguments(COMPOSED) == ['vla_inference:policy:="ctra"', *common]


def test_launch_arguments_are_understood():
    given = parse_assignments(
        ["use_sim_time:=True", "composed:=true", "namespace:=/car", "odometry_topic:=/x:=y"]
    )
    bringup = bringup_from_arguments(given)
    assert bringup.use_sim_time and bringup.composed and bringup.respawn
    assert bringup.namespace == "car"
    assert bringup.remappings == {"odometry": "/x:=y"}
    assert [process.name for process in bringup.processes] == ["composed"]
    assert bringup.params_files == (ROOT / "params" / "alpamayo.yaml",)


BAD_ARGUMENTS = {
    "use_simtime:=true": "unknown launch argument 'use_simtime'; did you mean 'use_sim_time'?",
    "use_sim_time": "'use_sim_time' is not of the form NAME:=VALUE",
    "composed:=maybe": "launch argument 'composed' is 'maybe', not one of true, false",
    "log_level:=loud": "launch argument 'log_level' is 'loud', not one of debug, info",
    "namespace:=a-b": "launch argument 'namespace' is 'a-b': not a ROS name",
    "params_file:=/no/such.yaml": "cannot read params file /no/such.yaml: No such file",
}


@pytest.mark.parametrize("argument", BAD_ARGUMENTS)
def test_a_bad_argument_is_one_clear_line_and_nothing_starts(argument, capsys):
    assert main(["launch", argument]) == 1
    error = capsys.readouterr().err
    assert error.startswith(f"alpamayo_ros: {BAD_ARGUMENTS[argument]}")
    assert error.count("\n") == 1


def test_an_argument_given_twice():
    with pytest.raises(LaunchArgumentError, match="given twice"):
        parse_assignments(["policy:=a", "policy:=b"])


BAD_PARAMS = {
    "unknown key": (
        "/**/camera_sync:\n  ros__parameters:\n    camera_role: [front_wide]\n",
        "camera_sync: unknown parameter 'camera_role'; did you mean 'camera_roles'?",
    ),
    "role twice": (
        "/**/camera_sync:\n  ros__parameters:\n    camera_roles: [front_wide, front_wide]\n",
        "camera_sync: parameter 'camera_roles' names the role 'front_wide' twice",
    ),
    "unknown node": ("/**/camera_synch:\n  ros__parameters: {x: 1}\n", "no node is called"),
    "wrong type": (
        "/**/trajectory_publisher:\n  ros__parameters: {hold_s: long}\n",
        "trajectory_publisher: parameter 'hold_s' is 'long', expected a number",
    ),
    "out of range": (
        "/**/trajectory_publisher:\n  ros__parameters: {hold_s: -1.0}\n",
        "trajectory_publisher: parameter 'hold_s' is -1.0 s, outside",
    ),
    "not YAML": ("{", "is not YAML"),
}


@pytest.mark.parametrize("name", BAD_PARAMS)
def test_a_bad_params_file_is_one_clear_line_and_nothing_starts(name, tmp_path, capsys):
    text, expected = BAD_PARAMS[name]
    path = tmp_path / "vehicle.yaml"
    path.write_text(text)
    assert main(["launch", f"params_file:={path}"]) == 1
    error = capsys.readouterr().err
    assert expected in error and "vehicle.yaml" in error
    assert error.startswith("alpamayo_ros: ") and error.count("\n") == 1


def test_parameters_of_the_command_line_are_checked_too():
    with pytest.raises(ParameterError, match="ego_motion: parameter 'source' is 'gps'"):
        Bringup(parameters={"ego_motion": {"source": "gps"}}).check()


NEW, OLD = "FASTDDS_DEFAULT_PROFILES_FILE", "FASTRTPS_DEFAULT_PROFILES_FILE"
OURS = str(ROOT / "params" / "fastdds.xml")
FOR_IMAGES = str(ROOT / "params" / "fastdds_cameras.xml")


@pytest.mark.parametrize(
    ("base", "expected"),
    [
        ({}, {NEW: OURS}),
        ({NEW: "own.xml"}, {NEW: "own.xml"}),
        ({NEW: FOR_IMAGES}, {NEW: OURS}),
        ({OLD: "own.xml"}, {OLD: "own.xml"}),
        ({"ROS_DISTRO": "humble"}, {OLD: OURS}),
        ({"ROS_DISTRO": "humble", NEW: "own.xml"}, {NEW: "own.xml", OLD: "own.xml"}),
        ({"ROS_DISTRO": "humble", OLD: "own.xml"}, {OLD: "own.xml"}),
    ],
)
def test_fast_dds_gets_our_profile_unless_the_user_has_one(base, expected):
    assert environment(base) == {**base, **expected}


# -- the real stack


class Stack:
    """``./run launch`` as a user runs it."""

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "alpamayo_ros", "launch", *arguments],
            cwd=ROOT, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def children(self) -> dict[str, psutil.Process]:
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.NoSuchProcess):
                for argument in child.cmdline():
                    if argument.startswith("alpamayo_ros.nodes."):
                        found[argument.rsplit(".", 1)[1]] = child
        return found

    def stop(self, with_signal: int) -> tuple[int, str]:
        self.process.send_signal(with_signal)
        _, errors = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, errors


@pytest.fixture
def launch() -> Any:
    stacks: list[Stack] = []

    def start(*arguments: str) -> Stack:
        stacks.append(Stack(*arguments))
        return stacks[-1]

    yield start
    for stack in stacks:
        if stack.process.poll() is None:
            stack.stop(signal.SIGKILL)


def nodes_heard(peer: Peer, namespace: str) -> Callable[[], bool]:
    expected = {f"{namespace}/{process.name}" for process in STACK}
    heard = peer.diagnostics()
    return lambda: expected <= {status.name for array in heard for status in array.status}


def test_the_stack_starts_respawns_and_stops_with_its_launcher(launch, peer):
    all_heard = nodes_heard(peer, "one")
    stack = launch("namespace:=one", "use_sim_time:=true")
    peer.wait_until(all_heard, "diagnostics of all nodes")
    children = stack.children()
    assert set(children) == {process.name for process in STACK}
    children["ego_motion"].kill()
    peer.heard["/diagnostics"].clear()

    def back() -> bool:
        found = stack.children().get("ego_motion")
        return found is not None and found.pid != children["ego_motion"].pid and all_heard()

    peer.wait_until(back, "ego_motion to come back")
    children = stack.children()
    code, errors = stack.stop(signal.SIGTERM)
    assert code == 0
    assert "[ego_motion] process died (SIGKILL)" in errors
    assert "Traceback" not in errors
    assert not any(child.is_running() for child in children.values())


def parameter(peer: Peer, node_name: str, name: str) -> str:
    client = AsyncParameterClient(peer.node, node_name)
    assert client.wait_for_services(WAIT_S)
    future = client.get_parameters([name])
    peer.wait_until(future.done, f"{name} of {node_name}")
    return future.result().values[0].string_value


@pytest.mark.parametrize("composed", [False, True])
def test_the_file_of_a_vehicle_and_the_command_line_reach_the_nodes(
    launch, peer, tmp_path, composed
):
    params = tmp_path / "vehicle.yaml"
    params.write_text(
        "/**/ego_motion:\n  ros__parameters:\n    odometry_frame: map\n"
        "/**/camera_sync:\n  ros__parameters:\n    cameras:\n"
        "      front_wide: {topic: /vehicle/front, transport: raw}\n"
    )
    stack = launch(
        f"params_file:={params}", "namespace:=two", f"composed:={composed}",
        "odometry_topic:=/vehicle/odometry",
    )  # fmt: skip
    assert parameter(peer, "/two/ego_motion", "odometry_frame") == "map"
    assert parameter(peer, "/two/ego_motion", "base_frame") == "base_link"
    assert parameter(peer, "/two/camera_sync", "cameras.front_wide.topic") == "/vehicle/front"
    for topic in ("/vehicle/front", "/vehicle/odometry", "/two/frame_set"):
        peer.wait_until(lambda t=topic: peer.node.count_subscribers(t), f"a subscriber of {topic}")
    expected = {"composed"} if composed else {process.name for process in STACK}
    children = stack.children()
    assert set(children) == expected
    code, errors = stack.stop(signal.SIGINT)
    assert code == 0
    assert "Traceback" not in errors
    assert not any(child.is_running() for child in children.values())


@pytest.mark.parametrize("composed", [False, True])
def test_what_only_a_node_can_tell_ends_the_stack_with_its_line(launch, composed):
    stack = launch("policy:=clairvoyance", "namespace:=three", f"composed:={composed}")
    _, errors = stack.process.communicate(timeout=WAIT_S)
    assert stack.process.returncode == 1
    last_line = errors.splitlines()[-1]
    assert last_line.startswith("alpamayo_ros: vla_inference: ")
    assert "clairvoyance" in last_line
