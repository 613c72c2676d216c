# SPDX-License-Identifier: GPL-3.0-or-later
"""The brain of the `setup` bench: the real switchboard with routing, journal (synced to disk) and ordering.

There is neither database nor desk: a look-up finds nobody, nothing is shipped, and what desks are told goes nowhere.
Agents are signed in and ready, and ready again 10 ms after each call. Recording is off in its queue, as it is at the
peer. `orders_a_second` plays calls through it with an exchange that does everything at once.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Sequence
from pathlib import Path

from models.kinds import AgentState, Group
from models.rules.plan import Callback, Plan, QueuePlan
from models.settings import Settings
from telephony import calls
from telephony.exchange import engine
from telephony.messages import ToDesk
from telephony.routing.floor import Floor
from telephony.routing.floor import Settings as RoutingSettings
from telephony.service import adopting
from telephony.service.board import Figures, day_start
from telephony.service.clockwork import SiteTime
from telephony.service.house import House, with_first
from telephony.service.journal import Journal
from telephony.service.live import Found, Seat
from telephony.service.switchboard import Switchboard
from tests.telephony.service.fakes import FakeCall, FakeExchange

SITE = "bench"
READY_WITHIN_S = 20.0
AT_ONCE = 20
QUEUE = QueuePlan("hotline", "热线", "Hotline", callback=Callback.OFF, record=False)


class NoDesks:
    """Nobody is told anything."""

    def tell(self, person: str, message: ToDesk) -> Awaitable[None] | None:
        return None

    def tell_all(self, message: ToDesk) -> None:
        pass


class Brain:
    """A switchboard that leads `exchange`."""

    def __init__(self, board: Switchboard, journal: Journal) -> None:
        self.board, self._journal = board, journal
        self._hearing = asyncio.create_task(board.run(), name="exchange")

    @classmethod
    async def open(cls, exchange: engine.Exchange, folder: Path, agents: Sequence[str], epoch: int) -> Brain:
        """Take the lead; returns when every agent is ready. Their phones must be registered."""
        snapshot = await exchange.attach(epoch)
        clock, now = SiteTime(), time.monotonic()
        clock.anchor(time.time(), now, now)
        settings = Settings(site=SITE, data_dir=folder)
        plan = with_first(Plan(queues={QUEUE.queue: QUEUE}, first=QUEUE.queue))
        journal = Journal(folder / "journal", SITE, epoch)
        figures = Figures(settings.service_level_s, settings.offer_s, day_start(clock.now()))
        figures.begin(())
        floor = Floor(RoutingSettings(lease_s=1e6, wrap_up_s=0.01), epoch=epoch, plan=plan)
        board = Switchboard(House(settings, plan=plan), clock, journal, exchange, NoDesks(), _nobody, figures, floor)
        adopting.adopt(board, snapshot, adopting.history([], []))
        brain = cls(board, journal)
        for agent in agents:
            board.seating.sign_in(
                Seat(agent, agent, (Group.AGENT,), (), (QUEUE.queue,), agent, f"secret-{agent}", in_queues=True)
            )
        deadline = time.monotonic() + READY_WITHIN_S
        while not all(agent in board.phones for agent in agents):
            if time.monotonic() > deadline:
                raise RuntimeError("not every phone is registered")
            await asyncio.sleep(0.02)
        for agent in agents:
            board.tell(calls.StateChosen(agent, AgentState.READY))
        await board.ordering.quiet()
        return brain

    @property
    def leads(self) -> bool:
        return not self.board.lost.done()

    def orders(self) -> int:
        """How many orders were numbered so far, this question among them."""
        return self.board.exchange.next_order()

    async def close(self) -> None:
        """Order no more."""
        await self.board.stop()
        self._hearing.cancel()
        await asyncio.gather(self._hearing, return_exceptions=True)
        await self._journal.close()


async def _nobody(number: str) -> Found | None:
    return None


# ---- the brain alone ------------------------------------------------------------------------------------------


class InstantExchange(FakeExchange):
    """Phones answer at once, and every customer hangs up as soon as he is connected."""

    def _about_call(self, order: engine.Order, call: FakeCall) -> engine.Done | engine.Refused:
        answer = super()._about_call(order, call)
        if isinstance(order, engine.Ring) and isinstance(answer, engine.Done):
            self._answer(call, call.legs[order.leg])
        elif isinstance(order, engine.Connect):
            self.put_down(call.call, call.call)
        return answer


async def orders_a_second(folder: Path, agents: Sequence[str], calls_played: int) -> tuple[float, float]:
    """Orders for each second of this process's CPU, and calls; everything but the exchange is the real thing."""
    exchange = InstantExchange()
    for agent in agents:
        exchange.register(agent)
    brain = await Brain.open(exchange.client(), folder, agents, epoch=1)
    try:
        before, began = brain.orders(), time.process_time()
        for number in range(calls_played):
            while len(exchange.calls) >= AT_ONCE:
                await asyncio.sleep(0)
            exchange.arrive(f"c{number}", f"139{number:08d}")
        while exchange.calls:
            await asyncio.sleep(0.001)
        await brain.board.ordering.quiet()
        spent = time.process_time() - began
        return (brain.orders() - before - 1) / spent, calls_played / spent
    finally:
        await brain.close()
