# SPDX-License-Identifier: GPL-3.0-or-later
"""Handsets of a test, ended with it; a WAV with a tone."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from telephony.phone.tones import mark
from tests.telephony.phone.stage import Ear, Line, Registrar, ear, registrar


@pytest.fixture
def short() -> Iterator[Path]:
    """A directory with a short path: sockets end at 107 bytes."""
    path = Path(tempfile.mkdtemp(prefix="hs"))
    yield path
    shutil.rmtree(path)


@pytest.fixture
async def handset(short: Path) -> AsyncIterator[Callable[..., Awaitable[Line]]]:
    """Makes handset processes; those still running are ended by SIGTERM, which must be clean."""
    lines: list[Line] = []

    async def make(*words: str) -> Line:
        lines.append(await Line.start(short / f"{len(lines)}.sock", "--no-sound", *words))
        return lines[-1]

    yield make
    codes = [await line.end() for line in lines]
    assert set(codes) <= {0, -9}, codes


@pytest.fixture
async def an_ear() -> AsyncIterator[Ear]:
    made = await ear()
    yield made
    made.close()


@pytest.fixture
async def a_registrar() -> AsyncIterator[Callable[..., Awaitable[Registrar]]]:
    made: list[Registrar] = []

    async def make(secret: str, algorithm: str = "MD5", grants: int = 60, port: int = 0) -> Registrar:
        made.append(await registrar(secret, algorithm, grants, port))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def tone(tmp_path: Path) -> Callable[[int], str]:
    """A WAV with nothing but a tone."""
    return lambda hz: str(mark(None, hz, tmp_path))
