# SPDX-License-Identifier: Apache-2.0
"""A replay in real time: the five nodes as processes, a player, and ears for what they say."""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import rclpy
from lifecycle_msgs.msg import State
from lifecycle_msgs.srv import GetState
from rclpy.context import Context
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy

from alpamayo_ros.drives.inputs import DriveInputs
from alpamayo_ros.drives.player import Player
from alpamayo_ros.drives.record import (
    FRAME_SET,
    OUTPUTS,
    PLAN,
    PREDICTION,
    Recording,
    RecordingWriter,
)
from alpamayo_ros.drives.summary import Latencies
from alpamayo_ros.ros.middleware import send_images_from_here
from alpamayo_ros.ros.processes import STACK, Bringup, Supervisor
from alpamayo_ros.types import SECOND_NS, StackError

READY_S = 120.0
"""How long the nodes may take to become active; a policy may load a model meanwhile."""

DRAIN_S = 1.3
"""How long the time goes on after the last message: longer than every deadline of the nodes and
than their diagnostics' period, whose last counters are to be heard."""

_MOST_DEATHS = 3

_DISCOVERY_S = 1.0

_HEARD = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=100, reliability=ReliabilityPolicy.RELIABLE
)

_TIMED = (FRAME_SET, PLAN)

ImageKey = tuple[str, int]
"""Topic and stamp [ns] of an image."""


class NodesNotReady(StackError):
    """Nodes that did not become active, or did not find each other, in time."""


class NotAlone(StackError):
    """Another stack runs where this one is to run."""


class NodeDied(StackError):
    """A node that is gone for good."""


@dataclass(slots=True)
class Arrivals:
    """Steady-clock times [s]: when images were published and outputs received.

    ``heard`` is by topic and stamp in the recording.
    """

    published: dict[ImageKey, float] = field(default_factory=dict)
    heard: dict[tuple[str, int], float] = field(default_factory=dict)

    def latencies(self, inputs: DriveInputs, recording: Recording) -> Latencies:
        """Latencies of every tick, as ``Latencies`` defines them."""
        latencies = Latencies()
        first_plans: dict[int, int] = {}
        for plan in recording.plans:
            if plan.t0_ns is not None:
                first_plans.setdefault(plan.t0_ns, plan.recorded_ns)
        for t0, frames in recording.frame_sets.items():
            keys = [(inputs.cameras[c.role], c.stamps_ns[-1]) for c in frames.cameras]
            sent = max((self.published.get(key, 0.0) for key in keys), default=0.0)
            heard = self.heard.get((FRAME_SET, recording.recorded_ns[FRAME_SET, t0]))
            if not sent or heard is None:
                continue
            latencies.frame_set[t0] = heard - sent
            planned = self.heard.get((PLAN, first_plans.get(t0, -1)))
            if planned is not None:
                latencies.stack[t0] = planned - sent
        for t0, prediction in recording.predictions.items():
            if "total" in prediction.latencies_s:
                latencies.policy[t0] = prediction.latencies_s["total"]
        return latencies


class Listener:
    """Hears every output of the stack as bytes and hands it on with the time it came."""

    def __init__(self, node: Node, heard: Callable[[str, bytes, float], None]) -> None:
        for topic, message_type in OUTPUTS.items():
            node.create_subscription(
                message_type,
                topic,
                lambda data, topic=topic: heard(topic, data, time.monotonic()),
                _HEARD,
                raw=True,
            )


def play_live(
    bringup: Bringup,
    inputs: DriveInputs,
    messages: Iterable[tuple[str, int, bytes]],
    span_ns: tuple[int, int],
    rate: float,
    writer: RecordingWriter,
    image_stamp: Callable[[str, bytes], int | None],
    log: Path,
) -> tuple[Arrivals, dict[str, object]]:
    """Start the nodes, play ``messages`` into them and record; return times and what happened.

    ``span_ns`` is first and last time of the bag; ``image_stamp`` returns the stamp of an image
    and None for any other message. The nodes' own output goes to the file ``log``. Raises
    NotAlone, NodesNotReady, NodeDied and processes.NodeFailed.
    """
    arrivals = Arrivals()
    with (
        log.open("w", encoding="utf-8") as output,
        _own_node("replay") as node,
        _alone(node),
        Supervisor(bringup, output=output) as supervisor,
    ):
        player = Player(node, inputs.types, rate)

        def heard(topic: str, data: bytes, at: float) -> None:
            if not player.playing:
                return
            recorded_ns = writer.write(topic, player.now_ns(), data)
            if topic in _TIMED:
                arrivals.heard[topic, recorded_ns] = at

        def published(topic: str, stamp_ns: int, data: bytes, at: float) -> None:
            if (image_ns := image_stamp(topic, data)) is not None:
                arrivals.published.setdefault((topic, image_ns), at)
            writer.write(topic, stamp_ns, data)

        Listener(node, heard)
        _wait_until_ready(node, player, supervisor, inputs, span_ns[0], log)
        player.play(_checked(messages, supervisor), span_ns[0], published)
        player.run_on(span_ns[1] + round(DRAIN_S * max(rate, 1.0) * SECOND_NS))
        supervisor.check()
        gone = {process.name for process in bringup.processes} - supervisor.pids.keys()
        if gone:
            raise NodeDied(f"{', '.join(sorted(gone))} died during the replay; see {log}")
        return arrivals, {
            "slipped_s": round(player.slipped_s, 3),
            "restarts": dict(supervisor.restarts),
        }


