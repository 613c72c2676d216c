# SPDX-License-Identifier: GPL-3.0-or-later
"""The small parts by themselves: laws, buffers, digits, sounds, recordings on a bad disk, settings."""

from __future__ import annotations

import asyncio
import errno
import json
import wave
from pathlib import Path

import numpy as np
import pytest

from telephony.exchange.embedded import dtmf, g711
from telephony.exchange.embedded.control import LONGEST_PATH, default_path
from telephony.exchange.embedded.process import PROMPTS, settings_of
from telephony.exchange.embedded.recorder import Recording, Writer
from telephony.exchange.embedded.rtp import Buffer
from telephony.exchange.embedded.settings import BadSettings, address, read_trunks
from telephony.exchange.embedded.sounds import Library, NoSuchSound, Player, sound
from telephony.exchange.embedded.transactions import Transactions
from telephony.exchange.embedded.trunks import TrunkBook, believes
from telephony.exchange.engine import CallArrived, Connect, Done, LegEnded, Trunk
from tests.telephony.exchange.conftest import start
from tests.telephony.exchange.conversations import bridged
from tests.telephony.exchange.peers import until


@pytest.mark.parametrize(
    ("law", "known"), [(0, {0x00: -32124, 0x80: 32124, 0xFF: 0}), (8, {0xD5: 8, 0x55: -8, 0x2A: -32256})]
)
def test_the_laws_are_those_of_g711(law: int, known: dict[int, int]) -> None:
    for code, sample in known.items():
        assert g711.decode(law, bytes([code]))[0] == sample
    codes = bytes(range(256))
    again = g711.encode(law, g711.decode(law, codes))
    assert [a for a, b in zip(codes, again, strict=True) if a != b] in ([], [0x7F])  # minus nothing becomes nothing
    ramp = np.arange(-32768, 32768, 7, dtype=np.int32).astype(np.int16)
    error = np.abs(g711.decode(law, g711.encode(law, ramp)).astype(int) - ramp)
    assert (error <= np.maximum(np.abs(ramp.astype(int)) * 0.04, 16)).all()


def test_mixing_adds_and_clips() -> None:
    loud = np.full(160, 30000, dtype=np.int16)
    assert (g711.mix([loud, loud]) == 32767).all()
    assert (g711.mix([loud, -loud]) == 0).all()


def test_the_buffer_waits_fills_losses_and_leaves_out_what_is_late() -> None:
    buffer = Buffer(320)
    silence = g711.SILENCE[8]
    frames = [bytes([n]) * 160 for n in range(6)]
    buffer.push(65534, frames[0], silence)
    assert buffer.pull() is None
    buffer.push(65535, frames[1], silence)
    assert buffer.pull() == frames[0]
    buffer.push(2, frames[4], silence)  # 0 and 1 are lost
    buffer.push(1, frames[3], silence)  # too late
    buffer.push(2, frames[4], silence)  # twice
    assert [buffer.pull() for _ in range(4)] == [frames[1], silence, silence, frames[4]]
    assert buffer.pull() is None
    for n in range(100):
        buffer.push(3 + n, frames[5], silence)
    pulled = 0
    while buffer.pull():
        pulled += 1
    assert pulled < 30  # old sound is not kept for ever


def test_a_digit_is_sent_as_five_packets_and_three_ends() -> None:
    sender = dtmf.Sender()
    sender.queue("1#")
    packets = []
    while sender.busy:
        packets.append(sender.next())
    assert len(packets) == 2 * (dtmf.TONE_FRAMES + dtmf.END_PACKETS + dtmf.GAP_FRAMES)
    sent = [p for p in packets if p]
    assert [p.marker for p in sent].count(True) == 2
    assert [dtmf.read(p.payload) for p in sent] == ["1"] * 8 + ["#"] * 8
    assert sum(bool(p.payload[1] & 0x80) for p in sent) == 6
    with pytest.raises(ValueError, match="digits"):
        sender.queue("x")


def test_every_prompt_is_there_in_both_languages_and_players_go_on() -> None:
    for language in ("zh_CN", "en"):
        library = Library(PROMPTS, language)
        for name in ("waiting", "nobody", "callback_noted", "recording_notice", "music", "ringing"):
            assert library.get(name).frames > 100, name
    with pytest.raises(NoSuchSound):
        Library(PROMPTS, "en").get("../music")
    ended: list[int] = []
    one, two = sound(np.full(320, 1000, np.int16)), sound(np.full(160, 2000, np.int16))
    player = Player([one], two, lambda: ended.append(1))
    played = [g711.decode(8, player.next(8))[0] for _ in range(5)]
    assert np.allclose(played, [1000, 1000, 2000, 2000, 2000], rtol=0.03)
    assert ended == [1]


def test_robots_speak_for_long_enough() -> None:
    for name in ("caller_1", "caller_2", "caller_3", "caller_4", "agent", "engineer"):
        with wave.open(str(PROMPTS / "robots" / f"{name}.wav")) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (8000, 1, 2)
            assert 12 < file.getnframes() / 8000 < 25


