# SPDX-License-Identifier: Apache-2.0
"""Word pieces as the pretrained vocabulary has them."""

from __future__ import annotations

import pytest
from transformers import BertTokenizer

from alpamayo_ros.commands.pieces import MAX_PIECES, WordPieces

VOCABULARY = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    "turn",
    "##ing",
    "left",
    "over",
    "##take",
    "##s",
    "k",
    "##m",
    "/",
    "h",
    "'",
    "s",
    ",",
    "t",
    "##t",
]
PIECES = WordPieces(VOCABULARY)


def names(*words: str) -> list[str]:
    return [VOCABULARY[number] for number in PIECES(words).ids]


def test_the_longest_piece_comes_first_and_each_knows_its_word() -> None:
    assert names("turning", "left") == ["[CLS]", "turn", "##ing", "left", "[SEP]"]
    assert PIECES(("turning", "left")).words == [-1, 0, 0, 1, -1]
    assert names("overtake", ",", "'s", "km/h") == [
        "[CLS]", "over", "##take", ",", "'", "s", "k", "##m", "/", "h", "[SEP]",
    ]  # fmt: skip


def test_a_word_with_a_strange_letter_is_unknown_as_a_whole() -> None:
    assert names("turnq", "left") == ["[CLS]", "[UNK]", "left", "[SEP]"]


def test_what_is_too_long_is_cut_and_still_framed() -> None:
    pieces = PIECES(["left"] * 500)
    assert len(pieces.ids) == len(pieces.words) == MAX_PIECES
    assert VOCABULARY[pieces.ids[-1]] == "[SEP]" and pieces.words[-1] == -1
    assert len(PIECES(["t" * 100_000]).ids) <= MAX_PIECES


@pytest.mark.parametrize(
    "text",
    ["turning left overtake", "turn left , km/h", "turnq left", "overtakes turning", "left's"],
)
def test_the_pieces_are_those_of_the_reference(
    text: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("vocabulary") / "vocab.txt"
    path.write_text("\n".join(VOCABULARY), encoding="utf-8")
    reference = BertTokenizer(str(path), do_lower_case=True)
    assert PIECES(text.split()).ids == reference(text)["input_ids"]
