# SPDX-License-Identifier: GPL-3.0-or-later
"""A desk made of plain data for tests and pictures of panes: it answers like the flows and writes down what was asked.

Time stands still at `at` (site time) until a test moves it. `asked` lists every call as ("calls.accept", args).
Situations: `ring`, `answer`, `hold_on`, `consult`, `customer_leaves`, `wrap_up`, `sign_in_as`.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import Any

from desktop.flows.call import CallLogLine
from desktop.flows.facts import Topic
from desktop.flows.guided import ModeOption, StepNow
from desktop.flows.handover import TransferFlow
from desktop.flows.hang_up import HangUpGuard, Press
from desktop.flows.ticket import Saved
from models.cards import (
    Article,
    Candidate,
    ContactLine,
    CustomerCard,
    DeviceLine,
    Disposition,
    Draft,
    DraftField,
    PhoneLine,
    TaskLine,
    TicketLine,
)
from models.kinds import (
    AgentState,
    CallerKind,
    Confidence,
    CustomerLevel,
    ServiceMode,
    StateReason,
    TaskKind,
    TaskState,
    TicketStage,
    WarrantyState,
)
from telephony import messages as link

NOW = 1_773_801_600.0
"""2026-03-18 10:40 in China; a round second."""
NUMBER = "+8613800138000"
GUIDE_STEPS = ("customer", "product", "fault", "warranty", "service", "handover")
FIELDS_OF = {
    "customer": ("customer_name", "callback_number", "company"),
    "product": ("model", "serial", "place"),
    "fault": ("symptom", "since", "tried"),
    "warranty": ("warranty", "covered_until"),
    "service": ("service_mode", "visit_time", "site_contact", "address"),
    "handover": ("next_step", "note_to_engineer"),
}

SETTINGS = link.FloorSettings(
    company="瀚川",
    hotline="400",
    ring_cadence_s=5.0,
    rings=3,
    wrap_up_s=60.0,
    wrap_up_extend_s=30.0,
    wrap_up_extensions=2,
    handover_s=900.0,
    callback_s=None,
    queues={"servers": "服务器专线", "notebooks": "笔记本专线"},
)

DEVICES = (
    DeviceLine(
        "d1",
        "server",
        "瀚川 HS5280 M6 服务器",
        "HC8X2406A0173",
        "3 号机柜",
        WarrantyState.COVERED,
        "2027-06-30",
        "铂金 7×24",
    ),
    DeviceLine(
        "d2", "storage", "瀚川 AS2150 存储", "HC4S2311B0062", "3 号机柜", WarrantyState.COVERED, "2026-03-30", ""
    ),
    DeviceLine("d3", "server", "瀚川 T3260 塔式", "HC2T2009C0418", "门诊楼", WarrantyState.EXPIRED, "2024-02-01", ""),
)

CARD = CustomerCard(
    customer="c1",
    name="陈志远",
    title="先生",
    company="青禾市第二医院·信息科",
    kind=CallerKind.END_CUSTOMER,
    level=CustomerLevel.GOLD,
    district="华东·青禾市",
    address="青禾市临川路 88 号 第二医院 门诊楼 B1 机房",
    number=NUMBER,
    number_place="青禾市",
    confidence=Confidence.EXACT,
    phones=(
        PhoneLine(NUMBER, Confidence.EXACT, "mobile", True),
        PhoneLine("+865395550126", Confidence.HOUSEHOLD, "switchboard"),
    ),
    devices=DEVICES,
    tickets=(
        TicketLine(
            "t1",
            "FW26031700412",
            "存储电池告警，待备件",
            TicketStage.HANDED_ON,
            "待备件",
            NOW + 10800,
            "d2",
            NOW - 90000,
        ),
        TicketLine(
            "t2", "FW26031500288", "季度巡检预约", TicketStage.HANDED_ON, "已派单", NOW + 172800, "d1", NOW - 260000
        ),
    ),
    contacts=(
        ContactLine("k1", NOW - 86400, "phone", "存储电池报警报修", "1007", "周敏", "d2"),
        ContactLine("k2", NOW - 259200, "callback", "巡检时间确认", "1012", "郭晨"),
        ContactLine("k3", NOW - 1728000, "message", "固件升级咨询", "1001", "林晓雯", "d1"),
    ),
    last_agent="1007",
    last_agent_name="周敏",
)

DISPOSITIONS = (
    Disposition("hw", "硬件故障", "Hardware fault"),
    Disposition("sys", "系统与固件", "System and firmware"),
    Disposition("use", "咨询与使用", "Questions and use"),
    Disposition("progress", "报修进度", "Repair progress"),
    Disposition("complaint", "投诉与表扬", "Complaints and praise"),
    Disposition("parts", "备件与有偿", "Parts and paid"),
    Disposition("void", "无效来电", "Void call"),
    Disposition("other", "其他", "Other"),
    Disposition("hw.power", "电源", "Power", "hw"),
    Disposition("hw.board", "主板与 CPU", "Board and CPU", "hw"),
    Disposition("hw.memory", "内存", "Memory", "hw"),
    Disposition("hw.disk", "硬盘与 RAID", "Disk and RAID", "hw"),
    Disposition("hw.fan", "风扇与散热", "Fans and cooling", "hw"),
    Disposition("hw.net", "网卡与外接卡", "Network and cards", "hw"),
    Disposition("hw.case", "机箱与导轨", "Case and rails", "hw"),
    Disposition("hw.unknown", "原因未明", "Cause unknown", "hw"),
    Disposition("sys.os", "操作系统", "Operating system", "sys"),
    Disposition("sys.firmware", "固件", "Firmware", "sys"),
    Disposition("use.how", "操作咨询", "How to use", "use"),
)


@dataclass(frozen=True)
class Check:
    what: str
    state: str
    words: str
    args: tuple[str, ...] = ()


class Recorder:
    """A flow whose orders are written down under its name."""

    def __init__(self, desk: FakeDesk, name: str) -> None:
        self.desk = desk
        self._name = name

    def note(self, what: str, *args: Any) -> None:
        self.desk.asked.append((f"{self._name}.{what}", args))


class FakeCalls(Recorder):
    """CallFlow with a real hang-up guard; orders are recorded, the small visible effects happen."""

    def __init__(self, desk: FakeDesk) -> None:
        super().__init__(desk, "calls")
        self.changed, self.glimpsed = Topic("call_changed"), Topic("glimpsed")
        self.state: link.MyState | None = None
        self.offer: link.Offer | None = None
        self.call: link.CallIs | None = None
        self.last_call: link.CallIs | None = None
        self.glimpse: link.Glimpse | None = None
        self.muted = False
        self.guard = HangUpGuard()
        self.hang_up_reason_wanted = False
        self.log: tuple[CallLogLine, ...] = ()
        self.dispositions: tuple[Disposition, ...] = DISPOSITIONS
        self.suggested = ""
        self.disposition = ""
        self.clock = time.monotonic
        self.refusal: tuple[str, tuple[str, ...]] | None = None
        self.parked: tuple[link.ParkedCall, ...] = ()

    def accept(self) -> None:
        self.note("accept")

    def merge(self) -> None:
        self.note("merge")

    def park(self) -> None:
        self.note("park")

    def pick_up(self, call: str) -> None:
        self.note("pick_up", call)

    def dial_staff(self, person: str) -> None:
        self.note("dial_staff", person)

    def pause_recording(self, on: bool) -> None:
        self.note("pause_recording", on)

    def own_phone_for(self, call: str) -> None:
        self.note("own_phone_for", call)

    def decline(self, reason: str = "") -> None:
        self.note("decline", reason)

    def hold(self, on: bool) -> None:
        self.guard.disarm()
        self.note("hold", on)

    def mute(self, on: bool) -> None:
        self.guard.disarm()
        self.muted = on
        self.note("mute", on)
        self.changed.tell()

    def press_hang_up(self) -> Press:
        if self.call is None:
            return Press.IGNORED
        press = self.guard.press(self.clock(), self.call.customer_gone)
        self.note("press_hang_up", press)
        if press is Press.HANG_UP:
            self.hang_up_reason_wanted = True
        self.changed.tell()
        return press

    def hang_up_reason(self, code: str) -> None:
        self.note("hang_up_reason", code)
        self.hang_up_reason_wanted = False
        self.changed.tell()

    def digits(self, digits: str, by: str = "rtp") -> None:
        self.guard.disarm()
        self.note("digits", digits)

    def choose(self, state: AgentState, reason: StateReason | None = None) -> None:
        self.note("choose", state, reason)

    def finish_wrap_up(self) -> None:
        self.note("finish_wrap_up")

    def extend_wrap_up(self) -> None:
        self.note("extend_wrap_up")

    def dial(self, number: str, task: str = "") -> None:
        self.note("dial", number, task)

    def dial_refusal(self, text: str) -> tuple[str, tuple[str, ...]] | None:
        digits = "".join(one for one in text if one.isdigit())
        return self.refusal if self.refusal else None if len(digits) >= 5 else ("dial.too_short", ())

    async def read_log(self) -> None:
        self.note("read_log")

    def set_disposition(self, code: str, note: str, follow_ups: tuple[str, ...]) -> None:
        self.disposition = code
        self.note("set_disposition", code, note, follow_ups)
        self.changed.tell()


class FakeSheet(Recorder):
    """SheetFlow over a dictionary of texts. `arrived` names fields that only another's desk has stored."""

    def __init__(self, desk: FakeDesk) -> None:
        self.arrived: set[str] = set()
        super().__init__(desk, "sheet")
        for name in ("changed", "field_changed", "saved_changed", "step_changed", "searched"):
            setattr(self, name, Topic(name))
        self.changed: Topic
        self.field_changed: Topic
        self.saved_changed: Topic
        self.step_changed: Topic
        self.searched: Topic
        self.card: CustomerCard | None = None
        self.draft: Draft | None = None
        self.device: DeviceLine | None = None
        self.step = "customer"
        self.saved = Saved(local=True, central_at=NOW - 2)
        self.greeting = "您好，瀚川客服1001号为您服务。"
        self.articles = (
            Article("a1", "HS5280 M6 琥珀灯常亮处理", "先看 BMC 日志，再查电源、内存", 94),
            Article("a2", "反复重启：内存条定位法", "请客户记下告警条上的通道号", 88),
        )
        self.typists: dict[str, str] = {}
        self.lacking: tuple[str, ...] = ("visit_time", "site_contact")
        self.modes_offered: tuple[ModeOption, ...] = (
            ModeOption(
                ServiceMode.ONSITE,
                "4 小时内到场，14:45 前",
                0,
                "「陈先生，您的服务器在保，工程师今天 14:45 前到，上门和换件都不收费。您看几点方便？」",
            ),
            ModeOption(ServiceMode.MAIL_IN, "往返 5 天，我方付运费", 0, "「可以免费寄修。」"),
            ModeOption(ServiceMode.PHONE, "15 分钟内工程师回电", 0, "「工程师会给您回电。」"),
        )
        self.modes_barred: tuple[tuple[ServiceMode, str], ...] = (
            (ServiceMode.CARRY_IN, "本市无授权站"),
            (ServiceMode.PAID, "设备在保"),
        )

    @property
    def values(self) -> dict[str, str]:
        return {name: one.value for name, one in self.draft.fields.items()} if self.draft else {}

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    def author(self, name: str) -> DraftField | None:
        return self.draft.fields.get(name) if self.draft else None

    def typing(self, name: str) -> str:
        return self.typists.get(name, "")

    def unstored(self, name: str) -> bool:
        return name in self.arrived

    def put(self, name: str, value: str, by: str = "1001", by_name: str = "林晓雯", conflict: str = "") -> None:
        """A field arrives, as if from the link."""
        assert self.draft is not None
        old = self.draft.fields.get(name)
        line = DraftField(
            name,
            value,
            by,
            by_name,
            self.desk.at,
            (old.version if old else 0) + 1,
            conflict,
            "高建平" if conflict else "",
        )
        self.draft = replace(self.draft, fields={**self.draft.fields, name: line})
        self.field_changed.tell(name)

    def write(self, name: str, value: str) -> None:
        self.note("write", name, value)
        if self.draft is not None:
            me = self.desk.me
            self.put(name, value, me.person if me else "1001", me.name if me else "林晓雯")

    def leave(self, name: str) -> None:
        self.note("leave", name)

    def missing(self, purpose: str = "sheet") -> tuple[str, ...]:
        return () if purpose == "live" else tuple(name for name in self.lacking if not self.value(name))

    def steps(self) -> tuple[StepNow, ...]:
        current = GUIDE_STEPS.index(self.step)
        rows = []
        for number, name in enumerate(GUIDE_STEPS):
            told = [self.value(each) for each in FIELDS_OF[name] if self.value(each)]
            rows.append(
                StepNow(name, number < current, number == current, len(told), len(FIELDS_OF[name]), "·".join(told))
            )
        return tuple(rows)

    def go(self, step: str) -> None:
        self.note("go", step)
        self.step = step
        self.step_changed.tell()

    def next_step(self) -> None:
        self.go(GUIDE_STEPS[min(len(GUIDE_STEPS) - 1, GUIDE_STEPS.index(self.step) + 1)])

    def back(self) -> None:
        self.go(GUIDE_STEPS[max(0, GUIDE_STEPS.index(self.step) - 1)])

    def modes(self) -> tuple[ModeOption, ...]:
        return self.modes_offered

    def barred(self) -> tuple[tuple[ServiceMode, str], ...]:
        return self.modes_barred

    def say(self) -> str:
        return self.modes_offered[0].say if self.step == "service" else self.greeting

    def choose_device(self, device: str) -> None:
        self.note("choose_device", device)
        self.device = next((one for one in DEVICES if one.device == device), None)
        self.changed.tell()

    def choose_customer(self, customer: str) -> None:
        self.note("choose_customer", customer)

    def new_customer(self, name: str, company: str) -> None:
        self.note("new_customer", name, company)

    def search_customers(self, text: str) -> None:
        self.note("search_customers", text)
        self.searched.tell((Candidate("c1", "陈志远", "青禾市第二医院", Confidence.MAYBE, "card.why_household"),))

    def confirm_phone(self) -> None:
        self.note("confirm_phone")

    def resolve(self, name: str, value: str) -> None:
        self.note("resolve", name, value)
        self.put(name, value)

    def submit(self) -> None:
        self.note("submit")

    def painted(self) -> None:
        self.note("painted")

    def draft_painted(self, values: dict[str, str]) -> None:
        self.note("draft_painted", values)


