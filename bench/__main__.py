# SPDX-License-Identifier: Apache-2.0
"""``./run bench NAME``: dispatch to one benchmark."""

from __future__ import annotations

import argparse
import importlib
import sys

from alpamayo_ros.ros.middleware import send_images_from_here

BENCHMARKS = {
    "frames": "newest image received -> pixels readable in vla_inference",
    "stack": "newest image sent -> plan received, six cameras, separate processes",
    "recovery": "SIGKILL of each node -> fresh plans again",
    "memory": "resident memory of each node over time",
    "model": "a tick of the model, stage by stage, beside the upstream way",
    "decide": "a sentence said -> decided",
    "fuzz": "what no sentence and no bytes may do to the mode expert",
    "trust": "reading, checking, selecting and planning for six candidates",
    "audit": "a question about a million recorded ticks -> answered",
    "recorder": "what recording ten ticks a second with six cameras costs",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare one sub-command a benchmark; only the one that is called is imported."""
    commands = parser.add_subparsers(dest="benchmark", required=True)
    for name, text in BENCHMARKS.items():
        command = commands.add_parser(name, help=text, description=text)
        if name in sys.argv:
            importlib.import_module(f"bench.{name}").add_arguments(command)


def run(arguments: argparse.Namespace) -> int:
    """Run the chosen benchmark."""
    send_images_from_here()
    return int(importlib.import_module(f"bench.{arguments.benchmark}").run(arguments))
