# SPDX-License-Identifier: Apache-2.0
"""The real camera_sync over real DDS: what it publishes, and every way an image can be bad."""

import array
import threading
import time

import cv2
import numpy as np
import pytest
from alpamayo_msgs.msg import FrameSet
from diagnostic_msgs.msg import DiagnosticStatus
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CompressedImage, Image

from alpamayo_ros.cameras.frame_store import FrameStoreReader
from alpamayo_ros.ros import qos
from alpamayo_ros.ros.conversions import frame_set_from_msg, header, time_to_ns
from ros_harness import status_messages, status_values

MS = 1_000_000
TICK_NS = 100 * MS
ROLES = ["cross_left", "front_wide"]
VALUE = {"cross_left": (200, 40, 30), "front_wide": (20, 90, 180), "cross_right": (9, 9, 9)}


def jpeg(role, width=640, height=360):
    image = np.full((height, width, 3), VALUE[role][::-1], np.uint8)
    return cv2.imencode(".jpg", image)[1].tobytes()


class Cameras:
    """Sends images of several cameras at 10 Hz from a thread; single ones can be made bad."""

    def __init__(self, peer, roles=ROLES, raw=()):
        self.peer, self.roles, self.raw = peer, roles, raw
        self.publishers = {
            role: peer.talk(
                Image if role in raw else CompressedImage,
                f"camera/{role}/image" + ("" if role in raw else "/compressed"),
                qos.SENSOR,
            )
            for role in roles
        }
        self.good = {role: jpeg(role) for role in roles}
        self.data = {}  # role -> other data to send
        self.muted = set()
        self.frozen = {}  # role -> stamp
        self.offset_ns = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        for publisher in self.publishers.values():
            self.peer.wait_for_subscriber(publisher)
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def now_ns(self):
        return self.peer.node.get_clock().now().nanoseconds + self.offset_ns

    def _run(self):
        begin = time.monotonic()
        tick = 0
        while not self._stop.wait(max(0.0, begin + tick * 0.1 - time.monotonic())):
            stamp_ns = self.now_ns()
            for role, publisher in self.publishers.items():
                if role not in self.muted:
                    publisher.publish(self.message(role, self.frozen.get(role, stamp_ns)))
            tick += 1

    def message(self, role, stamp_ns):
        head = header(stamp_ns, f"{role}_optical")
        if role in self.raw:
            pixels = np.full((360, 640, 3), VALUE[role], np.uint8)
            image = Image(
                header=head, width=640, height=360, encoding=self.data.get(role, "rgb8"), step=1920
            )
            image.data = array.array("B", pixels.tobytes())
            return image
        data = self.data.get(role, self.good[role])
        return CompressedImage(header=head, format="jpeg", data=array.array("B", data))


class SimulatedClock:
    """Publishes /clock at 50 Hz."""

    def __init__(self, publisher, now_ns):
        self.publisher, self.now_ns = publisher, now_ns
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    def _run(self):
        while not self._stop.wait(0.02):
            self.publisher.publish(Clock(clock=header(self.now_ns(), "").stamp))


def with_cameras(sets, count):
    return [frames for frames in list(sets) if len(frames.cameras) == count]


def counter(diagnostics, name):
    return int(status_values(diagnostics, "camera_sync").get(name, 0))


