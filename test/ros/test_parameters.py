# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from alpamayo_ros.ros.bringup import NODES as PROCESSES
from alpamayo_ros.ros.bringup import Bringup, specs_of
from alpamayo_ros.ros.parameters import (
    ParameterError,
    ParameterSpec,
    expand,
    load_params_file,
    resolve,
)

PARAMS = Path(__file__).resolve().parents[2] / "params"
NODES = [process.name for process in PROCESSES]
ROLES = {
    "cross_left", "front_wide", "cross_right", "rear_left", "rear_tele", "rear_right", "front_tele"
}  # fmt: skip

SPECS = (
    ParameterSpec("rate_hz", 10.0, "How often.", "Hz", 1.0, 100.0),
    ParameterSpec("depth", 5, "How many.", minimum=1, maximum=9),
    ParameterSpec("active", True, "Whether."),
    ParameterSpec("source", "odometry", "Where from.", choices=("odometry", "tf")),
    ParameterSpec("camera_roles", ["front_wide"], "Which."),
    ParameterSpec("cameras.<role>.topic", "camera/<role>/image", "Topic of <role>."),
)


# -- values


def test_what_is_not_given_has_its_default():
    assert resolve(SPECS, {}) == {
        "rate_hz": 10.0,
        "depth": 5,
        "active": True,
        "source": "odometry",
        "camera_roles": ["front_wide"],
        "cameras.front_wide.topic": "camera/front_wide/image",
    }


@given(st.floats(1.0, 100.0), st.integers(1, 9), st.booleans(), st.sampled_from(["odometry", "tf"]))
def test_what_is_given_and_fits_is_taken(rate, depth, active, source):
    given_values = {"rate_hz": rate, "depth": depth, "active": active, "source": source}
    resolved = resolve(SPECS, given_values)
    assert {name: resolved[name] for name in given_values} == given_values


def test_a_whole_number_serves_as_a_real_one():
    rate = resolve(SPECS, {"rate_hz": 20})["rate_hz"]
    assert rate == 20.0 and isinstance(rate, float)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("rate_hz", 0.5, r"parameter 'rate_hz' is 0\.5 Hz, outside 1 \.\. 100"),
        ("rate_hz", float("nan"), "outside"),
        ("rate_hz", True, "parameter 'rate_hz' is True, expected a number"),
        ("rate_hz", "10", "parameter 'rate_hz' is '10', expected a number"),
        ("depth", 5.0, r"parameter 'depth' is 5\.0, expected an integer"),
        ("depth", True, "expected an integer"),
        ("active", 1, "parameter 'active' is 1, expected true or false"),
        ("source", "gps", "parameter 'source' is 'gps', not one of odometry, tf"),
        ("camera_roles", "front_wide", "expected a list of strings"),
        ("camera_roles", ["front_wide", 1], "expected a list of strings"),
        ("camera_roles", ["a", "b", "a"], "parameter 'camera_roles' names the role 'a' twice"),
        ("rate", 10.0, "unknown parameter 'rate'; did you mean 'rate_hz'?"),
        ("cameras.rear_left.topic", "x", "unknown parameter 'cameras.rear_left.topic'"),
    ],
)
def test_what_does_not_fit_is_one_line_with_the_numbers(name, value, message):
    with pytest.raises(ParameterError, match=message) as error:
        resolve(SPECS, {name: value})
    assert "\n" not in str(error.value)


def test_parameters_of_every_ros_node_are_let_through():
    qos = "qos_overrides./plan.publisher.depth"
    assert resolve(SPECS, {"use_sim_time": True, qos: 5}) == resolve(SPECS, {})


@given(st.lists(st.sampled_from(sorted(ROLES)), unique=True))
def test_each_role_has_its_own_parameters(roles):
    expanded = expand(SPECS, roles)
    assert len(expanded) == 5 + len(roles)
    for role in roles:
        assert expanded[f"cameras.{role}.topic"].default == f"camera/{role}/image"
        assert expanded[f"cameras.{role}.topic"].description == f"Topic of {role}."


