# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening and whispering: a snoop of Asterisk on the leg that is heard, in a bridge with the supervisor alone.

What the supervisor says goes nowhere (listen) or to that leg's ear (whisper); the customer never hears it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from telephony.exchange.asterisk.calls import BETWEEN, Call
from telephony.exchange.asterisk.client import name
from telephony.exchange.asterisk.graph import watch_bridge
from telephony.exchange.asterisk.settings import EAR
from telephony.exchange.engine import LegId, Supervise

if TYPE_CHECKING:
    from telephony.exchange.asterisk.switch import NodeSwitch

WHISPERS = {"listen": "none", "whisper": "out"}


def snoop_id(call: Call, leg: LegId) -> str:
    """The snoop through which a supervisor hears."""
    return f"{call.id}{BETWEEN}s{BETWEEN}{leg}{BETWEEN}{time.monotonic_ns()}"


def supervise(switch: NodeSwitch, call: Call, order: Supervise) -> str:
    """Begin, change or end it."""
    leg, of = call.legs.get(order.leg), call.legs.get(order.of)
    if leg is None or of is None:
        return "no_such_leg"
    if leg.stage != "answered" or of.stage != "answered":
        return "not_answered"
    if order.mode not in (*WHISPERS, "off") or leg.side != "staff" or of.side != "staff" or leg is of:
        return "bad_order"
    if any(leg.id in group for group in call.groups):
        return "bad_order"
    if call.supervised.get(leg.id) == (of.id, order.mode):
        return ""
    old = call.watchers.pop(leg.id, "")
    call.supervised.pop(leg.id, None)
    if old:
        switch.to(call).ask("DELETE", f"channels/{name(old)}")
    if order.mode != "off":
        leg.ordered = False
        call.supervised[leg.id] = (of.id, order.mode)
        snoop = call.watchers[leg.id] = snoop_id(call, leg.id)
        switch.rewire(call)  # the bridge is there before the snoop is
        switch.to(call).ask(
            "POST", f"channels/{name(of.channel)}/snoop/{name(snoop)}",
            spy="both", whisper=WHISPERS[order.mode], app=switch.node.app,
            appArgs=f"{EAR},{watch_bridge(call, leg.id)}",
        )  # fmt: skip
    else:
        switch.hush(call, leg)
    switch.write(call)
    return ""


def barge(switch: NodeSwitch, call: Call) -> None:
    """Who is in a group now hears by the bridge and supervises no more."""
    for group in call.groups:
        for leg in group:
            call.supervised.pop(leg, None)
            if snoop := call.watchers.pop(leg, ""):
                switch.to(call).ask("DELETE", f"channels/{name(snoop)}")


def leg_ended(switch: NodeSwitch, call: Call, leg: LegId) -> None:
    """The end of either leg ends it."""
    for watcher, (of, _) in list(call.supervised.items()):
        if leg in (watcher, of):
            del call.supervised[watcher]
            if watcher in call.legs:
                switch.hush(call, call.legs[watcher])
            if snoop := call.watchers.pop(watcher, ""):
                switch.to(call).ask("DELETE", f"channels/{name(snoop)}")
