# SPDX-License-Identifier: GPL-3.0-or-later
"""`check asterisk` on a real Asterisk: silent about a good one, and each usual mistake named with what to do."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

import aiohttp
import pytest

from models.settings import Settings
from telephony.exchange.asterisk import checking, nodes, site_copy, standing_by
from telephony.exchange.asterisk.ami import Ami
from telephony.exchange.asterisk.certificates import make_certificate
from telephony.exchange.asterisk.configuration import WATCHDOG_USER
from telephony.exchange.asterisk.fetch import Installation
from telephony.exchange.asterisk.own import OwnAsterisk, start_asterisk
from telephony.exchange.asterisk.settings import Node

PACKAGED = Path(__file__).parents[4] / "packaging" / "asterisk"


async def states(node: Node) -> dict[str, checking.Found]:
    return {found.what.removeprefix(f"{node.name}: "): found for found in await checking.examine([node])}


async def test_nothing_is_wrong_with_our_own(asterisk: OwnAsterisk) -> None:
    found = await states(asterisk.node())
    assert {what: each.state for what, each in found.items() if each.state != "ok"} == {"application": "warn"}
    assert found["version"].words.startswith("Asterisk")
    assert all(each.way_out == "" for each in found.values() if each.state == "ok")


async def test_a_wrong_password_is_named(asterisk: OwnAsterisk) -> None:
    found = await states(replace(asterisk.node(), password="wrong"))
    assert [(what, each.state) for what, each in found.items()] == [("password", "bad")]
    assert "asterisk.json" in found["password"].way_out


async def test_an_address_where_nobody_listens_is_named() -> None:
    found = await states(Node("north", "http://127.0.0.1:9", "user", "password"))
    assert [(what, each.state) for what, each in found.items()] == [("reach", "bad")]
    assert "127.0.0.1:9" in found["reach"].words


async def test_a_missing_module_is_named_and_mended(asterisk: OwnAsterisk) -> None:
    node = asterisk.node()
    async with aiohttp.ClientSession(node.url, headers=checking.signed(node)) as session:
        async with session.delete("/ari/asterisk/modules/app_queue.so") as gone:
            assert gone.status < 400
        try:
            found = await states(node)
        finally:
            async with session.post("/ari/asterisk/modules/app_queue.so") as back:
                assert back.status < 400
    assert found["modules"].state == "bad" and "app_queue.so" in found["modules"].words
    assert (await states(node))["modules"].state == "ok"


async def test_a_user_who_may_not_push_phones_is_named(asterisk: OwnAsterisk) -> None:
    etc = asterisk.directory / "etc" / "ari.conf"
    good = etc.read_text(encoding="utf-8")
    ami = await Ami.connect(asterisk.ami, WATCHDOG_USER, asterisk.watchdog_password)
    try:
        etc.write_text(good.replace("read_only=no", "read_only=yes"), encoding="utf-8")
        assert (await ami.action("ModuleLoad", Module="res_ari.so", LoadType="reload"))["Response"] == "Success"
        found = await states(asterisk.node())
        assert found["pushing"].state == "bad" and "read_only=no" in found["pushing"].way_out
    finally:
        etc.write_text(good, encoding="utf-8")
        await ami.action("ModuleLoad", Module="res_ari.so", LoadType="reload")
        await ami.close()
    assert (await states(asterisk.node()))["pushing"].state == "ok"


async def test_addresses_that_a_provider_cannot_reach_and_an_open_ami_are_warned_of(asterisk: OwnAsterisk) -> None:
    found = await states(replace(asterisk.node(), trunk_address="192.168.7.2:5060", ami="192.168.7.2:5038"))
    assert (found["nat"].state, found["ami"].state) == ("warn", "warn")


@pytest.mark.parametrize(("text", "state"), [("22.10.1", "ok"), ("20.9.3", "warn"), ("18.20.0", "bad"), ("", "bad")])
def test_versions_are_judged(text: str, state: str) -> None:
    assert checking._version(Node("n", "http://127.0.0.1", "u", "p"), text).state == state


@pytest.mark.parametrize(
    ("text", "state"),
    [("22.8.1", "bad"), ("22.8.2", "ok"), ("22.10.1", "ok"), ("20.18", "bad"), ("20.7-cert9", "ok"), ("24.0.0", "ok")],
)
def test_a_version_with_published_holes_is_named(text: str, state: str) -> None:
    assert checking._holes(Node("n", "http://127.0.0.1", "u", "p"), text).state == state


@pytest.mark.parametrize(("off", "state"), [(0, "ok"), (1, "ok"), (40, "warn"), (-3600, "warn")])
def test_a_clock_that_differs_is_named(off: int, state: str) -> None:
    date = format_datetime(datetime.fromtimestamp(time.time() + off, UTC), usegmt=True)
    assert checking._clock(Node("n", "http://127.0.0.1", "u", "p"), date).state == state


async def test_a_certificate_that_phones_would_not_trust_is_named(installation: Installation, tmp_path: Path) -> None:
    made = make_certificate(tmp_path / "tls", installation)
    own = await start_asterisk(tmp_path / "a", installation=installation, certificate=made)
    try:
        assert (await states(own.node()))["tls"].state == "ok"
        other = (await states(replace(own.node(), trust="sha256:" + "0" * 64)))["tls"]
        assert other.state == "bad" and own.trust in other.words, "it says what is shown there"
        assert (await states(replace(own.node(), tls_address="127.0.0.1:9")))["tls"].state == "bad"
    finally:
        await own.stop()


def test_every_needed_module_is_in_the_configuration_we_give_out() -> None:
    from telephony.exchange.asterisk.configuration import MODULES

    assert set(checking.NEEDED) | set(checking.CODECS) <= set(MODULES) and checking.REFER not in MODULES


def test_the_files_to_copy_are_those_we_run_with() -> None:
    there = {file.name: file.read_text(encoding="utf-8") for file in PACKAGED.glob("*.conf")}
    assert there == site_copy.administrators_files(), (
        "python -m telephony.exchange.asterisk.site_copy packaging/asterisk"
    )


def entry(**other: object) -> dict[str, object]:
    node = {name: value for name, value in asdict(Node("a", "http://127.0.0.1:8088", "u", "p")).items() if value}
    return {**node, "trunk_address": "127.0.0.1:5060", "phone_address": "127.0.0.1:5062", "prompts": "/p", **other}


@pytest.mark.parametrize(
    "wrong",
    ["", "{", "[]", "{}", '["a"]', json.dumps([entry(url="ftp://x")]), json.dumps([entry(colour="red")]),
     json.dumps([entry(password="")]), json.dumps([entry(srtp="yes")]), json.dumps([entry(tls_address="h:1")]),
     json.dumps([entry(tls_address="h:1", trust="sha256:12")]), json.dumps([entry(), entry()])],
)  # fmt: skip
def test_a_bad_list_of_machines_is_refused_in_words(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "asterisk.json").write_text(wrong, encoding="utf-8")
    with pytest.raises(nodes.BadNodes) as refused:
        standing_by.known_nodes(tmp_path)
    assert "asterisk.json" in str(refused.value)


def test_a_good_list_is_read_and_the_watchdog_needs_its_own_door(tmp_path: Path) -> None:
    file = tmp_path / "asterisk.json"
    file.write_text(json.dumps([entry(), entry(name="b")]), encoding="utf-8")
    assert [node.name for node in standing_by.known_nodes(tmp_path)] == ["a", "b"]
    with pytest.raises(nodes.BadNodes):
        standing_by.watched_nodes(tmp_path)
    file.write_text(json.dumps([entry(ami="127.0.0.1:5038", ami_user="w", ami_password="s")]), encoding="utf-8")
    (watched,) = standing_by.watched_nodes(tmp_path)
    assert (watched[0].user, watched[0].password, watched[1]) == ("w", "s", "127.0.0.1:5038")


def test_a_site_without_any_asterisk_is_told_so(tmp_path: Path) -> None:
    from desktop.doctor import examine_asterisk

    (found,) = examine_asterisk(Settings().model_copy(update={"data_dir": tmp_path}))
    assert found.state == "bad" and "asterisk.json" in found.way_out
