# SPDX-License-Identifier: GPL-3.0-or-later
"""Supervision, merging, parking, colleagues' calls and trunks through the whole service, with a fake exchange."""

from __future__ import annotations

from models.kinds import AgentState, Group
from resources.i18n import known
from telephony import messages as link
from telephony.exchange import engine
from tests.telephony.service.room import DeskUnderTest, Room, until


async def talking(room: Room, person: str = "1001", call: str = "c1") -> DeskUnderTest:
    """This agent talks with a customer."""
    desk = await room.desk(person)
    room.exchange.arrive(call)
    await until(lambda: room.exchange.ringing(person))
    room.exchange.pick_up(person)
    await desk.until(link.CallIs, lambda now: now.call == call and now.connected_at > 0)
    return desk


async def supervisor(room: Room) -> DeskUnderTest:
    await room.add("9001", Group.SUPERVISOR, name="孙班长")
    return await room.desk("9001", ready=False)


async def hears(room: Room, boss: DeskUnderTest, mode: str) -> str:
    """The supervisor hears 1001 on c1; the leg of his phone."""
    await boss.send(link.Supervise("c1", "1001", mode))
    await until(lambda: room.exchange.ringing("9001"))
    room.exchange.pick_up("9001")
    await boss.until(link.CallIs, lambda call: call.stage == "supervising" and call.mode == mode)
    return room.exchange.leg_at("9001")[1]


async def test_a_supervisor_listens_whispers_barges_in_and_leaves(room: Room) -> None:
    agent, boss = await talking(room), await supervisor(room)
    leg = await hears(room, boss, "listen")
    call = room.exchange.calls["c1"]
    await until(lambda: call.supervised.get(leg) == (room.exchange.leg_at("1001")[1], "listen"))
    told = await agent.until(link.CallIs, lambda now: now.watched_by != "")
    assert (told.watched_by, told.watched_mode) == ("孙班长", "listen")
    await boss.send(link.Supervise("c1", "1001", "whisper"))
    await until(lambda: call.supervised[leg][1] == "whisper")
    await boss.send(link.Supervise("c1", "1001", "barge"))
    await until(lambda: any(leg in group and "c1" in group for group in call.groups))
    assert leg not in call.supervised
    await boss.send(link.Supervise("c1", "1001", "off"))
    await boss.until(link.CallIs, lambda now: now.call == "c1" and now.stage == "ended")
    await until(lambda: leg not in call.legs)
    await agent.until(link.CallIs, lambda now: now.watched_by == "" and now is agent.last(link.CallIs))
    assert [event.data["mode"] for event in room.events("c1") if event.kind == "supervision"] == [
        "listen", "whisper", "barge", "off",
    ]  # fmt: skip


async def test_who_talks_with_nobody_yet_cannot_be_heard_and_it_is_said_why(room: Room) -> None:
    agent, boss = await room.desk("1001"), await supervisor(room)
    await agent.send(link.DialNumber("13900001111", ""))
    dialling = await agent.until(link.CallIs, lambda now: now.stage == "dialling")
    await boss.send(link.Supervise(dialling.call, "1001", "listen"))
    refusal = await boss.until(link.Refusal)
    assert (refusal.words, refusal.args) == ("link.nobody_to_hear", ("林晓雯",)) and known(refusal.words)


async def test_barging_in_lasts_through_hold_and_back(room: Room) -> None:
    agent, boss = await talking(room), await supervisor(room)
    leg = await hears(room, boss, "barge")
    call = room.exchange.calls["c1"]
    await agent.send(link.Hold("c1", True))
    mine = room.exchange.leg_at("1001")[1]
    await until(lambda: call.groups == ((mine, leg),))
    await agent.send(link.Hold("c1", False))
    await until(lambda: call.groups == (("c1", mine, leg),))


async def test_taking_over_makes_the_supervisor_responsible_with_the_draft(room: Room) -> None:
    agent, boss = await talking(room), await supervisor(room)
    await hears(room, boss, "listen")
    await boss.send(link.TakeOver("c1"))
    mine = await boss.until(link.CallIs, lambda now: now.stage == "talking" and now.responsible)
    assert mine.draft == "c1"
    await agent.state(AgentState.WRAP_UP)
    await room.until_kind("c1", "connected", times=2)
    room.exchange.put_down("c1", "c1")
    await boss.until(link.CallIs, lambda now: now.stage == "wrap_up")


async def test_the_law_may_keep_listening_unseen_but_never_whispering(room: Room) -> None:
    await room.errand("setting_save", name="supervision_shown", value=False)
    await room.leading.change_house()
    agent, boss = await talking(room), await supervisor(room)
    leg = await hears(room, boss, "listen")
    assert agent.last(link.CallIs).watched_by == ""
    await boss.send(link.Supervise("c1", "1001", "whisper"))
    await until(lambda: room.exchange.calls["c1"].supervised.get(leg, ("", ""))[1] == "whisper")
    await agent.until(link.CallIs, lambda now: now.watched_mode == "whisper")


