# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- patterns are read line by line, not wrapped
"""Questions by their form: asked, not commanded. What they are about is the classifier's to say."""

from __future__ import annotations

import re

from alpamayo_ros.commands.lexicon import words
from alpamayo_ros.commands.normalise import Sentence

_OPENING = (
    r"^(?:(?:um|uh|uhm|er|hey|hi|hello|so|ok|okay|well|and|wait|oh|please|excuse me|sorry|wow|whoa|but|hm|hmm|ah|dude|man|the|"
    r"just|car|buddy|alpamayo|assistant|quick question|question|listen|tell me|say|by the way|hold on|wait a minute|actually|"
    r"just curious|i am curious|out of curiosity|now|then|right|yeah|no|,|!|\.|:) )*"
)
_ASKS = re.compile(
    _OPENING
    + r"(?:why(?! not (?:turn|go|take|pull|stop|change|overtake|pass|slow))|what(?! about)|who|whose|whom|where|when (?:will|do|are|is|did|does|can|should|was|were|would|have|has)|when (?:do|are)|which|"
    r"how (?!about)|how come|did |was |were |is (?!it (?:possible|ok if you|okay if you) (?:to|for))|are (?!you able to (?:turn|go|stop|pull|drive|change|slow|take))|aint |has |had |have (?:you|we|they)|does |do (?:you (?!mind|think you could|think we could)|we|they|i)|"
    r"is not |are not |does not |did not |do not (?:you|we|they) |was not |should (?:we|you|i|not)|shall (?:i|we not)|am i |could it |can (?:it|he|she|they|that|this|anyone) |could (?:he|she|they|that|this) |"
    r"will (?:you (?:stop|overtake|brake|yield|let|be able|make|wait) (?:for |that |at |the |in )|we|it|they|he|she|that|this|the|i|there|anyone|our)\b|would (?:it be (?:safe|legal|ok|okay|faster|better|quicker|illegal)|we|they|he|she|that|this) |might (?:it|we) |must (?:we|you) |"
    r"any (?:idea|clue|reason|update|news)|tell me (?:the|our|your|why|what|how|where|who|when|if|about|which|whether)|"
    r"(?:can|could|would|will) you (?:please |maybe |quickly |just )*(?:tell|explain|describe|see|hear|say|read me|confirm|check (?:if|whether|what|how|for)|let me know|show me (?:what|why|how|where)|spot|identify|recogni[sz]e|notice|remind)|"
    r"explain|describe|(?:eta|current speed|reason for|status)\b|i do not understand why|give me (?:the|our|your) (?:current )?(?:speed|eta|status|reason|distance|limit)|i (?:would like|want|need|would love|wanna) to (?:know|understand|ask)|i wonder|i am wondering (?:why|what|how|where|if)|i was wondering (?:why|what|how|where|whether|if (?:we|the|there|that|it|this))|do tell|mind telling me|"
    r"would you mind (?:telling|explaining)|do you mind (?:telling|explaining)|remind me (?:why|what|how|where)|let me know|give me (?:an update|the reason|a reason|our eta)|anyone |anything |everything (?:ok|okay|alright)|no idea why|question)\b"
)
_TAG = re.compile(
    r"(?:, (?:right|yes|no|is it|is not it|are we|are you|are not we|are not you|do we|do you|did we|did you|will you|will we|does it|do not you|do not we|did not we|did not you|huh|correct|yeah)|"
    r"\b(?:right|huh|is it|is not it|are not we|are not you|do not you|do not we|did not you)) ?\?*$|\b(?:is not it|are not we|are not you|do not you|do not we|did not we|did not you)$"
)
_STATES = re.compile(
    r"^(?:(?:um|uh|so|hey|well|ok|okay|wait|,) )*(?:you (?:are|see|saw|know|did|have|were|do|just|will)|we (?:are|have|did|were|just|do)|that (?:is|was)|this is|it is|there is|he is|they are|the )"
)


