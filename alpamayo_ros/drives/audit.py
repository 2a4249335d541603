# SPDX-License-Identifier: Apache-2.0
"""``./run audit DIR...``: what happened in recorded drives, and why."""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from alpamayo_ros.drives.audit_files import Drive, NoDrive, find_drives
from alpamayo_ros.drives.audit_filter import add_filters, filter_of
from alpamayo_ros.drives.audit_query import ORDERS, Audit, Row
from alpamayo_ros.drives.ticks import TICKS, meanings
from alpamayo_ros.types import SECOND_NS, ConfigurationError, StackError

_SHOWN = 10
_PICTURED = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ``./run audit``."""
    parser.add_argument(
        "drives", nargs="*", metavar="DIR",
        help="folder with the record of a drive, or with such folders in it, or a pattern",
    )  # fmt: skip
    add_filters(parser)
    group = parser.add_argument_group("what comes out")
    group.add_argument("--json", action="store_true", help="print JSON")
    group.add_argument(
        "--html", type=Path, default=None, metavar="DIR",
        help="write a page with pictures, DIR/audit.html",
    )  # fmt: skip
    group.add_argument(
        "--limit", type=int, default=None,
        help=f"episodes that are shown (default: {_SHOWN}, in a page {_PICTURED})",
    )  # fmt: skip
    group.add_argument("--order", choices=ORDERS, default="worst", help="of the episodes")
    group.add_argument("--columns", action="store_true", help="list the columns and end")


def parser_of() -> argparse.ArgumentParser:
    """The command's parser."""
    parser = argparse.ArgumentParser(prog="./run audit")
    add_arguments(parser)
    return parser


def run(arguments: argparse.Namespace) -> int:
    """Answer. 0 only when everything that was named could be read."""
    if arguments.columns:
        for name, meaning in meanings(TICKS).items():
            print(f"{name:22} {meaning}")
        return 0
    if not arguments.drives:
        raise ConfigurationError("name a folder with the record of a drive: ./run audit DIR...")
    drives, faults = find_drives(arguments.drives)
    for fault in faults:
        print(f"alpamayo_ros: {fault}", file=sys.stderr)
    if not drives:
        raise NoDrive("nothing to audit")
    found, late_faults, page = answer(drives, arguments)
    for fault in late_faults:
        print(f"alpamayo_ros: {fault}", file=sys.stderr)
    found["faults"] = [str(fault) for fault in (*faults, *late_faults)]
    if arguments.json:
        print(json.dumps(_plain(found), indent=2, ensure_ascii=False, allow_nan=False))
    else:
        print(as_text(found))
    if page is not None:
        print(f"page: {page}", file=sys.stderr if arguments.json else sys.stdout)
    return 1 if found["faults"] else 0


def answer(
    drives: Sequence[Drive], arguments: argparse.Namespace
) -> tuple[dict[str, Any], list[StackError], Path | None]:
    """Ask what the arguments ask; return the answer, files found damaged, and the page."""
    filter_ = filter_of(arguments)
    limit = arguments.limit
    if limit is None:
        limit = _PICTURED if arguments.html else _SHOWN
    if limit < 0:
        raise ConfigurationError(f"--limit {limit} is below 0")
    with Audit(drives) as audit:
        audit.select(filter_)
        count, episodes = audit.episodes(limit, arguments.order)
        found = {
            "filter": filter_.words,
            **audit.counts(),
            "episodes": count,
            "shown": episodes,
            "drives": audit.drive_rows(),
        }
        page = _write_page(audit, found, arguments) if arguments.html else None
        return found, list(audit.faults), page


def _write_page(audit: Audit, found: Mapping[str, Any], arguments: argparse.Namespace) -> Path:
    # what only prints needs no page
    from alpamayo_ros.views.audit_page import Audited, write_audit_page

    episodes: list[Row] = found["shown"]
    audited = Audited(found, audit.scenes(episodes), audit.driven(episodes))
    arguments.html.mkdir(parents=True, exist_ok=True)
    path: Path = arguments.html / "audit.html"
    write_audit_page(path, audited)
    return path


