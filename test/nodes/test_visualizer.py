# SPDX-License-Identifier: Apache-2.0
"""visualizer as a real node: what it shows, and that it rests while nobody looks."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from alpamayo_msgs.msg import FrameSet, Plan, Prediction
from nav_msgs.msg import Odometry
from sensor_msgs.msg import CameraInfo, Image
from tf2_msgs.msg import TFMessage
from views.scenes import plan, pose, prediction
from visualization_msgs.msg import Marker, MarkerArray

from alpamayo_ros import types as t
from alpamayo_ros.cameras.frame_store import FrameStoreWriter
from alpamayo_ros.drives.bag_layout import static_transforms
from alpamayo_ros.drives.generate import camera_info
from alpamayo_ros.drives.sensor_rig import standard_rig
from alpamayo_ros.ros.conversions import (
    ego_state_to_msg,
    frame_set_to_msg,
    plan_to_msg,
    prediction_to_msg,
    time_to_ns,
)
from alpamayo_ros.ros.diagnostics import WARN
from alpamayo_ros.ros.qos import INTERNAL, STATIC_TF
from alpamayo_ros.views.colours import speed_colour
from ros_harness import status_messages, status_values

NAME = "visualizer"
ROLE = "front_wide"
GREY = 90
(CAMERA,) = standard_rig([ROLE], (576, 320))
INPUTS = ("plan", "prediction", "frame_set", "ego_odometry")


class Stack:
    """Says what the other nodes say, ten times a second, from a thread."""

    def __init__(self, peer: Any) -> None:
        self.peer = peer
        self.store = FrameStoreWriter(1, 10)
        self.calibrated = self.mounted = True
        self.planning = True
        self.offset_ns = 0
        self.status = peer.diagnostics()
        self._talk = {
            topic: peer.talk(kind, topic, qos)
            for topic, kind, qos in (
                ("plan", Plan, INTERNAL),
                ("prediction", Prediction, INTERNAL),
                ("frame_set", FrameSet, INTERNAL),
                ("ego_odometry", Odometry, INTERNAL),
                (f"camera/{ROLE}/camera_info", CameraInfo, INTERNAL),
            )
        }
        self._static = peer.talk(TFMessage, "/tf_static", STATIC_TF)
        self._mount_sent = False
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def _run(self) -> None:
        while not self._stopping.wait(0.1):
            self.tick()

    def tick(self) -> None:
        now = time.time_ns() + self.offset_ns
        if self.mounted and not self._mount_sent:
            self._static.publish(static_transforms({CAMERA.frame_id: CAMERA.pose}, now))
            self._mount_sent = True
        if self.calibrated:
            self._talk[f"camera/{ROLE}/camera_info"].publish(camera_info(CAMERA, now))
        state = t.EgoState(now, "odom", pose(), 8.0, 0.0)
        self._talk["ego_odometry"].publish(ego_state_to_msg(state, "base_link"))
        self._talk["frame_set"].publish(self._frames(now))
        self._talk["prediction"].publish(prediction_to_msg(prediction(t0_ns=now), "base_link"))
        if self.planning:
            self._talk["plan"].publish(plan_to_msg(plan(8.0, stamp_ns=now)))

    def _frames(self, now: int) -> FrameSet:
        self.store.slot(0)[: 576 * 320 * 3] = GREY
        handle = self.store.commit(0, 576, 320)
        frames = t.CameraFrames(1, ROLE, 576, 320, (now,) * 4, (0,) * 4, (handle,) * 4)
        return frame_set_to_msg(t.FrameSet(now, ROLE, (frames,)), "base_link", self.store.name, 0.0)

    def close(self) -> None:
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join()
        self.store.close()

    def listened_to(self) -> list[str]:
        """Which of the stack's topics the visualizer subscribes."""
        return [topic for topic in INPUTS if self._talk[topic].get_subscription_count()]


@pytest.fixture
def stack(peer: Any) -> Iterator[Stack]:
    saying = Stack(peer)
    yield saying
    saying.close()


def pixels(image: Image) -> t.Pixels:
    return np.frombuffer(image.data, np.uint8).reshape(image.height, image.width, 3)


def marks(array: MarkerArray) -> dict[tuple[str, int], Marker]:
    return {(m.ns, m.id): m for m in array.markers if m.action == Marker.ADD}


def test_it_shows_plan_candidates_words_overlay_and_the_view_from_above(
    peer: Any, start_node: Any, stack: Stack
) -> None:
    node = start_node(
        NAME, camera_roles=[ROLE], vehicle__length=6.0, vehicle__width=2.4, image_rate_hz=30.0
    )
    markers = peer.listen(MarkerArray, "markers", INTERNAL)
    overlays = peer.listen(Image, f"overlay/{ROLE}", INTERNAL)
    above = peer.listen(Image, "birds_eye", INTERNAL)
    transforms = peer.listen(TFMessage, "/tf", INTERNAL)
    stack.start()

    peer.wait_until(lambda: any(len(marks(m)) > 12 for m in markers), "markers of everything")
    shown = next(marks(m) for m in markers if len(marks(m)) > 12)
    assert {"trajectory", "corridor", "candidates", "ego", "trace", "legend"} <= {
        namespace for namespace, _ in shown
    }
    outline = shown["ego", 0].points
    assert max(p.x for p in outline) - min(p.x for p in outline) == pytest.approx(6.0)
    assert max(p.y for p in outline) - min(p.y for p in outline) == pytest.approx(2.4)
    assert markers[0].markers[0].action == Marker.DELETEALL

    def drawn() -> list[Image]:
        return [i for i in overlays if (pixels(i)[:480] != GREY).any(axis=2).mean() > 0.05]

    peer.wait_until(drawn, "an overlay with the corridor")
    image = drawn()[0]
    assert (image.encoding, image.width, image.step) == ("rgb8", 960, 2880)
    assert image.header.frame_id == CAMERA.frame_id
    assert abs(time_to_ns(image.header.stamp) - time.time_ns()) < 60 * t.SECOND_NS
    road = (np.array(speed_colour(8.0)) + GREY) / 2
    ahead = pixels(image)[440, 450:510].astype(float)
    assert (np.abs(ahead - road).max(axis=1) < 12).mean() > 0.8

    peer.wait_until(lambda: above, "the picture from above")
    assert len(np.unique(pixels(above[-1]).reshape(-1, 3), axis=0)) > 50
    peer.wait_until(lambda: transforms, "the vehicle's frame")
    (link,) = transforms[-1].transforms
    assert (link.header.frame_id, link.child_frame_id) == ("odom", "ego_view")
    assert node.stop() == 0
    assert not any("Traceback" in line for line in node.errors)


