# SPDX-License-Identifier: Apache-2.0
"""Workers: serial per camera, parallel across cameras, bounded, and not killed by an image."""

import threading

from alpamayo_ros.cameras.pool import DecodePool


class Recorder:
    """Records what the pool does; ``gate`` holds the workers."""

    def __init__(self, cameras=2, threads=2, pending=2):
        self.gate, self.idle = threading.Event(), threading.Semaphore(0)
        self.started = threading.Semaphore(0)
        self.done, self.overruns, self.errors = [], [], []
        self.lock, self.running, self.most = threading.Lock(), set(), 0
        self.pool = DecodePool(
            cameras, threads, pending, self.work, self.overruns.append,
            lambda camera, error: self.errors.append((camera, str(error))),
        )  # fmt: skip

    def work(self, camera, job):
        with self.lock:
            assert camera not in self.running
            self.running.add(camera)
            self.most = max(self.most, len(self.running))
        self.started.release()
        assert self.gate.wait(10)
        with self.lock:
            self.running.remove(camera)
            self.done.append((camera, job))
        self.idle.release()
        if job == "bad":
            raise ValueError("bad job")

    def wait(self, jobs):
        for _ in range(jobs):
            assert self.idle.acquire(timeout=10)


def test_one_camera_is_served_in_order_and_never_twice_at_once():
    recorder = Recorder(cameras=1, threads=4, pending=50)
    for job in range(50):
        recorder.pool.submit(0, job)
    recorder.gate.set()
    recorder.wait(50)
    recorder.pool.close()
    assert recorder.done == [(0, job) for job in range(50)]
    assert recorder.overruns == []


def test_cameras_are_served_at_once():
    recorder = Recorder()
    recorder.pool.submit(0, "a")
    recorder.pool.submit(1, "b")
    for _ in range(2):
        assert recorder.started.acquire(timeout=10)
    assert recorder.most == 2
    recorder.gate.set()
    recorder.pool.close()


def test_the_oldest_waiting_image_makes_room_and_is_reported():
    recorder = Recorder(cameras=1, threads=1, pending=2)
    recorder.pool.submit(0, 0)
    assert recorder.started.acquire(timeout=10)
    for job in (1, 2, 3, 4):
        recorder.pool.submit(0, job)
    recorder.gate.set()
    recorder.wait(3)
    recorder.pool.close()
    assert recorder.done == [(0, 0), (0, 3), (0, 4)]
    assert recorder.overruns == [0, 0]


def test_a_job_that_raises_is_reported_and_the_worker_goes_on():
    recorder = Recorder(cameras=1, threads=1)
    recorder.gate.set()
    recorder.pool.submit(0, "bad")
    recorder.wait(1)
    recorder.pool.submit(0, "good")
    recorder.wait(1)
    recorder.pool.close()
    assert recorder.errors == [(0, "bad job")]
    assert recorder.done[-1] == (0, "good")


def test_cleared_jobs_are_not_done():
    recorder = Recorder(cameras=2, threads=1)
    recorder.pool.submit(0, "at it")
    assert recorder.started.acquire(timeout=10)
    recorder.pool.submit(0, "waits")
    recorder.pool.submit(1, "waits")
    recorder.pool.clear()
    recorder.pool.submit(1, "after")
    recorder.gate.set()
    recorder.wait(2)
    recorder.pool.close()
    assert recorder.done == [(0, "at it"), (1, "after")]
