# SPDX-License-Identifier: Apache-2.0
"""One tick of an Alpamayo model: prompt, traces, flow, from token ids to normalised actions.

    engine = Engine(networks, EngineOptions(samples=6))
    vision = engine.encode(batch.pixel_values, batch.grids)
    result = engine.rollout(prompt, vision, *engine.draw(seed))

One prefill serves all samples. Speculation leaves the result as it is (see sampling); velocity
reuse, fewer steps and streaming do not, and are off by default.
"""

from __future__ import annotations

import time
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from alpamayo_ros.policy.alpamayo.branch import branch, recompute
from alpamayo_ros.policy.alpamayo.context import (
    ONE_STEP_SIZE,
    STEP_SIZES,
    Capacity,
    Context,
    PromptLike,
    Vision,
    to_device,
)
from alpamayo_ros.policy.alpamayo.flow import FlowSolver
from alpamayo_ros.policy.alpamayo.generation import EndRule, Writer
from alpamayo_ros.policy.alpamayo.networks import Networks
from alpamayo_ros.policy.alpamayo.pace import Pace, Stopwatch
from alpamayo_ros.policy.alpamayo.prompt import Prompt
from alpamayo_ros.policy.alpamayo.sampling import Sampler
from alpamayo_ros.policy.alpamayo.speculation import SHORT, Drafts
from alpamayo_ros.policy.alpamayo.streaming import Streaming
from alpamayo_ros.policy.protocol import PolicyClock
from alpamayo_ros.types import StackError

Reasoning = Literal["full", "budget", "off"]

_ROOM_FOR_ROUTE = 64
"""Tokens by which a prompt may outgrow the first one before the cache is made anew."""


class NothingComputed(StackError):
    """A velocity was asked for before the first rollout."""


class AnswerSuperseded(StackError):
    """Another question was asked before this answer was complete."""


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """How a tick is computed; the defaults are upstream's.

    ``steps`` 0: as the checkpoint says. ``guidance_weight`` 0: no guidance. ``bitwise``: a verified
    draft is rounded exactly as if it had been written word by word, on the CPU in steps of one
    row and everything as in upstream's eager loop, on CUDA in steps of one size; without, drafts
    also go through the model with the prompt, and on the CPU attention is fused and products are
    those of the faster library. That is faster, on the CPU by far; nothing is left out, but sums
    are rounded otherwise, and so a tie between two tokens may be decided otherwise. Approximate:
    ``velocity_reuse`` (flow steps that keep the velocity of the step before), ``streaming`` (keys
    and values of images seen before), other ``steps``.
    """

    samples: int = 1
    steps: int = 0
    reasoning: Reasoning = "full"
    max_new_tokens: int = 256
    temperature: float = 0.6
    top_p: float = 0.98
    greedy: bool = False
    guidance_weight: float = 0.0
    speculation: bool = True
    velocity_reuse: frozenset[int] = field(default_factory=frozenset)
    streaming: bool = False
    bitwise: bool = True


@dataclass(frozen=True, slots=True)
class Rollout:
    """What a tick gave.

    first_logits: (n, V) float32 behind the prompt, those of forbidden tokens -inf; ``generated``
    per sample up to the trajectory's start token, if it came (``started``); ``closed``: the trace
    was ended early; ``accepted`` draft tokens of each; flow_states: (n, steps + 1, 64, 2), from the
    noise to the normalised actions (n, 64, 2).
    """

    first_logits: Tensor
    generated: tuple[tuple[int, ...], ...]
    started: tuple[bool, ...]
    closed: tuple[bool, ...]
    accepted: tuple[int, ...]
    flow_states: Tensor
    actions: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Workspace:
    """Caches, static tensors and graphs for prompts up to a length."""

    guided: Context
    unguided: Context | None
    flow: FlowSolver
    streaming: Streaming


