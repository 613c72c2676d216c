# SPDX-License-Identifier: GPL-3.0-or-later
"""Who leads the site: takes the lease, attaches to the exchange, leads while both hold, and stands by otherwise.

A leader without the database goes on while its exchange obeys it and nobody has a higher epoch. When the exchange
itself is gone, leading ends and begins again with a new epoch, so that there is one way of taking over.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from pathlib import Path

from models.settings import Settings
from models.store.errors import DatabaseAway
from models.store.errors import StaleEpoch as StaleLease
from telephony.exchange.engine import Exchange, Snapshot, StaleEpoch
from telephony.routing.floor import Floor
from telephony.routing.floor import Settings as RoutingSettings
from telephony.service import adopting
from telephony.service.archive import Archive
from telephony.service.board import Figures, day_start
from telephony.service.clockwork import SiteTime
from telephony.service.floor_log import log
from telephony.service.house import House
from telephony.service.journal import Errand, Event, Journal
from telephony.service.link import Link
from telephony.service.shipper import Shipper
from telephony.service.switchboard import Switchboard
from telephony.service.task_clocks import TaskClocks

TRY_AGAIN_S = 0.5
HISTORY_S = 24 * 3600.0
LAST_WORDS_S = 2.0

Connect = Callable[[], Awaitable[Exchange]]


class Leading:
    """Runs for ever: standby, leader, standby. `leads` is set while orders are accepted."""

    def __init__(
        self, settings: Settings, archive: Archive, clock: SiteTime, connect: Connect, link: Link, journals: Path
    ) -> None:
        self.settings, self.archive, self.clock, self.link = settings, archive, clock, link
        self._connect, self._journals = connect, journals
        self.holder = uuid.uuid4().hex
        self.house = House(settings)
        self.leads = asyncio.Event()
        self.switchboard: Switchboard | None = None
        self.shipper: Shipper | None = None
        self.tasks: TaskClocks | None = None
        self.epoch = 0

    async def run(self) -> None:
        """Until cancelled; then the lease is given back, so that a standby need not wait."""
        while True:
            try:
                await self.anchor()
                epoch = await self.archive.take_lease(self.holder, self.settings.lease_ttl_s)
                if epoch is None:
                    await asyncio.sleep(self.settings.lease_renew_s)
                    continue
                self.epoch = epoch
                try:
                    await self._lead(epoch)
                finally:
                    # The next time of leading has a new epoch, whoever's it is.
                    await self.give_back()
            except (DatabaseAway, ConnectionError, OSError) as error:
                log.warning("not_leading", why=str(error))
                await asyncio.sleep(TRY_AGAIN_S)
            except StaleEpoch:
                log.warning("higher_epoch_attached", epoch=self.epoch)
                await asyncio.sleep(self.settings.lease_ttl_s)
            except Exception as error:
                # The house must not stay without a switchboard for a fault in one attempt to lead.
                log.error("leading_failed", error)
                await asyncio.sleep(TRY_AGAIN_S)

    async def anchor(self) -> None:
        """Set site time by the database's clock."""
        asked = time.monotonic()
        told = await self.archive.clock()
        self.clock.anchor(told, asked, time.monotonic())

    async def _lead(self, epoch: int) -> None:
        self.house = await self.archive.house(self.settings)
        exchange = await self._connect()
        try:
            snapshot = await exchange.attach(epoch)
            events, errands = await asyncio.to_thread(adopting.read_journals, self._journals, self.settings.site)
            known = [now.call for now in snapshot.calls]
            kept = await self.archive.events_of(self.settings.site, known, self.clock.now() - HISTORY_S)
            past = adopting.history([*events, *kept], errands)
            self.clock.not_before(past.last_at)
            journal = Journal(self._journals, self.settings.site, epoch)
            await self._serve(epoch, exchange, journal, snapshot, past)
        finally:
            await exchange.close()

    async def _serve(
        self, epoch: int, exchange: Exchange, journal: Journal, snapshot: Snapshot, past: adopting.History
    ) -> None:
        settings = self.settings
        figures = Figures(settings.service_level_s, settings.offer_s, day_start(self.clock.now()))
        board = Switchboard(
            self.house, self.clock, journal, exchange, self.link, self.archive.look_up, figures,
            Floor(routing_settings(settings), epoch=epoch, plan=self.house.plan),
        )  # fmt: skip
        self.switchboard = board
        self.tasks = TaskClocks(board, self.archive)
        self.shipper = Shipper(journal, self.archive, refused=self._line_refused)
        board.shipper = self.shipper
        board.write("", "leading", "", {"epoch": epoch})
        workers = [
            asyncio.create_task(self.shipper.run(), name="shipper"),
            asyncio.create_task(self._count(figures), name="figures"),
            asyncio.create_task(self.tasks.read_again(), name="tasks"),
        ]
        renewing = asyncio.create_task(self._renew(), name="lease")
        hearing = asyncio.create_task(board.run(), name="exchange")
        try:
            board.trunks.begin(snapshot)
            adopting.adopt(board, snapshot, past)
            self.link.lead(board)
            self.leads.set()
            log.info("leading", epoch=epoch, calls=len(snapshot.calls))
            await asyncio.wait([renewing, hearing, board.lost], return_when=asyncio.FIRST_COMPLETED)
            log.warning("leading_ends", epoch=epoch, why=str(board.lost.result()) if board.lost.done() else "lease")
        finally:
            self.leads.clear()
            self.link.lead(None)
            self.switchboard = None
            for task in (renewing, hearing, *workers):
                task.cancel()
            await asyncio.gather(renewing, hearing, *workers, return_exceptions=True)
            await board.stop()
            await journal.close()

    async def _renew(self) -> None:
        """Returns when somebody else leads. The database being away is no reason to stop: nobody else can lead then."""
        settings = self.settings
        while True:
            await asyncio.sleep(settings.lease_renew_s)
            try:
                async with asyncio.timeout(settings.lease_ttl_s):
                    await self.archive.renew_lease(self.holder, self.epoch, settings.lease_ttl_s)
                    await self.anchor()
            except StaleLease:
                if not await self._take_again():
                    return
            except (DatabaseAway, TimeoutError) as error:
                log.warning("lease_not_renewed", why=str(error))

    async def _take_again(self) -> bool:
        """After an outage the lease has run out. Who finds it free leads on: had another one led meanwhile, the
        exchange would have cut us off. Orders keep the epoch that this exchange knows us by."""
        try:
            epoch = await self.archive.take_lease(self.holder, self.settings.lease_ttl_s)
        except DatabaseAway:
            return True
        if epoch is not None:
            self.epoch = epoch
        return epoch is not None

    async def _count(self, figures: Figures) -> None:
        """Today's figures from the event log, beside what happens meanwhile."""
        while True:
            try:
                figures.begin(await self.archive.events_since(self.settings.site, figures.day_start))
                return
            except DatabaseAway:
                await asyncio.sleep(TRY_AGAIN_S)

    def _line_refused(self, line: Event | Errand, why: str) -> None:
        if self.switchboard is not None:
            call = line.call if isinstance(line, Event) else str(line.args.get("contact", ""))
            self.switchboard.alarm("line_refused", call, "")

    async def change_house(self) -> None:
        """Queues, rules or settings were changed: calls that come now follow them."""
        self.house = await self.archive.house(self.settings)
        if self.switchboard is not None:
            self.switchboard.follow_house(self.house)

    async def give_back(self) -> None:
        """Let a standby lead at once."""
        if self.epoch:
            try:
                await asyncio.wait_for(self.archive.release_lease(self.holder, self.epoch), LAST_WORDS_S)
            except (DatabaseAway, TimeoutError) as error:
                log.warning("lease_not_given_back", why=str(error))
            self.epoch = 0


def routing_settings(settings: Settings) -> RoutingSettings:
    """The house's numbers as routing takes them."""
    return RoutingSettings(
        rings=settings.rings,
        cadence_s=settings.ring_cadence_s,
        last_agent_pause_s=settings.last_agent_retry_s,
        lease_s=settings.desk_lease_s,
        wrap_up_s=settings.wrap_up_s,
        wrap_up_extend_s=settings.wrap_up_extend_s,
        wrap_up_extensions=settings.wrap_up_extensions,
    )
