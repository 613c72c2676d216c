# SPDX-License-Identifier: GPL-3.0-or-later
"""The races and losses of SIP over UDP: duplicates, lost answers, lost BYE, missing ACK, crossings, intruders."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import pytest

from telephony.exchange.embedded import transactions
from telephony.exchange.embedded.sip import Addr, SipRequest, SipResponse, generate_branch
from telephony.exchange.engine import (
    Answer,
    CallArrived,
    CallEnded,
    Drop,
    EndCall,
    LegAnswered,
    LegEnded,
    LegRinging,
    PhoneLost,
    Refuse,
    Ring,
    Ringback,
)
from tests.telephony.exchange.conftest import EmbeddedSite
from tests.telephony.exchange.conversations import bridged
from tests.telephony.exchange.peers import Caller, Peer, Talk, until


class Wire:
    """Sees, and may lose, what a peer sends and gets."""

    def __init__(self, peer: Peer) -> None:
        self.received: list[SipRequest | SipResponse] = []
        self.lose_out = 0
        self.lose_in: set[str] = set()
        self.lose_any: Callable[[], bool] = lambda: False
        socket = peer.transactions.socket
        self._deliver, self._send = socket._receive, socket.send
        socket._receive = self._came
        socket.send = self._goes  # type: ignore[method-assign]
        self.sent: list[bytes] = []

    def _came(self, message: SipRequest | SipResponse, source: Addr, at: float) -> None:
        self.received.append(message)
        word = message.method if isinstance(message, SipRequest) else str(message.status_code)
        if word not in self.lose_in and not self.lose_any():
            self._deliver(message, source, at)

    def _goes(self, raw: bytes, to: Addr) -> None:
        self.sent.append(raw)
        if self.lose_out:
            self.lose_out -= 1
        elif not self.lose_any():
            self._send(raw, to)

    def requests(self, method: str) -> int:
        """How often such a request came."""
        return sum(isinstance(m, SipRequest) and m.method == method for m in self.received)

    def answers(self, code: int) -> int:
        """How often such an answer came."""
        return sum(isinstance(m, SipResponse) and m.status_code == code for m in self.received)


async def arrived(site: EmbeddedSite, caller: Caller) -> tuple[str, Talk]:
    """A call that has just come."""
    customer = caller.call(site.trunk, "400")
    return (await site.fact(CallArrived)).call, customer


async def test_a_repeated_invite_is_one_call_and_gets_the_same_answer(site: EmbeddedSite) -> None:
    caller = await site.caller()
    wire = Wire(caller)
    call, _ = await arrived(site, caller)
    await site.do(Ringback, call)
    await until(lambda: wire.answers(180) == 1)
    caller.transactions.socket.send(wire.sent[0], site.trunk)
    await until(lambda: wire.answers(180) == 2)
    await site.do(Answer, call)
    await until(lambda: wire.answers(200) == 1)
    caller.transactions.socket.send(wire.sent[0], site.trunk)
    await until(lambda: wire.answers(200) == 2)
    assert len(site.seen(CallArrived)) == 1


async def test_a_lost_refusal_is_repeated_until_its_ack(site: EmbeddedSite) -> None:
    caller = await site.caller()
    wire = Wire(caller)
    call, customer = await arrived(site, caller)
    wire.lose_in = {"480"}
    await site.do(Refuse, call, 480)
    await until(lambda: wire.answers(480) >= 2)
    wire.lose_in = set()
    await customer.reaches("ended")
    seen = wire.answers(480)
    await asyncio.sleep(1.2)
    assert wire.answers(480) == seen


async def test_a_200_is_repeated_until_its_ack_and_repeated_200s_get_the_ack_again(site: EmbeddedSite) -> None:
    caller = await site.caller()
    wire = Wire(caller)
    call, customer = await arrived(site, caller)
    wire.lose_in = {"200"}
    await site.do(Answer, call)
    await until(lambda: wire.answers(200) >= 2)
    wire.lose_in = set()
    await customer.reaches("answered")
    await asyncio.sleep(0.1)
    seen = wire.answers(200)
    await asyncio.sleep(1.5)
    assert wire.answers(200) == seen


async def test_a_lost_invite_to_a_phone_is_repeated(site: EmbeddedSite) -> None:
    phone = await site.phone("1001")
    wire = Wire(phone)
    caller = await site.caller()
    call, _ = await arrived(site, caller)
    wire.lose_in = {"INVITE"}
    await site.do(Ring, call, "a1", "1001", {})
    await until(lambda: wire.requests("INVITE") >= 2)
    wire.lose_in = set()
    await site.fact(LegRinging, leg="a1")
    assert len(phone.past) == 1


async def test_a_mute_phone_is_unreachable(site: EmbeddedSite) -> None:
    phone = await site.phone("1001")
    Wire(phone).lose_in = {"INVITE"}
    caller = await site.caller()
    call, _ = await arrived(site, caller)
    await site.do(Ring, call, "a1", "1001", {})
    ended = await site.fact(LegEnded, leg="a1", seconds=6)
    assert (ended.by, ended.why) == ("system", "unreachable")
    await site.fact(PhoneLost, extension="1001")


async def test_a_lost_bye_is_repeated(site: EmbeddedSite) -> None:
    call, customer, agent = await bridged(site)
    wire = Wire(agent.peer)
    wire.lose_in = {"BYE"}
    await site.do(EndCall, call)
    await until(lambda: wire.requests("BYE") >= 3)
    wire.lose_in = set()
    await agent.reaches("ended")
    await customer.reaches("ended")


async def test_a_cancel_waits_for_the_first_answer(site: EmbeddedSite) -> None:
    phone = await site.phone("1001")
    wire = Wire(phone)
    phone.incoming = lambda talk: None  # type: ignore[method-assign]
    caller = await site.caller()
    call, _ = await arrived(site, caller)
    await site.do(Ring, call, "a1", "1001", {})
    await until(lambda: bool(phone.talks))
    await site.do(Drop, call, "a1")
    await asyncio.sleep(0.3)
    assert wire.requests("CANCEL") == 0
    talk = phone.talks[0]
    talk.ring()
    await until(lambda: wire.requests("CANCEL") == 1)
    await talk.reaches("ended")


async def test_the_customer_gives_up_while_he_is_answered(site: EmbeddedSite) -> None:
    caller = await site.caller()
    wire = Wire(caller)
    call, customer = await arrived(site, caller)
    await site.do(Ringback, call)
    await customer.reaches("ringing")
    wire.lose_in = {"200"}
    await site.do(Answer, call)
    customer.cancel()  # too late: the 200 is on its way, CANCEL changes nothing
    await asyncio.sleep(0.2)
    assert not site.seen(LegEnded)
    wire.lose_in = set()
    await customer.reaches("answered")
    customer.hang_up()
    await site.fact(LegEnded, leg=call, by="far", why="bye")


async def test_an_intruder_who_knows_the_call_id_gets_481(site: EmbeddedSite) -> None:
    _, customer, agent = await bridged(site)
    thief = await site.caller("666")
    assert customer.dialog is not None
    for tags in (("x", "y"), (customer.dialog.local_tag, "y"), ("x", customer.dialog.remote_tag)):
        for method in ("BYE", "INVITE", "INFO"):
            request = SipRequest(method=method, uri="sip:exchange")
            request.headers.set_single("From", f"<sip:a@b>;tag={tags[0]}")
            request.headers.set_single("To", f"<sip:c@d>;tag={tags[1]}")
            request.headers.set_single("Call-ID", customer.dialog.call_id)
            request.headers.set_single("CSeq", f"77 {method}")
            codes: list[int] = []
            thief.transactions.request(request, site.trunk, lambda r, codes=codes: codes.append(r.status_code))
            await until(lambda codes=codes: bool(codes))
            assert codes == [481]
    assert not site.seen(LegEnded)
    assert agent.state == "answered"


async def test_old_sequence_numbers_and_unknown_requests_in_a_dialog_do_no_harm(site: EmbeddedSite) -> None:
    _, customer, _ = await bridged(site)
    assert customer.dialog is not None
    for method, code in (("UPDATE", 405), ("MESSAGE", 405), ("REFER", 405), ("OPTIONS", 200)):
        answers = customer.request(method)
        await until(lambda answers=answers: bool(answers))
        assert answers[0].status_code == code, method
    customer.dialog.local_seq = 0
    answers = customer.request("BYE")
    await until(lambda: bool(answers))
    assert answers[0].status_code == 500
    assert not site.seen(LegEnded)


async def test_lost_datagrams_lose_no_call(site: EmbeddedSite) -> None:
    """One datagram in eight is lost, each way, at the customers' and the phone's side."""
    dice = random.Random(11)
    phone = await site.phone("1001")
    caller = await site.caller()
    for peer in (caller, phone):
        wire = Wire(peer)
        wire.lose_any = lambda: dice.random() < 0.125
    talks = [caller.call(site.trunk, "400") for _ in range(8)]
    await until(lambda: len(site.seen(CallArrived)) == 8)
    for number, arrived_call in enumerate(site.seen(CallArrived)):
        await site.do(Ring, arrived_call.call, f"a{number}", "1001", {})
    await until(lambda: sum(t.state == "ringing" for t in phone.talks) == 8)
    for agent in list(phone.talks):
        agent.answer()
    await until(lambda: len(site.seen(LegAnswered)) == 8)
    for arrived_call in site.seen(CallArrived):
        await site.do(Answer, arrived_call.call)
    await until(lambda: all(talk.state == "answered" for talk in talks))
    for talk in talks:
        talk.hang_up()
    await until(lambda: len([f for f in site.seen(LegEnded) if f.why == "bye"]) == 8)
    for arrived_call in site.seen(CallArrived):
        await site.do(EndCall, arrived_call.call)
    await until(lambda: not phone.talks)
    assert len(site.seen(CallEnded)) == len(phone.past) == 8


async def test_no_ack_and_no_answer_come_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """32 s by RFC 3261, here in 0.4 s."""
    monkeypatch.setattr(transactions, "T1", 0.02)
    monkeypatch.setattr(transactions, "LINGER", 0.4)
    served: list[transactions.ServerTransaction] = []
    server = transactions.Transactions("server", served.append, lambda request, source: None)
    client = transactions.Transactions("client", lambda transaction: None, lambda request, source: None)
    await server.open("127.0.0.1", 0)
    await client.open("127.0.0.1", 0)
    answers: list[SipResponse] = []
    try:
        silent = client.request(invite(), ("127.0.0.1", server.socket.address[1]), answers.append)
        await until(lambda: bool(served))
        await until(lambda: bool(answers), 2)
        assert silent.timed_out
        assert answers[0].status_code == 408
        assert 4 <= client.counts["repeated_requests"] <= 6
        gone: list[bool] = []
        served[0].on_unconfirmed = lambda: gone.append(True)
        served[0].reply(200)
        await until(lambda: gone == [True], 2)
        assert server.counts["repeated_answers"] >= 3
    finally:
        server.close()
        client.close()


def invite() -> SipRequest:
    """A bare INVITE."""
    request = SipRequest(method="INVITE", uri="sip:x@127.0.0.1")
    request.headers.set_single("From", "<sip:a@b>;tag=1")
    request.headers.set_single("To", "<sip:c@d>")
    request.headers.set_single("Call-ID", generate_branch())
    request.headers.set_single("CSeq", "1 INVITE")
    return request
