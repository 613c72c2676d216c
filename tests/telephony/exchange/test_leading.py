# SPDX-License-Identifier: GPL-3.0-or-later
"""Who leads the exchange: epochs, adoption after a crash, life without a switchboard, one process per folder."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from resources.i18n import tr
from telephony.exchange.embedded.client import EmbeddedExchange, StartFailed, start_if_absent
from telephony.exchange.embedded.process import RUNNING
from telephony.exchange.embedded.recorder import repair
from telephony.exchange.embedded.settings import BadSettings
from telephony.exchange.embedded.switch import LEADERLESS_GRACE_S
from telephony.exchange.engine import (
    CallArrived,
    Connect,
    EndCall,
    LegAnswered,
    LegEnded,
    Refused,
    Ring,
    SetOpen,
    Supervise,
)
from tests.telephony.exchange.conftest import EmbeddedSite, alive, start
from tests.telephony.exchange.conversations import AGENT, BOSS, ENGINEER, bridged, channels, heard, joined, tones
from tests.telephony.exchange.peers import loudness, silent_blocks, until


async def test_a_new_switchboard_adopts_the_talking_call(own_site: EmbeddedSite) -> None:
    site = own_site
    call, customer, agent = await bridged(site, record="r.wav")
    await site.client.close()  # the switchboard dies
    to_customer, to_agent = await heard(customer, agent)
    assert loudness(to_customer, 1500) > 4000
    assert loudness(to_agent, 1000) > 4000
    assert silent_blocks(to_customer) == silent_blocks(to_agent) == 0
    site.client = await EmbeddedExchange.connect(site.where.control)
    snapshot = await site.client.attach(2)
    (found,) = snapshot.calls
    assert (found.call, found.from_number, found.to_number, found.direction) == (call, "13800138000", "400", "in")
    assert found.answered
    assert found.groups == ((call, "a1"),)
    assert found.recording == "r.wav"
    legs = {leg.leg: leg for leg in found.legs}
    assert (legs[call].side, legs[call].stage, legs[call].number) == ("customer", "answered", "13800138000")
    assert (legs["a1"].side, legs["a1"].stage, legs["a1"].extension) == ("staff", "answered", "1001")
    assert [phone.extension for phone in snapshot.phones] == ["1001"]
    answer = await site.client.order(Ring(site.client.next_order(), 2, call, "a1", "1001", {}))
    assert isinstance(answer, Refused)
    assert answer.why == "exists"
    await site.client.order(EndCall(site.client.next_order(), 2, call))
    await customer.reaches("ended")


async def test_without_a_switchboard_new_callers_wait_with_music_and_staff_alone_are_let_go(
    own_site: EmbeddedSite,
) -> None:
    site = own_site
    _, talking, agent = await bridged(site)
    waiting = (await site.caller("13900139000")).call(site.trunk, "400")
    arrived = await site.fact(CallArrived, from_number="13900139000")
    await site.client.close()
    later = (await site.caller("13700137000")).call(site.trunk, "400")
    await later.reaches("answered")  # at once
    await waiting.reaches("answered")  # after the grace
    (samples,) = await heard(later, seconds=0.8)
    assert np.abs(samples.astype(float)).mean() > 100
    talking.hang_up()
    await agent.reaches("ended")
    site.client = await EmbeddedExchange.connect(site.where.control)
    snapshot = await site.client.attach(2)
    assert {c.from_number for c in snapshot.calls} == {"13900139000", "13700137000"}
    assert all(c.answered for c in snapshot.calls)
    assert arrived.call in {c.call for c in snapshot.calls}


async def test_an_agent_lost_without_a_switchboard_leaves_the_customer_with_music(own_site: EmbeddedSite) -> None:
    site = own_site
    _, customer, agent = await bridged(site)
    await site.client.close()
    await asyncio.sleep(0.1)
    agent.hang_up()
    (samples,) = await heard(customer, seconds=1.0)
    assert loudness(samples, 1500) < 200
    assert np.abs(samples.astype(float)).mean() > 100  # the announcement


async def test_colleagues_talk_on_without_a_switchboard_until_one_is_left(own_site: EmbeddedSite) -> None:
    site = own_site
    one, two = await site.phone("1001", AGENT), await site.phone("1002", ENGINEER)
    talks = []
    for leg, phone in (("a1", one), ("a2", two)):
        await site.do(Ring, "staff-1", leg, phone.name, {})
        talks.append(await phone.rung())
        talks[-1].answer()
        await site.fact(LegAnswered, leg=leg)
    await site.do(Connect, "staff-1", (("a1", "a2"),))
    await site.client.close()
    await asyncio.sleep(LEADERLESS_GRACE_S + 0.3)
    assert [tones(samples) for samples in await heard(*talks)] == [{ENGINEER}, {AGENT}]
    talks[0].hang_up()
    await talks[1].reaches("ended")


async def test_a_supervisor_left_alone_without_a_switchboard_is_no_help(own_site: EmbeddedSite) -> None:
    """The agent's phone is gone: the customer hears the announcement, although somebody listens."""
    site = own_site
    call, customer, agent = await bridged(site)
    boss = await joined(site, call, "9001", "s1", BOSS)
    await site.do(Supervise, call, "s1", "a1", "whisper")
    await site.client.close()
    await asyncio.sleep(0.1)
    agent.hang_up()
    (samples,) = await heard(customer, seconds=1.0)
    assert tones(samples) == set()
    assert np.abs(samples.astype(float)).mean() > 100
    customer.hang_up()
    await boss.reaches("ended")