def test_frame_sets_carry_t0_and_pixels_that_another_process_can_read(peer, start_node):
    sets = peer.listen(FrameSet, "frame_set")
    diagnostics = peer.diagnostics()
    roles = ["front_wide", "cross_left", "cross_right"]
    start_node(
        "camera_sync", camera_roles=roles, cameras__cross_right__topic="camera/cross_right/image"
    )
    with Cameras(peer, roles, raw=("cross_right",)):
        peer.wait_until(lambda: len(with_cameras(sets, 3)) >= 5, "complete sets")
        message = with_cameras(sets, 3)[-1]
        frames = frame_set_from_msg(message)
        reader = FrameStoreReader(message.store)
        for camera in frames.cameras:
            for handle in camera.handles:
                pixels = reader.view(handle, camera.width, camera.height)
                assert np.abs(pixels.astype(int) - VALUE[camera.role]).max() <= 4
                reader.check(handle)
        peer.wait_until(
            lambda: (
                float(status_values(diagnostics, "camera_sync").get("camera.front_wide.rate_hz", 0))
                > 5
            ),
            "the rate of a camera",
        )
    assert message.header.frame_id == "base_link"
    assert [camera.role for camera in frames.cameras] == ["cross_left", "front_wide", "cross_right"]
    assert frames.anchor == "front_wide"
    assert frames.cameras[1].stamps_ns[3] == frames.t0_ns
    assert all(camera.stamps_ns == frames.cameras[0].stamps_ns for camera in frames.cameras)
    assert all(abs(e) <= 50 * MS for camera in frames.cameras for e in camera.errors_ns)
    assert 0.0 < message.latency < 5.0
    t0s = [time_to_ns(frames.header.stamp) for frames in sets]
    assert t0s == sorted(set(t0s))


def test_pixels_can_be_embedded_for_another_host(peer, start_node):
    sets = peer.listen(FrameSet, "frame_set")
    start_node("camera_sync", camera_roles=ROLES, embed_pixels=True)
    with Cameras(peer):
        peer.wait_until(lambda: with_cameras(sets, 2), "a complete set")
    message = with_cameras(sets, 2)[0]
    assert message.store == ""
    for camera in message.cameras:
        assert [image.encoding for image in camera.images] == ["rgb8"] * 4
        pixels = np.frombuffer(camera.images[3].data, np.uint8).reshape(-1, 3)
        assert len(pixels) == camera.width * camera.height
        assert np.abs(pixels.astype(int) - VALUE[camera.name]).max() <= 4


@pytest.mark.parametrize(
    ("bad", "reason", "detail"),
    [
        (jpeg("cross_left")[:-40], "corrupt_image", "camera cross_left: JPEG of"),
        (b"", "corrupt_image", "camera cross_left: format 'jpeg', data starts with nothing"),
        (jpeg("cross_left", 320, 240), "other_resolution", "camera cross_left: 320x240 px"),
    ],
)
def test_a_bad_image_is_dropped_counted_and_reported_and_the_others_go_on(
    peer, start_node, bad, reason, detail
):
    sets, diagnostics = peer.listen(FrameSet, "frame_set"), peer.diagnostics()
    node = start_node("camera_sync", camera_roles=ROLES)
    with Cameras(peer) as cameras:
        peer.wait_until(lambda: len(with_cameras(sets, 2)) >= 3, "complete sets")
        cameras.data["cross_left"] = bad
        peer.wait_until(lambda: counter(diagnostics, f"dropped.{reason}") >= 3, f"{reason} counted")
        reported = status_messages(diagnostics, "camera_sync", DiagnosticStatus.WARN)
        reported += status_messages(diagnostics, "camera_sync", DiagnosticStatus.ERROR)
        assert any(f"{reason}: {detail}" in text for text in reported)
        before = len(sets)
        peer.wait_until(lambda: len(sets) >= before + 5, "sets of the other camera")
        assert [camera.name for camera in sets[-1].cameras] == ["front_wide"]
        assert sets[-1].missing_cameras == ["cross_left"]
        del cameras.data["cross_left"]
        before = len(with_cameras(sets, 2))
        peer.wait_until(lambda: len(with_cameras(sets, 2)) > before, "recovery")
    assert node.alive


def test_an_unknown_encoding_is_dropped_with_its_name(peer, start_node):
    diagnostics = peer.diagnostics()
    node = start_node(
        "camera_sync", camera_roles=ROLES, cameras__cross_left__topic="camera/cross_left/image"
    )
    with Cameras(peer, raw=("cross_left",)) as cameras:
        cameras.data["cross_left"] = "nv12"
        peer.wait_until(lambda: counter(diagnostics, "dropped.unknown_encoding"), "the drop")
        peer.wait_until(
            lambda: any(
                "unknown_encoding: camera cross_left: encoding 'nv12'" in text
                for level in (DiagnosticStatus.WARN, DiagnosticStatus.ERROR)
                for text in status_messages(diagnostics, "camera_sync", level)
            ),
            "the report",
        )
    assert node.alive


