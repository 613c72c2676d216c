# SPDX-License-Identifier: GPL-3.0-or-later
"""A brain in a process of its own, to be killed and stopped: it reads its events, answers pings, and connects
callers to `extension` when one is named. Started as `python brain.py URL USER PASSWORD [EXTENSION]`; prints "ready"."""

from __future__ import annotations

import asyncio
import sys

from telephony.exchange.asterisk.calls import channel_id
from telephony.exchange.asterisk.client import Ari, Event
from telephony.exchange.asterisk.settings import APP, EPOCH, Node


async def lead(url: str, user: str, password: str, extension: str = "") -> None:
    """Until the socket ends."""
    ari = Ari(Node("test", url, user, password))
    gone = asyncio.Event()

    def connect(caller: str) -> None:
        leg = channel_id(f"in-test-{caller}", "agent")
        ari.ask("POST", f"channels/{caller}/answer")
        ari.ask("POST", f"bridges/b-{caller}", type="mixing")
        ari.ask("POST", f"bridges/b-{caller}/addChannel", channel=caller)
        ari.ask("POST", f"channels/{leg}", endpoint=f"PJSIP/{extension}", app=APP, appArgs=f"leg,{caller}")

    def heard(event: Event) -> None:
        match event:
            case {"type": "ChannelUserevent", "eventname": "TRPing", "userevent": {"ping": ping}}:
                ari.ask("POST", "asterisk/variable", variable="TR_PONG", value=str(ping))
            case {"type": "StasisStart", "args": ["in", *_], "channel": {"id": caller}} if extension:
                connect(caller)
            case {"type": "StasisStart", "args": ["in", *_], "channel": {"id": caller}}:
                ari.ask("POST", f"channels/{caller}/answer")
                ari.ask("POST", f"channels/{caller}/moh", mohClass="threerings")
            case {"type": "StasisStart", "args": ["leg", caller], "channel": {"id": leg}}:
                ari.ask("POST", f"bridges/b-{caller}/addChannel", channel=leg)

    await ari.listen(1, heard, lambda _: gone.set())
    await ari.ask("POST", "asterisk/variable", variable=EPOCH, value="1")
    ari.keep_asking()
    print("ready", flush=True)
    await gone.wait()


if __name__ == "__main__":
    asyncio.run(lead(*sys.argv[1:]))
