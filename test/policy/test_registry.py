# SPDX-License-Identifier: Apache-2.0
"""Policies by name, and policies of one's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from alpamayo_ros.policy.protocol import Policy
from alpamayo_ros.policy.registry import UnknownPolicy, create, names
from alpamayo_ros.types import ConfigurationError

TINY = Path(__file__).resolve().parents[1] / "data" / "alpamayo1_5_tiny"


def test_every_policy_that_ships_can_be_made() -> None:
    for name in names():
        policy = create(name, {"model": str(TINY)})
        assert isinstance(policy, Policy) and policy.name == name


def test_a_policy_that_needs_a_model_says_so() -> None:
    with pytest.raises(ConfigurationError, match="'model' is ''"):
        create("alpamayo")


def test_a_policy_of_ones_own_gets_settings_and_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "registry_test_policy.py").write_text(
        "class Mine:\n"
        "    name = 'mine'\n"
        "    def __init__(self, settings, clock):\n"
        "        self.settings, self.clock = settings, clock\n"
        "    def warm_up(self): ...\n"
        "    def predict(self, observation): ...\n"
        "    def close(self): ...\n"
        "class Half:\n"
        "    def __init__(self, settings, clock): ...\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    policy = create("registry_test_policy:Mine", {"seed": 3}, clock=lambda: 1.5)
    assert policy.settings == {"seed": 3} and policy.clock() == 1.5  # type: ignore[attr-defined]
    with pytest.raises(UnknownPolicy, match="not all of"):
        create("registry_test_policy:Half")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("crta", "did you mean 'ctra'"),
        ("", "there are ctra"),
        ("no_such_module:Policy", "No module named 'no_such_module'"),
        ("alpamayo_ros.policy.ctra:Nothing", "Nothing"),
    ],
)
def test_an_unknown_policy_is_named(name: str, message: str) -> None:
    with pytest.raises(UnknownPolicy, match=message):
        create(name)
