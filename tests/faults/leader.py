# SPDX-License-Identifier: GPL-3.0-or-later
"""A switchboard in a process of its own, to be stopped and woken: it orders without end until it may not any more.

Started as `python leader.py URL USER PASSWORD EPOCH FOLDER`; prints "leads", then "gone: why" at its end.
Every order names another extension, `stale-<epoch>-<number>`, so that Asterisk itself knows which were carried out.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.settings import Node
from telephony.exchange.engine import Refused, SetReady


async def lead(url: str, user: str, password: str, epoch: str, folder: str) -> None:
    """Order, until refused or cut off."""
    exchange = await AsteriskExchange.connect([Node("node1", url, user, password)], Path(folder))
    await exchange.attach(int(epoch))
    print("leads", flush=True)
    try:
        while True:
            number = exchange.next_order()
            answer = await exchange.order(SetReady(number, int(epoch), f"stale-{epoch}-{number}", True))
            if isinstance(answer, Refused):
                raise ConnectionError(answer.why)
            await asyncio.sleep(0.001)
    except ConnectionError as error:
        print(f"gone: {error}", flush=True)
    await exchange.close()


if __name__ == "__main__":
    asyncio.run(lead(*sys.argv[1:]))
