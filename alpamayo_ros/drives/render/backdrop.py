# SPDX-License-Identifier: Apache-2.0
"""Ground and sky: which pixel sees which spot of either is fixed to the camera, and known once.

A frame then costs one affine map of the ground points to the world, a lookup of their road
coordinates in a table, a lookup of the road texture, and a lookup of the panorama of the sky.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.drives.render.texture import ACROSS, ALONG, HALF_WIDTH, LEVELS, StripTexture
from alpamayo_ros.drives.sensor_rig import MountedCamera
from alpamayo_ros.drives.world.motion import UnicycleState
from alpamayo_ros.drives.world.road import Road
from alpamayo_ros.geometry import quaternion_to_matrix
from alpamayo_ros.types import FloatArray, Pixels

HAZE = np.array((208, 219, 228), dtype=np.float64)
"""Colour of the distance."""

HAZE_DISTANCE = 260.0
"""Distance [m] at which 1 - 1/e of a colour is haze."""

_CELL = 0.5
_MARGIN = 60.0
_FARTHEST = 600.0
_PANORAMA_SIZE = (2048, 512)
_LOWEST_ELEVATION = -0.06

_Float32 = NDArray[np.float32]

# OpenCV takes both coordinates in one map, and a second one that is empty.
_NO_MAP: _Float32 = np.empty(0, np.float32)


class RoadTable:
    """Texture coordinates over a grid of the world's x and y, so that they need no search."""

    def __init__(self, road: Road, texture: StripTexture) -> None:
        line = road.point(np.arange(road.start, road.end, 1.0))
        self.origin = line.min(axis=0) - _MARGIN
        columns, rows = np.ceil((line.max(axis=0) + _MARGIN - self.origin) / _CELL).astype(int) + 1
        s, d = self._road_coordinates(road, int(rows), int(columns))
        u = (s - texture.start) / ALONG
        v = (HALF_WIDTH - np.clip(d, -HALF_WIDTH, HALF_WIDTH)) / ACROSS
        self.table: _Float32 = np.stack((u, v), axis=-1).astype(np.float32)

    def _road_coordinates(
        self, road: Road, rows: int, columns: int
    ) -> tuple[FloatArray, FloatArray]:
        """Road coordinates s, d (rows, columns) of the grid; s is coarse beyond the strip."""
        y, x = np.mgrid[0:rows, 0:columns] * _CELL
        points = np.stack((x, y), axis=-1).reshape(-1, 2) + self.origin
        step = 16
        coarse_rows, coarse_columns = rows // step + 2, columns // step + 2
        cy, cx = np.mgrid[0:coarse_rows, 0:coarse_columns] * (_CELL * step)
        coarse_s, coarse_d = road.locate(np.stack((cx, cy), axis=-1).reshape(-1, 2) + self.origin)
        nearest = np.arange(rows)[:, None] // step * coarse_columns + np.arange(columns) // step
        s, d = coarse_s[nearest].ravel(), coarse_d[nearest].ravel()
        near = np.abs(d) < HALF_WIDTH + 1.5 * step * _CELL
        s[near], d[near] = road.refine(points[near], s[near])
        return s.reshape(rows, columns), d.reshape(rows, columns)


