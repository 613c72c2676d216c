# SPDX-License-Identifier: GPL-3.0-or-later
"""The service on its own Asterisk: who can speak TLS does, who cannot is served beside him, and the desk knows."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desktop.flows.registering import registration
from models.kinds import AgentState, Group
from telephony import messages as link
from telephony.phone.engine import AnswerCall, RegistrationChanged
from tests.telephony.exchange.peers import address
from tests.telephony.phone.stage import Line
from tests.telephony.service.serving import START_S, Serving, need_asterisk, serving_site


@pytest.fixture
async def serving() -> AsyncIterator[Serving]:
    await need_asterisk()
    async with serving_site({"1001": Group.AGENT, "1002": Group.AGENT}) as made:
        yield made


async def test_one_speaks_tls_and_his_colleague_does_not(serving: Serving) -> None:
    await serving.start("--open-when-staffed", TR_EXCHANGE="asterisk", TR_RING_CADENCE_S="5")
    await serving.until_said("SERVING ")
    safe, plain = await serving.desk("1001"), await serving.desk("1002")
    folder = Path(tempfile.mkdtemp(prefix="tr-"))
    line = await Line.start(folder / "h.sock", "--no-sound", "--engine", "pjsua2")
    try:
        welcome = safe.last(link.Welcome)
        wanted = registration(welcome, line.now.capabilities)
        assert wanted is not None and (wanted.transport, wanted.media) == ("tls", "sdes")
        assert wanted.server == welcome.sip_secure != welcome.sip_server and wanted.trust.startswith("sha256:")
        line.do(wanted)
        assert (await line.hear(RegistrationChanged)).registered
        await safe.send(link.ChooseState(AgentState.READY))
        trunk_side = address((await serving.until_said("READY ")).split()[1])

        first = (await serving.caller("13800138001")).call(trunk_side, "400")
        ringing = await line.ringing()
        assert ringing.secure
        line.do(AnswerCall(ringing.call))
        talking = await safe.until(link.CallIs, lambda call: call.stage == "talking" and call.connected_at > 0)
        assert talking.secure
        await first.reaches("answered")

        phone = await serving.phone(plain)
        await plain.send(link.ChooseState(AgentState.READY))
        second = (await serving.caller("13800138002")).call(trunk_side, "400")
        talk = await phone.rung()
        assert plain.last(link.Welcome).sip_server in talk.header("Via"), "rung by the side where he registered"
        talk.answer()
        talking = await plain.until(
            link.CallIs, lambda call: call.stage == "talking" and call.connected_at > 0, within=START_S
        )
        assert not talking.secure
        await second.reaches("answered")
        for call in (first, second):
            call.hang_up()
    finally:
        await line.end()
        shutil.rmtree(folder, ignore_errors=True)
