# SPDX-License-Identifier: GPL-3.0-or-later
"""Digits in and out, as RTP events (RFC 4733) and as SIP INFO, on both engines."""

from __future__ import annotations

from telephony.exchange.engine import Answer, DigitPressed, MediaStarted, SendDigits
from tests.telephony.exchange.contract.conftest import ContractSite
from tests.telephony.exchange.conversations import arrived, bridged
from tests.telephony.exchange.peers import until


async def test_the_digits_of_who_waits(site: ContractSite) -> None:
    call, customer = await arrived(site)
    await site.do(Answer, call)
    await site.fact(MediaStarted, leg=call)
    for number, digit in enumerate("15#*"):
        customer.voice.press(digit)
        await until(lambda number=number: len(site.seen(DigitPressed)) == number + 1)
    assert [fact.digit for fact in site.seen(DigitPressed)] == list("15#*")
    assert {fact.leg for fact in site.seen(DigitPressed)} == {call}


async def test_digits_by_info(site: ContractSite) -> None:
    call, customer = await arrived(site)
    await site.do(Answer, call)
    await customer.reaches("answered")
    answers = customer.request("INFO", "Signal=5\r\nDuration=160\r\n", "application/dtmf-relay")
    await site.fact(DigitPressed, leg=call, digit="5")
    await until(lambda: bool(answers))
    assert answers[0].status_code == 200


async def test_the_digits_of_both_while_they_talk(site: ContractSite) -> None:
    call, customer, agent = await bridged(site)
    customer.voice.press("1")
    await site.fact(DigitPressed, leg=call, digit="1")
    agent.voice.press("9")
    await site.fact(DigitPressed, leg="a1", digit="9")


async def test_digits_are_sent_as_events(site: ContractSite) -> None:
    call, customer, agent = await bridged(site)
    await site.do(SendDigits, call, call, "07*")
    await until(lambda: customer.voice.digits == "07*")
    assert agent.voice.digits == ""
    assert not site.seen(DigitPressed)


async def test_digits_are_sent_by_info(site: ContractSite) -> None:
    call, customer, _ = await bridged(site)
    await site.do(SendDigits, call, call, "4#2", by="info")
    await until(lambda: customer.infos() == "4#2")
    assert customer.voice.digits == ""


async def test_what_is_no_digit_is_refused(site: ContractSite) -> None:
    call, _ = await arrived(site)
    assert await site.refused(SendDigits, call, call, "1") == "not_answered"
    assert await site.refused(SendDigits, call, "zz", "1") == "no_such_leg"
    await site.do(Answer, call)
    assert await site.refused(SendDigits, call, call, "x") == "bad_order"
    assert await site.refused(SendDigits, call, call, "") == "bad_order"
    assert await site.refused(SendDigits, call, call, "1", by="pigeon") == "bad_order"
