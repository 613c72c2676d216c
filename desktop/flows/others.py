# SPDX-License-Identifier: GPL-3.0-or-later
"""What others write on the sheet that stands on this desk, and what of it the database has not got yet.

A text of ours that is still on its way is never painted over: the database keeps both and somebody chooses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from models.cards import Draft, DraftField
from models.rules import guide
from telephony.messages import DraftChanged

if TYPE_CHECKING:
    from desktop.flows.desk import Desk

TYPING_SHOWN_S = 3.0


class OthersTexts:
    """Of one sheet at a time; `clear()` before the next."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._typing: dict[str, tuple[str, float]] = {}
        self._unstored: dict[str, DraftField] = {}  # from another desk, which cannot store them yet

    def clear(self) -> None:
        self._typing.clear()
        self._unstored.clear()

    def typing(self, name: str) -> str:
        """Who else wrote this field within the last three seconds, or "": advice, not a lock."""
        who, at = self._typing.get(name, ("", 0.0))
        return who if self._desk.now() - at < TYPING_SHOWN_S else ""

    def unstored(self, name: str) -> bool:
        """Whether a field shows another's text that only his desk has: the database is away."""
        return name in self._unstored

    def wrote(self, change: DraftChanged, draft: Draft | None) -> DraftField | None:
        """Another's text as it is to be shown now, or None when ours or a newer one stands there.

        `draft` is the sheet on the screen, None before there is one.
        """
        if self._desk.pending(f"{change.draft}/{change.field}") is not None:
            return None  # ours is on its way: the database keeps both and the answer says so
        known = draft.fields.get(change.field) if draft is not None else None
        if known is not None and known.version > change.version:
            return None  # he wrote without having seen what stands here: it will come beside it
        if known is not None and known.version == change.version and change.stored:
            return None  # we have it
        text = DraftField(change.field, change.value, change.by, change.by_name, change.at, change.version)
        if change.stored:
            self._unstored.pop(change.field, None)
        else:
            self._unstored[change.field] = text
        self._typing[change.field] = (change.by_name, self._desk.now())
        return text

    def merged(self, draft: Draft, stored: dict[str, DraftField]) -> Draft:
        """The sheet with the fields as stored. What was typed here and is not stored yet stays on the screen; others'
        texts stay until they are stored."""
        fields = dict(stored)
        for name, text in list(self._unstored.items()):
            found = stored.get(name)
            if found is not None and (found.version > text.version or found.at >= text.at or found.value == text.value):
                del self._unstored[name]
            else:
                fields[name] = text
        me = self._desk.me
        for name in guide.FIELD:
            waiting = self._desk.pending(f"{draft.draft}/{name}")
            if waiting is not None:
                mine = DraftField(name, waiting, me.person if me else "", me.name if me else "", self._desk.now(), 0)
                fields[name] = replace(draft.fields.get(name) or fields.get(name) or mine, value=waiting)
        return replace(draft, fields=fields)

    def mine_to_tell(self, draft: Draft) -> dict[str, DraftField]:
        """What others cannot read from the database just now: all that stands here and is not theirs."""
        waiting = {name for name in draft.fields if self._desk.pending(f"{draft.draft}/{name}") is not None}
        shown = waiting if self._desk.database_up else set(draft.fields)
        return {name: draft.fields[name] for name in shown - self._unstored.keys()}
