# SPDX-License-Identifier: Apache-2.0
"""The base of every node: parameters, lifecycle, clock jumps, diagnostics and the main function."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar

import rclpy
from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.clock import JumpThreshold, TimeJump
from rclpy.duration import Duration
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.qos import QoSProfile
from rclpy.qos_overriding_options import QoSOverridingOptions

from alpamayo_ros.ros.bringup import EXIT_CONFIGURATION
from alpamayo_ros.ros.diagnostics import ERROR, Diagnostics, Finding
from alpamayo_ros.ros.middleware import participant_of_its_own
from alpamayo_ros.ros.parameters import ParameterSpec, Value, expand, number, resolve
from alpamayo_ros.ros.shared_memory import sweep_dead_segments
from alpamayo_ros.types import ClockJumped, ConfigurationError

Result = TypeVar("Result")

COMMON_PARAMETERS = (
    ParameterSpec(
        "autostart", True, "Configure and activate at start, without a lifecycle manager."
    ),
    ParameterSpec(
        "diagnostics_period_s", 1.0,
        "How often an unchanged status is published; a changed one goes out within 0.1 s.",
        "s", 0.1, 10.0,
    ),
)  # fmt: skip

FROZEN_CLOCK_S = 0.5
ONE_JUMP_S = 1.0
"""Signs of a clock jump within this time are signs of the same jump."""
_FORWARD_JUMP_S = 5.0


class StackNode(LifecycleNode):
    """A lifecycle node whose subclass says what to do, not how a node lives.

    A subclass sets NAME and PARAMETERS and overrides ``configure`` (load, advertise, subscribe),
    ``clear_buffers`` (time was set back) and, where needed, ``activate``, ``deactivate`` and
    ``cleanup``. Parameters are read once, into ``self.values``; they cannot change while it runs.
    """

    NAME: ClassVar[str]
    PARAMETERS: ClassVar[tuple[ParameterSpec, ...]] = ()

    def __init__(self, **node_arguments: Any) -> None:
        super().__init__(self.NAME, **node_arguments)
        self.values: dict[str, Value] = {}
        self.active = False
        self.configuration_error: ConfigurationError | None = None
        self._entities: list[tuple[Callable[[Any], Any], Any]] = []
        self._declare_parameters()
        self.diagnostics = Diagnostics(self, self.number("diagnostics_period_s"))
        self._clock_seen = (0, time.monotonic())
        self._jumped_at = float("-inf")
        self._jump_handle = self.get_clock().create_jump_callback(
            JumpThreshold(
                min_forward=Duration(seconds=_FORWARD_JUMP_S),
                min_backward=Duration(nanoseconds=-1),
                on_clock_change=False,
            ),
            post_callback=self._on_clock_jump,
        )

    # -- parameters

    def _declare_parameters(self) -> None:
        given = {name: p.value for name, p in self._parameter_overrides.items()}
        specs = (*COMMON_PARAMETERS, *self.PARAMETERS)
        self.values = resolve(specs, given)
        for name, spec in expand(specs, self.strings("camera_roles")).items():
            self.declare_parameter(name, self.values[name], _descriptor(spec), ignore_override=True)

    def number(self, name: str) -> float:
        """Return a numeric parameter."""
        return number(self.values, name)

    def text(self, name: str) -> str:
        """Return a string parameter."""
        value = self.values[name]
        assert isinstance(value, str)
        return value

    def flag(self, name: str) -> bool:
        """Return a boolean parameter."""
        return self.values[name] is True

    def strings(self, name: str) -> list[str]:
        """Return a parameter that is a list of strings; empty when there is none of that name."""
        value = self.values.get(name, [])
        assert isinstance(value, list)
        return value

    # -- what a subclass overrides

    def configure(self) -> None:
        """Load, advertise, subscribe. Raise ConfigurationError when it cannot work."""

    def activate(self) -> None:
        """Start."""

    def deactivate(self) -> None:
        """Stop what was started."""

    def cleanup(self) -> None:
        """Release what ``configure`` took."""

    def clear_buffers(self) -> None:
        """Forget everything that was received: time was set back."""

    # -- what a subclass calls

    def advertise(self, message_type: Any, topic: str, qos: QoSProfile) -> Any:
        """Return a publisher that is silent while the node is inactive."""
        publisher = self.create_lifecycle_publisher(
            message_type, topic, qos,
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )  # fmt: skip
        self._entities.append((self.destroy_publisher, publisher))
        return publisher

    def subscribe(
        self,
        message_type: Any,
        topic: str,
        callback: Callable[[Any], None],
        qos: QoSProfile,
        while_inactive: bool = False,
        raw: bool = False,
    ) -> Any:
        """Subscribe; the callback is called only while the node is active.

        ``while_inactive`` is for latched topics: what they hold comes once, perhaps before the
        activation. ``raw``: the callback takes the message as bytes.
        """

        def while_active(message: Any) -> None:
            if self.active or while_inactive:
                callback(message)

        subscription = self.create_subscription(
            message_type, topic, while_active, qos, raw=raw,
            qos_overriding_options=QoSOverridingOptions.with_default_policies(),
        )  # fmt: skip
        self._entities.append((self.destroy_subscription, subscription))
        return subscription

    def schedule(self, period_s: float, callback: Callable[[], None], **arguments: Any) -> Any:
        """Return a timer on the node's clock; the callback is called only while it is active."""

        def while_active() -> None:
            if self.active:
                callback()

        timer = self.create_timer(period_s, while_active, **arguments)
        self._entities.append((self.destroy_timer, timer))
        return timer

    def serve(self, service_type: Any, name: str, callback: Callable[[Any, Any], Any]) -> Any:
        """Offer a service."""
        service = self.create_service(service_type, name, callback)
        self._entities.append((self.destroy_service, service))
        return service

    def act(
        self,
        action_type: Any,
        name: str,
        execute: Callable[[Any], Any],
        accept: Callable[[Any], GoalResponse],
    ) -> Any:
        """Offer an action; a goal can be cancelled at any time."""
        server = ActionServer(
            self, action_type, name, execute, goal_callback=accept,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )  # fmt: skip
        self._entities.append((lambda entity: entity.destroy(), server))
        return server

    def now_ns(self) -> int:
        """ROS time now [ns]."""
        return int(self.get_clock().now().nanoseconds)

    def reset_after_jump(self, detail: str) -> None:
        """Clear all buffers because time was set back.

        The clock and the stamps of each input tell of the same jump: it is logged once.
        """
        self.clear_buffers()
        now = time.monotonic()
        told, self._jumped_at = now - self._jumped_at < ONE_JUMP_S, now
        if not told:
            self.diagnostics.count("clock_jumps")
            self.get_logger().warning(f"clock jumped ({detail}): buffers cleared")

    def retry_after_jump(self, step: Callable[[], Result]) -> Result:
        """Do a step of a core, once more after a reset when it finds time set back."""
        try:
            return step()
        except ClockJumped as jump:
            self.reset_after_jump(str(jump))
            return step()

    # -- lifecycle

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Configure; a ConfigurationError is kept for whoever triggered it."""
        try:
            self.diagnostics.add_check(self._check_clock)
            self.configure()
        except ConfigurationError as error:
            self.configuration_error = error
            self.get_logger().error(str(error))
            self._release()
            return TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Activate publishers, then start."""
        result = super().on_activate(state)
        self.activate()
        self.active = True
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop, then deactivate publishers."""
        self.active = False
        self.deactivate()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Release everything ``configure`` took."""
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop and release."""
        if self.active:
            self.active = False
            self.deactivate()
        self._release()
        return TransitionCallbackReturn.SUCCESS

    def start(self) -> None:
        """Configure and activate; raise ConfigurationError when that fails."""
        if self.trigger_configure() != TransitionCallbackReturn.SUCCESS:
            raise self.configuration_error or ConfigurationError(f"{self.NAME} did not configure")
        if self.trigger_activate() != TransitionCallbackReturn.SUCCESS:
            raise ConfigurationError(f"{self.NAME} did not activate")

    def close(self) -> None:
        """Stop, release and destroy the node, whatever state it is in."""
        if self.active:
            self.active = False
            self.deactivate()
        self._release()
        self.destroy_node()

    def _release(self) -> None:
        self.cleanup()
        for destroy, entity in reversed(self._entities):
            destroy(entity)
        self._entities.clear()
        self.diagnostics.clear_checks()

    # -- time

    def _on_clock_jump(self, jump: TimeJump) -> None:
        delta_ns = jump.delta.nanoseconds
        # simulated time stands at 0 until the first /clock: its begin is no jump
        if self.active and self.now_ns() - delta_ns > 0:
            self.reset_after_jump(f"ROS time by {delta_ns / 1e9:+.3f} s")

    def _check_clock(self) -> Finding | None:
        """The ROS clock must go on while the node is active and follows simulated time."""
        now = time.monotonic()
        ros_now = self.now_ns()
        if ros_now != self._clock_seen[0] or not self.active:
            self._clock_seen = (ros_now, now)
            return None
        stalled = now - self._clock_seen[1]
        if stalled < FROZEN_CLOCK_S:
            return None
        return Finding(
            ERROR, f"clock frozen: ROS time stands at {ros_now / 1e9:.3f} s for {stalled:.1f} s"
        )


def _descriptor(spec: ParameterSpec) -> ParameterDescriptor:
    descriptor = ParameterDescriptor(description=spec.description, read_only=True)
    if spec.unit:
        descriptor.description += f" [{spec.unit}]"
    if spec.choices:
        descriptor.additional_constraints = "one of " + ", ".join(spec.choices)
    if spec.minimum is None and spec.maximum is None:
        return descriptor
    if isinstance(spec.default, float):
        low = -1e308 if spec.minimum is None else float(spec.minimum)
        high = 1e308 if spec.maximum is None else float(spec.maximum)
        descriptor.floating_point_range = [FloatingPointRange(from_value=low, to_value=high)]
    elif isinstance(spec.default, int):
        low_int = -(2**63) if spec.minimum is None else int(spec.minimum)
        high_int = 2**63 - 1 if spec.maximum is None else int(spec.maximum)
        descriptor.integer_range = [IntegerRange(from_value=low_int, to_value=high_int)]
    return descriptor


def run(node_class: type[StackNode], arguments: Sequence[str] | None = None) -> int:
    """Run one node until it is told to stop; return the process's exit code."""
    sweep_dead_segments()
    node: StackNode | None = None
    try:
        with participant_of_its_own():
            rclpy.init(args=arguments)
            node = node_class()
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        if node.flag("autostart"):
            node.start()
        executor.spin()
    except ConfigurationError as error:
        # told to stop while it was coming up: that is no fault of its configuration
        if node is None or rclpy.ok():
            print(f"{node_class.NAME}: {error}", file=sys.stderr)
            return EXIT_CONFIGURATION
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except Exception:
        # told to stop before the node was up: its context went away under it
        if rclpy.ok():
            raise
    finally:
        if node is not None:
            node.close()
        rclpy.try_shutdown()
    return 0