class Engine:
    """Runs one model; used from one thread at a time.

    ``end_of_turn`` ends every text; None: the token that the model's configuration says, if any.
    """

    def __init__(
        self,
        networks: Networks,
        options: EngineOptions,
        clock: PolicyClock = time.perf_counter,
        end_of_turn: int | None = None,
    ) -> None:
        self.networks = networks
        self.options = options
        self.pace = Pace()
        self._clock = clock
        self._device = networks.device
        vocabulary = networks.config.vocabulary
        trajectory = vocabulary.trajectory_start
        forbidden = (trajectory, trajectory + vocabulary.trajectory_count)
        self._sampler = Sampler(options.temperature, options.top_p, options.greedy, forbidden)
        stop = vocabulary.special["traj_future_start"]
        close = tuple(
            vocabulary.special[name]
            for name in ("cot_end", "traj_future_start")
            if name in vocabulary.special
        )
        last = networks.config.end_of_turn if end_of_turn is None else end_of_turn
        self._give_up = frozenset() if last is None else frozenset({last})
        self._rule = EndRule(stop, options.max_new_tokens, close, self._give_up)
        self._drafts = self._make_drafts() if options.speculation else None
        self._uniforms = torch.zeros(
            options.samples, options.max_new_tokens, device=self._device, dtype=torch.float32
        )
        self._workspace: _Workspace | None = None
        self._solved: tuple[int, bool] | None = None
        self._answers: Context | None = None
        self._question = 0

    def _make_drafts(self) -> Drafts:
        # on a CPU the tokens of a step are products that take their time
        dear = self._device.type == "cpu" and not self._one_by_one
        short = 0 if dear else SHORT
        return Drafts(self.options.samples, cautious=self._one_by_one, short=short)

    @property
    def _one_by_one(self) -> bool:
        """Whether the tokens of a step are computed one after the other."""
        return self.options.bitwise and self._device.type == "cpu"

    @property
    def _one_size(self) -> bool:
        """Whether every step has the same shape."""
        return self.options.bitwise and self._device.type != "cpu"

    @property
    def steps(self) -> int:
        """Euler steps of the flow."""
        return self.options.steps or self.networks.config.flow.steps

    def draw(self, seed: int) -> tuple[Tensor, Tensor]:
        """Random numbers of a tick, the same on every device: noise (n, 64, 2), uniforms (n, max).

        A number belongs to its sample and its place in the text.
        """
        generator = torch.Generator().manual_seed(seed)
        options = self.options
        waypoints = self.networks.config.action_space.waypoints
        noise = torch.randn(options.samples, waypoints, 2, generator=generator)
        uniforms = torch.rand(options.samples, options.max_new_tokens, generator=generator)
        return noise, uniforms

    def encode(self, pixel_values: Tensor, grids: Sequence[tuple[int, int, int]]) -> Vision:
        """Image tokens of preprocessed images."""
        features, deepstack = self.networks.vision(
            pixel_values, tuple(grids), fused=not self.options.bitwise
        )
        return Vision(features, tuple(deepstack))

    def rollout(
        self,
        prompt: Prompt,
        vision: Vision,
        noise: Tensor,
        uniforms: Tensor | None = None,
        *,
        image_keys: Sequence[Hashable] = (),
        watch: Stopwatch | None = None,
        deadline_s: float | None = None,
    ) -> Rollout:
        """Reason and drive: traces and actions of all samples.

        ``uniforms`` may be missing when greedy. ``image_keys``, needed for streaming alone, say
        which image each of the prompt's is. With a deadline (seconds after the start of
        ``watch``) and reasoning "budget", traces are closed early.
        """
        if watch is None:
            watch = Stopwatch(self._device, self._clock)
            watch.start()
        work = self._workspace_for(len(prompt.ids))
        if uniforms is not None:
            self._uniforms.copy_(to_device(uniforms, self._device))
        writer, logits = self._reason(work, prompt, vision, image_keys, watch, deadline_s)
        watch.mark("reasoning")
        texts = writer.texts
        if self._drafts is not None and self.options.reasoning != "off":
            self._drafts.remember(writer.finished())
        began = watch.elapsed()
        states = self._solve(work, prompt, vision, writer, noise)
        actions = states[:, -1].float().cpu().numpy().copy()
        watch.mark("flow")
        self.pace.finished(watch.elapsed() - began)
        return Rollout(
            self._sampler.allowed(logits[:1]).expand(len(texts), -1),
            tuple(tuple(text.tokens) for text in texts),
            tuple(self._rule.stop in text.tokens for text in texts),
            tuple(text.closed_at is not None for text in texts),
            tuple(text.accepted for text in texts),
            states.clone(),
            actions,
        )

    def velocity(self, x: Tensor, time: float) -> Tensor:
        """Velocity of normalised actions x (n, 64, 2) at a flow time, as in the last rollout.

        With guidance where that had it. Raises NothingComputed.
        """
        if self._workspace is None or self._solved is None:
            raise NothingComputed("no rollout yet")
        at = torch.tensor(time, dtype=torch.float32, device=self._device)
        return self._workspace.flow.velocity(x.to(self._device), at, *self._solved)

    def forget(self) -> None:
        """Drop what was kept of earlier ticks: what comes has nothing to do with it."""
        if self._drafts is not None:
            self._drafts.forget()
        if self._workspace is not None:
            self._workspace.streaming.forget()

    def warm_up(self, prompt: Prompt, vision: Vision) -> None:
        """Make the caches for prompts of this length and, on CUDA, all graphs."""
        work = self._workspace_for(len(prompt.ids) + _ROOM_FOR_ROUTE)
        noise, uniforms = self.draw(0)
        self.rollout(prompt, vision, noise, uniforms)
        if self._device.type == "cuda":
            work.guided.capture_steps()
            for text_tokens in (1, work.guided.capacity.text - STEP_SIZES[-1]):
                for guide in {False, work.unguided is not None}:
                    work.flow.solve(noise, text_tokens, guide)
            torch.cuda.synchronize(self._device)
        self.pace = Pace()  # of a tick, not of captures
        self.rollout(prompt, vision, noise, uniforms)
        self.forget()

    def answer(self, prompt: PromptLike, vision: Vision, seed: int = 0) -> Iterator[int]:
        """Token ids of the answer to a question prompt, as they come; its end is not among them.

        It has a cache of its own, so ticks may be computed in between. Raises AnswerSuperseded.
        """
        self._question += 1
        question = self._question
        ends = self._answer_ends()
        context = self._answer_context(len(prompt.ids), seed)
        hidden = context.begin(prompt, vision)
        token = int(context.pick(hidden)[0])
        for count in range(self.options.max_new_tokens):
            if token in ends:
                return
            yield token
            if question != self._question:
                raise AnswerSuperseded(f"question {question} after {count + 1} tokens")
            token = int(context.feed([[token]], count, pick=True)[0, 0])

    def _reason(
        self,
        work: _Workspace,
        prompt: Prompt,
        vision: Vision,
        image_keys: Sequence[Hashable],
        watch: Stopwatch,
        deadline_s: float | None,
    ) -> tuple[Writer, Tensor]:
        """Prompt and traces into the cache; also the logits behind the prompt."""
        writer = Writer(work.guided, self._rule, self._drafts)
        off = self.options.reasoning == "off"
        together = 0 if self.options.bitwise else STEP_SIZES[-1]
        following = self._rule.close if off else writer.opening(together)
        if self.options.streaming and image_keys:
            hidden = work.streaming.begin(prompt, vision, image_keys, following)
        else:
            hidden = work.guided.begin(prompt, vision, following)
        watch.mark("prefill")
        if off:
            writer.close_at_once()
            return writer, self.networks.text.logits(hidden[:1], fused=not self.options.bitwise)
        if following[-1:] == (self._rule.stop,):
            hidden = hidden[:-1]  # nothing follows a trace that ends as drafted
        picked, logits = work.guided.pick(hidden)
        writer.open(picked, following)
        last = watch.elapsed()

        def stepped() -> None:
            nonlocal last
            now = watch.elapsed()
            self.pace.stepped(now - last)
            last = now

        def must_close() -> bool:
            if self.options.reasoning != "budget" or deadline_s is None:
                return False
            return self.pace.must_close(watch.elapsed(), deadline_s)

        writer.write(must_close, stepped)
        return writer, logits

    def _solve(
        self, work: _Workspace, prompt: Prompt, vision: Vision, writer: Writer, noise: Tensor
    ) -> Tensor:
        """Flow states on the device, guided where there is a route to guide by."""
        texts = [text.tokens for text in writer.texts]
        lengths = [len(tokens) for tokens in texts]
        visible = [writer.visible(text) for text in writer.texts]
        work.guided.condition(visible, lengths, max(visible))
        guide = False
        if work.unguided is not None and prompt.route is not None:
            guide = True
            if work.unguided.exact:
                recompute(work.unguided, prompt, vision, texts, writer.generated())
            else:
                branch(work.guided, work.unguided, prompt, texts)
            work.unguided.condition(lengths, lengths, writer.generated())
        self._solved = max(lengths) + 1, guide
        return work.flow.solve(to_device(noise, self._device), *self._solved)

    def _workspace_for(self, prompt_tokens: int) -> _Workspace:
        """Caches that are large enough; making them anew is rare and slow."""
        work = self._workspace
        if work is not None and prompt_tokens <= work.guided.capacity.prompt:
            return work
        self._workspace = None  # the old caches go before the new ones come
        options = self.options
        guided = self._context(prompt_tokens + _ROOM_FOR_ROUTE, options.samples, self._sampler)
        unguided = None
        if options.guidance_weight:
            unguided = self._context(
                prompt_tokens + _ROOM_FOR_ROUTE, options.samples, self._sampler
            )
        flow = FlowSolver(
            self.networks.expert,
            guided,
            unguided,
            self.steps,
            options.guidance_weight,
            options.velocity_reuse,
        )
        self._workspace = _Workspace(guided, unguided, flow, Streaming(guided))
        return self._workspace

    def _context(
        self, prompt_tokens: int, samples: int, sampler: Sampler, uniforms: Tensor | None = None
    ) -> Context:
        capacity = Capacity(
            samples,
            prompt_tokens,
            self.options.max_new_tokens + STEP_SIZES[-1],
            self.networks.config.action_space.waypoints,
            whole=self._one_size,
        )
        random = self._uniforms if uniforms is None else uniforms
        return Context(
            self.networks.text,
            capacity,
            sampler,
            random,
            stepwise=self.options.bitwise,
            step_sizes=ONE_STEP_SIZE if self._one_size else STEP_SIZES,
        )

    def _answer_context(self, prompt_tokens: int, seed: int) -> Context:
        options = self.options
        if self._answers is None or self._answers.capacity.prompt < prompt_tokens:
            self._answers = None
            sampler = Sampler(options.temperature, options.top_p, options.greedy)
            self._answer_uniforms = torch.zeros(1, options.max_new_tokens, device=self._device)
            self._answers = self._context(
                prompt_tokens + _ROOM_FOR_ROUTE, 1, sampler, self._answer_uniforms
            )
        generator = torch.Generator().manual_seed(seed)
        drawn = torch.rand(1, options.max_new_tokens, generator=generator)
        self._answer_uniforms.copy_(to_device(drawn, self._device))
        return self._answers

    def _answer_ends(self) -> frozenset[int]:
        special = self.networks.config.vocabulary.special
        return frozenset({special["answer_end"], special["traj_future_start"]}) | self._give_up
