# SPDX-License-Identifier: GPL-3.0-or-later
"""Fetching an Asterisk: a copy that is there is used, workers fetch once, and what lacks is said in words."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from telephony.exchange.asterisk import fetch, packages
from telephony.exchange.asterisk.fetch import Installation, find_asterisk
from telephony.exchange.asterisk.packages import FetchFailed, NoAsterisk


def copy_in(cache: Path, version: str) -> Path:
    """What an unpacked copy looks like to who searches."""
    home = cache / f"asterisk-{version}"
    for file in ("usr/sbin/asterisk", "usr/lib64/ld-linux-x86-64.so.2", "usr/lib/x86_64-linux-gnu/libc.so.6"):
        (home / file).parent.mkdir(parents=True, exist_ok=True)
        (home / file).touch()
    return home


def test_a_copy_that_is_there_is_used_without_asking_anybody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetch, "Apt", lambda *_: pytest.fail("fetched"))
    copy_in(tmp_path, "22.10.1")
    found = find_asterisk(tmp_path, own_only=True)
    assert (found.version, found.major, found.command()[-1]) == (
        "22.10.1",
        22,
        str(tmp_path / "asterisk-22.10.1/usr/sbin/asterisk"),
    )


def test_a_copy_that_was_cut_off_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (copy_in(tmp_path, "22.10.1") / "usr/sbin/asterisk").unlink()
    monkeypatch.setattr(fetch, "_fetch", lambda cache: Installation("fresh", cache))
    assert find_asterisk(tmp_path, own_only=True).version == "fresh"


def test_workers_that_ask_at_once_fetch_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    fetched: list[Path] = []

    def slow(cache: Path) -> Installation:
        fetched.append(cache)
        time.sleep(0.3)
        return Installation("22.1", copy_in(cache, "22.1"), ("x",))

    monkeypatch.setattr(fetch, "_fetch", slow)
    found: list[str] = []
    workers = [
        threading.Thread(target=lambda: found.append(find_asterisk(tmp_path, own_only=True).version)) for _ in range(4)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(10)
    assert found == ["22.1"] * 4 and len(fetched) == 1


def test_three_tries_and_no_address_in_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # nothing listens at this port; the address holds a password, which must not be shown
    monkeypatch.setattr(packages, "PAUSE_S", 0.01)
    monkeypatch.setenv(packages.MIRROR, "http://me:secret@127.0.0.1:9/debian")
    monkeypatch.setattr(fetch, "SUITES", ("forky",))
    monkeypatch.setattr(fetch, "KEYRING", tmp_path)
    asked: list[str] = []
    ask = packages.Apt._said

    def count(self: packages.Apt, words: list[str], folder: Path | None = None) -> str:
        asked.extend(word for word in words if word == "update")
        return ask(self, words, folder)

    monkeypatch.setattr(packages.Apt, "_said", count)
    with pytest.raises(NoAsterisk) as failed:
        find_asterisk(tmp_path / "cache", own_only=True)
    assert len(asked) == packages.TRIES
    assert "secret" not in str(failed.value) and "127.0.0.1:9/" not in str(failed.value)


@pytest.mark.parametrize("tool", packages.TOOLS)
def test_without_apt_it_says_so(tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(fetch.shutil, "which", lambda name, **_: None if name == tool else f"/usr/bin/{name}")
    with pytest.raises(NoAsterisk, match=tool):
        find_asterisk(tmp_path, own_only=True)


def test_a_copy_that_does_not_start_gets_no_name(tmp_path: Path):
    (tmp_path / "root").mkdir()
    with pytest.raises(FetchFailed):
        fetch._keep(tmp_path, tmp_path / "root")
    assert list(tmp_path.glob("asterisk-*")) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Types: deb\nURIs: http://a/debian\nSuites: bookworm\n", [("http://a/debian", "bookworm")]),
        ("Types: deb-src\nURIs: http://a/debian\nSuites: bookworm\n", []),
        ("Enabled: no\nTypes: deb\nURIs: http://a/debian\nSuites: bookworm\n", []),
        ("# deb http://old x\ndeb [arch=amd64] http://b/debian trixie main\n", [("http://b/debian", "trixie")]),
    ],
)
def test_both_ways_of_writing_sources_are_read(text: str, found: list[tuple[str, str]]):
    assert list(packages._archives(text)) == found


def test_libraries_are_known_by_name_whatever_their_number():
    for name in ("libc6", "libxml2-16", "libxml2", "libssl3t64", "libstdc++6", "libsrtp2-1", "libxslt1.1", "zlib1g"):
        assert packages._LIBRARY.fullmatch(name), name
    for name in ("libcap-ng0", "libcurl4t64", "libpq5", "libc-bin", "perl"):
        assert not packages._LIBRARY.fullmatch(name), name
