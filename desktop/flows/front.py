# SPDX-License-Identifier: GPL-3.0-or-later
"""What stands behind the sign-in window while the desk itself is still being loaded.

Database, link and telephone take a second to load; the window is painted before that, and whoever types his password
never notices. Imports nothing heavy.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from desktop.flows.facts import Topic

if TYPE_CHECKING:
    from desktop.flows.call import CallFlow
    from desktop.flows.desk import Desk


class SignInFailed(Exception):
    """`words` is a catalogue key, `words_args` its numbered arguments."""

    def __init__(self, words: str, args: tuple[str, ...] = ()) -> None:
        super().__init__(words)
        self.words = words
        self.words_args = args


@dataclass(frozen=True)
class Check:
    """One check of the sign-in window: `what` headset | server | drafts, `state` busy | ok | warn | bad."""

    what: str
    state: str
    words: str
    args: tuple[str, ...] = ()


NOT_YET = (
    Check("headset", "busy", "sign_in.check_busy"),
    Check("server", "busy", "sign_in.check_busy"),
    Check("drafts", "busy", "sign_in.check_busy"),
)


class FrontSignIn:
    """Signing in before the desk is there: what is asked early is done as soon as it is."""

    def __init__(self) -> None:
        self.checked = Topic("checked")
        self._desk: Desk | None = None
        self._wanted = False
        self._there = asyncio.Event()

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks so far."""
        return self._desk.sign_in.checks if self._desk is not None else NOT_YET

    def begin_checks(self) -> None:
        """Look at headset, server and unsent drafts."""
        self._wanted = True
        if self._desk is not None:
            self._desk.sign_in.begin_checks()

    async def sign_in(self, number: str, password: str, extension: str = "") -> None:
        """Sign in once the desk is there. Raises SignInFailed."""
        await self._there.wait()
        assert self._desk is not None
        await self._desk.sign_in.sign_in(number, password, extension)

    def become(self, desk: Desk) -> None:
        """The desk is there."""
        self._desk = desk
        desk.sign_in.checked.watch(self._tell)
        self._there.set()
        if self._wanted:
            desk.sign_in.begin_checks()

    def _tell(self) -> None:
        self.checked.tell()


class FrontDesk:
    """As much of a desk as the sign-in window asks for."""

    def __init__(self) -> None:
        self.sign_in = FrontSignIn()
        self._desk: Desk | None = None

    @property
    def calls(self) -> CallFlow:
        """The telephone, there from the sign-in on."""
        assert self._desk is not None, "nobody has signed in yet"
        return self._desk.calls

    def become(self, desk: Desk) -> None:
        """The desk is there: everything asked goes to it."""
        self._desk = desk
        self.sign_in.become(desk)
