# SPDX-License-Identifier: GPL-3.0-or-later
"""Pictures of the pages in their situations: `python -m tests.desktop.pictures_pages DIR [name …]`, offscreen.

The whole window at 1366 x 768 round each page, in Chinese and English, light and dark, from a desk of plain data.
"""

from __future__ import annotations

import os
import random
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from desktop.panes.window import MainWindow
from models.cards import Article, ContactLine
from models.kinds import AgentState, Confidence, ServiceMode, StateReason, TaskKind, TaskState
from resources import i18n
from telephony.messages import Alarm, Board, CallIs, Colleague, Interval, ParkedCall, Waiting
from tests.desktop.fake_desk import CARD, NOW, PEOPLE, TASKS, ModeOption
from tests.desktop.guided_desk import GuidedDesk, dressed, settle

NOTE = "每十分钟左右重启一次，断电一次后仍复现。HIS 停用，两个病区受影响，客户较急。"
FOUND = "BMC 日志：DIMM C2 不可纠正错误 14 次，10:22 起。请客户确认告警条为 C2，拟换 C1/C2 两条"
AGENTS = (
    "任洁", "许佳", "林晓雯", "周敏", "何静", "唐宁", "郭晨", "方圆", "沈悦", "潘磊",
    "叶琳", "杜鹏", "蒋欣", "白雪", "钟意", "姚远", "顾盼", "石磊", "孟瑶", "秦川",
    "谢楠", "卢青", "韦宁", "常乐", "汪洋", "夏雨", "田野", "江帆",
)  # fmt: skip
FULL = (
    ("caller_kind", "end_customer"), ("product_line", "server"), ("place", "3 号机柜"), ("fault_class", "hardware"),
    ("symptom_chips", "restart,alarm_light"),
    ("symptom", "03-18 09:50 起前面板琥珀灯常亮，系统反复重启，已断电重试一次"),
    ("since", "今天 09:50"), ("impact", "department"), ("contract", "铂金 7×24"), ("service_level", "platinum"),
)  # fmt: skip


def _fill(desk: GuidedDesk, *more: tuple[str, str]) -> None:
    for name, value in (*FULL, *more):
        desk.sheet.put(name, value)


def _history(desk: GuidedDesk) -> None:
    card = replace(CARD, contacts=(
        *CARD.contacts,
        ContactLine("k4", NOW - 68 * 86400, "phone", "更换 2# 电源", "2031", "高建平", "d1", "上门"),
        ContactLine("k5", NOW - 216 * 86400, "message", "季度巡检", "2017", "王磊", "d1", "无异常"),
    ))  # fmt: skip
    desk.sheet.articles = (*desk.sheet.articles, Article("a3", "铂金服务上门前须知", "请客户备好机房进出登记", 76))
    desk.show_card(card)


def _english_offers(desk: GuidedDesk) -> None:
    """The policy's words in the language of the picture."""
    if i18n.language() == "en":
        desk.sheet.greeting = "Hello, this is Hanchuan customer service, agent 1001 speaking."
        desk.sheet.modes_offered = (
            ModeOption(ServiceMode.ONSITE, "Within 4 h, by 14:45", 0, "Your server is covered. An engineer will be "
                       "there by 14:45 today, free of charge. What time suits you?"),
            ModeOption(ServiceMode.MAIL_IN, "5 days, we pay the freight", 0, "You may send it in, free of charge."),
            ModeOption(ServiceMode.PHONE, "An engineer calls back", 0, "Let us solve this on the telephone."),
        )  # fmt: skip
        desk.sheet.modes_barred = ((ServiceMode.CARRY_IN, "no station in town"), (ServiceMode.PAID, "covered"))


def ringing(desk: GuidedDesk) -> None:
    desk.ring()
    _history(desk)


def unknown(desk: GuidedDesk) -> None:
    desk.unknown()


def withheld(desk: GuidedDesk) -> None:
    desk.withheld()
    desk.answer(12)
    desk.change_call(number="", customer="")


def guess(desk: GuidedDesk) -> None:
    desk.guess(Confidence.HOUSEHOLD)


def in_call(desk: GuidedDesk) -> None:
    desk.answer()
    _history(desk)
    _fill(desk, ("service_mode", "onsite"), ("remote_attempt", "made"))
    desk.sheet.go("service")


def fault(desk: GuidedDesk) -> None:
    desk.answer(124)
    _history(desk)
    _fill(desk)
    desk.sheet.put("fault_class", "")
    desk.sheet.go("fault")


