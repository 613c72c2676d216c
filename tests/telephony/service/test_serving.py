# SPDX-License-Identifier: GPL-3.0-or-later
"""The real process: its own PostgreSQL and exchange, real SIP peers; killed and started again during a call."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator

import pytest

from models.kinds import AgentState, Group
from models.store import people
from models.store.database import connect_owner
from telephony import messages as link
from telephony.exchange.embedded.client import running
from telephony.service.client import Connected
from tests.telephony.exchange.peers import address
from tests.telephony.service.serving import START_S, Serving, serving_site


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    async with serving_site({"1001": Group.AGENT}) as made:
        yield made


async def test_a_real_call_survives_the_death_of_the_switchboard(serving: Serving) -> None:
    await serving.start("--open-when-staffed")
    await serving.until_said("SERVING ")
    desk = await serving.desk("1001")
    phone = await serving.phone(desk)
    await desk.send(link.ChooseState(AgentState.READY))
    trunk = (await serving.until_said("READY ")).split()[1]
    caller = await serving.caller()
    customer = caller.call(address(trunk), "400")
    offer = await desk.until(link.Offer)
    assert offer.from_number == "+8613800138000"
    (await phone.rung()).answer()
    talking = await desk.until(link.CallIs, lambda call: call.stage == "talking" and call.connected_at > 0)
    await desk.until(link.CallIs, lambda call: call.draft != "")

    since = len(desk.heard)
    await serving.kill()
    heard = len(customer.voice.heard())
    await asyncio.sleep(0.3)
    assert len(customer.voice.heard()) > heard + 800  # they go on talking
    port = json.loads((serving.data / "site.json").read_text(encoding="utf-8"))["link_port"]
    await serving.start(TR_LINK_PORT=str(port))
    await desk.until(Connected, since=since, within=START_S)
    found = await desk.until(link.CallIs, lambda call: call.stage == "talking", since=since, within=START_S)
    assert (found.call, found.responsible) == (talking.call, True)
    assert desk.last(link.Welcome).sip_secret == phone.secret

    customer.hang_up()
    await desk.until(link.CallIs, lambda call: call.stage == "wrap_up", since=since)
    await desk.send(link.FinishWrapUp(talking.call))
    await desk.until(link.MyState, lambda told: told.state is AgentState.READY, since=since)
    await serving.until_one(f"SELECT outcome FROM tr.contact WHERE id = '{talking.call}'", "answered")
    await serving.until_one(f"SELECT count(*) FROM tr.recording WHERE contact = '{talking.call}' AND seconds > 0", 1)
    file = await serving.one("SELECT file FROM tr.recording")
    assert (serving.data / "recordings" / file).stat().st_size > 1000

    since = len(desk.heard)
    exchange = running(serving.data / "exchange")
    assert exchange is not None
    os.kill(exchange.pid, signal.SIGKILL)
    again = await desk.until(link.Welcome, since=since, within=START_S)
    assert again.sip_server == desk.last(link.Welcome).sip_server == exchange.phones
    assert await phone.register(address(again.sip_server)) == 200
    await desk.until(link.MyState, lambda told: told.state is AgentState.READY, since=since)
    caller.call(address(trunk), "400")
    await desk.until(link.Offer, since=since)
    (await phone.rung()).answer()
    await desk.until(link.CallIs, lambda call: call.connected_at > 0, since=since)

    owner = connect_owner(serving.data, serving.settings)
    await people.disable(owner, "1001")
    await owner.close()
    assert (await desk.until(link.Rejected)).why == "disabled"
    assert await serving.kill(signal.SIGTERM) == 0
