# SPDX-License-Identifier: GPL-3.0-or-later
"""The outbox: nothing typed is lost, order is kept, only unsent values of the same field are replaced."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from desktop.flows import outbox as module
from desktop.flows.outbox import Outbox, OutboxUnusable, Refused
from telephony.messages import VerbDone, VerbRefused


class Server:
    """Answers like the link: `away` loses the connection, `refuse` refuses; keeps what it carried out, once by key."""

    def __init__(self) -> None:
        self.away = False
        self.refuse: set[str] = set()
        self.done: dict[str, tuple[str, dict[str, Any]]] = {}
        self.versions: dict[str, int] = {}

    async def __call__(self, key: str, name: str, args: dict[str, Any]) -> VerbDone | VerbRefused:
        if self.away:
            raise ConnectionError
        if name in self.refuse:
            return VerbRefused(key, "refusal.no", ("x",))
        if key not in self.done:
            self.done[key] = (name, dict(args))
            if "field" in args:
                self.versions[args["field"]] = self.versions.get(args["field"], 0) + 1
        return VerbDone(key, {"version": self.versions.get(args.get("field", ""), 0)})

    @property
    def carried_out(self) -> list[tuple[str, dict[str, Any]]]:
        return list(self.done.values())


def save(field: str, value: str, base: int = 0) -> tuple[str, dict[str, Any], str]:
    return "draft_save", {"draft": "d", "field": field, "value": value, "base_version": base}, f"d/{field}"


async def until(true: Any, wait: float = 3.0) -> None:
    end = time.monotonic() + wait
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        await asyncio.sleep(0.005)


async def test_keys_of_one_field_become_one_verb_and_keep_the_first_base(tmp_path: Path) -> None:
    server, told = Server(), []
    box = Outbox(tmp_path / "o.sqlite", server, lambda *what: told.append(what))
    for text in ("内", "内存", "内存告警"):
        box.post(*save("symptom", text, base=4))
    assert box.pending("d/symptom") == "内存告警"
    await until(lambda: box.unsent == 0)
    assert [(args["value"], args["base_version"]) for _, args in server.carried_out] == [("内存告警", 4)]
    assert ("d/symptom", "local", None) in told
    await box.close()


async def test_a_key_is_on_disk_within_fifty_milliseconds(tmp_path: Path) -> None:
    server = Server()
    server.away = True
    box = Outbox(tmp_path / "o.sqlite", server, lambda *what: None)
    box.post(*save("symptom", "死机"))
    await until(lambda: Outbox.count(tmp_path / "o.sqlite") == 1, wait=0.05 + 0.2)  # the machine may be busy
    await box.close()


async def test_a_barrier_sends_what_was_typed_before_it_at_once_and_follows_it(tmp_path: Path) -> None:
    server = Server()
    box = Outbox(tmp_path / "o.sqlite", server, lambda *what: None)
    box.post(*save("symptom", "死机"))
    box.post(*save("model", "HS5280"))
    began = time.monotonic()
    await box.post("open_ticket", {"draft": "d"})
    assert time.monotonic() - began < module.TYPING_PAUSE_S
    assert [name for name, _ in server.carried_out] == ["draft_save", "draft_save", "open_ticket"]
    await box.close()


async def test_a_restarted_desk_delivers_what_the_killed_one_left(tmp_path: Path) -> None:
    server = Server()
    server.away = True
    box = Outbox(tmp_path / "o.sqlite", server, lambda *what: None)
    box.post(*save("symptom", "死机"))
    box.post("task_create", {"draft": "d"})
    await until(lambda: Outbox.count(tmp_path / "o.sqlite") == 2)
    await box.close()
    server.away = False
    again = Outbox(tmp_path / "o.sqlite", server, lambda *what: None)
    await until(lambda: again.unsent == 0)
    assert [name for name, _ in server.carried_out] == ["draft_save", "task_create"]
    await again.close()
    assert Outbox.count(tmp_path / "o.sqlite") == 0


async def test_an_answer_lost_on_the_way_does_not_do_the_verb_twice(tmp_path: Path) -> None:
    server = Server()
    lost = 0

    async def flaky(key: str, name: str, args: dict[str, Any]) -> VerbDone | VerbRefused:
        nonlocal lost
        answer = await server(key, name, args)
        if lost < 2:
            lost += 1
            raise ConnectionError
        return answer

    box = Outbox(tmp_path / "o.sqlite", flaky, lambda *what: None)
    answer = box.post("task_create", {"draft": "d"})
    for _ in range(3):
        await asyncio.sleep(0.02)
        box.link_up()
    await asyncio.wait_for(answer, 5)
    assert len(server.carried_out) == 1
    await box.close()


async def test_a_refusal_comes_back_with_the_rules_words_and_the_rest_goes_on(tmp_path: Path) -> None:
    server = Server()
    server.refuse.add("open_ticket")
    box = Outbox(tmp_path / "o.sqlite", server, lambda *what: None)
    with pytest.raises(Refused) as refused:
        await box.post("open_ticket", {"draft": "d"})
    assert (refused.value.words, refused.value.words_args) == ("refusal.no", ("x",))
    await box.post("task_create", {"draft": "d"})
    await box.close()
    with sqlite3.connect(tmp_path / "o.sqlite") as file:
        assert file.execute("SELECT verb, words FROM refused").fetchall() == [("open_ticket", "refusal.no")]


async def test_our_second_write_stands_on_our_first_not_on_the_one_before(tmp_path: Path) -> None:
    server = Server()
    gate = asyncio.Event()

    async def slow(key: str, name: str, args: dict[str, Any]) -> VerbDone | VerbRefused:
        await gate.wait()
        return await server(key, name, args)

    box = Outbox(tmp_path / "o.sqlite", slow, lambda *what: None)
    box.post(*save("symptom", "一", base=0))
    box.flush()
    await asyncio.sleep(0.02)  # the first is on its way now
    box.post(*save("symptom", "一二", base=0))
    gate.set()
    await until(lambda: box.unsent == 0)
    assert [(args["value"], args["base_version"]) for _, args in server.carried_out] == [("一", 0), ("一二", 1)]
    await box.close()


async def test_no_more_than_one_try_a_second_while_the_link_is_down(tmp_path: Path) -> None:
    tries = 0

    async def down(key: str, name: str, args: dict[str, Any]) -> VerbDone | VerbRefused:
        nonlocal tries
        tries += 1
        raise ConnectionError

    box = Outbox(tmp_path / "o.sqlite", down, lambda *what: None)
    box.post("task_create", {"draft": "d"})
    for number in range(40):
        box.post(*save("symptom", str(number)))
        await asyncio.sleep(0.01)
    assert tries <= 2
    await box.close()


async def test_a_damaged_file_is_kept_aside_and_a_new_one_begun(tmp_path: Path) -> None:
    path = tmp_path / "o.sqlite"
    path.write_bytes(b"this is no database" * 200)
    box = Outbox(path, Server(), lambda *what: None)
    await box.post("task_create", {"draft": "d"})
    await box.close()
    assert [kept.read_bytes()[:4] for kept in tmp_path.glob("*.damaged-*")] == [b"this"]


async def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("a file where a folder should be")
    with pytest.raises(OutboxUnusable):
        Outbox(tmp_path / "taken" / "o.sqlite", Server(), lambda *what: None)
