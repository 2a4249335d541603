# SPDX-License-Identifier: Apache-2.0
"""The generated world: motion, road, lights, traffic, and the scripted driver."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alpamayo_ros.drives.world import motion
from alpamayo_ros.drives.world.crossing import Crossing, Signal
from alpamayo_ros.drives.world.driver import ScriptedDriver
from alpamayo_ros.drives.world.motion import UnicycleState, advance
from alpamayo_ros.drives.world.objects import LanePosition, WorldObject
from alpamayo_ros.drives.world.road import EGO, LEFT_EDGE, RIGHT_EDGE
from alpamayo_ros.drives.world.traffic import stop_lines
from alpamayo_ros.drives.world.world import (
    EGO_FRONT_OVERHANG,
    BadCommand,
    BadWorld,
    World,
    WorldState,
)
from alpamayo_ros.types import FloatArray

DT = 0.01
# Bounds of the recipes the model is trained and judged with.
ACCELERATION = (-4.05, 2.40)
LATERAL_ACCELERATION = 4.89
JERK, LONGITUDINAL_JERK = 8.37, 4.13
YAW_RATE, YAW_ACCELERATION = 0.95, 1.93


@dataclass(frozen=True)
class Drive:
    world: World
    states: list[WorldState]
    lanes: list[LanePosition]
    objects: list[tuple[WorldObject, ...]]
    egos: list[WorldObject]

    def of_ego(self, name: str) -> FloatArray:
        return np.array([getattr(state.ego, name) for state in self.states])


@pytest.fixture(scope="module", params=[0, 1])
def drive(request: pytest.FixtureRequest) -> Drive:
    """The scripted drive, looked at ten times a second."""
    world, driver = World(request.param), ScriptedDriver()
    states, lanes, objects, egos = [], [], [], []
    for step in range(2700):
        world.step(*driver.command(world, DT), DT)
        states.append(world.state)
        if step % 10 == 0:
            lanes.append(world.lane())
            objects.append(world.objects())
            egos.append(world.ego_object())
    return Drive(world, states, lanes, objects, egos)


def overlap(one: WorldObject, other: WorldObject) -> bool:
    """Whether two footprints overlap (separating axes)."""
    a, b = one.footprint(), other.footprint()
    for heading in (one.heading, other.heading):
        for axis in (heading, heading + math.pi / 2):
            direction = (math.cos(axis), math.sin(axis))
            pa, pb = a @ direction, b @ direction
            if pa.max() < pb.min() or pb.max() < pa.min():
                return False
    return True


# -- the scripted drive


def test_the_drive_keeps_the_comfort_bounds(drive: Drive) -> None:
    speed, acceleration = drive.of_ego("speed"), drive.of_ego("acceleration")
    yaw_rate = drive.of_ego("yaw_rate")
    lateral = speed * yaw_rate
    jerk, lateral_jerk = np.diff(acceleration) / DT, np.diff(lateral) / DT
    assert acceleration.min() >= ACCELERATION[0] and acceleration.max() <= ACCELERATION[1]
    assert np.abs(lateral).max() <= LATERAL_ACCELERATION
    assert np.abs(jerk).max() <= LONGITUDINAL_JERK
    assert np.hypot(jerk, lateral_jerk).max() <= JERK
    assert np.abs(yaw_rate).max() <= YAW_RATE
    assert np.abs(np.diff(yaw_rate)).max() / DT <= YAW_ACCELERATION


def test_the_drive_stays_in_its_lane(drive: Drive) -> None:
    assert all(lane.lane == "ego" and lane.on_road for lane in drive.lanes)
    assert max(abs(lane.offset) for lane in drive.lanes) < 0.3
    assert max(abs(lane.heading_error) for lane in drive.lanes) < 0.1
    headings = drive.of_ego("heading")
    assert np.ptp(headings) > math.radians(30)  # there is a bend in it


def test_nothing_touches_anything(drive: Drive) -> None:
    for ego, objects in zip(drive.egos, drive.objects, strict=True):
        things = (ego, *objects)
        pairs = [(a, b) for i, a in enumerate(things) for b in things[:i]]
        assert not [(a.name, b.name) for a, b in pairs if overlap(a, b)]


def test_the_ego_follows_the_lead_vehicle_then_stops_and_goes_on(drive: Drive) -> None:
    gaps = [
        math.dist(ego.pose.position, objects[0].pose.position) - 4.65
        for ego, objects in zip(drive.egos, drive.objects, strict=True)
    ]
    assert 5.0 < min(gaps[50:80]) < 20.0
    speed = drive.of_ego("speed")
    standing = np.flatnonzero(speed == 0.0) * DT
    assert 3.0 < len(standing) * DT < 10.0
    crossing = drive.world.layout.crossings[0]
    assert all(crossing.signal(time) is not Signal.YELLOW for time in standing)
    assert speed[-1] > 4.0
    front = np.array([lane.s for lane in drive.lanes]) + EGO_FRONT_OVERHANG
    stopped_at = front[np.searchsorted(np.arange(len(front)) * 10 * DT, standing[0])]
    assert 0.2 < crossing.s - stopped_at < 2.5


def test_a_pedestrian_crosses_before_the_waiting_ego(drive: Drive) -> None:
    speed = drive.of_ego("speed")
    times = np.flatnonzero(speed == 0.0) * DT
    _, d, _ = zip(*(drive.world.layout.crossings[0].pedestrian(t) for t in times), strict=True)
    assert min(d) < EGO.centre < max(d)


def test_nobody_runs_a_red_light(drive: Drive) -> None:
    layout = drive.world.layout
    for before, after in pairwise(drive.states):
        for vehicle, a, b in zip(layout.vehicles, before.vehicles, after.vehicles, strict=True):
            direction, half = vehicle.lane.direction, vehicle.size[0] / 2
            for line, signal in stop_lines(layout.crossings, direction, after.time_s):
                if signal is Signal.RED:
                    assert not a.s * direction + half < line <= b.s * direction + half


def test_the_same_seed_gives_the_same_drive() -> None:
    def drive_briefly(seed: int) -> WorldState:
        world, driver = World(seed), ScriptedDriver()
        for _ in range(50):
            world.step(*driver.command(world))
        return world.state

    assert drive_briefly(7) == drive_briefly(7)
    assert drive_briefly(7) != drive_briefly(8)


# -- closed loop


def test_a_constant_curvature_gives_a_circle() -> None:
    world = World()
    start, radius = world.state.ego, 10.0
    lap_s = 2 * math.pi * radius / start.speed
    points = []
    for _ in range(1000):
        ego = world.step(0.0, 1 / radius, lap_s / 1000).ego
        points.append((ego.x, ego.y))
    centre = np.array(
        (start.x - radius * math.sin(start.heading), start.y + radius * math.cos(start.heading))
    )
    assert np.linalg.norm(np.array(points) - centre, axis=1) == pytest.approx(radius)
    assert points[-1] == pytest.approx((start.x, start.y), abs=1e-6)
    assert world.state.ego.heading - start.heading == pytest.approx(2 * math.pi)


@given(
    st.floats(0.0, 20.0), st.floats(-4.0, 3.0), st.floats(-0.2, 0.2), st.floats(0.01, 1.0),
    st.floats(0.0, 1.0),
)  # fmt: skip
def test_two_short_steps_are_one_long_step(
    speed: float, acceleration: float, curvature: float, dt: float, share: float
) -> None:
    start = UnicycleState(1.0, 2.0, 0.3, speed)
    once = advance(start, acceleration, curvature, dt)
    halfway = advance(start, acceleration, curvature, dt * share)
    twice = advance(halfway, acceleration, curvature, dt - dt * share)
    assert (twice.x, twice.y, twice.heading, twice.speed) == pytest.approx(
        (once.x, once.y, once.heading, once.speed), abs=1e-9
    )


@given(st.floats(0.1, 20.0), st.floats(-4.0, -0.5))
def test_braking_ends_at_rest(speed: float, acceleration: float) -> None:
    state = UnicycleState(0.0, 0.0, 0.0, speed)
    for _ in range(45):
        state = advance(state, acceleration, 0.0, 1.0)
    assert state.speed == 0.0 and state.acceleration == 0.0
    assert state.x == pytest.approx(speed**2 / -acceleration / 2)


@pytest.mark.parametrize(
    "command",
    [
        (math.nan, 0.0, 0.1),
        (0.0, math.inf, 0.1),
        (0.0, 0.0, -0.1),
        (0.0, 0.0, 2.0),
        (0.0, 0.0, math.nan),
    ],
)
def test_impossible_commands_are_refused(command: tuple[float, float, float]) -> None:
    world = World()
    state = world.state
    with pytest.raises(BadCommand):
        world.step(*command)
    assert world.state is state


@pytest.mark.parametrize(("seed", "length"), [(-1, 400.0), (0, 0.0), (0, 1e5), (0, math.nan)])
def test_impossible_worlds_are_refused(seed: int, length: float) -> None:
    with pytest.raises(BadWorld):
        World(seed, length)


def test_peeking_does_not_move_the_world() -> None:
    world = World()
    state = world.state
    ahead = world.peek(1.0, 0.01, 0.5)
    assert world.state is state
    assert world.step(1.0, 0.01, 0.5) == ahead


def test_an_ego_that_leaves_the_road_is_off_it() -> None:
    world = World()
    for _ in range(40):
        world.step(0.0, -0.05, 0.1)
    lane = world.lane()
    assert lane.offset < -1.75 and lane.heading_error < 0
    assert lane.lane == "" and not lane.on_road


def test_the_lights_are_ahead_and_then_behind() -> None:
    world = World()
    light = world.traffic_lights()[0]
    assert light.distance == pytest.approx(world.layout.crossings[0].s - EGO_FRONT_OVERHANG)
    for _ in range(30):
        world.step(0.0, 0.0, 1.0)
    assert world.traffic_lights()[0].distance < 0


# -- road, lights, control


@given(st.integers(0, 5), st.floats(-80.0, 500.0), st.floats(-20.0, 20.0))
def test_road_coordinates_come_back(seed: int, s: float, d: float) -> None:
    road = World(seed).road
    (found_s,), (found_d,) = road.locate([road.point(s, d)])
    assert (found_s, found_d) == pytest.approx((s, d), abs=1e-5)


@pytest.mark.parametrize("seed", range(4))
def test_the_road_is_smooth(seed: int) -> None:
    road = World(seed).road
    s = np.arange(road.start, road.end, 0.5)
    curvature = road.curvature(s)
    assert np.abs(np.diff(curvature)).max() < 0.5 * 1.1 / 62 / 16
    assert np.diff(road.heading(s)) == pytest.approx(
        0.5 * (curvature[:-1] + curvature[1:]) / 2, abs=1e-4
    )
    steps = np.linalg.norm(np.diff(road.point(s), axis=0), axis=1)
    assert steps == pytest.approx(0.5, abs=1e-4)


@given(st.floats(-100.0, 500.0))
def test_pedestrians_are_on_the_road_only_while_the_light_is_red(time_s: float) -> None:
    crossing = Crossing("crossing", 100.0, yellow_at_s=10.0)
    _, d, _ = crossing.pedestrian(time_s)
    if RIGHT_EDGE < d < LEFT_EDGE:
        assert crossing.signal(time_s) is Signal.RED


def test_a_light_goes_from_green_over_yellow_to_red() -> None:
    crossing = Crossing("crossing", 100.0, yellow_at_s=10.0)
    times = np.arange(0.0, 40.0, 0.1)
    shown = [crossing.signal(float(time)) for time in times]
    changes = [shown[0]] + [b for a, b in pairwise(shown) if a is not b]
    assert changes[:4] == [Signal.GREEN, Signal.YELLOW, Signal.RED, Signal.GREEN]


@given(st.floats(0.5, 12.0), st.floats(0.0, 50.0))
def test_a_stop_is_smooth_and_at_its_point(speed: float, spare: float) -> None:
    """Vehicles stop for a line when 2 m/s^2 suffice, and aim at a metre before it."""
    distance = max(10.0, speed**2 / (2 * 2.0)) - 1.0 + spare
    s, acceleration, standing = 0.0, 0.0, False
    for _ in range(6000):
        target = min(
            motion.free_acceleration(speed, 12.0),
            motion.stopping_acceleration(speed, distance - s),
        )
        before = acceleration
        acceleration = motion.smooth(target, before, speed, DT)
        moved, speed = motion.travelled(speed, acceleration, DT)
        s += moved
        standing = speed == 0.0
        if standing:
            break
        assert abs(acceleration - before) / DT <= LONGITUDINAL_JERK
    assert standing
    assert -0.9 < distance - s < 1.2
