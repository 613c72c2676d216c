# SPDX-License-Identifier: GPL-3.0-or-later
"""The line to Asterisk is reset, or half open (nothing comes through and nothing ends), with calls on it.

Afterwards the switchboard knows exactly what stands there: who talked talks on, who hung up meanwhile has his one
outcome, who waited is served, and there is no ghost. With --long the line is away for 5 to 60 s.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from telephony.exchange.asterisk.engine import AsteriskExchange
from telephony.exchange.asterisk.own import OwnAsterisk
from telephony.exchange.engine import Exchange
from tests.conftest import Site
from tests.faults.conftest import forget_epochs
from tests.faults.house import PATIENT_S, House, house_of
from tests.telephony.exchange.peers import Talk, address
from tests.telephony.service.room import until

NOTICED_S = 6.0  # a line that is half open is found out by then
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: what is closed is reset


class Line:
    """The line between switchboard and Asterisk. What is sent while it is half open comes through afterwards, as TCP
    sends again; while it is `down` everything that is connected is reset."""

    def __init__(self, far: tuple[str, int]) -> None:
        self.far = far
        self.passing = asyncio.Event()
        self.passing.set()
        self.down = False
        self._ends: set[asyncio.StreamWriter] = set()
        self._pipes: set[asyncio.Task[None]] = set()

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    def reset(self) -> None:
        """Every connection is reset, and so is each that comes, until `heal`."""
        self.down = True
        for end in list(self._ends):
            _reset(end)

    def hold(self) -> None:
        """Half open: nothing comes through and nothing ends."""
        self.passing.clear()

    def heal(self) -> None:
        self.down = False
        self.passing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.down:
            _reset(writer)
            return
        far_reader, far_writer = await asyncio.open_connection(*self.far)
        self._ends |= {writer, far_writer}
        for pair in ((reader, far_writer), (far_reader, writer)):
            self._pipes.add(asyncio.create_task(self._pipe(*pair)))

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self.passing.wait()
                writer.write(data)
        await self.passing.wait()
        writer.close()
        self._ends.discard(writer)

    async def close(self) -> None:
        self._server.close()
        for task in self._pipes:
            task.cancel()
        await asyncio.gather(*self._pipes, return_exceptions=True)
        for end in self._ends:
            end.close()


def _reset(end: asyncio.StreamWriter) -> None:
    end.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    end.transport.abort()


@pytest.fixture
async def line(running_asterisk: OwnAsterisk) -> AsyncIterator[Line]:
    made = Line(address(running_asterisk.http))
    await made.open()
    yield made
    await made.close()


@pytest.fixture
async def far_house(running_asterisk: OwnAsterisk, line: Line, site: Site, tmp_path: Path) -> AsyncIterator[House]:
    """A house that reaches its Asterisk by the line."""
    await forget_epochs(running_asterisk)
    node = replace(running_asterisk.node(), url=line.url)
    recordings = site.data_dir / "recordings"
    recordings.mkdir()

    async def connect() -> Exchange:
        return await AsteriskExchange.connect([node], recordings)

    places = (address(running_asterisk.trunk), address(running_asterisk.phones))
    async with house_of(site, tmp_path / "journal", connect, lambda: places) as house:
        yield house


@pytest.mark.parametrize("how", ["reset", "half open"])
async def test_after_the_line_is_back_what_stands_is_known_and_nothing_else(
    far_house: House, line: Line, how: str, long: bool
) -> None:
    for person in ("1001", "1002"):
        phone = await far_house.sit_down(person)
        phone.incoming = _answers  # type: ignore[method-assign]
    quick = 1.0 if how == "reset" else 5.0
    for n, seconds in enumerate((5.0, 15.0, 30.0, 60.0) if long else (quick,)):
        await _goes_and_comes(far_house, line, how, seconds, f"1390000000{n}")


async def _goes_and_comes(house: House, line: Line, how: str, seconds: float, number: str) -> None:
    leaving, staying, tired, waiting = (f"{number}{each}" for each in range(4))
    talks = {each: await _calls(house, each) for each in (leaving, staying, tired, waiting)}
    await until(lambda: len(house.talking()) == 2, "two of them talk", PATIENT_S)
    await until(lambda: len(talks[staying].voice.heard()) > 0, "one hears the other", PATIENT_S)
    epoch, began = house.room.leading.epoch, time.monotonic()
    if how == "reset":
        line.reset()
    else:
        line.hold()
    await until(lambda: not house.room.leading.leads.is_set(), "it was noticed", NOTICED_S)
    talks[leaving].hang_up()
    talks[tired].hang_up()
    heard = len(talks[staying].voice.heard())
    await asyncio.sleep(max(0.3, began + seconds - time.monotonic()))
    assert len(talks[staying].voice.heard()) > heard, "who talks talks on"
    line.heal()
    await until(house.room.leading.leads.is_set, "somebody leads", PATIENT_S)
    assert house.room.leading.epoch > epoch
    # The agent whose customer has gone is rung for the one who still waits.
    here = {house.contact(staying), house.contact(waiting)}
    await until(lambda: set(house.talking()) == here, f"{here} talk", PATIENT_S)
    assert {call.call for call in (await house.standing()).calls} == here == set(house.floor.calls)
    over = [call for call, _ in house.lines("ended")]
    assert [over.count(house.contact(gone)) for gone in (leaving, tired)] == [1, 1]
    for each in (staying, waiting):
        assert talks[each].state == "answered"
        talks[each].hang_up()
    await house.all_over()
    await house.ready()


def _answers(talk: Talk) -> None:
    talk.ring()
    talk.answer()


async def _calls(house: House, number: str) -> Talk:
    """One who calls and is talked with or hears music."""
    talk = await house.calls(number)
    await talk.reaches("answered")
    return talk
