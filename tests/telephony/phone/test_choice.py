# SPDX-License-Identifier: GPL-3.0-or-later
"""Which engine runs: by wish, in another's place with words, or a telephone that answers for itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from desktop.doctor import sip_engine
from desktop.flows.handset import Handset, in_words
from telephony.phone.choice import WISH, make_engine_or_instead
from telephony.phone.engine import AnswerCall, ChooseDevices, CommandRefused, HangUpCall, Register, RegistrationChanged
from telephony.phone.other_python import CHOSEN, NoEnvironment, interpreter_of
from tests.telephony.phone.stage import until


def test_without_the_wheel_the_pure_engine_runs_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("telephony.phone.pjsua2")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.delitem(sys.modules, "telephony.phone.pjsip", raising=False)
    monkeypatch.setitem(sys.modules, "pjsua2", None)
    engine, why = make_engine_or_instead("pjsua2", sound=False)
    assert engine.capabilities.name == "pyvoip" and "pip install pjsua2-python" in why


async def test_a_wished_engine_runs_and_one_that_is_another_is_said(
    short: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WISH, "pyvoip")
    reports: list[object] = []
    handset = Handset("house", "an", directory=short, sound=False, on_report=reports.append)
    assert (await handset.start()).capabilities.name == "pyvoip" and reports == []
    await handset.close()
    monkeypatch.setenv(WISH, "pjsua2")  # another wish, but this one runs on
    again = Handset("house", "an", directory=short, sound=False, on_report=reports.append)
    await again.start()
    assert reports == [CommandRefused("Engine", "instead_pyvoip")]
    assert "pyVoIP" in in_words("instead_pyvoip")
    await again.close(goodbye=True)


async def test_a_telephone_of_its_own_is_controlled_there(short: Path) -> None:
    reports: list[object] = []
    handset = Handset("house", "an", engine="hardware", directory=short, on_report=reports.append)
    able = (await handset.start()).capabilities
    assert not (able.answer or able.hold or able.mute or able.dtmf_send or able.devices) and able.max_calls == 0
    for command in (Register("127.0.0.1:5060", "2001", "a"), ChooseDevices(), AnswerCall(1), HangUpCall(1)):
        handset.do(command)
    await until(lambda: len(reports) == 3)
    assert reports == [
        RegistrationChanged(True, 200, ""),
        CommandRefused("AnswerCall", "at_your_telephone"),
        CommandRefused("HangUpCall", "at_your_telephone"),
    ]
    await handset.close(goodbye=True)


def test_the_check_says_which_engine_and_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(WISH, "hardware")
    assert sip_engine().state == "ok"
    monkeypatch.setenv(WISH, "pigeon")
    found = sip_engine()
    assert found.state == "bad" and "pigeon" in found.words and WISH in found.way_out


def test_an_interpreter_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CHOSEN, "/no/such/python")
    with pytest.raises(NoEnvironment, match=CHOSEN):
        interpreter_of("pyvoip")
