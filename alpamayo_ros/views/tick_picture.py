# SPDX-License-Identifier: Apache-2.0
"""One tick from above, as inline SVG: what was proposed, planned and then driven."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from alpamayo_ros.types import FloatArray

WIDTH, HEIGHT = 2.0, 3.0
"""Proportions of the picture."""

_BEHIND_M = 7.0
_LEAST_AHEAD_M = 18.0
_EGO = "M2.6 0L-2.4 1.15L-1.6 0L-2.4 -1.15Z"

GRID = (
    '<svg width="0" height="0" style="position:absolute" aria-hidden="true"><defs>'
    '<pattern id="metres" width="10" height="10" patternUnits="userSpaceOnUse">'
    '<path class="metre" d="M10 0H0V10"/></pattern></defs></svg>'
)
"""The 10 m grid of all pictures of a page; once in it."""


def tick_picture(
    ways: Sequence[FloatArray], selected: int | None, plan: FloatArray, driven: FloatArray
) -> str:
    """The picture, forward up; all ways are (N, 2) in the ego frame at t0 [m].

    ``driven`` has a point every 0.1 s from t0 on: full dots mark every second of it.
    """
    everything = [way for way in (*ways, plan, driven) if len(way)]
    points = np.concatenate([np.zeros((1, 2)), *everything])
    points = points[np.isfinite(points).all(axis=1)]
    ahead = max(_LEAST_AHEAD_M, float(points[:, 0].max()) * 1.06 + 2.0)
    behind = max(_BEHIND_M, -float(points[:, 0].min()) + 3.0)
    left, right = float(points[:, 1].max()), -float(points[:, 1].min())
    height = ahead + behind
    width = max(height * WIDTH / HEIGHT, (left + right) * 1.1 + 4.0)
    height = max(height, width * HEIGHT / WIDTH)
    # in the middle, unless the way leads out of the picture
    middle = min(max(0.0, left + 2.0 - width / 2), max(0.0, width / 2 - 3.0))
    middle = middle if left >= right else -min(max(0.0, right + 2.0 - width / 2), width / 2 - 3.0)
    box = f"{-middle - width / 2:.1f} {-ahead:.1f} {width:.1f} {height:.1f}"
    candidates = "".join(
        f'<path class="candidate" d="{_path(way)}"/>'
        for place, way in enumerate(ways)
        if place != selected
    )
    chosen = ways[selected] if selected is not None and 0 <= selected < len(ways) else ()
    seconds = "".join(f'<path class="second" d="M{_at(p)}h0"/>' for p in driven[10::10])
    return (
        f'<svg class="map tick" viewBox="{box}" role="img" aria-label="from above">'
        '<rect x="-5000" y="-5000" width="10000" height="10000" fill="url(#metres)"/>'
        f'<path class="driven" d="{_path(driven)}"/>{seconds}{candidates}'
        f'<path class="chosen" d="{_path(chosen)}"/><path class="planned" d="{_path(plan)}"/>'
        f'<path class="ego" transform="rotate(-90)" d="{_EGO}"/></svg>'
    )


def _path(way: FloatArray | Sequence[FloatArray]) -> str:
    return "".join(f"{'L' if k else 'M'}{_at(point)}" for k, point in enumerate(way))


def _at(point: FloatArray) -> str:
    """Forward is up, left is left."""
    x, y = (float(value) for value in point)
    return f"{-y:.2f} {-x:.2f}"
