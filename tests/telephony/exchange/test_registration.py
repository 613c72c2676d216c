# SPDX-License-Identifier: GPL-3.0-or-later
"""How the embedded exchange registers at providers of all sorts: 423, ill-mannered ones, changes of a live trunk."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from telephony.exchange.embedded import standing, trunks
from telephony.exchange.embedded.transactions import ServerTransaction, Transactions
from telephony.exchange.engine import Trunk as Setting
from tests.telephony.exchange.peers import HOST, Trunk, until

Changes = list[tuple[str, str, int, str]]


class Book:
    """A trunk book on a socket of its own, with what it told and a provider to register at."""

    def __init__(self) -> None:
        self.changes: Changes = []
        self.line = Transactions("trunk", lambda transaction: None, lambda request, source: None)
        self.trunks = trunks.TrunkBook((), self.line, lambda *change: self.changes.append(change))
        self.provider = Trunk(user="acme", secret="geheim")

    def set(self, **named: object) -> None:
        """The provider as our trunk."""
        own = {"register": True, "username": "acme", "secret": "geheim", **named}
        self.trunks.set(Setting("acme", HOST, self.provider.here[1], **own))

    async def reaches(self, state: str) -> None:
        await until(lambda: bool(self.changes) and self.changes[-1][1] == state)


@pytest.fixture
async def book() -> AsyncIterator[Book]:
    """An empty one."""
    book = Book()
    await book.line.open(HOST, 0)
    await book.provider.open()
    yield book
    await book.trunks.close()
    await asyncio.sleep(0.02)
    book.line.close()
    await book.provider.close()


async def test_a_provider_that_wants_longer_registrations_gets_them(book: Book) -> None:
    book.provider.least = 1800
    book.set()
    await book.reaches("registered")
    assert book.provider.registers[-1].get_header("expires") == "1800"


async def test_a_provider_that_is_never_content_is_refused_and_not_hammered(book: Book) -> None:
    book.provider.secret = ""

    def mean(transaction: ServerTransaction) -> None:
        book.provider.registers.append(transaction.request)
        transaction.reply(423, (("Min-Expires", str(1000 * len(book.provider.registers))),))  # more each time

    book.provider._register = mean  # type: ignore[method-assign]
    book.set()
    await book.reaches("refused")
    assert book.changes[-1][2] == 423
    await asyncio.sleep(0.3)
    assert len(book.provider.registers) == 2


async def test_a_changed_trunk_renews_its_registration_and_does_not_sign_off(book: Book) -> None:
    book.set()
    await book.reaches("registered")
    book.set(caller_id="4006001")
    await until(lambda: book.provider.registered >= 2)
    await asyncio.sleep(0.1)
    assert all(request.get_header("expires") != "0" for request in book.provider.registers)
    assert book.provider.registered == 2


async def test_a_change_of_the_user_signs_the_old_one_off(book: Book) -> None:
    book.set()
    await book.reaches("registered")
    book.set(username="other")
    await until(lambda: any(r.get_header("expires") == "0" for r in book.provider.registers))


async def test_a_registrar_that_goes_away_is_noticed_and_found_again(
    book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "ANSWER_S", 0.2)
    monkeypatch.setattr(standing, "FIRST_RETRY_S", 0.2)
    book.provider.expires = 1
    book.set()
    await book.reaches("registered")
    book.provider.deaf = True
    await book.reaches("unreachable")
    book.provider.deaf = False
    await book.reaches("registered")
    assert [state for _, state, _, _ in book.changes] == ["registered", "unreachable", "registered"]


async def test_a_name_nobody_knows_is_unreachable_and_hurts_nobody(book: Book) -> None:
    book.trunks.set(Setting("far", "no-such-host.invalid"))
    await book.reaches("unreachable")
    assert "no-such-host.invalid" in book.changes[-1][3]
    assert book.trunks.out("far") is None
    assert book.trunks.remove("far")
