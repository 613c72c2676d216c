# SPDX-License-Identifier: GPL-3.0-or-later
"""Orders on their way to the exchange: those of one call one after the other, calls beside each other.

An order waits until the journal's line that explains it is on the disk, and, where asked, until the desk was told;
never longer than PATIENCE_S for either, because a full disk or a slow desk must not keep a caller waiting.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from telephony.exchange.engine import Done, Exchange, Order, Refused, Snapshot, StaleEpoch
from telephony.service.floor_log import log

PATIENCE_S = 0.05

Answered = Callable[[Order, Done | Snapshot | Refused], None]


class Ordering:
    """One worker a call. `lost` is called when the exchange is gone or obeys a higher epoch."""

    def __init__(
        self, exchange: Exchange, durable: Callable[[], Awaitable[None]], lost: Callable[[BaseException], None]
    ) -> None:
        self.exchange = exchange
        self._durable = durable
        self._lost = lost
        self._last: dict[str, asyncio.Task[None]] = {}

    def give(
        self, line: str, order: Order, answered: Answered | None = None, first: Awaitable[None] | None = None
    ) -> None:
        """Send `order` after everything given before on this `line` (a call's id, or a name of the site's own)."""
        before = self._last.get(line)
        task = asyncio.get_running_loop().create_task(self._send(before, order, answered, first), name=f"order-{line}")
        self._last[line] = task
        task.add_done_callback(lambda done: self._forget(line, done))

    async def quiet(self) -> None:
        """Returns when every order given so far was answered."""
        while self._last:
            await asyncio.gather(*self._last.values(), return_exceptions=True)

    def stop(self) -> None:
        for task in list(self._last.values()):
            task.cancel()
        self._last.clear()

    def _forget(self, line: str, done: asyncio.Task[None]) -> None:
        if self._last.get(line) is done:
            del self._last[line]
        if not done.cancelled() and (error := done.exception()) is not None:
            log.error("order_failed", error, line=line)

    async def _send(
        self,
        before: asyncio.Task[None] | None,
        order: Order,
        answered: Answered | None,
        first: Awaitable[None] | None,
    ) -> None:
        if before is not None:
            await _patiently(before, None)
        if first is not None:
            await _patiently(first, PATIENCE_S)
        await _patiently(self._durable(), PATIENCE_S)
        try:
            answer = await self.exchange.order(order)
        except (StaleEpoch, ConnectionError) as error:
            self._lost(error)
            return
        if isinstance(answer, Refused):
            log.warning("order_refused", order=type(order).__name__, why=answer.why)
            if answer.why == "stale_epoch":
                self._lost(StaleEpoch(answer.why))
                return
        if answered is not None:
            answered(order, answer)


async def _patiently(wanted: Awaitable[None], limit: float | None) -> None:
    try:
        await asyncio.wait_for(asyncio.shield(wanted), limit)
    except TimeoutError:
        log.warning("order_did_not_wait")
    except asyncio.CancelledError:
        # The order before this one may have been put off; this one still counts unless it was put off itself.
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
