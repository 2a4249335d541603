# SPDX-License-Identifier: Apache-2.0
"""The road surface as one long strip in road coordinates, with coarser copies for the distance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.drives.world import crossing as at
from alpamayo_ros.drives.world.layout import Layout
from alpamayo_ros.drives.world.road import (
    EGO,
    FAST,
    LANES,
    LEFT_EDGE,
    RIGHT_EDGE,
    SHOULDER,
    SIDEWALK,
)
from alpamayo_ros.types import FloatArray, Pixels

ALONG = 0.1
"""Size of a texel along s [m], at the finest level."""

ACROSS = 0.0625
"""Size of a texel along d [m]."""

HALF_WIDTH = 24.0
"""The strip reaches this far [m] to either side; beyond, its borders go on."""

LEVELS = 8

Colour = tuple[int, int, int]
_GRASS: Colour = (98, 124, 66)
_ASPHALT: Colour = (92, 93, 97)
_SIDEWALK: Colour = (158, 154, 148)
_KERB: Colour = (186, 184, 178)
_WHITE: Colour = (232, 232, 228)
_YELLOW: Colour = (222, 176, 52)
_LINE_WIDTH = 0.15


@dataclass(frozen=True, slots=True)
class StripTexture:
    """Level 0 on top; below it, side by side, the levels that halve the texels along s.

    A point at s, d is at column ((s - start) / ALONG) / 2^level - 0.5 + columns[level] and row
    (HALF_WIDTH - d) / ACROSS - 0.5 + rows[level].
    """

    pixels: Pixels
    start: float
    columns: FloatArray
    rows: FloatArray


class _Canvas:
    """A strip to paint rectangles on, in road coordinates and with soft borders."""

    def __init__(self, start: float, end: float) -> None:
        self.start = start
        self.columns = int((end - start) / ALONG)
        self.rows = int(2 * HALF_WIDTH / ACROSS)
        self.image: NDArray[np.float32] = np.empty((self.rows, self.columns, 3), np.float32)

    def rectangle(
        self, s: tuple[float, float], d: tuple[float, float], colour: Colour, opacity: float = 1.0
    ) -> None:
        """Paint s[0]..s[1], d[0]..d[1]; texels at the border are covered in part."""
        left, across = _coverage(
            (s[0] - self.start) / ALONG, (s[1] - self.start) / ALONG, self.columns
        )
        top, down = _coverage((HALF_WIDTH - d[1]) / ACROSS, (HALF_WIDTH - d[0]) / ACROSS, self.rows)
        if not len(across) or not len(down):
            return
        part = self.image[top : top + len(down), left : left + len(across)]
        alpha = (opacity * down[:, None] * across)[..., None].astype(np.float32)
        part += alpha * (np.array(colour, np.float32) - part)

    def shade(self, s: float, d: float, radius: float) -> None:
        """Darken a soft round patch."""
        reach = 1.6 * radius
        columns = np.arange(
            int((s - reach - self.start) / ALONG), int((s + reach - self.start) / ALONG)
        )
        rows = np.arange(
            int((HALF_WIDTH - d - reach) / ACROSS), int((HALF_WIDTH - d + reach) / ACROSS)
        )
        columns = columns[(columns >= 0) & (columns < self.columns)]
        rows = rows[(rows >= 0) & (rows < self.rows)]
        if not len(columns) or not len(rows):
            return
        along = ((columns + 0.5) * ALONG + self.start - s) / radius
        across = (HALF_WIDTH - (rows + 0.5) * ACROSS - d) / radius
        dark = 1.0 - 0.5 * np.exp(-((along**2 + across[:, None] ** 2) ** 2))
        self.image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] *= dark[..., None].astype(
            np.float32
        )


def _coverage(first: float, last: float, count: int) -> tuple[int, FloatArray]:
    """First texel of the interval first..last, and how much of each texel it covers."""
    begin, end = max(int(np.floor(first)), 0), min(int(np.ceil(last)), count)
    edges = np.arange(begin, end)
    return begin, np.clip(np.minimum(edges + 1, last) - np.maximum(edges, first), 0.0, 1.0)


def paint_road(layout: Layout, random: np.random.Generator) -> StripTexture:
    """Paint the road of a layout."""
    canvas = _Canvas(layout.road.start, layout.road.end)
    _paint_bands(canvas, layout)
    grain = _grain(canvas, random)
    canvas.image *= grain[..., None]
    _paint_markings(canvas, layout)
    for tree in layout.trees:
        canvas.shade(tree.s + 0.8, tree.d - 0.8, 1.1 * tree.crown)
    np.clip(canvas.image, 0, 255, out=canvas.image)
    return _with_levels(canvas.image.astype(np.uint8), canvas.start)


def _paint_bands(canvas: _Canvas, layout: Layout) -> None:
    """Grass, sidewalks, kerbs and asphalt; side streets cut through them."""
    everywhere = (layout.road.start, layout.road.end)
    canvas.image[:] = _GRASS
    left, right = LEFT_EDGE + SHOULDER, RIGHT_EDGE - SHOULDER
    canvas.rectangle(everywhere, (right - SIDEWALK, left + SIDEWALK), _SIDEWALK)
    for s in np.arange(layout.road.start, layout.road.end, 2.0):
        canvas.rectangle((s, s + 0.08), (right - SIDEWALK, left + SIDEWALK), _ASPHALT, 0.45)
    canvas.rectangle(everywhere, (right - 0.18, left + 0.18), _KERB)
    canvas.rectangle(everywhere, (right, left), _ASPHALT)
    for crossing in layout.crossings:
        first, last = crossing.s + at.SIDE_STREET[0], crossing.s + at.SIDE_STREET[1]
        canvas.rectangle((first - 0.2, last + 0.2), (-HALF_WIDTH, HALF_WIDTH), _KERB)
        canvas.rectangle((first, last), (-HALF_WIDTH, HALF_WIDTH), _ASPHALT)
        canvas.rectangle((first - 0.3, last + 0.3), (right, left), _ASPHALT)


def _grain(canvas: _Canvas, random: np.random.Generator) -> NDArray[np.float32]:
    """Brightness (rows, columns): fine grain, larger patches, wheel tracks; 1 at the borders."""
    shape = (canvas.rows, canvas.columns)
    fine = random.standard_normal((shape[0] // 2, shape[1]), dtype=np.float32)
    grain: NDArray[np.float32] = np.empty(shape, np.float32)
    cv2.resize(0.03 * fine, shape[::-1], dst=grain, interpolation=cv2.INTER_LINEAR)
    for texels, amplitude in ((24, 0.035), (160, 0.045)):
        small = random.standard_normal((shape[0] // texels + 2, 2 * shape[1] // texels + 2))
        grain += amplitude * cv2.resize(
            small.astype(np.float32), shape[::-1], interpolation=cv2.INTER_CUBIC
        )
    d = HALF_WIDTH - (np.arange(canvas.rows) + 0.5) * ACROSS
    for lane in LANES:
        for wheel in (-0.8, 0.8):
            tracks = -0.05 * np.exp(-(((d - lane.centre - wheel) / 0.3) ** 2))
            grain += tracks[:, None].astype(np.float32)
    # what is looked up beyond the borders repeats them: they must be plain
    fade = np.clip((HALF_WIDTH - np.abs(d)) / 6.0, 0.0, 1.0)
    return np.asarray(1.0 + grain * fade[:, None].astype(np.float32), np.float32)


def _paint_markings(canvas: _Canvas, layout: Layout) -> None:
    crossings = layout.crossings
    for s, end in _between(layout.road.start, layout.road.end, crossings):
        for d in (-0.14, 0.14):
            _line(canvas, (s, end), d, _YELLOW)
        _line(canvas, (s, end), LEFT_EDGE - 0.15, _WHITE)
        _line(canvas, (s, end), RIGHT_EDGE + 0.15, _WHITE)
        middle = (EGO.centre + FAST.centre) / 2
        for dash in np.arange(s, end, 8.0):
            _line(canvas, (dash, min(dash + 3.0, end)), middle, _WHITE)
    for crossing in crossings:
        canvas.rectangle((crossing.s, crossing.s + 0.45), (RIGHT_EDGE + 0.3, -0.3), _WHITE, 0.92)
        line = crossing.s + at.ONCOMING_STOP_LINE
        canvas.rectangle((line - 0.45, line), (0.3, LEFT_EDGE - 0.3), _WHITE, 0.92)
        walk = (crossing.s + at.CROSSWALK[0], crossing.s + at.CROSSWALK[1])
        for d in np.arange(RIGHT_EDGE + 0.1, LEFT_EDGE - 0.4, 1.0):
            canvas.rectangle(walk, (d, d + 0.5), _WHITE, 0.88)


def _between(
    start: float, end: float, crossings: Sequence[at.Crossing]
) -> list[tuple[float, float]]:
    """Stretches of road outside the crossings."""
    borders = [start]
    for crossing in crossings:
        borders += [crossing.s, crossing.s + at.ONCOMING_STOP_LINE]
    borders.append(end)
    return list(zip(borders[::2], borders[1::2], strict=True))


def _line(canvas: _Canvas, s: tuple[float, float], d: float, colour: Colour) -> None:
    canvas.rectangle(s, (d - _LINE_WIDTH / 2, d + _LINE_WIDTH / 2), colour, 0.9)


def _with_levels(finest: Pixels, start: float) -> StripTexture:
    rows, columns, _ = finest.shape
    atlas = np.zeros((2 * rows, columns, 3), np.uint8)
    atlas[:rows] = finest
    offsets, level, position = [0.0], finest, 0
    for number in range(1, LEVELS):
        width = max(level.shape[1] // 2, 1)
        level = np.asarray(
            cv2.resize(level[:, : 2 * width], (width, rows), interpolation=cv2.INTER_AREA)
        )
        if number >= 5:
            # so far away a texel is narrower than a pixel across the road too
            level = np.asarray(cv2.blur(level, (1, 3)))
        atlas[rows:, position : position + width] = level
        offsets.append(float(position))
        position += width
    return StripTexture(
        atlas, start, np.array(offsets), np.array([0.0] + [float(rows)] * (LEVELS - 1))
    )
