# SPDX-License-Identifier: Apache-2.0
"""What the nodes do, without the nodes: the same cores with the same parameters, called in turn.

Every stage takes messages as the node of its name does and returns what that would publish. Time
is what the caller says it is. What a stage drops it counts under the node's own names.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

import alpamayo_msgs.msg as m
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CompressedImage, Image, Imu
from tf2_msgs.msg import TFMessage

from alpamayo_ros import types as t
from alpamayo_ros.cameras.decode import DecodedImage, decode_array, decode_compressed
from alpamayo_ros.cameras.errors import DecodeError
from alpamayo_ros.cameras.frame_store import FrameStoreWriter
from alpamayo_ros.cameras.raw import check_encoding
from alpamayo_ros.cameras.resample import Scratch
from alpamayo_ros.cameras.rig import Rig, standard_camera
from alpamayo_ros.cameras.selection import FrameSelector
from alpamayo_ros.commands.answers import UNITS
from alpamayo_ros.commands.conversation import Conversation
from alpamayo_ros.commands.mode_expert import ModeExpert
from alpamayo_ros.commands.standing import StandingDecision, asks, is_question
from alpamayo_ros.drives.inputs import COMPRESSED_IMAGE, DriveInputs
from alpamayo_ros.ego.tracker import EgoTracker
from alpamayo_ros.planning.plan import Planner
from alpamayo_ros.policy.answering import Answering
from alpamayo_ros.policy.judgement import Judge, contradictions
from alpamayo_ros.policy.observation import InvalidObservation, observe
from alpamayo_ros.policy.registry import create
from alpamayo_ros.ros import ego_readings as readings
from alpamayo_ros.ros.conversions import (
    chain_from_msg,
    command_from_msg,
    ego_history_from_msg,
    ego_history_to_msg,
    ego_state_from_msg,
    ego_state_to_msg,
    plan_from_msg,
    plan_to_msg,
    prediction_from_msg,
    prediction_to_msg,
    time_to_ns,
)
from alpamayo_ros.ros.core_settings import (
    conversation_settings,
    ego_settings,
    lane_width,
    mode_expert_settings,
    planner_settings,
    selection_settings,
)
from alpamayo_ros.ros.image_bridge import image_to_array
from alpamayo_ros.ros.parameters import Value, number
from alpamayo_ros.ros.policy_parameters import policy_settings

Values = Mapping[str, Value]
Result = TypeVar("Result")

_WAITING = 10
"""Frame sets that wait for their histories, as in vla_inference."""


class Account:
    """Counts of one stage, as its node's diagnostics would show them."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.counters: Counter[str] = Counter()

    def drop(self, reason: str) -> None:
        """Count something that was dropped."""
        self.counters[f"dropped.{reason}"] += 1

    def after_jump(self, reset: Callable[[], None], step: Callable[[], Result]) -> Result:
        """Do a step of a core, once more after a reset when it finds time set back."""
        try:
            return step()
        except t.ClockJumped:
            self.counters["clock_jumps"] += 1
            reset()
            return step()


