# SPDX-License-Identifier: Apache-2.0
"""Make docs/images/audit.png: ``./run env python docs/make_audit_picture.py [RECORD]``.

Needs Chromium, and the demo's drive (./run demo), which is replayed with scripted_policy.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import cv2
from make_picture import ROOT, screenshot

from alpamayo_ros.drives.audit import answer, parser_of
from alpamayo_ros.drives.audit_files import find_drives
from alpamayo_ros.drives.replay import replay

DRIVE = ROOT / "out" / "demo" / "drive"
PICTURE = ROOT / "docs" / "images" / "audit.png"
HEIGHT = 2080


def main() -> None:
    """Replay the drive, audit it, and cut the page's top."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder, "generated_drive")
        if not (record / "ticks.parquet").exists():
            replay(DRIVE, record, lockstep=True, policy="scripted_policy:Scripted")
        arguments = parser_of().parse_args([str(record), "--html", folder, "--limit", "24"])
        page = answer(find_drives(arguments.drives)[0], arguments)[2]
        assert page is not None
        image = screenshot(page)[:HEIGHT]
    PICTURE.parent.mkdir(exist_ok=True)
    cv2.imwrite(str(PICTURE), image, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == "__main__":
    main()
