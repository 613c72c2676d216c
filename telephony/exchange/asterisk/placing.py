# SPDX-License-Identifier: GPL-3.0-or-later
"""Legs that we place: ringing a phone of this node or of another one, dialling a number over a trunk.

A channel is made with our id, so that a second order for it conflicts, and dialled afterwards: so it is ours from its
first moment, and what a trunk lets us hear before the answer can be heard. Returns why it was not done, else "".
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import time
from typing import TYPE_CHECKING

from telephony.exchange.asterisk.calls import BETWEEN, Call, Leg, channel_id, law_of
from telephony.exchange.asterisk.client import name
from telephony.exchange.asterisk.settings import CALL, NODE, TRUNK, Node
from telephony.exchange.engine import Dial, Ring

if TYPE_CHECKING:
    from telephony.exchange.asterisk.switch import NodeSwitch

log = logging.getLogger(__name__)

LONGEST_HEADER = 500
ENTERS_S = 2.0
CALL_HEADER = "X-TR-Call"  # between nodes: which call the leg belongs to
FORMATS = {"PCMA": "alaw", "PCMU": "ulaw", "G722": "g722"}
_NUMBER = re.compile(r"\+?[0-9*#]{1,32}")
_HEADER = re.compile(r"X-[A-Za-z0-9-]{1,60}")


async def ring(switch: NodeSwitch, order: Ring, far: Node | None) -> str:
    """INVITE a phone that is registered here, or at `far`; with the caller's codec only, so that nobody translates."""
    call, why = _call_for(switch, order, "")
    if call is None:
        return why
    headers = {"X-Call-Id": call.id, **order.headers}
    if not all(_HEADER.fullmatch(n) and len(v) <= LONGEST_HEADER and v.isprintable() for n, v in headers.items()):
        return "bad_order"
    if far is None and not await switch.accounts.is_there(order.extension):
        return "not_registered"
    endpoint = f"PJSIP/{order.extension}"
    if far is not None:
        headers[CALL_HEADER] = call.id
        endpoint = f"PJSIP/{NODE}{far.name}/sip:{order.extension}@{far.trunk_address}"
    number = (call.from_number if call.direction == "in" else call.to_number) or "anonymous"
    variables = {f"PJSIP_HEADER(add,{n})": v for n, v in headers.items()}
    variables |= {"CONNECTEDLINE(num,i)": number}
    if call.from_name:
        variables["CONNECTEDLINE(name,i)"] = call.from_name
    if law := await _law(switch, call):
        variables["PJSIP_MEDIA_OFFER(audio)"] = law
    leg = Leg(order.leg, channel_id(call.id, order.leg), "staff", order.extension, order.extension)
    return await _place(switch, call, leg, endpoint, variables, order.timeout_s, watched=far is None)


async def dial(switch: NodeSwitch, order: Dial) -> str:
    """INVITE a number over a trunk: the customer of a call of ours, or whom a caller of a call to us is sent on to."""
    if not _NUMBER.fullmatch(order.number) or (order.caller_id and not _NUMBER.fullmatch(order.caller_id)):
        return "bad_order"
    trunk = switch.lines.trunk(order.trunk)
    if trunk is None:
        return "no_trunk"
    caller_id = order.caller_id or trunk.caller_id
    call, why = _call_for(switch, order, order.number, caller_id)
    if call is None:
        return why
    if switch.lines.is_full(trunk):
        return "trunk_full"
    ours = call.direction == "out"
    if ours:
        call.to_number, call.from_number, call.trunk = order.number, caller_id, trunk.name
    user = order.number.replace("#", "%23")
    endpoint = f"PJSIP/{TRUNK}{trunk.name}/sip:{user}@{trunk.host}:{trunk.port}"
    variables = {"CONNECTEDLINE(num,i)": caller_id or trunk.username or "anonymous"}
    leg = Leg(order.leg, channel_id(call.id, order.leg), "customer" if ours else "staff", order.number)
    leg.trunk = trunk.name
    return await _place(switch, call, leg, endpoint, variables, order.timeout_s)


def _call_for(switch: NodeSwitch, order: Ring | Dial, to_number: str, caller_id: str = "") -> tuple[Call | None, str]:
    """The call of an order that adds a leg; an id that was never used begins a call of ours."""
    call = switch.calls.get(order.call)
    if call is not None and call.foreign:
        return None, "the exchange's own queue has this call"
    if call is not None:
        return (None, "exists") if order.leg in call.used else (call, "")
    if switch.is_past(order.call):
        return None, "no_such_call"
    if not order.leg or BETWEEN in order.leg:
        return None, "bad_order"
    return Call(order.call, caller_id, "", to_number, "out", time.monotonic()), ""


async def _law(switch: NodeSwitch, call: Call) -> str:
    """The caller's own codec when every phone has it; read where the dialplan has not told it."""
    if not call.law:
        customer = next((leg for leg in call.legs.values() if leg.side == "customer"), None)
        if customer is None:
            return ""
        reply = await switch.to(call).ask(
            "GET", f"channels/{name(customer.channel)}/variable", variable="CHANNEL(audionativeformat)"
        )
        told = str(reply.data.get("value", "")) if reply.good and isinstance(reply.data, dict) else ""
        call.law = law_of(told or "none")
    return "" if call.law == "any" else call.law


async def _place(
    switch: NodeSwitch,
    call: Call,
    leg: Leg,
    endpoint: str,
    variables: dict[str, str],
    seconds: float,
    watched: bool = False,
) -> str:
    leg.placed_at = time.monotonic()
    switch.add(call, leg)
    variables[CALL] = call.id
    lane = switch.ari.lane(leg.channel)  # what the caller is told meanwhile need not be waited for
    made = lane.ask(
        "POST", "channels/create",
        {"endpoint": endpoint, "app": switch.node.app, "channelId": leg.channel, "variables": variables},
    )  # fmt: skip
    if watched or leg.trunk:
        switch.watch_for_an_answer(leg)
    refused = await made
    if refused.good:  # it may be dialled as soon as the application has it
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(leg.entered.wait(), ENTERS_S)
        limit = round(min(max(seconds, 1.0), 300.0))
        refused = await lane.ask("POST", f"channels/{name(leg.channel)}/dial", timeout=str(limit))
    if refused.good:
        switch.write(call)
        return ""
    if leg.stage == "ended":  # it was made and failed at once: an event has told
        return ""
    log.warning("leg %s of call %s is not placed: %s %s", leg.id, call.id, refused.status, refused.data)
    switch.never_was(call, leg)
    if made.result().good:
        lane.ask("DELETE", f"channels/{name(leg.channel)}")
    elif refused.status == 409:
        return "exists"
    return "not_registered" if leg.extension else f"Asterisk refused: {refused.status} {refused.data}"
