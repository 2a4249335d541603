# SPDX-License-Identifier: Apache-2.0
"""trajectory_publisher: predictions in, the plan for now out, at a rate of its own."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from alpamayo_msgs.msg import ModeDecision as ModeDecisionMsg
from alpamayo_msgs.msg import Plan as PlanMsg
from alpamayo_msgs.msg import Prediction as PredictionMsg
from nav_msgs.msg import Odometry, Path

from alpamayo_ros.commands.standing import StandingDecision
from alpamayo_ros.planning.plan import Planner
from alpamayo_ros.planning.settings import PlannerSettings
from alpamayo_ros.ros.conversions import (
    decision_from_msg,
    ego_state_from_msg,
    plan_to_msg,
    plan_to_path,
    prediction_from_msg,
)
from alpamayo_ros.ros.core_settings import planner_settings
from alpamayo_ros.ros.diagnostics import ERROR, WARN, Finding
from alpamayo_ros.ros.node import StackNode, run
from alpamayo_ros.ros.parameters import ParameterSpec
from alpamayo_ros.ros.planning_parameters import (
    BOUNDS_PARAMETERS,
    CAREFUL_PARAMETERS,
    REJECT_CONTRADICTIONS,
)
from alpamayo_ros.ros.qos import INTERNAL, LATCHED, SENSOR
from alpamayo_ros.types import SECOND_NS, Plan, PlanSource

_DEFAULTS = PlannerSettings()

PARAMETERS = (
    ParameterSpec(
        "rate_hz", 20.0, "How often a plan is published; beside that with every prediction.",
        "Hz", 1.0, 100.0,
    ),
    ParameterSpec(
        "fresh_s", _DEFAULTS.fresh_s,
        "Age of t0 up to which a plan counts as the model's own. "
        "Above the latency of the policy plus one tick.",
        "s", 0.05, 6.0,
    ),
    ParameterSpec(
        "hold_s", _DEFAULTS.hold_s,
        "Age of t0 up to which the last valid prediction is driven; then the vehicle stops.",
        "s", 0.05, 6.0,
    ),
    ParameterSpec(
        "deceleration", _DEFAULTS.deceleration,
        "Braking of a stop; harder only where the known path ends before.", "m/s^2", 0.5, 4.0,
    ),
    ParameterSpec(
        "anchor_tolerance_m", _DEFAULTS.anchor_tolerance_m,
        "How far a prediction may place the vehicle from where odometry has it.", "m", 0.1, 50.0,
    ),
    ParameterSpec(
        "follow_tolerance_m", _DEFAULTS.follow_tolerance_m,
        "A vehicle farther than this from its stop plan does not follow it: the stop is planned "
        "anew from where it is.",
        "m", 0.5, 50.0,
    ),
    ParameterSpec(
        "blend_s", _DEFAULTS.blend_s,
        "In which the plan being driven is left for a new prediction.", "s", 0.1, 2.0,
    ),
    ParameterSpec(
        "blend_tolerance_m", _DEFAULTS.blend_tolerance_m,
        "A vehicle farther than this, and what it travels in 0.1 s, from the plan being driven "
        "does not follow it: the plan begins anew at the vehicle.",
        "m", 0.0, 5.0,
    ),
    ParameterSpec(
        "blend_tolerance_mps", _DEFAULTS.blend_tolerance_mps,
        "The same for its speed.", "m/s", 0.0, 10.0,
    ),
    REJECT_CONTRADICTIONS,
    *CAREFUL_PARAMETERS,
    *BOUNDS_PARAMETERS,
)  # fmt: skip

_AUTOWARE = "autoware_planning_msgs"

_GRACE = 1.1


class TrajectoryPublisher(StackNode):
    """prediction + ego_odometry (+ mode_decision) -> plan, path, and Autoware's trajectory.

    The last only where Autoware's messages are installed.
    """

    NAME = "trajectory_publisher"
    PARAMETERS = PARAMETERS

    def configure(self) -> None:
        """Advertise the plan, listen, start the rate."""
        self._planner = Planner(planner_settings(self.values))
        self._standing = StandingDecision()
        self._newest: Plan | None = None
        self._silence = "NO_EGO_STATE: not started"
        self.diagnostics.add_check(self._check_plan)
        self._plans = self.advertise(PlanMsg, "plan", INTERNAL)
        self._paths = self.advertise(Path, "path", INTERNAL)
        self._autoware = autoware_messages()
        if self._autoware is not None:
            self._trajectories = self.advertise(
                self._autoware.Trajectory, "autoware_trajectory", INTERNAL
            )
        # best effort, so that it hears a reliable and a best-effort source alike
        self.subscribe(Odometry, "ego_odometry", self._on_ego, SENSOR)
        self.subscribe(PredictionMsg, "prediction", self._on_prediction, INTERNAL)
        self.subscribe(
            ModeDecisionMsg, "mode_decision", self._on_decision, LATCHED, while_inactive=True
        )
        self._period_ns = round(SECOND_NS / self.number("rate_hz"))
        self._timer = self.schedule(self._period_ns / SECOND_NS, self._on_timer)

    def clear_buffers(self) -> None:
        """Forget prediction, ego state and stop."""
        self._planner.reset()
        self._newest = None

    def _on_ego(self, message: Odometry) -> None:
        self.diagnostics.mark("ego_odometry")
        state = ego_state_from_msg(message)
        for reason in self.retry_after_jump(lambda: self._planner.update_ego(state)):
            self._drop("ego_odometry", reason)

    def _on_decision(self, message: ModeDecisionMsg) -> None:
        self.diagnostics.mark("mode_decision")
        try:
            without_effect = self._standing.accept(decision_from_msg(message), self.now_ns())
        except ValueError as error:
            without_effect = f"MALFORMED: {error}"
        if without_effect:
            name = without_effect.partition(":")[0].lower()
            self.diagnostics.count(f"mode_decision.without_effect.{name}")

    def _on_prediction(self, message: PredictionMsg) -> None:
        self.diagnostics.mark("prediction")
        prediction = prediction_from_msg(message)
        self.retry_after_jump(lambda: self._planner.accept(prediction, self.now_ns()))
        for reason in self._planner.rejections:
            self._drop("prediction", reason)
        # at once, and the next periodic one a whole period later
        self._publish()
        # a little more, or every second one would come just before the prediction of 0.1 s later
        # and hold it up
        self._timer.timer_period_ns = round(_GRACE * self._period_ns)
        self._timer.reset()

    def _on_timer(self) -> None:
        self._publish()
        if self._newest is None or self._newest.source != PlanSource.MODEL:
            self._timer.timer_period_ns = self._period_ns

    def _drop(self, what: str, reason: str) -> None:
        name, _, detail = reason.partition(": ")
        self.diagnostics.drop(f"{what}.{name.lower()}", detail)

    def _publish(self) -> None:
        now_ns = self.now_ns()
        instruction = self._standing.instruction(now_ns)
        plan = self.retry_after_jump(lambda: self._planner.plan(now_ns, instruction))
        self._newest = plan
        if plan is None:
            self._silence = self._planner.silence
            return
        message = plan_to_msg(plan)
        self._plans.publish(message)
        if self._paths.get_subscription_count():
            self._paths.publish(plan_to_path(message))
        if self._autoware is not None:
            self._trajectories.publish(autoware_trajectory(self._autoware, message))
        self._account(plan)

    def _account(self, plan: Plan) -> None:
        self.diagnostics.mark("plan")
        self.diagnostics.count(f"plans.{plan.source.name.lower()}")
        self.diagnostics.gauge("plan.age_of_t0_s", plan.age_s)
        self.diagnostics.gauge("plan.speed_mps", float(plan.speeds[0]))

    def _check_plan(self) -> Finding | None:
        """A plan that is not the model's own is a finding, and so is none."""
        if not self.active:
            return None
        if self._newest is None:
            return Finding(ERROR, f"no plan: {self._silence}")
        if self._newest.source == PlanSource.MODEL:
            return None
        level = ERROR if self._newest.source == PlanSource.STOP else WARN
        return Finding(level, f"plan {self._newest.source.name}: {self._newest.reason}")


def autoware_messages() -> Any:
    """The module autoware_planning_msgs.msg where it is installed, else None."""
    return import_module(f"{_AUTOWARE}.msg") if find_spec(_AUTOWARE) else None


def autoware_trajectory(messages: Any, plan: PlanMsg) -> Any:
    """The plan as autoware_planning_msgs/Trajectory, in its header's frame."""
    trajectory = messages.Trajectory(header=plan.header)
    for point in plan.points:
        trajectory.points.append(
            messages.TrajectoryPoint(
                time_from_start=point.time_from_start,
                pose=point.pose,
                longitudinal_velocity_mps=point.speed,
                acceleration_mps2=point.acceleration,
                heading_rate_rps=point.curvature * point.speed,
            )
        )
    return trajectory


def main() -> int:
    """Run the node."""
    return run(TrajectoryPublisher)


if __name__ == "__main__":
    sys.exit(main())
