# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- tables are read line by line, not wrapped
"""Intents and the vehicle's state -> what the policy and the planner are told.

The model is known to ignore wishes about speed in its prompt, so speeds, gaps and style become
limits that hold outside it; only routes become nav text, in the form the model was trained on.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from alpamayo_ros.commands.quantities import DISTANCE_UNITS, SI_FACTORS, SPEED_UNITS, TIME_UNITS
from alpamayo_ros.commands.state import VehicleState
from alpamayo_ros.types import DrivingLimits, Intent, RoadClass

INTENTS = (
    "PULL_OVER", "STOP", "RESUME", "SPEED_UP", "SLOW_DOWN", "SET_SPEED", "KEEP_DISTANCE",
    "CHANGE_LANE_LEFT", "CHANGE_LANE_RIGHT", "KEEP_LANE", "TURN_LEFT", "TURN_RIGHT", "GO_STRAIGHT",
    "U_TURN", "TAKE_EXIT", "OVERTAKE", "GO_AROUND", "YIELD", "PARK", "NAVIGATE", "DRIVE_CAREFULLY",
    "HAZARD_NOTICE", "CANCEL",
)  # fmt: skip
MODE_TOKENS = {name: number for number, name in enumerate(INTENTS, start=1)}
"""The byte that stands for an intent; 0 is none. The first intent of a decision gives its token."""

CLEARING = frozenset(("CANCEL", "RESUME"))
HALTING = frozenset(("STOP", "PULL_OVER", "PARK"))
CAUTIOUS = frozenset(("HAZARD_NOTICE", "DRIVE_CAREFULLY", "KEEP_DISTANCE", "SLOW_DOWN", "YIELD"))
"""Intents that only make driving more careful: they add to a standing decision."""

DEFAULT_TURN_DISTANCE = 30.0
"""Metres said in nav text where the person named none; typical of the training sentences."""

NAV_DISTANCES = (4.0, 500.0)
"""The range [m] of distances in nav text. Training sentences say 4 to 30 m; a longer one is said
as it is, for a shortened one would make the vehicle turn too early."""

SPEED_STEP = 10 / 3.6
"""How much faster or slower [m/s] "faster" and "slower" are at least."""

SLOWER_SHARE = 0.75
"""Share of the current speed that is left after "slow down", if that is less than SPEED_STEP off."""

HAZARD_SHARE = 0.8
"""Share of the current speed that a hazard notice leaves."""

UNKNOWN_SPEED_CEILINGS = {
    RoadClass.UNKNOWN: 30 / 3.6,
    RoadClass.URBAN: 30 / 3.6,
    RoadClass.RURAL: 50 / 3.6,
    RoadClass.MOTORWAY: 80 / 3.6,
}
"""Ceiling [m/s] of SLOW_DOWN and HAZARD_NOTICE where the speed is not known."""

SAFE_TIME_GAP = 2.0
"""Seconds to the vehicle ahead: the two-second rule; a wish never makes it less."""

WIDER_TIME_GAP = 3.0
"""Seconds that "keep more distance" asks for."""

HOLD_TIME_TO_LIVE_S = 86_400.0
"""A halt holds until RESUME, CANCEL or another manoeuvre: expiry must not start a vehicle."""

CLEARING_TIME_TO_LIVE_S = 5.0
HAZARD_TIME_TO_LIVE_S = 15.0


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long decisions hold [s]."""

    manoeuvre_s: float = 30.0
    style_s: float = 600.0


@dataclass(frozen=True, slots=True)
class Effect:
    """What a decision carries; ``adapted`` tells what was made more careful, empty if nothing."""

    intents: tuple[Intent, ...] = ()
    nav_text: str = ""
    limits: DrivingLimits = field(default_factory=DrivingLimits)
    mode_token: int = 0
    time_to_live_s: float = 0.0
    adapted: str = ""
    reply: str = ""


@dataclass(frozen=True, slots=True)
class NotNow:
    """A name of reasons.REFUSALS or reasons.UNCLEAR: these intents cannot be had in this state."""

    reason: str
    why: str


