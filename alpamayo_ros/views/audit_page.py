# SPDX-License-Identifier: Apache-2.0
"""The page of an audit: what was counted, and every episode with pictures, words and numbers.

Everything that comes out of a record is text that somebody else wrote, and escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from alpamayo_ros import __version__
from alpamayo_ros.types import SECOND_NS, FloatArray
from alpamayo_ros.views.audit_style import SCRIPT, STYLE
from alpamayo_ros.views.charts import legend
from alpamayo_ros.views.page import page, section, table
from alpamayo_ros.views.report import data_uri, number
from alpamayo_ros.views.tick_picture import GRID, tick_picture

Row = Mapping[str, Any]
Key = tuple[str, int]
"""Folder and t0 [ns]."""

_TONES = {
    "CONTRADICTION": "red", "CONSISTENT": "green", "UNPARSED": "amber", "STOP": "red",
    "LAST_VALID": "amber", "MODEL": "blue", "REFUSED": "red", "UNCLEAR": "amber",
    "ROUTED": "green", "MISSED": "amber",
}  # fmt: skip
_STAGE_COLOURS = ("blue", "violet", "green", "amber", "red", "gray")
_MOST_COUNTS = 12


@dataclass(frozen=True, slots=True)
class Audited:
    """The answer of an audit, and for its episodes the scenes and what was driven after."""

    found: Mapping[str, Any]
    scenes: Mapping[Key, Row]
    driven: Mapping[Key, Sequence[Row]]


def write_audit_page(path: Path, audited: Audited) -> None:
    """Write the page; a file at the path is replaced."""
    found = audited.found
    episodes: Sequence[Row] = found["shown"]
    hits = "".join(_hit(k, row, audited) for k, row in enumerate(episodes))
    sections = [
        _counts(found),
        _bar(episodes),
        _how_to_read(found),
        f'{GRID}<div class="hits">{hits}</div>',
        _drives(found["drives"]),
    ]
    html = page(
        "Audit", _header(found), sections, escape(f"alpamayo_ros {__version__}"), [],
        style=STYLE, own_script=SCRIPT,
    )  # fmt: skip
    path.write_text(html, encoding="utf-8")


# -- the whole


def _header(found: Mapping[str, Any]) -> str:
    drives = found["drives"]
    hours = sum(row["end_ns"] - row["begin_ns"] for row in drives) / SECOND_NS / 3600
    names = ", ".join(row["name"] for row in drives[:4]) + (", ..." if len(drives) > 4 else "")
    title = drives[0]["name"] if len(drives) == 1 else f"{len(drives)} drives"
    span = f"{hours:.1f} h" if hours >= 1 else f"{hours * 60:.1f} min"
    line = f"{names}, {span}" if len(drives) > 1 else span
    policies = ", ".join(found["policies"])
    line += f"; policy {policies}" if policies else ""
    if found["filter"]:
        line += f"; only ticks with {found['filter']}"
    latency = found["latency_ms"] or {}
    tiles = [
        (f"{found['ticks']}", "ticks", ""),
        (f"{found['contradictions']}", "contradict their own trace", "red"),
        (f"{found['rejected']}", "predictions rejected", "red"),
        (f"{found['held']}", "planned without a fresh prediction", "amber"),
        (number(latency.get("p50"), 0, "ms"), "t0 to plan, median", ""),
        (number(latency.get("p99"), 0, "ms"), "t0 to plan, p99", ""),
        (number(latency.get("largest"), 0, "ms"), "t0 to plan, slowest tick", ""),
        (f"{sum(found['mode_decisions'].values())}", "sentences decided on", ""),
    ]
    drawn = "".join(
        f'<div class="tile"><b{_toned(tone, value)}>{escape(value)}</b>'
        f"<span>{escape(text)}</span></div>"
        for value, text, tone in tiles
    )
    return f'<h1>Audit of {escape(title)}</h1><p>{escape(line)}</p><div class="tiles">{drawn}</div>'


def _toned(tone: str, value: str) -> str:
    return f' style="color:var(--{tone})"' if tone and value != "0" else ""


def _counts(found: Mapping[str, Any]) -> str:
    verdicts = found["verdicts"]
    plain: Mapping[str, str] = {"UNPARSED": "amber"}
    groups: list[tuple[str, Mapping[str, int], Mapping[str, str]]] = [
        ("Longitudinal decisions", found["longitudinal"], plain),
        ("Lateral decisions", found["lateral"], plain),
        ("Causes", found["causes"], plain),
        ("Longitudinal: does the trajectory show it", verdicts["longitudinal"], _TONES),
        ("Lateral: does the trajectory show it", verdicts["lateral"], _TONES),
        ("Plan from", found["plan_sources"], _TONES),
        ("Held because", found["plan_reasons"], _TONES),
        ("Rejected because", found["rejections"], {}),
        ("Missed because", found["missed"], {}),
        ("Mode decisions", found["mode_decisions"], _TONES),
        ("Sentences not routed because", found["mode_refusals"], {}),
    ]
    body = "".join(_count_group(*group) for group in groups if group[1])
    return section("What was counted", "", f'<div class="counts">{body}</div>') if body else ""


def _count_group(title: str, counts: Mapping[str, int], tones: Mapping[str, str]) -> str:
    shown = list(counts.items())[:_MOST_COUNTS]
    rest = sum(counts.values()) - sum(count for _, count in shown)
    shown += [(f"{len(counts) - len(shown)} others", rest)] if rest else []
    most = max(count for _, count in shown)
    bars = "".join(
        f'<div class="count {_tone_of(str(name), tones)}"><span>{escape(_words(str(name)))}</span>'
        f'<b>{count}</b><i style="width:{100 * count / most:.1f}%"></i></div>'
        for name, count in shown
    )
    return f"<div><h3>{escape(title)}</h3>{bars}</div>"


def _tone_of(name: str, tones: Mapping[str, str]) -> str:
    return next((tones[word] for word in name.split() if word in tones), "")


def _words(name: str) -> str:
    """A name of a closed vocabulary as words; anything else as it is."""
    known = name and all(c.isupper() or c.isdigit() or c in "_ " for c in name)
    return name.replace("_", " ").lower() if known else name


def _how_to_read(found: Mapping[str, Any]) -> str:
    count, shown = found["episodes"], len(found["shown"])
    if not count:
        what = "no tick matches" if found["filter"] else "nothing contradicts, nothing is rejected"
        return section("No episodes", f"{what.capitalize()}.", "")
    what = "" if found["filter"] else " of ticks that contradict, are rejected or held"
    some = "" if shown == count else f", the first {shown} of {count}"
    keys = legend(
        (("blue", "selected, and faint the other candidates"), ("amber", "plan that was made"),
         ("driven", "driven afterwards, a dot each second"), ("red", "vehicle at t0"))
    )  # fmt: skip
    return section(
        f"Episodes{some}",
        f"Ticks that are alike and follow one another are one episode{what}; its first tick is "
        "shown. From above, forward is up, one square is 10 m.",
        keys,
    )


def _bar(episodes: Sequence[Row]) -> str:
    if not episodes:
        return ""
    marks = "".join(
        f'<a class="{_rank_tone(row)}" href="#hit-{k + 1}" title="{escape(_place(row), True)}"></a>'
        for k, row in enumerate(episodes)
    )
    return (
        f'<section class="bar"><div class="index">{marks}</div>'
        '<span class="keys"><kbd>j</kbd> <kbd>k</kbd> next, previous</span></section>'
    )


def _rank_tone(row: Row) -> str:
    if row["contradiction"] or row["rejected"] or row["plan_source"] == "STOP":
        return "red"
    return "amber" if row["held"] or row["kind"] != "PREDICTED" else "blue"


def _drives(drives: Sequence[Row]) -> str:
    rows = [
        [row["name"], str(row["ticks"]), f"{(row['end_ns'] - row['begin_ns']) / SECOND_NS:.1f} s",
         _moment(row["begin_ns"]), "cut off" if row["cut_off"] else "complete", row["folder"]]
        for row in drives
    ]  # fmt: skip
    return section("Drives", "", table(["name", "ticks", "length", "begins (UTC)", "record",
                                        "folder"], rows, (1, 2)))  # fmt: skip


def _moment(stamp_ns: int) -> str:
    moment = datetime.fromtimestamp(stamp_ns // SECOND_NS, timezone.utc)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{stamp_ns % SECOND_NS // 1_000_000:03d}"


# -- an episode


def _place(row: Row) -> str:
    return f"{row['name']}, {row['at_s']:.1f} s"


def _hit(place: int, row: Row, audited: Audited) -> str:
    key = (row["folder"], row["t0_ns"])
    scene = audited.scenes.get(key, {})
    lasts = f"{row['ticks']} ticks, {row['duration_s'] + 0.1:.1f} s" if row["ticks"] > 1 else ""
    line = "".join(
        f"<small>{escape(text)}</small>"
        for text in (f"{_moment(row['t0_ns'])} UTC", lasts, number(row["speed"], 1, "m/s"))
        if text
    )
    return (
        f'<section class="hit" id="hit-{place + 1}"><h3><a href="#hit-{place + 1}">{place + 1}</a>'
        f'{escape(_place(row))}{line}<span class="badges">{_badges(row)}</span></h3>'
        f'<div class="seen"><figure>{_picture(row, scene, audited.driven.get(key, ()))}</figure>'
        f"<div>{_trace(row)}{_facts(row)}</div></div>{_film(row, scene)}</section>"
    )


def _badge(text: str, tone: str) -> str:
    return f'<span class="badge {tone}">{escape(text)}</span>'


def _badges(row: Row) -> str:
    badges = []
    if row["contradiction"]:
        badges.append(_badge("contradiction", "red"))
    if row["rejected"]:
        badges.append(_badge("rejected", "red"))
    if row["kind"] != "PREDICTED":
        badges.append(_badge(_words(row["kind"]), "amber"))
    if row["plan_source"]:
        badges.append(_badge(f"plan {_words(row['plan_source'])}", _TONES[row["plan_source"]]))
    return "".join(badges)


def _picture(row: Row, scene: Row, driven: Sequence[Row]) -> str:
    ways = [_way(way) for way in scene.get("ways") or ()]
    return tick_picture(ways, row["selected"], _way(scene.get("plan")), _as_seen(row, driven))


def _way(numbers: Sequence[float] | None) -> FloatArray:
    way = np.array(numbers or (), dtype=np.float64)
    return way[: len(way) // 2 * 2].reshape(-1, 2)


def _as_seen(row: Row, driven: Sequence[Row]) -> FloatArray:
    """Where the vehicle went, in the ego frame at t0."""
    if row["x"] is None or not driven:
        return np.empty((0, 2))
    off = np.array([(entry["x"], entry["y"]) for entry in driven]) - (row["x"], row["y"])
    c, s = math.cos(row["yaw"]), math.sin(row["yaw"])
    return np.asarray(off @ np.array(((c, -s), (s, c))))


def _trace(row: Row) -> str:
    if not row["trace"]:
        text = "No prediction, and so no trace." if row["kind"] != "PREDICTED" else "Empty trace."
        return f'<blockquote class="none">{text}</blockquote>'
    return f"<blockquote>{escape(row['trace'])}</blockquote>"


def _facts(row: Row) -> str:
    facts = [
        *(_axis(row, axis) for axis in ("longitudinal", "lateral")),
        ("Causes", "; ".join(f"{escape(cause['text'])} {_why(_words(cause['category']))}"
                             for cause in row["causes"] or ())),
        ("Otherwise", escape(row["counterfactual"] or "")),
        ("Trajectory", _actions(row["meta_actions"] or ())),
        ("Rejected", escape(row["rejection"] or "")),
        ("Missed", escape(row["missed"] or "")),
        ("Plan", _plan(row)),
        ("Selected", _selected(row)),
        ("Sentence", _mode(row)),
        ("Cameras", _cameras(row)),
        ("Latency", _latency(row)),
    ]  # fmt: skip
    rows = "".join(f"<tr><th>{name}</th><td>{text}</td></tr>" for name, text in facts if text)
    return f'<table class="facts">{rows}</table>'


def _why(text: str) -> str:
    return f'<span class="why">{escape(text)}</span>' if text else ""


def _axis(row: Row, axis: str) -> tuple[str, str]:
    decision, verdict = row[f"{axis}_decision"], row[f"{axis}_verdict"]
    if decision is None:
        return axis.capitalize(), ""
    badge = _badge(_words(verdict), _TONES.get(verdict, "")) if verdict else ""
    reason = _why(row[f"{axis}_reason"] or "")
    return axis.capitalize(), f"<b>{escape(_words(decision))}</b> {badge} {reason}"


def _actions(actions: Iterable[Row]) -> str:
    texts = [f"{action['name']} {action['start_s']:.1f}-{action['end_s']:.1f} s"
             for action in actions]  # fmt: skip
    return escape(", ".join(texts))


def _plan(row: Row) -> str:
    if row["plan_source"] is None:
        return "none"
    age, reason = row["plan_age_s"], row["plan_reason"] or ""
    rests = "" if age is None or " s old" in reason else f"; t0 {age:.2f} s old"
    source = _badge(_words(row["plan_source"]), _TONES[row["plan_source"]])
    return f"{source} {_why(reason + rests)}"


def _selected(row: Row) -> str:
    if not row["candidates"]:
        return ""
    return f"{row['selected'] + 1} of {row['candidates']} {_why(row['selection_reason'] or '')}"


def _mode(row: Row) -> str:
    if row["mode_verdict"] is None:
        return ""
    badge = _badge(_words(row["mode_verdict"]), _TONES.get(row["mode_verdict"], ""))
    obeyed = "; the policy was told" if row["obeyed_id"] == row["mode_id"] else ""
    return f"{escape(_words(row['mode']))} {badge} {_why((row['mode_reason'] or '') + obeyed)}"


def _cameras(row: Row) -> str:
    missing = row["missing_cameras"] or ()
    if not missing:
        return ""
    texts = [f"{entry['role']} missing: {entry['reason']}" for entry in missing]
    return escape(f"{row['cameras']}; " + "; ".join(texts))


def _latency(row: Row) -> str:
    stages = {name: value for name, value in (row["stages_ms"] or {}).items()
              if name != "total" and value is not None and value > 0.0}  # fmt: skip
    parts = [f"{name} {value:.1f}" for name, value in stages.items()]
    total = row["latency_ms"]
    if total is not None:
        parts.append(f"t0 to plan {total:.1f}")
    if not parts:
        return ""
    whole = max(total or 0.0, sum(stages.values()), 1e-9)
    bar = "".join(
        f'<i title="{escape(name, True)}" style="width:{100 * value / whole:.1f}%;'
        f'background:var(--{_STAGE_COLOURS[k % len(_STAGE_COLOURS)]})"></i>'
        for k, (name, value) in enumerate(stages.items())
    )
    drawn = f'<div class="stages">{bar}</div>' if bar else ""
    return f"{escape(', '.join(parts))} ms{drawn}"


def _film(row: Row, scene: Row) -> str:
    pictures = scene.get("pictures") or ()
    figures = "".join(
        f'<figure><img src="{data_uri(picture["jpeg"])}" alt="{escape(picture["role"], True)}">'
        f"<figcaption>{escape(picture['role'])} "
        f"{(picture['stamp_ns'] - row['t0_ns']) / 1e6:+.0f} ms</figcaption></figure>"
        for picture in pictures
    )
    return f'<div class="film">{figures}</div>' if figures else ""
