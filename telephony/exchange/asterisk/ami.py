# SPDX-License-Identifier: GPL-3.0-or-later
"""A thin client of AMI, Asterisk's manager interface: actions with their answers, and events as they come.

A message is a dict of its headers, a repeated header keeps its last value. Raises ConnectionError when Asterisk is gone
or silent, AmiRefused when it does not let us in.
"""

from __future__ import annotations

import asyncio
import contextlib
from itertools import count

ANSWER_S = 5.0
LONGEST_LINE = 1 << 20

Message = dict[str, str]


class AmiRefused(ConnectionError):
    """User, secret or address is not accepted."""


class Ami:
    """One connection. `events` holds what came and was not taken yet; None in it means that the connection ended."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, greeting: str) -> None:
        self.greeting = greeting
        self.events: asyncio.Queue[Message | None] = asyncio.Queue()
        self._reader = reader
        self._writer = writer
        self._numbers = count(1)
        self._waiting: dict[str, asyncio.Future[Message]] = {}
        self._listening = asyncio.create_task(self._listen(), name="ami")

    @classmethod
    async def connect(cls, address: str, user: str, secret: str) -> Ami:
        """Connect to HOST:PORT and log in; events of every kind the user may read come from then on."""
        host, port = address.rsplit(":", 1)
        try:
            async with asyncio.timeout(ANSWER_S):  # wait_for would lose a cancellation that comes with the answer
                reader, writer = await asyncio.open_connection(host, int(port), limit=LONGEST_LINE)
                try:
                    greeting = (await reader.readline()).decode(errors="replace").strip()
                except BaseException:  # also when we are told to end: no socket stays behind
                    writer.close()
                    raise
        except (OSError, TimeoutError) as error:
            raise ConnectionError(f"AMI at {address}: {error or 'no answer'}") from error
        ami = cls(reader, writer, greeting)
        try:
            answer = await ami.action("Login", Username=user, Secret=secret)
        except BaseException:
            await ami.close()
            raise
        if answer.get("Response") != "Success":
            await ami.close()
            raise AmiRefused(f"AMI at {address}: {answer.get('Message', 'refused')}")
        return ami

    async def action(self, name: str, **headers: str) -> Message:
        """Order one thing; its answer, whose Response is Success or Error."""
        number = str(next(self._numbers))
        lines = [f"Action: {name}", f"ActionID: {number}", *(f"{key}: {one(value)}" for key, value in headers.items())]
        answer: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
            await self._writer.drain()
            async with asyncio.timeout(ANSWER_S):
                return await answer
        except (OSError, TimeoutError) as error:
            raise ConnectionError(f"AMI: {error or 'no answer'}") from error
        finally:
            self._waiting.pop(number, None)

    async def close(self) -> None:
        """Let go."""
        self._writer.close()  # first: whoever waits here may be told to end once more
        self._listening.cancel()
        await asyncio.gather(self._listening, return_exceptions=True)
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1.0):
                await self._writer.wait_closed()

    async def _listen(self) -> None:
        message: Message = {}
        try:
            while line := await self._reader.readline():
                text = line.decode(errors="replace").rstrip("\r\n")
                if text:
                    key, _, value = text.partition(":")
                    message[key.strip()] = value.strip()
                    continue
                if message:
                    self._sort(message)
                message = {}
        except (OSError, ValueError):
            pass
        finally:
            for answer in self._waiting.values():
                if not answer.done():
                    answer.set_exception(ConnectionError("AMI: the connection ended"))
            self.events.put_nowait(None)

    def _sort(self, message: Message) -> None:
        answer = self._waiting.get(message.get("ActionID", "")) if "Response" in message else None
        if answer is not None and not answer.done():
            answer.set_result(message)
        elif "Event" in message:
            self.events.put_nowait(message)


def one(value: str) -> str:
    """A header's value on one line, whatever it holds: nothing may smuggle a second header in."""
    return value.replace("\r", " ").replace("\n", " ")
