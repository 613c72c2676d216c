# SPDX-License-Identifier: GPL-3.0-or-later
"""The player: frames go out in order, pause keeps the place, and what cannot be played is said."""

from __future__ import annotations

import asyncio
import http.server
import io
import threading
import wave
from collections.abc import Iterator

import pytest

from desktop.flows.house_player import FRAME, FRAME_S, Player
from tests.desktop.house_desk import HouseDesk


class Ear:
    """Hears what is played."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.closed = 0

    def put(self, frame: bytes) -> None:
        self.frames.append(frame)

    def close(self) -> None:
        self.closed += 1


def message(frames: int, rate: int = 8000) -> bytes:
    """A WAV whose n-th frame is all bytes n."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(b"".join(bytes([n]) * FRAME for n in range(frames)))
    return file.getvalue()


@pytest.fixture
def ear() -> Ear:
    return Ear()


def player(ear: Ear) -> Player:
    desk = HouseDesk()
    made = Player(desk, lambda: ear)  # type: ignore[arg-type]
    made.what = "7"
    return made


async def until(player: Player, state: str) -> None:
    for _ in range(200):
        if player.state == state:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"{player.state}, not {state}")


async def test_it_plays_to_the_end_in_order(ear: Ear) -> None:
    made = player(ear)
    made.load("7", message(6))
    assert made.state == "playing" and made.seconds == pytest.approx(6 * FRAME_S)
    await until(made, "paused")
    assert [frame[0] for frame in ear.frames] == [0, 1, 2, 3, 4, 5] and ear.closed == 1
    assert made.position == pytest.approx(made.seconds)


async def test_a_pause_keeps_the_place_and_seeking_moves_it(ear: Ear) -> None:
    made = player(ear)
    made.load("7", message(200))
    made.pause()
    assert made.state == "paused" and made.position < 1.0
    made.seek(3.9)
    made.play("7", 0.0)
    await until(made, "paused")
    assert ear.frames[-1][0] == 199 and len(ear.frames) < 30


async def test_another_message_is_not_played_for_the_one_asked_for(ear: Ear) -> None:
    made = player(ear)
    made.load("8", message(5))
    assert made.state == "off" and ear.frames == []


async def test_what_cannot_be_played_is_said(ear: Ear) -> None:
    made = player(ear)
    made.load("7", b"no sound")
    assert (made.state, made.why) == ("failed", "house.player_unreadable")
    made.load("7", message(5, rate=44100))
    assert made.state == "failed"

    def none() -> Ear:
        raise OSError("no card")

    deaf = Player(HouseDesk(), none)  # type: ignore[arg-type]
    deaf.what = "7"
    deaf.load("7", message(5))
    assert (deaf.state, deaf.why) == ("failed", "house.player_no_device")


class Door(http.server.BaseHTTPRequestHandler):
    """Gives out one message to who shows the right token."""

    def do_GET(self) -> None:
        right = self.headers.get("Authorization") == "Bearer token" and self.path == "/sound/voicemail/7"
        self.send_response(200 if right else 404)
        self.end_headers()
        self.wfile.write(message(3) if right else b"{}")

    def log_message(self, format: str, *args: object) -> None:
        """Not on the screen of the tests."""


@pytest.fixture
def door() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Door)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/sound/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_the_message_is_fetched_with_the_token(ear: Ear, door: str) -> None:
    made = player(ear)
    made._desk.recording_address = lambda what: (door + what, "token")  # type: ignore[method-assign]
    made.state = "fetching"
    await made._fetch("7")
    await until(made, "paused")
    assert len(ear.frames) == 3
    made.what = "8"
    await made._fetch("8")
    assert (made.state, made.why) == ("failed", "house.player_gone")
    made._desk.recording_address = lambda what: ("http://127.0.0.1:1/sound/" + what, "token")  # type: ignore[method-assign]
    await made._fetch("8")
    assert made.why == "house.player_away"