# -- files


def load(tmp_path: Path, text: str) -> dict:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    return load_params_file(path, ["one", "two"])


@pytest.mark.parametrize(
    "section",
    ["one", "/one", "/**/one", "/*/one", "/car/one", "one:\n  ros__parameters: {a: 0}\none"],
)
def test_a_section_is_for_the_node_it_names(tmp_path, section):
    text = f"{section}:\n  ros__parameters:\n    a: 1\n    b: {{c: [x], d: {{e: 2.5}}}}\n"
    assert load(tmp_path, text) == {"one": {"a": 1, "b.c": ["x"], "b.d.e": 2.5}, "two": {}}


def test_a_section_for_all_nodes_and_nested_namespaces(tmp_path):
    text = (
        "/**:\n  ros__parameters: {use_sim_time: true}\ncar:\n  two:\n    ros__parameters: {a: 1}\n"
    )
    assert load(tmp_path, text) == {
        "one": {"use_sim_time": True},
        "two": {"use_sim_time": True, "a": 1},
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("three:\n  ros__parameters: {a: 1}\n", "no node is called 'three'"),
        ("/**/ones:\n  ros__parameters: {a: 1}\n", "did you mean 'one'?"),
        ("one: {a: 1}\n", "'one/a' has no ros__parameters"),
        ("one: 5\n", "'one' has no ros__parameters"),
        ("- one\n", "holds no node sections"),
        ("", "holds no node sections"),
        ("one: {\n", "is not YAML"),
    ],
)
def test_a_file_of_another_form_is_one_line(tmp_path, text, message):
    with pytest.raises(ParameterError) as error:
        load(tmp_path, text)
    assert message in str(error.value)
    assert "params.yaml" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ParameterError, match=r"cannot read params file .*none\.yaml: No such"):
        load_params_file(tmp_path / "none.yaml", NODES)


# -- the files that come with the package


@pytest.mark.parametrize("path", sorted(PARAMS.glob("*.yaml")), ids=lambda path: path.name)
def test_every_params_file_fits_the_nodes(path):
    base = PARAMS / "alpamayo.yaml"
    files = (base,) if path == base else (base, path)
    resolved = Bringup(params_files=files).check()
    cameras = resolved["camera_sync"]
    assert set(cameras["camera_roles"]) <= ROLES
    assert cameras["anchor"] in cameras["camera_roles"]


def test_the_rigs_are_those_of_the_drives():
    def roles(name: str) -> set[str]:
        files = (PARAMS / "alpamayo.yaml", PARAMS / name)
        return set(Bringup(params_files=files).check()["camera_sync"]["camera_roles"])

    assert roles("pandaset.yaml") == ROLES - {"front_tele"}
    assert roles("demo.yaml") == {"cross_left", "front_wide", "cross_right", "front_tele"}


def test_the_base_file_says_what_the_nodes_default_to():
    values = load_params_file(PARAMS / "alpamayo.yaml", NODES)
    for process in PROCESSES:
        defaults = {spec.name: spec.default for spec in specs_of(process)}
        for name, value in values[process.name].items():
            assert value == defaults[name], f"{process.name}: {name}"


@pytest.mark.parametrize("process", PROCESSES, ids=lambda process: process.name)
def test_every_parameter_is_described_and_has_a_default_that_fits(process):
    for spec in expand(specs_of(process), ["front_wide"]).values():
        assert spec.description.rstrip().endswith("."), spec.name
        assert spec.check(spec.default) == spec.default
        assert yaml.safe_load(json.dumps(spec.default)) == spec.default


def test_the_nodes_that_select_and_plan_must_have_the_same_vehicle():
    bounds = {"bounds.wheelbase": 3.4}
    Bringup(parameters={"vla_inference": bounds, "trajectory_publisher": bounds}).check()
    with pytest.raises(ParameterError, match=r"bounds.wheelbase' is 3.4 of vla_inference and 2.9"):
        Bringup(parameters={"vla_inference": bounds}).check()
