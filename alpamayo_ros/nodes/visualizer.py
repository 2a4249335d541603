# SPDX-License-Identifier: Apache-2.0
"""visualizer: what the stack says, as markers, camera overlays and a picture from above.

It listens to the stack only while somebody listens to it.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import fields
from functools import partial
from typing import Any

import cv2
import numpy as np
from alpamayo_msgs.msg import FrameSet as FrameSetMsg
from alpamayo_msgs.msg import Plan as PlanMsg
from alpamayo_msgs.msg import Prediction as PredictionMsg
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import TransformStamped
from nav_msgs.msg import Odometry
from rclpy.clock import Clock, ClockType
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import CameraInfo, Image
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import MarkerArray

from alpamayo_ros.cameras.frame_store import FrameStoreReader, StaleFrame, StoreUnavailable
from alpamayo_ros.policy.worker import NewestWorker
from alpamayo_ros.ros.conversions import (
    ego_state_from_msg,
    embedded_pixels,
    header,
    plan_from_msg,
    prediction_from_msg,
    time_to_ns,
)
from alpamayo_ros.ros.diagnostics import ERROR, WARN, Finding
from alpamayo_ros.ros.node import StackNode, run
from alpamayo_ros.ros.parameters import ParameterSpec
from alpamayo_ros.ros.qos import INTERNAL, SENSOR, STATIC_TF
from alpamayo_ros.types import SECOND_NS, ClockJumped, EgoState, FrameHandle, Pixels
from alpamayo_ros.views.birds_eye_image import birds_eye_image
from alpamayo_ros.views.markers import MarkerBoard, MarkerSettings, markers
from alpamayo_ros.views.overlay import overlay
from alpamayo_ros.views.projection import UnusableCalibration, View
from alpamayo_ros.views.scene import Scene
from alpamayo_ros.views.vehicle import Vehicle
from alpamayo_ros.views.watch import CameraWatch, NoView, SceneWatch

_VEHICLE = Vehicle()

PARAMETERS = (
    ParameterSpec(
        "camera_roles", ["cross_left", "front_wide", "cross_right", "front_tele"],
        "Cameras with an overlay; launch sets those of camera_sync.",
    ),
    ParameterSpec(
        "cameras.<role>.camera_info_topic", "camera/<role>/camera_info",
        "Topic of the calibration of <role>; launch sets the one beside its images.",
    ),
    ParameterSpec("base_frame", "base_link", "Frame of the vehicle that the cameras are fixed to."),
    ParameterSpec(
        "vehicle_frame", "ego_view",
        "Frame for viewers that moves with the vehicle, published on /tf below the odometry frame; "
        "a name that nothing else in the vehicle has.",
    ),
    ParameterSpec("vehicle.length", _VEHICLE.length, "Bumper to bumper.", "m", 0.5, 30.0),
    ParameterSpec("vehicle.width", _VEHICLE.width, "Without mirrors.", "m", 0.3, 5.0),
    ParameterSpec(
        "vehicle.rear_overhang", _VEHICLE.rear_overhang,
        "From the base back to the rear bumper.", "m", 0.0, 20.0,
    ),
    ParameterSpec(
        "vehicle.ground", _VEHICLE.ground, "Height of the road in the base frame.",
        "m", -3.0, 3.0,
    ),
    ParameterSpec("rate_hz", 10.0, "Highest rate of the markers.", "Hz", 1.0, 30.0),
    ParameterSpec(
        "image_rate_hz", 5.0, "Highest rate of overlays and bird's-eye picture.", "Hz", 0.2, 30.0
    ),
    ParameterSpec(
        "overlay_width", 960, "Width of the overlays; height follows.", "px", 160, 3840
    ),
    ParameterSpec(
        "stale_s", 2.0, "What was not renewed for so long is no longer shown.", "s", 0.2, 60.0
    ),
)  # fmt: skip

_PICTURES = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=1, reliability=ReliabilityPolicy.RELIABLE
)
"""Reliable, so that every viewer can ask for it; one, so that a slow one holds nothing up."""

_TRANSFORMS = QoSProfile(
    history=HistoryPolicy.KEEP_LAST, depth=100, reliability=ReliabilityPolicy.RELIABLE
)

_DEMAND_PERIOD_S = 0.25
_SHOWN_S = 2.0


class Visualizer(StackNode):
    """prediction, plan, ego_odometry, frame_set -> markers, overlay/<role> and birds_eye.

    The executor's thread stores bytes; a worker reads the newest of them, draws and publishes.
    """

    NAME = "visualizer"
    PARAMETERS = PARAMETERS

    # -- life

    def configure(self) -> None:
        """Advertise the views, and watch for somebody who looks at them."""
        cv2.setNumThreads(1)  # pictures of this size are not worth the threads
        self._vehicle = Vehicle(
            **{field.name: self.number(f"vehicle.{field.name}") for field in fields(Vehicle)}
        )
        self._settings = MarkerSettings(
            self._vehicle, self.text("vehicle_frame"), self.number("stale_s")
        )
        self._lock = threading.Lock()  # over the two watches and what came, never over drawing
        self._scenes = SceneWatch(self.number("stale_s"))
        self._cameras = CameraWatch(self.text("base_frame"))
        self._came: dict[str, tuple[bytes, int]] = {}
        self._frames: tuple[FrameSetMsg, int] | None = None
        self._board = MarkerBoard()
        self._store: FrameStoreReader | None = None
        self._drawn_s = float("-inf")
        self._heard: dict[str, Any] = {}
        self._worker: NewestWorker[int] | None = NewestWorker("views", self._work)
        self._markers = self.advertise(MarkerArray, "markers", INTERNAL)
        self._from_above = self.advertise(Image, "birds_eye", _PICTURES)
        self._overlays = {
            role: self.advertise(Image, f"overlay/{role}", _PICTURES)
            for role in self.strings("camera_roles")
        }
        self._transforms = self.advertise(TFMessage, "/tf", _TRANSFORMS)
        self.subscribe(TFMessage, "/tf_static", self._on_static, STATIC_TF, while_inactive=True)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self.schedule(_DEMAND_PERIOD_S, self._meet_demand, clock=steady)
        self._ticks = self.schedule(1.0 / self.number("rate_hz"), self._on_tick, clock=steady)
        self._ticks.cancel()

    def deactivate(self) -> None:
        """Listen to nothing and forget what was heard."""
        for topic in tuple(self._heard):
            self._leave(topic)
        self._ticks.cancel()
        self.clear_buffers()

    def cleanup(self) -> None:
        """End the worker."""
        worker, self._worker = getattr(self, "_worker", None), None
        if worker is not None:
            worker.stop()
            self._heard.clear()
            self._store = None

    def clear_buffers(self) -> None:
        """Forget what was heard; calibrations and mounts stay."""
        with self._lock:
            self._came.clear()
            self._scenes.clear()
            self._frames = None
            self._board.forget()

    # -- who looks at what

    def _meet_demand(self) -> None:
        """Listen to what somebody's views need, and to nothing else."""
        seen = {role: _watched(publisher) for role, publisher in self._overlays.items()}
        pictures = any(seen.values()) or _watched(self._from_above)
        wanted: dict[str, Callable[[], Any]] = {}
        for role, watched in seen.items():
            # a calibration may be sent only once: it is waited for from the start
            if watched or not self._cameras.knows(role):
                topic = self.text(f"cameras.{role}.camera_info_topic")
                wanted[topic] = partial(
                    self.subscribe, CameraInfo, topic, partial(self._on_info, role), SENSOR
                )
        if pictures or _watched(self._markers):
            wanted |= self._inputs(with_frames=any(seen.values()))
        for topic in tuple(self._heard):
            if topic not in wanted:
                self._leave(topic)
        for topic, listen in wanted.items():
            if topic not in self._heard:
                self._heard[topic] = listen()
        if "plan" in wanted and self._ticks.is_canceled():
            self.clear_buffers()
            self._ticks.reset()
        elif "plan" not in wanted:
            self._ticks.cancel()

    def _inputs(self, with_frames: bool) -> dict[str, Callable[[], Any]]:
        kinds = {"plan": PlanMsg, "prediction": PredictionMsg, "/diagnostics": DiagnosticArray}
        if with_frames:
            kinds["frame_set"] = FrameSetMsg
        inputs: dict[str, Callable[[], Any]] = {
            topic: partial(
                self.subscribe, kind, topic, partial(self._store_bytes, topic), INTERNAL, raw=True
            )
            for topic, kind in kinds.items()
            if topic != "/diagnostics"
        }
        inputs["/diagnostics"] = partial(
            self.subscribe, DiagnosticArray, "/diagnostics", self._on_diagnostics, INTERNAL
        )
        inputs["ego_odometry"] = partial(
            self.subscribe, Odometry, "ego_odometry", self._on_ego, SENSOR
        )
        return inputs

    def _leave(self, topic: str) -> None:
        subscription = self._heard.pop(topic)
        self._entities.remove((self.destroy_subscription, subscription))
        self.destroy_subscription(subscription)

    # -- what comes in, on the executor's thread

    def _store_bytes(self, topic: str, data: bytes) -> None:
        with self._lock:
            self._came[topic] = (data, self.now_ns())

    def _on_ego(self, message: Odometry) -> None:
        state = ego_state_from_msg(message)

        def take() -> None:
            with self._lock:
                self._scenes.take_ego(state, self.now_ns())

        self.retry_after_jump(take)
        if _watched(self._transforms):
            self._transforms.publish(_transform(state, self._settings.vehicle_frame))

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        with self._lock:
            self._scenes.take_diagnostics(message, self.now_ns())

    def _on_info(self, role: str, message: CameraInfo) -> None:
        with self._lock:
            self._cameras.take_info(role, message)

    def _on_static(self, message: TFMessage) -> None:
        with self._lock:
            self._cameras.take_static(message)

    def _on_tick(self) -> None:
        if self._worker is not None and self._worker.submit(self.now_ns()):
            self.diagnostics.count("skipped")

    # -- drawing, on the worker's thread

    def _work(self, now_ns: int) -> None:
        try:
            self._show(now_ns)
        except ClockJumped as jump:
            self.reset_after_jump(str(jump))
        except Exception as error:  # noqa: BLE001 - a picture that fails must not end the thread
            if self.active and self.context.ok():
                self.diagnostics.count("dropped.internal_error")
                finding = Finding(ERROR, f"internal_error: {error!r}")
                self.diagnostics.event("internal_error", finding, _SHOWN_S)

    def _show(self, now_ns: int) -> None:
        scene = self._scene(now_ns)
        stamp = header(now_ns, "" if scene is None else scene.odometry_frame)
        if _watched(self._markers):
            self._publish_markers(scene, stamp)
        moment = time.monotonic()
        # a tenth of slack, so that ticks that jitter do not halve the rate
        if scene is None or moment - self._drawn_s < 0.9 / self.number("image_rate_hz"):
            return
        self._drawn_s = moment
        if _watched(self._from_above):
            self._publish_picture(self._from_above, birds_eye_image(scene, self._vehicle), stamp)
            self.diagnostics.mark("birds_eye")
        self._publish_overlays(scene)

    def _scene(self, now_ns: int) -> Scene | None:
        """Read the newest of what came, then see what is to be shown."""
        with self._lock:
            came, self._came = self._came, {}
        plan = _read(came, "plan", PlanMsg, plan_from_msg)
        prediction = _read(came, "prediction", PredictionMsg, prediction_from_msg)
        frames = _read(came, "frame_set", FrameSetMsg, lambda message: message)
        for result in (plan, prediction, frames):
            if isinstance(result, ValueError):
                self.diagnostics.drop("malformed", " ".join(str(result).split()))
        with self._lock:
            if isinstance(frames, FrameSetMsg):
                self._frames = (frames, came["frame_set"][1])
            if plan is not None and not isinstance(plan, ValueError):
                self._scenes.take_plan(plan, came["plan"][1])
            if prediction is not None and not isinstance(prediction, ValueError):
                self._scenes.take_prediction(prediction, came["prediction"][1])
            return self._scenes.scene(now_ns)

    def _publish_markers(self, scene: Scene | None, stamp: Header) -> None:
        shown = [] if scene is None else markers(scene, self._settings)
        message = self._board.update(shown, stamp)
        if message.markers:
            self._markers.publish(message)
            self.diagnostics.mark("markers")

    def _publish_picture(self, publisher: Any, picture: Pixels, stamp: Header) -> None:
        height, width, _ = picture.shape
        message = Image(header=stamp, height=height, width=width, encoding="rgb8", step=3 * width)
        message.data.frombytes(picture.data.cast("B"))
        publisher.publish(message)

    def _publish_overlays(self, scene: Scene) -> None:
        if self._frames is None:
            return
        frames, heard_ns = self._frames
        if scene.stamp_ns - heard_ns > self.number("stale_s") * SECOND_NS:
            return
        for camera in frames.cameras:
            publisher = self._overlays.get(camera.name)
            if publisher is None or not _watched(publisher):
                continue
            try:
                image = self._image(frames.store, camera)
            except (StaleFrame, StoreUnavailable, ValueError) as error:
                self.diagnostics.drop("frame_store", f"{camera.name}: {error}")
                continue
            view = self._view(camera.name, time_to_ns(camera.stamps[-1]), image)
            picture = overlay(image, view, scene, self._vehicle, camera.name)
            stamp = Header(stamp=camera.stamps[-1], frame_id=self._cameras.frame(camera.name))
            self._publish_picture(publisher, picture, stamp)
            self.diagnostics.mark(f"overlay.{camera.name}")

    def _image(self, store_name: str, camera: Any) -> Pixels:
        """The camera's newest image at the overlay's size: a copy, nobody overwrites it."""
        width = int(self.number("overlay_width"))
        size = (width, round(width * camera.height / camera.width))
        if not store_name:
            newest = embedded_pixels(camera)[-1]
            return np.asarray(cv2.resize(newest, size, interpolation=cv2.INTER_LINEAR), np.uint8)
        if self._store is None or self._store.name != store_name:
            self._store = None
            self._store = FrameStoreReader(store_name)
        handle = FrameHandle(camera.handles[-1].slot, camera.handles[-1].generation)
        pixels = self._store.view(handle, camera.width, camera.height)
        image = cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR)
        self._store.check(handle)
        return np.asarray(image, np.uint8)

    def _view(self, role: str, stamp_ns: int, image: Pixels) -> View | None:
        """The camera when it took the image; None, and a finding, when that is not known."""
        height, width, _ = image.shape
        try:
            with self._lock:
                return self._cameras.view(role, stamp_ns, (width, height), self._scenes.track)
        except (NoView, UnusableCalibration) as error:
            finding = Finding(WARN, f"overlay without plan: {error}")
            self.diagnostics.event(f"overlay.{role}", finding, _SHOWN_S)
            return None


def _watched(publisher: Any) -> bool:
    return bool(publisher.get_subscription_count() > 0)


def _read(
    came: dict[str, tuple[bytes, int]], topic: str, kind: Any, convert: Callable[[Any], Any]
) -> Any:
    """What came on a topic, converted; None when nothing did, the ValueError when it is none."""
    if topic not in came:
        return None
    try:
        return convert(deserialize_message(came[topic][0], kind))
    except ValueError as error:
        return error


def _transform(state: EgoState, vehicle_frame: str) -> TFMessage:
    stamped = TransformStamped(
        header=header(state.stamp_ns, state.odometry_frame), child_frame_id=vehicle_frame
    )
    translation, rotation = stamped.transform.translation, stamped.transform.rotation
    translation.x, translation.y, translation.z = map(float, state.pose.position)
    rotation.x, rotation.y, rotation.z, rotation.w = map(float, state.pose.quaternion)
    return TFMessage(transforms=[stamped])


def main() -> int:
    """Run the node."""
    return run(Visualizer)


if __name__ == "__main__":
    sys.exit(main())
