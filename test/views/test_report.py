# SPDX-License-Identifier: Apache-2.0
"""The report of a replay: one file, readable, and true to the numbers."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest

from alpamayo_ros import types as t
from alpamayo_ros.drives.inputs import DriveInputs
from alpamayo_ros.drives.record import PlanRow, Recording
from alpamayo_ros.drives.summary import InputRate, Latencies, Track, summarise
from alpamayo_ros.geometry import quaternion_from_yaw
from alpamayo_ros.views.charts import nice_ticks, thin_out
from alpamayo_ros.views.report import Picture, Replayed, write_report

START_NS = 1_700_000_000 * t.SECOND_NS
SECONDS = 20.0
ROLES = ("cross_left", "front_wide", "cross_right")


def _driven(time_s: float) -> tuple[float, float, float, float]:
    """x, y, yaw and speed of a bend driven with a little acceleration."""
    speed = 6.0 + 0.2 * time_s
    yaw = 0.35 + 0.02 * time_s
    steps = np.linspace(0.0, time_s, 200)
    ahead, turned = 6.0 + 0.2 * steps, 0.35 + 0.02 * steps
    x = float(np.trapezoid(ahead * np.cos(turned), steps))
    y = float(np.trapezoid(ahead * np.sin(turned), steps))
    return x, y, yaw, speed


def _prediction(t0_ns: int) -> t.Prediction:
    x, y, yaw, speed = _driven((t0_ns - START_NS) / 1e9)
    times = np.arange(1, 65) * 0.1
    turn = 0.03 * times
    positions = np.stack(
        [np.cumsum(np.cos(turn)) * 0.1 * speed, np.cumsum(np.sin(turn)) * 0.1 * speed, 0 * times],
        axis=1,
    )
    trajectory = t.Trajectory(
        positions, turn, np.full(64, speed), np.zeros(64), np.full(64, 0.03 / speed)
    )
    trace = t.Trace(
        "No <b>reasoning</b> model is loaded."
        if t0_ns // 10**9 % 10 < 5
        else "Keep & hold the lane."
    )
    return t.Prediction(
        t0_ns, "ctra", "odom", t.Pose(np.array((x, y, 0.0)), quaternion_from_yaw(yaw)), speed,
        (t.Candidate(trajectory, trace),), 0, "only one", {"total": 0.002},
    )  # fmt: skip


def _frame_set(t0_ns: int) -> t.FrameSet:
    cameras = tuple(
        t.CameraFrames(
            k, role, 576, 320, (t0_ns - 300, t0_ns - 200, t0_ns - 100, t0_ns),
            (0, 0, 0, k * 7_000_000), (t.FrameHandle(0, 0),) * 4,
        )
        for k, role in enumerate(ROLES)
    )  # fmt: skip
    return t.FrameSet(t0_ns, "front_wide", cameras)


@pytest.fixture
def replayed() -> Replayed:
    """A replay of a bend with a few missed ticks and a stop at its end."""
    t0s = [START_NS + k * t.TICK_NS for k in range(0, 150)]
    track = Track(
        image_stamps_ns=dict.fromkeys(ROLES, t0s),
        ego_start_ns=START_NS,
        positions=[
            (START_NS + k * 50_000_000, "odom", *_driven(k * 0.05)[:2])
            for k in range(int(SECONDS * 20) + 1)
        ],
        speeds=[(START_NS + k * 50_000_000, _driven(k * 0.05)[3]) for k in range(401)],
        inputs={
            "/odometry": InputRate("nav_msgs/msg/Odometry", 401, START_NS, START_NS + 20 * 10**9)
        },
    )
    recording = Recording()
    latencies = Latencies()
    for k, t0 in enumerate(t0s[15:]):
        if 40 <= k < 44:
            continue
        recording.frame_sets[t0] = _frame_set(t0)
        recording.predictions[t0] = _prediction(t0)
        latencies.frame_set[t0] = 0.006 + 0.002 * np.sin(k)
        latencies.policy[t0] = 0.002
        latencies.stack[t0] = 0.014 + 0.003 * np.cos(k * 1.7) + (0.03 if k == 70 else 0)
    for k in range(30, 400):
        at = START_NS + k * 50_000_000
        source = (
            t.PlanSource.MODEL
            if k < 302
            else t.PlanSource.LAST_VALID
            if k < 318
            else t.PlanSource.STOP
        )
        recording.plans.append(PlanRow(at, at, START_NS + (k // 2) * t.TICK_NS, source, ""))
    recording.counters = {"camera_sync": {"dropped.corrupt_image": 4, "received": 500}}
    inputs = DriveInputs(
        {role: f"/camera/{role}/image/compressed" for role in ROLES}, {}, "front_wide", ()
    )
    about = {
        "bag": "bend_<of>_the_road", "mode": "real_time", "rate": 1.0, "policy": "ctra",
        "start_ns": START_NS, "duration_s": SECONDS, "replayed_at": "2030-01-02 03:04:05",
        "versions": {"alpamayo_ros": "0.1.0"},
    }  # fmt: skip
    summary, ticks, driven = summarise(inputs, track, recording, latencies, about)
    pictures = [
        Picture(t0, role, t0 + k * 7_000_000, _jpeg(k * 60 + 40, j))
        for j, t0 in enumerate(t0s[20:150:32])
        for k, role in enumerate(ROLES)
        if (j, k) != (2, 2)
    ]
    return Replayed(summary, ticks, driven, recording, latencies, track.speeds, pictures)


def _jpeg(shade: int, step: int) -> bytes:
    image = np.full((135, 240, 3), shade, np.uint8)
    image[60:, :, 1] = np.arange(240, dtype=np.uint8)
    cv2.circle(image, (40 + 40 * step, 60), 20, (255, 255, 255), -1)
    return bytes(cv2.imencode(".jpg", image)[1])


@pytest.fixture
def html(replayed: Replayed, tmp_path: Path) -> str:
    write_report(tmp_path / "report.html", replayed)
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def test_nothing_is_loaded_from_elsewhere(html: str) -> None:
    links = re.findall(r"""(?:\s(?:src|href)\s*=\s*|url\()["']?([^"'\s>)]+)""", html)
    assert links
    assert not [link for link in links if not link.startswith(("data:", "#"))]
    assert "default-src 'none'" in html


def test_the_numbers_of_the_summary_are_in_it(html: str, replayed: Replayed) -> None:
    summary = replayed.summary
    assert f"{summary['predictions']} <small>of {summary['ticks']} ticks</small>" in html
    for value in summary["ade_m"].values():
        assert f"{value:.2f} <small>m</small>" in html
    assert f"{summary['latency_ms']['stack']['p50']:.1f} <small>ms</small>" in html
    assert "corrupt_image" in html and "no_frame_set" in html


def test_text_of_bags_and_policies_is_escaped(html: str) -> None:
    assert "bend_<of>" not in html and "bend_&lt;of&gt;_the_road" in html
    assert "<b>reasoning" not in html
    assert "Keep &amp; hold" in html


def test_a_drive_without_any_prediction_has_a_report_too(
    tmp_path: Path, replayed: Replayed
) -> None:
    empty = Recording(counters={"camera_sync": {"dropped.corrupt_image": 9}})
    track = Track(image_stamps_ns={"front_wide": [START_NS]})
    inputs = DriveInputs({"front_wide": "/camera/front_wide/image_raw"}, {}, "front_wide", ())
    names = (
        "bag", "mode", "rate", "policy", "start_ns", "duration_s", "replayed_at", "versions"
    )  # fmt: skip
    about = {name: replayed.summary[name] for name in names}
    summary, ticks, driven = summarise(inputs, track, empty, Latencies(), about)
    write_report(
        tmp_path / "empty.html", Replayed(summary, ticks, driven, empty, Latencies(), [], [])
    )
    text = (tmp_path / "empty.html").read_text()
    assert "No predictions" in text and "corrupt_image" in text


def test_axis_marks_are_round_and_inside() -> None:
    assert nice_ticks(0, 10) == [0, 2, 4, 6, 8, 10]
    assert nice_ticks(-0.4, 0.7) == [-0.4, -0.2, 0, 0.2, 0.4, 0.6]
    assert nice_ticks(0, 1e-12)


def test_thinning_out_keeps_the_peaks() -> None:
    points = [(float(k), 100.0 if k == 777 else 1.0) for k in range(5000)]
    thin = thin_out(points, 100)
    assert len(thin) <= 100 and (777.0, 100.0) in thin


def test_a_browser_draws_it(replayed: Replayed, tmp_path: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs chromium to look at the report")
    write_report(tmp_path / "report.html", replayed)
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=3000")  # fmt: skip
    dom = subprocess.run(
        [browser, *flags, "--dump-dom", f"file://{tmp_path / 'report.html'}"],
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip
    assert re.search(r'class="prediction on"', dom), "the script did not choose a tick"
    assert re.search(r'id="around" transform="rotate\(', dom)
