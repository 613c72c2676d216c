# SPDX-License-Identifier: GPL-3.0-or-later
"""What a verb is: its name, who may do it, the arguments it takes, and the act in which it runs.

A verb is `async def name(act, argument: type, …) -> dict`; `@verb(groups, …)` enters it in `VERBS`. It raises
`VerbRefused` with the words of area `refusal`; an argument of those words may itself be a catalogue key.
"""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, NewType, TypeVar, cast, get_type_hints

from sqlalchemy.ext.asyncio import AsyncConnection

from models.kinds import Group
from models.rules.clocks import HouseClocks

Owner = Literal["any", "party", "claimer", "task_group"]
"""Beside the group: whose thing it must be. A party of the draft or contact, the task's claimer, its group."""

SheetId = NewType("SheetId", str)
"""How a draft is named from outside: by its contact's id, or by the number of its row."""

LONGEST_TEXT = 20_000
_LARGEST_ID = 2**63 - 1
_REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True)
class Actor:
    """Who acts: a person's number, name and groups, or the switchboard itself (`system`)."""

    person: str
    name: str
    groups: frozenset[Group]
    system: bool = False


SYSTEM = Actor("system", "system", frozenset(), system=True)


class VerbRefused(Exception):
    """The rule's words: a catalogue key and its arguments. `again`: nothing is wrong with the verb, send it later."""

    def __init__(self, words: str, *args: object, again: bool = False) -> None:
        super().__init__(words, *args)
        self.words = words
        self.args_ = tuple(str(arg) for arg in args)
        self.again = again


@dataclass
class Act:
    """One verb being carried out in one transaction. What it tells (events, changes, audit) is written at its end."""

    conn: AsyncConnection
    actor: Actor
    now: float
    house: HouseClocks
    verb: str
    events: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    changes: list[tuple[str, str, int]] = field(default_factory=list[tuple[str, str, int]])
    detail: dict[str, Any] = field(default_factory=dict[str, Any])

    def event(
        self, kind: str, *, contact: str = "", draft: int | None = None, ticket: int | None = None, **data: Any
    ) -> None:
        """A line of `ticket_event`."""
        self.events.append(
            {
                "at": self.now,
                "contact": contact,
                "draft": draft,
                "ticket": ticket,
                "kind": kind,
                "who": self.actor.person,
                "data": data,
            }
        )

    def changed(self, kind: str, id_: object, version: int = 0) -> None:
        """Screens that show this thing read it again after the commit."""
        self.changes.append((kind, str(id_), version))

    def audited(self, **detail: Any) -> None:
        """What the audit line says beside actor and verb: ids and codes, never the customer's words."""
        self.detail |= detail


VerbFunction = Callable[..., Awaitable[dict[str, Any]]]
F = TypeVar("F", bound=VerbFunction)


@dataclass(frozen=True)
class Verb:
    """A registered verb. `arguments` maps each name to (type, default or inspect.Parameter.empty)."""

    name: str
    run: VerbFunction
    groups: frozenset[Group]
    system: bool
    owner: Owner
    arguments: dict[str, tuple[type, Any]]

    def allows(self, actor: Actor) -> bool:
        """Whether the actor's groups suffice; ownership is looked at inside, where the row is known."""
        return self.system if actor.system else not self.groups.isdisjoint(actor.groups)


VERBS: dict[str, Verb] = {}


def verb(groups: frozenset[Group] = frozenset(), *, system: bool = False, owner: Owner = "any") -> Callable[[F], F]:
    """Enter a verb: the groups that may do it, and whether the switchboard may."""

    def enter(function: F) -> F:
        name = function.__name__
        if name in VERBS:
            raise ValueError(f"two verbs called {name}")
        hints = get_type_hints(function)
        parameters = list(inspect.signature(function).parameters.values())[1:]
        arguments = {each.name: (cast(type, hints[each.name]), each.default) for each in parameters}
        VERBS[name] = Verb(name, function, groups, system, owner, arguments)
        return function

    return enter


def checked(entry: Verb, args: dict[str, Any]) -> dict[str, Any]:
    """`args` as the verb's function takes them. Raises VerbRefused naming the argument that does not fit."""
    for name in args:
        if name not in entry.arguments:
            raise VerbRefused("refusal.argument_unknown", name)
    fitting: dict[str, Any] = {}
    for name, (kind, default) in entry.arguments.items():
        if name in args:
            fitting[name] = _fit(name, kind, args[name])
        elif default is _REQUIRED:
            raise VerbRefused("refusal.argument_missing", name)
    return fitting


def _fit(name: str, kind: type, value: Any) -> Any:
    if kind is int:
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
            value = int(value)  # ids travel as text
        if value == "":
            value = 0  # «none», as the cards write it
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_ID:
            return value
    elif kind is SheetId:
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _LARGEST_ID:
            value = str(value)
        if isinstance(value, str) and value:
            return _text(name, value)
    elif kind is float:
        if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e12:
            return float(value)
    elif kind is bool:
        if isinstance(value, bool):
            return value
    elif kind is str:
        if isinstance(value, str):
            return _text(name, value)
    elif kind is object:
        return value  # any JSON
    elif kind is dict:
        if isinstance(value, dict):
            return cast(dict[str, Any], value)
    elif isinstance(value, (list, tuple)):
        items = cast(list[Any], list(value))  # pyright: ignore[reportUnknownArgumentType]
        if all(isinstance(item, str) for item in items):
            return [_text(name, item) for item in items]
    raise VerbRefused("refusal.argument_wrong", name)


def _text(name: str, value: str) -> str:
    if len(value) > LONGEST_TEXT:
        raise VerbRefused("refusal.too_long", name, LONGEST_TEXT)
    # PostgreSQL keeps neither; a pasted text may carry them, and it shall not be lost for that.
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
