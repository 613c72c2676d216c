# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of people that the service role may carry out: name, skills, extension, team.

Logins, groups and passwords are roles of the cluster: only the site's owner makes them, by `threerings people`.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from models.people import person as people
from models.rules.permissions import ADMINISTER, OVERSEE
from models.store.people import LONGEST_NAME
from models.verbs.registry import Act, VerbRefused, verb


@verb(ADMINISTER | OVERSEE)
async def person_change(
    act: Act, person: str, name: str, skills: list[str], extension: str = "", team: str = ""
) -> dict[str, Any]:
    """What the house says of a person: his name, what he can do, where he sits."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME:
        raise VerbRefused("refusal.name_needed")
    changed = await act.conn.execute(
        update(people)
        .where(people.c.person == person)
        .values(name=name, skills=skills, extension=extension, team=team, version=people.c.version + 1)
        .returning(people.c.version)
    )
    version = changed.scalar_one_or_none()
    if version is None:
        raise VerbRefused("refusal.no_person", person)
    act.changed("person", person, version)
    act.audited(person=person, skills=skills)
    return {"person": person, "version": version}
