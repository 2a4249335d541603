# SPDX-License-Identifier: Apache-2.0
"""The policy ``alpamayo``: an Alpamayo model behind the interface every policy has.

A tick: check, preprocess new images, encode them, prompt, traces, flow, trajectories. Every random
number follows from the seed and t0, so the same observations give the same predictions, in
whatever order and at whatever speed they come.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from alpamayo_ros.policy.alpamayo import checkpoint
from alpamayo_ros.policy.alpamayo.actions import ActionSpace
from alpamayo_ros.policy.alpamayo.config import ModelConfig
from alpamayo_ros.policy.alpamayo.context import Vision
from alpamayo_ros.policy.alpamayo.engine import Engine, EngineOptions, Rollout
from alpamayo_ros.policy.alpamayo.history import history_ids
from alpamayo_ros.policy.alpamayo.images import Grid, ImageSettings, Preprocessor, grid_of
from alpamayo_ros.policy.alpamayo.inputs import (
    check_images,
    grey_observation,
    image_key,
    rotations,
)
from alpamayo_ros.policy.alpamayo.layers import quantize_fp8
from alpamayo_ros.policy.alpamayo.pace import Stopwatch
from alpamayo_ros.policy.alpamayo.prompt import Prompt, PromptBuilder
from alpamayo_ros.policy.alpamayo.settings import InvalidSetting, Settings
from alpamayo_ros.policy.alpamayo.tokens import Tokenizer, TokenizerMissing
from alpamayo_ros.policy.alpamayo.vision_cache import VisionCache
from alpamayo_ros.policy.observation import check_history
from alpamayo_ros.policy.protocol import PolicyClock
from alpamayo_ros.types import (
    FRAME_OFFSETS_NS,
    Candidate,
    Instruction,
    Observation,
    Prediction,
    Trace,
    Trajectory,
)

_KEPT_IMAGES = 56
"""Images whose features are kept: two ticks of seven cameras."""

_PLAIN_NAV = "Continue straight"
_PLAIN_QUESTION = "What is ahead?"


@dataclass(frozen=True, slots=True)
class _Parts:
    """What a loaded model consists of."""

    engine: Engine
    tokenizer: Tokenizer
    prompts: PromptBuilder
    images: ImageSettings
    preprocess: Preprocessor
    actions: ActionSpace


class AlpamayoPolicy:
    """Alpamayo R1 or 1.5; see Settings. Raises InvalidSetting.

    ``warm_up`` loads the model; ``predict`` does so itself when it was not called. On the CPU both
    set torch's number of threads, for the whole process, to that of the settings.
    """

    name = "alpamayo"

    def __init__(
        self,
        settings: Mapping[str, object] | None = None,
        clock: PolicyClock = time.perf_counter,
    ) -> None:
        self._settings = Settings.from_mapping(settings or {})
        self._device = _device(self._settings.device)
        self._clock = clock
        self._watch = Stopwatch(self._device, clock)
        self._vision = VisionCache(_KEPT_IMAGES)
        self._loaded: _Parts | None = None

    def warm_up(self) -> None:
        """Load the model, then predict and answer from grey images; raises what loading raises."""
        parts = self._parts()
        observation = grey_observation(
            self._settings.cameras, self._settings.image_width, self._settings.image_height
        )
        cases = [observation]
        if parts.engine.networks.config.family == "1.5":
            instruction = Instruction("warm-up", nav_text=_PLAIN_NAV)
            cases.append(
                Observation(observation.t0_ns, observation.cameras, observation.ego, instruction)
            )
        for case in cases:
            prompt, vision, _ = self._look(case, None)
            parts.engine.warm_up(prompt, vision)
            self.predict(case)
        if parts.engine.networks.config.family == "1.5":
            for _ in zip(range(2), self.answer(_PLAIN_QUESTION, observation), strict=False):
                pass
        parts.engine.forget()
        self._vision.clear()

    def predict(self, observation: Observation) -> Prediction:
        """Return ``samples`` candidates; the selected one is nearest to their mean.

        Raises InvalidObservation, InvalidHistory, InvalidImage, UnsupportedCameras,
        UnsupportedPrompt, InvalidActions, and what ``check_intact`` raises.
        """
        parts = self._parts()
        self._watch.start()
        prompt, vision, speed = self._look(observation, self._watch)
        noise, uniforms = parts.engine.draw(_tick_seed(self._settings.seed, observation.t0_ns))
        rollout = parts.engine.rollout(
            prompt,
            vision,
            noise,
            uniforms,
            image_keys=_keys(observation) if self._settings.streaming else (),
            watch=self._watch,
            deadline_s=self._settings.deadline_s or None,
        )
        samples = _usable(rollout.actions)
        trajectories = parts.actions.rollout(rollout.actions[samples], speed).trajectories()
        candidates = tuple(
            Candidate(trajectory, self._trace(rollout, sample))
            for sample, trajectory in zip(samples, trajectories, strict=True)
        )
        selected, reason = nearest_to_mean(trajectories)
        ego, instruction = observation.ego, observation.instruction
        self._watch.mark("post")
        return Prediction(
            t0_ns=observation.t0_ns,
            policy=self.name,
            odometry_frame=ego.odometry_frame,
            ego_pose=ego.ego_pose,
            speed=ego.speed,
            candidates=candidates,
            selected=selected,
            selection_reason=reason,
            latencies_s=self._watch.read(),
            decision_id=instruction.decision_id if self._nav_text(instruction) else "",
        )

    def answer(self, question: str, observation: Observation) -> Iterator[str]:
        """Yield the answer to a question about the images, piece by piece.

        The images are used up when this returns. Raises UnsupportedPrompt (R1 answers nothing)
        and what ``predict`` raises of images; the iterator AnswerSuperseded, when another question
        was begun.
        """
        parts = self._parts()
        check_images(observation)
        ids = [camera.camera_id for camera in observation.cameras]
        prompt = parts.prompts.question(ids, _grids(observation, parts.images), question)
        vision = self._see(observation, None)
        seed = _tick_seed(self._settings.seed, observation.t0_ns)
        return self._spoken(parts, prompt, vision, seed)

    def close(self) -> None:
        """Release the model."""
        self._loaded = None
        self._vision.clear()
        if self._device.type == "cuda":
            torch.cuda.empty_cache()

    def _spoken(self, parts: _Parts, prompt: Prompt, vision: Vision, seed: int) -> Iterator[str]:
        stream = parts.tokenizer.stream()
        for token in parts.engine.answer(prompt, vision, seed):
            piece = stream.push(token)
            if piece:
                yield piece
        rest = stream.flush()
        if rest:
            yield rest

    def _look(
        self, observation: Observation, watch: Stopwatch | None
    ) -> tuple[Prompt, Vision, float]:
        """Prompt, image features and speed at t0; afterwards the pixels are not needed."""
        parts = self._parts()
        ego = observation.ego
        check_history(ego)
        speed = parts.actions.initial_speed(ego.positions, rotations(ego.quaternions))
        history = history_ids(ego.positions, parts.engine.networks.config.history)
        check_images(observation)
        ids = [camera.camera_id for camera in observation.cameras]
        grids = _grids(observation, parts.images)
        prompt = parts.prompts.driving(ids, grids, self._nav_text(observation.instruction))
        vision = self._see(observation, watch)
        return prompt.with_history(history), vision, speed

    def _see(self, observation: Observation, watch: Stopwatch | None) -> Vision:
        """Features of all images; only those that are new go through the vision tower."""
        parts = self._parts()
        if not self._settings.vision_cache:
            self._vision.clear()
        images = [image for camera in observation.cameras for image in camera.images]
        keys = _keys(observation)
        # frame by frame, so that a batch has the same shape whether its images are all new or not
        frames = len(FRAME_OFFSETS_NS)
        new = self._vision.missing(keys)
        batches = [
            (chosen, parts.preprocess([images[index] for index in chosen]))
            for frame in range(frames)
            if (chosen := [index for index in new if index % frames == frame])
        ]
        observation.check_intact()
        if watch is not None:
            watch.mark("preprocess")
        merged = parts.engine.networks.config.vision.merge_size**2
        for chosen, batch in batches:
            encoded = parts.engine.encode(batch.pixel_values, batch.grids)
            tokens = [t * height * width // merged for t, height, width in batch.grids]
            self._vision.store([keys[index] for index in chosen], tokens, encoded)
        vision = self._vision.gather(keys)
        if watch is not None:
            watch.mark("vision")
        return vision

    def _nav_text(self, instruction: Instruction) -> str | None:
        """The route to tell the model; R1 knows none."""
        if self._parts().engine.networks.config.family == "r1":
            return None
        return instruction.nav_text or None

    def _trace(self, rollout: Rollout, sample: int) -> Trace:
        """Text before the end of the reasoning; of a trace that never ended, all of it."""
        tokenizer = self._parts().tokenizer
        ids = rollout.generated[sample]
        text = tokenizer.decode_before(ids, tokenizer.special.cot_end)
        if tokenizer.special.cot_end not in ids:
            text = tokenizer.decode(ids).strip()
        return Trace(text, len(ids), rollout.accepted[sample])

    def _parts(self) -> _Parts:
        self._take_threads()
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def _take_threads(self) -> None:
        """Let this thread compute with as many as the settings say; OpenMP counts per thread."""
        threads = self._settings.threads
        if self._device.type == "cpu" and threads and torch.get_num_threads() != threads:
            torch.set_num_threads(threads)

    def _load(self) -> _Parts:
        settings = self._settings
        dtype = _dtype(settings.dtype, self._device)
        folder = checkpoint.resolve(settings.model)
        networks = checkpoint.load(folder, self._device, dtype)
        if settings.fp8:
            quantize_fp8(networks.text)
            quantize_fp8(networks.expert)
        config = networks.config
        tokenizer = _tokenizer(settings, folder, config)
        images = ImageSettings.of(config)
        return _Parts(
            Engine(networks, _options(settings), self._clock),
            tokenizer,
            PromptBuilder(tokenizer, config.family, config.vision.merge_size),
            images,
            Preprocessor(images, self._device, dtype),
            ActionSpace(config.action_space),
        )


def _usable(actions: NDArray[np.float32]) -> list[int]:
    """Samples whose actions (n, 64, 2) are finite; all of them when none is, to be refused."""
    finite = np.flatnonzero(np.isfinite(actions).all(axis=(1, 2))).tolist()
    return finite or list(range(len(actions)))


def nearest_to_mean(trajectories: tuple[Trajectory, ...]) -> tuple[int, str]:
    """Index of the trajectory with the smallest mean distance [m] to the mean one, and why."""
    if len(trajectories) == 1:
        return 0, "the only candidate"
    positions = np.stack([trajectory.positions for trajectory in trajectories])
    distances = np.linalg.norm(positions - positions.mean(axis=0), axis=-1).mean(axis=-1)
    selected = int(np.argmin(distances))
    return selected, (
        f"nearest to the mean of {len(trajectories)} samples: {distances[selected]:.2f} m off it, "
        f"the others up to {distances.max():.2f} m"
    )


def _tokenizer(settings: Settings, folder: Path, config: ModelConfig) -> Tokenizer:
    """The tokenizer of the settings, else the model's; raises TokenizerMissing."""
    try:
        return Tokenizer.load(settings.tokenizer or folder, config.vocabulary)
    except TokenizerMissing as error:
        if settings.tokenizer:
            raise
        raise TokenizerMissing(
            f"{error}; Alpamayo 1.5 ships none: set 'tokenizer' to a Qwen3-VL-8B folder or id"
        ) from error


