# SPDX-License-Identifier: Apache-2.0
"""Remove the shared memory of processes that were killed.

The frame store cannot be left behind (it has no name), but Fast DDS' segments can: a process that
is killed leaves 64 MiB in /dev/shm. Fast DDS holds a file lock on ``NAME_el`` (``NAME_sl`` when
shared) as long as the owner of NAME lives, and the kernel drops the lock when it dies, so a lock
that can be had tells a dead owner. This is the rule Fast DDS' own ``fastdds shm clean`` goes by.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from pathlib import Path

_FOLDER = Path("/dev/shm")
_PREFIXES = ("fastdds_", "fastrtps_")
_LOCKS = ("_el", "_sl")

SETTLED_S = 0.05
"""A segment younger than this may belong to a process that is about to lock it."""


def sweep_dead_segments(folder: Path = _FOLDER) -> list[str]:
    """Remove Fast DDS segments and ports whose owner is dead; return their names.

    Touches only files of this user. Never raises: a file that vanishes or cannot be opened is
    another process's business.
    """
    removed = []
    now = time.time()
    try:
        entries = {entry.name: entry.stat() for entry in folder.iterdir()}
    except OSError:
        return []
    for name, status in entries.items():
        owned = status.st_uid == os.getuid() and now - status.st_ctime > SETTLED_S
        if not owned or not name.startswith(_PREFIXES) or name.endswith(_LOCKS):
            continue
        locks = [folder / f"{name}{suffix}" for suffix in _LOCKS if f"{name}{suffix}" in entries]
        if locks and _remove_if_dead(folder, name, locks):
            removed.append(name)
    return removed


def _remove_if_dead(folder: Path, name: str, locks: list[Path]) -> bool:
    """Remove NAME while holding its locks, so that no process can take it over meanwhile."""
    with contextlib.ExitStack() as held:
        for lock in locks:
            try:
                file = held.enter_context(lock.open("r+b"))
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return False
        for path in (folder / name, *locks, folder / f"sem.{name}_mutex"):
            path.unlink(missing_ok=True)
    return True
