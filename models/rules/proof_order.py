# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the log is whole and well formed: kinds, fields, numbers without gap or double, time that goes forward."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from models.rules.proof_log import KINDS, OF_SOMEBODY, WITHOUT_CONTACT, Event, House, Violation

NUMBERS = frozenset({"received_at", "painted_at", "seconds"})


def in_order(events: Iterable[Event]) -> list[Event]:
    """By site, epoch, then seq: facts count even from an older epoch, but before everything of a newer one."""
    return sorted(events, key=lambda event: (event.site, event.epoch, event.seq))


def check_order(events: list[Event], house: House, *, from_the_start: bool) -> Iterator[Violation]:
    """Numbers and times of an ordered log. `from_the_start`: the log is not an excerpt, each epoch begins with 1."""
    for (site, epoch), group in groupby(events, key=lambda event: (event.site, event.epoch)):
        expected = 1 if from_the_start else None
        latest: float | None = None
        for event in group:
            if expected is not None and event.seq < expected:
                yield Violation("log", event.contact, f"{site} {epoch}: number {event.seq} is there twice")
                continue
            if expected is not None and event.seq > expected:
                yield Violation("log", event.contact, f"{site} {epoch}: {expected} to {event.seq - 1} are missing")
            expected = event.seq + 1
            if latest is not None and event.at < latest - house.slew_s:
                back = latest - event.at
                yield Violation("log", event.contact, f"{site} {epoch} {event.seq}: time runs back by {back:.3f} s")
            latest = event.at if latest is None else max(latest, event.at)


def check_form(event: Event) -> Iterator[Violation]:
    """Kind, fields, contact and person of one event."""
    where = f"{event.site} {event.epoch} {event.seq}"
    fields = KINDS.get(event.kind)
    if fields is None:
        yield Violation("log", event.contact, f"{where}: there is no kind {event.kind!r}")
        return
    missing = [name for name in fields if name not in event.data]
    if missing:
        yield Violation("log", event.contact, f"{where}: {event.kind} without {', '.join(missing)}")
    for name in NUMBERS.intersection(fields, event.data):
        value = event.data[name]
        if not isinstance(value, int | float) or isinstance(value, bool):
            yield Violation("log", event.contact, f"{where}: {name} is no number: {value!r}")
    if not event.contact and event.kind not in WITHOUT_CONTACT:
        yield Violation("log", "", f"{where}: {event.kind} without a contact")
    if not event.who and event.kind in OF_SOMEBODY:
        yield Violation("log", event.contact, f"{where}: {event.kind} without a person")
    if event.kind == "leading" and event.data.get("epoch") != event.epoch:
        yield Violation("log", "", f"{where}: leads as epoch {event.data.get('epoch')}")
