# SPDX-License-Identifier: Apache-2.0
"""The nouns of the stack: frozen dataclasses with numpy arrays, and the time raster they share.

Times are integer nanoseconds on the sensors' clock. Frames: the ego frame is the base frame of
the vehicle at t0 (x forward, y left, z up); the odometry frame is fixed to the ground. Quaternions
are (x, y, z, w), as in ROS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Pixels = NDArray[np.uint8]

SECOND_NS = 1_000_000_000
TICK_NS = 100_000_000
"""The raster of the model: 10 Hz."""

FRAME_OFFSETS_NS = (-300_000_000, -200_000_000, -100_000_000, 0)
"""Ideal times of a camera's four images, relative to t0, oldest first."""

HISTORY_LENGTH = 16
"""Poses in an ego history: t0-1.5 s .. t0, every 0.1 s."""

HORIZON_LENGTH = 64
"""Waypoints of a prediction: waypoint i is at t0 + (i+1) * 0.1 s."""

CLOCK_JUMP_NS = SECOND_NS
"""A stamp this far behind the newest of its source: time was set back (a looped bag)."""


class StackError(Exception):
    """Base of every error the stack names."""


class ConfigurationError(StackError):
    """A parameter or a combination of parameters that cannot work."""


class ClockJumped(StackError):
    """A source's stamps went back by more than CLOCK_JUMP_NS: all buffers must be cleared."""


@dataclass(frozen=True, slots=True)
class Pose:
    """A pose: position (3,) [m] and unit quaternion (4,) as x, y, z, w."""

    position: FloatArray
    quaternion: FloatArray


@dataclass(frozen=True, slots=True)
class FrameHandle:
    """Where the pixels of one image lie in a frame store: slot, and its generation when written."""

    slot: int
    generation: int


@dataclass(frozen=True, slots=True)
class CameraFrames:
    """Four images of one camera, oldest first.

    ``errors_ns`` is the stamp minus the ideal time (t0 + FRAME_OFFSETS_NS) of each image.
    """

    camera_id: int
    role: str
    width: int
    height: int
    stamps_ns: tuple[int, int, int, int]
    errors_ns: tuple[int, int, int, int]
    handles: tuple[FrameHandle, FrameHandle, FrameHandle, FrameHandle]


@dataclass(frozen=True, slots=True)
class FrameSet:
    """The images of all cameras for one tick; cameras are sorted by id.

    ``missing`` maps the role of each camera that is not in the set to the reason.
    """

    t0_ns: int
    anchor: str
    cameras: tuple[CameraFrames, ...]
    missing: Mapping[str, str] = field(default_factory=dict)


class EgoSource(IntEnum):
    """Where ego motion comes from; values as in EgoHistory.msg."""

    ODOMETRY = 0
    TF = 1
    TWIST_IMU = 2


@dataclass(frozen=True, slots=True)
class EgoHistory:
    """Ego motion before t0.

    positions: (16, 3) [m] and quaternions: (16, 4), poses at t0-1.5 s .. t0 in the ego frame at
    t0, oldest first; the last is the identity. ``ego_pose`` is the base frame at t0 in
    ``odometry_frame``. Speeds in m/s, yaw rate in rad/s (left positive), acceleration in m/s^2.
    ``reason`` is empty when valid, else "NAME: what was found, with the numbers".
    """

    t0_ns: int
    valid: bool
    reason: str
    source: EgoSource
    positions: FloatArray
    quaternions: FloatArray
    odometry_frame: str
    ego_pose: Pose
    speed: float
    yaw_rate: float
    acceleration: float
    implied_speed: float
    largest_gap_s: float
    extrapolation_s: float


@dataclass(frozen=True, slots=True)
class EgoState:
    """Ego motion now: pose in the odometry frame, forward speed [m/s], yaw rate [rad/s]."""

    stamp_ns: int
    odometry_frame: str
    pose: Pose
    speed: float
    yaw_rate: float


class Mode(IntEnum):
    """What a sentence is about; values as in ModeDecision.msg."""

    AUTONOMY = 0
    QUESTION = 1
    CONTROL = 2


