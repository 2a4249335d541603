# SPDX-License-Identifier: Apache-2.0
"""The demo: generate a drive, drive through it with the real nodes, write the report."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from alpamayo_ros.drives.generate import generate_drive
from alpamayo_ros.drives.replay import replay
from alpamayo_ros.ros.bringup import share_folder


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the demo's arguments."""
    parser.add_argument("--out", type=Path, default=Path("out/demo"), help="where results go")
    parser.add_argument("--seconds", type=float, default=25.0, help="length of the drive [s]")
    parser.add_argument("--seed", type=int, default=0, help="seed of the generated world")


def run(arguments: argparse.Namespace) -> int:
    """Generate, replay in real time, say where the report is."""
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    bag = out / "drive"
    generate_drive(bag, arguments.seconds, arguments.seed, overwrite=True, progress=True)
    summary = replay(bag, out, params=[share_folder() / "params" / "demo.yaml"])
    predicted = summary["predictions"] / max(summary["ticks"], 1)
    print(
        f"{summary['predictions']} of {summary['ticks']} ticks predicted ({predicted:.0%}), "
        f"{summary['plans']} plans; open {out / 'report.html'}"
    )
    if predicted <= 0.95:
        print(f"alpamayo_ros: only {predicted:.0%} of the ticks were predicted", file=sys.stderr)
        return 1
    return 0
