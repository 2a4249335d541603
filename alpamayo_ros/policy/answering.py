# SPDX-License-Identifier: Apache-2.0
"""Questions to a policy, answered between ticks, a piece at a time."""

from __future__ import annotations

from collections.abc import Iterator

from alpamayo_ros.policy.protocol import AnsweringPolicy, Policy
from alpamayo_ros.types import Answer, Observation


class Answering:
    """Answers the newest question; an older one that is not answered to its end is broken off.

    ``ask`` and ``forget`` may be called from another thread than ``step``. An answer always ends
    with a piece that is ``last``; a policy that answers nothing ends it with an empty text.
    """

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._asked: tuple[str, str] | None = None
        self._id = ""
        self._pieces: Iterator[str] | None = None
        self._t0_ns: int | None = None

    @property
    def busy(self) -> bool:
        """Whether ``step`` has something to do."""
        return self._asked is not None or self._pieces is not None

    def ask(self, question_id: str, question: str) -> None:
        """Take a question; it replaces one that nobody has begun to answer."""
        self._asked = (question_id, question)

    def forget(self) -> None:
        """Drop the question that waits."""
        self._asked = None

    def step(self, observation: Observation | None) -> list[Answer]:
        """Go on by one piece; return what is to be said.

        A question waits for the first observation. What the policy raises breaks the answer off
        and passes through.
        """
        said: list[Answer] = []
        asked = self._asked
        if asked is not None and observation is not None:
            # a newer one may have come since; that one is next
            if self._asked is asked:
                self._asked = None
            if self._pieces is not None:
                said.append(self._end())
            self._id, question = asked
            self._t0_ns = observation.t0_ns
            if not isinstance(self._policy, AnsweringPolicy):
                self._t0_ns = None
                return [*said, self._end()]
            self._pieces = iter(self._policy.answer(question, observation))
        if self._pieces is None:
            return said
        try:
            piece = next(self._pieces, None)
        except Exception:
            self._pieces = None
            raise
        said.append(
            self._end() if piece is None else Answer(self._id, piece, self._t0_ns, last=False)
        )
        return said

    def broken_off(self) -> Answer:
        """The end of an answer whose policy failed."""
        return self._end()

    def _end(self) -> Answer:
        self._pieces = None
        return Answer(self._id, "", self._t0_ns, last=True)
