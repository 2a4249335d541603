# SPDX-License-Identifier: Apache-2.0
"""The report of a replay: one HTML file that needs nothing else, to read on a wall or a phone."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from alpamayo_ros import types as t
from alpamayo_ros.drives.accuracy import HORIZONS_S, DrivenPath, average_displacement
from alpamayo_ros.drives.record import Recording
from alpamayo_ros.drives.summary import STAGES, Latencies, Tick, predicted_speeds, success_rate
from alpamayo_ros.views.birds_eye import birds_eye, drawn_ticks
from alpamayo_ros.views.charts import (
    Band,
    Series,
    band_chart,
    hair,
    legend,
    merge_bands,
    thin_out,
    time_chart,
    value_range,
)
from alpamayo_ros.views.page import page, section, table

_SOURCE_COLOURS = {"MODEL": "blue", "LAST_VALID": "amber", "STOP": "red"}
_STAGE_COLOURS = {"frame_set": "green", "policy": "violet", "stack": "blue"}
_HORIZON_COLOURS = dict(zip(HORIZONS_S, ("green", "blue", "violet"), strict=True))
_MOST_HAIRS = 120
_MOST_TRACES = 60


@dataclass(frozen=True, slots=True)
class Picture:
    """A small JPEG of one camera at one tick; ``stamp_ns`` is the image's own stamp."""

    t0_ns: int
    role: str
    stamp_ns: int
    jpeg: bytes


@dataclass(frozen=True, slots=True)
class Replayed:
    """Everything a report is made of."""

    summary: Mapping[str, Any]
    ticks: Sequence[Tick]
    driven: DrivenPath
    recording: Recording
    latencies: Latencies
    speeds: Sequence[tuple[int, float]]
    pictures: Sequence[Picture]

    @property
    def start_ns(self) -> int:
        """Begin of the time axis."""
        return int(self.summary["start_ns"])

    @property
    def span_s(self) -> float:
        """Length of the time axis [s]."""
        return max(float(self.summary["duration_s"]), 0.1)

    @property
    def predictions(self) -> list[t.Prediction]:
        """Predictions with a trajectory, by t0."""
        found = sorted(self.recording.predictions.items())
        return [prediction for _, prediction in found if prediction.candidates]

    def seconds(self, stamp_ns: int) -> float:
        """A stamp on the time axis [s]."""
        return (stamp_ns - self.start_ns) / t.SECOND_NS

    def errors(self) -> dict[int, t.FloatArray]:
        """Displacement errors by t0."""
        return {tick.t0_ns: tick.errors for tick in self.ticks if tick.errors is not None}


def write_report(path: Path, replayed: Replayed) -> None:
    """Write the report; a file at the path is replaced."""
    sections = [
        _tick_bar(replayed),
        _above(replayed),
        _speed(replayed),
        _errors(replayed),
        _latency(replayed),
        _timeline(replayed),
        _strip(replayed),
        _dropped(replayed),
        _traces(replayed),
        _inputs(replayed),
    ]
    title = f"{replayed.summary['bag']}: replay report"
    html = page(
        title, _header(replayed), [text for text in sections if text], _footer(replayed.summary),
        _script_ticks(replayed),
    )  # fmt: skip
    path.write_text(html, encoding="utf-8")


def data_uri(jpeg: bytes) -> str:
    """JPEG bytes as the source of an <img>."""
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def number(value: float | None, digits: int, unit: str) -> str:
    """A number with its unit, or a dash when there is none."""
    if value is None or not math.isfinite(value):
        return "-"
    return f"{value:.{digits}f} {unit}"


# -- header


