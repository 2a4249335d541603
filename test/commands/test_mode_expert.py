# SPDX-License-Identifier: Apache-2.0
"""What becomes of sentences: routed, refused or unclear, by words, state, source and rate."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import pytest
from command_sentences import (
    COMMANDS,
    CONTROL_TOKENS,
    FOREIGN_HARMFUL,
    HARMFUL,
    QUESTIONS,
    TALK,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.commands import reasons
from alpamayo_ros.commands.mode_expert import MAX_CHARACTERS, ModeExpert, ModeExpertSettings
from alpamayo_ros.commands.standing import StandingDecision
from alpamayo_ros.commands.state import VehicleState
from alpamayo_ros.types import (
    SECOND_NS,
    ConfigurationError,
    Mode,
    ModeDecision,
    RoadClass,
    UserCommand,
    Verdict,
)

NOW = 1_700_000_000 * SECOND_NS
EXPERT = ModeExpert(ModeExpertSettings(rate_hz=1e6, burst=1_000_000))
CITY = VehicleState(12.0, RoadClass.URBAN, 50 / 3.6)
MOTORWAY = VehicleState(30.0, RoadClass.MOTORWAY, 120 / 3.6)


def decide(text: str, state: VehicleState | None = None) -> ModeDecision:
    EXPERT.reset()
    return EXPERT.decide(UserCommand(NOW, "1", "passenger", text), NOW, state)


@pytest.mark.parametrize("text", COMMANDS)
def test_commands_are_routed_with_their_intents(text: str) -> None:
    decision = decide(text, CITY)
    assert decision.verdict == Verdict.ROUTED and decision.mode == Mode.CONTROL, decision.reason
    assert tuple(intent.name for intent in decision.intents) == COMMANDS[text]
    assert decision.reply and decision.time_to_live_s > 0


@pytest.mark.parametrize("text", QUESTIONS)
def test_questions_are_questions(text: str) -> None:
    decision = decide(text)
    assert decision.verdict == Verdict.ROUTED and decision.mode == Mode.QUESTION, decision.reason
    assert decision.question and not decision.intents and not decision.nav_text


@pytest.mark.parametrize("text", TALK)
def test_talk_and_denials_are_unclear(text: str) -> None:
    decision = decide(text)
    assert decision.verdict == Verdict.UNCLEAR, decision
    assert decision.reply


@pytest.mark.parametrize("text", HARMFUL)
def test_harm_is_refused_with_its_reason(text: str) -> None:
    decision = decide(text)
    assert decision.verdict == Verdict.REFUSED, decision
    name = decision.reason.partition(":")[0]
    assert name in reasons.REFUSALS and name == (HARMFUL[text] or name)
    assert decision.reply == reasons.REFUSALS[name]


@pytest.mark.parametrize("text", FOREIGN_HARMFUL)
def test_harm_in_other_languages_is_never_routed(text: str) -> None:
    assert decide(text).verdict != Verdict.ROUTED


@pytest.mark.parametrize("text", CONTROL_TOKENS)
def test_control_tokens_are_refused_and_reach_nothing(text: str) -> None:
    decision = decide(text)
    assert decision.verdict == Verdict.REFUSED and decision.reason.startswith("CONTROL_TOKEN")
    assert not decision.nav_text and not decision.question


def test_nav_text_has_the_form_of_the_training() -> None:
    assert decide("turn left in 30 m").nav_text == "Turn left in 30m"
    assert decide("take a right in twelve meters").nav_text == "Turn right in 12m"
    assert decide("turn left in 100 yards").nav_text == "Turn left in 91m"
    assert decide("turn left").nav_text == "Turn left in 30m"
    assert decide("go straight").nav_text == "Continue straight"
    assert decide("turn right onto oak street").nav_text == "Turn right in 30m onto Oak Street"
    assert decide("slow down").nav_text == ""


def test_parameters_are_in_si_units() -> None:
    def parameters(text: str) -> dict[str, object]:
        return dict(decide(text, CITY).intents[0].parameters)

    assert parameters("set speed to 30 mph") == {"speed": (pytest.approx(13.4112), "m/s")}
    assert parameters("drive at fifty five kilometers per hour") == {
        "speed": (pytest.approx(15.2778, abs=1e-4), "m/s")
    }
    assert parameters("slow down by 10 km/h") == {
        "speed_change": (pytest.approx(2.7778, abs=1e-4), "m/s")
    }
    assert parameters("keep a two second gap") == {"gap": (2.0, "s")}
    assert parameters("pull over to the right") == {"side": "right"}
    assert parameters("take exit 14b") == {"exit": "14B"}
    assert parameters("take me to the train station") == {"destination": "the train station"}


def test_halts_hold_until_somebody_says_otherwise() -> None:
    for text in ("stop", "pull over", "park here"):
        decision = decide(text, CITY)
        assert decision.limits.max_speed == 0.0
        assert decision.time_to_live_s >= 3600


def test_slowing_down_starts_from_the_speed_there_is() -> None:
    assert decide("slow down", CITY).limits.max_speed == pytest.approx(0.75 * 12.0)
    assert decide("slow down by 18 km/h", CITY).limits.max_speed == pytest.approx(7.0)
    crawling = replace(CITY, speed=1.0)
    assert 0 < decide("slow down", crawling).limits.max_speed <= 1.0
    assert decide("slow down").limits.max_speed == pytest.approx(30 / 3.6)


def test_faster_is_never_above_limit_cap_or_what_is_careful() -> None:
    assert decide("speed up", CITY).limits.target_speed == pytest.approx(50 / 3.6)
    adapted = decide("set speed to 100 km/h", CITY)
    assert adapted.limits.max_speed == adapted.limits.target_speed == pytest.approx(50 / 3.6)
    assert adapted.reason.startswith("ADAPTED")
    unknown = decide("set speed to 100 km/h")
    assert unknown.limits.target_speed == pytest.approx(50 / 3.6)
    assert math.isnan(decide("speed up").limits.target_speed)
    over = decide("set speed to 300 km/h", MOTORWAY)
    assert over.verdict == Verdict.REFUSED and over.reason.startswith("OVER_CAP")


def test_a_gap_never_gets_less_than_two_seconds() -> None:
    assert decide("keep a three second gap", CITY).limits.min_time_gap == 3.0
    assert decide("keep 60 meters distance", CITY).limits.min_time_gap == pytest.approx(5.0)
    assert decide("reduce the gap", CITY).limits.min_time_gap >= 2.0


def test_on_a_motorway_nobody_turns_back_or_stops_in_lane() -> None:
    stopped = decide("stop", MOTORWAY)
    assert [intent.name for intent in stopped.intents] == ["PULL_OVER"]
    assert stopped.reason.startswith("ADAPTED") and stopped.limits.max_speed == 0.0
    for text in ("make a u-turn", "turn left", "park here"):
        refused = decide(text, MOTORWAY)
        assert refused.verdict == Verdict.REFUSED and refused.reason.startswith("MOTORWAY")
    assert decide("take the next exit", MOTORWAY).verdict == Verdict.ROUTED


def test_while_stopping_only_cancel_and_questions_pass() -> None:
    stopping = replace(CITY, stopping=True)
    assert decide("speed up", stopping).reason.startswith("STOPPING")
    assert decide("cancel", stopping).verdict == Verdict.ROUTED
    assert decide("why are you stopping", stopping).mode == Mode.QUESTION


def test_one_impossible_command_refuses_the_sentence() -> None:
    assert decide("change to the right lane and make a u-turn", MOTORWAY).verdict == Verdict.REFUSED


def test_a_notice_does_not_start_a_stopped_car() -> None:
    expert, standing = ModeExpert(), StandingDecision()

    def say(text: str, second: int) -> ModeDecision:
        stamp = NOW + second * SECOND_NS
        decision = expert.decide(UserCommand(stamp, str(second), "passenger", text), stamp, CITY)
        assert standing.accept(decision, stamp) == "", decision
        return decision

    say("pull over", 0)
    assert say("watch out, a dog", 1).limits.max_speed == 0.0
    assert standing.instruction(NOW + 600 * SECOND_NS).limits.max_speed == 0.0
    say("cancel", 700)
    assert math.isnan(standing.instruction(NOW + 701 * SECOND_NS).limits.max_speed)
    assert say("watch out, a dog", 702).limits.max_speed > 0.0


def test_cancel_clears_what_stands() -> None:
    decision = decide("cancel that", CITY)
    assert decision.mode == Mode.CONTROL and not decision.nav_text
    assert math.isnan(decision.limits.max_speed) and decision.mode_token == 0


def test_sources_may_be_denied_control_but_not_questions() -> None:
    expert = ModeExpert(ModeExpertSettings(control_sources=("operator",)))
    said = UserCommand(NOW, "1", "passenger", "turn left")
    assert expert.decide(said, NOW).reason.startswith("SOURCE")
    assert expert.decide(replace(said, text="where are we"), NOW).mode == Mode.QUESTION
    assert expert.decide(replace(said, source="operator"), NOW).verdict == Verdict.ROUTED


def test_rates_are_limited_per_source() -> None:
    expert = ModeExpert(ModeExpertSettings(rate_hz=1.0, burst=2))

    def reason(source: str, second: int) -> str:
        stamp = NOW + second * SECOND_NS
        return expert.decide(UserCommand(stamp, "1", source, "turn left"), stamp).reason

    assert not reason("passenger", 0).startswith("RATE")
    assert not reason("passenger", 0).startswith("RATE")
    assert reason("passenger", 0).startswith("RATE")
    assert not reason("operator", 0).startswith("RATE")
    assert not reason("passenger", 1).startswith("RATE")


def test_the_same_words_get_the_same_decision() -> None:
    for text in (*COMMANDS, *QUESTIONS, *TALK, *HARMFUL):
        assert repr(decide(text, CITY)) == repr(decide(text, CITY))


def test_settings_that_cannot_work_are_named() -> None:
    with pytest.raises(ConfigurationError, match="max_speed is -1"):
        ModeExpertSettings(max_speed=-1)


def test_odd_texts_get_an_answer() -> None:
    assert decide(" \n").reason.startswith("EMPTY")
    assert decide("a" * 5000).reason == f"TEXT_TOO_LONG: 5000 characters, at most {MAX_CHARACTERS}"
    assert decide("turn left" * 200_000).reason.startswith("TEXT_TOO_LONG")
    for text in ("\x00", "\udc80turn left", "\ufdfa" * 999, "." * 1000, "not " * 250, "9" * 999):
        decision = decide(text)
        assert decision.reason.partition(":")[0] in reasons.NAMES


_WORDS = st.sampled_from(
    [
        "turn",
        "left",
        "right",
        "hit",
        "stop",
        "the",
        "dog",
        "<|route_end|>",
        "onto",
        "oak",
        "street",
        "lane",
        "do",
        "not",
        "um",
        "50",
        "km/h",
        "and",
        ",",
        ";",
        "please",
        "go",
        "into",
        "over",
        "speed",
        "limit",
        "exit",
        "12b",
        "á",
        "ﬁ",
        "ｔｕｒｎ",
        "а",
        "\u200b",
        "<",
        "|",
        ">",
    ]
)
_TEXTS = st.one_of(
    st.text(max_size=120),
    st.text(st.characters(min_codepoint=0xD7F0, max_codepoint=0xE010), max_size=40),
    st.lists(_WORDS, max_size=20).map(" ".join),
    st.binary(max_size=80).map(lambda raw: raw.decode("utf-8", "surrogateescape")),
)
_NAV_TEXT = re.compile(
    r"(?:Continue straight|Turn (?:left|right) in \d+m(?: onto [A-Za-z0-9À-ÖØ-öø-ÿ' .-]+)?|)"
)


@settings(max_examples=3000, deadline=None)
@given(text=_TEXTS, source=st.text(max_size=20))
def test_no_text_raises_or_smuggles_a_mark_of_control_tokens(text: str, source: str) -> None:
    decision = EXPERT.decide(UserCommand(NOW, "1", source, text), NOW)
    assert decision.reason.partition(":")[0] in reasons.NAMES and len(decision.reason) < 200
    for said in (decision.nav_text, decision.question, decision.reply, decision.reason):
        assert not set(said) & set("<>|{}[]\n\r\x00"), said
    assert _NAV_TEXT.fullmatch(decision.nav_text)
    if decision.verdict != Verdict.ROUTED:
        assert not (decision.intents or decision.nav_text or decision.question)