class Backdrop:
    """Ground and sky of one camera."""

    def __init__(
        self, camera: MountedCamera, table: RoadTable, texture: StripTexture, panorama: Pixels
    ) -> None:
        self._table, self._texture, self._panorama = table, texture, panorama
        self._shape = (camera.model.height, camera.model.width)
        rays = _rays_in_base(camera)
        down = -rays[..., 2]
        with np.errstate(divide="ignore", invalid="ignore"):
            reach = np.where(down > 0, camera.pose.position[2] / down, np.inf)
        distance = reach * np.hypot(rays[..., 0], rays[..., 1])
        is_ground = distance < _FARTHEST
        self._prepare_ground(camera, rays, reach, distance, is_ground)
        self._prepare_sky(rays, is_ground)

    def _prepare_ground(
        self,
        camera: MountedCamera,
        rays: FloatArray,
        reach: FloatArray,
        distance: FloatArray,
        is_ground: NDArray[np.bool_],
    ) -> None:
        rows = np.flatnonzero(is_ground.any(axis=1))
        self._first_ground = int(rows[0]) if len(rows) else self._shape[0]
        below = slice(self._first_ground, None)
        self._ground_mask = is_ground[below]
        self._mixed_rows = int((~self._ground_mask).any(axis=1).sum())
        reach = np.where(self._ground_mask, reach[below], 0.0)
        points = rays[below, :, :2] * reach[..., None] + camera.pose.position[:2]
        self._points = np.ascontiguousarray(points, dtype=np.float32)
        level = _levels(points) if len(rows) else np.zeros(points.shape[:2], int)
        self._scale = np.stack((0.5**level, np.ones(level.shape)), axis=-1).astype(np.float32)
        offset = np.stack((self._texture.columns[level], self._texture.rows[level]), axis=-1)
        self._offset = (offset - 0.5).astype(np.float32)
        self._coordinates: _Float32 = np.empty_like(self._points)
        self._found: _Float32 = np.empty_like(self._points)
        self._prepare_haze(np.where(self._ground_mask, distance[below], _FARTHEST))

    def _prepare_haze(self, distance: FloatArray) -> None:
        """Weights of the haze, for the rows from the horizon down to where it is thin."""
        haze = 1.0 - np.exp(-distance / HAZE_DISTANCE)
        thick = np.flatnonzero((haze > 0.02).any(axis=1))
        count = int(thick[-1]) + 1 if len(thick) else 0
        self._haze = haze[:count].astype(np.float32)
        self._clear = 1 - self._haze
        self._haze_image = np.full((count, distance.shape[1], 3), HAZE, np.uint8)

    def _prepare_sky(self, rays: FloatArray, is_ground: NDArray[np.bool_]) -> None:
        rows = np.flatnonzero((~is_ground).any(axis=1))
        self._last_sky = int(rows[-1]) + 1 if len(rows) else 0
        above = rays[: self._last_sky]
        width, height = _PANORAMA_SIZE
        azimuth = -np.arctan2(above[..., 1], above[..., 0]) / (2 * np.pi) * width
        elevation = np.arcsin(np.clip(above[..., 2], -1.0, 1.0))
        row = (1.0 - np.sqrt(_height_share(elevation))) * (height - 1)
        self._azimuth = azimuth.astype(np.float32)
        self._elevation_row = np.clip(row, 0, height - 1).astype(np.float32)

    def draw(self, ego: UnicycleState) -> Pixels:
        """A new image (height, width, 3) with ground and sky as seen from ``ego``."""
        image: Pixels = np.empty((*self._shape, 3), np.uint8)
        if self._last_sky:
            turns = ego.heading / (2 * np.pi) % 1.0
            column = self._azimuth - np.float32(turns * _PANORAMA_SIZE[0])
            cv2.remap(
                self._panorama, column, self._elevation_row, cv2.INTER_LINEAR,
                dst=image[: self._last_sky], borderMode=cv2.BORDER_WRAP,
            )  # fmt: skip
        if self._first_ground < self._shape[0]:
            self._draw_ground(image[self._first_ground :], ego)
        return image

    def _draw_ground(self, image: Pixels, ego: UnicycleState) -> None:
        c, s = np.cos(ego.heading) / _CELL, np.sin(ego.heading) / _CELL
        x, y = (np.array((ego.x, ego.y)) - self._table.origin) / _CELL
        to_table = np.array(((c, -s, x), (s, c, y)))
        cv2.transform(self._points, to_table, dst=self._coordinates)
        cv2.remap(
            self._table.table, self._coordinates, _NO_MAP, cv2.INTER_LINEAR, dst=self._found,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        self._found *= self._scale
        self._found += self._offset
        ground = image if not self._mixed_rows else np.empty_like(image)
        cv2.remap(
            self._texture.pixels, self._found, _NO_MAP, cv2.INTER_LINEAR, dst=ground,
            borderMode=cv2.BORDER_REPLICATE,
        )  # fmt: skip
        hazy = len(self._haze)
        if hazy:
            ground[:hazy] = cv2.blendLinear(
                ground[:hazy], self._haze_image, self._clear, self._haze
            )
        if self._mixed_rows:
            np.copyto(image, ground, where=self._ground_mask[..., None])


def _height_share(elevation: FloatArray) -> FloatArray:
    """0 at the lowest elevation, 1 at the zenith; its square root spreads the horizon."""
    span = np.pi / 2 - _LOWEST_ELEVATION
    return np.asarray(np.clip((elevation - _LOWEST_ELEVATION) / span, 0.0, 1.0))


def _rays_in_base(camera: MountedCamera) -> FloatArray:
    """Unit rays (height, width, 3) of all pixels, in the base frame."""
    model = camera.model
    rows, columns = np.mgrid[0 : model.height, 0 : model.width]
    pixels = np.stack((columns, rows), axis=-1).reshape(-1, 2)
    rays = model.unproject(pixels) @ quaternion_to_matrix(camera.pose.quaternion).T
    return np.asarray(rays.reshape(model.height, model.width, 3))


def _levels(points: FloatArray) -> NDArray[np.int64]:
    """Level of the texture for each ground point (rows, columns, 2): texels as large as pixels.

    The road runs along the vehicle's x, more or less, so what a pixel covers along x decides.
    """
    x = points[..., 0]
    down = np.gradient(x, axis=0) if len(x) > 1 else np.zeros_like(x)
    footprint = np.hypot(down, np.gradient(x, axis=1))
    level = np.round(np.log2(np.maximum(footprint, 1e-6) / ALONG))
    return np.clip(level, 0, LEVELS - 1).astype(np.int64)


def paint_panorama(random: np.random.Generator) -> Pixels:
    """The sky around: columns by azimuth (to the right), rows by elevation, the zenith on top."""
    width, height = _PANORAMA_SIZE
    share = np.linspace(1.0, 0.0, height) ** 2
    elevation = _LOWEST_ELEVATION + share * (np.pi / 2 - _LOWEST_ELEVATION)
    up = np.clip(elevation / (np.pi / 2), 0.0, 1.0)[:, None, None] ** 0.55
    sky = HAZE * (1 - up) + np.array((86, 142, 206)) * up
    sky = np.repeat(sky, width, axis=1)
    cloud = np.zeros((height, width))
    for cells, amplitude in ((10, 1.0), (24, 0.6), (60, 0.35), (150, 0.18)):
        noise = random.standard_normal((cells // 2 + 2, cells)).astype(np.float32)
        # the same noise before and after closes the circle
        wide = cv2.resize(
            np.hstack((noise,) * 3), (3 * width, height), interpolation=cv2.INTER_CUBIC
        )
        cloud += amplitude * wide[:, width : 2 * width]
    cover = np.clip((cloud - 0.35) / 1.3, 0.0, 0.85) * np.clip(elevation / 0.25, 0, 1)[:, None]
    sky += cover[..., None] * (np.array((250, 250, 250)) - sky)
    azimuth = np.arange(width) / width * 2 * np.pi
    for distance, colour, tall in ((0.5, (150, 172, 168), 0.075), (0.3, (126, 152, 128), 0.045)):
        waves = sum(
            np.sin(frequency * azimuth + random.uniform(0, 6.3)) / frequency**0.7
            for frequency in (3, 5, 11, 23, 47)
        )
        ridge = tall * (0.6 + 0.22 * np.asarray(waves))
        covered = np.clip((ridge - elevation[:, None]) / 0.002, 0.0, 1.0)[..., None]
        sky += covered * (np.array(colour) * (1 - distance) + HAZE * distance - sky)
    return np.clip(sky, 0, 255).astype(np.uint8)
