# SPDX-License-Identifier: Apache-2.0
"""One recorded case against this runtime: the largest deviation of each quantity, and BOUNDS.

Stages do not inherit each other's deviations: networks and flow run on the recorded pixel values
and the recorded noise, the unicycle once on the recorded actions, once on our own. recorded.py says
what is in a case.

A flow can be ill-conditioned: that of a checkpoint trained for a few hundred steps multiplies a
rounding error by fifteen in every Euler step, so that upstream itself, on a processor with other
vector instructions, ends somewhere else. Each step is therefore also compared from the recorded
state before it; and where steps agree but the whole does not, the flow is run again from noise that
is one unit in the last place off, to tell how much rounding alone can do (``rounding``). Neither
excuses anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray

from alpamayo_ros.policy.alpamayo.actions import ActionSpace
from alpamayo_ros.policy.alpamayo.checkpoint import load
from alpamayo_ros.policy.alpamayo.config import ModelConfig, load_config
from alpamayo_ros.policy.alpamayo.engine import Engine, EngineOptions, Rollout
from alpamayo_ros.policy.alpamayo.history import history_ids
from alpamayo_ros.policy.alpamayo.images import ImageSettings, Preprocessor
from alpamayo_ros.policy.alpamayo.networks import Networks
from alpamayo_ros.policy.alpamayo.prompt import Prompt, PromptBuilder
from alpamayo_ros.policy.alpamayo.recorded import Case, InvalidGoldenData
from alpamayo_ros.policy.alpamayo.tokens import Tokenizer

BOUNDS: Mapping[str, float] = {
    # tokens that differ
    "prompt_ids": 0,
    "fused_ids": 0,
    "generated_ids": 0,
    # 1 when it differs
    "trace": 0,
    "image_grids": 0,
    "rope_delta": 0,
    # grey levels
    "pixel_values": 1 + 1e-4,
    "first_logits": 1e-3,
    # m/s
    "initial_speed": 1e-4,
    # normalised actions
    "flow_steps": 1e-3,
    "guided_flow_steps": 1e-3,
    "flow_states": 1e-3,
    "guided_flow_states": 1e-3,
    # m, and entries of rotation matrices
    "unicycle": 1e-2,
    "trajectories": 1e-2,
    "guided_trajectories": 1e-2,
    "rotations": 1e-3,
}
"""Largest deviation of each quantity that is still the same model."""

_NOT_FINITE = 1e300
"""JSON has no infinity."""

_LEVELS = 127.5
"""Grey levels in one unit of a pixel value."""


@dataclass(frozen=True, slots=True)
class _Flow:
    """One of the two recorded flows: its arrays, whether it is guided, what it is compared as."""

    states: str
    positions: str
    guided: bool
    steps: str
    whole: str
    trajectories: str


_FREE = _Flow("flow_states", "pred_xyz", False, "flow_steps", "flow_states", "trajectories")
_GUIDED = _Flow(
    "cfg_flow_states",
    "cfg_pred_xyz",
    True,
    "guided_flow_steps",
    "guided_flow_states",
    "guided_trajectories",
)

_MAX_NEW_TOKENS = 64
"""Tokens a text may have where the recording was not cut off."""


class Deviations:
    """The largest deviation of each quantity so far.

    ``rounding``: what one rounding of the noise does to a flow that is beyond its bound although
    each of its steps is not.
    """

    def __init__(self) -> None:
        self.largest: dict[str, float] = {}
        self.rounding: dict[str, float] = {}

    def note(self, quantity: str, deviation: float) -> None:
        """Keep a deviation if it is the largest; one that is not finite counts as 1e300."""
        value = float(deviation) if np.isfinite(deviation) else _NOT_FINITE
        self.largest[quantity] = max(value, self.largest.get(quantity, 0.0))

    def values(self, quantity: str, ours: ArrayLike, recorded: ArrayLike, unit: float = 1) -> None:
        """Compare arrays; entries that are equal, infinities too, deviate by 0."""
        left, right = np.asarray(ours, dtype=float), np.asarray(recorded, dtype=float)
        if left.shape != right.shape:
            raise InvalidGoldenData(f"{quantity}: {left.shape} here, {right.shape} recorded")
        unequal = left != right
        worst = np.abs(left[unequal] - right[unequal]).max(initial=0.0)
        self.note(quantity, float(worst) * unit)

    def tokens(self, quantity: str, ours: Sequence[int], recorded: Sequence[int]) -> None:
        """Count tokens that differ, and those that only one of them has."""
        different = sum(a != b for a, b in zip(ours, recorded, strict=False))
        self.note(quantity, different + abs(len(ours) - len(recorded)))

    def beyond(self) -> dict[str, float]:
        """Quantities that are out of bounds."""
        return {name: value for name, value in self.largest.items() if value > BOUNDS[name]}


class Comparison:
    """A checkpoint with everything that the cases are put through."""

    def __init__(self, folder: Path, device: str = "cpu", tokenizer: str | None = None) -> None:
        self._folder = folder
        self._device = device
        self._config: ModelConfig = load_config(folder)
        self._tokenizer = Tokenizer.load(tokenizer or folder, self._config.vocabulary)
        self._builder = PromptBuilder(
            self._tokenizer, self._config.family, self._config.vision.merge_size
        )
        self._preprocessor = Preprocessor(ImageSettings.of(self._config), device)
        self._space = ActionSpace(self._config.action_space)
        self._networks: Networks = load(folder, device, torch.float32)

    def compare(self, case: Case) -> Deviations:
        """Put one case through every stage; raises InvalidGoldenData."""
        deviations = Deviations()
        self._compare_pixels(case, deviations)
        prompt = self._compare_prompt(case, deviations)
        speed = self._compare_motion(case, deviations)
        self._compare_flow(case, prompt, speed, _FREE, deviations)
        if case.nav_text is not None and _GUIDED.states in case.arrays:
            self._compare_flow(case, prompt, speed, _GUIDED, deviations)
        return deviations

    def _compare_pixels(self, case: Case, deviations: Deviations) -> None:
        images = [np.ascontiguousarray(frame.transpose(1, 2, 0)) for frame in case["frames"]]
        batch = self._preprocessor(images)
        deviations.note("image_grids", list(batch.grids) != case.grids)
        if list(batch.grids) == case.grids:
            pixels = batch.pixel_values.cpu().numpy()
            deviations.values("pixel_values", pixels, case["pixel_values"], _LEVELS)

    def _compare_prompt(self, case: Case, deviations: Deviations) -> Prompt:
        prompt = self._builder.driving(case.cameras, case.grids, case.nav_text)
        deviations.tokens("prompt_ids", prompt.ids, case["prompt_input_ids"][0].tolist())
        fused = prompt.with_history(history_ids(case.positions, self._config.history))
        deviations.tokens("fused_ids", fused.ids, case["fused_input_ids"][0].tolist())
        delta = np.full(case["rope_deltas"].shape, fused.rope_delta)
        deviations.values("rope_delta", delta, case["rope_deltas"])
        return fused

    def _compare_motion(self, case: Case, deviations: Deviations) -> float:
        speed = self._space.initial_speed(case.positions, case.rotations)
        deviations.values("initial_speed", [speed], case["v0"].reshape(-1))
        self._compare_trajectories(
            "unicycle", case["flow_states"][:, -1], speed, case["pred_xyz"], deviations
        )
        rollouts = self._space.rollout(case["flow_states"][:, -1], speed)
        recorded = case["pred_rot"].reshape(-1, *case["pred_rot"].shape[-3:])
        deviations.values("rotations", rollouts.rotations(), recorded)
        return speed

    def _compare_trajectories(
        self,
        quantity: str,
        actions: ArrayLike,
        speed: float,
        recorded: NDArray[Any],
        deviations: Deviations,
    ) -> None:
        rollouts = self._space.rollout(actions, speed)
        positions = recorded.reshape(-1, *recorded.shape[-2:])
        deviations.values(quantity, rollouts.positions, positions)

    def _compare_flow(
        self, case: Case, prompt: Prompt, speed: float, flow: _Flow, deviations: Deviations
    ) -> None:
        """Texts (of the flow without guidance), the flow step by step and as a whole."""
        recorded = case[flow.states]
        engine = self._engine(case, flow)
        vision = engine.encode(torch.from_numpy(case["pixel_values"]).to(self._device), case.grids)
        result = engine.rollout(prompt, vision, torch.from_numpy(recorded[:, 0]))
        if not flow.guided:
            self._compare_texts(case, result, deviations)
        times = case["flow_times"]
        for step in range(len(times) - 1):
            velocity = engine.velocity(torch.from_numpy(recorded[:, step]), float(times[step]))
            moved = velocity.cpu().numpy() * (times[step + 1] - times[step])
            deviations.values(flow.steps, recorded[:, step] + moved, recorded[:, step + 1])
        states = result.flow_states.cpu().numpy()
        deviations.values(flow.whole, states, recorded)
        actions, positions = states[:, -1], case[flow.positions]
        self._compare_trajectories(flow.trajectories, actions, speed, positions, deviations)
        beyond = deviations.beyond()
        if flow.whole in beyond and flow.steps not in beyond:
            nudged = np.nextafter(recorded[:, 0], np.float32(np.inf))
            again = engine.rollout(prompt, vision, torch.from_numpy(nudged))
            off = np.abs(again.flow_states.cpu().numpy() - states).max()
            deviations.rounding[flow.whole] = float(off)

    def _compare_texts(self, case: Case, result: Rollout, deviations: Deviations) -> None:
        logits = result.first_logits.float().cpu().numpy()
        deviations.values("first_logits", logits, case["first_logits"])
        special = self._tokenizer.special
        written = case.written(special.future_start)
        for sample, ids in enumerate(result.generated):
            deviations.tokens("generated_ids", ids, written[sample])
            trace = self._tokenizer.decode_before(ids, special.cot_end)
            deviations.note("trace", trace != case.traces[sample])

    def _engine(self, case: Case, flow: _Flow) -> Engine:
        written = case.written(self._tokenizer.special.future_start)
        chosen = case["sequences"].shape[1] - case["prompt_input_ids"].shape[1]
        # upstream chooses one token more behind the last end, if it may
        ended = max(len(row) for row in written) < chosen
        options = EngineOptions(
            samples=case.samples,
            steps=len(case["flow_times"]) - 1,
            max_new_tokens=max(chosen, _MAX_NEW_TOKENS) if ended else chosen,
            greedy=True,
            guidance_weight=self._config.flow.guidance_weight if flow.guided else 0.0,
            speculation=False,
        )
        return Engine(self._networks, options)
