# SPDX-License-Identifier: GPL-3.0-or-later
"""A dry run speaks of queues, people, prompts and numbers as the screens do, in the language of the desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desktop.panes.house_dry_words import score_words, step_words
from resources import i18n
from telephony.messages import DryStep
from tests.desktop.house_desk import HouseDesk


@pytest.fixture(params=i18n.LANGUAGES)
def language(request: pytest.FixtureRequest) -> Iterator[str]:
    before = i18n.language()
    i18n.use(request.param)
    yield request.param
    i18n.use(before)


STEPS = (
    (("dry_run.queue", ("servers",)), "进入队列“服务器专线”。", "Into queue “Server line”."),
    (("dry_run.number_queue", ("+864008123456", "servers")),
     "被叫号码 400 812 3456 进入队列“服务器专线”。", "The dialled number 400 812 3456 goes to queue “Server line”."),
    (("dry_run.number_menu", ("+864008123456", "main")),
     "被叫号码 400 812 3456 进入语音菜单“main”。", "The dialled number 400 812 3456 goes to menu “main”."),
    (("dry_run.rings", ("1001",)), "呼叫坐席 林晓雯 1001。", "Agent 林晓雯 1001 is rung."),
    (("dry_run.rings", ("1999",)), "呼叫坐席 1999。", "Agent 1999 is rung."),
    (("dry_run.after_voicemail", ("300", "servers")),
     "等待 300 秒后进入队列“服务器专线”的留言。", "After 300 seconds: the voicemail of queue “Server line”."),
    (("dry_run.after_person", ("30", "1001")), "等待 30 秒后呼叫同事 林晓雯 1001。",
     "After 30 seconds: colleague 林晓雯 1001 is rung."),
    (("dry_run.overflowed_max_wait", ("servers", "voicemail:laptops")),
     "在队列“服务器专线”中等待过久，溢出到 语音留言：笔记本专线。",
     "Waited too long in queue “Server line”: overflow to Voicemail: Laptop line."),
    (("dry_run.ends_closed", ()), "结束：停止服务。", "The end: closed."),
    (("later.words", ("+8613800138000",)), "later.words 138 0013 8000", "later.words 138 0013 8000"),
)  # fmt: skip


@pytest.mark.parametrize("said", STEPS, ids=[step[0][0] for step in STEPS])
def test_a_step_names_things_as_the_screens_do(said: tuple[tuple[str, tuple[str, ...]], str, str], language: str):
    (words, args), zh, en = said
    assert step_words(HouseDesk().stored, DryStep("queue", words, args)) == (zh if language == "zh_CN" else en)


def test_prompts_and_their_language_are_named(language: str):
    said = step_words(HouseDesk().stored, DryStep("announce", "dry_run.said", ("waiting, closed", "en")))
    assert "waiting" not in said and ("英文" if language == "zh_CN" else "English") in said


def test_a_score_is_said_in_the_desks_language(language: str):
    assert score_words("dry_run.score_skills", 5.0) == ("熟练度合计 5" if language == "zh_CN" else "proficiency 5")
    assert score_words("dry_run.score_of_tomorrow", 2.5) == "2.5"
