# SPDX-License-Identifier: GPL-3.0-or-later
"""The supervisor's desk: the live board and what he may set others to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from desktop.flows.facts import Topic
from desktop.flows.hang_up import HangUpGuard, Press
from models.kinds import AgentState
from telephony import messages as link

if TYPE_CHECKING:
    from desktop.flows.desk import Desk


class BoardFlow:
    """Attributes: `board`, the newest picture of the floor (its `at` tells its age), or None before the first."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.changed = Topic("board_changed")
        self.board: link.Board | None = None
        self._watching = False
        self._guards = {"barge": HangUpGuard(), "take_over": HangUpGuard()}

    def watch(self, on: bool) -> None:
        """Ask for the board, or let it be."""
        self._watching = on
        self._desk.send(link.WatchBoard(on))

    def press(self, what: str, now: float) -> None:
        """One press while on a call: listen and whisper at once; barge and take_over at the second press, because the
        customer hears of them. `now` is any steady clock."""
        mine = self.listening
        if mine is None:
            return
        if what in ("barge", "take_over") and mine.mode != what:
            guard = self._guards[what]
            self._disarm_others(what)
            if guard.press(now, customer_gone=False) is not Press.HANG_UP:
                return
        self.disarm()
        if what == "take_over":
            self.take_over()
        elif mine.mode != what:
            self._desk.send(link.Supervise(mine.call, mine.peer, what))

    def armed(self, now: float) -> tuple[str, float]:
        """What a second press would do now, and for how many seconds yet; ("", 0) when nothing is armed."""
        for what, guard in self._guards.items():
            left = guard.left(now)
            if left > 0:
                return what, left
        return "", 0.0

    def disarm(self) -> None:
        self._disarm_others("")

    def _disarm_others(self, what: str) -> None:
        for name, guard in self._guards.items():
            if name != what:
                guard.disarm()

    def supervise(self, person: link.Colleague, mode: str) -> None:
        """Hear this agent's call: listen | whisper | barge. Asked again, the mode changes without ringing again."""
        if person.call:
            self._desk.calls.own_phone_for(person.call)
            self._desk.send(link.Supervise(person.call, person.agent, mode))

    def leave(self) -> None:
        """Hear it no longer."""
        mine = self.listening
        if mine is not None:
            self._desk.send(link.Supervise(mine.call, mine.peer, "off"))

    def take_over(self) -> None:
        """The customer is this desk's from now on."""
        mine = self.listening
        if mine is not None:
            self._desk.send(link.TakeOver(mine.call))

    @property
    def listening(self) -> link.CallIs | None:
        """The call this supervisor hears now; `peer` and `mode` say whom and how."""
        call = self._desk.calls.call
        return call if call is not None and call.role == "supervise" else None

    def force(self, agent: str, state: AgentState) -> None:
        """Set another's state: ready, not ready, signed out."""
        self._desk.send(link.Force(agent, state))

    def heard(self, message: object) -> None:
        """One message of the link."""
        match message:
            case link.Board():
                self.board = message
                self.changed.tell()
            case link.Welcome():
                if self._watching:
                    self._desk.send(link.WatchBoard(True))
            case _:
                return
