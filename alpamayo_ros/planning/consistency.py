# SPDX-License-Identifier: Apache-2.0
"""What planning makes of the verdict on a candidate's reasoning."""

from __future__ import annotations

from alpamayo_ros.types import Consistency, Reasoning


def contradiction_of(reasoning: Reasoning) -> str:
    """What the trajectory does otherwise than its reasoning says; empty: nothing that shows."""
    axes = (
        ("longitudinal", reasoning.longitudinal_verdict),
        ("lateral", reasoning.lateral_verdict),
    )
    return "; ".join(
        f"{axis} {verdict.reason}".rstrip()
        for axis, verdict in axes
        if verdict.verdict == Consistency.CONTRADICTION
    )