def _header(replayed: Replayed) -> str:
    summary = replayed.summary
    mode = "tick by tick" if summary["mode"] == "lockstep" else f"real time x {summary['rate']:g}"
    cameras = len(summary["cameras"])
    line = (
        f"{summary['duration_s']:.1f} s, {cameras} camera{'s' if cameras != 1 else ''}, "
        f"policy {summary['policy']}, {mode}, {summary['replayed_at'].replace('T', ' ')}"
    )
    ade, latency = summary["ade_m"], summary["latency_ms"]
    dropped = sum(count for reason, count in summary["dropped"].items() if reason != "warm_up")
    tiles = [
        (f"{summary['predictions']} <small>of {summary['ticks']} ticks</small>",
         f"predicted, {success_rate(summary):.1%}"),
        *(
            (number(value, 2, "m"), _error_in_words(horizon, summary["ade_ticks"][horizon]))
            for horizon, value in ade.items()
        ),
        (number(latency["stack"]["p50"], 1, "ms"),
         f"camera to plan, median (p99 {number(latency['stack']['p99'], 1, 'ms')})"),
        (number(latency["frame_set"]["p50"], 1, "ms"),
         f"camera to frame set, median (p99 {number(latency['frame_set']['p99'], 1, 'ms')})"),
        (f"{summary['plans']}", _plans_in_words(summary)),
        (f"{dropped}", f"dropped, and {summary['dropped'].get('warm_up', 0)} ticks of warm-up"),
    ]  # fmt: skip
    drawn = "".join(
        f'<div class="tile"><b>{_small_unit(value)}</b><span>{escape(text)}</span></div>'
        for value, text in tiles
    )
    return (
        f"<h1>{escape(str(summary['bag']))}</h1><p>{escape(line)}</p>"
        f'<div class="tiles">{drawn}</div>'
    )


def _error_in_words(horizon: str, ticks: int) -> str:
    return f"mean error over {horizon} s ({f'{ticks} ticks' if ticks else 'future not recorded'})"


def _plans_in_words(summary: Mapping[str, Any]) -> str:
    sources = summary["plan_sources"].items()
    words = ", ".join(f"{count} {name}" for name, count in sources if count)
    after = sum(summary["plan_sources_after_last_image"].values())
    return f"plans: {words}" + (f" ({after} after the last image)" if after else "")


def _small_unit(value: str) -> str:
    head, space, unit = value.partition(" ")
    return f"{head}{space}<small>{unit}</small>" if space and "<" not in value else value


def _footer(summary: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in summary["versions"].items())
    return escape(f"{versions}. Every number is in summary.json, every message in out.mcap.")


# -- the tick that is looked at


def _tick_bar(replayed: Replayed) -> str:
    count = len(replayed.predictions)
    if not count:
        return section("No predictions", "No tick of this drive was predicted; see below why.", "")
    return (
        '<section class="bar"><input id="tick" type="range" min="0" step="1" '
        f'max="{count - 1}" value="0" aria-label="tick"><output id="said">'
        "Move the slider, or point at a chart, to look at one tick.</output></section>"
    )


def _script_ticks(replayed: Replayed) -> list[object]:
    predictions = replayed.predictions
    if not predictions:
        return []
    _, poses = birds_eye(replayed.driven, predictions)
    errors = replayed.errors()
    sources = {plan.t0_ns: plan.source.name for plan in reversed(replayed.recording.plans)}
    return [
        {
            "t": round(replayed.seconds(prediction.t0_ns), 3),
            "pose": pose,
            "say": _say(replayed, prediction, errors.get(prediction.t0_ns), sources),
        }
        for prediction, pose in zip(predictions, poses, strict=True)
    ]


def _say(
    replayed: Replayed,
    prediction: t.Prediction,
    errors: t.FloatArray | None,
    sources: Mapping[int | None, str],
) -> list[tuple[str, str]]:
    t0_ns = prediction.t0_ns
    said = [
        ("t0", f"{replayed.seconds(t0_ns):.2f} s"),
        ("speed", number(prediction.speed, 1, "m/s")),
    ]
    if errors is not None:
        said += [
            (f"error {horizon:g} s", number(average_displacement(errors, horizon), 2, "m"))
            for horizon in HORIZONS_S
        ]
    stack = replayed.latencies.stack.get(t0_ns)
    said.append(("camera to plan", number(None if stack is None else stack * 1e3, 1, "ms")))
    said.append(("plan", sources.get(t0_ns, "none")))
    return said


# -- charts


def _above(replayed: Replayed) -> str:
    predictions = replayed.predictions
    if not predictions and not len(replayed.driven.positions):
        return ""
    drawing, _ = birds_eye(replayed.driven, predictions)
    keys = legend((("driven", "driven"), ("blue", "predicted"), ("red", "vehicle at t0")))
    return section(
        "From above",
        "Each blue line is where a prediction put the vehicle over its next 6.4 s. For the chosen "
        "tick, full dots are the predicted places after 1, 3 and 6.4 s, rings the places reached.",
        keys + drawing,
    )