class FakeTransfer(Recorder):
    """TransferFlow with seven engineers."""

    def __init__(self, desk: FakeDesk) -> None:
        super().__init__(desk, "transfer")
        self.changed = Topic("transfer_changed")
        self.open = False
        self.people: tuple[link.Colleague, ...] = PEOPLE
        self.skills: tuple[str, ...] = ("server",)
        self.order_changed = False
        self.stage, self.peer_name = "", ""

    @property
    def free(self) -> int:
        return sum(1 for one in self.people if one.state is AgentState.READY)

    def opened(self) -> None:
        self.note("opened")
        self.open = True
        self.changed.tell()

    def closed(self) -> None:
        self.note("closed")
        self.open = False
        self.changed.tell()

    def search(self, text: str) -> None:
        self.note("search", text)
        self.people = tuple(one for one in PEOPLE if text in one.name or text in one.agent)
        self.changed.tell()

    def drop_skill(self, skill: str) -> None:
        self.note("drop_skill", skill)
        self.skills = tuple(one for one in self.skills if one != skill)
        self.changed.tell()

    def hold_order(self, on: bool) -> None:
        self.note("hold_order", on)

    def transfer(self, agent: str, attended: bool) -> None:
        self.note("transfer", agent, attended)

    def transfer_to_skill(self, attended: bool) -> None:
        self.note("transfer_to_skill", attended)

    def complete(self) -> None:
        self.note("complete")

    def back(self) -> None:
        self.note("back")

    def promise(self, number: str, note: str) -> None:
        self.note("promise", number, note)


