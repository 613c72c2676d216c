# SPDX-License-Identifier: GPL-3.0-or-later
"""What callers hear from us: prompts and music from WAV files (8 kHz, mono, 16 bit), and the Chinese ringing tone."""

from __future__ import annotations

import logging
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from telephony.exchange.embedded.g711 import FRAME, RATE, SILENCE, Samples, encode

log = logging.getLogger(__name__)

MUSIC, RINGING = "music", "ringing"
RINGING_HZ, RINGING_ON, RINGING_OFF = 450, 1, 4  # GB/T 3380: ringing tone
_LEVEL = 6000


class NoSuchSound(KeyError):
    """There is no prompt of this name."""


@dataclass(frozen=True)
class Sound:
    """Whole frames of encoded voice for each law."""

    encoded: dict[int, bytes]

    @property
    def frames(self) -> int:
        return len(self.encoded[0]) // FRAME


def sound(samples: Samples) -> Sound:
    """A sound of 16-bit samples, filled up to whole frames."""
    padded = np.concatenate([samples, np.zeros(-len(samples) % FRAME, dtype=np.int16)])
    return Sound({law: encode(law, padded) for law in SILENCE})


def _ringing_tone() -> Sound:
    t = np.arange(RATE * RINGING_ON) / RATE
    tone = (_LEVEL * np.sin(2 * np.pi * RINGING_HZ * t)).astype(np.int16)
    return sound(np.concatenate([tone, np.zeros(RATE * RINGING_OFF, dtype=np.int16)]))


class Library:
    """The prompts of the house's language, or of another one, with those of the folder above as a fallback."""

    def __init__(self, root: Path, language: str) -> None:
        self._root = root
        self._language = language
        self._sounds: dict[tuple[str, str], Sound] = {("", RINGING): _ringing_tone()}

    def get(self, name: str, language: str = "") -> Sound:
        """The sound called `name`; raises NoSuchSound when there is no usable file."""
        key = (language, name)
        if key not in self._sounds:
            self._sounds[key] = self._read(name, language)
        return self._sounds[key]

    def _read(self, name: str, language: str) -> Sound:
        if not name or not name.replace("_", "").replace("-", "").isalnum():
            raise NoSuchSound(name)
        spoken = [self._root / each for each in dict.fromkeys((language or self._language, self._language))]
        for folder in (*spoken, self._root):
            try:
                with wave.open(str(folder / f"{name}.wav"), "rb") as file:
                    if (file.getnchannels(), file.getsampwidth(), file.getframerate()) != (1, 2, RATE):
                        log.error("prompt %s is not 8 kHz mono 16 bit", name)
                        continue
                    return sound(np.frombuffer(file.readframes(file.getnframes()), dtype="<i2").astype(np.int16))
            except FileNotFoundError:
                continue
            except (OSError, wave.Error, EOFError) as error:
                log.error("prompt %s: %s", name, error)
        raise NoSuchSound(name)


class Player:
    """Plays sounds one after the other, then one for ever or silence. `on_end` is called when the first are through."""

    def __init__(self, sounds: list[Sound], then: Sound | None, on_end: Callable[[], None] | None = None) -> None:
        self._sounds = sounds
        self._then = then
        self._on_end = on_end
        self._at = 0

    def next(self, law: int) -> bytes:
        """The next 20 ms."""
        while self._sounds:
            current = self._sounds[0]
            if self._at < current.frames:
                return self._take(current, law)
            self._sounds = self._sounds[1:]
            self._at = 0
        if self._on_end:
            ended, self._on_end = self._on_end, None
            ended()
        if self._then is None or not self._then.frames:
            return SILENCE[law]
        if self._at >= self._then.frames:
            self._at = 0
        return self._take(self._then, law)

    def plays_on(self, sound: Sound) -> bool:
        """Whether only this sound is left, for ever."""
        return not self._sounds and self._then is sound

    def _take(self, current: Sound, law: int) -> bytes:
        start = self._at * FRAME
        self._at += 1
        return current.encoded[law][start : start + FRAME]
