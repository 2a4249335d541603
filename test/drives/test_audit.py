# SPDX-License-Identifier: Apache-2.0
"""./run audit: what it counts, finds and refuses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from drives.tick_messages import STOPS, decision, frame_set, plan, prediction, t0_of, tick_outputs

from alpamayo_ros import types as t
from alpamayo_ros.drives.audit import answer, as_text, parser_of
from alpamayo_ros.drives.audit_files import find_drives
from alpamayo_ros.drives.audit_filter import BadFilter, checked_condition
from alpamayo_ros.drives.drive_record import DriveRecord

REFUSAL = "NEWEST_REFUSED: CURVATURE: 0.31 > 0.20 1/m"


def write_drive(folder: Path, complete: bool = True) -> Path:
    """Forty ticks: ten contradict, the next three are refused, then nothing is seen for 0.6 s."""
    record = DriveRecord(folder, folder.name)

    def take(*outputs: tuple[str, bytes]) -> None:
        for topic, data in outputs:
            record.take(topic, data)

    take(decision(0, t.Verdict.ROUTED, "a"), decision(0, t.Verdict.REFUSED, "b"))
    for tick in range(20):
        reasoning = STOPS if 5 <= tick < 15 else t.Reasoning("SET_SPEED", "TURN_LEFT")
        text = "Stop since the <b>light</b> is red." if reasoning is STOPS else "Turn left."
        take(*tick_outputs(tick, text, reasoning=reasoning))
        record.write()
    for tick in range(20, 23):
        take(frame_set(tick), prediction(tick),
             plan(19, tick + 0.9, t.PlanSource.LAST_VALID, REFUSAL))  # fmt: skip
    for step in range(6):
        take(plan(19, 26 + step, t.PlanSource.STOP, "NO_VALID_PREDICTION: t0 old"))
    for tick in range(34, 51):
        take(frame_set(tick), prediction(tick), plan(tick, tick + (1.9 if tick == 40 else 0.9)))
    if complete:
        record.close()
    else:
        record.write()
    return folder


@pytest.fixture
def drives(tmp_path: Path) -> Path:
    write_drive(tmp_path / "first")
    write_drive(tmp_path / "second", complete=False)
    return tmp_path


def ask(*arguments: object) -> dict[str, Any]:
    parsed = parser_of().parse_args(list(map(str, arguments)))
    found, faults = find_drives(parsed.drives)
    assert not faults
    return answer(found, parsed)[0]


def run_audit(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "alpamayo_ros", "audit", *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False, env=os.environ.copy(),
    )  # fmt: skip


def test_everything_is_counted_of_whole_and_of_cut_off_drives(drives: Path) -> None:
    found = ask(drives)
    assert found["kinds"] == {"PREDICTED": 80, "HELD": 12}
    assert found["longitudinal"] == {"SET_SPEED": 60, "STOP": 20}
    assert found["lateral"] == {"NONE": 40, "LANE_KEEPING": 20, "TURN_LEFT": 20}
    assert found["causes"] == {"TRAFFIC_LIGHT": 20}
    assert found["verdicts"]["longitudinal"] == {"NOT_CHECKED": 60, "CONTRADICTION": 20}
    assert (found["contradictions"], found["rejected"], found["held"]) == (20, 6, 18)
    assert found["rejections"] == {"CURVATURE": 6}
    assert found["plan_sources"] == {"MODEL": 74, "STOP": 12, "LAST_VALID": 6}
    assert found["mode_decisions"] == {"CONTROL REFUSED": 2, "CONTROL ROUTED": 2}
    assert found["mode_refusals"] == {"HARMFUL": 2}
    assert found["latency_ms"]["p50"] == pytest.approx(90.0)
    slowest = found["slowest"][0]
    assert slowest["latency_ms"] == pytest.approx(190.0) and slowest["at_s"] == pytest.approx(4.0)
    assert [(row["name"], row["ticks"], row["cut_off"]) for row in found["drives"]] == [
        ("first", 46, False), ("second", 46, True)
    ]  # fmt: skip


def test_ticks_that_are_alike_are_one_episode_and_the_worst_come_first(drives: Path) -> None:
    found = ask(drives / "first")
    assert found["episodes"] == len(found["shown"]) == 3
    contradiction, rejected, held = found["shown"]
    assert contradiction["ticks"] == 10 and contradiction["t0_ns"] == t0_of(5)
    assert contradiction["duration_s"] == pytest.approx(0.9)
    assert rejected["ticks"] == 3 and rejected["rejection"].startswith("CURVATURE")
    assert held["ticks"] == 6 and held["plan_source"] == "STOP"
    text = as_text({**found, "faults": []})
    assert "10 contradict their trace" in text and "speed stays at 10.0 m/s" in text


@pytest.mark.parametrize(
    ("arguments", "ticks"),
    [
        (["--decision", "stop"], 20),
        (["--decision", "STOP", "--decision", "turn-left"], 40),
        (["--decision", "STOP", "--source", "LAST_VALID"], 0),
        (["--cause", "traffic_light"], 20),
        (["--cause", "IS RED"], 20),
        (["--cause", "pedestrian"], 0),
        (["--verdict", "CONTRADICTION"], 20),
        (["--source", "STOP"], 12),
        (["--policy", "scripted"], 80),
        (["--rejected"], 6),
        (["--held"], 18),
        (["--since", "1.0", "--until", "1.9"], 20),
        (["--since", "2023-11-14T22:13:24", "--until", "2023-11-14T22:13:20+00:00"], 0),
        (["--until", "2023-11-14T22:13:20.95Z"], 20),
        (["--slower-than", "100"], 2),
        (["--where", "speed > 5 AND trace LIKE '%red%'"], 20),
        (["--where", "at_s < 0.05 -- from the start"], 2),
    ],
)
def test_filters(drives: Path, arguments: list[str], ticks: int) -> None:
    assert ask(drives, *arguments)["ticks"] == ticks


@pytest.mark.parametrize(
    "condition",
    [
        "true) UNION SELECT 1 FROM ticks WHERE (true",
        "true; DROP TABLE files",
        "true) LIMIT (1",
        "true) GROUP BY (1",
        "speed > (SELECT max(speed) FROM ticks)",
        "EXISTS (SELECT 1 FROM read_csv('/etc/passwd'))",
        "speed >",
        "",
        "true) --",
    ],
)
def test_a_condition_can_only_be_a_condition(condition: str) -> None:
    with pytest.raises(BadFilter):
        checked_condition(condition)


def test_a_condition_cannot_read_other_files(drives: Path) -> None:
    for condition in ("len(read_text('/etc/hostname')) > 0", "nothing_of_that_name > 1"):
        with pytest.raises(BadFilter):
            ask(drives, "--where", condition)


@pytest.mark.parametrize(
    ("option", "value", "hint"),
    [("decision", "STOPP", "STOP"), ("verdict", "CONTRADICTON", "CONTRADICTION"),
     ("source", "LAST", "LAST_VALID"), ("since", "yesterday", "neither seconds")],
)  # fmt: skip
def test_a_filter_that_names_nothing_is_refused(
    drives: Path, option: str, value: str, hint: str
) -> None:
    with pytest.raises(BadFilter, match=hint):
        ask(drives, f"--{option}", value)


def test_what_cannot_be_read_is_named_and_the_others_are_audited(drives: Path) -> None:
    (drives / "nothing").mkdir()
    cut = drives / "cut"
    write_drive(cut)
    whole = (cut / "ticks.parquet").read_bytes()
    (cut / "ticks.parquet").write_bytes(whole[: len(whole) // 2])
    inside = drives / "inside"
    write_drive(inside)
    (inside / "ticks.parquet").write_bytes(whole[:40] + b"\xff" * 3000 + whole[3040:])
    done = run_audit(drives / "first", drives / "nothing", cut, inside, drives / "frist", "--json")
    assert done.returncode == 1
    found = json.loads(done.stdout)
    assert [row["name"] for row in found["drives"]] == ["first"] and found["ticks"] == 46
    assert len(found["faults"]) == 4 == len(done.stderr.strip().splitlines())
    assert "nothing is no drive: it holds neither ticks.parquet" in done.stderr
    assert "cut/ticks.parquet is damaged" in done.stderr
    assert "inside/ticks.parquet is damaged" in done.stderr
    assert "did you mean" in done.stderr and "Traceback" not in done.stderr


def test_patterns_name_drives_and_a_terminal_is_not_driven_by_a_trace(drives: Path) -> None:
    record = DriveRecord(drives / "evil", "evil")
    for topic, data in tick_outputs(1, "Stop.\x1b[2J\nline", reasoning=STOPS):
        record.take(topic, data)
    record.close()
    done = run_audit(f"{drives}/e*")
    assert done.returncode == 0 and "1 drives" in done.stdout
    assert "Stop. [2J line" in done.stdout and "\x1b" not in done.stdout


def test_nothing_to_audit_is_an_error(tmp_path: Path) -> None:
    for arguments in ([], [tmp_path]):
        done = run_audit(*arguments)
        assert done.returncode == 1 and done.stderr.startswith("alpamayo_ros: ")


def test_open_rows_that_are_in_a_part_as_well_count_once(tmp_path: Path) -> None:
    folder = write_drive(tmp_path / "cut_off", complete=False)
    before = ask(folder)["ticks"]
    # as when the writer dies after a part, before the new open rows
    newest = max((folder / "ticks").glob("0*.parquet"))
    (folder / "ticks" / "open.parquet").write_bytes(newest.read_bytes())
    assert ask(folder)["ticks"] == before
