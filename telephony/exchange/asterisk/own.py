# SPDX-License-Identifier: GPL-3.0-or-later
"""An Asterisk of our own: configured, started in a session of its own, found again by its folder, ended by its pid.

It listens on loopback unless told otherwise. It outlives the switchboard that started it, so that a restarted one finds
the calls still talking. Raises StartFailed with words for the person, NoAsterisk when there is none to start.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from resources.i18n import language, tr
from telephony.exchange.asterisk.ami import Ami
from telephony.exchange.asterisk.certificates import Certificate, fingerprint_of
from telephony.exchange.asterisk.configuration import (
    ENGINE_USER,
    WATCHDOG_USER,
    Folders,
    Peer,
    Plan,
    own_files,
)
from telephony.exchange.asterisk.fetch import Installation, find_asterisk
from telephony.exchange.asterisk.settings import Node, prompts_here

log = logging.getLogger(__name__)

FREE = "127.0.0.1:0"
ADDRESS_FILE = "asterisk.json"
CONSOLE = "log/console"
BOOT_S = 20.0
POLL_S = 0.03
END_S = 5.0
START_TRIES = 3  # a port that was free may be taken when Asterisk wants it
FOLDERS = ("etc", "lib", "db", "keys/keys", "spool/recording", "spool/tmp", "run", "log")
_started: list[subprocess.Popen[bytes]] = []  # they outlive us by design; kept so that ended ones are reaped


class StartFailed(Exception):
    """Asterisk could not be started; the words say why and where its log is."""


@dataclass(frozen=True)
class OwnAsterisk:
    """One that runs. Addresses are HOST:PORT; `phones_tls` and `trust`, a fingerprint, need a certificate."""

    pid: int
    born: float
    directory: Path
    version: str
    name: str
    trunk: str
    phones: str
    http: str
    ami: str
    engine_password: str = field(repr=False)
    watchdog_password: str = field(repr=False)
    phones_tls: str = ""
    trust: str = ""

    def node(self) -> Node:
        """How the engine reaches it."""
        return Node(
            self.name, f"http://{self.http}", ENGINE_USER, self.engine_password,
            trunk_address=self.trunk, phone_address=self.phones, tls_address=self.phones_tls, trust=self.trust,
            srtp=bool(self.phones_tls),
        )  # fmt: skip

    def watchdog_node(self) -> Node:
        """How the watchdog reaches it: with a user of its own."""
        return Node(self.name, f"http://{self.http}", WATCHDOG_USER, self.watchdog_password)

    @property
    def recordings(self) -> Path:
        """Where ARI's recordings land."""
        return self.directory / "spool" / "recording"

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        _reap()
        try:
            process = psutil.Process(self.pid)
            return abs(process.create_time() - self.born) < 1 and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False

    async def stop(self) -> None:
        """End it, and every call in it; by force when it does not go by itself."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            if not self.alive:
                break
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, sign)
            deadline = time.monotonic() + END_S
            while self.alive and time.monotonic() < deadline:
                await asyncio.sleep(POLL_S)
        (self.directory / ADDRESS_FILE).unlink(missing_ok=True)


def running(directory: Path) -> OwnAsterisk | None:
    """The one that was started in this folder and still runs."""
    try:
        raw = json.loads((directory / ADDRESS_FILE).read_text(encoding="utf-8"))
        found = OwnAsterisk(**{**raw, "directory": directory})
    except (OSError, ValueError, TypeError):
        return None
    return found if found.alive else None


async def start_asterisk(
    directory: Path,
    *,
    name: str = "node1",
    trunk: str = FREE,
    phones: str = FREE,
    phones_tls: str = FREE,
    certificate: Certificate | None = None,
    peers: tuple[Peer, ...] = (),
    rtp: tuple[int, int] = (16384, 19999),
    prompts: Path | None = None,
    installation: Installation | None = None,
) -> OwnAsterisk:
    """The Asterisk of this folder: the one that runs, else a fresh one, which has booted when this returns.

    Port 0 chooses a free one. A phone side by TLS is opened when there is a `certificate`.
    """
    directory = await asyncio.to_thread(directory.absolute)
    if (found := await asyncio.to_thread(running, directory)) is not None:
        return found
    installation = installation or await asyncio.to_thread(find_asterisk)
    said = ""
    for _ in range(START_TRIES):
        plan = Plan(
            name, _chosen(trunk, socket.SOCK_DGRAM), _chosen(phones, socket.SOCK_DGRAM),
            _chosen(FREE, socket.SOCK_STREAM), _chosen(FREE, socket.SOCK_STREAM),
            secrets.token_urlsafe(24), secrets.token_urlsafe(24),
            phones_tls=_chosen(phones_tls, socket.SOCK_STREAM) if certificate else "", certificate=certificate,
            peers=peers, rtp=rtp, language=language(), prompts=prompts or prompts_here(),
        )  # fmt: skip
        await asyncio.to_thread(write_configuration, plan, directory, installation)
        process = await asyncio.to_thread(_spawn, directory, installation)
        own = OwnAsterisk(
            process.pid, psutil.Process(process.pid).create_time(), directory, installation.version, name, plan.trunk,
            plan.phones, plan.http, plan.ami, plan.engine_password, plan.watchdog_password, plan.phones_tls,
            fingerprint_of(str(certificate.chain)) if certificate else "",
        )  # fmt: skip
        said = await _booted(own, process)
        if not said:
            await asyncio.to_thread(_publish, own)
            return own
        await own.stop()
        log.warning("Asterisk did not start: %s", said)
    raise StartFailed(tr("asterisk.start_failed", said, directory / CONSOLE))


def write_configuration(plan: Plan, directory: Path, installation: Installation) -> None:
    """All files of an Asterisk of our own, for our eyes only."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    directory.chmod(0o700)
    for folder in FOLDERS:
        (directory / folder).mkdir(parents=True, exist_ok=True)
    for file, text in own_files(plan, Folders(directory, installation.modules, installation.data)).items():
        path = directory / "etc" / file
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")


