# SPDX-License-Identifier: GPL-3.0-or-later
"""Recordings and voicemails over HTTP: the only way a desk gets sound, each time with its right asked and noted first.

``GET /sound/recording/<id>`` is the stereo file as it was recorded, ``GET /sound/voicemail/<id>`` the caller's message
alone, mono; both take Range. ``Authorization: Bearer <session token>``. Errors are JSON: error, words.
"""

from __future__ import annotations

import array
import asyncio
import io
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from models.rules.refusals import in_words
from models.store.errors import DatabaseAway
from models.verbs.registry import VerbRefused
from resources.i18n import tr
from telephony.service.archive import Archive

BEARER = "bearer "
LEAD_IN_S = 0.3  # before the instant at which the message was said to begin
LONGEST_MESSAGE_S = 1_800.0
_STATUS = {
    "refusal.no_recording": 404,
    "refusal.no_voicemail": 404,
    "refusal.sound_erased": 410,
    "refusal.not_your_recording": 403,
    "refusal.not_your_group": 403,
    "refusal.not_allowed": 403,
}
# Nobody between the service and the desk keeps a caller's voice.
_PRIVATE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class SoundMissing(Exception):
    """The file is not there or is no WAV. `args` are a catalogue key and the file's name."""


def add_routes(application: web.Application, archive: Archive, recordings: Callable[[], Path]) -> None:
    """Give out sound from the folder that `recordings` names at the moment of the request."""

    async def recording(request: web.Request) -> web.StreamResponse:
        answer = await _asked(request, archive, "recording_listen", "recording")
        if isinstance(answer, web.Response):
            return answer
        try:
            file = await asyncio.to_thread(_inside, recordings(), str(answer["file"]))
        except SoundMissing as missing:
            return refusal(404, "sound_missing", tr(*missing.args))
        return web.FileResponse(file, headers={**_PRIVATE, "Content-Type": "audio/wav"})

    async def voicemail(request: web.Request) -> web.StreamResponse:
        answer = await _asked(request, archive, "voicemail_listen", "voicemail")
        if isinstance(answer, web.Response):
            return answer
        try:
            sound = await asyncio.to_thread(_message, recordings(), str(answer["file"]), float(answer["seconds"]))
        except SoundMissing as missing:
            return refusal(404, "sound_missing", tr(*missing.args))
        return _part(request, sound)

    application.router.add_get("/sound/recording/{id}", recording)
    application.router.add_get("/sound/voicemail/{id}", voicemail)


def refusal(status: int, error: str, words: str, **headers: str) -> web.Response:
    """`error` for a program, `words` for a person."""
    return web.json_response({"error": error, "words": words}, status=status, headers={**_PRIVATE, **headers})


async def _asked(request: web.Request, archive: Archive, verb: str, argument: str) -> dict[str, Any] | web.Response:
    """The verb's answer, with the audit's line committed; or the response that says why not."""
    given = request.headers.get("Authorization", "")
    token = given[len(BEARER) :].strip() if given.lower().startswith(BEARER) else ""
    try:
        who = await archive.check_token(token) if token and "\x00" not in token else None
        if who is None:
            return refusal(401, "bad_token", tr("door.bad_token"), **{"WWW-Authenticate": "Bearer"})
        return await archive.run_verb(who, verb, {argument: request.match_info["id"]}, "")
    except VerbRefused as refused:
        if refused.again:
            return refusal(503, "database_away", tr("door.database_away"))
        if refused.words == "refusal.argument_wrong":
            return refusal(404, "not_there", tr("door.not_there"))
        error = refused.words.removeprefix("refusal.")
        return refusal(_STATUS.get(refused.words, 403), error, in_words(refused.words, refused.args_))
    except DatabaseAway:
        return refusal(503, "database_away", tr("door.database_away"))


def _inside(folder: Path, name: str) -> Path:
    """The file, when it is one and lies in the folder, whatever the row says."""
    file = (folder / name).resolve()
    if not file.is_relative_to(folder.resolve()) or not file.is_file():
        raise SoundMissing("door.sound_gone", name)
    return file


def _message(folder: Path, name: str, seconds: float) -> bytes:
    """The caller's side of the last `seconds` of a recording, as a WAV of its own."""
    file = _inside(folder, name)
    try:
        with wave.open(str(file)) as source:
            channels, width, rate = source.getnchannels(), source.getsampwidth(), source.getframerate()
            if width != 2:
                raise wave.Error("not 16-bit")
            wanted = int((min(seconds, LONGEST_MESSAGE_S) + LEAD_IN_S) * rate) if seconds > 0 else source.getnframes()
            source.setpos(max(0, source.getnframes() - wanted))
            samples = array.array("h", source.readframes(wanted))
    except (wave.Error, EOFError, OSError) as error:
        raise SoundMissing("door.sound_unreadable", name) from error
    caller = samples[::channels]  # the first channel is the customer's; whole frames, so it is only his
    told = io.BytesIO()
    with wave.open(told, "wb") as target:
        target.setnchannels(1)
        target.setsampwidth(2)
        target.setframerate(rate)
        target.writeframes(caller.tobytes())
    return told.getvalue()


def _part(request: web.Request, sound: bytes) -> web.Response:
    """The bytes, or the range of them that was asked for."""
    headers = {**_PRIVATE, "Accept-Ranges": "bytes"}
    try:
        asked = request.http_range
    except ValueError:
        return _not_satisfiable(sound)
    if asked.start is None and asked.stop is None:
        return web.Response(body=sound, content_type="audio/wav", headers=headers)
    begin, end, _ = asked.indices(len(sound))
    if begin >= end:
        return _not_satisfiable(sound)
    headers["Content-Range"] = f"bytes {begin}-{end - 1}/{len(sound)}"
    return web.Response(status=206, body=sound[begin:end], content_type="audio/wav", headers=headers)


def _not_satisfiable(sound: bytes) -> web.Response:
    return web.Response(status=416, headers={**_PRIVATE, "Content-Range": f"bytes */{len(sound)}"})
