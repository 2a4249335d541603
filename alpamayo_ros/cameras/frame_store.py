# SPDX-License-Identifier: Apache-2.0
"""Pixels in shared memory: one writer, any number of readers, no locks, nothing left behind.

The memory is a memfd: it has no name in any file system and goes when the last process that maps
it goes, however that ends. A ring of slots per camera; each slot has a generation that changes
when it is written, 0 while it is. A reader compares generations before and after it uses pixels,
so it never takes torn or replaced ones for good.

The writer invalidates a slot one write ahead: between the moment a reader can see the slot as
invalid and the first new pixel lies a whole image period, so no memory barrier is needed, on Arm
either.
"""

from __future__ import annotations

import fcntl
import mmap
import os
import secrets
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.cameras.resample import MAX_IMAGE_BYTES
from alpamayo_ros.types import FrameHandle, Pixels, StackError

_MAGIC = 0x414C50414D415901  # "ALPAMAY", version 1
_PAGE = mmap.PAGESIZE
_SLOT_BYTES = -(-MAX_IMAGE_BYTES // _PAGE) * _PAGE

# 64 bytes each, one cache line: the store's (magic, token, slots), then each slot's
# (generation, width, height).
_HEADER = np.dtype((np.uint64, 8))
_GENERATION, _WIDTH, _HEIGHT = 0, 1, 2

_OTHER_HOST = "from another host or container, set embed_pixels on camera_sync"

MIN_SLOTS = 3
"""Of which one is always invalid: the next to be written."""


class StoreUnavailable(StackError):
    """A frame store that cannot be opened from here."""


class StaleFrame(StackError):
    """Pixels that were replaced by a later frame's before or while they were used."""


def _sizes(slots: int) -> tuple[int, int]:
    """Bytes before the first slot's pixels, and of the whole store."""
    start = -(-64 * (1 + slots) // _PAGE) * _PAGE
    return start, start + slots * _SLOT_BYTES


class FrameStoreWriter:
    """The writing end. Images of one camera are written one after the other; cameras at once."""

    def __init__(self, cameras: int, slots_per_camera: int) -> None:
        if cameras < 1 or slots_per_camera < MIN_SLOTS:
            raise ValueError(f"{cameras} cameras with {slots_per_camera} slots each")
        self._slots_per_camera = slots_per_camera
        slots = cameras * slots_per_camera
        start, size = _sizes(slots)
        self._file = os.memfd_create("frame_store", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self._file, size)
        # a store that cannot shrink cannot kill a reader with SIGBUS
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
        fcntl.fcntl(self._file, fcntl.F_ADD_SEALS, seals)
        memory = np.frombuffer(mmap.mmap(self._file, size), np.uint8)
        self._headers = memory[: 64 * (1 + slots)].view(np.uint64).reshape(1 + slots, 8)
        self._pixels = memory[start:].reshape(slots, _SLOT_BYTES)
        token = secrets.randbits(47)  # generations, which start at it, stay below 2**64
        self._headers[0, :3] = _MAGIC, token, slots
        self._name = f"{os.getpid()}:{self._file}:{token:012x}"
        # Each camera counts from the token, so that a handle of an earlier store never fits
        self._written = [0] * cameras
        self._first_generation = (token << 16) | 1

    @property
    def name(self) -> str:
        """What a reader opens the store by: "pid:fd:token"."""
        return self._name

    def slot(self, camera: int) -> Pixels:
        """Return the flat memory (MAX_IMAGE_BYTES) for the next image of a camera.

        Not committed, it is the next image's again.
        """
        return self._pixels[self._next_slot(camera), :MAX_IMAGE_BYTES]

    def commit(self, camera: int, width: int, height: int) -> FrameHandle:
        """Publish what was written to ``slot(camera)``; the oldest image of the camera goes."""
        slot = self._next_slot(camera)
        generation = self._first_generation + self._written[camera]
        self._headers[1 + slot, _WIDTH : _HEIGHT + 1] = width, height
        self._headers[1 + slot, _GENERATION] = generation
        self._written[camera] += 1
        self._headers[1 + self._next_slot(camera), _GENERATION] = 0
        return FrameHandle(slot, generation)

    def read(self, handle: FrameHandle) -> Pixels:
        """Return the image (H, W, 3) of a handle, not copied; raises StaleFrame."""
        width, height = (int(side) for side in self._headers[1 + handle.slot, _WIDTH : _HEIGHT + 1])
        return _view(self._headers, self._pixels, handle, width, height)

    def close(self) -> None:
        """Give the memory back; readers that have it open keep theirs."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            # the map goes with the last view of it
            self._headers, self._pixels = np.empty((0, 8), np.uint64), np.empty((0, 0), np.uint8)

    def _next_slot(self, camera: int) -> int:
        return camera * self._slots_per_camera + self._written[camera] % self._slots_per_camera


class FrameStoreReader:
    """A reading end: zero-copy views, valid as long as their generation is.

    Raises StoreUnavailable when the store is gone, belongs to another user, another container or
    another host, or the name is not one.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        try:
            pid, descriptor, token = name.split(":")
            path = Path(f"/proc/{int(pid)}/fd/{int(descriptor)}")
            wanted = int(token, 16)
        except ValueError as error:
            raise StoreUnavailable(f"'{name}' does not name a frame store") from error
        memory = self._map(path)
        header = memory[:64].view(np.uint64)
        slots = int(header[2])
        start, size = _sizes(slots)
        if (int(header[0]), int(header[1])) != (_MAGIC, wanted) or size != len(memory):
            raise StoreUnavailable(f"frame store {name}: {path} is another one; {_OTHER_HOST}")
        self._headers = memory[: 64 * (1 + slots)].view(np.uint64).reshape(1 + slots, 8)
        self._pixels = memory[start:].reshape(slots, _SLOT_BYTES)

    def _map(self, path: Path) -> NDArray[np.uint8]:
        try:
            with path.open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size < _PAGE:
                    raise StoreUnavailable(f"frame store {self.name}: {path} is not one")
                return np.frombuffer(mmap.mmap(file.fileno(), size, prot=mmap.PROT_READ), np.uint8)
        except OSError as error:
            raise StoreUnavailable(
                f"frame store {self.name}: {error.strerror} ({path}); {_OTHER_HOST}"
            ) from error

    def view(self, handle: FrameHandle, width: int, height: int) -> Pixels:
        """Return the image (height, width, 3) of a handle, read-only, not copied.

        Call ``check`` after the last use of the pixels. Raises StaleFrame when they are not, or
        no longer, those of the handle.
        """
        return _view(self._headers, self._pixels, handle, width, height)

    def check(self, handle: FrameHandle) -> None:
        """Raise StaleFrame when the pixels of a handle were replaced."""
        _check(self._headers, handle)


def _check(headers: NDArray[np.uint64], handle: FrameHandle) -> None:
    if not 0 <= handle.slot < len(headers) - 1:
        raise StaleFrame(f"slot {handle.slot} of a store that has {len(headers) - 1}")
    found = int(headers[1 + handle.slot, _GENERATION])
    if found != handle.generation or found == 0:
        state = "being written" if found == 0 else f"of generation {found}"
        raise StaleFrame(f"slot {handle.slot} is {state}, not {handle.generation}")


def _view(
    headers: NDArray[np.uint64],
    pixels: Pixels,
    handle: FrameHandle,
    width: int,
    height: int,
) -> Pixels:
    _check(headers, handle)
    found = tuple(int(side) for side in headers[1 + handle.slot, _WIDTH : _HEIGHT + 1])
    if found != (width, height):
        raise StaleFrame(f"slot {handle.slot} holds {found[0]}x{found[1]}, not {width}x{height}")
    view = pixels[handle.slot, : width * height * 3].reshape(height, width, 3)
    view.flags.writeable = False
    return view
