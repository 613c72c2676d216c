# SPDX-License-Identifier: GPL-3.0-or-later
"""The other people of a phone test: a handset process with a bare line, a registrar, sipp, and an ear for RTP."""

from __future__ import annotations

import asyncio
import hashlib
import re
import signal
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from telephony.phone.door import DoorClosed, knock
from telephony.phone.engine import (
    REPORTS,
    AnswerCall,
    Ask,
    CallChanged,
    CallIncoming,
    Command,
    DialOut,
    HandsetNow,
    PhoneCall,
)
from telephony.wire import decode, encode

ROOT = Path(__file__).parents[3]
SCENARIOS = Path(__file__).parent
R = TypeVar("R")


async def until(condition: Callable[[], Any], seconds: float = 10.0) -> None:
    """Wait until `condition()` holds; fails the test after `seconds`."""
    end = asyncio.get_running_loop().time() + seconds
    while not condition():
        assert asyncio.get_running_loop().time() < end, "it did not happen in time"
        await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether the process runs (a zombie does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


class Line:
    """A handset process and a desk's bare connection to it."""

    def __init__(self, path: Path, process: asyncio.subprocess.Process | None = None) -> None:
        self.path, self.process = path, process
        self.writer: Any = None
        self.reports: list[Any] = []
        self._came = asyncio.Event()

    @classmethod
    async def start(cls, path: Path, *words: str, interpreter: str = sys.executable) -> Line:
        """A new handset at `path`, connected."""
        process = await asyncio.create_subprocess_exec(
            interpreter, "-m", "telephony.phone.handset", "--socket", str(path), *words, cwd=ROOT,
            stdout=asyncio.subprocess.DEVNULL,
        )  # fmt: skip
        line = cls(path, process)
        await line.connect()
        return line

    async def connect(self) -> HandsetNow:
        """Connect as a desk and ask."""
        if self.writer is not None:
            await self.leave()
        for _ in range(500):
            try:
                self.reader, self.writer = await knock(self.path)
                break
            except DoorClosed:
                await asyncio.sleep(0.02)
        self._listening = asyncio.create_task(self._listen())
        self.do(Ask())
        self.now = await self.hear(HandsetNow)
        return self.now

    def do(self, command: Command) -> None:
        self.writer.write(encode(command).encode() + b"\n")

    async def ask(self) -> HandsetNow:
        """What stands now."""
        self.forget(HandsetNow)
        self.do(Ask())
        return await self.hear(HandsetNow)

    async def hear(self, kind: type[R], where: Callable[[R], Any] = lambda report: True, seconds: float = 10.0) -> R:
        """The oldest report of that kind not taken yet; taking it removes it."""
        async with asyncio.timeout(seconds):
            while True:
                for report in self.reports:
                    if isinstance(report, kind) and where(report):
                        self.reports.remove(report)
                        return report
                self._came.clear()
                await self._came.wait()

    def forget(self, *kinds: type) -> None:
        self.reports = [report for report in self.reports if not isinstance(report, kinds)]

    async def ringing(self) -> PhoneCall:
        return (await self.hear(CallIncoming)).call

    async def talking(self) -> PhoneCall:
        return (await self.hear(CallChanged, lambda report: report.call.stage == "talking")).call

    async def leave(self) -> None:
        """Close the desk's connection, the handset stays."""
        self._listening.cancel()
        self.writer.close()
        await asyncio.gather(self._listening, self.writer.wait_closed(), return_exceptions=True)

    async def end(self) -> int | None:
        """End the process by SIGTERM and take its exit code."""
        await self.leave()
        if self.process is None:
            return None
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(8):
                await self.process.wait()
        return self.process.returncode

    async def _listen(self) -> None:
        try:
            while line := await self.reader.readline():
                self.reports.append(decode(line, REPORTS))
                self._came.set()
        except ConnectionError as error:
            self.reports.append(error)


async def talk(one: Line, other: Line, **headers: str) -> tuple[PhoneCall, PhoneCall]:
    """`one` calls `other`, who answers; both calls, talking."""
    one.do(DialOut(f"sip:peer@{other.now.sip}", {name.replace("_", "-"): value for name, value in headers.items()}))
    other.do(AnswerCall((await other.ringing()).call))
    return await one.talking(), await other.talking()


class Registrar(asyncio.DatagramProtocol):
    """Answers REGISTER with digest: 200 for the right secret, 403 for another; remembers what it was asked."""

    def __init__(self, secret: str, algorithm: str = "MD5", grants: int = 60) -> None:
        self.secret, self.algorithm, self.grants = secret, algorithm, grants
        self.expires: list[int] = []
        self.bound: set[str] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket: Any = transport
        host, port = transport.get_extra_info("sockname")
        self.address = f"{host}:{port}"

    def close(self) -> None:
        self._socket.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = data.decode()
        if not message.startswith("REGISTER"):
            return
        heads = dict(re.findall(r"^([A-Za-z-]+): *(.*?)\r?$", message, re.MULTILINE))
        contact = re.search(r"expires=(\d+)", heads.get("Contact", ""))
        expires = int(heads["Expires"] if "Expires" in heads else contact[1] if contact else 60)
        if "Authorization" not in heads:
            challenge = f'Digest realm="house", nonce="n1", algorithm={self.algorithm}, qop="auth"'
            self._answer("401 Unauthorized", heads, f"WWW-Authenticate: {challenge}\r\n", addr)
        elif not self._is_right(heads["Authorization"]):
            self._answer("403 Forbidden", heads, "", addr)
        else:
            self.expires.append(expires)
            user = re.search(r"sip:([^@]+)@", heads["To"])
            assert user is not None
            (self.bound.add if expires else self.bound.discard)(user[1])
            granted = min(expires, self.grants)
            where = re.search(r"<[^>]+>", heads["Contact"])
            bound = f"Contact: {where[0]};expires={granted}\r\n" if where and granted else ""
            self._answer("200 OK", heads, f"{bound}Expires: {granted}\r\n", addr)

    def _is_right(self, authorization: str) -> bool:
        said = {name: value.strip('"') for name, value in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', authorization)}

        def digest(text: str) -> str:
            return hashlib.new("md5" if self.algorithm == "MD5" else "sha256", text.encode()).hexdigest()

        ha1 = digest(f"{said['username']}:house:{self.secret}")
        ha2 = digest(f"REGISTER:{said['uri']}")
        return said["response"] == digest(f"{ha1}:n1:{said['nc']}:{said['cnonce']}:auth:{ha2}")

    def _answer(self, status: str, heads: dict[str, str], extra: str, addr: tuple[str, int]) -> None:
        kept = "".join(f"{name}: {heads[name]}\r\n" for name in ("Via", "From", "Call-ID", "CSeq"))
        text = f"SIP/2.0 {status}\r\n{kept}To: {heads['To']};tag=r\r\n{extra}Content-Length: 0\r\n\r\n"
        self._socket.sendto(text.encode(), addr)


async def registrar(secret: str, algorithm: str = "MD5", grants: int = 60, port: int = 0) -> Registrar:
    """A registrar on a free port, or on the one it had before."""
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_datagram_endpoint(
        lambda: Registrar(secret, algorithm, grants), local_addr=("127.0.0.1", port)
    )
    return protocol


class Ear(asyncio.DatagramProtocol):
    """An RTP port: keeps what it hears (PCMA), and can speak telephone tones to whom it hears."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._socket: Any = transport
        self.port = transport.get_extra_info("sockname")[1]
        self.heard = bytearray()
        self.digits: list[int] = []
        self.peer: tuple[str, int] | None = None
        self._sent = 0

    def close(self) -> None:
        self._socket.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.peer = addr
        match data[1] & 0x7F:
            case 8:
                self.heard += data[12:]
            case 101 if data[13] & 0x80 and (not self.digits or self._last != data[4:8]):
                self.digits.append(data[12])
                self._last = data[4:8]

    def press(self, digit: int) -> None:
        """One RFC 4733 event, start to thrice repeated end."""
        assert self.peer is not None
        for step in range(6):
            self._sent += 1
            head = struct.pack("!BBHII", 0x80, 101 | (0x80 if step == 0 else 0), self._sent, 16000 + digit, 7)
            self._socket.sendto(
                head + struct.pack("!BBH", digit, (0x80 if step > 2 else 0) | 10, 160 * (step + 1)), self.peer
            )

    async def share(self, hz: int, seconds: float = 0.4) -> float:
        """The tone's part of the power heard during the coming `seconds` (0 when it is silent)."""
        start = len(self.heard)
        await until(lambda: len(self.heard) >= start + int(8000 * seconds))
        samples = _ALAW[np.frombuffer(bytes(self.heard[start:]), np.uint8)]
        spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) ** 2
        hertz = np.fft.rfftfreq(len(samples), 1 / 8000)
        if np.sqrt(np.mean(samples**2)) < 64:  # of 32768
            return 0.0
        return float(spectrum[np.abs(hertz - hz) < 15].sum() / spectrum.sum())


async def ear() -> Ear:
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_datagram_endpoint(Ear, local_addr=("127.0.0.1", 0))
    return protocol


def _alaw() -> np.ndarray:
    code = np.arange(256) ^ 0x55
    exponent, mantissa = (code >> 4) & 7, (code & 15) << 4
    size = np.where(exponent == 0, mantissa + 8, (mantissa + 0x108) << np.maximum(exponent - 1, 0))
    return np.where(code & 0x80, size, -size).astype(float)


_ALAW = _alaw()


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def sipp(scenario: str, target: str, *words: str, rtp: int = 9) -> asyncio.subprocess.Process:
    """sipp as a caller or callee with a scenario of this folder; its exit code 0 says that all went as written."""
    return await asyncio.create_subprocess_exec(
        "sipp", "-sf", str(SCENARIOS / scenario), target, "-i", "127.0.0.1", "-p", str(free_udp_port()), "-m", "1",
        "-nostdin", "-timeout", "20s", "-timeout_error", "-key", "rtp_port", str(rtp), *words,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL, cwd="/",
    )  # fmt: skip


async def ended(process: asyncio.subprocess.Process, seconds: float = 10.0) -> int:
    """The exit code of a peer; kills it when it does not end."""
    try:
        async with asyncio.timeout(seconds):
            return await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()
        raise
