# SPDX-License-Identifier: GPL-3.0-or-later
"""The network between a desk and the server as a cable that a story may pull out: one TCP relay on loopback."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path


class Cable:
    """`open` makes a data directory for the desk in which the link is reached through this cable."""

    def __init__(self, site: Path, folder: Path) -> None:
        self.data = folder
        self._site = site
        self._server: asyncio.Server | None = None
        self._wires: set[asyncio.StreamWriter] = set()
        self._port = 0
        self._plugged = True

    async def open(self) -> Path:
        """Lay the cable; the data directory of the desk behind it."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", 0)
        told = json.loads((self._site / "site.json").read_text(encoding="utf-8"))
        self._port = told["link_port"]
        told["link_port"] = self._server.sockets[0].getsockname()[1]
        self.data.mkdir(parents=True)
        (self.data / "site.json").write_text(json.dumps(told), encoding="utf-8")
        return self.data

    def pull(self) -> None:
        """Cut every connection and let none be made."""
        self._plugged = False
        for wire in list(self._wires):
            wire.transport.abort()

    def plug(self) -> None:
        """The network is back."""
        self._plugged = True

    async def close(self) -> None:
        """Take it away."""
        self.pull()
        if self._server is not None:
            self._server.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._wires.add(writer)
        try:
            if self._plugged:
                far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._port)
                self._wires.add(far_writer)
                await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
                self._wires.discard(far_writer)
        except ConnectionError:
            writer.transport.abort()
        finally:
            self._wires.discard(writer)
            writer.close()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
