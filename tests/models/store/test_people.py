# SPDX-License-Identifier: GPL-3.0-or-later
"""People and their tokens: signing in and out, wrong passwords, disabling with live connections cut."""

from __future__ import annotations

import asyncio
import traceback

import asyncpg
import pytest
from sqlalchemy import text

from models.kinds import Group
from models.store import founding, people
from models.store.changes import RESYNC, Change, Listener
from models.store.database import connect_person
from models.store.errors import DatabaseAway, PeopleError, SignInRefused
from models.store.scram import saslprep, verifier
from tests.conftest import PASSWORD, Site


async def test_a_token_says_who_with_groups_and_skills(site: Site) -> None:
    await site.add("1001", Group.AGENT, Group.SUPERVISOR, name="李娜", skills=("laptop",), extension="801")
    token = await people.sign_in(await site.person("1001"))
    async with site.service().reading() as connection:
        who = await people.check_token(connection, token.token)
        clock = (await connection.execute(text("SELECT extract(epoch FROM now())::float8"))).scalar_one()
    assert who is not None
    assert (who.person, who.name, who.extension) == ("1001", "李娜", "801")
    assert who.groups == {Group.AGENT, Group.SUPERVISOR}
    assert who.skills == ("laptop",)
    assert who.expires == token.expires
    assert 0 < token.expires - clock <= 12 * 3600


async def test_only_the_hash_is_kept_and_twelve_hours_is_the_most(site: Site) -> None:
    await site.add("1001", Group.AGENT)
    person = await site.person("1001")
    token = await people.sign_in(person, ttl_s=10 * 24 * 3600)
    async with site.owner().reading() as connection:
        row = (await connection.execute(text("SELECT t.*, t::text AS all_of_it FROM tr.session_token t"))).one()
    assert token.token not in row.all_of_it
    assert (row.expires - row.issued).total_seconds() <= 12 * 3600
    assert len(token.token) == 64


async def test_a_token_ends_by_time_by_signing_out_and_by_being_another(site: Site) -> None:
    await site.add("1001", Group.AGENT)
    await site.add("1002", Group.AGENT)
    person, other = await site.person("1001"), await site.person("1002")
    short = await people.sign_in(person, ttl_s=0)
    token = await people.sign_in(person)
    async with site.service().reading() as connection:
        assert await people.check_token(connection, short.token) is None
        assert await people.check_token(connection, token.token[:-1] + "x") is None
        assert await people.check_token(connection, "") is None
        assert not await people.sign_out(other, token.token)  # nobody ends another's
        assert await people.check_token(connection, token.token) is not None
        assert await people.sign_out(person, token.token)
        assert await people.check_token(connection, token.token) is None
        assert not await people.sign_out(person, token.token)


async def test_wrong_password_and_unknown_person_are_told_the_same_and_nothing_more(site: Site) -> None:
    await site.add("1001", Group.AGENT)
    told: list[str] = []
    for person, password in (("1001", "wrong " + PASSWORD), ("9999", PASSWORD), ('1001"; --', PASSWORD)):
        with pytest.raises(SignInRefused) as refused:
            await connect_person(site.data_dir, person, password)
        told.append("".join(traceback.format_exception_only(refused.value)))
        assert refused.value.key == "store.wrong_password"
        assert refused.value.__cause__ is None and refused.value.__suppress_context__
        assert "test_" not in told[-1] and PASSWORD not in told[-1]
    assert len(set(told)) == 1


async def test_a_disabled_person_is_cut_off_and_stays_out(site: Site) -> None:
    await site.add("1001", Group.AGENT)
    person = await site.person("1001")
    token = await people.sign_in(person)
    listening, busy, held = [await person.connect_raw() for _ in range(3)]
    await listening.add_listener("tr_change", lambda *_: None)
    sleeping = asyncio.ensure_future(busy.fetchval("SELECT pg_sleep(30)"))
    transaction = held.transaction()
    await transaction.start()
    other = site.service()
    heard = Listener(other)
    changes: list[Change] = []

    async def hear() -> None:
        async for change in heard:
            changes.append(change)
            if change.kind == "person":
                return

    hearing = asyncio.ensure_future(hear())
    await heard.connected.wait()
    cut = await people.disable(site.owner(), "1001", actor="1009")
    await asyncio.wait_for(hearing, 5)
    assert cut >= 3
    assert all(each.is_closed() for each in (listening, busy, held))
    with pytest.raises((asyncpg.ConnectionDoesNotExistError, asyncpg.AdminShutdownError)):
        await sleeping
    assert changes == [RESYNC, Change("person", "1001", 2)]
    async with other.reading() as connection:
        assert await people.check_token(connection, token.token) is None
        line = (await connection.execute(text("SELECT actor, what, detail FROM tr.audit ORDER BY id DESC"))).first()
    assert line is not None and tuple(line) == ("1009", "person.disable", {"person": "1001"})
    with pytest.raises(SignInRefused) as refused:
        await connect_person(site.data_dir, "1001", PASSWORD)
    assert refused.value.key == "store.person_disabled"
    with pytest.raises(SignInRefused) as guess:
        await connect_person(site.data_dir, "1001", "not the password")
    assert guess.value.key == "store.wrong_password"  # who does not know it is not told that it was ever right
    with pytest.raises((SignInRefused, DatabaseAway)):
        await people.sign_in(person)


