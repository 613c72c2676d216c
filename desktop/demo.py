# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo: a whole hotline on one machine, with robots for everybody the newcomer does not play.

Every robot is a real desk (its own process, window, handset and database login); every robot customer is a real SIP
call with audible speech. What the report says is derived from the event log by the checker, never kept by a robot.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from desktop.demo_exchange import end_exchange, free_port, set_up_line
from desktop.proving import as_report, count_ended, newly, prove, unkept
from models.rules.proof_log import Proof
from models.settings import Settings
from models.store import demo as demo_data
from models.store.database import connect_owner, connect_service
from models.store.errors import StoreError
from models.store.founding import open_embedded
from resources.i18n import tr
from telephony.phone.door import Lock

ROOT = Path(__file__).resolve().parent.parent
SITE = "demo"
PASSWORD = "three-rings-demo"
DESKS_WAIT_S = 60.0
CALL_BUDGET_S = 120.0
SPEECH = ("caller_1", "caller_2", "caller_3", "caller_4")
CALLER_TONES = (620, 740, 880, 1040)
TONE_STEP_HZ = 50
TONE_ROOM_HZ = 2900
"""From the highest caller's tone up to what telephone audio carries."""
AGENT_TONES = {"1001": 1300, "1007": 1500, "2031": 1750, "2044": 1950}
STAFF = (("agent", "1001"), ("agent", "1007"), ("engineer", "2031"), ("engineer", "2044"), ("supervisor", "3001"))
SHOWN = ("1001", "2031", "3001")
"""Whose windows are seen when the newcomer watches all three."""
PLAYED_CALLS = 300
"""Customers who call one after the other while a newcomer plays; he ends the demo by closing his window."""


@dataclass
class DemoOptions:
    """What the command line said. `minutes` 0: until `calls` contacts have ended."""

    hands_off: bool
    calls: int
    callers: int
    minutes: float
    sip: str
    language: str
    theme: str
    customers: int
    pictures: Path | None
    report: Path | None
    data_dir: Path
    exchange: str = "embedded"


@dataclass
class Floor:
    """The processes of a running demo, ended by pid in the reverse order of their start."""

    children: list[tuple[str, asyncio.subprocess.Process, Path]] = field(default_factory=list)

    async def start(self, name: str, logs: Path, arguments: list[str], **surroundings: str) -> Path:
        """Start a Python module of ours; its words go to `logs`/`name`.log."""
        log = logs / f"{name}.log"
        with log.open("wb") as out:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-u", "-m", *arguments, cwd=ROOT, stdin=asyncio.subprocess.DEVNULL, stdout=out,
                stderr=asyncio.subprocess.STDOUT, env={**os.environ, **surroundings}, start_new_session=True,
            )  # fmt: skip
        self.children.append((name, process, log))
        return log

    def gone(self, name: str) -> bool:
        """Whether a child has ended by itself."""
        return any(one == name and process.returncode is not None for one, process, _ in self.children)

    async def stop(self, *names: str, wait_s: float = 12.0) -> None:
        """Ask the named children (all when none is named) to end, newest first; kill those that do not."""
        for name, process, _ in reversed(self.children):
            if names and name not in names:
                continue
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                try:
                    await asyncio.wait_for(process.wait(), wait_s)
                except TimeoutError:
                    process.kill()
                    await process.wait()


class DemoFailed(Exception):
    """Something promised did not happen; the text is for the person."""


