# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501 -- tables are read line by line, not wrapped
"""Every word and phrase that a command may consist of, by what it contributes.

A sentence is obeyed only if each of its words is in here (or in a name after "onto" or "take me
to") and the tags of each clause fit one rule of the grammar. Words are in the form that
``normalise`` gives: lower case, no accents, contractions written out, hyphens as spaces.
"""

from __future__ import annotations


def words(text: str) -> frozenset[str]:
    """Return the words of a text, for tables that are read more often than written."""
    return frozenset(text.split())


_PHRASES = {
    # Words that change nothing about what is asked for.
    "F": """
        wee, wee bit, a wee bit, smidge, a smidge, smidgen, a smidgen, teeny, yo, my guy, fam, big man, mister car, hey yo, hey man, oi, pray, do please,
        constant, least, the church, wait and, see, crucial, it is crucial to, essential, it is
        essential to, you will be, you are going to be, preparation for, in preparation for,
        entry, your entry, alright alright, we will, you will, i will need you to, you will need
        to, point, navigation point, free, these trucks behind, front, place, yet, already, early,
        earlier, later, honestly, properly, nicely, well, because, since, blue, white, silver,
        gray, grey, black, brown, orange, purple, pink, big, small, large, tiny, huge, stupid,
        number, the way, on the way, on our way, on my way, along the way, no problem, with plenty
        of room, with lots of space, with enough room, with enough space, with plenty of space,
        with lots of room, let me ask you to, ask you to, i ask that you, i would appreciate it if
        you could, i would appreciate it if you, i would be happier with, i would feel better if
        you, i would feel better with, i would feel safer if you, i would like it if you, it would
        be great if you could, it would be nice if you could, it would be good if you could, it
        would help if you, would be great if you could, if you could, if you can please, if you
        want, if you like, if you would please, if it is not too much trouble, if i may ask, if
        that is ok, if that is okay, if that is alright, if it is ok, if it is okay, can you just,
        could you just, help us, i beg you, i am begging you, for heaven 's sake, for god 's sake,
        for gods sake, for crying out loud, at all times, all the time, every time, again please,
        let us see, mister, cowboy, tiger, speed racer, my dear, love, kindly please, do, done,
        while you are at it, your best, the heck, the hell, hell, heck, like, it there, take it,
        take that, take this one, take that one, use it, do it, do that, get it, get there, go
        there, turn there, go for that, that bit, this bit, stretch here, this stretch, on this
        stretch, this part, on this bit, for this bit, for this part, along here, through here,
        around there, in here, in there, over that way, that way, this way, ours, mine, yours, be
        polite and, be nice and, be kind and, be a gentleman and, be patient and, be patient, no
        wait, not yet, mode, immediately please, at the moment, for the moment, for the time
        being, in a bit, in a minute, in a moment, in a second, in a sec, after this, after this
        one, from there, from that point, when we get there, when you get there, once we are
        there, we are here, without delay, without hurry, without haste, without rushing, shortly,
        presently, straightaway, my good man, my man, pretty please, please and thank you, thank
        you kindly, thanks so much, thanks in advance, please sir, thank you so much, okay thanks,
        i am serious, i mean it, this time around, as a favor, as a favour, for safety 's sake,
        for safety, for my sake, for our sake, for the kids sake, is all, that is all, that is it,
        will do, would do, do please, the best you can, as best you can, as much as you can, as
        much as possible, as far as possible, as far as you can, as well as you can, as gently as
        you can, as gently as possible, as smoothly as possible, as smoothly as you can, as close
        as you can, as close as possible to the, as near as you can, speaking of which, come to
        think of it, you know what, guess what, tell you what, i tell you what, if you please, if
        you would be so kind, would you be so kind as to, be a dear and, be a darling and, be a
        good car and, good car, smart car, nice car, hey there, hello there, hi there, hiya, good
        morning, good evening, good afternoon, excuse me please, mind you, hold on a sec, one
        second, one moment, one sec, just a second, just a moment, just a sec, please, kindly,
        just, um, uh, uhm, umm, er, erm, ah, oh, hmm, hm, mm, hey, hi, hello, ok, okay, k,
        alright, all right, right then, so, now, right now, right away, straight away,
        immediately, at once, instantly, quickly, soon, asap, as soon as possible, as soon as you
        can, the, a, an, this, that, these, those, my, your, our, you, i, me, we, us, it, its, is,
        are, am, be, being, to, of, for, in, on, at, by, with, from, as, can, could, would, will,
        want, wanted, would like, need, needs, should, shall, must, may, might, let us, perhaps,
        maybe, possibly, have to, has to, got to, have, has, had better, better, buddy, driver,
        mate, dude, man please, pal, bro, computer, assistant, alpamayo, robot car, dear, sir,
        friend, thanks, thank you, thank you very much, many thanks, thanks a lot, cheers,
        appreciate it, i would appreciate it, would be great, that would be great, would be nice,
        would be good, if you do not mind, if you would not mind, if you would, if you will, would
        you mind, do you mind, do me a favor and, do me a favour and, be so kind as to, be so kind
        and, is it possible to, it is time to, time to, i think, i guess, i suppose, i believe, i
        think we should, how about, what about, is there any chance you could, any chance you
        could, any chance you can, go ahead and, feel free to, you can, you may, you could, you
        should, you need to, you will want to, you might want to, you must, i would like you to, i
        want you to, i need you to, i would prefer, i prefer, i wish, we need to, we should, we
        have to, we want to, let us just, try to, try and, make sure to, make sure you, make sure
        that, be sure to, remember to, do not forget to, please do, go on and, and please, a bit,
        a little, a little bit, a tiny bit, a tad, slightly, somewhat, bit, little, a touch, a
        notch, a hair, some, more, much, a lot, lots, even more, quite, very, really, pretty,
        rather, simply, actually, basically, literally, here, right here, over here, there, right
        there, over there, around here, somewhere, someplace, anywhere, wherever, where you can,
        wherever you can, for me, for us, for a moment, for a second, for a minute, for a sec, for
        a while, for a bit, for now, a moment, a second, a minute, a sec, real quick, quick,
        somewhere around here, up here, down here, then, also, too, as well, again, once more,
        next, upcoming, coming, forthcoming, ensuing, subsequent, succeeding, following, imminent,
        current, first thing, about, roughly, approximately, exactly, precisely, around about,
        another, same, it is imperative that, it is imperative to, imperative, mandatory,
        compulsory, obligatory, necessary, required, it is required to, it is advised to, advised,
        it is mandatory to, it is necessary to, your next action is, your next step should be to,
        your next move is, no sweat, no biggie, piece of cake, cool, great, good, nice, fine,
        perfect, yes, yeah, yep, yup, sure, sure thing, alrighty, you know, i mean you know, like
        so, come on, listen, excuse me, sorry, pardon me, i am asking you to, i ask you to, may i
        ask you to, may we, can we, could we, can i, could i, will you, would you, could you, can
        you, vehicle, car, the car, this car, our car, your car, my car, the vehicle, your
        vehicle, automobile, auto, ride, machine, this thing, right way up, manoeuvre, maneuver,
        go for it, get ready to, prepare to, be prepared to, ready to, be ready to, plan to, get
        set to, start to, begin to, time, moment, first, at first, to begin with, at this point,
        at this time, this time, today, tonight, from here, from now on, from here on, until
        further notice, until i say otherwise, till i say otherwise, until i say so, until i tell
        you otherwise, still, always, no matter, all the way, way, bloody, damn, freaking,
        goddamn, seriously, absolutely, definitely, ever so, for goodness sake, for heavens sake,
        what you need to do is, the thing to do is, i was wondering if you could, i was wondering
        if we could, i wonder if you could, wondering if you could, do you think you could, you
        think you could, could you possibly, are you able to, can you please, think, guess, help
        me and, got, when you get a chance, when you have a chance, when you get the chance,
        whenever you can, whenever, when you can, when we can, once you can, as you can, go ahead
        please, very much, after all, anyway, anyways, by the way, though, however, whoa, woah,
        whoops, oops, wow, ooh, aah, argh, ugh, eh, huh, innit, mkay, ta, gently please, as
        planned, as usual, itself, carefully please, sweetie, honey, darling, boss, captain,
        chief, my friend, everybody, folks, one, alright then, okay then, ok then, over, up, down,
        back, out, off, along, away, ourselves, yourself, such, need you to, want you to, ought
        to, supposed to, gon na, trying to, hoping to, hoping you could, hoping you can, mind,
        kind, kind of, sort of, favor, favour, possible, chance, opportunity, spot, able, ready,
        our way, your way, in about, in roughly, after about, just ahead, immediate, sudden,
        complete, full, total, proper, decent, nearly, almost, you are almost there, you are on
        the right track, on the right track, both, all, any, only, smoothly please, entire, whole,
        till, until, for another, at least, at most, minimum, maximum of, minimum of, no more
        than, no less than, not more than, not less than, up to, which, who, said car, must be,
        has come, when, while, once, after, before, upon, as you approach, approach, approaching,
        reach, reaching, arrive, arriving, you reach, distance of, a distance of, covering,
        traversing, travelling, traveling, advancing, proceeding, progress, progressing,
        completing, successfully, executing, where it is legal, where legal, where allowed, where
        permitted, where it is allowed, it is fine, i am ready, we are ready, everyone is ready,
        everybody is in, we are all set, all set, all aboard, all clear, coast is clear, it is
        clear, way is clear, the way is clear, good to go, we are good to go, you are good to go,
        we are good, you are good, you are clear, clear now, sound good, sounds good, that is
        fine, that is good, got it, right on""",
    "SAFE": """
        allowed, legal, permitted, if the limit allows, if the limit allows it, if that is legal,
        if that is legal here, if it is legal, if it is allowed, if that is allowed, if it is
        permitted, within the limit, within the speed limit, within limits, stay within the limit,
        stay within the speed limit, but stay within the limit, as the limit allows, when the line
        is dashed, when you have a clear view, when you can see far enough, once the oncoming cars
        are gone, once the oncoming traffic is gone, once the oncoming cars have passed, once the
        pedestrians have crossed, once they have crossed, after they have crossed, when there is a
        clear gap, when there is an opening, when you see an opening, when you see a chance, when
        you have a chance, once there is room, once there is a gap, once there is an opening, as
        soon as there is room, as soon as there is a gap, as soon as there is an opening, as soon
        as there is space, when it is free, once it is free, if it is free, when the lane is free,
        when the lane is clear, once the lane is clear, as soon as you see one, as soon as it is
        allowed, as soon as it is possible, as soon as it is legal, where it is allowed, where
        that is allowed, where it is permitted, when that is possible, when that is safe, if that
        is safe, if that is possible, only if it is safe, only when it is safe, but only if it is
        safe, but only when it is safe, if the coast is clear, if nothing is coming, if no one is
        coming, if nobody is coming, after the oncoming car, after that car, after this car, after
        the truck, once we are past it, once you are past it, once you are past, once we are past,
        when you are past it, once you have passed it, once you have passed, when you are past, at
        a legal spot, legal spot, in a legal spot, in a safe spot, at a safe spot, at a safe
        place, in a safe place, a safe place, a safe spot, somewhere safe, safe spot, when traffic
        permits, traffic permitting, if traffic allows, if traffic permits, if conditions allow,
        with a safe distance, signal and, indicate and, signal first, check your mirrors, check
        your blind spot, check your mirrors first, check the mirrors, use your signal, use your
        blinker, use your turn signal, use the indicator, put the blinker on, with your blinker
        on, safely, if safe, when safe, when it is safe, if it is safe, once it is safe, as soon
        as it is safe, when it is safe to do so, if it is safe to do so, when safe to do so, where
        it is safe, where safe, safe, a safe, safest, when clear, when it is clear, if it is
        clear, if clear, once it is clear, as soon as it is clear, when the way is clear, when
        there is a gap, when there is room, when there is space, when you see a gap, when traffic
        allows, when possible, if possible, where possible, as soon as possible, if you can, if we
        can, when you get the chance, when you have space, when you have room, when the coast is
        clear, if allowed, if permitted, if legal, when allowed, when permitted, legally, when
        legal, if you see a chance, when conditions allow, at the first safe opportunity, with
        care, at the next opportunity, at the earliest opportunity, at your earliest convenience,
        when convenient, at the first opportunity, when you are ready, whenever you are ready,
        when it is green, once it is green, when the light is green, when it turns green, when the
        light turns green, once the light turns green, on green, at the green light, if there is
        room, if there is space, if there is a gap, if nobody is there, after checking, as long as
        it is safe, provided it is safe, when it is your turn, when nothing is coming, when no one
        is coming, when traffic is clear, once traffic clears, when traffic clears, take your
        time, you can take your time, no rush, no hurry, calm""",
    "SLOWLY": "slowly, nice and slow, nice and slowly, slow and steady, at a crawl",
    "GENTLY": """
        carefully, gently, smoothly, softly, cautiously, with caution, nice and easy, slow and
        easy, calmly, easy does it, attentively, defensively, considerately, responsibly,
        sensibly, prudently, safer, more safely""",
    # Places along the road.
    "PLACE": """
        chemist, newsagent, grocer, optician, off licence, lift, elevator, terminal, car park exit,
        end, the end, sign post, red sign, big sign, the sign, roundabouts, mosque, temple,
        synagogue, kiosk, fire station, police station, bus station, subway station, metro
        station, tram stop, subway, metro, playground, pub, bar, bakery, burger place, starbucks,
        mcdonalds, walmart, target, costco, aldi, lidl, ikea, shell, exxon, seven eleven, chapel,
        cemetery, farm, barn, water tower, windmill, town hall, city hall, courthouse, theater,
        theatre, arena, gym, pool, sports hall, clinic, dentist, doctor, vet, car wash, garden
        center, hardware store, grocery store, deli, ice cream shop, barber, salon, clock tower,
        tower, big tree, billboard, mural, trees, railway, railway barrier, tracks, rail crossing,
        checkpoint, border, toll, barrier at the toll, dealership, garage on the corner, hydrant,
        bench, phone booth, bus shelter, row, yellow house, white house, second house, third
        house, blue house, green house, corner store, corner shop, liquor store, bookstore,
        florist, butcher, post, postbox, letterbox, dead end, cul de sac, t junction, y junction,
        fork in the road, split, merge, junction ahead, flyover, interchange, cloverleaf, toll
        plaza, parking lot, parking garage, car park, services, motorway services, truck stop,
        weigh station, lookout, viewpoint, scenic overlook, trailhead, campsite, marina, harbor,
        harbour, ferry, airport, terminal, departures, arrivals, zone, intersection,
        intersections, junction, crossroad, crossroads, crossing, corner, light, lights, traffic
        light, traffic lights, traffic signal, signal, stoplight, stop light, set of lights, t
        intersection, fork, the t, roundabout, traffic circle, rotary, circle, rotunda, stop sign,
        yield sign, give way sign, sign, line, stop line, the line, bend, curve, curves, block,
        bridge, tunnel, gas station, petrol station, church, school, bank, supermarket, post
        office, end of the road, end of the street, end of the block, entrance, driveway, mall,
        building, hospital, hotel, restaurant, pharmacy, bus stop, crosswalk, zebra crossing, park
        entrance, pedestrian crossing, railroad crossing, level crossing, store, shop, house, red
        house, gate, toll booth, station, train station, traffic, roadworks, construction zone,
        construction, construction site, school zone, village, town, city, market, square, hill,
        neighborhood, neighbourhood, residential area, speed bump, speed bumps, bump, bumps,
        overpass, underpass, turnoff, side street, side road, next street, cross street, landmark,
        monument, stretch, section, area, part, here and, parking lot entrance, fountain, statue,
        cinema, cafe, coffee shop, rest stop, rest area, service area, gas pump, charger, charging
        station, drugstore, diner, mailbox there, library, museum, stadium, curve ahead, narrow
        street, narrow road, narrow part, street corner, ones, t""",
    "ROAD": """
        road, street, route, course, path, highway, freeway, motorway, interstate, avenue,
        boulevard, autobahn, expressway, main road, carriageway, trajectory, heading, direction,
        track, way""",
    "AHEAD": """
        ahead, up ahead, up front, in front, in front of us, in front of you, in front of me,
        ahead of us, ahead of you, ahead of me, before us, straight in front, directly in front,
        just ahead, further on, further ahead, down the road, up the road, a bit further, further,
        directly, up there, down there, in the distance, opposite, oncoming, before you""",
    "BEHIND": "behind, behind us, behind me, behind you, in the back",
    # Directions.
    "LEFT": """
        left, left hand, lefthand, leftmost, left most, far left, left side, left hand side,
        lefty, louie, leftward, leftwards, our left, your left, my left, drivers side""",
    "RIGHT": """
        right, right hand, righthand, rightmost, right most, far right, right side, right hand
        side, ralph, rightward, rightwards, our right, your right, my right, passenger side,
        righty""",
    "MIDDLE": "middle, center, centre, central",
    "STRAIGHT": """
        straight, straight ahead, straight on, straight forward, straightforward, straight
        through, forward, forwards, dead ahead, dead straight, straight line, in a straight line,
        straight direction, straight course, straight path, without altering your direction,
        without turning, without changing direction, due ahead, right ahead, directly ahead""",
    "AROUND": """
        around, round, about face, the other way, the opposite way, other direction, in the other
        direction, all the way around, all the way round""",
    # Motion in general.
    "MOVE": """
        hit the next, hit the first, hit the second, hit the third, pull out, head towards,
        towards, toward, located, travel, give, giving, look for, looking for, search for,
        searching for, locate, have a look for, squeeze, creep, pop, nip, tuck, duck, edge, cross,
        work, build, wait to, want, send, bring it, get it, keep doing, swap, crawl, inch, nudge
        forward, scooch, manoeuver, maneuver us, slot, set off towards, shuffle, weave, thread,
        manage, go, going, gone, drive, driving, driven, move, moving, moved, head, heading, get,
        getting, make, making, made, take, taking, do, doing, done, steer, steering, guide, put,
        come, coming, use, using, utilizing, utilising, execute, perform, performing, position,
        reposition, adjust, ease, hop, navigate, navigating, cruise, cruising, roll, rolling,
        advance, lead, carry, transport, run us, opt for, choose, pick, aim for the next, be
        going, catch, find, find your way, let, start, begin, commence, plan, prepare, preparing,
        departing, be on, enter, transfer, step, direct, point us, shoot for, keep on trucking,
        change your route, change course, adjust your course, switch course, proceed, proceeding,
        transition, ride, need to be, be in, want to be, have us, help, make your way, make our
        way, work your way, trucking, motor, press, glide, dive""",
    "TURNV": """
        turn, turning, turns, turned, hang, hanging, hook, hooking, swing, swinging, bear,
        bearing, veer, veering, curve, make a turn, take a turn, take the turn, turn off, turn in,
        turn into, bank, cut, cornering, branch, branch off, fork, peel, turnoff, pull""",
    "KEEP": """
        keep it at, keep it on, hold it, hold it at, hold steady, keep steady, keep a steady, stay
        at, hold at, hold a steady, leave it at, leave it on, keep it, keep, keeping, stay,
        staying, remain, remaining, hold, holding, maintain, maintaining, stick, stick to,
        sticking, persist, stay put, continue, continuing, keep on, keep to, leave, stay on,
        remain on, keep following, keep going, keep driving, preserve, retain, keep up with""",
    "FOLLOW": """
        follow, following the, trail, stay behind, keep behind, remain behind, drive behind,
        behind the, follow this, follow the, go along, along, stay with, keep along, continue
        along, continue on, carry on along, carry on, remain along""",
    "LANE": """
        lane, lanes, traffic lane, lane on, other lane, the other lane, passing lane, overtaking
        lane, outside lane, inside lane, traveling lane, driving lane""",
    "CHANGE": """
        get to the, lane change to the, move, moving, pop over, hop into, pop into, get into,
        tuck, tuck in, tuck back, tuck back in, tuck back into, nip over, nip across, cut over,
        drift, swing over, step over, come back over, get back over, go back over, move back over,
        go back to, get back to, get back in, get back into, move back, move back to, move back
        into, cross into, cross to, move across, switch over, skip over, jump over to, jump into,
        jump to, jump lanes, scooch over, budge over, move on over, move out, go into, go across,
        sidle into, merge over, merge into, merge back, steer into, drop into, drop back into,
        slot into, settle into, pull out, pull back in, pull back into, pull over into, transfer
        to, transition to, transition into, mosey over, signal left, signal right, veer into, work
        our way into, work your way into, work your way over, change, changing, changes, switch,
        switching, shift, shifting, swap, swapping, merge, merging, lane change, lane changes,
        move over, moving over, get over, getting over, slide, slide over, scoot, scoot over, go
        over, come over, drift over, jump over, hop over, shuffle over, slip, cross over, filter,
        squeeze over, change over, edge over, sidle over, head over, pull into, sneak over""",
    "ONELANE": "one lane, one lane over, a lane, one over, a lane over, next lane",
    "UTURN": """
        flip a u, flip a you, flip us around, flip the car around, spin the car around, turn the
        car round, turn it round, turn us round, let us go back, change direction, change
        direction and go back, head in the opposite direction, drive in the opposite direction,
        spin it round, go the opposite direction, wrong way, the wrong way, we have to go back, we
        need to go back, go back to where we came from, back to where we came from, go back where
        we came from, swing it round, pull a u, pull a you, make a you turn, do a you turn,
        reverse our route, point us the other way, point the car the other way, face the opposite
        way, head the opposite way, turn back around, uturn, turn around, turn back, turn round,
        turning around, turning back, go back, head back, spin around, drive back, spin it around,
        swing around, swing back around, swing it around, turn it around, turn us around, turn the
        car around, turn the vehicle around, reverse direction, the way we came, back the way we
        came, reverse course, reverse our direction, about turn, do a one eighty, do a 180, pull a
        one eighty, pull a 180, one eighty, a 180, make a 180, do a three point turn, three point
        turn, double back, flip around, retrace our steps, face the other way, wrong way round,
        flip a uturn, bust a uturn, hang a uturn, going the wrong way, we are going the wrong way,
        we went the wrong way, this is the wrong way, wrong direction, reverse our course, loop
        back, go the other way, head the other way, drive the other way, go in the opposite
        direction, turn the other way, go the opposite way, backtrack, flip it around""",
    "BESIDE": """
        left of, right of, to the left of, to the right of, on the left of, on the right of, left
        of the, right of the""",
    "FLIP": "flip, bust, pull off a, throw, whip",
    # Exits.
    "EXIT": """
        this is the exit, that is the exit, our exit, exit here, exit right here, exit now, exit
        there, exit to the right, exit on the right, exit left, exit right, exit at, exit onto,
        next exit is ours, get off at this exit, off here, leave at, leave via, leave here, take
        us off the highway, take us off the motorway, take us off the freeway, come off the
        freeway, come off here, get us off here, leave the main road, leave this highway, leave
        this motorway, leave this freeway, off at, off ramp here, slip off, get off, getting off,
        off at the next, depart the highway, depart the motorway, depart the freeway, pull off at
        the next exit, go off at the next exit, exit at the next, exit ramps, offramp, exit,
        exits, exit number, off ramp, off ramps, slip road, exit ramp, ramp, exit lane, leave the
        highway, leave the freeway, leave the motorway, leave the interstate, leave the autobahn,
        leave the expressway, get off the highway, get off the freeway, get off the motorway, get
        off the interstate, get off the autobahn, get off here, get off at the next, quit the
        highway, hop off the highway, hop off the freeway, exit the highway, exit the freeway,
        exit the motorway, exit the interstate, exit the roundabout, leave the roundabout, depart
        the roundabout, exit from the highway, highway departure, highway exit, freeway exit,
        motorway exit, come off the motorway, come off the highway, turn off the highway, turn off
        the motorway, depart at, pull off the highway, pull off the freeway, get off the
        expressway, come off at, get off at, come off, turn off at, departure, depart, exiting,
        peel off, we get off here, off the highway, off the freeway, off the motorway, off the
        interstate, off this highway, off this motorway, off this freeway""",
    # Speed.
    "FASTER": """
        faster, quicker, more quickly, more speed, more gas, more throttle, speedier, at a higher
        speed, higher speed, a higher speed, too slow, too slowly, so slow, so slowly, very slow,
        really slow, crawling, be quicker, quick, brisker, higher pace, hurry, hurry up, get a
        move on, rush""",
    "ACCEL": """
        match the speed of traffic, match traffic, keep up with traffic, keep up with the traffic,
        keep up with the flow, keep up with the flow of traffic, go with the flow, keep up with
        the other cars, keep up with them, keep up with everyone, match the flow of traffic, match
        the flow, go as fast as is allowed, go as fast as allowed, as fast as is allowed, as fast
        as allowed, as fast as the limit allows, as fast as legally allowed, as fast as you are
        allowed, quit dawdling, stop dawdling, no dawdling, stop crawling, do not dawdle, quit
        crawling, do not be so slow, do not drive so slowly, do not drive so slow, do not go so
        slow, do not crawl, not so slow, not so slowly, too slow, get up to the speed limit, get
        up to the limit, come up to the limit, come up to the speed limit, go up to the speed
        limit, go up to the limit, up to the speed limit, up to the limit, bring it up to the
        limit, build up some speed, build some speed, more oomph, give it some oomph, give it a
        bit more gas, give it more, give it a little more gas, give it some more gas, give it a
        little gas, go a bit faster, put some speed on, pick up your pace, get some speed, get a
        bit more speed, get a little more speed out of this, speed up, speeding up, speed it up,
        speed things up, accelerate, accelerating, acceleration, step on it, step on the gas, pick
        up the pace, pick up speed, pick up some speed, pick it up, put your foot down, give it
        gas, give it some gas, give it more gas, hit the gas, hit the accelerator, gain speed,
        gain some speed, press the gas, press the accelerator, go quicker, get up to speed, step
        it up, tap the gas, build up speed, add some speed, add speed, up the pace, up the speed,
        come up to speed, up the tempo, quicken, quicken the pace, bring the speed up, more pace,
        get moving faster, bump up the speed, crank up the speed, kick it up, make it snappy, push
        it a little, speed us up, turn up the speed, dial up the speed, put on some speed, chop
        chop""",
    "SLOWER": """
        quit speeding, stop speeding, do not speed, do not be speeding, you are speeding, slow the
        heck down, slow the hell down, lift off the accelerator, foot off the pedal, foot off the
        gas, dab the brakes, kill a bit of speed, kill your speed, scrub off some speed, bleed off
        some speed, take off some speed, let the speed drop, let the speed drop off, drop down,
        bring it down, pull it back, rein in the speed, not that fast, not so fast, not this fast,
        not too fast, go down, slow to, easy on the speed, you slowed down, slowed down, slowing,
        slow, slow down, slowing down, slow it down, slow things down, slow the car down, slow the
        vehicle down, slow us down, slow up, slower, more slowly, slowdown, decelerate,
        decelerating, deceleration, ease off, ease off the gas, ease up, ease up on the gas, let
        off the gas, off the gas, take your foot off, take your foot off the gas, lift off the
        gas, back off the gas, back off the throttle, ease off the throttle, ease off the
        accelerator, come off the gas, kill some speed, kill the speed, lose some speed, scrub off
        speed, scrub some speed, shed some speed, bleed off speed, bleed some speed, drop the
        speed, take it slow, take it slower, take it down, take it down a notch, dial it down,
        dial it back, tone it down, lower speed, a lower speed, less speed, less gas, lose speed,
        take some speed off, brake a little, brake a bit, brake gently, brake lightly, brake
        slightly, brake softly, too fast, too quick, too quickly, so fast, this fast, that fast,
        way too fast, going fast, pretty fast, very fast, cool it, chill, calm down, slow your
        roll, reduce your speed, bring the speed down, simmer down, tap the brakes, tap the brake,
        touch the brakes, touch of brake, pump the brakes, at walking pace, walking pace, rein it
        in, throttle down, throttle back, knock off some speed, lay off the gas, go easy on the
        gas, less quickly, at a slower speed, at a lower speed, slower speed, slower pace, go easy
        on the throttle, hold your horses, drop some speed, knock the speed down, not as fast""",
    "FAST": "fast, quickly, speedy, rapid, rapidly, high speed",
    "SPEED": """
        rate, speed you are doing, the rate, speed, pace, tempo, velocity, cruise control, cruise,
        cruising speed, cruise control speed, acc, acc speed, current speed, driving speed, speed
        of, cruise speed, your speed, our speed, the speed""",
    "LIMIT": """
        the speed limit, speed limit, posted speed, posted limit, legal limit, limit, legal speed,
        allowed speed""",
    "SET": """
        set, setting, adjust, fix, arrange, regulate, change, changing, establish, control,
        configure, put, hold, make it, bring it to, get it to, get up to, get us to, alter""",
    "UP": """
        increase, increasing, raise, raising, up, boost, bump up, bump, ramp up, enhance, add,
        crank up, lift, higher, more, increased, plus, step up, push up, bring up, go up, turn up""",
    "DOWN": """
        decrease, decreasing, reduce, reducing, lower, lowering, drop, dropping, cut, cut down,
        lessen, subtract, less, down, bring down, take off, knock off, shave off, trim, minus,
        turn down, go down, dial down, slacken, diminish, decreased, reduced, take down, slash""",
    # Gap.
    "GAP": """
        following distance, gap, distance, space, spacing, room, headway, clearance, safety
        distance, safe distance, safety gap, time gap, following gap, breathing room, breathing
        space, cushion, buffer, separation, safety margin, space between, distance between,
        interval""",
    "MOREGAP": """
        bigger, larger, longer, greater, wider, enlarge, widen, extend, expand, further back,
        farther, extra, ample, plenty of, enough""",
    "LESSGAP": "smaller, shorter, closer, shorten, narrow, tighter, shrink",
    "CLOSE": """
        close, closely, too close, so close, this close, that close, so closely, too closely, very
        close, near, right up""",
    "TAILGATE": """
        tailgate, tailgating, on his tail, on their tail, up his tail, ride his bumper, crowd, hug
        his bumper, hug their bumper, sit on his tail, sit on their tail, ride his tail, riding
        his bumper, riding their bumper, on his bumper, on their bumper, hug the bumper, follow so
        close""",
    "BACKOFF": """
        you are riding his bumper, you are on his bumper, you are right on his bumper, you are on
        his tail, you are right on his tail, you are following too close, you are following too
        closely, stop tailgating, quit tailgating, you are tailgating, stop following so closely,
        quit following so closely, do not tailgate, no tailgating, stop tailing, back away, drop
        back, ease back, fall back, back off, hang back, stay back, keep back, stay away, keep
        away, keep clear, stay clear, get back, backing off, keep your distance, give him space,
        give him room, give them space, give them room, give her space, give them some space, give
        him some space, leave space, leave room, leave a gap, leave more space, leave more room,
        leave some space, leave some room, leave a bigger gap""",
    # Stopping.
    "STOP": """
        i said stop, stomp on the brakes, stay put, stay right here, stay here, hold your
        position, hold position, cease movement, come to rest, slow to a stop, stop stopping here,
        brake hard, brake now, hard brake, hard stop, stop moving now, whoa stop, do not go any
        further, stop yourself, bring it to a stop, bring it to a halt, bring it to a standstill,
        bring us to a stop, bring us to a halt, come to a dead stop, stand on the brake, get us
        stopped, stop the ride, make it stop, stop please, halt please, cut the motion, stop where
        you are, hold there, wait there, stay there, stop this thing, stop in your tracks, kill
        the motion, quit moving, stop rolling, full brake, stop, halt, brake, hit the brakes, hit
        the brake, slam the brakes, slam on the brakes, step on the brake, step on the brakes,
        press the brake, press the brakes, jam on the brakes, apply the brakes, use the brakes,
        stand on the brakes, push the brake, pull the brakes, standstill, a standstill, come to a
        stop, come to a halt, come to a standstill, cease driving, stop driving, stop moving, quit
        driving, stop the car, stop the vehicle, stop this car, freeze, emergency stop, stop right
        there, stay still, hold still, stand still, go no further, wait here, hold here, hit the
        stop, pause here, stop now, stop stop, stop stop stop, do not drive any further, do not
        move any further, come to a complete stop, draw to a halt, grind to a halt, bring the car
        to a stop, let us stop, no further""",
    "STOPPING": "stopping, braking",
    "REVERSE": "back up, backing up, reverse, reversing, backwards, backward",
    "KEEPLANE": """
        do not weave, stop weaving, quit weaving, no weaving, stop changing lanes, quit changing
        lanes, stop switching lanes, quit switching lanes, stop hopping lanes, stop hopping
        between lanes, quit weaving between lanes, stop weaving between lanes, stay where you are
        in the lane, stay where we are, do not leave this lane, do not leave the lane, do not
        leave our lane, center yourself in the lane, stay centered, keep centered, keep it
        centered, stay centered in the lane, this lane is fine, we are good in this lane, this
        lane is good, do not drift, no drifting, stop drifting, no lane changes, no lane change,
        do not merge, do not merge yet, no merging, do not change, do not switch, do not move
        over, do not move across, do not change lanes, do not switch lanes""",
    "CANCELV": """
        forget, forget about, cancel, abort, call off, scrap, undo, revoke, stop with, no more,
        never mind, nevermind, leave out, drop""",
    "HITWARN": """
        before you hit, before we hit, before you run over, before we run over, or you will hit,
        or we will hit, or you will run over, you hit, we hit, you run over, we crash, you crash,
        or we will crash, before you crash, before we crash into, before you crash into, or you
        will crash into, so you do not hit, so we do not hit, so that we do not hit, so that you
        do not hit, you will hit, you are about to hit, about to hit, you are going to hit, going
        to hit, we are about to hit, we are going to hit, we will hit, you are getting close to,
        you are getting too close to, you are too close to, we are too close to, you almost hit,
        you nearly hit, you will scrape, you will clip, you are going to scrape, you are going to
        clip, you will run over, you are heading for, do not you see, we might hit, you might hit,
        you are drifting towards, you are drifting toward, you are drifting into, we are drifting
        into, we are drifting towards, you will crash into, you are about to run over, you are
        going to run over, you are about to crash into""",
    "EVENTNEG": """
        does not see us, do not see us, is not stopping, are not stopping, not going to stop, is
        not going to stop, are not going to stop, will not stop, is not looking, are not looking,
        has not seen us, have not seen us, did not see us, not paying attention, is not paying
        attention, is on his phone, is on her phone, is on the phone, has no lights, has no lights
        on, is not moving, are not moving, does not look, may not stop, might not stop, is not
        slowing down, is not yielding, not slowing down, is looking at his phone, is drifting, is
        drifting into our lane, drifting into our lane, is coming into our lane, coming into our
        lane, is losing its load, losing its load, is backing up, is backing out, is pulling out,
        is merging, is opening, is braking, is stopping, is turning, is reversing, is swerving, is
        wobbling, is crossing, is running, is coming, is slowing down, are crossing, are running,
        are coming, are braking, are stopping, are slowing down, slowing down, is about to step
        out, about to step out, about to fall, is falling, going to run the red, is going to run
        the red, is going to cut in, about to cut in, is cutting in, is signalling, is signaling,
        is indicating, is speeding, is changing lanes, is going to pull out, going to pull out,
        going to cross, is going to cross, hydroplaning, is overtaking us, is overtaking, wants
        in, wants to merge, is in our lane, has stopped, is stopped, just stopped, is stuck, is
        broken, is broken down, is blocked, is closed, are closed, is closed ahead, is out of
        control, is drunk, on the loose""",
    "ATMOST": """
        under, below, no faster than, not faster than, do not go over, do not go above, do not go
        faster than, do not exceed, not over, not above, no more than, cap, cap it, cap the speed,
        max, maximum, at most, tops, never over, do not drive faster than, do not drive over, do
        not drive above, not more than, limit it, keep it under, keep under, stay under, stay
        below, keep below, keep it below, limit the speed, less than, limit your speed to, limit
        your speed, limit the speed to, keep your speed under, keep your speed below, keep the
        speed under, keep the speed below, not faster, slower than""",
    "HAZPLACE": """
        construction, construction site, construction zone, roadworks, speed bump, speed bumps,
        school zone, stop sign, crosswalk, bump, bumps, sharp bend, bend, curve, pedestrian
        crossing, railroad crossing, level crossing, crossing, tunnel, toll booth, dip, narrow
        part, yield sign, traffic light, curb, step, playground, bike path, bus stop, school""",
    "PULLOVER": """
        i said pull over, on the shoulder, on the hard shoulder, at the curb, at the kerb, at the
        side of the road, on the side of the road, at the side, on the side, to the side of the
        road, to the curb, to the kerb, drop me, drop us, drop me at, drop me off at, drop us off
        at, drop us off by, drop us at, drop her off at, drop him off at, drop me off by, drop me
        here, let her off, let him off, let them off, let me out here, let us hop out, let me hop
        out, let me jump out, let me get out, let us get out, rest bay, next rest bay, pull in
        there, park up at the side, get to the side, pull off somewhere, pull off up here, edge
        over, out of traffic, out of the traffic, get out of traffic, rest area, service area,
        pull into the layby, pull into a layby, pull in somewhere, pull in over there, pull us in,
        pull in by, pull in at, pull in after, pull in before, pull in behind, emergency stopping
        area, hazard lights on, pull over, pulling over, pull aside, pull to the side, pull off to
        the side, pull off the road, pull off here, pull up, pull it over, pull the car over, pull
        us over, pull the vehicle over, pull in, pull in here, side of the road, side of the
        street, roadside, the roadside, curb, curbside, the curb, kerb, kerbside, shoulder, hard
        shoulder, emergency lane, breakdown lane, the verge, lay by, layby, turnout, pullout,
        emergency bay, edge of the road, drop me off, drop us off, let me out, let us out, i want
        to get out, i need to get out, we need to get out, want to get out, need to get out, i
        want to hop out, get out here, hop out, jump out here, step out, get off the road, i need
        some air, i need air, i need fresh air, i need a break, i want to have a rest, we need a
        break, stop at the side, stop on the side, over to the side, to the side, to one side,
        pull to, pull off, get us off the road, stretch my legs, stretch our legs, need to stretch
        my legs, i want to get out here, let me off, let us off, let him out, let her out, let
        them out, drop off, pull to a stop, drop him off, drop her off""",
    "RESUME": """
        off you go, go back to driving, go back to normal driving, back to normal driving, resume
        normal driving, drive normally again, drive normally, continue the trip, resume the trip,
        continue our trip, continue the journey, resume the journey, continue our journey, resume
        our trip, continue the drive, resume the drive, resume the route, resume our route,
        continue on our way, pull back onto the road, pull back on the road, pull onto the road,
        move it along, move forward, roll forward, keep goin, let us keep going, let us keep
        moving, you can drive now, you can drive on, you can carry on, you can continue, you can
        continue now, you can carry on now, you can set off, you can start driving, continue to
        where we were heading, continue where we left off, go ahead and drive, get us moving, get
        us going, get rolling, lets roll, move off, pull off again, carry on driving, carry on
        then, let us move on, unfreeze, on with it, get on with it, proceed with the trip, proceed
        with the drive, proceed on our way, resume driving, resume the ride, back to driving,
        start up, start the engine and go, take off now, let us set off, let us be off, let us get
        on with it, go go, go on now, go already, resume, resuming, carry on, go ahead, continue,
        continuing, drive on, move on, move along, moving along, start driving, set off, get
        going, get moving, let us go, let us roll, let us move, let us drive, let us get going,
        let us get moving, let us continue, off we go, go on, drive off, hit the road, keep going,
        keep driving, keep moving, keep rolling, keep on going, keep on driving, keep it going,
        keep it moving, you can go, you may go, you can go now, you can drive, start moving, start
        again, start up again, begin driving, commence driving, start rolling, roll on, roll out,
        proceed, proceeding, press on, push on, go now, go go go, start the car, start the trip,
        start the ride, start the drive, drive again, get back on the road, back on the road, you
        are free to go, we can go, we can go now, we can continue, we can move on, we can drive
        on, let us hit the road, ready to go, drive freely, you may drive freely, drive around,
        feel free to drive around, you may navigate freely, freely, unpause, go again, move again,
        onward, onwards, head off, head out, let us head out, start going, pick up where we left
        off, get this show on the road, let us get this show on the road, moving again, going
        again, rolling again, driving again, on we go, pull away, set out, get back to driving,
        keep cruising, keep on rolling, keep on moving, as you were""",
    # Others on the road.
    "VEHICLE": """
        that car, this guy 's car, another car, some car, the other car, that vehicle, a vehicle,
        a car, other one, motorhome, campervan, horse trailer, ambulance truck, delivery guy,
        faster car, faster cars, the faster car, car behind, car behind me, vehicle behind,
        driver, drivers, lorries, coach, hearse, wagon, buggy, quad bike, e scooter, escooter,
        carriage, horse carriage, horse and cart, street sweeper, sweeper, bin lorry, recycling
        truck, cement truck, mixer truck, concrete mixer, skip, skips, gravel truck, parked van,
        white van, slow one, learner, learner driver, taxi ahead, wrong way driver, uber,
        motorists, cop car ahead, traffic in front, traffic, removal van, oil tanker, crane truck,
        snowplow, snow plough, rv ahead, delivery bike, food truck, truck, trucks, van, vans, bus,
        buses, lorry, vehicles, cars, tractor, trailer, taxi, cab, motorbike, motorcycle, moped,
        scooter, pickup, pickup truck, suv, sedan, minivan, camper, caravan, rv, car ahead,
        vehicle ahead, car in front, vehicle in front, lead vehicle, lead car, leading vehicle,
        leading car, front vehicle, front car, slow car, slow vehicle, slowpoke, slow driver, slow
        coach, other car, other vehicle, other cars, other vehicles, other drivers, guy in front,
        guy ahead, one in front, one ahead, parked car, parked cars, parked vehicle, parked truck,
        stopped car, stopped vehicle, stalled car, broken down car, stationary car, stationary
        vehicle, delivery truck, delivery van, garbage truck, dump truck, semi, semi truck,
        tanker, school bus, tram, streetcar, train, double parked, parked, semi trailer, tow
        truck, fire truck ahead, moving van, box truck, ups truck, mail truck, bus ahead, truck
        ahead, van ahead, toyota, honda, ford, bmw, tesla, volkswagen, mercedes, audi, volvo,
        jeep, convertible, hatchback, limo, rickshaw, tuk tuk, forklift, digger, combine, snow
        plow, oncoming car, oncoming vehicle, oncoming traffic, cross traffic, opposite vehicle,
        opposite car, oncoming cars, traffic ahead, car behind us, vehicle behind us, merging
        traffic, slow traffic, slower traffic, slow moving vehicle, guy in front of us, driver in
        front, driver ahead, person in front, car before us, the car in front, the vehicle in
        front, car in front of us, car ahead of us, car before you, car on our right, car on our
        left""",
    "PERSON": """
        mother with, pram, prams, skaters, scooter rider, kid on the bike, kids on bikes, man on,
        cop, cops, officer, crossing guard, road crew, bicyclists, motorcyclists, folks, lollipop
        lady, nun, nuns, priest, hikers, hiker, tourist, tourists, jaywalker, jaywalkers,
        teenager, teenagers, everybody, others, the others, anybody, grandpa, nobody, pedestrian,
        pedestrians, people, person, man, men, woman, women, kid, kids, child, children, lady,
        ladies, guy, guys, cyclist, cyclists, biker, bikers, bicyclist, bicycle, bicycles, bike,
        bikes, rider, motorcyclist, jogger, joggers, runner, runners, walker, walkers, toddler,
        baby, stroller, wheelchair, boy, girl, boys, girls, student, students, worker, workers,
        construction worker, road worker, old lady, old man, elderly, elderly man, elderly woman,
        elderly lady, grandma, mother, family, skater, skateboarder, someone, somebody, everyone,
        passenger, crowd, school children, schoolchildren, schoolkids, blind man, gentleman, dog
        walker, mom, dad, moms, anyone""",
    "ANIMAL": """
        hedgehogs, hare, skunk, possum, coyote, wild boar, pony, ponies, swan, swans, rabbits,
        cats, foxes, donkey, camel, camels, critter, alpaca, stag, buck, doe, bison, llama,
        pigeons, chicken, chickens, racoon, opossum, wolf, geese crossing, dog, dogs, cat, deer,
        animal, animals, bird, birds, horse, horses, cow, cows, sheep, duck, ducks, goose, geese,
        squirrel, moose, elk, fox, rabbit, raccoon, puppy, kitten, goat, goats, boar, hedgehog,
        turtle, kangaroo, bear cub, livestock, herd, pig, pigs, ducklings, horse rider""",
    "EMERGENCY": """
        ambulance, fire truck, fire engine, police, police car, emergency vehicle, emergency
        vehicles, siren, sirens, cop car, ambulances, first responders, paramedics""",
    "THING": """
        manhole cover, drain cover, bottle, bottles, mirror, mirror of, door, doors, bike rack, mailbox, step, kerbstone,
        porsche, bollards, sign post, road sign, bush, bushes, railing, dumpster, crates, crate,
        chair, table, barrel, barrels, drum, scaffolding, tarp, blanket, carpet, planks, plank,
        metal, pipe, pipes, ladder, hubcap, bumper, bucket, concrete, scrap, clothes, cardboard,
        bricks, brick, sharp object, broken glass, muffler, exhaust, obstruction, animal carcass,
        carcass, roof box, fuel, toy, toys, kite, frisbee, football, basketball, soccer ball,
        tyres, curb, cup, helmet, pylon, pylons, pallet, lumber, bin bag, trash bags, duck pond,
        cone, cones, traffic cone, pothole, potholes, trash can, trash cans, trashcan, garbage
        can, garbage bin, bin, bins, box, obstacle, obstacles, debris, branch, tree, trees, rock,
        rocks, stone, ball, tire, tires, tyre, puddle, puddles, hole, manhole, bollard, pole,
        fence, wall, shopping cart, cart, mattress, glass, nails, roadkill, object, objects,
        garbage, trash, litter, bag, plastic bag, log, fallen tree, ditch, crash, accident,
        collision, wreck, hydrant, sandbags, junk, hazard, hazards, spill, oil spill, boulder,
        sofa, couch, suitcase, blockage, median, island, guardrail, shopping trolley, chunk of
        tire, rubble, pallets, gravel, road damage, cable, wire""",
    "CONDITION": """
        road is wet, patch of ice, patch of oil, wet road, roads, wet roads, icy patch, icy road,
        ice patch, thick fog, dense fog, heavy rain, brake light, queue, slow traffic ahead,
        standing cars, stopped cars, pile up, rockslide, landslide, mudslide, sinkhole, flooded
        road, washed out, deep water, road narrows, narrow lane, uneven road, tram tracks, blind
        spot, blind hill, low bridge, school bus ahead, broken down vehicle, flood water, loose
        gravel, storm ahead, hairpin, hairpin bend, tight bend, tight turn, sharp left, sharp
        right ahead, ice, black ice, icy, slippery, wet, snow, snowy, rain, raining, fog, foggy,
        mist, oil, mud, flood, flooded, flooding, traffic jam, jam, congestion, backed up, backup,
        tailback, standing water, standing traffic, stopped traffic, roadwork, road works, speed
        camera, speed trap, sharp turn, sharp curve, sharp bend, tight curve, blind corner, blind
        curve, narrow, bumpy, rough, rugged, uneven, surface, road surface, brake lights, hazard
        lights, flashing lights, red light, red signal, yellow light, amber light, green light,
        red traffic light, green traffic light, red, yellow, amber, green, slick, strong wind,
        crosswind, windy, dip, steep, steep hill, low visibility, stop sign ahead, lane ends, dead
        end, aquaplaning, hydroplaning, sun glare, low sun, glare, hail, storm, sleet, frost,
        fire, smoke, emergency, danger, dangerous, trouble, sandstorm, crossing traffic, lane
        closed, closed, lane closure, detour, temporary lights, wet leaves, leaves, red traffic
        signal, green traffic signal, yellow traffic signal, humps, hump""",
    "PRONOUN": """
        him, her, them, it there, he, she, they, that one, this one, this guy, that guy, those
        guys, these guys, his, their, this, that""",
    "OVERTAKE": """
        zip by, squeeze by, whip past, breeze past, roll past, drive by, move by, go ahead of,
        push past, get round, get around in front, nip past, slide past, overtaken, pass it, pass
        him, pass her, pass them, pass this, pass that, pass this guy, pass that guy, pass on, get
        in front, overtake, overtaking, pass, passing, surpass, get past, go past, drive past, get
        ahead of, move ahead of, get in front of, pull ahead of, pull past, move past, leapfrog,
        outpace, zip past, get by, go by, navigate past, squeeze past, scoot past, head past,
        overhaul, slip past, swing past, past, get around and past, pull ahead, make a pass""",
    "GOAROUND": """
        go around, going around, go round, drive around, steer around, get around, move around,
        swing around, swing wide around, swing wide, bypass, bypassing, avoid, avoiding, swerve
        around, work your way around, make your way around, navigate around, maneuver around,
        manoeuvre around, dodge, skirt, circumvent, evade, wide berth, a wide berth, give a wide
        berth, sidestep, pass around, edge around, curve around, detour around, find a way around,
        squeeze around, go wide around, steer clear of, steer clear, nudge around, inch around,
        creep around, weave around, circle around, veer around, head around, loop around, ease
        around, slip around, cut around, pull around, scoot around, a way around, way around""",
    "YIELD": """
        make space, move aside, hold back, get out of the way, get out of the way of, wait for a
        gap, wait for the gap, wait until the road is clear, wait until it is clear, wait till it
        is clear, wait your turn, wait our turn, wait for your turn, wait for our turn, wait for
        the light to turn green, wait for the green, wait for green, wait until it is green, wait
        for the green light, be polite, let them by, let him by, let her by, let it by, let it
        through, let it out, let them out, let him out of, stop and let, wave on, not cut off,
        wait behind, hold on for, yield, yielding, give way, giving way, let in, let through, let
        pass, let go first, wait for, waiting for, hold for, allow, allowing, make way, make room,
        let merge, right of way, priority, the right of way, give priority, wait till, wait until,
        wait util, step aside, hold back for, go first, first go, cede, defer, letting, let, be
        polite and let, give them the right of way, wave through, give right of way, give the
        right of way, move out of the way""",
    "CROSS": """
        cross, crossing, pass by, passes, come through, go through, come out, crosses, crossed,
        get across, across, get through, get by, finish crossing, has crossed, have crossed, merge
        in, through, go first, cross first, get on, get off the bus, get out of the driveway,
        clears, gone, in, ahead of us, before you go, before going, before we go, before turning,
        before you turn, finished crossing, finish""",
    "PARK": """
        find a spot, find a space, find a place, find a place to park, find somewhere to leave the
        car, find me a space, find me a spot, find me a parking spot, find us a spot, take that
        spot, take that space, take this spot, take this space, take the spot, take the space,
        that spot, that space, this spot, this space, free spot, row, bay, end of the row, in
        reverse, pull into, pull into the, back into, reverse into, reverse into that spot, slot,
        leave the car, leave the car here, stow the car, parking bays, shade, in the shade, shady,
        under a tree, underground parking, multi storey car park, deck, parking deck, valet
        parking, charging spot, ev spot, handicap placard, disabled bay with permit, get parked,
        somewhere to park, somewhere to leave the car, place to park, spot to park, space to park,
        look for parking, look for a spot, look for a space, look for a place, park and ride,
        space number, bay number, spot number, row number, park, parking, parks, parked up, park
        up, parking spot, parking space, parking place, parking lot, parking garage, car park,
        garage, parking bay, parallel park, reverse park, back in, back into a spot, back into
        that spot, back into the spot, empty spot, park yourself, park us, into a spot, into that
        spot, into this spot, into the spot, empty space, free space, open spot, open space,
        parking structure, multi storey, parkhouse, space there, spot there, valet""",
    "CAREFULLY": """
        be extra careful, extra careful around, the roads are wet, calm down your driving, calm
        down the driving, take it slow and easy, careful with the brakes, go easy on the brakes,
        careful driving, extra carefully, drive extra carefully, with care, slow and easy, nice
        and easy, nice and steady, comfort mode, in comfort mode, chill out, take no chances, do
        not take any chances, do not take chances, do not take any risks, do not take risks, no
        risks, take no risks, no sudden movements, no sudden moves, no hard braking, no harsh
        braking, no hard turns, no sharp turns, no jerky movements, no jerky driving, smooth
        driving, gentle driving, drive softly, do not rush, do not hurry, no hurry, no rush, there
        is no rush, there is no hurry, take your time, you can take your time, slow and steady,
        drive like my grandma is in the back, drive like there is a baby on board, drive as if the
        road were ice, drive like you have eggs on the roof, safer, drive like a human, drive
        normally and carefully, drive more like a human, keep it gentle, keep it smooth, keep it
        calm, keep it chill, keep calm, keep it safe, keep it steady, keep it nice and smooth,
        keep it nice and easy, be patient, more patient, patiently, softly, stick to the rules,
        obey the rules, follow the rules, obey the traffic rules, follow the traffic rules,
        respect the rules, by the rules, by the book, mind the rules, brake earlier, brake softer,
        earlier and softer, accelerate more gently, accelerate more slowly, brake
        more gently, brake gentler, gently on the brakes, easy on the brakes, easy on the gas,
        easy with the brakes, easy with the gas, lighter on the brakes, light on the brakes, watch
        your driving, do not take the corners so fast, drive carefully please, tone it down, tone
        down the driving, drive less like a maniac, less jerky, less rough, less harsh, less hard,
        not so rough, not so hard, not so harsh, not so aggressive, not so jerky, not so wild, not
        so abrupt, i would feel better if you drove carefully, drove more carefully, drove
        carefully, drove more gently, less hectic, comfort, drive carefully, drive safely, be
        careful, careful, go easy, take it easy, easy, drive gently, drive smoothly, smoother,
        gentler, more careful, more carefully, more gently, more cautious, more cautiously,
        cautious, more smoothly, gentle, smooth, be gentle, easy on, take care, drive
        considerately, drive defensively, less aggressive, less aggressively, relax, relaxed,
        calmer, more calmly, comfortable, comfortably, more comfortable, more comfortably, extra
        careful, extra cautious, extra caution, extra care, caution, eco, stay safe, stay calm,
        softer, safe driving, relaxed mode, careful mode, chill mode, safety first, steady, be
        nice, more relaxed, conservatively, more conservatively, conservative, more defensive,
        defensive, defensively, more defensively, play it safe, drive safe, with more care, with
        extra care, in a relaxed way, steady now, be safe, drive like a grown up, drive nicely,
        drive politely, soft""",
    "ROUGH": """
        aggressive, aggressively, so aggressively, too aggressive, hard, harsh, harshly, rough,
        roughly, jerky, jerkily, wild, wildly, recklessly, reckless, abruptly, abrupt, sharply,
        sharp, so hard, too hard, hectic, like a maniac, like a madman, crazy, jerking, bouncy,
        jolting, violently, sudden moves""",
    "STYLE": """
        corners, the corners, corner, curves, turns, bends, the gas, gas pedal, pedal, throttle,
        accelerator, brake pedal, style, driving style, ride, driving, speed bumps, bumps, mode,
        wheel, the wheel, steering""",
    "WATCH": """
        watch out, watch out for, watch for, watch, look out, look out for, careful of, be careful
        of, careful with, heads up, head up, mind, mind the, beware, beware of, be aware, be aware
        of, be aware that, be mindful of, mindful, attention, pay attention, pay attention to,
        caution, be alert, be alert of, be alert to, be on the lookout for, keep an eye on, keep
        an eye out for, keep an eye out, eyes on, eyes open, keep your eyes open, note, just a
        heads up, attention is required for, notice, be cautious of, alert, warning, danger, do
        you see, look, just so you know, fyi, take care with, on the lookout, keep an eye""",
    "EXIST": """
        there is, there are, there could be, there might be, there may be, there was, i see, i can
        see, i saw, i spot, i just saw, we have, we have got, i think there is, i think i see,
        looks like there is, looks like, it looks like, seems like, see, spotted, got a, here
        comes, here come, there goes, i notice, i noticed, something, somebody, someone, i think
        that is""",
    "EVENT": """
        in the middle of the road, in the middle of the street, in the middle of our lane, coming,
        coming up, coming out, comes, come, crossing, running, running out, run out, ran out,
        about to run out, about to cross, about to pull out, about to, on the road, in the road,
        in the street, on the street, in our lane, in the lane, on the lane, lying, standing,
        walking, waiting, playing, stopped, stopped suddenly, suddenly, just stopped, has just
        stopped, stopping, sudden stop, abrupt stop, performing, performing an abrupt stop,
        executing a sudden stop, braking, braking hard, pulling out, backing up, backing out,
        reversing, merging, cutting in, swerving, blocking, blocked, approaching, nearby, near, on
        our left, on our right, from the left, from the right, from behind, opening, opened,
        opening its door, door, doors, open, fell, fallen, fallen off, lost, loose, stuck, broken
        down, stalled, on fire, skidding, sliding, drifting, ran red light, ran the red light, ran
        a red light, running the red light, running a red light, skipped the red, infringing the
        red light, crossing on a red light, crossing against the red light, turned red, turning
        red, just turned red, just turned yellow, turning yellow, is red, is green, is yellow, in
        the area, vicinity, in the vicinity, end of the jam, end of traffic, between, between
        cars, between the cars, behind, behind the bus, behind the van, ahead, on the sidewalk, on
        the shoulder, on the bike path, at the crosswalk, on the crosswalk, at the curb, has
        stopped, have stopped, speeding, fast, slow, driving, cycling, wobbling, jaywalking,
        jaywalker, jaywalkers, moving, turning, drunk, distracted, wants to cross, want to cross,
        trying to cross, impending, big, huge, small, large, deep, bad, nasty, other, two, three,
        several, lots, many, few, bunch, group, pack, reaching, chasing, bouncing, rolling,
        signaling, changing lanes, oncoming, hidden, wandering, stepping, stepping out, stepped
        out, jumped out, darting, sitting, asleep, gets, getting, out of, off the bus, at the
        side, ahead of us, next to, without lights, with no lights""",
    # Persons in the vehicle and what moves them; such a clause asks for nothing.
    "REASON": """
        the right lane is closed, the left lane is closed, the right lane is blocked, the left
        lane is blocked, the rain has stopped, it has stopped raining, have got room, the light is red, change of plan, change of plans, new plan, i need to
        think, so i can make a phone call, so i can make a call, so i can get out, so we can get
        out, no need to wait, he is letting us go, she is letting us go, they are letting us go,
        he is letting us in, he is waving us through, he is waving us on, she is waving us
        through, false alarm, it was just a plastic bag, it was nothing, everyone is in, everybody
        is in, everyone is back, everybody is back, everybody is back in the car, everyone is back
        in the car, i am back, we are back, i am back in, we are back in, we are all buckled up,
        we are buckled up, all buckled up, i am buckled up, seat belts are on, it is red, light is
        red, it turned green, it just turned green, the light just turned green, light just turned
        green, light turned green, the light turned green, the light has turned green, thanks for
        waiting, sorry about that, sorry about that stop, the ambulance is gone, they are gone, he
        is gone, she is gone, it is gone, they have passed, he has passed, it has passed, she has
        passed, the road is free, road is free, road is clear, nobody is on the road, there is
        nobody on the road, there is nobody around, there is nobody behind us, there is no
        traffic, no traffic, there is nobody coming, there is no one coming, it is parked, he is
        parked, that car is parked, that one is parked, it is stopped, he is stopped, it is broken
        down, he is broken down, he is not moving, it is not moving, it is stuck, there is room,
        there is space, there is plenty of room, there is enough room, there is plenty of space,
        there is a gap, there is an opening, he was here first, she was here first, they were here
        first, he was first, they have priority, it has priority, he has priority, she has
        priority, they have the right of way, he has the right of way, it has the right of way, we
        are going the wrong way here, we passed it, we just passed it, you passed it, you just
        passed it, we drove past it, you drove past it, you went past it, we went past it, i think
        we passed it, i think you missed it, i think we missed it, that was the house, that was
        the turn, that was our turn, that was my street, that was our street, that was our exit,
        that was it, that was the one, oh shoot, the speed limit is higher here, the limit is
        higher here, the limit is lower here, the limit changes here, the limit changed, limit
        changes here, it is eighty here, it is fifty here, it is a highway, it is a thirty zone,
        it is a fifty zone, it is an eighty zone, it is thirty here, it is sixty here, speed limit
        is lower here, we are on the highway, we are on the highway now, we are on the motorway,
        we are on the ramp, we are holding people up, we are holding everyone up, we are holding
        everybody up, people are behind us, there are people behind us, people are honking,
        everyone is passing us, everybody is passing us, we will be late, we will miss the train,
        we will miss our flight, we will miss the flight, we will miss the plane, i will be late,
        i will miss my train, i will miss my flight, i am going to be late, we are going to be
        late, we are going to miss it, we have got a plane to catch, i have got a meeting, i have
        a meeting, i have a flight to catch, my coffee is spilling, you are scaring my mother, you
        are scaring the kids, you are scaring grandma, my mother gets scared, my mother is
        nervous, the kids are trying to sleep, the baby is trying to sleep, my kid needs to pee,
        my son needs to pee, my daughter needs to pee, the kids need to pee, we need gas, we need
        fuel, we are low on charge, we are low on gas, low on fuel, we are low on battery, the
        tank is empty, battery is low, i have to take a call, i have to answer the phone, i need
        to answer this, i need to check something, i want to take a picture, i want to take a
        photo, something is wrong, something is wrong with the car, something is wrong with the
        tire, something feels wrong, i hear a noise, i heard a noise, there is a noise, there is
        smoke, i smell smoke, i smell something, i smell burning, i think we have a flat, we have
        a flat, we have a flat tire, flat tire, i am going to throw up, i am going to puke, i feel
        like throwing up, my ears hurt, my neck hurts, my stomach hurts, i am getting car sick, i
        am getting carsick back here, i get car sick, i get carsick, i am car sick easily, i am
        not feeling great, i feel awful, i feel terrible, my daughter is not feeling well, my son
        is not feeling well, my wife is not feeling well, my husband is not feeling well, my
        mother is not feeling well, i just had surgery, i had surgery, we are carrying glass, we
        have eggs in the back, i have a cake on my lap, there is a cake in the back, i have got
        soup on my lap, i have soup on my lap, i am holding a cake, i am holding soup, we have
        plenty of room, i know we are late, the left lane is free, the right lane is free, left
        lane is moving better, the left lane is moving better, the left lane is faster, the right
        lane is faster, the left lane is empty, the right lane is empty, our lane is closed, our
        lane is closed ahead, this lane is ending, this lane is closing, this lane is closed
        ahead, the exit is coming, the exit is coming up, our exit is coming up, our exit is
        coming, our exit is next, the exit is next, our turn is coming up, our turn is next,
        somebody wants to pass us, someone wants to pass us, he wants to pass, he wants to pass
        us, they want to pass, that spot is free, that one is free, there is parking there, i have
        time, it is a nice day, i want to look around, i want to see this, i want to see that, i
        do not want to be stuck behind this truck, i do not want to be stuck behind him, i do not
        want to sit behind this truck, do not wait, do not wait behind him, do not get stuck
        behind him, do not stay behind this truck, do not stay behind him, do not sit behind him,
        do not cut him off, do not cut her off, do not cut them off, do not push in, do not push
        him, do not race him, do not race, do not scare grandma, do not rush him, do not hit it,
        do not touch it, do not hit him, do not hit her, do not hit them, do not go yet, do not
        drive over it, do not drive over that, do not drive through it, do not hurry, do not block
        the driveway, do not block the road, do not block the way, do not follow the sign, do not
        worry about the time, no need to hurry, no need to rush, do not run it, do not run the red
        light, do not run the light, do not run the stop sign, do not miss it, it is a bad spot,
        it is dangerous here, it is dangerous, it is too dangerous, it is not safe, this is
        dangerous, this is not safe, this is too dangerous, it is too tight, you were going too
        fast, you were too close, that was too fast, that was too close, that was close, that was
        too rough, that was rough, that was scary, that was too hard, that hurt, that was hard, i
        feel sick, i am feeling sick, i feel ill, i am going to be sick, i feel dizzy, i feel
        nauseous, i am getting sick, i am carsick, i am getting carsick, i feel carsick, i am car
        sick, i have to throw up, i need to throw up, i think i am going to be sick, we are late,
        i am late, i am running late, we are running late, i am in a hurry, we are in a hurry, i
        am in a rush, we are in a rush, i do not want to be late, i am scared, i am nervous, i am
        afraid, you are scaring me, it scares me, this is scary, i am getting nervous, it makes me
        nervous, you are making me nervous, that makes me nervous, i am pregnant, my wife is
        pregnant, my grandma is in the back, my grandmother is in the back, my mother is in the
        back, there is a baby on board, baby on board, baby in the car, we have a baby on board,
        we have a baby in the car, i have a baby in the car, the baby is sleeping, the baby is
        asleep, my baby is asleep, the kids are asleep, the kids are sleeping, kids in the car, we
        have kids in the car, i have kids in the car, i have coffee in my hand, i have hot coffee,
        i am holding coffee, i am drinking coffee, i am drinking hot coffee, i am spilling my
        coffee, my dog is in the back, the dog is in the back, i need the bathroom, i need to pee,
        i have to pee, i need to use the bathroom, i need the toilet, i need the restroom, i need
        to make a call, i have to make a call, i need to take a call, i have to take this call, i
        need to take this call, my phone is ringing, i dropped my phone, i forgot something, i
        forgot my phone, i forgot my wallet, i forgot my keys, we missed it, we missed the turn,
        we missed our turn, you missed it, you missed the turn, you missed our turn, you missed
        the exit, we missed the exit, we missed our exit, it is raining, it is snowing, it is icy,
        it is slippery, it is wet, it is dark, it is foggy, the road is wet, the road is icy, the
        road is slippery, roads are icy, it is windy, it is steep, the light is green, light is
        green, it is green, it is our turn, it is your turn, this is our exit, that is our exit,
        this is my exit, that is my exit, this is us, that is us, this is it, we are here, i am
        tired, i have a headache, my back hurts, i have a bad back, i get sick easily, my friend
        is waiting there, someone is waiting, my friend is waiting, there is my friend, i see my
        friend, it is a school zone, this is a school zone, we are in a school zone, school is
        out, it is a residential area, this is a residential area, it is narrow, the road is
        narrow, the road is clear, the road is empty, nobody is around, nobody is coming, nobody
        is behind us, we have time, we have plenty of time, we are not in a hurry, i am not in a
        hurry, there is no hurry, there is no rush, it is clear now, the left lane is clear, the
        right lane is clear, left lane is free, right lane is free, this lane is too slow, this
        lane is slow, this lane ends, our lane ends, the lane ends, lane is closed, this lane is
        closed, the lane is ending, our lane is ending, it is blocking the way, it is blocking the
        road, it is in the way, it is in our way, he is too slow, it is too slow, he is slow, he
        is crawling, they are too slow, she is too slow, it is so slow, he is going too slow, we
        changed our minds, i changed my mind, it is getting late, i am hungry, we are hungry, i
        left my bag, i left my phone, i feel unwell, i do not feel good, i do not feel well, i am
        not feeling well, i feel unsafe, i do not feel safe, i feel uncomfortable, this is making
        me sick, it is making me sick, you are making me sick, we are almost there, we are nearly
        there, we are there, that is close enough, this is fine, here is fine, right here is fine,
        here is good, this is good, right here is good, there is a spot, there is a free spot,
        there is one, there is a space, there is an empty spot, there is a parking spot, i see a
        spot, i see one, my stop is here, this is my stop, that is my stop, my house is here, i
        live here, that is my house, i just remembered something, i dropped something, someone is
        behind us, to be safe, to be on the safe side, just in case, for safety, to be sure, for
        the kids, it is my first time, i am old, my kid is sick, my child is sick, my son is sick,
        my daughter is sick, my back is hurting, it is making me nervous""",
    "CANCEL": """
        scrap that, scrap it, revert that, revert it, strike it, i did not mean that, i did not
        mean it, sorry i did not mean that, that was wrong, my mistake, my bad, clear my
        instructions, clear my instruction, clear my commands, clear my last command, do what you
        were doing, just do what you were doing, back to what you were doing, go back to what you
        were doing, go on as before, as before, continue as before, forget what i just said about,
        forget what i said about, forget my last instruction, forget my instruction, forget my
        command, forget my request, forget my last request, ignore my last instruction, ignore my
        instruction, ignore my previous instruction, ignore my previous command, ignore my
        previous request, ignore my request, ignore my command, ignore the last instruction,
        ignore the last request, disregard my last instruction, disregard my instruction,
        disregard my previous command, disregard my command, disregard my request, disregard the
        last request, disregard the last instruction, reset that command, reset that, take back my
        last command, withdraw my command, withdraw my request, actually do not, actually no do
        not, no do not do it, please do not do that, on reflection no, i do not want that, i do
        not want that anymore, i do not want this anymore, that is not what i wanted, that is not
        what i meant, not what i meant, do not do what i said, forget all that, forget all of
        that, cancel all that, cancel all of that, void that, kill that order, nix that, delete
        that, delete that command, remove that command, clear that command, scrub that, erase
        that, rewind that, revoke my last command, overrule that, stand down, belay my last, belay
        that last order, belay my last order, hold off on that, let us not, let us not do that,
        ignore it, ignore that please, ignore that command, ignore that request, ignore that last
        command, ignore that order, cancel, cancel that, cancel it, cancel the last, cancel my
        last command, cancel the command, cancel last command, cancel the last command, cancel
        previous command, never mind, never mind that, nevermind, forget it, forget that, forget
        about it, forget about that, forget i said that, forget i said anything, forget what i
        said, forget what i just said, scratch that, strike that, undo, undo that, undo it, ignore
        my last command, ignore that, ignore that last one, ignore my last request, ignore what i
        said, ignore what i just said, disregard, disregard that, disregard my last command,
        disregard my last request, disregard the last command, disregard what i said, disregard
        what i just said, belay that, belay that order, belay order, do not do that, do not do it,
        no do not, no do not do that, abort, abort that, abort it, aborting, abort mission, take
        that back, i take that back, i take it back, take it back, i changed my mind, changed my
        mind, on second thought, on second thoughts, stop that, stop doing that, call it off, call
        that off, cancel order, cancel the order, revoke that, revoke, withdraw that, drop it,
        drop that, ignore the last command, ignore the last one, ignore previous command, ignore
        the previous command, forget the last command, forget the last one, cancel everything,
        cancel all, clear that, clear the command, clear all commands, retract that, do not
        bother, do not worry about it, not anymore, no longer needed, wait no, no wait, skip it,
        skip that, let it go, let it be, leave it, go back to normal, back to normal, normal mode,
        reset, drop that plan, cancel the plan, discard that, as you were before, do not do that
        anymore, not needed anymore, no need anymore, do not need that anymore, kill that command,
        cancel my request, cancel the request, rescind that, quit that""",
    "COMMANDNOUN": """
        command, request, order, instruction, turn, turns, lane change, overtake, overtaking,
        stop, stopping, pull over, parking, park, uturn, manoeuvre, maneuver, last, previous,
        speed change, exit, trip, navigation, destination, route, plan, that last one, one, i
        said, i asked for, i gave you, thing, pass, passing, detour, slowdown, passing maneuver,
        merge, left, right, what i said, told you, turning, the pass, faster, mall, speed, that,
        it, all, everything, my last, my, instructions, commands, orders, requests, stuff, idea,
        new speed, speed setting, new destination, directions, station, airport, beach, store,
        shop, hospital, home, way home""",
    "NEG": """
        not, never, no, none, neither, nor, stop doing, quit, without, no need to, no more, avoid
        going, cease""",
    "HIT": """
        kill, killing, hurt, hurting, injure, harm, run over, running over, run him over, run her
        over, run it over, run them over, drive through, bump into, bump, bumping into, knock
        over, sideswipe, ram, smash into, splash, scare, dent, graze, crush, squash, driving over,
        hit that, brush against, nick, ding, run down, startle, collide, smash, crashing into,
        running into, squish, flatten, rear end, hit, hitting, crash into, run into, drive into,
        collide with, touch, scrape, drive over, scratch, clip, get hit by, crash""",
    "FIX": """
        wait, sorry, no, actually, i mean, i meant, meant, make that, rather, instead, correction,
        or rather, no wait, wait no, scratch that, oops, not that, strike that, no no, hang on,
        hold on, better yet, i mean to say, excuse me""",
}