class FakeTasks(Recorder):
    """TasksFlow with two tasks."""

    def __init__(self, desk: FakeDesk) -> None:
        super().__init__(desk, "tasks")
        self.changed = Topic("tasks_changed")
        self.tasks: tuple[TaskLine, ...] = TASKS
        self.current: TaskLine | None = None
        self.today: tuple[tuple[str, int], ...] = ()

    def claim(self, task: str) -> None:
        self.note("claim", task)

    def claim_next(self) -> None:
        self.note("claim_next")

    def call_back(self, task: str) -> None:
        self.note("call_back", task)

    def done(self, task: str, result: str) -> None:
        self.note("done", task, result)

    def choose(self, task: str) -> None:
        self.note("choose", task)
        self.current = next((one for one in self.tasks if one.task == task), None)
        self.changed.tell()


class FakeBoard(Recorder):
    """BoardFlow."""

    def __init__(self, desk: FakeDesk) -> None:
        super().__init__(desk, "board")
        self.changed = Topic("board_changed")
        self.board: link.Board | None = None
        self.listening: link.CallIs | None = None
        self.armed_what = ""

    def watch(self, on: bool) -> None:
        self.note("watch", on)

    def supervise(self, person: link.Colleague, mode: str) -> None:
        self.note("supervise", person.agent, mode)

    def press(self, what: str, now: float) -> None:
        self.note("press", what)

    def armed(self, now: float) -> tuple[str, float]:
        return (self.armed_what, 3.0) if self.armed_what else ("", 0.0)

    def disarm(self) -> None:
        self.armed_what = ""

    def leave(self) -> None:
        self.note("leave")

    def take_over(self) -> None:
        self.note("take_over")

    def force(self, agent: str, state: AgentState) -> None:
        self.note("force", agent, state)


