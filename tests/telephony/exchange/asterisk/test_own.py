# SPDX-License-Identifier: GPL-3.0-or-later
"""An Asterisk of our own: started, found again, ended; on loopback alone; closed to strangers."""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import psutil
import pytest

from telephony.exchange.asterisk.ami import Ami, AmiRefused
from telephony.exchange.asterisk.certificates import make_certificate
from telephony.exchange.asterisk.client import Ari
from telephony.exchange.asterisk.configuration import MODULES, WATCHDOG_USER
from telephony.exchange.asterisk.fetch import Installation
from telephony.exchange.asterisk.own import CONSOLE, OwnAsterisk, StartFailed, running, start_asterisk


async def test_it_has_booted_with_every_module_and_no_complaint(asterisk: OwnAsterisk):
    ari = Ari(asterisk.node())
    try:
        modules = await ari.read("asterisk/modules")
        runs = {one["name"].removesuffix(".so") for one in modules.data if one["status"] == "Running"}
        assert set(MODULES) <= runs
    finally:
        await ari.close()
    said = (asterisk.directory / CONSOLE).read_text()
    assert "Asterisk Ready" in said
    assert [line for line in said.splitlines() if "ERROR" in line or "WARNING" in line] == []


async def test_the_same_folder_gives_the_same_asterisk(asterisk: OwnAsterisk, installation: Installation):
    again = await start_asterisk(asterisk.directory, installation=installation)
    assert again == asterisk and running(asterisk.directory) == asterisk


def test_every_door_is_on_loopback(asterisk: OwnAsterisk):
    served = [one for one in psutil.Process(asterisk.pid).net_connections("inet") if one.status in ("LISTEN", "NONE")]
    doors = {f"{one.laddr.ip}:{one.laddr.port}" for one in served}
    assert {asterisk.trunk, asterisk.phones, asterisk.http, asterisk.ami} <= doors
    assert [one for one in served if one.status == "LISTEN" and one.laddr.ip != "127.0.0.1"] == []


def test_secrets_are_for_our_eyes_only(asterisk: OwnAsterisk):
    files = [*(asterisk.directory / "etc").iterdir(), asterisk.directory / "asterisk.json"]
    assert [file for file in files if stat.S_IMODE(file.stat().st_mode) & 0o077] == []
    assert asterisk.engine_password not in repr(asterisk) and asterisk.engine_password not in repr(asterisk.node())


async def test_a_wrong_secret_is_refused(asterisk: OwnAsterisk):
    with pytest.raises(AmiRefused):
        await Ami.connect(asterisk.ami, WATCHDOG_USER, "guessed")


async def test_an_action_cannot_smuggle_a_second_header_in(asterisk: OwnAsterisk):
    ami = await Ami.connect(asterisk.ami, WATCHDOG_USER, asterisk.watchdog_password)
    try:
        answer = await ami.action("QueueAdd", Queue="threerings\r\nAction: Logoff", Interface="PJSIP/1")
        assert answer["Response"] == "Error"
        assert (await ami.action("Ping"))["Response"] == "Success"
    finally:
        await ami.close()


async def test_two_nodes_start_at_once_and_end_alone(installation: Installation, tmp_path: Path):
    certificate = make_certificate(tmp_path / "tls", installation)
    one, two = await asyncio.gather(
        start_asterisk(tmp_path / "a", name="a", installation=installation, certificate=certificate),
        start_asterisk(tmp_path / "b", name="b", installation=installation),
    )
    assert one.node().tls and one.phones_tls and not two.node().tls
    ports = [address for own in (one, two) for address in (own.trunk, own.phones, own.http, own.ami)]
    assert len(set(ports)) == 8
    await one.stop()
    assert not one.alive and two.alive and running(tmp_path / "a") is None
    await two.stop()
    assert not two.alive


async def test_a_taken_port_is_said(asterisk: OwnAsterisk, installation: Installation, tmp_path: Path):
    with pytest.raises(StartFailed, match=r"Address already in use|could not be started"):
        await start_asterisk(tmp_path / "late", trunk=asterisk.trunk, installation=installation)


async def test_a_broken_installation_is_said(tmp_path: Path):
    broken = Installation("22", tmp_path, loader=("/bin/false",))
    with pytest.raises(StartFailed):
        await start_asterisk(tmp_path / "x", installation=broken)
