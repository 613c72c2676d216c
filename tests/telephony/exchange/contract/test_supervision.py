# SPDX-License-Identifier: GPL-3.0-or-later
"""Listen, whisper, barge and take over, told by four tones: the customer never hears a whisper, nor the recording."""

from __future__ import annotations

import asyncio

from telephony.exchange.engine import Connect, Drop, EndCall, LegEnded, Record, RecordingEnded, Supervise
from tests.telephony.exchange.contract.conftest import ContractSite
from tests.telephony.exchange.conversations import (
    AGENT,
    BOSS,
    CUSTOMER,
    ENGINEER,
    bridged,
    channels,
    heard,
    hears,
    is_silent,
    joined,
    tones,
)
from tests.telephony.exchange.peers import Talk


async def watched(site: ContractSite, mode: str) -> tuple[str, Talk, Talk, Talk]:
    """A call with a supervisor, leg "s1", on the agent."""
    call, customer, agent = await bridged(site)
    boss = await joined(site, call, "9001", "s1", BOSS)
    await site.do(Supervise, call, "s1", "a1", mode)
    return call, customer, agent, boss


async def test_who_listens_hears_both_and_is_heard_by_nobody(site: ContractSite) -> None:
    call, customer, agent, boss = await watched(site, "listen")
    assert await hears(customer, agent, boss) == [{AGENT}, {CUSTOMER}, {CUSTOMER, AGENT}]
    assert (await site.snapshot()).calls[0].supervised == (("s1", "a1", "listen"),)
    assert (await site.snapshot()).calls[0].groups == ((call, "a1"),)


async def test_a_whisper_is_heard_by_the_agent_only(site: ContractSite) -> None:
    call, customer, agent, boss = await watched(site, "whisper")
    assert await hears(customer, agent, boss) == [{AGENT}, {CUSTOMER, BOSS}, {CUSTOMER, AGENT}]
    await site.do(Supervise, call, "s1", "a1", "listen")
    assert await hears(customer, agent, boss) == [{AGENT}, {CUSTOMER}, {CUSTOMER, AGENT}]
    await site.do(Supervise, call, "s1", "a1", "whisper")
    assert await hears(agent) == [{CUSTOMER, BOSS}]


async def test_off_is_silence_and_no_more(site: ContractSite) -> None:
    call, customer, agent, boss = await watched(site, "whisper")
    await site.do(Supervise, call, "s1", "a1", "off")
    to_customer, to_agent, to_boss = await heard(customer, agent, boss)
    assert (tones(to_customer), tones(to_agent)) == ({AGENT}, {CUSTOMER})
    assert is_silent(to_boss)
    assert (await site.snapshot()).calls[0].supervised == ()


async def test_barge_and_take_over(site: ContractSite) -> None:
    call, customer, agent, boss = await watched(site, "listen")
    await site.do(Connect, call, ((call, "a1", "s1"),))  # barge
    assert await hears(customer, agent, boss) == [{AGENT, BOSS}, {CUSTOMER, BOSS}, {CUSTOMER, AGENT}]
    assert (await site.snapshot()).calls[0].supervised == ()
    await site.do(Connect, call, ((call, "s1"),))  # take over
    await site.do(Drop, call, "a1")
    await agent.reaches("ended")
    assert await hears(customer, boss) == [{BOSS}, {CUSTOMER}]


async def test_listening_goes_on_when_who_talks_changes(site: ContractSite) -> None:
    """The agent consults an engineer: the supervisor hears that too, and nobody hears him."""
    call, customer, agent, boss = await watched(site, "whisper")
    engineer = await joined(site, call, "2001", "e1")
    await site.do(Connect, call, ((call, "a1", "e1"),))
    assert await hears(customer, agent, engineer, boss) == [
        {AGENT, ENGINEER},
        {CUSTOMER, ENGINEER, BOSS},
        {CUSTOMER, AGENT},
        {CUSTOMER, AGENT, ENGINEER},
    ]


async def test_the_recording_holds_no_whisper(site: ContractSite) -> None:
    call, _, agent, _ = await watched(site, "whisper")
    name = f"whisper-{site.epoch}.wav"
    await site.do(Record, call, name)
    assert await hears(agent) == [{CUSTOMER, BOSS}]
    await asyncio.sleep(0.7)
    await site.do(EndCall, call)
    await site.fact(RecordingEnded, file=name)
    samples = channels(site.recordings / name)[3200:]
    assert (tones(samples[:, 0]), tones(samples[:, 1])) == ({CUSTOMER}, {AGENT})


async def test_the_end_of_the_agent_ends_it(site: ContractSite) -> None:
    call, _, agent, boss = await watched(site, "listen")
    agent.hang_up()
    await site.fact(LegEnded, leg="a1")
    assert (await site.snapshot()).calls[0].supervised == ()
    (to_boss,) = await heard(boss)
    assert tones(to_boss) == set()
    assert boss.state == "answered"
    await site.do(EndCall, call)
    await boss.reaches("ended")


async def test_the_supervisor_leaves_without_a_trace(site: ContractSite) -> None:
    call, customer, agent, boss = await watched(site, "whisper")
    boss.hang_up()
    await site.fact(LegEnded, leg="s1", by="far")
    assert (await site.snapshot()).calls[0].supervised == ()
    assert await hears(customer, agent) == [{AGENT}, {CUSTOMER}]
    assert (await site.snapshot()).calls[0].groups == ((call, "a1"),)


async def test_what_is_no_supervision_is_refused(site: ContractSite) -> None:
    call, _, _, _ = await watched(site, "listen")
    assert await site.refused(Supervise, call, "zz", "a1", "listen") == "no_such_leg"
    assert await site.refused(Supervise, call, "s1", "zz", "listen") == "no_such_leg"
    assert await site.refused(Supervise, call, "s1", "a1", "shout") == "bad_order"
    assert await site.refused(Supervise, call, "s1", "s1", "listen") == "bad_order"
    assert await site.refused(Supervise, call, "s1", call, "whisper") == "bad_order"  # never to the customer
    assert await site.refused(Supervise, call, "a1", call, "listen") == "bad_order"  # he is in a group
    assert (await site.snapshot()).calls[0].supervised == (("s1", "a1", "listen"),)
