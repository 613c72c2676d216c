# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may do what, by group. Pure; verbs, the store's policies and the screens all ask here.

The database refuses what is not granted, the screen does not offer it: both must come from one place.
"""

from __future__ import annotations

from collections.abc import Iterable

from models.kinds import Group

EVERYBODY = frozenset(Group)

TALKERS = frozenset(
    {
        Group.AGENT,
        Group.ENGINEER,
        Group.INFORMATION_OFFICER,
        Group.COORDINATOR,
        Group.COMPLAINT_SPECIALIST,
        Group.SUPERVISOR,
        Group.MANAGER,
    }
)
"""Who speaks with customers: they look customers up, write sheets and hand them on."""

LOOK_UP = TALKERS | frozenset(
    {
        Group.FIELD_ENGINEER,
        Group.INTERFACE_PERSON,
        Group.TECHNICAL_LEAD,
        Group.TECHNICAL_CENTRE,
        Group.INSPECTOR,
        Group.CAMPAIGN_MANAGER,
    }
)
"""Who may look customers up."""

CALL_BACK = frozenset({Group.ENGINEER, Group.SUPERVISOR})
RECALL = frozenset({Group.AGENT, Group.ENGINEER, Group.SUPERVISOR})
OVERSEE = frozenset({Group.SUPERVISOR, Group.MANAGER})
HEAR_ALL = frozenset({Group.SUPERVISOR, Group.MANAGER, Group.INSPECTOR})
ADMINISTER = frozenset({Group.ADMINISTRATOR})
PLAN = OVERSEE | ADMINISTER
"""Who sets up where calls go. Trunks and phones are the administrators' alone, the blacklist names customers."""


def may(groups: Iterable[Group], needed: frozenset[Group]) -> bool:
    """Whether somebody in `groups` belongs to at least one of `needed`."""
    return not needed.isdisjoint(groups)


def claimers(task_group: str) -> frozenset[Group]:
    """Who may claim a task addressed to `task_group`; nobody for a group there is none of."""
    match task_group:
        case Group.ENGINEER:
            return CALL_BACK
        case Group.AGENT:
            return RECALL
        case _:
            return frozenset(group for group in Group if group == task_group) and frozenset(
                {Group(task_group), Group.SUPERVISOR}
            )
