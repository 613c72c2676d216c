# SPDX-License-Identifier: GPL-3.0-or-later
"""Contacts, dispositions, recordings, customers, policy and settings."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from models.kinds import Confidence
from models.store import cards, search
from models.store.demo_house import furnish
from models.verbs.registry import SYSTEM
from tests.models.verbs.floor import BOSS, LIN, NOW, ZHOU, Floor


async def test_a_contact_has_one_outcome(floor: Floor) -> None:
    await floor(SYSTEM, "contact_open", contact="c1", from_number="+8613800138000", started=NOW - 5)
    await floor(SYSTEM, "contact_connected", contact="c1", agent="1001", at=NOW)
    done = await floor(SYSTEM, "contact_close", contact="c1", outcome="answered", hang_up_by="customer", ended=NOW + 60)
    assert await floor(SYSTEM, "contact_close", contact="c1", outcome="answered", ended=NOW + 99) == done
    assert (
        await floor.refused(SYSTEM, "contact_close", contact="c1", outcome="failed")
    ).words == "refusal.contact_ended"
    assert (await floor.refused(SYSTEM, "contact_close", contact="c1", outcome="?")).words == "refusal.argument_wrong"
    assert (await floor.refused(SYSTEM, "contact_close", contact="x", outcome="failed")).words == "refusal.no_contact"
    async with floor.database.reading() as conn:
        (line,) = await cards.call_log(conn, "1001")
    assert (line.number, line.outcome, line.seconds, line.at) == ("+8613800138000", "answered", 60.0, NOW - 5)


async def test_a_late_look_up_fills_the_sheet_in(floor: Floor) -> None:
    made = await floor(LIN, "customer_create", name="陈志远", company="第二医院", number="+8613800138000")
    draft = await floor.draft("c1", LIN)
    await floor(SYSTEM, "contact_open", contact="c1", customer=made["customer"], confidence="exact")
    other = await floor(LIN, "customer_create", name="别人")
    await floor(SYSTEM, "contact_open", contact="c1", customer=other["customer"], confidence="exact")
    async with floor.database.reading() as conn:
        sheet = await cards.draft(conn, draft)
    assert sheet is not None
    assert (sheet.customer, sheet.fields["customer_name"].value) == (made["customer"], "陈志远")
    refusal = await floor.refused(SYSTEM, "contact_open", contact="c9", customer=999_999)
    assert refusal.words == "refusal.no_such_row"


async def test_dispositions_are_of_the_second_level_and_ones_own(floor: Floor) -> None:
    async with floor.database.transaction() as conn:
        await furnish(conn, NOW)
    await floor.draft("c1", LIN)
    done = await floor(
        LIN, "disposition_set", contact="c1", code="hardware.memory", note="转高建平", follow_ups=["survey"]
    )
    assert done["code"] == "hardware.memory"
    assert (await floor.refused(LIN, "disposition_set", contact="c1", code="hardware")).words == (
        "refusal.disposition_category"
    )
    assert (await floor.refused(LIN, "disposition_set", contact="c1", code="x")).words == "refusal.no_disposition"
    assert (await floor.refused(ZHOU, "disposition_set", contact="c1", code="hardware.memory")).words == (
        "refusal.not_your_contact"
    )
    await floor(BOSS, "disposition_set", contact="c1", code="other.internal")
    await floor(LIN, "wrap_up_note", contact="c1", note="已约 14:00")
    query = text("SELECT data->>'before' FROM tr.ticket_event WHERE kind = 'disposition_set' ORDER BY id")
    async with floor.database.reading() as conn:
        assert (await conn.execute(query)).scalars().all() == ["", "hardware.memory"]
        assert (await conn.execute(text("SELECT note FROM tr.contact"))).scalar_one() == "已约 14:00"


async def test_a_recording_is_one_row_of_one_contact(floor: Floor) -> None:
    one = await floor(SYSTEM, "recording_add", contact="c1", file="2026/c1.wav", agent="1001")
    two = await floor(SYSTEM, "recording_add", contact="c1", file="2026/c1.wav", agent="1001", seconds=12.5)
    assert one == two
    for contact, file in (("c2", "2026/c1.wav"), ("c1", "../c1.wav"), ("c1", "/etc/c1.wav"), ("c1", "")):
        refusal = await floor.refused(SYSTEM, "recording_add", contact=contact, file=file)
        assert refusal.words == "refusal.argument_wrong"


async def test_a_number_is_a_guess_until_he_confirms_it(floor: Floor) -> None:
    made = await floor(LIN, "customer_create", name="王丽华")
    await floor(LIN, "customer_phone_add", customer=made["customer"], number="+8613900002741")
    async with floor.database.reading() as conn:
        guess = await cards.find_by_phone(conn, "+8613900002741")
        assert (guess.customer, guess.confidence) == ("", Confidence.MAYBE)
        assert [each.customer for each in guess.candidates] == [made["customer"]]
        await floor(LIN, "customer_phone_confirm", customer=made["customer"], number="+8613900002741")
        sure = await cards.find_by_phone(conn, "+8613900002741")
    assert (sure.customer, sure.confidence) == (made["customer"], Confidence.EXACT)
    assert (await floor.refused(LIN, "customer_phone_confirm", customer=made["customer"], number="1")).words == (
        "refusal.no_number"
    )
    for wrong in ("", "12", "+86 138", "abc", "1" * 16):
        refusal = await floor.refused(LIN, "customer_phone_add", customer=made["customer"], number=wrong)
        assert refusal.words == "refusal.number_wrong"


async def test_a_customer_is_corrected_by_who_has_seen_him(floor: Floor) -> None:
    made = await floor(LIN, "customer_create", name="陈志元")
    args = {"customer": made["customer"], "base_version": 1}
    assert (await floor(LIN, "customer_change", **args, values={"name": "陈志远"}))["version"] == 2
    assert (await floor.refused(LIN, "customer_change", **args, values={"name": "陈"})).words == (
        "refusal.changed_meanwhile"
    )
    args["base_version"] = 2
    assert (await floor.refused(LIN, "customer_change", **args, values={"name": " "})).words == "refusal.name_needed"
    assert (await floor.refused(LIN, "customer_change", **args, values={"id": "9"})).words == "refusal.argument_wrong"
    assert (await floor.refused(LIN, "customer_change", **args, values={"level": "platinum"})).words == (
        "refusal.level_by_supervisor"
    )
    assert (await floor(BOSS, "customer_change", **args, values={"level": "platinum"}))["version"] == 3
    async with floor.database.reading() as conn:
        assert [each.name for each in await search.search_customers(conn, "czy")] == ["陈志远"]
    assert (await floor.refused(LIN, "customer_create", name=" ")).words == "refusal.name_needed"
    assert (await floor.refused(LIN, "customer_create", name="x", level="gold")).words == "refusal.level_by_supervisor"


async def test_the_policy_is_a_supervisors(floor: Floor) -> None:
    one = await floor(BOSS, "policy_save", mode="onsite", allowed=True, product_line="server", hours=4)
    two = await floor(BOSS, "policy_save", mode="onsite", allowed=True, product_line="server", hours=2)
    assert (one["policy"], two["version"]) == (two["policy"], 2)
    async with floor.database.reading() as conn:
        (row,) = await cards.policies(conn)
    assert (row.product_line, row.warranty, row.hours) == ("server", "*", 2)
    for wrong in ({"mode": "teleport"}, {"product_line": "toaster"}, {"price": 10**12}):
        args = {"mode": "onsite", "allowed": True, **wrong}
        assert (await floor.refused(BOSS, "policy_save", **args)).words == "refusal.argument_wrong"
    assert (await floor.refused(BOSS, "policy_save", mode="onsite", allowed=False)).words == "refusal.why_not_needed"
    assert (await floor(BOSS, "policy_remove", policy=one["policy"]))["removed"]
    assert not (await floor(BOSS, "policy_remove", policy=one["policy"]))["removed"]


@pytest.mark.parametrize("value", ["瀚川", 5, {"a": [1]}, None])
async def test_a_setting_is_any_value(floor: Floor, value: object) -> None:
    await floor(BOSS, "setting_save", name="company", value="before")
    assert (await floor(BOSS, "setting_save", name="company", value=value))["version"] == 2
    async with floor.database.reading() as conn:
        stored = (await conn.execute(text("SELECT value FROM tr.setting WHERE name = 'company'"))).scalar_one()
    assert stored == value


async def test_old_keys_are_forgotten_young_ones_never(floor: Floor) -> None:
    first = await floor(LIN, "customer_create", key="old", name="甲")
    later = NOW + 40 * 86_400
    await floor(LIN, "customer_create", key="young", name="乙", now=later)
    assert (await floor(SYSTEM, "keys_forget", keep_s=0.0, now=later + 60))["forgotten"] == 1
    again = await floor(LIN, "customer_create", key="young", name="乙", now=later + 120)
    assert again["customer"] != first["customer"]
    async with floor.database.reading() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM tr.customer"))).scalar_one() == 2
