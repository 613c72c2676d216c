# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing in: the checks before the button, the person's own database login, the token, the link.

A wrong password, a disabled person and an absent server each have words of their own; nothing tells whether a number
exists. A desk that comes back after a crash finds its token with the handset and needs neither password nor database.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from desktop.flows.facts import Topic
from desktop.flows.front import NOT_YET, Check, SignInFailed
from models.store.database import connect_person
from models.store.errors import DatabaseAway, SiteError, StoreError
from models.store.people import sign_in

if TYPE_CHECKING:
    from desktop.flows.desk import Desk


class SignIn:
    """Attributes: `checks`, kept current from begin_checks() on."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.checked = Topic("checked")
        self.checks: tuple[Check, ...] = NOT_YET

    def begin_checks(self) -> None:
        """Look at headset, server and unsent drafts; none of them blocks the password."""
        self._desk.start(self._check())

    async def sign_in(self, number: str, password: str, extension: str = "") -> None:
        """Sign in as the person with this number. Raises SignInFailed."""
        number = number.strip()
        if not number or not password:
            raise SignInFailed("sign_in.fill_both")
        try:
            database = await connect_person(self._desk.data_dir, number, password)
        except DatabaseAway:
            raise SignInFailed("sign_in.no_database") from None
        except StoreError as error:
            raise SignInFailed(error.key, tuple(str(one) for one in error.args_)) from None
        try:
            token = await sign_in(database)
        except StoreError as error:
            await database.close()
            raise SignInFailed(error.key, tuple(str(one) for one in error.args_)) from None
        await self._desk.enter(number, password, token.token, database, extension)

    async def _check(self) -> None:
        self._set(await self._server())
        self._set(await self._desk.headset_check())
        unsent = await asyncio.to_thread(self._desk.unsent_on_disk)
        self._set(
            Check("drafts", "warn", "sign_in.drafts_left", (str(unsent),))
            if unsent
            else Check("drafts", "ok", "sign_in.drafts_none")
        )

    async def _server(self) -> Check:
        try:
            host, port = self._desk.link_address()
        except SiteError:
            return Check("server", "bad", "sign_in.server_away")
        began = asyncio.get_running_loop().time()
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), 2.0)
        except (OSError, TimeoutError):
            return Check("server", "bad", "sign_in.server_away")
        writer.close()
        spent = (asyncio.get_running_loop().time() - began) * 1000
        return Check("server", "ok", "sign_in.server_ok", (f"{max(1, round(spent))}",))

    def _set(self, check: Check) -> None:
        self.checks = tuple(check if one.what == check.what else one for one in self.checks)
        self.checked.tell()
