# SPDX-License-Identifier: GPL-3.0-or-later
"""Voice menus: keys, wrong keys, none, another language, keys during the words; and messages on the voicemail."""

from __future__ import annotations

from telephony.calls import KeepMessage, Say, TakeMessage
from telephony.routing.floor import Stage
from tests.telephony.routing.planned import House


def in_the_menu() -> House:
    house = House()
    house.dials("01066667777")
    return house


def test_a_key_leads_on_even_while_the_words_are_said() -> None:
    house = in_the_menu()
    assert house.said() == [("menu_example",)]
    house.key("1")
    assert house.the_call().queue == "repair"
    assert [note.data for note in house.notes("menu")] == [
        {"menu": "main", "digit": ""},
        {"menu": "main", "digit": "1"},
    ]


def test_a_wrong_key_is_said_and_counts_as_a_try() -> None:
    house = in_the_menu()
    house.key("7")
    assert house.said()[-1] == ("menu_wrong", "menu_example")
    house.key("8")
    house.key("8")
    assert house.the_call().queue == "400"


def test_no_key_says_it_again_and_then_goes_elsewhere() -> None:
    house = in_the_menu()
    for _ in range(3):
        assert house.the_call().stage is Stage.MENU
        house.through()
        house.wait(5.5)
    assert house.the_call().queue == "400" and house.said()[:3] == [("menu_example",)] * 3


def test_another_language_stays_for_all_later_words() -> None:
    house = in_the_menu()
    house.key("9")
    house.key("1")
    assert [say.language for say in house.ordered(Say)] == ["zh_CN", "en", "en"]


def test_an_announcement_ends_the_call() -> None:
    house = in_the_menu()
    house.key("2")
    house.through()
    assert house.outcome() == "overflowed"


def test_hanging_up_in_a_menu_is_giving_up() -> None:
    house = in_the_menu()
    house.hangs_up()
    assert house.outcome() == "abandoned"


# ---- voicemail ------------------------------------------------------------------------------------------------


def at_the_tone() -> House:
    house = in_the_menu()
    house.key("3")
    assert house.said()[-1] == ("voicemail_greeting", "beep") and not house.ordered(TakeMessage)
    house.through()
    assert house.ordered(TakeMessage) == [TakeMessage("c1", "400", 180.0)]
    return house


def test_a_message_is_kept_when_he_hangs_up() -> None:
    house = at_the_tone()
    house.wait(20)
    house.hangs_up()
    assert house.ordered(KeepMessage) == [KeepMessage("c1", "400", "+8613800138000")]
    assert house.outcome() == "voicemail"


def test_a_message_ends_by_hash_and_after_three_minutes() -> None:
    house = at_the_tone()
    house.wait(5)
    house.key("#")
    assert house.outcome() == "voicemail"
    house = at_the_tone()
    house.wait(181)
    assert house.outcome() == "voicemail"


def test_silence_is_no_message() -> None:
    house = at_the_tone()
    house.now += 0.5
    house.hangs_up()
    assert not house.ordered(KeepMessage) and house.outcome() == "abandoned"


def test_a_greeting_whose_end_nobody_tells_still_leads_to_the_tone() -> None:
    house = in_the_menu()
    house.key("3")
    house.wait(61)
    assert house.ordered(TakeMessage)
