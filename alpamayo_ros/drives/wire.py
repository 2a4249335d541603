# SPDX-License-Identifier: Apache-2.0
"""What a record needs of the stack's outputs, read from their bytes.

Making the message objects of a prediction costs milliseconds, nearly all for points that nobody
looks at one by one; a recorder beside a driving stack has a tenth of a core. Layout: CDR as ROS
serialises it (four bytes of encapsulation, then each field at a multiple of its size).
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from alpamayo_ros import types as t
from alpamayo_ros.drives.bags import MalformedMessage
from alpamayo_ros.geometry import yaw_of

_PREFIX = 4
_POSE_BYTES = 7 * 8
_POINT_STEP = 80
"""From one point's pose to the next one's: 56 bytes of pose, 12 of numbers, 12 of duration."""
_POINT_REST = 3 * 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where the vehicle was: odometry frame, x and y [m], heading [rad], forward speed [m/s]."""

    odometry_frame: str
    x: float
    y: float
    yaw: float
    speed: float


@dataclass(frozen=True, slots=True)
class SeenChain:
    """A ChainOfCausation."""

    trace: t.Trace
    reasoning: t.Reasoning


@dataclass(frozen=True, slots=True)
class SeenPrediction:
    """A Prediction; ``paths`` are the candidates' x and y (N, 2) in the ego frame at t0."""

    t0_ns: int
    policy: str
    place: Place
    paths: tuple[t.FloatArray, ...]
    chain: SeenChain | None
    costs: Mapping[str, float]
    selected: int
    selection_reason: str
    latencies_s: Mapping[str, float]
    decision_id: str


@dataclass(frozen=True, slots=True)
class SeenHistory:
    """An EgoHistory."""

    t0_ns: int
    valid: bool
    reason: str
    place: Place


@dataclass(frozen=True, slots=True)
class SeenPlan:
    """A Plan; ``path`` is x and y (N, 2) in the odometry frame."""

    stamp_ns: int
    odometry_frame: str
    path: t.FloatArray
    source: t.PlanSource
    t0_ns: int | None
    reason: str


def read_prediction(data: bytes) -> SeenPrediction:
    """Read the bytes of a Prediction; raises MalformedMessage."""
    wire = _Wire(data)
    with wire:
        t0_ns, _ = wire.header()
        policy, frame = wire.text(), wire.text()
        x, y, yaw = wire.pose()
        place = Place(frame, x, y, yaw, wire.real32())
        candidates = [_candidate(wire) for _ in range(wire.count())]
        selected, reason = wire.natural(), wire.text()
        latencies = {wire.text(): wire.real32() for _ in range(wire.count())}
        decision_id = wire.text()
    chosen = candidates[selected] if selected < len(candidates) else None
    return SeenPrediction(
        t0_ns=t0_ns, policy=policy, place=place,
        paths=tuple(path for path, _, _ in candidates),
        chain=chosen[1] if chosen else None,
        costs=chosen[2] if chosen else {},
        selected=selected, selection_reason=reason,
        latencies_s=latencies, decision_id=decision_id,
    )  # fmt: skip


def _candidate(wire: _Wire) -> tuple[t.FloatArray, SeenChain, dict[str, float]]:
    path = wire.points()
    chain = _chain(wire)
    return path, chain, {wire.text(): wire.real32() for _ in range(wire.count())}


def _chain(wire: _Wire) -> SeenChain:
    wire.header()
    text, longitudinal, lateral = wire.text(), wire.text(), wire.text()
    causes = tuple(t.Cause(t.CauseCategory(wire.byte()), wire.text()) for _ in range(wire.count()))
    counterfactual = wire.text()
    actions = tuple(
        t.MetaAction(t.Axis(wire.byte()), wire.text(), wire.real32(), wire.real32())
        for _ in range(wire.count())
    )
    verdicts = [t.AxisVerdict(t.Consistency(wire.byte()), wire.text()) for _ in range(2)]
    tokens, drafted = wire.natural(), wire.natural()
    return SeenChain(
        t.Trace(text, tokens, drafted),
        t.Reasoning(longitudinal, lateral, causes, counterfactual, actions, *verdicts),
    )