def test_a_silent_camera_is_an_error_and_the_others_go_on(peer, start_node):
    sets, diagnostics = peer.listen(FrameSet, "frame_set"), peer.diagnostics()
    start_node("camera_sync", camera_roles=ROLES)
    with Cameras(peer) as cameras:
        peer.wait_until(lambda: len(with_cameras(sets, 2)) >= 3, "complete sets")
        before = len(diagnostics)
        cameras.muted.add("cross_left")
        found = peer.wait_until(
            lambda: [
                text
                for text in status_messages(
                    diagnostics[before:], "camera_sync", DiagnosticStatus.ERROR
                )
                if "camera cross_left silent for" in text
            ],
            "the error",
        )
        assert 0.3 <= float(found[0].split("silent for ")[1].split(" s")[0]) <= 0.5
        peer.wait_until(lambda: len(with_cameras(sets[-3:], 1)) == 3, "sets without it")
        assert sets[-1].missing_reasons[0].startswith("camera_")
        cameras.muted.clear()
        before = len(with_cameras(sets, 2))
        peer.wait_until(lambda: len(with_cameras(sets, 2)) > before + 2, "recovery")


def test_a_late_camera_is_left_out_at_the_deadline(peer, start_node):
    sets = peer.listen(FrameSet, "frame_set")
    start_node("camera_sync", camera_roles=ROLES, deadline_s=0.05)
    with Cameras(peer) as cameras:
        peer.wait_until(lambda: len(with_cameras(sets, 2)) >= 3, "complete sets")
        cameras.muted.add("cross_left")
        message = peer.wait_until(lambda: with_cameras(sets[-3:], 1), "a set without it")[0]
    assert message.missing_cameras == ["cross_left"]
    assert message.missing_reasons[0].startswith("camera_late: nearest frame -0.")


def test_subsets_can_be_refused(peer, start_node):
    sets, diagnostics = peer.listen(FrameSet, "frame_set"), peer.diagnostics()
    start_node("camera_sync", camera_roles=ROLES, allow_subset=False)
    with Cameras(peer) as cameras:
        peer.wait_until(lambda: len(sets) >= 3, "complete sets")
        cameras.muted.add("cross_left")
        peer.wait_until(
            lambda: counter(diagnostics, "dropped.set_camera_silent") >= 2, "dropped sets"
        )
    assert with_cameras(sets, 1) == []


def test_a_frozen_camera_clock_is_dropped_and_counted(peer, start_node):
    sets, diagnostics = peer.listen(FrameSet, "frame_set"), peer.diagnostics()
    start_node("camera_sync", camera_roles=ROLES)
    with Cameras(peer) as cameras:
        peer.wait_until(lambda: len(with_cameras(sets, 2)) >= 3, "complete sets")
        cameras.frozen["cross_left"] = cameras.now_ns()
        peer.wait_until(
            lambda: counter(diagnostics, "dropped.duplicate_stamp") >= 3, "duplicates counted"
        )
        peer.wait_until(lambda: len(with_cameras(sets[-3:], 1)) == 3, "sets without it")


