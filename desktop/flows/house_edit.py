# SPDX-License-Identifier: GPL-3.0-or-later
"""One part of the house's set-up while somebody edits it: what he changed, and what another stored meanwhile. Pure.

A part is a frozen dataclass of `models.rules.plan` or `models.rules.lines`. Fields that only another changed are taken
over and named in `arrived`; fields that both changed stay as written here until one of the two is chosen.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

Fault = tuple[str, tuple[str, ...]]
"""A catalogue key and its arguments."""


@dataclass(frozen=True)
class Change:
    """One field of the preview. `old` is None for a part that is new."""

    field: str
    old: Any
    new: Any


class Edit:
    """Attributes: `kind`, `id` ("" while new), `base` and `version` as stored, `now` as written here, `theirs` what
    another stored for a field we changed too, `arrived` fields taken over from him, `by` who he is, `refused` the last
    refusal, `saving` while a save is on its way."""

    def __init__(self, kind: str, id_: str, part: Any, version: int = 0, new: bool = False) -> None:
        self.kind, self.id, self.version, self.new = kind, id_, version, new
        self.base = self.now = part
        self.theirs: dict[str, Any] = {}
        self.arrived: tuple[str, ...] = ()
        self.by = ""
        self.gone = False
        self.saving = False
        self.refused: Fault | None = None
        self.refused_field = ""

    def put(self, field: str, value: Any) -> bool:
        """Write one field; whether that changed anything."""
        if getattr(self.now, field) == value:
            return False
        self.now = replace(self.now, **{field: value})
        self.refused, self.refused_field = None, ""
        self.arrived = tuple(name for name in self.arrived if name != field)
        return True

    def changes(self) -> tuple[Change, ...]:
        """What a save would change, in the order of the part's fields."""
        if self.new:
            return tuple(Change(each.name, None, getattr(self.now, each.name)) for each in fields(self.now))
        return tuple(
            Change(each.name, getattr(self.base, each.name), getattr(self.now, each.name))
            for each in fields(self.now)
            if getattr(self.base, each.name) != getattr(self.now, each.name)
        )

    @property
    def dirty(self) -> bool:
        """Whether there is something to save."""
        return self.new or self.now != self.base

    def stored(self, part: Any, version: int, by: str = "") -> None:
        """The database holds this now. Nothing written here is lost, nothing stored there is overwritten unseen."""
        if self.new:
            return
        if part is None:
            self.gone = True
            return
        self.gone = False
        mine, before = self.now, self.base
        arrived: list[str] = []
        for each in fields(part):
            name = each.name
            was, here, there = getattr(before, name), getattr(mine, name), getattr(part, name)
            if there == here:
                self.theirs.pop(name, None)
            if there in (was, here):
                continue
            if here == was:
                mine = replace(mine, **{name: there})
                arrived.append(name)
            else:
                self.theirs[name] = there
        if arrived or self.theirs:
            self.by = by or self.by
        touched = self.now != before  # somebody who wrote nothing here need not be told of every field
        self.arrived = tuple(dict.fromkeys((*self.arrived, *arrived))) if touched else ()
        self.base, self.now, self.version = part, mine, version

    def take(self, field: str) -> None:
        """Of two values take the other's."""
        if field in self.theirs:
            self.now = replace(self.now, **{field: self.theirs.pop(field)})
            self.refused = None

    def keep(self, field: str) -> None:
        """Of two values keep the one written here."""
        self.theirs.pop(field, None)
        self.refused = None

    def drop(self) -> None:
        """Back to what is stored."""
        self.now = self.base
        self.theirs.clear()
        self.arrived, self.refused, self.refused_field = (), None, ""

    def saved(self, version: int) -> None:
        """What is written here is stored."""
        self.base, self.version, self.new, self.saving = self.now, version, False, False
        self.theirs.clear()
        self.arrived, self.refused, self.refused_field = (), None, ""
