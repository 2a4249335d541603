# SPDX-License-Identifier: Apache-2.0
"""Images in, one FrameSet for every tick out. Decodes on arrival, owns the pixels."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from functools import partial
from typing import Any

import alpamayo_msgs.msg as m
import cv2
from sensor_msgs.msg import CompressedImage, Image

from alpamayo_ros.cameras.decode import (
    DecodedImage,
    DecodeError,
    Scratch,
    Size,
    decode_array,
    decode_compressed,
)
from alpamayo_ros.cameras.frame_store import FrameStoreWriter
from alpamayo_ros.cameras.pool import DecodePool
from alpamayo_ros.cameras.raw import check_encoding
from alpamayo_ros.cameras.rig import MAX_CAMERAS, Camera, Rig, standard_camera
from alpamayo_ros.cameras.selection import FrameSelector
from alpamayo_ros.ros.conversions import frame_set_to_msg, time_to_ns
from alpamayo_ros.ros.diagnostics import ERROR, WARN, Finding
from alpamayo_ros.ros.image_bridge import image_to_array
from alpamayo_ros.ros.node import StackNode, run
from alpamayo_ros.ros.parameters import ParameterSpec
from alpamayo_ros.ros.qos import INTERNAL, SENSOR
from alpamayo_ros.types import SECOND_NS, ClockJumped, FrameSet

_WAITING_IMAGES = 4
"""Images of one camera that may wait for a decoder; one more replaces the oldest. Enough to catch
up after a stall of 0.3 s without a hole in the history of the following ticks."""

_HELD_S = 0.6
"""How far back pixels must reach: 0.3 s of history, the deadline, and time for the readers."""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """One image message, when it came, and in which epoch (a clock jump begins a new one)."""

    message: Any
    stamp_ns: int
    arrived_ns: int
    steady_s: float
    epoch: int


class _Worker(threading.local):
    """What each worker thread keeps for itself."""

    def __init__(self) -> None:
        self.scratch = Scratch()


class _Source:
    """What the node remembers of one camera; written by one worker at a time."""

    def __init__(self, camera: Camera, raw: bool, history: int) -> None:
        self.camera = camera
        self.raw = raw
        self.expected: Size | None = None
        self.arrivals: deque[tuple[int, float]] = deque(maxlen=history)  # stamp, steady time
        self.message_at = self.image_at = time.monotonic()
        self.heard = False


class CameraSync(StackNode):
    """Subscribes the cameras, publishes ``frame_set``."""

    NAME = "camera_sync"
    PARAMETERS = (
        ParameterSpec(
            "camera_roles", ["cross_left", "front_wide", "cross_right", "front_tele"],
            "Cameras of the rig by role; the standard roles are cross_left, front_wide, "
            "cross_right, rear_left, rear_tele, rear_right and front_tele.",
        ),
        ParameterSpec(
            "anchor", "front_wide", "Role of the camera whose frames set t0.",
        ),
        ParameterSpec(
            "cameras.<role>.topic", "camera/<role>/image/compressed",
            "Topic of the images of <role>.",
        ),
        ParameterSpec(
            "cameras.<role>.camera_id", -1,
            "The model's id of <role>; -1: that of the standard role.", "", -1, MAX_CAMERAS - 1,
        ),
        ParameterSpec(
            "cameras.<role>.transport", "auto",
            "Message type of <role>: CompressedImage or Image; auto: compressed when the topic "
            "ends in /compressed.",
            choices=("auto", "compressed", "raw"),
        ),
        ParameterSpec("base_frame", "base_link", "Frame of the vehicle, named in each FrameSet."),
        ParameterSpec(
            "tolerance_s", 0.05, "Largest distance of a frame from its ideal time.",
            "s", 0.001, 0.1,
        ),
        ParameterSpec(
            "deadline_s", 0.06,
            "A set goes out, without the cameras that are late, this long after its anchor frame "
            "arrived.", "s", 0.0, 1.0,
        ),
        ParameterSpec(
            "allow_subset", True, "Publish sets that lack cameras; otherwise they are dropped."
        ),
        ParameterSpec(
            "min_cameras", 1, "Least cameras in a set when subsets are allowed.",
            "", 1, MAX_CAMERAS,
        ),
        ParameterSpec(
            "slots_per_camera", 10,
            "Images of each camera that are kept, 0.6 MB each. They must reach back 0.6 s: 10 are "
            "good for 16 Hz, 20 for 30 Hz.", "", 6, 64,
        ),
        ParameterSpec(
            "embed_pixels", False,
            "Put the pixels into the FrameSet, for readers on another host or in a container of "
            "their own; otherwise they stay in shared memory.",
        ),
        ParameterSpec("decode_threads", 2, "Threads that decode images.", "", 1, 16),
        ParameterSpec(
            "silent_after_s", 0.3, "A camera that sends nothing for so long is an error.",
            "s", 0.05, 10.0,
        ),
    )  # fmt: skip

    # -- life

    def configure(self) -> None:
        """Make the frame store, the workers and the subscriptions."""
        cv2.setNumThreads(1)  # the workers are the threads; OpenCV's own would only contend
        rig = self._rig()
        slots = int(self.number("slots_per_camera"))
        self._lock = threading.RLock()  # over selection and publishing, never over decoding
        self._worker = _Worker()
        self._epoch = 0
        self._armed_ns: int | None = None
        self._embed = self.flag("embed_pixels")
        self._sources = [_Source(camera, self._is_raw(camera), slots) for camera in rig.cameras]
        self._store = FrameStoreWriter(len(rig.cameras), slots)
        self._selector = FrameSelector(
            rig,
            tolerance_ns=round(self.number("tolerance_s") * SECOND_NS),
            deadline_ns=round(self.number("deadline_s") * SECOND_NS),
            allow_subset=self.flag("allow_subset"),
            min_cameras=int(self.number("min_cameras")),
            capacity=slots - 1,  # one slot is always being written
            on_drop=self.diagnostics.drop,
        )
        self._pool: DecodePool[_Arrival] = DecodePool(
            len(rig.cameras), int(self.number("decode_threads")), _WAITING_IMAGES,
            self._take, self._on_overrun, self._on_worker_error,
        )  # fmt: skip
        self._publisher = self.advertise(m.FrameSet, "frame_set", INTERNAL)
        self._timer = self.schedule(1.0, self._on_deadline)
        self._timer.cancel()
        for index, source in enumerate(self._sources):
            kind = Image if source.raw else CompressedImage
            receive = partial(self._receive, index)
            self.subscribe(kind, source.camera.topic, receive, SENSOR)
            self.diagnostics.add_check(partial(self._check_silence, source))
            self.diagnostics.add_check(partial(self._check_slots, source))

    def activate(self) -> None:
        """Start with empty buffers; silence counts from here."""
        self.clear_buffers()
        for source in self._sources:
            source.message_at = source.image_at = time.monotonic()
            source.heard = False

    def cleanup(self) -> None:
        """End the workers and give the frame store back."""
        if hasattr(self, "_pool"):
            self._pool.close()
            self._store.close()
            del self._pool

    def clear_buffers(self) -> None:
        """Forget all frames; each camera's next image sets its resolution."""
        with self._lock:
            self._epoch += 1
            self._selector.reset()
            self._pool.clear()
            self._armed_ns = None
            for source in self._sources:
                source.expected = None
                source.arrivals.clear()

    def _rig(self) -> Rig:
        cameras = [
            standard_camera(
                role,
                self.text(f"cameras.{role}.topic"),
                int(self.number(f"cameras.{role}.camera_id")),
            )
            for role in self.strings("camera_roles")
        ]
        return Rig(tuple(cameras), self.text("anchor"))

    def _is_raw(self, camera: Camera) -> bool:
        transport = self.text(f"cameras.{camera.role}.transport")
        if transport == "auto":
            return not camera.topic.endswith("/compressed")
        return transport == "raw"

    # -- from message to frame set

    def _receive(self, index: int, message: Any) -> None:
        """Hand a message to the workers (executor's thread)."""
        source = self._sources[index]
        stamp_ns, now_ns, steady_s = (
            time_to_ns(message.header.stamp),
            self.now_ns(),
            time.monotonic(),
        )
        source.message_at, source.heard = steady_s, True
        self.diagnostics.mark(f"camera.{source.camera.role}")
        self.diagnostics.gauge(f"stamp_age_s.{source.camera.role}", (now_ns - stamp_ns) / SECOND_NS)
        self._pool.submit(index, _Arrival(message, stamp_ns, now_ns, steady_s, self._epoch))

    def _take(self, index: int, arrival: _Arrival) -> None:
        """Decode an image and see whether it completes a set (worker's thread)."""
        source = self._sources[index]
        role = source.camera.role
        epoch = self._admit(role, arrival)
        if epoch is None:
            return
        try:
            image = self._decode(index, source, arrival.message)
        except DecodeError as error:
            self.diagnostics.drop(error.reason, f"camera {role}: {error}")
            with self._lock:
                if epoch == self._epoch:
                    self._publish(self._selector.skip(role, arrival.stamp_ns, arrival.arrived_ns))
            return
        with self._lock:
            if epoch != self._epoch:
                return
            source.expected = image.source_size
            source.image_at = arrival.steady_s
            source.arrivals.append((arrival.stamp_ns, arrival.steady_s))
            height, width, _ = image.pixels.shape
            handle = self._store.commit(index, width, height)
            self._publish(
                self._selector.add(
                    role, arrival.stamp_ns, width, height, handle, arrival.arrived_ns
                )
            )

    def _admit(self, role: str, arrival: _Arrival) -> int | None:
        """Check an image's stamp before it is decoded; return its epoch, None when not wanted."""
        with self._lock:
            if arrival.epoch != self._epoch:
                return None
            try:
                wanted = self._selector.admit(role, arrival.stamp_ns, arrival.arrived_ns)
            except ClockJumped as jump:
                self.reset_after_jump(str(jump))
                wanted = True
            return self._epoch if wanted else None

    def _decode(self, index: int, source: _Source, message: Any) -> DecodedImage:
        """Decode into the camera's next slot of the frame store."""
        started = time.monotonic()
        out = self._store.slot(index)
        if source.raw:
            check_encoding(message.encoding)
            array = image_to_array(message)
            image = decode_array(
                array, message.encoding, source.expected, out, self._worker.scratch
            )
        else:
            image = decode_compressed(
                message.data, message.format, source.expected, out, self._worker.scratch
            )
        self.diagnostics.gauge(
            f"decode_ms.{source.camera.role}", 1e3 * (time.monotonic() - started)
        )
        return image

    def _publish(self, ready: list[FrameSet]) -> None:
        """Publish sets in their order, then wait for the next deadline; the lock is held."""
        for frames in ready:
            read = self._store.read if self._embed else None
            store = "" if self._embed else self._store.name
            message = frame_set_to_msg(frames, self.text("base_frame"), store, 0.0, read)
            message.latency = latency_s = time.monotonic() - self._newest_arrival(frames)
            self._publisher.publish(message)
            self.diagnostics.mark("frame_set")
            self.diagnostics.gauge("frame_set.latency_ms", 1e3 * latency_s)
            self.diagnostics.gauge("frame_set.cameras", len(frames.cameras))
        self._arm()

    def _newest_arrival(self, frames: FrameSet) -> float:
        """When the newest image of a set was received, on the steady clock."""
        newest = {camera.role: camera.stamps_ns[-1] for camera in frames.cameras}
        return max(
            steady_s
            for source in self._sources
            for stamp_ns, steady_s in source.arrivals
            if stamp_ns == newest.get(source.camera.role)
        )

    def _arm(self) -> None:
        """Set the timer to the selector's deadline; the lock is held."""
        deadline_ns = self._selector.deadline_ns
        if deadline_ns is None or deadline_ns == self._armed_ns:
            return
        self._armed_ns = deadline_ns
        self._timer.timer_period_ns = max(deadline_ns - self.now_ns(), 1)
        self._timer.reset()
        if self.executor is not None:
            self.executor.wake()  # it may be waiting for something later

    def _on_deadline(self) -> None:
        with self._lock:
            self._timer.cancel()
            self._armed_ns = None
            self._publish(self._selector.poll(self.now_ns()))

    # -- what goes wrong

    def _on_overrun(self, index: int) -> None:
        role = self._sources[index].camera.role
        self.diagnostics.drop(
            "decode_overrun",
            f"camera {role}: more than {_WAITING_IMAGES} images wait for a decoder",
        )

    def _on_worker_error(self, index: int, error: Exception) -> None:
        role = self._sources[index].camera.role
        self.diagnostics.count("dropped.internal_error")
        self.diagnostics.event(
            "internal_error", Finding(ERROR, f"internal_error: camera {role}: {error!r}"), 5.0
        )

    def _check_silence(self, source: _Source) -> Finding | None:
        """A camera that sends nothing, or nothing that can be used, is an error."""
        if not self.active:
            return None
        role, limit = source.camera.role, self.number("silent_after_s")
        silent_s = time.monotonic() - source.message_at
        useless_s = time.monotonic() - source.image_at
        if silent_s > limit:
            nothing = "" if source.heard else f": nothing yet on {source.camera.topic}"
            return Finding(ERROR, f"camera {role} silent for {_seconds(silent_s)}{nothing}")
        if useless_s > limit:
            return Finding(ERROR, f"camera {role} without a usable image for {_seconds(useless_s)}")
        return None

    def _check_slots(self, source: _Source) -> Finding | None:
        """The pixels of a camera must live long enough for its rate."""
        with self._lock:
            stamps = [stamp_ns for stamp_ns, _ in source.arrivals]
        slots = int(self.number("slots_per_camera"))
        if len(stamps) < slots:
            return None
        held_s = (stamps[-1] - stamps[0]) / SECOND_NS * slots / (slots - 1)
        if held_s >= _HELD_S:
            return None
        return Finding(
            WARN,
            f"slots_per_camera too small: {slots} images of {source.camera.role} reach back "
            f"{held_s:.2f} s, less than {_HELD_S} s",
        )


def _seconds(seconds: float) -> str:
    """Coarse beyond a second, so that the status does not change ten times a second for long."""
    return f"{seconds:.1f} s" if seconds < 1.0 else f"{seconds:.0f} s"


def main() -> int:
    """Run the node."""
    return run(CameraSync)


if __name__ == "__main__":
    sys.exit(main())
