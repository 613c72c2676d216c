# SPDX-License-Identifier: GPL-3.0-or-later
"""Asterisk's Debian packages through apt with folders of its own: signatures verified, no rights, the system untouched.

The mirror is the one this machine already uses. Raises FetchFailed when a suite cannot give what is needed, NoAsterisk
when there is nowhere to ask.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from resources.i18n import tr

MIRROR = "TR_DEBIAN_MIRROR"  # names a mirror where the machine itself uses none of Debian's
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
TOOLS = ("apt-get", "apt-cache", "dpkg")
TRIES = 3
PAUSE_S = 1.0
STEP_S = 120.0  # the longest that one step of apt may take

PROGRAMS = ("asterisk", "asterisk-modules", "openssl")
# Of some 160 packages that Debian names, these are the libraries that the modules we load really use. The names carry
# numbers that change with the suite, so they are looked up among the dependencies.
LIBRARIES = (
    "libbsd", "libc", "libcap", "libcrypt", "libedit", "libgcc-s", "libgsm", "libjansson", "libmd", "libsqlite",
    "libsrtp", "libssl", "libstdc++", "libsystemd", "libtinfo", "liburiparser", "libuuid", "libxml", "libxslt",
    "libzstd", "zlib1g",
)  # fmt: skip
_LIBRARY = re.compile(rf"({'|'.join(re.escape(name) for name in LIBRARIES)})[0-9.-]*(t64)?")
_NOT_NEEDED = (
    "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/lintian", "usr/share/bug", "usr/include", "etc",
    "usr/share/asterisk/conf", "usr/share/asterisk/phoneprov", "usr/share/asterisk/firmware", "var",
)  # fmt: skip
_LEFT_OUT = [f"--no-{kind}" for kind in ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")]


class NoAsterisk(Exception):
    """There is no Asterisk and none can be fetched; the words say why and what to do."""


class FetchFailed(Exception):
    """One suite could not give what is needed."""


def mirror() -> str:
    """The Debian archive that this machine uses. Its address may hold a password: it is never printed."""
    if told := os.environ.get(MIRROR):
        return told
    folder = Path("/etc/apt")
    files = [*sorted(folder.glob("sources.list.d/*.sources")), folder / "sources.list"]
    for file in [*files, *sorted(folder.glob("sources.list.d/*.list"))]:
        with contextlib.suppress(OSError):
            for mirror, suite in _archives(file.read_text(encoding="utf-8", errors="replace")):
                if "security" not in f"{mirror}{suite}" and "ubuntu" not in mirror:
                    return mirror
    raise NoAsterisk(tr("asterisk.no_mirror", MIRROR))


def _archives(text: str) -> Iterator[tuple[str, str]]:
    """(address, suite) of every archive a sources file names, in either of apt's two ways of writing."""
    for stanza in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^([A-Za-z-]+):[ \t]*(.+)$", stanza, re.MULTILINE))
        if "URIs" in fields and "deb" in fields.get("Types", "deb").split() and fields.get("Enabled", "yes") != "no":
            yield fields["URIs"].split()[0], fields.get("Suites", "")
    yield from re.findall(r"^deb[ \t]+(?:\[[^]]*\][ \t]+)?(\S+)[ \t]+(\S+)", text, re.MULTILINE)


class Apt:
    """apt with folders of its own under `work`: it sees one suite of one mirror and an empty system."""

    def __init__(self, work: Path, mirror: str, suite: str) -> None:
        self.work = work
        for folder in ("parts", "state/lists/partial", "cache/archives/partial", "debs"):
            (work / folder).mkdir(parents=True, mode=0o700)
        (work / "status").touch()
        source = work / "parts" / "debian.sources"
        source.touch(mode=0o600)
        source.write_text(
            f"Types: deb\nURIs: {mirror}\nSuites: {suite}\nComponents: main\nSigned-By: {KEYRING}\n", encoding="utf-8"
        )
        machine = self._said(["dpkg", "--print-architecture"]).strip()
        settings = {
            "Dir::Etc::sourcelist": "/dev/null", "Dir::Etc::sourceparts": f"{work}/parts",
            "Dir::Etc::preferences": "/dev/null", "Dir::Etc::preferencesparts": f"{work}/parts",
            "Dir::State": f"{work}/state", "Dir::State::status": f"{work}/status", "Dir::Cache": f"{work}/cache",
            "APT::Architecture": machine, "APT::Architectures": machine,
            "APT::Sandbox::User": "root", "Acquire::Languages": "none", "Acquire::http::Timeout": "20",
            "Acquire::Retries": "0",  # the three tries are ours
        }  # fmt: skip
        self._options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]

    def unpack(self, programs: Sequence[str] = PROGRAMS, libraries: re.Pattern[str] = _LIBRARY) -> Path:
        """Everything needed in one folder: these packages, and those of their libraries whose names fit."""
        self._patiently(["apt-get", *self._options, "update"])
        if self._said(["apt-cache", *self._options, "policy", *programs]).count("Candidate: (none)"):
            raise FetchFailed(tr("asterisk.not_in_mirror"))
        packages = [*programs, *self.libraries(programs, libraries)]
        self._patiently(["apt-get", *self._options, "download", *packages], self.work / "debs")
        root = self.work / "root"
        for package in sorted((self.work / "debs").glob("*.deb")):
            self._said(["dpkg", "-x", str(package), str(root)])
        for folder in _NOT_NEEDED:
            shutil.rmtree(root / folder, ignore_errors=True)
        root.chmod(0o755)
        return root

    def libraries(self, programs: Sequence[str], wanted: re.Pattern[str]) -> list[str]:
        """The names that the libraries have in this suite."""
        said = self._said(["apt-cache", *self._options, "depends", "--recurse", *_LEFT_OUT, *programs])
        names = {name for name in re.findall(r"^(\S+)$", said, re.MULTILINE) if wanted.fullmatch(name)}
        return sorted(names)

    def _patiently(self, words: list[str], folder: Path | None = None) -> None:
        """Try three times: a mirror that stumbles once is no reason to give up."""
        for attempt in range(1, TRIES + 1):
            try:
                self._said(words, folder)
                return
            except FetchFailed:
                if attempt == TRIES:
                    raise
                time.sleep(PAUSE_S * attempt)

    def _said(self, words: list[str], folder: Path | None = None) -> str:
        environment = {**os.environ, "LC_ALL": "C", "DEBIAN_FRONTEND": "noninteractive"}
        try:
            done = subprocess.run(
                words, cwd=folder or self.work, env=environment, capture_output=True, text=True, timeout=STEP_S,
                check=False,
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise FetchFailed(tr("asterisk.mirror_slow", STEP_S)) from None
        if done.returncode or re.search(r"^(W: Failed|E:)", done.stderr, re.MULTILINE):
            told = re.sub(r"[a-z+]+://\S*", "…", done.stderr or done.stdout)
            raise FetchFailed(" ".join(told.split())[-300:])
        return done.stdout
