# SPDX-License-Identifier: GPL-3.0-or-later
"""The guided form as data: its steps, its fields, what is mandatory when, and what the customer file fills in. Pure.

Two mandatory sets: a *live* transfer needs customer, product and symptom (the engineer asks the rest); a sheet, and any
hand-over without voice, needs every mandatory field. Labels are `guide.field_<name>`, choices `guide.<field>_<choice>`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from models.cards import CustomerCard, DeviceLine
from models.kinds import CallerKind, Confidence, CustomerLevel, ServiceMode, WarrantyState
from resources.i18n import tr

Kind = Literal["text", "area", "choice", "chips", "phone", "date"]
When = Literal["always", "no_remote_attempt", "charged"]
Purpose = Literal["live", "sheet"]

STEPS = ("customer", "product", "fault", "warranty", "service", "handover")
DIAGNOSIS = "diagnosis"
"""The engineer's own part of the sheet, after the agent's six steps."""

PRODUCT_LINES = ("server", "storage", "laptop", "printer", "desktop")
FAULT_CLASSES = (
    "hardware",
    "system",
    "application",
    "hard",
    "major",
    "inquiry",
    "chase",
    "suggestion",
    "complaint",
    "return",
)
TO_ENGINEER = frozenset({"system", "application", "hard", "major"})
"""Fault classes that go straight to a hotline engineer by telephone."""
SYMPTOMS = (
    "no_power", "restart", "alarm_light", "blue_screen", "slow", "noise", "disk", "memory", "network", "overheat",
    "screen", "keyboard", "battery", "paper_jam", "print_quality", "other",
)  # fmt: skip
DISPATCH = (ServiceMode.ONSITE, ServiceMode.CARRY_IN, ServiceMode.MAIL_IN, ServiceMode.PAID)


@dataclass(frozen=True)
class Field:
    """One field. Empty `modes`: for every service mode. `needs_modes`: mandatory on the sheet for these only."""

    name: str
    step: str
    kind: Kind = "text"
    choices: tuple[str, ...] = ()
    required_live: bool = False
    required_sheet: bool = False
    modes: tuple[ServiceMode, ...] = ()
    needs_modes: tuple[ServiceMode, ...] = ()
    when: When = "always"

    @property
    def label(self) -> str:
        """Catalogue key of the field's name."""
        return f"guide.field_{self.name}"

    def choice_label(self, choice: str) -> str:
        """Catalogue key of one of its choices."""
        return f"guide.{self.name}_{choice}"


FIELDS: tuple[Field, ...] = (
    Field("customer_name", "customer", required_live=True, required_sheet=True),
    Field("caller_kind", "customer", "choice", tuple(CallerKind), required_sheet=True),
    Field("company", "customer"),
    Field("callback_number", "customer", "phone", required_sheet=True),
    Field("district", "customer"),
    Field("product_line", "product", "choice", PRODUCT_LINES, required_live=True, required_sheet=True),
    Field("model", "product", required_sheet=True),
    Field("serial", "product", needs_modes=DISPATCH),
    Field("place", "product"),
    Field("fault_class", "fault", "choice", FAULT_CLASSES, required_sheet=True),
    Field("symptom_chips", "fault", "chips", SYMPTOMS),
    Field("symptom", "fault", "area", required_live=True, required_sheet=True),
    Field("since", "fault"),
    Field("impact", "fault", "choice", ("none", "one_person", "department", "stopped")),
    Field("tried", "fault", "area"),
    Field("own_words", "fault", "area"),
    Field("warranty", "warranty", "choice", tuple(WarrantyState), required_sheet=True),
    Field("covered_until", "warranty", "date"),
    Field("contract", "warranty"),
    Field("service_level", "service", "choice", tuple(CustomerLevel), required_sheet=True),
    Field("service_mode", "service", "choice", tuple(ServiceMode), required_sheet=True),
    Field("remote_attempt", "service", "choice", ("made", "not_made"), required_sheet=True, modes=DISPATCH),
    Field("remote_why_not", "service", required_sheet=True, modes=DISPATCH, when="no_remote_attempt"),
    Field("visit_time", "service", "date", required_sheet=True, modes=(ServiceMode.ONSITE,)),
    Field("site_contact", "service", required_sheet=True, modes=(ServiceMode.ONSITE,)),
    Field("address", "service", required_sheet=True, modes=(ServiceMode.ONSITE, ServiceMode.MAIL_IN)),
    Field("quote", "service"),
    Field("paid_consent", "service", "choice", ("yes", "no"), required_sheet=True, when="charged"),
    Field("next_step", "handover", "choice", ("dispatch", "engineer", "close")),
    Field("note_to_engineer", "handover", "area"),
    Field("diagnosis", DIAGNOSIS, "area"),
    Field("diagnosis_steps", DIAGNOSIS, "area"),
    Field("solution", DIAGNOSIS, "area"),
    Field("parts", DIAGNOSIS),
)  # fmt: skip

