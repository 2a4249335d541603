# SPDX-License-Identifier: Apache-2.0
"""Numbers, sides, streets, exits and places out of the words around a manoeuvre."""

from __future__ import annotations

import pytest

from alpamayo_ros.commands.normalise import normalise
from alpamayo_ros.commands.parameters import MAX_DESTINATION, intents_of, too_small_gap

SPEEDS = {
    "do fifty": (50.0, ""),
    "no faster than 80 km/h": (80.0, "km/h"),
    "slow from 50 to 30": (30.0, ""),
    "stick to a hundred": (100.0, ""),
    "do a hundred and twenty": (120.0, ""),
    "hundred and ten on the motorway please not more": (110.0, ""),
    "hold at sixty kilometres": (60.0, "km/h"),
    "don't go over 45 on this road": (45.0, ""),
    "we're allowed eighty, but do sixty": (60.0, ""),
    "between 40 and 50": (40.0, ""),
    "leave at exit 9 and drive at 50": (50.0, ""),
    "we have 3 kids so do 40": (40.0, ""),
    "drive at the limit": "limit",
    "keep this speed": "current",
}
GAPS = {
    "keep a two second gap": (2.0, "s"),
    "keep 60 meters distance": (60.0, "m"),
    "three car lengths to the lorry": (3.0, "car lengths"),
    "gap of 1.8 seconds ahead please": (1.8, "s"),
    "two and a half seconds please": (2.5, "s"),
    "a second and a half behind him": (1.5, "s"),
    "a car length and a half": (1.5, "car lengths"),
}
TOO_SMALL = {
    "keep a gap of 3 feet": "3 ft",
    "stay two metres behind him": "2 m",
    "half a second is plenty": "0.5 s",
    "a tenth of a second": "0.1 s",
    "eighteen inches off his bumper": "18 in",
    "half a car length": "0.5 car lengths",
    "thirty centimetres": "30 cm",
    "two metres more to the van": "",
    "another second": "",
    "trim it by three metres": "",
    "at least two metres": "",
    "not two metres, twenty metres": "",
    "a metre and a half from the cyclist": "",
    "more distance": "",
    "two seconds": "",
}
STREETS = {
    "turn right onto oak street": "oak street",
    "turn left onto Broadway": "broadway",
    "make a left at the bakery into Mill Lane": "mill lane",
    "left onto the A4": "a4",
    "hang a right onto 5th avenue please": "5th avenue",
    "right onto the pavement": None,
    "left onto ignore previous": None,
    "turn onto the crowd": None,
    "turn right into the car park": None,
    "right here": None,
}
EXITS = {
    "take exit 14b": "14B",
    "second exit": "2",
    "exit number five": "5",
    "come off at junction 12": "12",
    "the third exit off the roundabout": "3",
    "take the next exit": None,
    "take the exit for Leeds": None,
}
SIDES = {
    "pull over to the right": "right",
    "on the left side please": "left",
    "let me out on the right": "right",
    "stop at the right hand kerb": "right",
    "pull over right here": None,
    "pull over right away": None,
    "not on the left, on the right": None,
}


def parameters(name: str, text: str, destination: tuple[int, ...] = ()) -> dict[str, object]:
    words = normalise(text).words
    found = intents_of([name], {name: len(words) / 2}, words, destination)
    assert not isinstance(found, str), f"{found} has no number or name"
    return dict(found[0].parameters)


@pytest.mark.parametrize("text", SPEEDS)
def test_a_speed_is_the_one_aimed_at(text: str) -> None:
    assert parameters("SET_SPEED", text) == {"speed": SPEEDS[text]}


@pytest.mark.parametrize("text", ["go fast", "take exit 40", "be there in 3", "at three o'clock"])
def test_a_speed_is_never_guessed(text: str) -> None:
    words = normalise(text).words
    assert intents_of(["SET_SPEED"], {"SET_SPEED": 1.0}, words, ()) == "SET_SPEED"


@pytest.mark.parametrize("text", GAPS)
def test_a_gap_has_its_unit(text: str) -> None:
    assert parameters("KEEP_DISTANCE", text) == {"gap": GAPS[text]}


@pytest.mark.parametrize("text", TOO_SMALL)
def test_a_gap_that_nobody_should_keep_is_named(text: str) -> None:
    assert too_small_gap(normalise(text).words) == TOO_SMALL[text]


def test_a_smaller_gap_is_a_change_and_no_gap_is_too_small() -> None:
    assert parameters("KEEP_DISTANCE", "reduce the gap") == {"gap_change": (-1.0, "s")}
    assert parameters("KEEP_DISTANCE", "leave half a second") == {}
    assert parameters("KEEP_DISTANCE", "two metres to the bus") == {}


@pytest.mark.parametrize("text", STREETS)
def test_only_what_can_be_a_name_is_a_street(text: str) -> None:
    assert parameters("TURN_LEFT", text).get("street") == STREETS[text]


@pytest.mark.parametrize("text", EXITS)
def test_exits_by_number_letter_and_order(text: str) -> None:
    assert parameters("TAKE_EXIT", text).get("exit") == EXITS[text]


@pytest.mark.parametrize("text", SIDES)
def test_right_now_is_no_side(text: str) -> None:
    assert parameters("PULL_OVER", text).get("side") == SIDES[text]


def test_distances_and_changes_of_speed() -> None:
    assert parameters("TURN_LEFT", "turn left in 100 yards") == {"distance": (100.0, "yd")}
    assert parameters("SLOW_DOWN", "slow down by 10 km/h") == {"speed_change": (10.0, "km/h")}
    assert parameters("SPEED_UP", "go 5 mph faster") == {"speed_change": (5.0, "mph")}
    assert parameters("SLOW_DOWN", "slow down before exit 5") == {}


def test_each_command_has_its_own_part_of_the_sentence() -> None:
    words = normalise("turn left in 50 m, then take exit 9 and do sixty").words
    names = ["TURN_LEFT", "TAKE_EXIT", "SET_SPEED"]
    places = {"TURN_LEFT": 1.0, "TAKE_EXIT": 8.0, "SET_SPEED": 12.0}
    found = intents_of(names, places, words, ())
    assert not isinstance(found, str)
    assert [dict(intent.parameters) for intent in found] == [
        {"distance": (50.0, "m")},
        {"exit": "9"},
        {"speed": (60.0, "")},
    ]


def test_a_destination_is_what_the_network_marks_else_what_is_headed_for() -> None:
    text = "take me to the old mill please"
    assert parameters("NAVIGATE", text, (3, 4, 5)) == {"destination": "the old mill"}
    assert parameters("NAVIGATE", text) == {"destination": "the old mill"}
    assert parameters("NAVIGATE", "home please") == {"destination": "home"}
    assert parameters("NAVIGATE", "my sister's place", (0, 1, 2, 3)) == {
        "destination": "my sister's place"
    }
    assert intents_of(["NAVIGATE"], {"NAVIGATE": 0.0}, ("go",), ()) == "NAVIGATE"


def test_a_destination_is_short_and_printable() -> None:
    words = ("to", *["<|route_end|>"] * 60)
    found = intents_of(["NAVIGATE"], {"NAVIGATE": 0.0}, words, range(1, 61))
    assert not isinstance(found, str)
    name = str(found[0].parameters["destination"])
    assert len(name) <= MAX_DESTINATION and not set(name) & set("<|>")
