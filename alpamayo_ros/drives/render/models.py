# SPDX-License-Identifier: Apache-2.0
"""What the things of the world look like, as solids in their own frames."""

from __future__ import annotations

import math

import numpy as np

from alpamayo_ros.drives.render.solids import Colour, SolidBuilder
from alpamayo_ros.drives.world.crossing import Signal
from alpamayo_ros.drives.world.layout import Building, Tree

_GLASS: Colour = (46, 56, 66)
_TYRE: Colour = (26, 26, 28)
_SHADOW: Colour = (48, 48, 52)
_BARK: Colour = (92, 74, 58)
_METAL: Colour = (104, 108, 112)
_SKIN: Colour = (204, 158, 128)

LAMP_COLOURS: dict[Signal, Colour] = {
    Signal.RED: (255, 44, 36),
    Signal.YELLOW: (255, 196, 32),
    Signal.GREEN: (40, 240, 120),
}
"""Colour of a lamp that is lit."""

BRAKE_LIGHT: Colour = (255, 32, 24)
_TAIL_LIGHT: Colour = (130, 20, 20)
_HEADLIGHT: Colour = (248, 246, 228)

LAMP_HEIGHTS: dict[Signal, float] = {Signal.RED: 3.55, Signal.YELLOW: 3.15, Signal.GREEN: 2.75}
"""Height of the middle of each lamp above the ground [m]."""

LAMP_RADIUS = 0.16
_HEAD_HALF = 0.24
_HEAD_DEPTH = 0.2


def _darker(colour: Colour, factor: float) -> Colour:
    red, green, blue = (min(255, int(channel * factor)) for channel in colour)
    return red, green, blue


def car(size: tuple[float, float, float], colour: Colour, braking: bool) -> SolidBuilder:
    """A car or, when it is high, a van; the origin is the middle of its footprint."""
    length, width, height = size
    x, y = length / 2, width / 2
    van = height > 1.8
    waist = 0.58 * height if van else 0.62 * height
    solid = SolidBuilder(x, y, height)
    solid.shadow(0.18, _SHADOW)
    body = solid.box((-x, -y, 0.24), (x, y, waist), colour, (0.06, 0.05))
    _wheels(solid, body, length)
    _lights(solid, body, braking)
    rear, nose = (-x + 0.1, x - 0.9) if van else (-x + 0.25, x - 1.15)
    taper = (0.25, 0.14) if van else (0.55, 0.24)
    cabin = solid.box((rear, -y + 0.08, waist), (nose, y - 0.08, height), colour, taper)
    for name in ("front", "back"):
        solid.patch(cabin[name], (0.08, 0.92), (0.1, 0.86), _GLASS, detail=False)
    for name in ("left", "right"):
        solid.patch(cabin[name], (0.08, 0.5), (0.12, 0.84), _GLASS, detail=False)
        solid.patch(cabin[name], (0.54, 0.92), (0.12, 0.84), _GLASS, detail=False)
    return solid


def _wheels(solid: SolidBuilder, body: dict[str, np.ndarray], length: float) -> None:
    for name in ("left", "right"):
        for at in (0.19, 0.81):
            solid.disc(body[name], (at, 0.1), 0.34, _TYRE)
            solid.disc(body[name], (at, 0.1), 0.19, _METAL)
        solid.patch(body[name], (0.5 - 0.25 / length, 0.5 + 0.25 / length), (0.72, 0.78), _METAL)


def _lights(solid: SolidBuilder, body: dict[str, np.ndarray], braking: bool) -> None:
    lamp = BRAKE_LIGHT if braking else _TAIL_LIGHT
    for across in ((0.04, 0.24), (0.76, 0.96)):
        solid.patch(body["back"], across, (0.5, 0.82), lamp, emissive=braking, detail=False)
        solid.patch(body["front"], across, (0.45, 0.72), _HEADLIGHT, emissive=True)
    solid.patch(body["back"], (0.36, 0.64), (0.3, 0.5), (228, 228, 222))
    solid.patch(body["back"], (0.02, 0.98), (0.0, 0.2), _TYRE)
    solid.patch(body["front"], (0.28, 0.72), (0.2, 0.62), _TYRE)
    solid.patch(body["front"], (0.02, 0.98), (0.0, 0.14), _TYRE)


