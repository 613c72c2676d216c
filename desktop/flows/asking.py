# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs over the link: each is asked under a key and answered once, or given up when the link goes."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

from desktop.flows.outbox import Refused
from telephony import messages as link
from telephony.service.client import LinkClient

VERB_WAIT_S = 10.0
Answer = link.VerbDone | link.VerbRefused


class Asking:
    """`client` is the link while it is up, else None; `database_doubted` is called when a verb could not be stored."""

    def __init__(self, client: Callable[[], LinkClient | None], database_doubted: Callable[[], None]) -> None:
        self._client = client
        self._database_doubted = database_doubted
        self._waiting: dict[str, asyncio.Future[Answer]] = {}

    async def verb(self, key: str, name: str, args: dict[str, Any]) -> Answer:
        """Raises ConnectionError when the link is down or goes down, TimeoutError when nothing comes back."""
        client = self._client()
        if client is None:
            raise ConnectionError("the link is down")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[key] = answer
        try:
            await client.send(link.Verb(key, name, args))
            answered = await asyncio.wait_for(answer, VERB_WAIT_S)
            if isinstance(answered, link.VerbRefused) and answered.again:
                self._database_doubted()
            return answered
        finally:
            self._waiting.pop(key, None)

    async def now(self, verb: str, args: dict[str, Any]) -> dict[str, Any]:
        """Carry a verb out at once, or not at all: nothing of it is kept on this machine, because it holds a secret.

        Raises Refused, also when the link is down.
        """
        try:
            answer = await self.verb(uuid.uuid4().hex, verb, args)
        except (ConnectionError, TimeoutError):
            raise Refused("house.secret_needs_link") from None
        if isinstance(answer, link.VerbRefused):
            raise Refused("house.secret_needs_link" if answer.again else answer.words, answer.args)
        return answer.result

    def answered(self, message: Answer) -> None:
        """The link brought an answer."""
        waiting = self._waiting.pop(message.key, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(message)

    def give_up(self) -> None:
        """The link went down: whoever waits is told."""
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the link went down"))
        self._waiting.clear()
