# SPDX-License-Identifier: Apache-2.0
"""Puts together, tick by tick, what the nodes say one after the other, into rows of the record."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alpamayo_ros import types as t
from alpamayo_ros.commands.standing import StandingDecision
from alpamayo_ros.drives.ticks import Kind
from alpamayo_ros.drives.wire import Place, SeenHistory, SeenPlan, SeenPrediction

Row = dict[str, Any]

WAIT_NS = 7 * t.SECOND_NS
"""After this nothing that rests on a tick can come any more: a prediction reaches 6.4 s."""

_NO_IMAGES_NS = 250_000_000
_EVERY = 2

_REFUSAL = "NEWEST_REFUSED: "
_REFUSED_TOO = "; newest refused, "


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small JPEG of a camera's newest image."""

    role: str
    stamp_ns: int
    jpeg: bytes


@dataclass(slots=True)
class _Tick:
    """A tick as far as it is known."""

    t0_ns: int
    kind: Kind = Kind.MISSED
    frames: t.FrameSet | None = None
    frames_latency_s: float = math.nan
    history: SeenHistory | None = None
    place: Place | None = None
    prediction: SeenPrediction | None = None
    mode: t.ModeDecision | None = None
    decisions: Sequence[t.ModeDecision] = ()
    plan: SeenPlan | None = None
    rejection: str = ""
    pictures: list[Thumbnail] = field(default_factory=list)

    @property
    def planned(self) -> bool:
        """Whether a plan rests on this tick."""
        return self.plan is not None and self.plan.t0_ns == self.t0_ns

    def done(self, now_ns: int) -> bool:
        """Whether nothing more is to come."""
        if now_ns - self.t0_ns >= WAIT_NS or self.kind == Kind.HELD:
            return True
        if self.prediction is None or self.plan is None:
            return False
        # a refusal may be of the tick before, and this one's plan under way
        refused = bool(self.rejection) and now_ns - self.plan.stamp_ns >= t.TICK_NS
        return self.planned or refused


