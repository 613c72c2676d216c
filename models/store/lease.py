# SPDX-License-Identifier: GPL-3.0-or-later
"""Who leads: one lease row with an epoch that only ever grows. All times are the server's own clock.

`fence` is the first statement of every transaction that only a leader may do: it holds the row shared until the
commit, so nothing can land under an older epoch. An advisory lock could not do that: a stopped leader keeps it.
"""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.store.errors import StaleEpoch

SWITCHBOARD = "switchboard"

# The epoch moves when the holder changes, and also when a holder comes back after his lease has run out: between the
# two somebody else may have led.
_TAKE = text(
    "UPDATE tr.lease SET"
    " epoch = epoch + CASE WHEN holder = :holder AND until > clock_timestamp() THEN 0 ELSE 1 END,"
    " holder = :holder, until = clock_timestamp() + make_interval(secs => :ttl)"
    " WHERE name = :name AND (holder = :holder OR until <= clock_timestamp()) RETURNING epoch"
)
_RENEW = text(
    "UPDATE tr.lease SET until = clock_timestamp() + make_interval(secs => :ttl)"
    " WHERE name = :name AND holder = :holder AND epoch = :epoch AND until > clock_timestamp() RETURNING epoch"
)
_FENCE = text("SELECT 1 FROM tr.lease WHERE name = :name AND epoch = :epoch AND until > clock_timestamp() FOR SHARE")
_RELEASE = text(
    "UPDATE tr.lease SET until = clock_timestamp() WHERE name = :name AND holder = :holder AND epoch = :epoch"
)
_EPOCH = text("SELECT epoch FROM tr.lease WHERE name = :name")


async def take(connection: AsyncConnection, holder: str, ttl_s: float, *, name: str = SWITCHBOARD) -> int | None:
    """The epoch `holder` (a name no other process has) leads with for `ttl_s`, or None while somebody else leads."""
    found = await connection.execute(_TAKE, {"name": name, "holder": holder, "ttl": ttl_s})
    return found.scalar_one_or_none()


async def renew(connection: AsyncConnection, holder: str, epoch: int, ttl_s: float, *, name: str = SWITCHBOARD) -> None:
    """Lead on for `ttl_s`. Raises StaleEpoch when the lease has run out or is another's."""
    found = await connection.execute(_RENEW, {"name": name, "holder": holder, "epoch": epoch, "ttl": ttl_s})
    if found.scalar_one_or_none() is None:
        raise StaleEpoch("store.stale_epoch", epoch)


async def fence(connection: AsyncConnection, epoch: int, *, name: str = SWITCHBOARD) -> None:
    """Raises StaleEpoch unless `epoch` leads now; holds it so until this transaction ends."""
    if (await connection.execute(_FENCE, {"name": name, "epoch": epoch})).scalar_one_or_none() is None:
        raise StaleEpoch("store.stale_epoch", epoch)


async def release(connection: AsyncConnection, holder: str, epoch: int, *, name: str = SWITCHBOARD) -> None:
    """Give the lease back at once, so that the standby need not wait for its end."""
    await connection.execute(_RELEASE, {"name": name, "holder": holder, "epoch": epoch})


async def current(connection: AsyncConnection, *, name: str = SWITCHBOARD) -> int:
    """The highest epoch ever given out."""
    return int((await connection.execute(_EPOCH, {"name": name})).scalar_one())
