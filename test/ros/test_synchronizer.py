# SPDX-License-Identifier: Apache-2.0
"""Pairing by equal stamp: the same expectations on message_filters and on what stands in for it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alpamayo_ros.ros import synchronizer
from alpamayo_ros.ros.conversions import header

try:
    import message_filters
except ImportError:
    message_filters = None

KINDS = [
    pytest.param(
        (synchronizer.SimpleFilterStandIn, synchronizer.TimeSynchronizerStandIn), id="stand-in"
    ),
    pytest.param(
        message_filters and (message_filters.SimpleFilter, message_filters.TimeSynchronizer),
        id="message_filters",
        marks=pytest.mark.skipif(message_filters is None, reason="needs message_filters"),
    ),
]


def message(stamp: int, name: str = "") -> Any:
    return SimpleNamespace(header=header(stamp, name), name=name)


def pair_up(kind: Any, queue_size: int, count: int = 2) -> tuple[list[Any], list[tuple[Any, ...]]]:
    simple_filter, time_synchronizer = kind
    sources = [simple_filter() for _ in range(count)]
    pairs = time_synchronizer(sources, queue_size)
    got: list[tuple[Any, ...]] = []
    pairs.registerCallback(lambda *messages: got.append(messages))
    return sources, got


def stamps(got: list[tuple[Any, ...]]) -> list[int]:
    return [messages[0].header.stamp.nanosec for messages in got]


@pytest.mark.parametrize("kind", KINDS)
def test_equal_stamps_pair_in_either_order_and_a_nanosecond_off_does_not(kind: Any) -> None:
    (left, right), got = pair_up(kind, 10)
    left.signalMessage(message(100, "left"))
    right.signalMessage(message(101, "right"))
    assert not got
    right.signalMessage(message(100, "right"))
    right.signalMessage(message(200, "right"))
    left.signalMessage(message(200, "left"))
    assert stamps(got) == [100, 200]
    assert [[m.name for m in messages] for messages in got] == [["left", "right"]] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_goes_out_once_and_the_oldest_waiting_message_goes_first(kind: Any) -> None:
    (left, right), got = pair_up(kind, 2)
    for stamp in (1, 2, 3):
        left.signalMessage(message(stamp))
    for stamp in (1, 2, 3, 3, 2):
        right.signalMessage(message(stamp))
    assert stamps(got) == [2, 3]


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_message_with_a_stamp_replaces_the_first(kind: Any) -> None:
    (left, right), got = pair_up(kind, 10)
    left.signalMessage(message(1, "first"))
    left.signalMessage(message(1, "second"))
    right.signalMessage(message(1))
    assert [messages[0].name for messages in got] == ["second"]


@pytest.mark.parametrize("kind", KINDS)
def test_more_than_two_sources_and_callbacks_with_arguments(kind: Any) -> None:
    simple_filter, time_synchronizer = kind
    sources = [simple_filter() for _ in range(3)]
    pairs = time_synchronizer(sources, 5)
    got: list[Any] = []
    pairs.registerCallback(lambda *arguments: got.append(arguments[3:]), "extra", 7)
    pairs.registerCallback(lambda *arguments: got.append(len(arguments)))
    for source in sources:
        source.signalMessage(message(9))
    assert got == [("extra", 7), 3]


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=100, deadline=None)
@given(
    arrivals=st.lists(st.tuples(st.integers(0, 1), st.integers(0, 12)), max_size=60),
    queue_size=st.integers(1, 6),
)
def test_any_order_of_arrival_behaves_as_the_reference(
    kind: Any, arrivals: list[tuple[int, int]], queue_size: int
) -> None:
    sources, got = pair_up(kind, queue_size)
    waiting: list[set[int]] = [set(), set()]
    expected: list[int] = []
    for which, stamp in arrivals:
        sources[which].signalMessage(message(stamp))
        waiting[which].add(stamp)
        if len(waiting[which]) > queue_size:
            waiting[which].remove(min(waiting[which]))
        if stamp in waiting[0] & waiting[1]:
            expected.append(stamp)
            waiting[0].remove(stamp)
            waiting[1].remove(stamp)
    assert stamps(got) == expected


def test_the_nodes_use_message_filters_where_it_is_installed() -> None:
    if message_filters is None:
        assert synchronizer.TimeSynchronizer is synchronizer.TimeSynchronizerStandIn
    else:
        assert synchronizer.TimeSynchronizer is message_filters.TimeSynchronizer
