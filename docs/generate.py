# SPDX-License-Identifier: Apache-2.0
"""Write docs/parameters.md and docs/messages.md from the code.

``./run env python docs/generate.py``
"""

from __future__ import annotations

from pathlib import Path

from alpamayo_ros.nodes.camera_sync import CameraSync
from alpamayo_ros.nodes.ego_motion import EgoMotion
from alpamayo_ros.nodes.mode_expert import ModeExpertNode
from alpamayo_ros.nodes.recorder import Recorder
from alpamayo_ros.nodes.trajectory_publisher import TrajectoryPublisher
from alpamayo_ros.nodes.visualizer import Visualizer
from alpamayo_ros.nodes.vla_inference import VlaInference
from alpamayo_ros.ros.node import COMMON_PARAMETERS, StackNode
from alpamayo_ros.ros.parameters import ParameterSpec

ROOT = Path(__file__).resolve().parents[1]
MESSAGES = ROOT / "alpamayo_msgs"

NODES: tuple[type[StackNode], ...] = (
    CameraSync,
    EgoMotion,
    ModeExpertNode,
    VlaInference,
    TrajectoryPublisher,
    Visualizer,
    Recorder,
)


def parameters() -> str:
    """The parameter reference, a table a node."""
    lines = [
        "# Parameters",
        "",
        "Written from the code by `docs/generate.py`; a test keeps the two equal.",
        "Parameters are read once, when a node starts: change the params file and restart the",
        "node. An unknown name or a value out of range ends the node with one line that names it.",
        "`<role>` stands for each entry of `camera_roles`. Every topic's QoS can be overridden",
        "with ROS' own `qos_overrides.<topic>.<publisher|subscription>.<policy>`.",
        "",
        "## Every node",
        "",
        *_table(COMMON_PARAMETERS),
        "| `use_sim_time` | false | | | Take time from `/clock`: for replay and simulation. |",
    ]
    for node in NODES:
        lines += ["", f"## {node.NAME}", "", *_table(node.PARAMETERS)]
    return "\n".join(lines) + "\n"


def _table(specs: tuple[ParameterSpec, ...]) -> list[str]:
    rows = ["| name | default | unit | range | meaning |", "|---|---|---|---|---|"]
    return rows + [
        f"| `{spec.name}` | {_value(spec.default)} | {spec.unit} | {_range(spec)} "
        f"| {spec.description} |"
        for spec in specs
    ]


def _value(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ", ".join(f"`{entry}`" for entry in value)
    if isinstance(value, str):
        return f"`{value}`" if value else "empty"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _range(spec: ParameterSpec) -> str:
    if spec.choices:
        return ", ".join(f"`{choice}`" for choice in spec.choices)
    if spec.minimum is None and spec.maximum is None:
        return ""
    low = "" if spec.minimum is None else f"{spec.minimum:g}"
    high = "" if spec.maximum is None else f"{spec.maximum:g}"
    return f"{low} .. {high}"


def messages() -> str:
    """The interface reference: each definition as it is built."""
    lines = [
        "# Messages, services and actions",
        "",
        "Written from `alpamayo_msgs/` by `docs/generate.py`; a test keeps the two equal.",
        "Stamps are the sensors'; t0 is the stamp of the anchor camera's newest image.",
    ]
    for kind, title in (("msg", "Messages"), ("srv", "Services"), ("action", "Actions")):
        lines += ["", f"## {title}"]
        for path in sorted((MESSAGES / kind).glob(f"*.{kind}")):
            lines += ["", f"### {path.stem}", "", "```", path.read_text().rstrip(), "```"]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write both files."""
    (ROOT / "docs" / "parameters.md").write_text(parameters())
    (ROOT / "docs" / "messages.md").write_text(messages())


if __name__ == "__main__":
    main()
