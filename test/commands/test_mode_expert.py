# SPDX-License-Identifier: Apache-2.0
"""Whatever is said, the answer is UNCLEAR, has a reason, and carries nothing of the text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.commands.mode_expert import MAX_CHARACTERS, ModeExpert
from alpamayo_ros.commands.standing import StandingDecision
from alpamayo_ros.types import Instruction, UserCommand, Verdict

NOW = 1_700_000_000_000_000_000


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=3000), identity=st.text(max_size=20))
def test_any_text_gets_a_reason_and_reaches_nobody(text: str, identity: str) -> None:
    decision = ModeExpert().decide(UserCommand(NOW, identity, "passenger", text), NOW)
    assert decision.verdict == Verdict.UNCLEAR and decision.command_id == identity
    name, _, detail = decision.reason.partition(": ")
    assert name.isupper() and detail and len(decision.reason) < 200
    assert not (decision.nav_text or decision.question or decision.intents)
    standing = StandingDecision()
    assert standing.accept(decision, NOW).startswith("UNCLEAR")
    assert standing.instruction(NOW) == Instruction()


def test_reasons_tell_what_is_the_matter() -> None:
    def reason(text: str) -> str:
        return ModeExpert().decide(UserCommand(NOW, "1", "passenger", text), NOW).reason

    assert reason("turn left").startswith("NOT_IMPLEMENTED")
    assert reason(" \n").startswith("EMPTY")
    assert reason("a" * 5000) == f"TEXT_TOO_LONG: 5000 characters > {MAX_CHARACTERS}"
