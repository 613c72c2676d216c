# SPDX-License-Identifier: GPL-3.0-or-later
"""The link: who may come in, what is refused and how, verbs and their news, the board's right."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import aiohttp
import pytest

from models.kinds import AgentState
from models.store import people
from resources.i18n import catalogue, known
from telephony import messages as link
from telephony.service.client import Connected, Disconnected, LinkClient, NotConnected
from telephony.wire import encode
from tests.telephony.service.room import DeskUnderTest, Room, until


async def raw(room: Room, *texts: str) -> list[dict[str, Any]]:
    """Send these frames on a fresh connection and read until it closes or is silent."""
    told: list[dict[str, Any]] = []
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{room.url}/link") as socket:
        for text in texts:
            await socket.send_str(text)
        while True:
            try:
                frame = await socket.receive(timeout=0.5)
            except TimeoutError:
                return told
            if frame.type is not aiohttp.WSMsgType.TEXT:
                return told
            told.append(json.loads(frame.data))


async def test_a_bad_token_and_a_wrong_first_word_are_rejected(room: Room) -> None:
    assert await raw(room, encode(link.Hello("0" * 64, "desk"))) == [{"is": "Rejected", "why": "bad_token"}]
    for first in ("", "{", "[]", encode(link.Ping(1)), '{"is":"Hello"}', '{"is":"Hello","token":5,"desk":"x"}'):
        told = await raw(room, first)
        assert [each["words"] for each in told] == ["link.hello_first"]


async def test_nobody_takes_the_telephone_of_another(room: Room) -> None:
    for extension in ("1002", "nobody; x", "9" * 30):
        told = await raw(room, encode(link.Hello(room.tokens["1001"], "desk", extension)))
        assert [each["words"] for each in told] == ["link.extension_taken"]
    told = await raw(room, encode(link.Hello(room.tokens["1001"], "desk", "8001")))
    assert told[0]["is"] == "Welcome" and told[0]["extension"] == "8001"


async def test_welcome_says_who_and_with_what(room: Room) -> None:
    desk = await room.desk("1001", ready=False)
    welcome = desk.last(link.Welcome)
    assert (welcome.person, welcome.name, welcome.groups) == ("1001", "林晓雯", ("agent",))
    assert welcome.settings.queues == {"hotline": "热线"}
    assert room.exchange.accounts == {"1001": welcome.sip_secret}
    state = await desk.until(link.MyState)
    assert state.state is AgentState.NOT_READY
    await desk.client.clock_known()
    assert abs(desk.client.site_now() - room.clock.now()) < 0.05


async def test_malformed_messages_are_refused_and_the_link_lives(room: Room) -> None:
    hello = encode(link.Hello(room.tokens["1001"], "desk"))
    bad = ["", "null", "[1]", "{", '{"is":"Nothing"}', '{"is":"Hold","call":1,"on":true}', '{"is":"Hold"}',
           '{"is":"Verb","key":"k","name":"x","args":[]}', '{"is":"ChooseState","state":"asleep"}', "[" * 5000,
           "x" * 300_000]  # fmt: skip
    told = await raw(room, hello, *bad, encode(link.Ping(7)))
    refusals = [each for each in told if each["is"] == "Refusal"]
    assert len(refusals) == len(bad)
    assert {each["words"] for each in refusals} == {"link.not_understood", "link.too_large"}
    assert [each["n"] for each in told if each["is"] == "Pong"] == [7]


async def test_nothing_a_desk_may_ask_is_met_with_silence(room: Room) -> None:
    desk = await room.desk("1001", phone=False, ready=False)
    wishes: list[link.ToServer] = [
        link.ChooseState(AgentState.ON_CALL), link.Accept("c9"), link.Decline("c9"), link.Hold("c9", True),
        link.HangUp("c9"), link.HangUpReason("c9", "x"), link.Transfer("c9", "2001"), link.CompleteTransfer("c9"),
        link.BackToCustomer("c9"), link.SendDigits("c9", "1"), link.FinishWrapUp("c9"), link.ExtendWrapUp("c9"),
        link.DialNumber("110"), link.CardPainted("c9", 1.0), link.DraftPainted("c9", "1", "x"), link.WatchBoard(),
        link.Force("1002", AgentState.READY), link.Hello("x", "y"),
    ]  # fmt: skip
    for wish in wishes:
        since = len(desk.heard)
        await desk.send(wish)
        refusal = await desk.until(link.Refusal, since=since)
        assert refusal.what == type(wish).__name__
        assert known(refusal.words), refusal.words


async def test_two_desks_of_one_person_the_newest_wins(room: Room) -> None:
    first = await room.desk("1001")
    second = await room.desk("1001", ready=False)
    assert (await first.until(link.Rejected)).why == "replaced"
    disconnected = await first.until(Disconnected)
    assert disconnected.again_in is None
    assert room.link.desks["1001"] is not None
    state = await second.until(link.MyState)
    assert state.state is AgentState.READY
    with pytest.raises(NotConnected):
        await first.send(link.Renew())


async def test_a_disabled_person_is_cut_and_his_phone_with_him(room: Room) -> None:
    desk = await room.desk("1001")
    await asyncio.gather(people.disable(room.site.owner(), "1001"), _later(room))
    assert (await desk.until(link.Rejected)).why == "disabled"
    await until(lambda: "1001" not in room.exchange.accounts)
    assert await raw(room, encode(link.Hello(room.tokens["1001"], "desk"))) == [{"is": "Rejected", "why": "bad_token"}]


async def _later(room: Room) -> None:
    await asyncio.sleep(0.3)
    await room.link.recheck("1001")


async def test_goodbye_signs_out(room: Room) -> None:
    desk = await room.desk("1001")
    await desk.close(goodbye=True)
    await until(lambda: not room.leading.switchboard.showing.colleagues())
    await until(lambda: room.exchange.accounts == {})


async def test_a_desk_that_stops_renewing_is_reaped(room: Room) -> None:
    other = await room.desk("1002", ready=False)
    desk = await room.desk("1001")
    await desk.client.close(goodbye=False)
    board = room.leading.switchboard
    assert board is not None
    # His last renewal becomes an old one; the next thing that happens on the floor finds it out.
    agents = dict(board.floor.agents)
    agents["1001"] = replace(agents["1001"], lease_until=room.clock.now() - 1.0)
    board.floor = replace(board.floor, agents=MappingProxyType(agents))
    await other.send(link.Renew())
    await other.until(
        link.Colleagues, lambda told: any(one.agent == "1001" and one.reason == "desktop_lost" for one in told.people)
    )


async def test_verbs_are_run_as_the_person_and_told_to_the_other_party(room: Room) -> None:
    agent, engineer = await room.desk("1001"), await room.desk("2001")
    await room.errand("contact_open", contact="k1")
    draft = (await room.errand("draft_create", contact="k1", agent="1001"))["draft"]
    await room.errand("draft_assign", contact="k1", agent="2001")
    done = await agent.verb("v1", "draft_save", draft=draft, field="symptom", value="反复重启", base_version=0)
    assert isinstance(done, link.VerbDone)
    news = await engineer.until(link.DraftChanged)
    assert (news.draft, news.field, news.value, news.by, news.by_name) == (
        draft, "symptom", "反复重启", "1001", "林晓雯",
    )  # fmt: skip
    again = await agent.verb("v1", "draft_save", draft=draft, field="symptom", value="反复重启", base_version=0)
    assert isinstance(again, link.VerbDone) and again.result == done.result
    for name, words in (("no_such_verb", "refusal.no_verb"), ("promise_recall", "refusal.not_allowed")):
        refused = await agent.verb(f"x-{name}", name)
        assert isinstance(refused, link.VerbRefused) and refused.words == words and not refused.again


async def test_the_board_is_for_supervisors_and_comes_four_times_a_second_at_most(room: Room) -> None:
    agent = await room.desk("1001")
    await agent.send(link.WatchBoard())
    assert (await agent.until(link.Refusal)).words == "link.not_your_right"
    boss = await room.desk("3001", ready=False, phone=False)
    await boss.send(link.WatchBoard())
    await boss.until(link.Board)
    started = time.monotonic()
    for n in range(60):
        await agent.send(link.ChooseState(AgentState.NOT_READY if n % 2 else AgentState.READY))
        await asyncio.sleep(0.02)
    boards = sum(isinstance(each, link.Board) for each in boss.heard)
    assert boards <= 2 + (time.monotonic() - started) / 0.25
    assert {one.agent for one in boss.last(link.Board).people} == {"1001"}


async def test_a_supervisor_forces_a_state_and_an_agent_cannot(room: Room) -> None:
    agent, boss = await room.desk("1001"), await room.desk("3001", ready=False, phone=False)
    await agent.send(link.Force("1001", AgentState.NOT_READY))
    assert (await agent.until(link.Refusal)).words == "link.not_your_right"
    await boss.send(link.Force("1001", AgentState.NOT_READY))
    assert (await agent.state(AgentState.NOT_READY)).reason == "supervisor"


async def test_a_desk_reconnects_after_the_server_was_away(room: Room) -> None:
    desk = await room.desk("1001")
    since = len(desk.heard)
    await room.close()
    gone = await desk.until(Disconnected, since=since)
    assert gone.again_in == 1.0
    await room.open()
    await desk.until(Connected, since=since)
    assert (await desk.until(link.MyState, lambda told: told.state is AgentState.READY, since=since)).since > 0


async def test_a_client_without_server_tries_again_and_can_be_closed() -> None:
    client = LinkClient("desk")
    desk = DeskUnderTest("nobody", client)
    client.start("http://127.0.0.1:9", "token")
    first = await desk.until(Disconnected)
    assert first.again_in == 1.0
    with pytest.raises(NotConnected):
        await client.send(link.Renew())
    await desk.close()


def test_every_refusal_has_words_in_both_languages() -> None:
    chinese = {key for key in catalogue("zh_CN") if key.split(".")[0] in ("link", "alarm")}
    english = {key for key in catalogue("en") if key.split(".")[0] in ("link", "alarm")}
    assert chinese == english
