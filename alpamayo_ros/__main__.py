# SPDX-License-Identifier: Apache-2.0
"""The command line: ``./run COMMAND`` or ``ros2 run alpamayo_ros alpamayo COMMAND``."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import importlib.util
import signal
import sys
from collections.abc import Iterator, Sequence
from types import FrameType

from alpamayo_ros.types import StackError

# Imported only when called: a benchmark needs no bag reader, an import needs no node.
_COMMANDS = {
    "demo": ("alpamayo_ros.drives.demo", "drive through a generated world and write a report"),
    "replay": ("alpamayo_ros.drives.replay", "play a bag into the nodes, or tick by tick"),
    "import": ("alpamayo_ros.drives.pandaset", "turn a recorded drive into a rosbag2"),
    "generate": ("alpamayo_ros.drives.generate", "write the generated drive as a rosbag2"),
    "launch": ("alpamayo_ros.ros.processes", "start the nodes on this machine"),
    "decide": ("alpamayo_ros.commands.decide", "sentences in, what they may do out"),
    "reason": ("alpamayo_ros.reasoning.cli", "traces and trajectories in, verdicts out"),
    "audit": ("alpamayo_ros.drives.audit", "what happened in recorded drives, and why"),
    "golden": ("alpamayo_ros.policy.alpamayo.golden", "check the model runtime by recordings"),
    "train": ("alpamayo_ros.commands.train", "make the mode expert's network anew"),
    "bench": ("bench.__main__", "measure, next to the alternative"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; an error the stack names becomes one line and exit code 1."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    parser = argparse.ArgumentParser(
        prog="./run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="\n".join(f"{name:10} {text}" for name, (_, text) in _COMMANDS.items()),
    )  # fmt: skip
    parser.add_argument("command", choices=_COMMANDS)
    command = parser.parse_args(given[:1]).command
    if command == "bench" and importlib.util.find_spec("bench") is None:
        print("alpamayo_ros: benchmarks are run in the repository: ./run bench", file=sys.stderr)
        return 1
    module = importlib.import_module(_COMMANDS[command][0])
    command_parser = argparse.ArgumentParser(
        prog=f"./run {command}", description=_COMMANDS[command][1]
    )
    module.add_arguments(command_parser)
    try:
        with _termination_as_interrupt():
            return int(module.run(command_parser.parse_args(given[1:])))
    except StackError as error:
        print(f"alpamayo_ros: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


@contextlib.contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Treat SIGTERM as SIGINT, so that both leave in order."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


if __name__ == "__main__":
    sys.exit(main())
