# SPDX-License-Identifier: GPL-3.0-or-later
"""`threerings check`: looks at everything a desk needs and says what is wrong and what to do. Changes nothing."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from models.settings import Settings
from models.store.address import read_address
from models.store.database import connect_service
from models.store.errors import StoreError
from models.store.server import EmbeddedServer
from resources.i18n import known, tr
from telephony.exchange.asterisk.checking import examine_now
from telephony.exchange.asterisk.nodes import BadNodes
from telephony.exchange.asterisk.settings import NODES
from telephony.exchange.asterisk.standing_by import known_nodes
from telephony.phone.choice import ENGINES, INSTEAD, look_at, wished
from telephony.phone.sound import microphones

CLOCK_OFF_S = 2.0


@dataclass(frozen=True)
class Finding:
    """One thing looked at: `state` ok | warn | bad; `words` what was found, `way_out` what to do when it is not ok."""

    what: str
    state: str
    words: str
    way_out: str = ""


def _finding(what: str, state: str, words: str, *args: object) -> Finding:
    way_out = "" if state == "ok" else tr(f"check.{what}_do")
    return Finding(what, state, tr(f"check.{words}", *args), way_out)


def _in_child(program: str) -> tuple[bool, str]:
    """Run a line of Python in a process of its own: what crashes there does not crash the doctor."""
    environment = {**os.environ, "QT_QPA_PLATFORM": os.environ.get("QT_QPA_PLATFORM", "offscreen")}
    try:
        done = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=30, env=environment, check=False
        )
    except subprocess.TimeoutExpired:
        return False, "timeout"
    last = (done.stderr.strip().splitlines() or [""])[-1]
    return done.returncode == 0, done.stdout.strip() if done.returncode == 0 else last


def qt() -> Finding:
    """Qt's libraries load and its version is one that keeps its references."""
    ok, said = _in_child("import PySide6.QtWidgets, PySide6.QtSvg, PySide6; print(PySide6.__version__)")
    if not ok:
        return _finding("qt", "bad", "qt_missing", said)
    return _finding("qt", "bad" if said.startswith("6.12.0") else "ok", "qt_ok", said)


def font() -> Finding:
    """The Chinese glyph 铃 can be drawn."""
    ok, said = _in_child(
        "from PySide6.QtGui import QGuiApplication, QFontDatabase as D\n"
        "a = QGuiApplication([])\n"
        "f = D.families(D.WritingSystem.SimplifiedChinese)\n"
        "print(f[0] if f else '')"
    )
    return _finding("font", "ok" if ok and said else "bad", "font_ok" if ok and said else "font_missing", said)


def sip_engine() -> Finding:
    """Which softphone engine to use here, and why."""
    wish = wished()
    if wish not in ENGINES:
        engines = ", ".join(ENGINES)
        return Finding("sip", "bad", tr("phone.engine_unknown", wish, engines), tr("phone.engine_way_out"))
    found = {engine: look_at(engine) for engine in ENGINES}
    running = next((engine for engine in (wish, INSTEAD.get(wish, "")) if engine and not found[engine].why), "")
    if not running:
        return Finding("sip", "bad", tr("phone.engine_none", found[wish].why), tr("phone.engine_way_out"))
    words = tr(f"phone.engine_{running}")
    if running != wish:
        words = tr("phone.engine_instead", wish, found[wish].why, words)
        return Finding("sip", "warn", words, tr("phone.engine_way_out"))
    others = ", ".join(one.engine for one in found.values() if not one.why and one.engine != running)
    return Finding("sip", "ok", tr("phone.engine_others", words, others) if others else words)


def sound() -> Finding:
    """A microphone is there; without one calls work, but silently."""
    names = asyncio.run(microphones())
    return _finding("sound", "ok" if names else "warn", "sound_ok" if names else "sound_none", ", ".join(names))


def database(data_dir: Path) -> tuple[Finding, Finding]:
    """The site's database answers (or could be started), and its clock agrees with this machine's."""
    clock = _finding("clock", "warn", "clock_unknown")
    try:
        read_address(data_dir)
    except StoreError:
        try:
            server = EmbeddedServer(data_dir)
        except StoreError as error:
            return _finding("database", "bad", "database_none", error), clock
        return _finding("database", "ok", "database_ready", server.bindir), clock

    async def ask() -> float:
        found = connect_service(data_dir)
        try:
            return await found.clock() - time.time()
        finally:
            await found.close()

    try:
        off = asyncio.run(ask())
    except StoreError as error:
        return _finding("database", "bad", "database_away", error), clock
    state = "ok" if abs(off) < CLOCK_OFF_S else "warn"
    return _finding("database", "ok", "database_ok"), _finding("clock", state, "clock_off", f"{off:+.1f}")


def port(host: str, number: int) -> Finding:
    """A configured UDP port is free, or ours already."""
    if number == 0:
        return _finding("port", "ok", "port_any")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, number))
        except OSError:
            return _finding("port", "warn", "port_taken", f"{host}:{number}")
    return _finding("port", "ok", "port_free", f"{host}:{number}")


def examine_asterisk(settings: Settings) -> list[Finding]:
    """The site's Asterisk machines: those of its file, else the one of our own that runs."""
    file = settings.data_dir / NODES
    try:
        nodes = known_nodes(settings.data_dir)
    except BadNodes as error:
        return [Finding("asterisk", "bad", str(error), tr("asterisk.check_none_do", file))]
    if not nodes:
        return [Finding("asterisk", "bad", tr("asterisk.check_none", file), tr("asterisk.check_none_do", file))]
    return [Finding(each.what, each.state, each.words, each.way_out) for each in examine_now(nodes)]


def examine(settings: Settings) -> list[Finding]:
    """Everything, in the order a newcomer would need it."""
    looks: tuple[Callable[[], Finding], ...] = (qt, font, sip_engine, sound)
    findings = [look() for look in looks]
    findings += database(settings.data_dir)
    findings += [port(settings.host, number) for number in (settings.trunk_port, settings.phone_port)]
    return findings


def report(findings: list[Finding], as_json: bool) -> str:
    """The findings as lines for a person, or as JSON."""
    if as_json:
        return json.dumps([asdict(finding) for finding in findings], ensure_ascii=False, indent=1)
    marks = {"ok": "✓", "warn": "!", "bad": "✗"}
    lines = []
    for finding in findings:
        key = f"check.{finding.what}"  # else it is about one of the nodes, which has a name of its own
        about = tr(key) if known(key) else finding.what.partition(":")[0]
        lines.append(f"{marks[finding.state]} {about}：{finding.words}")
        if finding.way_out:
            lines.append(f"    → {finding.way_out}")
    return "\n".join(lines)