def read_history(data: bytes) -> SeenHistory:
    """Read the bytes of an EgoHistory; raises MalformedMessage."""
    wire = _Wire(data)
    with wire:
        t0_ns, _ = wire.header()
        valid, reason = wire.byte() != 0, wire.text()
        wire.byte()
        for _ in range(t.HISTORY_LENGTH):
            wire.skip_pose()
        frame = wire.text()
        x, y, yaw = wire.pose()
        return SeenHistory(t0_ns, valid, reason, Place(frame, x, y, yaw, wire.real32()))


def read_plan(data: bytes) -> SeenPlan:
    """Read the bytes of a Plan; raises MalformedMessage."""
    wire = _Wire(data)
    with wire:
        stamp_ns, frame = wire.header()
        path = wire.points()
        source = t.PlanSource(wire.byte())
        t0_ns = wire.stamp()
        wire.real32()
        return SeenPlan(stamp_ns, frame, path, source, t0_ns or None, wire.text())


def read_odometry(data: bytes) -> Place:
    """Read the bytes of an Odometry; raises MalformedMessage."""
    wire = _Wire(data)
    with wire:
        _, frame = wire.header()
        wire.text()
        x, y, yaw = wire.pose()
        wire.skip(36 * 8, 8)
        return Place(frame, x, y, yaw, wire.real64())


class _Wire:
    """A place in the bytes of a message; used in a ``with``, what goes wrong gets a name."""

    def __init__(self, data: bytes) -> None:
        if len(data) < _PREFIX or data[0] != 0 or data[1] not in (0, 1):
            raise MalformedMessage(f"not a serialised message: {data[:4]!r}, {len(data)} bytes")
        self._data = data
        self._order = "<" if data[1] else ">"
        self._real = np.dtype(f"{self._order}f8")
        self._at = 0

    def __enter__(self) -> _Wire:
        return self

    def __exit__(self, kind: object, error: BaseException | None, at: object) -> None:
        if isinstance(error, (struct.error, ValueError, TypeError, IndexError)):
            raise MalformedMessage(
                f"damaged at byte {self._at} of {len(self._data)}: {error}"
            ) from error

    def _take(self, code: str, size: int) -> int | float:
        at = -(-self._at // size) * size
        value: int | float = struct.unpack_from(self._order + code, self._data, _PREFIX + at)[0]
        self._at = at + size
        return value

    def byte(self) -> int:
        return int(self._take("B", 1))

    def natural(self) -> int:
        return int(self._take("I", 4))

    def count(self) -> int:
        count = self.natural()
        if count > len(self._data):
            raise ValueError(f"{count} elements in a message of {len(self._data)} bytes")
        return count

    def real32(self) -> float:
        return float(self._take("f", 4))

    def real64(self) -> float:
        return float(self._take("d", 8))

    def text(self) -> str:
        length = self.count()
        begin = _PREFIX + self._at
        if begin + length > len(self._data):
            raise ValueError(f"a text of {length} bytes reaches beyond the end")
        self._at += length
        # the last byte of a text is 0
        return self._data[begin : begin + max(length - 1, 0)].decode("utf-8", "replace")

    def stamp(self) -> int:
        return int(self._take("i", 4)) * t.SECOND_NS + self.natural()

    def header(self) -> tuple[int, str]:
        return self.stamp(), self.text()

    def skip(self, length: int, alignment: int) -> int:
        """Step over bytes; return where in the data they begin."""
        at = -(-self._at // alignment) * alignment
        self._at = at + length
        if _PREFIX + self._at > len(self._data):
            raise ValueError(f"{length} bytes reach beyond the end")
        return _PREFIX + at

    def skip_pose(self) -> None:
        self.skip(_POSE_BYTES, 8)

    def pose(self) -> tuple[float, float, float]:
        """The x, y and heading of a pose."""
        begin = self.skip(_POSE_BYTES, 8)
        x, y, _, *quaternion = struct.unpack_from(f"{self._order}7d", self._data, begin)
        return x, y, float(yaw_of(np.array(quaternion)))

    def points(self) -> t.FloatArray:
        """The x and y (N, 2) of a sequence of TrajectoryPoint."""
        count = self.count()
        if not count:
            return np.empty((0, 2))
        self.skip(8, 4)
        begin = self.skip(_POSE_BYTES, 8)
        self.skip((count - 1) * _POINT_STEP + _POINT_REST, 4)
        # floats of either byte order that lie apart, and not at multiples of their size
        view: t.FloatArray = np.ndarray((count, 2), self._real, self._data, begin, (_POINT_STEP, 8))
        return view.astype(np.float64)
