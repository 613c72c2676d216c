# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Asterisk for each test module that asks for one.

It listens on loopback with ports chosen free. A network namespace of its own would shut out the phones and callers of
the tests, which live in the test's process; what it opens to is loopback alone either way.
"""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from telephony.exchange.asterisk.fetch import Installation
from telephony.exchange.asterisk.own import OwnAsterisk, start_asterisk
from tests.telephony.exchange.installed import asterisk_or_skip


@pytest.fixture(scope="session")
def installation() -> Installation:
    """The Asterisk to run, fetched once for all workers."""
    return asterisk_or_skip()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A short folder: the path of a socket may not be long."""
    path = Path(tempfile.mkdtemp(prefix="tr-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def asterisk(installation: Installation, folder: Path) -> Iterator[OwnAsterisk]:
    """One Asterisk for this module."""
    own = asyncio.run(start_asterisk(folder / "asterisk", installation=installation))
    yield own
    asyncio.run(own.stop())
