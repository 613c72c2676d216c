# SPDX-License-Identifier: GPL-3.0-or-later
"""The database away, the switchboard restarted, a second one, the exchange gone: calls go on and each has one end."""

from __future__ import annotations

import asyncio
import time

from models.kinds import AgentState, StateReason
from telephony import messages as link
from telephony.exchange import engine
from telephony.service.client import Connected, Disconnected, LinkClient
from tests.conftest import Site
from tests.telephony.service.fakes import FakeExchange
from tests.telephony.service.room import DeskUnderTest, Room, until


async def answered(room: Room, desk: DeskUnderTest, call: str) -> None:
    room.exchange.arrive(call)
    await until(lambda: room.exchange.ringing(desk.person))
    room.exchange.pick_up(desk.person)
    await room.until_kind(call, "connected")
    await until(lambda: room.exchange.calls[call].recording, f"{call} is recorded")  # ordered once its line is on disk


async def test_calls_are_routed_without_the_database_and_stored_once_afterwards(room: Room) -> None:
    desk = await room.desk("1001")
    await room.database_away()
    await answered(room, desk, "c1")
    refused = await desk.verb("v1", "draft_save", draft="1", field="symptom", value="x", base_version=0)
    assert isinstance(refused, link.VerbRefused) and refused.again
    room.exchange.put_down("c1", "c1")
    await room.until_kind("c1", "ended")
    await asyncio.sleep(2 * room.settings.lease_ttl_s)
    assert room.leading.leads.is_set()
    room.database_back()
    await room.shipped()
    stored = await room.archive.events_of(room.settings.site, ["c1"], 0.0)
    mine = [event for event in stored if event.call == "c1"]
    assert mine == room.events("c1")
    assert await room.one("SELECT outcome FROM tr.contact WHERE id = 'c1'") == "answered"
    assert await room.one("SELECT count(*) FROM tr.draft WHERE contact = 'c1'") == 1
    assert await room.one("SELECT agent FROM tr.contact WHERE id = 'c1'") == "1001"
    assert room.leading.leads.is_set() and len({event.epoch for event in room.events()}) == 1


async def test_a_contact_has_its_draft_while_the_database_is_away(room: Room) -> None:
    desk = await room.desk("1001")
    await room.database_away()
    await answered(room, desk, "c1")
    assert (await desk.until(link.Offer)).draft == "c1"
    assert (await desk.until(link.CallIs, lambda call: call.stage == "talking")).draft == "c1"
    room.database_back()
    # The desk may be quicker than the journal: neither the sheet nor his part in it is there yet.
    args = {"draft": "c1", "field": "symptom", "value": "反复重启", "base_version": 0}
    while True:
        done = await desk.verb("v1", "draft_save", **args)
        if isinstance(done, link.VerbDone):
            break
        assert done.again
        desk.heard.remove(done)
        await asyncio.sleep(0.02)
    assert (done.result["draft"], done.result["conflict"]) == ("c1", False)
    assert await room.one("SELECT value FROM tr.draft_field WHERE field = 'symptom'") == "反复重启"
    await room.shipped()
    refused = await desk.verb("v2", "draft_save", **{**args, "draft": "nobody's"})
    assert isinstance(refused, link.VerbRefused)
    assert (refused.words, refused.again) == ("refusal.no_draft", False)


