# SPDX-License-Identifier: GPL-3.0-or-later
"""The people of the `setup` bench, all played by sipp: callers who call at a rate, and agents who answer at once.

Every caller says five packets of 20 ms, which the agents' end echoes, so that sound was heard both ways, and hangs up
after 0.2 s. A caller whom nobody answers within 2 s has failed, and so has everybody whose SIP goes otherwise than
written; so has a call that no agent took, because the agents wait for exactly as many calls as there are callers. A
step does not hold either when its callers pile up (the last quarter of them waits for more than 0.25 s in the median:
a longer step would lose them) or when they did not really come at its rate, because sipp fell behind.
"""

from __future__ import annotations

import asyncio
import re
import shutil
import socket
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.telephony.exchange.peers import Addr, Phone

HERE = Path(__file__).parent
CUSTOMERS = "127.0.0.2"  # an address of their own, by which the trunk is known
AGENTS = "127.0.0.1"
TALK_S, PATIENCE_S = 0.2, 2.0  # as the scenarios say
STRETCHED = 1.1  # by so much the calls may be further apart than they should
PILED_UP_S = 0.25
AGENTS_END_S = 1.0  # after the last caller
VOICE = "voice.raw"  # as the caller's scenario calls it
LISTENS_S = 0.15  # until the agents' sipp has its socket
REGISTERED_S = 3600
_SAID = re.compile(r"^-{10,} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+)\s+UDP message (sent|received)[^\n]*\n\s*", re.M)
_CALLER = re.compile(r"^From:.*?sip:(1390000\d+)@", re.M | re.I)


@dataclass(frozen=True)
class Step:
    """So many calls at this rate: whether all went well, in how many seconds, and what sipp said when not."""

    rate: int
    calls: int
    seconds: float
    why: str = ""

    @property
    def holds(self) -> bool:
        return not self.why


def free_port(host: str = AGENTS) -> int:
    """A UDP port that is free at this moment."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        trial.bind((host, 0))
        return int(trial.getsockname()[1])


def secret_of(extension: str) -> str:
    return f"secret-{extension}"


async def register(phones: dict[str, Addr], port: int) -> None:
    """Register each extension at its registrar from `port`, where the agents' sipp listens afterwards."""
    peer = Phone("", "")
    await peer.open(port)
    try:
        for extension, registrar in phones.items():
            peer.name, peer.secret = extension, secret_of(extension)
            if await peer.register(registrar, REGISTERED_S) != 200:
                raise RuntimeError(f"phone {extension} could not register")
    finally:
        await peer.close()


async def play(folder: Path, trunks: Sequence[Addr], port: int, rate: int, calls: int, traced: bool = False) -> Step:
    """`calls` calls at `rate` a second, spread evenly over `trunks`; agents at `port`. One trunk only when traced."""
    (folder / VOICE).write_bytes(b"\xd5" * 800)  # 0.1 s of silence in PCMA
    share = calls // len(trunks)
    calls = share * len(trunks)
    people: list[asyncio.subprocess.Process] = []
    try:
        people.append(await _sipp(folder, "agent", AGENTS, port, calls, traced, "-rtp_echo"))
        await asyncio.sleep(LISTENS_S)
        began = time.monotonic()
        for number, trunk in enumerate(trunks):
            # -l: as many at the same time as there are, so that a slow answer does not slow the callers down
            words = (
                f"{trunk[0]}:{trunk[1]}", "-r", str(rate // len(trunks)), "-l", str(calls),
                "-trace_logs", "-log_file", f"ticks{number}.log",
            )  # fmt: skip
            people.append(await _sipp(folder, "caller", CUSTOMERS, free_port(CUSTOMERS), share, traced, *words))
        why = await _went(people[0], people[1:], calls / rate + TALK_S + 3 * PATIENCE_S)
        spent = time.monotonic() - began
        logs = [folder / f"ticks{number}.log" for number in range(len(trunks))]
        return Step(rate, calls, spent, why or next(filter(None, (_too_slow(each, calls / rate) for each in logs)), ""))
    finally:
        for each in people:
            if each.returncode is None:
                each.kill()
                await each.wait()


async def _went(agents: asyncio.subprocess.Process, callers: list[asyncio.subprocess.Process], within: float) -> str:
    """What went wrong, empty when nothing did."""
    try:
        async with asyncio.timeout(within):
            codes = [await each.wait() for each in callers]
    except TimeoutError:
        return "callers were lost"
    if any(codes):
        return "callers failed"
    try:
        async with asyncio.timeout(AGENTS_END_S):
            return "an agent's call failed" if await agents.wait() else ""
    except TimeoutError:
        return "not every call reached an agent"


def _too_slow(log: Path, seconds: float) -> str:
    """What was too slow in a step where no call failed: each has logged when it began and when it was answered."""
    began: dict[str, float] = {}
    waited: list[float] = []
    for line in log.read_text(encoding="ascii").splitlines():
        call, at = line.split()[0], int(line.split()[1]) / 1000
        if call in began:
            waited.append(at - began[call])
        began.setdefault(call, at)
    if max(began.values()) - min(began.values()) > STRETCHED * seconds:
        return "sipp fell behind"
    last = waited[-max(1, len(waited) // 4) :]  # in the order of the answers
    return "callers piled up" if statistics.median(last) > PILED_UP_S else ""


async def _sipp(
    folder: Path, who: str, host: str, port: int, calls: int, traced: bool, *words: str
) -> asyncio.subprocess.Process:
    program = shutil.which("sipp")
    if program is None:
        raise RuntimeError("sipp is not installed")
    log = folder / f"{who}.log"
    log.unlink(missing_ok=True)
    tracing = ("-trace_msg", "-message_file", log.name) if traced else ()
    return await asyncio.create_subprocess_exec(
        program, "-sf", str(HERE / f"setup_{who}.xml"), *words, "-i", host, "-mi", host, "-mp", str(free_port(host)),
        "-p", str(port), "-m", str(calls), "-nostdin", *tracing, cwd=folder,
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


def delays(folder: Path) -> list[float]:
    """Of each traced call: seconds from the caller's INVITE leaving to the agent's INVITE arriving."""
    went, came = _invites(folder / "caller.log", "sent"), _invites(folder / "agent.log", "received")
    return [came[caller] - at for caller, at in went.items() if caller in came]


def _invites(log: Path, way: str) -> dict[str, float]:
    """When the first INVITE of each caller's number stands in a trace of sipp."""
    text = log.read_text(encoding="utf-8", errors="replace")
    heads = list(_SAID.finditer(text))
    found: dict[str, float] = {}
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        message = text[head.end() : following.start() if following else len(text)]
        caller = _CALLER.search(message)
        if head[2] == way and message.startswith("INVITE") and caller:
            found.setdefault(caller[1], datetime.fromisoformat(head[1]).timestamp())
    return found
