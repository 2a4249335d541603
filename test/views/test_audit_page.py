# SPDX-License-Identifier: Apache-2.0
"""The page of an audit: one file, safe to open, true to the record, drawn by a real browser."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import cv2
import numpy as np
import pytest
from drives.tick_messages import STOPS, frame_set, frames, plan, prediction

from alpamayo_ros import types as t
from alpamayo_ros.drives.audit import answer, parser_of
from alpamayo_ros.drives.audit_files import find_drives
from alpamayo_ros.drives.drive_record import DriveRecord

EVIL = 'Stop </script><script>document.title="owned"</script> since "the light" is red & <b>on</b>.'


@pytest.fixture
def page(tmp_path: Path) -> Path:
    """A drive with a contradiction of two ticks, and a second episode later."""
    record = DriveRecord(tmp_path / "drive <i>", "drive <i>")
    for tick in range(60):
        record.take(*frame_set(tick))
        record.see(frames(tick), lambda camera: _street(camera.camera_id))
        reasoning = STOPS if tick in (10, 11, 40) else t.Reasoning("SET_SPEED")
        record.take(*prediction(tick, EVIL if reasoning is STOPS else "Go.", reasoning=reasoning))
        record.take(*plan(tick, tick + 0.9))
    record.close()
    arguments = parser_of().parse_args([str(tmp_path / "drive <i>"), "--html", str(tmp_path)])
    drives, faults = find_drives(arguments.drives)
    assert not faults
    path = answer(drives, arguments)[2]
    assert path == tmp_path / "audit.html"
    return path


def _street(camera: int) -> t.Pixels:
    image = np.full((320, 576, 3), (110, 150 + 10 * camera, 200), np.uint8)
    image[170:] = 90
    cv2.line(image, (288, 170), (100 + 80 * camera, 319), (240, 240, 240), 8)
    return image


def test_it_shows_each_episode_with_words_numbers_ways_and_pictures(page: Path) -> None:
    html = page.read_text()
    assert len(re.findall(r'<section class="hit"', html)) == 2
    assert html.count("speed stays at 10.0 m/s") == 2 and "2 ticks, 0.2 s" in html
    assert html.count("data:image/jpeg;base64,") == 12
    assert html.count('class="chosen" d="M') == 2 == html.count('class="planned" d="M')
    assert html.count('class="candidate"') == 2
    # of the 4.9 s that followed the first, and the 1.9 s after the second
    assert html.count('class="second"') == 4 + 1


def test_what_a_policy_wrote_is_text_and_nothing_else(page: Path) -> None:
    html = page.read_text()
    assert html.count("<script") == 1
    assert "&lt;/script&gt;&lt;script&gt;" in html and "<b>on</b>" not in html
    assert "drive &lt;i&gt;" in html and "drive <i>" not in html


def test_nothing_is_loaded_from_elsewhere(page: Path) -> None:
    links = re.findall(r"""(?:\s(?:src|href)\s*=\s*|url\()["']?([^"'\s>)]+)""", page.read_text())
    assert links
    assert not [link for link in links if not link.startswith(("data:", "#"))]
    assert "default-src 'none'" in page.read_text()


def test_a_browser_draws_it_and_runs_nothing_but_its_own_script(page: Path) -> None:
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        pytest.skip("needs chromium to look at the page")
    flags = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync",
             f"--user-data-dir={page.parent / 'profile'}", "--virtual-time-budget=3000",
             "--hide-scrollbars", "--window-size=1280,1900")  # fmt: skip
    picture = page.parent / "page.png"
    dom = subprocess.run(
        [browser, *flags, f"--screenshot={picture}", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    ).stdout  # fmt: skip
    assert "<title>Audit</title>" in dom
    assert re.search(r'<section class="hit on" id="hit-1"', dom), "the script chose no episode"
    drawn = cv2.imread(str(picture))
    assert drawn is not None
    blue = np.abs(drawn.astype(int) - (0xD6, 0x6F, 0x2A)).sum(axis=2) < 40
    assert blue.sum() > 500, "no way is drawn"
    sky = np.abs(drawn.astype(int) - (200, 170, 110)).sum(axis=2) < 60
    assert sky.sum() > 5_000, "no picture is drawn"
    black = drawn.max(axis=2) < 10
    assert black.mean() < 0.02, "something is filled that should not be"