async def test_nobody_slips_in_while_being_disabled(site: Site) -> None:
    """A person who hammers the door is out for good once disable() has answered."""
    await site.add("1001", Group.AGENT)
    stop = asyncio.Event()
    inside: list[asyncpg.Connection] = []

    async def hammer() -> None:
        while not stop.is_set():
            try:
                database = await site.person("1001")
                inside.append(await database.connect_raw())
            except (SignInRefused, DatabaseAway):
                await asyncio.sleep(0.005)

    hammering = [asyncio.ensure_future(hammer()) for _ in range(3)]
    while not inside:
        await asyncio.sleep(0.01)
    await people.disable(site.owner(), "1001")
    admin = await founding.connect_admin(site.server)
    left = await admin.fetchval("SELECT count(*) FROM pg_stat_activity WHERE usename = 'test_1001'")
    await admin.close()
    stop.set()
    await asyncio.gather(*hammering)
    assert left == 0
    assert all(each.is_closed() for each in inside)


async def test_enabling_and_a_new_password(site: Site) -> None:
    await site.add("1001", Group.AGENT)
    owner = site.owner()
    await people.disable(owner, "1001")
    await people.enable(owner, "1001")
    await people.set_password(owner, "1001", "another one 二")
    with pytest.raises(SignInRefused):
        await connect_person(site.data_dir, "1001", PASSWORD)
    database = await connect_person(site.data_dir, " 1001 ", "another one 二")
    await people.sign_in(database)
    await database.close()


async def test_the_list_shows_everybody(site: Site) -> None:
    await site.add("1002", Group.ENGINEER, name="工程师乙")
    await site.add("1001", Group.AGENT, Group.COORDINATOR)
    await people.disable(site.owner(), "1002")
    for database in (site.owner(), site.service(), await site.person("1001")):
        lines = await people.listing(database)
        assert [(line.person, line.groups, line.active) for line in lines] == [
            ("1001", ("agent", "coordinator"), True),
            ("1002", ("engineer",), False),
        ]


@pytest.mark.parametrize(
    ("person", "name", "groups", "password", "key"),
    [
        ("", "甲", [Group.AGENT], PASSWORD, "people.bad_number"),
        ("10 01", "甲", [Group.AGENT], PASSWORD, "people.bad_number"),
        ('1"; DROP', "甲", [Group.AGENT], PASSWORD, "people.bad_number"),
        ("1" * 17, "甲", [Group.AGENT], PASSWORD, "people.bad_number"),
        ("1001", "  ", [Group.AGENT], PASSWORD, "people.bad_name"),
        ("1001", "甲" * 61, [Group.AGENT], PASSWORD, "people.bad_name"),
        ("1001", "甲", [], PASSWORD, "people.no_group"),
        ("1001", "甲", ["emperor"], PASSWORD, "people.bad_group"),
        ("1001", "甲", [Group.AGENT], "short", "people.password_short"),
        ("1001", "甲", [Group.AGENT], "x" * 129, "people.password_long"),
        ("1001", "甲", [Group.AGENT], "tab\tinside it", "people.password_plain"),
        ("87654321", "甲", [Group.AGENT], "87654321", "people.password_plain"),
        ("1000", "甲", [Group.AGENT], PASSWORD, "people.exists"),
    ],
)
async def test_what_cannot_be_a_person_is_refused_in_words(
    site: Site, person: str, name: str, groups: list[Group], password: str, key: str
) -> None:
    await site.add("1000", Group.AGENT)
    with pytest.raises(PeopleError) as refused:
        await people.add(site.owner(), person, name, groups, password)
    assert refused.value.key == key
    assert str(refused.value)
    assert [line.person for line in await people.listing(site.owner())] == ["1000"]


@pytest.mark.parametrize("act", [people.disable, people.enable])
async def test_nobody_unknown_is_changed(site: Site, act: object) -> None:
    with pytest.raises(PeopleError) as refused:
        await act(site.owner(), "4711")  # type: ignore[operator]
    assert refused.value.key == "people.unknown"


@pytest.mark.parametrize(
    "password", ["plain ascii", "三声热线密码五六", "\u00a0non\u00adbreaking", "\u2168 roman nine", "אבגדהוזח"]
)
async def test_server_and_program_prepare_a_password_alike(site: Site, password: str) -> None:
    await people.add(site.owner(), "1001", "甲", [Group.AGENT], password)
    database = await connect_person(site.data_dir, "1001", password)
    await database.close()


def test_a_verifier_never_holds_the_password() -> None:
    made = verifier("pencil and paper", salt=b"0123456789abcdef")
    assert made.startswith("SCRAM-SHA-256$4096:MDEyMzQ1Njc4OWFiY2RlZg==$")
    assert "pencil" not in made
    assert saslprep("I\u00adX") == "IX" and saslprep("\u00aa") == "a" and saslprep("\u2168") == "IX"
