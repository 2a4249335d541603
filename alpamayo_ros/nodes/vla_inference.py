# SPDX-License-Identifier: Apache-2.0
"""vla_inference: frames and ego history of one t0 in, the policy's prediction out."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import NamedTuple

from alpamayo_msgs.msg import Answer as AnswerMsg
from alpamayo_msgs.msg import CameraFrames as CameraFramesMsg
from alpamayo_msgs.msg import ChainOfCausation
from alpamayo_msgs.msg import EgoHistory as EgoHistoryMsg
from alpamayo_msgs.msg import FrameSet as FrameSetMsg
from alpamayo_msgs.msg import ModeDecision as ModeDecisionMsg
from alpamayo_msgs.msg import Prediction as PredictionMsg
from std_msgs.msg import Header, String

from alpamayo_ros.cameras.frame_store import FrameStoreReader, StaleFrame, StoreUnavailable
from alpamayo_ros.commands.standing import StandingDecision, is_question
from alpamayo_ros.policy.answering import Answering
from alpamayo_ros.policy.judgement import Judge, contradictions
from alpamayo_ros.policy.observation import (
    CheckedOnce,
    InvalidObservation,
    check_history,
    observe,
)
from alpamayo_ros.policy.registry import create
from alpamayo_ros.policy.worker import NewestWorker
from alpamayo_ros.ros.conversions import (
    answer_to_msg,
    decision_from_msg,
    ego_history_from_msg,
    embedded_pixels,
    frame_set_from_msg,
    prediction_to_msg,
    time_to_ns,
)
from alpamayo_ros.ros.core_settings import lane_width, selection_settings
from alpamayo_ros.ros.diagnostics import ERROR, WARN, Finding
from alpamayo_ros.ros.node import StackNode, run
from alpamayo_ros.ros.parameters import ParameterSpec
from alpamayo_ros.ros.planning_parameters import (
    BOUNDS_PARAMETERS,
    CAREFUL_PARAMETERS,
    LANE_WIDTH,
    SELECTION_PARAMETERS,
)
from alpamayo_ros.ros.policy_parameters import POLICY_PARAMETERS, policy_settings
from alpamayo_ros.ros.qos import ANSWERS, INTERNAL, LATCHED
from alpamayo_ros.ros.synchronizer import SimpleFilter, TimeSynchronizer
from alpamayo_ros.types import (
    SECOND_NS,
    CameraFrames,
    ConfigurationError,
    EgoHistory,
    FrameSet,
    Instruction,
    ModeDecision,
    Observation,
    Pixels,
)

_WAITING = 10
"""Messages of one topic that wait for their partner: a second's worth."""

_SILENCE_S = 0.5

_FAILURE_SHOWN_S = 2.0


class _Frames(NamedTuple):
    """A FrameSet as it came and as the policy's types have it."""

    header: Header
    message: FrameSetMsg
    frames: FrameSet


class _Pair(NamedTuple):
    """A tick's inputs, and the epoch of the node they belong to."""

    images: _Frames
    ego: EgoHistory
    instruction: Instruction
    epoch: int
    received_s: float


