# SPDX-License-Identifier: GPL-3.0-or-later
"""The Asterisk that tests run, fetched once for all workers; without a mirror they are skipped, which is reported."""

from __future__ import annotations

import pytest

from telephony.exchange.asterisk.fetch import Installation, find_asterisk
from telephony.exchange.asterisk.packages import NoAsterisk


def asterisk_or_skip() -> Installation:
    """The one that is present or can be fetched. Waits; on a loop call it in a thread."""
    try:
        return find_asterisk()
    except NoAsterisk as error:
        raise pytest.skip.Exception(f"no Asterisk can be had: {error}") from None
