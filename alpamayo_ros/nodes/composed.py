# SPDX-License-Identifier: Apache-2.0
"""All nodes of the stack in one process, an executor thread each, with the same parameters.

``python -m alpamayo_ros.nodes.composed [NODE:NAME:=VALUE ...] --ros-args ...``: parameters that
are for one node stand before ``--ros-args``; what stands behind is for all.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.utilities import remove_ros_args

from alpamayo_ros.ros.bringup import EXIT_CONFIGURATION, STACK, node_class
from alpamayo_ros.ros.middleware import participant_of_its_own
from alpamayo_ros.ros.node import StackNode
from alpamayo_ros.ros.shared_memory import sweep_dead_segments
from alpamayo_ros.types import ConfigurationError


def run(arguments: Sequence[str]) -> int:
    """Run all nodes until told to stop; return the process's exit code.

    An error that one node does not expect ends the process, so that all start afresh together.
    """
    sweep_dead_segments()
    own = _arguments_by_node(remove_ros_args(arguments)[1:])
    nodes: list[StackNode] = []
    starting = ""
    try:
        with participant_of_its_own():
            rclpy.init(args=arguments)
            for process in STACK:
                starting = process.name
                nodes.append(node_class(process)(cli_args=own.get(process.name)))
        for node in nodes:
            starting = node.NAME
            if node.flag("autostart"):
                node.start()
        _spin_all(nodes)
    except ConfigurationError as error:
        print(f"{starting}: {error}", file=sys.stderr)
        return EXIT_CONFIGURATION
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        for node in nodes:
            node.close()
        rclpy.try_shutdown()
    return 0


def _arguments_by_node(assignments: Sequence[str]) -> dict[str, list[str]]:
    """ROS arguments of each node, from "NODE:NAME:=VALUE" texts."""
    own: dict[str, list[str]] = {}
    for text in assignments:
        node, _, assignment = text.partition(":")
        own.setdefault(node, ["--ros-args"]).extend(("-p", assignment))
    return own


def _spin_all(nodes: Sequence[StackNode]) -> None:
    """Spin every node in a thread of its own until the first ends; raise what ended it."""
    with ThreadPoolExecutor(len(nodes)) as threads:
        try:
            spinning = [threads.submit(_spin, node) for node in nodes]
            wait(spinning, return_when=FIRST_COMPLETED)
        finally:
            rclpy.try_shutdown()
    for thread in spinning:
        thread.result()


def _spin(node: StackNode) -> None:
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    try:
        executor.spin()
    finally:
        executor.shutdown()


def main() -> int:
    """Run as a process."""
    return run(sys.argv)


if __name__ == "__main__":
    sys.exit(main())
