# SPDX-License-Identifier: GPL-3.0-or-later
"""The handset process outlives its desk, lets only its person in, and ends cleanly."""

from __future__ import annotations

import asyncio
import os
import stat
import sys

import pytest

from telephony.phone.choice import make_engine
from telephony.phone.door import DoorClosed, knock, open_door, private_dir
from telephony.phone.engine import CallGone, CommandRefused, EngineUnavailable, Goodbye, Keep, Register
from telephony.phone.handset import EXIT_HELD, EXIT_NO_ENGINE, main
from tests.telephony.phone.stage import ROOT, Line, alive, talk, until


async def run(*words: str, **settings: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "telephony.phone.handset", *words, cwd=ROOT, env={**os.environ, **settings},
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(10):
        _, said = await process.communicate()
    return process.returncode or 0, said.decode()


async def test_only_its_person_can_reach_it(handset, short):
    line = await handset()
    assert stat.S_IMODE(os.stat(short).st_mode) == 0o700
    assert stat.S_IMODE(os.stat(line.path).st_mode) == 0o600


async def test_it_has_a_session_of_its_own(handset):
    line = await handset()
    assert os.getsid(line.process.pid) == line.process.pid != os.getsid(0)


async def test_a_call_and_the_kept_words_survive_the_desk(handset):
    line, peer = await handset(), await handset()
    line.do(Keep({"token": "t-1", "link": "ws://h"}))
    mine, _ = await talk(peer, line, X_Call_Id="k7")
    await line.leave()
    await asyncio.sleep(0.3)
    now = await line.connect()
    assert now.kept == {"token": "t-1", "link": "ws://h"}
    assert [(call.tag, call.stage) for call in now.calls] == [("k7", "talking")]
    assert not [report for report in peer.reports if isinstance(report, CallGone)]
    assert mine.call in [call.call for call in (await peer.ask()).calls]


async def test_the_newest_desk_wins(handset):
    line = await handset()
    newer = Line(line.path)
    await newer.connect()
    assert await line.hear(CommandRefused) == CommandRefused("Ask", "another_desk")
    await until(line._listening.done)
    assert (await newer.ask()).calls == ()
    await newer.leave()


async def test_without_a_desk_for_its_time_it_releases_its_leg_and_ends(handset, a_registrar):
    registrar = await a_registrar("a")
    line, peer = await handset("--away", "0.7"), await handset()
    line.do(Register(registrar.address, "2001", "a"))
    await until(lambda: registrar.bound)
    mine, _ = await talk(peer, line)
    await line.leave()
    await asyncio.sleep(0.3)
    await line.connect()  # a desk in time stops the clock
    await asyncio.sleep(0.8)
    assert (await line.ask()).calls
    await line.leave()
    assert await peer.hear(CallGone) == CallGone(mine.call, "", "far", 200)
    async with asyncio.timeout(5):
        assert await line.process.wait() == 0
    assert registrar.bound == set() and registrar.expires[-1] == 0
    assert not line.path.exists()


async def test_a_handset_whose_desk_never_comes_ends(short):
    code, _ = await run("--socket", str(short / "a.sock"), "--away", "0.3", "--no-sound")
    assert code == 0


async def test_goodbye_ends_the_calls_and_the_process(handset):
    line, peer = await handset(), await handset()
    mine, _ = await talk(peer, line)
    line.do(Goodbye())
    assert (await peer.hear(CallGone)).call == mine.call
    async with asyncio.timeout(5):
        assert await line.process.wait() == 0


async def test_sigterm_in_a_call_says_bye(handset):
    line, peer = await handset(), await handset()
    mine, _ = await talk(peer, line)
    assert await line.end() == 0
    assert await peer.hear(CallGone) == CallGone(mine.call, "", "far", 200)


async def test_a_second_handset_at_the_same_place_says_so(handset):
    line = await handset()
    code, said = await run("--socket", str(line.path), "--no-sound")
    assert code == EXIT_HELD and str(line.path) in said
    assert (await line.ask()).calls == ()


async def test_after_kill_9_the_place_is_free(handset, short):
    line = await handset()
    line.process.kill()
    await line.process.wait()
    again = await Line.start(line.path, "--no-sound")
    assert (await again.ask()).calls == ()
    assert await again.end() == 0


async def test_nonsense_from_a_desk_is_answered_and_survived(handset):
    line = await handset()
    line.writer.write(b'{"is":"Mute","call":"x","on":1}\n[]\n\xff\n{"is":"Format"}\n')
    for _ in range(4):
        assert await line.hear(CommandRefused) == CommandRefused("", "bad_message")
    line.writer.write(b"x" * (3 << 20))
    await until(line._listening.done)
    assert (await line.connect()).calls == ()


@pytest.mark.parametrize(
    ("words", "said"), [(["--engine", "carrier-pigeon"], "pjsua2"), (["--bind", "192.0.2.1"], "192.0.2.1")]
)
async def test_an_engine_that_cannot_run_says_why(short, words, said):
    code, text = await run("--socket", str(short / "a.sock"), "--no-sound", *words)
    assert code == EXIT_NO_ENGINE and said in text


async def test_a_taken_sip_port_is_said(handset, short):
    line = await handset()
    port = line.now.sip.rpartition(":")[2]
    code, text = await run("--socket", str(short / "b.sock"), "--no-sound", "--port", port)
    assert code == EXIT_NO_ENGINE and port in text


def test_without_the_wheel_the_way_out_is_named(monkeypatch, short, capsys):
    monkeypatch.setitem(sys.modules, "pjsua2", None)
    monkeypatch.delitem(sys.modules, "telephony.phone.pjsua2", raising=False)
    with pytest.raises(EngineUnavailable, match="pip install pjsua2-python"):
        make_engine("pjsua2")


def test_words_it_does_not_know_are_refused():
    with pytest.raises(SystemExit):
        main(["--sockets", "x"])


async def test_a_directory_others_can_write_is_not_used(short):
    (short / "link").symlink_to("/tmp")
    with pytest.raises(DoorClosed):
        private_dir(short / "link")
    (short / "wide").mkdir(mode=0o777)
    assert stat.S_IMODE(private_dir(short / "wide").stat().st_mode) == 0o700


async def test_where_there_are_no_unix_sockets_a_secret_opens_the_door(short):
    visitors = []

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        visitors.append(await reader.readline())
        writer.write(b"welcome\n")
        writer.close()

    path = short / "tcp.sock"
    server = await open_door(path, greet, unix=False)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    reader, writer = await knock(path)
    writer.write(b"hello\n")
    assert await reader.readline() == b"welcome\n" and visitors == [b"hello\n"]
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", int(path.read_text().split()[0]))
    writer.write(b"wrong\nhello\n")
    assert await reader.read() == b"" and len(visitors) == 1
    writer.close()
    server.close()
    await server.wait_closed()


async def test_nobody_behind_the_door(short):
    with pytest.raises(DoorClosed):
        await knock(short / "none.sock")
    assert not alive(2**22 + 1)
