# SPDX-License-Identifier: Apache-2.0
"""The words below a picture: plan source, motion, decisions with their verdicts, the trace."""

from __future__ import annotations

from functools import lru_cache

from alpamayo_ros.types import Pixels
from alpamayo_ros.views.colours import FULL_SPEED, INK, RED, SOFT, speed_colour
from alpamayo_ros.views.scene import (
    Scene,
    Words,
    contradictions,
    decision_words,
    motion_words,
    source_words,
    trace_text,
)
from alpamayo_ros.views.sheet import Sheet, wrap

_TRACE_LINES = 4
_NARROW, _SMALLEST, _LARGEST = 72.0, 7.0, 11.0


def caption(scene: Scene, width: int, title: str = "") -> Pixels:
    """The caption (H, width, 3) of a picture; H depends on the width alone."""
    notes = [Words(scene.alarm, RED)] if scene.alarm else []
    return _drawn(
        width,
        title,
        (source_words(scene.plan), motion_words(scene)),
        tuple(decision_words(scene)),
        trace_text(scene),
        (*contradictions(scene), *notes),
    )


@lru_cache(maxsize=16)
def _drawn(
    width: int,
    title: str,
    head: tuple[Words, Words],
    decisions: tuple[Words, ...],
    trace: str,
    notes: tuple[Words, ...],
) -> Pixels:
    size = min(max(width / _NARROW, _SMALLEST), _LARGEST)
    margin, step = 1.4 * size, 2.05 * size
    sheet = Sheet(width, round(step * (2 + _TRACE_LINES) + 1.6 * size))
    y = 2.2 * size
    x = sheet.chip(head[0], margin, y, size)
    sheet.write(head[1], x + size, y, size)
    sheet.write_right(Words(title, SOFT), width - margin, y, size)
    y += 1.12 * step
    _write_decisions(sheet, decisions, margin, y, size)
    _draw_ramp(sheet, width - margin, y, size)
    room = width - 2 * margin
    lines = [Words(line, note.colour) for note in notes for line in wrap(note.text, room, size, 1)]
    lines = lines[: _TRACE_LINES - 2]
    left = _TRACE_LINES - len(lines)
    lines = [*(Words(line, INK) for line in wrap(trace, room, size, left)), *lines]
    for line in lines:
        y += step if line is not lines[0] else 1.05 * step
        sheet.write(line, margin, y, size)
    return sheet.image()


def _draw_ramp(sheet: Sheet, right: float, y: float, size: float) -> None:
    """The colours of the speeds, from 0 to FULL_SPEED."""
    small = 0.8 * size
    right = sheet.write_right(Words(f"{FULL_SPEED:g} m/s", SOFT), right, y, small) - 0.5 * size
    steps, width = 40, 9 * size
    for step in range(steps):
        low = right - width * (steps - step) / steps
        colour = speed_colour(FULL_SPEED * step / (steps - 1))
        sheet.box((low, y - 0.85 * small), (low + width / steps, y - 0.05 * small), colour)
    sheet.write_right(Words("0", SOFT), right - width - 0.5 * size, y, small)


def _write_decisions(
    sheet: Sheet, decisions: tuple[Words, ...], x: float, y: float, size: float
) -> None:
    """Each decision, then its verdict behind a dot of its colour."""
    if len(decisions) == 1:
        sheet.write(decisions[0], x, y, size)
        return
    for name, verdict in zip(decisions[::2], decisions[1::2], strict=True):
        x = sheet.write(name, x, y, size) + 1.1 * size
        sheet.dot(verdict.colour, x, y - 0.5 * size, 0.42 * size)
        x = sheet.write(verdict, x + 0.9 * size, y, size) + 2.2 * size
