# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo as a newcomer without a screen runs it: every promise kept, and a broken one changes its exit status."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from desktop.demo import AGENT_TONES, CALLER_TONES, DemoOptions, conclude
from models.rules.proof import prove
from models.rules.proof_log import Proof
from models.settings import Settings
from models.store.address import read_key
from models.store.founding import connect_admin, open_embedded
from tests.conftest import reachable_dir

ROOT = Path(__file__).resolve().parents[2]
CALLS = 2
RUN_S = 240


@dataclass
class Ended:
    """A demo that has ended."""

    data: Path
    status: int
    said: str
    report: dict[str, Any]
    pictures: Path


@pytest.fixture(scope="module")
def ended() -> Iterator[Ended]:
    """One hands-off demo, run once for this file."""
    with reachable_dir() as data:
        pictures, report = data / "pictures", data / "report.json"
        done = subprocess.run(
            [sys.executable, "-m", "desktop.cli", "demo", "--hands-off", "--calls", str(CALLS), "--callers", "2",
             "--customers", "60", "--data", str(data), "--pictures", str(pictures), "--report", str(report),
             "--language", "en"],
            cwd=ROOT, capture_output=True, text=True, timeout=RUN_S, check=False,
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        )  # fmt: skip
        logs = "".join(f"\n--- {log.name}\n{log.read_text()[-1500:]}" for log in sorted((data / "logs").glob("*.log")))
        assert report.exists(), done.stdout + done.stderr + logs
        yield Ended(data, done.returncode, done.stdout + done.stderr + logs, json.loads(report.read_text()), pictures)


def test_a_hands_off_demo_keeps_every_promise(ended: Ended) -> None:
    assert ended.status == 0, ended.said + json.dumps(ended.report, indent=1)
    assert "READY sip:400@127.0.0.1:" in ended.said
    assert ended.report["invariants"]["violations"] == []
    assert ended.report["invariants"]["events"] > 20
    assert len(ended.report["calls"]) == CALLS
    for call in ended.report["calls"]:
        assert call["outcome"] == "answered" and call["customer"] and call["answered_by"]
        assert 0 < call["promise_rings"] <= 3
        assert call["pop_ms"] > 0


def test_a_sheet_goes_along_whole_to_the_engineer(ended: Ended) -> None:
    handed = [call for call in ended.report["calls"] if call["transferred_to"]]
    assert handed, "no call was handed over"
    for call in handed:
        assert call["draft_carried"] is True
        assert call["engineer_pop_ms"] > 0


def test_the_pictures_are_there(ended: Ended) -> None:
    names = {Path(picture).name for picture in ended.report["pictures"]}
    assert {"agent-ringing-en-light.png", "agent-in-call-en-light.png", "engineer-en-light.png"} <= names
    assert all(Path(picture).stat().st_size > 20_000 for picture in ended.report["pictures"])


def loudness(samples: np.ndarray, frequency: float, rate: int) -> float:
    """Amplitude of one frequency."""
    turn = np.exp(-2j * np.pi * frequency * np.arange(len(samples)) / rate)
    return float(2 * abs(np.mean(samples * turn)))


def test_who_is_heard_in_a_recording_is_who_took_part_in_that_order(ended: Ended) -> None:
    """Each robot has a tone of its own under its speech: the customer left, agent and then engineer right."""
    handed = next(call for call in ended.report["calls"] if call["transferred_to"])
    with wave.open(str(ended.data / "recordings" / handed["recording"]), "rb") as recording:
        rate = recording.getframerate()
        assert recording.getnchannels() == 2
        sound = np.frombuffer(recording.readframes(recording.getnframes()), "<i2").reshape(-1, 2).astype(float)
    customer, staff = sound[:, 0], sound[:, 1]
    seconds = len(sound) // rate
    marks = [CALLER_TONES[0] + 50 * line for line in range(4)]  # the callers' lines of one process, 50 Hz apart
    own = max(marks, key=lambda tone: loudness(customer, tone, rate))
    floor_level = max(loudness(customer, own + 21, rate), 1.0)
    assert loudness(customer, own, rate) > 5 * floor_level
    agent, engineer = AGENT_TONES[handed["answered_by"]], AGENT_TONES[handed["transferred_to"]]
    slices = [staff[at * rate : (at + 1) * rate] for at in range(seconds)]
    heard = [(loudness(one, agent, rate), loudness(one, engineer, rate)) for one in slices]
    who = ["agent" if one > 3 * other else "engineer" if other > 3 * one else "nobody" for one, other in heard]
    assert who[0] == "agent" and who[-2] == "engineer", who
    assert "agent" not in who[who.index("engineer") :], "the agent left for good when the engineer took over"
    gaps = [at for at in range(1, seconds - 1) if loudness(customer[at * rate : (at + 1) * rate], own, rate) < 1.0]
    assert gaps == [], f"the customer is not heard in seconds {gaps}"
    assert who[1 : len(who) - 1].count("nobody") <= 2, f"between the two voices there is no hole: {who}"


