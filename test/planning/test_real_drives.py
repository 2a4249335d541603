# SPDX-License-Identifier: Apache-2.0
"""ctra over recorded driving: every prediction is sound, and the planner always has the model's."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from alpamayo_ros.ego.history import EgoBuffer
from alpamayo_ros.ego.samples import EgoSample
from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.planning.plan import Planner
from alpamayo_ros.planning.validation import check_plan
from alpamayo_ros.policy.ctra import ConstantTurnRateAcceleration
from alpamayo_ros.types import SECOND_NS, Observation, PlanSource, Pose

START = 1_600_000_000 * SECOND_NS


def _rows(path: Path) -> list[dict[str, float]]:
    with path.open() as file:
        return [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]


def _pandaset(drives: Path) -> Iterator[EgoSample]:
    rows = _rows(drives / "pandaset_002_a" / "ego.csv")
    for row in rows:
        stamp = START + round((row["t_unix_s"] - rows[0]["t_unix_s"]) * SECOND_NS)
        position = np.array([row["x_m"], row["y_m"], row["z_m"]])
        pose = Pose(position, quaternion_from_yaw(row["yaw_rad"]))
        yield EgoSample(stamp, "odom", pose, row["v_forward_mps"], 0.0, twist_measured=False)


def _comma(drives: Path) -> Iterator[EgoSample]:
    rows = _rows(drives / "comma2k19_egomotion_a" / "pose_20hz.csv")
    yaws = np.unwrap([np.arctan2(row["vn_mps"], row["ve_mps"]) for row in rows])
    for row, yaw in zip(rows, yaws, strict=True):
        stamp = START + round((row["t_boot_s"] - rows[0]["t_boot_s"]) * SECOND_NS)
        position = np.array([row["e_m"], row["n_m"], row["u_m"]])
        pose = Pose(position, quaternion_from_yaw(yaw))
        yield EgoSample(stamp, "odom", pose, row["speed_mps"], 0.0, twist_measured=False)


@pytest.mark.parametrize("drive", [_pandaset, _comma], ids=["pandaset", "comma2k19"])
def test_every_prediction_over_a_recorded_drive_is_driven(drives: Path, drive: object) -> None:
    buffer, planner, policy = EgoBuffer(), Planner(), ConstantTurnRateAcceleration()
    refused: Counter[str] = Counter()
    sources: Counter[PlanSource] = Counter()
    next_t0, newest = START + 16 * SECOND_NS // 10, START
    for sample in drive(drives):  # type: ignore[operator]
        buffer.add(sample)
        newest = sample.stamp_ns
        state = buffer.state()
        if state is not None:
            assert planner.update_ego(state) == ()
        while next_t0 <= newest:
            ego = buffer.history(next_t0)
            next_t0 += SECOND_NS // 10
            if not ego.valid:
                continue
            prediction = policy.predict(Observation(ego.t0_ns, (), ego))
            refused.update(reason.split(":")[0] for reason in planner.accept(prediction, newest))
            plan = planner.plan(newest + SECOND_NS // 20)
            assert plan is not None and not check_plan(plan, planner.settings.bounds)
            sources[plan.source] += 1
    assert not refused
    assert set(sources) == {PlanSource.MODEL} and sources[PlanSource.MODEL] > 50