def run_demo(options: DemoOptions) -> int:
    """Run the demo; the exit status is not 0 when anything promised did not happen."""
    options.data_dir.mkdir(parents=True, exist_ok=True)
    lock = Lock(options.data_dir / "lock" / "demo")
    if not lock.take():
        say(tr("cli.demo_running", options.data_dir))
        return 1
    end_exchange(options.data_dir)  # one that a killed demo left behind would hold the port
    trunk = checked_address(options.sip)
    screen = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if not screen or os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        options.pictures = options.pictures or options.data_dir / "pictures"
        if not options.hands_off:
            say(tr("cli.demo_no_screen", options.pictures))
            options.hands_off = True
    try:
        return asyncio.run(hold(options, trunk))
    except (DemoFailed, StoreError) as failed:
        say(str(failed))
        write_report(options, {"failed": str(failed)})
        return 1
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM
    except Exception as failed:  # the report is written whatever happens; the trace is for whoever mends it
        write_report(options, {"failed": repr(failed)})
        raise
    finally:
        lock.release()


def say(words: str) -> None:
    """One line for the person, at once."""
    print(words, flush=True)


def checked_address(text: str) -> tuple[str, int]:
    """ADDR:PORT, or a free loopback port. Raises SystemExit with words."""
    if not text:
        return "127.0.0.1", 0
    found = re.fullmatch(r"([0-9.]+):(\d{1,5})", text)
    if found is None or not 0 < int(found[2]) < 65536:
        raise SystemExit(tr("cli.demo_sip_bad", text))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((found[1], int(found[2])))
        except OSError:
            raise SystemExit(tr("cli.demo_sip_taken", text)) from None
    return found[1], int(found[2])


async def hold(options: DemoOptions, trunk: tuple[str, int]) -> int:
    """Prepare, start, watch, end, prove."""
    logs = options.data_dir / "logs"
    logs.mkdir(exist_ok=True)
    settings = Settings().model_copy(
        update={"data_dir": options.data_dir, "site": SITE, "host": trunk[0], "trunk_port": trunk[1],
                "language": options.language}
    )  # fmt: skip
    task, loop = asyncio.current_task(), asyncio.get_running_loop()
    if task is not None and sys.platform != "win32":  # being told to end is no reason to leave children behind
        loop.add_signal_handler(signal.SIGTERM, task.cancel)
    say(tr("cli.demo_database"))
    server, _ = await open_embedded(settings)
    floor = Floor()
    try:
        await prepare(options)
        before = await prove(options.data_dir)
        say(tr("cli.demo_serving"))
        await answer_call_backs(floor, logs, options)
        serving = await floor.start(
            "serve", logs, ["telephony.service.serve", "--data", str(options.data_dir), "--open-when-staffed"],
            TR_SITE=SITE, TR_HOST=trunk[0], TR_TRUNK_PORT=str(trunk[1]), TR_LANGUAGE=options.language,
            TR_EXCHANGE=options.exchange,
        )  # fmt: skip
        await until_said(floor, "serve", serving, r"^SERVING ", 30.0)
        played = None if options.hands_off else choose_role(options)
        await open_desks(floor, logs, options, played)
        address = (await until_said(floor, "serve", serving, r"^READY (\S+)", DESKS_WAIT_S)).group(1)
        print(f"READY sip:{settings.hotline}@{address}", flush=True)
        enough = await watch(floor, logs, options, address, played)
        await floor.stop(*[name for name, _, _ in floor.children if name != "serve"])
        await floor.stop()
        return await conclude(options, enough, before)
    finally:
        await floor.stop()
        await asyncio.to_thread(end_exchange, options.data_dir)
        await asyncio.to_thread(server.stop)


async def prepare(options: DemoOptions) -> None:
    """Fill an empty site with customers, staff and policies."""
    owner, service = connect_owner(options.data_dir), connect_service(options.data_dir)
    shown = -10

    def progress(done: int, of: int) -> None:
        nonlocal shown
        share = 100 * done // max(1, of)
        if share >= shown + 10:
            shown = share
            say(tr("cli.demo_filling", options.customers, share))

    try:
        await demo_data.fill(
            owner, service, customers=options.customers, password=PASSWORD, progress=progress,
            waiting=not options.hands_off,  # robots would call them all back before the first customer calls
            recordings=options.data_dir / "recordings",
        )
    finally:
        await owner.close()
        await service.close()


