# SPDX-License-Identifier: Apache-2.0
"""Charts over time as inline SVG that stretches to any width.

Only lines live in the SVG; labels are HTML placed in percent, so they keep their size on a phone
and on a wall. Colours are names of the page's CSS variables.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

_WIDTH, _HEIGHT = 1000.0, 200.0
_MAX_POINTS = 2000
_GAP_S = 0.35
"""Samples further apart than this are not joined: a few lost ticks must be visible."""


@dataclass(frozen=True, slots=True)
class Series:
    """Values over time [s]; ``dots`` draws single samples instead of a line."""

    name: str
    colour: str
    points: Sequence[tuple[float, float]]
    dots: bool = False
    gap_s: float = _GAP_S


@dataclass(frozen=True, slots=True)
class Band:
    """A span of time [s] in a colour, with a word for it."""

    start: float
    end: float
    colour: str
    text: str


def nice_ticks(low: float, high: float, count: int = 4) -> list[float]:
    """About ``count`` round numbers (1, 2, 2.5 or 5 times a power of ten) from low to high."""
    span = max(high - low, 1e-9)
    magnitude = 10.0 ** math.floor(math.log10(span / count))
    steps = (factor * magnitude for factor in (1, 2, 2.5, 5, 10))
    step = next(step for step in steps if span / step <= 1.5 * count)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(place * step, 10) for place in range(first, last + 1)]


def time_chart(
    series: Sequence[Series], span_s: float, unit: str, hairs: Iterable[str] = (), top: float = 0.0
) -> str:
    """A chart from 0 to ``span_s``; y begins at 0 (or below) and reaches ``top`` at least.

    ``hairs`` are SVG elements in chart coordinates, drawn below the series.
    """
    low, high = value_range(series, top)
    labels = nice_ticks(low, high)
    heights = (f"{_HEIGHT * (high - value) / (high - low):.1f}" for value in labels)
    grid = "".join(
        f'<line class="grid" x1="0" x2="{_WIDTH:g}" y1="{y}" y2="{y}"/>' for y in heights
    )
    lines = "".join(_series(entry, span_s, low, high) for entry in series)
    axis = "".join(
        f'<span class="y" style="top:{100 * (high - v) / (high - low):.2f}%">{v:g}</span>'
        for v in labels
    )
    return (
        f'{legend((s.colour, s.name) for s in series)}<div class="chart"><div class="unit">'
        f'{escape(unit)}</div><div class="plot" data-span="{span_s:.6f}">'
        f'<svg viewBox="0 0 {_WIDTH:g} {_HEIGHT:g}" preserveAspectRatio="none">{grid}'
        f"{''.join(hairs)}{lines}</svg>{axis}{_time_axis(span_s)}"
        f'<i class="cursor"></i></div></div>'
    )


def value_range(series: Sequence[Series], top: float) -> tuple[float, float]:
    """Lowest and highest value of a chart's y axis."""
    values = [value for entry in series for _, value in entry.points if math.isfinite(value)]
    high = max([top, *values]) * 1.06 or 1.0
    return min([0.0, *values]) * 1.06, high


def hair(
    points: Sequence[tuple[float, float]], span_s: float, low: float, high: float, key: int
) -> str:
    """A thin line of its own; ``key`` is the number of the tick that the page can pick out."""
    return f'<path class="hair" data-tick="{key}" d="{_path(points, span_s, low, high, 1e9)}"/>'


def legend(entries: Iterable[tuple[str, str]]) -> str:
    """Names beside their colours."""
    keys = "".join(
        f'<span><i style="background:var(--{colour})"></i>{escape(name)}</span>'
        for colour, name in entries
    )
    return f'<div class="legend">{keys}</div>'


def band_chart(rows: Sequence[tuple[str, Sequence[Band]]], span_s: float) -> str:
    """Rows of coloured spans on one time axis."""
    drawn = []
    for name, bands in rows:
        spans = "".join(
            f'<b title="{escape(band.text)}" style="left:{100 * band.start / span_s:.3f}%;'
            f'width:{100 * max(band.end - band.start, 0) / span_s:.3f}%;'
            f'background:var(--{band.colour})"></b>'
            for band in bands
        )  # fmt: skip
        drawn.append(f'<div class="band"><span>{escape(name)}</span>{spans}</div>')
    return (
        f'<div class="chart"><div class="plot bands" data-span="{span_s:.6f}">{"".join(drawn)}'
        f'{_time_axis(span_s)}<i class="cursor"></i></div></div>'
    )


def merge_bands(bands: Iterable[Band], gap_s: float) -> list[Band]:
    """Join neighbours of one colour and text that are at most ``gap_s`` apart."""
    merged: list[Band] = []
    for band in bands:
        last = merged[-1] if merged else None
        same = last is not None and (last.colour, last.text) == (band.colour, band.text)
        if last is not None and same and band.start - last.end <= gap_s:
            merged[-1] = Band(last.start, band.end, band.colour, band.text)
        else:
            merged.append(band)
    return merged


def _series(entry: Series, span_s: float, low: float, high: float) -> str:
    points = thin_out(entry.points, _MAX_POINTS)
    style = f'style="stroke:var(--{entry.colour})"'
    if entry.dots:
        path = "".join(f"M{x:.1f} {y:.1f}h0" for x, y in _scaled(points, span_s, low, high))
        return f'<path class="dots" {style} d="{path}"/>'
    # thinning out widens the steps between samples; they must still be joined
    widened = entry.gap_s * max(1.0, len(entry.points) / _MAX_POINTS)
    return f'<path class="line" {style} d="{_path(points, span_s, low, high, widened)}"/>'


def _path(
    points: Sequence[tuple[float, float]], span_s: float, low: float, high: float, gap_s: float
) -> str:
    parts = []
    previous = -math.inf
    for (time, _), (x, y) in zip(points, _scaled(points, span_s, low, high), strict=True):
        parts.append(f"{'L' if time - previous <= gap_s else 'M'}{x:.1f} {y:.1f}")
        previous = time
    return "".join(parts)


def _scaled(
    points: Sequence[tuple[float, float]], span_s: float, low: float, high: float
) -> Iterable[tuple[float, float]]:
    return (
        (_WIDTH * time / span_s, _HEIGHT * (high - value) / (high - low)) for time, value in points
    )


def thin_out(points: Sequence[tuple[float, float]], most: int) -> list[tuple[float, float]]:
    """Finite points, at most ``most``: of each group of neighbours the one furthest from 0."""
    finite = [point for point in points if math.isfinite(point[1])]
    if len(finite) <= most:
        return finite
    size = math.ceil(len(finite) / most)
    groups = (finite[start : start + size] for start in range(0, len(finite), size))
    return [max(group, key=lambda point: abs(point[1])) for group in groups]


def _time_axis(span_s: float) -> str:
    marks = nice_ticks(0.0, span_s, 8)
    return "".join(
        f'<span class="x{" minor" if place % 2 else ""}" style="left:{100 * mark / span_s:.2f}%">'
        f"{mark:g}{' s' if place == len(marks) - 1 else ''}</span>"
        for place, mark in enumerate(marks)
    )
