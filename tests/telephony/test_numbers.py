# SPDX-License-Identifier: GPL-3.0-or-later
"""Every spelling finds its number, garbage is refused in words, and the dialling rules hold."""

from __future__ import annotations

import string

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from resources.i18n import LANGUAGES, catalogue
from telephony.numbers import (
    NumberKind,
    OutboundRules,
    UnusableNumber,
    normalise,
    place,
    refused_outbound,
    show,
)

FULL_WIDTH = str.maketrans("0123456789+-() ", "０１２３４５６７８９＋－（）　")

SIGNS_OF_AN_EXTENSION = (
    "转", " 转 ", "转接", "分机", " ext ", " ext. ", " Extension ", "x", "#", ",", ",,", "p", "w", "-", "－", "；ext=",
)  # fmt: skip

mobiles = st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True)
fixed_lines = st.tuples(
    st.sampled_from(["10", "21", "755", "571", "20"]), st.from_regex(r"[68][0-9]{7}", fullmatch=True)
)


def spellings(area: str, number: str) -> list[str]:
    """How people and machines write a national number; `area` is "" for a mobile."""
    national = area + number
    trunk = f"0{national}"
    a, b = number[:-4], number[-4:]
    return [
        f"+86{national}",
        f"0086{national}",
        f"86{national}",
        trunk,
        f"+86 {area} {a} {b}",
        f"+86-{area}-{a}-{b}" if area else f"+86-{a}-{b}",
        f"(0{area}) {a} {b}" if area else f"0{a} {b}",
        f"+86 (0){area} {a}{b}",
        trunk.translate(FULL_WIDTH),
        f"+86 {area}{a}－{b}".translate(FULL_WIDTH),
        f"tel:+86-{national}",
        f'"客户" <sip:+86{national}@192.0.2.1:5060;user=phone>',
        f"sip:{trunk}@trunk.example",
        f"tel:{trunk};phone-context=+86" if not area else f"tel:{national};phone-context=+86",
        f"  {trunk[:4]}.{trunk[4:8]}.{trunk[8:]}  ",
        f"17951{trunk}",
    ]


@settings(max_examples=60, deadline=None)
@given(mobiles)
def test_every_spelling_of_a_mobile_finds_the_same_number(mobile: str) -> None:
    for text in [mobile, *spellings("", mobile)]:
        number = normalise(text)
        assert (number.e164, number.kind, number.extension) == (f"+86{mobile}", NumberKind.MOBILE, ""), text


@settings(max_examples=60, deadline=None)
@example(("10", "80000000"))
@given(fixed_lines)
def test_every_spelling_of_a_fixed_line_finds_the_same_number(line: tuple[str, str]) -> None:
    area, local = line
    for text in spellings(area, local):
        number = normalise(text)
        assert (number.e164, number.kind, number.extension) == (f"+86{area}{local}", NumberKind.FIXED, ""), text


@settings(max_examples=60, deadline=None)
@given(fixed_lines, st.from_regex(r"[1-9][0-9]{2,3}", fullmatch=True))
def test_extensions_are_kept_apart(line: tuple[str, str], extension: str) -> None:
    area, local = line
    base = f"0{area}-{local}"
    for sign in SIGNS_OF_AN_EXTENSION:
        number = normalise(f"{base}{sign}{extension}")
        assert (number.e164, number.extension) == (f"+86{area}{local}", extension), sign
    assert normalise(f"tel:+86{area}{local};ext={extension}").extension == extension


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=40), st.text(alphabet="+0123456789 ()-转;x#.*abc@:", max_size=30)))
def test_anything_else_is_a_number_or_a_clear_refusal(text: str) -> None:
    try:
        number = normalise(text)
    except UnusableNumber as refusal:
        for language in LANGUAGES:
            words = catalogue(language)[refusal.words]
            assert words.count("%") == len(refusal.words_args)
        return
    if number.kind is NumberKind.WITHHELD:
        assert number.e164 == ""
    elif number.kind in (NumberKind.EMERGENCY, NumberKind.INTERNAL):
        assert number.e164.isdigit() and len(number.e164) <= 5
    else:
        assert number.e164.startswith("+") and set(number.e164[1:]) <= set(string.digits)
        assert normalise(number.e164).e164 == number.e164, "normalising again changes nothing"
        assert show(number.e164)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "numbers.empty"),
        ("   ", "numbers.empty"),
        ("你好", "numbers.not_a_number"),
        ("abc", "numbers.not_a_number"),
        ("138-0013-800a", "numbers.not_a_number"),
        ("+", "numbers.not_a_number"),
        ("+86", "numbers.not_a_number"),
        ("62345678", "numbers.area_missing"),
        ("1380013800", "numbers.no_such_range"),
        ("138001380001234567", "numbers.not_a_number"),
        ("1380013800012", "numbers.wrong_length"),
        ("; DROP TABLE customers", "numbers.not_a_number"),
    ],
)
def test_garbage_says_what_is_wrong(text: str, words: str) -> None:
    with pytest.raises(UnusableNumber) as refusal:
        normalise(text)
    assert refusal.value.words == words


