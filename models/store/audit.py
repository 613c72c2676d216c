# SPDX-License-Identifier: GPL-3.0-or-later
"""The audit: appended without a lock, sealed into a hash chain by the switchboard, proved by anybody who may read it.

`append` belongs into the transaction of what it tells of. A superuser could rewrite the whole chain, so `head` is
to be kept somewhere else too and given to `verify`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.store.functions import CHAIN_LINK, SEAL_START

_APPEND = text(
    "WITH added AS (INSERT INTO tr.audit (actor, what, detail)"
    " VALUES (:actor, :what, CAST(:detail AS jsonb)) RETURNING id)"
    " INSERT INTO tr.audit_open (id) SELECT id FROM added"
)
_SEAL = text("SELECT tr_api.seal()")
_HEAD = text("SELECT n, encode(hash, 'hex') AS hash FROM tr.seal ORDER BY n DESC LIMIT 1")
# IS DISTINCT FROM: where the audit's row is gone its hash is NULL, and NULL <> anything is not true.
_VERIFY = text(
    f"""WITH chain AS (
      SELECT s.n, s.id, s.prev, s.hash, lag(s.hash, 1, sha256('{SEAL_START}')) OVER (ORDER BY s.n) AS before,
        row_number() OVER (ORDER BY s.n) AS place,
        CASE WHEN a.id IS NOT NULL THEN {CHAIN_LINK.format(prev="s.prev", n="s.n", row="a")} END AS now
      FROM tr.seal s LEFT JOIN tr.audit a ON a.id = s.id)
    SELECT (SELECT count(*) FROM chain) AS sealed,
      (SELECT count(*) FROM tr.audit_open) AS open,
      ARRAY(SELECT id FROM chain WHERE prev IS DISTINCT FROM before OR n IS DISTINCT FROM place
        OR hash IS DISTINCT FROM now ORDER BY n LIMIT 100) AS broken,
      ARRAY(SELECT a.id FROM tr.audit a WHERE NOT EXISTS (SELECT FROM tr.seal s WHERE s.id = a.id)
        AND NOT EXISTS (SELECT FROM tr.audit_open o WHERE o.id = a.id) ORDER BY a.id LIMIT 100) AS unsealed,
      ARRAY(SELECT o.id FROM tr.audit_open o WHERE NOT EXISTS (SELECT FROM tr.audit a WHERE a.id = o.id)
        ORDER BY o.id LIMIT 100) AS lost"""
)
_HASH_AT = text("SELECT encode(hash, 'hex') FROM tr.seal WHERE n = :n")


@dataclass(frozen=True)
class Head:
    """The last link of the chain: its number and its hash in hex."""

    n: int
    hash: str


@dataclass(frozen=True)
class Proof:
    """`broken` links do not fit their row or the link before, `unsealed` rows are in no chain, `lost` rows are gone.

    `head_kept` is False when a head that was kept elsewhere is not in the chain any more.
    """

    sealed: int
    open: int
    broken: tuple[int, ...]
    unsealed: tuple[int, ...]
    lost: tuple[int, ...]
    head_kept: bool

    @property
    def holds(self) -> bool:
        return not (self.broken or self.unsealed or self.lost) and self.head_kept


async def append(connection: AsyncConnection, actor: str, what: str, detail: dict[str, Any] | None = None) -> None:
    """One line: who (a person's number, or "system") did what (``person.disable``), with which details."""
    words = json.dumps(detail or {}, ensure_ascii=False)
    await connection.execute(_APPEND, {"actor": actor, "what": what, "detail": words})


async def seal(connection: AsyncConnection) -> int:
    """Chain what has been appended and committed, oldest first; answers how many lines. Once a second will do."""
    return int((await connection.execute(_SEAL)).scalar_one())


async def head(connection: AsyncConnection) -> Head | None:
    row = (await connection.execute(_HEAD)).one_or_none()
    return Head(int(row.n), str(row.hash)) if row else None


async def verify(connection: AsyncConnection, kept: Head | None = None) -> Proof:
    """Recompute the whole chain. `kept` is a head that was written down elsewhere earlier: it finds a cut-off end."""
    row = (await connection.execute(_VERIFY)).one()
    head_kept = True
    if kept is not None:
        head_kept = (await connection.execute(_HASH_AT, {"n": kept.n})).scalar_one_or_none() == kept.hash
    return Proof(int(row.sealed), int(row.open), tuple(row.broken), tuple(row.unsealed), tuple(row.lost), head_kept)
