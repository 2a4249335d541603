# SPDX-License-Identifier: Apache-2.0
"""Pixels shared by two processes: never torn, never another frame's, nothing left behind."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from alpamayo_ros.cameras.frame_store import (
    FrameStoreReader,
    FrameStoreWriter,
    StaleFrame,
    StoreUnavailable,
)
from alpamayo_ros.types import FrameHandle

WIDTH, HEIGHT = 576, 320


def write(store, value, camera=0, width=WIDTH, height=HEIGHT):
    store.slot(camera)[: width * height * 3] = value
    return store.commit(camera, width, height)


@pytest.fixture
def store():
    store = FrameStoreWriter(cameras=2, slots_per_camera=4)
    yield store
    store.close()


def test_a_reader_sees_what_was_written(store):
    image = np.random.default_rng(1).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    handle = write(store, image.ravel(), camera=1)
    view = FrameStoreReader(store.name).view(handle, WIDTH, HEIGHT)
    assert np.array_equal(view, image)
    assert np.array_equal(store.read(handle), image)
    assert not view.flags.writeable
    assert not view.flags.owndata


def test_cameras_have_rings_of_their_own(store):
    handles = [[write(store, 10 * camera + i, camera) for i in range(3)] for camera in (0, 1)]
    reader = FrameStoreReader(store.name)
    for camera in (0, 1):
        for i, handle in enumerate(handles[camera]):
            assert (reader.view(handle, WIDTH, HEIGHT) == 10 * camera + i).all()


def test_the_oldest_image_goes_stale_one_write_before_it_is_overwritten(store):
    reader = FrameStoreReader(store.name)
    first = write(store, 1)
    view = reader.view(first, WIDTH, HEIGHT)
    for value in (2, 3):
        write(store, value)
        reader.check(first)
    write(store, 4)
    with pytest.raises(StaleFrame, match="being written"):
        reader.check(first)
    assert (view == 1).all()  # not overwritten yet: the reader had time to notice
    write(store, 5)
    with pytest.raises(StaleFrame, match="of generation"):
        reader.check(first)


def test_an_image_that_was_not_committed_is_invisible(store):
    reader = FrameStoreReader(store.name)
    good = write(store, 1)
    store.slot(0)[:] = 200
    assert (reader.view(good, WIDTH, HEIGHT) == 1).all()
    assert (reader.view(write(store, 2), WIDTH, HEIGHT) == 2).all()


@pytest.mark.parametrize("slot", [-1, 8, 10_000])
def test_handles_that_point_nowhere_are_stale(store, slot):
    handle = write(store, 1)
    with pytest.raises(StaleFrame, match=f"slot {slot}"):
        FrameStoreReader(store.name).check(FrameHandle(slot, handle.generation))


def test_generation_zero_never_fits(store):
    with pytest.raises(StaleFrame):
        FrameStoreReader(store.name).check(FrameHandle(0, 0))


def test_a_wrong_size_is_refused(store):
    handle = write(store, 1)
    with pytest.raises(StaleFrame, match="holds 576x320, not 320x576"):
        FrameStoreReader(store.name).view(handle, HEIGHT, WIDTH)


def test_a_new_writer_is_never_taken_for_the_old_one():
    old = FrameStoreWriter(1, 4)
    handle, name = write(old, 1), old.name
    reader = FrameStoreReader(name)
    old.close()
    new = FrameStoreWriter(1, 4)
    assert new.name.split(":")[:2] == name.split(":")[:2]  # same process, same descriptor
    write(new, 2)
    with pytest.raises(StaleFrame):
        FrameStoreReader(new.name).check(handle)
    with pytest.raises(StoreUnavailable, match="is another one"):
        FrameStoreReader(name)
    assert (reader.view(handle, WIDTH, HEIGHT) == 1).all()  # who had it open keeps it
    new.close()


@pytest.mark.parametrize("name", ["", "x", "1:2", "1:2:zz", "a:b:c", "999999999:3:00ab"])
def test_names_of_no_store_are_refused(name):
    with pytest.raises(StoreUnavailable):
        FrameStoreReader(name)


def test_a_store_that_cannot_be_reached_names_the_way_out():
    with pytest.raises(StoreUnavailable, match="embed_pixels"):
        FrameStoreReader("999999999:3:00ab")


def test_a_file_that_is_no_store_is_refused(tmp_path):
    with (tmp_path / "x").open("wb+") as file:
        with pytest.raises(StoreUnavailable, match="is not one"):
            FrameStoreReader(f"{os.getpid()}:{file.fileno()}:00ab")
        file.truncate(1 << 16)
        with pytest.raises(StoreUnavailable, match="is another one"):
            FrameStoreReader(f"{os.getpid()}:{file.fileno()}:00ab")


# -- two processes

WRITER = """
import sys
from alpamayo_ros.cameras.frame_store import FrameStoreWriter
store = FrameStoreWriter(1, 4)
print(store.name, flush=True)
for line in sys.stdin:
    value = int(line)
    store.slot(0)[:] = value
    handle = store.commit(0, 576, 320)
    print(handle.slot, handle.generation, flush=True)
"""


@pytest.fixture
def writer_process():
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.wait()


def ask(process, value):
    process.stdin.write(f"{value}\n")
    process.stdin.flush()
    return FrameHandle(*map(int, process.stdout.readline().split()))


def test_another_process_reads_without_copying(writer_process):
    reader = FrameStoreReader(writer_process.stdout.readline().strip())
    for value in range(20, 40):
        handle = ask(writer_process, value)
        assert (reader.view(handle, WIDTH, HEIGHT) == value).all()
        reader.check(handle)


def test_a_killed_writer_leaves_readable_pixels_and_no_shared_memory(writer_process):
    name = writer_process.stdout.readline().strip()
    before = set(Path("/dev/shm").iterdir())
    reader = FrameStoreReader(name)
    handle = ask(writer_process, 7)
    view = reader.view(handle, WIDTH, HEIGHT)
    writer_process.send_signal(signal.SIGKILL)
    writer_process.wait()
    assert (view == 7).all()
    reader.check(handle)
    with pytest.raises(StoreUnavailable):
        FrameStoreReader(name)
    left = set(Path("/dev/shm").iterdir()) - before
    assert not [path for path in left if "frame_store" in path.name]


def test_torn_pixels_never_pass_the_check_under_a_hammering_writer():
    store = FrameStoreWriter(1, 4)
    newest: list[tuple[FrameHandle, int]] = [(write(store, 0), 0)]
    stop = threading.Event()

    def hammer():
        value = 0
        while not stop.is_set():
            value = (value + 1) % 256
            newest[0] = (write(store, value), value)

    thread = threading.Thread(target=hammer)
    thread.start()
    reader = FrameStoreReader(store.name)
    intact = stale = 0
    try:
        for _ in range(3000):
            handle, value = newest[0]
            try:
                copy = reader.view(handle, WIDTH, HEIGHT).copy()
                reader.check(handle)
            except StaleFrame:
                stale += 1
                continue
            intact += 1
            assert (copy == value).all()
    finally:
        stop.set()
        thread.join()
        store.close()
    assert intact > 0
    assert intact + stale == 3000


def test_a_store_needs_cameras_and_slots():
    for cameras, slots in ((0, 12), (1, 2)):
        with pytest.raises(ValueError, match=f"{cameras} cameras with {slots} slots"):
            FrameStoreWriter(cameras, slots)