def _speed(replayed: Replayed) -> str:
    measured = [(replayed.seconds(stamp), speed) for stamp, speed in replayed.speeds]
    predictions = replayed.predictions
    if not measured and not predictions:
        return ""
    futures = {k: _speed_ahead(replayed, predictions[k]) for k in drawn_ticks(len(predictions))}
    series = [Series("measured", "driven", measured, gap_s=1.0), Series("predicted", "blue", [])]
    low, high = value_range(
        [*series, *(Series("", "", points) for points in futures.values())], 1.0
    )
    every = max(1, math.ceil(len(futures) / _MOST_HAIRS))
    hairs = [
        hair(points, replayed.span_s, low, high, k)
        for place, (k, points) in enumerate(futures.items())
        if place % every == 0
    ]
    # the chart pads its highest value by the same margin as value_range did
    chart = time_chart(series, replayed.span_s, "m/s", hairs, top=high / 1.06)
    return section(
        "Speed", "Measured, and as each prediction saw the next 6.4 s (thin blue lines).", chart
    )


def _speed_ahead(replayed: Replayed, prediction: t.Prediction) -> list[tuple[float, float]]:
    start = replayed.seconds(prediction.t0_ns)
    ahead = enumerate(predicted_speeds(prediction))
    points = [(start + step * t.TICK_NS / t.SECOND_NS, speed) for step, speed in ahead]
    return [point for point in points[::3] if point[0] <= replayed.span_s]


def _errors(replayed: Replayed) -> str:
    errors = replayed.errors()
    series = []
    for horizon in HORIZONS_S:
        points = [
            (replayed.seconds(t0), average_displacement(row, horizon)) for t0, row in errors.items()
        ]
        known = [point for point in points if math.isfinite(point[1])]
        if known:
            series.append(Series(f"over {horizon:g} s", _HORIZON_COLOURS[horizon], known))
    if not series:
        return ""
    return section(
        "Prediction error",
        "Average displacement error of each tick: the mean distance between waypoints and the "
        "places recorded at their times, for ticks whose future is recorded up to the horizon.",
        time_chart(series, replayed.span_s, "m"),
    )


def _latency(replayed: Replayed) -> str:
    latency = replayed.summary["latency_ms"]
    # one outlier must not flatten all others
    top = 2.0 * max((latency[stage]["p99"] or 0.0 for stage in STAGES), default=0.0)
    series = []
    above = 0
    for stage in STAGES:
        values: dict[int, float] = getattr(replayed.latencies, stage)
        points = [
            (replayed.seconds(t0), min(1e3 * value, top)) for t0, value in sorted(values.items())
        ]
        above += sum(1e3 * value > top for value in values.values())
        if points:
            series.append(Series(stage, _STAGE_COLOURS[stage], thin_out(points, 1200), dots=True))
    if not series:
        return ""
    rows = [
        [stage, *(number(latency[stage][p], 2, "ms") for p in ("p50", "p95", "p99"))]
        for stage in STAGES
    ]
    how = (
        "Measured in one process, without transport."
        if replayed.summary["mode"] == "lockstep"
        else "Measured from outside: from the moment the newest image of the tick was published "
        "until the frame set, or the first plan of that t0, was received."
    )
    if above:
        how += f" {above} values above {top:.0f} ms are drawn at the top."
    return section(
        "Latency", how, time_chart(series, replayed.span_s, "ms")
        + table(["stage", "p50", "p95", "p99"], rows, (1, 2, 3)),
    )  # fmt: skip


def _timeline(replayed: Replayed) -> str:
    plans = replayed.recording.plans
    if not plans and not replayed.ticks:
        return ""
    half = 0.05
    spans = [
        Band(at, at + 0.05, _SOURCE_COLOURS[plan.source.name], plan.source.name)
        for plan in plans
        if 0 <= (at := replayed.seconds(plan.stamp_ns)) <= replayed.span_s
    ]
    ticks = [
        Band(at - half, at + half, "red" if tick.missed else "green", tick.missed or "predicted")
        for tick in replayed.ticks
        if half <= (at := replayed.seconds(tick.t0_ns)) <= replayed.span_s
    ]
    images = [
        Band(max(at - half, 0), at + half, "gray", "images")
        for t0 in sorted(replayed.recording.frame_sets)
        if 0 <= (at := replayed.seconds(t0)) <= replayed.span_s
    ]
    rows = [
        ("plan source", merge_bands(spans, 0.25)),
        ("ticks", merge_bands(ticks, 0.06)),
        ("frame sets", merge_bands(images, 0.06)),
    ]
    keys = legend([*((c, s) for s, c in _SOURCE_COLOURS.items()),
                   ("green", "tick predicted"), ("red", "tick missed")])  # fmt: skip
    after = sum(replayed.summary["plan_sources_after_last_image"].values())
    note = f" {after} plans were made after the last image." if after else ""
    return section(
        "Where each plan came from",
        "MODEL: the newest prediction. LAST_VALID: an older one. STOP: braking to standstill, "
        f"because there was none.{note}",
        keys + band_chart([row for row in rows if row[1]], replayed.span_s),
    )