class CameraStage:
    """camera_sync: images in, frame sets out."""

    def __init__(self, values: Values, inputs: DriveInputs) -> None:
        self.account = Account("camera_sync")
        cameras = [
            standard_camera(role, topic, round(number(values, f"cameras.{role}.camera_id")))
            for role, topic in inputs.cameras.items()
        ]
        rig = Rig(tuple(cameras), inputs.anchor)
        self._roles = inputs.roles
        self._compressed = {t for t in inputs.roles if inputs.types[t] == COMPRESSED_IMAGE}
        self._place = {role: place for place, role in enumerate(rig.roles)}
        slots = round(number(values, "slots_per_camera"))
        self._store = FrameStoreWriter(len(rig.cameras), slots)
        self._sizes: dict[str, tuple[int, int]] = {}
        self._scratch = {role: Scratch() for role in rig.roles}
        self._selector = FrameSelector(
            rig,
            tolerance_ns=round(number(values, "tolerance_s") * t.SECOND_NS),
            deadline_ns=round(number(values, "deadline_s") * t.SECOND_NS),
            allow_subset=values["allow_subset"] is True,
            min_cameras=round(number(values, "min_cameras")),
            capacity=slots - 1,
            on_drop=lambda reason, _: self.account.drop(reason),
        )

    @property
    def deadline_ns(self) -> int | None:
        """When ``poll`` is to be called."""
        return self._selector.deadline_ns

    def take(self, topic: str, data: bytes, now_ns: int) -> list[t.FrameSet]:
        """Take an image message."""
        role = self._roles[topic]
        message = deserialize_message(data, CompressedImage if topic in self._compressed else Image)
        stamp_ns = time_to_ns(message.header.stamp)
        return self.account.after_jump(
            self._reset, lambda: self._take(role, stamp_ns, message, now_ns)
        )

    def poll(self, now_ns: int) -> list[t.FrameSet]:
        """Return the sets whose deadline has come."""
        return self._selector.poll(now_ns)

    def pixels_of(self, camera: t.CameraFrames) -> Sequence[t.Pixels]:
        """The images of a camera in a set."""
        return [self._store.read(handle) for handle in camera.handles]

    def _reset(self) -> None:
        self._selector.reset()
        self._sizes.clear()

    def _take(self, role: str, stamp_ns: int, message: Any, now_ns: int) -> list[t.FrameSet]:
        if not self._selector.admit(role, stamp_ns, now_ns):
            return []
        place = self._place[role]
        try:
            decoded = self._decode(role, message, self._store.slot(place))
        except DecodeError as error:
            self.account.drop(error.reason)
            return self._selector.skip(role, stamp_ns, now_ns)
        self._sizes.setdefault(role, decoded.source_size)
        height, width, _ = decoded.pixels.shape
        handle = self._store.commit(place, width, height)
        return self._selector.add(role, stamp_ns, width, height, handle, now_ns)

    def _decode(self, role: str, message: Any, out: t.Pixels) -> DecodedImage:
        expected, scratch = self._sizes.get(role), self._scratch[role]
        if isinstance(message, CompressedImage):
            return decode_compressed(message.data, message.format, expected, out, scratch)
        check_encoding(message.encoding)
        return decode_array(image_to_array(message), message.encoding, expected, out, scratch)

    def close(self) -> None:
        """Give the frames' memory back."""
        self._store.close()


class EgoStage:
    """ego_motion: odometry in; histories and ego states out."""

    def __init__(self, values: Values) -> None:
        self.account = Account("ego_motion")
        self.source = str(values["source"])
        source = t.EgoSource[self.source.upper()]
        self._tracker = EgoTracker(
            source,
            str(values["odometry_frame"]),
            str(values["base_frame"]),
            round(number(values, "answer_wait_s") * t.SECOND_NS),
            lambda rejection: self.account.drop(rejection.reason),
            ego_settings(values),
        )
        self._period_ns = round(0.9 * t.SECOND_NS / number(values, "state_rate_hz"))
        self._published_ns: int | None = None
        takers = {
            t.EgoSource.ODOMETRY: {"/odometry": (Odometry, self._odometry)},
            t.EgoSource.TF: {"/tf": (TFMessage, self._tf), "/tf_static": (TFMessage, self._static)},
            t.EgoSource.TWIST_IMU: {
                "/twist": (TwistStamped, self._twist), "/imu": (Imu, self._imu)
            },
        }  # fmt: skip
        self._takers: Mapping[str, Any] = takers[source]

    @property
    def topics(self) -> tuple[str, ...]:
        """Topics that ego motion comes from."""
        return tuple(self._takers)

    @property
    def deadline_ns(self) -> int | None:
        """When ``poll`` is to be called."""
        return self._tracker.deadline_ns

    def take(self, topic: str, data: bytes, now_ns: int) -> list[t.EgoHistory]:
        """Take a message of one of ``topics``."""
        kind, take = self._takers[topic]
        message = deserialize_message(data, kind)
        return self._step(lambda: take(message, now_ns))

    def request(self, t0_ns: int, now_ns: int) -> list[t.EgoHistory]:
        """Take a frame set's t0."""
        return self._step(lambda: self._tracker.request(t0_ns, now_ns))

    def poll(self, now_ns: int) -> list[t.EgoHistory]:
        """Answer what has waited long enough."""
        return self._step(lambda: self._tracker.poll(now_ns))

    def history_message(self, history: t.EgoHistory) -> m.EgoHistory:
        """The message of a history; counts it when it is invalid."""
        if not history.valid:
            self.account.counters[f"invalid.{history.reason.split(':')[0]}"] += 1
        return ego_history_to_msg(history, self._tracker.base_frame)

    def state_message(self) -> Odometry | None:
        """The newest ego state, unless it was had already or comes too soon after the last."""
        state = self._tracker.state()
        published = self._published_ns
        if state is None or state.stamp_ns == published:
            return None
        if published is not None and 0 <= state.stamp_ns - published < self._period_ns:
            return None
        self._published_ns = state.stamp_ns
        return ego_state_to_msg(state, self._tracker.base_frame)

    def _step(self, step: Callable[[], list[t.EgoHistory]]) -> list[t.EgoHistory]:
        return self.account.after_jump(self._tracker.reset, step)

    def _odometry(self, message: Odometry, now_ns: int) -> list[t.EgoHistory]:
        return self._tracker.take_odometry(readings.odometry_reading(message), now_ns)

    def _tf(self, message: TFMessage, now_ns: int) -> list[t.EgoHistory]:
        return self._tracker.take_transforms(list(readings.transform_readings(message)), now_ns)

    def _static(self, message: TFMessage, now_ns: int) -> list[t.EgoHistory]:
        self._tracker.take_static_transforms(readings.transform_readings(message))
        return []

    def _twist(self, message: TwistStamped, now_ns: int) -> list[t.EgoHistory]:
        return self._tracker.take_twist(*readings.twist_reading(message), now_ns)

    def _imu(self, message: Imu, now_ns: int) -> list[t.EgoHistory]:
        return self._tracker.take_imu(*readings.imu_reading(message), now_ns)


