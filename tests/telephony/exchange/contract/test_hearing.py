# SPDX-License-Identifier: GPL-3.0-or-later
"""Who hears whom, told by each party's own tone: talk, music, prompts, hold, consult, merge, complete and back."""

from __future__ import annotations

import asyncio
import wave
from pathlib import Path

import numpy as np
import pytest

import resources
from telephony.exchange.engine import (
    Answer,
    CallEnded,
    Connect,
    Drop,
    EndCall,
    LegAnswered,
    MediaLost,
    MediaStarted,
    Play,
    PromptEnded,
    Ring,
)
from tests.telephony.exchange.contract.conftest import ContractSite
from tests.telephony.exchange.conversations import (
    AGENT,
    CUSTOMER,
    ENGINEER,
    Samples,
    arrived,
    bridged,
    heard,
    hears,
    is_music,
    is_silent,
    joined,
    tones,
)
from tests.telephony.exchange.peers import Talk, loudness, silent_blocks, until

RINGING_TONE = 450.0


async def test_customer_and_agent_hear_each_other_without_gaps(site: ContractSite) -> None:
    _, customer, agent = await bridged(site)
    to_customer, to_agent = await heard(customer, agent, seconds=0.8)
    assert (tones(to_customer), tones(to_agent)) == ({AGENT}, {CUSTOMER})
    assert silent_blocks(to_agent) == silent_blocks(to_customer) == 0
    assert len(to_agent) > 0.8 * 0.8 * 8000


async def test_hold_consult_back_merge_and_complete(site: ContractSite) -> None:
    call, customer, agent = await bridged(site)
    await site.do(Connect, call, (("a1",),))  # hold
    to_customer, to_agent = await heard(customer, agent)
    assert is_music(to_customer)
    assert is_silent(to_agent)

    engineer = await joined(site, call, "2001", "e1")
    await site.do(Connect, call, (("a1", "e1"),))  # consult
    to_customer, to_agent, to_engineer = await heard(customer, agent, engineer)
    assert is_music(to_customer)
    assert (tones(to_agent), tones(to_engineer)) == ({ENGINEER}, {AGENT})

    await site.do(Connect, call, ((call, "a1"), ("e1",)))  # back for a moment
    assert await hears(customer, agent, engineer) == [{AGENT}, {CUSTOMER}, set()]

    await site.do(Connect, call, ((call, "a1", "e1"),))  # all three
    assert await hears(customer, agent, engineer) == [{AGENT, ENGINEER}, {CUSTOMER, ENGINEER}, {CUSTOMER, AGENT}]

    await site.do(Connect, call, ((call, "e1"),))  # complete
    await site.do(Drop, call, "a1")
    await agent.reaches("ended")
    assert await hears(customer, engineer) == [{ENGINEER}, {CUSTOMER}]
    assert (await site.snapshot()).calls[0].groups == ((call, "e1"),)
    assert not site.seen(MediaLost)


async def test_others_may_be_left_in_silence(site: ContractSite) -> None:
    call, customer, agent = await bridged(site)
    await site.do(Connect, call, (("a1",),), others="silence")
    to_customer, to_agent = await heard(customer, agent)
    assert is_silent(to_customer)
    assert is_silent(to_agent)
    await site.do(Connect, call, ((call, "a1"),))
    assert await hears(customer, agent) == [{AGENT}, {CUSTOMER}]


async def test_an_agent_who_is_gone_leaves_the_customer_alone(site: ContractSite) -> None:
    call, customer, agent = await bridged(site)
    agent.hang_up()
    await until(lambda: not agent.peer.talks)
    (samples,) = await heard(customer)
    assert tones(samples) == set()
    await site.do(Play, call, call, (), then="music")
    (samples,) = await heard(customer)
    assert is_music(samples)


