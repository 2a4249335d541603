# SPDX-License-Identifier: Apache-2.0
"""The record on disk: small files while it is written, one file when it is complete.

Every file is written under another name, forced to the disk and then renamed, so that a file that
has its name is whole, whenever the process or the machine dies. Below DIR:

- ``ticks/000012-000012.parquet``: rows that became complete in one second. Sixty are merged into
  one (``000000-000059``); a file whose numbers lie within another's is not read.
- ``ticks/open.parquet``: rows that are not complete yet, as far as they are known.
- ``ticks.parquet``: everything, once the record is closed; then the folder is gone.

The same for ``scenes``.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from alpamayo_ros.drives.tick_book import Row
from alpamayo_ros.drives.ticks import SCENES, TICKS
from alpamayo_ros.types import StackError

TABLES = {"ticks": TICKS, "scenes": SCENES}

MERGE = 60
"""Parts that become one."""

_OPEN = "open.parquet"
_NAME = re.compile(r"(\d{6,})-(\d{6,})\.parquet")
_ROW_GROUP = {"ticks": 20_000, "scenes": 50}
"""Rows; a page about a few ticks reads only the groups that hold them."""
_DICTIONARIES = {
    "ticks": [
        "drive", "kind", "policy", "odometry_frame", "trace", "longitudinal_decision",
        "lateral_decision",
        "longitudinal_verdict", "lateral_verdict", "mode", "mode_verdict", "plan_source",
    ],
    "scenes": [],
}  # fmt: skip


class RecordExists(StackError):
    """A folder that holds a record already."""


class RecordNotWritten(StackError):
    """A record that cannot be written on, for lack of space say."""


class TickFiles:
    """Writes the record of a drive into a folder; not to be shared between threads.

    Raises RecordExists when the folder holds one, unless ``replace``; RecordNotWritten where
    the disk fails. What could not be written stays to be written with the next call.
    """

    def __init__(self, folder: Path, replace: bool = False) -> None:
        self._folder = folder
        if replace:
            remove_record(folder)
        elif holds_record(folder):
            raise RecordExists(f"{folder} holds the record of a drive already")
        self._number = 0
        self._rows: dict[str, list[Row]] = {name: [] for name in TABLES}
        self._open_written = False
        with self._named_errors():
            for name in TABLES:
                (folder / name).mkdir(parents=True, exist_ok=True)

    @property
    def waiting(self) -> int:
        """Rows that are not on the disk yet."""
        return len(self._rows["ticks"])

    def add(self, rows: Iterable[tuple[Row, Row | None]]) -> None:
        """Take complete rows; ``flush`` writes them."""
        for tick, scene in rows:
            self._rows["ticks"].append(tick)
            if scene is not None:
                self._rows["scenes"].append(scene)

    def drop_oldest(self, most: int) -> int:
        """Let go of the oldest rows beyond ``most``; return how many ticks went."""
        gone = max(0, len(self._rows["ticks"]) - most)
        if gone:
            del self._rows["ticks"][:gone]
            scenes = self._rows["scenes"]
            del scenes[: max(0, len(scenes) - most)]
        return gone

    def flush(self, unfinished: Sequence[tuple[Row, Row | None]] = ()) -> None:
        """Write what was taken, and what is known of unfinished rows."""
        with self._named_errors():
            if self.waiting:
                self._write_part()
            if unfinished or self._open_written:
                rows = {
                    "ticks": [tick for tick, _ in unfinished],
                    "scenes": [scene for _, scene in unfinished if scene is not None],
                }
                for name, schema in TABLES.items():
                    path = self._folder / name / _OPEN
                    _write(path, name, [pa.Table.from_pylist(rows[name], schema)])
                self._open_written = bool(unfinished)

    def _write_part(self) -> None:
        name = f"{self._number:06d}-{self._number:06d}.parquet"
        # scenes first: a tick that is there has its scene
        for table in ("scenes", "ticks"):
            rows = pa.Table.from_pylist(self._rows[table], TABLES[table])
            _write(self._folder / table / name, table, [rows])
        self._rows = {name: [] for name in TABLES}
        self._number += 1
        if self._number % MERGE == 0:
            first = self._number - MERGE
            for table in ("scenes", "ticks"):
                self._merge(table, first, self._number - 1)

    def _merge(self, table: str, first: int, last: int) -> None:
        folder = self._folder / table
        parts = [
            path for path in _parts(folder) if first <= _span(path)[0] and _span(path)[1] <= last
        ]
        _write(folder / f"{first:06d}-{last:06d}.parquet", table, _tables(parts))
        for path in parts:
            path.unlink()

    def close(self) -> None:
        """Make one file of each table, after a last ``flush`` without unfinished rows."""
        self.flush()
        with self._named_errors():
            for table in ("scenes", "ticks"):
                folder = self._folder / table
                if not folder.is_dir():
                    continue
                _write(self._folder / f"{table}.parquet", table, _tables(_parts(folder)))
            for table in TABLES:
                shutil.rmtree(self._folder / table, ignore_errors=True)

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except (OSError, pa.ArrowException) as error:
            text = getattr(error, "strerror", None) or " ".join(str(error).split())
            raise RecordNotWritten(f"cannot write the record in {self._folder}: {text}") from error


def _write(path: Path, table: str, tables: Iterable[pa.Table]) -> None:
    """Write tables one after the other into a file that appears at once, or not at all."""
    temporary = path.with_suffix(".tmp")
    size = _ROW_GROUP[table]
    try:
        with (
            temporary.open("wb") as file,
            pq.ParquetWriter(
                file, TABLES[table], compression="zstd", use_dictionary=_DICTIONARIES[table],
                write_statistics=["t0_ns"],
            ) as writer,
        ):  # fmt: skip
            for rows in _of_size(tables, size):
                writer.write_table(rows, size)
            writer.close()
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    # the new name, too, must survive the machine's death
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _of_size(tables: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """The same rows in tables of ``size`` rows, the last one shorter."""
    waiting: list[pa.Table] = []
    count = 0
    for table in tables:
        waiting.append(table)
        count += table.num_rows
        while count >= size:
            whole = pa.concat_tables(waiting)
            # in one piece, so that the bytes do not depend on how the rows came
            yield whole.slice(0, size).combine_chunks()
            count -= size
            waiting = [whole.slice(size)]
    if count:
        yield pa.concat_tables(waiting).combine_chunks()


def _tables(paths: Iterable[Path]) -> Iterator[pa.Table]:
    for path in paths:
        with pq.ParquetFile(path) as file:
            for group in range(file.num_row_groups):
                yield file.read_row_group(group)


def _span(path: Path) -> tuple[int, int]:
    matched = _NAME.fullmatch(path.name)
    assert matched is not None
    return int(matched[1]), int(matched[2])


def _parts(folder: Path) -> list[Path]:
    """The parts of a table in their order, without those that were merged into another."""
    named = [path for path in folder.iterdir() if _NAME.fullmatch(path.name)]
    kept: list[Path] = []
    for path in sorted(named, key=lambda path: (_span(path)[0], -_span(path)[1])):
        if not kept or _span(path)[0] > _span(kept[-1])[1]:
            kept.append(path)
    return kept


# -- finding them again


def files_of(folder: Path, table: str) -> list[Path]:
    """The files of a table in their order; the one with unfinished rows is the last."""
    whole = folder / f"{table}.parquet"
    if whole.is_file():
        return [whole]
    parts = folder / table
    if not parts.is_dir():
        return []
    unfinished = parts / _OPEN
    return [*_parts(parts), *([unfinished] if unfinished.is_file() else [])]


def holds_record(folder: Path) -> bool:
    """Whether a folder holds a record, whole or not."""
    return bool(files_of(folder, "ticks"))


def remove_record(folder: Path) -> None:
    """Remove a record from a folder, and nothing else."""
    for table in TABLES:
        (folder / f"{table}.parquet").unlink(missing_ok=True)
        if (folder / table).is_dir():
            shutil.rmtree(folder / table)