class PolicyStage:
    """vla_inference: a frame set and the history of the same t0 in, a prediction out.

    The policy's clock stands still, so that equal inputs give equal predictions to the byte;
    ``durations_s`` holds what the steady clock measured, by t0.
    """

    def __init__(
        self, values: Values, pixels_of: Callable[[t.CameraFrames], Sequence[t.Pixels]]
    ) -> None:
        self.account = Account("vla_inference")
        self._base_frame = str(values["base_frame"])
        self._most_failures = round(number(values, "max_failures"))
        self._failures = 0
        self._pixels_of = pixels_of
        self._frames: dict[int, t.FrameSet] = {}
        self._standing = StandingDecision()
        self._policy = create(str(values["policy"]), policy_settings(values), lambda: 0.0)
        self._judge = Judge(selection_settings(values), lane_width(values), lambda: 0.0)
        self._policy.warm_up()
        self._answering = Answering(self._policy)
        self._seen: t.Observation | None = None
        self.durations_s: dict[int, float] = {}

    def take_decision(self, decision: t.ModeDecision, now_ns: int) -> None:
        """Take what may become of a sentence."""
        self._standing.accept(decision, now_ns)
        if is_question(decision, now_ns):
            self._answering.ask(decision.command_id, decision.question)

    def answers(self) -> list[t.Answer]:
        """Answer the question that waits, to its end, from what was seen last."""
        said: list[t.Answer] = []
        try:
            while self._answering.busy and self._seen is not None:
                said += self._answering.step(self._seen)
        except Exception:  # noqa: BLE001 - whatever a policy raises costs one answer
            self.account.counters["answers_failed"] += 1
            said.append(self._answering.broken_off())
        return said

    def take_frames(self, frames: t.FrameSet) -> None:
        """Take a frame set; it waits for its history."""
        self._frames[frames.t0_ns] = frames
        while len(self._frames) > _WAITING:
            del self._frames[next(iter(self._frames))]

    def take_history(self, message: m.EgoHistory, now_ns: int) -> m.Prediction | None:
        """Take a history and predict, when its frame set is here and it can be driven on."""
        frames = self._frames.pop(time_to_ns(message.header.stamp), None)
        if frames is None or self._failures >= self._most_failures:
            return None
        try:
            observation = observe(
                frames,
                ego_history_from_msg(message),
                self._standing.instruction(now_ns),
                self._pixels_of,
            )
        except InvalidObservation as error:
            self.account.drop(error.name.lower())
            return None
        return self._predict(observation)

    def _predict(self, observation: t.Observation) -> m.Prediction | None:
        began = time.perf_counter()
        try:
            prediction = self._policy.predict(observation)
            prediction = self._judge.judge(prediction, observation.instruction.limits)
            message = prediction_to_msg(prediction, self._base_frame)
        except Exception:  # noqa: BLE001 - whatever a policy raises costs one tick
            self._failures += 1
            self.account.drop("policy_failed")
            return None
        self.durations_s[observation.t0_ns] = time.perf_counter() - began
        self._failures = 0
        self._seen = observation
        self.account.counters["contradictions"] += len(contradictions(prediction))
        return message

    def close(self) -> None:
        """Release the policy."""
        self._policy.close()


