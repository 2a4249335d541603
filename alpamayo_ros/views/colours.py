# SPDX-License-Identifier: Apache-2.0
"""Colours with a meaning, the same in rviz, in the overlays and from above. RGB, 0..255."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import ArrayLike

from alpamayo_ros.types import AxisVerdict, Consistency, FloatArray, Pixels, PlanSource

Colour = tuple[int, int, int]

INK: Colour = (236, 238, 242)
SOFT: Colour = (150, 156, 168)
PANEL: Colour = (24, 26, 30)
GRID: Colour = (52, 56, 63)
GREEN: Colour = (52, 199, 123)
AMBER: Colour = (245, 176, 46)
RED: Colour = (240, 82, 79)
BLUE: Colour = (91, 155, 245)

SOURCE_COLOURS = {PlanSource.MODEL: GREEN, PlanSource.LAST_VALID: AMBER, PlanSource.STOP: RED}
VERDICT_COLOURS = {
    Consistency.NOT_CHECKED: SOFT,
    Consistency.CONSISTENT: GREEN,
    Consistency.CONTRADICTION: RED,
    Consistency.NOT_SHOWN: BLUE,
    Consistency.UNPARSED: AMBER,
}

# Viridis is even to the eye and to the colour-blind, and has neither the red nor the amber that
# mean something here; its darkest part would not show on asphalt.
_DARKEST = 64
_RAMP: Pixels = cv2.applyColorMap(
    np.arange(256, dtype=np.uint8).reshape(-1, 1), cv2.COLORMAP_VIRIDIS
).reshape(256, 3)[_DARKEST:, ::-1].copy()  # fmt: skip

FULL_SPEED = 20.0
"""The speed [m/s] at which the ramp ends; it does not adapt, so that a colour is a speed."""


def speed_colours(speeds: ArrayLike) -> FloatArray:
    """Colours (N, 3) of speeds (N,) [m/s], from blue at standstill to yellow at FULL_SPEED.

    A speed that is not a number has the colour of standstill.
    """
    known = np.nan_to_num(np.asarray(speeds, dtype=float), nan=0.0, posinf=FULL_SPEED)
    share = np.clip(known / FULL_SPEED, 0.0, 1.0)
    colours: FloatArray = _RAMP[np.rint(share * (len(_RAMP) - 1)).astype(int)].astype(float)
    return colours


def speed_colour(speed: float) -> Colour:
    """Colour of one speed [m/s]."""
    red, green, blue = speed_colours([speed])[0]
    return int(red), int(green), int(blue)


def verdict_colour(verdict: AxisVerdict) -> Colour:
    """Colour of a verdict."""
    return VERDICT_COLOURS[verdict.verdict]
