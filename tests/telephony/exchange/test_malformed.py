# SPDX-License-Identifier: GPL-3.0-or-later
"""Broken messages and broken RTP are answered or dropped; the process lives and a talking call hears nothing of it."""

from __future__ import annotations

import asyncio
import random
import socket

import pytest

from telephony.exchange.embedded import sdp, transactions
from telephony.exchange.engine import CallArrived, EndCall, MediaStarted
from tests.telephony.exchange.conftest import EmbeddedSite, alive
from tests.telephony.exchange.conversations import bridged
from tests.telephony.exchange.malformed import messages
from tests.telephony.exchange.peers import loudness, silent_blocks, until


def answers(sock: socket.socket) -> set[int]:
    """The status codes that have come to this socket."""
    codes: set[int] = set()
    while True:
        try:
            codes.add(int(sock.recv(65535).split()[1]))
        except BlockingIOError:
            return codes


async def test_broken_messages_disturb_nobody(site: EmbeddedSite) -> None:
    call, customer, agent = await bridged(site)
    customer.voice.forget()
    agent.voice.forget()
    began = asyncio.get_running_loop().time()
    probe = await site.caller("1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        here = f"127.0.0.1:{sock.getsockname()[1]}"
        bad = list(messages(here, site.where.trunk))
        assert len(bad) >= 60
        sock.setblocking(False)
        codes: set[int] = set()
        for _, datagram in bad:
            for target in (site.trunk, site.phones):
                sock.sendto(datagram, target)
            await asyncio.sleep(0.005)
            codes |= answers(sock)
        assert (await probe.ask("OPTIONS", site.trunk)).status_code == 200
        assert (await probe.ask("OPTIONS", site.phones)).status_code == 200
        codes |= answers(sock)
        assert {400, 405, 481, 483, 488, 415, 420} <= codes
    await until(lambda: asyncio.get_running_loop().time() - began > 1.0)
    assert alive(site.where.pid)
    to_customer, to_agent = customer.voice.heard(), agent.voice.heard()
    assert silent_blocks(to_customer) == silent_blocks(to_agent) == 0
    assert loudness(to_customer, 1500) > 4000
    for strange in site.seen(CallArrived):
        if strange.call != call:
            await site.order(EndCall, strange.call)


async def test_mutated_messages_leave_an_exchange_that_still_takes_calls(site: EmbeddedSite) -> None:
    dice = random.Random(3)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        here = f"127.0.0.1:{sock.getsockname()[1]}"
        bad = [bytearray(datagram) for _, datagram in messages(here, site.where.trunk)]
        for number in range(600):
            datagram = bytearray(dice.choice(bad))
            for _ in range(dice.randrange(1, 8)):
                if datagram:
                    datagram[dice.randrange(len(datagram))] = dice.randrange(256)
            sock.sendto(datagram, site.trunk if number % 2 else site.phones)
            if number % 20 == 0:
                await asyncio.sleep(0.005)
    assert alive(site.where.pid)
    site.facts.clear()
    caller = await site.caller("13500135000")
    caller.call(site.trunk, "400")
    await site.fact(CallArrived, from_number="13500135000")
    snapshot = await site.client.attach(site.epoch)
    for call in snapshot.calls:
        await site.order(EndCall, call.call)


async def test_broken_rtp_is_dropped(site: EmbeddedSite) -> None:
    _, customer, agent = await bridged(site)
    target = customer.voice.remote
    assert target is not None
    agent.voice.forget()
    dice = random.Random(5)
    for _ in range(200):  # from the customer's own address, as a broken device would send
        customer.voice.sock.sendto(dice.randbytes(dice.randrange(0, 300)), target)
    customer.voice.sock.sendto(b"\x9f\x08" + bytes(20), target)  # extension and sources longer than the packet
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
        thief.sendto(b"\x80\x08" + bytes(170), target)
    await asyncio.sleep(0.7)
    assert loudness(agent.voice.heard()[2400:], 1000) > 4000
    assert len(site.seen(MediaStarted)) == 2


@pytest.mark.parametrize("direction", ["sendrecv", "sendonly", "recvonly", "inactive"])
def test_descriptions_answer_each_other(direction: str) -> None:
    here = ("127.0.0.1", 4000)
    offer = sdp.offer(here, (0, 8)).replace("sendrecv", direction) + "m=video 5000 RTP/AVP 96\r\n"
    media = sdp.read(offer)
    assert (media.address, media.laws, media.digits, media.direction) == (here, (0, 8), 101, direction)
    answer = sdp.answer(("127.0.0.1", 6000), media, 8)
    assert "m=video 0 RTP/AVP 96" in answer
    back = sdp.read(answer)
    assert back.laws == (8,)
    assert (back.talks, back.listens) == (media.listens, media.talks)


@pytest.mark.parametrize("port", ["999999", "-1", "0", "65536", "x", ""])
def test_a_port_that_is_none_is_refused(port: str) -> None:
    with pytest.raises(sdp.BadSdp):
        sdp.read(sdp.offer(("127.0.0.1", 4000), (8,)).replace("audio 4000", f"audio {port}"))


async def test_no_transaction_of_a_broken_message_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transactions, "LINGER", 0.2)

    def answered(transaction: transactions.ServerTransaction) -> None:
        if transaction.request.method == "INFO":
            raise RuntimeError("a handler that fails")
        transaction.reply(200 if transaction.request.method != "INVITE" else 488)

    layer = transactions.Transactions("layer", answered, lambda request, source: None)
    await layer.open("127.0.0.1", 0)
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.bind(("127.0.0.1", 0))
            here = f"127.0.0.1:{sock.getsockname()[1]}"
            for _, datagram in messages(here, layer.sent_by):
                layer.socket.datagram_received(datagram, sock.getsockname())
                layer.socket.datagram_received(datagram.replace(b"INVITE", b"INFO"), sock.getsockname())
        assert layer._servers
        await until(lambda: not layer._servers, 5)
        assert not layer._clients
    finally:
        layer.close()
