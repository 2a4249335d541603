# SPDX-License-Identifier: Apache-2.0
"""What a replay came to, in numbers: ``summary.json``."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from alpamayo_ros import types as t
from alpamayo_ros.drives.accuracy import (
    HORIZONS_S,
    DrivenPath,
    average_over_ticks,
    displacement_errors,
)
from alpamayo_ros.drives.inputs import DriveInputs, raster
from alpamayo_ros.drives.record import Recording

STAGES = ("frame_set", "policy", "stack")
"""Latencies that are measured; see ``Latencies``."""

_PERCENTILES = (50, 95, 99)
_FIRST_IMAGE_TOLERANCE_NS = t.TICK_NS // 2
_HISTORY_NS = (t.HISTORY_LENGTH - 1) * t.TICK_NS


@dataclass(frozen=True, slots=True)
class Latencies:
    """Wall-clock seconds of each stage, by t0.

    ``frame_set``: newest camera message of the set handed over until the FrameSet was received;
    ``policy``: the policy's own total; ``stack``: newest camera message of the set handed over
    until the first Plan with that t0 was received.
    """

    frame_set: dict[int, float] = field(default_factory=dict)
    policy: dict[int, float] = field(default_factory=dict)
    stack: dict[int, float] = field(default_factory=dict)


@dataclass(slots=True)
class Track:
    """What the sensors of a bag say, apart from the stack.

    ``image_stamps_ns`` by role; ``ego_start_ns``: stamp of the first sample of ego motion;
    ``speeds``: (stamp_ns, m/s) as measured; ``inputs``: stamps of each topic summed up.
    """

    image_stamps_ns: dict[str, list[int]] = field(default_factory=dict)
    ego_start_ns: int | None = None
    positions: list[tuple[int, str, float, float]] = field(default_factory=list)
    speeds: list[tuple[int, float]] = field(default_factory=list)
    inputs: dict[str, InputRate] = field(default_factory=dict)


@dataclass(slots=True)
class InputRate:
    """Rate of one input topic, fed with receive times."""

    kind: str
    messages: int = 0
    first_ns: int = 0
    newest_ns: int = 0
    largest_gap_ns: int = 0

    def add(self, stamp_ns: int) -> None:
        """Count one message."""
        if self.messages:
            self.largest_gap_ns = max(self.largest_gap_ns, stamp_ns - self.newest_ns)
        else:
            self.first_ns = stamp_ns
        self.newest_ns = stamp_ns
        self.messages += 1

    def summary(self) -> dict[str, object]:
        """The numbers."""
        span_s = (self.newest_ns - self.first_ns) / t.SECOND_NS
        return {
            "type": self.kind,
            "messages": self.messages,
            "rate_hz": round((self.messages - 1) / span_s, 3) if span_s > 0 else None,
            "largest_gap_s": round(self.largest_gap_ns / t.SECOND_NS, 6),
        }


@dataclass(frozen=True, slots=True)
class Tick:
    """One t0 of the drive and what became of it; ``missed`` is empty when it was predicted."""

    t0_ns: int
    missed: str
    errors: t.FloatArray | None


def driven_path(track: Track, recording: Recording) -> DrivenPath:
    """What was driven, in the odometry frame of the predictions.

    The recorded odometry when it is in that frame, else the ego motion the stack made of the
    other sources.
    """
    frames = Counter(prediction.odometry_frame for prediction in recording.predictions.values())
    frame = frames.most_common(1)[0][0] if frames else ""
    recorded = [
        (stamp, x, y) for stamp, name, x, y in track.positions if name == frame or not frame
    ]
    if not recorded:
        recorded = [(s, x, y) for s, name, x, y, _ in recording.ego_track if name == frame]
    return DrivenPath.of(frame, recorded)


def ticks_of(
    inputs: DriveInputs, track: Track, recording: Recording, driven: DrivenPath
) -> tuple[list[Tick], list[int]]:
    """Every t0 that could be predicted, and those that were too early for it.

    A t0 can be predicted when the anchor camera's images reach back 0.3 s and ego motion 1.5 s
    (or when it was predicted).
    """
    anchor = track.image_stamps_ns.get(inputs.anchor, [])
    every = raster(anchor, (*recording.frame_sets, *recording.predictions))
    images_from = min(anchor, default=0) - t.FRAME_OFFSETS_NS[0] - _FIRST_IMAGE_TOLERANCE_NS
    ego_from = (track.ego_start_ns or 0) + _HISTORY_NS
    possible = [
        t0 in recording.predictions or (t0 >= images_from and t0 >= ego_from) for t0 in every
    ]
    ticks = [
        Tick(t0, _why_missed(t0, recording), _errors(t0, recording, driven))
        for t0, is_possible in zip(every, possible, strict=True)
        if is_possible
    ]
    early = [t0 for t0, is_possible in zip(every, possible, strict=True) if not is_possible]
    return ticks, early


def _why_missed(t0_ns: int, recording: Recording) -> str:
    if t0_ns in recording.predictions:
        return ""
    if t0_ns not in recording.frame_sets:
        return "no_frame_set"
    if t0_ns not in recording.histories:
        return "no_ego_history"
    history = recording.histories[t0_ns]
    return "no_prediction" if history.valid else _reason_name(history)


def _reason_name(history: t.EgoHistory) -> str:
    return history.reason.partition(":")[0].strip().lower() or "invalid_ego_history"


def _errors(t0_ns: int, recording: Recording, driven: DrivenPath) -> t.FloatArray | None:
    prediction = recording.predictions.get(t0_ns)
    return None if prediction is None else displacement_errors(prediction, driven)


def summarise(
    inputs: DriveInputs,
    track: Track,
    recording: Recording,
    latencies: Latencies,
    about: Mapping[str, object],
) -> tuple[dict[str, object], list[Tick], DrivenPath]:
    """Sum up a replay; return what goes to summary.json, the ticks and the driven path."""
    driven = driven_path(track, recording)
    ticks, warm_up = ticks_of(inputs, track, recording, driven)
    missed = Counter(tick.missed for tick in ticks if tick.missed)
    averages = average_over_ticks(
        [tick.errors for tick in ticks if tick.errors is not None], HORIZONS_S
    )
    by_node = dropped_by_node(recording, warm_up)
    dropped = Counter({"warm_up": len(warm_up)}) if warm_up else Counter()
    for reasons in by_node.values():
        dropped.update(reasons)
    newest_image = max((s for stamps in track.image_stamps_ns.values() for s in stamps), default=0)
    summary = {
        **about,
        "anchor": inputs.anchor,
        "cameras": list(inputs.cameras),
        "absent_cameras": list(inputs.absent),
        "ticks": len(ticks),
        "predictions": len(recording.predictions),
        "plans": len(recording.plans),
        "missed": dict(sorted(missed.items())),
        "dropped": dict(sorted(dropped.items())),
        "dropped_by_node": by_node,
        "ade_m": {f"{horizon:.1f}": _number(ade) for horizon, (ade, _) in averages.items()},
        "ade_ticks": {f"{horizon:.1f}": count for horizon, (_, count) in averages.items()},
        "latency_ms": {stage: percentiles_ms(getattr(latencies, stage)) for stage in STAGES},
        "plan_sources": _plan_sources(recording),
        "plan_sources_after_last_image": _plan_sources(recording, newest_image),
        "frame_errors_ms": frame_errors_ms(recording),
        "inputs": {topic: rate.summary() for topic, rate in track.inputs.items()},
        "outputs": dict(sorted(recording.samples.items())),
    }
    return summary, ticks, driven


def dropped_by_node(
    recording: Recording, warm_up_ns: Collection[int] = ()
) -> dict[str, dict[str, int]]:
    """What each node says it dropped or skipped, by reason, less what belongs to a warm-up t0."""
    expected = _dropped_in_warm_up(recording, warm_up_ns)
    found: dict[str, dict[str, int]] = {}
    for node, counters in sorted(recording.counters.items()):
        for key, count in sorted(counters.items()):
            prefix, _, reason = key.partition("dropped.")
            if prefix or not reason:
                if key != "skipped":
                    continue
                reason = key
            left = count - expected[node, reason]
            if left > 0:
                found.setdefault(node, {})[reason] = left
    return found


def _dropped_in_warm_up(
    recording: Recording, warm_up_ns: Collection[int]
) -> Counter[tuple[str, str]]:
    """What the nodes must have dropped at these t0, by node and reason."""
    expected: Counter[tuple[str, str]] = Counter()
    without_set = 0
    for t0 in warm_up_ns:
        frames, history = recording.frame_sets.get(t0), recording.histories.get(t0)
        without_set += frames is None
        for reason in frames.missing.values() if frames else ():
            expected["camera_sync", reason.partition(":")[0]] += 1
        if history is not None and not history.valid:
            expected["vla_inference", _reason_name(history)] += 1
    for key, count in recording.counters.get("camera_sync", {}).items():
        if key.startswith("dropped.set_"):
            explained = min(count, without_set)
            expected["camera_sync", key.removeprefix("dropped.")] += explained
            without_set -= explained
    return expected


def percentiles_ms(seconds: Mapping[int, float]) -> dict[str, float | None]:
    """p50, p95 and p99 [ms], linear between samples; None without any."""
    if not seconds:
        return {f"p{percent}": None for percent in _PERCENTILES}
    values = np.percentile(np.array(list(seconds.values())) * 1e3, _PERCENTILES)
    return {
        f"p{percent}": round(float(value), 3)
        for percent, value in zip(_PERCENTILES, values, strict=True)
    }


def frame_errors_ms(recording: Recording) -> dict[str, dict[str, float]]:
    """Mean and largest absolute stamp error of each camera's images [ms]."""
    errors: dict[tuple[int, str], list[int]] = {}
    for frames in recording.frame_sets.values():
        for camera in frames.cameras:
            of_camera = errors.setdefault((camera.camera_id, camera.role), [])
            of_camera.extend(map(abs, camera.errors_ns))
    return {
        role: {"mean": round(float(np.mean(e)) / 1e6, 3), "largest": round(max(e) / 1e6, 3)}
        for (_, role), e in sorted(errors.items())
    }


def _plan_sources(recording: Recording, after_ns: int = -1) -> dict[str, int]:
    counts = Counter(plan.source.name for plan in recording.plans if plan.stamp_ns > after_ns)
    return {source.name: counts[source.name] for source in t.PlanSource}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else value


def success_rate(summary: Mapping[str, object]) -> float:
    """Predicted share of the ticks; 0 when there was none."""
    ticks, predictions = summary["ticks"], summary["predictions"]
    assert isinstance(ticks, int) and isinstance(predictions, int)
    return predictions / ticks if ticks else 0.0


def predicted_speeds(prediction: t.Prediction) -> Sequence[float]:
    """Speed at t0 and at each waypoint of the selected trajectory [m/s]."""
    trajectory = prediction.candidates[prediction.selected].trajectory
    return [prediction.speed, *trajectory.speeds.tolist()]