def effect(
    intents: Sequence[Intent], state: VehicleState, cap: float, lifetimes: Lifetimes
) -> Effect | NotNow:
    """Return what becomes of understood intents in this state.

    ``cap``: speed [m/s] no wish may exceed, whatever the law allows. One intent that cannot be
    had refuses all of them.
    """
    adapted: list[str] = []
    taken: list[Intent] = []
    for intent in intents:
        fitting = _for_road(intent, state)
        if isinstance(fitting, NotNow):
            return fitting
        if fitting.name != intent.name:
            adapted.append(f"{intent.name} on a motorway becomes {fitting.name}")
        taken.append(fitting)
    limits = DrivingLimits()
    for intent in taken:
        added = _limits(intent, state, cap)
        if isinstance(added, NotNow):
            return added
        wanted = _wanted_speed(intent)
        if math.isfinite(wanted) and added.max_speed < wanted - 0.01:
            adapted.append(f"{wanted:.1f} m/s is more than {added.max_speed:.1f} m/s")
        limits = stricter(limits, added)
    routes = [text for text in map(_nav_text, taken) if text]
    return Effect(
        tuple(map(in_si, taken)),
        routes[0] if routes else "",
        limits,
        MODE_TOKENS[next((i.name for i in taken if i.name != "CANCEL"), "CANCEL")],
        max(_time_to_live_s(intent, lifetimes) for intent in taken),
        "; ".join(adapted),
        _reply(taken, adapted),
    )


def in_si(intent: Intent) -> Intent:
    """Return the intent with its quantities in m/s, s and m; texts stay as they are.

    A speed without a unit is taken as km/h, a length or time without one as metres.
    """
    parameters: dict[str, tuple[float, str] | str] = {}
    for name, value in intent.parameters.items():
        if isinstance(value, str):
            parameters[name] = value
            continue
        amount, said = value
        unit = said or ("km/h" if name.startswith("speed") else "m")
        parameters[name] = (round(amount * SI_FACTORS[unit], 6), _si_symbol(unit))
    return replace(intent, parameters=parameters)


def _si_symbol(unit: str) -> str:
    if unit in SPEED_UNITS:
        return "m/s"
    return "s" if unit in TIME_UNITS else "m"


def stricter(a: DrivingLimits, b: DrivingLimits) -> DrivingLimits:
    """Return the more careful of both in every respect."""
    ceiling = _least(a.max_speed, b.max_speed)
    target = _least(a.target_speed, b.target_speed)
    return DrivingLimits(
        max_speed=ceiling,
        target_speed=_least(target, ceiling) if math.isfinite(target) else target,
        min_time_gap=_most(a.min_time_gap, b.min_time_gap),
        careful=a.careful or b.careful,
    )


def _least(a: float, b: float) -> float:
    return min((value for value in (a, b) if math.isfinite(value)), default=math.nan)


def _most(a: float, b: float) -> float:
    return max((value for value in (a, b) if math.isfinite(value)), default=math.nan)


def _for_road(intent: Intent, state: VehicleState) -> Intent | NotNow:
    """No turning back, turning off, stopping in lane or parking on a motorway."""
    if state.road_class != RoadClass.MOTORWAY:
        return intent
    if intent.name == "U_TURN":
        return NotNow("MOTORWAY", "no U-turn on a motorway")
    if intent.name == "STOP":
        return replace(intent, name="PULL_OVER")
    if intent.name == "PARK":
        return NotNow("MOTORWAY", "no parking on a motorway; take an exit first")
    if intent.name in ("TURN_LEFT", "TURN_RIGHT"):
        return NotNow("MOTORWAY", "no junctions to turn at on a motorway; take an exit instead")
    return intent


def _limits(intent: Intent, state: VehicleState, cap: float) -> DrivingLimits | NotNow:
    if intent.name in HALTING:
        return DrivingLimits(max_speed=0.0, target_speed=0.0)
    maker = _LIMITS.get(intent.name)
    return maker(intent, state, cap) if maker is not None else DrivingLimits()


