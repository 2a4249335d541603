# SPDX-License-Identifier: Apache-2.0
"""Text to token ids and back: trusted templates, untrusted user text, generated text.

The vocabulary is the backbone's (Qwen3-VL), then ``<i0>`` .. for trajectory values, then the
special tokens of the Alpamayo models. A checkpoint that ships an extended ``tokenizer.json`` is
taken as it is; a plain Qwen3-VL one is extended in the released order. Both are checked against
the ids the checkpoint was trained with.

User text goes through a second tokenizer that has no added token at all, neither in its list nor
in its vocabulary: no text can reach one. Text between two special tokens gets the same ids from
both, because special tokens split the text before anything else happens to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tokenizers import AddedToken  # type: ignore[import-untyped]
from tokenizers import Tokenizer as Backend

from alpamayo_ros.policy.alpamayo.config import Vocabulary
from alpamayo_ros.types import ConfigurationError, StackError

_BACKBONE_TOKENS = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|vision_start|>", "<|vision_end|>",
    "<|image_pad|>",
)  # fmt: skip

_WRITTEN_TOKENS = (
    *_BACKBONE_TOKENS, "<|traj_history_start|>", "<|traj_history|>", "<|traj_history_end|>",
    "<|cot_start|>", "<|cot_end|>", "<|traj_future_start|>", "<|route_start|>", "<|route_end|>",
    "<|question_start|>", "<|question_end|>", "<|answer_start|>", "<|answer_end|>",
)  # fmt: skip
"""In the order of the fields of SpecialIds."""


class TokenizerMissing(ConfigurationError):
    """No tokenizer where one was looked for."""


class TokenizerMismatch(ConfigurationError):
    """A tokenizer that numbers the tokens differently from the checkpoint."""


class NotAToken(StackError):
    """A name that is no token, or a number outside the vocabulary."""


@dataclass(frozen=True, slots=True)
class SpecialIds:
    """Ids of the tokens that the runtime itself writes or looks for."""

    end_of_text: int
    im_start: int
    im_end: int
    vision_start: int
    vision_end: int
    image_pad: int
    history_start: int
    history: int
    history_end: int
    cot_start: int
    cot_end: int
    future_start: int
    route_start: int
    route_end: int
    question_start: int
    question_end: int
    answer_start: int
    answer_end: int


class Tokenizer:
    """Token ids of templates and user text, and text of ids.

    ``definition`` is a tokenizer.json, ``vocabulary`` the numbering of the checkpoint. Raises
    TokenizerMissing when the definition is none, TokenizerMismatch with every token the two
    number differently.
    """

    def __init__(self, definition: str, vocabulary: Vocabulary) -> None:
        self._full = _backend(definition)
        _extend(self._full, vocabulary)
        _check(self._full, vocabulary)
        self._plain = _backend(_without_added_tokens(definition, self._full))
        self._control = frozenset(self._full.get_added_tokens_decoder())
        self.size: int = vocabulary.size
        self.special = SpecialIds(*(self.id_of(name) for name in _WRITTEN_TOKENS))

    @classmethod
    def load(cls, source: str | Path, vocabulary: Vocabulary) -> Tokenizer:
        """Read ``tokenizer.json`` of a folder (or its ``processor`` folder) or of a hub id.

        Raises TokenizerMissing, TokenizerMismatch.
        """
        return cls(_find(source).read_text(encoding="utf-8"), vocabulary)

    @property
    def control(self) -> frozenset[int]:
        """Ids of every added token: special tokens, trajectory tokens, markup like ``<think>``."""
        return self._control

    def id_of(self, token: str) -> int:
        """Id of one token; raises NotAToken."""
        found = self._full.token_to_id(token)
        if found is None:
            raise NotAToken(f"{token!r} is not among the {self.size} tokens")
        return int(found)

    def encode_template(self, text: str) -> list[int]:
        """Ids of trusted text; special tokens in it are special."""
        return list(self._full.encode(text, add_special_tokens=False).ids)

    def encode_text(self, text: str) -> list[int]:
        """Ids of user text, none of which is in ``control``, whatever the text contains.

        Lone surrogates, which no UTF-8 text has, become U+FFFD.
        """
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        ids = list(self._plain.encode(whole, add_special_tokens=False).ids)
        if not self._control.isdisjoint(ids):
            found = sorted(self._control.intersection(ids))
            raise NotAToken(f"user text of {len(text)} characters became control tokens {found}")
        return ids

    def decode(self, ids: Iterable[int]) -> str:
        """Text of ids; control tokens leave no trace in it. Raises NotAToken."""
        text = [int(i) for i in ids]
        wrong = [i for i in text if not 0 <= i < self.size]
        if wrong:
            raise NotAToken(f"id {wrong[0]} is not in 0..{self.size - 1}")
        kept = [i for i in text if i not in self._control]
        return str(self._full.decode(kept, skip_special_tokens=False))

    def decode_before(self, ids: Sequence[int], end: int) -> str:
        """Text of the ids before the first ``end``, stripped; empty when it never comes."""
        listed = list(ids)
        return self.decode(listed[: listed.index(end)]).strip() if end in listed else ""

    def stream(self) -> TextStream:
        """A decoder for ids that come one by one."""
        return TextStream(self)


class TextStream:
    """Text of ids that come one by one: a character appears when its last byte is there."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._pending: list[int] = []

    def push(self, token: int) -> str:
        """Text that this id completes; empty in the middle of a character."""
        self._pending.append(int(token))
        text = self._tokenizer.decode(self._pending)
        # a character has at most four bytes: what is not whole by then was never going to be
        if text.endswith("\N{REPLACEMENT CHARACTER}") and len(self._pending) < 8:
            return ""
        self._pending.clear()
        return text

    def flush(self) -> str:
        """What is left of a character that was never completed."""
        text = self._tokenizer.decode(self._pending)
        self._pending.clear()
        return text


