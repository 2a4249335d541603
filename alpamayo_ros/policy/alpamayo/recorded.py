# SPDX-License-Identifier: Apache-2.0
"""Recorded cases: what the upstream implementation made of some inputs.

A folder holds a checkpoint (``config.json``, ``backbone_config.json``, ``model.safetensors``,
``processor/``) and cases. ``caseN.json`` has ``nav_text`` (or null), ``num_traj_samples`` and
``expected_cot``, the traces. ``caseN.npz`` has, decoded greedily:

    frames (N, 3, H, W) uint8, camera_indices      four images per camera, oldest first
    ego_history_xyz (1, 1, 16, 3), ego_history_rot (1, 1, 16, 3, 3)
    pixel_values, image_grid_thw                   of the image processor
    prompt_input_ids, fused_input_ids              before and after the history is filled in
    first_logits, sequences, rope_deltas           behind the prompt; prompt and text
    flow_states (n, steps + 1, 64, 2), flow_times  from the noise to the normalised actions
    v0, pred_xyz (1, 1, n, 64, 3), pred_rot        speed at t0, trajectories
    cfg_flow_states, cfg_pred_xyz                  the same with guidance, if there is a route
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.types import StackError

_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    zipfile.BadZipFile,
)
"""What json and numpy raise for files that are not what their names say."""


class InvalidGoldenData(StackError):
    """A folder that is not of the recorded form."""


@dataclass(frozen=True, slots=True)
class Case:
    """One recorded case: arrays by name, nav text or None, samples, traces as recorded."""

    name: str
    arrays: Mapping[str, NDArray[Any]]
    nav_text: str | None
    samples: int
    traces: tuple[str, ...]

    def __getitem__(self, name: str) -> NDArray[Any]:
        if name not in self.arrays:
            raise InvalidGoldenData(f"{self.name}.npz has no array '{name}'")
        return self.arrays[name]

    @property
    def cameras(self) -> list[int]:
        """Camera ids in the order of the images."""
        return [int(i) for i in self["camera_indices"]]

    @property
    def grids(self) -> list[tuple[int, int, int]]:
        """One grid per image."""
        return [(int(t), int(h), int(w)) for t, h, w in self["image_grid_thw"]]

    @property
    def positions(self) -> NDArray[Any]:
        """Ego history (16, 3)."""
        return self["ego_history_xyz"].reshape(-1, 3)

    @property
    def rotations(self) -> NDArray[Any]:
        """Ego history (16, 3, 3)."""
        return self["ego_history_rot"].reshape(-1, 3, 3)

    def written(self, start_token: int) -> list[list[int]]:
        """What each sample wrote, up to the start token if it came."""
        rows = self["sequences"][:, self["prompt_input_ids"].shape[1] :].tolist()
        return [row[: row.index(start_token) + 1] if start_token in row else row for row in rows]


def case_paths(folder: Path) -> list[Path]:
    """The caseN.json of a folder in the order of their numbers; raises InvalidGoldenData."""
    found = [
        (int(match[1]), path)
        for path in folder.glob("case*.json")
        if (match := re.fullmatch(r"case(\d+)", path.stem))
    ]
    if not found:
        raise InvalidGoldenData(f"no caseN.json in {folder}")
    return [path for _, path in sorted(found)]


def read_case(path: Path) -> Case:
    """Read caseN.json and the arrays beside it; raises InvalidGoldenData."""
    try:
        described = json.loads(path.read_text(encoding="utf-8"))
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        nav_text = described.get("nav_text")
        samples, traces = int(described["num_traj_samples"]), tuple(described["expected_cot"])
    except _UNREADABLE as error:
        raise InvalidGoldenData(f"{path}: {error!r}") from error
    return Case(path.stem, arrays, nav_text, samples, traces)
