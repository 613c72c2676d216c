# SPDX-License-Identifier: GPL-3.0-or-later
"""Registering with digest at a registrar of the test."""

from __future__ import annotations

import pytest

from desktop.flows.handset import in_words
from resources.i18n import LANGUAGES, catalogue
from telephony.phone.engine import DialOut, Register, RegistrationChanged
from telephony.phone.signalling import extension_headers, number_of, registration_why
from tests.telephony.phone.stage import until


async def test_the_same_registration_again_is_answered(handset, a_registrar):
    registrar = await a_registrar("a")
    line = await handset()
    for _ in range(2):
        line.do(Register(registrar.address, "2001", "a"))
        assert await line.hear(RegistrationChanged) == RegistrationChanged(True, 200, "")


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