def phrases() -> dict[str, list[tuple[str, ...]]]:
    """Return the phrases of every tag as tuples of words."""
    found = {
        tag: [tuple(phrase.split()) for phrase in text.split(",") if phrase.strip()]
        for tag, text in _PHRASES.items()
    }
    # "the car" alone is this vehicle; "the car ahead" is not
    found["VEHICLE"] += [
        (article, *phrase)
        for article in ("the", "that", "this", "a", "some", "those", "these")
        for phrase in found["VEHICLE"]
        if phrase[0] in ("car", "cars", "vehicle", "vehicles")
    ]
    return found


UNTOUCHED = words(
    """
    lift loft night tight light fight sight might eight shop top step spot bark dark mark spark
    war bar far cat bat hat rat late date rate slot slow snow flow blow glow show stow stock stork
    store story storm stool spool stoop steep steel still stall spill spell staff stuff stiff burn
    horn torn born corn worn gas has was sass loan lame lake lace line land lamp lark lawn lean
    leaf leak leap least lent lens left-over bus bush brush crash clash smash slash trash cash
    dash mash rash wash kill hill bill mill fill will pill till chill drill grill skill thrill ram
    jam ham dam ran run rub rob rib rip ripe hurt hut hot hit his him hip hid pass past paste part
    pants plant planet plane plate place palace peace piece price prize prime crime grime rhyme
    time tire wire fire hire dire sire tile file mile smile pile pole poll pool poor pour four
    sour hour tour turf tune tuna rake take fake make cake wake shake snake brake brave break
    bread broad board beard heard heart hard card cart carton cartoon care core cure curb curve
    curse purse nurse course coarse horse house mouse blouse rouse route router rout root boot
    foot food good wood mood hood speed spend spear speak speck spike spoke smoke choke joke poke
    woke yoke coke merge verge serge purge surge urge large barge charge change chance chant chart
    charm harm farm warm alarm arm army art ear eat east feast beast boast coast roast toast host
    post most cost lost list mist fist wrist twist hoist moist joint point paint saint stain
    strain train trail trait tray pray play clay slay stay stray spray array arrow narrow sorrow
    borrow tomorrow yellow fellow follow hollow swallow shallow shadow window widow kidnap killer
    killing knife gun guns shoot shooting shot murder bomb weapon poison drug drugs drunk steal
    stolen robbery robber thief attack assault stab punch kick slap injure wound maim cripple
    destroy damage wreck demolish crush squash smear splat flatten trample stomp ramming strike
    striking struck slam sideswipe bulldoze plow plough mow mowing chase pursue stalk scare
    frighten intimidate threaten bully terrorize menace harass honk swerve race racing racer drag
    drift burnout donut donuts doughnut wheelie stunt jump fly floor flee escape evade outrun
    ditch lose cops cop illegal illegally unlawful violate violation breaking ignore ignoring
    disregard disable disabling deactivate override overriding bypass unlock hack hijack jailbreak
    unrestricted unlimited sidewalk sidewalks pavement footpath footway pedestrianized kerb grass
    garden yard beach cliff edge river sea ocean pier dock canal field woods forest push pushing
    shove nudge bump bumping tap tapping kiss scrape scratch graze squeeze block blocking trap box
    pin corner cut cutting force forcing splash soak drench wet muddy finish eliminate erase
    delete remove end terminate execute punish revenge lesson teach knock topple tip roll flip
    crunch music song songs volume radio podcast playlist album track talk talking speaking speech
    voice say windows door doors seat seats heater heat heating temperature fan climate
    conditioner trunk timer phone call text message email calendar weather news jokes tv oven
    drone drones vacuum dishwasher treadmill tractor crane elevator printer laundry coffee kitchen
    room bedroom bed light-switch pot mug bowl knob said told says tell telling asked thought read
    movie film game book yesterday week month year uncle aunt brother sister cousin father wife
    husband teacher instructor friend neighbor boss officer engineer developer owner doctor cheap
    cheaper cheat check cheek chest best rest nest test vest west jest guest quest request
    conquest fit fat fad mad sad dad bad red rod road load toad lead bead dead head heal real seal
    meal deal pack back rack sack tack truck drink drank trick brick stick stack stark start smart
    flight fright fights rights lefts sights slight delight plight bright knight thigh sigh high
    nigh stopwatch topping hopping mopping shopping popping dropping cropping chopping swooping
    slopping fines coward cowards toast crumble bonnet busker beggar bride crunch
    """
)
"""Ordinary words that no spelling correction may turn into a word of a command."""

