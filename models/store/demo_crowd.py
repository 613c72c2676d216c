# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo's crowd: any number of believable customers with telephones, devices, tickets and earlier contacts.

The same seed makes the same crowd. Numbers are of a valid form and clearly made up (…000xxxxx, …555xxxx). Written by
COPY as text, a million in one go; the caller holds the transaction, so a cancelled fill leaves nothing.
"""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from models.rules.clocks import HOUSE_ZONE, sheet_day, sheet_number
from models.store.demo_house import words
from models.store.search import customer_vector

BATCH = 5_000
HISTORY = 30_000  # tickets and contacts are made for so many customers at most: enough for every screen
DAY_S = 86_400.0
FIRST_OF_DAY = 1_000  # counts below are left to sheets that people write

_MOBILE = ("130", "131", "132", "133", "135", "136", "137", "138", "139", "150", "151", "152", "153", "155", "156",
           "157", "158", "159", "176", "177", "178", "180", "181", "182", "183", "185", "186", "187", "188", "189",
           "191", "198", "199")  # fmt: skip
_LEVELS = (("normal", 70), ("silver", 18), ("gold", 9), ("platinum", 3))
_KINDS = (("end_customer", 88), ("dealer", 5), ("repair_shop", 3), ("branch", 2), ("repair_staff", 2))
_LINES = (("laptop", 34), ("desktop", 26), ("printer", 20), ("server", 14), ("storage", 6))
_LETTER = {"server": "8X", "storage": "4S", "laptop": "6B", "printer": "3P", "desktop": "2T"}
_PLACES = ("机房", "2 号机柜", "3 号机柜", "办公区", "前台", "会议室", "")
_STAGES = (("handed_on", "guide.stage_dispatched"), ("handed_on", "guide.stage_awaiting_parts"),
           ("taken_in", "guide.stage_taken_in"))  # fmt: skip


@dataclass
class Batch:
    """Rows of one batch as COPY text, by table."""

    customer: list[str] = field(default_factory=list[str])
    phone: list[str] = field(default_factory=list[str])
    device: list[str] = field(default_factory=list[str])
    ticket: list[str] = field(default_factory=list[str])
    contact: list[str] = field(default_factory=list[str])


COLUMNS: dict[str, tuple[str, ...]] = {
    "customer": ("id", "kind", "level", "name", "title", "company", "department", "district", "address", "last_agent",
                 "search", "created", "changed"),
    "phone": ("customer", "e164", "confidence", "verified", "label", "created"),
    "device": ("id", "customer", "product_line", "model", "serial", "place", "covered_until", "contract", "created"),
    "ticket": ("number", "contact", "customer", "device", "title", "stage", "stage_words", "owner", "opened",
               "opened_by", "due", "closed"),
    "contact": ("id", "channel", "direction", "from_number", "to_number", "queue", "customer", "confidence", "agent",
                "device", "title", "disposition", "disposition_by", "outcome", "hang_up_by", "started", "connected",
                "ended"),
}  # fmt: skip


class Crowd:
    """Makes customers in order. `first_customer`, `first_device`: ids from which on nothing is taken."""

    def __init__(self, seed: int, customers: int, now: float, first_customer: int, first_device: int) -> None:
        self._dice = random.Random(seed)
        self._words = words("crowd")
        self._now = now
        self._left = customers
        self._id = first_customer
        self._device = first_device
        self._history = min(1.0, HISTORY / max(1, customers))
        self._people = 0
        self._taken = {line[0] for one in words("pictured")["customers"] for line in one["phones"]}
        self._serial = 0
        self._counts: dict[str, int] = {}
        self._company: tuple[str, str, str, str] | None = None  # name, city, address, switchboard
        self._colleagues = 0
        self._companies = 0
        self._agents = [line[0] for line in words("house")["staff"] if "agent" in line[2]]

    def batch(self) -> tuple[Batch, int]:
        """The next customers, and how many; none at the end."""
        made = Batch()
        count = min(BATCH, self._left)
        for _ in range(count):
            self._customer(made)
        self._left -= count
        return made, count

    def _customer(self, made: Batch) -> None:
        dice, say = self._dice, self._words
        number = self._id
        self._id += 1
        surname, male = dice.choice(say["surnames"]), dice.random() < 0.55
        given = say["given"]
        name = surname + dice.choice(given) + (dice.choice(given) if dice.random() < 0.8 else "")
        title = "先生" if male else "女士"
        created = self._now - dice.uniform(30, 1500) * DAY_S
        company, department, city, address, switchboard = self._home()
        level, kind = self._weighted(_LEVELS), "end_customer"
        if company:
            kind = self._weighted(_KINDS)
        mobile = self._mobile()
        serials = self._devices(made, number, bool(company), created)
        search = customer_vector(name, company, [serial for serial, *_ in serials])
        made.customer.append(
            _line(
                number,
                kind,
                level,
                name,
                title,
                company,
                department,
                city,
                address,
                dice.choice(self._agents),
                search,
                f"{created:.0f}",
                f"{created:.0f}",
            )
        )
        sure = dice.random()
        confidence = "exact" if sure < 0.9 else "maybe"
        verified = f"{created:.0f}" if confidence == "exact" else None
        made.phone.append(_line(number, mobile, confidence, verified, "手机", f"{created:.0f}"))
        if switchboard:
            made.phone.append(_line(number, switchboard, "household", None, "总机", f"{created:.0f}"))
        elif sure > 0.85:
            made.phone.append(_line(number, self._mobile(), "household", None, "家人", f"{created:.0f}"))
        if dice.random() < self._history:
            self._past(made, number, serials, mobile)

    def _home(self) -> tuple[str, str, str, str, str]:
        """Company, department, city, address and switchboard; the first two and the last are "" for a household."""
        dice, say = self._dice, self._words
        if self._company is not None and self._colleagues > 0:
            self._colleagues -= 1
            name, city, address, switchboard = self._company
            return name, dice.choice(say["departments"]), city, address, switchboard
        city, area = dice.choice(say["cities"])
        address = f"{city}{dice.choice(say['streets'])} {dice.randint(1, 399)} 号"
        if dice.random() < 0.55:
            return "", "", city, f"{address} {dice.randint(1, 30)} 栋 {dice.randint(101, 2804)} 室", ""
        if dice.random() < 0.3:
            name = city + dice.choice(say["public"])
        else:
            name = city.removesuffix("市") + dice.choice(say["stems"]) + dice.choice(say["trades"]) + "有限公司"
        self._companies += 1
        switchboard = f"+86{area}555{self._companies % 10_000:04d}"
        self._company = (name, city, address, switchboard)
        self._colleagues = dice.randint(0, 6)
        return name, dice.choice(say["departments"]), city, address, switchboard

    def _mobile(self) -> str:
        """+86 1xx 000 xxxxx: each number once."""
        while True:
            block, rest = divmod(self._people, 100_000)
            self._people += 1
            prefix = _MOBILE[block % len(_MOBILE)]
            number = f"+86{prefix}{block // len(_MOBILE):03d}{(rest * 7919) % 100_000:05d}"
            if number not in self._taken:
                return number

    def _devices(self, made: Batch, customer: int, at_work: bool, created: float) -> list[tuple[str, int, str]]:
        dice = self._dice
        found: list[tuple[str, int, str]] = []
        for _ in range(dice.choices((0, 1, 2, 3), (10, 60, 22, 8) if not at_work else (5, 45, 30, 20))[0]):
            line = self._weighted(_LINES) if at_work else dice.choice(("laptop", "desktop", "printer", "laptop"))
            bought = datetime.fromtimestamp(created, UTC)
            self._serial += 1
            serial = f"HC{_LETTER[line]}{bought:%y%m}{chr(65 + self._serial // 10_000 % 26)}{self._serial % 10_000:04d}"
            if self._serial >= 260_000:
                serial += f"{self._serial // 260_000}"
            until = (bought + timedelta(days=365 * dice.choice((1, 2, 3, 3, 5)))).date().isoformat()
            contract = "7×24" if line in ("server", "storage") and dice.random() < 0.4 else ""
            device = self._device
            self._device += 1
            model = dice.choice(self._words["models"][line])
            made.device.append(
                _line(
                    device,
                    customer,
                    line,
                    model,
                    serial,
                    dice.choice(_PLACES) if at_work else "",
                    until if dice.random() < 0.95 else None,
                    contract,
                    f"{created:.0f}",
                )
            )
            found.append((serial, device, line))
        return found

    def _past(self, made: Batch, customer: int, devices: list[tuple[str, int, str]], mobile: str) -> None:
        """Up to four earlier contacts; some of them became tickets, few of those are still open."""
        dice = self._dice
        for _ in range(dice.choices((0, 1, 2, 4), (35, 40, 18, 7))[0]):
            age = dice.uniform(1.5, 400.0)
            started = self._now - age * DAY_S
            device = dice.choice(devices) if devices else None
            title = dice.choice(self._words["faults"][device[2] if device else "laptop"])
            agent = dice.choice(self._agents)
            contact = f"past-{customer}-{len(made.contact)}-{started:.0f}"
            queue = "server" if device and device[2] in ("server", "storage") else "client"
            made.contact.append(
                _line(
                    contact,
                    "phone",
                    "in",
                    mobile,
                    "400",
                    queue,
                    customer,
                    "exact",
                    agent,
                    device[1] if device else None,
                    title,
                    "hardware.unclear",
                    agent,
                    "answered",
                    "customer",
                    f"{started:.0f}",
                    f"{started + dice.uniform(4, 14):.1f}",
                    f"{started + dice.uniform(90, 900):.1f}",
                )
            )
            if dice.random() < 0.5:
                continue
            still_open = age < 4 and dice.random() < 0.6
            stage, where = dice.choice(_STAGES) if still_open else ("closed", "guide.stage_closed")
            due = self._now + dice.uniform(0.1, 3.0) * DAY_S if still_open else None
            made.ticket.append(
                _line(
                    self._number(started),
                    contact,
                    customer,
                    device[1] if device else None,
                    title,
                    stage,
                    where,
                    agent,
                    f"{started:.0f}",
                    agent,
                    None if due is None else f"{due:.0f}",
                    None if still_open else f"{started + 2 * DAY_S:.0f}",
                )
            )

    def _number(self, at: float) -> str:
        day = sheet_day(at)
        self._counts[day] = count = self._counts.get(day, FIRST_OF_DAY) + 1
        return sheet_number(day, count)

    def _weighted(self, choices: tuple[tuple[str, int], ...]) -> str:
        return self._dice.choices([each for each, _ in choices], [weight for _, weight in choices])[0]


async def pour(
    raw: Any, crowd: Crowd, customers: int, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
) -> int:
    """COPY the crowd through the driver's own connection, which is in a transaction. How many customers it wrote.

    Raises InterruptedError when `cancelled` says so between two batches.
    """
    done = 0
    while True:
        if cancelled():
            raise InterruptedError
        batch, count = crowd.batch()
        if not count:
            return done
        for table, columns in COLUMNS.items():
            lines: list[str] = getattr(batch, table)
            if lines:
                await raw.copy_to_table(table, schema_name="tr", columns=columns, source=_bytes(lines), format="text")
        done += count
        progress(done, customers)


async def _bytes(lines: list[str]) -> AsyncIterator[bytes]:
    yield "".join(lines).encode()


def _line(*values: object) -> str:
    """One row of COPY text. The demo's own words hold no tab, line break or backslash, so nothing is escaped."""
    return "\t".join(["\\N" if value is None else str(value) for value in values]) + "\n"


def house_day(now: float) -> datetime:
    """The house's wall clock."""
    return datetime.fromtimestamp(now, UTC).astimezone(HOUSE_ZONE)
