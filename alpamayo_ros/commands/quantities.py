# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- tables are read line by line, not wrapped
"""Numbers and units as people say them: "fifty", "30 m", "two second", "55 miles an hour"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SI_FACTORS = {
    "km/h": 1 / 3.6,
    "mph": 0.44704,
    "m/s": 1.0,
    "m": 1.0,
    "km": 1000.0,
    "mi": 1609.344,
    "ft": 0.3048,
    "yd": 0.9144,
    "in": 0.0254,
    "cm": 0.01,
    "car lengths": 5.0,
    "blocks": 100.0,
    "s": 1.0,
    "min": 60.0,
    "h": 3600.0,
}
"""What a value in a unit is multiplied by to get m/s, m or s; a car length is taken as 5 m,
a block as 100 m."""

SPEED_UNITS = ("km/h", "mph", "m/s")
DISTANCE_UNITS = ("m", "km", "mi", "ft", "yd", "in", "cm", "car lengths", "blocks")
TIME_UNITS = ("s", "min", "h")

_ONES = dict(
    zip(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ],
        range(20),
        strict=True,
    )
)
_TENS = dict(
    zip(
        ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"],
        range(20, 100, 10),
        strict=True,
    )
)
_TENS["fourty"] = 40
_ORDINALS = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3, "fourth": 4, "4th": 4,
    "fifth": 5, "5th": 5, "sixth": 6, "6th": 6, "seventh": 7, "7th": 7, "eighth": 8, "8th": 8,
    "ninth": 9, "9th": 9, "tenth": 10, "10th": 10,
}  # fmt: skip
_PARTS = {"third": 1 / 3, "fourth": 0.25, "fifth": 0.2, "tenth": 0.1, "hundredth": 0.01}
_UNITS: dict[tuple[str, ...], str] = {
    **dict.fromkeys(
        [
            (name, *tail)
            for name in ("km", "kms", "k", "kilometer", "kilometers", "kilometre", "kilometres",
                         "kilometeres", "kilomters", "kilometrs", "kilos", "klicks", "clicks")
            for tail in (("per", "hour"), ("an", "hour"), ("a", "hour"), ("hour",), ("/", "h"),
                         ("per", "h"))
        ],
        "km/h",
    ),
    **dict.fromkeys([("kmh",), ("kph",), ("kmph",), ("km/h",), ("clicks",)], "km/h"),
    **dict.fromkeys(
        [
            (name, *tail)
            for name in ("mile", "miles", "mi", "m")
            for tail in (("per", "hour"), ("an", "hour"), ("a", "hour"), ("hour",), ("/", "h"))
        ],
        "mph",
    ),
    ("mph",): "mph",
    ("mps",): "m/s",
    ("m/s",): "m/s",
    **dict.fromkeys(
        [
            (name, *tail)
            for name in ("meter", "meters", "metre", "metres", "m")
            for tail in (("per", "second"), ("a", "second"), ("per", "sec"))
        ],
        "m/s",
    ),
    **dict.fromkeys([(w,) for w in ("m", "meter", "meters", "metre", "metres", "mtrs", "meteres")], "m"),
    **dict.fromkeys([(w,) for w in ("km", "kms", "kilometer", "kilometers", "kilometre", "kilometres")], "km"),
    **dict.fromkeys([(w,) for w in ("mile", "miles", "mi")], "mi"),
    **dict.fromkeys([(w,) for w in ("foot", "feet", "ft")], "ft"),
    **dict.fromkeys([(w,) for w in ("yard", "yards", "yd", "yds")], "yd"),
    **dict.fromkeys([(w,) for w in ("inch", "inches")], "in"),
    **dict.fromkeys([(w,) for w in ("cm", "centimeter", "centimeters", "centimetre", "centimetres")], "cm"),
    **dict.fromkeys(
        [("car", "length"), ("car", "lengths"), ("cars", "length"), ("vehicle", "lengths")],
        "car lengths",
    ),
    **dict.fromkeys([("block",), ("blocks",), ("more", "blocks")], "blocks"),
    **dict.fromkeys([(w,) for w in ("s", "sec", "secs", "seconds", "second")], "s"),
    **dict.fromkeys([(w,) for w in ("min", "mins", "minute", "minutes")], "min"),
    **dict.fromkeys([(w,) for w in ("h", "hour", "hours")], "h"),
}  # fmt: skip
_AND_A_HALF = ["and", "a", "half"]
_LONGEST_UNIT = max(map(len, _UNITS))


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number as it was said; ``unit`` is empty where none was said, "ordinal" for the third."""

    value: float
    unit: str

    @property
    def si(self) -> float:
        """The value in m/s, m or s; unchanged without a unit."""
        return self.value * SI_FACTORS.get(self.unit, 1.0)


