# SPDX-License-Identifier: Apache-2.0
"""Which frames make a tick: t0 from the anchor camera, four frames of every camera around it.

A state machine without a clock: it is fed frames with the time they arrived, and asked again at
its deadline, both in the clock of the caller.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from alpamayo_ros.cameras.rig import Camera, Rig
from alpamayo_ros.types import (
    CLOCK_JUMP_NS,
    FRAME_OFFSETS_NS,
    SECOND_NS,
    TICK_NS,
    CameraFrames,
    ClockJumped,
    FrameHandle,
    FrameSet,
)

OnDrop = Callable[[str, str], None]
"""Called with the reason something was dropped for, and the details."""

SILENT_NS = 300_000_000
"""A camera whose newest frame is older than this at t0 is not waited for."""

_RECENT_INTERVALS = 8

# The raster follows the anchor's own clock: this share of each t0's distance from the raster.
_RASTER_GAIN = 0.125


@dataclass(frozen=True, slots=True)
class _Frame:
    stamp_ns: int
    arrival_ns: int
    width: int
    height: int
    handle: FrameHandle


class _Track:
    """The recent frames of one camera, in the order of their stamps."""

    def __init__(self, camera: Camera, capacity: int) -> None:
        self.camera = camera
        self.frames: deque[_Frame] = deque(maxlen=capacity)
        self.first_ns: int | None = None
        self.passed_ns = 0
        self._intervals: deque[int] = deque(maxlen=_RECENT_INTERVALS)

    @property
    def newest_ns(self) -> int | None:
        return self.frames[-1].stamp_ns if self.frames else None

    def append(self, frame: _Frame) -> None:
        if self.frames:
            self._intervals.append(frame.stamp_ns - self.frames[-1].stamp_ns)
        else:
            self.first_ns = frame.stamp_ns
        self.frames.append(frame)
        self.pass_by(frame.stamp_ns)

    def pass_by(self, stamp_ns: int) -> None:
        """Note that the frame of this stamp has come: nothing before it is to be waited for."""
        self.passed_ns = max(self.passed_ns, stamp_ns)

    def earliest_next_ns(self) -> int | None:
        """The earliest stamp the next frame is expected to have; None while nothing is known."""
        if not self._intervals:
            return None
        return self.passed_ns + min(self._intervals)

    def nearest(self, target_ns: int) -> _Frame | None:
        """The frame nearest to a time; the earlier one of two that are equally near."""
        stamps = [frame.stamp_ns for frame in self.frames]
        after = bisect_left(stamps, target_ns)
        around = [self.frames[i] for i in (after - 1, after) if 0 <= i < len(stamps)]
        return min(around, key=lambda frame: abs(frame.stamp_ns - target_ns), default=None)

    def is_final(self, target_ns: int) -> bool:
        """Whether no frame still to come can be nearer to a time than those that are here."""
        newest = self.newest_ns
        if newest is None:
            return False
        if self.passed_ns >= target_ns:
            return True
        following = self.earliest_next_ns()
        return following is not None and target_ns - newest <= abs(following - target_ns)


@dataclass(frozen=True, slots=True)
class _Missing:
    """Why a camera is not in a set."""

    reason: str
    detail: str


@dataclass(slots=True)
class _Pending:
    """A set that is not complete yet."""

    t0_ns: int
    deadline_ns: int
    settled: set[str] = field(default_factory=set)


class FrameSelector:
    """Builds FrameSets out of frames as they come.

    t0 is the stamp of an anchor frame: of each 100 ms raster point the nearest one. For each
    camera and each of t0-0.3, -0.2, -0.1 and 0 s the nearest frame is taken, at most
    ``tolerance_ns`` off; no frame serves twice. A set goes out, in the order of t0, as soon as no
    better frame can come, at the latest ``deadline_ns`` after its anchor frame arrived; then
    cameras that are late are left out when ``allow_subset`` and at least ``min_cameras`` remain,
    else the set is dropped. ``capacity`` is how many frames of a camera are held (those whose
    pixels still exist). ``dropped`` counts by reason; ``on_drop`` hears each with its details.
    """

    def __init__(
        self,
        rig: Rig,
        tolerance_ns: int = 50_000_000,
        deadline_ns: int = 60_000_000,
        allow_subset: bool = True,
        min_cameras: int = 1,
        capacity: int = 32,
        on_drop: OnDrop | None = None,
    ) -> None:
        self._rig = rig
        self._tolerance_ns = tolerance_ns
        self._wait_ns = deadline_ns
        self._min_cameras = min_cameras if allow_subset else len(rig.cameras)
        self._capacity = capacity
        self._on_drop = on_drop
        self.dropped: Counter[str] = Counter()
        self.reset()

    def reset(self) -> None:
        """Forget all frames: the next one may have any stamp."""
        self._tracks = {camera.role: _Track(camera, self._capacity) for camera in self._rig.cameras}
        self._pending: _Pending | None = None
        self._raster_ns: int | None = None
        self._candidate: _Frame | None = None

    # -- frames in

    def admit(self, role: str, stamp_ns: int, now_ns: int) -> bool:
        """Whether a frame of this stamp is worth decoding; counts it as dropped when not.

        Raises ClockJumped when the stamp lies CLOCK_JUMP_NS or more behind the camera's newest.
        """
        newest = self._tracks[role].newest_ns
        if now_ns > 0 and stamp_ns - now_ns > CLOCK_JUMP_NS:
            return self._refuse("future_stamp", role, f"{_s(stamp_ns - now_ns)} s ahead of now")
        if newest is None or stamp_ns > newest:
            return True
        if stamp_ns == newest:
            return self._refuse("duplicate_stamp", role, f"{_s(stamp_ns)} s again")
        if newest - stamp_ns > CLOCK_JUMP_NS:
            raise ClockJumped(f"camera {role} went back by {_s(newest - stamp_ns)} s")
        return self._refuse("out_of_order", role, f"{_s(newest - stamp_ns)} s behind the newest")

    def add(
        self, role: str, stamp_ns: int, width: int, height: int, handle: FrameHandle, now_ns: int
    ) -> list[FrameSet]:
        """Take a frame; return the sets that are ready now, oldest first. Raises as admit."""
        if not self.admit(role, stamp_ns, now_ns):
            return []
        frame = _Frame(stamp_ns, now_ns, width, height, handle)
        self._tracks[role].append(frame)
        ready: list[FrameSet] = []
        if role == self._rig.anchor:
            self._offer(frame, ready)
        self._advance(now_ns, ready)
        return ready

    def skip(self, role: str, stamp_ns: int, now_ns: int) -> list[FrameSet]:
        """Do without a frame that came and cannot be used; return the sets that wait no longer."""
        self._tracks[role].pass_by(stamp_ns)
        return self.poll(now_ns)

    def poll(self, now_ns: int) -> list[FrameSet]:
        """Return the sets whose deadline has come."""
        ready: list[FrameSet] = []
        self._advance(now_ns, ready)
        return ready

    @property
    def deadline_ns(self) -> int | None:
        """When ``poll`` is to be called next; None while nothing waits."""
        if self._pending is not None:
            return self._pending.deadline_ns
        if self._candidate is not None:
            return self._candidate.arrival_ns + self._wait_ns
        return None

    # -- t0

    def _offer(self, frame: _Frame, ready: list[FrameSet]) -> None:
        """Consider an anchor frame as t0: of each raster point the nearest frame counts."""
        rival = self._candidate
        if rival is not None:
            same = self._raster_index(rival.stamp_ns) == self._raster_index(frame.stamp_ns)
            if not (same and self._distance(frame.stamp_ns) < self._distance(rival.stamp_ns)):
                self._begin(rival, ready)
        self._candidate = None
        if self._raster_ns is None:
            self._begin(frame, ready)
        elif self._raster_index(frame.stamp_ns) > 0:
            self._candidate = frame

    def _raster_index(self, stamp_ns: int) -> int:
        """How many raster points a stamp lies after the last t0's; a tie goes to the earlier."""
        assert self._raster_ns is not None
        return -((self._raster_ns - stamp_ns + TICK_NS // 2) // TICK_NS)

    def _distance(self, stamp_ns: int) -> int:
        assert self._raster_ns is not None
        return abs(stamp_ns - self._raster_ns - self._raster_index(stamp_ns) * TICK_NS)

    def _begin(self, anchor: _Frame, ready: list[FrameSet]) -> None:
        """Make an anchor frame t0 of a new set; an older set is finished first."""
        if self._pending is not None:
            self._finish(self._pending, ready)
        if self._raster_ns is None:
            self._raster_ns = anchor.stamp_ns
        else:
            point = self._raster_ns + self._raster_index(anchor.stamp_ns) * TICK_NS
            self._raster_ns = point + round(_RASTER_GAIN * (anchor.stamp_ns - point))
        self._candidate = None
        self._pending = _Pending(anchor.stamp_ns, anchor.arrival_ns + self._wait_ns)

    def _advance(self, now_ns: int, ready: list[FrameSet]) -> None:
        candidate = self._candidate
        if candidate is not None and (
            self._is_settled(candidate) or now_ns >= candidate.arrival_ns + self._wait_ns
        ):
            self._begin(candidate, ready)
        pending = self._pending
        if pending is None:
            return
        self._settle(pending)
        if now_ns >= pending.deadline_ns or len(pending.settled) == len(self._tracks):
            self._finish(pending, ready)

    def _is_settled(self, candidate: _Frame) -> bool:
        """Whether no later anchor frame can be nearer to the candidate's raster point."""
        assert self._raster_ns is not None
        point = self._raster_ns + self._raster_index(candidate.stamp_ns) * TICK_NS
        return self._tracks[self._rig.anchor].is_final(point)

    # -- the frames of a set

    def _settle(self, pending: _Pending) -> None:
        """Note every camera that is no longer waited for."""
        for role, track in self._tracks.items():
            if role in pending.settled:
                continue
            silent = track.newest_ns is None or pending.t0_ns - track.newest_ns > SILENT_NS
            if silent or track.is_final(pending.t0_ns):
                pending.settled.add(role)

    def _choose(self, track: _Track, t0_ns: int) -> CameraFrames | _Missing:
        newest = track.newest_ns
        if newest is None or track.first_ns is None:
            return _Missing("no_history", "no frame yet")
        if t0_ns - newest > SILENT_NS:
            return _Missing("camera_silent", f"newest frame at t0-{_s(t0_ns - newest)} s")
        chosen: list[_Frame] = []
        # newest first: what is missing at t0 itself says most about a camera
        for offset in reversed(FRAME_OFFSETS_NS):
            target = t0_ns + offset
            frame = track.nearest(target)
            assert frame is not None
            error = frame.stamp_ns - target
            if abs(error) > self._tolerance_ns:
                return self._too_far(track, target, offset, error)
            chosen.insert(0, frame)
        if len({frame.stamp_ns for frame in chosen}) < len(chosen):
            return _Missing("too_slow", "one frame is the nearest to two of the four times")
        if len({(frame.width, frame.height) for frame in chosen}) > 1:
            return _Missing("other_resolution", "its images have two sizes")
        return _camera_frames(track.camera, t0_ns, chosen)

    def _too_far(self, track: _Track, target_ns: int, offset_ns: int, error_ns: int) -> _Missing:
        detail = (
            f"nearest frame {_s(error_ns, '+')} s off t0{_s(offset_ns, '+')} s, "
            f"more than {_s(self._tolerance_ns)} s"
        )
        assert track.first_ns is not None
        if target_ns < track.first_ns:
            return _Missing("no_history", detail)
        if target_ns < track.frames[0].stamp_ns:
            return _Missing("no_history", f"{detail}; only {len(track.frames)} frames are held")
        return _Missing("camera_late" if offset_ns == 0 and error_ns < 0 else "frame_gap", detail)

    def _finish(self, pending: _Pending, ready: list[FrameSet]) -> None:
        """Emit a set with what there is, or drop it when that is too little."""
        self._pending = None
        # Not chosen before: a camera may settle on what its rhythm promises, and while others are
        # waited for a frame may still come that is nearer.
        found = {role: self._choose(track, pending.t0_ns) for role, track in self._tracks.items()}
        cameras = tuple(entry for entry in found.values() if isinstance(entry, CameraFrames))
        missing = {role: entry for role, entry in found.items() if isinstance(entry, _Missing)}
        if len(cameras) < self._min_cameras:
            self._drop_set(pending.t0_ns, missing)
            return
        for role, entry in missing.items():
            self._drop(entry.reason, f"camera {role}: {entry.detail}")
        reasons = {role: f"{entry.reason}: {entry.detail}" for role, entry in missing.items()}
        ready.append(FrameSet(pending.t0_ns, self._rig.anchor, cameras, reasons))

    # -- what is dropped

    def _drop_set(self, t0_ns: int, missing: dict[str, _Missing]) -> None:
        reasons = {entry.reason for entry in missing.values()}
        reason = "set_" + (reasons.pop() if len(reasons) == 1 else "incomplete")
        details = "; ".join(
            f"camera {role} {entry.reason}, {entry.detail}" for role, entry in missing.items()
        )
        self._drop(reason, f"set of t0 {_s(t0_ns)} s: {details}")

    def _refuse(self, reason: str, role: str, detail: str) -> bool:
        self._drop(reason, f"camera {role}: stamp {detail}")
        return False

    def _drop(self, reason: str, detail: str) -> None:
        self.dropped[reason] += 1
        if self._on_drop is not None:
            self._on_drop(reason, detail)


def _camera_frames(camera: Camera, t0_ns: int, frames: list[_Frame]) -> CameraFrames:
    return CameraFrames(
        camera_id=camera.camera_id,
        role=camera.role,
        width=frames[0].width,
        height=frames[0].height,
        stamps_ns=tuple(frame.stamp_ns for frame in frames),  # type: ignore[arg-type]
        errors_ns=tuple(  # type: ignore[arg-type]
            frame.stamp_ns - t0_ns - offset
            for frame, offset in zip(frames, FRAME_OFFSETS_NS, strict=True)
        ),
        handles=tuple(frame.handle for frame in frames),  # type: ignore[arg-type]
    )


def _s(nanoseconds: int, sign: str = "") -> str:
    return f"{nanoseconds / SECOND_NS:{sign}.3f}"
