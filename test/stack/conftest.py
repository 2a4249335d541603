# SPDX-License-Identifier: Apache-2.0
"""A stack that drives."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from running_stack import Drive

from ros_harness import Peer


@pytest.fixture
def drive(peer: Peer) -> Iterator[Drive]:
    with Drive(peer) as drive:
        drive.peer.wait_until(lambda: drive.model_plan_after(0), "a first plan of the model")
        yield drive
