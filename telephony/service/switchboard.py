# SPDX-License-Identifier: GPL-3.0-or-later
"""The one brain while it leads: feeds routing with what happens and carries out what routing decides.

One object lives for one epoch, on one event loop; `tell` is the only door to routing and never waits. It needs no
database: what the database owes is an errand in the journal. `lost` is set when it may order no more.
"""

from __future__ import annotations

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from telephony import calls
from telephony.exchange import engine
from telephony.messages import ToDesk
from telephony.routing.floor import Floor, IllegalTransition
from telephony.routing.router import due, step
from telephony.service import views
from telephony.service.board import Figures
from telephony.service.carrying import Carrying
from telephony.service.clockwork import AlarmClocks, SiteTime
from telephony.service.floor_log import log
from telephony.service.hearing import Hearing
from telephony.service.house import House
from telephony.service.journal import Event, Journal
from telephony.service.live import Found, LiveCall, Seat
from telephony.service.ordering import Answered, Ordering
from telephony.service.seating import Seating
from telephony.service.shipper import Shipper
from telephony.service.showing import Showing
from telephony.service.trunks import Trunks

LOOK_UP_S = 0.15  # what a look-up may take before the card comes later


class Desks(Protocol):
    """The desks as the switchboard speaks to them."""

    def tell(self, person: str, message: ToDesk) -> Awaitable[None] | None:
        """Send to one person's desk; what is returned is done when it is on the wire."""
        ...

    def tell_all(self, message: ToDesk) -> None: ...


LookUp = Callable[[str], Awaitable[Found | None]]


