# SPDX-License-Identifier: GPL-3.0-or-later
"""Which microphones this machine has, asked in a process of its own: a sound system that crashes takes nobody along."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path

LOOK_S = 10.0


async def microphones() -> tuple[str, ...]:
    """Names of the input devices; empty when there are none or the engine does not load."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "telephony.phone.sound", cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        said, _ = await asyncio.wait_for(child.communicate(), LOOK_S)
    except TimeoutError:
        child.kill()
        await child.wait()
        return ()
    with contextlib.suppress(ValueError, IndexError):
        return tuple(json.loads(said.splitlines()[-1]))
    return ()


def main() -> None:
    """Print the names as one JSON line: the engine's own devices, else those of ALSA."""
    from telephony.phone import alsa
    from telephony.phone.pjsip import pj

    endpoint, settings = pj.Endpoint(), pj.EpConfig()
    endpoint.libCreate()
    settings.logConfig.consoleLevel = settings.logConfig.level = 0
    endpoint.libInit(settings)
    own = [device.name for device in endpoint.audDevManager().enumDev2() if device.inputCount]
    print(json.dumps(own or [name for name, inputs, _ in alsa.names() if inputs]))
    endpoint.libDestroy()


if __name__ == "__main__":
    main()