def _chosen(address: str, kind: socket.SocketKind) -> str:
    """The address with a port that is free at this moment in place of 0."""
    host, port = address.rsplit(":", 1)
    if port != "0":
        return address
    with socket.socket(socket.AF_INET, kind) as trial:
        trial.bind((host, 0))
        return f"{host}:{trial.getsockname()[1]}"


def _spawn(directory: Path, installation: Installation) -> subprocess.Popen[bytes]:
    _reap()
    with (directory / CONSOLE).open("wb") as console:
        process = subprocess.Popen(
            [*installation.command(), "-C", str(directory / "etc" / "asterisk.conf"), "-f", "-n"],
            stdin=subprocess.DEVNULL, stdout=console, stderr=console, start_new_session=True, cwd=directory,
        )  # fmt: skip
    _started.append(process)
    return process


def _reap() -> None:
    _started[:] = [earlier for earlier in _started if earlier.poll() is None]


async def _booted(own: OwnAsterisk, process: subprocess.Popen[bytes]) -> str:
    """Wait until it says that it is fully booted; else why not."""
    deadline = time.monotonic() + BOOT_S
    while time.monotonic() < deadline:
        if process.poll() is not None:
            return _last_words(own.directory) or tr("asterisk.ended", process.returncode)
        try:
            ami = await Ami.connect(own.ami, WATCHDOG_USER, own.watchdog_password)
        except ConnectionError:
            await asyncio.sleep(POLL_S)
            continue
        try:
            return await _fully(ami, own, deadline)
        finally:
            await ami.close()
    return _last_words(own.directory) or tr("asterisk.no_boot", BOOT_S)


async def _fully(ami: Ami, own: OwnAsterisk, deadline: float) -> str:
    with contextlib.suppress(TimeoutError):
        while (event := await asyncio.wait_for(ami.events.get(), max(deadline - time.monotonic(), 0.1))) is not None:
            if event.get("Event") == "FullyBooted":
                text = (own.directory / CONSOLE).read_text(encoding="utf-8", errors="replace")
                lost = [
                    line for line in text.splitlines() if "could not be started" in line or "Address already" in line
                ]
                return lost[0].strip() if lost else ""
    return _last_words(own.directory) or tr("asterisk.no_boot", BOOT_S)


def _last_words(directory: Path) -> str:
    with contextlib.suppress(OSError):
        lines = (directory / CONSOLE).read_text(encoding="utf-8", errors="replace").strip().splitlines()
        errors = [line for line in lines if "ERROR" in line] or lines
        return errors[-1].strip()[-300:] if errors else ""
    return ""


def _publish(own: OwnAsterisk) -> None:
    """Let the next start find it."""
    raw = {name: getattr(own, name) for name in own.__dataclass_fields__ if name != "directory"}
    path = own.directory / ADDRESS_FILE
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps(raw), encoding="utf-8")
    fresh.replace(path)
