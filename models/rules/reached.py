# SPDX-License-Identifier: GPL-3.0-or-later
"""Which number of ours was dialled, and which callers are blocked. Pure; numbers are compared however they are spelt.

The home country's code is 86: «01088886666», «861088886666» and «+861088886666» are one number.
"""

from __future__ import annotations

from models.rules.plan import Blocked, DialledNumber, Plan

HOME_CODE = "86"
SHORTEST_NATIONAL = 7
"""Fewer digits are a short number or an extension and stay as they are."""
WITHHELD = "withheld"


def canonical(number: str) -> str:
    """The digits with the country's code, so that two spellings of one number are equal; other text as it is."""
    text = "".join(mark for mark in number if mark not in " -().\t")
    digits = text.removeprefix("+")
    if not digits.isascii() or not digits.isdigit():
        return number
    if text.startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    if len(digits) < SHORTEST_NATIONAL:
        return digits
    if digits.startswith(HOME_CODE) and len(digits) >= len(HOME_CODE) + 9:
        return digits
    return HOME_CODE + digits.removeprefix("0")


def number_of(plan: Plan, dialled: str) -> DialledNumber | None:
    """The plan's entry for the dialled number: the exact text first, then any other spelling of it."""
    exact = next((each for each in plan.numbers.values() if each.number == dialled), None)
    if exact is not None:
        return exact
    wanted = canonical(dialled)
    return next((each for each in plan.numbers.values() if canonical(each.number) == wanted), None)


def blocked(plan: Plan, caller: str, now: float) -> Blocked | None:
    """The entry that refuses this caller now: the longest prefix; "" is a caller without a number."""
    matching = [each for each in plan.blocked if (not each.until or now < each.until) and _matches(each, caller)]
    return max(matching, key=lambda each: len(each.prefix), default=None)


def _matches(entry: Blocked, caller: str) -> bool:
    if entry.prefix == WITHHELD or not caller:
        return entry.prefix == WITHHELD and not caller
    if not entry.prefix:
        return False
    return canonical(caller).startswith(_canonical_prefix(entry.prefix))


def _canonical_prefix(prefix: str) -> str:
    """A prefix is short by nature: the home code is added to whatever names no country."""
    digits = "".join(mark for mark in prefix if mark.isdigit())
    if prefix.lstrip().startswith("+"):
        return digits
    if digits.startswith("00"):
        return digits[2:]
    return canonical(prefix)