async def test_a_call_is_handed_over_with_its_texts_while_the_database_is_away(room: Room) -> None:
    agent, engineer = await room.desk("1001"), await room.desk("2001")
    await room.database_away()
    await answered(room, agent, "c1")
    await agent.send(link.SheetNow("c1", {"symptom": "反复重启", "colour": "?"}, {"symptom": 2}))
    await agent.send(link.Transfer("c1", to="2001", draft_hash="abc"))
    offer = await engineer.until(link.Offer)
    assert (offer.role, offer.draft) == ("consult", "c1")
    news = await engineer.until(link.DraftChanged)
    assert (news.draft, news.field, news.value, news.by) == ("c1", "symptom", "反复重启", "1001")
    assert (news.version, news.stored) == (2, False)
    await until(lambda: room.exchange.ringing("2001"))
    room.exchange.pick_up("2001")
    await engineer.until(link.CallIs, lambda call: call.stage == "consulting")
    await agent.send(link.SheetNow("c1", {"symptom": "反复重启，蓝屏"}))
    await engineer.until(link.DraftChanged, lambda told: told.value == "反复重启，蓝屏")
    await engineer.send(link.DraftPainted("c1", "c1", "abc"))
    await agent.send(link.CompleteTransfer("c1", "abc"))
    await engineer.until(link.CallIs, lambda call: call.responsible and call.stage == "talking")
    assert not [each for each in agent.heard if isinstance(each, link.DraftChanged)]
    room.database_back()
    await room.shipped()
    assert await room.one("SELECT state FROM tr.handover WHERE contact = 'c1'") == "committed"
    assert await room.one("SELECT responsible FROM tr.draft WHERE contact = 'c1'") == "2001"
    args = {"draft": "c1", "field": "symptom", "value": "反复重启，蓝屏", "base_version": 0}
    assert isinstance(await agent.verb("v1", "draft_save", **args), link.VerbDone)
    assert (await engineer.until(link.DraftChanged, lambda told: told.stored)).value == "反复重启，蓝屏"
    assert room.leading.switchboard.calls["c1"].unstored == {}


async def test_a_known_token_is_good_while_the_database_is_away(room: Room) -> None:
    await room.desk("1001")
    await room.database_away()
    again = await room.desk("1001", ready=False)
    assert again.last(link.Welcome).person == "1001"
    room.database_back()


async def test_a_restarted_switchboard_adopts_the_talking_call(room: Room) -> None:
    desk = await room.desk("1001")
    await answered(room, desk, "c1")
    before = await desk.until(link.CallIs, lambda call: call.draft != "" and call.connected_at > 0)
    await room.shipped()
    orders = len(room.exchange.orders)
    await room.close()
    since = len(desk.heard)
    assert "c1" in room.exchange.calls
    await room.open()
    await desk.until(Connected, since=since)
    found = await desk.until(link.CallIs, lambda call: call.stage == "talking" and call.draft != "", since=since)
    assert (found.call, found.draft, found.responsible, found.customer_gone) == ("c1", before.draft, True, False)
    assert abs(found.connected_at - before.connected_at) < 0.001
    assert not [each for each in room.exchange.orders[orders:] if isinstance(each, engine.Drop | engine.EndCall)]
    room.exchange.put_down("c1", "c1")
    await desk.until(link.CallIs, lambda call: call.stage == "wrap_up", since=since)
    await room.until_kind("c1", "ended")
    kinds = room.kinds("c1")
    assert [kinds.count(kind) for kind in ("arrived", "adopted", "ended")] == [1, 1, 1]
    await room.shipped()
    assert await room.one("SELECT count(*) FROM tr.draft WHERE contact = 'c1'") == 1


async def test_an_outage_and_a_restart_at_once_leave_every_call_one_outcome(room: Room) -> None:
    desk = await room.desk("1001")
    await room.desk("1002")
    await room.database_away()
    await answered(room, desk, "c0")
    room.exchange.arrive("c1")
    await until(lambda: room.exchange.ringing("1002"))
    room.exchange.pick_up("1002")
    for n in range(2, 6):
        room.exchange.arrive(f"c{n}", f"1391111000{n}")
        await until(lambda n=n: "waiting" in room.exchange.calls[f"c{n}"].heard)
    room.exchange.put_down("c2", "c2")
    await room.until_kind("c2", "ended")
    await room.close()
    for call in ("c1", "c3"):
        for leg in list(room.exchange.calls[call].legs):
            room.exchange.put_down(call, leg)
    room.database_back()
    await room.open()
    for call in ("c0", "c4", "c5"):
        room.exchange.put_down(call, call)
    outcomes = {"c0": "answered", "c1": "answered", **dict.fromkeys(("c2", "c3", "c4", "c5"), "abandoned")}
    for call in outcomes:
        await room.until_kind(call, "ended")
    await room.shipped()
    for call, outcome in outcomes.items():
        assert room.kinds(call).count("ended") == room.kinds(call).count("arrived") == 1
        assert await room.one(f"SELECT outcome FROM tr.contact WHERE id = '{call}'") == outcome
    assert await room.one("SELECT count(*) FROM tr.contact") == len(outcomes)