class TickBook:
    """Takes outputs in the order in which they come; gives rows once they are complete.

    A row that waits for its prediction or plan is among the ``open_rows`` meanwhile, so that a
    record that is written every second has it too.
    """

    def __init__(self, drive: str) -> None:
        self._drive = drive
        self._open: dict[int, _Tick] = {}
        self._closed: list[_Tick] = []
        self._newest_images_ns: int | None = None
        self._newest_plan_ns: int | None = None
        self._newest_held_ns: int | None = None
        self._now_ns = 0
        self._place: Place | None = None
        self._standing = StandingDecision()
        self._stands: t.ModeDecision | None = None
        self._decided: list[t.ModeDecision] = []

    # -- what comes in

    def take_frames(self, frames: t.FrameSet, latency_s: float = math.nan) -> None:
        """Take a frame set; ``latency_s`` from its newest image until it was published."""
        if self._set_back(frames.t0_ns, self._newest_images_ns):
            self._begin_lap()
        newest = self._newest_images_ns
        self._newest_images_ns = frames.t0_ns if newest is None else max(newest, frames.t0_ns)
        self._now_ns = max(self._now_ns, frames.t0_ns)
        tick = self._tick(frames.t0_ns)
        tick.frames, tick.frames_latency_s = frames, latency_s
        self._close_done()

    def take_pictures(self, t0_ns: int, pictures: Sequence[Thumbnail]) -> None:
        """Take small pictures of a frame set that was taken."""
        if t0_ns in self._open:
            self._open[t0_ns].pictures = list(pictures)

    def take_history(self, history: SeenHistory) -> None:
        """Take an ego history."""
        self._tick(history.t0_ns).history = history

    def take_place(self, place: Place) -> None:
        """Take where the vehicle is, for rows that have no history."""
        self._place = place

    def take_prediction(self, prediction: SeenPrediction) -> None:
        """Take a prediction."""
        tick = self._tick(prediction.t0_ns)
        tick.prediction, tick.kind = prediction, Kind.PREDICTED

    def take_decision(self, decision: t.ModeDecision) -> None:
        """Take a mode decision."""
        self._decided.append(decision)
        if not self._standing.accept(decision, decision.stamp_ns):
            self._stands = decision

    def take_plan(self, plan: SeenPlan) -> None:
        """Take a plan."""
        if self._set_back(plan.stamp_ns, self._newest_plan_ns):
            self._begin_lap()
        self._newest_plan_ns = plan.stamp_ns
        self._now_ns = max(self._now_ns, plan.stamp_ns)
        refusal = _refusal(plan.reason)
        predicted = [t0 for t0, tick in self._open.items() if tick.prediction is not None]
        newest = max(predicted, default=None)
        for t0_ns, tick in self._open.items():
            if tick.planned:
                continue
            if plan.t0_ns == t0_ns:
                tick.plan, tick.rejection = plan, ""
            elif refusal and t0_ns == newest and plan.stamp_ns >= t0_ns:
                tick.plan, tick.rejection = plan, refusal
            elif tick.plan is None and plan.stamp_ns >= t0_ns + t.TICK_NS:
                tick.plan = plan
        # with a plan, whenever rows are asked for: their order is that of what happened
        self._close_done()
        self._hold(plan)

    # -- what goes out

    def closed_rows(self) -> list[tuple[Row, Row | None]]:
        """Rows of ticks and scenes that became complete; each is given once."""
        closed, self._closed = self._closed, []
        return [(_row(self._drive, tick), _scene(tick)) for tick in closed]

    def open_rows(self) -> list[tuple[Row, Row | None]]:
        """What is known of the ticks that are not complete."""
        ticks = list(self._open.values())
        if self._decided:
            ticks.append(self._of_decisions(list(self._decided)))
        return [(_row(self._drive, tick), _scene(tick)) for tick in ticks]

    def finish(self) -> None:
        """Nothing more comes: every row is complete."""
        self._close_all()
        if self._decided:
            self._closed.append(self._of_decisions(self._decided))
            self._decided = []

    # -- in between

    @staticmethod
    def _set_back(stamp_ns: int, newest_ns: int | None) -> bool:
        return newest_ns is not None and stamp_ns < newest_ns - t.CLOCK_JUMP_NS

    def _begin_lap(self) -> None:
        """Time was set back: whatever is open belongs to the lap before."""
        self._close_all()
        self._newest_images_ns = self._newest_plan_ns = self._newest_held_ns = None
        self._now_ns = 0

    def _tick(self, t0_ns: int) -> _Tick:
        if t0_ns not in self._open:
            decisions, self._decided = self._decided, []
            self._open[t0_ns] = _Tick(
                t0_ns, place=self._place, mode=self._mode(t0_ns, decisions), decisions=decisions
            )
        return self._open[t0_ns]

    def _mode(self, now_ns: int, decisions: Sequence[t.ModeDecision]) -> t.ModeDecision | None:
        if decisions:
            return decisions[-1]
        stands = self._standing.instruction(now_ns).decision_id
        known = self._stands
        return known if known is not None and known.command_id == stands else None

    def _hold(self, plan: SeenPlan) -> None:
        """Make a row of a plan that no tick stands for, every 0.1 s."""
        now_ns = plan.stamp_ns
        images, held = self._newest_images_ns, self._newest_held_ns
        if images is not None and now_ns - images < _NO_IMAGES_NS:
            return
        if held is not None and now_ns - held < t.TICK_NS:
            return
        self._newest_held_ns = now_ns
        decisions, self._decided = self._decided, []
        mode = self._mode(now_ns, decisions)
        self._closed.append(
            _Tick(now_ns, Kind.HELD, place=self._place, mode=mode, decisions=decisions, plan=plan)
        )

    def _of_decisions(self, decisions: list[t.ModeDecision]) -> _Tick:
        return _Tick(
            decisions[-1].stamp_ns, Kind.HELD, place=self._place, mode=decisions[-1],
            decisions=decisions,
        )  # fmt: skip

    def _close_done(self) -> None:
        for t0_ns in [t0 for t0, tick in self._open.items() if tick.done(self._now_ns)]:
            self._closed.append(self._open.pop(t0_ns))

    def _close_all(self) -> None:
        self._closed += self._open.values()
        self._open.clear()


def _refusal(reason: str) -> str:
    """Why a plan refuses the newest prediction; empty: it does not."""
    if reason.startswith(_REFUSAL):
        return reason.removeprefix(_REFUSAL)
    return reason.partition(_REFUSED_TOO)[2]


# -- rows


def _row(drive: str, tick: _Tick) -> Row:
    rejected = bool(tick.rejection)
    row: Row = {"drive": drive, "t0_ns": tick.t0_ns, "kind": tick.kind.value}
    row |= {"contradiction": False, "rejected": rejected, "held": False}
    if rejected:
        row["rejection"] = tick.rejection
    stages: dict[str, float] = {}
    if tick.frames is not None:
        row |= _frames_columns(tick.frames)
        if math.isfinite(tick.frames_latency_s):
            stages["frame_set"] = tick.frames_latency_s * 1e3
    row |= _place_columns(tick)
    if tick.history is not None and not tick.history.valid:
        row["missed"] = tick.history.reason
    if tick.prediction is not None:
        row |= _prediction_columns(tick.prediction)
        stages |= {name: s * 1e3 for name, s in tick.prediction.latencies_s.items()}
        row["policy_ms"] = stages.get("total")
    row |= _mode_columns(tick)
    if tick.plan is not None:
        row |= _plan_columns(tick.t0_ns, tick.plan)
    row["stages_ms"] = list(stages.items())
    return row