def _checked(
    messages: Iterable[tuple[str, int, bytes]], supervisor: Supervisor
) -> Iterator[tuple[str, int, bytes]]:
    for message in messages:
        supervisor.check()
        yield message


@contextlib.contextmanager
def _own_node(name: str) -> Iterator[Node]:
    """A node in a context of its own, spun in a thread."""
    send_images_from_here()
    context = Context()
    rclpy.init(context=context)
    node = Node(name, context=context, start_parameter_services=False)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)

    def spin() -> None:
        with contextlib.suppress(ExternalShutdownException):
            executor.spin()

    thread = threading.Thread(target=spin, name="listener", daemon=True)
    thread.start()
    try:
        yield node
    finally:
        executor.shutdown()
        thread.join(5.0)
        node.destroy_node()
        rclpy.try_shutdown(context=context)


# -- getting ready


@contextlib.contextmanager
def _alone(node: Node) -> Iterator[None]:
    """Raise NotAlone when nodes of these names run already: both would hear both replays."""
    time.sleep(_DISCOVERY_S)
    _refuse({process.name for process in STACK} & set(node.get_node_names()))
    yield


def _still_alone(node: Node, supervisor: Supervisor) -> None:
    """Raise NotAlone when a node is there twice: the other was discovered late."""
    names = node.get_node_names()
    # one that died while it started may still be listed beside its successor
    own = {process.name for process in STACK} - supervisor.restarts.keys()
    _refuse({name for name in own if names.count(name) > 1})


def _refuse(running: set[str]) -> None:
    if running:
        domain = os.environ.get("ROS_DOMAIN_ID", "0")
        raise NotAlone(
            f"{', '.join(sorted(running))} already run in ROS domain {domain}; stop them, or set "
            "ROS_DOMAIN_ID to another number"
        )


def _wait_until_ready(
    node: Node,
    player: Player,
    supervisor: Supervisor,
    inputs: DriveInputs,
    start_ns: int,
    log: Path,
) -> None:
    """Wait until all nodes are active and everything that must be connected is."""
    deadline = time.monotonic() + READY_S
    states = _States(node)
    while True:
        player.hold(start_ns)
        supervisor.check()
        _check_deaths(supervisor, log)
        lacking = states.inactive() or _unconnected(node, player, inputs)
        if not lacking:
            break
        if time.monotonic() > deadline:
            raise NodesNotReady(f"not ready after {READY_S:g} s: {lacking}; see {log}")
        time.sleep(0.05)
    # publishers that were discovered here may still be being discovered by the other nodes
    for _ in range(10):
        player.hold(start_ns)
        time.sleep(0.05)
    _still_alone(node, supervisor)


def _check_deaths(supervisor: Supervisor, log: Path) -> None:
    for name, deaths in supervisor.restarts.items():
        if deaths >= _MOST_DEATHS:
            raise NodeDied(f"{name} died {deaths} times while it started; see {log}")


class _States:
    """Asks the nodes for their lifecycle states."""

    def __init__(self, node: Node) -> None:
        self._clients = {
            process.name: node.create_client(GetState, f"/{process.name}/get_state")
            for process in STACK
        }
        self._asked: dict[str, tuple[float, Any]] = {}
        self._active: set[str] = set()

    def inactive(self) -> str:
        """Which nodes are not active yet; empty when all are."""
        for name, client in self._clients.items():
            if name not in self._active:
                self._ask(name, client)
        waiting = [name for name in self._clients if name not in self._active]
        return f"{', '.join(waiting)} not active" if waiting else ""

    def _ask(self, name: str, client: Any) -> None:
        asked_at, future = self._asked.get(name, (0.0, None))
        if future is not None and future.done():
            result = future.result()
            if result is not None and result.current_state.id == State.PRIMARY_STATE_ACTIVE:
                self._active.add(name)
            del self._asked[name]
        elif (future is None or time.monotonic() - asked_at > 1.0) and client.service_is_ready():
            self._asked[name] = (time.monotonic(), client.call_async(GetState.Request()))


def _unconnected(node: Node, player: Player, inputs: DriveInputs) -> str:
    """What is not connected yet; empty when everything is."""
    missing = [topic for topic in inputs.cameras.values() if not player.listeners(topic)]
    if missing:
        return f"nobody listens to {', '.join(missing)}"
    if player.clock_listeners < len(STACK):
        return f"{player.clock_listeners} of {len(STACK)} nodes listen to /clock"
    silent = [topic for topic in (FRAME_SET, PREDICTION, PLAN) if not node.count_publishers(topic)]
    return f"nobody publishes {', '.join(silent)}" if silent else ""
