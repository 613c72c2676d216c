# SPDX-License-Identifier: GPL-3.0-or-later
"""What the desks are told of the floor: calls and offers at once when they look different, lists a moment later."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import replace
from typing import TYPE_CHECKING

from telephony.messages import (
    Board,
    CallIs,
    Colleague,
    Colleagues,
    DraftChanged,
    Glimpse,
    Offer,
    OfferGone,
    ParkedCalls,
)
from telephony.service import views
from telephony.service.live import LiveCall

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard

GATHERED_S = 0.05


class Showing:
    """Remembers what each desk was told last. `left_over` is what a desk may still show of the time before we led."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self.board_dirty = True
        self.left_over: dict[str, list[CallIs | OfferGone]] = {}
        self._touched: set[str] = set()
        self._shown: dict[str, dict[str, CallIs]] = {}
        self._offered: dict[str, Offer] = {}
        self._colleagues_dirty = False
        self._glimpse: Glimpse | None = None
        self._parked = ParkedCalls(())
        self._later: asyncio.TimerHandle | None = None

    def stop(self) -> None:
        if self._later is not None:
            self._later.cancel()

    def begin(self, person: str) -> None:
        """A desk came: it is told everything of its calls anew."""
        for news in self.left_over.pop(person, ()):
            self._board.desks.tell(person, news)
        self._shown.pop(person, None)
        self._offered.pop(person, None)
        self._touched.add(person)
        self.show()

    def touch(self, what: object) -> None:
        """Whoever this event or order is about may see something else now."""
        for name in ("agent", "from_agent", "to_agent", "supervisor"):
            person = getattr(what, name, "")
            if person:
                self._touched.add(person)
        live = self._board.calls.get(getattr(what, "call", ""))
        if live is not None:
            self._touched.update(live.agents)

    def touch_all(self, live: LiveCall) -> None:
        """Something of this call became known: show it to everybody who has it."""
        self._touched.update(live.agents)
        self.show()

    def show(self) -> None:
        """Send every touched person's calls and offers that look different from what his desk was told last."""
        names, now = self._board.names, self._board.clock.now()
        touched, self._touched = self._touched, set()
        for person in touched:
            if person in self._board.seats:
                self._show_calls(person, names)
                self._show_offer(person, names, now)
        self._soon()

    def offer(self, person: str, offer: Offer) -> Awaitable[None] | None:
        """Tell a desk of an offer at once, before its phone is rung."""
        new = person not in self._offered
        self._offered[person] = offer
        told = self._board.desks.tell(person, offer)
        if new:
            self._show_unstored(person, self._board.calls.get(offer.call))
        return told

    def unstored(self, live: LiveCall, news: DraftChanged) -> None:
        """A text that only its writer's desk has, for the others of the call and for whoever comes to it."""
        live.unstored[news.field] = news
        for person in live.present - {news.by}:
            self._board.desks.tell(person, news)

    def _show_unstored(self, person: str, live: LiveCall | None) -> None:
        for news in live.unstored.values() if live is not None else ():
            if news.by != person:
                self._board.desks.tell(person, news)

    def colleagues_changed(self) -> None:
        self._colleagues_dirty = True
        self._soon()

    def _show_calls(self, person: str, names: dict[str, str]) -> None:
        board = self._board
        shown = self._shown.setdefault(person, {})
        agent = board.floor.agents.get(person)
        mine = {agent.call if agent is not None else "", *shown}
        for call in mine | {call for call, live in board.calls.items() if person in live.agents}:
            live = board.calls.get(call)
            view = views.call_is(board.floor, live, person, names) if live is not None else None
            if view is not None and live is not None:
                view = views.watched(view, live, names, board.house.supervision_shown)
            last = shown.get(call)
            if view is None and last is not None:
                del shown[call]
                gone = live.customer_gone if live is not None else last.customer_gone
                board.desks.tell(person, replace(last, stage="ended", customer_gone=gone, recording=False))
            elif view is not None and view != last:
                shown[call] = view
                board.desks.tell(person, view)
                if last is None:
                    self._show_unstored(person, live)

    def _show_offer(self, person: str, names: dict[str, str], now: float) -> None:
        board = self._board
        agent = board.floor.agents.get(person)
        live = board.calls.get(agent.call) if agent is not None else None
        offer = views.offer(board.floor, live, person, names, now) if live is not None else None
        if offer is None:
            self._offered.pop(person, None)
            return
        last = self._offered.get(person)
        if last is None or replace(offer, waited_s=last.waited_s) != last:
            self.offer(person, offer)

    # ---- what everybody sees ----------------------------------------------------------------------------------

    def parked(self) -> ParkedCalls:
        return views.parked(self._board.floor, self._board.calls, self._board.names)

    def _soon(self) -> None:
        if self._later is None:
            self._later = asyncio.get_running_loop().call_later(GATHERED_S, self._show_all)

    def _show_all(self) -> None:
        self._later = None
        self.board_dirty = True
        if self._colleagues_dirty:
            self._colleagues_dirty = False
            self._board.desks.tell_all(Colleagues(self.colleagues()))
        parked = self.parked()
        if parked != self._parked:
            self._parked = parked
            self._board.desks.tell_all(parked)
        glimpse = self.glimpse()
        if self._glimpse is None or replace(glimpse, at=self._glimpse.at) != self._glimpse:
            self._glimpse = glimpse
            self._board.desks.tell_all(glimpse)

    def colleagues(self) -> tuple[Colleague, ...]:
        board = self._board
        found = (
            views.colleague(board.floor, seat, board.calls, board.figures.missed_by(seat.person))
            for seat in board.seats.values()
        )
        return tuple(sorted((each for each in found if each is not None), key=lambda each: each.agent))

    def glimpse(self) -> Glimpse:
        board = self._board
        waiting = views.waiting(board.floor, board.calls)
        kept, every = board.figures.promised()
        return Glimpse(len(waiting), waiting[0].since if waiting else 0.0, kept, every, board.clock.now())

    def board(self) -> Board:
        """The live monitor as it stands."""
        self.board_dirty = False
        board, figures = self._board, self._board.figures
        waiting = views.waiting(board.floor, board.calls)
        return Board(
            board.clock.now(), waiting, self.colleagues(), figures.today(), figures.quarters(), figures.alarms()
        )
