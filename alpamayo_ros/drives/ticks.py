# SPDX-License-Identifier: Apache-2.0
"""The record of a drive as a table: a row a tick, and beside it a table of what it looked like.

``TICKS`` is small and is what an audit asks; ``SCENES`` holds pictures and ways, a row for each row
of TICKS that has any. Times are integer nanoseconds of the sensors' clock. A column is null where
there was nothing to say: a tick without a prediction has no trace, a tick without a plan no source.
Each field's meaning is in its metadata, and so in every file.
"""

from __future__ import annotations

from enum import Enum

import pyarrow as pa

VERSION = "1"
"""Of the columns' meaning; in every file's metadata as "ticks.version"."""


class Kind(str, Enum):
    """What a row is: a tick that was predicted, one that was missed, or a time without images."""

    PREDICTED = "PREDICTED"
    MISSED = "MISSED"
    HELD = "HELD"


def _field(name: str, kind: pa.DataType, meaning: str, nullable: bool = True) -> pa.Field:
    return pa.field(name, kind, nullable, {"meaning": meaning})


_CAUSE = pa.struct([("category", pa.string()), ("text", pa.string())])
_META_ACTION = pa.struct(
    [("axis", pa.string()), ("name", pa.string()), ("start_s", pa.float32()),
     ("end_s", pa.float32())]
)  # fmt: skip
_DECISION = pa.struct(
    [("stamp_ns", pa.int64()), ("command_id", pa.string()), ("mode", pa.string()),
     ("verdict", pa.string()), ("reason", pa.string()), ("intents", pa.list_(pa.string()))]
)  # fmt: skip
_MISSING = pa.struct([("role", pa.string()), ("reason", pa.string())])
_NUMBERS = pa.map_(pa.string(), pa.float32())

TICKS = pa.schema(
    [
        _field("drive", pa.string(), "name of the drive", nullable=False),
        _field("t0_ns", pa.int64(), "t0; of a HELD row the plan's stamp", nullable=False),
        _field("kind", pa.string(), "PREDICTED; MISSED: images, but no prediction; HELD: no "
               "images for 0.25 s, a row every 0.1 s while there are plans", nullable=False),
        _field("policy", pa.string(), "policy that predicted"),
        _field("missed", pa.string(), "why the ego history was invalid, else null"),
        _field("cameras", pa.int16(), "cameras in the frame set"),
        _field("missing_cameras", pa.list_(_MISSING), "cameras that were not in it, and why"),
        _field("frame_error_ms", pa.float32(), "largest distance of an image from its time [ms]"),
        _field("odometry_frame", pa.string(), "frame of x, y and yaw"),
        _field("x", pa.float64(), "ego pose at t0 [m]"),
        _field("y", pa.float64(), "ego pose at t0 [m]"),
        _field("yaw", pa.float32(), "ego pose at t0, left positive [rad]"),
        _field("speed", pa.float32(), "measured forward speed at t0 [m/s]"),
        _field("trace", pa.string(), "the reasoning of the selected candidate, as it was written"),
        _field("tokens", pa.uint32(), "tokens of it that were generated; 0: no reasoning model"),
        _field("drafted_tokens", pa.uint32(), "of them guessed and confirmed at once"),
        _field("longitudinal_decision", pa.string(), "decision of the closed vocabulary"),
        _field("lateral_decision", pa.string(), "decision of the closed vocabulary"),
        _field("causes", pa.list_(_CAUSE), "what the trace names as reasons"),
        _field("counterfactual", pa.string(), "what it would have done otherwise"),
        _field("meta_actions", pa.list_(_META_ACTION), "what the trajectory does [s after t0]"),
        _field("longitudinal_verdict", pa.string(), "does the trajectory show the decision"),
        _field("longitudinal_reason", pa.string(), "the numbers that decided"),
        _field("lateral_verdict", pa.string(), "does the trajectory show the decision"),
        _field("lateral_reason", pa.string(), "the numbers that decided"),
        _field("contradiction", pa.bool_(), "an axis contradicts its trace", nullable=False),
        _field("candidates", pa.int16(), "candidates of the prediction"),
        _field("selected", pa.int16(), "index of the one that was selected"),
        _field("selection_reason", pa.string(), "why that one"),
        _field("costs", _NUMBERS, "terms of its cost"),
        _field("mode_id", pa.string(), "command id of the mode decision of this tick: the newest "
               "one made since the tick before, else the one that still stands"),
        _field("mode", pa.string(), "its mode"),
        _field("mode_verdict", pa.string(), "its verdict"),
        _field("mode_reason", pa.string(), "its reason"),
        _field("decisions", pa.list_(_DECISION), "every mode decision since the tick before"),
        _field("obeyed_id", pa.string(), "command id of the decision the policy was told of"),
        _field("plan_source", pa.string(), "MODEL, LAST_VALID or STOP: the first plan that rests "
               "on this tick; else the first one that refuses it; else the one 0.1 s after t0"),
        _field("plan_reason", pa.string(), "why this source"),
        _field("plan_stamp_ns", pa.int64(), "when that plan was made"),
        _field("plan_age_s", pa.float32(), "age of the prediction it rests on; null: of none [s]"),
        _field("latency_ms", pa.float32(), "t0 until the first plan that rests on this tick, "
               "else null [ms]"),
        _field("policy_ms", pa.float32(), "the policy's own total [ms]"),
        _field("stages_ms", _NUMBERS, "every stage that was measured [ms]"),
        _field("rejected", pa.bool_(), "a plan refused this tick's prediction", nullable=False),
        _field("rejection", pa.string(), "why"),
        _field("held", pa.bool_(), "the plan's source is not MODEL", nullable=False),
    ],
    metadata={"ticks.version": VERSION},
)  # fmt: skip
"""A row a tick."""

_PICTURE = pa.struct([("role", pa.string()), ("stamp_ns", pa.int64()), ("jpeg", pa.binary())])

SCENES = pa.schema(
    [
        _field("t0_ns", pa.int64(), "t0 of the row in ticks", nullable=False),
        _field("pictures", pa.list_(_PICTURE), "each camera's newest image, small"),
        _field("ways", pa.list_(pa.list_(pa.float32())), "of each candidate x and y by turns, "
               "every 0.2 s from t0+0.1 s, in the ego frame at t0 [m]"),
        _field("plan", pa.list_(pa.float32()), "of the row's plan x and y by turns, every 0.2 s, "
               "in the ego frame at t0 [m]"),
    ],
    metadata={"ticks.version": VERSION},
)  # fmt: skip
"""What a tick looked like."""


def meanings(schema: pa.Schema) -> dict[str, str]:
    """The meaning of each column."""
    return {field.name: (field.metadata or {}).get(b"meaning", b"").decode() for field in schema}
