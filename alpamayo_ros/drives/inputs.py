# SPDX-License-Identifier: Apache-2.0
"""What of a bag is fed to the nodes: the sensors, never what a stack once made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from alpamayo_ros.cameras.rig import ROLE_BY_NAME
from alpamayo_ros.types import TICK_NS, StackError

COMPRESSED_IMAGE = "sensor_msgs/msg/CompressedImage"
RAW_IMAGE = "sensor_msgs/msg/Image"

_IMAGE_TOPICS = ("/camera/{}/image/compressed", "/camera/{}/image_raw", "/camera/{}/image")
_IMAGE_TYPES = (COMPRESSED_IMAGE, RAW_IMAGE)

# Beside the cameras: what the nodes listen to, and what a viewer needs to make sense of images.
_SENSOR_TYPES = {
    "/odometry": "nav_msgs/msg/Odometry",
    "/tf": "tf2_msgs/msg/TFMessage",
    "/tf_static": "tf2_msgs/msg/TFMessage",
    "/imu": "sensor_msgs/msg/Imu",
    "/twist": "geometry_msgs/msg/TwistStamped",
    "/user_command": "alpamayo_msgs/msg/UserCommand",
}
_CAMERA_INFO = "sensor_msgs/msg/CameraInfo"


class NoCameras(StackError):
    """A bag without any camera the rig knows."""


@dataclass(frozen=True, slots=True)
class DriveInputs:
    """The sensor topics of a bag.

    ``cameras``: topic of each role that is there, in the order of the camera ids; ``types``:
    message type of every topic that is fed, cameras included; ``anchor``: role that defines t0;
    ``absent``: roles that are configured and not in the bag.
    """

    cameras: Mapping[str, str]
    types: Mapping[str, str]
    anchor: str
    absent: tuple[str, ...]

    @property
    def roles(self) -> dict[str, str]:
        """Role of each camera topic."""
        return {topic: role for role, topic in self.cameras.items()}

    def parameters(self) -> dict[str, str | list[str]]:
        """Parameters that make camera_sync listen to these cameras."""
        chosen: dict[str, str | list[str]] = {
            "camera_roles": [*self.cameras, *self.absent],
            "anchor": self.anchor,
        }
        for role, topic in self.cameras.items():
            compressed = self.types[topic] == COMPRESSED_IMAGE
            chosen[f"cameras.{role}.topic"] = topic
            chosen[f"cameras.{role}.transport"] = "compressed" if compressed else "raw"
        return chosen


def find_inputs(
    topics: Mapping[str, str], camera_sync: Mapping[str, object], bag: str
) -> DriveInputs:
    """Pick the sensor topics among a bag's ``topics`` (topic -> type).

    ``camera_sync`` holds what a params file sets for that node: ``camera_roles``,
    ``cameras.<role>.topic`` and ``anchor`` go before the standard names. Raises NoCameras, also
    when the anchor that is set is not there.
    """
    configured = camera_sync.get("camera_roles")
    roles = list(configured) if isinstance(configured, (list, tuple)) else list(ROLE_BY_NAME)
    found = {role: _image_topic(role, topics, camera_sync) for role in roles}
    order = {role: place for place, role in enumerate(ROLE_BY_NAME)}
    cameras = {
        role: topic
        for role, topic in sorted(found.items(), key=lambda item: order.get(item[0], len(order)))
        if topic is not None
    }
    if not cameras:
        held = ", ".join(sorted(topics)) or "nothing"
        raise NoCameras(
            f"no camera topics in {bag}: looked for {_IMAGE_TOPICS[0].format('<role>')} and "
            f"{_IMAGE_TOPICS[1].format('<role>')} with the roles {', '.join(roles)}; "
            f"it holds {held}"
        )
    types = {topic: topics[topic] for topic in cameras.values()}
    types |= {topic: kind for topic, kind in topics.items() if _is_sensor(topic, kind)}
    asked = camera_sync.get("anchor")
    if asked is not None and asked not in cameras:
        raise NoCameras(f"the anchor '{asked}' is not in {bag}: it has {', '.join(cameras)}")
    anchor = str(asked or "front_wide")
    return DriveInputs(
        cameras=cameras,
        types=types,
        anchor=anchor if anchor in cameras else next(iter(cameras)),
        absent=tuple(role for role in roles if configured and role not in cameras),
    )


def _image_topic(
    role: str, topics: Mapping[str, str], camera_sync: Mapping[str, object]
) -> str | None:
    given = camera_sync.get(f"cameras.{role}.topic")
    if isinstance(given, str):
        names: tuple[str, ...] = (f"/{given.lstrip('/')}",)
    else:
        names = tuple(template.format(role) for template in _IMAGE_TOPICS)
    return next((name for name in names if topics.get(name) in _IMAGE_TYPES), None)


def _is_sensor(topic: str, kind: str) -> bool:
    return _SENSOR_TYPES.get(topic) == kind or (
        kind == _CAMERA_INFO and topic.startswith("/camera/")
    )


def raster(stamps_ns: Sequence[int], known_t0_ns: Iterable[int] = ()) -> list[int]:
    """The t0 that an anchor camera's stamps offer on the 100 ms raster, in order.

    From the first frame on, always the frame nearest to 100 ms after the previous t0; with a
    camera faster than 10 Hz that leaves frames out. ``known_t0_ns`` are stamps that were used as
    t0: where one lies within half a tick of the raster, it is the one that counts.
    """
    known = set(known_t0_ns)
    stamps = sorted(set(stamps_ns))
    ticks: list[int] = []
    place = 0
    while place < len(stamps):
        if ticks:
            while place < len(stamps) and stamps[place] <= ticks[-1] + TICK_NS // 2:
                place += 1
            if place == len(stamps):
                break
            target = max(ticks[-1] + TICK_NS, stamps[place])
        else:
            target = stamps[place]
        near = [stamp for stamp in stamps[place : place + 64] if stamp <= target + TICK_NS // 2]
        used = [stamp for stamp in near if stamp in known]
        ticks.append(min(used or near, key=lambda stamp: abs(stamp - target)))
    return ticks
