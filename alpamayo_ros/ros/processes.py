# SPDX-License-Identifier: Apache-2.0
"""The processes of the stack where ROS' own launch is not installed: start, respawn, stop.

``./run launch [NAME:=VALUE ...]`` starts what launch/alpamayo.launch.py starts. Replay and tests
use the same Supervisor.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from alpamayo_ros.ros.bringup import (
    EXIT_CONFIGURATION,
    NODES,
    RESPAWN_DELAY_S,
    STACK,
    Bringup,
    StackProcess,
    bringup_from_arguments,
    list_arguments,
    parse_assignments,
    share_folder,
)
from alpamayo_ros.ros.middleware import environment
from alpamayo_ros.ros.shared_memory import SETTLED_S, sweep_dead_segments
from alpamayo_ros.types import StackError

__all__ = [
    "STACK",
    "Bringup",
    "NodeFailed",
    "Supervisor",
    "add_arguments",
    "respawn_delay_s",
    "run",
]

_NODE_NAMES = frozenset(process.name for process in NODES)

# How long stop() waits after each signal before it sends the next; a record is completed first.
_PATIENCE_S = {signal.SIGINT: 10.0, signal.SIGTERM: 2.0, signal.SIGKILL: 5.0}

# A process that lived this long is started again at once, whatever came before; one that keeps
# dying sooner is started ever less often.
_SETTLED_S = 5.0
_LONGEST_DELAY_S = 5.0


def respawn_delay_s(quick_deaths: int) -> float:
    """Time before a process is started again, after so many that did not live long in a row."""
    return float(min(RESPAWN_DELAY_S * 2 ** max(0, quick_deaths - 1), _LONGEST_DELAY_S))


class NodeFailed(StackError):
    """A node cannot work as it is configured; the message is the node's own line."""