def _grids(observation: Observation, settings: ImageSettings) -> list[Grid]:
    """Grid of every image, camera by camera."""
    return [
        grid_of(image.shape[0], image.shape[1], settings)
        for camera in observation.cameras
        for image in camera.images
    ]


def _keys(observation: Observation) -> list[Hashable]:
    """Which image each one is, camera by camera."""
    return [
        image_key(camera, index)
        for camera in observation.cameras
        for index in range(len(camera.images))
    ]


def _options(settings: Settings) -> EngineOptions:
    return EngineOptions(
        samples=settings.samples,
        steps=settings.steps,
        reasoning=settings.reasoning,  # type: ignore[arg-type]  # checked against its choices
        max_new_tokens=settings.max_new_tokens,
        temperature=settings.temperature,
        top_p=settings.top_p,
        greedy=settings.greedy,
        guidance_weight=settings.guidance_weight,
        speculation=settings.speculation,
        velocity_reuse=frozenset(settings.velocity_cache),
        streaming=settings.streaming,
        bitwise=settings.bitwise,
    )


def _device(name: str) -> torch.device:
    """The device of a setting; raises InvalidSetting for one that is not here."""
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError as error:
        raise InvalidSetting(f"setting 'device' is '{name}', which is no device") from error
    if device.type not in ("cpu", "cuda"):
        raise InvalidSetting(f"setting 'device' is '{name}', not auto, cpu, cuda or cuda:N")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        found = torch.cuda.device_count()
        raise InvalidSetting(f"setting 'device' is '{name}', but there are {found} CUDA devices")
    return device


def _dtype(name: str, device: torch.device) -> torch.dtype:
    if name == "auto":
        return torch.bfloat16 if device.type == "cuda" else torch.float32
    return torch.bfloat16 if name == "bfloat16" else torch.float32


def _tick_seed(seed: int, t0_ns: int) -> int:
    """Seed of one tick: both numbers well mixed (splitmix64), in 63 bits."""
    mask = 2**64 - 1
    mixed = (seed * 0x9E3779B97F4A7C15 + t0_ns) & mask
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = ((mixed ^ (mixed >> shift)) * factor) & mask
    return (mixed ^ (mixed >> 31)) >> 1