async def test_a_recording_closed_while_nobody_led_is_found_by_its_file(room: Room) -> None:
    desk = await room.desk("1001")
    await answered(room, desk, "c1")
    await room.close()
    for leg in list(room.exchange.calls["c1"].legs):
        room.exchange.put_down("c1", leg)
    await room.open()
    await room.until_kind("c1", "recording_ended")
    await room.shipped()
    assert await room.one("SELECT seconds FROM tr.recording WHERE contact = 'c1'") == 1.0


async def test_a_recording_that_the_exchange_has_still_to_bring_is_ended_once(room: Room) -> None:
    room.exchange.facilities = engine.Facilities("fake", brings_recordings=True)
    await room.close()
    await room.open()
    desk = await room.desk("1001")
    await answered(room, desk, "c1")
    file = room.exchange.calls["c1"].recording
    await room.close()
    for leg in list(room.exchange.calls["c1"].legs):
        room.exchange.put_down("c1", leg)
    await room.open()
    await room.until_kind("c1", "ended")
    assert "recording_ended" not in room.kinds("c1")
    room.exchange.report(engine.RecordingEnded("c1", file, 3.0, "ended", time.monotonic()))
    await room.until_kind("c1", "recording_ended")
    await room.shipped()
    assert await room.one("SELECT agent FROM tr.recording WHERE contact = 'c1'") == "1001"
    assert not room.leading.switchboard.to_be_brought


async def test_a_call_that_has_its_end_and_still_stands_is_put_down_and_has_no_second_end(room: Room) -> None:
    desk = await room.desk("1001")
    await answered(room, desk, "c1")
    obey = room.exchange.obey
    room.exchange.obey = lambda order: (  # type: ignore[method-assign]
        engine.Done(order.order) if isinstance(order, engine.EndCall) else obey(order)
    )
    room.exchange.put_down("c1", "c1")
    await room.until_kind("c1", "ended")
    await room.close()
    assert "c1" in room.exchange.calls, "the exchange was not told"
    room.exchange.obey = obey  # type: ignore[method-assign]
    await room.open()
    await until(lambda: "c1" not in room.exchange.calls)
    assert room.kinds("c1").count("ended") == 1


async def test_everybody_has_his_state_again_after_a_restart(room: Room) -> None:
    ready, resting = await room.desk("1001"), await room.desk("1002")
    await resting.send(link.ChooseState(AgentState.NOT_READY, StateReason.MEAL))
    await resting.state(AgentState.NOT_READY)
    await room.close()
    since = len(ready.heard), len(resting.heard)
    await room.open()
    await ready.until(link.MyState, lambda told: told.state is AgentState.READY, since=since[0])
    await resting.until(link.MyState, lambda told: told.reason is StateReason.MEAL, since=since[1])


async def test_a_waiting_caller_is_queued_again_and_ringing_legs_are_dropped(room: Room) -> None:
    desk = await room.desk("1001")
    room.exchange.arrive("c1")
    await until(lambda: room.exchange.ringing("1001"))
    await room.close()
    old = room.exchange.ringing("1001")
    since = len(desk.heard)
    await room.open()
    await desk.until(link.Offer, since=since)
    await until(lambda: (leg := room.exchange.ringing("1001")) is not None and leg.leg != old.leg)
    room.exchange.pick_up("1001")
    await room.until_kind("c1", "connected")
    assert room.kinds("c1").count("arrived") == 1