class Supervisor:
    """Runs the processes of a bring-up and starts again those that die; a context manager.

    ``processes`` are those of the bring-up unless given. Each line a process writes goes to
    ``output``, begun with its name. A configuration error
    (exit code 2) of one process stops all; ``check`` and ``wait`` then raise NodeFailed with what
    the node said. The processes end with this one, even when it is killed.
    """

    def __init__(
        self,
        bringup: Bringup,
        output: TextIO | None = None,
        environ: Mapping[str, str] | None = None,
        processes: Sequence[StackProcess] | None = None,
    ) -> None:
        self.processes = tuple(bringup.processes if processes is None else processes)
        self.restarts: Counter[str] = Counter()
        self._bringup = bringup
        self._output = sys.stderr if output is None else output
        self._environment = _child_environment(environ, bringup, self._output)
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._running = {process.name for process in self.processes}
        self._lock = threading.Lock()
        self._output_lock = threading.Lock()
        self._stopping = threading.Event()
        self._finished = threading.Event()
        self._failure: NodeFailed | None = None
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Start all processes."""
        for process in self.processes:
            thread = threading.Thread(
                target=self._keep_alive, args=(process,), name=process.name, daemon=True
            )
            self._threads.append(thread)
            thread.start()

    @property
    def pids(self) -> dict[str, int]:
        """Process id of each process that runs now."""
        with self._lock:
            return {n: p.pid for n, p in self._processes.items() if p.poll() is None}

    def check(self) -> None:
        """Raise NodeFailed when a configuration error has stopped the stack."""
        if self._failure is not None:
            raise self._failure

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until no process is left; return whether that is so. Raises NodeFailed at once."""
        finished = self._finished.wait(timeout_s)
        self.check()
        return finished

    def stop(self) -> None:
        """End all processes: SIGINT, then SIGTERM, then SIGKILL, each with time to obey."""
        self._stopping.set()
        for number, patience_s in _PATIENCE_S.items():
            self._signal_all(number)
            deadline = time.monotonic() + patience_s
            for thread in self._threads:
                thread.join(max(0.0, deadline - time.monotonic()))
            if not any(thread.is_alive() for thread in self._threads):
                break
        time.sleep(2 * SETTLED_S)
        sweep_dead_segments()

    def __enter__(self) -> Supervisor:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # -- the thread of one process

    def _keep_alive(self, process: StackProcess) -> None:
        quick_deaths = 0
        try:
            while not self._stopping.is_set():
                started = time.monotonic()
                code, report = self._run_once(process)
                if self._stopping.is_set():
                    return
                if code == EXIT_CONFIGURATION:
                    self._fail(report or f"{process.name} cannot work as it is configured")
                    return
                self._say(process.name, f"process died ({_describe_exit(code)})")
                if not self._bringup.respawn:
                    return
                lived_s = time.monotonic() - started
                quick_deaths = 0 if lived_s > _SETTLED_S else quick_deaths + 1
                if self._stopping.wait(respawn_delay_s(quick_deaths)):
                    return
                self.restarts[process.name] += 1
        finally:
            self._leave(process.name)

    def _run_once(self, process: StackProcess) -> tuple[int, str]:
        """Run a process to its end; return its exit code and the last line a node reported."""
        with self._lock:
            if self._stopping.is_set():
                return 0, ""
            # a session of its own: Ctrl-C reaches the processes through stop() alone, once
            child = subprocess.Popen(
                [
                    sys.executable, "-m", "alpamayo_ros.ros.child", process.module,
                    *self._bringup.arguments(process),
                ],
                env=self._environment, start_new_session=True, text=True, errors="replace",
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )  # fmt: skip
            self._processes[process.name] = child
        report = ""
        with child:
            for line in _lines(child.stdout):
                # a node says what is wrong with its configuration as "NAME: what"
                if line.partition(": ")[0] in _NODE_NAMES:
                    report = line
                self._say(process.name, line)
        return child.returncode, report

    def _fail(self, line: str) -> None:
        self._failure = self._failure or NodeFailed(line)
        self._stopping.set()
        self._finished.set()
        self._signal_all(signal.SIGINT)

    def _leave(self, name: str) -> None:
        with self._lock:
            self._processes.pop(name, None)
            self._running.discard(name)
            if not self._running:
                self._finished.set()

    def _signal_all(self, number: signal.Signals) -> None:
        with self._lock:
            for child in self._processes.values():
                with contextlib.suppress(ProcessLookupError):
                    child.send_signal(number)

    def _say(self, name: str, line: str) -> None:
        if self._failure is not None:
            # what the others say while they are stopped would bury what went wrong
            return
        with self._output_lock, contextlib.suppress(ValueError, OSError):
            print(f"[{name}] {line}", file=self._output, flush=True)


def _lines(stream: Iterable[str] | None) -> Iterator[str]:
    assert stream is not None
    for line in stream:
        yield line.rstrip()


def _describe_exit(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _child_environment(
    base: Mapping[str, str] | None, bringup: Bringup, output: TextIO
) -> dict[str, str]:
    result = environment(base, bringup.sends_pixels())
    result["PYTHONUNBUFFERED"] = "1"
    if output.isatty():
        result.setdefault("RCUTILS_COLORIZED_OUTPUT", "1")
    search = [str(share_folder()), *filter(None, [result.get("PYTHONPATH")])]
    result["PYTHONPATH"] = os.pathsep.join(search)
    return result


# -- command line


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``./run launch``."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.epilog = f"arguments, with their defaults:\n{list_arguments()}"
    parser.add_argument(
        "assignments", nargs="*", metavar="NAME:=VALUE", help="launch arguments, see below"
    )


def run(arguments: argparse.Namespace) -> int:
    """Run the stack until it is told to stop. Raises NodeFailed."""
    bringup = bringup_from_arguments(parse_assignments(arguments.assignments))
    with Supervisor(bringup) as supervisor:
        try:
            supervisor.wait()
        except KeyboardInterrupt:
            return 0
    print("alpamayo_ros: every process has ended", file=sys.stderr)
    return 1
