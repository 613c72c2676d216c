# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of the plan survive JSON; what does not fit is named by its path; a trunk's faults are found."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from models.rules.lines import TrunkLine, trunk_fault
from models.rules.plan import (
    Calendar,
    Callback,
    Destination,
    DestinationKind,
    Menu,
    OutboundRule,
    QueuePlan,
    Relaxation,
    Strategy,
)
from models.rules.plan_json import PartWrong, dump, load

QUEUE = QueuePlan(
    "server",
    "服务器专线",
    "Server line",
    skills={"server": 3},
    strategy=Strategy.SKILLS,
    relax=(Relaxation(30, 1), Relaxation(60, 2, drop=True)),
    members=("1001", "1007"),
    level_scores={"gold": 90},
    overflow=Destination(DestinationKind.NUMBER, "+862012345678", "transfer"),
    calendar="week",
    callback=Callback.CUSTOMER_FIRST,
    position_every_s=30,
)
MENU = Menu("main", "menu", {"1": Destination(DestinationKind.QUEUE, "server")}, Destination(DestinationKind.HANG_UP))


@pytest.mark.parametrize(
    "part",
    [
        QUEUE,
        QueuePlan("q", "队列", "Queue"),
        MENU,
        Calendar("week", ((0, 540, 1080),), {"2027-01-01": (), "2027-01-02": ((600, 720),)}, {"2027-01-01": "元旦"}),
        OutboundRule("+86", True, groups=frozenset({"agent", "engineer"}), per_day=20),
        TrunkLine("a", "sip.example.net", numbers=("400",), secret="s3cret"),
    ],
)
def test_a_part_survives_json(part: Any) -> None:
    assert load(type(part), json.loads(json.dumps(dump(part)))) == part


@pytest.mark.parametrize(
    ("change", "field", "why"),
    [
        ({"overflow": {"kind": "moon"}}, "overflow.kind", "wrong"),
        ({"overflow": {"target": "x"}}, "overflow.kind", "missing"),
        ({"overflow": {"kind": "queue", "colour": 1}}, "overflow.colour", "unknown"),
        ({"relax": [{"after_s": "soon"}]}, "relax[0].after_s", "wrong"),
        ({"relax": {"after_s": 1}}, "relax", "wrong"),
        ({"skills": {"server": 2.5}}, "skills.server", "wrong"),
        ({"skills": ["server"]}, "skills", "wrong"),
        ({"record": 1}, "record", "wrong"),
        ({"priority": True}, "priority", "wrong"),
        ({"max_wait_s": float("nan")}, "max_wait_s", "wrong"),
        ({"max_wait_s": float("inf")}, "max_wait_s", "wrong"),
        ({"words_zh": "a\x00"}, "words_zh", "wrong"),
        ({"words_zh": None}, "words_zh", "wrong"),
        ({"welcome": "长" * 501}, "welcome", "wrong"),
        ({"members": ["1"] * 2001}, "members", "wrong"),
        ({"colour": "red"}, "colour", "unknown"),
    ],
)
def test_what_does_not_fit_is_named(change: dict[str, Any], field: str, why: str) -> None:
    with pytest.raises(PartWrong) as wrong:
        load(QueuePlan, {**dump(QUEUE), **change})
    assert (wrong.value.field, wrong.value.why) == (field, why)


def test_a_part_is_an_object() -> None:
    with pytest.raises(PartWrong):
        load(Menu, ["main"])
    with pytest.raises(PartWrong) as missing:
        load(Menu, {"menu": "main", "prompt": "x", "options": {}})
    assert (missing.value.field, missing.value.why) == ("otherwise", "missing")
    assert load(Calendar, {"calendar": "c", "weekly": [[0, 1, 2]]}).weekly == ((0, 1, 2),)
    with pytest.raises(PartWrong):
        load(Calendar, {"calendar": "c", "weekly": [[0, 1]]})


GOOD = TrunkLine("telecom", "sip.example.net", username="u", register=True)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, ""),
        ({"host": "192.0.2.1", "sources": ("192.0.2.0/24", "sbc.example.net", "2001:db8::1")}, ""),
        ({"name": "Tele com"}, "name"),
        ({"host": ""}, "host"),
        ({"host": "300.1.1.1"}, "host"),
        ({"host": "a b"}, "host"),
        ({"host": "224.0.0.1"}, "host"),
        ({"port": 0}, "port"),
        ({"transport": "sctp"}, "transport"),
        ({"username": ""}, "username"),
        ({"username": 'x"\r\nContact: y'}, "username"),
        ({"secret": "line\nbreak"}, "secret"),
        ({"caller_id": "anonymous"}, "caller_id"),
        ({"numbers": ("400", "x")}, "numbers"),
        ({"sources": ("192.0.2.0/99",)}, "sources"),
        ({"codecs": ()}, "codecs"),
        ({"codecs": ("PCMA", "PCMA")}, "codecs"),
        ({"codecs": ("opus",)}, "codecs"),
        ({"external_address": "??"}, "external_address"),
        ({"max_calls": -1}, "max_calls"),
    ],
)
def test_the_faults_of_a_trunk(change: dict[str, Any], fault: str) -> None:
    assert trunk_fault(replace(GOOD, **change), secret_set=True) == fault


def test_a_registering_trunk_needs_a_secret() -> None:
    assert trunk_fault(GOOD, secret_set=False) == "secret"
    assert trunk_fault(replace(GOOD, register=False), secret_set=False) == ""
    assert "s3cret" not in repr(replace(GOOD, secret="s3cret"))
