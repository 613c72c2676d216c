# SPDX-License-Identifier: GPL-3.0-or-later
"""A quiet tone under a robot's speech, so that a recording shows who was heard; 16-bit PCM WAV in, mono WAV out."""

from __future__ import annotations

import math
import os
import tempfile
import wave
from pathlib import Path

import numpy as np

TONE_LEVEL = 0.06  # of full scale: found by a Fourier sum, not in the way of the words
SILENT_S = 2.0
RATE = 8000


def mark(speech: str | Path | None, tone_hz: int, directory: str | Path | None = None) -> Path:
    """Mix a tone under `speech` (None: the tone alone) into a new WAV. Padded so that its loop has no click.

    Raises ValueError for a file that is not 16-bit PCM WAV or a tone the rate cannot carry.
    """
    rate, samples = _read(speech) if speech is not None else (RATE, np.zeros(int(RATE * SILENT_S)))
    if not 0 < tone_hz < rate / 2:
        raise ValueError(f"a tone of {tone_hz} Hz does not fit {rate} samples a second")
    step = rate // math.gcd(rate, tone_hz)
    length = max(step, -(-len(samples) // step) * step)
    mixed = np.zeros(length)
    mixed[: len(samples)] = samples * (1 - TONE_LEVEL)
    mixed += TONE_LEVEL * np.sin(2 * np.pi * tone_hz * np.arange(length) / rate)
    handle, name = tempfile.mkstemp(prefix=f"tone-{tone_hz}-", suffix=".wav", dir=directory)
    with os.fdopen(handle, "wb") as file, wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes((np.clip(mixed, -1, 1) * 32767).astype("<i2").tobytes())
    return Path(name)


def _read(file: str | Path) -> tuple[int, np.ndarray]:
    try:
        with wave.open(str(file), "rb") as sound:
            if sound.getsampwidth() != 2:
                raise ValueError(f"{file}: 16-bit samples are needed, {8 * sound.getsampwidth()}-bit came")
            raw = np.frombuffer(sound.readframes(sound.getnframes()), "<i2").astype(float) / 32768
            return sound.getframerate(), raw.reshape(-1, sound.getnchannels()).mean(axis=1)
    except (wave.Error, EOFError) as error:
        raise ValueError(f"{file}: not a WAV file ({error})") from None