async def test_announcement_then_music(site: ContractSite) -> None:
    call, customer = await arrived(site)
    await site.do(Answer, call)
    assert "prompt" in await site.refused(Play, call, call, ("no_such_prompt",))
    await site.fact(MediaStarted, leg=call)
    await site.do(Play, call, call, ("nobody",), then="music")
    began = asyncio.get_running_loop().time()
    (samples,) = await heard(customer, seconds=1.0)
    assert np.abs(samples.astype(float)).mean() > 100
    await site.fact(PromptEnded, call=call, leg=call)
    assert 5.0 < asyncio.get_running_loop().time() - began < 8.0
    (samples,) = await heard(customer)
    assert is_music(samples)


async def test_a_later_order_replaces_the_prompt_and_it_ends_without_a_word(site: ContractSite) -> None:
    call, customer = await arrived(site)
    await site.do(Answer, call)
    await site.fact(MediaStarted, leg=call)
    await site.do(Play, call, call, ("nobody",), then="")
    await heard(customer, seconds=0.1)
    await site.do(Play, call, call, (), then="ringing")
    await once_heard(customer, RINGING_TONE)
    agent = await joined(site, call, "1001", "a1", AGENT)
    await site.do(Connect, call, ((call, "a1"),))
    assert await hears(customer, agent) == [{AGENT}, {CUSTOMER}]
    assert not site.seen(PromptEnded)


@pytest.mark.parametrize("language", ["zh_CN", "en"])
async def test_a_prompt_is_spoken_in_the_language_that_was_ordered(site: ContractSite, language: str) -> None:
    call, customer = await arrived(site)
    await site.do(Answer, call)
    assert await site.refused(Play, call, call, ("nobody",), language="Klingon") == "bad_order"
    await site.fact(MediaStarted, leg=call)
    await site.do(Play, call, call, ("nobody",), then="", language=language)
    (samples,) = await heard(customer, seconds=1.0)
    likeness = {each: alike(samples[2000:6000], each, "nobody") for each in ("zh_CN", "en")}
    assert likeness.pop(language) > 0.9
    assert max(likeness.values()) < 0.7


def alike(samples: Samples, language: str, prompt: str) -> float:
    """How well the samples fit into the prompt, at the best place: 1 is the same."""
    with wave.open(str(Path(resources.__file__).parent / "prompts" / language / f"{prompt}.wav")) as file:
        whole = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(float)
    part = samples.astype(float)
    power = np.convolve(whole**2, np.ones(len(part)), "valid")
    return float(np.max(np.correlate(whole, part, "valid") / np.sqrt(power * (part**2).sum() + 1.0)))


async def once_heard(talk: Talk, hz: float) -> None:
    """Wait until a tone is heard; a ringing tone pauses."""
    for _ in range(30):
        (samples,) = await heard(talk, seconds=0.15)
        if loudness(samples, hz) > 2500:
            return
    raise AssertionError(f"{hz} Hz is not heard")


async def test_two_colleagues_talk_without_a_customer(site: ContractSite) -> None:
    """A phone rung under a new id begins a call."""
    one, two = await site.phone("1001", AGENT), await site.phone("1002", ENGINEER)
    call = f"staff-{site.epoch}"
    await site.do(Ring, call, "a1", "1001", {})
    first = await one.rung()
    first.answer()
    await site.fact(LegAnswered, leg="a1")
    await site.do(Ring, call, "a2", "1002", {})
    second = await two.rung()
    second.answer()
    await site.fact(LegAnswered, leg="a2")
    await site.do(Connect, call, (("a1", "a2"),))
    assert await hears(first, second) == [{ENGINEER}, {AGENT}]
    (standing,) = (await site.snapshot()).calls
    assert (standing.direction, {leg.side for leg in standing.legs}) == ("out", {"staff"})
    await site.do(EndCall, call)
    await site.fact(CallEnded, call=call)


async def test_sound_that_stops_is_lost_and_comes_back(site: ContractSite) -> None:
    call, _, agent = await bridged(site)
    agent.voice.talking = False
    lost = await site.fact(MediaLost, leg="a1", seconds=8)
    assert not site.seen(MediaLost, leg=call)
    before = len(site.seen(MediaStarted, leg="a1"))
    agent.voice.talking = True
    await until(lambda: len(site.seen(MediaStarted, leg="a1")) == before + 1)
    assert site.seen(MediaStarted, leg="a1")[-1].at > lost.at
