# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs of people that the service role may carry out: name, skills with their levels, extension, team.

Logins, groups and passwords are roles of the cluster: only the site's owner makes them, by `threerings people`.
"""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert

from models.people import person as people
from models.routing import person_skill
from models.rules.permissions import ADMINISTER, OVERSEE
from models.store.people import LONGEST_NAME
from models.store.plans import read_levels
from models.verbs import loading
from models.verbs.registry import Act, VerbRefused, verb

HIGHEST_LEVEL = 5
_SKILL = re.compile(r"[^\s,;:]{1,32}")


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
    forgotten = delete(person_skill).where(person_skill.c.person == person, person_skill.c.skill.not_in(skills))
    await act.conn.execute(forgotten)
    act.changed("person", person, version)
    act.audited(person=person, skills=skills)
    return {"person": person, "version": version}


@verb(ADMINISTER | OVERSEE)
async def person_skill_save(act: Act, person: str, skill: str, level: int) -> dict[str, Any]:
    """How well somebody can something, 1…5; 0: not at all. The next call is routed by it."""
    if level > HIGHEST_LEVEL:
        raise VerbRefused("refusal.argument_wrong", "level")
    if not _SKILL.fullmatch(skill):
        raise VerbRefused("refusal.argument_wrong", "skill")
    row = await loading.locked(act, people, person, "refusal.no_person")
    old = (await read_levels(act.conn, person)).get(skill, 0)
    skills = [each for each in row["skills"] if each != skill or level]
    if level:
        await act.conn.execute(
            insert(person_skill)
            .values(person=person, skill=skill, level=level)
            .on_conflict_do_update(index_elements=["person", "skill"], set_={"level": level})
        )
        skills += [] if skill in skills else [skill]
    else:
        gone = delete(person_skill).where(person_skill.c.person == person, person_skill.c.skill == skill)
        await act.conn.execute(gone)
    version = row["version"] + 1
    await act.conn.execute(update(people).where(people.c.person == person).values(skills=skills, version=version))
    act.changed("person", person, version)
    act.audited(person=person, skill=skill, old=old, new=level)
    return {"person": person, "skill": skill, "level": level, "version": version}
