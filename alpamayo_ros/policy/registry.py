# SPDX-License-Identifier: Apache-2.0
"""Policies by name; a policy's module is imported only when it is asked for."""

from __future__ import annotations

import difflib
import importlib
import time
from collections.abc import Mapping

from alpamayo_ros.policy.protocol import Policy, PolicyClock
from alpamayo_ros.types import ConfigurationError

_POLICIES = {
    "ctra": "alpamayo_ros.policy.ctra:ConstantTurnRateAcceleration",
    "alpamayo": "alpamayo_ros.policy.alpamayo.policy:AlpamayoPolicy",
}

_NEEDS = {"alpamayo": "it needs requirements/model.txt: torch, safetensors, tokenizers"}


class UnknownPolicy(ConfigurationError):
    """A policy that does not exist or cannot be imported."""


def names() -> tuple[str, ...]:
    """Names of the policies that ship with the stack."""
    return tuple(_POLICIES)


def create(
    name: str,
    settings: Mapping[str, object] | None = None,
    clock: PolicyClock = time.perf_counter,
) -> Policy:
    """Return a new policy: one of ``names()``, or "module:Class" for one of your own.

    A class is called with the settings (by name; those a policy does not know it ignores) and the
    clock. Raises UnknownPolicy.
    """
    path = _POLICIES.get(name, name)
    module_name, _, class_name = path.partition(":")
    if not class_name:
        close = difflib.get_close_matches(name, _POLICIES, n=1)
        hint = f"; did you mean '{close[0]}'?" if close else ""
        raise UnknownPolicy(
            f"unknown policy '{name}'{hint} (there are {', '.join(_POLICIES)}, and 'module:Class')"
        )
    try:
        policy_class = getattr(importlib.import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        needs = f" ({_NEEDS[name]})" if name in _NEEDS else ""
        raise UnknownPolicy(f"policy '{name}' cannot be imported: {error}{needs}") from error
    policy = policy_class(settings or {}, clock)
    if not isinstance(policy, Policy):
        raise UnknownPolicy(f"policy '{name}' has not all of name, warm_up, predict and close")
    return policy