# -- pictures and tables


def _strip(replayed: Replayed) -> str:
    if not replayed.pictures:
        return ""
    roles = list(dict.fromkeys(picture.role for picture in replayed.pictures))
    by_place = {(picture.t0_ns, picture.role): picture for picture in replayed.pictures}
    rows = []
    for t0 in sorted({picture.t0_ns for picture in replayed.pictures}):
        cells = "".join(_thumbnail(by_place.get((t0, role)), t0) for role in roles)
        rows.append(f"<tr><th>{replayed.seconds(t0):.1f} s</th>{cells}</tr>")
    head = "".join(f"<th>{escape(role)}</th>" for role in roles)
    return section(
        "Cameras",
        "The newest image of each camera in the frame sets of a few ticks, and how far from t0 it "
        "was taken.",
        f'<div class="strip"><table><tr><th></th>{head}</tr>{"".join(rows)}</table></div>',
    )


def _thumbnail(picture: Picture | None, t0_ns: int) -> str:
    if picture is None:
        return '<td><div class="none">not in the set</div></td>'
    offset = f"{(picture.stamp_ns - t0_ns) / 1e6:+.1f} ms"
    text = escape(f"{picture.role}, {offset} from t0")
    return (
        f'<td><img src="{data_uri(picture.jpeg)}" alt="{text}" title="{text}">'
        f"<small>{offset}</small></td>"
    )


def _dropped(replayed: Replayed) -> str:
    summary = replayed.summary
    rows = [["every node", "warm_up", f"{summary['dropped'].get('warm_up', 0)}"]]
    rows += [
        [node, reason, str(count)]
        for node, reasons in summary["dropped_by_node"].items()
        for reason, count in reasons.items()
    ]
    missed = [[reason, str(count)] for reason, count in summary["missed"].items()]
    missed = missed or [["none", "0"]]
    left = "<div><h2>Dropped</h2>" + table(["node", "reason", "count"], rows, (2,)) + "</div>"
    right = "<div><h2>Ticks missed</h2>" + table(["reason", "ticks"], missed, (1,)) + "</div>"
    return (
        "<section><p>Warm-up are the first ticks, before images reach back 0.3 s and odometry "
        "1.5 s; they are not counted as ticks.</p>"
        f'<div class="columns">{left}{right}</div></section>'
    )


def _traces(replayed: Replayed) -> str:
    traced = [
        (prediction.t0_ns, prediction.candidates[prediction.selected].trace.text)
        for prediction in replayed.predictions
    ]
    if not traced:
        return ""
    rows = []
    for text, group in groupby(traced, key=lambda entry: entry[1]):
        t0s = [t0 for t0, _ in group]
        rows.append([
            f"{replayed.seconds(t0s[0]):.1f} to {replayed.seconds(t0s[-1]):.1f} s",
            str(len(t0s)), text or "(empty)",
        ])  # fmt: skip
    more = (
        f" The first {_MOST_TRACES} of {len(rows)} are shown." if len(rows) > _MOST_TRACES else ""
    )
    return section(
        "Reasoning traces", f"What the policy said, neighbours that agree joined.{more}",
        table(["when", "ticks", "trace"], rows[:_MOST_TRACES], (1,)),
    )  # fmt: skip


def _inputs(replayed: Replayed) -> str:
    summary = replayed.summary
    rows = [
        [topic, rate["type"].rsplit("/", 1)[-1], str(rate["messages"]),
         number(rate["rate_hz"], 2, "Hz"), number(1e3 * rate["largest_gap_s"], 1, "ms")]
        for topic, rate in summary["inputs"].items()
    ]  # fmt: skip
    body = table(["topic", "type", "messages", "rate", "largest gap"], rows, (2, 3, 4))
    errors = _error_rows(summary["frame_errors_ms"].items())
    if errors:
        body += "<h2>How far images lie from their ideal times</h2>"
        body += table(["camera", "mean", "largest"], errors, (1, 2))
    return section("What went in", "", body)


def _error_rows(errors: Iterable[tuple[str, Mapping[str, float]]]) -> list[list[str]]:
    return [
        [role, number(entry["mean"], 1, "ms"), number(entry["largest"], 1, "ms")]
        for role, entry in errors
    ]
