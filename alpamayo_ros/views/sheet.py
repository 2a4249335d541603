# SPDX-License-Identifier: Apache-2.0
"""Text in pictures, with what OpenCV has: drawn twice as large and shrunk, so that it is smooth."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import cv2
import numpy as np

from alpamayo_ros.types import Pixels
from alpamayo_ros.views.colours import INK, PANEL, Colour
from alpamayo_ros.views.scene import Words

_FONT = cv2.FONT_HERSHEY_SIMPLEX
_CAPITAL = 21.0
"""Height of a capital [px] at scale 1."""

_OVER = 2
_PLAIN = str.maketrans(
    {
        "\u2013": "-", "\u2014": "-", "\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"',
        "\u2026": "...", "\u2192": "->", "\u00b7": "-", "\u00df": "ss",
    }
)  # fmt: skip


def plain(text: str) -> str:
    """The text in the characters the font has; an unknown one becomes a question mark."""
    letters = unicodedata.normalize("NFKD", text.translate(_PLAIN))
    bare = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return "".join(letter if " " <= letter <= "~" else "?" for letter in bare)


def text_width(text: str, size: float) -> float:
    """Width [px] of a text whose capitals are ``size`` px high."""
    (width, _), _ = cv2.getTextSize(text, _FONT, _OVER * size / _CAPITAL, _stroke(size))
    return float(width) / _OVER


def wrap(text: str, width: float, size: float, lines: int) -> list[str]:
    """The text in at most ``lines`` lines of ``width`` px; what does not fit ends in "..."."""
    found = [""]
    for word in plain(text).split():
        longer = f"{found[-1]} {word}".lstrip()
        if found[-1] and text_width(longer, size) > width:
            found.append(word)
        else:
            found[-1] = longer
    if len(found) > lines:
        last = found[lines - 1]
        while last and text_width(f"{last}...", size) > width:
            last = last[:-1]
        found = [*found[: lines - 1], f"{last.rstrip()}..."]
    return [line for line in found if line]


class Sheet:
    """A picture to write on; places are in its own pixels, y of the baseline."""

    def __init__(self, width: int, height: int, colour: Colour = PANEL) -> None:
        self._large = np.empty((_OVER * height, _OVER * width, 3), np.uint8)
        self._large[:] = colour
        self._size = (width, height)

    def write(self, words: Words, x: float, y: float, size: float = 10.0) -> float:
        """Write and return x behind it."""
        text = plain(words.text)
        cv2.putText(
            self._large, text, (round(_OVER * x), round(_OVER * y)), _FONT, _OVER * size / _CAPITAL,
            words.colour, _stroke(size), cv2.LINE_AA,
        )  # fmt: skip
        return x + text_width(text, size)

    def write_right(self, words: Words, x: float, y: float, size: float = 10.0) -> float:
        """Write so that it ends at x; return x before it."""
        start = x - text_width(plain(words.text), size)
        self.write(words, start, y, size)
        return start

    def chip(self, words: Words, x: float, y: float, size: float = 10.0) -> float:
        """Write dark on a field of the words' colour; return x behind the field."""
        width, pad = text_width(plain(words.text), size), 0.7 * size
        low, high = (x, y - size - 0.55 * size), (x + width + 2 * pad, y + 0.55 * size)
        self.box(low, high, words.colour)
        self.write(Words(words.text, PANEL), x + pad, y, size)
        return high[0]

    def dot(self, colour: Colour, x: float, y: float, radius: float) -> None:
        """Draw a full circle."""
        centre = (round(_OVER * x), round(_OVER * y))
        cv2.circle(self._large, centre, round(_OVER * radius), colour, -1, cv2.LINE_AA)

    def box(self, low: Sequence[float], high: Sequence[float], colour: Colour) -> None:
        """Fill a rectangle."""
        first, last = (tuple(round(_OVER * value) for value in corner) for corner in (low, high))
        cv2.rectangle(self._large, first, last, colour, -1)

    def line(self, start: Sequence[float], end: Sequence[float], colour: Colour) -> None:
        """Draw a line of one pixel."""
        first, last = (tuple(round(_OVER * value) for value in point) for point in (start, end))
        cv2.line(self._large, first, last, colour, _OVER)

    def image(self) -> Pixels:
        """The picture (height, width, 3), RGB."""
        return np.asarray(cv2.resize(self._large, self._size, interpolation=cv2.INTER_AREA))


def outlined(image: Pixels, text: str, x: float, y: float, scale: float) -> None:
    """Write a short label straight into a picture, light with a dark rim."""
    place = (round(x), round(y))
    cv2.putText(image, text, place, _FONT, scale, PANEL, 3, cv2.LINE_AA)
    cv2.putText(image, text, place, _FONT, scale, INK, 1, cv2.LINE_AA)


def _stroke(size: float) -> int:
    return max(1, round(_OVER * size / 9))