async def test_a_call_that_ended_while_nobody_led_gets_its_one_end(room: Room) -> None:
    desk = await room.desk("1001")
    await answered(room, desk, "c1")
    room.exchange.arrive("c2", "13911112222")
    await until(lambda: "waiting" in room.exchange.calls["c2"].heard)
    await room.close()
    for call in ("c1", "c2"):
        for leg in list(room.exchange.calls[call].legs):
            room.exchange.put_down(call, leg)
    await room.open()
    for call, outcome in (("c1", "answered"), ("c2", "abandoned")):
        await room.until_kind(call, "ended")
        ends = [event.data["outcome"] for event in room.events(call) if event.kind == "ended"]
        assert ends == [outcome]
    await room.shipped()
    assert await room.one("SELECT count(*) FROM tr.task WHERE contact = 'c2' AND kind = 'recall'") == 1
    assert room.kinds("c1").count("released") == 1


async def test_a_second_switchboard_stands_by_and_takes_over(room: Room, site: Site) -> None:
    second = Room(site, room.exchange, room.journals.parent / "second", room.settings)
    opening = asyncio.create_task(second.open())
    await asyncio.sleep(3 * room.settings.lease_renew_s)
    assert not second.leading.leads.is_set() and room.leading.leads.is_set()
    assert await turned_away(second, room.tokens["1001"]) == ("not_leading", 1.0)
    desk = await room.desk("1001")
    await answered(room, desk, "c1")
    await room.shipped()
    await room.close()
    await opening
    assert second.leading.leads.is_set()
    await second.until_kind("c1", "adopted")
    assert max(event.epoch for event in second.events()) > max(event.epoch for event in room.events())
    await second.close()


async def turned_away(room: Room, token: str) -> tuple[str, float | None]:
    """(why, when the desk tries again)."""
    desk = DeskUnderTest("1001", LinkClient("desk"))
    desk.client.start(room.url, token)
    try:
        gone = await desk.until(Disconnected)
        return gone.why, gone.again_in
    finally:
        await desk.close()


async def test_a_leader_cut_off_by_a_higher_epoch_orders_no_more(room: Room) -> None:
    await room.desk("1001")
    first = room.leading.switchboard
    other = room.exchange.client()
    await other.attach(999)
    room.exchange.register("1002")  # a fact goes to the new leader only
    first.give_site(engine.SetOpen, open=True)
    await asyncio.wait_for(asyncio.shield(first.lost), 5.0)
    assert not room.exchange.open


async def test_after_the_exchange_died_a_new_one_is_led_and_lost_calls_are_ended(room: Room) -> None:
    desk = await room.desk("1001")
    await answered(room, desk, "c1")
    dead, room.exchange = room.exchange, FakeExchange()
    room.exchange.phones = {"1001"}
    since = len(desk.heard)
    dead.die()
    await room.until_kind("c1", "ended")
    await until(lambda: room.exchange.accounts.get("1001"))
    await desk.until(link.MyState, lambda told: told.state is AgentState.READY, since=since)
    await desk.until(link.CallIs, lambda told: told.stage == "ended", since=since)
    await answered(room, desk, "c2")


async def test_hand_over_clocks_alarm_and_escalate(room: Room) -> None:
    boss = await room.desk("3001", ready=False, phone=False)
    await boss.send(link.WatchBoard())
    now = room.clock.now()
    settings = room.settings
    made = await room.one(
        "INSERT INTO tr.task(kind, contact, number, created, handover_due) VALUES"
        f" ('handover', 'k1', '+8613800138000', {now}, {now + settings.handover_s - settings.handover_alarm_s + 0.2})"
        " RETURNING id"
    )
    await room.leading.tasks.read_again()
    alarm = await boss.until(link.Board, lambda told: bool(told.alarms))
    assert (alarm.alarms[0].what, alarm.alarms[0].call) == ("handover_due", "k1")
    await room.shipped()
    assert await room.one(f"SELECT warned_at IS NOT NULL FROM tr.task WHERE id = {made}")
    async with room.archive.database.transaction() as connection:
        soon = room.clock.now() + 0.1
        await connection.exec_driver_sql(f"UPDATE tr.task SET handover_due = {soon} WHERE id = {made}")
    await room.leading.tasks.read_again()
    late = await boss.until(link.Board, lambda told: len(told.alarms) > 1)
    assert [alarm.what for alarm in late.alarms] == ["handover_due", "handover_late"]
    await room.shipped()
    assert await room.one(f"SELECT escalated_at IS NOT NULL FROM tr.task WHERE id = {made}")