def conflict(desk: GuidedDesk) -> None:
    fault(desk)
    desk.sheet.put("symptom", "琥珀灯常亮，每十分钟重启一次", conflict="红灯闪烁，重启三次后不再开机")


def transfer(desk: GuidedDesk) -> None:
    desk.answer(312)
    _history(desk)
    _fill(desk, ("service_mode", "phone"), ("next_step", "engineer"),
          ("note_to_engineer", NOTE))  # fmt: skip
    desk.sheet.go("handover")
    desk.transfer.opened()


def nobody_free(desk: GuidedDesk) -> None:
    desk.transfer.people = tuple(replace(one, state=AgentState.ON_CALL) for one in PEOPLE)
    transfer(desk)


def consulting(desk: GuidedDesk) -> None:
    transfer(desk)
    desk.consult()
    desk.transfer.changed.tell()


def wrap_up(desk: GuidedDesk) -> None:
    in_call(desk)
    desk.wrap_up()


def _tasks(desk: GuidedDesk) -> None:
    def task(key: str, name: str, number: str, title: str, left: float) -> object:
        return replace(TASKS[1], task=key, customer_name=name, number=number, title=title, created=NOW + left - 900,
                       handover_due=NOW + left)  # fmt: skip

    mine = replace(TASKS[0], number="+8613900002741", claimed_at=NOW - 798, callback_due=NOW + 102, attempts=1,
                   last_result="busy", next_due=NOW + 102)  # fmt: skip
    desk.tasks.tasks = (
        mine, task("k2", "赵国栋", "+8613600005518", "HS5280·更换硬盘后不重建", 320),
        task("k3", "恒信科技 刘工", "+865315550188", "KC1100·批量装机蓝屏", 548),
        task("k4", "鲁中维修站 孙强", "+8613700009036", "T3260·主板返修进度", 811),
    )  # type: ignore[assignment]  # fmt: skip
    desk.tasks.today = (("engineer.today_claimed", 12), ("engineer.today_done", 11), ("engineer.today_attempts", 14))
    desk.tasks.choose("k1")


def engineer(desk: GuidedDesk) -> None:
    _tasks(desk)
    desk.answer(198)
    desk.change_call(peer="1001", peer_name="林晓雯", responsible=False, role="consult")
    _history(desk)
    _fill(desk)
    for name, value in (("note_to_engineer", NOTE),
                        ("contract", "铂金 7×24")):  # fmt: skip
        desk.sheet.put(name, value)
    for name, value in (("diagnosis", FOUND),
                        ("diagnosis_steps", "读 BMC 日志\n单路内存启动"), ("service_mode", "onsite")):  # fmt: skip
        desk.sheet.write(name, value)


def tasks(desk: GuidedDesk) -> None:
    _tasks(desk)


def board(desk: GuidedDesk) -> None:
    dice = random.Random(3)
    states = [AgentState.NOT_RESPONDING, *[AgentState.ON_CALL] * 12, *[AgentState.WRAP_UP] * 3, *[AgentState.READY] * 8,
              *[AgentState.NOT_READY] * 4]  # fmt: skip
    reasons = (StateReason.BREAK, StateReason.MEAL, StateReason.TRAINING, StateReason.MEETING)
    people = tuple(
        Colleague(str(1001 + n), name, ("agent",), (("server", "storage")[n % 2],), state,
                  reasons[n % 4] if state is AgentState.NOT_READY else None,
                  NOW - dice.randint(5, 640 if state is AgentState.ON_CALL else 180),
                  queue=("服务器专线", "存储专线")[n % 2] if state is AgentState.ON_CALL else "", missed=int(n == 0))
        for n, (name, state) in enumerate(zip(AGENTS, states, strict=True))
    )  # fmt: skip
    quarters = []
    for n, offered in enumerate((18, 25, 31, 39, 43, 48, 45, 52, 58, 55, 50, 33)):
        lost, answered = (0, 1, 1, 2)[n % 4], offered - (0, 1, 1, 2)[n % 4] - (n == 11) * 3
        quarters.append(Interval(NOW - NOW % 900 - (11 - n) * 900, offered, answered, lost, lost // 2,
                                 round(answered * 0.85), round(answered * 0.974), answered * 9.0))  # fmt: skip
    names = ("offered", "answered", "abandoned", "short_abandoned", "answered_in_target", "answered_in_three_rings")
    today = Interval(0.0, *(sum(getattr(one, name) for one in quarters) for name in names), wait_s=0.0)
    waiting = tuple(Waiting(f"c{n}", CARD.number, "", "服务器专线", NOW - 72 + n * 9) for n in range(7))
    alarms = (Alarm(NOW - 170, "long_wait"), Alarm(NOW - 96, "handover_due"),
              Alarm(NOW - 42, "last_agent_missed", "c1", "1001"))  # fmt: skip
    _tasks(desk)
    extra = replace(TASKS[1], task="k9", kind=TaskKind.HANDOVER, state=TaskState.OPEN, customer_name="青禾三中 胡老师",
                    created=NOW - 948, handover_due=NOW - 48)  # fmt: skip
    desk.tasks.tasks = (*desk.tasks.tasks, extra)
    desk.board.board = Board(NOW - 300, waiting[:4], people, today, tuple(quarters), alarms)
    desk.board.changed.tell()
    for n in range(1, 30):
        some = waiting[: (4, 5, 4, 6, 5, 6, 7)[n % 7]]
        desk.board.board = Board(NOW - 300 + n * 10, some, people, today, tuple(quarters), alarms)
        desk.board.changed.tell()
    desk.board.board = Board(NOW - 0.4, waiting, people, today, tuple(quarters), alarms)
    desk.board.changed.tell()
    desk.tasks.changed.tell()


