# SPDX-License-Identifier: Apache-2.0
"""A replay tick by tick: every core in this process, in the bag's time, nothing waits or is late.

Between two messages of the bag the deadlines of the cores are served in order, so that what comes
out depends on the bag and the parameters alone, to the byte, however slow the machine.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import alpamayo_msgs.msg as m
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.serialization import deserialize_message
from std_msgs.msg import String

from alpamayo_ros import types as t
from alpamayo_ros.drives.canonical import canonical_cdr
from alpamayo_ros.drives.inputs import DriveInputs
from alpamayo_ros.drives.record import (
    ANSWER,
    CHAIN_OF_CAUSATION,
    DIAGNOSTICS,
    EGO_HISTORY,
    EGO_ODOMETRY,
    FRAME_SET,
    MODE_DECISION,
    PATH,
    PLAN,
    PREDICTION,
    REASONING_TRACE,
    RecordingWriter,
)
from alpamayo_ros.drives.stages import (
    Account,
    CameraStage,
    CommandStage,
    EgoStage,
    PlanStage,
    PolicyStage,
    Values,
    without_pixels,
)
from alpamayo_ros.drives.summary import Latencies
from alpamayo_ros.ros.conversions import (
    answer_to_msg,
    decision_from_msg,
    decision_to_msg,
    frame_set_to_msg,
    plan_to_path,
    time_from_ns,
    time_to_ns,
)

_USER_COMMAND = "/user_command"
_READ_ON = (EGO_HISTORY, MODE_DECISION, PREDICTION)
_DIAGNOSTICS_PERIOD_NS = t.SECOND_NS

See = Callable[[t.FrameSet, Callable[[t.CameraFrames], t.Pixels]], None]

DRAIN_NS = 200_000_000
"""How long deadlines are served after the last message."""


class Lockstep:
    """Runs the stages over a bag; a context manager.

    ``values`` are the resolved parameters of every node. Afterwards ``latencies`` holds the time
    this process needed: ``frame_set`` to decode the newest image and choose, ``policy`` to
    predict, ``stack`` from the newest image to the first plan. ``see`` is shown every frame set
    while its pixels are there; the time it takes is none of these.
    """

    def __init__(
        self,
        values: Mapping[str, Values],
        inputs: DriveInputs,
        writer: RecordingWriter,
        see: See | None = None,
    ) -> None:
        self._cameras = CameraStage(values["camera_sync"], inputs)
        self._ego = EgoStage(values["ego_motion"])
        self._policy = PolicyStage(values["vla_inference"], self._cameras.pixels_of)
        self._plans = PlanStage(values["trajectory_publisher"])
        self._commands = CommandStage(values["mode_expert"])
        self._image_topics = frozenset(inputs.cameras.values())
        self._base_frame = str(values["camera_sync"]["base_frame"])
        self._writer = writer
        self._see = see
        self._now_ns = 0
        self._plan_due_ns = self._diagnostics_due_ns = 0
        self._began: dict[int, float] = {}
        self._step_began = 0.0
        self.latencies = Latencies(policy=self._policy.durations_s)

    def run(self, messages: Iterable[tuple[str, int, bytes]], start_ns: int) -> None:
        """Take (topic, time [ns], CDR bytes) in order of time."""
        self._now_ns = start_ns
        self._plan_due_ns = start_ns + self._plans.period_ns
        self._diagnostics_due_ns = start_ns + _DIAGNOSTICS_PERIOD_NS
        for topic, stamp_ns, data in messages:
            self._serve_deadlines(stamp_ns)
            self._now_ns = max(self._now_ns, stamp_ns)
            self._writer.write(topic, stamp_ns, data)
            self._take(topic, data)
        self._serve_deadlines(self._now_ns + DRAIN_NS)
        self._report()

    def close(self) -> None:
        """Release policy and memory."""
        self._policy.close()
        self._cameras.close()

    def __enter__(self) -> Lockstep:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -- what comes in

    def _take(self, topic: str, data: bytes) -> None:
        self._step_began = time.perf_counter()
        now_ns = self._now_ns
        if topic in self._image_topics:
            self._on_frame_sets(self._cameras.take(topic, data, now_ns))
        elif topic in self._ego.topics:
            histories = self._ego.take(topic, data, now_ns)
            self._on_state()
            self._on_histories(histories)
        elif topic == _USER_COMMAND:
            decision, answers = self._commands.decide(data, now_ns)
            message = self._write(MODE_DECISION, decision_to_msg(decision))
            decision = decision_from_msg(message)
            self._policy.take_decision(decision, now_ns)
            self._plans.take_decision(decision, now_ns)
            self._on_answers(answers)

    def _serve_deadlines(self, until_ns: int) -> None:
        """Serve every deadline before ``until_ns``, earliest first."""
        while True:
            due: list[tuple[int, int, Callable[[], None]]] = [
                (self._plan_due_ns, 2, self._on_plan_due),
                (self._diagnostics_due_ns, 3, self._on_diagnostics_due),
            ]
            if self._cameras.deadline_ns is not None:
                due.append((self._cameras.deadline_ns, 0, self._on_camera_deadline))
            if self._ego.deadline_ns is not None:
                due.append((self._ego.deadline_ns, 1, self._on_ego_deadline))
            due_ns, _, serve = min(due, key=lambda entry: entry[:2])
            if due_ns >= until_ns:
                return
            self._now_ns = max(self._now_ns, due_ns)
            self._step_began = time.perf_counter()
            serve()

    def _on_camera_deadline(self) -> None:
        self._on_frame_sets(self._cameras.poll(self._now_ns))

    def _on_ego_deadline(self) -> None:
        self._on_histories(self._ego.poll(self._now_ns))

    def _on_plan_due(self) -> None:
        self._publish_plan()

    def _on_diagnostics_due(self) -> None:
        self._diagnostics_due_ns += _DIAGNOSTICS_PERIOD_NS
        self._report()

    # -- from stage to stage

    def _on_frame_sets(self, sets: Iterable[t.FrameSet]) -> None:
        for frames in sets:
            t0_ns = frames.t0_ns
            self._began[t0_ns] = self._step_began
            self.latencies.frame_set[t0_ns] = time.perf_counter() - self._step_began
            message = frame_set_to_msg(without_pixels(frames), self._base_frame, "", 0.0)
            self._write(FRAME_SET, message)
            self._show(frames)
            self._policy.take_frames(frames)
            self._on_histories(self._ego.request(t0_ns, self._now_ns))

    def _show(self, frames: t.FrameSet) -> None:
        if self._see is None:
            return
        began = time.perf_counter()
        self._see(frames, lambda camera: self._cameras.pixels_of(camera)[-1])
        self._began[frames.t0_ns] += time.perf_counter() - began

    def _on_state(self) -> None:
        message = self._ego.state_message()
        if message is not None:
            self._write(EGO_ODOMETRY, message)
            self._commands.take_state(message)
            self._plans.take_state(message)

    def _on_histories(self, histories: Iterable[t.EgoHistory]) -> None:
        for history in histories:
            message = self._write(EGO_HISTORY, self._ego.history_message(history))
            prediction = self._policy.take_history(message, self._now_ns)
            if prediction is not None:
                self._on_prediction(prediction)

    def _on_prediction(self, prediction: m.Prediction) -> None:
        message = self._write(PREDICTION, prediction)
        if message.selected < len(message.candidates):
            chain = message.candidates[message.selected].chain_of_causation
            self._write(CHAIN_OF_CAUSATION, chain)
            self._commands.take_chain(chain)
            self._write(REASONING_TRACE, String(data=chain.text))
        self._plans.take_prediction(message, self._now_ns)
        self._publish_plan()
        t0_ns = time_to_ns(message.header.stamp)
        began = self._began.pop(t0_ns, None)
        if began is not None:
            self.latencies.stack[t0_ns] = time.perf_counter() - began
        for piece in self._policy.answers():
            self._on_answers(self._commands.take_model_answer(piece, self._now_ns))

    def _on_answers(self, answers: Iterable[t.Answer]) -> None:
        for answer in answers:
            self._write(ANSWER, answer_to_msg(answer))

    def _publish_plan(self) -> None:
        # at once with a prediction, and the next periodic one a whole period later
        self._plan_due_ns = self._now_ns + self._plans.period_ns
        message = self._plans.plan(self._now_ns)
        if message is not None:
            self._write(PLAN, message)
            self._commands.take_plan(message)
            self._write(PATH, plan_to_path(message))

    def _write(self, topic: str, message: Any) -> Any:
        """Write a message; return it as the next node reads it, numbers in the wire's precision."""
        data = canonical_cdr(message)
        self._writer.write(topic, self._now_ns, data)
        return deserialize_message(data, type(message)) if topic in _READ_ON else message

    def _report(self) -> None:
        """Write every stage's counters as its node's diagnostics."""
        array = DiagnosticArray()
        array.header.stamp = time_from_ns(self._now_ns)
        stages = (self._cameras, self._ego, self._commands, self._policy, self._plans)
        array.status = [_status(stage.account) for stage in stages]
        self._write(DIAGNOSTICS, array)


def _status(account: Account) -> DiagnosticStatus:
    values = [KeyValue(key=key, value=str(n)) for key, n in sorted(account.counters.items())]
    return DiagnosticStatus(
        level=DiagnosticStatus.OK, name=account.node, message="ok",
        hardware_id="alpamayo_ros", values=values,
    )  # fmt: skip
