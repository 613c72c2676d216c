# SPDX-License-Identifier: GPL-3.0-or-later
"""The guided form: order of the steps, the two mandatory sets, what the file may fill in, the hash of a sheet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.cards import CustomerCard, DeviceLine
from models.kinds import CallerKind, Confidence, CustomerLevel, ServiceMode, WarrantyState
from models.rules import guide
from resources.i18n import LANGUAGES, catalogue
from tests.models.verbs.floor import COMPLETE

DEVICE = DeviceLine("7", "server", "HS5280 M6", "HC8X", "机柜", WarrantyState.COVERED, "2027-06-30", "铂金")


def _card(confidence: Confidence, devices: tuple[DeviceLine, ...] = (), customer: str = "1") -> CustomerCard:
    return CustomerCard(
        customer, "陈志远", "先生", "第二医院", CallerKind.END_CUSTOMER, CustomerLevel.GOLD, "青禾市", "临川路 88 号",
        "+8613800138000", "", confidence, devices=devices,
    )  # fmt: skip


def test_the_steps_are_in_the_order_of_the_script() -> None:
    assert guide.STEPS == ("customer", "product", "fault", "warranty", "service", "handover")
    order = [each.step for each in guide.FIELDS]
    assert order == sorted(order, key=(*guide.STEPS, guide.DIAGNOSIS).index)


def test_a_live_transfer_needs_customer_product_and_symptom() -> None:
    assert guide.missing({}, "live") == ("customer_name", "product_line", "symptom")
    assert guide.missing({"customer_name": "陈", "product_line": "server", "symptom": " \n"}, "live") == ("symptom",)
    assert guide.missing({"customer_name": "陈", "product_line": "server", "symptom": "重启"}, "live") == ()


def test_a_sheet_needs_everything_that_applies() -> None:
    assert guide.missing(COMPLETE, "sheet") == ()
    for name in COMPLETE:
        assert name in guide.missing({**COMPLETE, name: ""}, "sheet")


@pytest.mark.parametrize(
    ("mode", "lacking"),
    [
        ("phone", ()),
        ("onsite", ("serial", "remote_attempt", "visit_time", "site_contact", "address")),
        ("carry_in", ("serial", "remote_attempt")),
        ("mail_in", ("serial", "remote_attempt", "address")),
        ("paid", ("serial", "remote_attempt", "paid_consent")),
    ],
)
def test_each_service_mode_asks_its_own(mode: str, lacking: tuple[str, ...]) -> None:
    assert guide.missing({**COMPLETE, "service_mode": mode}, "sheet") == lacking


def test_no_dispatch_without_a_remote_attempt_or_a_reason() -> None:
    sheet = {**COMPLETE, "service_mode": "carry_in", "serial": "HC", "remote_attempt": "not_made"}
    assert guide.missing(sheet, "sheet") == ("remote_why_not",)
    assert guide.missing({**sheet, "remote_attempt": "made"}, "sheet") == ()


def test_what_is_charged_needs_the_customers_yes() -> None:
    charged = {**COMPLETE, "quote": "300"}
    assert guide.missing(charged, "sheet") == ("paid_consent",)
    assert guide.missing({**charged, "paid_consent": "no"}, "sheet") == ("paid_consent",)
    assert guide.missing({**charged, "paid_consent": "yes"}, "sheet") == ()
    assert guide.missing({**COMPLETE, "quote": "0"}, "sheet") == ()


def test_only_what_is_sure_is_filled_in() -> None:
    sure = guide.prefill(_card(Confidence.EXACT, (DEVICE,)))
    assert (sure["customer_name"], sure["serial"], sure["warranty"]) == ("陈志远", "HC8X", "covered")
    house = guide.prefill(_card(Confidence.HOUSEHOLD, (DEVICE,)))
    assert house["company"] == "第二医院"
    assert not {"customer_name", "serial"} & set(house)
    for guess in (Confidence.MAYBE, Confidence.UNKNOWN, Confidence.WITHHELD):
        assert set(guide.prefill(_card(guess, (DEVICE,)))) == {"callback_number"}
    assert "serial" not in guide.prefill(_card(Confidence.EXACT, (DEVICE, DEVICE)))
    assert set(sure) <= set(guide.FIELD)


def test_every_field_and_choice_has_words() -> None:
    keys = {each.label for each in guide.FIELDS}
    keys |= {each.choice_label(choice) for each in guide.FIELDS for choice in each.choices}
    keys |= {f"guide.step_{step}" for step in (*guide.STEPS, guide.DIAGNOSIS)}
    keys |= {f"guide.ask_{step}" for step in guide.STEPS}
    for language in LANGUAGES:
        assert keys - set(catalogue(language)) == set()


def test_the_words_of_the_house() -> None:
    assert guide.greeting("瀚川", "1001") == "您好，瀚川客服 1001 号为您服务。"
    assert "分钟" not in guide.callback_words(None)
    assert "15 分钟" in guide.callback_words(15)
    assert guide.title({"symptom": "\n 重启 \n第二行"}) == "重启"
    assert guide.title({"model": "HS5280"}) == "HS5280"


SHEETS = st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=4)


@given(SHEETS, SHEETS)
def test_equal_sheets_and_only_they_have_equal_hashes(one: dict[str, str], two: dict[str, str]) -> None:
    filled = [{name: value for name, value in sheet.items() if value} for sheet in (one, two)]
    assert (guide.sheet_hash(one) == guide.sheet_hash(two)) is (filled[0] == filled[1])


def test_the_hash_knows_no_order_and_no_empty_fields() -> None:
    assert guide.sheet_hash({"a": "1", "b": "2", "c": ""}) == guide.sheet_hash({"b": "2", "a": "1"})
    assert guide.sheet_hash({"a": "b"}) != guide.sheet_hash({"ab": ""})
    assert len(guide.sheet_hash({})) == 64


def test_dispatch_modes_are_all_but_the_telephone() -> None:
    assert set(guide.DISPATCH) == set(ServiceMode) - {ServiceMode.PHONE}
