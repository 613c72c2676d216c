# SPDX-License-Identifier: GPL-3.0-or-later
"""A floor on a fresh site."""

from __future__ import annotations

import pytest

from tests.conftest import Site
from tests.models.verbs.floor import Floor


@pytest.fixture
async def floor(site: Site) -> Floor:
    return Floor(site.service())
