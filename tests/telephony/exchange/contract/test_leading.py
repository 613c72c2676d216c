# SPDX-License-Identifier: GPL-3.0-or-later
"""Who leads an exchange, on both engines: epochs, cutting off an older leader, adopting what stands after a crash."""

from __future__ import annotations

import asyncio

import pytest

from telephony.exchange.engine import (
    Connect,
    EndCall,
    Facilities,
    LegEnded,
    List,
    PauseRecording,
    Refused,
    Ring,
    SetOpen,
    Snapshot,
    StaleEpoch,
    Supervise,
)
from tests.telephony.exchange.contract.conftest import ContractSite
from tests.telephony.exchange.conversations import AGENT, BOSS, CUSTOMER, arrived, bridged, hears, joined
from tests.telephony.exchange.peers import Trunk, until


async def cut_off(site: ContractSite) -> None:
    """Wait until the site notices that it leads no more: ConnectionError, and nothing is done."""
    with pytest.raises(ConnectionError):
        for _ in range(200):
            answer = await site.order(SetOpen, False)
            assert answer == Refused(answer.order, "stale_epoch")
            await asyncio.sleep(0.01)


async def test_a_second_leader_cuts_off_the_first(site: ContractSite) -> None:
    call, customer, agent = await bridged(site)
    second = await site.house.lead()
    assert second.found.epoch == second.epoch > site.epoch
    assert [standing.call for standing in second.found.calls] == [call]
    await cut_off(site)
    assert (await second.snapshot()).calls[0].groups == ((call, "a1"),)
    assert await hears(customer, agent) == [{AGENT}, {CUSTOMER}]
    customer.hang_up()
    await second.fact(LegEnded, leg=call, why="bye")  # the facts are the second's now
    await second.do(EndCall, call)
    await agent.reaches("ended")
    await second.vanish()
    await second.leave()


async def test_a_lower_epoch_may_not_lead_nor_order(site: ContractSite) -> None:
    late = await site.house.connect()
    with pytest.raises(StaleEpoch):
        await late.attach(site.epoch - 1)
    await late.close()
    answer = await site.client.order(SetOpen(site.client.next_order(), site.epoch - 1, False))
    assert isinstance(answer, Refused)
    assert answer.why == "stale_epoch"
    await arrived(site)  # still open, still led


async def test_a_list_does_not_lead(site: ContractSite) -> None:
    call, _ = await arrived(site)
    answer = await site.client.order(List(site.client.next_order()))
    assert isinstance(answer, Snapshot)
    assert answer.epoch == site.epoch
    assert [standing.call for standing in answer.calls] == [call]
    assert isinstance(site.client.facilities, Facilities)
    assert site.client.facilities.name == site.house.engine


async def test_everything_is_found_again_when_the_leader_has_vanished(site: ContractSite) -> None:
    name = f"adopted-{site.epoch}.wav"
    call, customer, agent = await bridged(site, record=name)
    boss = await joined(site, call, "9001", "s1", BOSS)
    await site.do(Supervise, call, "s1", "a1", "listen")
    await site.do(PauseRecording, call, True)
    await site.provider(Trunk(user="acme"))
    await site.vanish()
    await asyncio.sleep(0.2)
    assert await hears(customer, agent, boss) == [{AGENT}, {CUSTOMER}, {CUSTOMER, AGENT}]
    next_one = await site.house.lead()
    (standing,) = next_one.found.calls
    assert (standing.call, standing.from_number, standing.to_number) == (call, "13800138000", "400")
    assert (standing.direction, standing.answered, standing.trunk) == ("in", True, "world")
    assert standing.groups == ((call, "a1"),)
    assert standing.recording == name
    assert standing.supervised == (("s1", "a1", "listen"),)
    legs = {leg.leg: leg for leg in standing.legs}
    assert (legs[call].side, legs[call].stage, legs[call].number) == ("customer", "answered", "13800138000")
    assert (legs["a1"].side, legs["a1"].stage, legs["a1"].extension) == ("staff", "answered", "1001")
    assert (legs["s1"].side, legs["s1"].stage, legs["s1"].extension) == ("staff", "answered", "9001")
    assert {known.extension for known in next_one.found.phones} == {"1001", "9001"}
    assert set(next_one.found.accounts) == {"1001", "9001"}
    assert {trunk.trunk for trunk in next_one.found.trunks} == {"world", "acme"}
    assert await next_one.refused(Ring, call, "a1", "1001", {}) == "exists"
    await next_one.do(Connect, call, ((call, "s1"),))  # and it is led on
    assert await hears(customer, boss) == [{BOSS}, {CUSTOMER}]
    await next_one.do(EndCall, call)
    await customer.reaches("ended")
    await boss.reaches("ended")
    await next_one.vanish()
    await next_one.leave()


async def test_who_waits_is_found_again(site: ContractSite) -> None:
    """An unanswered caller and a ringing phone survive a quick change of leaders."""
    phone = await site.phone("1001")
    call, customer = await arrived(site)
    await site.do(Ring, call, "a1", "1001", {})
    agent = await phone.rung()
    next_one = await site.house.lead()
    (standing,) = next_one.found.calls
    assert not standing.answered
    assert {leg.leg: leg.stage for leg in standing.legs} == {call: "ringing", "a1": "ringing"}
    agent.answer()
    await until(lambda: agent.acked)
    customer.cancel()
    await next_one.fact(LegEnded, leg=call, why="cancel")
    await next_one.do(EndCall, call)
    await agent.reaches("ended")
    await next_one.vanish()
    await next_one.leave()
