# SPDX-License-Identifier: Apache-2.0
"""The rviz configuration and the Foxglove layout show what the stack really publishes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import rclpy
import yaml
from rclpy.context import Context
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSCompatibility,
    QoSProfile,
    ReliabilityPolicy,
    qos_check_compatible,
)

from alpamayo_ros.drives.sensor_rig import MOUNTED_ROLES
from alpamayo_ros.ros.bringup import NODES, node_class, share_folder
from ros_harness import Peer

FOLDER = share_folder() / "rviz"
RVIZ = yaml.safe_load((FOLDER / "alpamayo.rviz").read_text())
FOXGLOVE = json.loads((FOLDER / "foxglove.json").read_text())

SHOWN_TYPES = {
    "rviz_default_plugins/Image": "sensor_msgs/msg/Image",
    "rviz_default_plugins/MarkerArray": "visualization_msgs/msg/MarkerArray",
    "rviz_default_plugins/Path": "nav_msgs/msg/Path",
}
"""What each display subscribes to; an Image display below /compressed takes CompressedImage."""

WITHOUT_TOPIC = {"rviz_default_plugins/Grid", "rviz_common/Group"}
COMPRESSED = "sensor_msgs/msg/CompressedImage"


class Stack:
    """All nodes of the stack, configured, as the ROS graph has them."""

    def __init__(self, peer: Peer) -> None:
        self.context = Context()
        rclpy.init(context=self.context)
        self.nodes: list[Any] = []
        for process in NODES:
            roles = Parameter("camera_roles", value=list(MOUNTED_ROLES))
            kind = node_class(process)
            takes = any(spec.name == "camera_roles" for spec in kind.PARAMETERS)
            node = kind(context=self.context, parameter_overrides=[roles] if takes else [])
            self.nodes.append(node)
            node.trigger_configure()
        self.defaults = {node.NAME: node.values for node in self.nodes}
        self.graph: Node = peer.node
        peer.wait_until(lambda: self.published("/overlay/rear_tele"), "the graph")
        peer.wait_until(lambda: self.published("/plan") and self.published("/path"), "the graph")
        # an endpoint may be heard of before the node it belongs to
        peer.wait_until(self._named, "the names of all nodes in the graph")

    def _named(self) -> bool:
        topics = [name for name, _ in self.graph.get_topic_names_and_types()]
        ends = [end for t in topics for end in (*self.published(t), *self.subscribed(t))]
        return not any(end.node_name.startswith("_NODE_NAME") for end in ends)

    def published(self, topic: str) -> list[Any]:
        return list(self.graph.get_publishers_info_by_topic(topic))

    def subscribed(self, topic: str) -> list[Any]:
        return list(self.graph.get_subscriptions_info_by_topic(topic))

    def close(self) -> None:
        for node in self.nodes:
            node.close()
        rclpy.try_shutdown(context=self.context)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    peer = Peer("viewer")
    running = Stack(peer)
    yield running
    running.close()
    peer.close()


def displays(entries: list[dict[str, Any]] | None = None) -> Iterator[dict[str, Any]]:
    for display in RVIZ["Visualization Manager"]["Displays"] if entries is None else entries:
        yield display
        yield from displays(display.get("Displays", []))


WITH_TOPIC = [display for display in displays() if display["Class"] not in WITHOUT_TOPIC]


def qos_of(topic: dict[str, Any]) -> QoSProfile:
    return QoSProfile(
        depth=topic["Depth"],
        history=HistoryPolicy[topic["History Policy"].upper().replace(" ", "_")],
        reliability=ReliabilityPolicy[topic["Reliability Policy"].upper().replace(" ", "_")],
        durability=DurabilityPolicy[topic["Durability Policy"].upper().replace(" ", "_")],
        liveliness=LivelinessPolicy.AUTOMATIC,
    )


def test_no_display_lacks_a_topic_and_no_name_appears_twice():
    names = [display["Name"] for display in displays()]
    assert len(set(names)) == len(names)
    assert {display["Class"] for display in WITH_TOPIC} == SHOWN_TYPES.keys()
    assert all(display["Value"] == display["Enabled"] for display in WITH_TOPIC)


@pytest.mark.parametrize("display", WITH_TOPIC, ids=lambda display: display["Name"])
def test_a_display_gets_what_it_asks_for(display: dict[str, Any], stack: Stack) -> None:
    topic = display["Topic"]["Value"]
    assert not topic.startswith("/"), "relative, so that it follows a namespace"
    wanted = qos_of(display["Topic"])
    publishers = stack.published(f"/{topic}")
    if topic.endswith("/compressed"):
        # published by the vehicle: whatever camera_sync can hear, rviz can, too
        (listener,) = stack.subscribed(f"/{topic}")
        assert listener.node_name == "camera_sync" and listener.topic_type == COMPRESSED
        assert display["Class"] == "rviz_default_plugins/Image"
        assert wanted.reliability == listener.qos_profile.reliability
        assert wanted.durability == listener.qos_profile.durability
        return
    assert len(publishers) == 1, f"{topic} has {len(publishers)} publishers"
    assert publishers[0].topic_type == SHOWN_TYPES[display["Class"]]
    verdict, why = qos_check_compatible(publishers[0].qos_profile, wanted)
    assert verdict == QoSCompatibility.OK, why
    assert publishers[0].qos_profile.reliability == wanted.reliability


def test_rviz_shows_every_view_camera_and_path(stack: Stack) -> None:
    shown = {f"/{display['Topic']['Value']}" for display in WITH_TOPIC}
    visualizer = stack.graph.get_publisher_names_and_types_by_node("visualizer", "/")
    views = {topic for topic, kinds in visualizer if kinds[0] in SHOWN_TYPES.values()}
    assert len(views) == 2 + len(MOUNTED_ROLES)
    assert views <= shown and "/path" in shown
    assert {f"/camera/{role}/image/compressed" for role in MOUNTED_ROLES} <= shown


def test_the_frames_are_those_of_the_stack(stack: Stack) -> None:
    manager = RVIZ["Visualization Manager"]
    odometry_frame = stack.defaults["ego_motion"]["odometry_frame"]
    vehicle_frame = stack.defaults["visualizer"]["vehicle_frame"]
    assert manager["Global Options"]["Fixed Frame"] == odometry_frame
    views = [manager["Views"]["Current"], *manager["Views"]["Saved"]]
    assert {view["Target Frame"] for view in views} == {vehicle_frame}
    (grid,) = [d for d in displays() if d["Class"] == "rviz_default_plugins/Grid"]
    assert grid["Reference Frame"] == vehicle_frame
    assert FOXGLOVE["configById"]["3D!view"]["followTf"] == vehicle_frame


def test_the_window_has_a_place_for_every_picture():
    state = bytes.fromhex(RVIZ["Window Geometry"]["QMainWindow State"])
    panels = [panel["Name"] for panel in RVIZ["Panels"]]
    pictures = [d["Name"] for d in WITH_TOPIC if d["Class"] == "rviz_default_plugins/Image"]
    for name in (*panels, *pictures):
        assert name.encode("utf-16-be") in state, name
        assert name in RVIZ["Window Geometry"]


# -- Foxglove


def leaves(layout: Any) -> Iterator[str]:
    if isinstance(layout, str):
        yield layout
        for tab in FOXGLOVE["configById"][layout].get("tabs", []):
            yield from leaves(tab["layout"])
    else:
        yield from leaves(layout["first"])
        yield from leaves(layout["second"])


def test_every_panel_is_in_the_layout_once():
    placed = list(leaves(FOXGLOVE["layout"]))
    assert sorted(placed) == sorted(FOXGLOVE["configById"])


def new_message(kind: str) -> Any:
    """An empty message of "package/msg/Type"."""
    package, _, name = kind.split("/")
    return getattr(import_module(f"{package}.msg"), name)()


def foxglove_topics() -> list[tuple[str, str, set[str]]]:
    """Panel, message path, and the types the panel can show."""
    found: list[tuple[str, str, set[str]]] = []
    for panel, config in FOXGLOVE["configById"].items():
        image = config.get("imageMode", {})
        if "imageTopic" in image:
            found.append((panel, image["imageTopic"], {"sensor_msgs/msg/Image", COMPRESSED}))
        if "calibrationTopic" in image:
            found.append((panel, image["calibrationTopic"], {"sensor_msgs/msg/CameraInfo"}))
        drawn = {"visualization_msgs/msg/MarkerArray", "nav_msgs/msg/Path"}
        found += [(panel, topic, drawn) for topic in config.get("topics", {})]
        found += [(panel, path["value"], set()) for path in config.get("paths", [])]
        if "topicPath" in config:
            found.append((panel, config["topicPath"], set()))
        if "topicToRender" in config:
            found.append((panel, config["topicToRender"], {"diagnostic_msgs/msg/DiagnosticArray"}))
    return found


@pytest.mark.parametrize(("panel", "path", "types"), foxglove_topics(), ids=str)
def test_a_panel_shows_what_is_there(panel: str, path: str, types: set[str], stack: Stack) -> None:
    topic, _, fields = path.partition(".")
    found = stack.published(topic)
    if topic.startswith("/camera/") and topic.endswith("camera_info"):
        role = topic.split("/")[2]
        wanted = stack.defaults["visualizer"][f"cameras.{role}.camera_info_topic"]
        assert topic == f"/{wanted}"
        return
    if topic.startswith("/camera/"):
        found = stack.subscribed(topic)
    assert found, f"nobody has {topic}"
    kind = found[0].topic_type
    assert not types or kind in types
    message = new_message(kind)
    for field in filter(None, re.sub(r"\[\d+\]", "", fields).split(".")):
        held = message.get_fields_and_field_types()
        assert field in held, f"{kind} has no {field}"
        inner = re.fullmatch(r"(?:sequence<)?([a-z_]+/\w+)>?", held[field])
        if inner:
            package, _, name = inner[1].partition("/")
            message = new_message(f"{package}/msg/{name}")
