# SPDX-License-Identifier: GPL-3.0-or-later
"""Registering: with either digest, wrongly, anew, at a server that goes and comes back, and giving it back."""

from __future__ import annotations

import socket

import pytest

from telephony.phone.engine import CommandRefused, Register, RegistrationChanged, Unregister
from tests.telephony.phone.stage import free_udp_port, until


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
async def test_it_registers_and_gives_it_back(phone, a_registrar, algorithm):
    registrar = await a_registrar("s3cret", algorithm)
    line = await phone()
    line.do(Register(registrar.address, "2001", "s3cret"))
    if algorithm not in line.now.capabilities.digests:
        assert not (await line.hear(RegistrationChanged)).registered
        assert registrar.bound == set()
        return
    assert await line.hear(RegistrationChanged) == RegistrationChanged(True, 200, "")
    assert registrar.bound == {"2001"}
    now = await line.ask()
    assert (now.registered, now.extension, now.server, now.secure) == (True, "2001", registrar.address, False)
    line.do(Unregister())
    assert await line.hear(RegistrationChanged) == RegistrationChanged(False, 200, "")
    await until(lambda: registrar.bound == set())
    assert (await line.ask()).extension == ""


async def test_a_wrong_secret_is_told_and_the_right_one_then_works(phone, a_registrar):
    registrar = await a_registrar("right")
    line = await phone()
    line.do(Register(registrar.address, "2001", "wrong"))
    assert await line.hear(RegistrationChanged) == RegistrationChanged(False, 403, "wrong_secret")
    line.do(Register(registrar.address, "2001", "right"))
    assert await line.hear(RegistrationChanged) == RegistrationChanged(True, 200, "")


async def test_registering_again_replaces_what_was(phone, a_registrar):
    old, new = await a_registrar("a"), await a_registrar("b")
    line = await phone()
    line.do(Register(old.address, "2001", "a"))
    assert (await line.hear(RegistrationChanged)).registered
    for number in range(10):  # more than the accounts of any library
        line.do(Register(new.address, f"30{number:02}", "b"))
        assert await line.hear(RegistrationChanged) == RegistrationChanged(True, 200, "")
    await until(lambda: old.bound == set() and new.bound == {"3009"})


async def test_a_sign_in_that_ended_is_told_as_expired(phone, a_registrar):
    registrar = await a_registrar("a", grants=6)
    line = await phone()
    line.do(Register(registrar.address, "2001", "a"))
    assert (await line.hear(RegistrationChanged)).registered
    registrar.secret = "another sign-in"
    assert await line.hear(RegistrationChanged, seconds=12) == RegistrationChanged(False, 403, "expired")


async def test_a_server_that_is_away_is_told_and_found_when_it_is_back(phone, a_registrar):
    port = free_udp_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", port))
        line = await phone()
        line.do(Register(f"127.0.0.1:{port}", "2001", "a"))
        assert await line.hear(RegistrationChanged, seconds=9) == RegistrationChanged(False, 408, "unreachable")
    registrar = await a_registrar("a", port=port)
    assert await line.hear(RegistrationChanged, seconds=15) == RegistrationChanged(True, 200, "")
    assert registrar.bound == {"2001"}


WISHES = (
    (Register("127.0.0.1:5060", "20 01;x", "a"), "bad_address"),
    (Register("127.0.0.1:5060", "2001", "a", transport="pigeon"), "bad_address"),
    (Register("127.0.0.1:5060", "2001", "a", transport="tls"), "no_trust no_tls"),
    (Register("127.0.0.1:5060", "2001", "a", media="sdes"), "media_needs_tls no_srtp"),
    (Register("127.0.0.1:5060", "2001", "a", transport="tls", media="rot13", trust="x"), "no_srtp no_tls"),
)


async def test_what_cannot_be_is_refused_before_anything_is_sent(phone):
    """A secure engine says what is missing, another that it cannot; none falls back to sending it in the clear."""
    line = await phone()
    able = line.now.capabilities
    for wish, why in WISHES:
        line.do(wish)
        words = why.split()
        assert await line.hear(CommandRefused) == CommandRefused("Register", words[0] if able.tls else words[-1])
    assert not (await line.ask()).registered
