# SPDX-License-Identifier: GPL-3.0-or-later
"""A handset of each engine in its real process; each test asks its capabilities what applies."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from telephony.phone.other_python import NoEnvironment, interpreter_of
from tests.telephony.phone.stage import Line

SOFTPHONES = ("pjsua2", "pjsua2_pybind11", "pyvoip")


@pytest.fixture(params=SOFTPHONES)
async def phone(request: pytest.FixtureRequest, short: Path) -> AsyncIterator[Callable[..., Awaitable[Line]]]:
    """Makes handsets of the engine under test; each must end cleanly, whatever was done to it."""
    try:
        interpreter = interpreter_of(request.param, make=True)
    except NoEnvironment as error:
        raise pytest.skip.Exception(f"{request.param} cannot be had here: {error}") from None
    lines: list[Line] = []

    async def make(*words: str) -> Line:
        path = short / f"{request.param}{len(lines)}.sock"
        line = await Line.start(path, "--no-sound", "--engine", request.param, *words, interpreter=interpreter)
        assert line.now.capabilities.name == request.param
        lines.append(line)
        return line

    yield make
    assert {await line.end() for line in lines} <= {0}
