# SPDX-License-Identifier: GPL-3.0-or-later
"""A hand-over with the switchboard killed at any instant, or PostgreSQL stopped: one responsible, nothing lost."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from sqlalchemy import text

from models.kinds import AgentState, Group
from models.rules import proof, proof_log
from models.store import founding
from telephony import messages as link
from tests.telephony.exchange.peers import Phone, address
from tests.telephony.service.room import DeskUnderTest, until
from tests.telephony.service.serving import START_S, Serving, serving_site

AGENT, ENGINEER = "1001", "2031"
QUICK_LEASE = {"TR_LEASE_TTL_S": "0.6", "TR_LEASE_RENEW_S": "0.2", "TR_WRAP_UP_S": "30"}
WITHIN_S = 0.06  # of an order, in which its lines, orders and errands are on their way
STEPS = ("begin", "answered", "complete", "back")


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    async with serving_site({AGENT: Group.AGENT, ENGINEER: Group.ENGINEER}) as made:
        yield made


@dataclass
class House:
    """The two of the house and how to wait for either."""

    serving: Serving
    desks: dict[str, DeskUnderTest]
    phones: dict[str, Phone]

    def rings(self, person: str) -> bool:
        return any(talk.state == "ringing" for talk in self.phones[person].talks)

    def pick_up(self) -> None:
        """Whoever is rung answers."""
        for phone in self.phones.values():
            for talk in phone.talks:
                if talk.state == "ringing":
                    talk.answer()

    async def until_one_talks(self, call: str, since: dict[str, int]) -> str:
        """Who is told that the customer is his; ringing phones are answered meanwhile."""

        def talks() -> str:
            self.pick_up()
            for person, desk in self.desks.items():
                told = [each for each in desk.heard[since[person] :] if isinstance(each, link.CallIs)]
                mine = [each for each in told if each.call == call]
                if mine and mine[-1].responsible and mine[-1].stage == "talking" and mine[-1].connected_at:
                    return person
            return ""

        await until(talks, f"{call} has nobody", within=START_S)
        return talks()

    def now(self) -> dict[str, int]:
        return {person: len(desk.heard) for person, desk in self.desks.items()}

    async def ready(self, *people: str) -> None:
        for desk in [self.desks[person] for person in people or self.desks]:
            await desk.send(link.ChooseState(AgentState.READY))
            await desk.until(
                link.MyState, lambda told, desk=desk: told.state is AgentState.READY and told is desk.last(link.MyState)
            )


async def test_killed_anywhere_in_a_hand_over_it_ends_one_way_or_the_other(serving: Serving, long: bool) -> None:
    chance = random.Random(20260320)
    await serving.start("--open-when-staffed", **QUICK_LEASE)
    await serving.until_said("SERVING ")
    desks = {person: await serving.desk(person) for person in (AGENT, ENGINEER)}
    phones = {person: await serving.phone(desk) for person, desk in desks.items()}
    house = House(serving, desks, phones)
    await desks[AGENT].send(link.ChooseState(AgentState.READY))
    trunk = (await serving.until_said("READY ")).split()[1]
    port = str(json.loads((serving.data / "site.json").read_text(encoding="utf-8"))["link_port"])
    caller = await serving.caller()
    for n in range(20 if long else len(STEPS)):
        step = STEPS[n % len(STEPS)]
        since = house.now()
        customer = caller.call(address(trunk), "400")
        if n == 0:
            offer = await desks[AGENT].until(link.Offer, since=since[AGENT])
            await desks[ENGINEER].send(link.ChooseState(AgentState.READY))
        else:
            offer = await _offered(house, since)
        call = offer.call
        by = await house.until_one_talks(call, since)
        to = ENGINEER if by == AGENT else AGENT
        await _save(house, by, call, f"第 {n} 次")
        await _up_to(house, step, call, by, to)
        await asyncio.sleep(chance.uniform(0.0, WITHIN_S))
        since = house.now()
        await serving.kill()
        await serving.start(TR_LINK_PORT=port, **QUICK_LEASE)
        has_it = await house.until_one_talks(call, since)
        await _committed_or_aborted(serving, call, has_it)
        customer.hang_up()
        await desks[has_it].until(link.CallIs, lambda told: told.stage == "wrap_up", since=since[has_it])
        await desks[has_it].send(link.FinishWrapUp(call))
        await serving.until_one(f"SELECT outcome FROM tr.contact WHERE id = '{call}'", "answered")
        kept = f"SELECT value FROM tr.draft_field f JOIN tr.draft d ON d.id = f.draft WHERE d.contact = '{call}'"
        assert await serving.one(f"{kept} AND field = 'symptom'") == f"第 {n} 次"
        for person, phone in phones.items():  # as real phones do, before their registration runs out
            assert await phone.register(address(desks[person].last(link.Welcome).sip_server)) == 200
        await house.ready()
    assert await serving.one("SELECT count(*) FROM tr.handover WHERE state = 'aborted'") > 0
    assert not long or await serving.one("SELECT count(*) FROM tr.handover WHERE state = 'committed'") > 0
    assert await _violations(serving) == []


async def test_a_voice_is_handed_over_while_postgresql_is_stopped(serving: Serving) -> None:
    await serving.start("--open-when-staffed", **QUICK_LEASE)
    await serving.until_said("SERVING ")
    desks = {person: await serving.desk(person) for person in (AGENT, ENGINEER)}
    house = House(serving, desks, {person: await serving.phone(desk) for person, desk in desks.items()})
    await desks[AGENT].send(link.ChooseState(AgentState.READY))
    trunk = (await serving.until_said("READY ")).split()[1]
    await asyncio.to_thread(serving.server.stop)
    since = house.now()
    customer = (await serving.caller()).call(address(trunk), "400")
    call = (await _offered(house, since)).call
    assert await house.until_one_talks(call, since) == AGENT
    refused = await desks[AGENT].verb("k", "draft_save", draft=call, field="symptom", value="蓝屏", base_version=0)
    assert isinstance(refused, link.VerbRefused) and refused.again
    await house.ready(ENGINEER)
    await desks[AGENT].send(link.SheetNow(call, {"symptom": "蓝屏"}))
    await _up_to(house, "complete", call, AGENT, ENGINEER)
    shown = await desks[ENGINEER].until(link.DraftChanged)
    assert (shown.draft, shown.field, shown.value, shown.stored) == (call, "symptom", "蓝屏", False)
    assert await house.until_one_talks(call, {**house.now(), ENGINEER: since[ENGINEER]}) == ENGINEER
    heard = len(customer.voice.heard())
    await until(lambda: len(customer.voice.heard()) > heard + 800, "the engineer is not heard")
    await founding.open_embedded(serving.settings, durable=False)
    await _committed_or_aborted(serving, call, ENGINEER)
    await serving.until_one(f"SELECT state FROM tr.handover WHERE contact = '{call}'", "committed")
    since = house.now()
    args = {"draft": call, "field": "symptom", "value": "蓝屏", "base_version": 0}
    assert isinstance(await desks[AGENT].verb("k2", "draft_save", **args), link.VerbDone)
    assert (await desks[ENGINEER].until(link.DraftChanged, lambda told: told.stored, since[ENGINEER])).version == 1
    customer.hang_up()
    await desks[ENGINEER].until(link.CallIs, lambda told: told.stage == "wrap_up", since[ENGINEER])
    await desks[ENGINEER].send(link.FinishWrapUp(call))
    await serving.until_one(f"SELECT outcome FROM tr.contact WHERE id = '{call}'", "answered")
    assert await _violations(serving) == []


async def _offered(house: House, since: dict[str, int]) -> link.Offer:
    def offers() -> list[link.Offer]:
        return [
            each
            for person, desk in house.desks.items()
            for each in desk.heard[since[person] :]
            if isinstance(each, link.Offer) and each.role == "offer"
        ]

    await until(offers, "nobody was offered the call", within=START_S)
    return offers()[0]


async def _save(house: House, by: str, call: str, value: str) -> None:
    args = {"draft": call, "field": "symptom", "value": value, "base_version": 0}
    done = await house.desks[by].verb(f"k-{call}", "draft_save", **args)
    assert isinstance(done, link.VerbDone), done


async def _up_to(house: House, step: str, call: str, by: str, to: str) -> None:
    """Go as far as `step` and return the moment it is asked for."""
    desk, other = house.desks[by], house.desks[to]
    since = len(other.heard)
    await desk.send(link.Transfer(call, to=to, draft_hash="hash"))
    if step == "begin":
        return
    await until(lambda: house.rings(to), f"{to} is not rung", within=10.0)
    house.pick_up()
    if step == "answered":
        return
    await other.until(link.CallIs, lambda told: told.stage == "consulting", since=since, within=10.0)
    await other.send(link.DraftPainted(call, call, "hash"))
    await asyncio.sleep(0.05)
    await desk.send(link.CompleteTransfer(call, "hash") if step == "complete" else link.BackToCustomer(call))


async def _committed_or_aborted(serving: Serving, call: str, has_it: str) -> None:
    """Nothing is pending, and the sheet is with whom the customer talks."""
    await serving.until_one(f"SELECT count(*) FROM tr.draft WHERE contact = '{call}'", 1)
    await serving.until_one(f"SELECT responsible FROM tr.draft WHERE contact = '{call}'", has_it)
    await serving.until_one(f"SELECT agent FROM tr.contact WHERE id = '{call}'", has_it)
    await serving.until_one(f"SELECT count(*) FROM tr.handover WHERE contact = '{call}' AND state = 'begun'", 0)


async def _violations(serving: Serving) -> list[str]:
    async with serving.service.reading() as connection:
        lines = await connection.execute(
            text("SELECT site, epoch, seq, at, contact, kind, who, data FROM tr.contact_event")
        )
        events = [proof_log.Event(*line) for line in lines]
        rows = await connection.execute(
            text("SELECT id, at, contact, ticket, draft, kind, who, data FROM tr.ticket_event ORDER BY id")
        )
        tickets = [proof_log.TicketEvent(*row) for row in rows]
    house = proof_log.House(cadence_s=0.5)
    return [str(wrong) for wrong in proof.prove(events, tickets, house=house, live=True).violations]
