# SPDX-License-Identifier: GPL-3.0-or-later
"""From the desk's wish to the voice in the ear, on either exchange: the service as it is shipped, with real phones.

What the parts are tested for one by one has to hold together here, names of legs and calls among it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import update

from models.kinds import AgentState, Group
from models.routing import trunk
from models.store.database import connect_owner
from telephony import messages as link
from tests.telephony.exchange.conversations import AGENT, BOSS, CUSTOMER, ENGINEER, hears
from tests.telephony.exchange.peers import Phone, Trunk
from tests.telephony.service.room import DeskUnderTest, until
from tests.telephony.service.serving import Serving, need_asterisk, serving_site

STAFF = {"1001": Group.AGENT, "2031": Group.ENGINEER, "9001": Group.SUPERVISOR}
HZ = {"1001": AGENT, "2031": ENGINEER, "9001": BOSS}


@pytest.fixture(params=["embedded", "asterisk"])
async def serving(request: pytest.FixtureRequest) -> AsyncIterator[Serving]:
    if request.param == "asterisk":
        await need_asterisk()
    async with serving_site(STAFF) as made:
        made.exchange = request.param
        yield made


async def provider_of(serving: Serving) -> Trunk:
    """A provider that answers whoever is dialled over the site's trunk."""
    peer = Trunk(hz=CUSTOMER)
    serving.peers.append(await peer.open())
    owner = connect_owner(serving.data, serving.settings)
    async with owner.transaction() as connection:
        await connection.execute(update(trunk).values(port=peer.here[1], caller_id="4001"))
    await owner.close()
    return peer


async def sit_down(serving: Serving, *staff: str) -> tuple[dict[str, DeskUnderTest], dict[str, Phone]]:
    """Desks and registered phones of these people, each with a voice of his own."""
    desks = {person: await serving.desk(person) for person in staff}
    return desks, {person: await serving.phone(desk, HZ[person]) for person, desk in desks.items()}


async def now(desk: DeskUnderTest, stage: str) -> link.CallIs:
    return await desk.until(link.CallIs, lambda call: call.stage == stage, within=10.0)


async def test_an_agent_dials_a_supervisor_hears_whispers_barges_in_and_takes_over(serving: Serving) -> None:
    provider = await provider_of(serving)
    await serving.start("--open-when-staffed", TR_EXCHANGE=serving.exchange, TR_WRAP_UP_S="30")
    await serving.until_said("SERVING ")
    desks, phones = await sit_down(serving, "1001", "9001")
    agent, boss = desks["1001"], desks["9001"]
    await agent.send(link.ChooseState(AgentState.READY))
    await serving.until_said("READY ")

    await agent.send(link.DialNumber("13900001111", ""))
    mine = await phones["1001"].rung()
    mine.answer()
    await until(lambda: provider.talks and provider.talks[0].state == "answered", "the customer is reached")
    customer = provider.talks[0]
    talking = await agent.until(link.CallIs, lambda call: call.stage == "talking" and call.connected_at > 0)
    assert talking.responsible and talking.direction == "out"
    assert await hears(customer, mine) == [{AGENT}, {CUSTOMER}]

    await boss.send(link.Supervise(talking.call, "1001", "listen"))
    ear = await phones["9001"].rung()
    ear.answer()
    await now(boss, "supervising")
    assert await hears(customer, mine, ear) == [{AGENT}, {CUSTOMER}, {CUSTOMER, AGENT}]
    await boss.send(link.Supervise(talking.call, "1001", "whisper"))
    await boss.until(link.CallIs, lambda call: call.mode == "whisper")
    assert await hears(customer, mine) == [{AGENT}, {CUSTOMER, BOSS}]
    await boss.send(link.Supervise(talking.call, "1001", "barge"))
    await boss.until(link.CallIs, lambda call: call.mode == "barge")
    assert await hears(customer, mine) == [{AGENT, BOSS}, {CUSTOMER, BOSS}]
    await boss.send(link.TakeOver(talking.call))
    taken = await boss.until(link.CallIs, lambda call: call.responsible)
    assert (taken.call, taken.draft, taken.handed_by_name) == (talking.call, talking.draft, "员工1001")
    await mine.reaches("ended")
    assert await hears(customer, ear) == [{BOSS}, {CUSTOMER}]

    customer.hang_up()
    await now(boss, "wrap_up")
    await boss.send(link.FinishWrapUp(talking.call))
    await serving.until_one(f"SELECT outcome FROM tr.contact WHERE id = '{talking.call}'", "answered")
    await serving.until_one(f"SELECT count(*) FROM tr.recording WHERE contact = '{talking.call}' AND seconds > 0", 1)


async def test_a_dialled_customer_is_handed_to_an_engineer_with_the_sheet(serving: Serving) -> None:
    provider = await provider_of(serving)
    await serving.start("--open-when-staffed", TR_EXCHANGE=serving.exchange, TR_RING_CADENCE_S="2")
    await serving.until_said("SERVING ")
    desks, phones = await sit_down(serving, "1001", "2031")
    agent, engineer = desks["1001"], desks["2031"]
    for desk in desks.values():
        await desk.send(link.ChooseState(AgentState.READY))
    await agent.send(link.DialNumber("13900001111", ""))
    mine = await phones["1001"].rung()
    mine.answer()
    talking = await agent.until(link.CallIs, lambda call: call.stage == "talking" and call.connected_at > 0)
    customer = provider.talks[0]
    await agent.send(link.Transfer(talking.call, to="2031"))
    his = await phones["2031"].rung()
    his.answer()
    await now(agent, "consulting")
    assert await hears(mine, his) == [{ENGINEER}, {AGENT}]
    await agent.send(link.CompleteTransfer(talking.call))
    taken = await engineer.until(link.CallIs, lambda call: call.responsible and call.stage == "talking")
    assert (taken.call, taken.draft) == (talking.call, talking.draft)
    assert await hears(customer, his) == [{ENGINEER}, {CUSTOMER}]
    customer.hang_up()
    await now(engineer, "wrap_up")