def listening(desk: GuidedDesk) -> None:
    """A supervisor whispers to an agent of the board."""
    board(desk)
    assert desk.board.board is not None
    person = next(one for one in desk.board.board.people if one.state is AgentState.ON_CALL)
    desk.calls.call = desk.board.listening = CallIs(
        "c1", "supervising", "supervise", False, person.peer, "", "hotline", "c1", NOW - 90,
        peer=person.agent, peer_name=person.name, mode="whisper", recording=True,
    )  # fmt: skip
    desk.calls.changed.tell()


def watched(desk: GuidedDesk) -> None:
    in_call(desk)
    assert desk.calls.call is not None
    desk.calls.call = replace(desk.calls.call, watched_by="孙班长", watched_mode="whisper", secure=True)
    desk.calls.changed.tell()


def merged(desk: GuidedDesk) -> None:
    consulting(desk)
    desk.merge()


def parked(desk: GuidedDesk) -> None:
    in_call(desk)
    desk.calls.parked = (ParkedCall("c9", 1, "+8613900139000", "", "hotline", NOW - 30, "1002", "周敏"),)
    desk.calls.changed.tell()


SITUATIONS: dict[str, tuple[str, Callable[[GuidedDesk], None]]] = {
    "agent-ringing": ("agent", ringing), "agent-unknown": ("agent", unknown), "agent-guess": ("agent", guess),
    "agent-withheld": ("agent", withheld), "agent-in-call": ("agent", in_call), "agent-fault": ("agent", fault),
    "agent-conflict": ("agent", conflict), "agent-transfer": ("agent", transfer),
    "agent-nobody-free": ("agent", nobody_free), "agent-consulting": ("agent", consulting),
    "agent-wrap-up": ("agent", wrap_up), "engineer": ("engineer", engineer), "engineer-tasks": ("engineer", tasks),
    "board": ("supervisor", board), "board-listening": ("supervisor", listening),
    "agent-watched": ("agent", watched), "agent-merged": ("agent", merged), "agent-parked": ("agent", parked),
}  # fmt: skip


def take(folder: Path, wanted: set[str], size: tuple[int, int] = (1366, 768)) -> list[Path]:
    """Every wanted situation in both languages and looks; returns the files."""
    made = []
    for language in i18n.LANGUAGES:
        for look in ("light", "dark"):
            theme = dressed(language, look)
            for name, (group, situation) in SITUATIONS.items():
                if wanted and name not in wanted:
                    continue
                desk = GuidedDesk()
                _english_offers(desk)
                desk.sign_in_as(group)
                window = MainWindow(desk, theme)  # type: ignore[arg-type]
                window.resize(*size)
                window.show()
                settle()
                situation(desk)
                settle()
                file = folder / f"{name}-{language}-{look}.png"
                window.grab().save(str(file))
                made.append(file)
                window.close()
                window.deleteLater()
                settle()
    return made


def main() -> None:
    os.environ["TZ"] = "Asia/Shanghai"
    time.tzset()
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    application = QApplication.instance() or QApplication([])
    for file in take(folder, set(sys.argv[2:])):
        print(file)
    application.processEvents()


if __name__ == "__main__":
    main()
