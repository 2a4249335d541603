# SPDX-License-Identifier: Apache-2.0
"""Draw the node graph of the running stack into docs/architecture.md.

``./run env python docs/draw_graph.py`` starts the five nodes, asks the ROS graph who publishes and
who subscribes what, and replaces the diagram between the markers.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import rclpy
from rclpy.node import Node

from alpamayo_ros.ros.processes import STACK, Bringup, Supervisor

PAGE = Path(__file__).resolve().parent / "architecture.md"
BEGIN, END = "<!-- graph: begin -->", "<!-- graph: end -->"
WAIT_S = 30.0

# Topics every ROS node has; they say nothing about this stack.
_PLUMBING = ("/rosout", "/parameter_events", "/clock", "/diagnostics")
_PLUMBING_SUFFIX = "/transition_event"
_ACTION = "/_action/"


@dataclass(frozen=True, slots=True)
class Graph:
    """Who publishes and who subscribes each topic: topic -> (type, publishers, subscribers)."""

    topics: Mapping[str, tuple[str, frozenset[str], frozenset[str]]]


def _is_plumbing(topic: str) -> bool:
    return topic.endswith(_PLUMBING_SUFFIX) or _ACTION in topic


def observe(node: Node) -> Graph:
    """Read the graph of the stack's nodes as ``node`` sees it now."""
    publishers: dict[str, set[str]] = {}
    subscribers: dict[str, set[str]] = {}
    types: dict[str, str] = {}
    for name in (process.name for process in STACK):
        for found, listing in (
            (publishers, node.get_publisher_names_and_types_by_node(name, "/")),
            (subscribers, node.get_subscriber_names_and_types_by_node(name, "/")),
        ):
            for topic, kinds in listing:
                if topic not in _PLUMBING and not _is_plumbing(topic):
                    found.setdefault(topic, set()).add(name)
                    types[topic] = kinds[0]
    return Graph(
        {
            topic: (
                types[topic],
                frozenset(publishers.get(topic, ())),
                frozenset(subscribers.get(topic, ())),
            )
            for topic in sorted(types)
        }
    )


def observe_running_stack() -> Graph:
    """Start the stack, wait until every node is connected, and read its graph."""
    rclpy.init()
    node = rclpy.create_node("graph_observer")
    try:
        with Supervisor(Bringup()):
            deadline = time.monotonic() + WAIT_S
            while time.monotonic() < deadline:
                time.sleep(0.5)
                names = set(node.get_node_names())
                if names >= {process.name for process in STACK}:
                    try:
                        graph = observe(node)
                    except rclpy.node.NodeNameNonExistentError:
                        continue
                    if "/plan" in graph.topics and "/frame_set" in graph.topics:
                        time.sleep(1.0)
                        return observe(node)
        raise TimeoutError(f"the stack was not up after {WAIT_S:g} s")
    finally:
        node.destroy_node()
        rclpy.try_shutdown()


def mermaid(graph: Graph) -> str:
    """The graph as a Mermaid flowchart."""
    lines = ["```mermaid", "flowchart LR"]
    lines += [f"  {process.name}[{process.name}]" for process in STACK]
    for topic, (kind, publishers, subscribers) in graph.topics.items():
        short = kind.replace("/msg/", "/")
        label = f'|"{topic}<br/><small>{short}</small>"|'
        outside = "outside_" + topic.strip("/").replace("/", "_")
        if not publishers or not subscribers:
            # the round node names the topic, the arrow needs not
            lines.append(f'  {outside}(["{topic}"])')
            label = f'|"<small>{short}</small>"|'
        for publisher in sorted(publishers) or [outside]:
            for subscriber in sorted(subscribers) or [outside]:
                lines.append(f"  {publisher} -->{label} {subscriber}")
    lines.append("```")
    return "\n".join(lines)


def main() -> None:
    """Replace the diagram in docs/architecture.md."""
    os.environ.setdefault("ROS_DOMAIN_ID", str(1 + os.getpid() % 101))
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{mermaid(observe_running_stack())}\n{END}{after}")


if __name__ == "__main__":
    main()
