# SPDX-License-Identifier: Apache-2.0
"""The unguided context: the same prompt and texts, with the route cut out.

What stands before the route does not see it, so its keys and values are taken over; only what
follows, some sixty tokens, and the texts are computed anew. Nothing is approximated. ``recompute``
gives the same but for the rounding, which is then that of a prompt without route, computed whole.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from alpamayo_ros.policy.alpamayo.context import Context, Vision, to_device
from alpamayo_ros.policy.alpamayo.prompt import Prompt


def branch(
    source: Context,
    target: Context,
    prompt: Prompt,
    texts: Sequence[Sequence[int]],
) -> None:
    """Fill ``target`` with the prompt of ``source`` without its route, and with the texts.

    There is no image behind the route, so positions there count on with the slots.
    """
    assert prompt.route is not None
    first, stop = prompt.route
    tail = prompt.ids[stop:]
    target.set_prompt(first + len(tail), prompt.rope_delta)
    for to, origin in ((target.cache.k, source.cache.k), (target.cache.v, source.cache.v)):
        to[:, :, :, :first].copy_(origin[:, :, :, :first])
    longest = max(len(text) for text in texts)
    rows = [[*tail, *text, *[0] * (longest - len(text))] for text in texts]
    target.append(to_device(torch.tensor(rows), target.device), first)


def recompute(
    target: Context,
    prompt: Prompt,
    vision: Vision,
    texts: Sequence[Sequence[int]],
    written: int,
) -> None:
    """As ``branch``, from the prompt's beginning, with ``written`` tokens of every text.

    Longer texts are cut, shorter ones filled up; what fills them is not to be seen.
    """
    plain = prompt.without_route()
    target.begin(plain, vision)
    rows = [[*text[:written], *[0] * (written - len(text))] for text in texts]
    target.append(to_device(torch.tensor(rows), target.device), len(plain.ids))
