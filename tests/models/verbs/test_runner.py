# SPDX-License-Identifier: GPL-3.0-or-later
"""Every verb with every role; the key gives the same answer again; arguments that do not fit are named."""

from __future__ import annotations

import asyncio
import inspect
import re
import socket
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

import models.verbs
from models.kinds import Group
from models.rules.lines import TrunkLine
from models.rules.refusals import in_words
from models.store import audit
from models.store.address import write_address
from models.verbs.registry import SYSTEM, VERBS, Actor, VerbRefused
from models.verbs.runner import run_verb
from resources.i18n import LANGUAGES, catalogue
from tests.conftest import Site
from tests.models.verbs.floor import LIN, NOW, Floor

EMPTY = inspect.Parameter.empty


def _arguments(name: str) -> dict[str, Any]:
    """Arguments of the right types that lead to no row."""
    samples: dict[Any, Any] = {int: 4_000_000, str: "x", bool: True, float: 1.0, dict: {}}
    needed = {n: kind for n, (kind, default) in VERBS[name].arguments.items() if default is EMPTY}
    return {n: samples.get(kind, ["x"]) for n, kind in needed.items()}


async def test_every_verb_with_every_role(floor: Floor) -> None:
    actors = [Actor("9001", "某人", frozenset({group})) for group in Group]
    actors += [SYSTEM, Actor("9002", "无岗位", frozenset())]
    for name, entry in VERBS.items():
        assert entry.groups or entry.system, f"nobody may do {name}"
        for actor in actors:
            expected = entry.system if actor.system else bool(entry.groups & actor.groups)
            try:
                await run_verb(floor.database, actor, name, _arguments(name), "", now=NOW)
                refused = ""
            except VerbRefused as refusal:
                refused = refusal.words
            assert (refused != "refusal.not_allowed") is expected, (name, actor, refused)


async def test_the_same_key_gives_the_same_answer(floor: Floor) -> None:
    draft = await floor.draft("c1", LIN)
    arguments = {"draft": draft, "field": "tried", "value": "断电", "base_version": 0}
    first = await floor(LIN, "draft_save", key="k", **arguments)
    await floor(LIN, "draft_save", draft=draft, field="tried", value="断电两次", base_version=1)
    assert await floor(LIN, "draft_save", key="k", now=NOW + 60, **arguments) == first
    refusal = await floor.refused(LIN, "draft_save", key="k", **{**arguments, "value": "别的"})
    assert refusal.words == "refusal.key_reused"
    other = Actor("1007", "周敏", LIN.groups)
    assert (await floor.refused(other, "draft_save", key="k", **arguments)).words == "refusal.not_party"


async def test_eight_senders_of_one_key_make_one_customer(floor: Floor) -> None:
    sent = [floor(LIN, "customer_create", key="same", name="只有一个") for _ in range(8)]
    answers = await asyncio.gather(*sent)
    assert len({answer["customer"] for answer in answers}) == 1
    async with floor.database.reading() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM tr.customer"))).scalar_one() == 1


async def test_a_refused_verb_leaves_nothing(floor: Floor) -> None:
    draft = await floor.draft("c1", LIN)
    count = text(
        "SELECT (SELECT count(*) FROM tr.audit), (SELECT count(*) FROM tr.ticket_event),"
        " (SELECT count(*) FROM tr.verb_key)"
    )
    async with floor.database.reading() as conn:
        before = (await conn.execute(count)).one()
        refusal = await floor.refused(LIN, "open_ticket", draft=draft, key="later")
        assert (await conn.execute(count)).one() == before
    assert refusal.words == "refusal.sheet_missing"


async def test_every_verb_writes_audit_and_tells(floor: Floor) -> None:
    await floor.draft("c1", LIN)
    async with floor.database.transaction() as conn:
        what = (await conn.execute(text("SELECT what FROM tr.audit ORDER BY id"))).scalars().all()
        assert list(what) == ["verb.contact_open", "verb.draft_create"]
        await audit.seal(conn)
        assert (await audit.verify(conn)).holds


@pytest.mark.parametrize(
    ("args", "words", "named"),
    [
        ({}, "refusal.argument_missing", "draft"),
        ({"draft": "1", "field": "tried", "value": "x"}, "refusal.argument_missing", "base_version"),
        ({"draft": "1", "field": 5, "value": "x", "base_version": 0}, "refusal.argument_wrong", "field"),
        ({"draft": -1, "field": "tried", "value": "x", "base_version": 0}, "refusal.argument_wrong", "draft"),
        ({"draft": True, "field": "tried", "value": "x", "base_version": 0}, "refusal.argument_wrong", "draft"),
        ({"draft": 10**30, "field": "tried", "value": "x", "base_version": 0}, "refusal.argument_wrong", "draft"),
        ({"draft": ["1"], "field": "tried", "value": "x", "base_version": 0}, "refusal.argument_wrong", "draft"),
        ({"draft": "", "field": "tried", "value": "x", "base_version": 0}, "refusal.argument_wrong", "draft"),
        ({"draft": "1", "colour": 1}, "refusal.argument_unknown", "colour"),
    ],
)
async def test_arguments_that_do_not_fit_are_named(floor: Floor, args: dict[str, Any], words: str, named: str) -> None:
    refusal = await floor.refused(LIN, "draft_save", **args)
    assert refusal.words == words
    assert refusal.args_[0] == named


async def test_unknown_verbs_are_refused(floor: Floor) -> None:
    assert (await floor.refused(LIN, "drop_everything")).words == "refusal.no_verb"


async def test_without_the_database_the_verb_is_kept(site: Site) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers there
        write_address(site.data_dir, replace(site.address, port=taken.getsockname()[1]))
        with pytest.raises(VerbRefused) as refused:
            await run_verb(site.service(), LIN, "customer_create", {"name": "x"}, "k", now=NOW)
    assert refused.value.again
    assert refused.value.words == "refusal.database_away"


def test_every_verb_and_refusal_has_words_in_both_languages() -> None:
    used = {f"refusal.verb_{name}" for name in VERBS}
    for file in Path(models.verbs.__file__ or "").parent.glob("*.py"):
        used |= set(re.findall(r'"(refusal\.[a-z_]+)"', file.read_text(encoding="utf-8")))
    for language in LANGUAGES:
        assert used - set(catalogue(language)) == set()
        used |= {f"refusal.trunk_{each.name}" for each in fields(TrunkLine)}
        spare = {key for key in catalogue(language) if key.startswith("refusal.")} - used
        assert spare <= {"refusal.join"}


def test_a_refusal_reads_as_a_sentence() -> None:
    said = in_words("refusal.sheet_missing", ("2", "guide.field_model", "guide.field_symptom"))
    assert said == "还缺 2 项：型号、故障现象"
    assert in_words("refusal.task_claimed", ("高建平", "2031")) == "已被高建平（2031）领取"
    assert in_words("refusal.of_a_newer_server", ("x",)) == "refusal.of_a_newer_server x"
