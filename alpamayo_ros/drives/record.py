# SPDX-License-Identifier: Apache-2.0
"""The recording of a replay: one mcap file with everything that went in and came out."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import alpamayo_msgs.msg as m
from diagnostic_msgs.msg import DiagnosticArray
from nav_msgs.msg import Odometry
from nav_msgs.msg import Path as PathMsg
from rclpy.serialization import deserialize_message
from std_msgs.msg import String

from alpamayo_ros import types as t
from alpamayo_ros.drives.bags import LATCHED, RELIABLE, BagReader, McapFileWriter, type_name
from alpamayo_ros.ros.conversions import (
    ego_history_from_msg,
    frame_set_from_msg,
    prediction_from_msg,
    time_to_ns,
)

FRAME_SET = "/frame_set"
EGO_HISTORY = "/ego_history"
EGO_ODOMETRY = "/ego_odometry"
MODE_DECISION = "/mode_decision"
ANSWER = "/answer"
PREDICTION = "/prediction"
CHAIN_OF_CAUSATION = "/chain_of_causation"
REASONING_TRACE = "/reasoning_trace"
PLAN = "/plan"
PATH = "/path"
DIAGNOSTICS = "/diagnostics"

OUTPUTS: Mapping[str, Any] = {
    FRAME_SET: m.FrameSet,
    EGO_HISTORY: m.EgoHistory,
    EGO_ODOMETRY: Odometry,
    MODE_DECISION: m.ModeDecision,
    ANSWER: m.Answer,
    PREDICTION: m.Prediction,
    CHAIN_OF_CAUSATION: m.ChainOfCausation,
    REASONING_TRACE: String,
    PLAN: m.Plan,
    PATH: PathMsg,
    DIAGNOSTICS: DiagnosticArray,
}
"""What the stack publishes, by topic."""


class RecordingFailed(t.StackError):
    """A recording that cannot be written on, for lack of space say."""


class RecordingWriter:
    """Writes a recording; any thread may write.

    Stamps are times of the bag. Those of one topic are made to increase strictly, so that topic
    and stamp name one message.
    """

    def __init__(self, path: Path, inputs: Mapping[str, str], chunk_bytes: int = 1 << 20) -> None:
        self._path = path
        self._file = McapFileWriter(path, chunk_bytes)
        self._lock = threading.Lock()
        self._newest: dict[str, int] = {}
        for topic, kind in inputs.items():
            self._file.add_topic(topic, kind, LATCHED if topic == "/tf_static" else RELIABLE)
        for topic, message_type in OUTPUTS.items():
            self._file.add_topic(topic, type_name(message_type))

    def write(self, topic: str, stamp_ns: int, data: bytes) -> int:
        """Write the CDR bytes of one message; return the stamp it got. Raises RecordingFailed."""
        with self._lock, self._named_errors():
            stamp_ns = max(stamp_ns, self._newest.get(topic, -1) + 1)
            self._newest[topic] = stamp_ns
            self._file.write(topic, stamp_ns, data)
        return stamp_ns

    def sync(self) -> None:
        """Force what was written to the disk, but for the newest chunk. Raises RecordingFailed."""
        with self._lock, self._named_errors():
            self._file.sync()

    def close(self) -> None:
        """Write the index; a second call does nothing. Raises RecordingFailed."""
        with self._lock, self._named_errors():
            self._file.close()

    @contextlib.contextmanager
    def _named_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise RecordingFailed(f"cannot write {self._path}: {error.strerror}") from error

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class PlanRow:
    """What a report needs of one plan; ``recorded_ns`` names the message in the recording."""

    recorded_ns: int
    stamp_ns: int
    t0_ns: int | None
    source: t.PlanSource
    reason: str


@dataclass(slots=True)
class Recording:
    """The outputs of a replay, by t0 where they have one; the first one of a t0 counts.

    ``recorded_ns`` maps topic and t0 to the stamp of the message in the recording; ``counters``
    are the sums each node reported at the end; ``samples`` counts messages by topic.
    """

    frame_sets: dict[int, t.FrameSet] = field(default_factory=dict)
    histories: dict[int, t.EgoHistory] = field(default_factory=dict)
    predictions: dict[int, t.Prediction] = field(default_factory=dict)
    plans: list[PlanRow] = field(default_factory=list)
    ego_track: list[tuple[int, str, float, float, float]] = field(default_factory=list)
    counters: dict[str, dict[str, int]] = field(default_factory=dict)
    recorded_ns: dict[tuple[str, int], int] = field(default_factory=dict)
    samples: dict[str, int] = field(default_factory=lambda: defaultdict(int))


def read_recording(path: Path) -> Recording:
    """Read the outputs back from a recording."""
    recording = Recording()
    counters = _Counters()
    by_t0: Mapping[str, tuple[dict[int, Any], Callable[[Any], Any]]] = {
        FRAME_SET: (recording.frame_sets, frame_set_from_msg),
        EGO_HISTORY: (recording.histories, ego_history_from_msg),
        PREDICTION: (recording.predictions, prediction_from_msg),
    }
    with BagReader(path) as bag:
        for topic, recorded_ns, data in bag.messages(tuple(OUTPUTS)):
            recording.samples[topic] += 1
            if topic in by_t0:
                into, convert = by_t0[topic]
                message = deserialize_message(data, OUTPUTS[topic])
                t0_ns = time_to_ns(message.header.stamp)
                if t0_ns not in into:
                    into[t0_ns] = convert(message)
                    recording.recorded_ns[topic, t0_ns] = recorded_ns
            elif topic == PLAN:
                recording.plans.append(_plan_row(recorded_ns, deserialize_message(data, m.Plan)))
            elif topic == EGO_ODOMETRY:
                recording.ego_track.append(_track_row(deserialize_message(data, Odometry)))
            elif topic == DIAGNOSTICS:
                counters.add(deserialize_message(data, DiagnosticArray))
    recording.counters = counters.totals()
    return recording


def _plan_row(recorded_ns: int, message: m.Plan) -> PlanRow:
    return PlanRow(
        recorded_ns=recorded_ns,
        stamp_ns=time_to_ns(message.header.stamp),
        t0_ns=time_to_ns(message.t0) or None,
        source=t.PlanSource(message.source),
        reason=message.reason,
    )


def _track_row(message: Odometry) -> tuple[int, str, float, float, float]:
    position = message.pose.pose.position
    return (
        time_to_ns(message.header.stamp),
        message.header.frame_id,
        position.x,
        position.y,
        message.twist.twist.linear.x,
    )


class _Counters:
    """Sums up counters from /diagnostics; one that fell was started again from zero."""

    def __init__(self) -> None:
        self._newest: dict[str, dict[str, int]] = defaultdict(dict)
        self._before: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))

    def add(self, array: DiagnosticArray) -> None:
        for status in array.status:
            newest = self._newest[status.name]
            for pair in status.values:
                if not pair.value.isdecimal():
                    continue
                value = int(pair.value)
                if value < newest.get(pair.key, 0):
                    self._before[status.name][pair.key] += newest[pair.key]
                newest[pair.key] = value

    def totals(self) -> dict[str, dict[str, int]]:
        return {
            node: {key: value + self._before[node][key] for key, value in newest.items()}
            for node, newest in self._newest.items()
        }
