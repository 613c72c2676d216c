# SPDX-License-Identifier: GPL-3.0-or-later
"""Wishes from the web: the key, the pace, numbers in any spelling, one task a number, and words for every refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import ClientSession
from pydantic import SecretStr
from sqlalchemy import text

from models.settings import Settings
from models.store import plan_rows
from models.store.address import write_address
from models.store.database import connect_service
from telephony.service.archive import Archive
from telephony.service.wishes_door import MOST_ADDRESSES, Pace, Wish, add_routes
from tests.conftest import Site
from tests.telephony.service.doors import opened

NOW = 1_774_000_000.0
KEY = "a key of the website"
NUMBER = {"number": "138 0013 8000"}


class Web:
    """The company's website."""

    def __init__(self, client: ClientSession, taken: list[Wish]) -> None:
        self.client, self.taken = client, taken

    async def wish(self, body: Any = None, key: str = KEY, **headers: str) -> tuple[int, dict[str, Any]]:
        data = {"data": body} if isinstance(body, bytes) else {"json": NUMBER if body is None else body}
        async with self.client.post("/wishes/callback", headers={"X-Api-Key": key, **headers}, **data) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def _web(site: Site, **settings: Any) -> AsyncIterator[Web]:
    taken: list[Wish] = []
    chosen = site.settings.model_copy(update={"wishes_key": SecretStr(KEY), "wishes_per_minute": 1_000, **settings})
    archive = Archive(site.service(), lambda: NOW)
    no_hongkong = lambda e164: "numbers.refused_international" if e164.startswith("+852") else ""  # noqa: E731
    async with opened(lambda app: add_routes(app, archive, chosen, lambda: NOW, no_hongkong, taken.append)) as client:
        yield Web(client, taken)


async def test_a_wish_becomes_a_task(site: Site) -> None:
    async with _web(site) as web:
        status, told = await web.wish({"number": "０１０-6552 1234", "name": "王芳", "language": "en", "note": "下午"})
        assert (status, told["number"], told["again"]) == (201, "+861065521234", False)
        assert (await web.wish({"number": "+86 10 6552 1234"}))[0] == 200
        assert [wish["task"] for wish in web.taken] == [told["task"]]
    async with site.service().reading() as conn:
        (line,) = await plan_rows.recalls(conn)
        audited = (await conn.execute(text("SELECT actor, what FROM tr.audit ORDER BY id LIMIT 1"))).one()
    assert (line.task.task, line.task.title, line.task.note, line.language) == (told["task"], "王芳", "下午", "en")
    assert tuple(audited) == ("system", "verb.web_callback_request")


async def test_the_same_request_again_is_the_same_answer(site: Site) -> None:
    async with _web(site) as web:
        first = await web.wish(**{"Idempotency-Key": "k1"})
        assert first[0] == 201 and await web.wish(**{"Idempotency-Key": "k1"}) == first
        assert (await web.wish({"number": "13900139000"}, **{"Idempotency-Key": "k1"}))[1]["error"] == "key_reused"


async def test_without_a_key_the_door_is_closed(site: Site) -> None:
    async with _web(site, wishes_key=SecretStr("")) as web:
        for key in ("", KEY):
            status, told = await web.wish(key=key)
            assert (status, told["error"]) == (404, "wishes_closed")
    async with _web(site) as web:
        for key in ("", "x", KEY + "x"):
            status, told = await web.wish(key=key)
            assert (status, told["error"]) == (401, "bad_key")
    assert KEY not in repr(Settings(wishes_key=SecretStr(KEY)))


@pytest.mark.parametrize(
    ("body", "status", "error"),
    [
        (b"", 400, "not_json"),
        (b"\xff\xfe", 400, "not_json"),
        (b"[" * 9_000, 400, "not_json"),
        (["13800138000"], 400, "not_json"),
        (b"x" * 17_000, 413, "too_large"),
        ({"number": 13800138000}, 400, "field_wrong"),
        ({**NUMBER, "colour": "red"}, 400, "field_unknown"),
        ({}, 422, "number_missing"),
        ({"number": "  "}, 422, "number_missing"),
        ({"number": "call me"}, 422, "number_wrong"),
        ({"number": "110"}, 422, "number_forbidden"),
        ({"number": "1001"}, 422, "number_forbidden"),
        ({"number": "95588"}, 422, "number_forbidden"),
        ({"number": "4008001234"}, 422, "number_forbidden"),
        ({"number": "anonymous"}, 422, "number_forbidden"),
        ({"number": "+852 2345 6789"}, 422, "number_forbidden"),
        ({**NUMBER, "language": "tlh"}, 422, "argument_wrong"),
        ({**NUMBER, "queue": "none"}, 422, "argument_wrong"),
    ],
)
async def test_what_cannot_be_is_said_in_words(site: Site, body: Any, status: int, error: str) -> None:
    async with _web(site) as web:
        found, told = await web.wish(body)
        assert (found, told["error"]) == (status, error) and told["words"] and "." not in told["words"][:-1].split()[0]
        assert web.taken == []


async def test_too_many_are_sent_away(site: Site) -> None:
    async with _web(site, wishes_per_minute=3) as web:
        answers = [await web.wish(key="guess") for _ in range(5)]
    assert [status for status, _ in answers] == [401, 401, 401, 429, 429]
    assert answers[-1][1]["error"] == "too_many"


def test_the_pace_of_one_address() -> None:
    pace = Pace(6)
    assert [pace.wait_s("a", 0.0) for _ in range(7)] == [0.0] * 6 + [10.0]
    assert pace.wait_s("b", 0.0) == 0.0
    assert pace.wait_s("a", 5.0) == 5.0 and pace.wait_s("a", 10.0) == 0.0
    for n in range(2 * MOST_ADDRESSES):
        pace.wait_s(str(n), 10.0)
    assert pace.wait_s("a", 10.0) == 0.0  # forgotten: memory is not a stranger's to fill


async def test_without_the_database_he_is_asked_to_try_again(site: Site) -> None:
    write_address(site.data_dir, replace(site.address, port=1))
    database = connect_service(site.data_dir, site.settings)
    chosen = site.settings.model_copy(update={"wishes_key": SecretStr(KEY)})
    archive = Archive(database, lambda: NOW)
    async with opened(lambda app: add_routes(app, archive, chosen, lambda: NOW)) as client:
        assert (await Web(client, []).wish())[0] == 503
    await database.close()
