# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from policy.alpamayo.driving import RECORDED_ROUNDING, needs_recorded_rounding

from alpamayo_ros.policy.alpamayo import golden
from alpamayo_ros.policy.alpamayo.parity import BOUNDS, Comparison, Deviations
from alpamayo_ros.policy.alpamayo.recorded import Case, InvalidGoldenData, read_case

TINY = Path(__file__).parents[2] / "data" / "alpamayo1_5_tiny"
OTHER = TINY.parent / "alpamayo1_5_recorded"
"""More cases of the same checkpoint."""

Arrays = dict[str, Any]


def copy_of(folder: Path, case: str, change: Callable[[Arrays], None] | None = None) -> Path:
    """A folder with the checkpoint and one case, its arrays changed."""
    for source in TINY.iterdir():
        if not source.name.startswith("case"):
            (folder / source.name).symlink_to(source)
    (folder / f"{case}.json").write_bytes((TINY / f"{case}.json").read_bytes())
    arrays = dict(np.load(TINY / f"{case}.npz"))
    if change is not None:
        change(arrays)
    np.savez(folder / f"{case}.npz", **arrays)
    return folder


def run(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    golden.add_arguments(parser)
    return golden.run(parser.parse_args(arguments))


@needs_recorded_rounding
def test_every_recorded_case_is_within_its_bounds(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(TINY), "--threads", "1") == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["beyond"] == {}
    assert printed["passed"]
    assert printed["threads"] == {f"case{i}": 1 for i in range(5)}
    assert sorted(printed["cases"]) == [f"case{i}" for i in range(5)]
    # nothing was left out
    assert set(printed["largest"]) == set(BOUNDS)
    assert printed["largest"]["flow_states"] == printed["largest"]["guided_flow_states"] == 0.0


FLOWS = {
    f"{guided}{what}" for guided in ("", "guided_") for what in ("flow_states", "trajectories")
}
"""What becomes of noise over ten steps, with all that rounding does to it on the way."""


@pytest.mark.parametrize("folder", [TINY, OTHER])
def test_on_every_processor_every_step_of_every_case_is_as_recorded(
    tmp_path: Path, folder: Path
) -> None:
    shared = (source for source in TINY.iterdir() if not source.name.startswith("case"))
    for source in (*shared, *folder.glob("case*")):
        (tmp_path / source.name).symlink_to(source)
    report = golden.compare_folder(tmp_path, threads=1)
    assert len(report.cases) == 5
    for case in report.cases.values():
        assert case.deviations.beyond().keys() <= FLOWS
        assert case.deviations.largest["flow_steps"] < 1e-4
        assert case.deviations.largest.get("guided_flow_steps", 0.0) < 1e-4


def found_in(report: golden.Report) -> set[str]:
    """What deviates in case 4, but for flows that rounding has turned elsewhere on this machine."""
    beyond = set(report.cases["case4"].deviations.beyond())
    return beyond if RECORDED_ROUNDING else beyond - FLOWS


def add(name: str, amount: float) -> Callable[[Arrays], None]:
    def change(arrays: Arrays) -> None:
        values = arrays[name].copy()
        values.reshape(-1)[3 % values.size] += np.asarray(amount, values.dtype)
        arrays[name] = values

    return change


@pytest.mark.parametrize(
    ("array", "amount", "quantity"),
    [
        ("prompt_input_ids", 1, "prompt_ids"),
        ("fused_input_ids", 1, "fused_ids"),
        ("rope_deltas", 1, "rope_delta"),
        ("v0", 2e-4, "initial_speed"),
        ("pred_xyz", 0.02, "unicycle"),
        ("pred_rot", 0.01, "rotations"),
        ("first_logits", 2e-3, "first_logits"),
    ],
)
def test_a_deviation_is_found_where_it_is(
    tmp_path: Path, array: str, amount: float, quantity: str
) -> None:
    report = golden.compare_folder(copy_of(tmp_path, "case4", add(array, amount)), threads=1)
    assert not report.passed
    assert quantity in report.cases["case4"].deviations.beyond()


def test_other_frames_than_the_recorded_pixels_are_found(tmp_path: Path) -> None:
    def brighten(arrays: Arrays) -> None:
        arrays["frames"] = np.clip(arrays["frames"].astype(int) + 2, 0, 255).astype(np.uint8)

    report = golden.compare_folder(copy_of(tmp_path, "case4", brighten), threads=1)
    assert found_in(report) == {"pixel_values"}


def test_another_text_than_the_recorded_one_is_found(tmp_path: Path) -> None:
    def rewrite(arrays: Arrays) -> None:
        arrays["sequences"] = arrays["sequences"].copy()
        arrays["sequences"][0, -5] += 1

    report = golden.compare_folder(copy_of(tmp_path, "case4", rewrite), threads=1)
    assert found_in(report) == {"generated_ids"}
    assert report.cases["case4"].deviations.largest["generated_ids"] == 1


@pytest.mark.parametrize("step", [1, 6, 10])
def test_another_flow_than_the_recorded_one_is_found_at_every_step(
    tmp_path: Path, step: int
) -> None:
    def push(arrays: Arrays) -> None:
        states = arrays["flow_states"].copy()
        states[:, step] += 2e-3
        arrays["flow_states"] = states

    report = golden.compare_folder(copy_of(tmp_path, "case4", push), threads=1)
    assert "flow_steps" in report.cases["case4"].deviations.beyond()


def round_differently(arrays: Arrays) -> None:
    """Other noise than the recorded flow had, by one rounding: upstream on another processor."""
    states = arrays["flow_states"].copy()
    states[:, 0] = np.nextafter(states[:, 0], np.float32(-np.inf))
    arrays["flow_states"] = states


def test_a_flow_that_rounding_turns_elsewhere_fails_and_is_explained(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(tmp_path, "case4", round_differently)
    assert run(str(folder), "--threads", "1") == 1
    printed = json.loads(capsys.readouterr().out)
    assert not printed["passed"]
    assert printed["beyond"]["case4"].keys() == {"flow_states", "trajectories"}
    said = printed["diagnosis"]["case4"]
    assert said["every step from the recorded state"]["flow_steps"] < 1e-5
    amplified = said["the whole flow from noise one unit in the last place off"]["flow_states"]
    assert amplified > BOUNDS["flow_states"]
    assert said["threads tried"] == [1]
    assert said["cpu capability"] == torch.backends.cpu.get_cpu_capability()


def test_a_failure_that_is_not_rounding_is_not_explained_by_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = copy_of(tmp_path, "case4", add("flow_states", 2e-3))
    assert run(str(folder), "--threads", "1") == 1
    assert json.loads(capsys.readouterr().out)["diagnosis"] == {}


class DeviatingBy(Comparison):
    """Deviates in one quantity unless torch has the right number of threads."""

    def __init__(self, quantity: str, right: int) -> None:
        self.quantity, self.right = quantity, right

    def compare(self, case: Case) -> Deviations:
        deviations = Deviations()
        wrong = torch.get_num_threads() != self.right
        deviations.note(self.quantity, torch.get_num_threads() if wrong else 0.0)
        return deviations


def test_a_case_is_tried_with_more_threads_until_it_agrees() -> None:
    case = read_case(TINY / "case4.json")
    before = torch.get_num_threads()
    judged = golden.judge(DeviatingBy("flow_states", 2), case, (1, 2, 4))
    assert (judged.threads, judged.tried) == (2, (1, 2))
    assert judged.deviations.beyond() == {}
    never = golden.judge(DeviatingBy("flow_states", 8), case, (1, 2, 4))
    assert (never.threads, never.tried) == (1, (1, 2, 4))
    assert never.deviations.beyond() == {"flow_states": 1.0}
    assert torch.get_num_threads() == before


def test_what_no_rounding_changes_is_not_tried_again() -> None:
    case = read_case(TINY / "case4.json")
    judged = golden.judge(DeviatingBy("prompt_ids", 2), case, (1, 2, 4))
    assert judged.tried == (1,)
    assert judged.deviations.beyond() == {"prompt_ids": 1.0}


def test_a_negative_number_of_threads_is_named() -> None:
    with pytest.raises(golden.InvalidThreads, match="-1 threads"):
        golden.compare_folder(TINY, threads=-1)


@needs_recorded_rounding
@pytest.mark.parametrize(
    ("case", "end_of_turn"),
    [
        ("case0", None),  # guided, two samples, a text that never ends
        ("case1", None),  # three samples
        ("case2", None),  # guided; the start token is the last that may be written
        ("case3", None),  # guided, cut off after nine tokens
        ("case4", 82),  # guided, two samples that end their turn without a start token
    ],
)
def test_short_prompts_and_texts_that_end_otherwise_are_the_same_to_the_last_bit(
    tmp_path: Path, case: str, end_of_turn: int | None
) -> None:
    for source in TINY.iterdir():
        if not source.name.startswith("case"):
            (tmp_path / source.name).symlink_to(source)
    backbone = json.loads((TINY / "backbone_config.json").read_text())
    backbone["text_config"]["eos_token_id"] = end_of_turn
    (tmp_path / "backbone_config.json").unlink()
    (tmp_path / "backbone_config.json").write_text(json.dumps(backbone))
    for suffix in (".json", ".npz"):
        (tmp_path / f"{case}{suffix}").symlink_to(OTHER / f"{case}{suffix}")
    deviations = golden.compare_folder(tmp_path, threads=1).cases[case].deviations
    assert deviations.beyond() == {}
    assert deviations.largest["flow_states"] == 0.0
    assert deviations.largest.get("guided_flow_states", 0.0) == 0.0


def test_nan_is_beyond_every_bound_and_equal_infinities_are_equal() -> None:
    deviations = Deviations()
    deviations.values("first_logits", [1.0, -np.inf], [1.0, -np.inf])
    assert deviations.beyond() == {}
    deviations.values("first_logits", [np.nan], [1.0])
    assert deviations.beyond() == {"first_logits": 1e300}


def test_a_folder_that_is_not_of_the_form_is_named(tmp_path: Path) -> None:
    (tmp_path / "caseX.json").write_text("{}")
    with pytest.raises(InvalidGoldenData, match=r"no caseN\.json in"):
        golden.compare_folder(tmp_path)


@pytest.mark.parametrize("broken", [b"", b"PK\x03\x04 no archive"])
def test_a_broken_case_is_named(tmp_path: Path, broken: bytes) -> None:
    folder = copy_of(tmp_path, "case4")
    (folder / "case4.npz").write_bytes(broken)
    with pytest.raises(InvalidGoldenData, match=r"case4\.json: \w+Error|BadZipFile"):
        golden.compare_folder(folder)


def test_a_case_without_its_arrays_is_named(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, "case4")
    (folder / "case4.npz").unlink()
    with pytest.raises(InvalidGoldenData, match=r"case4\.json: FileNotFoundError"):
        golden.compare_folder(folder)


def test_a_missing_array_is_named(tmp_path: Path) -> None:
    folder = copy_of(tmp_path, "case4", lambda arrays: arrays.pop("v0"))
    with pytest.raises(InvalidGoldenData, match=r"case4\.npz has no array 'v0'"):
        golden.compare_folder(folder)
