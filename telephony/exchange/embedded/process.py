# SPDX-License-Identifier: GPL-3.0-or-later
"""The exchange's own process: arguments, lock, start, and its end 60 s after the last call when no switchboard leads.

Exit status: 0 ended by itself or asked to, 2 bad settings, 3 already running, 4 a port is taken.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import logging
import os
import signal
import sys
from dataclasses import replace
from pathlib import Path

import resources
from resources.i18n import LANGUAGES, tr, use
from telephony.exchange.embedded.control import Control, check_path, default_path
from telephony.exchange.embedded.lock import AlreadyRunning, take
from telephony.exchange.embedded.settings import (
    LINGER_S,
    MAX_CALLS,
    MEDIA_TIMEOUT_S,
    BadSettings,
    Settings,
    address,
    read_trunks,
)
from telephony.exchange.embedded.switch import Switch
from telephony.exchange.embedded.trunks import LOOPBACK

log = logging.getLogger(__name__)

BAD_SETTINGS, RUNNING, PORT_TAKEN = 2, 3, 4
ADDRESS_FILE = "address.json"
PROMPTS = Path(resources.__file__).parent / "prompts"
IDLE_CHECK_S = 0.25


def settings_of(arguments: list[str]) -> Settings:
    """The settings of a command line. Raises BadSettings; SystemExit for words argparse does not know."""
    parser = argparse.ArgumentParser(prog="telephony.exchange.embedded", description=__doc__)
    parser.add_argument("--data", required=True, type=Path, help="folder of lock, epoch and recordings")
    parser.add_argument("--trunk", required=True, help="HOST:PORT of the trunk side, port 0 for a free one")
    parser.add_argument("--phones", required=True, help="HOST:PORT of the phone side, port 0 for a free one")
    parser.add_argument("--control", type=Path, help="path of the control socket")
    parser.add_argument("--recordings", type=Path, help="folder of the recordings")
    parser.add_argument("--trunks", type=Path, help="JSON file of the trunks; without it this machine may call")
    parser.add_argument("--numbers", help="our numbers on the trunk of this machine, with commas; * is any")
    parser.add_argument("--language", default="zh_CN", choices=LANGUAGES)
    parser.add_argument("--rtp", default="30000-39998", help="range of RTP ports")
    parser.add_argument("--linger", type=float, default=LINGER_S, help="seconds without switchboard and calls")
    parser.add_argument("--media-timeout", type=float, default=MEDIA_TIMEOUT_S)
    parser.add_argument("--max-calls", type=int, default=MAX_CALLS, help="further callers are refused with 503")
    given = parser.parse_args(arguments)
    first, _, last = given.rtp.partition("-")
    if not (first.isdigit() and last.isdigit() and 1024 <= int(first) < int(last) < 65536):
        raise BadSettings(f"--rtp {given.rtp}: two ports with a dash between are needed")
    data = given.data.absolute()
    control = (given.control or default_path(data)).absolute()
    check_path(control)
    trunks = read_trunks(given.trunks) if given.trunks else (LOOPBACK,)
    if given.numbers and not given.trunks:
        trunks = (replace(LOOPBACK, numbers=tuple(n.strip() for n in given.numbers.split(",") if n.strip())),)
    return Settings(
        data=data,
        trunk=address(given.trunk),
        phones=address(given.phones),
        control=control,
        recordings=(given.recordings or data / "recordings").absolute(),
        trunks=trunks,
        language=given.language,
        rtp_first=int(first),
        rtp_last=int(last),
        linger_s=given.linger,
        media_timeout_s=given.media_timeout,
        max_calls=given.max_calls,
    )


async def run(settings: Settings) -> int:
    """Serve until there is no more need; the exit status."""
    control = Control(settings.control, settings.data)
    switch = Switch(settings, PROMPTS, control.report)
    try:
        await switch.open()
    except OSError as error:
        await switch.close()
        log.error("cannot bind: %s", error)
        _say(tr("exchange.port_in_use", _text(settings.trunk), _text(settings.phones)))
        return PORT_TAKEN
    stop = asyncio.Event()
    if sys.platform != "win32":
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await control.open(switch)
    _publish(settings, switch)
    gc.collect()
    gc.freeze()  # what lives for ever need not be walked while calls talk
    log.info(
        "trunk side %s, phone side %s", switch.trunk_line.transactions.sent_by, switch.phone_line.transactions.sent_by
    )
    while not stop.is_set() and switch.idle_s < settings.linger_s:
        try:
            await asyncio.wait_for(stop.wait(), IDLE_CHECK_S)
        except TimeoutError:
            continue
    log.info("asked to end" if stop.is_set() else "no switchboard and no call any more")
    (settings.data / ADDRESS_FILE).unlink(missing_ok=True)
    await switch.close()
    await control.close()
    return 0


def _publish(settings: Settings, switch: Switch) -> None:
    """Write down where the two sides listen, for who starts or finds this process."""
    facts = {
        "pid": os.getpid(),
        "trunk": switch.trunk_line.transactions.sent_by,
        "phones": switch.phone_line.transactions.sent_by,
        "control": str(settings.control),
        "recordings": str(settings.recordings),
    }
    new = settings.data / (ADDRESS_FILE + ".new")
    new.write_text(json.dumps(facts), encoding="utf-8")
    new.replace(settings.data / ADDRESS_FILE)


def _text(where: tuple[str, int]) -> str:
    return f"{where[0]}:{where[1]}"


def _say(words: str) -> None:
    sys.stderr.write(words + "\n")
    sys.stderr.flush()


def main(arguments: list[str] | None = None) -> int:
    """The whole life of the process."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    try:
        settings = settings_of(sys.argv[1:] if arguments is None else arguments)
    except BadSettings as error:
        _say(tr("exchange.bad_settings", error))
        return BAD_SETTINGS
    use(settings.language)
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        lock = take(settings.data)
    except AlreadyRunning as error:
        _say(tr("exchange.already_running", error.folder, error.pid or "?"))
        return RUNNING
    (settings.data / ADDRESS_FILE).unlink(missing_ok=True)  # of one that was killed
    with lock, asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:  # sockets are read by add_reader
        return runner.run(run(settings))