FIELD: dict[str, Field] = {each.name: each for each in FIELDS}
NO_QUOTE = frozenset({"", "0"})


def fields_of(step: str) -> tuple[Field, ...]:
    """The fields of one step, in the order they are asked."""
    return tuple(each for each in FIELDS if each.step == step)


def applies(each: Field, fields: Mapping[str, str]) -> bool:
    """Whether the form shows this field, by what is filled in so far."""
    mode = fields.get("service_mode", "")
    if each.modes and mode not in each.modes:
        return False
    match each.when:
        case "always":
            return True
        case "no_remote_attempt":
            return fields.get("remote_attempt", "") == "not_made"
        case "charged":
            return mode == ServiceMode.PAID or fields.get("quote", "").strip() not in NO_QUOTE


def required(each: Field, fields: Mapping[str, str], for_: Purpose) -> bool:
    """Whether this field must be filled for the purpose."""
    if for_ == "live":
        return each.required_live
    if not applies(each, fields):
        return False
    return each.required_sheet or fields.get("service_mode", "") in each.needs_modes


def missing(fields: Mapping[str, str], for_: Purpose = "live") -> tuple[str, ...]:
    """Names of the mandatory fields that are empty, in the order of the form. A refused consent counts as missing."""
    lacking: list[str] = []
    for each in FIELDS:
        if not required(each, fields, for_):
            continue
        value = fields.get(each.name, "").strip()
        if not value or (each.name == "paid_consent" and value != "yes"):
            lacking.append(each.name)
    return tuple(lacking)


def prefill(card: CustomerCard) -> dict[str, str]:
    """What the customer file fills in. Only what is sure: a household's number names the company, not the person."""
    sure = bool(card.customer) and card.confidence is Confidence.EXACT
    same_house = bool(card.customer) and card.confidence is Confidence.HOUSEHOLD
    filled: dict[str, str] = {"callback_number": card.number}
    if sure or same_house:
        filled |= {
            "caller_kind": card.kind.value,
            "company": card.company,
            "district": card.district,
            "address": card.address,
            "service_level": card.level.value,
        }
    if sure:
        filled["customer_name"] = card.name
        if len(card.devices) == 1:
            filled |= device_fields(card.devices[0])
    return {name: value for name, value in filled.items() if value}


def device_fields(device: DeviceLine) -> dict[str, str]:
    """What choosing a device fills in: product and warranty."""
    return {
        "product_line": device.product_line,
        "model": device.model,
        "serial": device.serial,
        "place": device.place,
        "warranty": device.warranty.value,
        "covered_until": device.covered_until,
        "contract": device.contract,
    }


def greeting(company: str, number: str) -> str:
    """The first sentence, with company and agent number filled in."""
    return tr("guide.greeting", company, number)


def callback_words(minutes: int | None) -> str:
    """What is said when no engineer is free; without a setting it names no time."""
    return tr("guide.callback_words") if minutes is None else tr("guide.callback_words_in", minutes)


def title(fields: Mapping[str, str]) -> str:
    """The short title of a sheet: the first line of the symptom, else the product."""
    lines = fields.get("symptom", "").strip().splitlines()
    return (lines[0].strip() if lines else fields.get("model", "").strip())[:40]


def sheet_hash(fields: Mapping[str, str]) -> str:
    """SHA-256 (hex) over the sorted non-empty fields: equal sheets, and only they, have equal hashes."""
    told = hashlib.sha256()
    for name in sorted(fields):
        if fields[name]:
            for part in (name, fields[name]):
                data = part.encode("utf-8", "surrogatepass")
                told.update(len(data).to_bytes(8, "big"))
                told.update(data)
    return told.hexdigest()
