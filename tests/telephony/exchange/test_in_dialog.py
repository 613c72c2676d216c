# SPDX-License-Identifier: GPL-3.0-or-later
"""What a phone or caller may change in a call that talks, and what the embedded exchange says of a call it refused."""

from __future__ import annotations

import asyncio

from telephony.exchange.engine import Answer, CallArrived, CallRefused, LegEnded, MediaLost, Ring, SendDigits
from tests.telephony.exchange.conftest import EmbeddedSite
from tests.telephony.exchange.conversations import AGENT, CUSTOMER, arrived, bridged, heard, tones
from tests.telephony.exchange.peers import until


async def test_a_phone_is_offered_the_callers_codec_only(site: EmbeddedSite) -> None:
    """So nothing has to be translated while they talk."""
    phone = await site.phone("1001")
    caller = await site.caller()
    caller.laws = (0,)
    caller.call(site.trunk, "400")
    await site.do(Ring, (await site.fact(CallArrived)).call, "a1", "1001", {})
    agent = await phone.rung()
    assert agent.invite is not None
    assert "RTP/AVP 0 101" in agent.invite.text


async def test_a_call_without_a_common_codec_is_still_an_arrived_contact(site: EmbeddedSite) -> None:
    caller = await site.caller()
    body = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 18\r\n"
    caller.call(site.trunk, "400", body=body)
    refused = await site.fact(CallRefused)
    assert (refused.code, refused.from_number, refused.to_number) == (488, "13800138000", "400")


async def test_a_phones_digits_go_on_to_the_customer_and_not_the_other_way(site: EmbeddedSite) -> None:
    call, customer, agent = await bridged(site)
    agent.voice.press("9")
    await until(lambda: customer.voice.digits == "9")
    customer.voice.press("1")
    await site.do(SendDigits, call, call, "07")
    await until(lambda: customer.voice.digits == "907")
    assert agent.voice.digits == ""


async def test_a_far_end_that_takes_no_info_gets_no_more_of_it(site: EmbeddedSite) -> None:
    call, customer = await arrived(site)
    await site.do(Answer, call)
    await customer.reaches("answered")
    customer.answers["INFO"] = 415
    await site.do(SendDigits, call, call, "123", by="info")
    await until(lambda: customer.infos() == "1")
    await asyncio.sleep(0.1)
    assert customer.infos() == "1"
    customer.answers.clear()
    await site.do(SendDigits, call, call, "4", by="info")
    await until(lambda: customer.infos() == "14")


async def test_a_phone_on_hold_by_itself_is_not_lost_and_comes_back(site: EmbeddedSite) -> None:
    _, customer, agent = await bridged(site)
    offer = agent.peer_offer("inactive")
    agent.voice.talking = False
    answers = agent.request("INVITE", offer)
    await until(lambda: any(a.status_code == 200 for a in answers))
    assert "a=inactive" in answers[-1].text
    await asyncio.sleep(0.2)
    before = agent.voice.packets
    await asyncio.sleep(3.6)
    assert agent.voice.packets == before
    assert not site.seen(MediaLost)
    agent.voice.talking = True
    answers = agent.request("INVITE", agent.peer_offer("sendrecv"))
    await until(lambda: any(a.status_code == 200 for a in answers))
    to_customer, to_agent = await heard(customer, agent)
    assert (tones(to_customer), tones(to_agent)) == ({AGENT}, {CUSTOMER})


async def test_a_phone_may_not_change_its_law_in_the_call(site: EmbeddedSite) -> None:
    _, _, agent = await bridged(site)
    other = agent.peer_offer("sendrecv").replace(f"RTP/AVP {agent.voice.law}", "RTP/AVP 18")
    answers = agent.request("INVITE", other)
    await until(lambda: bool(answers) and answers[-1].status_code >= 200)
    assert answers[-1].status_code == 488
    assert not site.seen(LegEnded)