class Switchboard:
    """Routing's body. `epoch` comes with the journal; orders and drafts carry it."""

    def __init__(
        self,
        house: House,
        clock: SiteTime,
        journal: Journal,
        exchange: engine.Exchange,
        desks: Desks,
        look_up: LookUp,
        figures: Figures,
        floor: Floor,
    ) -> None:
        self.house, self.clock, self.journal, self.exchange, self.desks = house, clock, journal, exchange, desks
        self.figures = figures
        self.floor = floor
        self.calls: dict[str, LiveCall] = {}
        self.seats: dict[str, Seat] = {}
        self.extensions: dict[str, str] = {}  # extension: person
        self.phones: set[str] = set()
        self.to_be_brought: dict[str, tuple[str, float]] = {}  # a recording that ended while nobody led: whose, since
        self.alarm_clocks = AlarmClocks(clock)
        self.lost: asyncio.Future[BaseException] = asyncio.get_running_loop().create_future()
        self.ordering = Ordering(exchange, journal.durable, self._lose)
        self._look_up = look_up
        self.carrying = Carrying(self)
        self.trunks = Trunks(self)
        self.showing = Showing(self)
        self.seating = Seating(self)
        self._hearing = Hearing(self)
        self._events: deque[calls.Event] = deque()
        self._stepping = False
        self._dials = 0
        self._errands: set[asyncio.Task[None]] = set()
        self.shipper: Shipper | None = None
        self._now: float | None = None  # the instant of the step that is being carried out

    # ---- routing ----------------------------------------------------------------------------------------------

    def tell(self, event: calls.Event) -> None:
        """Let routing know of one event and carry out what it orders. What cannot be is logged."""
        self._events.append(event)
        if self._stepping:
            return
        self._stepping = True
        try:
            while self._events:
                following = self._events.popleft()
                try:
                    self._step(following)
                except IllegalTransition as error:
                    log.warning("routing_refused", why=str(error))
        finally:
            self._stepping = False
        self._after()

    def ask(self, event: calls.Event) -> None:
        """Like tell, for a person's wish: raises IllegalTransition when the present state does not allow it."""
        if self._stepping:
            raise RuntimeError("a wish came in the middle of a step")
        self._stepping = True
        try:
            self._step(event)
        finally:
            self._stepping = False
            if not self._events:
                self._after()
        if self._events:
            self.tell(self._events.popleft())

    def _step(self, event: calls.Event) -> None:
        now = self.clock.now()
        self.floor, orders = step(self.floor, event, now)
        self.showing.touch(event)
        self._now = now
        for order in orders:
            self.showing.touch(order)
            try:
                self.carrying.do(order, now)
            except Exception as error:
                # One order that fails must not keep the rest of the step from the callers.
                log.error("order_not_carried_out", error, order=type(order).__name__)
        self._now = None

    def _after(self) -> None:
        self.showing.show()
        for call in [live.call for live in self.calls.values() if live.over]:
            busy = any(agent.call == call for agent in map(self.floor.agents.get, self.calls[call].agents) if agent)
            if not busy and self.calls[call].settled:
                del self.calls[call]
        self.alarm_clocks.set("floor", due(self.floor), lambda: self.tell(calls.TimePassed()))

    def _lose(self, error: BaseException) -> None:
        if not self.lost.done():
            self.lost.set_result(error)

    async def run(self) -> None:
        """Hear the exchange until it is gone or obeys another; sets `lost`."""
        try:
            while True:
                fact = await self.exchange.fact()
                try:
                    self._hearing.hear(fact)
                except Exception as error:
                    log.error("fact_not_understood", error, fact=type(fact).__name__)
        except (ConnectionError, engine.StaleEpoch) as error:
            self._lose(error)

    async def stop(self) -> None:
        """Order no more; calls at the exchange go on."""
        self.alarm_clocks.all_off()
        self.ordering.stop()
        self.showing.stop()
        for task in list(self._errands):
            task.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)
        self._lose(ConnectionError("stopped"))

    # ---- for carrying and hearing -----------------------------------------------------------------------------

    @property
    def names(self) -> dict[str, str]:
        return views.names_of(self.seats)

    def give(
        self,
        call: str,
        order: type[Any],
        answered: Answered | None = None,
        first: Awaitable[None] | None = None,
        **fields: Any,
    ) -> None:
        """Send an order about a call to the exchange, numbered and with our epoch."""
        number = self.exchange.next_order()
        self.ordering.give(call, order(number, self.journal.epoch, call, **fields), answered, first)

    def give_site(self, order: type[Any], answered: Answered | None = None, **fields: Any) -> None:
        """Send an order that is about no call."""
        number = self.exchange.next_order()
        self.ordering.give("site", order(number, self.journal.epoch, **fields), answered)

    def write(
        self, call: str, kind: str, who: str, data: dict[str, Any] | None = None, at: float | None = None
    ) -> Event:
        """One line of the event log."""
        moment = at if at is not None else self._now if self._now is not None else self.clock.now()
        event = self.journal.append(call, kind, who, moment, data)
        self.figures.take(event)
        self.showing.board_dirty = True
        agent = self.floor.agents.get(who) if kind == "connected" else None
        if agent is not None:  # this call counts among his calls of today from its first second
            self.desks.tell(who, views.my_state(agent, self.figures.calls_of(who)))
        return event

    def errand(self, name: str, args: dict[str, Any]) -> None:
        """A verb of the system for the database, when it is there."""
        self.journal.errand(name, args, self.clock.now())

    async def shipped(self) -> bool:
        """Whether the database has everything that was written until now; waits a moment for it."""
        return self.shipper is not None and await self.shipper.passed()

    def alarm(self, what: str, call: str, agent: str) -> None:
        """Write it and let every supervisor's board show it."""
        log.warning("alarm", alarm=what, call=call, agent=agent)
        self.write(call, "alarm", agent, {"what": what, "call": call, "agent": agent})

    def follow_house(self, house: House) -> None:
        """Queues, rules, trunks or phones were changed: calls that come or are decided from now on follow it."""
        before, self.house = self.house, house
        if house.plan != self.floor.plan:
            self.tell(calls.PlanChanged(house.plan))
        self.trunks.follow(before)
        self.seating.follow_house()

    def extension_of(self, agent: str) -> str:
        seat = self.seats.get(agent)
        return seat.extension if seat is not None else agent

    def need_draft(self, live: LiveCall, agent: str) -> None:
        """A contact has its sheet from the first ring on, named like the contact; the database numbers it later."""
        if not live.draft_wanted:
            live.draft_wanted = True
            self.errand(
                "draft_create",
                {"contact": live.call, "agent": agent, "customer": live.customer, "from_number": live.number},
            )

    def open_contact(self, live: LiveCall, received: float | None = None, trunk: str = "", **contact: object) -> None:
        """Its first line in the event log, and its row. `received` when it is known better than that it began now."""
        received = live.began if received is None else received
        told = {"from": live.from_number, "to": live.to_number, "trunk": trunk, "received_at": received}
        self.write(live.call, "arrived", "", {**told, "direction": live.direction})
        self.errand(
            "contact_open",
            {"contact": live.call, "direction": live.direction, "from_number": live.from_number,
             "to_number": live.to_number, "started": received, **contact},
        )  # fmt: skip

    def dial_staff(self, person: str, to: str) -> None:
        """Two colleagues. Raises IllegalTransition when either of them is not free."""
        now = self.clock.now()
        self._dials += 1
        call = f"staff-{self.journal.epoch}-{self._dials}-{uuid.uuid4().hex[:8]}"
        event = calls.StaffDialled(call, person, to)
        step(self.floor, event, now)  # asked first on paper: a refused talk leaves nothing behind
        live = LiveCall(call, person, self.names.get(person, ""), to, "", now, direction="staff")
        live.agents |= {person, to}
        self.calls[call] = live
        arrived = {"from": person, "to": to, "trunk": "", "received_at": now, "direction": "staff"}
        self.write(call, "arrived", person, arrived)
        self.ask(event)

    def dial(self, person: str, number: str, task: str, trunk: str = "", caller_id: str = "") -> None:
        """An agent dials a customer. Raises IllegalTransition when his state does not allow it."""
        now = self.clock.now()
        self._dials += 1
        call = f"out-{self.journal.epoch}-{self._dials}-{uuid.uuid4().hex[:8]}"
        event = calls.DialledOut(call, person, number, task)
        step(self.floor, event, now)  # asked first on paper: a refused dialling leaves no contact behind
        live = LiveCall(
            call, self.house.own_number, "", number, "", now, direction="out", task=task, responsible=person,
            trunk=trunk, caller_id=caller_id,
        )  # fmt: skip
        live.agents.add(person)
        self.calls[call] = live
        self.open_contact(live, channel="callback" if task else "phone", agent=person)
        self.start_look_up(live)
        self.ask(event)

    def check_media(self, live: LiveCall) -> None:
        """Tell routing once that the customer and the joined agent hear each other."""
        leg = live.newly_connected()
        if leg is not None:
            live.told_connected = leg.leg
            self.tell(calls.MediaBothWays(live.call, leg.agent))

    def take_for_connected(self, live: LiveCall, leg: str) -> None:
        """Both are on the line and one of them is silent: that is a call all the same."""
        staff = live.legs.get(leg)
        if staff is None or staff.dropped or not staff.answered or not live.answered or live.over:
            return
        if live.joined == leg and live.told_connected != leg:
            live.customer_media = staff.media = True
            self.check_media(live)

    def start_look_up(self, live: LiveCall) -> None:
        """Who may it be? Routing does not wait for the answer."""
        task = asyncio.get_running_loop().create_task(self._find_customer(live), name=f"look-up-{live.call}")
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _find_customer(self, live: LiveCall) -> None:
        if not live.number:
            live.confidence = "withheld"
            return
        try:
            found = await asyncio.wait_for(self._look_up(live.number), LOOK_UP_S)
        except TimeoutError:
            log.warning("look_up_too_slow", call=live.call)
            return
        except Exception as error:
            log.warning("look_up_failed", why=str(error), call=live.call)
            return
        if found is None or live.over:
            return
        live.customer, live.confidence = found.customer, found.confidence
        self.write(live.call, "customer_found", "", {"customer": found.customer, "confidence": found.confidence})
        if found.customer:
            self.errand(
                "contact_open",
                {"contact": live.call, "customer": found.customer, "confidence": found.confidence},
            )
            self.tell(
                calls.CustomerFound(
                    live.call, found.customer, found.level, found.last_agent, found.last_agent_at, found.last_engineer
                )
            )
        else:
            self.showing.touch_all(live)
