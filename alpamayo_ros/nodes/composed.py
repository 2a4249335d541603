# SPDX-License-Identifier: Apache-2.0
"""All nodes of the stack in one process, an executor thread each, with the same parameters."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor

from alpamayo_ros.ros.bringup import STACK, node_class
from alpamayo_ros.ros.node import EXIT_CONFIGURATION, StackNode
from alpamayo_ros.ros.shared_memory import sweep_dead_segments
from alpamayo_ros.types import ConfigurationError


def run(arguments: Sequence[str] | None = None) -> int:
    """Run all nodes until told to stop; return the process's exit code.

    An error that one node does not expect ends the process, so that all start afresh together.
    """
    sweep_dead_segments()
    rclpy.init(args=arguments)
    nodes: list[StackNode] = []
    starting = ""
    try:
        for process in STACK:
            starting = process.name
            nodes.append(node_class(process)())
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
    return run()


if __name__ == "__main__":
    sys.exit(main())
