# SPDX-License-Identifier: GPL-3.0-or-later
"""The switchboard is killed under talking calls (six, with --long twenty) and a standby takes over, on either exchange.

Nobody's voice stops, nobody is assigned twice, who waited waits on and is served; the checker proves the log.
"""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

from models.kinds import AgentState, Group
from models.rules import proof, proof_log
from models.store import people
from models.store.database import connect_person
from telephony import messages as link
from telephony.service.client import LinkClient
from tests.conftest import PASSWORD
from tests.telephony.exchange.peers import address
from tests.telephony.service.room import DeskUnderTest, until
from tests.telephony.service.serving import START_S, Serving, need_asterisk, serving_site

TALKING, QUICK = 20, 6  # with --long, and in the test command
WAITING = 2
TAKE_OVER_S = 5.0
LEASE = {"TR_LEASE_TTL_S": "1.0", "TR_LEASE_RENEW_S": "0.3", "TR_RING_CADENCE_S": "2"}


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    async with serving_site({str(1001 + number): Group.AGENT for number in range(TALKING)}) as made:
        yield made


async def sit_down(serving: Serving, person: str) -> DeskUnderTest:
    """A desk that looks up where the leader is before each try, as a real one does."""
    database = await connect_person(serving.data, person, PASSWORD, serving.settings)
    token = (await people.sign_in(database)).token
    await database.close()
    desk = DeskUnderTest(person, LinkClient("desk", person))
    serving.desks.append(desk)

    def where() -> str:
        return str(json.loads((serving.data / "site.json").read_text(encoding="utf-8"))["link"])

    desk.client.start(where, token)
    await desk.until(link.Welcome, within=START_S)
    return desk


def mine(desk: DeskUnderTest, since: int = 0) -> str:
    """The call he talks on by the last word he was told."""
    told = [each for each in desk.heard[since:] if isinstance(each, link.CallIs)]
    return told[-1].call if told and told[-1].stage == "talking" and told[-1].connected_at else ""


@pytest.mark.parametrize("exchange", ["embedded", "asterisk"])
async def test_a_standby_takes_talking_calls_over(serving: Serving, exchange: str, long: bool) -> None:
    talking = TALKING if long else QUICK
    if exchange == "asterisk":
        await need_asterisk()
    await serving.start(TR_EXCHANGE=exchange, **LEASE)
    await serving.until_said("SERVING ")
    trunk_side = address((await serving.until_said("READY ")).split()[1])
    desks = [await sit_down(serving, str(1001 + number)) for number in range(talking)]
    phones = [await serving.phone(desk) for desk in desks]
    for desk in desks:
        await desk.send(link.ChooseState(AgentState.READY))
    customers = []
    for number in range(talking + WAITING):
        caller = await serving.caller(f"138001380{number:02}")
        customers.append(caller.call(trunk_side, "400"))

        def everybody_rung_answers() -> bool:
            for phone in phones:
                for talk in phone.talks:
                    if talk.state == "ringing":
                        talk.answer()
            return sum(bool(mine(desk)) for desk in desks) >= min(len(customers), talking)

        await until(everybody_rung_answers, f"{sum(bool(mine(desk)) for desk in desks)} talk", within=START_S)
    before = {desk.person: mine(desk) for desk in desks}
    assert len(set(before.values())) == talking

    leader = serving.process
    reading = serving._reader
    await serving.start(TR_EXCHANGE=exchange, **LEASE)  # the standby
    await serving.until_said("STANDBY")
    since = {desk.person: len(desk.heard) for desk in desks}
    assert leader is not None and reading is not None
    killed = time.monotonic()
    leader.kill()
    await leader.wait()
    await serving.until_said("READY ")
    took = time.monotonic() - killed
    await reading
    heard = [len(customer.voice.heard()) for customer in customers[:talking]]
    await until(lambda: all(mine(desk, since[desk.person]) for desk in desks), "desks are back", within=START_S)
    assert {desk.person: mine(desk, since[desk.person]) for desk in desks} == before
    for desk, phone in zip(desks, phones, strict=True):  # as a handset does when its desk is welcomed again
        assert await phone.register(address(desk.last(link.Welcome).sip_server)) == 200
    for number, customer in enumerate(customers[:talking]):
        assert customer.state == "answered", f"call {number} was dropped"
    await until(lambda: all(len(c.voice.heard()) > heard[n] for n, c in enumerate(customers[:talking])), "is heard on")
    assert all(customer.state == "answered" for customer in customers[talking:]), "who waited hears music"
    assert took < TAKE_OVER_S

    customers[0].hang_up()
    free = await _wraps_up(desks, since)
    await free.send(link.FinishWrapUp(before[free.person]))
    await free.until(link.Offer, since=since[free.person], within=START_S)  # who waited is served
    over = f"SELECT count(*) FROM tr.contact_event WHERE kind = 'ended' AND contact = '{before[free.person]}'"
    await serving.until_one(over, 1)
    async with serving.service.reading() as connection:
        rows = (await connection.execute(text("SELECT * FROM tr.contact_event ORDER BY epoch, seq"))).all()
    log = [proof_log.Event(r.site, r.epoch, r.seq, r.at, r.contact, r.kind, r.who, r.data) for r in rows]
    violations = proof.prove(log, house=proof_log.House(cadence_s=2.0), live=True).violations
    assert [str(each) for each in violations] == []
    print(f"take-over on {exchange}: {took:.2f} s")


async def _wraps_up(desks: list[DeskUnderTest], since: dict[str, int]) -> DeskUnderTest:
    found: list[DeskUnderTest] = []

    def look() -> bool:
        found[:] = [
            desk
            for desk in desks
            if any(getattr(told, "stage", "") == "wrap_up" for told in desk.heard[since[desk.person] :])
        ]
        return bool(found)

    await until(look, "nobody wraps up", within=START_S)
    return found[0]
