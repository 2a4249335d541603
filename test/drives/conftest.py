# SPDX-License-Identifier: Apache-2.0
"""Bags that several tests of drives use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from drives.small_drive import Message, write_messages, write_small_bag


@pytest.fixture
def write_bag(tmp_path: Path) -> Callable[..., Path]:
    """Write (topic, receive time, message) as a bag, in order of time."""

    def write(messages: list[Message], name: str = "small") -> Path:
        return write_messages(tmp_path / name, messages)

    return write


@pytest.fixture
def small_bag(tmp_path: Path) -> Path:
    """The small drive with a sentence and a stray plan in it."""
    return write_small_bag(tmp_path)
