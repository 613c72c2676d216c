# SPDX-License-Identifier: GPL-3.0-or-later
"""Telephone numbers: every spelling to one E.164, shown in groups, with its place; and what may not be dialled out.

The door of the library `phonenumbers`. Raises UnusableNumber, with words from the catalogue, for what is no number.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType

csv.field_size_limit(1 << 20)  # a big city has more prefixes than a field may hold by default

PLACES = Path(__file__).parents[1] / "resources" / "numbers" / "places.csv"
HOME = "CN"
HOME_CODE = 86


class NumberKind(StrEnum):
    """What a number is, as far as dialling rules ask."""

    MOBILE = "mobile"
    FIXED = "fixed"
    FREEPHONE = "freephone"  # 400 and 800
    SERVICE = "service"  # short numbers of banks, carriers, authorities: 95588, 10086, 12315
    PREMIUM = "premium"  # 96xxx, 16xxx
    INTERNATIONAL = "international"
    EMERGENCY = "emergency"
    INTERNAL = "internal"  # an extension of this house
    WITHHELD = "withheld"


@dataclass(frozen=True)
class Number:
    """`e164` is "+86…"; plain digits for emergency and internal numbers, which have none; "" when withheld."""

    e164: str
    extension: str = ""
    kind: NumberKind = NumberKind.FIXED


@dataclass(frozen=True)
class OutboundRules:
    """What may be dialled. Emergency numbers and internal extensions never go out over a trunk, whatever is set."""

    national: bool = True
    service: bool = True
    premium: bool = False
    international: bool = False


class UnusableNumber(ValueError):
    """The text is no telephone number. `words` is a catalogue key, `words_args` its arguments."""

    def __init__(self, words: str, *args: str) -> None:
        super().__init__(f"{words}: {', '.join(args)}")
        self.words = words
        self.words_args: tuple[str, ...] = args


WITHHELD_WORDS = frozenset(
    {
        "anonymous", "withheld", "unavailable", "restricted", "private", "unknown",
        "匿名", "未知", "未知号码", "隐藏号码", "隐私号码",
    }
)  # fmt: skip
EMERGENCY = frozenset({"110", "112", "119", "120", "122", "999"})

_uri = re.compile(r"^.*?\b(?P<scheme>sips?|tel):(?P<rest>[^>]*)>?.*$", re.IGNORECASE | re.DOTALL)
_extension = re.compile(
    r"(?:转接?|分机|内线|;?\s*ext(?:n|ension)?[.:=]?|x|#|[,;]+|p+|w+)\s*:?\s*(\d{1,8})#?\s*$", re.IGNORECASE
)
_hyphen_extension = re.compile(r"^(?P<number>.*\d{7,8})\s*-\s*(?P<extension>\d{1,6})$")
_allowed = re.compile(r"^[(\[\s]*\+?[\d\s()\[\].\-/·]*$")
_mobile = re.compile(r"^1[3-9]\d{9}$")
_carrier_prefix = re.compile(r"^(?:17951|17911|17909|12593|10193)(?=0?1[3-9]\d{9}$|0\d{9,11}$)")
_fixed = re.compile(r"^(?:10|2\d|[3-9]\d{2})[2-8]\d{6,7}$")
_service = re.compile(r"^(?:10\d{3,4}|1010\d{4}|12\d{3}|116\d{2}|95\d{3,4}|114|121)$")
_premium = re.compile(r"^(?:(?:10|2\d|[3-9]\d{2})?96\d{3,4}|16\d{3,6})$")
_freephone = re.compile(r"^[48]00\d{7}$")
_internal = re.compile(r"^\d{3,5}$")
_local = re.compile(r"^[2-8]\d{6,7}$")


def normalise(text: str, region: str = HOME, area: str = "") -> Number:
    """One number for every spelling of it. `area` ("010") completes a local number. Raises UnusableNumber."""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        raise UnusableNumber("numbers.empty")
    plain, extension = _out_of_uri(plain)
    if plain.strip(" \"'").lower() in WITHHELD_WORDS:
        return Number("", "", NumberKind.WITHHELD)
    if not extension and (found := _extension.search(plain)) and any(map(str.isdigit, plain[: found.start()])):
        plain, extension = plain[: found.start()], found.group(1)
    plain = _dashes(plain)
    if not extension and (found := _hyphen_extension.match(plain)) and _tail_is_extension(found.group("number")):
        plain, extension = found.group("number"), found.group("extension")
    if not _allowed.match(plain):
        raise UnusableNumber("numbers.not_a_number", text.strip()[:40])
    number = _national(plain, area) if region == HOME else None
    if number is None:
        number = _parsed(plain, region, text)
    return Number(number.e164, extension, number.kind)


def _out_of_uri(plain: str) -> tuple[str, str]:
    """The user part of a SIP or tel URI, with the extension a tel URI may name."""
    found = _uri.match(plain)
    if not found:
        return plain, ""
    rest = unquote(found.group("rest"))
    user, *parameters = rest.split(";")
    extension = next((p[4:] for p in parameters if p.lower().startswith("ext=")), "")
    context = next((p[14:] for p in parameters if p.lower().startswith("phone-context=+")), "")
    user = user.partition("@")[0].partition(":")[0]
    if not user:
        return "anonymous", ""
    return (f"{context}{user}" if context and not user.startswith("+") else user), extension


def _dashes(plain: str) -> str:
    """Every dash Unicode has as "-", so that one rule reads them all."""
    return "".join("-" if unicodedata.category(sign) == "Pd" or sign == "−" else sign for sign in plain).strip()


def _digits(plain: str) -> str:
    return re.sub(r"\D", "", plain)


def _tail_is_extension(head: str) -> bool:
    """010-62345678-801: what stands before the last dash is a whole number already; 138-0013-8000 is not that."""
    digits = _digits(head)
    return bool(re.fullmatch(r"(?:0086|86)?0\d{2,3}[2-8]\d{6,7}|(?:0086|86)(?:10|2\d|[3-9]\d{2})[2-8]\d{6,7}", digits))


def _national(plain: str, area: str) -> Number | None:
    """A number of this country in any spelling; None when it must be another country's or something else."""
    digits = _digits(plain)
    international = plain.lstrip("([ ").startswith("+")
    if digits.startswith("00") and not international:
        digits, international = digits[2:], True
    if international or (digits.startswith("86") and len(digits) >= 12):
        if not digits.startswith("86"):
            return None
        digits, international = digits[2:], True  # the plus is often lost on the way, the country is not
    elif digits in EMERGENCY:
        return Number(digits, "", NumberKind.EMERGENCY)
    digits = _carrier_prefix.sub("", digits)
    trunk = digits.startswith("0")
    digits = digits.removeprefix("0")
    kind = _kind_of_national(digits)
    if kind is None and (trunk or international) and _fixed.match(digits):
        kind = NumberKind.FIXED
    if kind is not None:
        return Number(f"+{HOME_CODE}{digits}", "", kind)
    if not trunk and not international:
        if _internal.match(digits):
            return Number(digits, "", NumberKind.INTERNAL)
        if _local.match(digits):
            if not area:
                raise UnusableNumber("numbers.area_missing", digits)
            return Number(f"+{HOME_CODE}{area.removeprefix('0')}{digits}", "", NumberKind.FIXED)
    return None


