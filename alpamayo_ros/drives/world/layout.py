# SPDX-License-Identifier: Apache-2.0
"""What a seed makes of a world: bends, crossings, traffic, and what stands beside the road."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from alpamayo_ros.drives.world import motion
from alpamayo_ros.drives.world.crossing import ONCOMING_STOP_LINE, SIDE_STREET, Crossing
from alpamayo_ros.drives.world.road import EGO, FAST, LEFT_EDGE, ONCOMING, RIGHT_EDGE, Road
from alpamayo_ros.drives.world.traffic import Vehicle, VehicleState

EGO_START_SPEED = 4.0

_BEHIND = 90.0
_BEYOND = 200.0
_FIRST_STOP_LINE = 104.0
_CROSSING_INTERVAL = 230.0
_CLOTHOID = 16.0

_CAR = (4.6, 1.86, 1.46)
_VAN = (5.2, 2.0, 2.1)
_PAINTS = (
    (196, 48, 44), (44, 84, 168), (226, 226, 222), (54, 58, 64),
    (150, 156, 162), (34, 110, 82), (214, 160, 52),
)  # fmt: skip
_WALLS = (
    (186, 158, 130), (168, 120, 98), (196, 188, 172), (150, 150, 156),
    (206, 180, 140), (140, 124, 116), (178, 140, 120),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Building:
    """A building: its middle in road coordinates, size along s, along d and up [m], colour."""

    s: float
    d: float
    size: tuple[float, float, float]
    colour: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree: where it stands in road coordinates, height of the trunk and radius of the crown."""

    s: float
    d: float
    trunk: float
    crown: float
    colour: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything that stands still, and how the traffic starts."""

    road: Road
    crossings: tuple[Crossing, ...]
    vehicles: tuple[Vehicle, ...]
    vehicle_states: tuple[VehicleState, ...]
    buildings: tuple[Building, ...]
    trees: tuple[Tree, ...]
    lamps: tuple[tuple[float, float], ...]


def make_layout(seed: int, length: float) -> Layout:
    """Lay out a world of ``length`` [m] ahead of the ego vehicle; the same seed, the same world."""
    random = np.random.Generator(np.random.PCG64(seed))
    road = _road(random, length)
    crossings = _crossings(random, length)
    vehicles, states = _traffic(random, crossings, 1.6 * length)
    crossings = _time_first_light(crossings, vehicles[0], states[0])
    return Layout(
        road,
        crossings,
        vehicles,
        states,
        tuple(_buildings(random, road, crossings)),
        tuple(_trees(random, road, crossings)),
        tuple(_lamps(road, crossings)),
    )


def _road(random: np.random.Generator, length: float) -> Road:
    """Bends between crossings, each entered and left through a clothoid."""
    knots = [(-_BEHIND, 0.0), (20.0, 0.0)]
    side = float(random.choice((-1.0, 1.0)))
    # 1/64 m: 1.6 m/s^2 of lateral acceleration at 10 m/s, a third of the comfort bound
    curvature = side * random.uniform(1 / 72, 1 / 62)
    _bend(knots, 20.0, 28.0, float(curvature))
    s = _FIRST_STOP_LINE + 50.0
    while s < length + _BEYOND:
        side = -side
        arc = random.uniform(20.0, 40.0)
        _bend(knots, s, float(arc), side * float(random.uniform(1 / 110, 1 / 75)))
        s = knots[-1][0] + 30.0
        # a crossing lies on a straight
        into_interval = (s - _FIRST_STOP_LINE + 100.0) % _CROSSING_INTERVAL
        if into_interval < 150.0:
            s += 150.0 - into_interval
    knots.append((max(length + _BEYOND, knots[-1][0] + 1.0), 0.0))
    return Road(knots)


def _bend(knots: list[tuple[float, float]], s: float, arc: float, curvature: float) -> None:
    knots += [
        (s, 0.0),
        (s + _CLOTHOID, curvature),
        (s + _CLOTHOID + arc, curvature),
        (s + 2 * _CLOTHOID + arc, 0.0),
    ]


def _crossings(random: np.random.Generator, length: float) -> tuple[Crossing, ...]:
    stop_lines = np.arange(_FIRST_STOP_LINE, length + _BEYOND / 2, _CROSSING_INTERVAL)
    return tuple(
        Crossing(f"crossing_{index}", float(s), yellow_at_s=float(random.uniform(0.0, 20.0)))
        for index, s in enumerate(stop_lines)
    )


def _traffic(
    random: np.random.Generator, crossings: tuple[Crossing, ...], oncoming_until: float
) -> tuple[tuple[Vehicle, ...], tuple[VehicleState, ...]]:
    """The lead vehicle first; then one that overtakes, and some that come towards the ego."""
    paints = [_PAINTS[index] for index in random.permutation(len(_PAINTS))]
    lead = Vehicle(
        "lead", EGO, _CAR, paints[0], speed=float(random.uniform(9.6, 10.2)), slow_speed=8.0,
        slow_from_s=4.0, slow_until_s=7.0,
    )  # fmt: skip
    overtaking = Vehicle("overtaking", FAST, _CAR, paints[1], speed=11.5)
    vehicles = [lead, overtaking]
    states = [VehicleState(17.0, 5.0), VehicleState(-26.0, 10.0)]
    s = crossings[0].s - 30.0
    while s < oncoming_until:
        index = len(vehicles) - 2
        size = _VAN if index % 4 == 1 else _CAR
        speed = float(random.uniform(8.5, 9.5))
        vehicles.append(
            Vehicle(f"oncoming_{index}", ONCOMING, size, paints[(2 + index) % 7], speed)
        )
        states.append(VehicleState(s, speed))
        s += float(random.uniform(40.0, 75.0))
    return tuple(vehicles), tuple(states)


def _time_first_light(
    crossings: tuple[Crossing, ...], lead: Vehicle, state: VehicleState
) -> tuple[Crossing, ...]:
    """Turn the first light yellow as the lead vehicle enters it: the ego behind has to stop."""
    speed, s, acceleration, time_s, dt = state.speed, state.s, 0.0, 0.0, 0.01
    while s + lead.size[0] / 2 < crossings[0].s - 2.0:
        target = motion.free_acceleration(speed, lead.desired_speed(time_s))
        acceleration = motion.smooth(target, acceleration, speed, dt)
        distance, speed = motion.travelled(speed, acceleration, dt)
        s, time_s = s + distance, time_s + dt
    return (replace(crossings[0], yellow_at_s=time_s), *crossings[1:])


# -- beside the road


def _clear(crossings: tuple[Crossing, ...], s: float, reach: float) -> bool:
    """Whether a thing that reaches so far along the road stands clear of every crossing."""
    return all(
        s + reach < crossing.s - 3.0 or s - reach > crossing.s + ONCOMING_STOP_LINE
        for crossing in crossings
    )


def _buildings(
    random: np.random.Generator, road: Road, crossings: tuple[Crossing, ...]
) -> list[Building]:
    """A row along the sidewalks, and a higher one behind it, on both sides."""
    buildings = []
    for side, edge in ((1, LEFT_EDGE), (-1, RIGHT_EDGE)):
        buildings += _row(random, road, crossings, edge + side * 8.0, side, floors=(2, 5))
        buildings += _row(random, road, crossings, edge + side * 28.0, side, floors=(4, 8))
    return buildings


def _row(
    random: np.random.Generator,
    road: Road,
    crossings: tuple[Crossing, ...],
    front: float,
    side: int,
    floors: tuple[int, int],
) -> list[Building]:
    """Buildings on one side whose fronts are at d = ``front`` or a little behind."""
    row = []
    s = road.start + 10.0
    while s < road.end - 20.0:
        along, deep = float(random.uniform(12.0, 20.0)), float(random.uniform(9.0, 13.0))
        height = 3.2 * int(random.integers(*floors, endpoint=True)) + 1.0
        colour = _WALLS[int(random.integers(len(_WALLS)))]
        setback = float(random.uniform(0.0, 4.0))
        d = front + side * (setback + deep / 2)
        # the inside of a bend is shorter than the reference line
        curvature = max(float(road.curvature(s + reach)) * side for reach in (-10.0, 0.0, 10.0))
        shrink = min(1.0, 1.0 - curvature * abs(d + side * deep / 2))
        if shrink > 0.45 and _clear_of_side_streets(crossings, s, along / 2):
            row.append(Building(s, d, (along * shrink * 0.92, deep, height), colour))
        s += along + float(random.uniform(2.0, 9.0))
    return row


def _clear_of_side_streets(crossings: tuple[Crossing, ...], s: float, reach: float) -> bool:
    return all(
        s + reach < crossing.s + SIDE_STREET[0] - 1.5
        or s - reach > crossing.s + SIDE_STREET[1] + 1.5
        for crossing in crossings
    )


def _trees(random: np.random.Generator, road: Road, crossings: tuple[Crossing, ...]) -> list[Tree]:
    trees = []
    for side, edge in ((1, LEFT_EDGE), (-1, RIGHT_EDGE)):
        s = road.start + 5.0
        while s < road.end - 5.0:
            crown = float(random.uniform(1.5, 2.3))
            d = edge + side * float(random.uniform(4.6, 5.6))
            green = int(random.integers(92, 128))
            colour = (green - 34 + int(random.integers(-8, 22)), green, green // 2)
            if _clear(crossings, s, crown + 4.0):
                trees.append(Tree(s, d, float(random.uniform(2.2, 3.2)), crown, colour))
            s += float(random.uniform(9.0, 18.0))
    return trees


def _lamps(road: Road, crossings: tuple[Crossing, ...]) -> list[tuple[float, float]]:
    """Street lamps, (s, d) of each, alternating between the sides."""
    places = []
    for index, s in enumerate(np.arange(road.start + 14.0, road.end - 10.0, 24.0)):
        d = LEFT_EDGE + 1.0 if index % 2 else RIGHT_EDGE - 1.0
        if _clear(crossings, float(s), 4.0):
            places.append((float(s), d))
    return places