def test_it_listens_only_while_somebody_looks(peer: Any, start_node: Any, stack: Stack) -> None:
    start_node(NAME, camera_roles=[ROLE])
    stack.start()
    peer.wait_for_publisher("markers")
    peer.wait_until(
        lambda: any(status.name == NAME for array in stack.status for status in array.status),
        "diagnostics",
    )
    assert stack.listened_to() == []

    heard: list[MarkerArray] = []
    looking = peer.node.create_subscription(MarkerArray, "markers", heard.append, INTERNAL)
    peer.wait_until(lambda: len(heard) > 2, "markers")
    assert stack.listened_to() == ["plan", "prediction", "ego_odometry"], "no pixels for markers"
    above: list[Image] = []
    pictures = peer.node.create_subscription(Image, f"overlay/{ROLE}", above.append, INTERNAL)
    peer.wait_until(lambda: above, "an overlay")
    assert "frame_set" in stack.listened_to()

    peer.node.destroy_subscription(looking)
    peer.node.destroy_subscription(pictures)
    peer.wait_until(lambda: not stack.listened_to(), "the node to rest again")
    again: list[MarkerArray] = []
    peer.node.create_subscription(MarkerArray, "markers", again.append, INTERNAL)
    peer.wait_until(lambda: any(marks(m) for m in again), "markers again")


def test_what_vanishes_is_deleted_and_a_set_back_clock_is_survived(
    peer: Any, start_node: Any, stack: Stack
) -> None:
    node = start_node(NAME, camera_roles=[ROLE], stale_s=0.5)
    heard = peer.listen(MarkerArray, "markers", INTERNAL)
    stack.start()
    peer.wait_until(lambda: heard and ("trajectory", 0) in marks(heard[-1]), "the plan")
    stack.planning = False

    def deleted() -> bool:
        return any(
            (marker.ns, marker.action) == ("trajectory", Marker.DELETE)
            for array in heard
            for marker in array.markers
        )

    peer.wait_until(deleted, "the plan to be deleted")
    assert ("trajectory", 0) not in marks(heard[-1]) and ("ego", 0) in marks(heard[-1])
    stack.offset_ns = -10 * t.SECOND_NS
    stack.planning = True
    back = time.time_ns() - 5 * t.SECOND_NS

    def shown_again() -> bool:
        path = marks(heard[-1]).get(("trajectory", 0))
        return path is not None and time_to_ns(path.header.stamp) < back

    peer.wait_until(shown_again, "the plan of the second lap")
    peer.wait_until(
        lambda: int(status_values(stack.status, NAME).get("clock_jumps", 0)) >= 1, "the jump"
    )
    assert node.alive


def test_an_overlay_that_cannot_be_drawn_says_why_and_shows_the_image(
    peer: Any, start_node: Any, stack: Stack
) -> None:
    node = start_node(NAME, camera_roles=[ROLE])
    overlays = peer.listen(Image, f"overlay/{ROLE}", INTERNAL)
    stack.calibrated = stack.mounted = False
    stack.start()

    def told(words: str) -> Any:
        return any(words in text for text in status_messages(stack.status, NAME, WARN))

    peer.wait_until(lambda: told("no CameraInfo of front_wide"), "the missing calibration")
    peer.wait_until(lambda: overlays, "the image")
    assert (pixels(overlays[-1])[:480] == GREY).all()
    stack.calibrated = True
    peer.wait_until(lambda: told("no static transforms from 'base_link'"), "the missing mount")
    stack.mounted = True
    peer.wait_until(lambda: (pixels(overlays[-1])[:480] != GREY).any(), "the corridor")
    assert node.alive


def test_malformed_messages_cost_one_picture(peer: Any, start_node: Any, stack: Stack) -> None:
    node = start_node(NAME, camera_roles=[ROLE])
    heard = peer.listen(MarkerArray, "markers", INTERNAL)
    bad_plans = peer.talk(Plan, "plan", INTERNAL)
    stack.planning = False
    stack.start()
    peer.wait_for_subscriber(bad_plans)
    strange = plan_to_msg(plan(stamp_ns=time.time_ns()))
    strange.source = 77
    bad_plans.publish(strange)
    peer.wait_until(lambda: status_values(stack.status, NAME).get("dropped.malformed"), "the count")
    stack.planning = True
    peer.wait_until(lambda: heard and ("trajectory", 0) in marks(heard[-1]), "the next plan")
    assert node.alive


def test_an_outline_that_cannot_be_ends_the_node_with_one_clear_line(start_node: Any) -> None:
    node = start_node(NAME, vehicle__length=1.0, vehicle__rear_overhang=2.0)
    assert node.process.wait(20.0) == 2
    assert any("vehicle.rear_overhang 2 m" in line for line in node.errors)
