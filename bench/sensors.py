# SPDX-License-Identifier: Apache-2.0
"""Camera images and odometry for the benchmarks, sent at 10 Hz and 100 Hz as a vehicle would."""

from __future__ import annotations

import array
import contextlib
import math
import threading
import time
from collections.abc import Iterator, Sequence

import cv2
import numpy as np
import rclpy
from nav_msgs.msg import Odometry
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.serialization import serialize_message
from sensor_msgs.msg import CompressedImage

from alpamayo_ros.ros import qos
from alpamayo_ros.ros.conversions import time_from_ns

SPEED = 10.0
TICK_S = 0.1
ODOMETRY_S = 0.01
IMAGES = 8
"""Different images a camera cycles through, so that no cache serves the same one twice in a row."""


def jpeg_images(
    width: int, height: int, seed: int, grain: float = 12.0, grain_channels: int = 3
) -> list[bytes]:
    """Street-like images: shading, edges and texture, about as heavy as a camera's at q90.

    ``grain`` is the deviation of the texture in grey levels; it is coloured with 3 channels.
    """
    generator = np.random.default_rng(seed)
    images = []
    for _ in range(IMAGES):
        coarse = generator.integers(0, 255, (9, 16, 3), dtype=np.uint8)
        image = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        for _ in range(40):
            x, y = int(generator.integers(width)), int(generator.integers(height))
            wide, high = generator.integers(10, max(11, width // 6), 2).tolist()
            colour = generator.integers(0, 255, 3).tolist()
            cv2.rectangle(image, (x, y), (x + wide, y + high), colour, -1)
        noise = generator.normal(0, grain, (height // 2, width // 2, grain_channels))
        texture = cv2.resize(noise, (width, height), interpolation=cv2.INTER_LINEAR)
        textured = np.clip(image + texture.reshape(height, width, -1), 0, 255).astype(np.uint8)
        images.append(cv2.imencode(".jpg", textured, [cv2.IMWRITE_JPEG_QUALITY, 90])[1].tobytes())
    return images


class Sensors:
    """Sends all cameras each tick and odometry in between, for a straight drive at 10 m/s.

    ``sent`` maps the stamp of each newest camera image [ns] to the steady time [s] just before
    it was handed to the middleware.
    """

    def __init__(
        self, node: Node, roles: Sequence[str], width: int, height: int, spread_s: float
    ) -> None:
        self.sent: dict[int, float] = {}
        self._node = node
        self._spread_s = spread_s
        self._images = {role: jpeg_images(width, height, seed) for seed, role in enumerate(roles)}
        self._cameras = {
            role: node.create_publisher(
                CompressedImage, f"camera/{role}/image/compressed", qos.SENSOR
            )
            for role in roles
        }
        self._odometry = node.create_publisher(Odometry, "odometry", qos.SENSOR)
        self._origin = time.monotonic()
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._run_cameras, daemon=True),
            threading.Thread(target=self._run_odometry, daemon=True),
        ]

    @property
    def image_bytes(self) -> int:
        """Mean size of one compressed image."""
        sizes = [len(image) for images in self._images.values() for image in images]
        return sum(sizes) // len(sizes)

    def matched(self) -> bool:
        """Whether somebody listens to every topic."""
        publishers = [*self._cameras.values(), self._odometry]
        return all(publisher.get_subscription_count() for publisher in publishers)

    def start(self) -> None:
        """Begin to send."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop sending."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _run_cameras(self) -> None:
        begin = time.monotonic()
        for tick in range(10**9):
            _sleep_until(begin + tick * TICK_S)
            if self._stop.is_set():
                return
            stamp_ns = self._node.get_clock().now().nanoseconds
            messages = {role: self._message(role, stamp_ns, tick) for role in self._cameras}
            for index, (role, message) in enumerate(messages.items()):
                _sleep_until(begin + tick * TICK_S + index * self._spread_s)
                now = time.monotonic()
                self._cameras[role].publish(message)
                self.sent[stamp_ns] = now

    def _message(self, role: str, stamp_ns: int, tick: int) -> bytes:
        message = CompressedImage(format="jpeg")
        message.header.stamp = time_from_ns(stamp_ns)
        message.data = array.array("B", self._images[role][tick % IMAGES])
        return bytes(serialize_message(message))

    def _run_odometry(self) -> None:
        for tick in range(10**9):
            _sleep_until(self._origin + tick * ODOMETRY_S)
            if self._stop.is_set():
                return
            message = Odometry(child_frame_id="base_link")
            message.header.frame_id = "odom"
            message.header.stamp = self._node.get_clock().now().to_msg()
            message.pose.pose.position.x = SPEED * (time.monotonic() - self._origin)
            message.pose.pose.orientation.w = 1.0
            message.twist.twist.linear.x = SPEED
            self._odometry.publish(message)


def _sleep_until(moment: float) -> None:
    while (left := moment - time.monotonic()) > 0:
        time.sleep(left)


@contextlib.contextmanager
def spinning(node: Node) -> Iterator[None]:
    """Spin a node in a thread; destroy it and shut ROS down in the end."""
    executor = SingleThreadedExecutor()
    executor.add_node(node)

    def spin() -> None:
        with contextlib.suppress(ExternalShutdownException):
            executor.spin()

    thread = threading.Thread(target=spin, daemon=True)
    thread.start()
    try:
        yield
    finally:
        executor.shutdown()
        thread.join()
        node.destroy_node()
        rclpy.try_shutdown()


def percentiles(values: Sequence[float]) -> dict[str, float]:
    """Median, 95th and 99th percentile, in milliseconds of seconds; NaN without values."""
    if not values:
        return {"p50": math.nan, "p95": math.nan, "p99": math.nan}
    points = np.percentile(np.asarray(values) * 1e3, (50, 95, 99))
    return {name: round(float(p), 3) for name, p in zip(("p50", "p95", "p99"), points, strict=True)}
