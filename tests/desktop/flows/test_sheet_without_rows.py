# SPDX-License-Identifier: GPL-3.0-or-later
"""A sheet whose row cannot be read: it begins at the desk, goes to the others over the link and meets its row later."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import pytest

from desktop.flows import ticket
from desktop.flows.desk import Desk
from desktop.flows.ticket import SheetFlow
from models.cards import Draft, DraftField
from models.store import sheets
from models.store.errors import DatabaseAway
from telephony import messages as link

OFFER = link.Offer("c1", "offer", "", "", "hotline", 1.0, 0.0, 3, 5.0, "", "withheld", "c1")
CALL = link.CallIs("c1", "talking", "agent", True, "", "", "hotline", "c1", 2.0)


@dataclass
class DeskWithoutDatabase:
    """As much of a desk as a sheet asks for. `row` is what the database holds, None while it is away."""

    row: Draft | None = None
    waiting: dict[str, str] = field(default_factory=dict)
    posted: list[tuple[str, dict[str, Any], str]] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    works: list[asyncio.Task[Any]] = field(default_factory=list)
    me: Any = None
    link_up: bool = True
    unsent: int = 0
    calls: Any = field(default_factory=lambda: SimpleNamespace(call=CALL, dispositions=()))

    @property
    def database_up(self) -> bool:
        return self.row is not None

    def now(self) -> float:
        return 100.0

    async def read(self, what: Any, *_: Any) -> Any:
        if self.row is None or what is not sheets.draft:
            raise DatabaseAway("store.away", "", "")
        return self.row

    def post(self, verb: str, args: dict[str, Any], stream: str = "") -> None:
        self.posted.append((verb, args, stream))
        self.waiting[stream] = args["value"]

    def pending(self, stream: str) -> str | None:
        return self.waiting.get(stream)

    def send(self, message: Any) -> None:
        self.sent.append(message)

    def start(self, work: Any) -> None:
        self.works.append(asyncio.get_running_loop().create_task(work))

    async def quiet(self) -> None:
        await asyncio.gather(*self.works)


@pytest.fixture
def desk() -> DeskWithoutDatabase:
    return DeskWithoutDatabase()


@pytest.fixture
def sheet(desk: DeskWithoutDatabase) -> SheetFlow:
    return SheetFlow(cast(Desk, desk))


async def test_typing_goes_to_the_outbox_and_meets_the_row_later(desk: DeskWithoutDatabase, sheet: SheetFlow) -> None:
    sheet.offered(OFFER)
    await desk.quiet()
    assert sheet.draft == Draft("c1", "", "c1", "")
    sheet.write("symptom", "蓝屏")
    arguments = {"draft": "c1", "field": "symptom", "value": "蓝屏", "base_version": 0}
    assert desk.posted == [("draft_save", arguments, "c1/symptom")]
    filled_in = DraftField("callback_number", "+8613800138000", "system", "", 1.0, 1)
    desk.row = Draft("c1", "FW26032000001", "c1", "", {"callback_number": filled_in})
    sheet.database_back()
    await desk.quiet()
    assert sheet.draft is not None and sheet.draft.number == "FW26032000001"
    assert sheet.values == {"callback_number": "+8613800138000", "symptom": "蓝屏"}
    desk.waiting.clear()
    sheet.stored("c1/symptom", "central", {"version": 1})
    assert (field := sheet.author("symptom")) is not None and field.version == 1


async def test_the_others_of_the_call_see_what_no_database_takes(
    desk: DeskWithoutDatabase, sheet: SheetFlow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ticket, "UNSTORED_EVERY_S", 0.0)
    sheet.offered(OFFER)
    await desk.quiet()
    for value in ("蓝", "蓝屏"):
        sheet.write("symptom", value)
        sheet.stored("c1/symptom", "local", None)
    await asyncio.sleep(0.01)
    assert desk.sent == [link.SheetNow("c1", {"symptom": "蓝屏"}, {"symptom": 0})]


async def test_a_text_that_only_anothers_desk_has_is_shown_until_it_is_stored(
    desk: DeskWithoutDatabase, sheet: SheetFlow
) -> None:
    sheet.offered(OFFER)
    sheet.heard(link.DraftChanged("c1", "symptom", "蓝屏", "1001", "林晓雯", 50.0, 0, stored=False))
    await desk.quiet()
    assert sheet.value("symptom") == "蓝屏" and sheet.unstored("symptom")
    desk.row = Draft("c1", "FW26032000001", "c1", "")
    sheet.database_back()
    await desk.quiet()
    assert sheet.value("symptom") == "蓝屏" and sheet.unstored("symptom")
    desk.row = Draft("c1", "FW26032000001", "c1", "", {"symptom": DraftField("symptom", "蓝", "1001", "", 60.0, 1)})
    sheet.database_back()
    await desk.quiet()
    assert sheet.value("symptom") == "蓝" and not sheet.unstored("symptom")
    sheet.heard(link.DraftChanged("c1", "symptom", "旧", "1001", "林晓雯", 70.0, 0, stored=False))
    assert sheet.value("symptom") == "蓝"
