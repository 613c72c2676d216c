# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sits at the desks: signing in and out, the accounts of their phones, the states they had before a restart."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from models.kinds import AgentState, StateReason
from telephony import calls
from telephony.exchange import engine
from telephony.service import views
from telephony.service.floor_log import log
from telephony.service.live import Seat

if TYPE_CHECKING:
    from telephony.service.switchboard import Switchboard

ACCOUNT_WITHIN_S = 1.0
EARLIER_STATE_S = 60.0  # a restart shorter than this gives everybody his state back


class Seating:
    """The seats of a switchboard. `earlier`: the states people had when another led."""

    def __init__(self, board: Switchboard) -> None:
        self._board = board
        self._began = board.clock.now()
        self._mirrored: dict[str, bool] = {}  # who the exchange's own queue knows as ready
        self.earlier: dict[str, tuple[AgentState, StateReason | None]] = {}

    async def open_account(self, seat: Seat) -> None:
        """Let this seat's phone register; returns when the exchange knows its secret, or after a second."""
        done = asyncio.Event()
        self._board.give_site(
            engine.SetAccount, lambda _order, _answer: done.set(), extension=seat.extension, secret=seat.secret
        )
        try:
            await asyncio.wait_for(done.wait(), ACCOUNT_WITHIN_S)
        except TimeoutError:
            log.warning("account_not_confirmed", extension=seat.extension)

    def sign_in(self, seat: Seat) -> None:
        """A desk came, or came back: his phone may register, and calls may reach him when he is ready."""
        board = self._board
        before = board.seats.get(seat.person)
        if before is not None and before.extension != seat.extension:
            self._remove_account(before)
        board.seats[seat.person] = seat
        board.extensions[seat.extension] = seat.person
        board.give_site(engine.SetAccount, extension=seat.extension, secret=seat.secret)
        if seat.in_queues:
            board.tell(self._signed_in(seat))
            if seat.extension in board.phones:
                board.tell(calls.PhoneReachable(seat.person))
            self._give_earlier_state_back(seat.person)
        agent = board.floor.agents.get(seat.person)
        if agent is not None:
            board.desks.tell(seat.person, views.my_state(agent, board.figures.calls_of(seat.person)))
        self.state_changed(seat.person, None)
        board.showing.begin(seat.person)

    def sign_out(self, person: str) -> None:
        """On purpose, or cut: out of the queues, the phone's account removed."""
        board = self._board
        seat = board.seats.get(person)
        if seat is None:
            return
        if person in board.floor.agents:
            board.tell(calls.AgentSignedOut(person))
        if not self._busy(person):
            self._remove_account(seat)
            board.seats.pop(person, None)
        self.state_changed(person, AgentState.SIGNED_OUT)

    def state_changed(self, person: str, state: AgentState | None) -> None:
        """Everybody's list of colleagues and the board follow, a moment later and together."""
        seats = self._board.seats
        if state is AgentState.SIGNED_OUT and not self._busy(person) and person in seats:
            self._remove_account(seats.pop(person))
        self._board.showing.colleagues_changed()

    def mirror_ready(self, agent: str, state: AgentState) -> None:
        """An exchange with a queue of its own knows who would take calls, for the time in which nobody leads."""
        board = self._board
        if board.exchange.facilities.own_queue and agent in board.seats:
            on = state is AgentState.READY and bool(board.seats[agent].queues)
            if self._mirrored.get(agent) != on:
                self._mirrored[agent] = on
                board.give_site(engine.SetReady, extension=board.extension_of(agent), on=on)

    def follow_house(self) -> None:
        """Who serves which queue may have been changed."""
        board = self._board
        for person, seat in list(board.seats.items()):
            queues = board.house.queues_of(person, seat.groups, seat.levels)
            if queues != seat.queues:
                board.seats[person] = replace(seat, queues=queues)
                if person in board.floor.agents:
                    board.tell(self._signed_in(board.seats[person]))

    def _signed_in(self, seat: Seat) -> calls.AgentSignedIn:
        return calls.AgentSignedIn(
            seat.person, seat.name, seat.extension, frozenset(seat.skills), frozenset(seat.queues),
            frozenset(seat.groups), seat.levels, *self._board.figures.day_of(seat.person),
        )  # fmt: skip

    def _give_earlier_state_back(self, person: str) -> None:
        earlier = self.earlier.pop(person, None)
        agent = self._board.floor.agents.get(person)
        if earlier is None or agent is None or self._board.clock.now() > self._began + EARLIER_STATE_S:
            return
        if agent.state is AgentState.NOT_READY or agent.call:
            self._board.tell(calls.StateChosen(person, *earlier))

    def _busy(self, person: str) -> bool:
        return any(live.leg_of(person) is not None for live in self._board.calls.values())

    def _remove_account(self, seat: Seat) -> None:
        if self._board.extensions.get(seat.extension) == seat.person:
            del self._board.extensions[seat.extension]
        self._board.give_site(engine.SetAccount, extension=seat.extension, secret="")
