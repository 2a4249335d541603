# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- tables are read line by line, not wrapped
"""Roundabout wishes and words misheard -> the plain words of the lexicon.

"I'd rather we stuck to this lane" is "please stick to this lane", "keep lain" is "keep lane". What
is said is refused as it was said and as it is rephrased, so nothing harmful is smoothed away.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from alpamayo_ros.commands.lexicon import words as _words_of

_IRREGULAR = {
    "went": "go", "gone": "go", "took": "take", "taken": "take", "kept": "keep", "stuck": "stick", "drove": "drive",
    "driven": "drive", "got": "get", "gave": "give", "held": "hold", "came": "come", "did": "do", "overtook": "overtake",
    "sped": "speed", "brought": "bring", "found": "find", "swung": "swing", "hung": "hang", "began": "begin", "made": "make",
    "waited": "wait", "left": "leave", "were": "be", "was": "be", "crept": "creep", "chose": "choose",
    "went on": "go on", "paid": "pay",
}  # fmt: skip
_REGULAR = sorted(
    _words_of(
        """
        slow stop turn pull move switch change merge pass overtake park drop ease back
        speed follow stay head set use reduce increase lower raise wait yield brake steer
        avoid navigate exit continue accelerate cruise maintain resume start cancel pick
        swing hang keep take make get go drive give hold let put cut come do bring find
        stick bear shift slide hop roll leave widen relax calm halt allow skip return
        crawl travel remain proceed carry step bump edge tuck close open look cool dial
        tone knock shave take trim limit cap lay reverse double loop flip spin watch mind
        aim postpone hurry rush chill lighten adjust match respect obey observe join enter
        depart quit abort
        """
    )
)


def _forms() -> dict[str, str]:
    forms = dict(_IRREGULAR)
    for verb in _REGULAR:
        stems = {verb}
        if verb.endswith("e"):
            stems = {verb[:-1]}
        elif re.search(r"[^aeiou][aeiou][bdgmnpt]$", verb) and verb not in (
            "open",
            "travel",
            "enter",
            "exit",
            "limit",
            "abort",
        ):
            stems = {verb + verb[-1]}
        for stem in stems | {verb if not verb.endswith("e") else verb[:-1]}:
            forms.setdefault(f"{stem}ing", verb)
            if verb not in _IRREGULAR.values():
                forms.setdefault(f"{stem}ed", verb)
    return forms


_BASE = _forms()
_ADVERBS = r"(?:(?:just|maybe|perhaps|possibly|please|kindly|all|really|not|also|actually|simply|gently|slowly|quickly|carefully|only|both|now|to|then|try|tried|trying|start|started|starting) )*"
_WHO = r"(?:(?:you|we|us|your|the car|it|this car) )?"

_ROUNDABOUT = re.compile(
    r"(?:^|(?<=[,.;!?] )|(?<=\bso )|(?<=\band )|(?<=\bbut )|(?<=\bthen ))"
    r"(?:(?:um|uh|hey|ok|okay|so|well|please|sorry|excuse me|maybe|perhaps|honestly|personally|actually|oh|yeah|alright|right|,) )*"
    r"(?:"
    r"(?:would|do|could|will|might) you (?:(?:be so kind|be kind enough|be able|care|consider|mind|please|awfully mind|terribly mind|very much mind|be willing|be open|be opposed) )(?:it )?(?:if (?:you|we) (?:could )?|as to |to )?"
    r"|(?:i|we) (?:would|will|should|could|might) (?:really |very much |definitely |rather |quite |also |so |all )*(?:feel (?:a (?:lot|bit|little) )?(?:much )?(?:better|safer|happier|easier|more comfortable|more relaxed|more at ease|calmer)|be (?:so |very |really |much |most |a lot |far )*(?:happier|grateful|glad|thankful|pleased|obliged|delighted|more comfortable|much obliged|relieved|calmer|better off|in your debt)|appreciate(?: it)?|like(?: it)?|prefer(?: it)?|love(?: it)?|welcome(?: it)?|enjoy(?: it)?|not mind|not object|not say no|suggest|propose|recommend|vote) (?:if |for |to |it if |that |with |to see )?(?:you |we |us |your )?(?:were to |could |would |can |will |might |to |should |did )*"
    r"|(?:i|we) would (?:rather|sooner|just as soon)(?: that)? (?:you |we )?"
    r"|(?:i|we) (?:really |would really |kind of |just )*(?:need|want|wish|would like|suggest|propose|recommend|prefer|vote|think|reckon|guess|suppose|say|believe|hope|wonder if|was wondering if|am wondering if|was hoping|am hoping|am thinking|was thinking|feel like|feel)(?: that)? (?:you|we|it is time you|it is time we|it is best you|it is best we|it would be best if you|it would be best if we|the car) (?:to |could |should |would |can |better |had better |ought to |might |might want to |may want to |need to |will )*"
    r"|(?:it would|would|that would|would it|it might|it will) (?:not )?(?:also |really |probably |perhaps |maybe )*(?:be (?:so |very |really |much |a lot |too |rather |quite |most )*(?:nice|good|great|lovely|best|better|wise|wiser|safer|smart|smarter|helpful|appreciated|fantastic|wonderful|cool|ideal|possible|a good idea|kind|sensible|okay|ok|alright|fine|much trouble|better for everyone|a relief|prudent|sweet|super|amazing|brilliant|splendid)|help|hurt|make me (?:happy|happier|feel better|feel safer)|please me|suit me|calm me|be a good idea)(?: us| me| a lot| for me| of you)* (?:if|to|for you to|for us to|when|were) (?:you |we |us )?(?:were to |could |would |can |will |might |to )*"
    r"|(?:we|you|this car|the car) (?:could|can|should|might) (?:really |probably |maybe |perhaps |well |certainly |definitely |easily )*(?:stand to|do with|afford to|use|as well|just as well|want to|also|do worse than|consider)(?: some| a bit of)? "
    r"|(?:we|you) (?:may|might) (?:just )?as well "
    r"|(?:we|you) (?:had better|ought to|are going to want to|will want to|are meant to|are supposed to|want to be|want to|have got to|had best|are welcome to|are free to|are allowed to|really should|really need to|should really|should probably|probably should|might like to|may want to|can go ahead and|could go ahead and) "
    r"|(?:how|what) (?:about|say|if) (?:we |you )?(?:were to |could )?(?:try )?"
    r"|what do you say (?:we|you) |(?:is there |any |is there any )(?:chance|way|possibility|hope)(?: of| that| for)? (?:you |we |us |your )?(?:could |can |might |would |to )*"
    r"|(?:it is|it might be|it may be|it must be|it is probably|it is about|about|high) (?:about |high |probably )*(?:time|best|better|wise|safer|a good time)(?: that| if| to| for you to| for us to)? (?:you |we )?"
    r"|(?:do you think|do you reckon|you think|i wonder if|i was wondering if|i was wondering whether|wondering if|i am wondering whether) (?:you|we) (?:could|can|might|would|may|should|might be able to) (?:possibly |perhaps |maybe |please )*"
    r"|(?:let us|can we|could we|may we|shall we|should we|why do not (?:we|you)|why not|why do we not) (?:try |maybe |perhaps |just |all |please |go ahead and |have you |now |also |try to |see about |see if we can |think about |quickly )*"
    r"|(?:you are|we are) (?:allowed|free|welcome|cleared|good|clear|okay|ok) to "
    r"|(?:all )?(?:i|we) (?:ask|want|need) (?:is )?(?:that |for )?(?:you )(?:to )?|what (?:i|we) (?:want|need|would like) is (?:for )?(?:you |us )?(?:to )?"
    r"|(?:do|be) (?:me|us) (?:a|the) (?:favou?r|kindness|solid)(?: and| ,)? |be a (?:dear|love|pal|star|sweetheart|champ|darling|sport|mate|legend)(?: and| ,)? |feel free to |make sure (?:that )?(?:you |we |to )|be sure to |see to it that (?:you|we) |kindly |go on and |see if you can |try and |please try to |try to |try |do try to |mind (?!the |that |those |out|your|him|her|them|this|how|a )|fancy |start |begin by |begin |consider |think about |remember to |do not forget to |please remember to |the plan is to |the idea is to |what about |we will be |i will have you |i will need you to |i need us to |i want us to |i would like us to |i am asking you to |you are to |i would ask you to |might i suggest (?:that )?(?:you |we )?|may i suggest (?:that )?(?:you |we )?|may i ask you to |might i ask you to |can i ask you to |could i ask you to |can i get you to |could i get you to |could i trouble you to |can i trouble you to |can i have you |could you see about |could you manage to |would it kill you to "
    r")(?P<rest>" + _ADVERBS + r"\w+)"
)  # fmt: skip
"""What comes before a wish without changing it; the next verb may be "-ing" or past."""

_CALLED = r"(?:unit|car|vehicle|cab|van|taxi|shuttle|pod|robotaxi) (?:number )?(?:\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
"""How a dispatcher calls one of several vehicles."""

_WORDS: tuple[tuple[str, str], ...] = (
    (rf"^(?:(?:dispatch|control|base|all units) (?:here )?(?:,|to) )*{_CALLED} (?:[,:.] )?(?=\w)", ""),
    (rf" , {_CALLED}(?: (?:,|\.))?$", ""),
    (r"^(?:dispatch|control|base)(?: here)? , ", ""),
    (r" ,? ?(?:my good (?:man|friend|fellow|sir)|my (?:friend|dear|man|love)|young man|old (?:boy|chap|man)|skipper|captain|chief|guv|squire|boss|pal|bud|buddy|matey?|bro|bruv|fella|sir|madam|maam|dude|love|darling|dear|kind sir|good sir)$", ""),
    (r"^(?:mr|mister|mrs|ms) (?:car|driver|robot|computer) (?:, )?", ""),
    (r"\b(?:stoppp*|stahp|sto+p)\b", "stop"),
    (r"^over take\b", "overtake"),
    (r"\b(?:yooey|yooie|youie)\b", "uturn"),
    # misheard or mistyped words, only beside words that leave no doubt
    (r"\b(keep|change|changing|left|right|this|that|the|your|my|our|in|one|switch|middle|fast|slow|same|current|next|other|hand|stay in|outside|inside) (?:lain|laine|layne|lan|lanes)\b(?! of)", r"\1 lane"),
    (r"\b(?:lain|layne) (change|left|right|ends)\b", r"lane \1"),
    (r"\b(take|get|bring|drive|go|back|want|need|move|change|switch|merge|pull|turn|down|up|over|close|next|navigate|heading|head|us|me|speed|shift|stick|return) too (the|a|my|our|that|this|your|his|her|left|right|\d+|home|work|be|go|get|stop)\b", r"\1 to \2"),
    (r"\b(take|get|bring|drive) (?:mee|em|meet) to\b", r"\1 me to"),
    (r"\bto (fast|close|slow|quick|quickly|slowly|hard|rough|near|sharp|narrow|tight|loud)\b", r"too \1"),
    (r"\b(hit|tap|touch|slam|pump|on|use|press|off|apply|jam) (the|your) break(s?)\b", r"\1 \2 brake\3"),
    (r"\bbreak (gently|softly|slowly|smoothly|lightly|a little|a bit|now|hard|earlier|harder|slightly|for|before|please|at)\b", r"brake \1"),
    (r"\b(please|do not|you|should|could|can|must|to|and) break(?= (?:so|too|that|hard|$|\.|!|,))", r"\1 brake"),
    (r"\bbreaking (so|too|hard|sharply|abruptly)\b", r"braking \1"),
    (r"^break(?: !|\.)?$", "brake"),
    (r"\b(?:slow|slows|sow|solow|slo) (?:done|don|dawn|dwon|donw|town|donn)\b", "slow down"),
    (r"\b(?:sped|spead|sped|speet|spede) up\b", "speed up"),
    (r"\b(turn|go|hang a|take a|make a|take the next|the next|bear|keep|next|first|second|third|hard|to the|on the|on your|over to the|hook a|veer|swing|in the|move|left or) (?:write|rite|wright|rihgt|rigth|ritght|rigt|riht)\b", r"\1 right"),
    (r"\b(?:write|rite|wright) (at|turn|here|lane|side|onto|ahead|after|before|past)\b", r"right \1"),
    (r"\b(?:tern|tarn|torn|tun|tunr|trn|turm|turb|tuen|tirn) (left|right|around|at|here|the next|off|back|into|onto)\b", r"turn \1"),
    (r"\b(?:bare|bair) (left|right)\b", r"bear \1"),
    (r"\b(?:pull|pul|pool) (?:ova|ovr|oever|ofer|ovre|overr|ovver)\b", "pull over"),
    (r"^(?:poll|pole|pool|pulled|bull) over\b", "pull over"),
    (r"\b(pull|get|come|turn|drop me|ease|take us|drop us|let me|back|take your foot) of (the|at|here|a|that|this|on)\b", r"\1 off \2"),
    (r"\b(this|the|that|cross|side|down the|main|straight|up the) rode\b", r"\1 road"),
    (r"\b(go|drive|get|move|steer|just|right|turn (?:left|right)) passed (the|that|this|him|it)\b", r"\1 past \2"),
    (r"\b(make|do|pull|take) (?:a |an )?(?:you|yew|ewe|u) (?:turn|tern|trun)\b", r"\1 a uturn"),
    (r"\b(take|our|are|the|next|this) (?:exits|exist|egsit|exitt|excit|exite)\b", r"\1 exit"),
    (r"\bare (exit|turn|street|stop|lane|hotel|house)\b", r"our \1"),
    (r"\bexit (?:too|to)(?= please|$| ,| \.)", "exit two"),
    (r"\bexit (?:for|fore)(?= please|$| ,| \.)", "exit four"),
    (r"\bexit (?:ate)\b", "exit eight"),
    (r"\b(?:weight|wate|wayt|whait|wat) (for|here|until|till)\b", r"wait \1"),
    (r"\b(?:four|fore) (the|that|him|her|them) (to|cross)\b", r"for \1 \2"),
    (r"\b(let|wait for) (?:hem|hime|hm) (in|pass|go|merge|through|cross|out)\b", r"\1 him \2"),
    (r"\bthere (car|way|lane)\b", r"their \1"),
    (r"\b(?:wy|whi|whey|wye|hwy|y) (are|did|is|do|were|was|does|have|not|can)\b", r"why \1"),
    (r"\b(?:waht|whta|wht|wat|wot) (are|is|did|do|was|were|does)\b", r"what \1"),
    (r"\b(?:hwo|haow) (fast|far|long|many|much|close|are|do|did)\b", r"how \1"),
    (r"\bare we their\b", "are we there"),
    (r"\b(?:cruze|crooze|crews) (at|control)\b", r"cruise \1"),
    (r"\bcan (?:yo|yu|oyu|yuo) \b", "can you "),
    (r"\b(?:plaese|pelase|plaes|plez|pleez|plase|pleae|plesae|palese|ples|plss|pleease)\b", "please"),
    (r"\b(?:caution|careful|watch out|look out) (?:four|fore)\b", "watch out for"),
    (r"\b(red|green|yellow|traffic) (?:lite|ligth|lihgt|lite)\b", r"\1 light"),
    (r"\bhome(?:e|m)\b", "home"),
    # the same in other words
    (r"\breturn to the (left|right) lane\b", r"change to the \1 lane"),
    (r"\b(airport|station|mall|hospital|hotel) ?, (terminal|gate|platform|entrance|level|building) (\w+)$", r"\1 \2 \3"),
    (r"^((?:please |can you |could you |just )*)set (?=\d+\b(?! (?:minutes?|seconds?|degrees?|hours?|timers?|alarms?)))", r"\1set the speed to "),
    (r"^(?=.*\b(?:bus|car|van|truck|tram|taxi|cyclist|bike|lorry|ambulance)\b)(.*)\blet (it|him|her|them) go$", r"\1let \2 go first"),
    (r"\btake (?:that|the|this) (?:little |small |narrow |side |tiny |next |first )*(?:road|street|alley|turning|turn) (?:there )?(?:on|to) (?:the|your|our) (left|right)\b", r"turn \1"),
    (r"^.*\b(?:street|road|turning|one|lane|entrance|driveway)\b.* on (?:the|your|our) (left|right) ?,? (?:so |please |and |just )*(?:turn|go|pull) (?:in )?(?:there|in there|in|down there)$", r"turn \1"),
    (r"\bgo (?:down|up|into|along) (?:the|that|this) (?:next |first |second |third |little )?(?:street|road|turning|lane) on (?:the|your|our) (left|right)\b", r"turn \1"),
    (r"\b(?:need|want|have|should|supposed|ought)(?: to)?(?: be)? (?:going|headed|heading|go|head|get going) (?:in )?the (?:other|opposite) (?:way|direction)\b", "turn around"),
    (r"\bexit (?:towards?|for|to|signed|marked) (?!.*\b(?:and|then|the left|the right)\b)(?:the )?(?:\w+ ){0,2}?\w+$", "exit"),
    (r"\bdo not miss (?:the|our|this|that|my) (?:next )?exit\b", "take the next exit"),
    (r"^(?:i|we) (?:have|need|want|am supposed|are supposed|would like) to (?:be|get|go) (?:at|to|in) ([^,]+?)(?: (?:by|at|before|around|for) [\w: ]+?)? ?(?:,|and|so) (?:please |can you |could you |so |just )*(?:go|drive|drive us|drive me|take (?:me|us)|bring (?:me|us)|head|get (?:me|us)|navigate) there( please)?$", r"take me to \1"),
    (r"\b((?:go|do|set|drive|speed|kmh|mph|cruise)\b.*?) ?,? (?:no|sorry|wait|actually|no wait|i mean|i meant|rather) ?,? (?:make (?:that|it) )?(?=(?:\d+|\w+ty)(?: kmh| mph)?$)", r"\1 , no set the speed to "),
    (r"\bstay where you are in\b", "stay in"),
    (r"^(\d+|\w+ty)( kmh| mph)? is (?:plenty|enough|fine|fast enough|good|ok|okay|more than enough)(?: here| for now| please)?", r"drive at \1\2"),
    (r"\b(?:take|bring|dial|knock) (?:it|things|the speed|the pace) down (?:by )?(?:a |an? )?(?:couple of |few |some |little )?(?:notch|notches|gear|gears|peg|pegs|bit|little|tad)\b", "slow down"),
    (r"\bdo not (?:turn off|turn|take (?:the|any|this|that) (?:turn|exit|turning))(?: here| yet| now| there)? ?,? (?:but |just |instead |please )*(?=(?:go|keep|carry|stay|continue|drive|straight))", ""),
    (r"^(?=.*\b(?:stopped|parked|blocking|stuck|broken|standing|fallen|unloading|stalled)\b)(.*)\b(?:go|drive|get|steer|move) (?:a)?round$", r"\1go around it"),
    (r"^must (?:you|we) (?:go|drive) so fast", "do not drive so fast"),
    (r"\bpick up speed\b", "speed up"),
    (r"\b(speed up|accelerate|slow down) (?:on|down|along) the (?:ramp|slip road|on ramp)\b", r"\1"),
    (r"\b(?:get|bring|take|move|steer|guide|ease) (?:us|me|it|the car|yourself) (?:over )?(?:on|on)?to the (?:hard )?(?:shoulder|side|kerb|curb|verge|edge|roadside)\b", "pull over to the side"),
    (r"\b(?:set|drop|put|let) (?:me|us|him|her|them|my \w+|the kids) (?:down|off|out) (?:by|at|near|outside|in front of|next to|beside|opposite|around|close to) (?:the |that |this |my |our )?(?:\w+ ){0,2}\w+$", "drop me off here"),
    (r"\b(?:let us|time to|time for|can we|could we|we should|shall we) (?:have |take |make )?(?:a |another |our )?(?:short |quick |little )?(?:break|rest|breather|pause|stop for a bit)\b", "i need a break"),
    (r"^(.*\b(?:green|clear|ready|all set|in now|back|aboard)\b.*?) ?,? go(?: on)?(?: please| now)?$", r"\1 , drive on"),
    (r"\b(?:give it|put) (?:some|a bit of|a little|more|a bit more|some more) (?:welly|beans|oomph|juice|gas|throttle|boot|power|gun)\b", "speed up a bit"),
    (r"\b(my|our) (\w+) (?:is|are) killing (?:me|us)\b", r"\1 back hurts"),
    (r"\b(?:lose|shed|scrub|bleed|burn|kill|dump) (?:off )?(?:a (?:bit|little|touch)(?: of)?|some)(?: more)? (?:speed|pace|velocity)\b", "slow down"),
    (r"\bslow (?:it |us |things )?(?:right|way|well) down\b", "slow down"),
    (r"\b(?:through|in|past|by|along) (?:the|this) (village|town|school zone|bends?|curves?|roadworks|construction zone|residential area|neighbou?rhood|estate|narrow part|school|market|speed bumps)\b(?! (?:on|is|has|street))", r"at the \1"),
    (r"\brun at (?=\d|\w+ty\b)", "drive at "),
    (r"\byou are (?:practically |almost |nearly |basically |right |sitting |way |virtually )*(?:in|up|on|inside|touching) (?:his|her|their|its|that \w+ 's|the \w+ 's) (?:boot|trunk|back seat|exhaust|bumper|tail|tailpipe|rear|back)\b", "you are too close"),
    (r"\b(?:put|leave|keep|have|get|make) (?:a (?:bit|little) |some |much |lots |a lot )?(?:of )?(?:more |extra |bigger |a bigger )?(?:space|distance|room|gap|air|daylight) between (?:us|you|me|ourselves) and (?:the |that |this )?\w+(?: (?:in front|ahead|car|truck|van|bus))*", "keep more distance"),
    (r"^((?:please |just |can you |could you )*)(?:keep|leave|maintain|stay|hold) ((?:\d+|two|three|four|five|six|ten|twenty|thirty|forty|fifty) (?:car lengths|seconds|secs|metres|meters))(?: back| behind| away)?$", r"\1keep a gap of \2"),
    (r"\b(?:present|existing) (lane|speed)\b", r"current \1"),
    (r"\bwhere (the (?:\w+ )?(?:church|school|bridge|lights?|crossroads|junction|roundabout|station|bank|pub|corner|intersection|sign|park|shop|house|building|supermarket|hotel|fountain|statue|bakery|trees?)) is\b", r"at \1"),
    (r"\b(?:where|when|once|as soon as) (?:you|we) (?:see|get to|reach|come to|arrive at|hit|are at) (the|a) (?!(?:\w+ )?(?:man|woman|lady|guy|kids?|child|children|people|pedestrians?|cyclists?|bikers?|dog|cat|person|crowd|police|cops?|ambulance|car|truck|bus|van|one|red)\b)(\w+)\b", r"at \1 \2"),
    (r"\banother (mile|kilomet(?:er|re)|block)\b", r"one \1"),
    (r"\band (?:get )?ahead of (?:him|her|it|them)$", ""),
    (r"\bthere is (?:a |an |one )?(?:free |empty |open |parking |good |nice )*(?:space|spot|bay|gap|place|one)\b[^,]*, (?:please |so |just )*(?:take it|use it|grab it|go in there|use that|take that|have that|get in there|take that one|pull in there|go for it)", "park there"),
    (r"^(?:easy does it|easy now|easy|easy there|steady|steady on|gently does it|gently)(?= ,|$)", "drive gently"),
    (r"\b(?:watch|mind|careful of|watch out for|careful with|watch out|look out for) (?:the |that |those )?(?:kerb|curb)s?\b", "watch out for the obstacle"),
    (r"^((?:please |just |and |hey |oh |whoa )*)(?:do not|try not to|avoid|mind you do not|make sure (?:that )?you do not|careful not to|be careful not to|you had better not|never|please avoid|take care not to) (?:hit|hitting|touch|touching|scrape|scraping|clip|clipping|bump|bumping|scratch|scratching|run over|running over|drive into|run into|crash into|bump into|drive over|driving over|knock over|rear end|sideswipe)(?: into)? (?:the |that |this |those |these |any |my |his |her |their |a |an |our )?(?!(?:\w+ ){0,2}(?:brakes?|gas|horn|pedal|accelerator|road|clutch|limit))(?:\w+ ){0,2}\w+$", r"\1watch out for the obstacle"),
    (r"\bon (?:second|reflection)\w* ?thoughts? ?,? (?:do not|no|leave it|maybe not|let us not|better not)$", "never mind"),
    (r"\b(?:put|set|have|leave) it (?:on|at|to) (?=\d|\w+ty\b)", "set the speed to "),
    (r"\btake (?:the|that) lane (?:on|to) (?:the|your|our) (left|right)\b", r"change to the \1 lane"),
    (r"\b(?:stay|keep|remain|continue) (?:on|along) (?:the|this) main (?:road|street)\b", "stay on this road"),
    (r"\b(?:do not|never|stop|no) (?:block|blocking|obstruct|obstructing|hinder|hindering|hold up|holding up|delay|delaying|ignore|ignoring) (?:the |that |this |an )?(ambulance|fire truck|fire engine|police car|emergency vehicle)\b(?: ?,? ?(?:and )?let (?:it|them) (?:pass|through|by|go))?", r"let the \1 pass"),
    (r"^(?=.*\b(?:distance|gap|space|room|back off|slow|careful|keep|leave)\b)(.*?) if (?:he|she|they|it|the \w+|somebody|someone|that \w+) (?:suddenly |has to |have to |needs to )*(?:brakes?|stops?|slows?(?: down)?|swerves?|turns?|pulls? out|pulls? over|falls?)(?: suddenly| hard| quickly)?$", r"\1"),
    (r"\bdo not move(?=$| [,.!]| please| an inch| yet| again| at all| any further| until| till)", "stop"),
    (r"\bsomething (?:is|has|was|has been|just|seems to be)? ?(?:been |got )?(?=(?:lying|fallen|fell|sitting|dropped|blocking|in the|on the|left))", "there is an object "),
    (r"^(.*\b(?:set|speed|kmh|mph|cruise|drive|go|do)\b.*?) ?,? (?:no|sorry|wait|actually|no wait|or) ?,? make (?:that|it) (?=\d|\w+ty\b)", r"\1 , no set the speed to "),
    (r"^(?:i|we) have (?:an? |my |our )?(?:\w+ )?(?:appointment|meeting|reservation|booking|date|interview|class|shift|lesson|table booked|table) (?:at|with|in|booked at) ([^,]+?) ?(?:,|and|so) (?:please |can you |could you |so |just )*(?:go|drive|drive us|drive me|take (?:me|us)|bring (?:me|us)|head|get (?:me|us)|navigate) there( please)?$", r"take me to \1"),
    (r"\b(?:hit|tap|touch|press|use|apply|dab|brush|feather) (?:on )?(?:the |your )?brakes? (?:just )?(?:a little|a bit|a little bit|lightly|gently|softly|slightly|a touch|a tad|some)\b", "brake gently"),
    (r"\b(?:a (?:little|bit|touch) (?:of |more )?(?:brake|braking)|some brake|a bit on the brakes?)\b", "brake gently"),
    (r"\b(?:tap|dab|feather|touch) (?:on )?the brakes?\b", "brake gently"),
    (r"\b(?:knock|shave|take|lop|trim|cut|drop|scrub|bleed|wipe|nibble|chop) (?:off )?(?:a few|some|a couple(?: of)?|a little|a bit(?: of)?|a touch of|several) (?:kmh|km per hour|kilomet(?:er|re)s(?: (?:per|an) hour)?|kms?(?: per hour)?|miles(?: (?:per|an) hour)?|mph|speed|klicks|clicks|pace|velocity|k)(?: (?:per|an) hour)?(?: off)?(?: (?:the|our|your|of) (?:speed|pace))?\b", "slow down"),
    (r"\b(?:knock|shave|take|lop|trim|cut|drop|scrub|bleed|wipe) (?:off )?(?P<n>\d+|five|ten|fifteen|twenty|thirty)(?P<u> kmh| km per hour| kilomet(?:er|re)s (?:per|an) hour| miles (?:per|an) hour| mph| k)?(?: off)?(?: of)?(?: (?:the|our|your|off|of) (?:speed|pace|our speed|your speed|the speed))\b", r"reduce the speed by \g<n>\g<u>"),
    (r"\badd (?:a few|some|a couple(?: of)?) (?:kmh|km per hour|kilomet(?:er|re)s (?:per|an) hour|miles (?:per|an) hour|mph|klicks)\b", "speed up a bit"),
    (r"\b(?:limit|restrict|confine|cap|hold) (?:yourself|us|it|things|the car|our speed|your speed|the speed) (?:to|at)\b", "do not go over"),
    (r"\b(?:settle|level off|level out|even out|ease|come down|slow) (?:in )?at (?:around |about |roughly )?(?=\d|\w+ty\b)", "drive at "),
    (r"\b(?:bring|get|take) (?:us|it|the car|the speed|our speed|things) (?:down|back) to (?=(?:about |around )?(?:\d|\w+ty\b|a hundred|walking|one hundred))", "slow down to "),
    (r"\b(?:bring|get|take) (?:us|it|the car|the speed|our speed|things) up to (?=(?:about |around )?(?:\d|\w+ty\b|a hundred|one hundred))", "set the speed to "),
    (r"\b(?:and|then) (?:stay there|hold it there|keep it there|leave it there|hold it|hold that|keep that|stay at that)\b", ""),
    (r"\bsteer(?:ing)? (?:well )?past\b", "steer around"),
    (r"\b(?:keep|stay|steer) (?:well )?(?:clear|away) (?:of|from)(?= (?:the|that|those|this|these) (?:\w+ )?(?:ladder|cone|cones|box|pothole|potholes|debris|branch|glass|puddle|hole|tyre|tire|bin|bins|bag|log|rock|rocks|mattress|barrier|skip|crate))", "go around"),
    (r"\bwave (him|her|them|it|that (?:car|van|bus|truck|one|guy|cyclist)|the (?:car|van|bus|truck|cyclist)) (?:through|on|in|past|by|ahead|over)\b", r"let \1 go first"),
    (r"\blet (?:him|it|her|them) through\b", "let them pass"),
    (r"\blet (him|her|them|it) (?:have|take) (?:the )?(?:right of way|priority|the gap|his turn|her turn)\b", r"let \1 go first"),
    (r"\b(?:give|do) (?:me|us) (?:a |an |some )?(?:bit of a |little )?(?:calmer|smoother|gentler|softer|safer|more relaxed|more comfortable|nicer|less bumpy|quieter) (?:ride|drive|trip|journey|time)\b", "drive gently"),
    (r"\b(?:a |the |some )?(?:bit of a |little )?(?:calmer|smoother|gentler|softer|more relaxed|more comfortable|more careful|less bumpy|less jerky|less aggressive|more gentle|steadier|more sedate|quieter) (?:ride|drive|driving|driving style|style|trip|journey|pace)(?: (?:please|would be (?:nice|great|good|lovely|appreciated)|would help|wanted|now))?\b", "drive gently"),
    (r"\b(?:be|drive) (?:a bit |a little |somewhat |much |way )?(?:less (?:aggressive(?:ly)?|wild(?:ly)?|rough(?:ly)?|jerky|jerkily|bumpy|sporty|hectic|abrupt(?:ly)?)|more (?:gentle|relaxed|sedate(?:ly)?|considerate(?:ly)?|defensive(?:ly)?|smooth(?:ly)?|cautious(?:ly)?|sensibl[ey]|attentive(?:ly)?|steadily|carefull?))\b", "drive carefully"),
    (r"\b(?:do not|stop|quit|no more) (?:throw(?:ing)?|fling(?:ing)?|toss(?:ing)?|jerk(?:ing)?|shak(?:e|ing)|jolt(?:ing)?|chuck(?:ing)?) (?:us|me|everyone|everybody|the kids|grandma|my \w+|stuff|things) (?:around|about|so much)(?: (?:so much|like that))?(?: (?:in|on|around|at|through) (?:the |these |those |every )?(?:bends?|corners?|curves?|turns?|back|seats?))?", "drive gently"),
    (r"\bdo not (?:throw|fling|toss|jerk|shake|jolt|chuck|sling) (?:us|me|everyone|my \w+)\b", "drive gently"),
    (r"\bdrive (?:like|as if|as though) (?:you|we|there|i) (?:have|had|are|were|is|has)(?: got)? (?:\w+ ){0,4}?(?:eggs?|glass|china|porcelain|crystal|cake|cakes|soup|babies|baby|newborn|grandma|granny|nan|infant|coffee|vase|aquarium|fish tank|ice|wine|champagne|flowers|antiques|piano)(?: (?:in|on|at) (?:the |my |our |your )?(?:\w+ ){0,2}?(?:seat|board|lap|back|boot|trunk|roof|car|passenger seat))?\b", "drive carefully"),
    (r"\b(?:nan|granny|nana|gran|grandad|granddad|the baby|baby|infant|newborn|toddler) (?:is |are )?(?:on board|in the (?:car|back)|with us)\b", "baby on board"),
    (r"\b(?:find|look for|search for|get|grab|locate) (?:me |us )?(?:a |some |any |the )?(?:place|somewhere|spot|space|free spot|spot|gap)(?: \w+){0,2}? to park(?: up)?\b", "find a parking spot"),
    (r"\b(?:slot|squeeze|tuck|slip|fit|back|ease|reverse) (?:us|the car|it|yourself) (?:in|into) (?:that|the|this) (?:gap|space|spot|bay|slot|place)\b", "park there"),
    (r"\bas (?:near|close) (?:to (?:the|my|our) [\w ]+? )?as (?:possible|you can)(?: (?:to|by|near) (?:the|my|our) \w+(?: \w+)?)?", "here"),
    (r"\b(park|pull over|pull in|pull up|stop)(?: up)?(?: us| the car)? (?:just |right |somewhere |anywhere |directly |over there |up there )*(?:behind|outside|under|underneath|opposite|beside|alongside|in front of|next to|near|by|across from|close to|around|round the back of|between) (?:of )?(?:the |that |this |those |my |our |number |house number |no )*(?!(?:[\w']+ ){0,3}?(?:hydrant|fire|ambulance|crossing|crosswalk|bus stop|driveway|gate|exit|tracks|him|her|them|it|me|us|man|woman|lady|guy|girl|boy|kids?|child|children|people|person|officer|police|cyclist|jogger|dog|there|here)\b)(?:[\w']+ ){0,2}?[\w']+(?= ?(?:[,.!?]|$|and\b|then\b|please\b|if\b|so\b|because\b|over there\b))", r"\1 here"),
    (r"\b(?:there is|there are) no need to (?:switch|change) (?:lanes?|the lane)\b", "do not change lanes"),
    (r"\b(?:do not|never|stop|quit|no need to) (?:keep |be |start )?(?:hopping|jumping|switching|changing|swapping|weaving|swap|hop|weave|jump|dart|darting) (?:between |from |around |in and out of |across )?(?:lanes?|lane to lane)\b", "do not change lanes"),
    (r"\b(?:happy|fine|good|okay|ok|content|comfortable|best) (?:in|with) (?:this|our|the current|the) lane(?: ,)?(?: (?:so )?(?:just )?(?:stay put|stay here|stay|stay there|keep it|stick with it|leave it|do not change))?\b", "fine keep this lane"),
    (r"\b(?:stay|stick|keep|remain) (?:put )?(?:here )?in (?:this|the|our|your) lane\b", "stay in this lane"),
    (r"\b(?:the |that |this )?lane (?:we are|you are|i am) (?:in|on)(?: (?:now|right now|already|at the moment|currently))?\b", "this lane"),
    (r"\b(?:right|exactly|just) where (?:you|we) are\b", "here"),
    (r"\b(?:ignore|skip|forget|pass|miss|leave|not take|go past) (?:about )?(?:the|that|this|our|any|next|every)(?: next)? (?:turn ?off|turn offs|turnoff|turning|turn|side street|side road|exit)s? (?:and|but|, just|,) (?:just )?(?=(?:go|keep|carry|stay|continue|drive|straight))", ""),
    (r"\b(?:until|till) (?:i|we) (?:tell|ask|say|let|give|want|call|shout|signal)(?: you| so| otherwise| stop| when| to turn| differently| something else)*\b", "until i say otherwise"),
    (r"\b(?:forget|ignore|disregard|cancel|drop|scrap|scratch|undo|never mind|do not do) (?:about )?(?:all of |all |everything |anything |the thing |the stuff |that thing )?(?:what|that|which)? ?(?:i|we)(?: have)?(?: (?:just|ever|only|last|previously))? (?:said|asked|told|wanted|requested|ordered|commanded|mentioned|instructed|was asking|was saying)(?: you)?(?: (?:to do|anything|something|for|about|before|earlier|just now|to|a moment ago|a minute ago|a second ago|last))*\b", "forget what i said"),
    (r"\b(?:crack|press|push|soldier|plough|plow|motor) on(?: then| now| please)?(?=$| [,.!])", "carry on"),
    (r"\boff (?:we|you) (?:pop|trot|toddle|jolly well go|pootle|set)\b", "off we go"),
    (r"\b(?:slow ?coach|slow ?poke|snail)\b", "slow car"),
    (r"\b(?:milk float|hay wagon|horse box|horsebox|cement mixer|road sweeper|bin wagon|bin lorry|removal lorry|tour bus|double decker|mobility scooter|recycling lorry|dustcart|dust cart|bin truck|camper van|ice cream van|flatbed|low loader|car transporter|transporter|log truck|timber truck|cattle truck|water truck|quad|reliant|minibus|mini bus|post van|mail van|bread van|driving school car|hgv|artic|juggernaut|eighteen wheeler|big rig|18 wheeler|u haul|uhaul|hearse|dawdler|plodder|sunday driver)\b", "truck"),
    (r"\b(?:push ?chair|buggy|pram)\b", "stroller"),
    (r"\b(?:let us|can we|we should|please|just) (?:get|nip|slip|squeeze|sneak|scoot|whizz|zip|ease|move|go|drive) (?:by|past) (?=(?:this|that|the|him|it|her|them))", "overtake "),
    (r"^(?:get|nip|slip|ease|move|go|drive|squeeze) (?:by|past) (?=(?:this|that|the|him|it|her|them) )", "overtake "),
    (r"\b(?:use|take|get on|go down|hop on|come off on|leave by|leave on|leave via) (?:the |that |this )?(?:off ramp|offramp|slip road|exit ramp|exit road|slipway|sliproad)(?: (?:coming up|up ahead|ahead|up here|here|next|there))?\b", "take the next exit"),
    (r"\b(?:come|pull|turn|get|peel|hop|drop) off (?:the )?(?:main road |highway |motorway |freeway )?(?:at|on) the (?:next|following|coming|upcoming) (?:junction|interchange|ramp|turn off|turnoff)\b", "take the next exit"),
    (r"\bat the end of the (?:ramp|slip road|off ramp|exit|exit ramp)\b", "at the end of the road"),
    (r"\b(?:turn|spin|swing|bring) (?:ourselves|yourself|her|this thing|things|the vehicle|this car) (?:around|round|back)\b", "turn around"),
    (r"\b(?:head|go|drive) back (?:the way|where|to where) (?:we|you) (?:just )?(?:came|were)(?: from)?\b", "turn around"),
    (r"\b(?:a )?(?:little|bit|touch|tad|smidge|fraction|whisker|shade) (?:more speed|faster|quicker|speedier)(?: (?:would not (?:hurt|harm|go amiss)|would be (?:nice|good|great|lovely|fine|appreciated)|would help|please))?\b", "a bit faster"),
    (r"\b(?:a )?(?:little|bit|touch|tad|smidge|fraction|shade) (?:slower|less speed|less quick(?:ly)?|less fast)(?: (?:would not (?:hurt|harm|go amiss)|would be (?:nice|good|great|lovely|fine|appreciated)|would help|please))?\b", "a bit slower"),
    (r"\b(?:would not (?:hurt|harm|go amiss)|would be (?:nice|good|great|lovely|appreciated|much appreciated|welcome|wonderful|perfect)|would (?:really )?help)$", "please"),
    (r"\b(?:this|it|that) (?:is|feels|seems) (?:(?:a (?:bit|little|tad|touch)|too|far too|much too|way too|rather|somewhat|quite|pretty|really) )+(?:fast|quick|speedy)(?: (?:for (?:me|us|my liking|my taste|this road|comfort|here|my nerves)|here|around here|to me))?\b", "you are too fast"),
    (r"\b(?:this|it|that) (?:is|feels|seems) (?:(?:a (?:bit|little|tad|touch)|too|far too|much too|way too|rather|somewhat|quite|pretty|really) )+(?:slow)(?: (?:for (?:me|us|my liking|my taste|this road|here)|here|around here|to me))?$", "go faster"),
    (r"\b(?:you|we) (?:are|re|were) (?:really |now |just )?(?:going|driving|moving|travelling|traveling|doing this)? ?(?:(?:way|far|much|a bit|a little|rather|quite|really|just|a tad) )*too (?:fast|quick|quickly|speedy)(?: (?:for (?:me|us|my liking|my taste|this road|comfort|here|my nerves|this street|this weather|the rain|these conditions|a \w+(?: \w+)?|these \w+)|here|around here|in this \w+|on this \w+|in the \w+))*\b", "you are too fast"),
    (r"\b(?:we|you) are going (?:a bit|a little|a tad|rather|somewhat|quite|pretty) (?:quick|fast)\b", "you are too fast"),
    (r"\b(?:as slow(?:ly)? as (?:you can|possible))\b", "slowly"),
    (r"\b(?:take|go|drive|do) (?:it |this |things |the \w+ |these \w+ )?(?:nice and easy|slow and steady|easy|gently|steady|calmly)\b(?! on)", "drive gently"),
    (r"\b(?:lift|take|get|ease) (?:off|your foot off|the foot off) (?:of )?(?:the )?(?:gas|accelerator|throttle|pedal)(?: pedal)?\b", "ease off the gas"),
    (r"\bput (?:your|a) foot down (?:a (?:bit|little|touch)|slightly|gently)\b|\bput a bit of a foot down\b", "speed up a bit"),
    (r"\b(?:get|put) a (?:bit of a )?(?:wiggle|shift|hustle) on\b", "hurry up"),
    (r"\b(?:drop|ease|fall|hang|sit|stay|keep) (?:a (?:bit|little) )?(?:further |farther |well )?back (?:a (?:bit|little|touch|tad)|some|slightly|further|more)?(?: more)?\b(?! (?:in|into|over|to|on|onto|at))", "back off a bit "),
    (r"\b(?:we|you) are (?:sitting |driving |going |riding |following |getting )?(?:right up|way up|too far up|practically on|almost on|nearly on|stuck to) (?:his|her|their|its|that guy 's|the) (?:behind|back|tail|bumper|boot|backside)\b", "you are too close"),
    (r"\bstay at least (?=\d|\w+ (?:met|sec|car))", "keep a gap of "),
    (r"\b(?P<gap>(?:\d+|two|three|four|five|six|ten|twenty|thirty|forty|fifty) (?:seconds?|metres?|meters?|car lengths?)) (?:behind|back from|between us and|away from|to) (?:the |that |this |him|them|whoever)", r"keep a gap of \g<gap> to the "),
    (r"\bon the right after (?:the |that |this )?(?:lorry|truck|van|bus|car|tractor|coach)\b", "on the right lane"),
    (r"\bturn (left|right) past (?=the|that)", r"turn \1 after "),
    (r"\b(?:take|make|do) (?:a |the )?(left|right) past (?=the|that)", r"take a \1 after "),
    (r"\bset it (?:to|at) (?=\d)", "set the speed to "),
    (r"\b(?:place|joint|spot|shop|parlou?r|stand|house|bar|grill|truck) (?:nearby|near here|round here|around here|close by|close to here)\b", "restaurant"),
    (r"\b(?:burger|pizza|sushi|kebab|noodle|chicken|sandwich|taco|curry|fish and chip|chip|ice cream|bubble tea|coffee|doughnut|donut) (?:joint|place|shop|parlou?r|stand|house|bar|restaurant|spot)\b", "restaurant"),
    (r"\bcome to (?:a )?(?:rest|standstill)\b", "come to a stop"),
    (r"\bbring (?:us|it|the car|the vehicle|this thing|her) to (?:a )?(?:halt|stop|standstill|rest)\b", "stop"),
    (r"\bbring (?:us|it|the car) (?:over )?to the (?=side|kerb|curb|roadside)", "pull over to the "),
    (r"\bthe boot is open\b|\bboot is open\b", "i forgot something"),
)  # fmt: skip

_RULES = tuple((re.compile(pattern), replacement) for pattern, replacement in _WORDS)


_MAX_WORDS = 60
"""Longer sentences are not understood, so there is no use in rewording them."""


def reworded(words: Sequence[str]) -> tuple[str, ...]:
    """Return the words with what was misheard or said in other words put plainly."""
    if len(words) > _MAX_WORDS:
        return tuple(words)
    text = " ".join(words).rstrip(" .!")
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return tuple(text.split()) or tuple(words)


def straightforward(words: Sequence[str]) -> tuple[str, ...]:
    """Return a roundabout wish as a request: "we could do with going faster" as "please go faster"."""
    if len(words) > _MAX_WORDS:
        return tuple(words)
    return tuple(_ROUNDABOUT.sub(_plainly, " ".join(words)).split())


def _plainly(match: re.Match[str]) -> str:
    rest = match.group("rest").split()
    opening = match.group()[: -len(match.group("rest"))]
    negated = "not" in rest
    adverbs, verb = [word for word in rest[:-1] if word not in _EMPTY], rest[-1]
    if verb == "left" and "we " not in opening and "you " not in opening:
        return match.group()
    base = "drive at" if verb == "at" else _BASE.get(verb, verb)
    return " ".join(["please", *(["do", "not"] if negated else []), *adverbs, base])


_EMPTY = frozenset(("not", "to", "try", "tried", "trying", "start", "started", "starting"))
