# SPDX-License-Identifier: GPL-3.0-or-later
"""The most exact row wins per mode; what nobody names is barred; words come from a catalogue or from a supervisor."""

from __future__ import annotations

from models.cards import PolicyRow
from models.kinds import ServiceMode
from models.rules import policy
from resources import i18n


def _row(mode: str, allowed: bool = True, price: int = 0, say: str = "", why: str = "", **when: str) -> PolicyRow:
    where = {"product_line": "*", "warranty": "*", "level": "*", "fault_class": "*", "district": "*", **when}
    return PolicyRow(**where, mode=ServiceMode(mode), allowed=allowed, price=price, hours=4, say=say, why_not=why)


ROWS = (
    _row("phone"),
    _row("onsite", price=30_000),
    _row("onsite", warranty="covered"),
    _row("onsite", False, why="policy.why_man_made", warranty="man_made"),
    _row("onsite", price=100, product_line="server", district="西岭市"),
    _row("onsite", price=200, warranty="covered", district="西岭市"),
    _row("carry_in", False),
)


def _offers(**asked: str) -> policy.Offers:
    what = {"product_line": "server", "warranty": "covered", "level": "gold", "fault_class": "hardware", "district": ""}
    return policy.offers(ROWS, **{**what, **asked})


def test_the_most_exact_row_wins() -> None:
    option = _offers().option("onsite")
    assert option is not None and option.price == 0
    assert (_offers(warranty="expired").option("onsite") or option).price == 30_000
    assert _offers(warranty="man_made").option("onsite") is None
    # Equally exact: the one that is exact further left.
    assert (_offers(district="西岭市").option("onsite") or option).price == 100


def test_the_order_of_rows_does_not_matter() -> None:
    asked = ("server", "covered", "gold", "hardware", "西岭市")
    assert policy.offers(ROWS, *asked) == policy.offers(tuple(reversed(ROWS)), *asked)


def test_every_mode_is_offered_or_barred_with_a_reason() -> None:
    offered = _offers()
    modes = [option.mode for option in offered.allowed] + [barred.mode for barred in offered.barred]
    assert sorted(modes) == sorted(ServiceMode)
    assert all(barred.why_not for barred in offered.barred)
    assert [barred.mode for barred in policy.offers((), "server", "", "", "", "").barred] == list(ServiceMode)


def test_words_of_the_catalogue_and_of_a_supervisor() -> None:
    option = policy.Option(ServiceMode.ONSITE, 30_000, 4, "policy.say_onsite_free")
    assert policy.spoken(option, "陈先生", "服务器").startswith("陈先生，您的服务器在保，工程师 4 小时内上门")
    own = policy.Option(ServiceMode.ONSITE, 30_050, 4, "%1，%3，%4 小时")
    assert policy.spoken(own, "陈先生", "") == "陈先生，300.50 元，4 小时"
    assert policy.price_words(0) == "免费"
    assert policy.price_words(1_200_000) == "12,000 元"
    i18n.use("en")
    try:
        assert policy.price_words(30_000) == "CNY 300"
    finally:
        i18n.use("zh_CN")


def test_every_mode_says_in_words_what_it_means() -> None:
    for mode in ServiceMode:
        assert not policy.line(policy.Option(mode, 0, 0, "")).startswith("policy.")
    assert "4" in policy.line(policy.Option(ServiceMode.ONSITE, 0, 4, ""))
