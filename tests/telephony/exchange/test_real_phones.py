# SPDX-License-Identifier: GPL-3.0-or-later
"""Foreign software against the exchange: pjsua2 as customer and as agent, sipp as customer."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sys
import wave
from pathlib import Path

import numpy as np
import psutil
import pytest

from telephony.exchange.engine import (
    Answer,
    CallArrived,
    CallEnded,
    Connect,
    Drop,
    EndCall,
    LegAnswered,
    LegEnded,
    LegRinging,
    MediaStarted,
    Record,
    RecordingEnded,
    Ring,
    SetAccount,
)
from tests.telephony.exchange.conftest import EmbeddedSite
from tests.telephony.exchange.conversations import channels
from tests.telephony.exchange.peers import Phone, loudness, silent_blocks, until

PHONE = Path(__file__).with_name("pjsua2_phone.py")


async def softphone(wav: Path, hz: int, *words: str) -> asyncio.subprocess.Process:
    """A pjsua2 phone that is ready."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(PHONE), str(wav), str(hz), *words, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    while line := await asyncio.wait_for(process.stdout.readline(), 15):
        if line == b"ready\n":
            return process
    raise AssertionError("the phone did not become ready")


def mono(path: Path) -> np.ndarray:
    """The samples of a phone's own recording, at 8 kHz."""
    with wave.open(str(path), "rb") as file:
        step = file.getframerate() // 8000
        return np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")[::step]


async def test_two_softphones_hear_each_other_and_are_recorded(site: EmbeddedSite, tmp_path: Path) -> None:
    await site.do(SetAccount, "3001", "geheim")
    agent = await softphone(tmp_path / "agent.wav", 1500, "register", site.where.phones, "3001", "geheim")
    customer = await softphone(tmp_path / "customer.wav", 1000, "call", f"sip:400@{site.where.trunk}")
    try:
        call = (await site.fact(CallArrived, from_number="13800138000")).call
        await site.do(Ring, call, "a1", "3001", {"X-Queue": "1"})
        await site.fact(LegRinging, leg="a1")
        await site.fact(LegAnswered, leg="a1")
        await site.do(Answer, call)
        await site.do(Connect, call, ((call, "a1"),))
        await site.fact(MediaStarted, leg=call)
        await site.fact(MediaStarted, leg="a1")
        await asyncio.sleep(0.5)
        await site.do(Record, call, f"{call}.wav")
        await asyncio.sleep(2.6)
        await site.do(EndCall, call)
        ended = await site.fact(RecordingEnded)
        await site.fact(CallEnded)
        assert await asyncio.wait_for(agent.wait(), 10) == 0
        assert await asyncio.wait_for(customer.wait(), 10) == 0
    finally:
        for process in (agent, customer):
            if process.returncode is None:
                process.kill()
                await process.wait()
    for path, hears, not_own in (("agent.wav", 1000, 1500), ("customer.wav", 1500, 1000)):
        samples = mono(tmp_path / path)[8000:20000]
        assert len(samples) == 12000
        assert loudness(samples, hears) > 2000 > 100 > loudness(samples, not_own), path
    recorded = channels(site.where.recordings / ended.file)[2000:18000]
    left, right = recorded[:, 0], recorded[:, 1]
    assert loudness(left, 1000) > 2000 > 100 > loudness(left, 1500)
    assert loudness(right, 1500) > 2000 > 100 > loudness(right, 1000)
    assert silent_blocks(left) <= 1
    assert silent_blocks(right) <= 1


def sipp(*words: str) -> list[str]:
    """The words that start sipp. Its absence is a failure: the test set-up installs it."""
    program = shutil.which("sipp")
    assert program, "sipp is not installed"
    return [program, *words, "-nostdin", "-timeout", "20s", "-timeout_error"]


@pytest.mark.parametrize("calls", [5])
async def test_sipp_customers_are_answered_and_hang_up(site: EmbeddedSite, tmp_path: Path, calls: int) -> None:
    words = sipp(
        site.where.trunk, "-sn", "uac", "-s", "400", "-i", "127.0.0.1", "-m", str(calls), "-r", "20", "-d", "300"
    )
    process = await asyncio.create_subprocess_exec(
        *words, cwd=tmp_path, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    answered: set[str] = set()
    try:
        for _ in range(600):
            for arrived in site.seen(CallArrived):
                if arrived.call not in answered:
                    answered.add(arrived.call)
                    await site.do(Answer, arrived.call)
            if process.returncode is not None:
                break
            await asyncio.sleep(0.02)
        assert process.returncode == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert len(answered) == calls
    ends = [fact for fact in site.seen(LegEnded) if fact.why == "bye" and fact.by == "far"]
    assert len(ends) == len(site.seen(CallEnded)) == calls


async def test_sipp_as_a_phone_is_rung_by_its_registration(site: EmbeddedSite, tmp_path: Path) -> None:
    """sipp's own server answers INVITE with 180 and 200; the binding is made for it by a peer of the same port."""
    await site.do(SetAccount, "3002", "geheim")
    for _ in range(3):  # the port may be somebody else's by the time sipp wants it
        process = await _sipp_as_phone(site, tmp_path)
        if process.returncode is None:
            break
    try:
        caller = await site.caller()
        caller.laws = (0,)  # the only law of sipp's own answer
        caller.call(site.trunk, "400")
        call = (await site.fact(CallArrived)).call
        await site.do(Ring, call, "a1", "3002", {})
        ended = asyncio.create_task(site.fact(LegEnded, leg="a1"))
        answered = asyncio.create_task(site.fact(LegAnswered, leg="a1"))
        done, waiting = await asyncio.wait({ended, answered}, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()
        assert answered in done
        await site.do(Drop, call, "a1")
        assert await asyncio.wait_for(process.wait(), 10) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _sipp_as_phone(site: EmbeddedSite, folder: Path) -> asyncio.subprocess.Process:
    """sipp where 3002 is registered; returns when it listens, or has ended."""
    phone = Phone("3002", "geheim")
    await phone.open()
    port = phone.here[1]
    assert await phone.register(site.phones) == 200
    await phone.close()
    words = sipp("-sn", "uas", "-i", "127.0.0.1", "-p", str(port), "-m", "1")
    process = await asyncio.create_subprocess_exec(
        *words, cwd=folder, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )

    def listens() -> bool:
        if process.returncode is not None:
            return True
        with contextlib.suppress(psutil.NoSuchProcess):
            return any(each.laddr.port == port for each in psutil.Process(process.pid).net_connections("udp"))
        return False

    await until(listens, 10.0)
    return process
