# SPDX-License-Identifier: Apache-2.0
"""Make the pictures of the views in docs/images from the generated drive.

``./run env python docs/make_views.py``: overlay_generated.png shows the four cameras at a moment
at which the vehicle brakes for a red light, birds_eye.png the same moment from above.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import cv2
import numpy as np

from alpamayo_ros.drives.generate import START_NS, generate_drive
from alpamayo_ros.drives.replay import replay
from alpamayo_ros.types import SECOND_NS, Pixels
from alpamayo_ros.views.stills import still
from alpamayo_ros.views.vehicle import Vehicle

IMAGES = Path(__file__).resolve().parent / "images"
ROLES = ("cross_left", "front_wide", "cross_right", "front_tele")
DRIVE_S, MOMENT_S = 14.0, 12.6
WIDTH = 720


def main() -> None:
    """Generate a drive, replay it tick by tick, and draw one of its moments."""
    vehicle = Vehicle()
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder)
        generate_drive(out / "drive", DRIVE_S)
        replay(out / "drive", out, lockstep=True, progress=False)
        shown = still(out / "out.mcap", START_NS + round(MOMENT_S * SECOND_NS))
    made = [shown.overlay(role, vehicle, WIDTH) for role in ROLES]
    save("overlay_generated", np.vstack([np.hstack(made[:2]), np.hstack(made[2:])]))
    save("birds_eye", shown.birds_eye(vehicle))


def save(name: str, picture: Pixels) -> None:
    """Write a picture with few enough colours to be small."""
    cv2.imwrite(str(IMAGES / f"{name}.png"), picture[:, :, ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
