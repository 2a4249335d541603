# SPDX-License-Identifier: Apache-2.0
"""The worker: newest item wins, nothing queues, nothing is lost silently."""

from __future__ import annotations

import threading

from alpamayo_ros.policy.worker import NewestWorker

WAIT_S = 20.0


def test_while_busy_only_the_newest_waits_and_every_skip_is_told() -> None:
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()
    worked: list[int] = []

    def work(item: int) -> None:
        worked.append(item)
        begun.set()
        assert go_on.wait(WAIT_S)
        if item == 9:
            done.set()

    worker = NewestWorker("test", work)
    assert worker.submit(0) is False
    assert begun.wait(WAIT_S)
    skips = [worker.submit(item) for item in range(1, 10)]
    go_on.set()
    assert done.wait(WAIT_S)
    worker.stop()
    assert worked == [0, 9]
    assert skips == [False] + [True] * 8


def test_what_is_forgotten_is_not_worked_on() -> None:
    begun, go_on = threading.Event(), threading.Event()
    worked: list[str] = []

    def work(item: str) -> None:
        worked.append(item)
        begun.set()
        assert go_on.wait(WAIT_S)

    worker = NewestWorker("test", work)
    worker.submit("first")
    assert begun.wait(WAIT_S)
    worker.submit("second")
    worker.forget()
    go_on.set()
    worker.stop()
    assert worked == ["first"]


def test_stopping_an_idle_worker_returns() -> None:
    NewestWorker("test", lambda item: None).stop()


def test_meanwhile_goes_on_between_items_and_rests_when_it_has_nothing_to_do() -> None:
    done = threading.Event()
    order: list[str] = []
    left = 3

    def meanwhile() -> bool:
        nonlocal left
        if left == 0:
            return False
        left -= 1
        order.append("meanwhile")
        if left == 0:
            done.set()
        return left > 0

    worker = NewestWorker("test", lambda item: order.append(item), meanwhile)
    worker.wake()
    assert done.wait(WAIT_S)
    done.clear()
    left = 1
    worker.submit("item")
    assert done.wait(WAIT_S)
    worker.stop()
    assert order == ["meanwhile"] * 3 + ["item", "meanwhile"]
