# SPDX-License-Identifier: Apache-2.0
"""Which records an audit reads: folders and patterns in, drives and faults out."""

from __future__ import annotations

import difflib
import glob
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from alpamayo_ros.drives.tick_files import files_of, holds_record
from alpamayo_ros.drives.ticks import TICKS
from alpamayo_ros.types import StackError


class NoDrive(StackError):
    """A folder that holds no record of a drive."""


class DamagedRecord(StackError):
    """A file of a record that cannot be read, or is none."""


@dataclass(frozen=True, slots=True)
class Drive:
    """A folder with the record of a drive; ``unfinished`` holds rows of a drive cut off."""

    folder: Path
    name: str
    files: tuple[Path, ...]
    unfinished: Path | None = None


def find_drives(patterns: Iterable[str]) -> tuple[list[Drive], list[StackError]]:
    """Find the drives in folders, in the folders below them, and what patterns name.

    Returns the drives in the order of their names, and what is wrong with anything that was named
    or with a file of a drive, which is left out.
    """
    folders: dict[Path, None] = {}
    faults: list[StackError] = []
    for pattern in patterns:
        found = _folders(pattern)
        if not found:
            faults.append(NoDrive(_why_none(pattern)))
        folders |= dict.fromkeys(found)
    drives = []
    for folder in folders:
        drive, wrong = _drive(folder)
        faults += wrong
        if drive is not None:
            drives.append(drive)
    return _named_apart(drives), faults


def _folders(pattern: str) -> list[Path]:
    named = [Path(pattern)]
    if not named[0].exists():
        named = [Path(path) for path in sorted(glob.glob(pattern))]  # noqa: PTH207 - also of absolute ones
    folders = []
    for path in named:
        if path.is_file() and path.name == "ticks.parquet":
            path = path.parent
        if not path.is_dir():
            continue
        if holds_record(path):
            folders.append(path)
            continue
        below = {file.parent for file in path.rglob("ticks.parquet")}
        below |= {parts.parent for parts in path.rglob("ticks") if parts.is_dir()}
        folders += sorted(folder for folder in below if holds_record(folder))
    return folders


def _why_none(pattern: str) -> str:
    path = Path(pattern)
    if path.exists():
        return f"{pattern} is no drive: it holds neither ticks.parquet nor parts of one"
    near = [str(other) for other in path.parent.glob("*")] if path.parent.is_dir() else []
    close = difflib.get_close_matches(str(path), near, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    return f"no such folder: {pattern}{hint}"


def _drive(folder: Path) -> tuple[Drive | None, list[StackError]]:
    sound: list[Path] = []
    faults: list[StackError] = []
    for path in files_of(folder, "ticks"):
        fault = _fault_of(path)
        if fault:
            faults.append(DamagedRecord(fault))
        else:
            sound.append(path)
    unfinished = next((path for path in sound if path.name == "open.parquet"), None)
    files = tuple(path for path in sound if path != unfinished)
    if not sound:
        return None, faults
    return Drive(folder, folder.resolve().name, files, unfinished), faults


def _fault_of(path: Path) -> str:
    """What is wrong with a file, as far as its end tells; empty: nothing."""
    try:
        found = pq.read_schema(path)
    except (OSError, pa.ArrowException) as error:
        text = " ".join(str(error).split())
        return f"{path} is damaged ({path.stat().st_size} bytes): {text[:160]}"
    for field in TICKS:
        place = found.get_field_index(field.name)
        if place < 0:
            return f"{path} is no table of ticks: it has no column '{field.name}'"
        if found.field(place).type != field.type:
            kind = found.field(place).type
            return f"{path}: column '{field.name}' is {kind}, expected {field.type}"
    return ""


def _named_apart(drives: Sequence[Drive]) -> list[Drive]:
    """Drives by name; two folders of one name are told apart by the folders they are in."""
    names = [drive.name for drive in drives]
    apart = [
        drive
        if names.count(drive.name) == 1
        else Drive(drive.folder, str(drive.folder), drive.files, drive.unfinished)
        for drive in drives
    ]
    return sorted(apart, key=lambda drive: drive.name)