def _speed_up(intent: Intent, state: VehicleState, cap: float) -> DrivingLimits | NotNow:
    """A step above the current speed, never above the ceiling; without a speed only the ceiling."""
    ceiling = state.ceiling(cap)
    if not math.isfinite(state.speed):
        return DrivingLimits(max_speed=ceiling)
    change = _speed_of(intent, "speed_change")
    step = change if math.isfinite(change) else SPEED_STEP
    wanted = min(state.speed + step, ceiling)
    return DrivingLimits(max_speed=ceiling, target_speed=wanted)


def _set_speed(intent: Intent, state: VehicleState, cap: float) -> DrivingLimits | NotNow:
    ceiling = state.ceiling(cap)
    if intent.parameters.get("speed") == "limit":
        if not math.isfinite(state.speed_limit):
            return NotNow("UNKNOWN_LIMIT", "asked for the speed limit, which is not known")
        return DrivingLimits(max_speed=ceiling, target_speed=ceiling)
    current = intent.parameters.get("speed") == "current"
    wanted = state.speed if current else _speed_of(intent, "speed")
    if current and not math.isfinite(wanted):
        return DrivingLimits(max_speed=ceiling)
    if wanted > cap + 0.5:
        return NotNow("OVER_CAP", f"{wanted:.1f} m/s asked for, {cap:.1f} m/s is the cap")
    if not math.isfinite(wanted) or wanted < 0.0:
        return NotNow("NOT_COVERED", "a speed that is no number")
    target = min(wanted, ceiling)
    return DrivingLimits(max_speed=target, target_speed=target)


def _slow_down(intent: Intent, state: VehicleState, cap: float) -> DrivingLimits | NotNow:
    """A quarter or one step less, whichever is more, or what was asked for; never below zero."""
    if not math.isfinite(state.speed):
        return DrivingLimits(max_speed=UNKNOWN_SPEED_CEILINGS[state.road_class])
    change = _speed_of(intent, "speed_change")
    if math.isfinite(change):
        slower = state.speed - abs(change)
    else:
        slower = min(SLOWER_SHARE * state.speed, state.speed - SPEED_STEP)
    # "slow down" is not "stop": walking pace is left, or the speed the vehicle has if less
    return DrivingLimits(max_speed=max(slower, min(state.speed, 5 / 3.6)))


def _hazard(intent: Intent, state: VehicleState, cap: float) -> DrivingLimits:
    if not math.isfinite(state.speed):
        return DrivingLimits(max_speed=UNKNOWN_SPEED_CEILINGS[state.road_class], careful=True)
    ceiling = max(HAZARD_SHARE * state.speed, min(state.speed, 5 / 3.6))
    return DrivingLimits(max_speed=ceiling, careful=True)


def _keep_distance(intent: Intent, state: VehicleState, cap: float) -> DrivingLimits:
    """Seconds as asked for, metres by the current speed; never less than the safe gap."""
    gap = intent.parameters.get("gap")
    if not isinstance(gap, tuple):
        change = intent.parameters.get("gap_change")
        shrinks = isinstance(change, tuple) and change[0] < 0
        return DrivingLimits(min_time_gap=SAFE_TIME_GAP if shrinks else WIDER_TIME_GAP)
    value, unit = gap
    if unit in TIME_UNITS:
        seconds = value * SI_FACTORS[unit]
    else:
        metres = value * SI_FACTORS.get(unit, 1.0)
        known = math.isfinite(state.speed) and state.speed > 1.0
        seconds = metres / state.speed if known else WIDER_TIME_GAP
    return DrivingLimits(min_time_gap=min(max(seconds, SAFE_TIME_GAP), 10.0))


def _careful(intent: Intent, state: VehicleState, cap: float) -> DrivingLimits:
    return DrivingLimits(careful=True)


_LIMITS: dict[str, Callable[[Intent, VehicleState, float], DrivingLimits | NotNow]] = {
    "SPEED_UP": _speed_up,
    "SET_SPEED": _set_speed,
    "SLOW_DOWN": _slow_down,
    "HAZARD_NOTICE": _hazard,
    "KEEP_DISTANCE": _keep_distance,
    "DRIVE_CAREFULLY": _careful,
    "YIELD": _careful,
    "GO_AROUND": _careful,
}


