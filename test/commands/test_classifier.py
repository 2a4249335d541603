# SPDX-License-Identifier: Apache-2.0
"""The two networks as they are shipped."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from alpamayo_ros.commands.classifier import LABELS, MODEL, NETWORKS, WORDS, Classifier
from alpamayo_ros.commands.effects import INTENTS
from alpamayo_ros.types import ConfigurationError


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return Classifier()


def test_what_is_shipped_is_small() -> None:
    assert sum(path.stat().st_size for path in MODEL.iterdir()) < 30e6


def test_an_opinion_is_made_of_probabilities(classifier: Classifier) -> None:
    for text in ("turn left at the lights", "", "q", ", , ,", "x " * 300, "ありがとう"):
        opinion = classifier(text.split())
        assert set(opinion.labels) == set(LABELS) and set(opinion.intents) == set(INTENTS)
        assert sum(opinion.labels.values()) == pytest.approx(1.0, abs=1e-5)
        assert all(0.0 <= p <= 1.0 for p in (*opinion.intents.values(), opinion.foreign))
        assert all(0 <= index < len(text.split()) for index in opinion.destination)


def test_it_knows_what_where_and_whereto(classifier: Classifier) -> None:
    words = [
        "slow",
        "down",
        ",",
        "then",
        "turn",
        "left",
        "and",
        "take",
        "me",
        "to",
        "the",
        "old",
        "station",
    ]
    german = ("fahr", "bitte", "an", "der", "ampel", "links", "ab")
    opinion = classifier(words)
    assert opinion.label == "control"
    assert opinion.asked(0.5) == ["SLOW_DOWN", "TURN_LEFT", "NAVIGATE"]
    assert opinion.places["SLOW_DOWN"] < 3 < opinion.places["TURN_LEFT"] < 7
    assert [words[i] for i in opinion.destination] == ["the", "old", "station"]
    assert opinion.foreign < 0.5 < classifier(german).foreign


def test_the_same_words_get_the_same_opinion(classifier: Classifier) -> None:
    words = ["could", "you", "get", "past", "this", "tractor", "when", "it", "is", "safe"]
    assert classifier(words) == classifier(words) == Classifier()(words)


@pytest.mark.parametrize("name", [*NETWORKS, WORDS])
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path / "model")
    (tmp_path / "model" / name).unlink()
    with pytest.raises(ConfigurationError, match=name):
        Classifier(tmp_path / "model")


def test_a_model_for_other_intents_is_refused(tmp_path: Path) -> None:
    shutil.copytree(MODEL, tmp_path / "model")
    path = tmp_path / "model" / WORDS
    with np.load(path) as file:
        content = {name: file[name] for name in file.files}
    np.savez(path, **{**content, "outputs": np.array(["control", "FLY"])})
    with pytest.raises(ConfigurationError, match="train it again"):
        Classifier(tmp_path / "model")


def test_neither_torch_nor_what_trains_is_needed_to_use_it() -> None:
    code = (
        "import sys; from alpamayo_ros.commands.mode_expert import ModeExpert; ModeExpert(); "
        "print([m for m in ('torch', 'transformers', 'onnx', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
