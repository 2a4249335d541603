# SPDX-License-Identifier: Apache-2.0
"""ego_motion: odometry in, one ego history for every frame set out, at exactly its stamp."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import alpamayo_msgs.msg as m
from geometry_msgs.msg import TwistStamped
from nav_msgs.msg import Odometry
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Imu
from tf2_msgs.msg import TFMessage

from alpamayo_ros.ego.samples import SampleRejected
from alpamayo_ros.ego.tracker import EgoTracker
from alpamayo_ros.ego.validation import ODOMETRY_SHORT, EgoSettings
from alpamayo_ros.ros import ego_readings as readings
from alpamayo_ros.ros.conversions import ego_history_to_msg, ego_state_to_msg, time_to_ns
from alpamayo_ros.ros.core_settings import ego_settings
from alpamayo_ros.ros.diagnostics import ERROR, WARN, Finding
from alpamayo_ros.ros.node import StackNode, run
from alpamayo_ros.ros.parameters import ParameterSpec
from alpamayo_ros.ros.qos import INTERNAL, STATIC_TF
from alpamayo_ros.types import SECOND_NS, EgoHistory, EgoSource

SOURCES = {
    "odometry": EgoSource.ODOMETRY,
    "tf": EgoSource.TF,
    "twist_imu": EgoSource.TWIST_IMU,
}

SILENCE_S = 0.5
_DEFAULTS = EgoSettings()

# 0.5 s at 200 Hz, so that a busy moment loses nothing of a fast stream
_STREAM = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=100, reliability=ReliabilityPolicy.BEST_EFFORT
)


class EgoMotion(StackNode):
    """Answers every FrameSet with an EgoHistory, valid or invalid with a reason."""

    NAME = "ego_motion"
    PARAMETERS = (
        ParameterSpec(
            "source", "odometry",
            "Where ego motion comes from: topic odometry; /tf and /tf_static; or twist and imu.",
            choices=tuple(SOURCES),
        ),
        ParameterSpec(
            "odometry_frame", "odom",
            "Frame that poses are in. Empty (source odometry only): the first that is seen.",
        ),
        ParameterSpec(
            "base_frame", "base_link",
            "Frame of the vehicle. Empty (source odometry only): the first that is seen.",
        ),
        ParameterSpec(
            "max_gap_s", _DEFAULTS.max_gap_s,
            "Largest time between consecutive samples of a valid history; the default admits one "
            "lost message at 10 Hz.",
            "s", 0.01, 1.0,
        ),
        ParameterSpec(
            "max_extrapolation_s", _DEFAULTS.max_extrapolation_s,
            "How far t0 may lie beyond the newest sample.", "s", 0.0, 0.3,
        ),
        ParameterSpec(
            "answer_wait_s", 0.03,
            "How long an answer waits for odometry at or after t0 before it is extrapolated.",
            "s", 0.0, 0.5,
        ),
        ParameterSpec(
            "max_jump_m", _DEFAULTS.max_jump_m,
            "Largest distance between a sample and where the speed leads from the one before.",
            "m", 0.01, 10.0,
        ),
        ParameterSpec(
            "max_turn_jump_rad", _DEFAULTS.max_turn_jump_rad,
            "Largest angle between a sample and where the yaw rate leads from the one before.",
            "rad", 0.01, 3.0,
        ),
        ParameterSpec(
            "max_speed_mismatch_mps", _DEFAULTS.max_speed_mismatch_mps,
            "Largest difference between measured speed and the speed the poses imply, at "
            "standstill.",
            "m/s", 0.01, 10.0,
        ),
        ParameterSpec(
            "max_speed_mismatch_ratio", _DEFAULTS.max_speed_mismatch_ratio,
            "How much of the measured speed is added to that difference.", "", 0.0, 1.0,
        ),
        ParameterSpec(
            "state_rate_hz", 20.0, "Highest rate of ego_odometry.", "Hz", 1.0, 1000.0
        ),
    )  # fmt: skip

    def configure(self) -> None:
        """Subscribe to the source and to frame sets."""
        self._tracker = EgoTracker(
            SOURCES[self.text("source")],
            self.text("odometry_frame"),
            self.text("base_frame"),
            round(self.number("answer_wait_s") * SECOND_NS),
            self._rejected,
            ego_settings(self.values),
        )
        # a tenth of slack: stamps that jitter do not halve the rate
        self._state_period_ns = round(0.9 * SECOND_NS / self.number("state_rate_hz"))
        self._newest_ns: int | None = None
        self._published_ns: int | None = None
        self._active_since = float("-inf")
        self._invalid = ""
        self._histories = self.advertise(m.EgoHistory, "ego_history", INTERNAL)
        self._states = self.advertise(Odometry, "ego_odometry", INTERNAL)
        self._deadline = self.schedule(SILENCE_S, self._on_deadline)
        self._deadline.cancel()
        self._subscribe_source()
        self.subscribe(m.FrameSet, "frame_set", self._on_frame_set, INTERNAL)
        self.diagnostics.add_check(self._check_silence)

    def activate(self) -> None:
        """Begin with empty buffers."""
        self.clear_buffers()
        self._active_since = time.monotonic()

    def clear_buffers(self) -> None:
        """Forget samples and pending requests."""
        self._tracker.reset()
        self._newest_ns = self._published_ns = None

    def _subscribe_source(self) -> None:
        source = SOURCES[self.text("source")]
        if source == EgoSource.ODOMETRY:
            self.subscribe(Odometry, "odometry", self._on_odometry, _STREAM)
        elif source == EgoSource.TF:
            self.subscribe(TFMessage, "/tf", self._on_tf, _STREAM)
            self.subscribe(TFMessage, "/tf_static", self._on_static_tf, STATIC_TF)
        else:
            self.subscribe(TwistStamped, "twist", self._on_twist, _STREAM)
            self.subscribe(Imu, "imu", self._on_imu, _STREAM)

    # -- what comes in

    def _on_frame_set(self, message: m.FrameSet) -> None:
        self.diagnostics.mark("frame_set")
        t0 = time_to_ns(message.header.stamp)
        self._take(lambda: self._tracker.request(t0, self.now_ns()))

    def _on_odometry(self, message: Odometry) -> None:
        self.diagnostics.mark("odometry")
        reading = readings.odometry_reading(message)
        self._take(lambda: self._tracker.take_odometry(reading, self.now_ns()))

    def _on_tf(self, message: TFMessage) -> None:
        self.diagnostics.mark("tf")
        transforms = list(readings.transform_readings(message))
        self._take(lambda: self._tracker.take_transforms(transforms, self.now_ns()))

    def _on_static_tf(self, message: TFMessage) -> None:
        self._tracker.take_static_transforms(readings.transform_readings(message))

    def _on_twist(self, message: TwistStamped) -> None:
        self.diagnostics.mark("twist")
        reading = readings.twist_reading(message)
        self._take(lambda: self._tracker.take_twist(*reading, self.now_ns()))

    def _on_imu(self, message: Imu) -> None:
        self.diagnostics.mark("imu")
        reading = readings.imu_reading(message)
        self._take(lambda: self._tracker.take_imu(*reading, self.now_ns()))

    def _on_deadline(self) -> None:
        self._take(lambda: self._tracker.poll(self.now_ns()))

    def _take(self, step: Callable[[], list[EgoHistory]]) -> None:
        """Do one step of the core, once more when it finds time set back; publish the results."""
        for history in self.retry_after_jump(step):
            self._publish_history(history)
        self._publish_state()
        self._wait_for_deadline()

    def _wait_for_deadline(self) -> None:
        deadline = self._tracker.deadline_ns
        if deadline is None:
            self._deadline.cancel()
            return
        self._deadline.timer_period_ns = max(deadline - self.now_ns(), SECOND_NS // 1000)
        self._deadline.reset()

    # -- what goes out

    def _publish_history(self, history: EgoHistory) -> None:
        self._histories.publish(ego_history_to_msg(history, self._tracker.base_frame))
        self.diagnostics.mark("ego_history")
        name = history.reason.split(":")[0]
        if self._invalid and name != self._invalid:
            self.diagnostics.clear_event(self._invalid)
        self._invalid = name
        if history.valid:
            self.diagnostics.gauge("largest_gap_s", history.largest_gap_s)
            self.diagnostics.gauge("extrapolation_s", history.extrapolation_s)
            return
        self.diagnostics.count(f"invalid.{name}")
        # too short is what every history is at the start
        level = WARN if name == ODOMETRY_SHORT else ERROR
        self.diagnostics.event(name, Finding(level, history.reason), 2.0)

    def _publish_state(self) -> None:
        state = self._tracker.state()
        if state is None or state.stamp_ns == self._newest_ns:
            return
        self._newest_ns = state.stamp_ns
        self.diagnostics.mark("sample")
        published = self._published_ns
        if published is None or state.stamp_ns - published >= self._state_period_ns:
            self._published_ns = state.stamp_ns
            self._states.publish(ego_state_to_msg(state, self._tracker.base_frame))

    def _rejected(self, rejection: SampleRejected) -> None:
        self.diagnostics.drop(rejection.reason, str(rejection))

    def _check_silence(self) -> Finding | None:
        now = time.monotonic()
        silent = min(self.diagnostics.age_s("sample"), now - self._active_since)
        if not self.active or silent <= SILENCE_S:
            return None
        source = self.text("source")
        return Finding(ERROR, f"odometry silent: no usable sample of {source} for {silent:.1f} s")


def main() -> int:
    """Run the node."""
    return run(EgoMotion)


if __name__ == "__main__":
    sys.exit(main())