def _frames_columns(frames: t.FrameSet) -> Row:
    errors = [abs(error) for camera in frames.cameras for error in camera.errors_ns]
    return {
        "cameras": len(frames.cameras),
        "missing_cameras": [
            {"role": role, "reason": reason} for role, reason in frames.missing.items()
        ],
        "frame_error_ms": max(errors) / 1e6 if errors else None,
    }


def _place_of(tick: _Tick) -> Place | None:
    if tick.prediction is not None:
        return tick.prediction.place
    if tick.history is not None and tick.history.valid:
        return tick.history.place
    return tick.place


def _place_columns(tick: _Tick) -> Row:
    place = _place_of(tick)
    if place is None:
        return {}
    return {
        "odometry_frame": place.odometry_frame,
        "x": place.x,
        "y": place.y,
        "yaw": place.yaw,
        "speed": place.speed,
    }


def _prediction_columns(prediction: SeenPrediction) -> Row:
    row: Row = {
        "policy": prediction.policy,
        "candidates": len(prediction.paths),
        # an index that nothing stands at is a fault of the message, to be seen as it is
        "selected": min(prediction.selected, 2**15 - 1),
        "selection_reason": prediction.selection_reason,
        "costs": list(prediction.costs.items()),
        "obeyed_id": prediction.decision_id or None,
    }
    chain = prediction.chain
    if chain is None:
        return row
    reasoning = chain.reasoning
    along, across = reasoning.longitudinal_verdict, reasoning.lateral_verdict
    return row | {
        "trace": chain.trace.text,
        "tokens": chain.trace.token_count,
        "drafted_tokens": chain.trace.accepted_draft,
        "longitudinal_decision": reasoning.longitudinal,
        "lateral_decision": reasoning.lateral,
        "causes": [{"category": c.category.name, "text": c.text} for c in reasoning.causes],
        "counterfactual": reasoning.counterfactual or None,
        "meta_actions": [
            {"axis": a.axis.name, "name": a.name, "start_s": a.start_s, "end_s": a.end_s}
            for a in reasoning.meta_actions
        ],
        "longitudinal_verdict": along.verdict.name,
        "longitudinal_reason": along.reason,
        "lateral_verdict": across.verdict.name,
        "lateral_reason": across.reason,
        "contradiction": bool(reasoning.contradicted),
    }


def _mode_columns(tick: _Tick) -> Row:
    row: Row = {"decisions": [_decision(decision) for decision in tick.decisions]}
    if tick.mode is not None:
        row |= {
            "mode_id": tick.mode.command_id,
            "mode": tick.mode.mode.name,
            "mode_verdict": tick.mode.verdict.name,
            "mode_reason": tick.mode.reason,
        }
    return row


def _decision(decision: t.ModeDecision) -> Mapping[str, Any]:
    return {
        "stamp_ns": decision.stamp_ns,
        "command_id": decision.command_id,
        "mode": decision.mode.name,
        "verdict": decision.verdict.name,
        "reason": decision.reason,
        "intents": [intent.name for intent in decision.intents],
    }


def _plan_columns(t0_ns: int, plan: SeenPlan) -> Row:
    rests_on = plan.t0_ns
    return {
        "plan_source": plan.source.name,
        "plan_reason": plan.reason,
        "plan_stamp_ns": plan.stamp_ns,
        "plan_age_s": None if rests_on is None else (plan.stamp_ns - rests_on) / t.SECOND_NS,
        "latency_ms": (plan.stamp_ns - t0_ns) / 1e6 if rests_on == t0_ns else None,
        "held": plan.source != t.PlanSource.MODEL,
    }


def _scene(tick: _Tick) -> Row | None:
    place = _place_of(tick)
    plan = tick.plan
    ahead = None
    if plan is not None and place is not None and plan.odometry_frame == place.odometry_frame:
        ahead = _from_ego(plan.path[::_EVERY], place)
    ways = [] if tick.prediction is None else [path[::_EVERY] for path in tick.prediction.paths]
    if not tick.pictures and not ways and ahead is None:
        return None
    return {
        "t0_ns": tick.t0_ns,
        "pictures": [
            {"role": p.role, "stamp_ns": p.stamp_ns, "jpeg": p.jpeg} for p in tick.pictures
        ],
        "ways": [_by_turns(way) for way in ways],
        "plan": None if ahead is None else _by_turns(ahead),
    }


def _by_turns(way: t.FloatArray) -> NDArray[np.float32]:
    return np.asarray(way, np.float32).reshape(-1)


def _from_ego(path: t.FloatArray, place: Place) -> t.FloatArray:
    """Points (N, 2) of the odometry frame as seen from the vehicle."""
    c, s = math.cos(place.yaw), math.sin(place.yaw)
    return np.asarray((path - (place.x, place.y)) @ np.array(((c, -s), (s, c))))
