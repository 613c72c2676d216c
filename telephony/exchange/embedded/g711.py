# SPDX-License-Identifier: GPL-3.0-or-later
"""G.711 by table (ITU-T G.711): µ-law (payload type 0) and A-law (8) to and from 16-bit samples at 8 kHz.

A frame is 20 ms: 160 bytes encoded, 160 int16 decoded.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

RATE = 8000
FRAME = 160
FRAME_SECONDS = 0.02

Samples = npt.NDArray[np.int16]


def _ulaw() -> npt.NDArray[np.int32]:
    code = ~np.arange(256, dtype=np.int32) & 0xFF
    magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84
    return np.where(code & 0x80, -magnitude, magnitude)


def _alaw() -> npt.NDArray[np.int32]:
    code = np.arange(256, dtype=np.int32) ^ 0x55
    segment, low = (code >> 4) & 7, (code & 0x0F) << 4
    magnitude = np.where(segment == 0, low + 8, (low + 0x108) << np.maximum(segment - 1, 0))
    return np.where(code & 0x80, magnitude, -magnitude)


def _inverse(decoded: npt.NDArray[np.int32], zero: int) -> npt.NDArray[np.uint8]:
    """For each int16 (as uint16 index) the code whose sample is nearest."""
    order = np.argsort(decoded, kind="stable")
    levels = decoded[order]
    middles = (levels[1:] + levels[:-1]) / 2
    values = np.arange(65536, dtype=np.uint16).view(np.int16)
    codes = order[np.searchsorted(middles, values)].astype(np.uint8)
    codes[0] = zero
    return codes


_DECODE = {0: _ulaw().astype(np.int16), 8: _alaw().astype(np.int16)}
_ENCODE = {0: _inverse(_ulaw(), 0xFF), 8: _inverse(_alaw(), 0xD5)}
SILENCE = {0: b"\xff" * FRAME, 8: b"\xd5" * FRAME}
NOTHING: Samples = np.zeros(FRAME, dtype=np.int16)


def decode(law: int, payload: bytes) -> Samples:
    """16-bit samples of encoded voice."""
    return _DECODE[law][np.frombuffer(payload, dtype=np.uint8)]


def encode(law: int, samples: Samples) -> bytes:
    """Encoded voice of 16-bit samples."""
    return _ENCODE[law][np.ascontiguousarray(samples).view(np.uint16)].tobytes()


def mix(frames: list[Samples]) -> Samples:
    """The clipped sum of frames of equal length."""
    if len(frames) == 1:
        return frames[0]
    total = np.sum(np.stack(frames).astype(np.int32), axis=0)
    return np.clip(total, -32768, 32767).astype(np.int16)