def _find(source: str | Path) -> Path:
    """Path of tokenizer.json in a local folder or in the hub's cache."""
    folder = Path(source)
    if folder.is_dir():
        for candidate in (folder, folder / "processor"):
            if (candidate / "tokenizer.json").is_file():
                return candidate / "tokenizer.json"
        raise TokenizerMissing(f"no tokenizer.json in {folder} nor in its processor folder")
    # imported here: with a local folder nothing needs it
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(hf_hub_download(str(source), "tokenizer.json"))
    except (HFValidationError, HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise TokenizerMissing(
            f"{source} is neither a folder with a tokenizer.json nor a model id that has one: "
            f"{error}"
        ) from error


def _backend(definition: str) -> Backend:
    try:
        return Backend.from_str(definition)
    # the library raises a plain Exception for whatever it cannot read
    except Exception as error:
        raise TokenizerMissing(f"tokenizer.json defines no tokenizer: {error}") from error


def _extend(backend: Backend, vocabulary: Vocabulary) -> None:
    """Add the trajectory and special tokens that are not there yet, in the released order."""
    added = sorted(vocabulary.special.items(), key=lambda item: item[1])
    backend.add_tokens(
        [AddedToken(f"<i{i}>", normalized=True) for i in range(vocabulary.trajectory_count)]
    )
    backend.add_special_tokens(
        [AddedToken(f"<|{name}|>", special=True, normalized=False) for name, _ in added]
    )


def _without_added_tokens(definition: str, full: Backend) -> str:
    """The same tokenizer for text in which nothing is special."""
    plain: dict[str, Any] = json.loads(definition)
    added = {token.content for token in full.get_added_tokens_decoder().values()}
    plain["added_tokens"] = []
    plain["post_processor"] = None
    vocabulary = plain["model"]["vocab"]
    plain["model"]["vocab"] = {name: i for name, i in vocabulary.items() if name not in added}
    return json.dumps(plain, ensure_ascii=False)


def _check(backend: Backend, vocabulary: Vocabulary) -> None:
    """Raise TokenizerMismatch with every difference from the checkpoint's numbering."""
    first = vocabulary.trajectory_start
    wanted = {f"<i{i}>": first + i for i in range(vocabulary.trajectory_count)}
    wanted["<|vision_start|>"] = vocabulary.vision_start
    wanted["<|vision_end|>"] = vocabulary.vision_end
    wanted.update({f"<|{name}|>": number for name, number in vocabulary.special.items()})
    wrong = [
        f"{name} is {found}, not {number}"
        for name, number in wanted.items()
        if (found := backend.token_to_id(name)) != number
    ]
    missing = [name for name in _WRITTEN_TOKENS if backend.token_to_id(name) is None]
    if missing:
        wrong.insert(0, f"there is no {', '.join(missing)}")
    size = backend.get_vocab_size(with_added_tokens=True)
    if size != vocabulary.size:
        wrong.insert(0, f"{size} tokens, but {vocabulary.size} rows of the embedding")
    if wrong:
        more = f"; and {len(wrong) - 8} more" if len(wrong) > 8 else ""
        raise TokenizerMismatch(f"tokenizer and checkpoint disagree: {'; '.join(wrong[:8])}{more}")