def _speed_of(intent: Intent, parameter: str) -> float:
    value = intent.parameters.get(parameter)
    if not isinstance(value, tuple):
        return math.nan
    return value[0] * SI_FACTORS.get(value[1], SI_FACTORS["km/h"])


def _wanted_speed(intent: Intent) -> float:
    return _speed_of(intent, "speed") if intent.name == "SET_SPEED" else math.nan


_STREET_CHARACTERS = re.compile(r"[^A-Za-z0-9À-ÖØ-öø-ÿ' .-]")


def clean_street(name: str) -> str:
    """Return a street's name of letters, digits, spaces and ``'.-``, at most 40 characters."""
    words = " ".join(_STREET_CHARACTERS.sub(" ", name).split())[:40].strip()
    return " ".join(
        w if re.match(r"^\d+(?:st|nd|rd|th)$", w) else w[:1].upper() + w[1:] for w in words.split()
    )


def _nav_text(intent: Intent) -> str:
    """The training form: "Turn left in 30m onto Oak Street", "Continue straight"."""
    if intent.name in ("GO_STRAIGHT", "KEEP_LANE"):
        return "Continue straight" if intent.name == "GO_STRAIGHT" else ""
    if intent.name not in ("TURN_LEFT", "TURN_RIGHT"):
        return ""
    side = intent.name.removeprefix("TURN_").lower()
    metres = _metres(intent)
    metres = min(max(metres, NAV_DISTANCES[0]), NAV_DISTANCES[1])
    street = intent.parameters.get("street")
    onto = (
        f" onto {clean_street(street)}" if isinstance(street, str) and clean_street(street) else ""
    )
    return f"Turn {side} in {metres:.0f}m{onto}"


def _metres(intent: Intent) -> float:
    distance = intent.parameters.get("distance")
    if not isinstance(distance, tuple) or distance[1] not in DISTANCE_UNITS:
        return DEFAULT_TURN_DISTANCE
    return distance[0] * SI_FACTORS[distance[1]]


def _time_to_live_s(intent: Intent, lifetimes: Lifetimes) -> float:
    if intent.name in CLEARING:
        return CLEARING_TIME_TO_LIVE_S
    if intent.name in HALTING:
        return HOLD_TIME_TO_LIVE_S
    if intent.name == "HAZARD_NOTICE":
        return HAZARD_TIME_TO_LIVE_S
    if intent.name in _LIMITS and intent.name not in ("YIELD", "GO_AROUND"):
        return lifetimes.style_s
    return lifetimes.manoeuvre_s


_REPLIES = {
    "PULL_OVER": "pulling over", "STOP": "stopping", "RESUME": "driving on", "SPEED_UP": "going a bit faster",
    "SLOW_DOWN": "slowing down", "SET_SPEED": "setting the speed", "KEEP_DISTANCE": "keeping more distance",
    "CHANGE_LANE_LEFT": "changing to the left lane", "CHANGE_LANE_RIGHT": "changing to the right lane",
    "KEEP_LANE": "staying in this lane", "TURN_LEFT": "turning left", "TURN_RIGHT": "turning right",
    "GO_STRAIGHT": "going straight", "U_TURN": "turning around where it is allowed", "TAKE_EXIT": "taking the exit",
    "OVERTAKE": "overtaking when it is safe", "GO_AROUND": "going around it carefully", "YIELD": "giving way",
    "PARK": "looking for a place to park", "NAVIGATE": "heading there", "DRIVE_CAREFULLY": "driving more carefully",
    "HAZARD_NOTICE": "watching out", "CANCEL": "forgetting the last command",
}  # fmt: skip


def _reply(intents: Sequence[Intent], adapted: Sequence[str]) -> str:
    words = ", then ".join(_REPLIES[intent.name] for intent in intents)
    careful = ", as far as it is allowed here" if adapted else ""
    return f"OK, {words}{careful}."
