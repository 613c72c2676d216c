# SPDX-License-Identifier: GPL-3.0-or-later
"""Site time slews and never steps; alarms ring once, at their time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from telephony.service.clockwork import SLEW_PER_S, AlarmClocks, NoAnchor, SiteTime


class Watch:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


def test_without_an_anchor_there_is_no_time() -> None:
    clock = SiteTime(monotonic=Watch())
    assert not clock.anchored
    with pytest.raises(NoAnchor):
        clock.now()


@pytest.mark.parametrize("error", [3600.0, 0.4, -0.4, -3600.0])
def test_a_later_anchor_is_followed_by_slewing_only(error: float) -> None:
    watch = Watch()
    clock = SiteTime(monotonic=watch)
    clock.anchor(5000.0, 1000.0, 1000.0)
    watch.at = 1010.0
    clock.anchor(5010.0 + error, 1010.0, 1010.0)
    assert clock.now() == pytest.approx(5010.0)
    before = clock.now()
    for second in range(1, 200):
        watch.at = 1010.0 + second
        now = clock.now()
        assert abs(now - before - 1.0) <= SLEW_PER_S + 1e-9
        before = now
    if abs(error) < 1:
        assert before == pytest.approx(5010.0 + error + 199)


def test_the_anchor_is_taken_in_the_middle_of_question_and_answer() -> None:
    watch = Watch()
    clock = SiteTime(monotonic=watch)
    watch.at = 1000.2
    clock.anchor(5000.0, 1000.0, 1000.2)
    assert clock.now() == pytest.approx(5000.1)


def test_time_is_kept_over_a_restart_of_the_process_but_not_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch, kept = Watch(), tmp_path / "clock.json"
    SiteTime(kept, watch).anchor(5000.0, 1000.0, 1000.0)
    watch.at = 1030.0
    assert SiteTime(kept, watch).now() == pytest.approx(5030.0)
    monkeypatch.setattr("telephony.service.clockwork._boot", lambda: "another boot")
    assert not SiteTime(kept, watch).anchored
    kept.write_text("not json", encoding="utf-8")
    assert not SiteTime(kept, watch).anchored


def test_a_log_never_runs_backwards() -> None:
    watch = Watch()
    clock = SiteTime(monotonic=watch)
    clock.anchor(5000.0, 1000.0, 1000.0)
    clock.not_before(5002.0)
    assert clock.now() == pytest.approx(5002.0)
    clock.not_before(4000.0)
    assert clock.now() == pytest.approx(5002.0)


async def test_alarms_ring_once_move_and_can_be_put_off() -> None:
    clock = SiteTime()
    clock.anchor(5000.0, 0.0, 0.0)
    clocks = AlarmClocks(clock)
    rung: list[str] = []
    clocks.set("soon", clock.now() + 0.02, lambda: rung.append("soon"))
    clocks.set("moved", clock.now() + 60.0, lambda: rung.append("late"))
    clocks.set("moved", clock.now() - 1.0, lambda: rung.append("moved"))
    clocks.set("off", clock.now(), lambda: rung.append("off"))
    clocks.set("off", None, lambda: rung.append("off"))
    await asyncio.sleep(0.05)
    assert rung == ["moved", "soon"]
    assert clocks.names() == frozenset()
