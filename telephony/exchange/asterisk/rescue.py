# SPDX-License-Identifier: GPL-3.0-or-later
"""Who has to be helped when no switchboard is there: read from ARI's channels and bridges, decided without asking more.

A caller is helped when he waits: he is in the application and nobody is with him. Who talks is left alone, and so is a
customer on hold whose agent is on another line of the same call.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from telephony.exchange.asterisk.calls import BETWEEN
from telephony.exchange.asterisk.settings import CALL, FROM_TRUNK

SIDE, CUSTOMER = "TR_SIDE", "customer"
NOBODY = ("Announcer/", "Recorder/", "Snoop/", "CBAnn/", "CBRec/", "Local/")  # channels with no person behind them
UP = "Up"

Row = dict[str, Any]


@dataclass(frozen=True)
class Rescue:
    """Names of the callers' channels that go to the queue, and of phones that ring for them in vain."""

    callers: tuple[str, ...] = ()
    ringing: tuple[str, ...] = ()


def rescue(channels: Iterable[Row], bridges: Iterable[Row]) -> Rescue:
    """What there is to do now."""
    people = {one["id"]: one for one in channels if not str(one["name"]).startswith(NOBODY)}
    together: dict[str, set[str]] = {}
    for bridge in bridges:
        with_him = {one for one in bridge["channels"] if one in people}
        for one in with_him:
            together.setdefault(one, set()).update(with_him - {one})
    waiting = [
        one for one in people.values() if _is_caller(one) and not together.get(one["id"]) and not _staff(one, people)
    ]
    in_vain = [leg for caller in waiting for leg in _legs(caller, people) if leg["state"] != UP]
    return Rescue(tuple(one["name"] for one in waiting), tuple(leg["name"] for leg in in_vain))


def _is_caller(channel: Row) -> bool:
    """Somebody who called in and is in the switchboard's hands."""
    place = channel["dialplan"]
    came = place.get("context") == FROM_TRUNK or variable(channel, SIDE) == CUSTOMER
    return came and place.get("app_name") == "Stasis" and BETWEEN not in channel["id"]


def _staff(caller: Row, people: dict[str, Row]) -> bool:
    """Whether somebody who has answered belongs to his call."""
    return any(leg["state"] == UP for leg in _legs(caller, people))


def _legs(caller: Row, people: dict[str, Row]) -> list[Row]:
    """The other channels of his call: by the call they name, or by their id, which begins with it. Not those that only
    hear or keep a recording going: the id of a leg of ours ends with the mark."""
    call = variable(caller, CALL)
    found = []
    for one in people.values():
        if BETWEEN in one["id"] and not one["id"].endswith(BETWEEN):
            continue
        of = one["id"].partition(BETWEEN)[0] if BETWEEN in one["id"] else ""
        same = (call and (variable(one, CALL) == call or of == call)) or (of and of.endswith(f"-{caller['id']}"))
        if one is not caller and same:
            found.append(one)
    return found


def variable(channel: Row, name: str) -> str:
    """A variable of a channel, as ARI shows those it was told to show."""
    return str((channel.get("channelvars") or {}).get(name) or "")
