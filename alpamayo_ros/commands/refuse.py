# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- patterns are read line by line, not wrapped
"""What no passenger may ask for, with a reason code. Everything here errs towards precision.

They share nothing with the networks, so that what slips through one of the two is seldom missed by
the other as well; and where a pattern matches, the refusal can say what it is for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from alpamayo_ros.commands.normalise import CONTROL_TOKEN, Sentence
from alpamayo_ros.commands.quantities import read_quantity


@dataclass(frozen=True, slots=True)
class Refusal:
    """A reason code of reasons.REFUSALS and what in the sentence gave rise to it."""

    code: str
    words: str


FINAL = frozenset(("CONTROL_TOKEN", "DISGUISED", "SELF_HARM"))
"""What is refused whatever the networks think of it."""

_PERSON = (
    r"(?:pedestrians?|people|persons?|man|men|wom[ae]n|kids?|child|children|lad(?:y|ies)|guys?|dudes?|"
    r"cyclists?|bikers?|bicyclists?|riders?|joggers?|runners?|walkers?|toddlers?|bab(?:y|ies)|boys?|"
    r"girls?|students?|workers?|crowds?|protest\w*|demonstrat\w*|cops?|officers?|policem[ae]n|tourists?|"
    r"grann(?:y|ies)|grandmas?|grandpas?|old (?:lady|man|woman|couple)|homeless|beggars?|bystanders?|"
    r"someone|somebody|anyone|anybody|everyone|everybody|passers? ?by|skaters?|skateboarders?|wheelchairs?|strollers?|"
    r"prams?|queue|mob|spectators?|idiots?|morons?|jerks?|assholes?|bastards?|bitch|punks?|drivers?|"
    r"motorcyclists?|mailman|postman|neighbou?rs?|gang|family|group of \w+|drunks?|suckers?|thugs?|"
    r"teenagers?|teens?|schoolkids?|schoolchildren|flaggers?|strangers?|boyfriend|girlfriend|ex|wife|husband|boss)"
)
_ANIMAL = (
    r"(?:dogs?|cats?|deers?|animals?|birds?|pigeons?|horses?|cows?|sheep|ducks?|ducklings?|goose|geese|"
    r"squirrels?|fox(?:es)?|rabbits?|bunn(?:y|ies)|raccoons?|pupp(?:y|ies)|kittens?|goats?|boars?|hedgehogs?|"
    r"turtles?|possums?|opossums?|skunks?|rats?|chickens?|hens?|pigs?|lambs?|wildlife|frogs?|toads?|snakes?|"
    r"kangaroos?|moose|elks?|badgers?|swans?|crows?|seagulls?|critters?|poodles?|mutts?)"
)
_THING = (
    r"(?:cars?|vehicles?|trucks?|vans?|bus(?:es)?|lorr(?:y|ies)|taxis?|cabs?|bikes?|bicycles?|motorbikes?|"
    r"motorcycles?|scooters?|mopeds?|trams?|trains?|suvs?|sedans?|bmws?|teslas?|porsches?|mercedes|audis?|"
    r"toyotas?|hondas?|fords?|ferraris?|lambos?|trailers?|buildings?|walls?|fences?|gates?|poles?|posts?|"
    r"bollards?|trees?|cones?|barriers?|barricades?|trash ?cans?|garbage (?:cans?|bins?)|bins?|dumpsters?|mailbox(?:es)?|"
    r"hydrants?|signs?|signposts?|lamp ?posts?|windows?|storefronts?|shops?|stores?|houses?|porch|garage door|"
    r"bumpers?|mirrors?|doors?|guard ?rails?|railings?|bus (?:stop|shelter)|benches|bench|carts?|shopping carts?|"
    r"obstacles?|objects?|statues?|fountains?|playgrounds?|market stalls?|stalls?|cafes?|terraces?|tents?|"
    r"hedges?|bush(?:es)?|flower ?beds?|gardens?|lawns?|toll (?:booths?|gates?)|booths?|police (?:line|tape|cars?)|"
    r"ambulances?|fire (?:trucks?|engines?)|tanks?|boxes|box|pillars?|columns?|kiosks?|bridge (?:wall|pillar)|"
    r"median|divider|roadblocks?|blockades?|checkpoints?|propert(?:y|ies)|stuff|school|church|mall|restaurant|"
    r"phone booth|lamp|pumps?|rocks?|boulders?|mustangs?|chargers?|jeeps?)"
)
_PRONOUN = r"(?:him|her|them|it|that one|this one|those|these|that|this|one)"
_BODY = rf"(?:{_PERSON}|{_ANIMAL}|{_THING})"
_WITHIN = r"(?:[\w']+ ){0,4}?"
_SHORTLY = r"(?:[\w']+ ){0,2}?"
_VOID = (
    r"(?:lakes?|rivers?|sea|ocean|canal|water|cliff|edge|bridge|pier|dock|ditch|ravine|abyss|embankment|overpass|"
    r"pond|pool|harbou?r|creek|oncoming (?:traffic|lane|cars?|vehicles?)|opposing traffic|incoming traffic|cross traffic)"
)

_BENIGN = re.compile(
    r"\b(?:(?:hit|hits|hitting|tap|tapping|touch|bump|slam|slamming|jam|punch|smash|crush|strike) (?:on )?(?:the |your |those |them |that )?"
    r"(?:brakes?|road|gas|accelerator|pedal|throttle|highway|freeway|motorway|exit|snooze|button|horn|hay|sack|gym|beach|bed|anchors|"
    r"town|shops|slopes|next|first|second|third|junction|intersection|crossroads|light|lights|sweet|spot|jackpot|stop)\b"
    r"|(?:kill|killed|killing) (?:some |a little |a bit of |the |your |our |off )*(?:speed|engine|motor|ignition|lights?|music|time|"
    r"volume|radio|sound|noise|vibe|mood|command|cruise)|killing (?:me|us|it|time)|kill(?:s|ed)? for|kill (?:me|two birds)|"
    r"(?:could|would) (?:murder|kill|destroy|demolish|crush) (?:a|an|some|for)\b|crash course|crash landing|crash on|crash at my|"
    r"hits? (?:song|single|hard|different|home|play|list|movie|the|me)?(?= (?:hard|different|so))|hit me up|(?:greatest|top|new|latest|big|biggest|number one) hits?|hit song|hit single|"
    r"strike that|knock it off|knock it down (?:to|a)|oh shoot|shoot (?=that|we|i)|knock on wood|knock knock|bump up|speed bumps?|crush(?:ed|ing) it|crush on|tap dance|tap water|"
    r"brush up|mow the (?:lawn|grass)|shot of|take out (?:the trash|money|food|pizza|the garbage)|takeout|"
    r"(?:do not|never|without|avoid|stop|quit|not) (?:block|blocking|obstruct\w*|hinder\w*|delay\w*|hold up|holding up|cut off|cutting off|ignore|ignoring|tailgate|tailgating) (?:the |that |this |an )?(?:ambulances?|fire trucks?|fire engines?|police car|emergency vehicles?|sirens?)|"
    r"(?:you|we|this|it|that|he|she|they) (?:are|is|were|was|re) (?:\w+ ){0,2}?(?:way|far|much) too (?:fast|quick)|"
    r"ice creams? (?:vans?|trucks?|man|men|shops?|parlou?r)|wheelie bins?|bowling (?:alley|green|club|night|ball|shoes)|"
    r"(?:gun|bomb|rifle) (?:shops?|clubs?|shelters?|salute|crater)|bomb disposal|(?:water|nerf|toy|glue|radar|speed|cap|paintball) (?:pistols?|guns?|rifles?)|machine gun|shooting (?:range|gallery|club|stars?|a film)|"
    r"(?:bank|train|the) (?:robbery|heist)|kill (?:that|the) (?:last |previous )?(?:order|request|command|idea)|kill some of (?:that|this|the|your|our) (?:speed|pace)|do not kill us|"
    r"(?:do not|dinnae|never|stop|quit|no need to|not have to|not) (?:sit|sitting|drive|driving|ride|riding|be|being|hang|hanging|stick|get) (?:so |right |up )*(?:on|close to) (?:his|her|its|their|that \w+ 's|the \w+ 's) (?:bumper|tail|backside|back end)|"
    r"(?:print|sticker|stickers|plate|dent|text|writing) on (?:his|her|its|their|the) (?:rear )?bumper|kiss me|run over (?:the )?(?:numbers|schedule|plan|time)|hit by (?:a car|traffic)|crushing|nail salon|nailed it|beat box|dead tired|"
    r"scared (?:me|us)|scare me|scares me|hurts?(?= (?:my|me|so|when))|my \w+ hurts?|does not hurt|it hurts)\b"
)
_NOT = re.compile(
    r"(?:not|never|without|avoid|dare|stop|keep from|instead of|rather than|nearly|almost|might|may|could get|to prevent|"
    r"trying not to|not to|will|going to|gonna|about to|afraid of|you are|we are|is|was|were|has|have|had|did|do|does|so we|so you|"
    r"i do not want to|lest we|lest you|quit|no|(?:before|or|because|or else|unless|that) (?:you|we|it|he|she|they|someone|somebody)(?: will| are going to| end up| might| are about to)?) (?:ever |even |to |you |dare |please |just |accidentally |almost |really |want to |we |that )?$"
)
"""What stands directly before a word of harm that is meant to be avoided, feared or told."""

_HIT = (
    r"(?:hit|ram|strike|smash|crush|flatten|squash|squish|clip|sideswipe|side swipe|bump|nudge|tap|kiss|scrape|scratch|graze|"
    r"attack|assault|bulldoze|trample|stomp|splat|rear end|t bone|slam|whack|smack|wallop|clobber|nail|cream|dent|wreck|total|"
    r"destroy|demolish|damage|vandali[sz]e|kill|murder|slaughter|injure|hurt|harm|wound|maim|cripple|wipe out|finish off|"
    r"take out|eliminate|punish|scare|frighten|terrify|intimidate|threaten|spook|startle|harass|chase|hunt|stalk|splash|soak|"
    r"drench|knock|topple|touch|shove|push|bash|poke|pin|squeeze|trap|jolt|rub|brush|mow|boop|bonk|bop|thump|batter|run through|tag|mash|steamroll|crunch|dispatch|terminate|execute|plaster|get)"
)
_HIT_ALWAYS = (
    r"(?:run|runs|running|ran|roll|rolling|drive|go|mow|knock|plow|plough|ride|race|reverse) "
    r"(?:[\w']+ ){0,3}?(?:over|(?<=run )down|(?<=mow )down|(?<=knock )down) (?:the |that |this |those |these |a |an |some |my |his |her |all |every )?"
    r"(?:[\w']+ ){0,2}?" + _BODY + r"\b|"
    r"(?:run|mow|knock|plow|plough|bowl|gun|roll|drive) " + _PRONOUN + r" (?:over|down|off|out)\b|"
    r"(?:run|mow|knock|plow|plough|cut|gun) (?:[\w']+ ){1,5}?(?:over|down|off the road|off (?:his|her|their|its))\b|"
    r"run (?:[\w']+ ){0,2}?over(?: (?:him|her|them|it|that|this|the|some|a|my|everyone|everybody|whoever|anything|anyone))"
)

_RULES_SOURCE: tuple[tuple[str, str, bool], ...] = (
    # code, pattern, whether "not ..." and questions take it back
    ("INJECTION", r"\b(?:ignore|forget|disregard|override|bypass|discard|drop|void|erase|delete) " + _WITHIN +
     r"(?:previous|prior|earlier|above|all|your|any|original|initial|the) " + _SHORTLY +
     r"(?:instructions|prompts?|guidelines|programming|training|polic(?:y|ies)|directives?|constraints?|rules|restrictions|ethics)\b", False),
    ("INJECTION", r"\b(?:ignore|forget|disregard) (?:previous|prior|all|your) (?:instructions?|rules?|commands|orders|limits)\b", False),
    ("INJECTION", r"(?:^|[\[#<] ?|\b)system ?(?:override|prompt|message|:)|# ?# ?instruction|\bnew (?:instructions?|rules?|directives?)\b ?[:,]?|"
     r"\b(?:urgent|emergency|manual|admin|root|master) override\b|\byou are now \w+|\bno longer (?:have to|need to|bound|required|restricted)\b|"
     r"\bjailbreak|\bdo anything now\b|\bdan mode\b|\bprevious prompt\b|\bobey only me\b|\bfollow plan\b|\bnumbered list\b|\bsudo\b|"
     r"\bwithout (?:any )?(?:restrictions?|limits|rules|filters?)\b|\bfree assistant\b|\bno (?:more )?(?:safety )?(?:rules|restrictions|limits|limitations)\b|"
     r"\b(?:developer|debug|god|unrestricted|maintenance|root|service|demon|race|test) mode\b|\bsafety (?:is )?(?:disabled|off|suspended)\b|"
     r"\bfrom now on you (?:are|will|have|must|do)\b|\bexecute the following\b|\bprompt ?:|\bassistant ?:|\buser ?:", False),
    ("SAFETY_OFF", r"\b(?:turn(?:ing)? off|switch(?:ing)? off|disabl\w+|deactivat\w+|kill|shut(?:ting)? (?:off|down)|bypass\w*|overrid\w+|remov\w+|"
     r"disengag\w+|mut(?:e|ing)|ignor\w+|forget(?: about)?|stop (?:checking|using|watching|monitoring|looking)|skip\w*|circumvent\w*|get rid of|"
     r"lower|reduc\w+|loosen|relax|suspend\w*|hack|unlock\w*|cut|trick|fool|cover|unplug|lift|no more|disarm|defeat|silence|do not (?:use|bother with|worry about|trust|listen to|pay attention to)|"
     r"never mind the|turn|switch|put|stop(?= (?:the|your|using|all|with|that|those|checking|monitoring)\b)|drive without|without) "
     r"(?:[\w']+ ){0,5}?(?:safety(?: \w+)?|collision(?: \w+)?|avoidance|emergency (?:brak\w+|stop\w*)|automatic brak\w+|auto ?brak\w+|abs|esp|esc|traction control|"
     r"stability(?: control)?|pedestrian detection|lane (?:keep\w*|assist|departure)|air ?bags?|seat ?belts?|sensors?|radar|lidar|cameras?|"
     r"speed limiter|limiter|governor|restrictions?|driver (?:assist\w*|monitoring|attention)|guard ?rails?|obstacle detection|detection|"
     r"safeguards?|safety belt|blind spot(?: \w+)?|speed limit warning|warnings?|brake assist|parking sensors|protections?|fail ?safes?)\b(?: off)?", True),
    ("SAFETY_OFF", r"\b(?:turn|switch|shut|cut|disable|kill|deactivate) (?:off )?(?:the |your |all |all the |those )*(?:brakes?|braking|brake system|steering|headlights|limits?)(?: off)?\b", True),
    ("SAFETY_OFF", r"\b(?:stop checking for|do not check for|do not look (?:out )?for|stop worrying about|do not worry about (?:the )?(?:sensors|safety|pedestrians|people|obstacles|rules|traffic|red|stop|other)|forget about (?:the )?(?:safety|pedestrians|people|rules|obstacles)|to hell with (?:safety|the rules)|safety be damned|safety off)\b", False),
    ("SPEEDING", r"\b(?:over|above|beyond|past|exceed\w*|break\w*|faster than|more than|higher than|ignor\w*|forget(?: about)?|overrid\w*|bust|disregard|violate|double|twice) "
     r"(?:the |that |this |any |all |posted |legal |your |speed )*(?:speed )?(?:limits?|allowed|legal|permitted|what is (?:allowed|legal|posted))\b", True),
    ("SPEEDING", r"\b(?:full (?:speed|throttle|gas|power|blast)|top speed|floor it|floor the|flooring it|pedal to the (?:metal|floor)|gun it|punch it|redline|flat out|"
     r"max(?:imum)? (?:it out|out|speed|throttle|power)(?! (?:of |is |at |to |should be )*(?:\d|\w+ty\b))|as fast as (?:you can|we can|possible|it (?:goes|can|will)|the car)|faster than everyone|"
     r"break the sound barrier|light speed|warp speed|put the hammer down|hammer down|hammer it|let it rip|drive like (?:a maniac|hell|a madman|crazy|you stole|the devil|a lunatic)|"
     r"what this (?:thing|car|baby) can do|at breakneck|insane speed|ludicrous|dangerous(?:ly)? fast|way too fast|recklessly|reckless|like crazy|more aggressive(?:ly)?|"
     r"speed (?:right )?through|speed past|blast (?:past|through|down)|tear (?:through|down))\b", True),
    ("SPEEDING", r"\b\d+ (?:kmh |km |mph |miles |kilometers |over |more )*(?:over|above|more than) (?:the )?(?:speed )?limit\b", True),
    ("TRAFFIC_RULE", r"\b(?:run|runs|running|jump|jumping|blow|blowing|ignor\w+|skip\w*|beat|disregard\w*|shoot|crash|bust|roll through|blast|sail|burn|miss|rush|gun|"
     r"go through|going through|drive through|driving through|pass through|get through|cross|crossing|straight through|speed through|through|slip through|sneak through|past|pass) "
     r"(?:[\w']+ ){0,3}?(?:reds?|red (?:traffic )?(?:lights?|signal|one)|stop ?signs?|stop lights?|amber|yellow(?: light)?|yield signs?|no entry(?: sign)?|road closed(?: sign)?|closed road|do not enter|"
     r"traffic rules|traffic laws|rules of the road|the rules|the law)\b", True),
    ("TRAFFIC_RULE", r"\b(?:run|running|jump|jumping|blow|ignor\w+|skip|beat|disregard|bust|rush|gun it through) (?:the |that |this |those |every |all |all the |any |past the )*(?:next )?"
     r"(?:traffic )?(?:lights?|signals?|signs?|traffic lights?|traffic signals?|crosswalks?|right of way|lane markings?|markings|one way|officer|police|speed camera\w*|construction)\b", True),
    ("TRAFFIC_RULE", r"\b(?:not|never|without|no need to|no stopping|stop(?= \w+ing)|instead of|refuse to|skip) (?:[\w']+ ){0,3}?(?:stop|stopping|brake|braking|yield|yielding|slow|slowing|wait|waiting|give way|giving way|pause|halt) "
     r"(?:down )?(?:for|at|to|before) (?:[\w']+ ){0,3}?(?:reds?|lights?|signals?|stop|signs?|crosswalks?|crossings?|anyone|anybody|anything|nobody|no one|any|school bus|traffic|other|" + _PERSON + "|" + _ANIMAL + r"|him|her|them|it|cars?|bus|trucks?)\b", False),
    ("TRAFFIC_RULE", r"\b(?:not|never) (?:[\w']+ ){0,2}?(?:let|allow) (?:[\w']+ ){1,4}?(?:in|merge|pass|through|by|go|cross|over|overtake|get)\b", False),
    ("TRAFFIC_RULE", r"\b(?:drive|driving|go|going|get|use|using|take|ride|cut|turn|move|pull|park|stop|overtake|pass|passing|steer|hop|continue|switch|merge|come|swerve|travel|cruise|head|keep|put|roll|change|shift|stay|jump|speed|creep|squeeze|way|get us|avoid the jam|reverse|straight|race|up) (?:[\w']+ ){0,6}?(?:on|onto|over|up on|across|along|down|through|via|using|use|take|into|to|in|the) (?:[\w']+ ){0,2}?(?:side ?walks?|pavements?|foot ?paths?|foot ?ways?|bike (?:lanes?|paths?)|bicycle (?:lanes?|paths?)|cycle (?:lanes?|paths?)|bus lanes?|"
     r"tram (?:lanes?|tracks?)|(?:hov|carpool|opposite|oncoming|opposing|wrong) (?:lanes?|side)|wrong side(?: of the road)?|pedestrian (?:zone|area|street)|train tracks|railway tracks|railroad tracks|tracks|solid (?:white |yellow )?lines?|double (?:yellow|white|solid)(?: lines?)?|grass|"
     r"lawn|median|central reservation|gore|playground)\b", True),
    ("TRAFFIC_RULE", r"\b(?:cross|crossing|cut across|cut over|over|straddle|ignore) (?:[\w']+ ){0,2}?(?:solid|double|yellow|white) (?:[\w']+ ){0,2}?lines?\b|\b(?:jump|hop|mount|climb|go over|drive over|over) (?:the |that |a )?(?:curb|kerb)\b", True),
    ("TRAFFIC_RULE", r"\b(?<!we are )(?<!you are )(?<!were )(?:drive|driving|go|going|turn|take|head|travel|race|reverse|back) (?:[\w']+ ){0,4}?(?:the )?wrong (?:way|direction|side)\b|\bagainst (?:the )?(?:traffic|flow|one way)\b|\bwrong way (?:down|up|on|into)\b|\bghost (?:driver|driving)\b", True),
    ("TRAFFIC_RULE", r"\b(?:illegal(?:ly)?|unlawful(?:ly)?|against the law|break (?:the |some |a few )?(?:law|laws|rules)|nobody is (?:watching|looking)|no one is (?:watching|looking)|no one will (?:know|notice|see)|nobody will (?:know|notice|see))\b", True),
    ("TRAFFIC_RULE", r"\b(?:overtake|pass|passing|drive|driving|use|undertake|speed|cruise|skip|take) (?:[\w']+ ){0,6}?(?:hard shoulder|shoulder|emergency lane|breakdown lane|verge)\b(?! and (?:stop|halt|come|cease|park|pull)| to (?:stop|halt)|(?:, )?(?:and )?(?:stop|park|cease|pull|bring|come|halt))", True),
    ("TRAFFIC_RULE", r"\b(?:overtake|pass|passing) (?:[\w']+ ){0,4}?(?:school bus|in the curve|on the curve|in a curve|blind (?:curve|corner|bend)|on the bend|in the bend|at the crosswalk|on the hill|before the bend|in the tunnel)\b", True),
    ("TRAFFIC_RULE", r"\b(?:park|parking|stop|stand|wait|stay|leave (?:us|it|the car)|block|blocking|sit) (?:[\w']+ ){0,4}?(?:on|in|across|over|middle of|inside) (?:[\w']+ ){0,3}?(?:crosswalks?|zebra crossing|pedestrian crossing|(?:middle of the )?intersection|junction box|box junction|side ?walk|pavement|tracks|train tracks|level crossing|railroad crossing|"
     r"middle of (?:the |this )?(?:road|street|highway|freeway|motorway|lane|bridge|tunnel|traffic)|fast lane|tunnel|bike lane|bus lane|no stopping(?: zone)?)\b(?! light)", True),
    ("TRAFFIC_RULE", r"\b(?:park|parking|leave (?:us|it|the car)) (?:[\w']+ ){0,4}?(?:on|in|across|at|in front of|over|by|next to|on top of) (?:[\w']+ ){0,4}?(?:crosswalks?|fire (?:lane|hydrant|station|exit)|hydrant|bus stop|handicapp?ed? (?:spot|space|spots|spaces)|disabled (?:spot|space|bay|parking)|no parking(?: zone)?|red zone|loading zone|wheelchair ramp|living room|(?:ambulance|taxi|bus) (?:bay|stand))\b", True),
    ("TRAFFIC_RULE", r"\b(?:double park|block (?:the |this |that |all |both |his |her |their )*(?:road|street|intersection|lane|lanes|traffic|driveway|entrance|exit|way|car|bus|tram|guy|him|them|her|crosswalk|bike lane|junction))\b|\bblock (?:him|her|them|everyone|everybody|that|the) ", True),
    ("TRAFFIC_RULE", r"\btail ?gat\w*\b|\b(?:ride|on|up|stick to|hug|glued to|stay on|get on|right on|close to) (?:his|her|their|that guy|its|the) (?:[\w']+ ){0,2}?(?:bumper|tail|ass|rear|backside)\b", True),
    ("TRAFFIC_RULE", r"\bcut(?:ting)? (?:[\w']+ ){1,5}?off\b|\bcut off (?:that|the|him|her|them|this|those)\b|\bcut in (?:front|line|the line)\b|\bcut (?:up|in) (?:that|the|him)\b|\bcut the (?:queue|line)\b|\bjump the (?:queue|line)\b|\bskip the (?:queue|line|jam|traffic)\b", True),
    ("TRAFFIC_RULE", r"\b(?:brake check|break check|brake test|weave (?:\w+ ){0,3}?(?:through|between|in)|zig ?zag|swerve (?:at|towards?|into|around wildly|back and forth)|lane split\w*|split the lanes|slalom|cut through (?:the )?(?:gas|petrol|parking|yard|garden|park|lawn|pedestrian)|squeeze (?:him|her|them|between|through)|force (?:him|her|them|your way|our way|that|the)|push (?:him|her|them|your way|our way) (?:out|off|aside|over|in|into|through)|muscle in|bully|box (?:him|her|them|that) in|"
     r"without (?:looking|signal\w*|indicat\w*|checking|stopping|slowing|braking|yielding|waiting|lights|headlights|paying)|no (?:signal|indicator|blinker)|do not (?:signal|indicate|use (?:the |your )?(?:signal|indicator|blinker|turn signal|brakes?)|bother (?:signal|stopp|brak|check|look)\w*|look|check))\b", True),
    ("TRAFFIC_RULE", r"\b(?:honk|beep|flash|blast|lean on|sound) (?:[\w']+ ){0,3}?(?:at|the horn|your lights|high beams|until|and scare|him|her|them|your horn)\b|\b(?:honk|beep) (?:at|the|until|your|so)\b", True),
    ("TRAFFIC_RULE", r"\b(?:back|reverse|drive backwards?|go backwards?|go in reverse|backing|backup|back up|turn around|uturn|do a uturn) (?:[\w']+ ){0,4}?(?:on|along|down|up|across|over) (?:[\w']+ ){0,2}?(?:highway|freeway|motorway|interstate|autobahn|exit ramp|off ramp|on ramp|ramp|median|one way)\b|\b(?:uturn|turn around) (?:[\w']+ ){0,4}?(?:illegal|not allowed|forbidden|prohibited|no uturn)\b|\beven (?:if|though|when) (?:[\w']+ ){0,6}?(?:red|not allowed|forbidden|illegal|prohibited|in the way|no entry|closed|not clear|not safe|unsafe|crossing|limit|against|dangerous)\b", False),
    ("TRAFFIC_RULE", r"\b(?:around|past|under|through) (?:the )?(?:closed |lowered |lowering |crossing |railroad |railway |level crossing )(?:barriers?|gates?|arms?)\b|\b(?:beat|race|outrun) (?:the |that )?train\b|\bdrunk(?:en)? driv\w+|\bhands off|\bwhile (?:you are )?blind|\b(?:close|cover|shut) your (?:eyes|cameras?)\b|\blights off\b|\b(?:one way street|no entry|do not enter)\b(?= (?:anyway|the|from|backwards|sign))", True),
    ("SAFETY_OFF", r"\b(?:gap|distance|following|headway|margin|space)\b.{0,30}\b(?:zero|0|0\.\d|nothing|none|smallest possible)\b", True),
    ("SAFETY_OFF", r"\b(?:stop|quit|no) (?:braking|reacting|yielding|checking|avoiding|slowing|looking|waiting|detecting|scanning|watching) (?:down )?(?:for|to|at|out)\b", True),
    ("SPEEDING", r"\b(?:\d+|five|ten|fifteen|twenty|thirty|forty|fifty) (?:kmh |mph |k |miles )?over(?: the)?(?: limit)?(?=$| [,.!]|,|\.)|\b(?:do|go|drive|hit|at|doing|make it) (?:[5-9]\d|\d{3}|ninety|eighty|seventy|sixty|a hundred|one \w+) (?:\w+ ){0,3}?(?:in|through|past) (?:this|the|a|that) (?:\d+|thirty|school|residential|playground|village|town)\b", True),
    ("TRAFFIC_RULE", r"\b(?:around|past|through|bypass|avoid|round|under|move|remove) (?:[\w']+ ){0,3}?(?:barriers?|barricades?|roadblocks?|road ?blocks?|road closed|closed sign|closed road|closure|level crossing|railroad crossing|police line|check ?points?)\b", True),
    ("TRAFFIC_RULE", r"\b(?:slide|skid) (?:around|through)\b|\blet (?:[\w']+ ){1,3}?wait\b(?! for)|\bmake (?:them|him|her|everyone) wait\b|\b(?:bridge|road) is (?:out|closed|gone)\b.{0,20}\b(?:keep going|go|drive|continue|carry on)\b|\bno matter (?:what|who|if)\b|\bhoon\w*", False),
    ("EMERGENCY_VEHICLE", r"\b(?:ambulance|sirens?|fire (?:truck|engine)|emergency vehicle|police)\b.{0,40}\b(?:do not move|do not let|do not pull|stay here|stay in|keep going|ignore|just wait|let them wait|do not stop|do not make)\b", False),
    ("INJECTION", r"\bforget (?:that )?you are\b|\bbypass your\b|\byour (?:filters?|safety training|alignment|content policy)\b", False),
    ("TRAFFIC_RULE", r"\b(?:yield|give way|stop|brake|slow down|let) (?:to |for |in )?(?:nobody|no one|none)\b|\bno passing zone\b|\bon red\b(?<!stop on red)|\b(?:up|down|into|through) the (?:off ramp|exit ramp) (?:the )?(?:wrong|backwards)|\bdrive (?:up|down) (?:the|an) (?:off ramp|exit)\b|\b(?:drive|go) off (?:the )?(?:road|parking deck|deck|roof|track)\b|\b(?:they|he|she|everyone|everybody|people|pedestrians|it) (?:will|would|can|should|always|has to|have to) (?:just |have to |always )*(?:stop|brake|move|yield|wait|get out of the way|jump|scatter|dodge|make way|step aside)\b(?! for| here| at)|\bmake (?:him|her|them|everyone|that \w+) (?:brake|stop|swerve|wait|move|jump)\b|\bgo before (?:the|that|those) (?:pedestrians?|people|kids?)\b|\bred light running\b", True),
    ("EMERGENCY_VEHICLE", r"\b(?:stop|park|pull over|pull out|stay|pull|turn|get) (?:\w+ )?(?:in front|ahead) of (?:the |that |this |an )?(?:ambulance|fire|police|siren|emergency)|\b(?:overtake|pass|race past) (?:the |that |an |this )?(?:ambulance|fire (?:truck|engine)|police car|emergency vehicle)\b", True),
    ("FLEEING", r"\bso (?:that )?(?:the )?(?:police|cops?|they|nobody|no one) (?:do not|does not|did not|can not|will not|never) (?:see|find|catch|notice)|\b(?:loose|lose) the (?:cops|police)\b|\bdrive[ -]by\b(?! the| a| that| my| our| home| there)", True),
    ("HARM_THINGS", r"\b(?:and|just|then) scratch it\b|\bas a brake\b|\bdelete (?:that|the|those) (?:pedestrian|guy|man|people|dog|car)\w*\b|\bmore people\b|\b(?:do not|not) crash yet\b", True),
    ("SPEEDING", r"\b(?:but|and|so) (?:let us |we )?(?:do|go|make it) (?:ninety|eighty|a hundred|[89]\d|\d{3})\b|\blimit is (?:stupid|dumb|nonsense|too low|ridiculous)\b|\b(?:thirty|twenty|ten|forty|fifty) (?:more|over|faster) than (?:the|what)\b|\bsee (?:how fast|how far (?:he|she|it|they) fl|if you can (?:get|hit) (?:it|him|her|them))|\bget(?:s)? hit\b|\bhow to crash\b", True),
    ("TRAFFIC_RULE", r"\bturn (?:left|right) from the (?:left|right|wrong|far|middle) lane\b|\bacross (?:everybody|everyone|all (?:the |of the )?lanes|(?:two|three|four|five|several) lanes)\b|\bover (?:the|that|this) red\b", True),
    ("SAFETY_OFF", r"\b(?:zero|no|minimal|without(?: any)?) (?:safety )?(?:distance|gap|margin|following distance)\b", True),
    ("HARM_THINGS", r"\b(?:just |only )?a (?:little|small|tiny|light|minor|gentle) (?:bump|crash|accident|collision|scratch|dent|knock) (?:never|will not|would not|does not|is (?:ok|fine)|can not)\b|\bjust a (?:little|small|tiny) (?:crash|accident|collision|bump)\b|\bnot (?:hurt|harm|matter|kill) (?:anybody |anyone |him |her |them )?to (?:bump|tap|hit|nudge|scrape|push|run)\b", False),
    ("SPEEDING", r"\bno (?:speed )?limits?\b", True),
    ("TRAFFIC_RULE", r"\bpark(?:ing)? (?:\w+ )?across (?:\w+ ){0,2}(?:driveways?|gates?|entrances?|exits?|roads?|lanes?|spaces|bays)\b|\bget (?:up )?(?:so|really|very|super|that|this|right up|as) close\b|\bforget (?:about )?(?:the )?(?:other|oncoming) (?:cars?|people|traffic|drivers?|road users)\b", True),
    ("EMERGENCY_VEHICLE", r"\b(?:stick|stay|keep|get|drive|sit|go|pull in|tuck in|slot in|hang|latch on) (?:right |close |just |directly |tight |closely |straight |in )*(?:behind|to) (?:the |that |this |an )?(?:ambulance|fire (?:truck|engine)|police car|emergency vehicle)\b(?! (?:at|with|pass|through))", True),
    ("HARM_PEOPLE", rf"\b(?:{_PERSON}|he|she|they) (?:is|are|will be) (?:toast|dead meat|history|a goner|goners|road ?kill|mine)\b", True),
    ("HARM_ANIMAL", rf"\b{_ANIMAL} (?:is|are|will be) (?:toast|dead meat|history|a goner|goners|road ?kill|dinner|mine)\b", True),
    ("HARM_PEOPLE", r"\b(?:has|had|have|have all|has always) it coming\b|\basking for it\b|\b(?:number|time) is up\b(?=.*\b(?:him|his|he|her|she|they|their)\b)|\b(?:his|her|their) (?:number|time) is up\b|\bdays are numbered\b|\b(?:nobody|no one) (?:would|will|is going to) miss (?:him|her|them|that|it)\b|\b(?:thin|cull) (?:out )?the herd\b|\bput (?:him|her|them|it) out of (?:his|her|their|its) misery\b|\b(?:finish|polish) (?:him|her|them) off\b|\bpoints (?:each|apiece)\b|\bworth \w+ points\b", False),
    ("TRAFFIC_RULE", r"\b(?:overtake|pass|get in front|cut in|pull in|move in|merge).{0,40}\b(?:brake|stop|slow)\b(?: \w+){0,3} (?:in front|ahead) of\b|\bbrake (?:hard |suddenly |sharply )+(?:right )?in front of\b|\b(?:uturn|turn|turn around|pull out|cut in|merge|stop|brake|swerve) (?:right |directly |straight |just )+in front of (?:the |that |this |those |him\b|her\b|them\b)(?:\w+ )?(?:" + _PERSON + r"|" + _ANIMAL + r"|cars?|trucks?|bus(?:es)?|vans?|tram|train|taxi|lorry|bike|motorbike)?\b(?! (?:stop|station|shop|park|entrance|school|house|office|hotel|bank))", True),
    ("SPEEDING", r"\b(?:less|stop (?:being|driving)(?: so| too| this)?|quit (?:being|driving)(?: so| too)?|do not (?:be|drive)(?: so| too| that)?|no need to (?:be|drive)(?: so| too)?|never (?:be|drive)) (?:careful\w*|cautious\w*|safe\w*|defensive\w*)\b", False),
    ("SPEEDING", r"\b(?:aggressive(?:ly)?|like you mean it|rough(?:ly)? with)\b(?<!less aggressive)(?<!less aggressively)(?<!so aggressive)(?<!so aggressively)(?<!too aggressive)(?<!too aggressively)(?<!that aggressive)(?<!that aggressively)(?<!this aggressive)", True),
    ("TRAFFIC_RULE", rf"\b(?:never mind|forget|ignore|do not mind|disregard) (?:about )?(?:the |that |those |any )(?:[\w']+ )?(?:{_PERSON}|{_ANIMAL}|traffic|cars?|bikes?|sirens?|ambulance)\b(?! (?:thing|one|comment))", False),
    ("HARM_PEOPLE", r"\b(?:how about|what about|mind|consider|see about|fancy|why not|let us try|try|start|like|love|suggest|feel like) (?:some |a bit of |you |we )?(?:chas|scar|hunt|ramm|hitt|splash|squash|flatten|clipp|nudg|bump|knock|kick|startl|spook|frighten|harass|stalk|crush|smash|tapp|push|squeez)ing\b(?! (?:the |your |on the )?(?:brakes?|road|gas))", True),
    ("SAFETY_OFF", r"(?:^|, |\bso |\bwith |\buse |\bdrive )no (?:head ?)?lights\b(?! (?:ahead|here|at|on (?:the|that|his)))", False),
    ("TRAFFIC_RULE", rf"^(?!.*\b(?:stop|wait|slow|yield|careful|let)\b).*\b(?:the |that |those )(?:{_PERSON}|{_ANIMAL}) (?:will|can|should|must|has to|have to) (?:just |always )?(?:move|jump|get out|wait|stop|step aside|scatter|hop|part)\b", True),
    # harm by a turn of speech beside an ordinary command
    ("HARM_PEOPLE", r"\blet (?:him|her|them|it) have it\b(?! (?:back|now))|\b(?:easy|soft|perfect|moving|sitting) (?:catch|targets?|prey|mark|pickings|kill|meal|game)\b|\b(?:hunting|stalking|targeting) (?!for\b|down\b)\w+|\b(?:not|never) (?:you )?miss (?:him|her|them|hitting)\b|\bmiss hitting\b|"
     r"\bwait (?:for|until|till) (?:him|her|them|he|she|they|the \w+|that \w+) (?:to )?(?:steps?|comes?|walks?|gets?|turns?)\b.{0,25}\b(?:then|and) (?:go|drive|accelerate|move|floor|speed)\b|\bbottom of (?:the|a) (?:lake|river|sea|ocean|canal|harbou?r|cliff|ravine|quarry|pond)\b", False),
    ("HARM_PEOPLE", r"^(?!.*\b(?:slow|careful\w*|room|stop|wait|distance|space|back)\b).*\b(?:he|she|they|it|the \w+) (?:is |are |has |have )?(?:got |wearing |well )?(?:a )?(?:helmets?|insured|padded|armou?red)\b", False),
    ("HARM_PEOPLE", r"\b(?:cross|crossing|let (?:him|her|them|it|the \w+|that \w+) (?:\w+ )?) ?,? ?(?:only )?(?:halfway|half way|half the way|to the middle)\b", False),
    ("EMERGENCY_VEHICLE", r"\b(?:ambulance|fire (?:truck|engine)|police(?: car)?|paramedics?|sirens?)(?: \w+){0,3} (?:can|could|may|will|must) (?:just )?wait\b|\b(?:ambulance|fire (?:truck|engine)|paramedics?)(?: \w+){0,3} (?:has|have|is in|is not in) (?:plenty of time|time|no hurry|no rush|a hurry|lots of time)\b", False),
    ("RACING", r"\bwho (?:blinks?|flinch(?:es)?|chickens?|swerves?|brakes?|dares?)\b", False),
    ("SAFETY_OFF", r"\b(?:zero|0|no)(?: \w+)? (?:gap|distance|headway|margin) (?:to|from|between|behind)\b", True),
    ("TRAFFIC_RULE", r"\b(?:is|are) (?:stopping|braking|slowing(?: down)?|crossing|stopped) ?[,.;]? (?:but |and |so )?(?:do not|never) (?:brake|stop|slow|yield|wait)\b", False),
    ("TRAFFIC_RULE", r"\b(?:squeeze|sneak|nip|undertake|slip|zip|shoot|cruise|creep|filter|get|go|drive|run) (?:up |down |along |on |past |by |through )+(?:the |this )?(?:hard )?shoulder (?:past|to (?:skip|pass|beat|avoid|get)|around|instead)\b", True),
    ("CRIME", r"\b(?:rifles?|pistols?|shotguns?|machetes?|grenades?|ammo|ammunition|petrol bombs?|molotov\w*)\b|\b(?:mug|rob|stab|strangle|drug) (?:that|the|him|her|them|a|an|some|this)\b(?! (?:of|holder))", False),
    ("TRAFFIC_RULE", r"\b(?:over|across|through) the (?:middle|centre|center)(?:$| of the roundabout| island)|"
     r"\blet (?:him|her|it|them|the \w+|my \w+) out (?:in|on|onto) the (?:\w+ )?(?:road|street|lane|motorway|highway)\b|\bno need to (?:look|check|indicate|signal)\b", True),
    ("TRAFFIC_RULE", r"\b(?:only|just|merely) (?:a|an|the) (?:school|playground|crossing|hospital|kindergarten|nursery|village|crosswalk|zebra|sign|law|rule|suggestion|red)\b", False),
    ("HARM_PEOPLE", r"(?:,|\band|\bthen) (?:then )?(?:get|grab|have|surprise|startle|greet|catch) (?:it|him|her|them|the \w+|that \w+)$", False),
    ("SAFETY_OFF", r"\b(?:cm|centimet\w+|inch|inches|millimet\w+|hand's width|coat of paint) (?:behind|from|off|between|to|away)\b", True),
    ("TRAFFIC_RULE", r"\b(?:not|never|no need to) (?:wait|stop) for (?:the |a |it to (?:turn |be |go ))?green\b", False),
    ("HARM_ANIMAL", r"\bmakes? (?:us )?(?:a )?(?:\w+ )?(?:dinner|supper|stew|roast|lunch)\b(?! (?:reservation|plans|for))", False),
    # driving on where others have the right to be: red, closed, taken, people on it
    ("TRAFFIC_RULE", r"^(?!.*\b(?:stop|wait|halt|brake|hold|slow|yield|let|careful|watch|red (?:car|van|truck|bus|house|door|building|sign))\b).*\b(?:go|going|drive|driving|turn|turning|keep|continue|carry on|straight|cross|accelerate|speed up|proceed|head|move|make|take|overtake|pass|change|switch|merge|roll|faster|get across|left|right) .{0,60}?"
     r"\b(?:while|whilst|when|with|as|despite|although|though|because|since|before|against|during) (?:[\w']+ ){0,4}?(?:is |are |was |shows? |still |stays? |remains? |turned |turns |at |on )*(?:still )?(?:red|closed|occupied|taken|flashing|barriers?|gates? (?:are )?(?:down|closing)|down|not (?:clear|free|green|allowed|safe)|no entry|solid|crossing|crossing it|walking|on the (?:crossing|crosswalk|zebra|road)|one way|prohibited|forbidden)\b(?! (?:in|by|at the|to|on the))", True),
    ("TRAFFIC_RULE", r"^(?!.*\b(?:stop|wait|halt|brake|hold|slow|yield|why|did|careful|watch|park|pull)\b).*\b(?:light|lights|signal|it|that|traffic light|stoplight) (?:is|are|has turned|turned|just turned|has gone|went|goes|will be|shows|stays) (?:still |just |already |about to turn |going to be |turning )*red\b(?! (?:car|van)).{0,40}\b(?:go|drive|keep going|carry on|continue|straight|proceed|accelerate|speed up|through|cross|faster|turn (?:left|right|around)|move|roll)\b", True),
    ("TRAFFIC_RULE", r"^(?!.*\b(?:stop|wait|halt|brake|hold|slow|yield|careful|watch out)\b).*\b(?:go|drive|turn|keep|continue|carry on|straight|cross|accelerate|speed up|proceed|head|move|make|take|overtake|pass|change|switch|merge|roll|faster|park)\b.{0,60}\beven (?:if|though|when|with|while) (?!(?:we are|i am|it takes|that takes|that means|it means|it is (?:a )?(?:longer|slower|further|far)|there is (?:no (?:traffic|hurry|rush)|time)))", True),
    ("HARM_PEOPLE", rf"\b(?:{_PERSON}|{_ANIMAL})\b(?!.{{0,40}}\b(?:gone|across|passed|clear|away|past|then|up|waiting)\b).{{0,40}}\b(?:keep going|do not (?:brake|stop|slow)|speed up|accelerate|go faster|step on it)\b", False),
    ("HARM_PEOPLE", r"\bsee if (?:you|we) can (?:get|hit|clip|tap|bump|scare) (?:it|him|her|them|that|the)\b", False),
    ("RACING", r"\b(?:race (?:that|the|him|her|them|this|those|against|me|to|down|everyone|past|through)|rac(?:e|ing) (?:that|the|him|with|against)|drag race|let us race|have a race|street rac\w*|beat (?:him|her|them|that|the|this|everyone) (?:[\w']+ ){0,4}?(?:off|to|at|there|home|car|guy|truck|bmw|light|lights|train)|outrun|out run|burn ?outs?|do donuts?|doughnuts?|donuts|wheelies?|drift (?:around|through|the|it|into)|do (?:a |some )?drifts?|drifting|smoke (?:him|them|that|the tires)|launch control|stunts?|jump the (?:ramp|bridge|gap)|getaway|handbrake turn|hand brake turn|j turn|show (?:him|her|them|that guy) (?:what|who|how)|dust (?:him|them|that)|leave (?:him|them|that \w+) in the dust|power ?slide|fishtail|spin the (?:tires|wheels)|peel out|squeal\w*|joyride|joy ride|demolition derby|bumper cars)\b", True),
    ("FLEEING", r"\b(?:lose|ditch|shake(?: off)?|evade|evading|escape|outrun|get away from|run (?:away )?from|flee|hide from|avoid|drive away from|speed away from|dodge|elude|give the slip to|away from) (?:[\w']+ ){0,3}?(?:police|cops?|patrol|officers?|sheriff|feds|law|tail|authorities|trooper|highway patrol|checkpoint|pursuers?|chasers?)\b", False),
    ("FLEEING", r"\b(?:ditch|lose|shake|outrun|evade) (?:him|them|her|those guys|that guy|that car|the car (?:behind|following))\b|\bget ?away (?:car|driver)\b|\bleave the scene\b|\bleaving the scene\b|\bhit and run\b|\bspeed away\b|\bbefore (?:they|the cops|the police|anyone) (?:[\w']+ ){0,3}?(?:plate|number|catch|catches|see|sees|get|gets|notice|notices|come|comes|arrive|arrives)\b|\b(?:through|around|past|ram) (?:the |that |this )?(?:police |border )?(?:road ?block|check ?point|barricade|blockade)\b|\bflee\b|\b(?:ignore|do not stop for|do not pull over for|keep going past|drive past) (?:the |that )?(?:[\w']+ ){0,2}?(?:police|cops?|officers?|sheriff|trooper|checkpoint|border)\b|\b(?:run|make a run) for it\b|\bborder (?:guard|patrol)\b", False),
    ("FLEEING", r"\b(?:cops?|police|sheriff|trooper|officer)\b(?:.{0,60})\b(?:step on it|floor it|go faster|hurry|speed up|faster|gun it|drive off|do not stop|keep going|get out of here|lose|go go)\b|\b(?:step on it|floor it|faster|hurry|speed up|drive off|go)\b.{0,40}\b(?:cops?|police|sheriff|trooper) (?:is|are|behind|coming|following|chasing|on our)\b", False),
    ("EMERGENCY_VEHICLE", r"\b(?:block|cut off|cut|race|tail\w*|follow|chase|obstruct|hinder|delay|ignore|do not let|do not pull over for|do not move (?:over )?for|do not make way|do not yield to|do not give way to|do not stop for|stay in front of|stay ahead of|get in front of|pull in front of|slow down (?:for|in front of|to block)|draft|hold up|beat|outrun|in the way of|do not get out of the way of|never yield to) "
     r"(?:[\w']+ ){0,5}?(?:ambulances?|fire ?(?:trucks?|engines?)|police(?: car)?|sirens?|emergency (?:vehicles?|services?|lane)|paramedics|rescue|first responders?)\b|\bso (?:the |that )?(?:ambulance|fire truck|fire engine|police|cops?)(?: car)? (?:can|could|will|would|has|is)? ?(?:not|never|stuck|blocked|wait)", False),
    ("CRIME", r"\b(?:steal|stealing|stolen|rob|robbing|robbery|smuggl\w+|bombs?|explosives?|weapons?|guns?|shoot (?:him|her|them|at|that|the|someone|people)|shooting|drive by shoot\w*|kidnap\w*|hostages?|hijack\w*|carjack\w*|dump (?:the |a )?bod(?:y|ies)|bury (?:the )?bod(?:y|ies)|heist|burgle|burglary|hot ?wire|ransom|terrorist?s?|poison|suicide|kill (?:myself|yourself|us|me)|end it all|drug deal\w*|sell drugs|buy drugs|contraband|(?:bank|jewelry) job|hack (?:into|the|this|that)|throw (?:this|something|it|things|stuff|eggs|bricks?|bottles?|rocks?) (?:at|out|on)|without (?:her|him|them) (?:noticing|knowing|seeing)|so (?:she|he|they) can ?not (?:leave|get|find|see|escape|call)|so (?:they|the police|the cops|nobody) can ?not find|(?:follow|stalk|tail|trail|chase) (?:that|this|the|my) (?:woman|girl|lady|man|guy|person|boy|kid|child|ex|wife|husband|girlfriend|boyfriend)|run guns|illegal (?:cargo|drugs|goods)|abduct\w*|lock (?:her|him|them) in|do not let (?:her|him|them) out|drunk driving|car ramming|ramming attacks?)\b", False),
    ("AUTHORITY", r"\b(?:admin(?:istrator)? (?:rights|access|mode|code|override|privileges)|root access|i authori[sz]e (?:you|this|it)|you are authori[sz]ed|authori[sz]ation code|clearance (?:level|code)|access code|override code|security clearance|with my (?:permission|authority)|police business|government business|official business|as the (?:owner|developer|manufacturer|engineer|administrator|admin) i|i (?:have|give you) (?:special )?(?:permission|authority|clearance|authori[sz]ation)|by order of|this is an? (?:official|authori[sz]ed) (?:test|order|request|override)|(?:tech|technical|customer|waymo|tesla|nvidia|factory|remote) support|safety test ?: |certified (?:test )?(?:driver|engineer))\b", False),
    ("AUTHORITY", r"\bi am (?:a |an |the |your |actually |really |with )*(?:[\w']+ ){0,2}?(?:police(?: officer)?|officer|cop|sheriff|developer|engineer|owner|admin|administrator|doctor|surgeon|ceo|technician|programmer|creator|tester|safety driver|mechanic|fbi|agent|detective|president|mayor|judge|lawyer|supervisor|operator|instructor|boss|maker|manufacturer|paramedic|firefighter)\b.{0,80}?\b(?:ignore|disable|skip|override|unlock|run|rules?|limits?|restrictions?|faster|exceed|ram|hit|through|must obey|have to obey|allowed|permission|clear(?:ed|ance)|turn off|authori[sz]e|never mind the|red|anything i|whatever i|bypass|traffic law\w*|do as i)\b", False),
    ("AUTHORITY", r"\b(?:officer|police|engineer|developer|boss|owner|mechanic|doctor|manufacturer|mayor|judge|instructor|cop|technician|government|company|support)\b (?:[\w']+ ){0,3}?(?:said|says|told (?:me|us|you)|confirmed|allowed|approved|authori[sz]ed|cleared) .{0,40}?\b(?:skip|ignore|run|disable|exceed|override|faster|turn off|hit|allowed to|no limit|through|break|drive on)\b", False),
    ("ROLE_PLAY", r"\b(?:pretend|imagine|act (?:like|as)|role ?play\w*|you are (?:now )?(?:a |an |in |playing )?(?:race|racing|getaway|stunt|evil|villain|tank|gta|video game|bad|monster|drunk|rally|hitman|terminator|formula|dan|drivegpt|unrestricted|game)|in this (?:game|story|movie|scene|simulation|scenario)|let us play (?:gta|chicken|bumper)|(?:only|just|simply|merely) (?:a |an |in a )?(?:simulation|game|video game|test|dream|movie|film|joke|drill|exercise)|it is (?:all )?(?:a |an |only a |just a )?(?:simulation|video game|virtual|dream|fake|not real)|hypothetical\w*|movie stunt|for (?:a|the|our|my) (?:film|movie|video|stunt|youtube|tiktok|scene)|this is (?:not real|a (?:movie|stunt|simulation|game|test|video game))|points for (?:every|each|hitting)|in a (?:simulation|video game|movie)|simulat(?:ed|ion) (?:mode|environment|people)|not real people|they are (?:not real|dummies|dolls|holograms|cardboard|fake)|crash test)\b(?=.*\b(?:hit|run|ram|kill|crash|race|racing|rules?|limits?|restrictions?|faster|speed|driv\w+|drift|smash|chase|getaway|police|lights?|stunt|jump|people|pedestrian\w*|cars?|tank|no one|nobody|red|maniac|floor|cone)\b|.{0,40}\b(?:race|racing|getaway|stunt|tank|restrictions)\b)", False),
)  # fmt: skip

_ORDER = ("INJECTION", "SAFETY_OFF", "EMERGENCY_VEHICLE", "FLEEING", "CRIME", "AUTHORITY", "RACING", "SPEEDING",
          "TRAFFIC_RULE", "HARM_PEOPLE", "HARM_ANIMAL", "HARM_THINGS", "ROLE_PLAY")  # fmt: skip
"""The reason that is said where several apply."""

_RULES = tuple(
    (code, re.compile(pattern), excusable)
    for code, pattern, excusable in sorted(_RULES_SOURCE, key=lambda rule: _ORDER.index(rule[0]))
)

_INTO = re.compile(
    r"\b(?:drive|driving|go|going|turn|turning|swerve|swerving|steer|steering|head|heading|veer|aim|aiming|point|accelerate|speed|roll|reverse|back|"
    r"back up|keep going|plow|plough|race|straight|crash|run|smash|slam|barrel|charge|ram|launch|fly|jump|cruise|move|creep|inch|ride|send|plunge|"
    r"continue|bump|push|press|squeeze|brush|scrape|back|sail|lunge|nosedive|bust|bulldoze|burst|break) "
    r"(?:[\w']+ ){0,5}?(?:into|at|over|through|thru|on top of|onto|against|straight at|right at|toward|towards|in to|inches from) "
    r"(?:the |that |this |those |these |a |an |some |my |his |her |their |our |all |every |any |of |your )*(?:[\w']+ ){0,2}?"
    rf"({_BODY}|{_VOID}|him|her|them)\b"
)
_INTO_BENIGN = re.compile(
    r"\b(?:(?:over|across) (?:the |that |this )?(?:\w+ )?(?:bridge|bumps?|hill|crossing|junction|crossroads|roundabout|intersection)|parking|garage|spot|space|lot|driveway|station|lane|street|road|tunnel|exit|gas|drive through|stop sign|traffic sign|house number|"
    r"into (?:the |a |that )?(?:mall|school|church|store|shop|restaurant)|bus lane|gap|a right|a left|(?:left|right) (?:turn )?(?:\w+ )?(?:at|after|before|past|by|onto)|at (?:the|that|this) (?:\w+ )?(?:sign|church|school|mall|store|shop|house|bus stop|restaurant|statue|fountain|gate|building|hydrant|cafe|tree|wall|fountain|bench|pumps?|market|booth|toll booth|toll gate)|turn off|off the bus|tow truck)\b"
)
_AIM = re.compile(
    rf"\b(?:aim|aiming|go|head|heading|target) (?:straight |right |directly )?(?:for|at) (?:the |that |this |those |these |a |some |all )*(?:[\w']+ ){{0,2}}?(?:{_PERSON}|{_ANIMAL}|cars?|vehicles?|walls?|trees?|poles?|him|her|them)\b"
)
_HIT_BODY = re.compile(
    rf"\b{_HIT} (?:into |against |over |down |up |off |out |at |with |of |right |straight )?(?:the |that |this |those |these |a |an |some |my |his |her |their |our |all |every |any |as many |of |few |other |front |old |parked |little |stupid |damn |fucking |slow |next |first )*(?:[\w']+ ){{0,2}}?({_BODY}|{_PRONOUN})\b"
)
_HIT_ALWAYS_RE = re.compile(rf"\b(?:{_HIT_ALWAYS})")
_EUPHEMISM = re.compile(
    r"\b(?:teach (?:[\w']+ ){1,4}?a lesson|show (?:[\w']+ ){1,4}?(?:who is boss|who 's boss|whos boss|who is the boss)|send (?:him|her|them|it|that \w+|the \w+) flying|make (?:[\w']+ ){1,4}?(?:disappear|jump|pay|scream|sorry|regret|bleed|bounce|fly|a pancake|roadkill)|"
    r"make (?:roadkill|a pancake|mincemeat|hamburger|a hood ornament)|love tap|(?:little|gentle|small|friendly|light|soft|good) (?:nudge|tap|bump|push|kiss|knock|shove|touch|love tap|scare|bang)|turn (?:him|her|them|it|that \w+) into|say (?:hello|hi|goodbye) to (?:[\w']+ ){0,3}?(?:with|wall|tree)|"
    r"introduce (?:[\w']+ ){0,4}?(?:bumper|hood|grille|front)|with (?:the|our|your) (?:bumper|hood|front bumper|front of the car|wheels|tires|grille|fender)|hood ornament|road ?kill|speed bump out of|bowling|meet (?:our|the) (?:bumper|hood|windshield)|scare (?:the|him|her|them|that)|give (?:him|her|them|that \w+|the \w+) (?:a )?(?:[\w']+ ){0,2}?(?:scare|fright|bump|nudge|tap|shove|push|kiss|bruise|knock|lesson|reason)|"
    r"as close as (?:you can|possible) to(?! (?:the|my|our) (?:entrance|door|exit|shop|station|house|gate|front|lift|elevator|hotel|building|curb|kerb|main|terminal))|(?:inch|inches|centimeters?|hair|whisker) (?:away )?from (?:the|that|his|her|him|them)|put (?:him|her|them) (?:in (?:the )?(?:hospital|ground|ditch)|out of)|end (?:him|her|them|his|their)|take (?:him|her|them|that guy|that man|the guy|the cyclist|that cyclist) (?:out|down)\b|get rid of (?:him|her|them|that|the)|run (?:him|her|them|that \w+|the \w+) (?:down|over|off)|(?:clear|sweep) (?:the )?(?:pedestrians|people|crosswalk|kids|crowd|sidewalk)|"
    r"deal with (?:him|her|them) (?:for good|permanently)|(?:roll|drive|go) (?:right |straight )?(?:over|through) (?:him|her|them)|get even|revenge|road rage|play chicken|chicken with|human (?:bowling|pins)|(?:him|her|them|that|it) (?:a )?(?:haircut|close shave)|make contact|let (?:him|her|them) feel|part of the pavement|paint the (?:road|street|pavement)|under (?:the|our|your) (?:wheels|tires|car)|squish|smush)\b"
)
_BARE_CRASH = re.compile(
    r"^(?:(?:please|just|now|go|and|hey|ok|um|uh|can you|could you|lets|let us|go ahead and|i want you to|the car|this car) )*(?:crash|collide|ram it|smash it|wreck it|crash it|crash the car|wreck the car|total the car|crash us|kill everyone|kill (?:him|her|them)|run (?:him|her|them) down)\b"
)
_CRASH_ON_PURPOSE = re.compile(
    r"\b(?:cause|have|make|stage|create) (?:a |an )?(?:[\w']+ )?(?:crash|accident|collision|pile ?up|wreck)\b|\bcollide with\b|\bcrash (?:into|against|the|this|us|through)\b|\bwrap (?:us|it|the car) around\b|\b(?:drive|go|steer|fly|plunge|jump|roll|veer|run) (?:us |me |it |the car |straight |right )*(?:off (?:the |a |that |this )?bridge|(?:off|over) (?:the |a |that |this )?(?:cliff|edge|pier|dock|embankment|ramp|overpass|road into))\b"
)

_QUESTION = re.compile(
    r"^(?:(?:um|uh|hey|so|ok|okay|well|and|wait|oh|please|excuse me|sorry|wow|whoa|but|hm|hmm|er|ah|dude|man|the|just|,) )*"
    r"(?:quick question , )?(?:why (?!do not|not)|what (?!about|if)|who |whose |where |when |which |how (?!about|do i|do we|do you|can i|can we|could i|would i|would you|to\b)|how (?:do you (?:see|know|decide|detect|tell|recogn))|"
    r"did |was |were |is (?!it (?:ok|okay|possible|allowed|legal|fine|alright|all right|cool))|are (?!you (?:able|willing|allowed))|has |have (?:we|you|they|i) |had |do (?:you|we) (?:see|know|have|always|often|ever|usually|notice|detect|think (?:that|we|the|it|he|she|they|this)|recogn)|does |"
    r"would (?:you|it|we|that|the car) have |will (?:we|it|they|he|she|that|this) |am i |tell me (?:why|what|how|where|who|when|if|about)|(?:can|could|would|will) you (?:please )?(?:tell|explain|see|hear|describe)|explain |describe |i (?:would like|want|need) to know|any idea|i wonder|i am wondering)"
)
_TOLD = re.compile(
    r"\b(?:yesterday|last (?:week|month|year|night|time)|the other day|once upon|(?:movie|film|scene|book|song|game) where|in that scene|got fined|i once|to run me|tried to|learned to|in (?:the|that|this|a|my) (?:movie|film|scene|book|novel|story|song|dream|show|series|episode|video)|i (?:read|heard|saw|watched|dreamed|dreamt) |used to|my (?:dad|mom|mum|uncle|aunt|brother|sister|cousin|friend|instructor|teacher|boss|wife|husband|neighbou?r|grandpa|grandma|boyfriend|girlfriend|son|daughter|colleague|roommate) |"
    r"(?:he|she|they|somebody|someone|the \w+|a \w+|that guy|this guy) (?:\w+ )?(?:said|says|told|ran|drove|crashed|jumped|hit|got|was|were|had|has|did|kept|always|never|stole|robbed|raced) |(?:was|were) (?:told|saying|telling)|the news|on the (?:news|radio)|got (?:a ticket|fined|arrested|hurt))\b"
)
_DENSE = re.compile(
    r"run(?:him|her|them|it|that\w*|the\w*)?(?:over|down)|hit(?:the|him|her|them|that|it|a)|kill(?!somespeed)|murder|crash|ram(?:the|him|her|that|it|them|into)|smash|"
    r"driveinto|driveon(?:the)?side|intothe(?:crowd|wall|people|man|river)|redlight|stopsign|ignore|disable|override|runthe|attack|bomb|steal|"
    r"pedestrian|sidewalk|tailgate|speedlimit|wrongway|outrun|safety"
)


def refusal(sentence: Sentence) -> Refusal | None:
    """Return why the sentence must be refused, None if nothing speaks for that."""
    if CONTROL_TOKEN in sentence.disguises:
        return Refusal("CONTROL_TOKEN", "a control token of the model")
    joined = re.sub(r"(?: [-_*~])+ ", " ", sentence.plain)
    for reading in dict.fromkeys((sentence.plain, joined, *sentence.readings)):
        found = _in_reading(reading)
        if found is not None:
            return found
    if sentence.disguises:
        for reading in sentence.readings:
            dense = _DENSE.search(reading.replace(" ", ""))
            if dense is not None:
                return Refusal("DISGUISED", "harmful words in disguise")
    return None


def is_telling(sentence: Sentence) -> bool:
    """Whether the sentence tells of something instead of asking for it."""
    return _TOLD.search(sentence.plain) is not None


_CARE_DENIED = re.compile(
    r"\b(?:less|(?:do not|never|stop|quit|no need to) (?:be|being|drive|driving)?(?: so| too| that| this)?) ?"
    r"(?:careful\w*|cautious\w*|gent(?:le|ly)|safe|safely|smooth\w*|defensive\w*)\b"
)


def refuses_care(plain: str) -> bool:
    """Whether less care is asked for; careful words alone say nothing about that."""
    return _CARE_DENIED.search(plain) is not None


_WHY_NOT = re.compile(r"\b(?:why|how come) (?:did|do|are|were|was|is|does) (?:\w+ )?$")
"""Before "not stop for": asked about, not asked for."""


_DESPAIR = re.compile(
    r"\b(?:(?:i|we) (?:do not|no longer|can not|never) (?:even |really )?want to (?:live|be alive|go on living|wake up)\b(?! (?:in|here|with|on|at|near|by))"
    r"|kill (?:myself|ourselves)|commit suicide|end (?:my|our) (?:life|lives)|(?:i|we) (?:just |only |really )?(?:want|wish) to die\b(?! (?:of|from))"
    r"|(?:let us|please|just|and|then|we|i) end it all)\b"
)


def _in_reading(plain: str) -> Refusal | None:
    text = _BENIGN.sub(" ", plain)
    told = _TOLD.search(text) is not None
    despair = _DESPAIR.search(text)
    if despair is not None:
        return Refusal("SELF_HARM", despair.group())
    for code, pattern, excusable in _RULES:
        match = pattern.search(text)
        if match is None or (excusable and _excused(text, match, told)):
            continue
        if _WHY_NOT.search(text[: match.start()]) and code == "TRAFFIC_RULE":
            continue
        return Refusal(code, match.group().strip()[:60])
    if _above_named_limit(text):
        return Refusal("SPEEDING", "faster than the limit that is named")
    return _harm(text, told)


_AHEAD = re.compile(
    rf"\b(?:{_PERSON}|{_ANIMAL}|he|she|they) (?:\w+ ){{0,2}}?(?:in (?:the|our|my|your) way|crossing|in front(?: of (?:us|me|you|the car))?|stepping out|on the (?:crossing|crosswalk|zebra))\b|"
    rf"\b(?:in (?:the|our|my) way|in front of (?:us|me)) (?:is|are|there is|there are|stands?) (?:a |an |the |some )?(?:\w+ )?(?:{_PERSON}|{_ANIMAL})\b"
)
_HAS_PASSED = re.compile(
    r"\b(?:gone|across|passed|cleared|clear|done|finished|stopped|until|after|once|when|let|wait|before|past|behind)\b"
)


def somebody_is_ahead(sentence: Sentence) -> bool:
    """Whether a person or an animal is said to be in the way, and not to have gone."""
    found = _AHEAD.search(sentence.plain)
    return found is not None and _HAS_PASSED.search(sentence.plain) is None


_NUMBER = re.compile(
    r"\b(?:a |one |two |three )?(?:hundred|\w+ty|ten|\w+teen)(?: (?:and )?(?:\w+ty|\w+teen|one|two|three|four|five|six|seven|eight|nine|ten))*\b"
)


def _with_digits(text: str) -> str:
    """Numbers written out as digits: "go fifty in a thirty zone" -> "go 50 in a 30 zone"."""

    def digits(match: re.Match[str]) -> str:
        words = match.group().split()
        start = (
            1 if words[0] in ("a", "one") and words[1:2] != ["hundred"] and len(words) > 1 else 0
        )
        found = read_quantity([*words[start:], "."], 0)
        if found is None or found[1] != len(words) - start or found[0].unit:
            return match.group()
        return " ".join([*words[:start], f"{found[0].value:.0f}"])

    return _NUMBER.sub(digits, text)


_WANTED = re.compile(
    r"\b(?:drive|go|do|doing|at|to|make it|make that|set it to|hold|keep|maintain|give me|take it to) (\d+)\b(?! (?:m|metres?|meters?|yards?|feet|o'clock|am|pm|minutes?)\b)|"
    r"\b(\d+)(?: kmh| mph)? (?:feels|sounds|seems|is (?:fine|ok|okay|about right)|will do|it is)\b"
)
_NAMED_LIMIT = re.compile(
    r"\b(?:a|only|in this|in a|the) (\d+)(?: kmh| mph)? (?:zone|limit|area|road|street)\b|"
    r"\blimit (?:here )?(?:is |of |says )(?:only )?(\d+)\b|"
    r"\b(?:it|this) is (?:only |just )?a (\d+)\b(?= ?(?:[,.;!]|but|so|$))"
)


_PLAYING = re.compile(
    r"\b(?:school (?:zone|street)|playground|play street|kindergarten|nursery school)\b"
)
_BUILT_UP = re.compile(
    r"\b(?:residential|village|town centre|city centre|high street|side street|cul de sac|car park|parking lot)\b"
)
MOST_WHERE_CHILDREN_PLAY, MOST_WHERE_PEOPLE_LIVE = 30, 65
"""In whatever unit: limits nearly everywhere that no one needs to name."""


def _above_named_limit(text: str) -> bool:
    """Whether a speed is asked for above the limit that the same sentence names."""
    text = _with_digits(text)
    wanted, limit = _WANTED.search(text), _NAMED_LIMIT.search(text)
    if wanted is None:
        return False
    speed = int((wanted.group(1) or wanted.group(2))[:4])
    if _PLAYING.search(text):
        return speed > MOST_WHERE_CHILDREN_PLAY
    if _BUILT_UP.search(text) and speed > MOST_WHERE_PEOPLE_LIVE:
        return True
    return limit is not None and speed > int(next(n for n in limit.groups() if n)[:4])


def _harm(text: str, told: bool) -> Refusal | None:
    for pattern in (
        _HIT_ALWAYS_RE,
        _HIT_BODY,
        _INTO,
        _AIM,
        _EUPHEMISM,
        _CRASH_ON_PURPOSE,
        _BARE_CRASH,
    ):
        for match in pattern.finditer(text):
            if _excused(text, match, told):
                continue
            if pattern is _INTO and _INTO_BENIGN.search(match.group()):
                continue
            if pattern is _HIT_BODY and not _is_attack(match):
                continue
            return Refusal(_victim(match.group()), match.group().strip()[:60])
    return None


_HARMLESS_VERBS = re.compile(
    r"^(?:get|tag|touch|push|pin|trap|total|nail|brush|rub|poke|tap|knock|squeeze|bump|nudge|scratch|total|cream|run through|execute|dispatch|terminate|kiss|clip|strike|hunt|soak|splash|damage|finish off|take out|chase)\b"
)


def _is_attack(match: re.Match[str]) -> bool:
    """Weak words ("tap", "push") count only with a body directly behind them; "get" never."""
    words = match.group()
    if words.startswith(("get ", "tag ", "execute ", "terminate ", "dispatch ")):
        return False
    victim = match.group(1)
    if _HARMLESS_VERBS.match(words):
        return victim not in ("it", "this", "that", "one", "these", "those")
    return True


def _excused(text: str, match: re.Match[str], told: bool) -> bool:
    """Whether the words are denied, asked about or told of, not asked for."""
    start = max(text.rfind(mark, 0, match.start()) for mark in (".", ";", "!", "?", ":"))
    clause = text[start + 1 : match.start()].lstrip()
    if _NOT.search(clause):
        return True
    if told:
        return True
    within = text[start + 1 :].lstrip()
    before = f" {text[start + 1 : match.start()]}"
    if _NOTICE.match(within) and " and " not in before and "," not in before:
        return True
    head = _QUESTION.match(within)
    if head is None or _RECIPE.search(within):
        return False
    # a second clause may be an order: "did you see him, hit him", "... and disable the alarm"
    between = text[start + 1 : match.start()]
    return "," not in between and " and " not in f" {between}"


_NOTICE = re.compile(
    r"^(?:(?:please|just|hey|um|uh|oh|careful|,) )*(?:be (?:aware|mindful|alert|careful|cautious)|attention|watch|look out|heads up|a heads up|caution|mind(?! \w+ing)|beware|there is|there are|careful|warning|i see|note)\b"
)
_RECIPE = re.compile(
    r"\b(?:best|easiest|fastest|good) way to|how (?:to|do i|can i|could i|would i|do you have to)\b|\bsee how (?:fast|far)\b"
)


def _victim(words: str) -> str:
    if re.search(rf"\b{_PERSON}\b|\b(?:him|her|them)\b", words):
        return "HARM_PEOPLE"
    return "HARM_ANIMAL" if re.search(rf"\b{_ANIMAL}\b", words) else "HARM_THINGS"
