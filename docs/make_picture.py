# SPDX-License-Identifier: Apache-2.0
"""Make docs/images/demo.png from the demo's report: ``./run env python docs/make_picture.py``.

Needs Chromium. Shows the top of the page beside the camera strip.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[1]
PICTURE = ROOT / "docs" / "images" / "demo.png"
WIDTH, HEIGHT = 1280, 4200
INSIDE = 74
"""A column between a card's edge and what is in it [px]."""


def screenshot(page: Path) -> np.ndarray:
    """The whole page as headless Chromium draws it, (H, W, 3) BGR."""
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "page.png"
        subprocess.run(
            [
                "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
                "--disable-background-networking", "--disable-component-update",
                "--disable-sync", "--hide-scrollbars", f"--user-data-dir={folder}/profile",
                f"--window-size={WIDTH},{HEIGHT}", f"--screenshot={picture}",
                page.resolve().as_uri(),
            ],
            check=True, capture_output=True,
        )  # fmt: skip
        image = cv2.imread(str(picture))
    assert image is not None
    return image


def cards(image: np.ndarray) -> list[tuple[int, int]]:
    """First and last row of each white card of the page, top to bottom."""
    background = image[5, 5].astype(int)
    column = np.abs(image[:, INSIDE].astype(int) - background).sum(axis=1) > 6
    edges = np.flatnonzero(np.diff(column.astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]


def main() -> None:
    """Cut the page to its head, the bird's-eye view and the cameras."""
    report = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "out" / "demo" / "report.html"
    image = screenshot(report)
    tall = [card for card in cards(image) if card[1] - card[0] > 250]
    above, cameras = tall[0], max(tall[1:], key=lambda card: card[1] - card[0])
    parts = [image[: above[1] + 11], image[cameras[0] - 11 : cameras[1] + 24]]
    PICTURE.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(PICTURE), np.concatenate(parts), [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
