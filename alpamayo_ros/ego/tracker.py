# SPDX-License-Identifier: Apache-2.0
"""The ego core as one piece: a source, the buffer behind it, and the answers it gives."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from alpamayo_ros.ego.dead_reckoning import TwistImuIntegrator
from alpamayo_ros.ego.history import EgoBuffer
from alpamayo_ros.ego.odometry import OdometryReading, OdometrySource
from alpamayo_ros.ego.responder import EgoResponder
from alpamayo_ros.ego.samples import EgoSample, SampleRejected
from alpamayo_ros.ego.transforms import TransformReading, TransformSource
from alpamayo_ros.ego.validation import EgoSettings
from alpamayo_ros.types import EgoHistory, EgoSource, EgoState


class EgoTracker:
    """Takes what sensors say about ego motion and answers requests for histories.

    Every ``take_*`` and ``request`` returns the histories that it completes, and raises
    ClockJumped when time was set back: call ``reset`` and repeat the call. What is not taken goes
    to ``on_rejected`` and is remembered as the reason of a gap. ``now_ns`` is the caller's clock.
    """

    def __init__(
        self,
        source: EgoSource,
        odometry_frame: str,
        base_frame: str,
        wait_ns: int,
        on_rejected: Callable[[SampleRejected], None],
        settings: EgoSettings | None = None,
    ) -> None:
        """Raise ConfigurationError when the source needs a frame that is not named."""
        limits = settings or EgoSettings()
        frames = (odometry_frame, base_frame)
        self._odometry = OdometrySource(*frames)
        self._transforms = (
            TransformSource(*frames, limits.max_gap_s) if source == EgoSource.TF else None
        )
        self._integrator = (
            TwistImuIntegrator(*frames, limits.max_gap_s) if source == EgoSource.TWIST_IMU else None
        )
        self._configured_base_frame = base_frame
        self._on_rejected = on_rejected
        self._buffer = EgoBuffer(limits, source)
        self._responder = EgoResponder(self._buffer, wait_ns)

    @property
    def base_frame(self) -> str:
        """The base frame: as configured, else as the first odometry named it."""
        return self._configured_base_frame or self._odometry.base_frame.name

    @property
    def deadline_ns(self) -> int | None:
        """When ``poll`` has something to answer; None when nothing is pending."""
        return self._responder.deadline_ns

    def state(self) -> EgoState | None:
        """Ego motion at the newest sample; None when there is none."""
        return self._buffer.state()

    def request(self, t0_ns: int, now_ns: int) -> list[EgoHistory]:
        """Ask for the history before t0."""
        return self._responder.request(t0_ns, now_ns)

    def poll(self, now_ns: int) -> list[EgoHistory]:
        """Answer what has waited long enough."""
        return self._responder.poll(now_ns)

    def take_odometry(self, reading: OdometryReading, now_ns: int) -> list[EgoHistory]:
        """Take an odometry message (source ODOMETRY)."""
        return self._take(lambda: [self._odometry.read(reading)], now_ns)

    def take_transforms(
        self, readings: Iterable[TransformReading], now_ns: int
    ) -> list[EgoHistory]:
        """Take the transforms of a /tf message (source TF)."""
        source = self._transforms
        assert source is not None, "the source is not TF"
        answers: list[EgoHistory] = []
        for reading in readings:
            answers += self._take(lambda reading=reading: source.read(reading), now_ns)  # type: ignore[misc]
        return answers

    def take_static_transforms(self, readings: Iterable[TransformReading]) -> None:
        """Take the transforms of a /tf_static message (source TF)."""
        assert self._transforms is not None, "the source is not TF"
        for reading in readings:
            try:
                self._transforms.read_static(reading)
            except SampleRejected as rejection:
                self._reject(rejection)

    def take_twist(
        self, stamp_ns: int, frame_id: str, speed: float, now_ns: int
    ) -> list[EgoHistory]:
        """Take a forward speed [m/s] (source TWIST_IMU)."""
        source = self._integrator
        assert source is not None, "the source is not TWIST_IMU"
        return self._take(lambda: source.read_twist(stamp_ns, frame_id, speed), now_ns)

    def take_imu(
        self, stamp_ns: int, frame_id: str, yaw_rate: float, now_ns: int
    ) -> list[EgoHistory]:
        """Take a yaw rate [rad/s, left positive] (source TWIST_IMU)."""
        source = self._integrator
        assert source is not None, "the source is not TWIST_IMU"
        return self._take(lambda: source.read_imu(stamp_ns, frame_id, yaw_rate), now_ns)

    def reset(self) -> None:
        """Forget everything but static transforms: time was set back."""
        self._odometry.reset()
        if self._transforms is not None:
            self._transforms.reset()
        if self._integrator is not None:
            self._integrator.reset()
        self._buffer.reset()
        self._responder.reset()

    def _take(self, read: Callable[[], list[EgoSample]], now_ns: int) -> list[EgoHistory]:
        answers: list[EgoHistory] = []
        try:
            for sample in read():
                answers += self._responder.add(sample, now_ns)
        except SampleRejected as rejection:
            self._reject(rejection)
        return answers

    def _reject(self, rejection: SampleRejected) -> None:
        self._buffer.reject(rejection)
        self._on_rejected(rejection)
