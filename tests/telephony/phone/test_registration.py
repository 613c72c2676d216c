# SPDX-License-Identifier: GPL-3.0-or-later
"""Registering with digest at a registrar of the test."""

from __future__ import annotations

import socket

import pytest

from desktop.flows.handset import in_words
from resources.i18n import LANGUAGES, catalogue
from telephony.phone.engine import CommandRefused, DialOut, Register, RegistrationChanged, Unregister
from telephony.phone.signalling import extension_headers, number_of, registration_why
from tests.telephony.phone.stage import until


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_registers_with_digest_and_gives_it_back(handset, a_registrar, algorithm):
    registrar = await a_registrar("s3cret", algorithm)
    line = await handset()
    line.do(Register(registrar.address, "2001", "s3cret"))
    assert await line.hear(RegistrationChanged) == RegistrationChanged(True, 200, "")
    assert registrar.bound == {"2001"}
    now = await line.ask()
    assert (now.registered, now.extension, now.server) == (True, "2001", registrar.address)
    line.do(Unregister())
    assert await line.hear(RegistrationChanged) == RegistrationChanged(False, 200, "")
    await until(lambda: registrar.bound == set())
    assert (await line.ask()).extension == ""


async def test_a_wrong_secret_is_told_once_and_the_right_one_then_works(handset, a_registrar):
    registrar = await a_registrar("right")
    line = await handset()
    line.do(Register(registrar.address, "2001", "wrong"))
    assert await line.hear(RegistrationChanged) == RegistrationChanged(False, 403, "wrong_secret")
    line.do(Register(registrar.address, "2001", "right"))
    assert await line.hear(RegistrationChanged) == RegistrationChanged(True, 200, "")


async def test_a_second_registration_replaces_the_first(handset, a_registrar):
    old, new = await a_registrar("a"), await a_registrar("b")
    line = await handset()
    line.do(Register(old.address, "2001", "a"))
    assert (await line.hear(RegistrationChanged)).registered
    for number in range(12):  # more than the eight accounts of the library
        line.do(Register(new.address, f"30{number:02}", "b"))
        assert await line.hear(RegistrationChanged) == RegistrationChanged(True, 200, "")
    await until(lambda: old.bound == set() and new.bound == {"3011"})


async def test_the_same_registration_again_is_answered(handset, a_registrar):
    registrar = await a_registrar("a")
    line = await handset()
    for _ in range(2):
        line.do(Register(registrar.address, "2001", "a"))
        assert await line.hear(RegistrationChanged) == RegistrationChanged(True, 200, "")


async def test_an_ended_sign_in_is_told_as_expired(handset, a_registrar):
    registrar = await a_registrar("a", grants=6)  # PJSIP refreshes 5 s before the end
    line = await handset()
    line.do(Register(registrar.address, "2001", "a"))
    assert (await line.hear(RegistrationChanged)).registered
    registrar.secret = "another sign-in"
    assert await line.hear(RegistrationChanged, seconds=10) == RegistrationChanged(False, 403, "expired")


async def test_a_silent_server_is_told_as_unreachable_within_seconds(handset):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        line = await handset()
        line.do(Register(f"127.0.0.1:{mute.getsockname()[1]}", "2001", "a"))
        told = await line.hear(RegistrationChanged, seconds=9)
        assert told == RegistrationChanged(False, 408, "unreachable")


async def test_an_address_that_is_none_is_refused(handset):
    line = await handset()
    line.do(Register("127.0.0.1:5060", "20 01;x", "a"))
    assert await line.hear(CommandRefused) == CommandRefused("Register", "bad_address")


async def test_a_registered_handset_dials_an_extension_at_its_server(handset, a_registrar):
    registrar = await a_registrar("a")
    line = await handset()
    line.do(Register(registrar.address, "2001", "a"))
    await line.hear(RegistrationChanged)
    line.do(DialOut("2002", {}))
    await until(lambda: any(getattr(getattr(r, "call", None), "remote", "") == "2002" for r in line.reports))


@pytest.mark.parametrize(
    ("code", "was", "why"),
    [(200, False, ""), (401, False, "wrong_secret"), (403, True, "expired"), (408, True, "unreachable"),
     (503, False, "unreachable"), (0, False, "unreachable"), (404, False, "refused"), (500, False, "refused")],
)  # fmt: skip
def test_every_end_of_a_registration_has_its_word(code, was, why):
    assert registration_why(code, was) == why


@pytest.mark.parametrize(
    ("uri", "number"),
    [("<sip:139@10.0.0.1:5060>", "139"), ('"A" <sip:+8610@h>;tag=1', "+8610"), ("sip:10.0.0.1", "10.0.0.1"),
     ("SIPS:200@h;transport=tls", "200"), ("tel:110", "tel:110")],
)  # fmt: skip
def test_the_number_in_a_uri(uri, number):
    assert number_of(uri) == number


def test_extension_headers_fold_and_keep_the_first():
    message = "INVITE sip:a SIP/2.0\r\nx-call-id: k1\r\nX-Call-Id: k2\r\nX-Long: a\r\n b\r\nVia: v\r\n\r\nX-Body: no"
    assert extension_headers(message) == {"X-Call-Id": "k1", "X-Long": "a b"}


def test_every_reason_has_words_in_both_languages():
    words = {language: {k for k in catalogue(language) if k.startswith("phone.")} for language in LANGUAGES}
    assert words["zh_CN"] == words["en"] and len(words["en"]) > 20
    assert in_words("wrong_secret") == catalogue("zh_CN")["phone.why_wrong_secret"]
    assert in_words("PJ_EUNKNOWN (1)").endswith("PJ_EUNKNOWN (1)") and in_words("") == ""
