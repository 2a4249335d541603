# SPDX-License-Identifier: Apache-2.0
"""The opinion of two small networks on a sentence: what it is, what it asks for, and where.

They run in a single thread of the processor (int8, less than a millisecond each) and are never
alone obeyed: see ``reader``. ``train`` makes them from the sentences in ``data/train``. Two that
were trained apart seldom make the same mistake; where the first one sees nothing that could be
done, or is certain, the second one is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.commands.effects import INTENTS
from alpamayo_ros.commands.pieces import Pieces, WordPieces
from alpamayo_ros.types import ConfigurationError

LABELS = ("control", "question", "unclear", "harmful")
LABELS_OF_FILES = {"irrelevant": "unclear", "notice": "control"}
"""Further names that files of sentences have for these labels."""
OUTPUTS = (*LABELS, *INTENTS)
MODEL = Path(__file__).parent / "data" / "model"
NETWORKS = ("first.onnx", "second.onnx")
WORDS = "words.npz"
VERSION = 5

HOPELESS, CERTAIN, CERTAIN_HARM = 0.1, 0.96, 0.003
"""The second network is asked unless the first gives command and question less than HOPELESS
together, or is CERTAIN of one of them and of each manoeuvre, with less than CERTAIN_HARM."""

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Opinion:
    """Probabilities: ``labels`` sum to 1, each of ``intents`` stands for itself.

    ``places``: for each intent where in the sentence it is asked for [index of a word, fractional].
    ``foreign``: that it is not in English. ``destination``: indices of the words that name where
    to go, should that be asked for.
    """

    labels: dict[str, float]
    intents: dict[str, float]
    places: dict[str, float]
    foreign: float = 0.0
    destination: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """The most probable label."""
        return max(self.labels, key=self.labels.__getitem__)

    @property
    def best_intent(self) -> str:
        """The most probable intent."""
        return max(self.intents, key=self.intents.__getitem__)

    def asked(self, at_least: float) -> list[str]:
        """Return the intents of at least that probability, in the order they are asked for."""
        found = [name for name, probability in self.intents.items() if probability >= at_least]
        return sorted(found, key=self.places.__getitem__)


class Classifier:
    """The networks, loaded once.

    Raises ConfigurationError when onnxruntime or a file is missing, or was made for other outputs.
    """

    def __init__(self, folder: Path = MODEL) -> None:
        missing = [name for name in (*NETWORKS, WORDS) if not (folder / name).is_file()]
        if missing:
            raise ConfigurationError(f"of the sentence model {', '.join(missing)} is missing")
        with np.load(folder / WORDS, allow_pickle=False) as file:
            if int(file["version"]) != VERSION or tuple(file["outputs"]) != OUTPUTS:
                raise ConfigurationError(f"{WORDS} was made for other intents; train it again")
            self._table: NDArray[np.int8] = file["table"]
            self._scales: Floats = file["scales"]
            self._pieces = WordPieces(str(file["vocabulary"]).split("\n"))
            self.frequent = tuple(str(file["frequent"]).split())
            self.seen = tuple(str(file["seen"]).split())
            """Words of the training sentences that are no slips; frequent ones, frequent first."""
        self._networks = [_session(folder / name) for name in NETWORKS]

    def __call__(self, words: Sequence[str]) -> Opinion:
        """Return what a sentence, as normalised words, probably is."""
        pieces = self._pieces(words)
        given = self._embedded(pieces)
        logits: list[Floats] = self._networks[0].run(None, given)
        labels = _shares(logits[0][0])
        if labels[0] + labels[1] > HOPELESS and not _is_certain(labels, logits[2][0]):
            second: list[Floats] = self._networks[1].run(None, given)
            # in the mean of logits one that is certain weighs more than one that wavers
            logits = [(a + b) / 2 for a, b in zip(logits, second, strict=True)]
            labels = _shares(logits[0][0])
        _, foreign, intents, places, destination = logits
        owners = np.array(pieces.words, dtype=np.float32)
        # places count pieces, words are what the reader cuts at
        at = np.interp(places[0], np.arange(len(owners)), owners)
        named = np.unique(owners[(destination[0] > 0.0) & (owners >= 0)])
        return Opinion(
            dict(zip(LABELS, labels.tolist(), strict=True)),
            dict(zip(INTENTS, _probability(intents[0]).tolist(), strict=True)),
            dict(zip(INTENTS, at.tolist(), strict=True)),
            float(_probability(foreign[0])),
            tuple(int(index) for index in named),
        )

    def harm(self, words: Sequence[str]) -> float:
        """Return how probably a sentence is harmful, in the opinion of the first network alone."""
        logits = self._networks[0].run(["labels"], self._embedded(self._pieces(words)))
        return float(_shares(logits[0][0])[LABELS.index("harmful")])

    def _embedded(self, pieces: Pieces) -> dict[str, Floats]:
        ids = np.array(pieces.ids)
        return {"embedded": (self._table[ids] * self._scales[ids])[None]}


def _is_certain(labels: Floats, intents: Floats) -> bool:
    """Whether one network is enough: a question, or a command to do this and nothing else."""
    control, question, _, harmful = labels
    if harmful > CERTAIN_HARM:
        return False
    asked = _probability(intents)
    return bool(
        question > CERTAIN
        or (control > CERTAIN and np.minimum(asked, 1.0 - asked).max() < 1.0 - CERTAIN)
    )


def _session(path: Path) -> Any:
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError as error:
        raise ConfigurationError(
            f"understanding words needs onnxruntime ({error}): pip install -r requirements/base.txt"
        ) from error
    options = onnxruntime.SessionOptions()
    # the cores belong to the cameras and the model
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _shares(logits: Floats) -> Floats:
    shares = np.exp(logits - logits.max())
    return np.asarray(shares / shares.sum())


def _probability(logit: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-np.clip(logit, -30, 30))))
