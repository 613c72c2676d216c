# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings on both engines: customer left, staff right, pauses are silence of the same length, nothing is lost."""

from __future__ import annotations

import asyncio

import numpy as np

from telephony.exchange.engine import Connect, EndCall, PauseRecording, Record, RecordingEnded
from tests.telephony.exchange.contract.conftest import ContractSite
from tests.telephony.exchange.conversations import (
    AGENT,
    CUSTOMER,
    ENGINEER,
    Samples,
    bridged,
    channels,
    heard,
    joined,
    tones,
)

RATE = 8000


async def finished(site: ContractSite, call: str, name: str) -> Samples:
    """End the call; the samples of its recording."""
    await site.do(EndCall, call)
    ended = await site.fact(RecordingEnded, call=call, file=name)
    assert ended.why == "ended"
    samples = channels(site.recordings / name)
    assert abs(len(samples) / RATE - ended.seconds) < 0.05
    return samples


def middle(samples: Samples, seconds: float = 0.5) -> Samples:
    """The samples around the middle."""
    half, at = int(seconds * RATE / 2), len(samples) // 2
    return samples[at - half : at + half]


async def test_customer_left_and_staff_right(site: ContractSite) -> None:
    name = f"sides-{site.epoch}.wav"
    call, customer, _ = await bridged(site, record=name)
    await asyncio.sleep(1.2)
    customer.hang_up()
    samples = middle(await finished(site, call, name))
    assert (tones(samples[:, 0]), tones(samples[:, 1])) == ({CUSTOMER}, {AGENT})


async def test_all_staff_are_on_the_right(site: ContractSite) -> None:
    name = f"staff-{site.epoch}.wav"
    call, _, _ = await bridged(site)
    await joined(site, call, "2001", "e1")
    await site.do(Connect, call, ((call, "a1", "e1"),))
    await site.do(Record, call, name)
    assert (await site.snapshot()).calls[0].recording == name
    assert await site.refused(Record, call, f"other-{name}") == "exists"
    await asyncio.sleep(1.2)
    samples = middle(await finished(site, call, name))
    assert (tones(samples[:, 0]), tones(samples[:, 1])) == ({CUSTOMER}, {AGENT, ENGINEER})


async def test_a_pause_is_silence_and_time_goes_on(site: ContractSite) -> None:
    name = f"pause-{site.epoch}.wav"
    call, customer, agent = await bridged(site, record=name)
    await asyncio.sleep(1.0)
    await site.do(PauseRecording, call, True)
    to_customer, to_agent = await heard(customer, agent, seconds=0.85)  # they go on talking
    assert (tones(to_customer), tones(to_agent)) == ({AGENT}, {CUSTOMER})
    await site.do(PauseRecording, call, False)
    await asyncio.sleep(1.0)
    samples = await finished(site, call, name)
    assert 2.7 < len(samples) / RATE < 3.6
    for side, own in ((0, CUSTOMER), (1, AGENT)):
        loud = (
            np.abs(samples[:, side].astype(int)).reshape(-1)[: len(samples) // 160 * 160].reshape(-1, 160).max(axis=1)
        )
        quiet = longest_run(loud < 100) * 0.02
        assert 0.8 < quiet < 1.6, quiet
        assert tones(samples[int(0.4 * RATE) : int(0.8 * RATE), side]) == {own}
        assert tones(samples[-int(0.5 * RATE) : -int(0.1 * RATE), side]) == {own}


async def test_what_is_said_in_a_pause_is_kept_nowhere(site: ContractSite) -> None:
    """The customer is silent but for the pause: nothing of his voice may be in the file."""
    name = f"secret-{site.epoch}.wav"
    call, customer, _ = await bridged(site)
    customer.voice.hush()
    await asyncio.sleep(0.2)
    await site.do(Record, call, name)
    await asyncio.sleep(0.3)
    await site.do(PauseRecording, call, True)
    customer.voice.speak()
    await asyncio.sleep(0.5)
    customer.voice.hush()
    await asyncio.sleep(0.3)
    await site.do(PauseRecording, call, False)
    await asyncio.sleep(0.4)
    samples = await finished(site, call, name)
    assert int(np.abs(samples[:, 0].astype(int)).max()) < 100


def longest_run(flags: np.ndarray) -> int:
    """The longest run of true values."""
    longest = run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        longest = max(longest, run)
    return longest
