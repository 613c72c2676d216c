# SPDX-License-Identifier: GPL-3.0-or-later
"""The checker: proves the invariants over the event log and tells what became of every call. Pure.

What it reads and says is in `proof_log`; `threerings verify` and the demo's report are this and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from models.rules.proof_closing import carried, close
from models.rules.proof_contact import Contact, Stretch
from models.rules.proof_log import (
    CallReport,
    Event,
    House,
    Percentiles,
    Proof,
    TicketEvent,
    Violation,
)
from models.rules.proof_order import check_form, check_order, in_order
from models.rules.proof_people import People
from models.rules.proof_sheets import Sheets
from models.rules.proof_way import check_callbacks


def prove(
    events: Iterable[Event],
    tickets: Iterable[TicketEvent] | None = None,
    recordings: Mapping[str, float] | None = None,
    *,
    house: House | None = None,
    live: bool = False,
    from_the_start: bool = True,
) -> Proof:
    """Check a log.

    `tickets` and `recordings` ({file: seconds measured in the file}) are not checked where None. `live`: the floor is
    at work, so what is under way may be unfinished. `from_the_start`: every epoch's first line is there.
    """
    house = house or House()
    log = in_order(events)
    violations = list(check_order(log, house, from_the_start=from_the_start))
    contacts: dict[str, Contact] = {}
    for _, site in groupby(_once(log), key=lambda event: event.site):
        people = People(house)
        for event in site:
            wrong = list(check_form(event))
            violations += wrong
            if wrong:
                continue
            people.take(event)
            if event.contact:
                contacts.setdefault(event.contact, Contact(event.contact, house)).take(event)
        people.closing(live=live)
        violations += people.violations
    files = dict(recordings) if recordings is not None else None
    for contact in contacts.values():
        close(contact, live=live, files=files)
        violations += contact.violations
    ways = [(contact.id, contact.way, contact.ended) for contact in contacts.values()]
    violations += [Violation(*each) for each in check_callbacks(ways)]
    sheets = Sheets(tickets or ())
    if tickets is not None:
        sheets.check(contacts.values(), live=live)
        violations += sheets.violations
    calls = tuple(_report(contact, sheets, house) for contact in contacts.values() if contact.arrived is not None)
    pops = [call.pop_ms for call in calls if call.pop_ms is not None]
    return Proof(len(log), tuple(dict.fromkeys(violations)), calls, percentiles(pops))


def _once(log: list[Event]) -> list[Event]:
    """A line that is there twice was complained of already and is played once."""
    return list({(event.site, event.epoch, event.seq): event for event in reversed(log)}.values())[::-1]


def _report(contact: Contact, sheets: Sheets, house: House) -> CallReport:
    arrived = contact.arrived
    assert arrived is not None
    answered = next((stretch for stretch in contact.stretches if stretch.connected is not None), None)
    transfer = contact.transfers[-1] if contact.transfers else None
    direction = str(arrived.data.get("direction") or "in")
    inbound = direction != "out"
    started = float(arrived.data.get("received_at") or arrived.at)
    return CallReport(
        contact=contact.id,
        caller=str(arrived.data.get("from" if inbound else "to", "")),
        customer=contact.customer,
        offer_rings=_offer_rings(answered, house),
        promise_rings=_promise_rings(contact, answered, house),
        answered_by=answered.who if answered is not None else "",
        answer_s=round(answered.connected - arrived.at, 3) if answered and answered.connected is not None else None,
        pop_ms=_pop_ms(contact, answered, started) if inbound else None,
        ticket=sheets.ticket_of(contact.id),
        transferred_to=transfer.to if transfer is not None else "",
        engineer_pop_ms=_painted_ms(contact, transfer.to, transfer.begun) if transfer is not None else None,
        draft_carried=carried(contact, transfer) if transfer is not None else None,
        recording=next((file for file, ended in contact.recordings.items() if ended is not None), ""),
        outcome=str(contact.ended.data.get("outcome", "")) if contact.ended is not None else "",
        direction=direction,
    )


def _offer_rings(answered: Stretch | None, house: House) -> float | None:
    """How long the phone of who answered rang, in rings. An accept in time stops the clock."""
    if answered is None or answered.ring is None or answered.ring.ringing is None:
        return None
    ring = answered.ring
    assert ring.ringing is not None
    stopped = answered.since if ring.accepted is None else min(ring.accepted, answered.since)
    return round((stopped - ring.ringing) / house.cadence_s, 3)


def _promise_rings(contact: Contact, answered: Stretch | None, house: House) -> float | None:
    """From the first ringback the caller heard until a person spoke."""
    if answered is None or answered.connected is None or contact.ringback is None:
        return None
    return round((answered.connected - contact.ringback) / house.cadence_s, 3)


def _pop_ms(contact: Contact, answered: Stretch | None, started: float) -> float | None:
    """INVITE at the exchange until the card stood on the desk that was offered the call.

    Who is offered a call later (after music, after somebody's miss) is measured from his own offer.
    """
    offers = [ring for ring in contact.rings if ring.role == "offer"]
    if not offers:
        return None
    ring = next((ring for ring in offers if answered is not None and ring is answered.ring), offers[0])
    at_once = ring is offers[0] and not contact.waited
    return _painted_ms(contact, ring.who, started if at_once else ring.offered)


def _painted_ms(contact: Contact, who: str, since: float) -> float | None:
    painted = [float(event.data["painted_at"]) for event in contact.painted if event.who == who]
    after = [at for at in painted if at >= since]
    return round((min(after) - since) * 1000, 2) if after else None


def percentiles(values: list[float]) -> Percentiles:
    """Nearest rank; None of nothing."""
    if not values:
        return Percentiles(None, None)
    ordered = sorted(values)

    def rank(percent: int) -> float:
        return ordered[-(-percent * len(ordered) // 100) - 1]

    return Percentiles(rank(50), rank(99))
