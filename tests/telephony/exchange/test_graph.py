# SPDX-License-Identifier: GPL-3.0-or-later
"""Who hears whom: announcement and music, hold, consult, merge, complete, back; digits; sound that stops."""

from __future__ import annotations

import asyncio

import numpy as np

from telephony.exchange.engine import (
    Answer,
    CallArrived,
    Connect,
    DigitPressed,
    Drop,
    LegAnswered,
    LegEnded,
    MediaLost,
    MediaStarted,
    Play,
    PromptEnded,
    Refused,
    Ring,
    SendDigits,
)
from tests.telephony.exchange.conftest import Site
from tests.telephony.exchange.peers import Talk, loudness, until
from tests.telephony.exchange.test_calls import bridged

CUSTOMER, AGENT, ENGINEER = 1000.0, 1500.0, 2100.0


async def heard(*talks: Talk, seconds: float = 0.5) -> list[np.ndarray]:
    """What each of them hears from now on, after what is on its way has arrived."""
    await asyncio.sleep(0.15)
    for talk in talks:
        talk.voice.forget()
    await asyncio.sleep(seconds)
    return [talk.voice.heard() for talk in talks]


def tones(samples: np.ndarray) -> set[float]:
    """Which of the three voices are in the samples."""
    return {hz for hz in (CUSTOMER, AGENT, ENGINEER) if loudness(samples, hz) > 2500}


def is_music(samples: np.ndarray) -> bool:
    """Neither silence nor any of the voices."""
    return not tones(samples) and float(np.abs(samples.astype(float)).mean()) > 200


async def joined(site: Site, call: str, extension: str, leg: str) -> Talk:
    """A further staff leg, answered."""
    phone = await site.phone(extension, ENGINEER)
    await site.do(Ring, call, leg, extension, {})
    talk = await phone.rung()
    talk.answer()
    await site.fact(LegAnswered, leg=leg)
    return talk


async def test_hold_consult_merge_complete_and_back(site: Site) -> None:
    call, customer, agent = await bridged(site)
    await site.do(Connect, call, (("a1",),))  # hold
    to_customer, to_agent = await heard(customer, agent)
    assert is_music(to_customer)
    assert np.abs(to_agent).max() < 100

    engineer = await joined(site, call, "2001", "e1")
    await site.do(Connect, call, (("a1", "e1"),))  # consult
    to_customer, to_agent, to_engineer = await heard(customer, agent, engineer)
    assert is_music(to_customer)
    assert (tones(to_agent), tones(to_engineer)) == ({ENGINEER}, {AGENT})

    await site.do(Connect, call, ((call, "a1"), ("e1",)))  # back for a moment
    to_customer, to_agent, to_engineer = await heard(customer, agent, engineer)
    assert (tones(to_customer), tones(to_agent), tones(to_engineer)) == ({AGENT}, {CUSTOMER}, set())

    await site.do(Connect, call, ((call, "a1", "e1"),))  # all three
    to_customer, to_agent, to_engineer = await heard(customer, agent, engineer)
    assert tones(to_customer) == {AGENT, ENGINEER}
    assert tones(to_agent) == {CUSTOMER, ENGINEER}
    assert tones(to_engineer) == {CUSTOMER, AGENT}

    await site.do(Connect, call, ((call, "e1"),))  # complete
    await site.do(Drop, call, "a1")
    await agent.reaches("ended")
    to_customer, to_engineer = await heard(customer, engineer)
    assert (tones(to_customer), tones(to_engineer)) == ({ENGINEER}, {CUSTOMER})
    snapshot = await site.client.attach(site.epoch)
    assert snapshot.calls[0].groups == ((call, "e1"),)
    assert not site.seen(MediaLost)


async def test_announcement_then_music_then_ringing_tone(site: Site) -> None:
    caller = await site.caller()
    customer = caller.call(site.trunk, "400")
    call = (await site.fact(CallArrived)).call
    refused = await site.order(Play, call, call, ("recording_notice",))
    assert isinstance(refused, Refused)
    assert refused.why == "not_answered"
    await site.do(Answer, call)
    missing = await site.order(Play, call, call, ("no_such_prompt",))
    assert isinstance(missing, Refused)
    await site.do(Play, call, call, ("recording_notice",), then="music")
    started = asyncio.get_running_loop().time()
    await site.fact(PromptEnded, leg=call)
    assert 3.0 < asyncio.get_running_loop().time() - started < 8.0
    (samples,) = await heard(customer)
    assert is_music(samples)
    await site.do(Play, call, call, (), then="ringing")
    (samples,) = await heard(customer, seconds=0.7)
    assert loudness(samples, 450) > 3000
    await asyncio.sleep(0.5)
    (samples,) = await heard(customer)
    assert np.abs(samples).max() < 100


async def test_digits_in_and_out(site: Site) -> None:
    call, customer, agent = await bridged(site)
    for digit in "1#":
        customer.voice.press(digit)
        await site.fact(DigitPressed, leg=call, digit=digit)
    assert len(site.seen(DigitPressed)) == 2
    customer.request("INFO", "Signal=5\r\nDuration=160\r\n", "application/dtmf-relay")
    await site.fact(DigitPressed, leg=call, digit="5")
    agent.voice.press("9")
    await site.fact(DigitPressed, leg="a1", digit="9")
    await until(lambda: customer.voice.digits == "9")  # passed on to the customer's side
    assert agent.voice.digits == ""  # the customer's keys are not
    await site.do(SendDigits, call, call, "07*")
    await until(lambda: customer.voice.digits == "907*")
    assert isinstance(await site.order(SendDigits, call, call, "x"), Refused)


async def test_sound_that_stops_is_lost_and_comes_back(site: Site) -> None:
    call, _, agent = await bridged(site)
    agent.voice.talking = False
    lost = await site.fact(MediaLost, leg="a1", seconds=6)
    assert not [fact for fact in site.seen(MediaLost) if fact.leg == call]
    before = len(site.seen(MediaStarted))
    agent.voice.talking = True
    await until(lambda: len(site.seen(MediaStarted)) == before + 1)
    back = site.seen(MediaStarted)[-1]
    assert back.leg == "a1"
    assert back.at > lost.at


async def test_a_phone_on_hold_by_itself_is_not_lost_and_comes_back(site: Site) -> None:
    _, customer, agent = await bridged(site)
    offer = agent.peer_offer("inactive")
    agent.voice.talking = False
    answers = agent.request("INVITE", offer)
    await until(lambda: any(a.status_code == 200 for a in answers))
    assert "a=inactive" in answers[-1].text
    await asyncio.sleep(0.2)
    before = agent.voice.packets
    await asyncio.sleep(3.6)
    assert agent.voice.packets == before
    assert not site.seen(MediaLost)
    agent.voice.talking = True
    answers = agent.request("INVITE", agent.peer_offer("sendrecv"))
    await until(lambda: any(a.status_code == 200 for a in answers))
    to_customer, to_agent = await heard(customer, agent)
    assert (tones(to_customer), tones(to_agent)) == ({AGENT}, {CUSTOMER})


async def test_a_phone_may_not_change_its_law_in_the_call(site: Site) -> None:
    _, _, agent = await bridged(site)
    other = agent.peer_offer("sendrecv").replace(f"RTP/AVP {agent.voice.law}", "RTP/AVP 18")
    answers = agent.request("INVITE", other)
    await until(lambda: bool(answers) and answers[-1].status_code >= 200)
    assert answers[-1].status_code == 488
    assert not site.seen(LegEnded)
