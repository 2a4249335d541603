# SPDX-License-Identifier: Apache-2.0
"""Bags that several tests of drives use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from drives.small_drive import START_NS, Message, recorded_plan, small_drive, user_command
from rclpy.serialization import serialize_message

from alpamayo_ros.drives.bags import BagWriter, type_name
from alpamayo_ros.types import SECOND_NS


@pytest.fixture
def write_bag(tmp_path: Path) -> Callable[..., Path]:
    """Write (topic, receive time, message) as a bag, in order of time."""

    def write(messages: list[Message], name: str = "small") -> Path:
        with BagWriter(tmp_path / name) as writer:
            for topic, kind in {topic: type(message) for topic, _, message in messages}.items():
                writer.add_topic(topic, type_name(kind))
            for topic, stamp_ns, message in sorted(messages, key=lambda entry: entry[1]):
                writer.write(topic, stamp_ns, serialize_message(message))
        return tmp_path / name

    return write


@pytest.fixture
def small_bag(write_bag: Callable[..., Path]) -> Path:
    """The small drive with a sentence and a stray plan in it."""
    extras = [user_command(START_NS + 2 * SECOND_NS), recorded_plan(START_NS + SECOND_NS)]
    return write_bag([*small_drive(), *extras])
