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


def may_set_up(groups: Iterable[str]) -> bool:
    """See how trunks fare, make test calls over them, and try the plan dry."""
    return may(_known(groups), OVERSEE | ADMINISTER)
