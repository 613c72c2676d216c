# SPDX-License-Identifier: GPL-3.0-or-later
"""A real HTTP server on a free port for the tests of the service's doors."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp
from aiohttp import web


@asynccontextmanager
async def opened(furnish: Callable[[web.Application], None]) -> AsyncIterator[aiohttp.ClientSession]:
    """A client whose addresses begin at the server that `furnish` has given its routes."""
    application = web.Application()
    furnish(application)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        async with aiohttp.ClientSession(f"http://127.0.0.1:{runner.addresses[0][1]}") as client:
            yield client
    finally:
        await runner.cleanup()
