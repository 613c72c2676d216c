# SPDX-License-Identifier: GPL-3.0-or-later
"""The desk's client of its handset: starts or finds it, replaces a dead or silent one, survives its desk's death."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from desktop.flows import handset as flow
from desktop.flows.handset import Handset, HandsetLost, kept_session
from telephony.phone.engine import (
    AnswerCall,
    CallGone,
    CallIncoming,
    CommandRefused,
    DialOut,
    HandsetNow,
    HangUpCall,
    Keep,
    Register,
    RegistrationChanged,
)
from tests.telephony.phone.stage import ROOT, alive, until


class Desk:
    """A client with everything it heard."""

    def __init__(self, directory: Path, person: str = "an", **words: Any) -> None:
        self.reports: list[Any] = []
        self.lost: list[str] = []
        self.back: list[HandsetNow] = []
        self.handset = Handset(
            "house", person, directory=directory, sound=False, on_report=self.reports.append,
            on_lost=self.lost.append, on_back=self.back.append, **words,
        )  # fmt: skip

    def heard(self, kind: type) -> list[Any]:
        return [report for report in self.reports if isinstance(report, kind)]


async def test_it_starts_a_handset_registers_and_says_goodbye(short, a_registrar):
    registrar = await a_registrar("a")
    desk = Desk(short)
    now = await desk.handset.start()
    assert now.capabilities.max_calls == 4 and not now.registered
    desk.handset.do(Register(registrar.address, "2001", "a"))
    await until(lambda: desk.heard(RegistrationChanged))
    pid = desk.handset.pid
    await desk.handset.close(goodbye=True)
    assert not alive(pid) and registrar.bound == set()


async def test_a_killed_handset_is_replaced_and_registers_again(short, a_registrar):
    registrar = await a_registrar("a")
    desk = Desk(short)
    await desk.handset.start()
    desk.handset.do(Keep({"token": "t"}))
    desk.handset.do(Register(registrar.address, "2001", "a"))
    await until(lambda: desk.heard(RegistrationChanged))
    first = desk.handset.pid
    os.kill(first, signal.SIGKILL)
    await until(lambda: desk.lost)
    desk.handset.do(HangUpCall(1))
    assert desk.reports[-1] == CommandRefused("HangUpCall", "no_handset")
    await until(lambda: desk.back and len(desk.heard(RegistrationChanged)) == 2)
    assert desk.lost == ["died"] and desk.handset.pid != first and desk.handset.connected
    assert desk.heard(RegistrationChanged)[-1].registered and len(registrar.expires) == 2
    await desk.handset.close()
    again = Desk(short)
    assert (await again.handset.start()).kept == {"token": "t"}
    await again.handset.close(goodbye=True)
    await until(lambda: not alive(again.handset.pid))


async def test_a_silent_handset_is_ended_and_replaced(short, monkeypatch):
    monkeypatch.setattr(flow, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(flow, "SILENCE_S", 0.5)
    desk = Desk(short)
    await desk.handset.start()
    first = desk.handset.pid
    os.kill(first, signal.SIGSTOP)
    await until(lambda: desk.back)
    assert desk.lost == ["silent"] and not alive(first) and alive(desk.handset.pid)
    await desk.handset.close(goodbye=True)


async def test_a_silent_handset_of_an_earlier_desk_is_replaced_too(short, monkeypatch):
    monkeypatch.setattr(flow, "HEARTBEAT_S", 0.2)
    monkeypatch.setattr(flow, "SILENCE_S", 0.5)
    earlier = Desk(short)
    await earlier.handset.start()
    earlier.handset.do(Keep({"token": "t"}))
    await earlier.handset.close()
    assert await kept_session("house", "an", short) == {"token": "t"}
    assert await kept_session("house", "nobody", short) == {}
    desk = Desk(short)
    await desk.handset.start()
    first = desk.handset.pid
    os.kill(first, signal.SIGSTOP)
    await until(lambda: desk.back)
    assert desk.handset.pid != first
    await desk.handset.close(goodbye=True)


DESK = """
import asyncio, sys
from pathlib import Path
from desktop.flows.handset import Handset
from telephony.phone.engine import AnswerCall, CallChanged, CallIncoming, Keep

async def desk():
    def hear(report):
        if isinstance(report, CallIncoming):
            handset.do(AnswerCall(report.call.call))
        if isinstance(report, CallChanged) and report.call.stage == "talking":
            print("talking", flush=True)
    handset = Handset("house", "an", directory=Path(sys.argv[1]), sound=False, on_report=hear)
    now = await handset.start()
    handset.do(Keep({"token": "t-1"}))
    print(now.sip, handset.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(desk())
"""


async def test_a_desk_killed_in_a_call_finds_it_again(short):
    first = await asyncio.create_subprocess_exec(
        sys.executable, "-c", DESK, str(short), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    sip, pid = (await first.stdout.readline()).decode().split()
    peer = Desk(short, "peer")
    await peer.handset.start()
    peer.handset.do(DialOut(f"sip:x@{sip}", {"X-Call-Id": "k1"}))
    assert await first.stdout.readline() == b"talking\n"
    first.kill()
    await first.wait()
    await asyncio.sleep(0.3)
    assert alive(int(pid)) and not peer.heard(CallGone)
    desk = Desk(short)
    now = await desk.handset.start()
    assert desk.handset.pid == int(pid)
    assert now.kept == {"token": "t-1"}
    assert [(call.tag, call.stage, call.direction) for call in now.calls] == [("k1", "talking", "in")]
    desk.handset.do(HangUpCall(now.calls[0].call))
    await until(lambda: peer.heard(CallGone))
    await desk.handset.close(goodbye=True)
    await peer.handset.close(goodbye=True)
    await until(lambda: not alive(int(pid)))


async def test_a_second_window_takes_the_handset_and_the_first_does_not_fight_back(short):
    one, two = Desk(short), Desk(short)
    await one.handset.start()
    await two.handset.start()
    await until(lambda: one.lost)
    await asyncio.sleep(0.3)
    assert one.lost == ["another_desk"] and two.lost == [] and two.handset.connected
    assert one.handset.pid == two.handset.pid and alive(two.handset.pid)
    await one.handset.close()
    await two.handset.close(goodbye=True)
    await until(lambda: not alive(two.handset.pid))


async def test_two_persons_of_a_site_have_two_handsets(short):
    an, bo = Desk(short, "an"), Desk(short, "bo")
    await an.handset.start()
    await bo.handset.start()
    bo_sip = bo.handset.now.sip
    an.handset.do(DialOut(f"sip:x@{bo_sip}", {}))
    await until(lambda: bo.heard(CallIncoming))
    bo.handset.do(AnswerCall(bo.heard(CallIncoming)[0].call.call))
    await until(lambda: an.handset.now and an.reports[-1].call.stage == "talking" if an.reports else False)
    await an.handset.close(goodbye=True)
    await until(lambda: bo.heard(CallGone))
    await bo.handset.close(goodbye=True)


async def test_an_engine_there_is_none_of_is_said(short):
    desk = Desk(short, engine="pigeon")
    with pytest.raises(HandsetLost, match="pjsua2") as told:
        await desk.handset.start()
    assert told.value.why == "engine_unavailable"
    await desk.handset.close()


async def test_the_heartbeat_is_not_a_report(short, monkeypatch):
    monkeypatch.setattr(flow, "HEARTBEAT_S", 0.05)
    desk = Desk(short)
    await desk.handset.start()
    await asyncio.sleep(0.5)
    assert desk.reports == []
    await desk.handset.close(goodbye=True)
