# SPDX-License-Identifier: GPL-3.0-or-later
"""Rows of the plan and of what came of it as a desk shows them. Pure data; instants are site-time seconds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from models.cards import TaskLine
from models.rules.lines import TrunkLine

T = TypeVar("T")


@dataclass(frozen=True)
class Edited(Generic[T]):
    """A part of the plan with what a change of it needs: `key` names its row, `version` is the verb's base_version."""

    key: str
    part: T
    version: int
    changed: float  # 0: never by hand
    changed_by: str
    changed_by_name: str


@dataclass(frozen=True)
class TrunkRow:
    """A trunk without its secret; `secret_set` says that there is one. Not `active`: kept, and not used."""

    line: TrunkLine
    active: bool
    secret_set: bool
    version: int
    changed: float
    changed_by_name: str


@dataclass(frozen=True)
class PersonSkills:
    """Somebody's skills with their levels 1…5. `version` is the person's."""

    person: str
    name: str
    team: str
    groups: tuple[str, ...]
    levels: Mapping[str, int]
    version: int


@dataclass(frozen=True)
class VoicemailLine:
    """A message somebody left. Its sound comes from the service by `voicemail`, not from the database."""

    voicemail: str
    contact: str
    task: str
    queue: str
    number: str
    customer: str
    customer_name: str
    at: float
    seconds: float
    heard_by: str
    heard_by_name: str
    heard_at: float | None


@dataclass(frozen=True)
class RecallLine:
    """Somebody to be called back who is on no sheet yet: abandoned, unserved, a message, a wish from the web."""

    task: TaskLine
    queue: str
    language: str
    arrived: float | None  # of his call, None when there was none
    waited_s: float  # until he gave up
    voicemail: VoicemailLine | None = None
    contact: str = ""  # the call itself, "" when there was none


@dataclass(frozen=True)
class EventLine:
    """One line of a contact's history, as the switchboard noted it: the desk's «why» is made of these."""

    at: float
    kind: str
    who: str
    who_name: str
    data: Mapping[str, Any]
