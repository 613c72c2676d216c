# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS and SRTP against a real Asterisk with a certificate made for this test."""

from __future__ import annotations

import asyncio
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from telephony.exchange.asterisk.certificates import make_certificate
from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.own import OwnAsterisk, start_asterisk
from telephony.exchange.engine import (
    Answer,
    CallArrived,
    Connect,
    Done,
    LegAnswered,
    Ring,
    SetAccount,
    SetOpen,
    SetTrunk,
    Trunk,
)
from telephony.phone.engine import (
    AnswerCall,
    CallChanged,
    CallGone,
    DialOut,
    HangUpCall,
    Levels,
    Register,
    RegistrationChanged,
    Speak,
)
from telephony.phone.trust import Untrusted, certificate, fingerprint
from tests.telephony.exchange.installed import asterisk_or_skip
from tests.telephony.phone.stage import Line

CUSTOMERS = "127.0.0.2"


@dataclass
class Secure:
    """An Asterisk whose phone side speaks TLS, and the way to lead it."""

    own: OwnAsterisk
    chain: Path
    other: Path
    client: AsteriskExchange
    facts: list[Any]

    async def do(self, kind: Any, *words: Any) -> None:
        said = await self.client.order(kind(self.client.next_order(), 1, *words))
        assert isinstance(said, Done), said

    async def fact(self, kind: type) -> Any:
        """The oldest fact of that kind that was not taken yet."""
        async with asyncio.timeout(15):
            while not (found := [fact for fact in self.facts if isinstance(fact, kind)]):
                self.facts.append(await self.client.fact())
        self.facts.remove(found[0])
        return found[0]


@pytest.fixture
async def secure() -> AsyncIterator[Secure]:
    installation = await asyncio.to_thread(asterisk_or_skip)
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    made = await asyncio.to_thread(make_certificate, folder / "tls", installation)
    other = await asyncio.to_thread(make_certificate, folder / "other", installation)
    own = await start_asterisk(folder / "a", installation=installation, certificate=made)
    client = await AsteriskExchange.connect([own.node()], folder / "recordings")
    try:
        await client.attach(1)
        site = Secure(own, made.chain, other.chain, client, [])
        await site.do(SetOpen, True)
        await site.do(SetTrunk, Trunk("world", CUSTOMERS, numbers=("400",)))
        await site.do(SetAccount, "3001", "geheim")
        yield site
    finally:
        await client.close()
        await own.stop()
        shutil.rmtree(folder, ignore_errors=True)


async def test_signalling_and_sound_are_secured_and_only_the_trusted_server_gets_the_sign_in(
    secure: Secure, handset: Callable[..., Awaitable[Line]], tone: Callable[[int], str]
) -> None:
    agent, customer = await handset(), await handset("--bind", CUSTOMERS)
    server = secure.own.phones_tls

    def wish(trust: str) -> Register:
        return Register(server, "3001", "geheim", transport="tls", media="sdes", trust=trust)

    agent.do(wish(str(secure.other)))
    assert (await agent.hear(RegistrationChanged)).why == "untrusted"
    agent.do(wish("sha256:" + fingerprint(secure.other.read_text())))
    assert (await agent.hear(RegistrationChanged)).why == "untrusted"
    agent.do(wish("sha256:" + fingerprint(secure.chain.read_text())))
    assert (await agent.hear(RegistrationChanged)) == RegistrationChanged(True, 200, "")
    agent.do(wish(str(secure.chain)))
    assert (await agent.hear(RegistrationChanged)) == RegistrationChanged(True, 200, "")
    now = await agent.ask()
    assert now.secure and not now.media_secure

    customer.do(DialOut(f"sip:400@{secure.own.trunk}", {}, "13800138000"))
    call = (await secure.fact(CallArrived)).call
    await secure.do(Ring, call, "a1", "3001", {"X-Call-Id": "s-1"})
    ringing = await agent.ringing()
    assert (ringing.tag, ringing.secure, ringing.media_secure) == ("s-1", True, False)
    agent.do(Speak(tone(1500)))
    customer.do(Speak(tone(900)))
    agent.do(AnswerCall(ringing.call))
    await secure.fact(LegAnswered)
    await secure.do(Answer, call)
    await secure.do(Connect, call, ((call, "a1"),))
    await agent.hear(CallChanged, lambda report: report.call.media_secure)
    for line in (agent, customer):
        await line.hear(Levels, lambda levels: levels.earpiece > 0.02, seconds=15)
    now = await agent.ask()
    assert now.secure and now.media_secure and now.calls[0].media_secure
    theirs = (await customer.ask()).calls[0]
    assert not theirs.secure and not theirs.media_secure, "the other leg goes in the clear, and says so"
    agent.do(HangUpCall(ringing.call))
    assert (await agent.hear(CallGone)).by == "us"


def test_a_trust_that_is_none_is_said(tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("nothing")
    for trust in (str(tmp_path / "none.pem"), str(tmp_path / "no.pem"), "sha256:12", "sha256:" + "x" * 64):
        with pytest.raises(Untrusted, match="bad_trust"):
            certificate(trust, "127.0.0.1:1")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with pytest.raises(Untrusted, match="unreachable"):
            certificate("sha256:" + "0" * 64, f"127.0.0.1:{closed.getsockname()[1]}")
