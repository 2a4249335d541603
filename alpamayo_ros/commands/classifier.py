# SPDX-License-Identifier: Apache-2.0
"""A linear model over hashed n-grams: a second opinion on what a sentence is.

It is small on purpose (numpy only, well under a megabyte, a fraction of a millisecond a sentence)
and never alone obeyed: what it calls a command must also hold no word that is not known to be
harmless. ``train`` makes the model from the sentences in ``data/train``.
"""

from __future__ import annotations

import itertools
import math
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.commands.effects import INTENTS
from alpamayo_ros.types import ConfigurationError

LABELS = ("control", "question", "unclear", "harmful")
OUTPUTS = (*LABELS, *INTENTS)
BUCKETS = 1 << 15
MODEL = Path(__file__).parent / "data" / "model.npz"
VERSION = 2

_DIGITS = re.compile(r"\d+(?:\.\d+)?")


@dataclass(frozen=True, slots=True)
class Opinion:
    """Probabilities: ``labels`` sum to 1, each of ``intents`` stands for itself."""

    labels: dict[str, float]
    intents: dict[str, float]

    @property
    def label(self) -> str:
        """The most probable label."""
        return max(self.labels, key=self.labels.__getitem__)

    @property
    def best_intent(self) -> str:
        """The most probable intent."""
        return max(self.intents, key=self.intents.__getitem__)


class Classifier:
    """The model, loaded once.

    Raises ConfigurationError when the file is missing or was made for other outputs.
    """

    def __init__(self, path: Path = MODEL) -> None:
        if not path.is_file():
            raise ConfigurationError(
                f"the sentence model {path.name} is missing beside the package"
            )
        with np.load(path, allow_pickle=False) as file:
            if int(file["version"]) != VERSION or tuple(file["outputs"]) != OUTPUTS:
                raise ConfigurationError(f"{path.name} was made for other intents; train it again")
            self._weights: NDArray[np.int8] = file["weights"]
            self._scales: NDArray[np.float32] = file["scales"]
            self._biases: NDArray[np.float32] = file["biases"]
            self.harmless = frozenset(str(file["harmless"]).split())
            self.seen = frozenset(str(file["seen"]).split())
            self.things = frozenset(str(file["things"]).split())
            self.statives = frozenset(str(file["statives"]).split())
            self.beings = frozenset(str(file["beings"]).split())

    def __call__(self, words: Sequence[str]) -> Opinion:
        """Return what a sentence, as normalised words, probably is."""
        rows = np.array(sorted(buckets(words)), dtype=np.intp)
        sums = self._weights[rows].sum(axis=0, dtype=np.int32) if len(rows) else 0
        share = 1.0 / math.sqrt(max(len(rows), 1))
        scores = sums * self._scales * share + self._biases
        labels = np.exp(scores[: len(LABELS)] - scores[: len(LABELS)].max())
        labels /= labels.sum()
        intents = 1.0 / (1.0 + np.exp(-np.clip(scores[len(LABELS) :], -30, 30)))
        return Opinion(
            dict(zip(LABELS, labels.tolist(), strict=True)),
            dict(zip(INTENTS, intents.tolist(), strict=True)),
        )


def buckets(words: Sequence[str]) -> set[int]:
    """Return the features of a sentence: words, pairs, triples with gaps, and pieces of words."""
    plain = [_DIGITS.sub("0", word) for word in words if word.isalnum() or "'" in word]
    framed = ["^", *plain[:80], "$"]
    features = {f"w {word}" for word in framed}
    features.update(f"b {a} {b}" for a, b in itertools.pairwise(framed))
    features.update(f"s {a} {b}" for a, b in zip(framed, framed[2:], strict=False))
    features.update(
        f"t {a} {b} {c}" for a, b, c in zip(framed, framed[1:], framed[2:], strict=False)
    )
    for word in framed[1:-1]:
        edged = f"<{word[:24]}>"
        for size in (3, 4, 5):
            features.update(f"c {edged[i : i + size]}" for i in range(len(edged) - size + 1))
    return {zlib.crc32(feature.encode("utf-8", "replace")) % BUCKETS for feature in features}
