# SPDX-License-Identifier: Apache-2.0
"""A small deterministic world that can be driven in closed loop: commands in, pictures out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from alpamayo_ros.drives.render.renderer import Renderer
from alpamayo_ros.drives.sensor_rig import MountedCamera
from alpamayo_ros.drives.world import motion, traffic
from alpamayo_ros.drives.world.layout import EGO_START_SPEED, make_layout
from alpamayo_ros.drives.world.motion import UnicycleState
from alpamayo_ros.drives.world.objects import LanePosition, TrafficLight, WorldObject
from alpamayo_ros.drives.world.road import EGO, LANES, LEFT_EDGE, RIGHT_EDGE
from alpamayo_ros.drives.world.traffic import VehicleState
from alpamayo_ros.geometry import quaternion_from_yaw, wrap_angle
from alpamayo_ros.types import SECOND_NS, ConfigurationError, Pixels, Pose, StackError

EGO_SIZE = (4.7, 1.9, 1.5)
"""Length, width and height of the ego vehicle [m]."""

EGO_REAR_OVERHANG = 0.95
"""From the base (the middle of the rear axle) to the rear end of the ego vehicle [m]."""

EGO_FRONT_OVERHANG = EGO_SIZE[0] - EGO_REAR_OVERHANG
"""From the base to the front end of the ego vehicle [m]."""

PEDESTRIAN_SIZE = (0.4, 0.55, 1.75)


MAX_LENGTH = 2800.0
"""Longest road ahead [m]: its texture has as many columns as OpenCV can look up."""


class BadWorld(ConfigurationError):
    """A world that cannot be made."""


class BadCommand(StackError):
    """A command or a time step that no vehicle can follow."""


@dataclass(frozen=True, slots=True)
class WorldState:
    """Everything that changes: time [ns] since the start, the ego vehicle and the traffic."""

    time_ns: int
    ego: UnicycleState
    vehicles: tuple[VehicleState, ...]

    @property
    def time_s(self) -> float:
        """Time since the start [s]."""
        return self.time_ns / SECOND_NS


class World:
    """A road with traffic; the same seed and commands give the same states and pictures.

    The world frame is x, y on the ground and z up; the odometry of the ego vehicle is in it. The
    road reaches ``length`` [m] ahead of the start, and some way beyond for the eye.
    Raises BadWorld.
    """

    def __init__(self, seed: int = 0, length: float = 400.0) -> None:
        if seed < 0:
            raise BadWorld(f"seed {seed} is negative")
        if not 0.0 < length <= MAX_LENGTH:
            raise BadWorld(f"a road of {length} m: not within (0, {MAX_LENGTH}] m")
        self.seed = seed
        self.length = length
        self.layout = make_layout(seed, length)
        self.road = self.layout.road
        x, y = self.road.point(0.0, EGO.centre)
        ego = UnicycleState(float(x), float(y), float(self.road.heading(0.0)), EGO_START_SPEED)
        self.state = WorldState(0, ego, self.layout.vehicle_states)
        self._renderer: Renderer | None = None

    # -- motion

    def step(self, acceleration: float, curvature: float, dt: float = 0.01) -> WorldState:
        """Advance everything by ``dt`` [s] with a command held constant; return the new state.

        acceleration [m/s^2] along the heading; curvature [1/m], left positive. The ego vehicle
        follows exactly, and does not drive backwards. Raises BadCommand.
        """
        self.state = self.peek(acceleration, curvature, dt)
        return self.state

    def peek(self, acceleration: float, curvature: float, dt: float) -> WorldState:
        """The state ``step`` would lead to; the world stays as it is. Raises BadCommand."""
        if not (math.isfinite(acceleration) and math.isfinite(curvature)):
            raise BadCommand(f"command ({acceleration} m/s^2, {curvature} 1/m) is not finite")
        if not 0.0 <= dt <= 1.0:
            raise BadCommand(f"time step {dt} s is not within 0..1 s")
        state = self.state
        return WorldState(
            state.time_ns + round(dt * SECOND_NS),
            motion.advance(state.ego, acceleration, curvature, dt),
            traffic.advance(
                self.layout.vehicles, state.vehicles, self.layout.crossings, state.time_s, dt
            ),
        )

    # -- ground truth; each of a given state, or of the current one

    def ego_object(self, state: WorldState | None = None) -> WorldObject:
        """The ego vehicle as an object."""
        ego = (state or self.state).ego
        forward = EGO_SIZE[0] / 2 - EGO_REAR_OVERHANG
        x = ego.x + forward * math.cos(ego.heading)
        y = ego.y + forward * math.sin(ego.heading)
        pose = Pose(np.array((x, y, 0.0)), quaternion_from_yaw(ego.heading))
        return WorldObject("ego", "car", pose, ego.heading, EGO_SIZE, ego.speed, ego.acceleration)

    def objects(self, state: WorldState | None = None) -> tuple[WorldObject, ...]:
        """The other road users: vehicles on the road, the lead vehicle first, then pedestrians."""
        state = state or self.state
        return (*self._vehicles(state), *self._pedestrians(state))

    def _vehicles(self, state: WorldState) -> list[WorldObject]:
        objects = []
        for vehicle, at in zip(self.layout.vehicles, state.vehicles, strict=True):
            if not self.road.start < at.s < self.road.end:
                continue
            turned = math.pi if vehicle.lane.direction < 0 else 0.0
            heading = float(self.road.heading(at.s)) + turned
            pose = self._pose(at.s, vehicle.lane.centre, heading)
            objects.append(
                WorldObject(
                    vehicle.name, "car", pose, heading, vehicle.size, at.speed, at.acceleration
                )
            )
        return objects

    def _pedestrians(self, state: WorldState) -> list[WorldObject]:
        objects = []
        for crossing in self.layout.crossings:
            s, d, direction = crossing.pedestrian(state.time_s)
            facing = direction or (-1 if d > 0 else 1)
            heading = float(self.road.heading(s)) + facing * math.pi / 2
            pose, speed = self._pose(s, d, heading), 1.5 * abs(direction)
            name = f"pedestrian_{crossing.name}"
            objects.append(WorldObject(name, "pedestrian", pose, heading, PEDESTRIAN_SIZE, speed))
        return objects

    def _pose(self, s: float, d: float, heading: float) -> Pose:
        x, y = self.road.point(s, d)
        return Pose(np.array((float(x), float(y), 0.0)), quaternion_from_yaw(heading))

    def traffic_lights(self, state: WorldState | None = None) -> tuple[TrafficLight, ...]:
        """The lights along the ego's direction, by s; those behind have a negative distance."""
        state = state or self.state
        front = self._ego_s(state) + EGO_FRONT_OVERHANG
        return tuple(
            TrafficLight(crossing.name, crossing.signal(state.time_s), crossing.s - front)
            for crossing in self.layout.crossings
        )

    def lane(self, state: WorldState | None = None) -> LanePosition:
        """Where the ego vehicle is on the road."""
        state = state or self.state
        ego = state.ego
        points = np.vstack(((ego.x, ego.y), self.ego_object(state).footprint()))
        s, d = self.road.locate(points)
        lane = next((lane.name for lane in LANES if abs(d[0] - lane.centre) <= lane.width / 2), "")
        return LanePosition(
            s=float(s[0]),
            offset=float(d[0]) - EGO.centre,
            heading_error=float(wrap_angle(ego.heading - self.road.heading(s[0]))),
            lane=lane,
            on_road=bool(np.all((d <= LEFT_EDGE) & (d >= RIGHT_EDGE))),
        )

    def _ego_s(self, state: WorldState) -> float:
        s, _ = self.road.locate([(state.ego.x, state.ego.y)])
        return float(s[0])

    # -- pictures

    def render(self, camera: MountedCamera, state: WorldState | None = None) -> Pixels:
        """What a camera sees: RGB (height, width, 3), a new array. Raises BadView.

        Keep the camera object: what it needs is prepared when it is seen first.
        """
        if self._renderer is None:
            self._renderer = Renderer(self.layout, self.seed)
        state = state or self.state
        return self._renderer.draw(camera, state.ego, self.objects(state), state.time_s)
