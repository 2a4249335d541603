# SPDX-License-Identifier: Apache-2.0
"""Which ticks an audit is about: filters become one SQL condition over the table of ticks."""

from __future__ import annotations

import argparse
import difflib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

import duckdb

from alpamayo_ros.reasoning.vocabulary import LATERAL, LONGITUDINAL, NONE, UNPARSED
from alpamayo_ros.types import CauseCategory, ConfigurationError, Consistency, PlanSource

DECISIONS = sorted({*LONGITUDINAL, *LATERAL, NONE, UNPARSED})
VERDICTS = [verdict.name for verdict in Consistency]
SOURCES = [source.name for source in PlanSource]
CATEGORIES = [category.name for category in CauseCategory]


class BadFilter(ConfigurationError):
    """A filter that names nothing there is, or a condition that may not be asked."""


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition with its parameters, and in words; ``active``: it leaves out anything."""

    condition: str = "true"
    parameters: list[Any] = field(default_factory=list)
    words: str = ""

    @property
    def by_drive(self) -> bool:
        """Whether the condition needs what is known of the drive beside the tick."""
        return re.search(r"\b(at_s|name|folder|file_index)\b", self.condition) is not None

    @property
    def active(self) -> bool:
        """Whether anything is asked."""
        return bool(self.words)


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Declare the filters; each may be given again (any of them), different ones all hold."""
    group = parser.add_argument_group("which ticks")
    group.add_argument(
        "--decision", action="append", default=[], metavar="NAME",
        help="longitudinal or lateral decision, as STOP or TURN_LEFT",
    )  # fmt: skip
    group.add_argument(
        "--cause", action="append", default=[], metavar="NAME|TEXT",
        help="category of a cause, as TRAFFIC_LIGHT, or words in it",
    )  # fmt: skip
    group.add_argument(
        "--verdict", action="append", default=[], metavar="NAME",
        help="of the check of an axis: " + ", ".join(VERDICTS),
    )  # fmt: skip
    group.add_argument(
        "--source", action="append", default=[], metavar="NAME",
        help="of the plan: " + ", ".join(SOURCES),
    )  # fmt: skip
    group.add_argument("--policy", action="append", default=[], metavar="NAME")
    group.add_argument("--rejected", action="store_true", help="refused by the plan")
    group.add_argument("--held", action="store_true", help="planned without a fresh prediction")
    group.add_argument(
        "--since", default=None, metavar="TIME",
        help="seconds after each drive's begin, or ISO 8601 (UTC where no zone is named)",
    )  # fmt: skip
    group.add_argument("--until", default=None, metavar="TIME", help="likewise")
    group.add_argument(
        "--slower-than", type=float, default=None, metavar="MS",
        help="t0 until its plan, or the policy alone, took longer",
    )  # fmt: skip
    group.add_argument(
        "--where", default=None, metavar="SQL",
        help="condition on the columns (--columns lists them), as "
        "\"speed > 20 AND lateral_decision = 'ABORT'\"",
    )  # fmt: skip


