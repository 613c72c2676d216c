# SPDX-License-Identifier: GPL-3.0-or-later
"""A call through the whole service: routing, link, journal and database, with an exchange without telephones."""

from __future__ import annotations

import time

from models.kinds import AgentState, StateReason
from resources.i18n import known
from telephony import messages as link
from telephony.exchange import engine
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
    await room.until_kind("c1", "wrap_up_ended")
    await room.until_kind("c1", "recording_ended")
    kinds = room.kinds("c1")
    wanted = [
        "arrived", "queued", "chosen", "ringback", "offered", "ringing", "accepted", "recording_started", "responsible",
        "connected", "customer_hung_up", "released", "wrap_up_started", "ended", "recording_ended", "wrap_up_ended",
    ]  # fmt: skip
    assert sorted(kind for kind in kinds if kind != "customer_found") == sorted(wanted)
    assert [kind for kind in kinds if kind in wanted[:10]] == wanted[:10]
    await until(lambda: "c1" not in room.leading.switchboard.calls)


async def test_three_rings_unanswered_go_on_to_the_next_agent(room: Room) -> None:
    first, second = await room.desk("1001"), await room.desk("1002")
    room.exchange.arrive("c1")
    await first.until(link.Offer)
    gone = await first.until(link.OfferGone)
    assert gone.why == "missed"
    missed = await first.state(AgentState.NOT_RESPONDING)
    assert missed.reason is StateReason.MISSED
    await second.until(link.Offer)
    await until(lambda: room.exchange.ringing("1001") is None)
    await until(lambda: room.exchange.ringing("1002"))
    room.exchange.pick_up("1002")
    await second.until(link.CallIs, lambda call: call.stage == "talking" and call.connected_at > 0)
    await room.until_kind("c1", "connected")
    events = room.events("c1")
    ringing = next(event for event in events if event.kind == "ringing")
    missed_at = next(event for event in events if event.kind == "missed")
    assert 0.3 <= missed_at.at - ringing.at < 0.6  # three rings of 0.1 s
    assert missed_at.who == "1001"


async def test_the_desk_hears_of_an_offer_before_its_phone_rings(room: Room) -> None:
    desk = await room.desk("1001")
    told_first: list[bool] = []
    obey = room.exchange.obey

    def watch(order: engine.Order) -> object:
        if isinstance(order, engine.Ring):
            told_first.append(any(event.kind == "offered" for event in room.events(order.call)))
        return obey(order)

    room.exchange.obey = watch  # type: ignore[method-assign]
    room.exchange.arrive("c1")
    offer = await desk.until(link.Offer)
    assert offer.ring_started == 0.0
    await desk.until(link.Offer, lambda told: told.ring_started > 0)
    assert told_first == [True]


async def test_the_customer_is_found_and_shown_without_delaying_the_ring(room: Room) -> None:
    desk = await room.desk("1001")
    made = await room.errand("customer_create", name="陈志远", number="+8613800138000")
    room.exchange.arrive("c1", "0086-138 0013 8000")
    offer = await desk.until(link.Offer, lambda told: told.customer != "")
    assert (offer.customer, offer.confidence) == (str(made["customer"]), "exact")
    await room.until_kind("c1", "customer_found")


async def test_a_withheld_number_is_offered_without_guessing(room: Room) -> None:
    desk = await room.desk("1001")
    room.exchange.arrive("c1", "anonymous")
    offer = await desk.until(link.Offer)
    assert (offer.from_number, offer.customer) == ("", "")


async def test_nobody_signed_in_is_said_alarmed_and_promised(room: Room) -> None:
    boss = await room.desk("3001", ready=False, phone=False)
    await boss.send(link.WatchBoard())
    room.exchange.arrive("c1")
    await until(lambda: "nobody" in room.exchange.calls["c1"].heard)
    board = await boss.until(link.Board, lambda told: bool(told.alarms))
    assert board.alarms[0].what == "nobody_reachable"
    assert board.waiting[0].call == "c1"
    await room.until_kind("c1", "promised")
    room.exchange.put_down("c1", "c1")
    await room.until_kind("c1", "ended")
    await room.shipped()
    assert await room.one("SELECT count(*) FROM tr.task WHERE kind = 'recall' AND contact = 'c1'") == 1


async def test_a_call_is_handed_to_an_engineer_with_its_draft(room: Room) -> None:
    agent, engineer = await room.desk("1001"), await room.desk("2001")
    room.exchange.arrive("c1")
    await agent.until(link.Offer)
    await until(lambda: room.exchange.ringing("1001"))
    room.exchange.pick_up("1001")
    talking = await agent.until(link.CallIs, lambda call: call.stage == "talking" and call.draft != "")
    await agent.send(link.Transfer("c1", skills=("hardware",), draft_hash="abc"))
    offer = await engineer.until(link.Offer)
    assert (offer.role, offer.from_agent, offer.draft) == ("consult", "1001", talking.draft)
    await until(lambda: room.exchange.ringing("2001"))
    room.exchange.pick_up("2001")
    consulting = await agent.until(link.CallIs, lambda call: call.stage == "consulting")
    assert consulting.peer == "2001" and consulting.peer_name == "高建平"
    assert not (await engineer.until(link.CallIs, lambda call: call.stage == "consulting")).responsible
    await engineer.send(link.DraftPainted("c1", talking.draft, "abc"))
    await agent.send(link.CompleteTransfer("c1", "abd"))
    his = await engineer.until(link.CallIs, lambda call: call.stage == "talking" and call.responsible)
    assert his.handed_by == "1001"
    await agent.until(link.CallIs, lambda call: call.stage == "wrap_up")
    await room.until_kind("c1", "connected", 2)
    await room.shipped()
    assert await room.one("SELECT state FROM tr.handover WHERE contact = 'c1'") == "committed"
    assert await room.one("SELECT responsible FROM tr.draft WHERE contact = 'c1'") == "2001"
    kinds = room.kinds("c1")
    assert kinds.count("draft_hash") == 2 and "draft_painted" in kinds and "transferred" in kinds


