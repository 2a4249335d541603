# SPDX-License-Identifier: Apache-2.0
"""Pictures of the generated world: things are where the camera model projects them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from alpamayo_ros.drives.camera_model import Fisheye
from alpamayo_ros.drives.render.models import (
    BRAKE_LIGHT,
    LAMP_COLOURS,
    LAMP_HEIGHTS,
)
from alpamayo_ros.drives.render.painter import paint_order
from alpamayo_ros.drives.render.renderer import BadView, signal_posts
from alpamayo_ros.drives.render.solids import SolidBuilder, join
from alpamayo_ros.drives.sensor_rig import MountedCamera, mounted, standard_rig
from alpamayo_ros.drives.world.crossing import Signal
from alpamayo_ros.drives.world.motion import UnicycleState
from alpamayo_ros.drives.world.road import EGO, FAST
from alpamayo_ros.drives.world.traffic import VehicleState
from alpamayo_ros.drives.world.world import World, WorldState
from alpamayo_ros.geometry import inverse, transform_points
from alpamayo_ros.types import FloatArray, Pixels

SIZE = (480, 270)
FAR = VehicleState(-1e4, 0.0)


@pytest.fixture(scope="module")
def world() -> World:
    return World(seed=3, length=200.0)


@pytest.fixture(scope="module")
def cameras() -> dict[str, MountedCamera]:
    return {camera.role: camera for camera in standard_rig(size=SIZE)}


def ego_at(world: World, s: float, d: float = EGO.centre) -> UnicycleState:
    x, y = world.road.point(s, d)
    return UnicycleState(float(x), float(y), float(world.road.heading(s)), 5.0)


def state_at(
    world: World,
    s: float,
    time_s: float = 0.0,
    lead: VehicleState = FAR,
    overtaking: VehicleState = FAR,
) -> WorldState:
    """The ego at s, and only the lead and the overtaking vehicle near it."""
    others = [FAR] * (len(world.layout.vehicles) - 2)
    return WorldState(round(time_s * 1e9), ego_at(world, s), (lead, overtaking, *others))


def pixel_of(camera: MountedCamera, ego: UnicycleState, point: FloatArray) -> tuple[int, int]:
    """Row and column at which a point of the world must appear."""
    in_camera = transform_points(inverse(camera.pose), transform_points(inverse(ego.pose), point))
    (pixel,), (inside,) = camera.model.project([in_camera])
    assert inside, pixel
    return round(pixel[1]), round(pixel[0])


def time_of(world: World, signal: Signal) -> float:
    crossing = world.layout.crossings[0]
    offsets = {Signal.YELLOW: 0.5, Signal.RED: 4.0, Signal.GREEN: -1.0}
    return crossing.yellow_at_s + offsets[signal]


# -- geometry


@pytest.mark.parametrize("signal", list(Signal))
@pytest.mark.parametrize("role", ["front_wide", "front_tele", "cross_left"])
def test_the_lit_lamp_is_where_it_projects_to(
    world: World, cameras: dict[str, MountedCamera], role: str, signal: Signal
) -> None:
    crossing = world.layout.crossings[0]
    right, left, *_ = signal_posts(crossing)
    back, (s, d, _) = (22.0, right) if role == "front_tele" else (8.0, left)
    state = state_at(world, crossing.s - back, time_of(world, signal))
    heading = float(world.road.heading(s))
    front = world.road.point(s, d) - 0.21 * np.array((math.cos(heading), math.sin(heading)))
    image = world.render(cameras[role], state)
    for lamp, height in LAMP_HEIGHTS.items():
        row, column = pixel_of(cameras[role], state.ego, np.append(front, height))
        expected = np.array(LAMP_COLOURS[lamp])
        if lamp is signal:
            assert np.abs(image[row, column] - expected).max() < 12
        else:
            assert image[row, column].max() < 100


@pytest.mark.parametrize("braking", [True, False])
def test_the_lead_vehicle_is_where_it_projects_to(
    world: World, cameras: dict[str, MountedCamera], braking: bool
) -> None:
    lead = VehicleState(20.0, 5.0, -1.5 if braking else 0.0)
    state = state_at(world, 0.0, lead=lead)
    (vehicle, *_) = world.objects(state)
    length, width, height = vehicle.size
    paint = np.array(world.layout.vehicles[0].colour)
    image, empty = (world.render(cameras["front_wide"], at) for at in (state, state_at(world, 0.0)))
    forward = np.array((math.cos(vehicle.heading), math.sin(vehicle.heading)))
    rear = vehicle.pose.position[:2] - forward * (length / 2 - 0.03)
    left = np.array((-forward[1], forward[0])) * width / 2 * 0.68
    lamp_height = 0.24 + 0.66 * (0.62 * height - 0.24)
    row, column = pixel_of(cameras["front_wide"], state.ego, np.append(rear + left, lamp_height))
    lamp = image[row, column].astype(int)
    assert lamp[0] > 2 * lamp[1]
    assert (np.abs(lamp - BRAKE_LIGHT).max() < 25) == braking
    row, column = pixel_of(cameras["front_wide"], state.ego, np.append(rear, 0.58 * height))
    seen = image[row, column].astype(float)
    assert np.abs(seen / seen.sum() - paint / paint.sum()).max() < 0.08
    assert np.any(image[row, column] != empty[row, column])


def test_markings_are_where_they_project_to(
    world: World, cameras: dict[str, MountedCamera]
) -> None:
    crossing = world.layout.crossings[0]
    state = state_at(world, crossing.s - 9.0)
    for role in ("front_wide", "cross_left"):
        image = world.render(cameras[role], state)

        def ground(
            s: float, d: float, image: Pixels = image, camera: MountedCamera = cameras[role]
        ) -> list[int]:
            point = np.append(world.road.point(s, d), 0.0)
            return image[pixel_of(camera, state.ego, point)].tolist()

        assert min(ground(crossing.s + 0.22, -1.8)) > 180  # the stop line
        assert max(ground(crossing.s - 1.0, -1.8)) < 130  # asphalt before it
        yellow = ground(crossing.s - 3.0, 0.14)
        assert yellow[0] > yellow[2] + 40


def test_the_nearer_vehicle_covers_the_farther(
    world: World, cameras: dict[str, MountedCamera]
) -> None:
    """Seen from the lane of both, the farther changes nothing at the rear of the nearer."""
    camera = cameras["front_tele"]

    def rear(lead: VehicleState) -> list[int]:
        overtaking = VehicleState(25.0, 5.0)
        state = state_at(world, 0.0, lead=lead, overtaking=overtaking)
        state = replace(state, ego=ego_at(world, 0.0, FAST.centre))
        image = world.render(camera, state)
        point = np.append(world.road.point(22.73, FAST.centre), 0.8)
        return image[pixel_of(camera, state.ego, point)].tolist()

    alone, before_another = rear(FAR), rear(VehicleState(45.0, 5.0))
    assert alone == before_another


Rectangle = tuple[float, float, float, float, float]
sides = st.floats(0.2, 4.0)


@st.composite
def rectangle_pairs(draw: st.DrawFn) -> tuple[Rectangle, Rectangle]:
    """Two rectangles in about the same direction from the origin."""
    bearing, distance = draw(st.floats(-3.1, 3.1)), draw(st.floats(4.0, 15.0))
    pair = []
    for angle, reach in (
        (bearing, distance),
        (bearing + draw(st.floats(-0.2, 0.2)), distance + draw(st.floats(2.0, 15.0))),
    ):
        x, y = reach * math.cos(angle), reach * math.sin(angle)
        pair.append((x, y, draw(st.floats(-3.1, 3.1)), draw(sides), draw(sides)))
    return pair[0], pair[1]


def hit(rectangle: Rectangle, direction: float) -> float:
    """Distance at which a ray from the origin enters a rectangle; infinite when it misses."""
    x, y, heading, half_length, half_width = rectangle
    c, s = math.cos(heading), math.sin(heading)
    origin = np.array((-x * c - y * s, x * s - y * c))
    ray = np.array((math.cos(direction - heading), math.sin(direction - heading)))
    ray = np.where(np.abs(ray) < 1e-12, 1e-12, ray)
    half = np.array((half_length, half_width))
    a, b = (-half - origin) / ray, (half - origin) / ray
    enter, leave = np.minimum(a, b).max(), np.maximum(a, b).min()
    return float(enter) if 0 < enter < leave else math.inf


@given(rectangle_pairs())
def test_of_two_boxes_the_one_in_front_is_drawn_last(pair: tuple[Rectangle, Rectangle]) -> None:
    one, other = pair
    assume(not overlapping(one, other))
    solids = join(
        SolidBuilder(half_length, half_width, 1.0).build().moved((x, y), heading)
        for x, y, heading, half_length, half_width in (one, other)
    )
    hits = np.array([[hit(one, a), hit(other, a)] for a in np.linspace(-math.pi, math.pi, 181)])
    both = hits[np.isfinite(hits).all(axis=1)]
    assume(len(both))
    order = paint_order(solids, np.zeros(2)).tolist()
    nearer = np.unique(both.argmin(axis=1))
    assert order[-1] in nearer and len(nearer) == 1


def overlapping(one: Rectangle, other: Rectangle) -> bool:
    """Whether footprints overlap, or one of them covers the eye."""

    def corners(r: Rectangle) -> FloatArray:
        c, s = math.cos(r[2]), math.sin(r[2])
        signs = np.array(((1, 1), (-1, 1), (-1, -1), (1, -1))) * (r[3], r[4])
        return signs @ ((c, s), (-s, c)) + r[:2]

    for rectangle in (one, other):
        for axis in (rectangle[2], rectangle[2] + math.pi / 2):
            direction = (math.cos(axis), math.sin(axis))
            a, b = corners(one) @ direction, corners(other) @ direction
            if a.max() < b.min() - 1e-6 or b.max() < a.min() - 1e-6:
                return False
    return True


def test_the_sky_turns_with_the_vehicle(world: World, cameras: dict[str, MountedCamera]) -> None:
    camera = cameras["front_wide"]
    state = state_at(world, 0.0)
    turned = replace(state, ego=replace(state.ego, heading=state.ego.heading + 2 * math.pi))
    image = world.render(camera, state)
    difference = np.abs(image.astype(int) - world.render(camera, turned))
    assert difference.mean() < 0.1
    half = replace(state, ego=replace(state.ego, heading=state.ego.heading + math.pi))
    assert np.any(world.render(camera, half)[:30] != image[:30])


# -- behaviour


def test_the_same_seed_gives_the_same_pixels(cameras: dict[str, MountedCamera]) -> None:
    camera = cameras["front_wide"]
    images = [World(seed, length=120.0).render(camera) for seed in (5, 5, 6)]
    assert images[0].shape == (SIZE[1], SIZE[0], 3) and images[0].dtype == np.uint8
    assert np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])


def test_a_picture_is_the_callers_own(world: World, cameras: dict[str, MountedCamera]) -> None:
    first = world.render(cameras["front_wide"])
    kept = first.copy()
    second = world.render(cameras["front_wide"])
    assert np.array_equal(first, second)
    second[:] = 0
    assert np.array_equal(first, kept)


def test_cameras_may_look_anywhere_below_a_right_angle(world: World) -> None:
    model = Fisheye.from_field_of_view(160, 90, 140.0)
    for yaw, pitch in ((0.0, 0.4), (2.0, -0.5), (math.pi, 0.0), (0.0, 1.4), (0.0, -1.4)):
        camera = mounted("anywhere", model, (1.0, 0.0, 1.5), yaw, pitch)
        assert world.render(camera).std() > 1.0


def test_a_camera_that_sees_behind_itself_is_refused(world: World) -> None:
    wide = mounted("wide", Fisheye.from_field_of_view(160, 90, 190.0), (0.0, 0.0, 1.5), 0.0)
    with pytest.raises(BadView, match="wide"):
        world.render(wide)


def test_an_ego_far_from_the_road_still_sees(
    world: World, cameras: dict[str, MountedCamera]
) -> None:
    lost = replace(world.state, ego=UnicycleState(-900.0, 2000.0, 1.0, 0.0))
    assert world.render(cameras["front_wide"], lost).std() > 1.0
