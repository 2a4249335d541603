# SPDX-License-Identifier: Apache-2.0
"""Settings are taken by name and refused by name."""

import pytest

from alpamayo_ros.policy.alpamayo.policy import AlpamayoPolicy
from alpamayo_ros.policy.alpamayo.settings import InvalidSetting, Settings
from alpamayo_ros.types import ConfigurationError


def test_defaults_are_exact_and_unknown_names_are_ignored():
    settings = Settings.from_mapping({"model": "folder", "of_another_policy": 3})
    assert settings == Settings(model="folder")
    assert settings.speculation
    assert settings.vision_cache
    assert not (settings.fp8 or settings.streaming or settings.velocity_cache or settings.steps)


@pytest.mark.parametrize("given", ["3, 4,5", [3, 4, 5], ["3", "4", "5"], (3, 4, 5)])
def test_steps_are_numbers_or_text(given):
    settings = Settings.from_mapping({"model": "m", "velocity_cache": given})
    assert settings.velocity_cache == (3, 4, 5)


def test_no_steps_are_an_empty_text():
    assert Settings.from_mapping({"model": "m", "velocity_cache": ""}).velocity_cache == ()


def test_whole_numbers_do_for_others():
    assert Settings.from_mapping({"model": "m", "temperature": 1}).temperature == 1.0


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ({}, "'model' is '': empty"),
        ({"samples": 0}, "'samples' is 0: outside 1 .. 64"),
        ({"samples": 2.0}, "'samples' is 2.0, not a int"),
        ({"samples": True}, "'samples' is True, not a int"),
        ({"greedy": 1}, "'greedy' is 1, not a bool"),
        ({"temperature": 0.0}, "'temperature' is 0.0: outside"),
        ({"temperature": float("nan")}, "'temperature' is nan: outside"),
        ({"top_p": 1.5}, "'top_p' is 1.5: outside"),
        ({"dtype": "int4"}, "'dtype' is 'int4': not one of auto, float32, bfloat16"),
        ({"reasoning": "some"}, "'reasoning' is 'some': not one of full, budget, off"),
        ({"reasoning": "budget"}, "needs a deadline, deadline_s is 0.0"),
        ({"velocity_cache": "3;4"}, "'velocity_cache' is '3;4', not whole numbers"),
        ({"velocity_cache": 3}, "'velocity_cache' is 3, not whole numbers"),
        ({"streaming": True, "vision_cache": False}, "vision_cache, which is off"),
        ({"device": "tpu9"}, "'device' is 'tpu9'"),
        ({"device": "cuda:99"}, "'device' is 'cuda:99', but there are"),
        ({"device": "meta"}, "'device' is 'meta', not auto, cpu"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_loaded(given, match):
    with pytest.raises(InvalidSetting, match=match):
        AlpamayoPolicy({**({"model": "m"} if given else {}), **given})
    assert issubclass(InvalidSetting, ConfigurationError)
