# SPDX-License-Identifier: GPL-3.0-or-later
"""Accepting a call: the leg is answered when it is there, once, however often the handset speaks of it."""

from __future__ import annotations

from typing import Any

from desktop.flows.call import CallFlow
from desktop.flows.facts import Topic
from telephony import messages as link
from telephony.phone import engine as phone

OFFER = link.Offer("c1", "offer", "+8613800138000", "", "server", 1.0, 2.0, 3, 5.0, "", "exact", "c1")


class Sheet:
    card = None

    def offered(self, offer: link.Offer) -> None:
        """A card would be read."""

    def offer_gone(self, call: str) -> None:
        """The card would go."""


class Desk:
    """As much of a desk as a call needs; keeps what was sent."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.commands: list[Any] = []
        self.sheet = Sheet()
        self.told = Topic("told")
        self.me = None

    def now(self) -> float:
        return 10.0

    def send(self, message: Any) -> None:
        self.sent.append(message)

    def phone(self, command: Any) -> None:
        self.commands.append(command)


def ringing(number: int = 7, tag: str = "c1") -> phone.PhoneCall:
    return phone.PhoneCall(number, tag, "in", "ringing", "sip:x", {"X-Call-Id": tag})


def test_the_leg_is_answered_once_however_often_the_handset_speaks_of_it() -> None:
    desk = Desk()
    calls = CallFlow(desk)  # type: ignore[arg-type]
    calls.heard(OFFER)
    calls.phone_reported(phone.CallIncoming(ringing()))
    calls.accept()
    for _ in range(3):
        calls.phone_reported(phone.CallChanged(ringing()))
    calls.accept()
    assert desk.commands == [phone.AnswerCall(7)]
    assert desk.sent == [link.Accept("c1")]


def test_an_accept_before_the_ring_reaches_the_handset_answers_it_when_it_comes() -> None:
    desk = Desk()
    calls = CallFlow(desk)  # type: ignore[arg-type]
    calls.heard(OFFER)
    calls.accept()
    assert desk.commands == []
    calls.phone_reported(phone.CallIncoming(ringing(8)))
    assert desk.commands == [phone.AnswerCall(8)]


def test_another_call_is_not_answered_by_it() -> None:
    desk = Desk()
    calls = CallFlow(desk)  # type: ignore[arg-type]
    calls.heard(OFFER)
    calls.accept()
    calls.phone_reported(phone.CallIncoming(ringing(9, "c2")))
    assert desk.commands == []


def test_a_new_handset_that_counts_from_the_beginning_is_answered_too() -> None:
    desk = Desk()
    calls = CallFlow(desk)  # type: ignore[arg-type]
    calls.heard(OFFER)
    calls.phone_reported(phone.CallIncoming(ringing()))
    calls.accept()
    calls.heard(link.OfferGone("c1", "unreachable"))
    calls.handset_lost()
    calls.heard(OFFER)
    calls.phone_reported(phone.CallIncoming(ringing()))
    calls.accept()
    assert desk.commands == [phone.AnswerCall(7), phone.AnswerCall(7)]
