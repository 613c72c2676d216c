# SPDX-License-Identifier: GPL-3.0-or-later
"""What comes into the application: a customer's call is taken or refused; those of Asterisk's own queue are seen."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any

from telephony.exchange.asterisk.calls import BETWEEN, Call, Leg, call_id, law_of, seconds_ago
from telephony.exchange.asterisk.causes import CAUSES
from telephony.exchange.asterisk.client import Event, name
from telephony.exchange.asterisk.recording import keeps
from telephony.exchange.asterisk.settings import ARRIVED, CALL, EAR, NODE, TRUNK
from telephony.exchange.engine import CallArrived, CallRefused, LegAnswered, LegRinging

if TYPE_CHECKING:
    from telephony.exchange.asterisk.switch import NodeSwitch

log = logging.getLogger(__name__)

WITHHELD = ("anonymous", "unknown", "unavailable", "restricted")
REJECTED = 21  # the cause for a phone that dials by itself: 403
LAST_WORDS = "h"  # the dialplan's own extension of a channel that is ending
LONGEST_WAY_S = 5.0  # an arrival stamped longer ago has a clock problem, not a slow way


def endpoint_of(channel: dict[str, Any]) -> str:
    """The endpoint of a channel called PJSIP/<endpoint>-<number>."""
    return str(channel["name"]).partition("/")[2].rpartition("-")[0]


def trunk_of(channel: dict[str, Any]) -> str:
    """The trunk of a channel, empty when it is none of ours."""
    endpoint = endpoint_of(channel)
    return endpoint.removeprefix(TRUNK) if endpoint.startswith(TRUNK) else ""


def identity(channel: dict[str, Any]) -> tuple[str, str]:
    """(number, name) of the caller; withheld is empty."""
    number = str(channel["caller"]["number"])
    return ("", "") if number.lower() in WITHHELD else (number, str(channel["caller"]["name"]))


def wall(stamp: str) -> float:
    """Seconds of the wall clock of a time that Asterisk wrote."""
    try:
        return datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%f%z").timestamp()
    except ValueError:
        return time.time()


def inbound(switch: NodeSwitch, channel: dict[str, Any], to_number: str) -> Call:
    """The call of a caller's channel."""
    number, caller_name = identity(channel)
    received = seconds_ago(wall(channel["creationtime"]))
    call = Call(
        call_id(switch.node.name, channel["id"]), number, caller_name, to_number, "in", received, trunk_of(channel)
    )
    call.add(Leg(call.id, channel["id"], "customer", number, trunk=call.trunk, inbound=True))
    return call


def arrived(switch: NodeSwitch, event: Event) -> None:
    """A channel that we did not make entered the application."""
    channel, words = event["channel"], event["args"]
    if len(words) not in (2, 3) or words[1] == LAST_WORDS:
        return
    if words[0] == EAR:
        lane = switch.ari.lane(words[1].partition(BETWEEN)[0])
        silent = {"mute": "true"} if keeps(channel["id"]) else {}
        lane.ask("POST", f"bridges/{name(words[1])}/addChannel", channel=channel["id"], **silent)
        return
    if words[0] != ARRIVED or endpoint_of(channel).startswith(NODE):
        # phones are rung; they never dial by themselves, the switchboard dials for them
        switch.ari.ask("DELETE", f"channels/{name(channel['id'])}", reason_code=str(REJECTED))
        return
    call = inbound(switch, channel, words[1])
    call.law = law_of(*words[2:])
    call.received_at = max(call.received_at, time.monotonic() - LONGEST_WAY_S)
    trunk = switch.book.trunks.get(call.trunk)
    refusal: tuple[int, str] | None = None
    if not switch.open:
        refusal = (503, "closed")
    elif trunk and switch.lines.is_full(trunk):
        refusal = (503, "full")
    elif trunk and trunk.numbers and not ours(call.to_number, trunk.numbers):
        refusal = (404, "not_our_number")
    if refusal is not None:
        code, why = refusal
        switch.to(call).ask("DELETE", f"channels/{name(channel['id'])}", reason_code=str(CAUSES[code]))
        switch.fact(CallRefused(call.id, call.from_number, call.to_number, code, why, time.monotonic()))
        return
    switch.take(call)
    switch.fact(
        CallArrived(
            call.id, call.from_number, call.from_name, call.to_number, call.trunk, time.monotonic(), call.received_at
        )
    )
    switch.to(call).ask("POST", f"channels/{name(channel['id'])}/variable", variable=CALL, value=call.id)
    switch.write(call)


def ours(number: str, numbers: tuple[str, ...]) -> bool:
    """Whether `number` is one of these, written with or without plus."""
    return number.lstrip("+") in {own.lstrip("+") for own in numbers}


def joined_foreign(switch: NodeSwitch, call: Call, bridge: dict[str, Any]) -> None:
    """A caller of Asterisk's own queue talks with an agent now."""
    for unique in bridge["channels"]:
        if unique not in switch.channels:
            switch.ears.ask_who(call, unique)


def foreign_staff(switch: NodeSwitch, call: Call, channel: dict[str, Any]) -> None:
    """An agent whom Asterisk's own queue gave a caller."""
    leg = Leg(channel["id"], channel["id"], "staff", endpoint_of(channel), endpoint_of(channel), stage="answered")
    leg.answered_at = time.monotonic()
    switch.add(call, leg)
    switch.fact(LegRinging(call.id, leg.id, leg.answered_at))
    switch.fact(LegAnswered(call.id, leg.id, leg.answered_at))
