# SPDX-License-Identifier: GPL-3.0-or-later
"""Sound over HTTP: only to whom it belongs, noted before the first byte, in parts where a player asks for parts."""

from __future__ import annotations

import array
import io
import wave
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import text

from models.kinds import Group
from models.store import people
from models.verbs.registry import SYSTEM
from models.verbs.runner import run_verb
from telephony.service.archive import Archive
from telephony.service.recordings_door import LEAD_IN_S, add_routes
from tests.conftest import Site
from tests.telephony.service.doors import opened

NOW = 1_774_000_000.0
RATE = 8000
CALLER, STAFF = 1000, -2000


def _record(folder: Path, name: str, seconds: float) -> bytes:
    """A stereo recording: the caller's sample on the left, the staff's on the right."""
    with wave.open(str(folder / name), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(array.array("h", [CALLER, STAFF] * int(seconds * RATE)).tobytes())
    return (folder / name).read_bytes()


@dataclass
class Door:
    client: aiohttp.ClientSession
    site: Site
    folder: Path
    recording: str
    voicemail: str
    tokens: dict[str, str]

    async def get(self, what: str, person: str = "", **headers: str) -> tuple[int, bytes, dict[str, str]]:
        if person:
            headers["Authorization"] = f"Bearer {self.tokens[person]}"
        async with self.client.get(f"/sound/{what}", headers=headers) as answer:
            return answer.status, await answer.read(), dict(answer.headers)

    async def heard(self) -> list[str]:
        """Whom the audit says to have listened."""
        async with self.site.service().reading() as conn:
            rows = await conn.execute(text("SELECT actor FROM tr.audit WHERE what LIKE 'verb.%listen' ORDER BY id"))
            return list(rows.scalars())


@pytest.fixture
async def door(site: Site, tmp_path: Path) -> AsyncIterator[Door]:
    database = site.service()
    _record(tmp_path, "c1.wav", 1.0)
    _record(tmp_path, "c2.wav", 3.0)
    made = await run_verb(
        database, SYSTEM, "recording_add", {"contact": "c1", "file": "c1.wav", "agent": "1001"}, "", now=NOW
    )
    message = {"contact": "c2", "queue": "q", "number": "", "file": "c2.wav", "seconds": 2.0}
    left = await run_verb(database, SYSTEM, "voicemail_add", message, "", now=NOW)
    tokens: dict[str, str] = {}
    for person, group in (
        ("1001", Group.AGENT),
        ("1002", Group.AGENT),
        ("3001", Group.SUPERVISOR),
        ("4901", Group.STOREKEEPER),
    ):
        await site.add(person, group)
        tokens[person] = (await people.sign_in(await site.person(person))).token
    archive = Archive(database, lambda: NOW)
    async with opened(lambda application: add_routes(application, archive, lambda: tmp_path)) as client:
        yield Door(client, site, tmp_path, made["recording"], left["voicemail"], tokens)


async def test_a_recording_is_given_to_its_speaker_and_to_who_hears_all(door: Door) -> None:
    whole = (door.folder / "c1.wav").read_bytes()
    for person in ("1001", "3001"):
        status, sound, headers = await door.get(f"recording/{door.recording}", person)
        assert (status, sound, headers["Content-Type"]) == (200, whole, "audio/wav")
        assert headers["Cache-Control"] == "no-store"
    for person in ("1002", "4901"):
        status, said, _ = await door.get(f"recording/{door.recording}", person)
        assert status == 403 and b"not_your_recording" in said
    assert await door.heard() == ["1001", "3001"]


async def test_a_part_of_a_recording(door: Door) -> None:
    whole = (door.folder / "c1.wav").read_bytes()
    where = f"recording/{door.recording}"
    status, sound, headers = await door.get(where, "1001", Range="bytes=100-199")
    assert (status, sound) == (206, whole[100:200])
    assert headers["Content-Range"] == f"bytes 100-199/{len(whole)}"
    assert (await door.get(where, "1001", Range=f"bytes={len(whole)}-"))[0] == 416


async def test_a_message_is_the_caller_alone(door: Door) -> None:
    status, sound, _ = await door.get(f"voicemail/{door.voicemail}", "1002")
    assert status == 200
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, RATE)
        assert file.getnframes() == int((2.0 + LEAD_IN_S) * RATE)  # not what the call was before
        assert set(array.array("h", file.readframes(RATE * 9))) == {CALLER}
    assert (await door.get(f"voicemail/{door.voicemail}", "4901"))[0] == 403
    assert await door.heard() == ["1002"]


@pytest.mark.parametrize(
    ("asked", "begin", "end"), [("bytes=0-43", 0, 44), ("bytes=44-", 44, None), ("bytes=-100", -100, None)]
)
async def test_a_part_of_a_message(door: Door, asked: str, begin: int, end: int | None) -> None:
    where = f"voicemail/{door.voicemail}"
    _, whole, _ = await door.get(where, "1001")
    status, part, headers = await door.get(where, "1001", Range=asked)
    assert (status, part) == (206, whole[begin:end]) and headers["Content-Range"].endswith(f"/{len(whole)}")


async def test_parts_that_are_not_there(door: Door) -> None:
    for asked in ("bytes=9999999-", "bytes=5-2", "lines=1-2"):
        status, _, headers = await door.get(f"voicemail/{door.voicemail}", "1001", Range=asked)
        assert status == 416 and headers["Content-Range"].startswith("bytes */"), asked


async def test_nobody_without_a_token_hears_anything(door: Door) -> None:
    await people.sign_out(await door.site.person("1001"), door.tokens["1001"])
    for headers in (
        {},
        {"Authorization": "Basic x"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer nonsense"},
    ):
        status, said, _ = await door.get(f"recording/{door.recording}", **headers)
        assert status == 401 and b"bad_token" in said
    assert (await door.get(f"recording/{door.recording}", "1001"))[0] == 401
    assert await door.heard() == []


async def test_what_is_not_there(door: Door) -> None:
    for what in ("recording/77", "voicemail/77", "recording/x", "recording/-1", "recording/99999999999999999999999"):
        assert (await door.get(what, "3001"))[0] == 404, what
    (door.folder / "c2.wav").write_bytes(b"no wav at all")
    status, said, _ = await door.get(f"voicemail/{door.voicemail}", "3001")
    assert status == 404 and b"sound_missing" in said
    (door.folder / "c1.wav").unlink()
    assert (await door.get(f"recording/{door.recording}", "3001"))[0] == 404
    async with door.site.service().transaction() as conn:
        await conn.execute(text("UPDATE tr.recording SET state = 'erased'"))
    assert (await door.get(f"recording/{door.recording}", "3001"))[0] == 410


async def test_no_row_leads_out_of_the_folder(door: Door, tmp_path_factory: pytest.TempPathFactory) -> None:
    secret = tmp_path_factory.mktemp("elsewhere") / "secret.wav"
    secret.write_bytes(b"secret")
    (door.folder / "link.wav").symlink_to(secret)
    for name in (str(secret), f"../{secret.parent.name}/secret.wav", "link.wav", "."):
        async with door.site.service().transaction() as conn:
            await conn.execute(text("UPDATE tr.recording SET file = :name"), {"name": name})
        status, said, _ = await door.get(f"recording/{door.recording}", "3001")
        assert status == 404 and said != b"secret", name
