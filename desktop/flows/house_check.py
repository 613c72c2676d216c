# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wrong with a part of the set-up as it is written, said at its field before anything is sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from desktop.flows.house_edit import Edit, Fault
from desktop.flows.house_picture import Picture
from desktop.flows.outbox import Refused
from models.rules.lines import trunk_fault
from models.rules.outbound import Way, way_out
from models.rules.plan import Destination, DestinationKind, OutboundRule
from models.rules.plan_check import faults as plan_faults
from telephony.numbers import UnusableNumber, normalise

NAME_FIELD = {
    "queue": "queue", "calendar": "calendar", "menu": "menu", "number": "number", "trunk": "name", "blocked": "prefix",
    "device": "extension",
}  # fmt: skip
"""The field that is a part's id."""
FIELD_OF = {
    "level": "skills", "relax_order": "relax", "relax": "relax", "position": "position_every_s",
    "no_overflow": "overflow",
    "no_calendar": "calendar", "no_emergency_words": "emergency_prompt", "menu_empty": "options", "digit": "options",
    "digit_twice": "languages", "language": "languages", "menu_times": "timeout_s", "no_prompt": "prompt",
    "weekday": "weekly", "hours": "weekly", "overlap": "weekly", "date": "special", "prefix": "prefix",
}  # fmt: skip
"""Which field a fault of the plan is shown at; one of no field stands over all."""
_ID = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_DIALLED = re.compile(r"\+?[0-9]{2,20}")
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,16}")
_PREFIX = re.compile(r"\+?[0-9]{1,20}|withheld")


@dataclass(frozen=True)
class Verdict:
    """What the outbound rules say: `number` as understood, `rule` the deciding one's place from 0 (-1 none)."""

    number: str
    rule: int
    way: Way


def id_of(kind: str, part: Any) -> str:
    """The id of a part, "" where the database gives one."""
    return str(getattr(part, NAME_FIELD[kind])) if kind in NAME_FIELD else ""


def field_of(refused: Refused) -> str:
    """The field a refusal is about: the first argument that is a field's name, "" when it names none."""
    first = refused.words_args[0] if refused.words_args else ""
    return first.split(".")[-1].split("[")[0].removeprefix("trunk_") if re.fullmatch(r"[a-z_.\[\]0-9]+", first) else ""


def faults(picture: Picture | None, edit: Edit) -> Mapping[str, Fault]:
    """Field → words; only the first fault of a field."""
    if picture is None:
        return {}
    found: dict[str, Fault] = {}
    for field, fault in _faults(picture, edit):
        found.setdefault(field, fault)
    if not found:
        for field, fault in _plan_faults(picture, edit):
            found.setdefault(field, fault)
    return found


def _plan_faults(picture: Picture, edit: Edit) -> Iterator[tuple[str, Fault]]:
    """What the whole plan would have against this part that it has not against the stored one."""
    if edit.kind in ("trunk", "device"):
        return
    before = set(plan_faults(picture.plan))
    for fault in plan_faults(picture.with_part(edit.kind, edit.id, edit.now)):
        if fault not in before:
            field = FIELD_OF.get(fault.words.removeprefix("plan.fault_"), "")
            yield (field if hasattr(edit.now, field) else ""), (fault.words, fault.args)


def _faults(picture: Picture, edit: Edit) -> Iterator[tuple[str, Fault]]:
    part, kind = edit.now, edit.kind
    name = NAME_FIELD.get(kind, "")
    if name:
        yield from _name_faults(picture, edit, name, str(getattr(part, name)))
    if kind == "trunk":
        wrong = trunk_fault(part, part.name in picture.secret_set or bool(part.secret))
        if wrong:
            yield wrong, (f"house.fault_trunk_{wrong}", ())
    for field in ("overflow", "unserved", "closed", "destination", "otherwise"):
        place = getattr(part, field, None)
        if isinstance(place, Destination):
            yield from ((field, fault) for fault in _nowhere(picture, place))
    for digit, place in getattr(part, "options", {}).items():
        yield from (("options", ("house.fault_at_key", (digit, words))) for words, _ in _nowhere(picture, place))
    if kind == "queue":
        yield from _queue_faults(part)
    if kind == "device":
        yield from _phone_faults(picture, edit)
    calendar = getattr(part, "calendar", "") if kind in ("queue", "outbound") else ""
    if calendar and calendar not in picture.plan.calendars:
        yield "calendar", ("house.fault_no_calendar", (calendar,))
    if kind == "outbound" and not part.allowed and not part.why.strip():
        yield "why", ("house.fault_why", ())


def _name_faults(picture: Picture, edit: Edit, field: str, name: str) -> Iterator[tuple[str, Fault]]:
    shape = {"number": _DIALLED, "blocked": _PREFIX, "device": _EXTENSION}.get(edit.kind, _ID)
    if not shape.fullmatch(name):
        words = {"number": "number", "blocked": "number", "device": "extension"}.get(edit.kind, "id")
        yield field, (f"house.fault_{words}", ())
    elif edit.new and picture.part(edit.kind, name) is not None:
        yield field, ("house.fault_taken", (name,))


def _phone_faults(picture: Picture, edit: Edit) -> Iterator[tuple[str, Fault]]:
    phone = edit.now
    if not phone.name.strip():
        yield "name", ("house.fault_empty", ())
    if phone.person and all(one.person != phone.person for one in picture.people):
        yield "person", ("house.fault_target_person", ())
    if edit.new and not phone.secret:
        yield "secret", ("house.fault_secret", ())


def _queue_faults(queue: Any) -> Iterator[tuple[str, Fault]]:
    for field in ("words_zh", "words_en"):
        if not getattr(queue, field).strip():
            yield field, ("house.fault_empty", ())
    if queue.strategy == "linear" and not queue.members:
        yield "members", ("house.fault_members", ())
    if (queue.max_wait_s or queue.max_waiting) and queue.overflow is None:
        yield "overflow", ("house.fault_overflow", ())
    if queue.overflow == Destination(DestinationKind.QUEUE, queue.queue):
        yield "overflow", ("house.fault_itself", ())
    times = [step.after_s for step in queue.relax]
    if times != sorted(set(times)):
        yield "relax", ("house.fault_relax", ())


def _nowhere(picture: Picture, place: Destination) -> Iterator[Fault]:
    plan, target = picture.plan, place.target
    match place.kind:
        case DestinationKind.QUEUE | DestinationKind.VOICEMAIL | DestinationKind.CALLBACK:
            wrong = target not in plan.queues
        case DestinationKind.MENU:
            wrong = target not in plan.menus
        case DestinationKind.NUMBER:
            wrong = not _DIALLED.fullmatch(target)
        case DestinationKind.PERSON:
            wrong = all(one.person != target for one in picture.people)
        case DestinationKind.ANNOUNCE:
            wrong = not target
        case _:
            wrong = False
    if wrong:
        yield f"house.fault_target_{place.kind}", ()


def verdict(picture: Picture | None, number: str, person: str, now: float) -> Verdict | None:
    """What the stored outbound rules say when `person` ("" anybody without a group) dials `number` now."""
    if picture is None:
        return None
    try:
        e164 = normalise(number).e164
    except UnusableNumber:
        return None
    groups = next((one.groups for one in picture.people if one.person == person), ())
    way = way_out(picture.plan, e164, person, groups, 0, now)
    return Verdict(e164, _place(picture.plan.outbound, way.rule), way)


def _place(rules: tuple[OutboundRule, ...], rule: OutboundRule | None) -> int:
    return next((n for n, one in enumerate(rules) if one is rule), -1)
