# SPDX-License-Identifier: Apache-2.0
"""What an audit asks: one query engine over all files of all drives, no loop over ticks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from alpamayo_ros.drives.audit_files import DamagedRecord, Drive
from alpamayo_ros.drives.audit_filter import BadFilter, Filter
from alpamayo_ros.drives.tick_files import files_of
from alpamayo_ros.drives.ticks import SCENES, TICKS
from alpamayo_ros.types import SECOND_NS, StackError

Result = TypeVar("Result")
Row = dict[str, Any]

SLOWEST = 5
"""Ticks that are named as the slowest."""

NOTEWORTHY = "(contradiction OR rejected OR held)"
"""What is shown where nothing else is asked."""

_ORDERS = {
    "worst": "rank DESC, ticks DESC, t0_ns",
    "time": "file_index, t0_ns",
    "slowest": "slowest_ms DESC NULLS LAST, t0_ns",
}
ORDERS = tuple(_ORDERS)

_SAME_EPISODE_NS = 350_000_000
"""Ticks that are alike and follow one another this soon are one episode."""

_ALIKE = (
    "kind, longitudinal_decision, lateral_decision, longitudinal_verdict, lateral_verdict, "
    "plan_source, refusal"
)

_COUNTED = """
    filename, t0_ns, kind, policy, longitudinal_decision, lateral_decision, longitudinal_verdict,
    lateral_verdict, contradiction, rejected, held, plan_source, latency_ms, policy_ms,
    CASE WHEN rejected THEN split_part(rejection, ':', 1) END AS refusal,
    CASE WHEN kind = 'MISSED' THEN coalesce(split_part(missed, ':', 1), 'NO_PREDICTION') END
        AS missed,
    CASE WHEN held THEN plan_source || ' ' || split_part(plan_reason, ':', 1) END AS held_because,
    causes, CASE WHEN len(decisions) > 0 THEN decisions END AS decisions
