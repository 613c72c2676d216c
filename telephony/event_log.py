# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of `contact_event`, the append-only log of everything that happens to a contact."""

from __future__ import annotations

CONTACT_EVENTS: dict[str, tuple[str, ...]] = {
    # kind: the fields of its data. `who` (the agent or person, may be empty) and `at` (site time) stand beside it.
    "arrived": ("from", "to", "trunk", "received_at", "direction"),
    "customer_found": ("customer", "confidence"),
    "queued": ("queue",),
    "ringback": (),  # the caller hears the first ring: the promise clock starts
    "waiting_answered": ("announcement",),  # answered with announcement and music
    "menu": ("menu", "digit"),  # a menu was said (digit "") or a key was pressed in it
    "blocked": ("prefix", "why"),
    "closed": ("calendar", "why"),  # calendar | holiday | special_day | emergency | house_emergency
    "overflowed": ("queue", "why", "to"),  # max_wait | max_waiting | unserved; to: kind:target
    "announced": ("prompts", "language"),
    "position": ("place", "expected_s"),
    "chosen": ("strategy", "eligible", "chosen", "level", "out"),  # why this agent: see telephony/routing/why.py
    "voicemail": ("queue",),
    "callback_waits": ("number", "queue", "since", "of_call", "attempts"),
    "callback_over": ("of_call", "why"),
    "sent_outside": ("number", "leg"),
    "outside_answered": ("number", "leg"),
    "outside_failed": ("number", "leg", "why"),
    "merged": ("to", "leg"),
    "parked": ("slot",),
    "picked_up": ("leg", "slot"),
    "supervision": ("of", "mode", "leg"),  # `who` is the supervisor; mode listen | whisper | barge | off
    "taken_over": ("from", "leg"),
    "recording_paused": ("on",),
    "offered": ("leg", "n", "role"),
    "ringing": ("leg",),  # the phone's 180: the offer clock starts
    "card_painted": ("painted_at",),
    "accepted": ("leg",),
    "connected": ("leg",),  # media both ways with the responsible agent
    "responsible": ("leg",),  # responsibility begins for `who`
    "released": ("leg",),  # responsibility ends for `who`
    "missed": ("leg",),
    "declined": ("leg", "why"),
    "lost_race": ("leg",),
    "withdrawn": ("leg", "why"),
    "held": (),
    "resumed": (),
    "consult_started": ("to", "leg"),
    "consult_answered": ("to", "leg"),  # the engineer picked up; agent and engineer talk
    "consult_ended": ("to", "why"),
    "transferred": ("to", "leg"),
    "draft_hash": ("draft", "hash"),  # hash of all fields at `who`'s last key before the transfer
    "draft_painted": ("draft", "hash"),  # hash of the values painted by `who`'s widgets
    "recording_started": ("file",),
    "recording_ended": ("file", "seconds", "why"),
    "customer_hung_up": (),
    "staff_hung_up": ("reason",),
    "dialled": ("number", "leg", "task"),
    "dial_failed": ("why",),
    "wrap_up_started": (),
    "wrap_up_ended": ("why",),
    "promised": ("number", "why"),  # call-back promised
    "adopted": ("leg",),
    "ended": ("outcome", "by"),
    # without a contact
    "agent_state": ("state", "reason", "call"),
    "alarm": ("what", "call", "agent"),
    "leading": ("epoch",),
}
"""Every kind of `contact_event` with the fields of its data; written by the switchboard's journal only."""

ROUTING_NOTES = frozenset(
    {
        "queued", "ringback", "waiting_answered", "offered", "ringing", "accepted", "connected", "responsible",
        "released", "missed", "declined", "lost_race", "withdrawn", "held", "resumed", "consult_started",
        "consult_answered", "consult_ended", "transferred", "customer_hung_up", "staff_hung_up", "dialled",
        "dial_failed", "wrap_up_started", "wrap_up_ended", "adopted", "menu", "blocked", "closed", "overflowed",
        "announced", "position", "chosen", "voicemail", "callback_waits", "callback_over", "sent_outside",
        "outside_answered", "outside_failed", "merged", "parked", "picked_up", "supervision", "taken_over",
    }
)  # fmt: skip
"""Kinds that reach the event log as a Note of the router, and only so. The switchboard writes the rest: arrived (also
of a dialled call, direction "out"), customer_found, card_painted, draft_hash, draft_painted, recording_*, leading, and
from the orders CallOver → ended, AgentStateChanged → agent_state, AlarmSupervisor → alarm and PromiseCallback →
promised."""