# -- as text


def as_text(found: Mapping[str, Any]) -> str:
    """The answer for a terminal."""
    drives = found["drives"]
    spans = sum(row["end_ns"] - row["begin_ns"] for row in drives) / SECOND_NS
    lines = [f"{len(drives)} drives, {spans / 3600:.2f} h: {found['ticks']} ticks"]
    lines[0] += f" with {found['filter']}" if found["filter"] else ""
    cut_off = [row["name"] for row in drives if row["cut_off"]]
    if cut_off:
        lines.append(f"not completed: {', '.join(cut_off)}")
    lines += [
        f"{found['contradictions']} contradict their trace, {found['rejected']} rejected, "
        f"{found['held']} held",
        "",
    ]
    for title, counts in (
        ("ticks", found["kinds"]),
        ("missed because", found["missed"]),
        ("policy", found["policies"]),
        ("longitudinal", found["longitudinal"]),
        ("  is shown", found["verdicts"]["longitudinal"]),
        ("lateral", found["lateral"]),
        ("  is shown", found["verdicts"]["lateral"]),
        ("causes", found["causes"]),
        ("plan", found["plan_sources"]),
        ("held because", found["plan_reasons"]),
        ("rejected because", found["rejections"]),
        ("mode decisions", found["mode_decisions"]),
        ("  not routed", found["mode_refusals"]),
    ):
        if counts:
            parts = (f"{clean(str(name))} {count}" for name, count in counts.items())
            lines.append(f"{title:17} {', '.join(parts)}")
    for title, values in (("t0 to plan", found["latency_ms"]), ("policy", found["policy_ms"])):
        if values:
            parts = (f"{name} {value:.1f}" for name, value in values.items())
            lines.append(f"{title:17} {', '.join(parts)} ms")
    lines += [
        f"{'slowest' if not k else '':17} {row['latency_ms']:.1f} ms at {row['at_s']:.1f} s of "
        f"{row['name']}"
        for k, row in enumerate(found["slowest"])
    ]
    lines += _episode_lines(found)
    return "\n".join(lines)


def _episode_lines(found: Mapping[str, Any]) -> list[str]:
    if not found["episodes"]:
        return []
    what = "episodes" if found["filter"] else "episodes worth a look"
    return ["", f"{found['episodes']} {what}, {len(found['shown'])} shown:"] + [
        f"  {clean(row['name'])} {row['at_s']:.1f} s, {row['ticks']} ticks: "
        + "; ".join(clean(text) for text in in_words(row))
        for row in found["shown"]
    ]


def in_words(row: Row) -> list[str]:
    """What an episode is, each thing with its reason."""
    words = [
        f"{row[f'{axis}_decision']} CONTRADICTION: {row[f'{axis}_reason']}"
        for axis in ("longitudinal", "lateral")
        if row[f"{axis}_verdict"] == "CONTRADICTION"
    ]
    if row["rejected"]:
        words.append(f"rejected, {row['rejection']}")
    if row["kind"] == "MISSED":
        words.append(f"missed, {row['missed'] or 'no prediction'}")
    if row["held"]:
        words.append(f"{row['plan_source']}, {row['plan_reason']}")
    if row["trace"]:
        words.append(f'"{row["trace"]}"')
    return words


def clean(text: str) -> str:
    """One line without anything that a terminal obeys."""
    return "".join(c if c.isprintable() else " " for c in text)


def moment(stamp_ns: int) -> str:
    """A stamp as UTC time of day and date."""
    return datetime.fromtimestamp(stamp_ns / SECOND_NS, timezone.utc).strftime("%F %T")


def _plain(value: Any) -> Any:
    """The same for JSON, where no number is infinite and bytes have no place."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(entry) for entry in value]
    return value


if __name__ == "__main__":
    sys.exit(run(parser_of().parse_args()))
