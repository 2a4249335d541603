# SPDX-License-Identifier: Apache-2.0
"""The public interface: every field explained, only constructs that Humble knows, and it works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from alpamayo_msgs.action import Ask
from alpamayo_msgs.msg import FrameSet, Prediction
from alpamayo_msgs.srv import SubmitCommand
from rclpy.serialization import deserialize_message, serialize_message

MSGS = Path(__file__).resolve().parents[2] / "alpamayo_msgs"
DEFINITIONS = sorted(
    path for kind in ("msg", "srv", "action") for path in (MSGS / kind).glob("*.*")
)


def test_the_interfaces_of_the_design_are_there() -> None:
    names = {path.stem for path in DEFINITIONS}
    assert names >= {
        "FrameSet", "EgoHistory", "UserCommand", "ModeDecision", "ChainOfCausation", "Candidate",
        "Prediction", "Plan", "Answer", "SubmitCommand", "Ask",
    }  # fmt: skip


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda p: p.name)
def test_every_field_is_explained(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].startswith("# "), "the first line says what it is"
    for line in lines:
        if not line.strip() or line.startswith("#") or line == "---":
            continue
        declaration, _, comment = line.partition("#")
        constant = "=" in declaration
        assert constant or comment.strip(), f"{path.name}: no comment on '{line.strip()}'"


@pytest.mark.parametrize("path", DEFINITIONS, ids=lambda p: p.name)
def test_every_measured_field_names_its_unit(path: Path) -> None:
    measured = re.compile(r"^float(?:32|64)(?:\[\d*\])? (\w+) +#(.*)$")
    dimensionless = {"value"}
    for line in path.read_text().splitlines():
        match = measured.match(line)
        if match and match[1] not in dimensionless:
            assert re.search(r"\[[^\]]+\]", match[2]), f"{path.name}: no unit on '{line}'"


def test_every_definition_is_built() -> None:
    cmake = (MSGS / "CMakeLists.txt").read_text()
    for path in DEFINITIONS:
        assert f'"{path.parent.name}/{path.name}"' in cmake


@pytest.mark.parametrize("message_type", [FrameSet, Prediction])
def test_messages_survive_serialisation(message_type: type) -> None:
    message = message_type()
    message.header.frame_id = "base_link"
    assert deserialize_message(serialize_message(message), message_type) == message


def test_service_and_action_have_their_parts() -> None:
    assert SubmitCommand.Request().command.text == ""
    assert SubmitCommand.Response().decision.verdict == 0
    assert Ask.Goal().question.text == "" and Ask.Feedback().text == ""
    assert Ask.Result().answer.text == ""