class VlaInference(StackNode):
    """frame_set + ego_history (+ mode_decision) -> prediction, chain_of_causation and trace.

    Callbacks only pair and hand over; a worker thread sees, predicts and publishes. What began
    before a clock jump or a deactivation (an older epoch) is not published.
    """

    NAME = "vla_inference"
    PARAMETERS = (
        ParameterSpec(
            "policy", "ctra",
            "The policy that predicts; 'module:Class' names one of your own.",
        ),
        *POLICY_PARAMETERS,
        ParameterSpec("base_frame", "base_link", "Frame of predictions at their t0."),
        ParameterSpec(
            "max_failures", 3,
            "After so many failures of the policy in a row the node deactivates itself.",
            "", 1, 1000,
        ),
        LANE_WIDTH,
        *SELECTION_PARAMETERS,
        *BOUNDS_PARAMETERS,
        *CAREFUL_PARAMETERS,
    )  # fmt: skip

    def configure(self) -> None:
        """Load and warm up the policy, then advertise and listen."""
        self._base_frame = self.text("base_frame")
        self._failures = 0
        self._epoch = 0
        self._store: FrameStoreReader | None = None
        self._standing = StandingDecision()
        self._judge = Judge(selection_settings(self.values), lane_width(self.values))
        try:
            self._policy = create(self.text("policy"), policy_settings(self.values))
            self._policy.warm_up()
        except ConfigurationError:
            raise
        except Exception as error:
            raise ConfigurationError(
                f"policy '{self.text('policy')}' failed to warm up: {_one_line(error)}"
            ) from error
        self._answering = Answering(self._policy)
        self._seen: Observation | None = None
        self._worker: NewestWorker[_Pair] | None = NewestWorker(
            "policy", self._tick, self._answer_on
        )
        self._give_up = self.create_guard_condition(self._deactivate_itself)
        self.diagnostics.add_check(self._check_inputs)
        self._predictions = self.advertise(PredictionMsg, "prediction", INTERNAL)
        self._chains = self.advertise(ChainOfCausation, "chain_of_causation", INTERNAL)
        self._traces = self.advertise(String, "reasoning_trace", INTERNAL)
        self._answers = self.advertise(AnswerMsg, "model_answer", ANSWERS)
        self._synchronize()
        self.subscribe(FrameSetMsg, "frame_set", self._on_frames, INTERNAL)
        self.subscribe(EgoHistoryMsg, "ego_history", self._on_history, INTERNAL)
        self.subscribe(
            ModeDecisionMsg, "mode_decision", self._on_decision, LATCHED, while_inactive=True
        )

    def activate(self) -> None:
        """Begin a new epoch with no failures."""
        self._failures = 0
        self._active_since = time.monotonic()
        self.clear_buffers()

    def deactivate(self) -> None:
        """Let nothing that is in work be published."""
        self.clear_buffers()

    def cleanup(self) -> None:
        """End the worker, then what it uses."""
        worker, self._worker = getattr(self, "_worker", None), None
        if worker is None:
            return
        worker.stop()
        self._policy.close()
        self._store = None
        self.destroy_guard_condition(self._give_up)

    def clear_buffers(self) -> None:
        """Forget what waits, for a partner or for the worker, and what was seen."""
        self._epoch += 1
        self._seen = None
        self._judge.reset()
        if self._worker is not None:
            self._worker.forget()
        self._synchronize()

    def _synchronize(self) -> None:
        self._frames, self._histories = SimpleFilter(), SimpleFilter()
        pairs = TimeSynchronizer([self._frames, self._histories], _WAITING)
        pairs.registerCallback(self._on_pair)

    # -- inputs, on the executor's thread

    def _on_frames(self, message: FrameSetMsg) -> None:
        self.diagnostics.mark("frame_set")
        try:
            frames = frame_set_from_msg(message)
        except ValueError as error:
            self.diagnostics.drop("malformed", _one_line(error))
            return
        # converted here, while the history of the same t0 is still being made
        self._frames.signalMessage(_Frames(message.header, message, frames))

    def _on_history(self, message: EgoHistoryMsg) -> None:
        self.diagnostics.mark("ego_history")
        self._histories.signalMessage(message)

    def _on_decision(self, message: ModeDecisionMsg) -> None:
        self.diagnostics.mark("mode_decision")
        try:
            decision = decision_from_msg(message)
            without_effect = self._standing.accept(decision, self.now_ns())
        except ValueError as error:
            without_effect = f"MALFORMED: {_one_line(error)}"
        else:
            if is_question(decision, self.now_ns()):
                self._ask(decision)
                return
        if without_effect:
            name = without_effect.partition(":")[0].lower()
            self.diagnostics.count(f"mode_decision.without_effect.{name}")

    def _ask(self, decision: ModeDecision) -> None:
        if self._worker is None or not self.active:
            return
        self.diagnostics.count("questions")
        self._answering.ask(decision.command_id, decision.question)
        self._worker.wake()

    def _on_pair(self, images: _Frames, history: EgoHistoryMsg) -> None:
        self.diagnostics.mark("pair")
        try:
            ego = ego_history_from_msg(history)
            check_history(ego)
        except InvalidObservation as error:
            self.diagnostics.drop(error.name.lower(), str(error).partition(": ")[2])
            return
        except ValueError as error:
            self.diagnostics.drop("malformed", _one_line(error))
            return
        instruction = self._standing.instruction(self.now_ns())
        pair = _Pair(images, ego, instruction, self._epoch, time.monotonic())
        if self._worker is not None and self._worker.submit(pair):
            self.diagnostics.count("skipped")

    # -- one tick, on the worker's thread

    def _tick(self, pair: _Pair) -> None:
        began_s = time.monotonic()
        try:
            observation = self._observe(pair)
        except StaleFrame as error:
            self.diagnostics.drop("stale_frame", str(error))
            return
        except (StoreUnavailable, InvalidObservation) as error:
            name = error.name.lower() if isinstance(error, InvalidObservation) else "frame_store"
            self.diagnostics.event(name, Finding(ERROR, f"{name}: {error}"), _FAILURE_SHOWN_S)
            self.diagnostics.count(f"dropped.{name}")
            return
        except ValueError as error:
            self.diagnostics.drop("malformed", _one_line(error))
            return
        intact = CheckedOnce(observation.check_intact)
        observation = replace(observation, check_intact=intact)
        try:
            prediction = self._predict(observation, pair.epoch)
            if prediction is None or pair.epoch != self._epoch:
                return
            if not intact.checked:
                intact()
        except StaleFrame as error:
            self.diagnostics.drop("stale_frame", f"overwritten during inference: {error}")
            return
        self._seen = observation
        self._publish(prediction)
        self.diagnostics.gauge("latency.wait_ms", (began_s - pair.received_s) * 1e3)
        self.diagnostics.gauge("latency.tick_ms", (time.monotonic() - began_s) * 1e3)

    def _observe(self, pair: _Pair) -> Observation:
        _, message, frames = pair.images
        if not message.store:
            embedded = {camera.camera_id: camera for camera in message.cameras}
            return observe(frames, pair.ego, pair.instruction, _embedded_in(embedded))
        store = self._open_store(message.store)

        def check_intact() -> None:
            for camera in frames.cameras:
                for handle in camera.handles:
                    store.check(handle)

        def pixels_of(camera: CameraFrames) -> Sequence[Pixels]:
            return [store.view(handle, camera.width, camera.height) for handle in camera.handles]

        return observe(frames, pair.ego, pair.instruction, pixels_of, check_intact)

    def _open_store(self, name: str) -> FrameStoreReader:
        """The store of this name; that of a camera_sync that is gone is let go."""
        if self._store is None or self._store.name != name:
            self._store = None
            self._store = FrameStoreReader(name)
            self.diagnostics.count("frame_stores_opened")
        return self._store

    def _predict(self, observation: Observation, epoch: int) -> PredictionMsg | None:
        try:
            prediction = self._policy.predict(observation)
            prediction = self._judge.judge(prediction, observation.instruction.limits)
            message = prediction_to_msg(prediction, self._base_frame)
        except StaleFrame:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a policy raises costs one tick
            self._fail(error, epoch)
            return None
        if epoch == self._epoch:
            self._failures = 0
        for said in contradictions(prediction):
            finding = Finding(WARN, f"contradiction: {said}")
            self.diagnostics.event("contradiction", finding, _FAILURE_SHOWN_S)
            self.diagnostics.count("contradictions")
        return message

    def _fail(self, error: Exception, epoch: int) -> None:
        self.diagnostics.count("dropped.policy_failed")
        if epoch != self._epoch:
            return
        self._failures += 1
        text = f"policy '{self._policy.name}' failed ({self._failures} in a row)"
        finding = Finding(ERROR, f"{text}: {_one_line(error)}")
        self.diagnostics.event("policy_failed", finding, _FAILURE_SHOWN_S)
        if self._failures >= self.number("max_failures"):
            # a transition belongs to the executor's thread
            self._give_up.trigger()

    def _publish(self, message: PredictionMsg) -> None:
        if not self.context.ok():
            return
        self._predictions.publish(message)
        if message.selected < len(message.candidates):
            chain = message.candidates[message.selected].chain_of_causation
            self._chains.publish(chain)
            self._traces.publish(String(data=chain.text))
        self.diagnostics.mark("prediction")
        age_s = (self.now_ns() - time_to_ns(message.header.stamp)) / SECOND_NS
        self.diagnostics.gauge("prediction.age_of_t0_s", age_s)
        for latency in message.latencies:
            self.diagnostics.gauge(f"latency.policy.{latency.stage}_ms", latency.duration * 1e3)

    # -- answers, on the worker's thread, between ticks

    def _answer_on(self) -> bool:
        """Go on with an answer by one piece; return whether there is more to do at once."""
        seen = self._seen
        try:
            answers = self._answering.step(seen)
        except Exception as error:  # noqa: BLE001 - whatever a policy raises costs one answer
            self.diagnostics.count("answers_failed")
            finding = Finding(WARN, f"no answer: {_one_line(error)}")
            self.diagnostics.event("answer_failed", finding, _FAILURE_SHOWN_S)
            answers = [self._answering.broken_off()]
        if self.context.ok():
            for answer in answers:
                self._answers.publish(answer_to_msg(answer))
        return self._answering.busy and seen is not None

    # -- failures

    def _deactivate_itself(self) -> None:
        if not self.active:
            return
        self.diagnostics.count("deactivations")
        self.get_logger().error(
            f"policy failed {self._failures} times in a row: deactivating; "
            "activate the node to try again"
        )
        self.trigger_deactivate()

    def _check_inputs(self) -> Finding | None:
        """Both inputs must come, and in pairs."""
        if not self.active:
            if self._failures >= self.number("max_failures"):
                return Finding(ERROR, f"inactive: policy failed {self._failures} times in a row")
            return None
        here_s = time.monotonic() - self._active_since
        for name in ("frame_set", "ego_history", "pair"):
            silent_s = min(self.diagnostics.age_s(name), here_s)
            if silent_s > _SILENCE_S:
                return Finding(ERROR, f"no {name}: for {silent_s:.1f} s")
        return None


def _embedded_in(
    cameras: dict[int, CameraFramesMsg],
) -> Callable[[CameraFrames], Sequence[Pixels]]:
    return lambda camera: embedded_pixels(cameras[camera.camera_id])


def _one_line(error: Exception) -> str:
    """Type and text of an error on one line of bounded length."""
    text = " ".join(f"{type(error).__name__}: {error}".split())
    return text if len(text) <= 300 else text[:297] + "..."


def main() -> int:
    """Run the node."""
    return run(VlaInference)


if __name__ == "__main__":
    sys.exit(main())
