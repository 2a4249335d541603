# SPDX-License-Identifier: Apache-2.0
"""Traces of every form, read as a careful person reads them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.reasoning import vocabulary
from alpamayo_ros.reasoning.reading import (
    LONGEST_TRACE,
    MOST_VERBS,
    REMEMBERED,
    Demand,
    Reading,
    read,
)
from alpamayo_ros.reasoning.words import REMEMBERED_WORDS, parts_of, words_of
from alpamayo_ros.types import Axis, CauseCategory

DATA = Path(__file__).parents[1] / "data" / "reasoning" / "traces.jsonl"
LABELLED = [json.loads(line) for line in DATA.read_text().splitlines()]

# Released with the models.
REAL = (
    ("Stop at the stop line since the straight traffic light is red.", "STOP", "NONE"),
    (
        "Accelerate to proceed through the intersection since the straight traffic light turns "
        "green.", "SET_SPEED", "NONE",
    ),
    (
        "Change to the left lane to stay in the through lane and avoid being forced into the "
        "right-turn slip lane at the upcoming intersection, while moderating speed to maintain gap "
        "to the lead vehicle and approach the marked crosswalk cautiously.",
        "LEAD_FOLLOWING", "LANE_CHANGE_LEFT",
    ),
    ("Adapt speed for the left curve ahead.", "SPEED_ADAPTATION", "NONE"),
    ("Adapt speed for the curve because the road bends ahead.", "SPEED_ADAPTATION", "NONE"),
    (
        "Nudge to the right to avoid the construction cones encroaching on the lane.",
        "NONE", "NUDGE_RIGHT",
    ),
    (
        "Yield to the cross-traffic vehicle since it is crossing ahead of the right turn path.",
        "YIELD", "NONE",
    ),
    (
        "Turn right at the intersection since the right-turn traffic light is green.",
        "NONE", "TURN_RIGHT",
    ),
    ("Resume since the red light turned green", "SET_SPEED", "NONE"),
)  # fmt: skip


def decisions(text: str) -> tuple[str, str]:
    reading = read(text)
    return reading.longitudinal, reading.lateral


@pytest.mark.parametrize(("text", "longitudinal", "lateral"), REAL)
def test_real_traces(text: str, longitudinal: str, lateral: str) -> None:
    assert decisions(text) == (longitudinal, lateral)


def test_labelled_traces() -> None:
    assert len(LABELLED) >= 400
    wrong = [
        f"{item['longitudinal']}/{item['lateral']} read {decisions(item['trace'])}: {item['trace']}"
        for item in LABELLED
        if decisions(item["trace"]) != (item["longitudinal"], item["lateral"])
    ]
    assert not wrong, "\n".join(wrong)


def test_labels_are_of_the_vocabulary() -> None:
    for item in LABELLED:
        assert item["longitudinal"] in vocabulary.LONGITUDINAL | {"NONE", "UNPARSED"}
        assert item["lateral"] in vocabulary.LATERAL | {"NONE", "UNPARSED"}


@pytest.mark.parametrize("item", LABELLED[::5], ids=lambda item: item["trace"][:40])
def test_a_cut_off_trace_flips_nothing(item: dict[str, str]) -> None:
    """What a prefix decides may be less than the whole, and never the other side."""
    text = item["trace"]
    for end in range(1, len(text), 3):
        longitudinal, lateral = decisions(text[:end])
        # "Continue" alone goes on, whatever comes.
        goes = longitudinal == "SET_SPEED" and not text[:end].lower().startswith("continue")
        assert not (item["longitudinal"] == "STOP" and goes), text[:end]
        side, cut = vocabulary.side_of(item["lateral"]), vocabulary.side_of(lateral)
        assert not (side and cut and side != cut), text[:end]


def _mirrored(text: str) -> str:
    swap = {"left": "right", "right": "left", "Left": "Right", "Right": "Left",
            "LEFT": "RIGHT", "RIGHT": "LEFT"}  # fmt: skip
    return re.sub(r"left|right", lambda m: swap[m.group()], text, flags=re.IGNORECASE)


def _mirrors() -> Iterator[str]:
    for item in LABELLED:
        # A U-turn has its side from the rule of the road; rights of way are no sides.
        if not re.search(r"u-?turn|right[- ]of[- ]way", item["trace"], re.IGNORECASE):
            yield item["trace"]


@pytest.mark.parametrize("text", list(_mirrors()), ids=lambda text: text[:40])
def test_a_mirrored_trace_mirrors_the_side(text: str) -> None:
    reading, mirrored = read(text), read(_mirrored(text))
    assert mirrored.longitudinal == reading.longitudinal
    side = vocabulary.side_of(reading.lateral)
    expected = reading.lateral
    if side:
        family = vocabulary.family_of(reading.lateral)
        expected = vocabulary.with_side(family, vocabulary.OPPOSITE[side])
    assert mirrored.lateral == expected


SENTENCES = st.sampled_from(sorted({item["trace"] for item in LABELLED}))
WORDS = st.sampled_from(
    sorted({word for item in LABELLED for word in re.split(r"(\W)", item["trace"])})
)


@given(st.text(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_text_is_read_or_unparsed(text: str) -> None:
    _is_whole(read(text))


@given(st.lists(WORDS, max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_jumble_of_driving_words_is_read_or_unparsed(words: list[str]) -> None:
    _is_whole(read(" ".join(words)))


def _is_whole(reading: Reading) -> None:
    assert reading.longitudinal in vocabulary.LONGITUDINAL | {"NONE", "UNPARSED"}
    assert reading.lateral in vocabulary.LATERAL | {"NONE", "UNPARSED"}
    decided = {Axis.LONGITUDINAL: reading.longitudinal, Axis.LATERAL: reading.lateral}
    for axis, decision in decided.items():
        steps = [step.decision for step in reading.sequence if step.axis is axis]
        assert (steps[:1] or [decision])[0] == decision or decision == "UNPARSED"
    if reading.longitudinal == reading.lateral == "NONE":
        pytest.fail("nothing was decided, and it is not called UNPARSED")


@given(SENTENCES)
@settings(max_examples=100, deadline=None)
def test_case_space_and_markup_change_nothing(text: str) -> None:
    expected = decisions(text)
    assert decisions(f"<|cot_start|>  {text}  <|cot_end|>") == expected
    assert decisions(text.replace("'", "\u2019")) == expected
    assert decisions(f'"{text}"') == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Stop at the line, then proceed when it is green.", ["STOP", "SET_SPEED"]),
        ("Before proceeding, stop at the line.", ["STOP", "SET_SPEED"]),
        ("Change to the right lane, then turn right.", ["LANE_CHANGE_RIGHT", "TURN_RIGHT"]),
        ("Slow down to stop at the red light.", ["STOP"]),
        ("Yield to the car and then turn left.", ["YIELD", "TURN_LEFT"]),
    ],
)
def test_the_sequence_is_kept_in_its_order(text: str, expected: list[str]) -> None:
    assert [step.decision for step in read(text).sequence] == expected


@pytest.mark.parametrize(
    ("text", "demand"),
    [
        ("Slow down for the curve.", Demand.SLOWER),
        ("Adapt speed for the curve.", Demand.OPEN),
        ("Maintain speed since the road is clear.", Demand.HOLD),
        ("Accelerate since the road is clear.", Demand.FASTER),
        ("Keep distance to the lead vehicle since it is braking.", Demand.NOT_FASTER),
    ],
)
def test_what_is_said_about_speed_itself_is_kept(text: str, demand: Demand) -> None:
    assert read(text).sequence[0].demand is demand


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("Stop since the traffic light is red.", CauseCategory.TRAFFIC_LIGHT),
        ("Stop for the stop sign.", CauseCategory.YIELD_OR_STOP_CONTROL),
        ("Yield to the pedestrian.", CauseCategory.CRITICAL_OBJECT),
        ("Adapt speed for the left curve.", CauseCategory.ROAD_EVENT),
        ("Keep lane since the adjacent lane ends.", CauseCategory.LANE),
        ("Turn left since the route requires it.", CauseCategory.ROUTING_INTENT),
        ("Slow down due to fog.", CauseCategory.ODD_CONSTRAINT),
        ("Nudge left due to construction cones.", CauseCategory.CRITICAL_OBJECT),
    ],
)
def test_causes_have_their_category(text: str, category: CauseCategory) -> None:
    causes = read(text).causes
    assert [cause.category for cause in causes] == [category]
    assert all(cause.text in text for cause in causes)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Yield to the pedestrian; if the pedestrian had continued, I would have braked harder.",
            "if the pedestrian had continued, I would have braked harder",
        ),
        (
            "Proceed. Had the light been red, I would have stopped.",
            "Had the light been red, I would have stopped",
        ),
        ("Stop since the light is red.", ""),
        ("Proceed if the way is clear.", ""),
    ],
)
def test_the_counterfactual_is_kept_in_its_words(text: str, expected: str) -> None:
    assert read(text).counterfactual == expected


def test_a_trace_without_a_model_is_unparsed() -> None:
    text = "No reasoning model is loaded: constant turn rate and acceleration."
    assert decisions(text) == ("UNPARSED", "UNPARSED")


def test_readings_are_kept_within_bounds() -> None:
    for number in range(REMEMBERED + 10):
        read(f"Stop at the red light {number}.")
    assert read.cache_info().currsize == REMEMBERED


def test_words_are_kept_within_bounds() -> None:
    for number in range(REMEMBERED_WORDS + 10):
        words_of(f"near sign {number}")
    assert parts_of.cache_info().currsize == REMEMBERED_WORDS


@pytest.mark.parametrize("unit", ["tracking", "set", "take offset", "navigate near curve"])
def test_a_loop_of_the_decoding_decides_nothing_beyond_its_beginning(unit: str) -> None:
    loop = " ".join([unit] * 100)
    first = decisions(f"Stop at the red light. {loop}")
    assert first[0] == "STOP"
    assert len(read(loop).sequence) <= MOST_VERBS
    late = read(f"{loop}. Turn left.")
    assert "TURN_LEFT" not in [step.decision for step in late.sequence]


def test_what_stands_after_many_sentences_still_counts() -> None:
    text = "The road is clear. " * 20 + "Turn left at the intersection."
    assert decisions(text)[1] == "TURN_LEFT"


def test_of_a_text_without_end_only_the_beginning_is_read() -> None:
    text = "Keep lane. " + "x" * LONGEST_TRACE + " Stop."
    assert decisions(text) == ("NONE", "LANE_KEEPING")
