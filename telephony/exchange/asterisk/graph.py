# SPDX-License-Identifier: GPL-3.0-or-later
"""Who hears whom: from the groups of a call to bridges, music, silence and tones of Asterisk.

`wanted()` says where each leg belongs; `rewire()` moves only those that are elsewhere. Legs that talk with each other
stand in one mixing bridge; who is alone stands in none and is played music, silence or ringing.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter

from telephony.exchange.asterisk.calls import BETWEEN, MUSIC, PROMPT, RINGING, SILENCE, Call, Leg
from telephony.exchange.asterisk.client import name
from telephony.exchange.asterisk.lane import Lane
from telephony.exchange.asterisk.settings import MUSIC_CLASS

MIXING = "mixing,dtmf_events,proxy_media"  # digits and packet counts are lost when Asterisk relays below the bridge
RINGING_TONE = "tone:450/1000,0/4000"  # GB/T 3380
HUSH_S = 0.25  # so long a leg may hear nothing at all
PLAYBACKS = ("p0", "p1")  # two ids in turn, so that a new leader can stop what an old one began


def new_playback(leg: Leg) -> str:
    """An id for one playing of sounds."""
    leg.plays += 1
    return f"{leg.channel}{BETWEEN}{PLAYBACKS[leg.plays % 2]}"


def dialled(call: Call) -> list[Leg]:
    """Customers whom we are calling and who have not answered."""
    return [leg for leg in call.legs.values() if leg.side == "customer" and not leg.inbound and leg.stage != "answered"]


def wanted(call: Call) -> dict[str, str]:
    """{leg: the bridge or the sound where it belongs}, for all that can be somewhere."""
    present = {leg.id: leg for leg in call.legs.values() if leg.stage == "answered" or leg.early}
    early = [leg for leg in dialled(call) if leg.early]
    groups = [[i for i in group if i in present] for group in call.groups]
    watching = [[leg, f"watch{BETWEEN}{leg}"] for leg in call.supervised if leg in present]
    places: dict[str, str] = {}
    grouped = {i for group in groups for i in group}
    for leg in present.values():
        # a ringing tone that was ordered gives way to what the trunk lets us hear
        if leg.ordered and not (leg.side == "staff" and early and leg.place == RINGING):
            places[leg.id] = leg.place
        elif leg.side == "staff" and early and leg.id not in {i for g in groups if len(g) > 1 for i in g}:
            groups.append([leg.id, *(other.id for other in early)])
    taken: set[str] = set()
    for group in groups:
        members = [i for i in group if i not in places]
        if len(members) < 2:
            continue
        known = Counter(present[i].place for i in members if present[i].in_bridge and present[i].place not in taken)
        bridge = known.most_common(1)[0][0] if known else call.new_bridge()
        taken.add(bridge)
        places.update(dict.fromkeys(members, bridge))
    for leg_id, _ in watching:
        places.setdefault(leg_id, watch_bridge(call, leg_id))
    for leg in present.values():
        if leg.id in places or leg.stage != "answered":
            continue
        rings = leg.side == "staff" and any(other.stage == "ringing" for other in dialled(call))
        alone = SILENCE if leg.id in grouped or call.others != MUSIC else MUSIC
        places[leg.id] = RINGING if rings else alone
    return places


def watch_bridge(call: Call, leg: str) -> str:
    """The bridge in which a supervisor hears."""
    return f"{call.id}{BETWEEN}w{BETWEEN}{leg}"


def rewire(call: Call, lane: Lane) -> None:
    """Give the commands that bring every leg where it belongs."""
    before = {leg.place for leg in call.legs.values() if leg.in_bridge}
    places = wanted(call)
    moves = [(call.legs[leg_id], place) for leg_id, place in places.items() if call.legs[leg_id].place != place]
    for bridge in dict.fromkeys(place for _, place in moves):
        if bridge not in before and bridge not in (MUSIC, SILENCE, RINGING, PROMPT):
            lane.ask("POST", "bridges", bridgeId=bridge, type=MIXING)
    for leg, place in moves:
        leave(leg, lane, into_bridge=place not in (MUSIC, SILENCE, RINGING, PROMPT))
        leg.place = place
        if leg.in_bridge:
            silent = {"absorbDTMF": "true"} if leg.side == "customer" else {}
            lane.ask("POST", f"bridges/{name(place)}/addChannel", channel=leg.channel, **silent)
        else:
            sound(leg, place, lane)
    for bridge in before - {leg.place for leg in call.legs.values()}:
        lane.ask("DELETE", f"bridges/{name(bridge)}")


def leave(leg: Leg, lane: Lane, into_bridge: bool = False) -> None:
    """Take a leg from where it is: a sound is stopped; a bridge is left, unless it goes to another one."""
    channel = f"channels/{name(leg.channel)}"
    if leg.adopted and not leg.place:  # an old leader knew what it hears; stop whatever it may be
        for playback in PLAYBACKS:
            lane.ask("DELETE", f"playbacks/{name(f'{leg.channel}{BETWEEN}{playback}')}")
        lane.ask("DELETE", f"{channel}/moh")
        lane.ask("DELETE", f"{channel}/silence")
    elif leg.playback:
        lane.ask("DELETE", f"playbacks/{name(leg.playback)}")
        leg.playback = leg.then = ""
    elif leg.place == MUSIC:
        lane.ask("DELETE", f"{channel}/moh")
    elif leg.place == SILENCE:
        if leg.hush is not None:
            leg.hush.cancel()
        if leg.hushed:
            lane.ask("DELETE", f"{channel}/silence")
        leg.hush, leg.hushed = None, False
    elif leg.in_bridge and not into_bridge:
        lane.ask("POST", f"bridges/{name(leg.place)}/removeChannel", channel=leg.channel)


def sound(leg: Leg, place: str, lane: Lane) -> None:
    """Start what a leg outside of bridges hears without end."""
    channel = f"channels/{name(leg.channel)}"
    if place == MUSIC:
        lane.ask("POST", f"{channel}/moh", mohClass=MUSIC_CLASS)
    elif place == SILENCE:
        leg.hush = asyncio.get_running_loop().call_later(HUSH_S, _be_silent, leg, lane)
    elif place == RINGING:
        leg.playback = new_playback(leg)
        lane.ask("POST", f"{channel}/play", {"media": [RINGING_TONE], "playbackId": leg.playback})


def _be_silent(leg: Leg, lane: Lane) -> None:
    """Who is connected at once needs no silence before it; a phone only wants packets to come again in time."""
    if leg.place == SILENCE and leg.stage != "ended" and not leg.dropped:
        leg.hushed = True
        with contextlib.suppress(ConnectionError):
            lane.ask("POST", f"channels/{name(leg.channel)}/silence")


def left(call: Call, leg: Leg, lane: Lane) -> None:
    """A leg is gone: its bridge may be one too many now, and its mates may belong elsewhere."""
    mates = {other.place for other in call.legs.values()}
    rewire(call, lane)
    if leg.place not in mates:  # else it is gone with the last who left it, or still in use
        clear(leg, lane)


def clear(leg: Leg, lane: Lane) -> None:
    """The last one has left: take the bridge away."""
    if leg.in_bridge:
        lane.ask("DELETE", f"bridges/{name(leg.place)}")
