# SPDX-License-Identifier: GPL-3.0-or-later
"""Accounts at an Asterisk that does everything and tells nothing, as when an endpoint goes before its phone."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from telephony.exchange.asterisk.accounts import Accounts
from telephony.exchange.asterisk.client import Reply
from telephony.exchange.engine import PhoneLost, PhoneRegistered

CONTACT = "sip:1001@127.0.0.1:40000"


class Quiet:
    """An ARI that says 200 to everything; `asked` is what for."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    def ask(self, method: str, path: str, body: object = None, **query: str) -> asyncio.Future[Reply]:
        self.asked.append((method, path))
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        reply.set_result(Reply(200, None))
        return reply


def accounts() -> tuple[Accounts, Quiet, list[Any]]:
    facts: list[Any] = []
    ari = Quiet()
    node, book = SimpleNamespace(app="app", tls=False, srtp=False), SimpleNamespace(accounts={}, ready={})
    switch = SimpleNamespace(ari=ari, fact=facts.append, book=book, node=node)
    return Accounts(switch), ari, facts  # type: ignore[arg-type]


async def test_a_phone_whose_account_is_removed_is_lost_even_if_asterisk_does_not_say_so() -> None:
    made, _, facts = accounts()
    assert await made.set_account("1001", "geheim") == ""
    made.contact("1001", CONTACT, "NonQualified")
    assert await made.set_account("1001", "") == ""
    assert [type(fact) for fact in facts] == [PhoneRegistered, PhoneLost]
    made.contact("1001", CONTACT, "Removed")  # told after all
    made.contact("1001", CONTACT, "NonQualified")  # or a word from before, late
    assert [type(fact) for fact in facts] == [PhoneRegistered, PhoneLost] and not made.phones


async def test_an_account_without_a_phone_goes_without_a_word() -> None:
    made, ari, facts = accounts()
    await made.set_account("1001", "geheim")
    assert await made.set_account("1001", "") == "" and not facts
    gone = [path.split("/")[-2] for method, path in ari.asked if method == "DELETE" and "/res_pjsip/" in path]
    assert gone == ["endpoint", "aor", "auth"]
