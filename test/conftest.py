# SPDX-License-Identifier: Apache-2.0
"""Fixtures that many tests share."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from alpamayo_ros.ros.middleware import send_images_from_here

# A domain of its own for every test process, so that two runs on one machine do not hear each
# other; 1..101 is the range that is safe beside ephemeral ports on Linux.
os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 101))
os.environ.setdefault("ROS_AUTOMATIC_DISCOVERY_RANGE", "LOCALHOST")

send_images_from_here()

# The same examples each time where a change is judged, new ones where it is made.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture
def drives() -> Path:
    """The folder of real recorded drives beside the repository; skips where it is absent."""
    folder = SHARED / "drives"
    if not folder.is_dir():
        pytest.skip(f"needs the recorded drives in {folder.name}/ beside the repository")
    return folder


@pytest.fixture
def peer() -> Iterator[Any]:
    """A node of the test's own."""
    from ros_harness import Peer

    peer = Peer()
    yield peer
    peer.close()


@pytest.fixture
def start_node() -> Iterator[Callable[..., Any]]:
    """Start real nodes in real processes; they are stopped after the test."""
    from ros_harness import NodeProcess

    processes: list[NodeProcess] = []

    def start(name: str, **parameters: Any) -> NodeProcess:
        processes.append(NodeProcess(name, **parameters))
        return processes[-1]

    yield start
    for process in processes:
        process.stop()
