# SPDX-License-Identifier: Apache-2.0
"""Ego samples from transforms: the chain odometry frame -> base frame, without tf2."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from numpy.typing import ArrayLike

from alpamayo_ros.ego.odometry import plain_frame
from alpamayo_ros.ego.samples import EgoSample, SampleRejected, check_stamped, checked_pose
from alpamayo_ros.ego.tracks import Track, common_stamps
from alpamayo_ros.geometry import compose, identity_pose, inverse, slerp, wrap_angle, yaw_of
from alpamayo_ros.types import SECOND_NS, ConfigurationError, Pose

DIFFERENCE_NS = 100_000_000
"""Speed and yaw rate are differences of poses this far apart: a centimetre of noise is 0.1 m/s."""

CHAIN_WAIT_NS = SECOND_NS
"""At the start, the links of a chain arrive one after the other."""

_MAX_CHAIN = 16
_MAX_FRAMES = 1000


@dataclass(frozen=True, slots=True)
class TransformReading:
    """One transform, unchecked: position (3,) and quaternion (4,) of ``child`` in ``parent``."""

    stamp_ns: int
    parent: str
    child: str
    position: ArrayLike
    quaternion: ArrayLike


@dataclass(slots=True)
class _Link:
    """The transform from a frame to its parent; a static one has a pose, a moving one a track."""

    parent: str
    fixed: Pose | None
    track: Track[Pose]


class TransformSource:
    """Follows the transforms between two frames and makes an ego sample of each change.

    Static links are composed as they are. When several links move, samples are made for each stamp
    of any of them up to the time that all have reached, the others interpolated; but not inside a
    gap of a link longer than ``max_gap_s``, so that a gap stays one.
    """

    def __init__(self, odometry_frame: str, base_frame: str, max_gap_s: float) -> None:
        """Raise ConfigurationError when a frame is not named: a chain needs both ends."""
        self._odometry_frame = plain_frame(odometry_frame)
        self._base_frame = plain_frame(base_frame)
        if not self._odometry_frame or not self._base_frame:
            raise ConfigurationError(
                "source 'tf' needs odometry_frame and base_frame: a transform chain has two ends"
            )
        self._max_gap_ns = round(max_gap_s * SECOND_NS)
        self._links: dict[str, _Link] = {}
        self._chain: list[_Link] = []
        self._recent: deque[tuple[int, Pose]] = deque()
        self._emitted_ns: int | None = None

    def read_static(self, reading: TransformReading) -> None:
        """Take a static transform; raises SampleRejected (not_finite)."""
        pose = checked_pose(reading.stamp_ns, reading.position, reading.quaternion)
        self._put(reading, pose)

    def read(self, reading: TransformReading) -> list[EgoSample]:
        """Take a moving transform and return the samples it completes, in order.

        Raises SampleRejected (not_finite, duplicate_stamp, out_of_order, unstamped; wrong_frame
        when it begins or ends at one of our frames and the chain stays incomplete for
        CHAIN_WAIT_NS), and ClockJumped. Frames beside a complete chain raise nothing.
        """
        if not self._concerns_chain(reading):
            self._put(reading, None)
            return []
        check_stamped(reading.stamp_ns)
        pose = checked_pose(reading.stamp_ns, reading.position, reading.quaternion)
        track = self._put(reading, None).track
        track.add(reading.stamp_ns, pose)
        if not self._chain and reading.stamp_ns - track.stamps[0] > CHAIN_WAIT_NS:
            self._check_relevant(reading)
        return self._samples() if self._chain else []

    def reset(self) -> None:
        """Forget what moved: time was set back. Static transforms stay."""
        for link in self._links.values():
            link.track = Track(link.track.name)
        self._recent.clear()
        self._emitted_ns = None

    def _concerns_chain(self, reading: TransformReading) -> bool:
        """Whether the transform is a link of the chain, or may become one."""
        link = self._links.get(plain_frame(reading.child))
        return not self._chain or any(link is other for other in self._chain)

    def _put(self, reading: TransformReading, fixed: Pose | None) -> _Link:
        parent, child = plain_frame(reading.parent), plain_frame(reading.child)
        link = self._links.get(child)
        if link is None and len(self._links) >= _MAX_FRAMES:
            raise SampleRejected(
                "too_many_frames", reading.stamp_ns, f"'{child}' is one of more than {_MAX_FRAMES}"
            )
        if link is None or link.parent != parent or (link.fixed is None) != (fixed is None):
            link = _Link(parent, fixed, Track(f"transform '{parent}' -> '{child}'"))
            self._links[child] = link
            self._chain = self._find_chain()
        link.fixed = fixed
        return link

    def _find_chain(self) -> list[_Link]:
        """Return the links from the odometry frame down to the base frame; empty when broken."""
        chain: list[_Link] = []
        frame = self._base_frame
        while frame != self._odometry_frame:
            link = self._links.get(frame)
            if link is None or len(chain) == _MAX_CHAIN:
                return []
            chain.append(link)
            frame = link.parent
        return chain[::-1]

    def _check_relevant(self, reading: TransformReading) -> None:
        parent, child = plain_frame(reading.parent), plain_frame(reading.child)
        if child == self._base_frame or parent == self._odometry_frame:
            raise SampleRejected(
                "wrong_frame", reading.stamp_ns,
                f"no transforms from '{self._odometry_frame}' to '{self._base_frame}': "
                f"'{child}' is in '{parent}'",
            )  # fmt: skip

    def _samples(self) -> list[EgoSample]:
        moving = [link.track for link in self._chain if link.fixed is None]
        samples: list[EgoSample] = []
        for stamp in common_stamps(moving, self._emitted_ns):
            self._emitted_ns = stamp
            if all(track.gap_ns(stamp) <= self._max_gap_ns for track in moving):
                sample = self._sample(stamp)
                samples += [sample] if sample else []
        return samples

    def _sample(self, stamp_ns: int) -> EgoSample | None:
        pose = identity_pose()
        for link in self._chain:
            inner = link.fixed if link.fixed is not None else _pose_at(link.track, stamp_ns)
            pose = compose(pose, inner)
        before = self._pose_before(stamp_ns)
        # at most 1 kHz is kept: a faster source adds nothing to a difference over 0.1 s
        if before is None or stamp_ns - self._recent[-1][0] >= SECOND_NS // 1000:
            self._recent.append((stamp_ns, pose))
        if before is None or stamp_ns - before[0] < DIFFERENCE_NS // 2:
            return None
        speed, yaw_rate = _difference(*before, stamp_ns, pose)
        return EgoSample(stamp_ns, self._odometry_frame, pose, speed, yaw_rate, False)

    def _pose_before(self, stamp_ns: int) -> tuple[int, Pose] | None:
        """Return the newest pose at least DIFFERENCE_NS older, else the oldest there is."""
        while len(self._recent) > 1 and self._recent[1][0] <= stamp_ns - DIFFERENCE_NS:
            self._recent.popleft()
        return self._recent[0] if self._recent else None


def _difference(before_ns: int, before: Pose, stamp_ns: int, pose: Pose) -> tuple[float, float]:
    """Return mean forward speed [m/s] and yaw rate [rad/s] between two poses."""
    elapsed = (stamp_ns - before_ns) / SECOND_NS
    moved = compose(inverse(before), pose)
    turn = float(wrap_angle(yaw_of(moved.quaternion)))
    along = moved.position[0] * math.cos(turn / 2) + moved.position[1] * math.sin(turn / 2)
    return float(along) / elapsed, turn / elapsed


def _pose_at(track: Track[Pose], stamp_ns: int) -> Pose:
    before, after, fraction = track.fraction(stamp_ns)
    first, second = track.values[before], track.values[after]
    return Pose(
        first.position + fraction * (second.position - first.position),
        slerp(first.quaternion, second.quaternion, fraction),
    )
