# SPDX-License-Identifier: Apache-2.0
"""The shapes in which traces come: a sentence, four labelled parts, or appended labels."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_LABEL = re.compile(
    r"(?P<observe>\b(?:I\s+observe|I\s+see|observations?|perception|scene|critical\s+objects?))"
    r"|(?P<situation>\b(?:situation|reasoning|causes?|because|analysis|context))"
    r"|(?P<decision>\b(?:(?:driving\s+|final\s+)?decision|action|maneuver|plan|response))"
    r"|(?P<trajectory>\b(?:trajectory|path|motion))"
    r"|(?P<counterfactual>\bcounter\s?-?factual)"
    r"|(?P<longitudinal>\blongitudinal(?:\s+(?:decision|action|meta\s?-?action|control))?)"
    r"|(?P<lateral>\blateral(?:\s+(?:decision|action|meta\s?-?action|control))?)"
    r"|(?P<lane>\blane(?:\s+(?:decision|action|meta\s?-?action))?)",
    re.IGNORECASE,
)
_MARK = re.compile(r"""["'*\])}]*\s*[:=]""")
_WRAPPING = " \t\r\n\"'[]{},"


@dataclass(frozen=True, slots=True)
class Sections:
    """A trace taken apart. ``decision`` is the free text that decides, ``scene`` what is told."""

    decision: str
    scene: tuple[str, ...] = ()
    fallback: str = ""
    counterfactual: str = ""
    labels: dict[str, str] = field(default_factory=dict)


def take_apart(text: str) -> Sections:
    """Split a trace at its labels; without labels all of it is the decision.

    Text before the first label is the decision too, unless a part is labelled as the decision.
    """
    if ":" not in text and "=" not in text:
        return Sections(text.strip(_WRAPPING))
    parts = _parts(text)
    named = {name for name, _ in parts}
    labels = {name: body for name, body in parts if name in ("longitudinal", "lateral", "lane")}
    opening = _join(parts, "opening")
    if "decision" in named:
        decision, fallback = _join(parts, "decision"), _join(parts, "trajectory")
    elif named & {"observe", "situation"}:
        decision, fallback = "", _join(parts, "trajectory")
    else:
        decision, fallback = opening or _join(parts, "trajectory"), ""
    told = [opening] if decision is not opening and opening else []
    told += [body for name, body in parts if name in ("observe", "situation")]
    return Sections(decision, tuple(told), fallback, _join(parts, "counterfactual"), labels)


def _join(parts: list[tuple[str, str]], name: str) -> str:
    return ". ".join(body for label, body in parts if label == name and body)


def _parts(text: str) -> list[tuple[str, str]]:
    """The labelled bodies in order; the text before the first label is the "opening"."""
    starts: list[tuple[str, int, int]] = [("opening", 0, 0)]
    for found in _LABEL.finditer(text):
        mark = _MARK.match(text, found.end())
        if mark:
            starts.append((found.lastgroup or "", found.start(), mark.end()))
    ends = [start for _, start, _ in starts[1:]] + [len(text)]
    return [
        (name, text[begin:end].strip(_WRAPPING))
        for (name, _, begin), end in zip(starts, ends, strict=True)
    ]