async def test_three_talk_after_merging_and_the_engineer_keeps_the_customer(room: Room) -> None:
    await room.add("2009", Group.ENGINEER, skills=("printer",))
    agent, engineer = await talking(room), await room.desk("2009")
    await agent.send(link.Transfer("c1", to="2009"))
    await until(lambda: room.exchange.ringing("2009"))
    room.exchange.pick_up("2009")
    await agent.until(link.CallIs, lambda now: now.stage == "consulting")
    await agent.send(link.Merge("c1"))
    await engineer.until(link.CallIs, lambda now: now.stage == "merged")
    legs = {"c1", room.exchange.leg_at("1001")[1], room.exchange.leg_at("2009")[1]}
    await until(lambda: [set(group) for group in room.exchange.calls["c1"].groups] == [legs])
    await agent.send(link.CompleteTransfer("c1"))
    await engineer.until(link.CallIs, lambda now: now.stage == "talking" and now.responsible)


async def test_a_parked_caller_is_seen_by_all_and_picked_up_by_another(room: Room) -> None:
    first = await talking(room)
    await room.add("2009", Group.AGENT)
    second = await room.desk("2009", ready=False)
    await first.send(link.Park("c1"))
    parked = await second.until(link.ParkedCalls, lambda told: bool(told.calls))
    assert [(call.call, call.slot, call.by) for call in parked.calls] == [("c1", 1, "1001")]
    await second.send(link.PickUp("c1"))
    await until(lambda: room.exchange.ringing("2009"))
    room.exchange.pick_up("2009")
    await second.until(link.CallIs, lambda now: now.stage == "talking" and now.connected_at > 0)
    await second.until(link.ParkedCalls, lambda told: not told.calls)


async def test_two_colleagues_talk_without_sheet_or_wrap_up(room: Room) -> None:
    caller, called = await room.desk("1001"), await room.desk("1002")
    await caller.send(link.DialStaff("1002"))
    await until(lambda: room.exchange.ringing("1001"))
    room.exchange.pick_up("1001")
    offer = await called.until(link.Offer)
    assert offer.role == "staff"
    await until(lambda: room.exchange.ringing("1002"))
    room.exchange.pick_up("1002")
    talk = await called.until(link.CallIs, lambda now: now.stage == "staff")
    assert (talk.peer, talk.role) == ("1001", "staff")
    await called.send(link.HangUp(talk.call))
    await caller.state(AgentState.READY)
    await called.state(AgentState.READY)
    assert not [event for event in room.events(talk.call) if event.kind in ("wrap_up_started", "responsible")]


async def test_the_recording_pauses_only_for_who_is_responsible(room: Room) -> None:
    agent = await talking(room)
    await room.desk("1002")
    await agent.send(link.PauseRecording("c1", True))
    await agent.until(link.CallIs, lambda now: now.recording_paused)
    await until(lambda: room.exchange.calls["c1"].paused)
    await agent.send(link.PauseRecording("c1", False))
    await until(lambda: not room.exchange.calls["c1"].paused)
    assert [event.data["on"] for event in room.events("c1") if event.kind == "recording_paused"] == [True, False]


ORDERS = (
    link.Supervise("c1", "1001", "listen"), link.Supervise("c1", "1001", "barge"), link.TakeOver("c1"),
    link.Merge("c1"), link.Park("c1"), link.PauseRecording("c1", True), link.Hold("c1", True), link.HangUp("c1"),
    link.HangUpReason("c1", "x"), link.Transfer("c1", to="1002"), link.CompleteTransfer("c1"),
    link.BackToCustomer("c1"), link.SendDigits("c1", "1"), link.Accept("c1"), link.Decline("c1"),
    link.ExtendWrapUp("c1"), link.FinishWrapUp("c1"), link.CardPainted("c1", 1.0), link.DraftPainted("c1", "c1", "h"),
    link.Force("1001", AgentState.NOT_READY), link.PickUp("c1"),
)  # fmt: skip


async def test_nobodys_token_moves_a_call_that_is_not_his(room: Room) -> None:
    await talking(room)
    assert room.leading.switchboard is not None
    await room.leading.switchboard.ordering.quiet()
    before = len(room.exchange.orders)
    strangers = [group for group in Group if group not in (Group.SUPERVISOR, Group.MANAGER)]
    for number, group in enumerate(strangers):
        await room.add(f"70{number:02}", group)
        stranger = await room.desk(f"70{number:02}", ready=False)
        for order in ORDERS:
            since = len(stranger.heard)
            await stranger.send(order)
            refusal = await stranger.until(link.Refusal, since=since)
            assert refusal.what == type(order).__name__ and known(refusal.words), (group, order)
        await stranger.close()
    about = [order for order in room.exchange.orders[before:] if getattr(order, "call", "") == "c1"]
    assert about == []


async def test_a_trunk_of_the_house_reaches_the_exchange_and_its_state_the_supervisor(room: Room) -> None:
    boss = await supervisor(room)
    await boss.send(link.WatchTrunks())
    board = room.leading.switchboard
    assert board is not None
    board.trunks.changed("north", "refused", 403, "wrong password")
    shown = await boss.until(link.Trunks, lambda told: bool(told.trunks))
    assert [(trunk.trunk, trunk.state, trunk.code) for trunk in shown.trunks] == [("north", "refused", 403)]


async def test_a_test_call_tells_that_it_rings_and_hangs_up(room: Room) -> None:
    boss = await supervisor(room)
    await boss.send(link.TestTrunk("north", "13800138000"))
    tested = await boss.until(link.TrunkTested)
    assert (tested.result, tested.number) == ("ringing", "+8613800138000")
    await until(lambda: any(isinstance(order, engine.EndCall) for order in room.exchange.orders))
