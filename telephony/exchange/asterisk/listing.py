# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands in a node: its calls, read from channels, bridges and what the last leader wrote, for a new leader.

`read()` needs no lead and changes nothing; `adopt()` takes the lead of what was read.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from telephony.exchange.asterisk import arriving
from telephony.exchange.asterisk.calls import BETWEEN, STATE, Call, Leg, call_id, leg_of
from telephony.exchange.asterisk.calls import read as read_call
from telephony.exchange.asterisk.client import Ari, name
from telephony.exchange.asterisk.recording import ear_of, keeps
from telephony.exchange.asterisk.settings import NODE

if TYPE_CHECKING:
    from telephony.exchange.asterisk.switch import NodeSwitch

STAGES = {"Up": "answered", "Ringing": "ringing"}
QUEUE = "Queue"
DIALLED = "TR_TO"  # channel variable of the dialplan: the number that was dialled


@dataclass
class Standing:
    """What was read. `strays` are channels that belong to nothing any more, `orphans` (call, file) to be finished."""

    calls: dict[str, Call] = field(default_factory=dict)
    strays: list[str] = field(default_factory=list)
    bridges: list[str] = field(default_factory=list)
    orphans: list[tuple[str, str]] = field(default_factory=list)


async def read(switch: NodeSwitch) -> Standing:
    """List everything. Raises ConnectionError."""
    ari = switch.ari
    channels, bridges = await asyncio.gather(_list(ari, "channels"), _list(ari, "bridges"))
    ours = await _list(ari, f"applications/{name(switch.node.app)}", "channel_ids")
    known = await _written(switch, channels)
    bridge_of = {unique: bridge["id"] for bridge in bridges for unique in bridge["channels"]}
    standing = Standing(bridges=[bridge["id"] for bridge in bridges])
    foreign: list[dict[str, Any]] = []
    ears: list[str] = []
    for channel in channels:
        application = str(channel["dialplan"].get("app_name", ""))
        call = known.get(_call_of(switch, channel))
        if ear_of(channel["id"]) is not None or keeps(channel["id"]):
            ears.append(channel["id"])
        elif application not in ("Stasis", "") and BETWEEN not in channel["id"]:
            foreign.append(channel)
        elif call is None and application == "Stasis" and BETWEEN not in channel["id"]:
            if arriving.endpoint_of(channel).startswith(NODE) or len(args := _words(channel)) < 2:
                continue
            call = arriving.inbound(switch, channel, args[1])
            call.legs[call.id].stage = STAGES.get(channel["state"], "new")
            standing.calls[call.id] = call
        elif call is None:
            if channel["id"] in ours or BETWEEN in channel["id"]:
                standing.strays.append(channel["id"])
        else:
            _take(call, channel, bridge_of)
    for call in known.values():
        call.legs = {leg.id: leg for leg in call.legs.values() if leg.asked_at < 0}
        for leg in call.legs.values():
            leg.asked_at = 0.0
        if call.legs:
            standing.calls[call.id] = call
    for ear in ears:
        _hear(standing, ear)
    await _of_the_queue(switch, standing, foreign, bridges)
    await _recordings(ari, standing)
    return standing


def _words(channel: dict[str, Any]) -> list[str]:
    return str(channel["dialplan"].get("app_data", "")).split(",")[1:]


def _call_of(switch: NodeSwitch, channel: dict[str, Any]) -> str:
    """The call that a channel belongs to by its id."""
    unique = str(channel["id"])
    return unique.partition(BETWEEN)[0] if BETWEEN in unique else call_id(switch.node.name, unique)


async def _written(switch: NodeSwitch, channels: list[dict[str, Any]]) -> dict[str, Call]:
    """The calls that were written down and have a channel."""
    ids = sorted({_call_of(switch, channel) for channel in channels})
    replies = await asyncio.gather(*(switch.ari.read("asterisk/variable", variable=f"{STATE}{one}") for one in ids))
    texts = [str(reply.data.get("value", "")) if isinstance(reply.data, dict) else "" for reply in replies]
    return {one: call for one, text in zip(ids, texts, strict=True) if text and (call := read_call(text))}


