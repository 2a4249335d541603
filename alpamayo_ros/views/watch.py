# SPDX-License-Identifier: Apache-2.0
"""Makes scenes of what the stack says, and views of what is known about its cameras."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from sensor_msgs.msg import CameraInfo
from tf2_msgs.msg import TFMessage

from alpamayo_ros.ros.ego_readings import transform_readings
from alpamayo_ros.types import (
    SECOND_NS,
    ClockJumped,
    EgoState,
    Plan,
    Prediction,
    StackError,
)
from alpamayo_ros.views.ego_track import EgoTrack
from alpamayo_ros.views.projection import Model, StaticFrames, View, camera_model, view_of
from alpamayo_ros.views.scene import Scene


class NoView(StackError):
    """A camera that cannot be drawn into, and why."""


@dataclass(frozen=True, slots=True)
class _Alarm:
    level: bytes
    text: str
    heard_ns: int


class SceneWatch:
    """Keeps the newest of everything; what was not renewed for ``stale_s`` is no longer shown.

    Times are when something was heard, on the clock of ``scene``'s argument. A plan, prediction
    or state from before the newest one's time by more than CLOCK_JUMP_NS raises ClockJumped.
    """

    def __init__(self, stale_s: float = 2.0) -> None:
        self._stale_ns = round(stale_s * SECOND_NS)
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.track = EgoTrack()
        self._ego_ns = 0
        self._plan: tuple[int, Plan] | None = None
        self._prediction: tuple[int, Prediction] | None = None
        self._alarms: dict[str, _Alarm] = {}

    def take_ego(self, state: EgoState, now_ns: int) -> None:
        """Take an ego state."""
        if self.track.add(state):
            self._ego_ns = now_ns

    def take_plan(self, plan: Plan, now_ns: int) -> None:
        """Take a plan; one that is older than the newest is ignored."""
        if self._plan is None or _newer(plan.stamp_ns, self._plan[1].stamp_ns, "plan"):
            self._plan = (now_ns, plan)

    def take_prediction(self, prediction: Prediction, now_ns: int) -> None:
        """Take a prediction; one that is older than the newest is ignored."""
        if self._prediction is None or _newer(
            prediction.t0_ns, self._prediction[1].t0_ns, "prediction"
        ):
            self._prediction = (now_ns, prediction)

    def take_diagnostics(self, array: DiagnosticArray, now_ns: int) -> None:
        """Take what nodes report of themselves."""
        for status in array.status:
            if status.hardware_id == "alpamayo_ros":
                text = f"{status.name.rsplit('/', 1)[-1]}: {status.message}"
                self._alarms[status.name] = _Alarm(status.level, text, now_ns)

    def scene(self, now_ns: int) -> Scene | None:
        """The scene now; None while there is nothing to show."""
        ego = self.track.newest if self._fresh(self._ego_ns, now_ns) else None
        plan = self._plan[1] if self._plan and self._fresh(self._plan[0], now_ns) else None
        prediction = self._prediction
        predicted = prediction[1] if prediction and self._fresh(prediction[0], now_ns) else None
        if ego is not None:
            frame = ego.odometry_frame
        elif plan is not None:
            frame = plan.odometry_frame
        elif predicted is not None:
            frame = predicted.odometry_frame
        else:
            return None
        # what is in another frame cannot be drawn beside the vehicle
        return Scene(
            stamp_ns=now_ns,
            odometry_frame=frame,
            ego=ego,
            plan=plan if plan is not None and plan.odometry_frame == frame else None,
            prediction=predicted
            if predicted is not None and predicted.odometry_frame == frame
            else None,
            past=self.track.past() if ego is not None else np.empty((0, 3)),
            alarm=self._worst(now_ns),
        )

    def _fresh(self, heard_ns: int, now_ns: int) -> bool:
        return now_ns - heard_ns <= self._stale_ns

    def _worst(self, now_ns: int) -> str:
        """The newest of the ERRORs, if there is one."""
        errors = [
            alarm
            for alarm in self._alarms.values()
            if alarm.level == DiagnosticStatus.ERROR and self._fresh(alarm.heard_ns, now_ns)
        ]
        return max(errors, key=lambda alarm: alarm.heard_ns).text if errors else ""


def _newer(stamp_ns: int, newest_ns: int, what: str) -> bool:
    if stamp_ns < newest_ns - SECOND_NS:
        raise ClockJumped(f"{what} {(stamp_ns - newest_ns) / SECOND_NS:.3f} s before the newest")
    return stamp_ns >= newest_ns


class CameraWatch:
    """Calibrations and mounts of the cameras, by role; they outlive a jump of the clock."""

    def __init__(self, base_frame: str) -> None:
        self._base_frame = base_frame
        self._frames = StaticFrames()
        self._infos: dict[str, CameraInfo] = {}
        self._models: dict[tuple[str, tuple[int, int]], Model] = {}

    def take_static(self, message: TFMessage) -> None:
        """Take /tf_static."""
        self._frames.take(transform_readings(message))

    def take_info(self, role: str, info: CameraInfo) -> None:
        """Take a camera's calibration."""
        known = self._infos.get(role)
        self._infos[role] = info
        if known is None or not _same_calibration(known, info):
            self._models = {key: model for key, model in self._models.items() if key[0] != role}

    def knows(self, role: str) -> bool:
        """Whether the camera's calibration was heard."""
        return role in self._infos

    def frame(self, role: str) -> str:
        """The camera's optical frame; empty while its calibration is not known."""
        return self._infos[role].header.frame_id if role in self._infos else ""

    def view(self, role: str, stamp_ns: int, size: tuple[int, int], track: EgoTrack) -> View:
        """The camera for images scaled to ``size``, in the odometry frame at a time.

        Raises NoView, and UnusableCalibration.
        """
        info = self._infos.get(role)
        if info is None:
            raise NoView(f"no CameraInfo of {role} yet")
        mount = self._frames.pose(info.header.frame_id, self._base_frame)
        if mount is None:
            raise NoView(
                f"no static transforms from '{self._base_frame}' to '{info.header.frame_id}', "
                f"the frame of {role}"
            )
        base = track.pose_at(stamp_ns)
        if base is None:
            raise NoView(f"no ego pose at {stamp_ns / SECOND_NS:.3f} s, when {role} saw its image")
        key = (role, size)
        if key not in self._models:
            self._models[key] = camera_model(info, size)
        return view_of(self._models[key], mount, base)


def _same_calibration(one: CameraInfo, other: CameraInfo) -> bool:
    return (
        (one.width, one.height, one.distortion_model, one.roi)
        == (other.width, other.height, other.distortion_model, other.roi)
        and list(one.k) == list(other.k)
        and list(one.d) == list(other.d)
    )
