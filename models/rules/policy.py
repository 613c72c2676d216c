# SPDX-License-Identifier: GPL-3.0-or-later
"""The service policy: which service modes a caller is offered, at what price and with what words. Pure.

The policy is data (`PolicyRow`), edited by a supervisor. "*" matches everything; per mode the most exact row wins, and
between equally exact ones the row that is exact further left. `say` and `why_not` are a catalogue key or plain words.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from models.cards import PolicyRow
from models.kinds import ServiceMode
from resources.i18n import known, tr

ANY = "*"
NOT_NAMED = "policy.why_not_named"


@dataclass(frozen=True)
class Option:
    """A mode the caller may choose. `price` in cents, 0 is free; `hours` the promise, 0 none."""

    mode: ServiceMode
    price: int
    hours: int
    say: str


@dataclass(frozen=True)
class Barred:
    """A mode he may not choose, and why."""

    mode: ServiceMode
    why_not: str


@dataclass(frozen=True)
class Offers:
    allowed: tuple[Option, ...]
    barred: tuple[Barred, ...]

    def option(self, mode: str) -> Option | None:
        """The offered option of `mode`, None when it is not offered."""
        return next((option for option in self.allowed if option.mode == mode), None)


def offers(
    rows: Iterable[PolicyRow], product_line: str, warranty: str, level: str, fault_class: str, district: str
) -> Offers:
    """What may be offered, in the order of `ServiceMode`. A mode that no row names is barred."""
    asked = (product_line, warranty, level, fault_class, district)
    best: dict[ServiceMode, tuple[tuple[int, tuple[bool, ...]], PolicyRow]] = {}
    for row in rows:
        columns = (row.product_line, row.warranty, row.level, row.fault_class, row.district)
        if any(column not in (ANY, wanted) for column, wanted in zip(columns, asked, strict=True)):
            continue
        exact = tuple(column != ANY for column in columns)
        weight = (sum(exact), exact)
        if row.mode not in best or weight > best[row.mode][0]:
            best[row.mode] = (weight, row)
    allowed: list[Option] = []
    barred: list[Barred] = []
    for mode in ServiceMode:
        row = best[mode][1] if mode in best else None
        if row is not None and row.allowed:
            allowed.append(Option(mode, row.price, row.hours, row.say))
        else:
            barred.append(Barred(mode, (row.why_not if row else "") or NOT_NAMED))
    return Offers(tuple(allowed), tuple(barred))


def words(text: str, *args: object) -> str:
    """`text` in the language in use: by the catalogue when it is a key, else as the supervisor wrote it."""
    if known(text):
        return tr(text, *args)
    for number in range(len(args), 0, -1):
        text = text.replace(f"%{number}", str(args[number - 1]))
    return text


def line(option: Option) -> str:
    """What an option means for the caller, with its promise, in one short line."""
    meaning = tr(f"policy.line_{option.mode}")
    return tr("policy.line_within", option.hours, meaning) if option.hours else meaning


def spoken(option: Option, caller: str, product: str) -> str:
    """The words to say for an option: %1 the caller with his form of address, %2 the product, %3 price, %4 hours."""
    return words(option.say, caller, product, price_words(option.price), option.hours)


def price_words(cents: int) -> str:
    """A price as it is shown: free, or yuan without needless decimals."""
    if cents <= 0:
        return tr("policy.free")
    yuan = f"{cents // 100:,}" if cents % 100 == 0 else f"{cents / 100:,.2f}"
    return tr("policy.yuan", yuan)
