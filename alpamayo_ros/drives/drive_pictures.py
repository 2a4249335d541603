# SPDX-License-Identifier: Apache-2.0
"""Small pictures of what the cameras of a frame set saw last, from the pixels that are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import alpamayo_msgs.msg as m
import cv2
import numpy as np

from alpamayo_ros import types as t
from alpamayo_ros.cameras.frame_store import FrameStoreReader, StaleFrame, StoreUnavailable
from alpamayo_ros.drives.tick_book import Thumbnail
from alpamayo_ros.ros.conversions import embedded_pixels

try:
    import simplejpeg
except ImportError:  # on a ROS installation that lacks it
    simplejpeg = None

WIDTH = 192
_QUALITY = 60

NewestPixels = Callable[[t.CameraFrames], t.Pixels]
"""Newest image (H, W, 3) of a camera in a frame set."""


def small_jpeg(pixels: t.Pixels) -> bytes:
    """A JPEG, ``WIDTH`` pixels wide, of an RGB image (H, W, 3).

    Halved as often as it can be before it is interpolated: a fifth of the time of area averaging,
    and as smooth.
    """
    height, width, _ = pixels.shape
    while width >= 2 * WIDTH:
        # what an odd side has too much is left out: exact halves are what is quick
        even = pixels[: height // 2 * 2, : width // 2 * 2]
        width, height = width // 2, height // 2
        pixels = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    if width > WIDTH:
        size = (WIDTH, max(1, round(height * WIDTH / width)))
        pixels = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)  # type: ignore[assignment]
    if simplejpeg is not None:
        # a third of OpenCV's time, which wants the colours turned round first
        rgb = np.ascontiguousarray(pixels)
        return bytes(simplejpeg.encode_jpeg(rgb, _QUALITY, "RGB", "420"))
    bgr = np.ascontiguousarray(pixels[:, :, ::-1])
    done, jpeg = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return jpeg.tobytes() if done else b""


def thumbnails(frames: t.FrameSet, newest: NewestPixels) -> list[Thumbnail]:
    """A small picture of each camera's newest image."""
    return [
        Thumbnail(camera.role, camera.stamps_ns[-1], small_jpeg(newest(camera)))
        for camera in frames.cameras
    ]


class SetPictures:
    """Thumbnails of FrameSet messages, whose pixels lie in a frame store or in the message.

    ``lost`` counts pictures that could not be had, by reason.
    """

    def __init__(self) -> None:
        self.lost: dict[str, int] = {}
        self._store: FrameStoreReader | None = None
        self._missing_store = ""

    def of(self, frames: t.FrameSet, message: m.FrameSet) -> list[Thumbnail]:
        """A small picture of each camera whose pixels can be had."""
        if not message.store:
            return self._embedded(frames, message.cameras)
        store = self._open(message.store)
        if store is None:
            self._lose("frame_store", len(frames.cameras))
            return []
        pictures = []
        for camera in frames.cameras:
            handle = camera.handles[-1]
            try:
                jpeg = small_jpeg(store.view(handle, camera.width, camera.height))
                store.check(handle)
            except StaleFrame:
                self._lose("stale_frame", 1)
                continue
            pictures.append(Thumbnail(camera.role, camera.stamps_ns[-1], jpeg))
        return pictures

    def _embedded(self, frames: t.FrameSet, messages: Sequence[m.CameraFrames]) -> list[Thumbnail]:
        pictures = []
        for camera, message in zip(frames.cameras, messages, strict=True):
            if not message.images:
                continue
            try:
                jpeg = small_jpeg(embedded_pixels(message)[-1])
            except ValueError:
                self._lose("malformed_image", 1)
                continue
            pictures.append(Thumbnail(camera.role, camera.stamps_ns[-1], jpeg))
        return pictures

    def _open(self, name: str) -> FrameStoreReader | None:
        """The store of this name; that of a camera_sync that is gone is let go."""
        if self._store is not None and self._store.name == name:
            return self._store
        if name == self._missing_store:
            return None
        self._store = None
        try:
            self._store = FrameStoreReader(name)
        except StoreUnavailable:
            self._missing_store = name
        return self._store

    def _lose(self, reason: str, count: int) -> None:
        self.lost[reason] = self.lost.get(reason, 0) + count
