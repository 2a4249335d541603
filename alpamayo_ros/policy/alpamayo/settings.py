# SPDX-License-Identifier: Apache-2.0
"""Settings of the policy ``alpamayo``: names, types, defaults, ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from alpamayo_ros.types import ConfigurationError

Reasoning = Literal["full", "budget", "off"]


class InvalidSetting(ConfigurationError):
    """A setting of the wrong type, out of its range, or at odds with another."""


def _one_of(*choices: str) -> Callable[[object], str | None]:
    return lambda value: None if value in choices else f"not one of {', '.join(choices)}"


def _between(low: float, high: float) -> Callable[[float], str | None]:
    return lambda value: None if low <= value <= high else f"outside {low:g} .. {high:g}"


def _setting(default: Any, check: Callable[[Any], str | None] | None = None) -> Any:
    return field(default=default, metadata={"check": check})


@dataclass(frozen=True, slots=True)
class Settings:
    """How the policy runs; ``from_mapping`` checks.

    model: folder or hub id; tokenizer: the same, empty: the model's own. device: auto, cpu, cuda,
    cuda:N. threads: of torch on the CPU, process wide, 0: as torch has it (with 1 a result does not
    depend on how many cores there are, and none waits for a core that is busy). dtype: auto is
    bfloat16 on CUDA, else float32. samples: candidates per tick. steps: of the flow, 0: as the
    checkpoint says (fewer: approximate). seed: with t0 it decides every random number. reasoning:
    full; budget: a trace is closed early when the trajectory would come later than deadline_s after
    the tick began; off: no trace. greedy: the likeliest token always, else temperature and top_p.
    guidance_weight: of the route, 0: off (released models: 3). speculation, vision_cache: faster,
    the same result, with bitwise to the last bit; without, a little faster still, and a tie between
    two tokens may be decided otherwise. Approximate: velocity_cache (numbers of the flow steps,
    from 0, that keep the velocity of the step before), fp8 (weights), streaming (keys and values of
    images that were seen before). cameras, image_width, image_height: what to warm up for.
    """

    model: str = _setting("", lambda value: None if value else "empty: a folder or a model id")
    tokenizer: str = _setting("")
    device: str = _setting("auto")
    threads: int = _setting(1, _between(0, 1024))
    dtype: str = _setting("auto", _one_of("auto", "float32", "bfloat16"))
    samples: int = _setting(1, _between(1, 64))
    steps: int = _setting(0, _between(0, 100))
    seed: int = _setting(0, _between(0, 2**31 - 1))
    reasoning: str = _setting("full", _one_of("full", "budget", "off"))
    deadline_s: float = _setting(0.0, _between(0.0, 60.0))
    temperature: float = _setting(0.6, _between(0.01, 10.0))
    top_p: float = _setting(0.98, _between(0.01, 1.0))
    greedy: bool = _setting(False)
    guidance_weight: float = _setting(0.0, _between(0.0, 20.0))
    max_new_tokens: int = _setting(256, _between(4, 4096))
    speculation: bool = _setting(True)
    bitwise: bool = _setting(True)
    vision_cache: bool = _setting(True)
    velocity_cache: tuple[int, ...] = _setting(())
    fp8: bool = _setting(False)
    streaming: bool = _setting(False)
    cameras: tuple[int, ...] = _setting((0, 1, 2, 6))
    image_width: int = _setting(576, _between(32, 8192))
    image_height: int = _setting(320, _between(32, 8192))

    @classmethod
    def from_mapping(cls, settings: Mapping[str, object]) -> Settings:
        """Settings by name; those of other names are not ours. Raises InvalidSetting."""
        values: dict[str, Any] = {}
        for spec in fields(cls):
            value = settings.get(spec.name, spec.default)
            values[spec.name] = _typed(spec.name, value, spec.default)
            check = spec.metadata["check"]
            problem = check(values[spec.name]) if check else None
            if problem:
                raise InvalidSetting(f"setting '{spec.name}' is {value!r}: {problem}")
        made = cls(**values)
        made._check_together()
        return made

    def _check_together(self) -> None:
        if self.reasoning == "budget" and self.deadline_s <= 0.0:
            raise InvalidSetting(
                f"reasoning 'budget' needs a deadline, deadline_s is {self.deadline_s}"
            )
        if self.streaming and not self.vision_cache:
            raise InvalidSetting("streaming reuses images of the vision_cache, which is off")


def _typed(name: str, value: object, default: object) -> object:
    """The value in the type of its default; numbers of steps and cameras also as "3,4"."""
    if isinstance(default, tuple):
        return _numbers(name, value)
    if isinstance(default, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(default):
        raise InvalidSetting(f"setting '{name}' is {value!r}, not a {type(default).__name__}")
    return value


def _numbers(name: str, value: object) -> tuple[int, ...]:
    parts = value.replace(" ", "").split(",") if isinstance(value, str) else value
    try:
        return tuple(int(part) for part in parts if part != "")  # type: ignore[attr-defined]
    except (TypeError, ValueError) as error:
        raise InvalidSetting(f"setting '{name}' is {value!r}, not whole numbers") from error
