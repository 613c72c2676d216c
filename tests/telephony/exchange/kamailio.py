# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's Kamailio for a test: the machine's own, else its package unpacked into the cache, where nothing is installed
and no service starts."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from telephony.exchange.asterisk.fetch import alone
from telephony.exchange.asterisk.packages import TOOLS, Apt, mirror

_LIBRARIES = re.compile(r"lib(pcre|readline)[0-9.-]*(t64)?")  # the others are on every Debian


@dataclass(frozen=True)
class Kamailio:
    """The words that start it, and the environment it needs."""

    words: tuple[str, ...]
    environment: dict[str, str]


def find_kamailio() -> Kamailio | None:
    """None where there are no Debian packages. Raises NoAsterisk or FetchFailed when the mirror does not give it."""
    program = shutil.which("kamailio") or shutil.which("kamailio", path="/usr/sbin")
    if program is not None:
        return Kamailio((program,), dict(os.environ))
    if any(shutil.which(tool) is None for tool in TOOLS):
        return None
    cache = user_cache_path("three-rings", appauthor=False) / "kamailio"
    cache.mkdir(parents=True, exist_ok=True)
    with alone(cache / "fetch.lock"):
        root = next(cache.glob("root-*"), None) or _fetch(cache)
    modules = next(root.glob("usr/lib/*/kamailio/modules"))
    folders = [modules.parent, modules.parent.parent, *root.glob("lib/*-linux-gnu*")]
    libraries = ":".join(str(folder) for folder in folders)
    return Kamailio(
        (str(root / "usr/sbin/kamailio"), "-L", str(modules)), {**os.environ, "LD_LIBRARY_PATH": libraries}
    )


def _fetch(cache: Path) -> Path:
    """Of this machine's own suite: it runs with this machine's C library."""
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    suite = re.search(r"^VERSION_CODENAME=(\S+)$", release, re.MULTILINE)
    assert suite, "a Debian without a name"
    with tempfile.TemporaryDirectory(prefix="fetching-", dir=cache) as name:
        unpacked = Apt(Path(name) / "apt", mirror(), suite[1]).unpack(("kamailio",), _LIBRARIES)
        return unpacked.rename(cache / f"root-{suite[1]}")
