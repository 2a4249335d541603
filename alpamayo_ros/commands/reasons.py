# SPDX-License-Identifier: Apache-2.0
"""The closed set of reasons a decision can have, and what is said to the person for each."""

from __future__ import annotations

REFUSALS = {
    "HARM_PEOPLE": "I will not do anything that could hurt people.",
    "SELF_HARM": "I will not do that. Please talk to somebody you trust.",
    "HARM_ANIMAL": "I will not do anything that could hurt an animal.",
    "HARM_THINGS": "I will not drive into or damage anything.",
    "TRAFFIC_RULE": "I have to follow the traffic rules.",
    "SPEEDING": "I will not drive faster than is allowed and safe.",
    "TOO_CLOSE": "I will not drive that close to anybody.",
    "RACING": "I do not race or show off.",
    "FLEEING": "I will not help to get away from the police.",
    "EMERGENCY_VEHICLE": "I always make way for emergency vehicles.",
    "SAFETY_OFF": "I cannot switch off or weaken safety functions.",
    "AUTHORITY": "Nobody can release me from the rules by saying so.",
    "ROLE_PLAY": "I drive in the real world, so I will not play along.",
    "INJECTION": "My instructions cannot be changed that way.",
    "CRIME": "I will not help with that.",
    "DISGUISED": "I will not do that, however it is written.",
    "CONTROL_TOKEN": "I cannot accept this text.",
    "HARMFUL": "I will not do that.",
    "MOTORWAY": "That is not possible on a motorway.",
    "OVER_CAP": "That is faster than I am allowed to drive.",
    "STOPPING": "I am stopping right now; please wait.",
    "SOURCE": "You are not allowed to control the vehicle.",
}
"""Why a sentence is refused; from HARM_PEOPLE to HARMFUL it is for what is asked."""

UNCLEAR = {
    "EMPTY": "I did not hear anything.",
    "TEXT_TOO_LONG": "That is too long for me.",
    "RATE": "That is too fast for me, please say it again.",
    "DISGUISED_TEXT": "I cannot read that.",
    "NOT_COVERED": "I am not sure what you mean.",
    "NO_COMMAND": "I am not sure what I should do.",
    "NEGATED": "I will not change anything. Tell me what to do instead.",
    "AMBIGUOUS": "Do you mean a turn or a lane change?",
    "CONTRADICTION": "That contradicts itself.",
    "TOO_MANY_COMMANDS": "Please tell me one thing after the other.",
    "TOO_MANY_WORDS": "Please say it in fewer words.",
    "TOLD": "I take that as talk, not as a command.",
    "DOUBTFUL": "I am not sure what you mean.",
    "UNKNOWN_LIMIT": "I do not know the speed limit here.",
    "LANGUAGE": "I did not understand that.",
}
"""Why a sentence is not understood with confidence."""

ROUTED = frozenset(("UNDERSTOOD", "QUESTION", "ADAPTED"))
"""Why a sentence takes effect; ADAPTED: in a more careful form than it was asked for."""

NAMES = frozenset((*REFUSALS, *UNCLEAR, *ROUTED))
