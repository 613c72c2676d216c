# SPDX-License-Identifier: GPL-3.0-or-later
"""A desk of plain data with a real HouseFlow and RecallFlow over a house in memory: verbs change it like the server.

`stored` is what stands there; `refuse` the words that the next verb is refused with; `somebody_saves` is another desk.
Every `post` and `read` answers within `start`, so nothing waits.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from desktop.flows.house import HouseFlow
from desktop.flows.house_picture import Mark, Picture
from desktop.flows.house_reading import read_picture
from desktop.flows.house_recall import RecallFlow
from desktop.flows.outbox import Refused
from models.cards import TaskLine
from models.kinds import AgentState, TaskKind, TaskState
from models.rules.lines import DeskPhone, TrunkLine
from models.rules.plan import (
    Blocked,
    Calendar,
    Callback,
    Destination,
    DestinationKind,
    DialledNumber,
    Menu,
    OutboundRule,
    Plan,
    QueuePlan,
    Relaxation,
    Strategy,
)
from models.rules.plan_json import load
from models.rules.plan_lines import EventLine, PersonSkills, RecallLine, VoicemailLine
from models.store import plan_rows
from models.store.errors import DatabaseAway
from telephony import messages as link
from tests.desktop.fake_desk import NOW, PEOPLE
from tests.desktop.guided_desk import GuidedDesk

QUEUE = DestinationKind.QUEUE
OFFICE = tuple(span for day in range(5) for span in ((day, 510, 720), (day, 810, 1050)))
QUEUES = (
    QueuePlan(
        "servers",
        "服务器专线",
        "Server line",
        {"server": 3},
        Strategy.SKILLS,
        (Relaxation(30.0), Relaxation(90.0)),
        priority=120,
        max_wait_s=300.0,
        overflow=Destination(DestinationKind.VOICEMAIL, "servers", "nobody"),
        unserved=Destination(DestinationKind.CALLBACK, "servers"),
        calendar="always",
        position_every_s=60.0,
        recording_notice=True,
        welcome="waiting",
    ),
    QueuePlan(
        "storage",
        "存储专线",
        "Storage line",
        {"storage": 3},
        calendar="office",
        priority=60,
        closed=Destination(DestinationKind.NUMBER, "+864001234567"),
    ),
    QueuePlan(
        "laptops",
        "笔记本专线",
        "Laptop line",
        {"laptop": 1},
        Strategy.ROUND_ROBIN,
        calendar="office",
        callback=Callback.CUSTOMER_FIRST,
    ),
    QueuePlan("complaints", "投诉", "Complaints", strategy=Strategy.LINEAR, members=("1007", "1001"), emergency=True),
)
MENUS = (
    Menu(
        "main",
        "waiting",
        {
            "1": Destination(QUEUE, "servers"),
            "2": Destination(DestinationKind.MENU, "personal"),
            "9": Destination(QUEUE, "complaints", "recording_notice"),
            "0": Destination(DestinationKind.PERSON, "1001"),
        },
        Destination(QUEUE, "servers"),
        {"8": "en"},
    ),
    Menu(
        "personal",
        "waiting",
        {
            "1": Destination(QUEUE, "laptops"),
            "2": Destination(DestinationKind.VOICEMAIL, "laptops"),
            "*": Destination(DestinationKind.MENU, "main"),
        },
        Destination(QUEUE, "laptops"),
    ),
)
CALENDARS = (
    Calendar(
        "office",
        OFFICE,
        {"2026-10-01": (), "2026-10-10": ((540, 1020),)},
        {"2026-10-01": "国庆节", "2026-10-10": "调休上班"},
    ),
    Calendar("always", tuple((day, 0, 1440) for day in range(7))),
)
NUMBERS = (
    DialledNumber("+864008123456", Destination(DestinationKind.MENU, "main"), note="全国热线"),
    DialledNumber("+861062345678", Destination(QUEUE, "storage"), note="大客户专号"),
    DialledNumber("+862187654321", Destination(QUEUE, "laptops"), "en"),
)
RULES = (
    OutboundRule("+861", True, trunk="unicom", per_day=120),
    OutboundRule("+1", False, "公司不拨北美号码", frozenset({"agent"})),
    OutboundRule("", True, calendar="office", groups=frozenset({"supervisor", "engineer"})),
)
BLOCKED = (
    Blocked("+8617012340000", why="骚扰来电，03-12 起"),
    Blocked("+86170", "nobody", NOW + 86_400 * 20, "虚拟号段试停"),
    Blocked("withheld", "recording_notice", 0.0, "不接无号码来电"),
)
TRUNKS = (
    TrunkLine(
        "unicom",
        "sip.example.net",
        5060,
        "udp",
        True,
        "864008123456",
        caller_id="+864008123456",
        numbers=("+864008123456", "+861062345678"),
        codecs=("PCMA", "PCMU"),
        max_calls=30,
    ),
    TrunkLine("backup", "203.0.113.20", 5061, "tls", True, "hanchuan", sources=("203.0.113.0/24",)),
    TrunkLine("branch", "10.20.0.5", trusted=True, codecs=("G722", "PCMA")),
)
SKILLED = (
    ("1001", "林晓雯", "热线一班", ("agent",), {"server": 4, "storage": 2}),
    ("1007", "周敏", "热线一班", ("agent",), {"server": 5, "laptop": 3}),
    ("1012", "郭晨", "热线二班", ("agent",), {"laptop": 4, "desktop": 4, "printer": 2}),
    ("1014", "方圆", "热线二班", ("agent",), {"laptop": 2, "storage": 5}),
    ("1020", "叶琳", "热线二班", ("agent",), {"server": 3, "desktop": 1}),
    ("2031", "高建平", "技术组", ("engineer",), {"server": 5, "storage": 5}),
    ("2044", "苏婉清", "技术组", ("engineer",), {"server": 4}),
    ("2017", "马成林", "技术组", ("engineer",), {"server": 3, "storage": 4, "printer": 3}),
    ("3001", "周立群", "班长席", ("supervisor",), {}),
)
PHONES = (DeskPhone("8101", "前台 3 号位"), DeskPhone("8107", "周敏的话机", "1007"))
LIVE = link.Trunks(
    (
        link.TrunkIs("unicom", "registered", 200, "", NOW - 7200, 3),
        link.TrunkIs("backup", "refused", 403, "Forbidden", NOW - 600),
        link.TrunkIs("branch", "open", 0, "", NOW - 90_000),
    ),
    "asterisk",
    1,
)


def house() -> Picture:
    """A house in full order."""
    plan = Plan(
        {one.queue: one for one in QUEUES},
        {one.number: one for one in NUMBERS},
        {one.menu: one for one in MENUS},
        {one.calendar: one for one in CALENDARS},
        BLOCKED,
        RULES,
        first="servers",
        version=12,
    )
    people = tuple(PersonSkills(*one, 1) for one in SKILLED)
    picture = Picture(
        plan,
        MappingProxyType({}),
        ("1", "2", "3"),
        TRUNKS,
        frozenset({"unicom", "backup"}),
        people,
        ("callback_noted", "music", "nobody", "recording_notice", "waiting"),
        PHONES,
        MappingProxyType({"company": "瀚川科技", "hotline": "4008123456", "supervision_shown": True}),
    )
    marks = {
        (kind, id_): Mark(3, "周敏", NOW - 86_400)
        for kind in ("queue", "calendar", "menu", "number", "trunk", "outbound", "blocked", "device")
        for id_, _part in picture.parts(kind)
    }
    marks |= {("preset", name): Mark(2, "周敏", NOW - 86_400) for name in picture.presets}
    return replace(picture, marks=MappingProxyType(marks))


def _task(n: str, kind: TaskKind, number: str, name: str, note: str, ago: float, claimed: str = "") -> TaskLine:
    state = TaskState.CLAIMED if claimed else TaskState.OPEN
    return TaskLine(
        n,
        kind,
        state,
        "",
        number,
        "c1" if name else "",
        name,
        "",
        note,
        NOW - ago,
        "系统",
        NOW - ago + 900,
        claimed,
        "林晓雯" if claimed else "",
        NOW - 60 if claimed else None,
        NOW + 600 if claimed else None,
        1 if claimed else 0,
        None,
        "busy" if claimed else "",
        1,
    )


RECALLS = (
    RecallLine(
        _task("31", TaskKind.RECALL, "+8613800138000", "陈志远", "等候中挂断", 1120),
        "servers",
        "zh_CN",
        NOW - 1120,
        94.0,
    ),
    RecallLine(
        _task("32", TaskKind.VOICEMAIL, "+8613700009036", "孙强", "", 640),
        "laptops",
        "zh_CN",
        NOW - 640,
        41.0,
        VoicemailLine("7", "call-9", "32", "laptops", "+8613700009036", "c2", "孙强", NOW - 600, 27.0, "", "", None),
    ),
    RecallLine(
        _task("33", TaskKind.WEB_CALLBACK, "+12025550143", "", "HS5280 disks, please call before 5 pm", 300),
        "storage",
        "en",
        None,
        0.0,
    ),
    RecallLine(
        _task("34", TaskKind.VOICEMAIL, "+865395550126", "", "", 2000, "1001"),
        "servers",
        "zh_CN",
        NOW - 2000,
        12.0,
        VoicemailLine(
            "6", "call-8", "34", "servers", "+865395550126", "", "", NOW - 1990, 14.0, "1001", "林晓雯", NOW - 900
        ),
    ),
)
EVENTS = (
    EventLine(NOW - 1120, "arrived", "", "", {"from": "+8613800138000", "to": "+864008123456"}),
    EventLine(NOW - 1119, "menu", "", "", {"menu": "main", "digit": "1"}),
    EventLine(NOW - 1118, "queued", "", "", {"queue": "servers"}),
    EventLine(
        NOW - 1118,
        "chosen",
        "1007",
        "周敏",
        {
            "strategy": "skills",
            "eligible": {"count": 2, "best": [["1007", 5.0], ["1001", 4.0]]},
            "chosen": ["1007"],
            "level": 1,
            "out": {"on_call": 2, "skills": 1, "last_agent": ["1012", "not_ready"]},
        },
    ),
    EventLine(NOW - 1117, "offered", "1007", "周敏", {"n": 1}),
    EventLine(NOW - 1101, "missed", "1007", "周敏", {}),
    EventLine(NOW - 1100, "offered", "1001", "林晓雯", {"n": 2}),
    EventLine(NOW - 1085, "declined", "1001", "林晓雯", {"why": "rejected"}),
    EventLine(NOW - 820, "overflowed", "", "", {"queue": "servers", "why": "max_wait", "to": "voicemail:servers"}),
    EventLine(NOW - 819, "voicemail", "", "", {"queue": "servers"}),
    EventLine(NOW - 790, "ended", "", "", {"outcome": "voicemail", "by": "customer"}),
)


RECALLS = tuple(replace(line, contact="" if line.arrived is None else f"call-{line.task.task}") for line in RECALLS)


class HouseDesk(GuidedDesk):
    """`sent` are the messages of the link in order, `posted` the verbs with their arguments."""

    def __init__(self) -> None:
        super().__init__()
        self.stored = house()
        self.recalls: tuple[RecallLine, ...] = RECALLS
        self.sent: list[Any] = []
        self.kept_nothing: list[str] = []  # verbs that held a secret
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.refuse: tuple[str, tuple[str, ...]] | None = None
        self.reading = True
        self.house = HouseFlow(self)  # type: ignore[arg-type]
        self.recall = RecallFlow(self)  # type: ignore[arg-type]

    def send(self, message: Any) -> None:
        self.sent.append(message)

    def recording_address(self, what: str) -> tuple[str, str]:
        return f"http://127.0.0.1:9/sound/{what}", "token"

    def start(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run it to its end: nothing here waits."""
        try:
            work.send(None)
        except (StopIteration, Refused):
            return
        raise AssertionError("something waited for what never comes")

    async def read(self, what: Callable[..., Awaitable[Any]], *args: Any) -> Any:
        if not self.reading:
            raise DatabaseAway("store.away", "", "")
        if what is read_picture:
            return self.stored
        if what is plan_rows.recalls:
            return self.recalls
        assert what is plan_rows.events_of, what
        return EVENTS if args[0] else ()

    async def ask_now(self, verb: str, args: dict[str, Any]) -> dict[str, Any]:
        self.kept_nothing.append(verb)
        return await self.post(verb, args)

    async def post(self, verb: str, args: dict[str, Any], stream: str = "") -> dict[str, Any]:
        self.posted.append((verb, args))
        if self.refuse is not None:
            (words, said), self.refuse = self.refuse, None
            self.refused.tell(words, said)
            raise Refused(words, said)
        return self._carry_out(verb, args)

    def _carry_out(self, verb: str, args: Mapping[str, Any]) -> dict[str, Any]:
        kinds = {"queue_save": QueuePlan, "calendar_save": Calendar, "menu_save": Menu, "number_save": DialledNumber}
        if verb in kinds:
            part = load(kinds[verb], args["plan"])
            return self._store(verb.removesuffix("_save"), part)
        if verb == "first_queue_save":
            self.stored = replace(self.stored, plan=replace(self.stored.plan, first=args["queue"]))
        if verb in ("emergency_close", "emergency_open"):
            self._emergency(args["queue"], args.get("prompt", ""), verb == "emergency_close")
        if verb == "setting_save":
            self.set_preset(args["name"], args["value"])
        return {}

    def set_preset(self, name: str, value: Any, by: str = "周立群") -> None:
        """A preset of the house is stored."""
        version = self.stored.version("preset", name) + 1
        marks = {**self.stored.marks, ("preset", name): Mark(version, by, self.at)}
        presets = MappingProxyType({**self.stored.presets, name: value})
        self.stored = replace(self.stored, presets=presets, marks=MappingProxyType(marks))

    def _emergency(self, queue: str, prompt: str, on: bool) -> None:
        plan = self.stored.plan
        if queue:
            self._store("queue", replace(plan.queues[queue], emergency=on))
        else:
            self.stored = replace(self.stored, plan=replace(plan, emergency=prompt if on else ""))

    def _store(self, kind: str, part: Any, by: str = "周立群") -> dict[str, Any]:
        id_ = str(getattr(part, kind))
        version = self.stored.version(kind, id_) + 1
        marks = {**self.stored.marks, (kind, id_): Mark(version, by, self.at)}
        parts = self.stored.with_part(kind, id_, part)
        self.stored = replace(self.stored, plan=parts, marks=MappingProxyType(marks))
        return {"id": id_, "version": version}

    def somebody_saves(self, kind: str, part: Any, by: str = "周敏") -> None:
        """Another desk's verb: stored, and told by the link."""
        answer = self._store(kind, part, by)
        self.house.heard(link.Changed(kind, answer["id"], answer["version"]))

    def live(self) -> None:
        """Two wait for servers, trunks report."""
        waiting = tuple(
            link.Waiting(f"w{n}", "+8613800138000", "", queue, self.at - 20.0 * n)
            for n, queue in enumerate(("servers", "servers", "laptops"), 1)
        )
        people = tuple(
            link.Colleague(person, name, groups, tuple(skills), AgentState.READY, None, self.at - 60)
            for person, name, _team, groups, skills in SKILLED
            if "agent" in groups
        )
        today = link.Interval(self.at, 40, 36, 2, 1, 30, 33, 400.0)
        self.board.board = link.Board(self.at, waiting, (*people, *PEOPLE), today, (), ())
        self.board.changed.tell()
        self.house.heard(LIVE)

    def dry(self) -> None:
        """The answer to a dry run."""
        result = link.DryRunResult(
            "+8613800138000",
            "+864008123456",
            (
                link.DryStep("number", "dry_run.number_menu", ("+864008123456", "main")),
                link.DryStep("menu", "dry_run.menu_key", ("main", "1")),
                link.DryStep("queue", "dry_run.queue", ("servers",)),
                link.DryStep("rings", "dry_run.rings", ("1007",)),
                link.DryStep("overflow", "dry_run.after_voicemail", ("300", "servers")),
            ),
            (
                ("1007", "周敏", "dry_run.score_skills", 5.0),
                ("1001", "林晓雯", "dry_run.score_skills", 4.0),
                ("2031", "高建平", "dry_run.score_skills", 3.0),
            ),
        )
        self.house.heard(result)