async def test_no_engineer_free_is_said_in_words(room: Room) -> None:
    agent = await room.desk("1001")
    room.exchange.arrive("c1")
    await until(lambda: room.exchange.ringing("1001"))
    room.exchange.pick_up("1001")
    await agent.until(link.CallIs)
    await agent.send(link.Transfer("c1", skills=("hardware",)))
    assert (await agent.until(link.Refusal)).words == "link.nobody_free"
    await agent.send(link.Transfer("c1", to="2001"))
    refusal = await agent.until(link.Refusal, lambda told: told.words != "link.nobody_free")
    assert (refusal.words, refusal.args) == ("link.not_signed_in", ("2001",))


async def test_an_agent_dials_and_a_busy_number_ends_the_call(room: Room) -> None:
    desk = await room.desk("1001")
    await desk.send(link.DialNumber("139 1234 5678"))
    await until(lambda: room.exchange.ringing("1001"))
    dialling = await desk.until(link.CallIs)
    assert (dialling.stage, dialling.direction, dialling.number) == ("dialling", "out", "+8613912345678")
    room.exchange.pick_up("1001")
    call = dialling.call
    await until(lambda: call in room.exchange.calls and call in room.exchange.calls[call].legs)
    room.exchange.put_down(call, call, "busy", 486)
    await desk.until(link.CallIs, lambda told: told.stage == "ended")
    await room.until_kind(call, "ended")
    assert [event.data for event in room.events(call) if event.kind == "dial_failed"] == [{"why": "busy"}]


async def test_a_dialled_customer_who_answers_is_connected(room: Room) -> None:
    desk = await room.desk("1001")
    await desk.send(link.DialNumber("13912345678"))
    await until(lambda: room.exchange.ringing("1001"))
    room.exchange.pick_up("1001")
    call = (await desk.until(link.CallIs)).call
    await until(lambda: call in room.exchange.calls[call].legs)
    room.exchange.customer_picks_up(call)
    talking = await desk.until(link.CallIs, lambda told: told.stage == "talking" and told.connected_at > 0)
    assert talking.recording
    await desk.send(link.HangUp(call, "done"))
    await room.until_kind(call, "ended")
    await until(lambda: room.exchange.calls == {})


async def test_forbidden_numbers_and_states_are_refused_in_words(room: Room) -> None:
    desk = await room.desk("1001", phone=False, ready=False)
    since = 0
    for number in ("110", "+1 202 555 0100", "hello", ""):
        await desk.send(link.DialNumber(number))
        refusal = await desk.until(link.Refusal, since=since)
        since = desk.heard.index(refusal) + 1
        assert refusal.what == "DialNumber" and known(refusal.words), refusal
    await desk.send(link.DialNumber("13912345678"))
    assert (await desk.until(link.Refusal, since=since)).words == "link.phone_offline"
    assert room.events() == [event for event in room.events() if not event.call]


async def test_a_lost_phone_brings_the_caller_back_to_the_same_agent(room: Room) -> None:
    desk, _ = await room.desk("1001"), await room.desk("1002")
    room.exchange.arrive("c1")
    await until(lambda: room.exchange.ringing("1001"))
    room.exchange.pick_up("1001")
    await room.until_kind("c1", "connected")
    call, leg = room.exchange.leg_at("1001")
    room.exchange.report(engine.MediaLost(call, leg, 0.0))
    await desk.until(link.Offer, since=len(desk.heard))
    await until(lambda: room.exchange.ringing("1001"))
    room.exchange.pick_up("1001")
    await room.until_kind("c1", "connected", 2)
    assert {event.who for event in room.events("c1") if event.kind == "connected"} == {"1001"}


async def test_a_customer_who_sends_no_sound_is_connected_all_the_same(room: Room) -> None:
    desk = await room.desk("1001")
    room.exchange.mute.add("c1")
    room.exchange.arrive("c1")
    await until(lambda: room.exchange.ringing("1001"))
    room.exchange.pick_up("1001")
    await desk.until(link.CallIs, lambda call: call.stage == "talking")
    assert "connected" not in room.kinds("c1")
    await desk.until(link.CallIs, lambda call: call.connected_at > 0)


async def test_a_refused_invite_is_an_arrived_call_with_its_outcome(room: Room) -> None:
    room.exchange.report(engine.CallRefused("c1", "13800138000", "400", 488, "no codec", time.monotonic()))
    await room.until_kind("c1", "ended")
    await room.shipped()
    assert await room.one("SELECT outcome FROM tr.contact WHERE id = 'c1'") == "refused"


async def test_a_caller_who_presses_1_is_promised_a_call_back(room: Room) -> None:
    room.exchange.arrive("c1")
    await until(lambda: "nobody" in room.exchange.calls["c1"].heard)
    room.exchange.report(engine.DigitPressed("c1", "c1", "1", time.monotonic()))
    await until(lambda: "callback_noted" in room.exchange.calls["c1"].heard)
    await room.until_kind("c1", "promised")


async def test_an_unregistered_phone_is_no_reason_to_lose_the_caller(room: Room) -> None:
    await room.desk("1001")
    second = await room.desk("1002")
    room.exchange.phones.discard("1001")  # gone without a word
    room.exchange.arrive("c1")
    await second.until(link.Offer)
    await room.until_kind("c1", "withdrawn")