class FakeSignIn(Recorder):
    """SignIn: takes any password but "wrong" when `failure` is not set."""

    def __init__(self, desk: FakeDesk) -> None:
        super().__init__(desk, "sign_in")
        self.checked = Topic("checked")
        self.checks: tuple[Check, ...] = tuple(
            Check(what, "busy", "sign_in.check_busy") for what in ("headset", "server", "drafts")
        )
        self.failure: Exception | None = None

    def begin_checks(self) -> None:
        self.note("begin_checks")
        self.checks = (
            Check("headset", "ok", "sign_in.headset_ok", ("USB 双耳降噪",)),
            Check("server", "ok", "sign_in.server_ok", ("12",)),
            Check("drafts", "warn", "sign_in.drafts_left", ("1",)),
        )
        self.checked.tell()

    async def sign_in(self, number: str, password: str, extension: str = "") -> None:
        self.note("sign_in", number, password, extension)
        if self.failure is not None:
            raise self.failure
        self.desk.sign_in_as("agent")


class FakeDesk:
    """The whole desk. `asked` is what was ordered of it."""

    def __init__(self, at: float = NOW) -> None:
        self.at = at
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        for name in ("signed_in", "signed_out", "connection_changed", "refused", "told"):
            setattr(self, name, Topic(name))
        self.signed_in: Topic
        self.signed_out: Topic
        self.connection_changed: Topic
        self.refused: Topic
        self.told: Topic
        self.me: link.Welcome | None = None
        self.link_up, self.link_down_since = True, 0.0
        self.database_up, self.database_down_since = True, 0.0
        self.handset_up, self.handset_down_since, self.handset_why = True, 0.0, ""
        self.unsent = 0
        self.calls = FakeCalls(self)
        self.sheet = FakeSheet(self)
        self.transfer = FakeTransfer(self)
        self.tasks = FakeTasks(self)
        self.board = FakeBoard(self)
        self.sign_in = FakeSignIn(self)

    def now(self) -> float:
        return self.at

    async def close(self) -> None:
        self.asked.append(("close", ()))

    def names_asked(self) -> list[str]:
        """The names of all orders so far."""
        return [name for name, _ in self.asked]

    def last(self, name: str) -> tuple[Any, ...] | None:
        """The arguments of the last order of that name, or None."""
        return next((args for asked, args in reversed(self.asked) if asked == name), None)

    # ---- situations -------------------------------------------------------------------------------------------

    def sign_in_as(self, group: str) -> None:
        person, name = {"agent": ("1001", "林晓雯"), "engineer": ("2031", "高建平")}.get(group, ("3001", "周立群"))
        self.me = link.Welcome(person, name, (group,), self.at, "127.0.0.1:5060", "8001", "secret", SETTINGS)
        self.calls.state = link.MyState(AgentState.READY, None, self.at - 134, calls_today=36)
        self.calls.glimpse = link.Glimpse(4, self.at - 38, 241, 250, self.at)
        self.signed_in.tell()
        self.calls.changed.tell()
        self.calls.glimpsed.tell()

    def ring(self, elapsed: float = 7.4, known: bool = True) -> None:
        """A call has been ringing here for `elapsed` seconds."""
        self.calls.offer = link.Offer(
            "call-1",
            "offer",
            NUMBER,
            "",
            "服务器专线",
            self.at - elapsed,
            self.at - elapsed,
            3,
            5.0,
            "c1" if known else "",
            "exact" if known else "unknown",
            "draft-1",
            waited_s=6.0,
        )
        self.calls.state = link.MyState(AgentState.RINGING, None, self.at - elapsed, calls_today=36)
        self._open_sheet(known)
        self.calls.changed.tell()

    def _open_sheet(self, known: bool = True) -> None:
        sheet = self.sheet
        unknown = CustomerCard(
            "", "", "", "", CallerKind.END_CUSTOMER, CustomerLevel.NORMAL, "", "", NUMBER, "青禾市", Confidence.UNKNOWN
        )
        sheet.card = CARD if known else unknown
        sheet.device = DEVICES[0] if known else None
        sheet.draft = Draft("draft-1", "FW26031800157", "call-1", "c1" if known else "")
        if known:
            for name, value in (
                ("customer_name", "陈志远"),
                ("callback_number", NUMBER),
                ("company", CARD.company),
                ("model", "HS5280 M6"),
                ("serial", "HC8X2406A0173"),
                ("warranty", "covered"),
                ("covered_until", "2027-06-30"),
            ):
                sheet.put(name, value, "system", "系统")
        sheet.changed.tell()

    def answer(self, talked: float = 207.0) -> None:
        """On a call for `talked` seconds."""
        if self.sheet.draft is None:
            self._open_sheet()
        self.calls.offer = None
        self.calls.call = link.CallIs(
            "call-1",
            "talking",
            "offer",
            True,
            NUMBER,
            "c1",
            "服务器专线",
            "draft-1",
            self.at - talked,
            recording=True,
            promise_rings=2,
        )
        self.calls.state = link.MyState(AgentState.ON_CALL, None, self.at - talked, calls_today=37)
        self.calls.changed.tell()
        self.sheet.changed.tell()

    def change_call(self, **what: Any) -> None:
        """The call changes, as a new CallIs would say."""
        assert self.calls.call is not None
        self.calls.call = replace(self.calls.call, **what)
        self.calls.changed.tell()

    def hold_on(self, since: float = 12.0) -> None:
        self.change_call(stage="held", held_since=self.at - since)

    def consult(self, peer: str = "2031", name: str = "高建平") -> None:
        self.transfer.stage, self.transfer.peer_name = "consulting", name
        self.change_call(stage="consulting", peer=peer, peer_name=name, held_since=self.at - 5)

    def merge(self) -> None:
        """Customer, agent and engineer talk together."""
        assert self.calls.call is not None
        self.change_call(stage="merged", held_since=0.0)
        TransferFlow.in_call(self.transfer, self.calls.call)  # type: ignore[arg-type]

    def customer_leaves(self) -> None:
        self.change_call(customer_gone=True)

    def wrap_up(self, left: float = 23.0) -> None:
        """The customer hung up; the countdown runs."""
        call = self.calls.call or link.CallIs(
            "call-1", "talking", "offer", True, NUMBER, "c1", "服务器专线", "draft-1", self.at - 521, promise_rings=2
        )
        self.calls.call = replace(
            call,
            stage="wrap_up",
            customer_gone=True,
            wrap_up_until=self.at + left,
            extensions_left=2,
            connected_at=self.at - 521 - 37,
        )
        self.calls.state = link.MyState(
            AgentState.WRAP_UP, None, self.at - 37, AgentState.READY, None, self.at + left, calls_today=37
        )
        self.calls.suggested = "hw.memory"
        self.calls.changed.tell()


