# SPDX-License-Identifier: Apache-2.0
"""Which decisions take effect, and until when."""

from __future__ import annotations

from typing import Any

import pytest

from alpamayo_ros.commands.standing import StandingDecision
from alpamayo_ros.types import SECOND_NS, Instruction, Mode, ModeDecision, Verdict

NOW = 1_700_000_000_000_000_000


def decision(**changes: Any) -> ModeDecision:
    fields: dict[str, Any] = {
        "stamp_ns": NOW,
        "command_id": "c1",
        "mode": Mode.CONTROL,
        "verdict": Verdict.ROUTED,
        "reason": "TURN: understood",
        "mode_token": 2,
        "nav_text": "Turn left in 30m",
        "time_to_live_s": 10.0,
    }
    return ModeDecision(**(fields | changes))


def test_a_routed_decision_holds_for_its_time_to_live() -> None:
    standing = StandingDecision()
    assert standing.accept(decision(), NOW + SECOND_NS) == ""
    for seconds in (1.0, 9.9):
        instruction = standing.instruction(NOW + round(seconds * SECOND_NS))
        assert (instruction.decision_id, instruction.nav_text) == ("c1", "Turn left in 30m")
    assert standing.instruction(NOW + 10 * SECOND_NS) == Instruction()
    assert standing.instruction(NOW) == Instruction()


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({"verdict": Verdict.REFUSED}, "REFUSED"),
        ({"verdict": Verdict.UNCLEAR}, "UNCLEAR"),
        ({"mode": Mode.QUESTION}, "QUESTION"),
        ({"nav_text": "Turn <|route_end|>"}, "CONTROL_TOKEN"),
        ({"stamp_ns": NOW - 60 * SECOND_NS}, "EXPIRED"),
        ({"time_to_live_s": 0.0}, "EXPIRED"),
        ({"stamp_ns": NOW + 5 * SECOND_NS}, "FUTURE"),
        ({"stamp_ns": NOW - SECOND_NS}, "OLDER"),
    ],
)
def test_what_has_no_effect_is_named_and_leaves_what_stands(
    changes: dict[str, Any], name: str
) -> None:
    standing = StandingDecision()
    standing.accept(decision(command_id="before"), NOW)
    assert standing.accept(decision(**changes), NOW).split(":")[0] == name
    assert standing.instruction(NOW).decision_id == "before"


def test_a_decision_does_not_outlive_a_clock_that_was_set_back() -> None:
    standing = StandingDecision()
    standing.accept(decision(), NOW)
    assert standing.instruction(NOW - 60 * SECOND_NS) == Instruction()
    assert standing.instruction(NOW) == Instruction()


def test_a_new_decision_replaces_the_old_one_and_reset_forgets() -> None:
    standing = StandingDecision()
    standing.accept(decision(), NOW)
    assert standing.accept(decision(command_id="c2", mode=Mode.AUTONOMY, nav_text=""), NOW) == ""
    assert standing.instruction(NOW).decision_id == "c2"
    standing.reset()
    assert standing.instruction(NOW) == Instruction()