@pytest.mark.parametrize(
    "text",
    [
        "anonymous", "Anonymous", "sip:anonymous@anonymous.invalid", '"Anonymous" <sip:anonymous@anonymous.invalid>',
        "withheld", "匿名", "隐藏号码", "unknown", "sip:@192.0.2.1",
    ],
)  # fmt: skip
def test_withheld_is_known_as_withheld(text: str) -> None:
    assert normalise(text).kind is NumberKind.WITHHELD


def test_a_local_number_takes_the_area_of_the_house() -> None:
    assert normalise("6234 5678", area="010").e164 == "+861062345678"
    assert normalise("6234 5678转12", area="10").extension == "12"


@pytest.mark.parametrize(
    ("text", "kind", "refusal"),
    [
        ("13800138000", NumberKind.MOBILE, None),
        ("19900139000", NumberKind.MOBILE, None),
        ("010 6234 5678", NumberKind.FIXED, None),
        ("400-800-1234", NumberKind.FREEPHONE, None),
        ("800 810 1234", NumberKind.FREEPHONE, None),
        ("95588", NumberKind.SERVICE, None),
        ("10086", NumberKind.SERVICE, None),
        ("12315", NumberKind.SERVICE, None),
        ("96315", NumberKind.PREMIUM, "numbers.refused_premium"),
        ("010-96315", NumberKind.PREMIUM, "numbers.refused_premium"),
        ("16812345", NumberKind.PREMIUM, "numbers.refused_premium"),
        ("+1 202 456 1111", NumberKind.INTERNATIONAL, "numbers.refused_international"),
        ("00852 2123 4567", NumberKind.INTERNATIONAL, "numbers.refused_international"),
        ("110", NumberKind.EMERGENCY, "numbers.refused_emergency"),
        ("119", NumberKind.EMERGENCY, "numbers.refused_emergency"),
        ("１２０", NumberKind.EMERGENCY, "numbers.refused_emergency"),
        ("1001", NumberKind.INTERNAL, "numbers.refused_internal"),
        ("anonymous", NumberKind.WITHHELD, "numbers.refused_withheld"),
    ],
)
def test_what_may_be_dialled(text: str, kind: NumberKind, refusal: str | None) -> None:
    number = normalise(text)
    assert number.kind is kind
    assert refused_outbound(number) == refusal
    if refusal is not None:
        assert all(refusal in catalogue(language) for language in LANGUAGES)


def test_rules_open_and_close_but_never_open_emergency() -> None:
    everything = OutboundRules(premium=True, international=True)
    nothing = OutboundRules(national=False, service=False)
    assert refused_outbound(normalise("+12024561111"), everything) is None
    assert refused_outbound(normalise("96315"), everything) is None
    assert refused_outbound(normalise("110"), everything) == "numbers.refused_emergency"
    assert refused_outbound(normalise("13800138000"), nothing) == "numbers.refused_national"
    assert refused_outbound(normalise("95588"), nothing) == "numbers.refused_service"


@pytest.mark.parametrize(
    ("e164", "shown"),
    [
        ("+8613800138000", "138 0013 8000"),
        ("+861062345678", "010 6234 5678"),
        ("+8675561234567", "0755 6123 4567"),
        ("+864008001234", "400 800 1234"),
        ("+8695588", "95588"),
        ("+12024561111", "+1 202-456-1111"),
        ("1001", "1001"),
        ("", ""),
    ],
)
def test_numbers_are_shown_in_groups(e164: str, shown: str) -> None:
    assert show(e164) == shown


def test_places() -> None:
    assert place("+861062345678", "zh_CN") == "北京市"
    assert place("+861062345678", "en") == "Beijing"
    assert place("+8613000016666", "zh_CN") == "江苏省常州市"
    assert place("+8675561234567", "en") == "Shenzhen, Guangdong"
    assert place("+12024561111", "en") == ""
    assert place("1001", "zh_CN") == ""
    assert place("", "en") == ""


@pytest.mark.parametrize(
    "spelled",
    ["(+86)13000081993", "(+86) 130 0008 1993", "（+86）130-0008-1993", "(+86-130)00081993", "[+86] 130 0008 1993"],
)
def test_a_plus_inside_brackets_is_read(spelled: str) -> None:
    assert normalise(spelled).e164 == "+8613000081993"
