# SPDX-License-Identifier: GPL-3.0-or-later
"""The guided form: filled without a mouse, written as typed, conflicts side by side, links to what is missing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QPlainTextEdit, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from desktop.panes.agent_page import AgentPage
from desktop.panes.form_field import FieldEdit
from desktop.panes.service_step import ServiceStep
from models.kinds import ServiceMode
from models.rules import guide
from tests.desktop.fake_desk import ModeOption
from tests.desktop.guided_desk import SMALLEST, GuidedDesk, dressed, settle, stand, type_text


@pytest.fixture
def desk(qtbot: QtBot) -> GuidedDesk:
    dressed()
    desk = GuidedDesk()
    desk.sign_in_as("agent")
    return desk


@pytest.fixture
def page(qtbot: QtBot, desk: GuidedDesk) -> AgentPage:
    page = AgentPage(desk, dressed())  # type: ignore[arg-type]
    qtbot.addWidget(page)
    stand(page)
    return page


def focused() -> QWidget:
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def field_in_focus() -> str:
    """The name of the field that has the focus."""
    widget: QWidget | None = focused()
    while widget is not None and not isinstance(widget, FieldEdit):
        widget = widget.parentWidget()
    return widget.field.name if isinstance(widget, FieldEdit) else ""


def edit(page: AgentPage, name: str) -> FieldEdit:
    return page.form.pages[guide.FIELD[name].step].fields[name]


def words_on(widget: QWidget) -> str:
    return "\n".join(one.text() for one in widget.findChildren(QLabel) if one.isVisible())


def test_ringing_shows_the_greeting_and_every_step_before_accept(desk: GuidedDesk, page: AgentPage) -> None:
    desk.ring()
    settle()
    assert page.centre.currentWidget() is page.preview
    assert page.preview.greeting.text() == "您好，瀚川客服1001号为您服务。"
    chips = {row.name: row.chip.text() for row in page.preview.rows if row.chip.isVisible()}
    assert chips["fault"] == "待填 2 项" and chips["service"] == "待填 2 项"
    assert chips["warranty"] == "已带出・待核对"


def test_the_form_has_every_field_of_the_guide(desk: GuidedDesk, page: AgentPage) -> None:
    apart = {"service_mode", "paid_consent"}
    shown = {name for one in page.form.pages.values() for name in one.fields} | apart
    assert shown == {field.name for field in guide.FIELDS if field.step in guide.STEPS}


def test_accepting_puts_the_focus_into_the_first_empty_required_field(desk: GuidedDesk, page: AgentPage) -> None:
    desk.ring()
    desk.answer()
    settle()
    assert page.centre.currentWidget() is page.form
    assert field_in_focus() == desk.sheet.missing()[0] == "caller_kind"


def test_each_key_is_written_and_leaving_flushes(qtbot: QtBot, desk: GuidedDesk, page: AgentPage) -> None:
    desk.answer()
    desk.sheet.go("fault")
    settle()
    symptom = edit(page, "symptom")
    symptom.take_focus()
    desk.asked.clear()
    type_text(symptom.editor, "反复重启")
    written = [args for name, args in desk.asked if name == "sheet.write"]
    assert written == [("symptom", text) for text in ("反", "反复", "反复重", "反复重启")]
    assert "sheet.leave" not in desk.names_asked()
    qtbot.keyClick(symptom.editor, Qt.Key.Key_Tab)
    assert desk.last("sheet.leave") == ("symptom",)


def test_the_whole_sheet_is_filled_without_a_mouse(qtbot: QtBot, desk: GuidedDesk, page: AgentPage) -> None:
    def type_into(name: str, text: str) -> None:
        for _ in range(40):
            if field_in_focus() == name:
                break
            QApplication.sendEvent(focused(), _key(Qt.Key.Key_Tab))
            settle()
        assert field_in_focus() == name
        type_text(focused(), text)

    def next_step() -> None:
        page.next_step()
        settle()

    desk.answer()
    settle()
    type_into("caller_kind", "1")
    next_step()
    type_into("product_line", "1")
    next_step()
    type_into("fault_class", "1")
    type_into("symptom", "前面板琥珀灯常亮")
    next_step()
    next_step()
    qtbot.keyClick(page.form, Qt.Key.Key_1)
    assert desk.sheet.value("service_mode") == "onsite"
    for name, text in (("service_level", "3"), ("remote_attempt", "1"), ("visit_time", "今天 14:00"),
                       ("site_contact", "陈志远"), ("address", "临川路 88 号")):  # fmt: skip
        page.form.focus_field(name)
        type_into(name, text)
    next_step()
    assert desk.sheet.missing() == ()
    page.finish()
    assert desk.last("sheet.submit") == ()


def _key(key: Qt.Key):  # type: ignore[no-untyped-def]
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QKeyEvent

    return QKeyEvent(QEvent.Type.KeyPress, key, Qt.KeyboardModifier.NoModifier)


def test_missing_links_open_the_step_and_focus_their_field(desk: GuidedDesk, page: AgentPage) -> None:
    desk.answer()
    settle()
    links = {link.accessibleName(): link for link in page.form.footer.links}
    assert list(links) == ["来电身份", "产品线"], "as many as there is room for"
    links["产品线"].click()
    settle()
    assert desk.sheet.step == "product" and field_in_focus() == "product_line"
    assert f"还缺 {len(desk.sheet.missing())} 项" in words_on(page.form.footer)


def test_a_missing_field_says_so_in_words_and_not_by_colour_alone(desk: GuidedDesk, page: AgentPage) -> None:
    desk.answer()
    settle()
    kind = edit(page, "caller_kind")
    assert kind.editor.property("missing") is True and "必填" in words_on(kind)
    desk.sheet.put("caller_kind", "dealer")
    settle()
    assert not kind.editor.property("missing")
    assert isinstance(kind.editor, QComboBox) and kind.editor.currentText() == "代理商"


def test_the_text_of_another_appears_live_and_keeps_the_cursor(
    qtbot: QtBot, desk: GuidedDesk, page: AgentPage
) -> None:
    desk.answer()
    settle()
    name = edit(page, "company")
    editor = name.editor
    assert isinstance(editor, QLineEdit)
    editor.setFocus()
    editor.setText("")
    type_text(editor, "abc")
    editor.setCursorPosition(1)
    desk.sheet.put("company", "abcdef", "2031", "高建平")
    assert editor.text() == "abcdef" and editor.cursorPosition() == 1


def test_a_field_another_is_typing_in_rests_and_is_given_back(desk: GuidedDesk, page: AgentPage) -> None:
    desk.answer()
    desk.sheet.go("fault")
    desk.sheet.typists["symptom"] = "高建平"
    desk.sheet.put("symptom", "正在", "2031", "高建平")
    settle()
    symptom = edit(page, "symptom")
    assert isinstance(symptom.editor, QPlainTextEdit)
    assert symptom.editor.isReadOnly() and "高建平 正在写" in words_on(symptom)
    desk.sheet.typists.clear()
    settle()
    page.form.tick()
    assert not symptom.editor.isReadOnly()


def test_two_texts_stand_side_by_side_until_one_is_chosen(desk: GuidedDesk, page: AgentPage) -> None:
    desk.answer()
    desk.sheet.go("fault")
    desk.sheet.put("symptom", "灯是琥珀色", conflict="灯是红色")
    settle()
    symptom = edit(page, "symptom")
    box = symptom.conflict
    assert box.isVisible()
    assert (box.mine.words.text(), box.other.words.text()) == ("灯是琥珀色", "灯是红色")
    assert "高建平 写的" in words_on(box)
    box.other.use.click()
    settle()
    assert desk.last("sheet.resolve") == ("symptom", "灯是红色")
    assert not box.isVisible() and symptom.shown() == "灯是红色"


def test_only_allowed_modes_stand_to_choose_and_the_rest_says_why(desk: GuidedDesk, page: AgentPage) -> None:
    desk.answer()
    desk.sheet.go("service")
    settle()
    step = page.form.pages["service"]
    assert isinstance(step, ServiceStep)
    assert list(step.cards) == [ServiceMode.ONSITE, ServiceMode.MAIL_IN, ServiceMode.PHONE]
    assert step.barred_line.text() == "不可选：送修（本市无授权站）、有偿服务（设备在保）"
    assert not step.consent.isVisible()


@pytest.mark.parametrize(("alt", "mode"), [(False, "mail_in"), (True, "mail_in")])
def test_digits_choose_a_mode_and_the_words_follow(
    qtbot: QtBot, desk: GuidedDesk, page: AgentPage, alt: bool, mode: str
) -> None:
    desk.answer()
    desk.sheet.go("service")
    settle()
    if alt:
        desk.sheet.put("service_mode", "onsite")
        page.form.focus_field("site_contact")
        qtbot.keyClick(focused(), Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    else:
        qtbot.keyClick(page.form, Qt.Key.Key_2)
    assert desk.sheet.value("service_mode") == mode
    assert page.form.page.say.words.text() == "「可以免费寄修。」"


def test_a_paid_mode_needs_the_tick_of_consent(desk: GuidedDesk, page: AgentPage) -> None:
    desk.sheet.modes_offered = (ModeOption(ServiceMode.PAID, "检修费，备件另计", 30000, "检修费 300 元，您同意吗？"),)
    desk.answer()
    desk.sheet.go("service")
    settle()
    step = page.form.pages["service"]
    assert isinstance(step, ServiceStep)
    step.cards[ServiceMode.PAID].click()
    settle()
    assert step.consent.isVisible() and "300" in step.consent.text()
    assert "300" in step.cards[ServiceMode.PAID].accessibleName()
    assert "paid_consent" in desk.sheet.missing()
    step.consent.click()
    assert desk.sheet.value("paid_consent") == "yes" and "paid_consent" not in desk.sheet.missing()


def test_fields_that_do_not_apply_leave_no_hole(desk: GuidedDesk, page: AgentPage) -> None:
    desk.answer()
    desk.sheet.go("service")
    settle()
    step = page.form.pages["service"]
    assert "visit_time" not in step.order
    desk.sheet.write("service_mode", "onsite")
    settle()
    assert "visit_time" in step.order and step.fields["visit_time"].isVisible()
    desk.sheet.write("service_mode", "phone")
    settle()
    assert "visit_time" not in step.order and not step.fields["visit_time"].isVisible()


def test_a_number_that_cannot_be_dialled_is_said_when_the_field_is_left(
    qtbot: QtBot, desk: GuidedDesk, page: AgentPage
) -> None:
    desk.answer()
    settle()
    number = edit(page, "callback_number")
    assert isinstance(number.editor, QLineEdit)
    assert number.editor.text() == "138 0013 8000" and number.shown() == "+8613800138000"
    number.take_focus()
    number.editor.selectAll()
    type_text(number.editor, "12")
    qtbot.keyClick(number.editor, Qt.Key.Key_Tab)
    assert number.editor.property("wrong") is True


def test_saved_here_and_saved_centrally_are_said_in_different_words(desk: GuidedDesk, page: AgentPage) -> None:
    from tests.desktop.fake_desk import NOW, Saved

    desk.answer()
    said = []
    for saved in (Saved(True, None), Saved(True, None, 3), Saved(True, NOW)):
        desk.sheet.saved = saved
        desk.sheet.saved_changed.tell()
        said.append(page.form.footer.saved.words.text())
    assert said[0] == "已存本机" and said[1] == "已存本机 3 项，待提交" and said[2].startswith("草稿已存 ")


def test_at_the_smallest_window_only_the_current_step_scrolls(desk: GuidedDesk, page: AgentPage) -> None:
    stand(page, SMALLEST)
    desk.answer()
    desk.sheet.go("service")
    desk.sheet.write("service_mode", "onsite")
    settle()
    form = page.form
    assert form.height() <= SMALLEST[1]
    for part, height in ((form.stepper, 41), (form.footer, 52)):
        box = part.geometry()
        assert box.height() == height and form.rect().contains(box)
    scroll = form._stack.currentWidget()
    assert isinstance(scroll, QScrollArea)
    assert scroll.verticalScrollBar().maximum() > 0, "the step scrolls instead of pushing the footer out"
    assert form._folded.isVisible(), "the coming steps are one line"


def test_finished_steps_open_again_by_their_link(desk: GuidedDesk, page: AgentPage) -> None:
    desk.answer()
    desk.sheet.go("fault")
    settle()
    before = [row for row in page.form._before if row.isVisible()]
    assert [row.name for row in before] == ["customer", "product"]
    before[0].edit.click()
    assert desk.sheet.step == "customer"


def test_wrap_up_takes_the_centre_and_the_form_comes_back_with_the_next_call(
    desk: GuidedDesk, page: AgentPage
) -> None:
    desk.answer()
    desk.wrap_up()
    settle()
    assert page.centre.currentWidget() not in (page.form, page.preview, page.idle)
    desk.calls.call = None
    desk.calls.changed.tell()
    desk.ring()
    assert page.centre.currentWidget() is page.preview


def test_a_field_with_two_texts_is_linked_from_the_footer(desk: GuidedDesk, page: AgentPage) -> None:
    desk.answer()
    desk.sheet.put("symptom", "灯是琥珀色", conflict="灯是红色")
    settle()
    link = page.form.footer.links[0]
    assert link.text().startswith("故障现象（两种写法）")
    link.click()
    settle()
    assert desk.sheet.step == "fault" and edit(page, "symptom").conflict.isVisible()


def test_no_link_of_the_footer_is_cut_off(desk: GuidedDesk, page: AgentPage) -> None:
    desk.answer()
    for name in ("customer_name", "callback_number", "model"):
        desk.sheet.put(name, "")
    settle()
    footer = page.form.footer
    assert footer.links[-1].text().endswith("等")
    for link in footer.links:
        assert link.width() >= link.fontMetrics().horizontalAdvance(link.text())
        assert footer._links.rect().contains(link.geometry())