"""
"""What the ticks of a filter are counted by."""

_BY_COLUMN = {
    "kinds": "kind", "policies": "policy", "longitudinal": "longitudinal_decision",
    "lateral": "lateral_decision", "longitudinal_verdicts": "longitudinal_verdict",
    "lateral_verdicts": "lateral_verdict", "rejections": "refusal", "missed": "missed",
    "plan_sources": "plan_source", "plan_reasons": "held_because",
}  # fmt: skip

_COUNTS = {
    name: f"SELECT {column}, count(*) FROM hits WHERE {column} NOT NULL GROUP BY 1"
    for name, column in _BY_COLUMN.items()
} | {
    # a trace is repeated for many ticks: each set of causes is looked into once
    "causes": "SELECT category, sum(ticks)::BIGINT FROM (SELECT unnest(list_distinct("
    "list_transform(causes, lambda c: c.category))) AS category, ticks FROM "
    "(SELECT causes, count(*) AS ticks FROM hits GROUP BY 1)) GROUP BY 1",
    "mode_decisions": "SELECT d.mode || ' ' || d.verdict, count(*) FROM "
    "(SELECT unnest(decisions) AS d FROM hits WHERE decisions NOT NULL) GROUP BY 1",
    "mode_refusals": "SELECT split_part(d.reason, ':', 1), count(*) FROM "
    "(SELECT unnest(decisions) AS d FROM hits WHERE decisions NOT NULL) "
    "WHERE d.verdict != 'ROUTED' GROUP BY 1",
}


_WRONG_QUESTION = (
    duckdb.BinderException, duckdb.CatalogException, duckdb.ConversionException,
    duckdb.OutOfRangeException,
)  # fmt: skip


class Audit:
    """Drives that can be asked; a context manager.

    ``faults`` grows when a file turns out to be damaged inside: it is left out, and the question
    asked again.
    """

    def __init__(self, drives: Sequence[Drive]) -> None:
        self.drives = list(drives)
        self.faults: list[StackError] = []
        self._filter = Filter()
        self._hits = "VIEW"
        self._engine = self._open()
        self._ask(self._find_begins)

    def __enter__(self) -> Audit:
        return self

    def __exit__(self, *_: object) -> None:
        self._engine.close()

    # -- questions

    def select(self, filter_: Filter) -> None:
        """Choose the ticks that all further questions are about; raises BadFilter."""
        self._filter = filter_
        self._ask(self._select)

    def counts(self) -> dict[str, Any]:
        """Everything that is counted among the chosen ticks."""
        return self._ask(self._counts)

    def episodes(self, limit: int, order: str) -> tuple[int, list[Row]]:
        """How many episodes there are, and the first ``limit`` of them, each by its first tick.

        Without a filter, of the ticks that are worth a look. Beside the columns of ticks a row
        has "folder", "name", "at_s" (since the drive's begin), "ticks" and "duration_s".
        """
        return self._ask(lambda: self._episodes(limit, order))

    def drive_rows(self) -> list[Row]:
        """Each drive: folder, name, ticks, begin and end [ns], and whether it was cut off."""
        return self._ask(self._drive_rows)

    def scenes(self, rows: Sequence[Row]) -> dict[tuple[str, int], Row]:
        """Pictures and ways of episodes, by folder and t0."""
        found: dict[tuple[str, int], Row] = {}
        wanted: dict[str, list[int]] = {}
        for row in rows:
            wanted.setdefault(row["folder"], []).append(row["t0_ns"])
        for folder, t0s in wanted.items():
            for path in files_of(Path(folder), "scenes"):
                found |= {(folder, row["t0_ns"]): row for row in self._scene_rows(path, t0s)}
        return found

    def driven(self, rows: Sequence[Row], seconds: float = 6.4) -> dict[tuple[str, int], list[Row]]:
        """Where the vehicle was from t0 on: t0_ns, x, y and speed, by folder and t0."""
        if not rows:
            return {}
        self._engine.execute(
            "CREATE OR REPLACE TEMP TABLE wanted (file_index BIGINT, t0_ns BIGINT, frame VARCHAR)"
        )
        self._engine.executemany(
            "INSERT INTO wanted VALUES (?, ?, ?)",
            [(row["file_index"], row["t0_ns"], row["odometry_frame"]) for row in rows],
        )
        answer = _rows(
            self._engine.execute(
                "SELECT folder, wanted.t0_ns AS of_ns, ticks.t0_ns, x, y, speed FROM ticks "
                "JOIN wanted ON ticks.file_index = wanted.file_index AND "
                "ticks.odometry_frame = wanted.frame AND "
                "ticks.t0_ns BETWEEN wanted.t0_ns AND wanted.t0_ns + ? ORDER BY ticks.t0_ns",
                [round(seconds * SECOND_NS)],
            )
        )
        ways: dict[tuple[str, int], list[Row]] = {}
        for row in answer:
            ways.setdefault((row["folder"], row["of_ns"]), []).append(row)
        return ways

    # -- how they are asked

    def _select(self) -> None:
        filter_ = self._filter
        source = "ticks" if filter_.by_drive else "rows_read"
        # what everything is counted in need not be copied: each question reads its columns
        kind = "TABLE" if filter_.active else "VIEW"
        self._engine.execute(f"DROP {self._hits} IF EXISTS hits")
        self._hits = kind
        self._engine.execute(
            f"CREATE TEMP {kind} hits AS SELECT {_COUNTED} FROM {source} WHERE {filter_.condition}",
            filter_.parameters,
        )

    def _counts(self) -> dict[str, Any]:
        counts: dict[str, Any] = {}
        for name, question in _COUNTS.items():
            found = self._engine.execute(f"{question} ORDER BY 2 DESC, 1").fetchall()
            counts[name] = dict(found)
        counts["verdicts"] = {
            axis: counts.pop(f"{axis}_verdicts") for axis in ("longitudinal", "lateral")
        }
        return self._totals() | counts

    def _totals(self) -> dict[str, Any]:
        totals = _rows(
            self._engine.execute(
                "SELECT count(*) AS ticks, count(*) FILTER (contradiction) AS contradictions, "
                "count(*) FILTER (rejected) AS rejected, count(*) FILTER (held) AS held, "
                + ", ".join(
                    f"quantile_cont({column}, [0.5, 0.95, 0.99, 1.0]) AS {column}"
                    for column in ("latency_ms", "policy_ms")
                )
                + " FROM hits"
            )
        )[0]
        for column in ("latency_ms", "policy_ms"):
            values = totals[column]
            names = ("p50", "p95", "p99", "largest")
            totals[column] = dict(zip(names, values, strict=True)) if values else None
        totals["slowest"] = _rows(
            self._engine.execute(
                "SELECT name, folder, (t0_ns - start_ns) / 1e9 AS at_s, t0_ns, latency_ms, "
                "policy_ms FROM (SELECT * FROM hits WHERE latency_ms NOT NULL "
                f"ORDER BY latency_ms DESC, t0_ns LIMIT {SLOWEST}) JOIN files USING (filename) "
                "ORDER BY latency_ms DESC, t0_ns"
            )
        )
        return totals

    def _episodes(self, limit: int, order: str) -> tuple[int, list[Row]]:
        condition = "true" if self._filter.active else NOTEWORTHY
        self._engine.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE episodes AS
            WITH alike AS (
                SELECT file_index, t0_ns, {_ALIKE}, contradiction, rejected, latency_ms
                FROM hits JOIN files USING (filename) WHERE {condition}
            ), marked AS (
                SELECT *, t0_ns - lag(t0_ns) OVER
                    (PARTITION BY file_index, {_ALIKE} ORDER BY t0_ns) AS since_ns FROM alike
            ), numbered AS (
                SELECT *, count(*) FILTER (since_ns IS NULL OR since_ns > {_SAME_EPISODE_NS}) OVER
                    (PARTITION BY file_index, {_ALIKE} ORDER BY t0_ns ROWS UNBOUNDED PRECEDING)
                    AS number FROM marked
            )
            SELECT file_index, min(t0_ns) AS t0_ns, count(*) AS ticks,
                (max(t0_ns) - min(t0_ns)) / 1e9 AS duration_s, max(latency_ms) AS slowest_ms,
                8 * max(contradiction::INT) + 4 * max(rejected::INT)
                + coalesce(max(2 * (plan_source = 'STOP')::INT
                + (plan_source = 'LAST_VALID')::INT), 0) AS rank
            FROM numbered GROUP BY file_index, number, {_ALIKE}
            """
        )
        (count,) = self._engine.execute("SELECT count(*) FROM episodes").fetchone() or (0,)
        firsts = _rows(
            self._engine.execute(
                f"SELECT * FROM episodes ORDER BY {_ORDERS[order]} LIMIT ?", [limit]
            )
        )
        return count, self._whole_rows(firsts)

    def _whole_rows(self, firsts: Sequence[Row]) -> list[Row]:
        """Every column of the ticks that episodes begin with, in the order of these."""
        if not firsts:
            return []
        # constants, not a join: only the groups of rows that hold them are read
        stamps = ", ".join({str(first["t0_ns"]) for first in firsts})
        places = ", ".join({str(first["file_index"]) for first in firsts})
        files = self._engine.execute(
            f"SELECT filename FROM files WHERE file_index IN ({places})"
        ).fetchall()
        found = _rows(
            self._engine.execute(
                f"SELECT * FROM ticks WHERE filename IN ({_texts([name for (name,) in files])}) "
                f"AND t0_ns IN ({stamps})"
            )
        )
        by_place = {(row["file_index"], row["t0_ns"]): row for row in found}
        return [by_place[first["file_index"], first["t0_ns"]] | first for first in firsts]

    def _drive_rows(self) -> list[Row]:
        found = _rows(
            self._engine.execute(
                "SELECT folder, name, count(*) AS ticks, min(t0_ns) AS begin_ns, "
                "max(t0_ns) AS end_ns FROM ticks GROUP BY ALL ORDER BY name"
            )
        )
        cut_off = {str(drive.folder): drive.files[:1] != (drive.folder / "ticks.parquet",)
                   for drive in self.drives}  # fmt: skip
        return [row | {"cut_off": cut_off[row["folder"]]} for row in found]

    def _scene_rows(self, path: Path, t0s: Sequence[int]) -> list[Row]:
        columns = ", ".join(SCENES.names)
        try:
            return _rows(
                self._engine.execute(
                    f"SELECT {columns} FROM read_parquet(?) WHERE t0_ns BETWEEN ? AND ? "
                    "AND list_contains(?, t0_ns)",
                    [str(path), min(t0s), max(t0s), list(t0s)],
                )
            )
        except duckdb.Error as error:
            self.faults.append(DamagedRecord(f"{path} is damaged: {_one_line(error)}"))
            return []

    # -- the engine

    def _ask(self, question: Callable[[], Result]) -> Result:
        try:
            return question()
        except _WRONG_QUESTION as error:
            text = _one_line(error).partition(" LINE ")[0]
            raise BadFilter(f"--where: {text}") from error
        except duckdb.Error as error:
            if not self._leave_out_damaged():
                raise BadFilter(f"cannot be asked: {_one_line(error)}") from error
            self._find_begins()
            if question not in (self._find_begins, self._select):
                self._select()
            return question()

    def _find_begins(self) -> None:
        """Find when each drive begins."""
        self._engine.execute(
            "UPDATE files SET start_ns = first_ns FROM (SELECT f.file_index, "
            "min(t0_ns) AS first_ns FROM rows_read JOIN files f USING (filename) GROUP BY 1) "
            "begins WHERE files.file_index = begins.file_index"
        )

    def _leave_out_damaged(self) -> bool:
        """Read every file to its end, and leave out those that cannot be; whether there were."""
        before = len(self.faults)
        kept: list[Drive] = []
        for drive in self.drives:
            sound = [path for path in drive.files if self._is_sound(path)]
            unfinished = drive.unfinished
            if unfinished is not None and not self._is_sound(unfinished):
                unfinished = None
            if sound or unfinished is not None:
                kept.append(Drive(drive.folder, drive.name, tuple(sound), unfinished))
        if len(self.faults) == before:
            return False
        self.drives = kept
        self._engine.close()
        self._engine = self._open()
        return True

    def _is_sound(self, path: Path) -> bool:
        try:
            self._engine.execute(
                "SELECT max(hash(whole)) FROM (SELECT r AS whole FROM read_parquet(?) AS r)",
                [str(path)],
            ).fetchall()
        except duckdb.Error as error:
            self.faults.append(DamagedRecord(f"{path} is damaged: {_one_line(error)}"))
            return False
        return True

    def _open(self) -> duckdb.DuckDBPyConnection:
        """An engine that can read the records' files and nothing else of this machine."""
        engine = duckdb.connect()
        files = [str(path) for drive in self.drives for path in drive.files]
        unfinished = [str(drive.unfinished) for drive in self.drives if drive.unfinished]
        scenes = [str(p) for drive in self.drives for p in files_of(drive.folder, "scenes")]
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute(f"SET allowed_paths = [{_texts([*files, *unfinished, *scenes])}]")
        engine.execute("SET enable_external_access = false")
        engine.execute("SET lock_configuration = true")
        engine.execute(
            "CREATE TABLE files (filename VARCHAR, file_index BIGINT, folder VARCHAR, "
            "name VARCHAR, start_ns BIGINT)"
        )
        engine.register("no_ticks", TICKS.empty_table())
        sources = [_read(files)] if files else ["SELECT *, '' AS filename FROM no_ticks"]
        if unfinished:
            sources.append(_unfinished(unfinished, files))
        union = " UNION ALL BY NAME ".join(sources)
        for place, drive in enumerate(self.drives):
            for path in (*drive.files, *([drive.unfinished] if drive.unfinished else ())):
                engine.execute(
                    "INSERT INTO files VALUES (?, ?, ?, ?, 0)",
                    [str(path), place, str(drive.folder), drive.name],
                )
        engine.execute(f"CREATE VIEW rows_read AS {union}")
        engine.execute(
            "CREATE VIEW ticks AS SELECT rows_read.*, file_index, folder, name, "
            "(t0_ns - start_ns) / 1e9 AS at_s FROM rows_read JOIN files USING (filename)"
        )
        return engine


def _texts(paths: Sequence[str]) -> str:
    return ", ".join("'" + path.replace("'", "''") + "'" for path in paths)


def _read(files: Sequence[str]) -> str:
    columns = ", ".join(TICKS.names)
    return f"SELECT {columns}, filename FROM read_parquet([{_texts(files)}], filename = true)"


def _unfinished(files: Sequence[str], parts: Sequence[str]) -> str:
    """Unfinished rows that are in no part of the same drive: it was cut off between the two."""
    folders = {str(Path(file).parent) for file in files}
    beside = [part for part in parts if str(Path(part).parent) in folders]
    if not beside:
        return _read(files)
    return (
        f"SELECT * FROM ({_read(files)}) unfinished WHERE NOT EXISTS (SELECT 1 FROM "
        f"({_read(beside)}) part WHERE part.t0_ns = unfinished.t0_ns AND "
        "parse_dirpath(part.filename) = parse_dirpath(unfinished.filename))"
    )


def _rows(answer: duckdb.DuckDBPyConnection) -> list[Row]:
    names = [column[0] for column in answer.description or ()]
    return [dict(zip(names, row, strict=True)) for row in answer.fetchall()]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300]