async def answer_call_backs(floor: Floor, logs: Path, options: DemoOptions) -> None:
    """A line for calls in and out, and behind it robot customers who pick up when they are called back."""
    port = free_port()
    await set_up_line(options.data_dir, port, "400")
    speech = ROOT / "resources" / "prompts" / "robots" / f"{SPEECH[-1]}.wav"
    await floor.start("called", logs, ["telephony.phone.called", "--port", str(port), "--speech", str(speech)])


def choose_role(options: DemoOptions) -> str:
    """Ask the newcomer whom he wants to play: a group, or "all"."""
    from desktop.app import ask_role

    return ask_role(options.theme)


async def open_desks(floor: Floor, logs: Path, options: DemoOptions, played: str | None) -> None:
    """Open a robot's desk for every member of the staff, except whom the newcomer plays."""
    robots = [(group, person) for group, person in STAFF if played is None or person != role_person(played)]
    say(tr("cli.demo_desks", len(STAFF)))
    opened: list[tuple[str, Path]] = []
    for group, person in STAFF:
        robot = (group, person) in robots
        arguments = [
            "desktop.app", "--data", str(options.data_dir), "--person", person, "--language", options.language,
            "--theme", options.theme,
        ]  # fmt: skip
        surroundings = {"TR_DEMO_PASSWORD": PASSWORD}
        if robot:
            arguments += ["--robot", group, "--tone", str(AGENT_TONES.get(person, 0)), "--no-sound"]
            if played == "all" and person in SHOWN:
                arguments += ["--place", str(SHOWN.index(person))]
            else:
                surroundings["QT_QPA_PLATFORM"] = "offscreen"
        if options.pictures is not None:
            options.pictures.mkdir(parents=True, exist_ok=True)
            arguments += ["--pictures", str(options.pictures.absolute())]
        opened.append((person, await floor.start(f"desk-{person}", logs, arguments, **surroundings)))
    for person, log in opened:
        if person == role_person(played or ""):
            continue  # the newcomer signs in when he likes
        try:
            await until_said(floor, f"desk-{person}", log, r"^SIGNED IN", DESKS_WAIT_S)
        except DemoFailed:
            raise DemoFailed(tr("cli.demo_desk_failed", person, log)) from None


def windows_of(played: str | None) -> tuple[str, ...]:
    """The people whose windows the newcomer sees; closing one of them ends the demo."""
    if played == "all":
        return SHOWN
    return (role_person(played),) if played else ()


def role_person(role: str) -> str:
    """The number of the person a newcomer plays in a role."""
    return next((person for group, person in STAFF if group == role), "")


async def watch(floor: Floor, logs: Path, options: DemoOptions, address: str, played: str | None) -> bool:
    """Let the customers call; returns whether enough contacts ended (or were answered, with --minutes)."""
    windows = windows_of(played)
    for person in windows:
        if not await signed_in(floor, logs, person):
            return True  # he closed the sign-in window
    database = connect_service(options.data_dir)
    began = await database.clock()
    try:
        if options.callers:
            wanted = options.calls or round(options.minutes * 60)  # with --minutes alone: as many as fit
            if windows and not options.minutes:
                wanted = PLAYED_CALLS
            await start_callers(floor, logs, options, address, await demo_data.some_numbers(database, wanted))
        limit = options.minutes * 60 if options.minutes else 60 + CALL_BUDGET_S * options.calls
        if not options.minutes and (windows or not options.callers):
            limit = float("inf")  # people take the time they take
        deadline = time.monotonic() + limit
        told = -1
        while time.monotonic() < deadline:
            await asyncio.sleep(0.5)
            ended, answered = await count_ended(database, began)
            if ended != told:
                told = ended
                say(tr("cli.demo_calls_ended", ended, options.calls) if not windows else tr("cli.demo_calls", ended))
            if floor.gone("serve"):
                raise DemoFailed(tr("cli.demo_serve_failed", logs / "serve.log"))
            if any(floor.gone(f"desk-{person}") for person in windows):
                return True  # the newcomer closed the window
            if not windows and not options.minutes and ended >= options.calls:
                return True
        if not options.minutes:
            say(tr("cli.demo_late", round(limit)))
            return False
        if answered < options.calls:
            say(tr("cli.demo_short", answered, options.calls))
        return answered >= options.calls
    finally:
        await database.close()


