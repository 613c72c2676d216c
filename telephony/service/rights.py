# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may order what over the link, beside what a call's own people may. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from models.kinds import Group
from models.rules.permissions import ADMINISTER, OVERSEE, may


def _known(groups: Iterable[str]) -> list[Group]:
    return [Group(group) for group in groups]


def may_oversee(groups: Iterable[str]) -> bool:
    """Watch the floor, set states, hear calls, take them over."""
    return may(_known(groups), OVERSEE)


def may_see_trunks(groups: Iterable[str]) -> bool:
    return may(_known(groups), OVERSEE | ADMINISTER)


def may_test_trunks(groups: Iterable[str]) -> bool:
    """A test call costs money and rings at somebody."""
    return may(_known(groups), ADMINISTER | OVERSEE)
