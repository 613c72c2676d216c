# SPDX-License-Identifier: GPL-3.0-or-later
"""A switchboard in a process of its own, to be stopped and woken: it orders without end until it may not any more.

Started as `python leader.py EPOCH FOLDER embedded SOCKET` or `… asterisk URL USER PASSWORD`; prints "leads", then
"gone: why" at its end. Every order names another extension, `stale-<epoch>-<number>`, so that the exchange itself knows
which were carried out.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.settings import Node
from telephony.exchange.embedded.client import EmbeddedExchange
from telephony.exchange.engine import Exchange, Order, Refused, SetAccount, SetReady


async def lead(epoch: int, folder: str, engine: str, *where: str) -> None:
    """Order, until refused or cut off."""
    exchange: Exchange
    if engine == "embedded":
        exchange = await EmbeddedExchange.connect(Path(where[0]))
    else:
        exchange = await AsteriskExchange.connect([Node("node1", *where)], Path(folder))

    def following() -> Order:
        number = exchange.next_order()
        name = f"stale-{epoch}-{number}"
        if engine == "embedded":
            return SetAccount(number, epoch, name, "secret")
        return SetReady(number, epoch, name, True)

    await exchange.attach(epoch)
    print("leads", flush=True)
    try:
        while True:
            answer = await exchange.order(following())
            if isinstance(answer, Refused):
                raise ConnectionError(answer.why)
            await asyncio.sleep(0.001)
    except ConnectionError as error:
        print(f"gone: {error}", flush=True)
    await exchange.close()


if __name__ == "__main__":
    asyncio.run(lead(int(sys.argv[1]), *sys.argv[2:]))
