# SPDX-License-Identifier: Apache-2.0
"""What planning makes of the verdict on a candidate's reasoning."""

from __future__ import annotations

from alpamayo_ros.types import Reasoning


def contradiction_of(reasoning: Reasoning) -> str:
    """What the trajectory does otherwise than its reasoning says; empty: nothing that shows."""
    return "; ".join(
        f"{axis.name.lower()} {verdict.reason}".rstrip() for axis, verdict in reasoning.contradicted
    )
