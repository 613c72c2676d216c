# SPDX-License-Identifier: GPL-3.0-or-later
"""The ways of a plan from entry to entry: targets that do not exist, and ways that lead back to where they began.

A way round that needs a key of the caller each time («press 1 to wait on») is none: it ends when he stops pressing,
and a call is sent on a limited number of times in any case.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from models.rules.plan import Destination, DestinationKind, Plan

Node = tuple[str, str]
_dialable = re.compile(r"\+?[0-9]{3,20}")


@dataclass(frozen=True)
class Fault:
    """`words`: a catalogue key, `args` its arguments."""

    where: str
    words: str
    args: tuple[str, ...] = ()


def prompt_faults(where: str, prompt: str, prompts: frozenset[str] | None) -> Iterator[Fault]:
    if prompt and prompts is not None and prompt not in prompts:
        yield Fault(where, "plan.fault_prompt", (prompt,))


def destination_faults(plan: Plan, where: str, to: Destination, prompts: frozenset[str] | None) -> Iterator[Fault]:
    """A destination that leads nowhere."""
    yield from prompt_faults(where, to.prompt, prompts)
    match to.kind:
        case DestinationKind.QUEUE | DestinationKind.VOICEMAIL | DestinationKind.CALLBACK:
            if to.target not in plan.queues:
                yield Fault(where, "plan.fault_no_queue", (to.target,))
        case DestinationKind.MENU:
            if to.target not in plan.menus:
                yield Fault(where, "plan.fault_no_menu", (to.target,))
        case DestinationKind.NUMBER:
            if not _dialable.fullmatch(to.target):
                yield Fault(where, "plan.fault_dialable", (to.target,))
        case DestinationKind.PERSON:
            if not to.target:
                yield Fault(where, "plan.fault_no_person")
        case DestinationKind.ANNOUNCE:
            if not to.target:
                yield Fault(where, "plan.fault_no_prompt")
            yield from prompt_faults(where, to.target, prompts)
        case DestinationKind.HANG_UP:
            pass


def cycles(plan: Plan) -> Iterator[Fault]:
    """Ways that lead round without anybody pressing a key, each told once."""
    done: set[Node] = set()
    for begin in sorted({("queue", queue) for queue in plan.queues} | {("menu", menu) for menu in plan.menus}):
        yield from _walk(plan, begin, (), done)


def _walk(plan: Plan, node: Node, path: tuple[Node, ...], done: set[Node]) -> Iterator[Fault]:
    if node in path:
        way = (*path[path.index(node) :], node)
        area = "queues" if node[0] == "queue" else "menus"
        yield Fault(f"{area}.{node[1]}", "plan.fault_cycle", (" → ".join(name for _, name in way),))
        return
    if node in done:
        return
    for after in _onward(plan, node):
        yield from _walk(plan, after, (*path, node), done)
    done.add(node)


def _onward(plan: Plan, node: Node) -> Iterator[Node]:
    """Where a call goes from here by itself. Who is not served by a colleague returns to his queue or to the first."""
    area, name = node
    if area == "menu":
        menu = plan.menus.get(name)
        if menu is not None:
            yield from _target(plan, menu.otherwise, from_queue=False)
        return
    queue = plan.queues.get(name)
    if queue is None:
        return
    if queue.closed is not None:
        yield from _target(plan, queue.closed, from_queue=False)
    for to in (queue.overflow, queue.unserved):
        if to is not None:
            yield from _target(plan, to, from_queue=True)


def _target(plan: Plan, to: Destination, *, from_queue: bool) -> Iterator[Node]:
    if to.kind is DestinationKind.QUEUE:
        yield ("queue", to.target)
    elif to.kind is DestinationKind.MENU:
        yield ("menu", to.target)
    elif to.kind is DestinationKind.PERSON and not from_queue and plan.first:
        yield ("queue", plan.first)