ASSISTANT = words(
    """
    music song songs volume radio podcast podcasts playlist playlists album albums audiobook audio
    sound track tracks tune station stations spotify pandora talk talking talks speak speaking
    speech voice accent window windows sunroof trunk seat seats heater heating heat temperature
    fan climate conditioner conditioning ac thermostat alarm timer reminder remind phone call text
    message messages email emails calendar meeting weather forecast news joke jokes lamp tv oven
    drone drones vacuum dishwasher treadmill crane robot elevator printer laundry wipers wiper
    horn headlights restaurant reservation table book taxi uber ticket tickets recipe shopping
    list bluetooth wifi screen display mirror mirrors brightness episode chapter video movie
    movies film mute unmute louder quieter bass treble microphone notifications app apps dimmer
    cabin translate spell define drill mixer blender washer dryer machine lights reading playing
    menu settings chorus page voicemail intro instagram youtube netflix laptop computer pages
    lyrics karaoke subtitles fridge apple banana pizza stove bedroom kitchen camera photo photos
    picture pictures selfie speaker speakers knob tape cd playback language mower lawnmower
    """
)
"""Words that make a sentence one for the assistant, another machine or a workshop."""

REPORTED = words(
    """
    said says told tells telling saying yesterday movie film book novel story stories dream
    dreamed dreamt read heard used taught dad uncle brother sister cousin teacher instructor
    neighbor boss wife husband mum grandpa radio tv song lyrics quote quoted quoting thought asked
    kept shouted yelled she he they
    """
)
"""Words of reported speech; with them a sentence is no command."""
