# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what at the trunk socket: our numbers only, never on to a trunk, believed identities."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from telephony.exchange.engine import (
    CallArrived,
    CallRefused,
    Dial,
    RemoveTrunk,
    SetOpen,
    SetTrunk,
    TrunkChanged,
)
from telephony.exchange.engine import Trunk as Setting
from tests.telephony.exchange.conftest import EmbeddedSite, start
from tests.telephony.exchange.peers import HOST, Caller, Trunk, until


async def test_options_tell_whether_the_house_is_open(site: EmbeddedSite) -> None:
    """Asterisk answers OPTIONS by itself; there the trunk learns it from the 503 to its call alone."""
    caller = await site.caller()
    assert (await caller.ask("OPTIONS", site.trunk)).status_code == 200
    await site.do(SetOpen, False)
    assert (await caller.ask("OPTIONS", site.trunk)).status_code == 503
    caller.call(site.trunk, "400")
    assert (await site.fact(CallRefused, code=503)).why == "closed"


async def test_no_registration_and_no_other_request_at_the_trunk_side(site: EmbeddedSite) -> None:
    caller = await site.caller()
    assert (await caller.ask("REGISTER", site.trunk, {"Contact": caller.contact})).status_code == 405
    assert (await caller.ask("SUBSCRIBE", site.trunk)).status_code == 405
    assert (await caller.ask("BYE", site.trunk)).status_code == 481


async def trunks(data: Path, *callers: Caller) -> EmbeddedSite:
    """A site that knows both callers as trunks: the first is trusted, the second is not. 400 and 401 are ours."""
    rows = [
        {"name": f"t{n}", "host": HOST, "port": caller.here[1], "trusted": n == 0, "numbers": ["400", "+401"]}
        for n, caller in enumerate(callers)
    ]
    (data / "trunks.json").write_text(json.dumps(rows), encoding="utf-8")
    return await start(data, trunks=data / "trunks.json")


async def test_only_our_numbers_and_never_from_trunk_to_trunk(data: Path) -> None:
    first, second = Caller("13800138000"), Caller("13900139000")
    await first.open()
    await second.open()
    site = await trunks(data, first, second)
    site.peers += [first, second]
    try:
        strange = await first.call(site.trunk, "13900001111").reaches("ended")
        assert strange.code == 404
        assert not second.past
        assert (await site.fact(CallRefused)).why == "not_our_number"
        first.call(site.trunk, "401")
        await site.fact(CallArrived, to_number="401", trunk="t0")
        await asyncio.sleep(0.2)  # nobody but the switchboard sends a caller on
        assert not second.past
    finally:
        await site.close()


async def test_an_asserted_identity_counts_from_a_trusted_trunk_only(data: Path) -> None:
    first, second, third = Caller("13800138000"), Caller("13900139000"), Caller("13700137000")
    for caller in (first, second, third):
        await caller.open()
    site = await trunks(data, first, second)
    site.peers += [first, second, third]
    asserted = {"P-Asserted-Identity": '"Boss" <sip:110@gov>'}
    try:
        first.call(site.trunk, "400", asserted, sender="<sip:anonymous@anonymous.invalid>;tag=1")
        assert (await site.fact(CallArrived, trunk="t0")).from_number == "110"
        second.call(site.trunk, "400", asserted)
        assert (await site.fact(CallArrived, trunk="t1")).from_number == "13900139000"
        third.call(site.trunk, "400", asserted)  # same machine as a trusted trunk, another port
        arrived = await site.fact(CallArrived, from_number="13700137000")
        assert arrived.from_name == ""
    finally:
        await site.close()


async def test_who_is_no_trunk_is_refused(data: Path) -> None:
    (data / "trunks.json").write_text(json.dumps([{"name": "far", "host": "127.0.0.9"}]), encoding="utf-8")
    site = await start(data, trunks=data / "trunks.json")
    try:
        caller = await site.caller()
        assert (await caller.ask("OPTIONS", site.trunk)).status_code == 403
        assert (await caller.call(site.trunk, "400").reaches("ended")).code == 403
        assert (await site.fact(CallRefused)).why == "not_a_trunk"
    finally:
        await site.close()


async def test_behind_nat_the_outer_address_stands_in_contact_too(site: EmbeddedSite) -> None:
    """With Asterisk that is a matter of its transport, which its administrator configures."""
    provider = Trunk()
    site.peers.append(await provider.open())
    setting = Setting("nat", HOST, provider.here[1], external_address="127.0.0.88")
    await site.do(SetTrunk, setting)
    try:
        await site.do(Dial, f"nat-{site.epoch}", "c1", "13900001111", "", "nat")
        await until(lambda: bool(provider.invites))
        assert "@127.0.0.88:" in (provider.invites[0].get_header("contact") or "")
        assert "c=IN IP4 127.0.0.88" in provider.invites[0].text
        provider.talks[0].hang_up()
    finally:
        await site.do(RemoveTrunk, "nat")


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        (Setting("x", HOST, codecs=("G722", "PCMA")), "G722"),
        (Setting("x", HOST, transport="tls"), "tls"),
        (Setting("x", HOST, external_address="home"), "home"),
    ],
)
async def test_what_this_engine_cannot_do_for_a_trunk_is_said_plainly(
    site: EmbeddedSite, setting: Setting, word: str
) -> None:
    assert word in await site.refused(SetTrunk, setting)


async def test_a_call_to_the_contact_we_registered_is_for_the_number_in_to(site: EmbeddedSite) -> None:
    provider = Trunk(user="acme9", secret="geheim")
    site.peers.append(await provider.open())
    setting = Setting("reg", HOST, provider.here[1], register=True, username="acme9", secret="geheim", numbers=("777",))
    await site.do(SetTrunk, setting)
    try:
        await site.fact(TrunkChanged, trunk="reg", state="registered")
        provider.to = "777"
        provider.call(site.trunk, "acme9")
        await site.fact(CallArrived, trunk="reg", to_number="777")
    finally:
        await site.do(RemoveTrunk, "reg")
