# SPDX-License-Identifier: Apache-2.0
"""A drive for the tiny checkpoint: images and motions of its recorded cases, one after another."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn import functional

from alpamayo_ros.policy.alpamayo.inputs import grey_observation
from alpamayo_ros.types import TICK_NS, CameraPixels, Instruction, Observation

MODEL = Path(__file__).parents[2] / "data" / "alpamayo1_5_tiny"

CAMERAS = (0, 1, 2, 6)
HEIGHT, WIDTH = 64, 96
START_NS = 1_700_000_000_000_000_000


def _rows_round_alike() -> bool:
    """Whether a product's row is the same to the last bit among four rows and among many.

    So it is where the recording was made. MKL on Intel's newer processors takes other kernels for
    few rows, up to sixteen of them, with another order of additions.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for inputs, outputs in ((64, 64), (256, 64), (1536, 64)):
            drawn = np.random.default_rng(0)
            weight = torch.from_numpy(drawn.standard_normal((outputs, inputs), np.float32))
            x = torch.from_numpy(drawn.standard_normal((60, inputs), np.float32))
            whole = functional.linear(x, weight)
            if not all(
                torch.equal(functional.linear(x[:rows], weight), whole[:rows])
                for rows in range(4, 60)
            ):
                return False
        return True
    finally:
        torch.set_num_threads(threads)


ROWS_ROUND_ALIKE = _rows_round_alike()

RECORDED_ROUNDING = torch.backends.cpu.get_cpu_capability() == "AVX512" and ROWS_ROUND_ALIKE

needs_recorded_rounding = pytest.mark.skipif(
    not RECORDED_ROUNDING,
    reason="the recorded flows amplify rounding, which was that of AVX-512 with rows rounded alike",
)

_ROUTES = ("", "Turn left in 30m", "Turn right in 12m", "Continue straight")


def case(number: int) -> dict[str, np.ndarray]:
    with np.load(MODEL / f"case{number}.npz") as arrays:
        return {name: arrays[name] for name in arrays}


def still(t0_ns: int = START_NS, cameras: tuple[int, ...] = CAMERAS) -> Observation:
    """A vehicle that stands before grey walls."""
    grey = grey_observation(cameras, WIDTH, HEIGHT)
    shift = t0_ns - grey.t0_ns
    moved = tuple(
        dataclasses.replace(camera, stamps_ns=tuple(stamp + shift for stamp in camera.stamps_ns))
        for camera in grey.cameras
    )
    ego = dataclasses.replace(grey.ego, t0_ns=t0_ns)
    return dataclasses.replace(grey, t0_ns=t0_ns, cameras=moved, ego=ego)


def drive(ticks: int, seed: int = 0, scene_ticks: int = 7) -> Iterator[Observation]:
    """Observations every 0.1 s; the scene and the route change, three of four images stay.

    Images are noise whose brightness and grain the scene decides, and that is a little different
    in every frame.
    """
    rng = np.random.default_rng(seed)
    motions = [case(number)["ego_history_xyz"][0, 0] for number in range(5)]
    frames: dict[int, list[np.ndarray]] = {camera: [] for camera in CAMERAS}
    for tick in range(-3, ticks):
        scene = max(tick, 0) // scene_ticks
        for camera in CAMERAS:
            look = np.random.default_rng((seed, scene, camera))
            base = look.integers(0, 256, (HEIGHT // 8, WIDTH // 8, 3))
            image = np.kron(base, np.ones((8, 8, 1))) + rng.normal(0, 4, (HEIGHT, WIDTH, 3))
            frames[camera] = [*frames[camera][-3:], image.clip(0, 255).astype(np.uint8)]
        if tick < 0:
            continue
        observation = still(START_NS + tick * TICK_NS)
        cameras = tuple(
            CameraPixels(seen.camera_id, seen.role, seen.stamps_ns, tuple(frames[seen.camera_id]))
            for seen in observation.cameras
        )
        positions = motions[scene % len(motions)].astype(float)
        ego = dataclasses.replace(observation.ego, positions=positions)
        route = Instruction("route", nav_text=_ROUTES[scene % len(_ROUTES)])
        yield dataclasses.replace(observation, cameras=cameras, ego=ego, instruction=route)
