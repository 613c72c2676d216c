# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of things: states, reasons, roles, modes and outcomes. The field's own words, one enum each.

Values are stored in the database and travel on the link, so they never change their spelling.
"""

from __future__ import annotations

from enum import StrEnum


class Group(StrEnum):
    """What a person may be; each is also a PostgreSQL group role ``tr_<site>_<group>``."""

    AGENT = "agent"
    ENGINEER = "engineer"
    INFORMATION_OFFICER = "information_officer"
    COORDINATOR = "coordinator"
    FIELD_ENGINEER = "field_engineer"
    COMPLAINT_SPECIALIST = "complaint_specialist"
    INTERFACE_PERSON = "interface_person"
    TECHNICAL_LEAD = "technical_lead"
    TECHNICAL_CENTRE = "technical_centre"
    LEADER = "leader"
    COMMERCE = "commerce"
    STOREKEEPER = "storekeeper"
    DEPARTMENT = "department"
    STATION = "station"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    INSPECTOR = "inspector"
    CAMPAIGN_MANAGER = "campaign_manager"
    ADMINISTRATOR = "administrator"


class AgentState(StrEnum):
    """Where an agent is. One column, one writer (the switchboard), one event log."""

    SIGNED_OUT = "signed_out"
    READY = "ready"
    RESERVED = "reserved"
    RINGING = "ringing"
    ON_CALL = "on_call"
    WRAP_UP = "wrap_up"
    NOT_READY = "not_ready"
    NOT_RESPONDING = "not_responding"


class StateReason(StrEnum):
    """Why an agent is not ready or not responding. The upper five are the agent's own, the rest the system's."""

    BREAK = "break"
    MEAL = "meal"
    TRAINING = "training"
    MEETING = "meeting"
    SEATED = "seated"  # just signed in: nobody is rung before he is seated
    MISSED = "missed"
    DEVICE_LOST = "device_lost"
    DESKTOP_LOST = "desktop_lost"
    WRAP_UP_TIMEOUT = "wrap_up_timeout"
    SUPERVISOR = "supervisor"
    REJECTED = "rejected"


class CallerKind(StrEnum):
    """Who calls; changes greeting and card."""

    END_CUSTOMER = "end_customer"
    REPAIR_SHOP = "repair_shop"
    BRANCH = "branch"
    DEALER = "dealer"
    REPAIR_STAFF = "repair_staff"


class CustomerLevel(StrEnum):
    """Service level of a customer (服务级别)."""

    NORMAL = "normal"
    SILVER = "silver"
    GOLD = "gold"
    PLATINUM = "platinum"


class Confidence(StrEnum):
    """How sure a number is a customer's. A guess is never shown as a fact."""

    EXACT = "exact"  # verified own number
    HOUSEHOLD = "household"  # the same household or company
    MAYBE = "maybe"  # seen once, or shared by several
    UNKNOWN = "unknown"
    WITHHELD = "withheld"


class WarrantyState(StrEnum):
    COVERED = "covered"
    EXPIRED = "expired"
    MAN_MADE = "man_made"
    UNKNOWN = "unknown"


class ServiceMode(StrEnum):
    """How the customer is served (服务方式)."""

    ONSITE = "onsite"
    CARRY_IN = "carry_in"
    MAIL_IN = "mail_in"
    PAID = "paid"
    PHONE = "phone"


class Outcome(StrEnum):
    """How a call ended. Every arrived call has exactly one (invariant I8)."""

    ANSWERED = "answered"
    ABANDONED = "abandoned"  # the caller hung up while waiting or ringing
    CANCELLED = "cancelled"  # CANCEL before anything was offered
    REFUSED = "refused"  # 488 and its like
    CALLBACK = "callback_scheduled"
    OVERFLOWED = "overflowed"
    VOICEMAIL = "voicemail"
    BLOCKED = "blocked"
    CLOSED = "closed"  # outside the hours: told so, and nothing else was offered
    FAILED = "failed"


class HangUpBy(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


class TaskKind(StrEnum):
    HANDOVER = "handover"  # a hand-over sheet for an engineer to claim and call back
    RECALL = "recall"  # an abandoned or unserved caller
    VOICEMAIL = "voicemail"  # a message somebody must listen to and call back
    WEB_CALLBACK = "web_callback"  # a wish from the web to be called
    SHEET = "sheet"  # an incomplete task sheet that its writer still owes


class TaskState(StrEnum):
    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"


class TicketStage(StrEnum):
    TAKEN_IN = "taken_in"
    HANDED_ON = "handed_on"
    CLOSED = "closed"


class HandoverState(StrEnum):
    BEGUN = "begun"
    COMMITTED = "committed"
    ABORTED = "aborted"
