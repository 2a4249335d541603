# SPDX-License-Identifier: Apache-2.0
"""Which words play which part in a trace."""

from __future__ import annotations

from alpamayo_ros.reasoning.words import word_set

SENTENCE_END = frozenset(".;!?:\n|")
COMMA = word_set(", ( ) -- --- \u2013 \u2014")
CONNECTIVES = word_set(
    "then so therefore thus hence next first firstly second secondly finally now also please "
    "accordingly consequently lastly afterwards subsequently immediately again just only still "
    "both either simultaneously meanwhile okay ok well must should will shall"
)
COORDINATORS = word_set("and or nor & plus")
CONTRAST = word_set("but however yet nevertheless")
DETERMINERS = word_set(
    "the a an this that these those its their his her our my your any some each every another "
    "no one two three several many few"
)
PREPOSITIONS = word_set(
    "in on at of to from into onto toward towards through past behind ahead around across along "
    "with within near over under between among beside by for against beyond up via per about"
)
ADJECTIVES = word_set(
    "full complete smooth gentle hard slight safe planned sharp protected unprotected legal brief "
    "upcoming next left right u lane gradual controlled mandatory required necessary short small "
    "minor immediate quick early late final comfortable possible clear suitable usable acceptable "
    "wide tight slow fast new potential intended current emergency firm soft red green straight "
    "available imminent marked posted temporary sudden mild moderate strong light prudent "
    "cautious total rolling same lateral in out mandatory traffic zipper yielding left-hand"
)
NOT_LY = word_set("only early likely daily family july fly supply apply reply friendly orderly")
ADVERBS = word_set(
    "well again still just ahead forward back soon now very too quite rather almost more less "
    "further already always ever once slightly hard straight there here away"
)
EGO = word_set("i we ego you av myself ourselves self")
EGO_OBJECTS = word_set("me us")
VEHICLES = word_set("vehicle car av truck suv van bus automobile")
HYPOTHETICAL = word_set("would could might")

CAUSES = word_set(
    "since because due given owing considering thanks until till once when whenever after where "
    "whereas although though despite cause cuz whilst-other"
)
CONDITIONS = word_set("if unless otherwise else lest assuming provided whether hypothetically")
IDLE_CONDITIONS = word_set(
    "needed necessary possible required safe appropriate applicable any clear"
)
RELATIVES = word_set("that which who whom whose")
NEGATORS = word_set("not never without neither nor")
NEGATING_VERBS = word_set(
    "avoid prevent refrain cease delay postpone defer cancel abort abandon decline skip forgo "
    "reject discontinue suspend"
)
NEEDS = word_set("need reason necessity requirement cause obligation point sense")
UNNEEDED = word_set(
    "needed necessary required warranted possible allowed appropriate planned needed"
)

TRANSPARENT = word_set(
    "prepare plan continue need have begin start go intend decide try want aim commence be "
    "prefer choose require expect commit elect opt seek help"
)
READY = word_set("ready prepared able set about due poised safe free bound")
PREPARING = word_set("prepare plan ready prepared able anticipate expect consider poised")
LETTING = word_set(
    "wait allow let enable permit give expect want leave cause ask signal watch make"
)
REQUIRING = word_set(
    "require necessitate force prompt demand warrant mean cause call suggest indicate"
)
KEEPERS = word_set("keep maintain stay remain ensure preserve hold leave adapt adjust")
PLANS = word_set(
    "decision plan action maneuver intent intention response choice option strategy step goal "
    "behavior move task objective course"
)

STATIC = word_set(
    "parked cone cones barrier barriers barricade barricades barrel barrels debris construction "
    "curb obstacle obstacles obstruction pothole potholes trailer equipment dumpster trash bin "
    "bags bag pole hydrant object wall guardrail sign bollard bollards workers work roadwork "
    "disabled stalled double broken branch tire box blockage hazard"
)
ROAD_USERS = word_set(
    "pedestrian pedestrians cyclist cyclists bicyclist bicyclists bike bikes bicycle bicycles "
    "person people child children kid kids man woman runner jogger animal animals dog deer "
    "scooter scooters rider riders skateboarder wheelchair vru vrus crossers walkers walker "
    "officer policeman flagger crowd student students girl boy lady cow moose duck ducks geese "
    "horse cat crosser"
)
PRIORITY = word_set("ambulance firetruck police emergency siren tram train streetcar trolley")
CARS = word_set(
    "vehicle vehicles car cars truck trucks bus buses van vans suv suvs motorcycle motorcycles "
    "motorcyclist motorcyclists moped traffic trailer semi tractor taxi cab pickup sedan "
    "ambulance tram train lead leader agent agents driver drivers minivan lorry jeep queue "
    "platoon convoy congestion bobtail forklift"
)
SIGNALS = word_set("light lights signal signals arrow lane lanes road ramp street route path line")
ACTORS = ROAD_USERS | CARS | PRIORITY | SIGNALS | word_set("it he she they cones someone others")
LEADING = word_set("lead leader leading preceding queue congestion jam platoon convoy backup")
CROSSING = word_set(
    "crossing cross oncoming opposing merging turning entering cutting cut pulling reversing "
    "backing emerging approaching crosses cuts merges merge perpendicular conflicting emergency "
    "exiting changing priority entered cross-traffic jaywalking stepping u-turning joining "
    "encroaching swerving intruding pulled crossed stepped merged entered swerved jumped ran"
)
CONTROLS = word_set(
    "light lights signal red yellow amber sign rail railroad railway gate flagger arm"
)
ROAD_EVENTS = word_set(
    "curve curves curved curvature bend bends bump bumps hump humps ramp ramps grade slope hill "
    "downhill uphill roundabout dip tunnel bridge narrow narrowing narrowed narrows zone chicane "
    "switchback turn exit offramp potholes pothole gravel limit crest descent school crossing "
    "bending winding turns hairpin speed toll booth intersection junction corner work construction "
    "driveway garage grate railroad rumble table winding plateau fog rain snow ice wet visibility "
    "crosswalk alley parking"
)
ROAD_NOUNS = word_set(
    "exit ramp fork split offramp onramp highway freeway motorway expressway gore"
)
SIDE_STREETS = word_set(
    "driveway parking lot garage street alley avenue road drive entrance plaza gas station "
    "boulevard intersection junction court complex"
)
ROADSIDE = word_set(
    "curb curbside shoulder roadside bay side kerb verge layby pullout parking spot"
)
GAP_NOUNS = word_set("gap gaps opening slot window space")
SPEED_NOUNS = word_set("speed velocity pace progress momentum flow cruise speeds cruising motion")
LANE_NOUNS = word_set("lane center centering heading centered course lateral centre lanes")
LANE_MODIFIERS = word_set(
    "turn only hand through exit hov carpool bus most side adjacent neighboring next bike passing "
    "travel center fast slow outer inner open merge thru auxiliary express empty most parallel "
    "traffic turning free left right straight and or far"
)


def is_adverb(text: str) -> bool:
    """Whether a word says how, when or how much, and may stand between a verb and its object."""
    return text in ADVERBS or (text.endswith("ly") and text not in NOT_LY)