def _colleague(number: str, name: str, state: AgentState, ago: float, skills: tuple[str, ...]) -> link.Colleague:
    return link.Colleague(number, name, ("engineer",), skills, state, None, NOW - ago)


PEOPLE = (
    _colleague("2031", "高建平", AgentState.READY, 134, ("server", "storage")),
    _colleague("2044", "苏婉清", AgentState.READY, 41, ("server",)),
    _colleague("2017", "马成林", AgentState.WRAP_UP, 28, ("server", "storage")),
    _colleague("2008", "韩立", AgentState.ON_CALL, 412, ("server",)),
    _colleague("2026", "邓雅琴", AgentState.ON_CALL, 1100, ("storage",)),
    _colleague("2039", "罗启明", AgentState.NOT_READY, 185, ("server",)),
    _colleague("2050", "尹卓", AgentState.NOT_RESPONDING, 70, ("server",)),
)


def _task(task: str, name: str, title: str, left: float, claimed: bool) -> TaskLine:
    return TaskLine(
        task,
        TaskKind.HANDOVER,
        TaskState.CLAIMED if claimed else TaskState.OPEN,
        "draft-1",
        NUMBER,
        "c1",
        name,
        title,
        "客户较急",
        NOW - 600,
        "林晓雯",
        NOW + left,
        "2031" if claimed else "",
        "高建平" if claimed else "",
        NOW - 60 if claimed else None,
        NOW + left if claimed else None,
        0,
        None,
        "",
        1,
    )


TASKS = (
    _task("k1", "王丽华", "AS2150·控制器切换告警", 102, True),
    _task("k2", "赵国栋", "HS5280·更换硬盘后不重建", 320, False),
)