def _kind_of_national(digits: str) -> NumberKind | None:
    """The kinds whose shape alone tells; new mobile ranges come sooner than the library's tables."""
    if _mobile.match(digits):
        return NumberKind.MOBILE
    if _freephone.match(digits):
        return NumberKind.FREEPHONE
    if _premium.match(digits):
        return NumberKind.PREMIUM
    if _service.match(digits):
        return NumberKind.SERVICE
    return None


def _parsed(plain: str, region: str, text: str) -> Number:
    """What the library makes of it."""
    digits = _digits(plain)
    if digits.startswith("00"):
        plain = "+" + digits[2:]
    elif region == HOME and len(digits) >= 12 and digits.startswith(str(HOME_CODE)):
        plain = "+" + digits
    shown = text.strip()[:40]
    try:
        found = phonenumbers.parse(plain, region)
    except NumberParseException:
        raise UnusableNumber("numbers.not_a_number", shown) from None
    if not phonenumbers.is_possible_number(found):
        raise UnusableNumber("numbers.wrong_length", shown)
    home = found.country_code == phonenumbers.country_code_for_region(region)
    if home and not phonenumbers.is_valid_number(found):
        raise UnusableNumber("numbers.no_such_range", shown)
    e164 = phonenumbers.format_number(found, PhoneNumberFormat.E164)
    return Number(e164, "", _kind(found) if home else NumberKind.INTERNATIONAL)


