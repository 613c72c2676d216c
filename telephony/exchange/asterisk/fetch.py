# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Asterisk without installing one: the machine's own if it is new enough, else Debian's packages unpacked.

One unpacked copy per version stays in the person's cache; workers that ask at once fetch once. Raises NoAsterisk with
words for the person.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from resources.i18n import tr
from telephony.exchange.asterisk.packages import KEYRING, TOOLS, TRIES, Apt, FetchFailed, NoAsterisk, mirror

OLDEST = 20  # the first with everything the engine needs
SUITES = ("forky", "sid")  # Debian's suites that carry Asterisk 22
FETCH_S = 900.0  # the longest that one worker waits for another's fetching
COPIES_KEPT = 2


@dataclass(frozen=True)
class Installation:
    """An Asterisk that can be run: `root` of the unpacked packages, or / for the machine's own."""

    version: str
    root: Path
    loader: tuple[str, ...] = ()  # what runs a program of a foreign C library: its own loader and its folders

    def command(self, program: str = "asterisk") -> list[str]:
        """The words that start one of its programs."""
        if not self.loader:
            return [program]
        folder = "sbin" if program == "asterisk" else "bin"
        return [*self.loader, "--argv0", program, str(self.root / "usr" / folder / program)]

    @property
    def modules(self) -> Path:
        """The folder of its modules."""
        for pattern in ("usr/lib/*/asterisk/modules", "usr/lib64/asterisk/modules", "usr/local/lib/asterisk/modules"):
            for folder in sorted(self.root.glob(pattern)):
                return folder
        return self.root / "usr/lib/asterisk/modules"

    @property
    def data(self) -> Path:
        """Where its documentation is, without which it reads no configuration."""
        for folder in ("usr/share/asterisk", "var/lib/asterisk"):
            if (self.root / folder / "documentation").is_dir():
                return self.root / folder
        return self.root / "usr/share/asterisk"

    @property
    def major(self) -> int:
        """22 of 22.10.1; 0 when it says something else."""
        found = re.match(r"\d+", self.version)
        return int(found.group()) if found else 0


def find_asterisk(cache: Path | None = None, *, own_only: bool = False) -> Installation:
    """The Asterisk to run: the machine's own from version 20 on (unless `own_only`), a copy fetched before, or one
    fetched now. Blocks for seconds when it fetches."""
    if not own_only and (installed := installed_here()) is not None:
        return installed
    if not sys.platform.startswith("linux"):
        raise NoAsterisk(tr("asterisk.no_linux"))
    cache = cache or user_cache_path("three-rings", appauthor=False) / "asterisk"
    if (kept := _newest(cache)) is not None:
        return kept
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NoAsterisk(tr("asterisk.no_cache", cache, error.strerror)) from None
    with alone(cache / "fetch.lock"):
        if (kept := _newest(cache)) is not None:  # another worker has just done it
            return kept
        return _fetch(cache)


def installed_here() -> Installation | None:
    """The Asterisk on this machine's PATH when it is new enough."""
    program = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    if program is None or not Installation("", Path("/")).modules.is_dir():
        return None
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        said = subprocess.run([program, "-V"], capture_output=True, text=True, timeout=10, check=False).stdout
        found = Installation(_version_in(said), Path("/"))
        return found if found.major >= OLDEST else None
    return None


def _version_in(said: str) -> str:
    """22.10.1 of `Asterisk 22.10.1~dfsg+~cs6.17…`."""
    found = re.search(r"Asterisk (?:certified/)?(\d+(?:\.\d+)*)", said)
    return found.group(1) if found else ""


def _newest(cache: Path) -> Installation | None:
    """The newest copy that was unpacked to its end: it got its name only then."""
    copies = sorted(cache.glob("asterisk-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for copy in copies:
        if (loader := _loader(copy)) and (copy / "usr/sbin/asterisk").exists():
            return Installation(copy.name.removeprefix("asterisk-"), copy, loader)
    return None


def _loader(root: Path) -> tuple[str, ...]:
    for pattern in ("usr/lib64/ld-linux*.so.*", "usr/lib/ld-linux*.so.*", "usr/lib/*/ld-linux*.so.*"):
        for loader in sorted(root.glob(pattern)):
            folders = ":".join(str(libc.parent) for libc in sorted(root.glob("usr/lib/*/libc.so.6")))
            return (str(loader), "--library-path", folders)
    return ()


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Hold the lock of `path`; the system gives it back when the process ends, however it ends."""
    import fcntl  # not on Windows

    deadline = time.monotonic() + FETCH_S
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise NoAsterisk(tr("asterisk.fetch_stuck", path)) from None
                time.sleep(0.1)
        yield


def _fetch(cache: Path) -> Installation:
    for tool in TOOLS:
        if shutil.which(tool) is None:
            raise NoAsterisk(tr("asterisk.no_apt", tool))
    if not KEYRING.exists():
        raise NoAsterisk(tr("asterisk.no_keyring", KEYRING))
    archive = mirror()
    why = ""
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=cache) as name:
        for suite in SUITES:
            work = Path(name) / suite
            try:
                root = Apt(work, archive, suite).unpack()
                return _keep(cache, root)
            except FetchFailed as failure:
                why = why or str(failure)
    raise NoAsterisk(tr("asterisk.fetch_failed", TRIES, why))


def _keep(cache: Path, root: Path) -> Installation:
    """Give a whole copy its name, and let go of all but the newest ones."""
    fresh = Installation("", root, _loader(root))
    try:
        said = subprocess.run([*fresh.command(), "-V"], capture_output=True, text=True, timeout=20, check=False)
    except OSError as error:
        raise FetchFailed(str(error)) from None
    version = _version_in(said.stdout)
    if not version:
        raise FetchFailed(tr("asterisk.copy_broken", (said.stderr or said.stdout).strip()[-200:]))
    if Installation(version, root).major < OLDEST:
        raise FetchFailed(tr("asterisk.too_old", version, OLDEST))
    home = cache / f"asterisk-{version}"
    shutil.rmtree(home, ignore_errors=True)
    root.rename(home)
    os.utime(home)
    older = sorted(cache.glob("asterisk-*"), key=lambda path: path.stat().st_mtime, reverse=True)[COPIES_KEPT:]
    for copy in older:
        shutil.rmtree(copy, ignore_errors=True)
    return Installation(version, home, _loader(home))