class PlanStage:
    """trajectory_publisher: predictions, ego states and decisions in; the plan for now out."""

    def __init__(self, values: Values) -> None:
        self.account = Account("trajectory_publisher")
        self._planner = Planner(planner_settings(values))
        self._standing = StandingDecision()
        self.period_ns = round(t.SECOND_NS / number(values, "rate_hz"))

    def take_state(self, message: Odometry) -> None:
        """Take where the vehicle is."""
        state = ego_state_from_msg(message)
        refused = self._step(lambda: self._planner.update_ego(state))
        self._count("ego_odometry", refused)

    def take_prediction(self, message: m.Prediction, now_ns: int) -> None:
        """Take a prediction."""
        prediction = prediction_from_msg(message)
        self._step(lambda: self._planner.accept(prediction, now_ns))
        self._count("prediction", self._planner.rejections)

    def take_decision(self, decision: t.ModeDecision, now_ns: int) -> None:
        """Take what may become of a sentence: its limits hold until its time to live ends."""
        without_effect = self._standing.accept(decision, now_ns)
        if without_effect:
            name = without_effect.partition(":")[0].lower()
            self.account.counters[f"mode_decision.without_effect.{name}"] += 1

    def plan(self, now_ns: int) -> m.Plan | None:
        """The plan for now, if there is any."""
        instruction = self._standing.instruction(now_ns)
        plan = self._step(lambda: self._planner.plan(now_ns, instruction))
        if plan is None:
            return None
        self.account.counters[f"plans.{plan.source.name.lower()}"] += 1
        return plan_to_msg(plan)

    def _step(self, step: Callable[[], Result]) -> Result:
        return self.account.after_jump(self._planner.reset, step)

    def _count(self, what: str, reasons: Sequence[str]) -> None:
        for reason in reasons:
            self.account.drop(f"{what}.{reason.partition(':')[0].lower()}")


class CommandStage:
    """mode_expert: words in; decisions and answers out."""

    def __init__(self, values: Values) -> None:
        self.account = Account("mode_expert")
        self._expert = ModeExpert(mode_expert_settings(values))
        self._conversation = Conversation(
            conversation_settings(values), UNITS[str(values["speed_unit"])]
        )
        self._plan: m.Plan | None = None
        self._chain: m.ChainOfCausation | None = None

    def take_state(self, message: Odometry) -> None:
        """Take where the vehicle is."""
        self._conversation.take_ego(ego_state_from_msg(message))

    def take_plan(self, message: m.Plan) -> None:
        """Take the newest plan."""
        self._plan = message

    def take_chain(self, message: m.ChainOfCausation) -> None:
        """Take the newest chain of causation."""
        self._chain = message

    def _look(self) -> None:
        """Read what came since somebody last spoke."""
        if self._plan is not None:
            self._conversation.take_plan(plan_from_msg(self._plan))
        if self._chain is not None:
            t0_ns = time_to_ns(self._chain.header.stamp)
            self._conversation.take_chain(*chain_from_msg(self._chain), t0_ns)
        self._plan = self._chain = None

    def decide(self, data: bytes, now_ns: int) -> tuple[t.ModeDecision, list[t.Answer]]:
        """Take what a person said; return the decision, and the answer when it is known."""
        self._look()
        command = command_from_msg(deserialize_message(data, m.UserCommand))
        decision = self._expert.decide(command, now_ns, self._conversation.state(now_ns))
        self.account.counters[f"decided.{decision.verdict.name.lower()}"] += 1
        return decision, self._conversation.begin(decision, now_ns) if asks(decision) else []

    def take_model_answer(self, piece: t.Answer, now_ns: int) -> list[t.Answer]:
        """Take a piece of the model's answer; return the answers that are whole."""
        said = self._conversation.take_model_answer(piece, now_ns)
        return [answer for answer in said if answer.last]


def without_pixels(frames: t.FrameSet) -> t.FrameSet:
    """A frame set whose handles name nothing: its pixels are gone when a recording is read."""
    none = t.FrameHandle(0, 0)
    cameras = tuple(replace(camera, handles=(none,) * 4) for camera in frames.cameras)
    return replace(frames, cameras=cameras)