def _take(call: Call, channel: dict[str, Any], bridge_of: dict[str, str]) -> None:
    """One channel of a call that was written down."""
    unique = channel["id"]
    leg_id = leg_of(unique) or call.id
    leg = call.legs.get(leg_id)
    if leg is None:
        return
    leg.channel, leg.inbound = unique, BETWEEN not in unique
    leg.stage = STAGES.get(channel["state"], "new")
    leg.answered_at = time.monotonic()
    leg.place = bridge_of.get(unique, "")
    leg.adopted = True
    leg.asked_at = -1.0  # it is there


def _hear(standing: Standing, ear: str) -> None:
    found = ear_of(ear)
    call = standing.calls.get(ear.partition(BETWEEN)[0])
    if call is None or (found is None and not call.file):
        standing.strays.append(ear)
    elif found is None:
        return  # it keeps a recording going
    elif found[1] == "s":
        call.watchers[found[0]] = ear
    else:
        call.snoops[found[0]] = ear


async def _of_the_queue(
    switch: NodeSwitch, standing: Standing, channels: list[dict[str, Any]], bridges: list[dict[str, Any]]
) -> None:
    """Callers whom Asterisk's own queue has, because nobody led, with the agents they talk to or wait for."""
    callers = {c["id"]: c for c in channels if arriving.trunk_of(c) or c["dialplan"].get("app_name") == QUEUE}
    for channel in callers.values():
        dialled = await switch.ari.read(f"channels/{name(channel['id'])}/variable", variable=DIALLED)
        call = arriving.inbound(switch, channel, str((dialled.data or {}).get("value", "")) if dialled.good else "")
        call.foreign = True
        leg = call.legs[call.id]
        leg.stage = STAGES.get(channel["state"], "new")
        standing.calls[call.id] = call
        mates = {u for bridge in bridges if channel["id"] in bridge["channels"] for u in bridge["channels"]}
        for other in channels:
            rung = other["connected"].get("number") == channel["caller"]["number"] != ""
            if other["id"] in callers or not (other["id"] in mates or (not mates and rung)):
                continue
            who = arriving.endpoint_of(other)
            call.add(Leg(other["id"], other["id"], "staff", who, who, stage=STAGES.get(other["state"], "new")))
        call.groups = (tuple(call.legs),) if len(mates) > 1 else ()


async def _recordings(ari: Ari, standing: Standing) -> None:
    """Those of calls that are no more."""
    running = {call.id for call in standing.calls.values() if call.file}
    found: set[tuple[str, str]] = set()
    stored = [str(row["name"]) for row in await _list(ari, "recordings/stored")]
    live = [bridge for bridge in standing.bridges if f"{BETWEEN}r{BETWEEN}" in bridge]
    for one in stored:
        parts = one.split(BETWEEN)
        if len(parts) == 3 and parts[1] in ("l", "r") and parts[0] not in running:
            found.add((parts[0], f"{parts[2]}.wav"))
    standing.orphans = sorted(found)
    standing.bridges = [b for b in standing.bridges if b not in live]


async def _list(ari: Ari, path: str, part: str = "") -> list[Any]:
    reply = await ari.read(path)
    rows = reply.data.get(part) if part and isinstance(reply.data, dict) else reply.data
    return rows if reply.good and isinstance(rows, list) else []


async def adopt(switch: NodeSwitch) -> None:
    """Go on with everything that stands, and clear what belongs to nothing."""
    standing = await read(switch)
    for call in standing.calls.values():
        switch.take(call)
    for channel in standing.strays:
        switch.ari.ask("DELETE", f"channels/{name(channel)}")
    used = {leg.place for call in standing.calls.values() for leg in call.legs.values()}
    for bridge in standing.bridges:
        if BETWEEN in bridge and bridge not in used:
            switch.ari.ask("DELETE", f"bridges/{name(bridge)}")
    for call, file in standing.orphans:
        switch.recorder.finish_orphan(call, file)
    switch.ears.wake()