@pytest.mark.parametrize(("number", "why"), [(errno.ENOSPC, "disk_full"), (errno.EIO, "failed")])
async def test_a_bad_disk_ends_the_recording_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, why: str
) -> None:
    ended: list[tuple[float, str]] = []
    writer = Writer(tmp_path, asyncio.get_running_loop().call_soon_threadsafe)
    recording = writer.begin("a.wav", lambda seconds, why: ended.append((seconds, why)))
    frame = np.ones(160, np.int16)
    for _ in range(50):
        recording.put(frame, frame)

    def full(self: Recording) -> None:
        raise OSError(number, "no")

    written = [False]
    writer.tell(lambda: written.__setitem__(0, True))
    await until(lambda: written[0])
    monkeypatch.setattr(Recording, "_mark", full)
    for _ in range(200):
        recording.put(frame, frame)
    await until(lambda: bool(ended))
    recording.close()
    writer.close()
    await asyncio.sleep(0)
    assert [why for _, why in ended] == [why]
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.getnframes() >= 8000
    with pytest.raises(FileExistsError):
        Writer(tmp_path, lambda *_: None).begin("a.wav", lambda *_: None)


@pytest.mark.parametrize("text", ["127.0.0.1", "name:5060", "127.0.0.1:99999", "127.0.0.1:x", "0.0.0.0:5060", ""])
def test_an_address_that_is_none_is_said(text: str) -> None:
    with pytest.raises(BadSettings):
        address(text)


@pytest.mark.parametrize(
    "rows",
    [
        {},
        [1],
        [{"name": "a"}],
        [{"name": "a", "host": "127.0.0.1", "port": "5060"}],
        [{"name": "a", "host": "127.0.0.1", "port": 70000}],
        [{"name": "a", "host": "127.0.0.1", "trusted": 1}],
        [{"name": "a", "host": "127.0.0.1", "numbers": "400"}],
        [{"name": "a", "host": "127.0.0.1", "colour": "red"}],
        [{"name": "a", "host": "127.0.0.1", "user": 'x" y'}],
        [{"name": "a", "host": "127.0.0.1", "codecs": ["G722"]}],
        [{"name": "a", "host": "127.0.0.1", "sources": ["far"]}],
    ],
)
def test_trunks_that_cannot_be_are_said(tmp_path: Path, rows: object) -> None:
    path = tmp_path / "trunks.json"
    path.write_text(json.dumps(rows))
    with pytest.raises(BadSettings, match=r"trunks\.json"):
        read_trunks(path)


async def test_the_trunk_of_a_source() -> None:
    line = Transactions("trunk", lambda transaction: None, lambda request, source: None)
    one, two = Trunk("one", "10.0.0.1", 5060, trusted=True), Trunk("two", "10.0.0.1", 5080)
    three = Trunk("three", "10.0.0.3", sources=("10.1.0.0/24", "10.0.0.4"))
    near = Trunk("l", "127.0.0.1", 5060, trusted=True)
    book = TrunkBook((one, two, three, near), line, lambda *_: None)
    book.open()  # the socket is not bound: nothing is sent

    def name(host: str, port: int) -> str:
        found = book.of((host, port))
        return found.trunk.name if found else ""

    assert name("10.0.0.1", 5080) == "two"
    assert name("10.0.0.1", 999) == "one"
    assert name("10.0.0.2", 5060) == ""
    assert (name("10.1.0.77", 5060), name("10.0.0.4", 1), name("10.0.0.3", 5070)) == ("three", "three", "")
    first, last = book.of(("10.0.0.1", 999)), book.of(("127.0.0.1", 5061))
    assert first
    assert last
    assert believes(first, ("10.0.0.1", 999))
    assert not believes(last, ("127.0.0.1", 5061))
    await book.close()


def test_a_long_data_folder_has_its_socket_elsewhere(tmp_path: Path) -> None:
    long = tmp_path / ("x" * 120)
    assert len(str(default_path(long))) <= LONGEST_PATH
    assert default_path(long) != default_path(tmp_path / ("y" * 120))
    words = ["--data", str(long), "--trunk", "127.0.0.1:0", "--phones", "127.0.0.1:0", "--numbers", "400, 401"]
    settings = settings_of(words)
    assert settings.control == default_path(long)
    assert settings.trunks[0].numbers == ("400", "401")
    with pytest.raises(BadSettings):
        settings_of([*words, "--rtp", "5-4"])


async def test_a_call_in_which_nobody_sends_any_more_ends(data: Path) -> None:
    site = await start(data, media_timeout_s=1.5)
    try:
        call, customer, agent = await bridged(site)
        customer.voice.talking = False
        await asyncio.sleep(2.2)
        assert not site.seen(LegEnded)  # one of both still sends
        agent.voice.talking = False
        ended = await site.fact(LegEnded, seconds=5)
        assert (ended.by, ended.why) == ("system", "lost")
        await customer.reaches("ended")
        await agent.reaches("ended")
        assert site.seen(CallArrived)[0].call == call
        answer = await site.order(Connect, call, ())
        assert not isinstance(answer, Done)
    finally:
        await site.close()
