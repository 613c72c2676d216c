# SPDX-License-Identifier: GPL-3.0-or-later
"""The exchange without telephones keeps the words of the Protocol, or tests built on it would prove nothing."""

from __future__ import annotations

import pytest

from telephony.exchange import engine
from tests.telephony.service.fakes import FakeClient, FakeExchange


async def led() -> tuple[FakeExchange, FakeClient]:
    exchange = FakeExchange()
    client = exchange.client()
    await client.attach(5)
    return exchange, client


async def told(client: FakeClient) -> list[str]:
    return [type(client.facts.get_nowait()).__name__ for _ in range(client.facts.qsize())]


async def test_stale_epochs_are_refused() -> None:
    exchange, client = await led()
    with pytest.raises(engine.StaleEpoch):
        await exchange.client().attach(4)
    assert await client.order(engine.SetOpen(1, 4, True)) == engine.Refused(1, "stale_epoch")
    assert not exchange.open
    await exchange.client().attach(6)
    assert await client.order(engine.SetOpen(2, 5, True)) == engine.Refused(2, "stale_epoch")


async def test_a_call_rings_is_answered_and_ends() -> None:
    exchange, client = await led()
    exchange.arrive("c1")
    assert await client.order(engine.Ring(1, 5, "c1", "a", "1001", {})) == engine.Refused(1, "not_registered")
    exchange.register("1001")
    assert await client.order(engine.Ring(2, 5, "c1", "a", "1001", {})) == engine.Done(2)
    assert await client.order(engine.Ring(3, 5, "c1", "a", "1001", {})) == engine.Refused(3, "exists")
    exchange.pick_up("1001")
    assert await client.order(engine.Record(4, 5, "c1", "x.wav")) == engine.Done(4)
    assert await client.order(engine.Drop(5, 5, "c1", "b")) == engine.Refused(5, "no_such_leg")
    exchange.put_down("c1", "c1")
    await client.order(engine.EndCall(6, 5, "c1"))
    assert await client.order(engine.Answer(7, 5, "c1")) == engine.Refused(7, "no_such_call")
    assert await told(client) == [
        "CallArrived", "PhoneRegistered", "LegRinging", "LegAnswered", "MediaStarted", "LegEnded", "LegEnded",
        "RecordingEnded", "CallEnded",
    ]  # fmt: skip


async def test_the_snapshot_shows_what_stands() -> None:
    exchange, client = await led()
    exchange.register("1001")
    exchange.arrive("c1", "139")
    await client.order(engine.SetAccount(1, 5, "1001", "secret"))
    await client.order(engine.Ring(2, 5, "c1", "a", "1001", {}))
    snapshot = await client.order(engine.List(3))
    assert isinstance(snapshot, engine.Snapshot)
    assert [leg.leg for leg in snapshot.calls[0].legs] == ["c1", "a"]
    assert (snapshot.phones[0].extension, snapshot.accounts) == ("1001", ("1001",))


async def test_a_dead_exchange_is_gone_for_everybody() -> None:
    exchange, client = await led()
    exchange.die()
    with pytest.raises(ConnectionError):
        await client.fact()
    with pytest.raises(ConnectionError):
        await client.order(engine.List(1))
