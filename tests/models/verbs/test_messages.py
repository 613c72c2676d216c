# SPDX-License-Identifier: GPL-3.0-or-later
"""Messages and wishes are tasks; who may listen is asked and noted; nobody is called twice for one wish."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from models.kinds import Group, TaskKind
from models.store import plan_rows
from models.verbs.registry import SYSTEM, Actor
from tests.models.verbs.floor import BOSS, GAO, LIN, NOW, ZHOU, Floor

NUMBER = "+8613800138000"
STORE = Actor("4901", "彭大勇", frozenset({Group.STOREKEEPER}))
INSPECTOR = Actor("6001", "程雪", frozenset({Group.INSPECTOR}))
WISH = {"number": NUMBER, "name": "王芳", "language": "zh_CN"}


async def _message(floor: Floor, contact: str = "c1") -> dict[str, str]:
    args = {"queue": "server", "number": NUMBER, "file": f"{contact}.wav", "seconds": 12.5, "customer": ""}
    return await floor(SYSTEM, "voicemail_add", contact=contact, **args)


async def test_a_message_is_a_task_that_somebody_claims(floor: Floor) -> None:
    made = await _message(floor)
    assert (await _message(floor))["task"] == made["task"]
    async with floor.database.reading() as conn:
        (line,) = await plan_rows.recalls(conn)
    assert (line.task.kind, line.queue, line.task.number) == (TaskKind.VOICEMAIL, "server", NUMBER)
    assert line.voicemail is not None and line.voicemail.voicemail == made["voicemail"]
    assert (await floor(LIN, "task_claim", task=made["task"]))["claimed_by"] == "1001"
    assert (await floor.refused(ZHOU, "task_claim", task=made["task"])).words == "refusal.task_claimed"
    await floor(LIN, "task_attempt", task=made["task"], result="reached")
    await floor(LIN, "task_done", task=made["task"], result="reached")
    async with floor.database.reading() as conn:
        assert await plan_rows.recalls(conn) == () and len(await plan_rows.voicemails(conn)) == 1


async def test_a_message_without_sound_is_still_a_task(floor: Floor) -> None:
    for contact in ("c1", "c2"):
        made = await floor(SYSTEM, "voicemail_add", contact=contact, queue="server", number="", file="")
        assert made["voicemail"] == "" and made["state"] == "open"
    for file in ("/etc/passwd", "../x.wav", "a\\..\\b.wav"):
        args = {"contact": "c3", "queue": "server", "number": "", "file": file}
        assert (await floor.refused(SYSTEM, "voicemail_add", **args)).args_ == ("file",)


async def test_who_hears_a_message(floor: Floor) -> None:
    id_ = (await _message(floor))["voicemail"]
    assert (await floor(LIN, "voicemail_listen", voicemail=id_))["file"] == "c1.wav"
    assert (await floor(INSPECTOR, "voicemail_listen", voicemail=id_))["file"] == "c1.wav"
    assert (await floor.refused(STORE, "voicemail_listen", voicemail=id_)).words == "refusal.not_your_group"
    assert (await floor.refused(STORE, "voicemail_heard", voicemail=id_)).words == "refusal.not_your_group"
    assert (await floor.refused(LIN, "voicemail_listen", voicemail=77)).words == "refusal.no_voicemail"
    first = await floor(LIN, "voicemail_heard", voicemail=id_)
    assert (first["heard_by"], first["heard_at"], first["version"]) == ("1001", NOW, 2)
    assert await floor(GAO, "voicemail_heard", voicemail=id_, now=NOW + 9) == first
    async with floor.database.transaction() as conn:
        noted = await conn.execute(text("SELECT actor FROM tr.audit WHERE what = 'verb.voicemail_listen' ORDER BY id"))
        assert list(noted.scalars()) == ["1001", "6001"]
        await conn.execute(text("UPDATE tr.voicemail SET state = 'erased'"))
    assert (await floor.refused(LIN, "voicemail_listen", voicemail=id_)).words == "refusal.sound_erased"


async def test_who_hears_a_recording(floor: Floor) -> None:
    id_ = (await floor(SYSTEM, "recording_add", contact="c1", file="c1.wav", agent="1001"))["recording"]
    for actor in (LIN, BOSS, INSPECTOR):
        assert (await floor(actor, "recording_listen", recording=id_))["file"] == "c1.wav"
    for actor in (ZHOU, STORE):
        assert (await floor.refused(actor, "recording_listen", recording=id_)).words == "refusal.not_your_recording"
    assert (await floor.refused(LIN, "recording_listen", recording=77)).words == "refusal.no_recording"


async def test_a_wish_from_the_web_is_one_task(floor: Floor) -> None:
    answers = await asyncio.gather(*(floor(SYSTEM, "web_callback_request", **WISH) for _ in range(6)))
    assert len({answer["task"] for answer in answers}) == 1
    assert sorted(answer["again"] for answer in answers) == [False] + [True] * 5
    await floor(LIN, "task_claim", task=answers[0]["task"])
    await floor(LIN, "task_done", task=answers[0]["task"])
    later = await floor(SYSTEM, "web_callback_request", **WISH)
    assert not later["again"] and later["task"] != answers[0]["task"]


async def test_a_known_caller_is_named_and_who_was_reached_is_settled(floor: Floor) -> None:
    known = await floor(LIN, "customer_create", name="王芳", number=NUMBER)
    await floor(SYSTEM, "web_callback_request", **{**WISH, "name": "王\n芳\x07" + "长" * 99})
    async with floor.database.reading() as conn:
        (line,) = await plan_rows.recalls(conn)
    assert (line.task.customer, line.language) == (known["customer"], "zh_CN")
    assert line.task.title.startswith("王 芳 长") and len(line.task.title) == 60
    await floor(SYSTEM, "contact_open", contact="c9", from_number=NUMBER, to_number="400")
    await floor(SYSTEM, "contact_close", contact="c9", outcome="answered", hang_up_by="customer")
    async with floor.database.reading() as conn:
        assert await plan_rows.recalls(conn) == ()


async def test_an_abandoned_caller_stands_in_the_list_with_his_queue(floor: Floor) -> None:
    await floor(SYSTEM, "contact_open", contact="c1", from_number=NUMBER, to_number="400", queue="server")
    await floor(SYSTEM, "contact_close", contact="c1", outcome="abandoned", ended=NOW + 45, now=NOW + 45)
    await floor(SYSTEM, "promise_recall", contact="c1", number=NUMBER, why="abandoned")
    async with floor.database.reading() as conn:
        (line,) = await plan_rows.recalls(conn)
    assert (line.queue, line.waited_s, line.task.note) == ("server", 45.0, "abandoned")
    assert (await floor(SYSTEM, "web_callback_request", **WISH))["again"]  # he will be called anyway


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"number": "13800138000"}, "refusal.number_wrong"),
        ({"number": "+86138x"}, "refusal.number_wrong"),
        ({"language": "tlh"}, "refusal.argument_wrong"),
        ({"queue": "none"}, "refusal.argument_wrong"),
    ],
)
async def test_a_wish_that_cannot_be(floor: Floor, change: dict[str, str], words: str) -> None:
    assert (await floor.refused(SYSTEM, "web_callback_request", **{**WISH, **change})).words == words


async def test_the_blacklist_counts_on_the_web_too(floor: Floor) -> None:
    await floor(BOSS, "blocked_add", plan={"prefix": "+86138", "until": NOW + 60})
    assert (await floor.refused(SYSTEM, "web_callback_request", **WISH)).words == "refusal.number_blocked"
    assert not (await floor(SYSTEM, "web_callback_request", **WISH, now=NOW + 61))["again"]
    person = replace(LIN, groups=frozenset(Group))
    assert (await floor.refused(person, "web_callback_request", **WISH)).words == "refusal.not_allowed"
