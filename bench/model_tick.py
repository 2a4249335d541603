# SPDX-License-Identifier: Apache-2.0
"""A tick of our runtime as the policy computes it, from images to trajectories."""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch

from alpamayo_ros.policy.alpamayo.actions import ActionSpace
from alpamayo_ros.policy.alpamayo.engine import Engine, EngineOptions
from alpamayo_ros.policy.alpamayo.history import history_ids
from alpamayo_ros.policy.alpamayo.images import ImageSettings, Preprocessor
from alpamayo_ros.policy.alpamayo.inputs import image_key
from alpamayo_ros.policy.alpamayo.networks import Networks
from alpamayo_ros.policy.alpamayo.pace import Stopwatch
from alpamayo_ros.policy.alpamayo.prompt import Prompt
from alpamayo_ros.policy.alpamayo.vision_cache import VisionCache
from alpamayo_ros.types import FloatArray
from bench.model_shapes import Inputs

_KEPT_IMAGES = 56


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a tick gave: ids and positions (64, 3) [m] per sample, seconds per stage.

    ``cpu_s``: processor time of all threads of this process, which others on the machine leave
    nearly as it is.
    """

    generated: tuple[tuple[int, ...], ...]
    positions: FloatArray
    latencies_s: dict[str, float]
    accepted: tuple[int, ...] = ()
    cpu_s: float = 0.0


def finish(device: torch.device) -> None:
    """Wait for the device."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


class OwnWay:
    """Our runtime: features of older images kept, traces drafted, one prefill for all samples."""

    def __init__(
        self,
        networks: Networks,
        prompt: Prompt,
        options: EngineOptions,
        *,
        deadline_s: float | None = None,
    ) -> None:
        config = networks.config
        self.engine = Engine(networks, options)
        self._networks = networks
        self._prompt = prompt
        self._deadline_s = deadline_s
        self._options = options
        self._watch = Stopwatch(networks.device, time.perf_counter)
        self._vision = VisionCache(_KEPT_IMAGES)
        self._preprocess = Preprocessor(ImageSettings.of(config), networks.device, networks.dtype)
        self._actions = ActionSpace(config.action_space)

    @torch.no_grad()
    def warm_up(self, inputs: Inputs) -> None:
        """Make caches and graphs, as the policy does before its first tick.

        Only on CUDA: elsewhere there are no graphs, and the first ticks, which are not counted,
        make the caches.
        """
        if self._networks.device.type != "cuda":
            return
        images = [image for camera in inputs.cameras for image in camera.images]
        batch = self._preprocess(images)
        self.engine.warm_up(self._prompt, self.engine.encode(batch.pixel_values, batch.grids))

    @torch.no_grad()
    def tick(self, inputs: Inputs, noise: torch.Tensor, uniforms: torch.Tensor) -> Outcome:
        """From the images of a tick to its trajectories."""
        watch = self._watch
        began_s = time.process_time()
        watch.start()
        speed = self._actions.initial_speed(inputs.positions, inputs.rotations)
        config = self._networks.config
        prompt = self._prompt.with_history(history_ids(inputs.positions, config.history))
        images = [image for camera in inputs.cameras for image in camera.images]
        keys = [image_key(camera, i) for camera in inputs.cameras for i in range(4)]
        new = self._vision.missing(keys)
        batch = self._preprocess([images[index] for index in new]) if new else None
        watch.mark("preprocess")
        if batch is not None:
            encoded = self.engine.encode(batch.pixel_values, batch.grids)
            merged = config.vision.merge_size**2
            sizes = [t * height * width // merged for t, height, width in batch.grids]
            self._vision.store([keys[index] for index in new], sizes, encoded)
        vision = self._vision.gather(keys)
        watch.mark("vision")
        rollout = self.engine.rollout(
            prompt,
            vision,
            noise,
            uniforms,
            image_keys=keys if self._options.streaming else (),
            watch=watch,
            deadline_s=self._deadline_s,
        )
        positions = self._actions.rollout(rollout.actions, speed).positions
        finish(self._networks.device)
        watch.mark("post")
        return Outcome(
            rollout.generated,
            np.asarray(positions),
            watch.read(),
            tuple(rollout.accepted),
            time.process_time() - began_s,
        )