def filter_of(arguments: argparse.Namespace) -> Filter:
    """The filter that was asked for; raises BadFilter."""
    parts: list[tuple[str, list[Any], str]] = []

    def either(what: str, values: Iterable[str], columns: str, known: list[str] | None) -> None:
        names = [value if known is None else _known(what, value, known) for value in values]
        if names:
            among = f"IN ({', '.join('?' for _ in names)})"
            wanted = [f"{column} {among}" for column in columns.split()]
            parts.append((f"({' OR '.join(wanted)})", names * len(wanted),
                          f"{what} {' or '.join(names)}"))  # fmt: skip

    either("decision", arguments.decision, "longitudinal_decision lateral_decision", DECISIONS)
    either("verdict", arguments.verdict, "longitudinal_verdict lateral_verdict", VERDICTS)
    either("source", arguments.source, "plan_source", SOURCES)
    either("policy", arguments.policy, "policy", None)
    if arguments.cause:
        parts.append(_causes(arguments.cause))
    if arguments.rejected:
        parts.append(("rejected", [], "rejected"))
    if arguments.held:
        parts.append(("held", [], "held"))
    for name, sign in (("since", ">="), ("until", "<=")):
        if (text := getattr(arguments, name)) is not None:
            column, value = _time(name, text)
            parts.append((f"{column} {sign} ?", [value], f"{name} {text}"))
    if arguments.slower_than is not None:
        slower = arguments.slower_than
        parts.append(("(latency_ms > ? OR policy_ms > ?)", [slower, slower],
                      f"slower than {slower:g} ms"))  # fmt: skip
    if arguments.where is not None:
        parts.append((f"({checked_condition(arguments.where)}\n)", [], arguments.where.strip()))
    if not parts:
        return Filter()
    return Filter(
        " AND ".join(condition for condition, _, _ in parts),
        [value for _, values, _ in parts for value in values],
        "; ".join(words for _, _, words in parts),
    )


def _known(what: str, value: str, known: list[str]) -> str:
    name = value.strip().upper().replace("-", "_").replace(" ", "_")
    if name in known:
        return name
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {close[0]}?" if close else "there are " + ", ".join(known)
    raise BadFilter(f"no {what} is called '{value}'; {hint}")


def _causes(causes: list[str]) -> tuple[str, list[Any], str]:
    """A category when it is one, else words that a cause holds."""
    categories: list[str] = []
    words: list[str] = []
    for cause in causes:
        name = cause.strip().upper().replace("-", "_").replace(" ", "_")
        (categories if name in CATEGORIES else words).append(
            name if name in CATEGORIES else cause.lower()
        )
    conditions = ["cause.category = ?" for _ in categories]
    conditions += ["contains(lower(cause.text), ?)" for _ in words]
    any_of = f"len(list_filter(causes, lambda cause: {' OR '.join(conditions)})) > 0"
    return any_of, [*categories, *words], f"cause {' or '.join([*categories, *words])}"


def _time(name: str, text: str) -> tuple[str, float | int]:
    try:
        return "at_s", float(text)
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise BadFilter(
            f"--{name} '{text}' is neither seconds nor a time as 2030-01-02T03:04:05"
        ) from error
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return "t0_ns", round(moment.timestamp() * 1e9)


# -- conditions that people write

_WITHOUT = ("group_expressions", "group_sets", "having", "sample", "qualify")


def checked_condition(text: str) -> str:
    """The condition, when it is one expression over a row's columns and reads nothing else.

    It is parsed by the engine itself: a second statement, a union, a subquery, a limit or a
    grouping is none. Raises BadFilter.
    """
    sql = f"SELECT 1 FROM ticks WHERE ({text}\n)"
    with duckdb.connect() as engine:
        (answer,) = engine.execute("SELECT json_serialize_sql(?)", [sql]).fetchone() or ("{}",)
    parsed = json.loads(answer)
    if parsed.get("error", True):
        raise BadFilter(f"--where: {parsed.get('error_message', 'not SQL')}")
    statements = parsed["statements"]
    node = statements[0]["node"] if len(statements) == 1 else {}
    plain = node.get("type") == "SELECT_NODE" and node["from_table"]["type"] == "BASE_TABLE"
    if not plain or node["modifiers"] or any(node.get(name) for name in _WITHOUT):
        raise BadFilter("--where takes one condition on the columns, and nothing after it")
    if "SUBQUERY" in _classes(node["where_clause"]):
        raise BadFilter("--where takes a condition on a tick's own columns: no subquery")
    return text


def _classes(tree: object) -> set[str]:
    if isinstance(tree, Mapping):
        own = {tree["class"]} if isinstance(tree.get("class"), str) else set()
        return own.union(*(_classes(value) for value in tree.values()))
    if isinstance(tree, list):
        return set().union(*(_classes(value) for value in tree))
    return set()