def read_quantity(words: Sequence[str], start: int) -> tuple[Quantity, int] | None:
    """Read a number, with its unit if there is one; return it and how many words it took."""
    number = _number(words, start)
    if number is None:
        if words[start] in _ORDINALS:
            return Quantity(float(_ORDINALS[words[start]]), "ordinal"), 1
        return None
    value, taken = number
    after = start + taken
    if list(words[after : after + 3]) == _AND_A_HALF:
        value, taken, after = value + 0.5, taken + 3, after + 3
    if words[after : after + 1] == ["of"] or words[after : after + 2] == ["of", "a"]:
        after += 2 if words[after + 1 : after + 2] == ["a"] else 1
    for length in range(_LONGEST_UNIT, 0, -1):
        unit = _UNITS.get(tuple(words[after : after + length]))
        if unit is not None and after + length <= len(words):
            after += length
            if value == 1.0 and list(words[after : after + 3]) == _AND_A_HALF:
                # "a second and a half"
                value, after = 1.5, after + 3
            return Quantity(value, unit), after - start
    if after != start + taken:
        return Quantity(value, ""), taken
    if taken == 1 and words[start] in ("one", "a", "an", "half", "couple"):
        return None
    return Quantity(value, ""), taken


def _number(words: Sequence[str], start: int) -> tuple[float, int] | None:
    word = words[start]
    if word[0].isdigit():
        try:
            return float(word), 1
        except ValueError:
            return None
    if word == "half":
        return (0.5, 2) if words[start + 1 : start + 2] == ["a"] else (0.5, 1)
    if word in ("a", "an"):
        return _with_article(words, start)
    if word == "couple":
        return 2.0, 1
    return _spoken(words, start)


def _with_article(words: Sequence[str], start: int) -> tuple[float, int] | None:
    following = words[start + 1] if start + 1 < len(words) else ""
    if following == "hundred":
        return _spoken(["one", *words[start + 1 :]], 0)
    if following == "half":
        return 0.5, 2
    if following == "couple":
        return 2.0, 2
    if following == "quarter":
        return 0.25, 2
    if following in _PARTS and list(words[start + 2 : start + 4]) == ["of", "a"]:
        return _PARTS[following], 2
    if tuple(words[start + 1 : start + 3]) in _UNITS:
        return 1.0, 1
    # "a second" may be another one, and "a minute" a while
    vague = following in ("s", "m", "k", "h", "second", "minute", "min")
    if (following,) in _UNITS and (not vague or list(words[start + 2 : start + 5]) == _AND_A_HALF):
        return 1.0, 1
    return None


def _spoken(words: Sequence[str], start: int) -> tuple[float, int] | None:
    """Add up "one hundred and twenty five", "fifty five", "two point five", "one twenty"."""
    total, position, read = 0.0, start, False
    while position < len(words) and position - start < 8:
        word = words[position]
        if word in _TENS:
            if read and total % 100 and not 0 < total < 10:
                break
            total = total * 100 + _TENS[word] if 0 < total < 10 else total + _TENS[word]
        elif word in _ONES:
            if read and (total % 10 or total == 0 or (_ONES[word] >= 10 and total % 100)):
                break
            total += _ONES[word]
        elif word == "hundred" and (not read or 0 < total < 100):
            total = 100 * (total or 1.0)
        elif word == "thousand" and read and 0 < total < 1000:
            total *= 1000
        elif word == "and" and read and words[position - 1] in ("hundred", "thousand"):
            following = words[position + 1] if position + 1 < len(words) else ""
            if following not in _ONES and following not in _TENS:
                break
        elif word == "point" and read and words[position + 1 : position + 2]:
            digit = _ONES.get(words[position + 1])
            if digit is None or digit > 9:
                break
            return total + digit / 10, position + 2 - start
        else:
            break
        read = True
        position += 1
    return (total, position - start) if read else None
