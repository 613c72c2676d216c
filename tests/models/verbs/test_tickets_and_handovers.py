# SPDX-License-Identifier: GPL-3.0-or-later
"""A complete sheet becomes one ticket; a live hand-over in four steps leaves consistent rows wherever it is killed."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from models.kinds import TicketStage
from models.rules import guide
from models.store import cards
from models.store.demo_house import furnish
from models.verbs import runner
from models.verbs.registry import SYSTEM
from tests.models.verbs.floor import COMPLETE, GAO, LIN, NOW, SU, ZHOU, Floor


@pytest.fixture
async def house(floor: Floor) -> Floor:
    """A floor with a service policy."""
    async with floor.database.transaction() as conn:
        await furnish(conn, NOW)
    return floor


async def _complete(floor: Floor, contact: str = "c1", **more: str) -> str:
    draft = await floor.draft(contact, LIN)
    for name, value in {**COMPLETE, **more}.items():
        version = 1 if name == "callback_number" else 0
        await floor(LIN, "draft_save", draft=draft, field=name, value=value, base_version=version)
    return draft


async def test_a_ticket_is_opened_once_with_the_sheets_number(house: Floor) -> None:
    draft = await _complete(house)
    made = await house(LIN, "open_ticket", draft=draft)
    assert (await house(LIN, "open_ticket", draft=draft)) == made
    assert made["number"] == "FW26032000001"
    async with house.database.reading() as conn:
        (line,) = await cards.tickets(conn)
        told = await conn.execute(text("SELECT data->>'hash' FROM tr.ticket_event WHERE kind = 'ticket_opened'"))
        assert told.scalars().all() == [guide.sheet_hash(COMPLETE)]
    assert (line.title, line.stage, line.stage_words) == ("反复重启", TicketStage.TAKEN_IN, "已受理")


async def test_a_late_text_reaches_the_ticket(house: Floor) -> None:
    draft = await _complete(house)
    made = await house(LIN, "open_ticket", draft=draft)
    await house(LIN, "draft_save", draft=draft, field="tried", value="断网时写的", base_version=0)
    async with house.database.reading() as conn:
        query = text("SELECT fields->>'tried', version FROM tr.ticket WHERE id = :id")
        assert (await conn.execute(query, {"id": int(made["ticket"])})).one() == ("断网时写的", 2)


async def test_the_policy_is_asked(house: Floor) -> None:
    draft = await _complete(house, service_mode="paid", serial="HC", remote_attempt="made", paid_consent="yes")
    refusal = await house.refused(LIN, "open_ticket", draft=draft)
    assert (refusal.words, refusal.args_) == (
        "refusal.mode_barred",
        ("guide.service_mode_paid", "policy.why_covered"),
    )
    await house(LIN, "draft_save", draft=draft, field="warranty", value="man_made", base_version=1)
    assert (await house(LIN, "open_ticket", draft=draft))["ticket"]


async def test_a_charge_in_any_mode_needs_consent(house: Floor) -> None:
    draft = await _complete(
        house, service_mode="mail_in", serial="HC", remote_attempt="made", address="x", warranty="expired"
    )
    assert (await house.refused(LIN, "open_ticket", draft=draft)).words == "refusal.consent_needed"
    await house(LIN, "draft_save", draft=draft, field="paid_consent", value="yes", base_version=0)
    made = await house(LIN, "open_ticket", draft=draft)
    moved = await house(LIN, "ticket_move", ticket=made["ticket"], move="close")
    assert moved["stage"] == "closed"
    refusal = await house.refused(LIN, "ticket_move", ticket=made["ticket"], move="close")
    assert refusal.words == "refusal.illegal_move"
    assert (
        await house.refused(LIN, "ticket_move", ticket=made["ticket"], move="eat")
    ).words == "refusal.argument_wrong"


async def test_others_may_not_open_it(house: Floor) -> None:
    draft = await _complete(house)
    assert (await house.refused(ZHOU, "open_ticket", draft=draft)).words == "refusal.not_party"


# ---- hand-over ------------------------------------------------------------------------------------------------

BEGIN = {"id": "h1", "contact": "c1", "from_agent": "1001", "to_agent": "2031", "epoch": 4}


async def _responsible(floor: Floor) -> tuple[str, str]:
    query = text("SELECT d.responsible, c.agent FROM tr.draft d JOIN tr.contact c ON c.id = d.contact")
    async with floor.database.reading() as conn:
        row = (await conn.execute(query)).one()
    return row[0], row[1]


async def _live(floor: Floor) -> str:
    draft = await floor.draft("c1", LIN)
    await floor(SYSTEM, "contact_connected", contact="c1", agent="1001")
    return draft


async def test_begin_gives_access_commit_gives_responsibility(floor: Floor) -> None:
    draft = await _live(floor)
    save: dict[str, Any] = {"draft": draft, "field": "diagnosis", "value": "内存", "base_version": 0}
    assert (await floor.refused(GAO, "draft_save", **save)).words == "refusal.not_party"
    begun = await floor(SYSTEM, "handover_begin", **BEGIN)
    assert (begun["state"], begun["responsible"], begun["draft"]) == ("begun", "1001", draft)
    assert await floor(SYSTEM, "handover_begin", **BEGIN) == begun
    assert (await floor(GAO, "draft_save", **save))["version"] == 1
    assert await _responsible(floor) == ("1001", "1001")
    done = await floor(SYSTEM, "handover_commit", id="h1")
    assert (done["state"], done["responsible"]) == ("committed", "2031")
    assert await floor(SYSTEM, "handover_commit", id="h1") == done
    assert await _responsible(floor) == ("2031", "2031")
    assert (await floor.refused(SYSTEM, "handover_abort", id="h1")).words == "refusal.handover_ended"
    assert (await floor(LIN, "draft_save", draft=draft, field="tried", value="断电", base_version=0))["version"] == 1


async def test_abort_leaves_responsibility_where_it_was(floor: Floor) -> None:
    await _live(floor)
    await floor(SYSTEM, "handover_begin", **BEGIN)
    assert (await floor(SYSTEM, "handover_abort", id="h1", why="no_answer"))["state"] == "aborted"
    assert (await floor(SYSTEM, "handover_abort", id="h1"))["state"] == "aborted"
    assert (await floor.refused(SYSTEM, "handover_commit", id="h1")).words == "refusal.handover_ended"
    assert await _responsible(floor) == ("1001", "1001")


async def test_an_older_switchboard_cannot_begin(floor: Floor) -> None:
    await _live(floor)
    await floor(SYSTEM, "handover_begin", **BEGIN)
    refusal = await floor.refused(SYSTEM, "handover_begin", **{**BEGIN, "id": "h2", "epoch": 3})
    assert refusal.words == "refusal.old_epoch"
    refusal = await floor.refused(SYSTEM, "handover_begin", **{**BEGIN, "to_agent": "2044"})
    assert refusal.words == "refusal.key_reused"
    assert (await floor.refused(SYSTEM, "handover_commit", id="nothing")).words == "refusal.no_handover"


@pytest.mark.parametrize("in_bridge", ["2031", "1001", ""])
async def test_after_a_crash_pending_rows_follow_the_bridge(floor: Floor, in_bridge: str) -> None:
    await _live(floor)
    await floor(SYSTEM, "handover_begin", **BEGIN)
    ended = await floor(SYSTEM, "handover_follow", contact="c1", in_bridge=in_bridge)
    assert ended["ended"] == {"h1": "committed" if in_bridge == "2031" else "aborted"}
    assert (await _responsible(floor))[0] == ("2031" if in_bridge == "2031" else "1001")
    assert await floor(SYSTEM, "handover_follow", contact="c1", in_bridge="2044") == {"ended": {}}


STEPS = (
    ("handover_begin", BEGIN),
    ("handover_commit", {"id": "h1"}),
    ("handover_abort", {"id": "h1"}),
    ("handover_follow", {"contact": "c1", "in_bridge": "2031"}),
)


@pytest.mark.parametrize("step", range(4))
async def test_killed_inside_a_step_nothing_of_it_stands(
    floor: Floor, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The transaction dies after the step's own writes, before its end; repeating the step then does it once."""
    await _live(floor)
    if step:
        await floor(SYSTEM, "handover_begin", **BEGIN)
    name, arguments = STEPS[step]
    rows = text(
        "SELECT coalesce(string_agg(id || state, ','), ''), (SELECT count(*) FROM tr.ticket_event) FROM tr.handover"
    )
    async with floor.database.reading() as conn:
        before = (await conn.execute(rows)).one()

        class Killed(Exception):
            pass

        def die(*_: object) -> None:
            raise Killed

        with monkeypatch.context() as dying:
            dying.setattr(runner, "_latest", die)
            with pytest.raises(Killed):
                await floor(SYSTEM, name, key="step", **arguments)
        assert (await conn.execute(rows)).one() == before
        assert await _responsible(floor) == ("1001", "1001")
        await floor(SYSTEM, name, key="step", **arguments)
        after = (await conn.execute(rows)).one()
        await floor(SYSTEM, name, key="step", **arguments)
        assert (await conn.execute(rows)).one() == after != before


async def test_the_second_engineer_may_read_his_colleagues_words(floor: Floor) -> None:
    draft = await _live(floor)
    await floor(SYSTEM, "handover_begin", **BEGIN)
    await floor(SYSTEM, "handover_commit", id="h1")
    await floor(SYSTEM, "handover_begin", **{**BEGIN, "id": "h2", "from_agent": "2031", "to_agent": "2044"})
    await floor(SYSTEM, "handover_commit", id="h2")
    assert (await floor(SU, "draft_save", draft=draft, field="parts", value="C2", base_version=0))["version"] == 1
    assert await _responsible(floor) == ("2044", "2044")