async def test_it_ends_itself_after_the_last_call_when_nobody_leads(data: Path) -> None:
    site = await start(data, linger_s=1.0)
    caller = await site.caller()
    customer = caller.call(site.trunk, "400")
    await site.fact(CallArrived)
    await site.client.close()
    await customer.reaches("answered")
    await asyncio.sleep(1.5)
    assert alive(site.where.pid)  # a call is on
    customer.hang_up()
    await until(lambda: not alive(site.where.pid), 5)
    again = await start(data, linger_s=1.0)  # and the epoch is remembered
    assert again.where.pid != site.where.pid
    await again.close()
    await site.close()


async def test_a_second_start_finds_the_first_and_says_so(own_site: EmbeddedSite) -> None:
    site = own_site
    again = await start_if_absent(site.data)
    assert again == site.where
    words = [
        "-m",
        "telephony.exchange.embedded",
        "--data",
        str(site.data),
        "--trunk",
        "127.0.0.1:0",
        "--phones",
        "127.0.0.1:0",
    ]
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, *words],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
        timeout=20,
    )
    assert done.returncode == RUNNING
    assert tr("exchange.already_running", site.data, site.where.pid) in done.stderr


async def test_a_taken_port_and_a_long_path_are_said_plainly(data: Path) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        trunk = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(StartFailed) as failed:
            await start_if_absent(data, trunk)
        assert trunk in str(failed.value)
    with pytest.raises(BadSettings):
        await start_if_absent(data, control=data / ("x" * 120) / "s")


async def test_the_control_socket_is_for_its_user_only(own_site: EmbeddedSite) -> None:
    site = own_site
    assert stat.S_IMODE(site.where.control.parent.stat().st_mode) == 0o700
    if os.getuid() == 0:  # as root another user can be tried
        done = await asyncio.to_thread(
            subprocess.run,
            ["/bin/sh", "-c", f"cd {site.where.control.parent}"],
            user=65534,
            cwd="/",
            capture_output=True,
        )
        assert done.returncode != 0


async def test_nonsense_on_the_control_socket_is_refused_and_nothing_else_happens(own_site: EmbeddedSite) -> None:
    site = own_site
    reader, writer = await asyncio.open_unix_connection(str(site.where.control))
    for line in (
        b"hello\n",
        b'{"is":"Ring"}\n',
        b'{"is":"Answer","order":1,"epoch":"x","call":3}\n',
        b"[" * 5000 + b"\n",
    ):
        writer.write(line)
        assert b"bad_order" in await reader.readline()
    writer.close()
    await writer.wait_closed()
    await site.do(SetOpen, True)


async def test_a_killed_exchange_leaves_a_readable_recording_and_an_exchange_starts_again(data: Path) -> None:
    site = await start(data)
    call, customer, _ = await bridged(site, record="k.wav")
    await asyncio.sleep(2.3)
    began = time.monotonic()
    os.kill(site.where.pid, signal.SIGKILL)
    await until(lambda: not alive(site.where.pid))
    with pytest.raises(ConnectionError):
        for _ in range(100):
            await site.client.order(EndCall(site.client.next_order(), 1, call))
            await asyncio.sleep(0.01)
    assert time.monotonic() - began < 5
    samples = channels(site.where.recordings / "k.wav")  # readable as it is
    assert len(samples) >= 8000
    path = site.where.recordings / "k.wav"
    with path.open("ab") as file:
        file.write(bytes(400))
    assert repair(site.where.recordings) == ["k.wav"]
    assert len(channels(path)) == len(samples) + 100
    assert repair(site.where.recordings) == []
    customer.over()
    again = await start(data)
    assert again.where.pid != site.where.pid
    await again.close()
    for peer in site.peers:
        await peer.close()
    assert not site.seen(LegEnded)