class Verdict(IntEnum):
    """What becomes of a sentence; values as in ModeDecision.msg."""

    ROUTED = 0
    REFUSED = 1
    UNCLEAR = 2


@dataclass(frozen=True, slots=True)
class UserCommand:
    """A sentence somebody said; the text is untrusted."""

    stamp_ns: int
    id: str
    source: str
    text: str


@dataclass(frozen=True, slots=True)
class DrivingLimits:
    """Limits that hold outside the model; NaN means none. Speeds in m/s, gap in s."""

    max_speed: float = float("nan")
    target_speed: float = float("nan")
    min_time_gap: float = float("nan")
    careful: bool = False


@dataclass(frozen=True, slots=True)
class Intent:
    """One manoeuvre of the closed vocabulary; parameters map a name to (value, unit) or text."""

    name: str
    parameters: Mapping[str, tuple[float, str] | str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ModeDecision:
    """What may become of a UserCommand; ``reason`` is "NAME: why"."""

    stamp_ns: int
    command_id: str
    mode: Mode
    verdict: Verdict
    reason: str
    reply: str = ""
    intents: tuple[Intent, ...] = ()
    mode_token: int = 0
    nav_text: str = ""
    question: str = ""
    limits: DrivingLimits = field(default_factory=DrivingLimits)
    time_to_live_s: float = 0.0


class RoadClass(IntEnum):
    """What kind of road the vehicle is on; values as in RoadContext.msg."""

    UNKNOWN = 0
    URBAN = 1
    RURAL = 2
    MOTORWAY = 3


@dataclass(frozen=True, slots=True)
class RoadContext:
    """What a map knows about the road here; the legal speed limit in m/s, NaN: not known."""

    stamp_ns: int
    road_class: RoadClass = RoadClass.UNKNOWN
    speed_limit: float = float("nan")


@dataclass(frozen=True, slots=True)
class Answer:
    """A piece of the answer to a question, or with ``last`` its end.

    ``evidence_t0_ns`` is t0 of the observation it rests on; None: it rests on none.
    """

    question_id: str
    text: str
    evidence_t0_ns: int | None = None
    last: bool = True


@dataclass(frozen=True, slots=True)
class Instruction:
    """What a policy is told beside what it sees: the routed part of a ModeDecision."""

    decision_id: str = ""
    mode_token: int = 0
    nav_text: str = ""
    limits: DrivingLimits = field(default_factory=DrivingLimits)


@dataclass(frozen=True, slots=True)
class CameraPixels:
    """The four images of one camera as a policy sees them: RGB (H, W, 3), oldest first."""

    camera_id: int
    role: str
    stamps_ns: tuple[int, int, int, int]
    images: tuple[Pixels, Pixels, Pixels, Pixels]


def _always_intact() -> None:
    """Pixels that nobody overwrites."""


@dataclass(frozen=True, slots=True)
class Observation:
    """Everything a policy sees at t0; cameras are sorted by id and may be none.

    The images may lie in shared memory that is overwritten some time later. ``check_intact``
    raises cameras.frame_store.StaleFrame once that has happened; call it after the last use.
    """

    t0_ns: int
    cameras: tuple[CameraPixels, ...]
    ego: EgoHistory
    instruction: Instruction = field(default_factory=Instruction)
    check_intact: Callable[[], None] = _always_intact


@dataclass(frozen=True, slots=True)
class Trajectory:
    """Waypoints at t0 + (i+1) * 0.1 s in the ego frame at t0.

    positions: (64, 3) [m]; headings, speeds, accelerations, curvatures: (64,) in rad, m/s,
    m/s^2 and 1/m, left positive.
    """

    positions: FloatArray
    headings: FloatArray
    speeds: FloatArray
    accelerations: FloatArray
    curvatures: FloatArray


@dataclass(frozen=True, slots=True)
class Trace:
    """A Chain-of-Causation as the policy wrote it; 0 tokens: no reasoning model is loaded.

    ``accepted_draft`` of the tokens were guessed from the trace before and confirmed at once.
    """

    text: str
    token_count: int = 0
    accepted_draft: int = 0


class Consistency(IntEnum):
    """Whether a trajectory does what its trace says; values as in ConsistencyVerdict.msg."""

    NOT_CHECKED = 0
    CONSISTENT = 1
    CONTRADICTION = 2
    NOT_SHOWN = 3
    UNPARSED = 4


class CauseCategory(IntEnum):
    """What kind of thing a trace names as a reason; values as in Cause.msg."""

    OTHER = 0
    CRITICAL_OBJECT = 1
    TRAFFIC_LIGHT = 2
    YIELD_OR_STOP_CONTROL = 3
    ROAD_EVENT = 4
    LANE = 5
    ROUTING_INTENT = 6
    ODD_CONSTRAINT = 7


class Axis(IntEnum):
    """Along or across the road; values as in MetaAction.msg."""

    LONGITUDINAL = 0
    LATERAL = 1


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing a trace names as a reason, in the words of the trace."""

    category: CauseCategory
    text: str


@dataclass(frozen=True, slots=True)
class MetaAction:
    """One segment of a trajectory, named by the published thresholds; times after t0 [s]."""

    axis: Axis
    name: str
    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class AxisVerdict:
    """Whether the trajectory shows the decision of one axis, with the numbers that decided."""

    verdict: Consistency = Consistency.NOT_CHECKED
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A trace as it was read, and checked against its trajectory.

    ``longitudinal`` and ``lateral`` are decisions of the closed vocabulary, NONE or UNPARSED.
    """

    longitudinal: str = "NONE"
    lateral: str = "NONE"
    causes: tuple[Cause, ...] = ()
    counterfactual: str = ""
    meta_actions: tuple[MetaAction, ...] = ()
    longitudinal_verdict: AxisVerdict = field(default_factory=AxisVerdict)
    lateral_verdict: AxisVerdict = field(default_factory=AxisVerdict)

    @property
    def contradicted(self) -> tuple[tuple[Axis, AxisVerdict], ...]:
        """The axes on which the trajectory contradicts the trace."""
        axes = (
            (Axis.LONGITUDINAL, self.longitudinal_verdict),
            (Axis.LATERAL, self.lateral_verdict),
        )
        return tuple(
            (axis, verdict)
            for axis, verdict in axes
            if verdict.verdict == Consistency.CONTRADICTION
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """One trajectory with the reasoning it goes with, and the named terms of its cost."""

    trajectory: Trajectory
    trace: Trace
    costs: Mapping[str, float] = field(default_factory=dict)
    reasoning: Reasoning = field(default_factory=Reasoning)


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a policy proposes for one tick.

    ``ego_pose`` (the base frame at t0 in ``odometry_frame``) anchors the candidates; ``speed`` is
    the measured one at t0. ``latencies_s`` holds the stages of the policy, "total" among them.
    """

    t0_ns: int
    policy: str
    odometry_frame: str
    ego_pose: Pose
    speed: float
    candidates: tuple[Candidate, ...]
    selected: int
    selection_reason: str
    latencies_s: Mapping[str, float] = field(default_factory=dict)
    decision_id: str = ""


class PlanSource(IntEnum):
    """Where a plan comes from; values as in Plan.msg."""

    MODEL = 0
    LAST_VALID = 1
    STOP = 2


@dataclass(frozen=True, slots=True)
class Plan:
    """What the vehicle is to do from ``stamp_ns`` on, in the odometry frame.

    times_s: (N,) after the stamp, starting at 0; positions: (N, 3); headings, speeds,
    accelerations, curvatures: (N,). ``t0_ns`` is None when no prediction underlies the plan.
    """

    stamp_ns: int
    odometry_frame: str
    times_s: FloatArray
    positions: FloatArray
    headings: FloatArray
    speeds: FloatArray
    accelerations: FloatArray
    curvatures: FloatArray
    source: PlanSource
    reason: str
    t0_ns: int | None

    @property
    def age_s(self) -> float:
        """Time since t0 [s]; NaN when no prediction underlies the plan."""
        return float("nan") if self.t0_ns is None else (self.stamp_ns - self.t0_ns) / SECOND_NS
