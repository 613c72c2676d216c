# SPDX-License-Identifier: GPL-3.0-or-later
"""A service on a fresh site with two agents, an engineer and a supervisor."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from models.kinds import Group
from tests.conftest import Site
from tests.telephony.service.room import Room, room_of


@pytest.fixture
async def room(site: Site, tmp_path: Path) -> AsyncIterator[Room]:
    async with room_of(site, tmp_path / "journal") as made:
        await made.add("1001", Group.AGENT, name="林晓雯", skills=("server",))
        await made.add("1002", Group.AGENT, name="周敏", skills=("server",))
        await made.add("2001", Group.ENGINEER, name="高建平", skills=("hardware",))
        await made.add("3001", Group.SUPERVISOR, name="周立群")
        yield made