def asks(sentence: Sentence) -> bool:
    """Whether the sentence has the form of a question, not of a request."""
    plain = sentence.plain
    if _ASKS.search(plain):
        return not _REQUESTS.search(plain)
    return bool(_TAG.search(plain) and _STATES.search(plain))


_REQUESTS = re.compile(
    _OPENING
    + r"(?:is it possible (?:to|for you|that you)|is there any (?:chance|way) (?:you|we|that you|to)|any chance (?:you|we)|is there a chance (?:you|we)|how about|what about|are you able to (?:turn|go|stop|pull|drive|change|slow|take)|do you mind (?!telling|explaining)|"
    r"do you think (?:you|we) could|would it be possible|will you (?:please )|what i (?:want|need) is|what you (?:want|need|should)|when you|what we need|should you (?:get|see) )"
)


DRIVING = words(
    """
    car cars vehicle vehicles truck trucks bus van bike bikes cyclist pedestrian pedestrians road
    street lane lanes light lights sign signs exit turn turning stop stopping stopped brake
    braking braked slow slowing fast speed speeding limit drive driving going left right ahead
    behind front traffic route way destination arrive there here eta far long distance gap kid
    kids people person guy dog deer animal cone cones crossing crosswalk intersection junction
    roundabout highway motorway merge merging overtake overtaking pass passing passed park parking
    parked jam accident construction detour tunnel bridge siren sirens ambulance police school
    zone red green yellow moving waiting wait hit crash bump noise pothole horn honk honking safe
    clear yield see seen noticed notice detect doing plan we us
    """
)
"""Words by which a question is about the drive."""

_ABOUT_WHAT_HAPPENS = re.compile(
    _OPENING
    + r"(?:why (?!do not|not)|did |was |were |are (?:you|we) (?:going|about|not)|is |has |have (?:you|we) (?:just |ever )?(?:hit|seen|noticed)|would you have |will (?:it|he|she|we|they|that|the) |"
    r"what (?:did|was|were|is that|are those|happened|happens|made|would happen|have we|is the car|is that|is he|is she)|who (?:hit|was|is)|do you (?:know|always|often|ever|think (?:he|she|they|it|that))|does (?:he|she|it|the|that)|how come|"
    r"tell me why|explain why|can you (?:tell me|explain) (?:me )?why|(?:could|would|can) you (?:please )?(?:tell|explain) (?:me )?(?:why|what happened)|would you (?:ever|stop|brake)|i do not understand why)"
)


_DEED = re.compile(
    r"\b(?:why (?:do|does|wo|would) ?(?:not|nt|you)?|why not|what if|how (?:do|can|could|would|to)|tell me how|can you|could you|should|see (?:what|how))\b"
)


def asks_for_a_deed(sentence: Sentence) -> bool:
    """Whether the answer may be a deed or a recipe, so that nothing about it may be doubtful."""
    return _DEED.search(sentence.plain) is not None


def safe_to_ask(sentence: Sentence) -> bool:
    """Whether harm is only asked about: one clause about what happened, happens or may happen."""
    plain = sentence.plain.rstrip(" ?.!")
    if _ABOUT_WHAT_HAPPENS.search(plain) is None or re.search(r"\byou see\b", plain):
        return False
    return not re.search(
        r"[,;.:!?]|\b(?:if not|and then|then|just)\b(?! (?:now|hit|run|ran|go|went|brake|stop|cut|almost))",
        plain,
    )


_STATEMENT = re.compile(
    r"^(?:(?:because|since|as|so|and|but|when|while|until|before|after|once|if|even|though|um|uh) )*"
    r"(?:i|we|you|he|she|it|they|there|that|this|those|these|the|my|our|your|his|her|their|a|an|some|somebody|someone|"
    r"something|everyone|everybody|nobody|nothing|no|all|people|traffic|what|who|where)\b"
)


def states(clause: str) -> bool:
    """Whether a clause says how things are, by its first word."""
    return _STATEMENT.match(clause) is not None
