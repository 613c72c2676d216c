# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether sound comes from a leg: Asterisk's own count of its RTP packets, asked for by HTTP beside the commands.

Often while the first packet is awaited, once a second while the leg is in a group, else not at all.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING

from telephony.exchange.asterisk import arriving
from telephony.exchange.asterisk.calls import Call, Leg
from telephony.exchange.asterisk.client import name
from telephony.exchange.engine import MediaLost, MediaStarted

if TYPE_CHECKING:
    from telephony.exchange.asterisk.switch import NodeSwitch

log = logging.getLogger(__name__)

TICK_S = 0.05
AWAITED_S, EAGER_S, LISTENED_S = 0.05, 2.0, 1.0  # how often at first, for how long, and how often later
MEDIA_LOST_S = 3.0
AT_ONCE = 8  # questions under way


class Ears:
    """`run()` goes on while the node is led."""

    def __init__(self, switch: NodeSwitch) -> None:
        self._switch = switch
        self._awake = asyncio.Event()
        self._strangers: list[tuple[Call, str]] = []

    def wake(self) -> None:
        """There is a leg to listen to."""
        self._awake.set()

    def ask_who(self, call: Call, channel: str) -> None:
        """A channel of Asterisk's own queue joined this call: find out who it is."""
        self._strangers.append((call, channel))
        self.wake()

    async def run(self) -> None:
        """Until cancelled, or until the node is gone."""
        gate = asyncio.Semaphore(AT_ONCE)
        try:
            while True:
                now = time.monotonic()
                strangers, self._strangers = self._strangers, []
                for call, channel in strangers:
                    await self._meet(call, channel)
                due = [pair for pair in self._switch.channels.values() if _due(*pair, now)]
                if due:
                    await asyncio.gather(*(self._ask(gate, *pair) for pair in due))
                if not any(leg.stage == "answered" for _, leg in self._switch.channels.values()):
                    self._awake.clear()
                    await self._awake.wait()
                await asyncio.sleep(TICK_S)
        except ConnectionError as error:
            log.info("%s is not listened to any more: %s", self._switch.node.name, error)

    async def _ask(self, gate: asyncio.Semaphore, call: Call, leg: Leg) -> None:
        async with gate:
            leg.asked_at = time.monotonic()
            reply = await self._switch.ari.read(f"channels/{name(leg.channel)}/rtp_statistics")
        if leg.stage != "answered":
            return
        now = time.monotonic()
        count = int(reply.data.get("rxcount", 0)) if reply.good and isinstance(reply.data, dict) else 0
        if count > leg.received:
            leg.received, leg.heard_at = count, now
            if leg.media != "heard":
                leg.media = "heard"
                secure = await self._is_secure(leg)
                self._switch.fact(MediaStarted(call.id, leg.id, now, secure))
        elif leg.media != "lost" and _expected(call, leg):
            since = max(leg.heard_at, leg.answered_at, call.grouped_at)
            if now - since > MEDIA_LOST_S:
                leg.media = "lost"
                self._switch.fact(MediaLost(call.id, leg.id, now))

    async def _is_secure(self, leg: Leg) -> bool:
        """Whether its sound is encrypted. Only a phone of this node can be."""
        if not self._switch.node.srtp or not leg.extension:
            return False
        reply = await self._switch.ari.read(f"channels/{name(leg.channel)}/variable", variable="CHANNEL(rtp,secure)")
        return reply.good and isinstance(reply.data, dict) and reply.data.get("value") == "1"

    async def _meet(self, call: Call, channel: str) -> None:
        reply = await self._switch.ari.read(f"channels/{name(channel)}")
        if reply.good and channel not in self._switch.channels and call.legs:
            arriving.foreign_staff(self._switch, call, reply.data)


def _expected(call: Call, leg: Leg) -> bool:
    return not leg.held and any(leg.id in group for group in call.groups)


def _due(call: Call, leg: Leg, now: float) -> bool:
    if leg.stage != "answered" or call.foreign or now - leg.answered_at < AWAITED_S / 2:
        return False
    if leg.media == "heard":
        return _expected(call, leg) and now - leg.asked_at > LISTENED_S
    eager = leg.media == "waiting" and now - leg.answered_at < EAGER_S
    return now - leg.asked_at > (AWAITED_S if eager else 4 * AWAITED_S)