def test_stamps_that_jump_back_clear_everything_with_one_log_line(peer, start_node):
    sets, diagnostics = peer.listen(FrameSet, "frame_set"), peer.diagnostics()
    node = start_node("camera_sync", camera_roles=ROLES)
    with Cameras(peer) as cameras:
        peer.wait_until(lambda: len(with_cameras(sets, 2)) >= 3, "complete sets")
        jumped = cameras.now_ns() - 5_000 * MS
        cameras.offset_ns = -10_000 * MS
        peer.wait_until(
            lambda: [f for f in with_cameras(sets, 2) if time_to_ns(f.header.stamp) < jumped],
            "sets after the jump",
        )
        peer.wait_until(lambda: counter(diagnostics, "clock_jumps") == 1, "the jump counted")
    for frames in sets:
        stamps = [time_to_ns(stamp) for camera in frames.cameras for stamp in camera.stamps]
        assert max(stamps) - min(stamps) <= 400 * MS  # never mixed
    node.stop()
    lines = [line for line in node.errors if "clock jumped" in line]
    assert len(lines) == 1
    assert "buffers cleared" in lines[0]


def test_a_looped_bag_is_one_jump_whether_the_clock_or_the_stamps_tell_first(peer, start_node):
    sets, diagnostics = peer.listen(FrameSet, "frame_set"), peer.diagnostics()
    node = start_node("camera_sync", camera_roles=ROLES, use_sim_time=True)
    clock = peer.talk(Clock, "/clock")
    peer.wait_for_subscriber(clock)
    with Cameras(peer) as cameras, SimulatedClock(clock, cameras.now_ns):
        peer.wait_until(lambda: len(with_cameras(sets, 2)) >= 3, "complete sets")
        jumped = cameras.now_ns() - 5_000 * MS
        cameras.offset_ns = -10_000 * MS
        peer.wait_until(
            lambda: [f for f in with_cameras(sets, 2) if time_to_ns(f.header.stamp) < jumped],
            "sets after the jump",
        )
        peer.wait_until(lambda: counter(diagnostics, "clock_jumps") == 1, "the jump counted")
    node.stop()
    assert len([line for line in node.errors if "clock jumped" in line]) == 1


def test_the_deadline_follows_simulated_time(peer, start_node):
    """With the clock standing, a set that lacks a camera waits; it goes out when time goes on."""
    sets = peer.listen(FrameSet, "frame_set")
    start_node("camera_sync", camera_roles=ROLES, use_sim_time=True)
    clock = peer.talk(Clock, "/clock")
    peer.wait_for_subscriber(clock)
    cameras = Cameras(peer)
    for publisher in cameras.publishers.values():
        peer.wait_for_subscriber(publisher)
    begin = 1_000_000 * MS
    for tick in range(6):
        clock.publish(Clock(clock=header(begin + tick * TICK_NS, "").stamp))
        time.sleep(0.1)
        for role in ROLES if tick < 5 else ["front_wide"]:
            cameras.publishers[role].publish(cameras.message(role, begin + tick * TICK_NS))
        time.sleep(0.1)
    peer.wait_until(lambda: with_cameras(sets, 2), "complete sets")
    time.sleep(0.3)
    assert with_cameras(sets, 1) == []
    clock.publish(Clock(clock=header(begin + 5 * TICK_NS + 61 * MS, "").stamp))
    message = peer.wait_until(lambda: with_cameras(sets, 1), "the set at its deadline")[0]
    assert time_to_ns(message.header.stamp) == begin + 5 * TICK_NS


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"camera_roles": ["front_wide", "front_wide"]}, "names the role 'front_wide' twice"),
        ({"camera_roles": ["front_wide"], "anchor": "rear_tele"}, "anchor 'rear_tele'"),
        ({"camera_roles": ["front_wide", "roof"]}, "'roof' is none of"),
        (
            {"camera_roles": ROLES, "cameras__cross_left__camera_id": 1},
            "cross_left, front_wide share the id 1",
        ),
        ({"camera_roles": ["front_wide"], "tolerance_s": 3.0}, "'tolerance_s' is 3.0 s"),
    ],
)
def test_a_rig_that_cannot_work_ends_the_node_with_one_line(start_node, parameters, message):
    node = start_node("camera_sync", **parameters)
    assert node.process.wait(20) == 2
    node.stop()
    lines = [line for line in node.errors if line.startswith("camera_sync: ")]
    assert len(lines) == 1
    assert message in lines[0]
    assert not any("Traceback" in line for line in node.errors)
