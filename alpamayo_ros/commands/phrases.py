# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- one line a manoeuvre
"""The plainest ways to say each manoeuvre: understood by the letter, whatever a network learns."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PHRASES = {
    "PULL_OVER": "pull over, pull over here, pull up here, pull to the side, pull over to the side, stop at the side of the road",
    "STOP": "stop, stop now, stop here, stop the car, stop the vehicle, stop driving, halt, brake, hit the brakes, hold it, wait here",
    "RESUME": "resume, resume driving, go on, carry on, continue, continue driving, keep driving, drive on, start driving, hit the road, let us go, off we go, off you go",
    "SPEED_UP": "speed up, go faster, drive faster, faster, a bit faster, a little faster, go a bit faster, go a little faster, accelerate",
    "SLOW_DOWN": "slow down, slow, slower, go slower, drive slower, drive slowly, a bit slower, a little slower, slow down a bit, slow down a little, not so fast, kill some speed, reduce speed, reduce your speed",
    "KEEP_DISTANCE": "keep your distance, keep more distance, keep a bigger gap, leave more space, leave more room, back off, do not tailgate",
    "CHANGE_LANE_LEFT": "change lane left, change lanes left, change lanes to the left, change to the left lane, go to the left lane, move to the left lane, merge left, left lane, move over to the left lane",
    "CHANGE_LANE_RIGHT": "change lane right, change lanes right, change lanes to the right, change to the right lane, go to the right lane, move to the right lane, merge right, right lane, move over to the right lane",
    "KEEP_LANE": "keep lane, keep this lane, keep your lane, keep the lane, stay in lane, stay in this lane, stay in your lane, do not change lanes",
    "TURN_LEFT": "turn left, turn left here, go left, take a left, make a left, take the next left, next left, left turn, turn to the left",
    "TURN_RIGHT": "turn right, turn right here, go right, take a right, make a right, take the next right, next right, right turn, turn to the right",
    "GO_STRAIGHT": "go straight, go straight on, straight on, straight ahead, go straight ahead, keep straight, keep going straight, continue straight, drive straight on",
    "U_TURN": "uturn, make a uturn, do a uturn, turn around, turn round, turn the car around, turn back, go back the way we came",
    "TAKE_EXIT": "take the exit, take the next exit, take this exit, next exit, exit here, leave the motorway, leave the highway, get off the highway",
    "OVERTAKE": "overtake, overtake it, overtake him, overtake that car, overtake the truck, overtake this truck, pass that car, pass this truck",
    "GO_AROUND": "go around, go around it, drive around it, go round it, steer around it",
    "YIELD": "yield, give way, let him pass, let her pass, let them pass, let it pass, let them cross, let him in, let her in, let them in",
    "PARK": "park, park here, park the car, park there, find a parking space, find a parking spot, find a place to park",
    "DRIVE_CAREFULLY": "drive carefully, drive gently, be careful, drive smoothly, drive more carefully, careful, easy, take it easy",
    "CANCEL": "cancel, cancel that, cancel it, never mind, nevermind, forget it, forget that, undo, undo that, scratch that",
}  # fmt: skip

_INTENTS = {
    phrase.strip(): intent for intent, phrases in _PHRASES.items() for phrase in phrases.split(",")
}
_POLITE = r"(?:please|now|then|ok|okay|thanks|thank you|just|um|uh)"
_ASKED = (
    r"(?:hey|car|alpamayo|can you|could you|would you|will you|i want you to|i would like you to)"
)
_BEFORE = re.compile(rf"^(?:(?:{_POLITE}|{_ASKED}) )+(?=.)")
_BEHIND = re.compile(rf"(?: {_POLITE})+$")


def plain_intent(words: Sequence[str]) -> str:
    """Return the manoeuvre that a sentence is the plain name of, empty if it is none."""
    text = " ".join(word for word in words if word not in ",.!?")
    return _INTENTS.get(text) or _INTENTS.get(_BEHIND.sub("", _BEFORE.sub("", text)), "")
