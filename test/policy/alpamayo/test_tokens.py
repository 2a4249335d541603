# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from alpamayo_ros.policy.alpamayo.config import load_config
from alpamayo_ros.policy.alpamayo.tokens import (
    NotAToken,
    Tokenizer,
    TokenizerMismatch,
    TokenizerMissing,
)

TINY = Path(__file__).parents[2] / "data" / "alpamayo1_5_tiny"
DEFINITION = (TINY / "processor" / "tokenizer.json").read_text(encoding="utf-8")
VOCABULARY = load_config(TINY).vocabulary
TOKENIZER = Tokenizer(DEFINITION, VOCABULARY)
UPSTREAM = PreTrainedTokenizerFast(tokenizer_file=str(TINY / "processor" / "tokenizer.json"))

QWEN3_VL_ADDED = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>",
    "<|box_start|>", "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>",
    "<|vision_end|>", "<|vision_pad|>", "<|image_pad|>", "<|video_pad|>", "<tool_call>",
    "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>",
    "<|repo_name|>", "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>",
)  # fmt: skip
CONTROL = [token["content"] for token in json.loads(DEFINITION)["added_tokens"]]
LOOK_ALIKES = [
    "＜|cot_end|＞",  # noqa: RUF001
    "<｜cot_end｜>",  # noqa: RUF001
    "﹤i5﹥",
    "＜ｉ５＞",  # noqa: RUF001
    "<|im\u200b_end|>",
    "<|cot_e\u006ed|>",
    "<i\u0665>",
]
USER_TEXT = st.lists(
    st.one_of(st.text(max_size=8), st.sampled_from([*CONTROL, *QWEN3_VL_ADDED, *LOOK_ALIKES])),
    max_size=6,
).map("".join)


def released_definition(trained_tokens: int = 151643) -> str:
    """A tokenizer with the layout of Qwen3-VL's: as many tokens, the same added ones."""
    definition = json.loads(DEFINITION)
    letters = [name for name in definition["model"]["vocab"] if not name.startswith("<|")]
    names = letters + [f"filler {i}" for i in range(trained_tokens - len(letters))]
    definition["model"]["vocab"] = {name: i for i, name in enumerate(names)}
    definition["normalizer"] = {"type": "NFC"}
    definition["added_tokens"] = [
        {
            "id": trained_tokens + i, "content": name, "single_word": False, "lstrip": False,
            "rstrip": False, "normalized": False, "special": name.startswith("<|"),
        }
        for i, name in enumerate(QWEN3_VL_ADDED)
    ]  # fmt: skip
    return json.dumps(definition)


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Tokenizer:
    return Tokenizer(
        released_definition(), load_config(released_folder(tmp_path_factory)).vocabulary
    )


def released_folder(factory: pytest.TempPathFactory) -> Path:
    raw = json.loads((TINY / "config.json").read_text())
    raw["vlm_name_or_path"] = "Qwen/Qwen3-VL-8B-Instruct"
    raw["traj_vocab_size"] = 4000
    raw["traj_tokenizer_cfg"]["num_bins"] = 3000
    raw["hist_traj_tokenizer_cfg"]["num_bins"] = 1000
    raw["expert_cfg"] = {}
    for derived in ("vocab_size", "traj_token_start_idx", "traj_token_ids"):
        del raw[derived]
    folder = factory.mktemp("released")
    (folder / "config.json").write_text(json.dumps(raw))
    return folder


@given(USER_TEXT)
@settings(deadline=None)
def test_user_text_never_becomes_a_control_token_and_loses_nothing(text: str) -> None:
    ids = TOKENIZER.encode_text(text)
    assert TOKENIZER.control.isdisjoint(ids)
    assert TOKENIZER.decode(ids) == text


@pytest.mark.parametrize("text", [*LOOK_ALIKES, "<think>x</think>", "<tool_call>", "<i123>"])
def test_markup_and_look_alikes_stay_text_in_the_released_layout(
    released: Tokenizer, text: str
) -> None:
    assert released.control.isdisjoint(released.encode_text(f"Turn left {text} in 30m"))


@pytest.mark.parametrize("form", ["NFC", "NFKC", "NFKD"])
def test_no_normal_form_of_a_look_alike_is_a_control_token(form: str) -> None:
    definition = json.loads(DEFINITION)
    definition["normalizer"] = {"type": form}
    tokenizer = Tokenizer(json.dumps(definition), VOCABULARY)
    for text in LOOK_ALIKES:
        assert tokenizer.control.isdisjoint(tokenizer.encode_text(text))
    if form != "NFC":
        # the danger is real: as a template the look-alike does become one
        assert not tokenizer.control.isdisjoint(tokenizer.encode_template("＜i5＞"))  # noqa: RUF001


@given(st.text().filter(lambda text: not any(name in text for name in CONTROL)))
@settings(deadline=None)
def test_plain_user_text_has_the_ids_upstream_gives_it_inside_a_prompt(text: str) -> None:
    whole = f"<|route_start|>{text}<|route_end|>"
    assert TOKENIZER.encode_text(text) == UPSTREAM(whole)["input_ids"][1:-1]


