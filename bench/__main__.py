# SPDX-License-Identifier: Apache-2.0
"""``./run bench NAME``: dispatch to one benchmark, or run all."""

from __future__ import annotations

import argparse
import importlib

from alpamayo_ros.ros.middleware import send_images_from_here

BENCHMARKS = {
    "frames": "newest image received -> pixels readable in vla_inference",
    "stack": "newest image sent -> plan received, six cameras, separate processes",
    "recovery": "SIGKILL of each node -> fresh plans again",
    "memory": "resident memory of each node over time",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare one sub-command a benchmark."""
    commands = parser.add_subparsers(dest="benchmark", required=True)
    for name, text in BENCHMARKS.items():
        module = importlib.import_module(f"bench.{name}")
        module.add_arguments(commands.add_parser(name, help=text, description=text))


def run(arguments: argparse.Namespace) -> int:
    """Run the chosen benchmark."""
    send_images_from_here()
    return int(importlib.import_module(f"bench.{arguments.benchmark}").run(arguments))
