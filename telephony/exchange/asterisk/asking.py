# SPDX-License-Identifier: GPL-3.0-or-later
"""ARI over plain HTTP, for who watches or examines an Asterisk and leads nothing.

An answer is (HTTP status, decoded body; its text when it is no JSON, None when empty). Raises ConnectionError.
"""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

import aiohttp

from telephony.exchange.asterisk.lane import decoded
from telephony.exchange.asterisk.settings import Node

ANSWER_S = 3.0

Answer = tuple[int, Any]


class Asking:
    """One Asterisk."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self._http: aiohttp.ClientSession | None = None

    async def ask(self, method: str, path: str, body: object = None, **query: str) -> Answer:
        """One question; `path` begins behind /ari/."""
        if self._http is None:
            who = base64.b64encode(f"{self.node.user}:{self.node.password}".encode()).decode()
            self._http = aiohttp.ClientSession(
                headers={"Authorization": f"Basic {who}"}, timeout=aiohttp.ClientTimeout(total=ANSWER_S)
            )
        address = f"{self.node.url}/ari/{quote(path, safe='/~-._')}"
        try:
            async with self._http.request(method, address, params=query, json=body) as answer:
                return answer.status, decoded(await answer.text())
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise ConnectionError(f"{self.node.url}: {error or type(error).__name__}") from error

    async def list(self, path: str) -> list[dict[str, Any]]:
        """All of a kind. Raises ConnectionError when it is not answered with a list."""
        status, rows = await self.ask("GET", path)
        if status != 200 or not isinstance(rows, list):
            raise ConnectionError(f"{self.node.url}: {path}: {status}")
        return rows

    async def value(self, variable: str) -> str:
        """A global variable, empty when it is not set."""
        status, body = await self.ask("GET", "asterisk/variable", variable=variable)
        return str(body.get("value", "")) if status == 200 and isinstance(body, dict) else ""

    async def close(self) -> None:
        """Let go."""
        if self._http is not None:
            await self._http.close()
            self._http = None