async def signed_in(floor: Floor, logs: Path, person: str) -> bool:
    """Wait, as long as it takes, until a newcomer has signed in; False when he has closed the window instead."""
    log = logs / f"desk-{person}.log"
    while re.search(r"^SIGNED IN", said(log), re.MULTILINE) is None:
        if floor.gone(f"desk-{person}"):
            return False
        await asyncio.sleep(0.3)
    return True


async def start_callers(floor: Floor, logs: Path, options: DemoOptions, address: str, numbers: list[str]) -> None:
    """Robot customers in processes of at most four lines each."""
    share = min(options.callers, 4)
    groups = (options.callers + share - 1) // share
    target = f"sip:400@{address.removeprefix('sip:').rsplit('@', 1)[-1]}"
    for number in range(groups):
        mine = numbers[number::groups]
        if not mine:
            continue
        speech = ROOT / "resources" / "prompts" / "robots" / f"{SPEECH[number % len(SPEECH)]}.wav"
        arguments = [
            "telephony.phone.callers", "--to", target, "--speech", str(speech), "--talk", "25", "--give-up", "90",
            "--at-once", str(share), "--spacing", "3", "--tone", str(CALLER_TONES[number % len(CALLER_TONES)]),
            "--tone-step", str(min(TONE_STEP_HZ, TONE_ROOM_HZ // len(mine))),
        ]  # fmt: skip
        for one in mine:
            arguments += ["--from", one]
        await floor.start(f"callers-{number}", logs, arguments)


async def until_said(floor: Floor, name: str, log: Path, pattern: str, wait_s: float) -> re.Match[str]:
    """The first line of a child's log that matches. Raises DemoFailed with its last words when it ends or is late."""
    deadline = time.monotonic() + wait_s
    while time.monotonic() < deadline:
        text = said(log)
        found = re.search(pattern, text, re.MULTILINE)
        if found is not None:
            return found
        if floor.gone(name):
            break
        await asyncio.sleep(0.1)
    last = said(log).strip().splitlines()[-3:]
    raise DemoFailed(tr("cli.demo_serve_failed", f"{name}: {' / '.join(last)}"))


def said(log: Path) -> str:
    """What a child has said so far."""
    return log.read_text(encoding="utf-8", errors="replace")


async def conclude(options: DemoOptions, enough: bool, before: Proof) -> int:
    """Prove what happened since `before`, write the report, say the result; the exit status."""
    proof = newly(await prove(options.data_dir), before)
    pictures = sorted(str(path) for path in options.pictures.glob("*.png")) if options.pictures else []
    report = {**as_report(proof), "pictures": pictures}
    # What a newcomer does with his calls is his own affair; that nothing is broken is ours.
    broken = unkept(proof, robots=options.callers > 0) if options.hands_off else []
    write_report(options, report)
    for number, words in broken:
        say(tr("cli.demo_unkept", number, words))
    if proof.violations:
        say(tr("cli.demo_violations", len(proof.violations)))
        for violation in proof.violations[:10]:
            say(f"  {violation.invariant} {violation.contact} {violation.words}")
    if options.pictures is not None:
        say(tr("cli.demo_pictures", options.pictures))
    say(tr("cli.demo_done", len(proof.calls), proof.pop_ms.p50 or "-"))
    return 0 if enough and not proof.violations and not broken else 1


def write_report(options: DemoOptions, report: dict[str, object]) -> None:
    """The report, written even on failure."""
    if options.report is not None:
        options.report.parent.mkdir(parents=True, exist_ok=True)
        options.report.write_text(json.dumps(report, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
