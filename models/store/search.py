# SPDX-License-Identifier: GPL-3.0-or-later
"""Finding a customer by whatever somebody types: Chinese, pinyin, its initials, latin words, serials, numbers.

One tsvector filled here (the database knows no pinyin): lexemes with a type letter, written quoted so that no parser
and no locale touches them. Telephone endings and names are asked as ranges under collation "C". Every condition is
one that row-level security lets an index answer.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from pypinyin import Style, pinyin
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from models.cards import Candidate
from models.kinds import Confidence

LONGEST_LEXEME = 60
CAP = 300  # of hits that are ranked: beyond it the list says «keep typing»
SHOWN = 20

_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_LATIN = re.compile(r"[a-z0-9]+")
_SPLIT = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+|[a-z0-9]+")
# A surname is read its own way; single characters are looked up without context.
_SURNAMES = {
    "单": "shan", "曾": "zeng", "仇": "qiu", "解": "xie", "查": "zha", "任": "ren", "朴": "piao", "区": "ou",
    "盖": "ge", "翟": "zhai", "尉": "yu", "乐": "yue", "盛": "sheng", "覃": "qin", "华": "hua", "万": "wan",
}  # fmt: skip


@lru_cache(maxsize=20_000)
def _sound(character: str) -> str:
    return pinyin(character, style=Style.NORMAL)[0][0].lower()


def _fold(words: str) -> str:
    return unicodedata.normalize("NFKC", words).lower()


def _han_lexemes(run: str, *, person: bool) -> set[str]:
    lexemes = {run[i : i + 2] for i in range(len(run) - 1)} | {run[-1], run[0]}
    sounds = [_sound(each) for each in run]
    if person and run[0] in _SURNAMES:
        sounds[0] = _SURNAMES[run[0]]
    initials = "".join(each[0] for each in sounds)
    lexemes.add("i" + initials)
    lexemes |= {"j" + initials[start:] for start in range(1, len(initials) - 1)}
    lexemes.add("f" + "".join(sounds))
    return lexemes


def customer_lexemes(name: str, company: str, serials: Iterable[str]) -> set[str]:
    """What a customer is found by."""
    lexemes: set[str] = set()
    for words, person in ((name, True), (company, False)):
        for run in _SPLIT.findall(_fold(words)):
            if _HAN.match(run):
                lexemes |= _han_lexemes(run, person=person)
            else:
                lexemes.add("w" + run)
    for serial in serials:
        clean = "".join(_LATIN.findall(_fold(serial)))
        if clean:
            lexemes |= {"s" + clean, "t" + clean[::-1]}
    return {lexeme[:LONGEST_LEXEME] for lexeme in lexemes}


def vector_text(lexemes: Iterable[str]) -> str:
    """The lexemes as the text of a tsvector: quoted, so that nothing is parsed."""
    return " ".join("'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'" for lexeme in sorted(lexemes))


def customer_vector(name: str, company: str, serials: Iterable[str]) -> str:
    """The `customer.search` of one customer."""
    return vector_text(customer_lexemes(name, company, serials))


async def serials_of(conn: AsyncConnection, customer: int) -> list[str]:
    """The serial numbers of a customer's devices."""
    rows = await conn.execute(text("SELECT serial FROM tr.device WHERE customer = :customer"), {"customer": customer})
    return list(rows.scalars())


def query_text(typed: str) -> str:
    """The tsquery for what was typed; "" when nothing in it can be searched."""
    terms: list[str] = []
    for run in _SPLIT.findall(_fold(typed)):
        if _HAN.match(run):
            if len(run) == 1:
                terms.append(_quoted(run) + ":*")
            else:
                terms += [_quoted(run[i : i + 2]) for i in range(len(run) - 1)]
        else:
            run = run[: LONGEST_LEXEME - 1]
            ways = [f"{_quoted(letter + run)}:*" for letter in "ijfws"]
            if len(run) >= 4:
                ways.append(f"{_quoted('t' + run[::-1])}:*")
            terms.append("(" + " | ".join(ways) + ")")
    return " & ".join(terms)


def _quoted(lexeme: str) -> str:
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


_BY_TEXT = text(
    """
    WITH hit AS (
      (SELECT id, 0 AS rank FROM tr.customer WHERE name = :name OR company = :name LIMIT 20)
      UNION ALL
      (SELECT id, 1 FROM tr.customer WHERE name >= :name AND name < :above LIMIT 20)
      UNION ALL
      (SELECT id, 1 FROM tr.customer WHERE company >= :name AND company < :above LIMIT 20)
      UNION ALL
      (SELECT id, 2 FROM tr.customer WHERE search @@ CAST(:query AS tsquery) LIMIT :cap)
    ), best AS (SELECT id, min(rank) AS rank FROM hit GROUP BY id)
    SELECT c.id, c.name, c.company FROM best JOIN tr.customer c USING (id)
    ORDER BY best.rank, length(c.name || c.company), c.name, c.id LIMIT :shown
    """
)
_BY_PHONE = text(
    """
    WITH hit AS (
      (SELECT customer, confidence, 0 AS rank, e164 FROM tr.phone WHERE e164 = :digits OR e164 = :plus LIMIT 20)
      UNION ALL
      (SELECT customer, confidence, 1, e164 FROM tr.phone WHERE rev >= :reversed AND rev < :above LIMIT 60)
    ), best AS (SELECT DISTINCT ON (customer) customer, confidence, rank, e164 FROM hit ORDER BY customer, rank)
    SELECT c.id, c.name, c.company, best.confidence FROM best JOIN tr.customer c ON c.id = best.customer
    ORDER BY best.rank, length(best.e164), c.name, c.id LIMIT :shown
    """
)
_HIGHEST = "\U0010ffff"


async def search_customers(conn: AsyncConnection, typed: str, shown: int = SHOWN) -> tuple[Candidate, ...]:
    """Customers for what was typed, best first: exact names, beginnings, then everything that holds its parts.

    Four or more digits (spaces and dashes do not matter) are the end of a telephone number or of a serial.
    """
    typed = unicodedata.normalize("NFKC", typed).replace("\x00", "").strip()[:100]
    found: dict[str, Candidate] = {}
    digits = re.sub(r"[\s\-()+.]", "", typed)
    if digits.isascii() and digits.isdigit() and len(digits) >= 4:
        # The E.164 form has no trunk 0; 010-12345678 ends in 1012345678.
        tail = digits[2:] if digits.startswith("00") else digits.removeprefix("0")
        if len(tail) >= 4:
            reversed_ = tail[::-1]
            rows = await conn.execute(
                _BY_PHONE,
                {
                    "digits": digits,
                    "plus": "+" + tail,
                    "reversed": reversed_,
                    "above": reversed_ + ":",
                    "shown": shown,
                },
            )
            for id_, name, company, _ in rows:
                found[str(id_)] = Candidate(str(id_), name, company, Confidence.MAYBE, "card.why_search")
    query = query_text(typed)
    if query and len(found) < shown:
        rows = await conn.execute(
            _BY_TEXT, {"name": typed, "above": typed + _HIGHEST, "query": query, "cap": CAP, "shown": shown}
        )
        for id_, name_, company in rows:
            found.setdefault(str(id_), Candidate(str(id_), name_, company, Confidence.MAYBE, "card.why_name"))
    return tuple(found.values())[:shown]
