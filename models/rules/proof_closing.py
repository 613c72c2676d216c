# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be true of a contact when its log ends: the outcome fits, the talk is recorded, the sheet was carried."""

from __future__ import annotations

from models.kinds import HangUpBy, Outcome
from models.rules.proof_contact import Contact, Transfer
from models.rules.proof_log import Event

OUTCOMES = frozenset(str(outcome) for outcome in Outcome)
SIDES = frozenset(str(side) for side in HangUpBy)


def close(contact: Contact, *, live: bool, files: dict[str, float] | None) -> None:
    """After the last event. `files`: seconds of every recording there is, None when nobody looked."""
    if contact.arrived is None:
        return
    if contact.ended is None:
        if not live:
            contact.wrong("I8", "no outcome")
        return
    _check_outcome(contact, str(contact.ended.data.get("outcome")), str(contact.ended.data.get("by")))
    _check_recording(contact, live, files)
    for transfer in contact.transfers:
        _check_draft(contact, transfer, live)


def _check_recording(contact: Contact, live: bool, files: dict[str, float] | None) -> None:
    talked = [s for s in contact.stretches if s.connected is not None]
    if talked and not contact.recordings:
        contact.wrong("I5", "a talk without a recording")
    spoken = sum((s.until or contact.last) - s.connected for s in talked if s.connected is not None)
    recorded = 0.0
    for file, ended in contact.recordings.items():
        if ended is None:
            if not live:
                contact.wrong("I5", f"recording {file} was never ended")
            continue
        seconds = float(ended.data.get("seconds", 0.0))
        recorded += seconds
        if ended.data.get("why") != "ended":
            contact.wrong("I5", f"recording {file}: {ended.data.get('why')}")
        if files is not None and file not in files:
            contact.wrong("I5", f"recording {file} is not there")
        elif files is not None and abs(files[file] - seconds) > contact.house.recording_s:
            contact.wrong("I5", f"recording {file} has {files[file]:.1f} s, the log says {seconds:.1f}")
    under_way = live and None in contact.recordings.values()
    if contact.recordings and not under_way and spoken > recorded + contact.house.recording_s:
        contact.wrong("I5", f"{spoken:.1f} s of talk, {recorded:.1f} s recorded")


def _check_draft(contact: Contact, transfer: Transfer, live: bool) -> None:
    if live:
        return
    if sent_hash(contact, transfer) is None:
        contact.wrong("I1", f"transferred to {transfer.to} without the sheet of {transfer.by}")
    elif not carried(contact, transfer):
        contact.wrong("I1", f"{transfer.to} was not shown the sheet that {transfer.by} handed over")


def sent_hash(contact: Contact, transfer: Transfer) -> Event | None:
    """The sheet at the agent's last key before the transfer."""
    sent = [event for event in contact.hashes if event.who == transfer.by and event.at <= transfer.at]
    return sent[-1] if sent else None


def carried(contact: Contact, transfer: Transfer) -> bool:
    """Whether the engineer's widgets showed exactly what the agent had typed last."""
    sent = sent_hash(contact, transfer)
    if sent is None:
        return False
    return any(
        seen.who == transfer.to
        and seen.at >= transfer.begun - contact.house.slew_s
        and seen.data.get("hash") == sent.data.get("hash")
        for seen in contact.drafts_painted
    )


def _check_outcome(contact: Contact, outcome: str, by: str) -> None:
    if outcome not in OUTCOMES or by not in SIDES:
        contact.wrong("I8", f"there is no outcome {outcome!r} by {by!r}")
    if contact.arrived is not None and contact.arrived.data.get("direction") == "staff":
        if contact.stretches:
            contact.wrong("I2", "a talk between colleagues for which somebody was responsible")
        return
    talked = any(stretch.connected is not None for stretch in contact.stretches)
    rung, served = bool(contact.rings), bool(contact.stretches)
    for invariant, words in contact.way.closing(outcome, talked=talked, rung=rung, served=served):
        contact.wrong(invariant, words)
    if outcome == Outcome.ANSWERED and not talked:
        contact.wrong("I8", "answered, but nobody was ever connected")
    if outcome in (Outcome.ABANDONED, Outcome.CANCELLED, Outcome.REFUSED) and talked:
        contact.wrong("I8", f"{outcome}, but somebody was connected")
    if outcome == Outcome.CANCELLED and contact.rings:
        contact.wrong("I8", "cancelled, but it was offered")
    if outcome == Outcome.CALLBACK and not contact.promised:
        contact.wrong("I8", "a call-back without a promise")
    if by == HangUpBy.CUSTOMER and not (contact.customer_gone or contact.dial_failed):
        contact.wrong("I8", "ended by the customer, who did not hang up")
    if by == HangUpBy.STAFF and not contact.staff_gone:
        contact.wrong("I8", "ended by staff, of whom nobody hung up")
