# SPDX-License-Identifier: GPL-3.0-or-later
"""``POST /wishes/callback``: the company's website says that somebody wishes to be called, and a task is made of it.

JSON in: number, and optionally name, queue, language (zh_CN | en), note. JSON out: task, number (E.164), again (he
waits already), or error and words. The key comes in ``X-Api-Key``; wrong keys count against the address too.
"""

from __future__ import annotations

import hmac
import json
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from aiohttp import web

from models.rules.refusals import in_words
from models.settings import Settings
from models.store.errors import DatabaseAway
from models.verbs.registry import SYSTEM, VerbRefused
from models.verbs.runner import LONGEST_KEY, run_verb
from resources.i18n import tr
from telephony.numbers import NumberKind, OutboundRules, UnusableNumber, normalise, refused_outbound
from telephony.service.archive import Archive
from telephony.service.floor_log import log
from telephony.service.recordings_door import refusal

LARGEST_WISH = 16 * 1024
MOST_ADDRESSES = 4_096
MINUTE_S = 60.0
FIELDS = ("number", "name", "queue", "language", "note")

# What a stranger may have us call. Abroad is for the house's own rules to say.
_CALLABLE = OutboundRules(national=True, service=False, premium=False, international=True)

Wish = dict[str, Any]


class Pace:
    """So many from one address in a minute: a bucket that fills again evenly. `now` in seconds, of any clock."""

    def __init__(self, per_minute: int) -> None:
        self._most = float(per_minute)
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_s(self, address: str, now: float) -> float:
        """Count one more; 0 when it may pass, else the seconds until one may."""
        left, at = self._buckets.pop(address, (self._most, now))
        left = min(self._most, left + max(0.0, now - at) * self._most / MINUTE_S)
        passes = left >= 1.0
        self._buckets[address] = (left - 1.0 if passes else left, now)
        while len(self._buckets) > MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return 0.0 if passes else (1.0 - left) * MINUTE_S / self._most


def add_routes(
    application: web.Application,
    archive: Archive,
    settings: Settings,
    now: Callable[[], float],
    forbidden: Callable[[str], str] = lambda e164: "",
    taken: Callable[[Wish], None] = lambda wish: None,
) -> None:
    """Open the door. `now` is site time; `forbidden` names the house's words against dialling a number, "" none;
    `taken` hears of each new wish: its fields and its task."""
    pace = Pace(settings.wishes_per_minute)

    async def wish(request: web.Request) -> web.Response:
        if not settings.wishes_key.get_secret_value():
            return refusal(404, "wishes_closed", tr("door.wishes_closed"))
        wait = pace.wait_s(request.remote or "", time.monotonic())
        if wait:
            seconds = str(math.ceil(wait))
            return refusal(429, "too_many", tr("door.too_many", seconds), **{"Retry-After": seconds})
        given = request.headers.get("X-Api-Key", "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(given, settings.wishes_key.get_secret_value().encode()):
            return refusal(401, "bad_key", tr("door.bad_key"))
        read = await _read(request)
        if isinstance(read, web.Response):
            return read
        return await _take(request, read)

    async def _take(request: web.Request, args: dict[str, str]) -> web.Response:
        key = request.headers.get("Idempotency-Key", "")[:LONGEST_KEY].replace("\x00", "")
        try:
            number = normalise(args["number"])
            words = refused_outbound(number, _CALLABLE) or forbidden(number.e164)
        except UnusableNumber as unusable:
            return refusal(422, "number_wrong", tr(unusable.words, *unusable.words_args))
        if words or number.kind is NumberKind.FREEPHONE:
            return refusal(422, "number_forbidden", in_words(words or "numbers.refused_service"))
        wanted = {**args, "number": number.e164}
        try:
            answer = await run_verb(
                archive.database, SYSTEM, "web_callback_request", wanted, f"web-{key}"[:LONGEST_KEY] if key else "",
                now=now(),
            )  # fmt: skip
        except VerbRefused as refused:
            if refused.again:
                return refusal(503, "database_away", tr("door.database_away"))
            error = refused.words.removeprefix("refusal.")
            return refusal(422, error, in_words(refused.words, refused.args_))
        except DatabaseAway:
            return refusal(503, "database_away", tr("door.database_away"))
        if not answer["again"]:
            log.info("wish_taken", task=answer["task"])
            taken({**wanted, "task": answer["task"]})
        told = {"task": answer["task"], "number": number.e164, "again": answer["again"]}
        return web.json_response(told, status=200 if answer["again"] else 201)

    application.router.add_post("/wishes/callback", wish)


async def _read(request: web.Request) -> dict[str, str] | web.Response:
    """The fields of the request, every one a text."""
    if (request.content_length or 0) > LARGEST_WISH:
        return refusal(413, "too_large", tr("door.too_large", LARGEST_WISH // 1024))
    body = bytearray()
    async for piece in request.content.iter_any():
        body += piece
        if len(body) > LARGEST_WISH:
            return refusal(413, "too_large", tr("door.too_large", LARGEST_WISH // 1024))
    try:
        given = json.loads(bytes(body).decode("utf-8"))
    except (ValueError, RecursionError):
        given = None
    if not isinstance(given, dict):
        return refusal(400, "not_json", tr("door.not_json"))
    for name, value in given.items():
        if name not in FIELDS:
            return refusal(400, "field_unknown", tr("door.field_unknown", str(name)[:40]))
        if not isinstance(value, str):
            return refusal(400, "field_wrong", tr("door.field_wrong", name))
    if not str(given.get("number", "")).strip():
        return refusal(422, "number_missing", tr("door.number_missing"))
    return {name: str(value) for name, value in given.items()}
