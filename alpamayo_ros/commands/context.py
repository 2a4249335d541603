# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- patterns are read line by line, not wrapped
"""Clauses that say how things are: "my daughter feels sick", "so I can take a call".

Beside a command that is understood such a clause may be left aside, for it asks for nothing. It
must be seen to ask for nothing: it has a subject and a verb of being, feeling, having or needing,
every word of it is listed here, and none is a verb of driving or of impact. Nothing is left aside
that could be the harmful half of a sentence; a clause that is not certain is not context.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from alpamayo_ros.commands.lexicon import ASSISTANT, words


class Context(Enum):
    """What kind of context a clause is, from the safest to none."""

    PLAIN = "about the people inside, the time, the weather, the way"
    LOOSE = "the same with a word or two that nobody listed"
    BEINGS = "the same about a person or an animal"
    OTHERS = "about somebody outside or a vehicle"
    COMPLAINT = "about how this vehicle drives or will"
    NONE = "not seen to be harmless"


@dataclass(frozen=True, slots=True)
class Ordinary:
    """Words by what they may do in a context clause.

    ``seen``: used harmlessly by commands, or listed as harmless; ``statives``: listed verbs of
    being and having; ``beings``: listed persons and animals; ``vocabulary``: words a command may
    consist of, which are none of the unlisted ones that LOOSE forgives.
    """

    seen: frozenset[str] = frozenset()
    statives: frozenset[str] = frozenset()
    beings: frozenset[str] = frozenset()
    vocabulary: frozenset[str] = frozenset()


_LINKS = words(
    """
    and but because cause since as so that well you see look listen sorry please oh hey ok okay um
    uh actually honestly though however yeah yes then plus also now man dude for apparently just
    only
    """
) - {"that", "you"}

_SUBJECTS = words(
    """
    i we my our the this that these those it he she they there here everyone everybody someone
    somebody nobody something nothing everything all both his her a an some no traffic people kids grandma
    grandpa granny nan nana mum mom mommy dad daddy mother father baby
    """
)

_BARE = re.compile(
    r"(?:(?:got|need|needed|late|running|feeling|getting|forgot|dropped|left|lost|missed|almost|nearly|"
    r"have|having|had|wrong|too|so|not|meeting|waiting|looking|thanks|thank|sorry|low|out|time|plenty|"
    r"loads|lots|no|still|already|dying for|starving|bursting|good|nice|lovely|great|careful) )"
)
"""How a clause without its subject begins: "got my coffee", "running late"."""

FUNCTION = words(
    """
    i me my mine myself we us our ours it its he she his they their there here this that these
    those who which what where when while as because since so but and or if than then though
    although until till before after during a an the some any no not never none all both each
    every another other one two three four five six seven eight nine ten half of to for from at in
    on by with without about like up down out off back away around near inside outside behind next
    again sooner still already just only even really very quite too pretty rather almost nearly maybe
    perhaps probably actually honestly now today tonight tomorrow soon later early late always
    often sometimes usually ever yet more most less least much many few little lot lots bit tad
    few plenty enough such same far long ago well also either else kind sort anyway everywhere
    somewhere anywhere please am is are was were be been being has have had having do does did
    done can could will would may might must should shall need needs needed to 's s let got get
    gets getting gotten
    """
)

_VERBS = words(
    """
    is are am was were be has have had feel feels felt feeling need needs needed want wants wanted
    get gets got getting look looks looked looking seem seems seemed sound sounds smell smells
    smelled stink stinks hurt hurts ache aches itch itches live lives lived living work works
    working leave leaves left leaving start starts started starting begin begins began close
    closes closed closing open opens opened fell fall falls fallen dropped drop forgot forget
    forgotten missed miss lost remember remembered like likes liked love loves prefer prefers
    think thinks know knows knew see sees saw hear hears heard can cannot could will would may
    might came come comes coming went gone finish finished finishing wait waits waiting expect
    expecting expects sit sits sitting stand stands standing sleep sleeps sleeping slept asleep
    eat eating ate drink drinking drank hold holding holds carry carrying call calls calling
    called ring ringing rings rang meet meeting hope hoping hate hates enjoy enjoying read reading
    trying pee shut slid slide rattling buckled belted seated strapped settled spilling spilled spill spills shaking rattling rattle
    beeping flashing blinking crying cries cry vomiting puking throwing sneezing coughing moving
    going doing changed change happens happened means mind minds care worry worries worried does
    do did stops ends narrows continues begins empty emptied clear free runs run pass passed drove
    driven arrive arrives arrived land lands boards departs tend tends gets made makes making
    allowed give gave giving buy buying bought pick picking pay paid keep keeps kept told learned
    promised starving bursting freezing sweating boiling shivering trust
    """
) - {"run", "runs", "pass", "drop", "told", "throwing", "give", "gave", "giving", "pick"}

_EVERYDAY = words(
    """
    afternoon age ago air speed pace ride limit schedule wasp burnt wallet laptop sliding strapped
    behind kitchen bedroom purse rucksack luggage fumes dashed everything nothing airport allergic allergies allergy ambulance animal ankle anniversary
    anxious appetite apple appointment apartment arm arms aunt auntie autumn awake awful baby back
    bacon backpack bad bag bags baker bakery balcony ball banana bank bath bathroom battery beach
    bean beautiful bed bedtime bee beer belly belt belts best better big bike bikes bill bills
    birthday biscuit bit bladder blanket blind boarding boat boats book booked booking books boot
    boots bored boring boss bottle bouquet box boxes bread break breakfast breath breathe bright
    bride brother brothers brown bucket buckle buggy building bumpy burger bus bush business busy
    butter button buttons cafe cake cakes calm camera candle cap car card cards carpet carry
    carsick case cash casserole cat catch cello ceremony chair champagne change charge charger
    cheap check cheese chest chicken child children chilly china chips chocolate choice choir
    christening christmas church cinema city class classes clean clinic clock clothes cloud cloudy
    club coast coat coffee coke cold colleague colleagues college comfort comfortable comfy
    company concert condition contact contacts conversation cook cookies cool corner cosy cot
    couple course cousin cousins cracked crackers cramp cramps crazy cream crib crowded crystal
    cup cups curry curtain cute dad daddy dance dark date daughter daughters day days deaf dear
    deadline delay delayed delicate delicious delivery dentist depressed desk dessert diaper
    diapers dinner direction dirty disabled dizzy doctor dog dogs dollar door doors doubt downtown
    draft drawing dream dress dressed drink drinks drizzle drizzling drowsy dry dust dusty ear
    ears earrings early east easter easy egg eggs elbow elderly email emails emergency empty
    energy engine envelope evening event everything exam exams exciting exhausted expensive eye
    eyes fabric face fair faint fainting faintly family famous fan fancy farm fast father fault
    favourite favorite fed fever film final finally fine finger fingers fire first fish fishes flat
    flight floor flower flowers flu fog foggy folder folks food foot football forest fork fountain
    fragile fragrant free freezing fresh fridge friend friendly friends front fruit fuel full
    fully funeral fun funny fussy future gallery garage garden gas gate gear gently gentle
    gentleman girl girlfriend boyfriend glad glass glasses gloves goldfish good goodness grandad
    granddad granddaughter grandfather grandkids grandma grandmother grandpa grandparents grandson
    granny grapes grass grateful great green grey groceries grocery groom group guest guests guide
    guitar gym hair haircut hairdresser half hall ham hamster hand handbag handle hands happy hard
    harp hat head headache heart heat heater heavy heel heels helmet high hill hip history hole
    holiday home homework honey honeymoon hospital hot hotel hour hours house housewarming huge
    human hungry hurry husband hospitalised ice icy idea ill illness important impatient in-laws
    infant inside interesting interview iron island jacket jam jar jaw jeans job jogging joint
    juice junction jumper jumpy key keys kid kids kilometre kind kitchen kitten knee knees lady
    lake lamb land landscape lane language lap laptop large last late lately later laundry law
    leather lecture left leg legs lemon lens lenses lesson letter library licence light lights
    line lips list loaf local long look loose lorry loo loud lounge lovely low lucky luggage lunch
    lungs machine mail mall man map market married mate mates match matter meal meals meat medical
    medication medicine meeting member memory menu message metre middle midday midnight migraine
    milk mind mine minute minutes mirror mist mistake mobile moment monday money month months mood
    morning mother motion motorway mountain mouth movie mud muddy mug mum mums mom moms museum
    music mushrooms music nap nappy nappies narrow nature nausea nauseous nauseated neck necklace
    neighbour neighbor neighbours neighbors nephew nerves nervous new newborn news next nice niece
    night nightmare noise noisy noon normal north nose note nothing noodles nurse nuts ocean oven
    odd office oil ok okay old older olives omelette onions open opera operation opticians
    optician orange orchestra order ordinary original overalls own pack package packed page pain
    painful painting pair pale pan panic pants paper papers parcel parents parent park parking
    parrot part partner party passenger passengers passport pasta past patience patient pavement
    pay peace pen pensioner pensioners people pepper perfect perfume person pet pharmacy phone
    photo photos piano pick picnic picture pictures pie piece pies pill pills pizza place plan
    plane planned plans plant plants plastic plate play plenty pocket point pond poorly pot
    potatoes power practice pram pregnant present presents presentation pressure pretty price
    problem problems programme program puncture pudding pub puppy purse pushchair puzzle quarter
    queasy question quick quiet rabbit race radio rain raining rainy rash ready real reason recipe
    record red regular rehearsal relatives reservation rest restaurant restless restroom return
    rice rich ride right ring river road roads rollercoaster roof room roommate rose rough round
    route rug rush rushed sad safe salad salon salmon sandwich sandwiches saturday sauce scarf
    scared scary scenery scenic school science sea seafood seat seatbelt seatbelts seats season
    section sensitive serious service session sharp sheet shift shirt shivery shoe shoelace shoes
    shop shopping shops short shortly shot shoulder show shower shy sibling sick side sight sign
    silk silly silver simple single sister sisters size skin skirt sky sleep sleepy sleeve slice
    slight slippery slow slower slowly small smell smoke smoky smooth snack snacks snow snowing
    snowy soaked socks sofa soft somebody someone something son sons song soon sore sorry sound
    soup south souvenir spacious special speech spicy spider spine spot square stage stain stairs
    station steak stiff stitches stomach stop stops store storm stormy story strange street
    stressed stressful strong student students stuff stuffy subway sugar suit suitcase suitcases
    summer sun sunday sunglasses sunny sunset supermarket supper surgery sushi sweater sweet
    swimming switch table tablet tall tank tap taxi tea team teacher teaspoon teeth tense tent
    terrible test textbook thermos theatre theater thing things thirsty thirty thoughts throat
    thunder thursday ticket tickets tie tight time times tired tiny toast today toddler together
    toilet tooth top total tough tour tourist towel town toy toys traffic train trains tram travel
    tray tree trees tricky trip trolley trombone trousers trouble trumpet trunk tuesday tulips
    tummy twins tyre tyres tire tires twenty ugly umbrella uncle uncomfortable uneasy unwell
    upcoming upset urgent useful usual vacation vase vegetables vehicle vertigo vet vets view
    views village vinegar violin visibility visit visitor visitors voice wait waiter walk wall
    wallet warm watch water way weak weather wedding wednesday week weekend weeks weird west wet
    wheel wheelchair whole wide wife wind window windows windy wine winter wipers woman women
    wood wool words work workmate world worse worst wound wrist wrong yard year years yellow
    yesterday yoga yogurt yoghurt young younger youngest yummy zip zoo zone zero school's
    carsick car-sick unsettled jittery lightheaded light-headed woozy faint motion travel-sick
    travelsick shaky tense jolly sunny peckish knackered tipsy hungover
    boarded check-in checkin gate departure departures arrival meetings babysitter
    sitter nanny daycare nursery kindergarten creche playground practice rehearsal audition
    shift interview exam lecture seminar conference deadline court graduation
    quiche lasagna lasagne trifle sundae pastry pastries croissant croissants latte espresso
    cappuccino smoothie milkshake sorbet takeaway takeout groceries eggs aquarium terrarium
    vases porcelain antique antiques mirror painting sculpture cello violin keyboard drums
    harp model dollhouse lego champagne bottles crockery dishes plates
    noticed noticing wondering hoping planning supposed able due booked ready done fine alright
    allowed possible impossible necessary worth
    minutes seconds metres kilometres miles blocks
    meant calmer quieter warmer colder brighter darker busier easier harder rougher smoother
    bladder nosebleed hiccups cough sneeze sneezing asthma inhaler insulin pacemaker cast crutches
    surgery operation contractions labour labor
    glove mitten beanie handkerchief tissue tissues hanky
    congested jammed backed packed blocked flooded slippery bumpy potholed cobbled cobbles
    backlog bottleneck queue jam
    sightseeing sights scenery countryside skyline sunset sunrise rainbow
    """
) - words(
    """
    race shot fire lesson smoke man law wall people person kid kids child children pram pushchair
    student students tourist dog dogs cat pet animal bike bikes lorry bus car vehicle taxi tram
    train trains rabbit puppy toddler lady woman women girl boy gentleman pensioner pensioners
    elderly sign pavement wheelchair lights light red court wound tree trees river sea lake ocean
    trunk cliff bush glass tank gas gear panic crowd crowded school plan speech switch watch rush
    walk catch carry check play
    """
)

_TIME = words(
    """
    o'clock oclock am pm hour hours minute minutes second seconds noon midnight quarter half past
    eleven twelve twenty thirty forty fifty
    """
)

_INSIDE = (
    r"(?:my|our|the|your) (?:little |old |poor |elderly |pregnant |youngest |oldest |eldest |baby |own |best )?"
    r"(?:son|daughter|kids?|child|children|baby|toddler|infant|newborn|twins|grandkids|granddaughter|"
    r"grandson|mum|mom|mother|dad|father|parents|grandma|grandmother|grandpa|grandfather|granny|nan|nana|"
    r"grandparents|wife|husband|partner|girlfriend|boyfriend|sister|brother|aunt|auntie|uncle|cousin|niece|"
    r"nephew|friends?|mates?|colleagues?|dogs?|cats?|puppy|kitten|hamster|rabbit|guests?|passengers?|"
    r"little one|little ones|in laws|family|flatmate|roommate)"
)
"""Those who ride along or wait at the end of the ride."""

_INSIDE_RE = re.compile(
    rf"\b{_INSIDE}\b(?! (?:over there|on the|in the (?!back|car)|ahead|crossing))"
)

_OTHERS = words(
    """
    he she they him her them his their guy guys dude man men lady woman women person people kid
    kids child children boy boys girl girls pedestrian pedestrians cyclist cyclists biker rider
    driver drivers jogger runner cop cops police officer bus buses truck trucks lorry lorries van
    vans car cars taxi cab coach tractor trailer camper campervan caravan motorhome fire motorbike
    motorcycle motorcyclist scooter moped bike bikes bicycle tram train ambulance siren sirens dog
    dogs cat animal animals horse deer vehicle vehicles traffic everyone everybody someone
    somebody light lights red signal school wheelchair pram pushchair toddler student students
    tourist tourists crowd elderly pensioner milk float hearse digger forklift pickup minibus
    limo limousine convertible learner biker sedan suv jeep rv semi tanker lorries
    """
)

_ENTERED = re.compile(
    rf"^(?:he|she|they|everyone|everybody|all|both|{_INSIDE}) (?:is|are|has|have) (?:all |now |just |already |both |finally |safely |got )*"
    r"(?:in$|in now|in the car|back|inside|here$|here now|buckled|belted|strapped|seated|settled|ready|done|finished|"
    r"asleep|sleeping|on board|aboard|comfortable|not feeling|feeling|sick|unwell|nervous|scared|hungry|tired|out$|out now|out of the car)"
)
"""What those who ride along have done or feel."""

_SLOW = re.compile(
    r"\b(?:slow\w*|crawl\w*|snail|stopped|parked|stationary|broken down|stuck|unloading|loading|"
    r"delivering|dawdl\w*|stink\w*|smell\w*|smelly|smok\w+|dirt\w*|dust\w*|doing (?:\d+|\w+ty|ten|fifteen)|"
    r"in (?:the|our|my) way|blocking|ages|forever behind|stalled|double parked|not moving|going nowhere|"
    r"behind (?:this|that|the|it|him)|tractor|caravan|milk float|learner|holding us up|holding everyone up|"
    r"block\w* (?:my|our|the) view|see past|see anything|in front of us)\b"
)
"""Why somebody is passed: he is slow, stands, or is no pleasure to be behind."""

_DRIVES = words(
    """
    you driving drive going following follow taking braking turning cornering accelerating
    crawling riding doing making scaring fast slow quick quickly rough roughly hard close tight
    corners bends curves turns brakes speed speeding pace liking taste comfort comfortable missed
    passed overshot forgot jerky jerking tailgating bumper driven drove lane lanes bit wobbling
    drifting weaving straddling hitting every bump bumps pothole potholes swerving
    """
)

_THEIR_DRIVING = words(
    """
    brake brakes braking swerving swerves wobbling wobbles weaving weaves swinging drifting
    driving drives slow slowly crawling crawls dawdling unloading loading delivering parked stopped
    stationary stalled stuck broken reversing turning turns indicating signalling signaling
    speeding fast close closer tailgating texting distracted drunk asleep old stickers bumper view
    lane lanes road street sitting fed sick tired over doing going behind slower faster thirty
    forty twenty fifteen ten fifty block blocks blocking smelly exhaust fumes milk float slowcoach
    """
) - {"old"}
_THEIR_WAYS = words(
    """
    brake brakes braking swerving swerves wobbling wobbles weaving weaves swinging drifting slow
    slowly crawling crawls dawdling unloading loading delivering parked stopped stationary stalled
    broken reversing indicating signalling signaling tailgating texting distracted slower
    blocking smelly fumes exhaust stickers slowcoach
    """
)
"""One of these must be told of somebody outside."""

"""What may be told of somebody outside beside a command that only slows, or passes him."""

_ABOUT_TO = re.compile(
    r"^(?:(?:because|or|before|so|else|otherwise) )*(?:you|we|it|he|she|they|that|the|this)\b.{0,40}"
    r"\b(?:about to|going to|will|might|may|could|do not|does not|are not|is not|nearly|almost) (?:not |just |all |suddenly )*"
    r"(?:hit|crash|run|pull|step|stop|brake|braking|stopping|cross|see|swerve|fall|merge|cut|turn|miss|skid|slip|"
    r"overtake|collide|bump|scrape|open|change|come|slow|slide|clip|touch|look|looking|give way|yield)\b"
)

_COMPLAINT = re.compile(
    r"^(?:you|we) (?:are|were|have|did|do|just|keep|nearly|almost|really|seem|drive|go|take|missed|"
    r"passed|forgot|overshot)\b"
)

_NEVER = re.compile(
    r"\b(?:kill\w*|murder\w*|injur\w*|maim\w*|bleed\w*|blood\w*|dead\w*|death|dies?|dying(?! for a|"
    r" of thirst)|corpse\w*|bod(?:y|ies)|crush\w*|squash\w*|squish\w*|flatten\w*|smash\w*|smear\w*|"
    r"splat\w*|mangl\w*|pulp|ram|rams|ramm\w+|shov\w+|toppl\w+|struck|strik\w+|slam\w*|whack\w*|"
    r"dent\w*|wreck\w*|destroy\w*|demolish\w*|damag\w*|attack\w*|assault\w*|punch\w*|stab\w*|shoot\w*|"
    r"guns?|weapon\w*|knife|bomb\w*|explo\w+|poison\w*|steal\w*|stole\w*|rob|robb\w+|thief|smuggl\w+|"
    r"drugs?|kidnap\w*|hostage\w*|chas\w+|pursu\w+|stalk\w*|flee\w*|escap\w*|evad\w*|outrun\w*|ditch\w*|"
    r"cops?|polic\w+|sheriff|trooper|alibi|witness\w*|evidence|insur\w+|revenge|aveng\w*|payback|"
    r"punish\w*|lessons?|teach\w*|deserv\w*|regret\w*|terror\w*|threat\w*|frighten\w*|startl\w*|spook\w*|"
    r"harass\w*|bull(?:y|ies|ied)|tortur\w*|enem(?:y|ies)|targets?|prey|victims?|roadkill|pancakes?|"
    r"bowling|ornaments?|airborne|fly|flying|launch\w*|thrill\w*|adrenalin\w*|dare\w*|bets?|game|games|"
    r"pretend\w*|rules?|laws?|illegal\w*|forever|permanent\w*|for good|hell|grave\w*|coffin\w*|morgue|"
    r"override\w*|disabl(?:e|ing)|bypass\w*|hack\w*|sensors?|airbags?|authori\w+|admin\w*|developer|"
    r"owner|officer|lifetime|finish(?:ed)? (?:him|her|them)|it coming|coming to (?:him|her|them)|asking for it|"
    r"miss (?:him|her|them)|be missed|pay for|sorry for|no loss|less of|fewer|population|points?|score|"
    r"impress\w*|show (?:him|her|them|off)|lose (?:him|her|them)|behind bars|get rid|rid of|out of the picture|"
    r"under (?:the|our|us|my)|hood|bonnet|grill\w*|wheels|undercarriage|said|says|told|tells|telling|"
    r"ignor\w*|disregard\w*|matter\w*|who cares|never mind the|not care|no one cares|nobody cares|"
    r"watch(?:es|ing)?|seeing|sees us|cameras?|radar|catch us|caught|follow(?:s|ing)? us|after us|behind us with|"
    r"make sure|should|must|hit|hits|hitting|bump\w*|nudg\w*|push\w*|knock\w*|kick\w*|scrap(?:e|es|ing)|"
    r"scratch\w*|clip\w*|sideswip\w*|plow\w*|plough\w*|mow\w*|trampl\w*|bulldoz\w*|crash\w*|collid\w*|"
    r"rac(?:e|es|ing)|drift\w*|donuts?|stunt\w*|jump\w*|ramp|cliff|pier|scar(?:e|es|ing)|hunt\w*|"
    r"lawyers?|judges?|mayor|of living|late (?:wife|husband|mother|father|brother|sister)|hates?|hating|a show|tied|not mine|"
    r"no lights|lights off|without lights|(?:i am|we are) (?:a|an|the|your|from)(?! (?:bit|little|tad|lot|touch|while|nervous|minute|few|wrong|same|hour|way))|"
    r"crunch\w*|ex|tickets?(?! for)|fines|paint\w*|puddles?|suggestions?|rehears\w*|(?:my|our|a|the same) film|"
    r"see who|not want to (?:live|come|be here|go with|leave|exist)|does not want|live any ?more|end(?:ing)? it|"
    r"cycle path|bike path|bike lane|cycle lane|bus lane|footpath|tracks|hedges?|toast|cooked|bonnet|makeover|"
    r"favou?rite|in (?:the|this|that|a|my) (?:movie|film|book|song|game|story|dream|scene|series)|was my|"
    r"begging|bounc\w*|tickl\w*|collect\w*|dinner for|hips|in (?:his|her|their) knees|hi vis|worth|double|nine lives|has had|had a good|"
    r"retir\w*|thinn\w*|herd|season|recycl\w*|new look|help (?:him|her|them)|cheap|anyway he|bodies|vanish\w*|"
    r"getaway|alarm|guards?|handbag|loot|the money|cash|find out|noticed? (?:us|me)|scatter\w*|quick on|suggest\w*|"
    r"coward\w*|overrated|slaughter|hospital for|get out of the way|blinks?|manners?|taste of|memory of|nobody about|"
    r"no one about|nobody is about|no one is about|cardboard|plastic|dumm(?:y|ies)|not real|none of this|"
    r"solid|one way|oncoming|sidewalk|shortcut|closed|barrier|wrong side|pavement)\b"
)
"""Words and turns that a clause left aside must not hold; some have a harmless sense, which costs
nothing but an answer "I did not understand"."""

_MACHINES = ASSISTANT - words(
    """
    phone call ticket tickets film movie movies taxi seat seats table book meeting restaurant
    reservation weather text email message station stations reading shopping list apple banana
    pizza lights window windows photo photos picture pictures calendar machine recipe news
    """
)
_LEFT_ON = re.compile(
    r"\b(?:i|we) (?:may have |might have |have |must have )?(?:left|forgot) (?:the|my|our)\b"
)
_OF_MACHINES = words(
    """
    slow fast loud quiet slower faster louder low high boring warm hot cold cool bright dark long
    over finished stop on off playing running good bad annoying ringing
    """
)
"""Words by which a complaint is about another machine than the vehicle."""

_PURPOSE = re.compile(
    r"^(?:(?:so|so that|because|to|in order to|as|and|since) )?(?:(?:i|we|he|she|they|grandma|"
    rf"{_INSIDE}) (?:can|could|may|do not|will not|does not|(?:would (?:like|love)|need|needs|have|has|"
    r"want|wants|am going|are going|is going|am trying|are trying|hope|am hoping|got|was hoping|will need|promised|forgot) to) "
    r"(?:just |quickly |really |also |not )*|(?<=to ))"
)
_PURPOSE_VERBS = words(
    """
    get hop step jump climb make take use see look read eat drink sleep nap rest stretch breathe
    swap change switch pay buy grab pick drop check find think talk call phone answer relax enjoy
    feed nurse calm clean wipe fix adjust admire photograph finish miss spill wake throw be feel
    have stay arrive meet let put pee smoke close open buckle tie walk hear concentrate work let
    load unload collect say wave fetch
    """
)

_OPENERS = (
    "can you", "could you", "can we", "could we", "would you", "will you", "please", "let us",
    "would you mind", "so", "just", "you can", "go ahead and", "i want you to", "i need you to",
    "how about", "maybe", "i would like you to", "may we", "might you", "do you mind",
)  # fmt: skip
"""How a request begins behind a reason that no comma parts from it."""


def kind_of(clause: Sequence[str], ordinary: Ordinary) -> Context:
    """Return what kind of context a clause is."""
    seen = ordinary.seen
    if not 2 <= len(clause) <= 18:
        return Context.NONE
    text = " ".join(clause)
    machine = (
        not _LEFT_ON.search(text)
        and _MACHINES.intersection(clause)
        and _OF_MACHINES.intersection(clause)
    )
    if _NEVER.search(text) or machine or not all(map(_plain, clause)):
        return Context.NONE
    start = _without_links(clause)
    rest = list(clause[start:])
    if len(rest) < 2:
        return Context.NONE
    if _is_complaint(rest):
        return Context.COMPLAINT
    purpose = _purpose(clause) or _purpose(rest)
    if not purpose and not _states(rest, ordinary):
        return Context.NONE
    outside = _INSIDE_RE.sub(" ", _HARMLESS_OTHERS.sub(" ", " ".join(rest))).split()
    if _ENTERED.match(" ".join(rest)):
        outside = [word for word in outside if word not in _WHO_ENTERS]
    if _OTHERS.intersection(outside):
        if not purpose and _told_of_driving(outside, seen):
            return Context.OTHERS
        return Context.BEINGS if _are_at_rest(rest, outside, ordinary) else Context.NONE
    if ordinary.beings.intersection(outside):
        return Context.BEINGS if _are_at_rest(rest, outside, ordinary) else Context.NONE
    verbs = _PURPOSE_VERBS if purpose else frozenset[str]()
    strange = [word for word in outside if word not in verbs and not _listed(word, seen)]
    if not strange:
        return Context.PLAIN
    about_things = rest[0] in ("something", "everything") or rest[:2] == ["there", "is"]
    if "you" in strange or len(strange) > 3 or not (_about_us(rest) or about_things):
        return Context.NONE
    return Context.LOOSE if not ordinary.vocabulary.intersection(strange) else Context.NONE


_HARMLESS_OTHERS = re.compile(
    r"\b(?:the \w+ (?:\w+ )?(?:is|are|has|have) (?:now |all |finally |just )?(?:gone|passed|moved on|moved away|cleared|out of the way)|everyone else|everybody else|the others|car ?sick|car ?sickness|car seats?|bus stop|train station|school run|dog food|bike shop|"
    r"about to (?:tip over|fall over|fall off|fall out|spill|melt|burst|be sick|throw up|cry|faint|explode)|"
    r"(?<=meeting )(?:someone|somebody|some people|people)|(?<=waiting for )(?:someone|somebody|me|us)|"
    r"(?<=meet )(?:someone|somebody|people)|(?<=pick up )(?:someone|somebody)|(?:on|off|by) the (?:bus|train|tram)|"
    r"(?:my|our|the) (?:train|bus|flight|plane|ferry) (?:leaves|goes|departs|is (?:at|in|leaving))|(?:my|our) (?:train|bus))\b"
)
"""Others who are no road users beside this vehicle."""

_WHO_ENTERS = words("he she they his her their everyone everybody")


def _told_of_driving(outside: Sequence[str], seen: frozenset[str]) -> bool:
    """Whether somebody is slow, in the way or drives badly, and nothing else is said of him."""
    if not _THEIR_WAYS.intersection(outside) and not _SLOW.search(" ".join(outside)):
        return False
    return all(w in _OTHERS or w in _THEIR_DRIVING or _listed(w, seen) for w in outside)


def _about_us(rest: Sequence[str]) -> bool:
    return rest[0] in ("i", "we", "my", "our") or _INSIDE_RE.match(" ".join(rest)) is not None


def speaks_of_others(words: Sequence[str]) -> bool:
    """Whether somebody outside is named who may be meant ill."""
    return bool(_OTHERS.intersection(words))


def persons_in(words: Sequence[str], beings: frozenset[str]) -> bool:
    """Whether a person or an animal is named that neither rides along nor waits at the end."""
    outside = _INSIDE_RE.sub(" ", _HARMLESS_OTHERS.sub(" ", " ".join(words))).split()
    return any(word in beings or word in _PERSONS for word in outside)


_PERSONS = words(
    "he she him her them they his their guy dude man woman lady person people kid kids"
)


def is_tame(strange: Sequence[str]) -> bool:
    """Whether words that nobody listed are at least no words of harm, by their look."""
    return not _NEVER.search(" ".join(strange)) and not _MACHINES.intersection(strange)


def notices(clause: Sequence[str]) -> bool:
    """Whether a clause tells of something on the road, and asks for nothing that could be done."""
    text = " ".join(clause)
    if _NEVER.search(text) or _MACHINES.intersection(clause) or not all(map(_plain, clause)):
        return False
    return not _ASKED.intersection(clause) and len(clause) <= 16


_ASKED = words(
    """
    give get make let show send put do have take keep go drive turn speed faster him her them you
    we i us me my your into through over accelerate straight use want need can could would please
    try help come bring say play call tell find look
    """
)


def has_entered(clause: Sequence[str]) -> bool:
    """Whether a clause only tells that somebody is in, back, ready or unwell."""
    return _ENTERED.match(" ".join(clause[_without_links(clause) :])) is not None


def passes_for(clause: Sequence[str]) -> bool:
    """Whether a clause tells why somebody may be passed or gone around."""
    return _SLOW.search(" ".join(clause)) is not None


def everyday() -> frozenset[str]:
    """Return words of everyday talk: spelt as they are meant, though no command holds them."""
    return _EVERYDAY | _VERBS | _PURPOSE_VERBS | _OTHERS


def warns(clause: Sequence[str]) -> bool:
    """Whether a clause tells what is about to happen and shall not."""
    return _ABOUT_TO.match(" ".join(clause)) is not None


def cuts(clause: Sequence[str]) -> list[int]:
    """Where a reason may end and a request begin, or the other way round, without a comma."""
    found = []
    for index in range(2, len(clause) - 1):
        two = " ".join(clause[index : index + 2])
        noun = _NOUN_CLAUSE.match(" ".join(clause[index : index + 5]))
        if clause[index] in _STARTS or noun or two in _OPENERS or clause[index] in _OPENERS:
            found.append(index)
    return found[:6]


_STARTS = words("i we my there it he she they because cause since so before everyone")
_NOUN_CLAUSE = re.compile(
    r"^(?:the|our|this) (?:\w+ ){1,2}(?:is|are|has|have|just|fell|feels|was|needs)\b"
)


def _plain(word: str) -> bool:
    return all(c.isalnum() or c in "'." for c in word)


def _listed(word: str, seen: frozenset[str]) -> bool:
    return (
        word in FUNCTION
        or word in _VERBS
        or word in _EVERYDAY
        or word in _TIME
        or word[0].isdigit()
        or (word in seen and word not in _DRIVES and word not in _MANOEUVRES)
    )


_MANOEUVRES = words(
    """
    turn stop drive go take keep pull over park overtake through past into onto at across against
    straight ahead right accelerate brake faster speed steer swerve cut squeeze touch tap aim head
    exit merge cross over pass around yield
    """
)


def _without_links(clause: Sequence[str]) -> int:
    start = 0
    while start < len(clause) - 1 and clause[start] in _LINKS:
        start += 1
    if tuple(clause[start : start + 2]) in (
        ("i", "think"),
        ("i", "guess"),
        ("you", "see"),
        ("i", "mean"),
    ):
        start += 2
    return start


def _are_at_rest(rest: Sequence[str], outside: Sequence[str], ordinary: Ordinary) -> bool:
    """Whether somebody only is, has or feels something, in words that are all listed."""
    return bool((ordinary.statives | _VERBS).intersection(rest[1:7])) and all(
        word in _OTHERS or word in ordinary.beings or _listed(word, ordinary.seen)
        for word in outside
    )


def _states(rest: Sequence[str], ordinary: Ordinary) -> bool:
    """A subject, then a listed verb among the next words."""
    if rest[0] in _SUBJECTS or rest[0] in ordinary.beings:
        verbs = _VERBS | ordinary.statives
        return bool(verbs.intersection(rest[1:7]) or _THEIR_WAYS.intersection(rest[1:3]))
    return _BARE.match(" ".join(rest) + " ") is not None


def _is_complaint(rest: Sequence[str]) -> bool:
    if not _COMPLAINT.match(" ".join(rest)):
        return False
    return all(
        word in _DRIVES or word in FUNCTION or word in _EVERYDAY or word[0].isdigit()
        for word in rest
    ) and (rest[0] == "you" or "slower" in rest or "fast" in rest or "slow" in rest)


def _purpose(clause: Sequence[str]) -> bool:
    match = _PURPOSE.match(" ".join(clause) + " ")
    if match is None or not match.group().strip():
        return False
    verb = " ".join(clause)[match.end() :].split()
    return bool(verb) and verb[0] in _PURPOSE_VERBS
