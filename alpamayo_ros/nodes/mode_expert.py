# SPDX-License-Identifier: Apache-2.0
"""mode_expert: what a person said in, what may become of it out. No other node hears words."""

from __future__ import annotations

import sys

from alpamayo_msgs.msg import ModeDecision as ModeDecisionMsg
from alpamayo_msgs.msg import UserCommand as UserCommandMsg
from alpamayo_msgs.srv import SubmitCommand

from alpamayo_ros.commands.mode_expert import ModeExpert
from alpamayo_ros.ros.conversions import command_from_msg, decision_to_msg
from alpamayo_ros.ros.node import StackNode, run
from alpamayo_ros.ros.qos import INTERNAL, LATCHED


class ModeExpertNode(StackNode):
    """user_command (or the service submit_command) -> mode_decision, latched."""

    NAME = "mode_expert"

    def configure(self) -> None:
        """Advertise the decision before anybody can ask for one."""
        self._expert = ModeExpert()
        self._decisions = self.advertise(ModeDecisionMsg, "mode_decision", LATCHED)
        self.subscribe(UserCommandMsg, "user_command", self._decide, INTERNAL)
        self.serve(SubmitCommand, "submit_command", self._submit)

    def _decide(self, message: UserCommandMsg) -> ModeDecisionMsg:
        self.diagnostics.mark("command")
        decision = self._expert.decide(command_from_msg(message), self.now_ns())
        self.diagnostics.count(f"decided.{decision.verdict.name.lower()}")
        answer = decision_to_msg(decision)
        self._decisions.publish(answer)
        return answer

    def _submit(
        self, request: SubmitCommand.Request, response: SubmitCommand.Response
    ) -> SubmitCommand.Response:
        response.decision = self._decide(request.command)
        return response


def main() -> int:
    """Run the node."""
    return run(ModeExpertNode)


if __name__ == "__main__":
    sys.exit(main())