def _kind(found: PhoneNumber) -> NumberKind:
    match phonenumbers.number_type(found):
        case PhoneNumberType.MOBILE:
            return NumberKind.MOBILE
        case PhoneNumberType.TOLL_FREE:
            return NumberKind.FREEPHONE
        case PhoneNumberType.PREMIUM_RATE | PhoneNumberType.SHARED_COST:
            return NumberKind.PREMIUM
        case _:
            return NumberKind.FIXED


def show(e164: str) -> str:
    """As people read it: 138 0013 8000, 010 6234 5678, 400 800 1234, +1 202-456-1111. Anything else as it is."""
    national = e164.removeprefix(f"+{HOME_CODE}")
    if national != e164 and _mobile.match(national):
        return f"{national[:3]} {national[3:7]} {national[7:]}"
    if national != e164 and _kind_of_national(national) in (NumberKind.SERVICE, NumberKind.PREMIUM):
        return national
    found = _known(e164)
    if found is None:
        return e164
    home = found.country_code == HOME_CODE
    shape = PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(found, shape)


def place(e164: str, language: str) -> str:
    """Where a Chinese number is at home, in `language` (zh_CN or en); "" when nobody knows.

    The first call reads the table, about a tenth of a second.
    """
    national = e164.removeprefix(f"+{HOME_CODE}")
    if national == e164:
        return ""
    table = _places()
    for length in range(PREFIX_DIGITS, 1, -1):
        names = table.get(national[:length])
        if names is not None:
            return names[1] if language == "en" else names[0]
    return ""


PREFIX_DIGITS = 7


@lru_cache(maxsize=1)
def _places() -> dict[str, tuple[str, str]]:
    """{national prefix: (Chinese, English)}; each word of a line starts with how much it shares with the one before."""
    table: dict[str, tuple[str, str]] = {}
    with PLACES.open(encoding="utf-8", newline="") as file:
        for zh, en, packed in csv.reader(file):
            prefix = ""
            for word in packed.split():
                prefix = prefix[: int(word[0])] + word[1:]
                table[prefix] = (zh, en)
    return table


def _known(e164: str) -> PhoneNumber | None:
    try:
        found = phonenumbers.parse(e164, None)
    except NumberParseException:
        return None
    return found if phonenumbers.is_possible_number(found) else None


DEFAULT_RULES = OutboundRules()


def refused_outbound(number: Number, rules: OutboundRules = DEFAULT_RULES) -> str | None:
    """The catalogue key that says why this number may not be dialled, None when it may."""
    match number.kind:
        case NumberKind.EMERGENCY:
            return "numbers.refused_emergency"
        case NumberKind.INTERNAL:
            return "numbers.refused_internal"
        case NumberKind.WITHHELD:
            return "numbers.refused_withheld"
        case NumberKind.INTERNATIONAL:
            return None if rules.international else "numbers.refused_international"
        case NumberKind.PREMIUM:
            return None if rules.premium else "numbers.refused_premium"
        case NumberKind.SERVICE:
            return None if rules.service else "numbers.refused_service"
        case NumberKind.MOBILE | NumberKind.FIXED | NumberKind.FREEPHONE:
            return None if rules.national else "numbers.refused_national"
