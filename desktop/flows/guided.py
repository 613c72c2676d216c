# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guided form shows of a sheet: its steps with what is filled in, and the services that the policy allows.

Made anew from the sheet's plain values whenever it changes; nothing here is kept.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from models.cards import CustomerCard, DeviceLine, PolicyRow
from models.kinds import ServiceMode
from models.rules import guide, policy
from resources.i18n import listed


@dataclass(frozen=True)
class StepNow:
    """One step of the guided form as it stands."""

    name: str
    done: bool
    current: bool
    filled: int
    asked: int
    summary: str


@dataclass(frozen=True)
class ModeOption:
    """One service mode the policy allows: what it promises in a line, its price in cents, the words to say."""

    mode: ServiceMode
    line: str
    price: int
    say: str


def steps_of(values: dict[str, str], missing: Collection[str], shown: str) -> tuple[StepNow, ...]:
    """The guided sequence with what is filled in; `shown` is the step on the screen."""
    current = guide.STEPS.index(shown)
    result = []
    for number, step in enumerate(guide.STEPS):
        fields = [each for each in guide.fields_of(step) if guide.applies(each, values)]
        told = [_told(each, values[each.name]) for each in fields if values.get(each.name)]
        done = number < current and not any(each.name in missing for each in fields)
        result.append(StepNow(step, done, number == current, len(told), len(fields), "·".join(told[:4])))
    return tuple(result)


def offers_of(
    policies: Sequence[PolicyRow], values: dict[str, str], card: CustomerCard | None, device: DeviceLine | None
) -> policy.Offers:
    """What the policy allows and bars for this customer, device and fault."""
    return policy.offers(
        policies,
        product_line=values.get("product_line", device.product_line if device else ""),
        warranty=values.get("warranty", ""),
        level=card.level.value if card else "normal",
        fault_class=values.get("fault_class", ""),
        district=card.district if card else "",
    )


def options_of(offers: policy.Offers, card: CustomerCard | None, model: str) -> tuple[ModeOption, ...]:
    """The allowed modes with the words to say about each."""
    to = f"{card.name}{card.title}" if card else ""
    return tuple(
        ModeOption(one.mode, policy.line(one), one.price, policy.spoken(one, to, model)) for one in offers.allowed
    )


def _told(each: guide.Field, value: str) -> str:
    """A field's value in words, for the one-line summary of its step."""
    if each.kind == "choice":
        return policy.words(each.choice_label(value))
    if each.kind == "chips":
        return listed(policy.words(each.choice_label(chip)) for chip in value.split(",") if chip)
    return " ".join(value.split())
