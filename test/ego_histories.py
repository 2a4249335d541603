# SPDX-License-Identifier: Apache-2.0
"""Ego histories for tests that need one and do not care where it comes from."""

from __future__ import annotations

from typing import Any

import numpy as np

from alpamayo_ros.geometry import IDENTITY_QUATERNION, identity_pose
from alpamayo_ros.types import EgoHistory, EgoSource

T0 = 1_700_000_000_100_000_000


def history(**changes: Any) -> EgoHistory:
    """A valid history at T0: 10 m/s, slightly accelerating to the left."""
    fields: dict[str, Any] = {
        "t0_ns": T0,
        "valid": True,
        "reason": "",
        "source": EgoSource.ODOMETRY,
        "positions": np.zeros((16, 3)),
        "quaternions": np.tile(IDENTITY_QUATERNION, (16, 1)),
        "odometry_frame": "odom",
        "ego_pose": identity_pose(),
        "speed": 10.0,
        "yaw_rate": 0.1,
        "acceleration": 0.5,
        "implied_speed": 10.0,
        "largest_gap_s": 0.02,
        "extrapolation_s": 0.0,
    }
    return EgoHistory(**(fields | changes))