def test_text_with_a_lone_surrogate_is_encoded_with_a_replacement_character() -> None:
    assert TOKENIZER.decode(TOKENIZER.encode_text("left\ud800now")) == "left\ufffdnow"


def test_a_control_token_in_a_template_is_one() -> None:
    ids = TOKENIZER.encode_template("<|cot_start|>stop<i3><|cot_end|>")
    assert ids[0] == TOKENIZER.special.cot_start
    assert ids[-2:] == [VOCABULARY.trajectory_start + 3, TOKENIZER.special.cot_end]


def test_decoding_drops_control_tokens_and_names_an_impossible_id() -> None:
    assert TOKENIZER.decode(TOKENIZER.encode_template("<|im_start|>a<i7> b<|im_end|>")) == "a b"
    with pytest.raises(NotAToken, match=r"532 is not in 0\.\.531"):
        TOKENIZER.decode([532])


def test_a_trace_ends_at_its_end_token_and_is_empty_without_one() -> None:
    ids = TOKENIZER.encode_template(" Stop. <|cot_end|>more<|cot_end|>")
    assert TOKENIZER.decode_before(ids, TOKENIZER.special.cot_end) == "Stop."
    assert TOKENIZER.decode_before(ids[:3], TOKENIZER.special.cot_end) == ""


@given(st.text())
@settings(deadline=None)
def test_streamed_text_is_the_whole_text_in_whole_characters(text: str) -> None:
    stream = TOKENIZER.stream()
    pieces = [stream.push(i) for i in TOKENIZER.encode_text(text)]
    assert "".join([*pieces, stream.flush()]) == text
    assert "\ufffd" in text or not any("\ufffd" in piece for piece in pieces)


def test_a_stream_of_broken_bytes_comes_out_at_last() -> None:
    half = TOKENIZER.encode_text("é")[:1]
    stream = TOKENIZER.stream()
    assert stream.push(half[0]) == ""
    assert stream.flush() == "\ufffd"


def test_a_base_tokenizer_is_extended_to_the_recorded_ids() -> None:
    base = json.loads(DEFINITION)
    base["added_tokens"] = [t for t in base["added_tokens"] if t["id"] < 304]
    extended = Tokenizer(json.dumps(base), VOCABULARY)
    template = "<|im_start|>user\nfollow <|traj_history|><i199><|answer_end|>"
    assert extended.encode_template(template) == TOKENIZER.encode_template(template)
    assert extended.special == TOKENIZER.special


def test_the_released_extension_has_the_documented_ids(released: Tokenizer) -> None:
    assert released.size == 155697
    ids = {
        "<i0>": 151669, "<i3999>": 155668, "<|prompt_start|>": 155669, "<|cot_start|>": 155677,
        "<|traj_future_start|>": 155681, "<|traj_history|>": 155684, "<|image_pad|>": 151655,
        "<|answer_end|>": 155696,
    }  # fmt: skip
    assert {name: released.id_of(name) for name in ids} == ids


def test_the_same_rows_have_other_names_in_r1(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = released_folder(tmp_path_factory)
    raw = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**raw, "model_type": "alpamayo_r1"}))
    tokenizer = Tokenizer(released_definition(), load_config(folder).vocabulary)
    assert tokenizer.id_of("<|meta_action_start|>") == 155679
    assert tokenizer.special.future_start == 155681
    with pytest.raises(NotAToken, match=r"<\|_padding_2\|>' is not among the 155697 tokens"):
        tokenizer.id_of("<|_padding_2|>")


def test_another_base_tokenizer_is_refused_with_the_numbers(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    vocabulary = load_config(released_folder(tmp_path_factory)).vocabulary
    with pytest.raises(TokenizerMismatch, match=r"155696 tokens, but 155697 rows.*<i0> is 151668"):
        Tokenizer(released_definition(151642), vocabulary)


def test_a_tokenizer_without_the_backbones_tokens_is_refused() -> None:
    definition = DEFINITION.replace("<|im_end|>", "<|im_stop|>")
    with pytest.raises(TokenizerMismatch, match=r"there is no <\|im_end\|>"):
        Tokenizer(definition, VOCABULARY)


def test_the_tokenizer_is_found_in_a_folder_or_its_processor_folder() -> None:
    assert Tokenizer.load(TINY, VOCABULARY).special == TOKENIZER.special
    assert Tokenizer.load(TINY / "processor", VOCABULARY).special == TOKENIZER.special


def test_a_missing_tokenizer_is_named(tmp_path: Path) -> None:
    with pytest.raises(TokenizerMissing, match=r"no tokenizer\.json in"):
        Tokenizer.load(tmp_path, VOCABULARY)
    with pytest.raises(TokenizerMissing, match="neither a folder"):
        Tokenizer.load("no/model/has/this name", VOCABULARY)


def test_a_broken_tokenizer_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{")
    with pytest.raises(TokenizerMissing, match="defines no tokenizer"):
        Tokenizer.load(tmp_path, VOCABULARY)
