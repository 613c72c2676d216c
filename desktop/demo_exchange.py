# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's exchange: the line for calls in and out, the robots behind it, and the end of what a demo started."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import psutil
from sqlalchemy.dialects.postgresql import insert

from models.routing import trunk
from models.store.database import connect_owner
from telephony.exchange.asterisk import own as asterisk
from telephony.exchange.asterisk.settings import OWN
from telephony.exchange.embedded.client import running

LINE = "demo"


def free_port() -> int:
    """A port on loopback where the robots who are called back can listen."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def set_up_line(data_dir: Path, port: int, caller_id: str) -> None:
    """Callers on this machine come in over this line, and calls go out over it to robots at `port`."""
    owner = connect_owner(data_dir)
    values = {"host": "127.0.0.1", "port": port, "caller_id": caller_id, "active": True, "register": False}
    try:
        async with owner.transaction() as connection:
            await connection.execute(
                insert(trunk).values(name=LINE, **values).on_conflict_do_update(index_elements=["name"], set_=values)
            )
    finally:
        await owner.close()


def end_exchange(data_dir: Path) -> None:
    """End the exchanges of this data, which would stay in case another switchboard came."""
    _end_embedded(data_dir / "exchange")
    left = asterisk.running(data_dir / OWN)
    if left is not None:
        asyncio.run(left.stop())


def _end_embedded(folder: Path) -> None:
    found = running(folder)
    if found is None:
        return
    try:
        process = psutil.Process(found.pid)
        if "telephony.exchange.embedded" not in process.cmdline():
            return  # the number belongs to somebody else by now
        process.terminate()
        process.wait(5.0)
    except psutil.NoSuchProcess:
        return
    except psutil.TimeoutExpired:
        process.kill()
