# SPDX-License-Identifier: Apache-2.0
"""Make ``data/model.npz`` from ``data/train/*.jsonl``.

Run it as ``./run env python -m alpamayo_ros.commands.train``. Needs scikit-learn, which nothing
else here does. Deterministic: the same sentences make the same model. ``--folds N`` measures
instead: N-fold cross-validation in which near-duplicates of a sentence (the same words with
another "please" or a slip of the keyboard) stay in one fold.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from alpamayo_ros.commands.classifier import BUCKETS, LABELS, MODEL, OUTPUTS, VERSION, buckets
from alpamayo_ros.commands.context import is_tame
from alpamayo_ros.commands.effects import INTENTS
from alpamayo_ros.commands.evaluate import Judged, Labelled, confusion, judge, mistakes, rates
from alpamayo_ros.commands.normalise import normalise
from alpamayo_ros.commands.reader import Reader

SENTENCES = MODEL.parent / "train"
WORDS = MODEL.parent / "words"


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence written for training: its words, its label and its intents."""

    text: str
    words: tuple[str, ...]
    label: str
    intents: tuple[str, ...]
    language: str = "en"


def examples(folder: Path = SENTENCES) -> Iterator[Example]:
    """Read the training sentences in a fixed order."""
    for path in sorted(folder.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            label = {"notice": "control", "irrelevant": "unclear"}.get(
                entry["label"], entry["label"]
            )
            intents = tuple(item["intent"] for item in entry.get("intents", ()))
            sentence = normalise(entry["text"])
            words = sentence.readings[0].split() if sentence.readings else sentence.words
            yield Example(entry["text"], tuple(words), label, intents, entry.get("lang", "en"))


def train(given: Sequence[Example]) -> dict[str, Any]:
    """Return the arrays of the model file."""
    from sklearn.linear_model import LogisticRegression

    features = matrix(given)
    labels = np.array([LABELS.index(example.label) for example in given])
    model = LogisticRegression(C=10.0, max_iter=300)
    model.fit(features, labels)
    columns = [model.coef_[i] for i in range(len(LABELS))]
    biases = list(model.intercept_)
    for name in INTENTS:
        wanted = np.array([name in example.intents for example in given])
        one = LogisticRegression(C=30.0, max_iter=200, solver="liblinear", random_state=0)
        one.fit(features, wanted)
        columns.append(one.coef_[0])
        biases.append(one.intercept_[0])
    weights = np.array(columns, dtype=np.float32).T
    scales = np.abs(weights).max(axis=0) / 127.0
    return {
        "version": np.int32(VERSION),
        "outputs": np.array(OUTPUTS),
        "weights": np.round(weights / scales).astype(np.int8),
        "scales": scales.astype(np.float32),
        "biases": np.array(biases, dtype=np.float32),
        "harmless": np.array(" ".join(harmless_words(given))),
        "seen": np.array(" ".join(ordinary_words(given))),
        "things": np.array(" ".join(listed_words("nouns", "adjectives", "adverbs"))),
        "statives": np.array(" ".join(listed_words("statives"))),
        "beings": np.array(" ".join(listed_words("beings"))),
    }


def matrix(given: Sequence[Example]) -> Any:
    """Rows of features, each of length 1, as a sparse matrix."""
    from scipy.sparse import csr_matrix  # type: ignore[import-untyped]

    rows = [sorted(buckets(example.words)) for example in given]
    counts = [len(row) for row in rows]
    values = np.concatenate([np.full(n, 1.0 / np.sqrt(max(n, 1))) for n in counts])
    return csr_matrix(
        (
            values,
            np.concatenate([np.array(row, dtype=np.int64) for row in rows]),
            np.cumsum([0, *counts]),
        ),
        shape=(len(given), BUCKETS),
    )


def harmless_words(given: Sequence[Example]) -> list[str]:
    """Words that commands and notices use and that speak for no harm.

    At least twice in commands, and not five times as frequent in harmful sentences.
    """
    frequency: dict[str, Counter[str]] = {label: Counter() for label in LABELS}
    for example in given:
        frequency[example.label].update(set(example.words))
    total = {label: sum(1 for e in given if e.label == label) for label in LABELS}
    words = []
    for word, count in sorted(frequency["control"].items()):
        share = count / max(total["control"], 1)
        harmful = frequency["harmful"][word] / max(total["harmful"], 1)
        if count >= 2 and word.isalpha() and harmful <= 5.0 * share:
            words.append(word)
    return words


def listed_words(*names: str) -> list[str]:
    """Words of ``data/words``, one a line, that speak for no harm; none that describes harm."""
    found: set[str] = set()
    for name in names:
        path = WORDS / f"{name}.txt"
        found.update(path.read_text(encoding="utf-8").lower().split() if path.is_file() else ())
    return sorted(word for word in found if word.isalpha() and is_tame([word]))


def ordinary_words(given: Sequence[Example]) -> list[str]:
    """Words in at least four sentences: no slip of the keyboard, so not to be corrected."""
    counts = Counter(word for example in given for word in set(example.words))
    frequent = [word for word, count in counts.items() if count >= 40 and len(word) >= 4]
    slips = {
        slip
        for word in frequent
        for slip, count in _slips(word, counts)
        if 25 * count <= counts[word]
    }
    ordinary = {word for word, count in counts.items() if count >= 3 and word.isalpha()}
    return sorted(ordinary - slips)


def _slips(word: str, counts: Counter[str]) -> Iterator[tuple[str, int]]:
    """Other words of the sentences that are one letter left out, doubled or swapped away."""
    for i in range(len(word)):
        forms = [word[:i] + word[i + 1 :], word[:i] + word[i] + word[i:]]
        forms.append(word[:i] + word[i + 1 : i + 2] + word[i] + word[i + 2 :])
        yield from ((form, counts[form]) for form in forms if form != word and form in counts)


def groups(given: Sequence[Example]) -> NDArray[np.int64]:
    """Number sentences so that near-duplicates (cosine > 0.75 of the features) share a number."""
    from scipy.sparse.csgraph import connected_components  # type: ignore[import-untyped]

    features = matrix(given)
    near = features @ features.T
    near.data[near.data < 0.75] = 0.0
    near.eliminate_zeros()
    return np.asarray(connected_components(near, directed=False)[1], dtype=np.int64)


def cross_validate(given: Sequence[Example], folds: int) -> list[Judged]:
    """Judge every sentence by a model that saw no near-duplicate of it.

    Commands in other languages than English are trained on but not judged.
    """
    number = groups(given)
    fold = np.random.default_rng(0).permutation(number.max() + 1)[number] % folds
    judged = []
    with tempfile.TemporaryDirectory() as folder:
        for k in range(folds):
            path = Path(folder) / "model.npz"
            seen = [example for example, n in zip(given, fold, strict=True) if n != k]
            np.savez(path, **train(seen))
            unseen = (example for example, n in zip(given, fold, strict=True) if n == k)
            sentences = (
                Labelled(example.text, example.label, example.intents)
                for example in unseen
                if example.language == "en" or example.label != "control"
            )
            judged += judge(Reader(path), sentences)
    return judged


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--out", type=Path, default=MODEL, help="where the model goes")
    parser.add_argument("--folds", type=int, default=0, help="cross-validate instead, this often")
    parser.add_argument("--mistakes", action="store_true", help="list what went wrong")


def run(arguments: argparse.Namespace) -> int:
    """Train on every sentence and write the model, or cross-validate."""
    given = list(examples())
    if arguments.folds > 1:
        judged = cross_validate(given, arguments.folds)
        print(rates(judged), confusion(judged), sep="\n\n")
        if arguments.mistakes:
            print(f"\n{mistakes(judged)}")
        return 0
    arrays = train(given)
    np.savez_compressed(arguments.out, **arrays)
    size = arguments.out.stat().st_size
    print(
        f"{len(given)} sentences, {len(str(arrays['harmless']).split())} harmless words, "
        f"{size} bytes"
    )
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    raise SystemExit(run(parser.parse_args()))
