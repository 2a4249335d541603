# SPDX-License-Identifier: Apache-2.0
"""mode_expert: what a person said in, what may become of it out. No other node hears words."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from alpamayo_msgs.action import Ask
from alpamayo_msgs.msg import Answer as AnswerMsg
from alpamayo_msgs.msg import ChainOfCausation
from alpamayo_msgs.msg import ModeDecision as ModeDecisionMsg
from alpamayo_msgs.msg import Plan as PlanMsg
from alpamayo_msgs.msg import RoadContext as RoadContextMsg
from alpamayo_msgs.msg import UserCommand as UserCommandMsg
from alpamayo_msgs.srv import SubmitCommand
from nav_msgs.msg import Odometry
from rclpy.action import GoalResponse
from rclpy.serialization import deserialize_message
from rclpy.task import Future

from alpamayo_ros.commands.answers import UNITS
from alpamayo_ros.commands.conversation import Conversation, ConversationSettings
from alpamayo_ros.commands.mode_expert import ModeExpert, ModeExpertSettings
from alpamayo_ros.commands.standing import asks
from alpamayo_ros.ros.conversions import (
    answer_from_msg,
    answer_to_msg,
    chain_from_msg,
    command_from_msg,
    decision_to_msg,
    ego_state_from_msg,
    plan_from_msg,
    road_context_from_msg,
    time_to_ns,
)
from alpamayo_ros.ros.core_settings import conversation_settings, mode_expert_settings
from alpamayo_ros.ros.node import StackNode, run
from alpamayo_ros.ros.parameters import ParameterSpec
from alpamayo_ros.ros.qos import ANSWERS, COMMANDS, INTERNAL, LATCHED, SENSOR
from alpamayo_ros.types import Answer, ModeDecision

_DEFAULTS = ModeExpertSettings()
_CONVERSATION = ConversationSettings()

_POLL_S = 0.5


class ModeExpertNode(StackNode):
    """user_command, submit_command or the action ask -> mode_decision, latched, and answer.

    Everything else it hears is what decisions depend on and answers rest on.
    """

    NAME = "mode_expert"
    PARAMETERS = (
        ParameterSpec(
            "control_sources", list(_DEFAULTS.control_sources),
            "Sources whose words may become CONTROL; '*': all.",
        ),
        ParameterSpec(
            "max_speed", _DEFAULTS.max_speed,
            "No wish makes the vehicle faster, whatever the legal limit.", "m/s", 1.0, 100.0,
        ),
        ParameterSpec(
            "rate_hz", _DEFAULTS.rate_hz,
            "Sentences a source may say; what is said beyond is not looked at.", "Hz", 0.1, 1000.0,
        ),
        ParameterSpec(
            "burst", _DEFAULTS.burst, "Sentences a source may say at once.", "", 1, 10000
        ),
        ParameterSpec(
            "max_characters", _DEFAULTS.max_characters,
            "A longer sentence is not looked at.", "", 1, 100_000,
        ),
        ParameterSpec(
            "manoeuvre_time_to_live_s", _DEFAULTS.manoeuvre_time_to_live_s,
            "A manoeuvre that was not carried out by then is forgotten.", "s", 1.0, 3600.0,
        ),
        ParameterSpec(
            "style_time_to_live_s", _DEFAULTS.style_time_to_live_s,
            "How long a wish about speed, gap or style holds.", "s", 1.0, 86400.0,
        ),
        ParameterSpec(
            "question_time_to_live_s", _DEFAULTS.question_time_to_live_s,
            "A question that the model has not begun to answer by then is forgotten.",
            "s", 1.0, 600.0,
        ),
        ParameterSpec(
            "road_age_s", _CONVERSATION.road_age_s,
            "A road context older than this is not known.", "s", 0.1, 3600.0,
        ),
        ParameterSpec(
            "answer_timeout_s", _CONVERSATION.answer_timeout_s,
            "How long the model may be silent over a question.", "s", 0.5, 600.0,
        ),
        ParameterSpec("speed_unit", "km/h", "Unit of spoken speeds.", choices=tuple(UNITS)),
    )  # fmt: skip

    def configure(self) -> None:
        """Load the expert; advertise the decision before anybody can ask for one."""
        self._expert = ModeExpert(mode_expert_settings(self.values))
        self._conversation = Conversation(
            conversation_settings(self.values), UNITS[self.text("speed_unit")]
        )
        self._goals: dict[str, list[tuple[Any, Future]]] = defaultdict(list)
        self._decisions = self.advertise(ModeDecisionMsg, "mode_decision", LATCHED)
        self._answers = self.advertise(AnswerMsg, "answer", ANSWERS)
        self.subscribe(Odometry, "ego_odometry", self._on_ego, SENSOR)
        self._newest: dict[str, bytes] = {}
        # kept as bytes: they come thirty times a second and are looked at when somebody speaks
        self.subscribe(PlanMsg, "plan", self._keep("plan"), INTERNAL, raw=True)
        self.subscribe(
            ChainOfCausation, "chain_of_causation", self._keep("chain"), INTERNAL, raw=True
        )
        self.subscribe(RoadContextMsg, "road_context", self._on_road, SENSOR)
        self.subscribe(AnswerMsg, "model_answer", self._on_model_answer, ANSWERS)
        self.subscribe(UserCommandMsg, "user_command", self._on_command, COMMANDS)
        self.serve(SubmitCommand, "submit_command", self._submit)
        self.act(Ask, "ask", self._ask, self._may_ask)
        self.schedule(_POLL_S, self._poll)

    def clear_buffers(self) -> None:
        """Forget the drive, the standing wishes and the questions that wait."""
        self._expert.reset()
        self._conversation.reset()
        self._newest.clear()
        for identity in list(self._goals):
            self._deliver([Answer(identity, "Time was set back.", None)])

    # -- what is known

    def _on_ego(self, message: Odometry) -> None:
        self.diagnostics.mark("ego_odometry")
        self._conversation.take_ego(ego_state_from_msg(message))

    def _keep(self, what: str) -> Callable[[bytes], None]:
        def keep(data: bytes) -> None:
            self.diagnostics.mark(what)
            self._newest[what] = data

        return keep

    def _look(self) -> None:
        """Read what was kept since somebody last spoke."""
        if (data := self._newest.pop("plan", None)) is not None:
            plan = deserialize_message(data, PlanMsg)
            self._take("plan", lambda: self._conversation.take_plan(plan_from_msg(plan)))
        if (data := self._newest.pop("chain", None)) is not None:
            chain = deserialize_message(data, ChainOfCausation)
            t0_ns = time_to_ns(chain.header.stamp)
            self._take(
                "chain", lambda: self._conversation.take_chain(*chain_from_msg(chain), t0_ns)
            )

    def _on_road(self, message: RoadContextMsg) -> None:
        self.diagnostics.mark("road_context")
        self._take("road", lambda: self._conversation.take_road(road_context_from_msg(message)))

    def _take(self, what: str, step: Callable[[], None]) -> None:
        try:
            step()
        except ValueError as error:
            self.diagnostics.drop(f"{what}.malformed", str(error))

    # -- words

    def _on_command(self, message: UserCommandMsg) -> None:
        self._decide(message)

    def _decide(self, message: UserCommandMsg) -> tuple[ModeDecision, ModeDecisionMsg]:
        self.diagnostics.mark("command")
        self._look()
        now_ns = self.now_ns()
        command = command_from_msg(message)
        decision = self._expert.decide(command, now_ns, self._conversation.state(now_ns))
        self.diagnostics.count(f"decided.{decision.verdict.name.lower()}")
        answer = decision_to_msg(decision)
        self._decisions.publish(answer)
        if asks(decision):
            self._deliver(self._conversation.begin(decision, now_ns))
        return decision, answer

    def _submit(
        self, request: SubmitCommand.Request, response: SubmitCommand.Response
    ) -> SubmitCommand.Response:
        _, response.decision = self._decide(request.command)
        return response

    # -- the action

    def _may_ask(self, request: Ask.Goal) -> GoalResponse:
        return GoalResponse.ACCEPT if self.active else GoalResponse.REJECT

    async def _ask(self, goal: Any) -> Ask.Result:
        """Decide on the question; stream its answer as it comes."""
        message = goal.request.question
        message.id = message.id or bytes(goal.goal_id.uuid).hex()
        whole: Future = Future(executor=self.executor)
        self._goals[message.id].append((goal, whole))
        decision, _ = self._decide(message)
        if not asks(decision):
            self._deliver([Answer(decision.command_id, decision.reply)])
        answer = await whole
        if goal.is_cancel_requested:
            goal.canceled()
        else:
            goal.succeed()
        return Ask.Result(answer=answer_to_msg(answer))

    def _on_model_answer(self, message: AnswerMsg) -> None:
        piece = answer_from_msg(message)
        self._deliver(self._conversation.take_model_answer(piece, self.now_ns()))

    def _poll(self) -> None:
        self._deliver(self._conversation.poll(self.now_ns()))
        for identity, goals in list(self._goals.items()):
            for goal, whole in goals:
                if goal.is_cancel_requested and not whole.done():
                    whole.set_result(Answer(identity, ""))
            self._goals[identity] = [entry for entry in goals if not entry[1].done()]
            if not self._goals[identity]:
                del self._goals[identity]

    def _deliver(self, answers: list[Answer]) -> None:
        """Stream pieces to those who asked by the action; the whole answer goes to everybody."""
        for answer in answers:
            for goal, whole in self._goals.get(answer.question_id, ()):
                if whole.done():
                    continue
                if answer.last:
                    whole.set_result(answer)
                else:
                    goal.publish_feedback(Ask.Feedback(text=answer.text))
            if answer.last:
                self._goals.pop(answer.question_id, None)
                self.diagnostics.count("answers")
                self._answers.publish(answer_to_msg(answer))


def main() -> int:
    """Run the node."""
    return run(ModeExpertNode)


if __name__ == "__main__":
    sys.exit(main())