def pedestrian(size: tuple[float, float, float], stride: float) -> SolidBuilder:
    """A person; ``stride`` -1..1 swings legs and arms."""
    depth, width, height = size
    solid = SolidBuilder(depth / 2, width / 2, height)
    solid.shadow(0.12, _SHADOW)
    hip, shoulder = 0.48 * height, 0.84 * height
    for side in (-1, 1):
        x, y = side * stride * 0.2, side * 0.11
        solid.box((x - 0.09, y - 0.09, 0.0), (x + 0.09, y + 0.09, hip), (44, 52, 84))
        y = side * 0.25
        solid.box((-x - 0.07, y - 0.06, hip - 0.1), (-x + 0.07, y + 0.06, shoulder), (206, 92, 44))
    solid.box((-0.14, -0.2, hip - 0.05), (0.14, 0.2, shoulder), (232, 112, 52))
    solid.ball((0.0, 0.0, height - 0.14), 0.14, _SKIN)
    solid.ball((-0.02, 0.0, height - 0.09), 0.125, (66, 50, 40))
    return solid


def traffic_light(signal: Signal) -> SolidBuilder:
    """A light on a post; its face looks backwards (-x), to who drives along x."""
    solid = SolidBuilder(_HEAD_DEPTH, _HEAD_HALF, 3.9)
    solid.box((-0.07, -0.07, 0.0), (0.07, 0.07, 2.5), _METAL)
    top = LAMP_HEIGHTS[Signal.RED] + 0.26
    bottom = LAMP_HEIGHTS[Signal.GREEN] - 0.26
    head = solid.box(
        (-_HEAD_DEPTH, -_HEAD_HALF, bottom), (_HEAD_DEPTH, _HEAD_HALF, top), (30, 32, 34)
    )
    for lamp, height in LAMP_HEIGHTS.items():
        lit = lamp is signal
        colour = LAMP_COLOURS[lamp] if lit else _darker(LAMP_COLOURS[lamp], 0.22)
        at = (0.5, (height - bottom) / (top - bottom))
        solid.disc(head["back"], at, LAMP_RADIUS, colour, emissive=lit)
    return solid


def tree(model: Tree, index: int) -> SolidBuilder:
    """A tree: a trunk and a crown of three balls."""
    radius, trunk = model.crown, model.trunk
    solid = SolidBuilder(0.8 * radius, 0.8 * radius, trunk + 1.8 * radius)
    solid.box((-0.14, -0.14, 0.0), (0.14, 0.14, trunk + 0.3 * radius), _BARK, (0.03, 0.03))
    turn = 2.4 * index
    x, y = 0.35 * radius * math.cos(turn), 0.35 * radius * math.sin(turn)
    solid.ball((0.0, 0.0, trunk + 0.75 * radius), radius, model.colour)
    solid.ball((x, y, trunk + 1.15 * radius), 0.8 * radius, _darker(model.colour, 1.1))
    solid.ball((-x, -y, trunk + 1.5 * radius), 0.6 * radius, _darker(model.colour, 1.22))
    return solid


def street_lamp(towards_left: bool) -> SolidBuilder:
    """A lamp on a pole; its arm reaches over the road."""
    side = 1 if towards_left else -1
    solid = SolidBuilder(0.12, 0.12, 7.0)
    solid.box((-0.09, -0.09, 0.0), (0.09, 0.09, 6.8), _METAL, (0.03, 0.03))
    ends = sorted((side * 0.0, side * 1.5))
    solid.box((-0.05, ends[0], 6.7), (0.05, ends[1], 6.8), _METAL)
    ends = sorted((side * 1.2, side * 1.9))
    solid.box((-0.14, ends[0], 6.62), (0.14, ends[1], 6.76), (212, 214, 208))
    return solid


def building(model: Building, index: int) -> SolidBuilder:
    """A building with rows of windows, a door line and a cornice."""
    along, deep, height = model.size
    x, y = along / 2, deep / 2
    solid = SolidBuilder(x, y, height)
    faces = solid.box((-x, -y, 0.0), (x, y, height), model.colour)
    floors = int((height - 1.0) / 3.2 + 0.5)
    # houses differ in how light their windows are
    glass = _darker((86, 100, 116), 0.8 + 0.1 * (index % 5))
    for name, length in (("front", deep), ("back", deep), ("left", along), ("right", along)):
        face = faces[name]
        solid.patch(
            face, (0.0, 1.0), (1 - 0.5 / height, 1.0), _darker(model.colour, 0.78), detail=False
        )
        solid.patch(face, (0.0, 1.0), (0.0, 0.6 / height), _darker(model.colour, 0.7), detail=False)
        columns = max(2, int(length / 3.0))
        for floor in range(floors):
            low = (1.0 + 3.2 * floor) / height
            for column in range(columns):
                middle = (column + 0.5) / columns
                half = 0.65 / length
                solid.patch(face, (middle - half, middle + half), (low, low + 1.7 / height), glass)
    return solid
