# SPDX-License-Identifier: Apache-2.0
"""Between the stack's types and the messages, both ways, field by field."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import alpamayo_msgs.msg as m
import numpy as np
from builtin_interfaces.msg import Duration, Time
from geometry_msgs.msg import Pose as PoseMsg
from geometry_msgs.msg import PoseStamped
from nav_msgs.msg import Odometry, Path
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from alpamayo_ros import types as t
from alpamayo_ros.geometry import quaternion_from_yaw, yaw_of


def time_to_ns(stamp: Time) -> int:
    """Nanoseconds of a stamp."""
    return int(stamp.sec) * t.SECOND_NS + int(stamp.nanosec)


def time_from_ns(stamp_ns: int) -> Time:
    """Stamp of nanoseconds; raises OverflowError outside the message's range."""
    return Time(sec=stamp_ns // t.SECOND_NS, nanosec=stamp_ns % t.SECOND_NS)


def duration_from_s(seconds: float) -> Duration:
    """Duration of seconds, to the nanosecond."""
    total = round(seconds * t.SECOND_NS)
    return Duration(sec=total // t.SECOND_NS, nanosec=total % t.SECOND_NS)


def duration_to_s(duration: Duration) -> float:
    """Seconds of a duration."""
    return float(duration.sec + duration.nanosec * 1e-9)


def header(stamp_ns: int, frame_id: str) -> Header:
    """Header of a stamp and a frame."""
    return Header(stamp=time_from_ns(stamp_ns), frame_id=frame_id)


def pose_to_msg(pose: t.Pose) -> PoseMsg:
    """Pose message."""
    message = PoseMsg()
    p, q = message.position, message.orientation
    p.x, p.y, p.z = map(float, pose.position)
    q.x, q.y, q.z, q.w = map(float, pose.quaternion)
    return message


def pose_from_msg(message: PoseMsg) -> t.Pose:
    """Pose of a message; the quaternion is taken as it is."""
    p, q = message.position, message.orientation
    return t.Pose(np.array((p.x, p.y, p.z)), np.array((q.x, q.y, q.z, q.w)))


# -- frame sets


def frame_set_to_msg(
    frames: t.FrameSet,
    base_frame: str,
    store: str,
    latency_s: float,
    read_pixels: Callable[[t.FrameHandle], t.Pixels] | None = None,
) -> m.FrameSet:
    """FrameSet message; with ``read_pixels`` the images are embedded, else named by handle."""
    return m.FrameSet(
        header=header(frames.t0_ns, base_frame),
        anchor=frames.anchor,
        store=store,
        cameras=[_camera_to_msg(camera, base_frame, read_pixels) for camera in frames.cameras],
        missing_cameras=list(frames.missing),
        missing_reasons=list(frames.missing.values()),
        latency=latency_s,
    )


def _camera_to_msg(
    camera: t.CameraFrames,
    base_frame: str,
    read_pixels: Callable[[t.FrameHandle], t.Pixels] | None,
) -> m.CameraFrames:
    message = m.CameraFrames(
        camera_id=camera.camera_id,
        name=camera.role,
        width=camera.width,
        height=camera.height,
        stamps=[time_from_ns(stamp) for stamp in camera.stamps_ns],
        errors=np.array(camera.errors_ns, dtype=np.float32) / np.float32(t.SECOND_NS),
        handles=[m.FrameHandle(slot=h.slot, generation=h.generation) for h in camera.handles],
    )
    if read_pixels is not None:
        message.images = [
            _image(read_pixels(handle), stamp, base_frame)
            for handle, stamp in zip(camera.handles, camera.stamps_ns, strict=True)
        ]
    return message


def _image(pixels: t.Pixels, stamp_ns: int, frame_id: str) -> Image:
    height, width, _ = pixels.shape
    image = Image(
        header=header(stamp_ns, frame_id),
        height=height,
        width=width,
        encoding="rgb8",
        step=width * 3,
    )
    image.data.frombytes(pixels.tobytes())
    return image


def frame_set_from_msg(message: m.FrameSet) -> t.FrameSet:
    """FrameSet of a message; the pixels stay where they are."""
    return t.FrameSet(
        t0_ns=time_to_ns(message.header.stamp),
        anchor=message.anchor,
        cameras=tuple(
            t.CameraFrames(
                camera_id=camera.camera_id,
                role=camera.name,
                width=camera.width,
                height=camera.height,
                stamps_ns=tuple(time_to_ns(stamp) for stamp in camera.stamps),  # type: ignore[arg-type]
                errors_ns=tuple(round(float(e) * t.SECOND_NS) for e in camera.errors),  # type: ignore[arg-type]
                handles=tuple(t.FrameHandle(h.slot, h.generation) for h in camera.handles),  # type: ignore[arg-type]
            )
            for camera in message.cameras
        ),
        missing=dict(zip(message.missing_cameras, message.missing_reasons, strict=True)),
    )


def embedded_pixels(camera: m.CameraFrames) -> tuple[t.Pixels, ...]:
    """Pixels (H, W, 3) of a camera's embedded images, not copied; ValueError on a bad size."""
    return tuple(
        np.frombuffer(image.data, dtype=np.uint8).reshape(image.height, image.width, 3)
        for image in camera.images
    )


# -- ego motion


def ego_history_to_msg(history: t.EgoHistory, base_frame: str) -> m.EgoHistory:
    """EgoHistory message."""
    poses = [
        pose_to_msg(t.Pose(position, quaternion))
        for position, quaternion in zip(history.positions, history.quaternions, strict=True)
    ]
    return m.EgoHistory(
        header=header(history.t0_ns, base_frame),
        valid=history.valid,
        reason=history.reason,
        source=int(history.source),
        poses=poses,
        odometry_frame=history.odometry_frame,
        ego_pose=pose_to_msg(history.ego_pose),
        speed=history.speed,
        yaw_rate=history.yaw_rate,
        acceleration=history.acceleration,
        implied_speed=history.implied_speed,
        largest_gap=history.largest_gap_s,
        extrapolation=history.extrapolation_s,
    )


def ego_history_from_msg(message: m.EgoHistory) -> t.EgoHistory:
    """EgoHistory of a message."""
    poses = [pose_from_msg(pose) for pose in message.poses]
    return t.EgoHistory(
        t0_ns=time_to_ns(message.header.stamp),
        valid=message.valid,
        reason=message.reason,
        source=t.EgoSource(message.source),
        positions=np.array([pose.position for pose in poses]),
        quaternions=np.array([pose.quaternion for pose in poses]),
        odometry_frame=message.odometry_frame,
        ego_pose=pose_from_msg(message.ego_pose),
        speed=message.speed,
        yaw_rate=message.yaw_rate,
        acceleration=message.acceleration,
        implied_speed=message.implied_speed,
        largest_gap_s=message.largest_gap,
        extrapolation_s=message.extrapolation,
    )


def ego_state_to_msg(state: t.EgoState, base_frame: str) -> Odometry:
    """Odometry message of an ego state."""
    message = Odometry(
        header=header(state.stamp_ns, state.odometry_frame), child_frame_id=base_frame
    )
    message.pose.pose = pose_to_msg(state.pose)
    message.twist.twist.linear.x = float(state.speed)
    message.twist.twist.angular.z = float(state.yaw_rate)
    return message


def ego_state_from_msg(message: Odometry) -> t.EgoState:
    """Ego state of an Odometry message."""
    return t.EgoState(
        stamp_ns=time_to_ns(message.header.stamp),
        odometry_frame=message.header.frame_id,
        pose=pose_from_msg(message.pose.pose),
        speed=message.twist.twist.linear.x,
        yaw_rate=message.twist.twist.angular.z,
    )


# -- commands


def command_to_msg(command: t.UserCommand) -> m.UserCommand:
    """UserCommand message."""
    return m.UserCommand(
        header=header(command.stamp_ns, ""), id=command.id, source=command.source, text=command.text
    )


def command_from_msg(message: m.UserCommand) -> t.UserCommand:
    """UserCommand of a message."""
    return t.UserCommand(time_to_ns(message.header.stamp), message.id, message.source, message.text)


def decision_to_msg(decision: t.ModeDecision) -> m.ModeDecision:
    """ModeDecision message."""
    return m.ModeDecision(
        header=header(decision.stamp_ns, ""),
        command_id=decision.command_id,
        mode=int(decision.mode),
        verdict=int(decision.verdict),
        intents=[_intent_to_msg(intent) for intent in decision.intents],
        reason=decision.reason,
        reply=decision.reply,
        mode_token=decision.mode_token,
        nav_text=decision.nav_text,
        question=decision.question,
        limits=_limits_to_msg(decision.limits),
        time_to_live=duration_from_s(decision.time_to_live_s),
    )


def decision_from_msg(message: m.ModeDecision) -> t.ModeDecision:
    """ModeDecision of a message."""
    limits = message.limits
    return t.ModeDecision(
        stamp_ns=time_to_ns(message.header.stamp),
        command_id=message.command_id,
        mode=t.Mode(message.mode),
        verdict=t.Verdict(message.verdict),
        reason=message.reason,
        reply=message.reply,
        intents=tuple(_intent_from_msg(intent) for intent in message.intents),
        mode_token=message.mode_token,
        nav_text=message.nav_text,
        question=message.question,
        limits=t.DrivingLimits(
            max_speed=limits.max_speed,
            target_speed=limits.target_speed,
            min_time_gap=limits.min_time_gap,
            careful=limits.style == m.DrivingLimits.STYLE_CAREFUL,
        ),
        time_to_live_s=duration_to_s(message.time_to_live),
    )


def answer_to_msg(answer: t.Answer) -> m.Answer:
    """Answer message."""
    t0_ns = answer.evidence_t0_ns
    return m.Answer(
        question_id=answer.question_id,
        text=answer.text,
        evidence_t0=Time() if t0_ns is None else time_from_ns(t0_ns),
        last=answer.last,
    )


def answer_from_msg(message: m.Answer) -> t.Answer:
    """Answer of a message."""
    t0_ns = time_to_ns(message.evidence_t0)
    return t.Answer(message.question_id, message.text, t0_ns or None, message.last)


def road_context_from_msg(message: m.RoadContext) -> t.RoadContext:
    """RoadContext of a message; raises ValueError for a road class that does not exist."""
    return t.RoadContext(
        time_to_ns(message.header.stamp), t.RoadClass(message.road_class), message.speed_limit
    )


def _limits_to_msg(limits: t.DrivingLimits) -> m.DrivingLimits:
    style = m.DrivingLimits.STYLE_CAREFUL if limits.careful else m.DrivingLimits.STYLE_NORMAL
    return m.DrivingLimits(
        max_speed=limits.max_speed,
        target_speed=limits.target_speed,
        min_time_gap=limits.min_time_gap,
        style=style,
    )


def _intent_to_msg(intent: t.Intent) -> m.Intent:
    parameters = []
    for name, value in intent.parameters.items():
        if isinstance(value, str):
            parameters.append(m.IntentParameter(name=name, value=math.nan, text=value))
        else:
            parameters.append(m.IntentParameter(name=name, value=value[0], unit=value[1]))
    return m.Intent(name=intent.name, parameters=parameters)


def _intent_from_msg(message: m.Intent) -> t.Intent:
    return t.Intent(
        message.name,
        {p.name: (p.value, p.unit) if p.unit else p.text for p in message.parameters},
    )


# -- predictions


def prediction_to_msg(prediction: t.Prediction, base_frame: str) -> m.Prediction:
    """Prediction message."""
    stamp = header(prediction.t0_ns, base_frame)
    return m.Prediction(
        header=stamp,
        policy=prediction.policy,
        odometry_frame=prediction.odometry_frame,
        ego_pose=pose_to_msg(prediction.ego_pose),
        speed=prediction.speed,
        candidates=[_candidate_to_msg(candidate, stamp) for candidate in prediction.candidates],
        selected=prediction.selected,
        selection_reason=prediction.selection_reason,
        latencies=[
            m.StageLatency(stage=stage, duration=duration)
            for stage, duration in prediction.latencies_s.items()
        ],
        decision_id=prediction.decision_id,
    )


def _candidate_to_msg(candidate: t.Candidate, stamp: Header) -> m.Candidate:
    trajectory = candidate.trajectory
    times = np.arange(1, len(trajectory.headings) + 1) * t.TICK_NS / t.SECOND_NS
    return m.Candidate(
        points=_points(
            times, trajectory.positions, trajectory.headings, trajectory.speeds,
            trajectory.accelerations, trajectory.curvatures,
        ),
        chain_of_causation=chain_to_msg(candidate.trace, candidate.reasoning, stamp),
        costs=[m.CostTerm(name=name, value=value) for name, value in candidate.costs.items()],
    )  # fmt: skip


def chain_to_msg(trace: t.Trace, reasoning: t.Reasoning, stamp: Header) -> m.ChainOfCausation:
    """ChainOfCausation message of a trace and what was read in it."""
    return m.ChainOfCausation(
        header=stamp,
        text=trace.text,
        longitudinal=reasoning.longitudinal,
        lateral=reasoning.lateral,
        causes=[m.Cause(category=int(c.category), text=c.text) for c in reasoning.causes],
        counterfactual=reasoning.counterfactual,
        meta_actions=[
            m.MetaAction(axis=int(a.axis), name=a.name, start=a.start_s, end=a.end_s)
            for a in reasoning.meta_actions
        ],
        longitudinal_verdict=_verdict_to_msg(reasoning.longitudinal_verdict),
        lateral_verdict=_verdict_to_msg(reasoning.lateral_verdict),
        token_count=trace.token_count,
        accepted_draft_tokens=trace.accepted_draft,
    )


def _verdict_to_msg(verdict: t.AxisVerdict) -> m.ConsistencyVerdict:
    return m.ConsistencyVerdict(verdict=int(verdict.verdict), reason=verdict.reason)


def _verdict_from_msg(message: m.ConsistencyVerdict) -> t.AxisVerdict:
    return t.AxisVerdict(t.Consistency(message.verdict), message.reason)


def chain_from_msg(message: m.ChainOfCausation) -> tuple[t.Trace, t.Reasoning]:
    """Trace and reasoning of a message; raises ValueError for a constant that does not exist."""
    trace = t.Trace(message.text, message.token_count, message.accepted_draft_tokens)
    return trace, t.Reasoning(
        longitudinal=message.longitudinal,
        lateral=message.lateral,
        causes=tuple(t.Cause(t.CauseCategory(c.category), c.text) for c in message.causes),
        counterfactual=message.counterfactual,
        meta_actions=tuple(
            t.MetaAction(t.Axis(a.axis), a.name, a.start, a.end) for a in message.meta_actions
        ),
        longitudinal_verdict=_verdict_from_msg(message.longitudinal_verdict),
        lateral_verdict=_verdict_from_msg(message.lateral_verdict),
    )


def _points(
    times: t.FloatArray,
    positions: t.FloatArray,
    headings: t.FloatArray,
    speeds: t.FloatArray,
    accelerations: t.FloatArray,
    curvatures: t.FloatArray,
) -> list[m.TrajectoryPoint]:
    points = []
    quaternions = quaternion_from_yaw(headings).tolist()
    rows = zip(
        times.tolist(), positions.tolist(), quaternions, speeds.tolist(),
        accelerations.tolist(), curvatures.tolist(), strict=True,
    )  # fmt: skip
    for time_s, (x, y, z), (qx, qy, qz, qw), speed, acceleration, curvature in rows:
        point = m.TrajectoryPoint()
        point.time_from_start = duration_from_s(time_s)
        p, q = point.pose.position, point.pose.orientation
        p.x, p.y, p.z = x, y, z
        q.x, q.y, q.z, q.w = qx, qy, qz, qw
        point.speed, point.acceleration, point.curvature = speed, acceleration, curvature
        points.append(point)
    return points


def prediction_from_msg(message: m.Prediction) -> t.Prediction:
    """Prediction of a message."""
    return t.Prediction(
        t0_ns=time_to_ns(message.header.stamp),
        policy=message.policy,
        odometry_frame=message.odometry_frame,
        ego_pose=pose_from_msg(message.ego_pose),
        speed=message.speed,
        candidates=tuple(_candidate_from_msg(candidate) for candidate in message.candidates),
        selected=message.selected,
        selection_reason=message.selection_reason,
        latencies_s={stage.stage: stage.duration for stage in message.latencies},
        decision_id=message.decision_id,
    )


def _candidate_from_msg(message: m.Candidate) -> t.Candidate:
    trace, reasoning = chain_from_msg(message.chain_of_causation)
    costs = {cost.name: cost.value for cost in message.costs}
    return t.Candidate(_trajectory(message.points), trace, costs, reasoning)


def _trajectory(points: Sequence[m.TrajectoryPoint]) -> t.Trajectory:
    positions = np.empty((len(points), 3))
    quaternions = np.empty((len(points), 4))
    for row, point in enumerate(points):
        p, q = point.pose.position, point.pose.orientation
        positions[row] = p.x, p.y, p.z
        quaternions[row] = q.x, q.y, q.z, q.w
    return t.Trajectory(
        positions=positions,
        headings=yaw_of(quaternions),
        speeds=np.array([point.speed for point in points], dtype=float),
        accelerations=np.array([point.acceleration for point in points], dtype=float),
        curvatures=np.array([point.curvature for point in points], dtype=float),
    )


# -- plans


def plan_to_msg(plan: t.Plan) -> m.Plan:
    """Plan message."""
    return m.Plan(
        header=header(plan.stamp_ns, plan.odometry_frame),
        points=_points(
            plan.times_s, plan.positions, plan.headings, plan.speeds,
            plan.accelerations, plan.curvatures,
        ),
        source=int(plan.source),
        t0=time_from_ns(plan.t0_ns or 0),
        age=plan.age_s,
        reason=plan.reason,
    )  # fmt: skip


def plan_from_msg(message: m.Plan) -> t.Plan:
    """Plan of a message; raises ValueError for a source that does not exist."""
    points = _trajectory(message.points)
    times = [duration_to_s(point.time_from_start) for point in message.points]
    return t.Plan(
        stamp_ns=time_to_ns(message.header.stamp),
        odometry_frame=message.header.frame_id,
        times_s=np.array(times, dtype=float),
        positions=points.positions,
        headings=points.headings,
        speeds=points.speeds,
        accelerations=points.accelerations,
        curvatures=points.curvatures,
        source=t.PlanSource(message.source),
        reason=message.reason,
        t0_ns=time_to_ns(message.t0) or None,
    )


def plan_to_path(plan: m.Plan) -> Path:
    """The plan as a nav_msgs/Path for rviz, its stamps those of the points."""
    path = Path(header=plan.header)
    start = time_to_ns(plan.header.stamp)
    for point in plan.points:
        offset = point.time_from_start.sec * t.SECOND_NS + point.time_from_start.nanosec
        path.poses.append(
            PoseStamped(header=header(start + offset, plan.header.frame_id), pose=point.pose)
        )
    return path
