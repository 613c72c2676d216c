# SPDX-License-Identifier: GPL-3.0-or-later
"""A call through the whole service: routing, link, journal and database, with an exchange without telephones."""

from __future__ import annotations

from models.kinds import AgentState
from telephony import messages as link
from tests.telephony.service.room import Room, until


async def test_a_call_is_offered_answered_connected_wrapped_up_and_ended(room: Room) -> None:
    desk = await room.desk("1001")
    room.exchange.arrive("c1")
    offer = await desk.until(link.Offer)
    assert (offer.call, offer.role, offer.from_number) == ("c1", "offer", "+8613800138000")
    await desk.state(AgentState.RINGING)
    await desk.send(link.Accept("c1"))
    await room.until_kind("c1", "accepted")
    room.exchange.pick_up("1001")
    await desk.until(link.CallIs, lambda call: call.stage == "talking" and call.connected_at > 0 and call.draft != "")
    room.exchange.put_down("c1", "c1")
    over = await desk.until(link.CallIs, lambda call: call.stage == "wrap_up")
    assert over.customer_gone and over.wrap_up_until > 0
    await desk.send(link.FinishWrapUp("c1"))
    refusal = await desk.until(link.Refusal)
    assert refusal.words == "link.disposition_missing"
    await desk.send(link.Verb("d1", "disposition_set", {"contact": "c1", "code": "solved"}))
    await desk.send(link.FinishWrapUp("c1"))
    await desk.state(AgentState.READY)
    await desk.until(link.CallIs, lambda call: call.stage == "ended")
    kinds = room.kinds("c1")
    wanted = [
        "arrived", "queued", "ringback", "offered", "ringing", "accepted", "recording_started", "responsible",
        "connected", "customer_hung_up", "released", "wrap_up_started", "ended", "recording_ended", "wrap_up_ended",
    ]  # fmt: skip
    assert sorted(kind for kind in kinds if kind != "customer_found") == sorted(wanted)
    assert [kind for kind in kinds if kind in wanted[:9]] == wanted[:9]
    await until(lambda: "c1" not in room.leading.switchboard.calls)