@pytest.fixture
def judged(ended: Ended) -> Iterator[Any]:
    """The demo's own judgement over its data, with the database running; undo is the test's own affair."""
    settings = Settings().model_copy(update={"data_dir": ended.data, "site": "demo"})
    loop = asyncio.new_event_loop()
    server, address = loop.run_until_complete(open_embedded(settings))
    options = DemoOptions(
        hands_off=True, calls=CALLS, callers=2, minutes=0, sip="", language="en", theme="light", customers=60,
        pictures=None, report=None, data_dir=ended.data,
    )  # fmt: skip
    nothing: Proof = prove([], [], {})

    class Judge:
        def status(self) -> int:
            return loop.run_until_complete(conclude(options, True, nothing))

        def change(self, *statements: str) -> None:
            async def do() -> None:
                admin = await connect_admin(server, address.database)
                await admin.execute("SET session_replication_role = replica")  # past the append-only triggers
                for statement in statements:
                    await admin.execute(statement)
                await admin.close()

            loop.run_until_complete(do())

    assert read_key(ended.data, address.service)
    try:
        yield Judge()
    finally:
        server.stop()
        loop.close()


def test_a_lost_recording_changes_the_exit_status(ended: Ended, judged: Any) -> None:
    assert judged.status() == 0
    recording = ended.data / "recordings" / ended.report["calls"][0]["recording"]
    aside = recording.with_suffix(".aside")
    shutil.move(recording, aside)
    try:
        assert judged.status() == 1
    finally:
        shutil.move(aside, recording)
    assert judged.status() == 0


@pytest.mark.parametrize("kind", ["connected", "ringing", "released", "ended", "draft_painted", "draft_hash"])
def test_a_lost_event_changes_the_exit_status(judged: Any, kind: str) -> None:
    one = f"SELECT site, epoch, seq FROM tr.contact_event WHERE kind = '{kind}' ORDER BY epoch, seq LIMIT 1"
    judged.change(
        f"CREATE TABLE tr.aside AS SELECT * FROM tr.contact_event WHERE (site, epoch, seq) IN ({one})",
        f"DELETE FROM tr.contact_event WHERE (site, epoch, seq) IN ({one})",
    )
    try:
        assert judged.status() == 1
    finally:
        judged.change("INSERT INTO tr.contact_event SELECT * FROM tr.aside", "DROP TABLE tr.aside")
    assert judged.status() == 0


def test_a_lost_hand_over_changes_the_exit_status(judged: Any) -> None:
    judged.change(
        "CREATE TABLE tr.aside AS SELECT * FROM tr.ticket_event WHERE kind LIKE 'handover%'",
        "DELETE FROM tr.ticket_event WHERE kind LIKE 'handover%'",
    )
    try:
        assert judged.status() == 1
    finally:
        judged.change(
            "INSERT INTO tr.ticket_event OVERRIDING SYSTEM VALUE SELECT * FROM tr.aside", "DROP TABLE tr.aside"
        )
    assert judged.status() == 0


def test_a_second_demo_on_the_same_data_is_told_so(tmp_path: Path) -> None:
    from telephony.phone.door import Lock

    lock = Lock(tmp_path / "lock" / "demo")
    assert lock.take()
    try:
        done = subprocess.run(
            [sys.executable, "-m", "desktop.cli", "demo", "--hands-off", "--data", str(tmp_path), "--language", "en"],
            cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    finally:
        lock.release()
    assert done.returncode == 1
    assert "already running" in done.stdout and "--data" in done.stdout


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.1:99999", "nonsense:5060"])
def test_an_address_that_is_none_is_said(tmp_path: Path, address: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "desktop.cli", "demo", "--hands-off", "--sip", address, "--data", str(tmp_path / "d")],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert address in done.stderr and "Traceback" not in done.stderr


