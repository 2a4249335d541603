# SPDX-License-Identifier: Apache-2.0
"""Pictures of a world for any number of cameras; what a camera needs is prepared once."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from alpamayo_ros.drives.render import models
from alpamayo_ros.drives.render.backdrop import Backdrop, RoadTable, paint_panorama
from alpamayo_ros.drives.render.painter import FARTHEST, Painter
from alpamayo_ros.drives.render.solids import SolidBuilder, Solids, join
from alpamayo_ros.drives.render.texture import paint_road
from alpamayo_ros.drives.sensor_rig import MountedCamera
from alpamayo_ros.drives.world.crossing import ONCOMING_STOP_LINE, SIGNAL_POST, Crossing, Signal
from alpamayo_ros.drives.world.layout import Layout
from alpamayo_ros.drives.world.motion import UnicycleState
from alpamayo_ros.drives.world.objects import WorldObject
from alpamayo_ros.drives.world.road import LEFT_EDGE, RIGHT_EDGE
from alpamayo_ros.types import ConfigurationError, Pixels

_BRAKING = -0.4
_STRIDES_PER_METRE = 0.7


class BadView(ConfigurationError):
    """A camera that this renderer cannot see through."""


class Renderer:
    """Renders one layout."""

    def __init__(self, layout: Layout, seed: int) -> None:
        random = np.random.Generator(np.random.PCG64((seed, 1)))
        self._layout = layout
        self._texture = paint_road(layout, random)
        self._table = RoadTable(layout.road, self._texture)
        self._panorama = paint_panorama(random)
        self._standing = _standing(layout)
        self._lights = {
            crossing.name: {signal: _lights(layout, crossing, signal) for signal in Signal}
            for crossing in layout.crossings
        }
        self._cars: dict[tuple[str, bool], Solids] = {}
        self._views: dict[int, tuple[MountedCamera, Backdrop, Painter]] = {}

    def draw(
        self,
        camera: MountedCamera,
        ego: UnicycleState,
        objects: Sequence[WorldObject],
        time_s: float,
    ) -> Pixels:
        """What ``camera`` sees: RGB (height, width, 3), a new array. Raises BadView."""
        _, backdrop, painter = self._view(camera)
        image = backdrop.draw(ego)
        lights = [
            self._lights[crossing.name][crossing.signal(time_s)]
            for crossing in self._layout.crossings
        ]
        moving = [
            self._moving(thing)
            for thing in objects
            if math.dist(thing.pose.position[:2], (ego.x, ego.y)) < FARTHEST
        ]
        painter.draw(image, [self._standing, *lights, *moving], ego.pose)
        return image

    def _view(self, camera: MountedCamera) -> tuple[MountedCamera, Backdrop, Painter]:
        view = self._views.get(id(camera))
        if view is None:
            corner = camera.model.unproject([(0.0, 0.0)])[0]
            if not corner[2] > 0.0:
                raise BadView(f"camera {camera.role} sees 90 deg or more off its axis")
            backdrop = Backdrop(camera, self._table, self._texture, self._panorama)
            # the camera is kept, so that its id is not given to another one
            view = self._views[id(camera)] = (camera, backdrop, Painter(camera))
        return view

    def _moving(self, thing: WorldObject) -> Solids:
        if thing.kind == "pedestrian":
            x, y, _ = thing.pose.position
            stride = math.sin(2 * math.pi * _STRIDES_PER_METRE * (x + y)) if thing.speed else 0.0
            solid = models.pedestrian(thing.size, stride).build()
        else:
            key = (thing.name, thing.acceleration < _BRAKING)
            if key not in self._cars:
                colour = next(v.colour for v in self._layout.vehicles if v.name == thing.name)
                self._cars[key] = models.car(thing.size, colour, key[1]).build()
            solid = self._cars[key]
        return solid.moved(thing.pose.position[:2], thing.heading)


def _standing(layout: Layout) -> Solids:
    """Everything that never changes."""
    road = layout.road

    def on_road(builder: SolidBuilder, s: float, d: float) -> Solids:
        return builder.build().moved(road.point(s, d), float(road.heading(s)))

    solids = [on_road(models.building(b, i), b.s, b.d) for i, b in enumerate(layout.buildings)]
    solids += [on_road(models.tree(tree, i), tree.s, tree.d) for i, tree in enumerate(layout.trees)]
    solids += [on_road(models.street_lamp(d < 0), s, d) for s, d in layout.lamps]
    return join(solids)


def signal_posts(crossing: Crossing) -> list[tuple[float, float, bool]]:
    """Where the lights of a crossing stand: s, d, and whether they face the oncoming lane."""
    beyond = crossing.s + ONCOMING_STOP_LINE - SIGNAL_POST
    left, right = LEFT_EDGE + 1.1, RIGHT_EDGE - 1.1
    near = crossing.s + SIGNAL_POST
    return [(near, right, False), (near, left, False), (beyond, left, True), (beyond, right, True)]


def _lights(layout: Layout, crossing: Crossing, signal: Signal) -> Solids:
    solid = models.traffic_light(signal).build()
    road = layout.road
    return join(
        solid.moved(road.point(s, d), float(road.heading(s)) + (math.pi if turned else 0.0))
        for s, d, turned in signal_posts(crossing)
    )
