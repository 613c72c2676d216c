# SPDX-License-Identifier: GPL-3.0-or-later
"""The five key figures of the monitor as they are shown, and the box that opens the formula behind one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout

from desktop.panes import board_figures as figures
from desktop.widgets.buttons import IconButton
from desktop.widgets.figures import clock
from desktop.widgets.kpi import KpiCard
from desktop.widgets.labels import label, wrapped
from resources.i18n import tr
from telephony.messages import Board, Interval

SPARK = 12
COMPARED_S = 300.0
NOTHING = Interval(0.0, 0, 0, 0, 0, 0, 0, 0.0)


@dataclass(frozen=True)
class Shown:
    """One figure with the line that judges it."""

    figure: str
    note: str
    icon: str = "info"
    note_tone: str = "text3"
    tone: str = ""
    spark: tuple[float, ...] = ()


def whole_percent(share: float) -> str:
    return f"{share * 100:.0f}%"


class Formulas:
    """From a Board to the five figures."""

    NAMES: ClassVar[tuple[str, ...]] = ("waiting", "longest", "service_level", "three_ring", "abandonment")

    @classmethod
    def of(cls, board: Board | None, now: float, waited: tuple[tuple[float, int], ...]) -> dict[str, Shown]:
        """All five; `waited` are earlier (instant, number waiting) pairs for the comparison and the line."""
        if board is None:
            return {name: Shown("–", tr("board.stale_none")) for name in cls.NAMES}
        today = board.today
        made = {
            "waiting": cls._waiting(board, waited),
            "longest": cls._longest(board, now),
            "abandonment": cls._abandonment(board),
        }
        for name, ratio, target in (
            ("service_level", figures.service_level, figures.SERVICE_LEVEL_TARGET),
            ("three_ring", figures.three_ring_rate, figures.THREE_RING_TARGET),
        ):
            spark = tuple(value for value in (ratio(quarter).value for quarter in board.quarters[-SPARK:])
                          if value is not None)  # fmt: skip
            made[name] = cls._against(ratio(today), target, spark)
        return {name: made[name] for name in cls.NAMES}

    @staticmethod
    def _waiting(board: Board, waited: tuple[tuple[float, int], ...]) -> Shown:
        count = len(board.waiting)
        spark = tuple(float(number) for _, number in waited[-600::50])
        before = next((number for at, number in waited if board.at - at <= COMPARED_S), None)
        told = [at for at, _ in waited]
        if before is None or not told or board.at - told[0] < COMPARED_S * 0.9:
            return Shown(str(count), "" if count else tr("board.nobody_waits"), spark=spark)
        if count == before:
            note = tr("board.same_as")
        else:
            note = tr("board.more_than" if count > before else "board.fewer_than", abs(count - before))
        return Shown(str(count), note, spark=spark)

    @staticmethod
    def _longest(board: Board, now: float) -> Shown:
        wait = figures.longest_wait(board, now)
        limit = clock(figures.LONGEST_WAIT_ALERT_S)
        if wait > figures.LONGEST_WAIT_ALERT_S:
            return Shown(clock(wait), tr("board.over_alert", limit), "warn", "ring.text", "ring")
        note = tr("board.within_alert", limit) if board.waiting else tr("board.nobody_waits")
        return Shown(clock(wait), note)

    @staticmethod
    def _against(ratio: figures.Ratio, target: float, spark: tuple[float, ...]) -> Shown:
        value = ratio.value
        if value is None:
            return Shown(ratio.percent(), tr("board.not_counted"))
        if value >= target:
            return Shown(ratio.percent(), tr("board.target", whole_percent(target)), "check", "ready.text", "", spark)
        note = tr("board.below_target", whole_percent(target))
        return Shown(ratio.percent(), note, "warn", "ring.text", "ring", spark)

    @staticmethod
    def _abandonment(board: Board) -> Shown:
        ratio = figures.abandonment(board.today)
        spark = tuple(value for value in (figures.abandonment(one).value for one in board.quarters[-SPARK:])
                      if value is not None)  # fmt: skip
        if ratio.value is None:
            return Shown(ratio.percent(), tr("board.not_counted"))
        limit = whole_percent(figures.ABANDONMENT_LIMIT)
        if ratio.value > figures.ABANDONMENT_LIMIT:
            return Shown(ratio.percent(), tr("board.limit_over", limit), "warn", "miss.text", "miss", spark)
        room = figures.abandonments_left(board.today)
        return Shown(ratio.percent(), tr("board.limit_left", limit, room), "check", "ready.text", "", spark)


class FigureCard(KpiCard):
    """A key figure that can be pressed."""

    pressed = Signal(str)

    def __init__(self, name: str, words: str) -> None:
        super().__init__(words)
        self._key = name
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit(self._key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.pressed.emit(self._key)
            return
        super().keyPressEvent(event)


class FormulaBox(QFrame):
    """The formula of one figure with today's numbers. Pressing the same figure again shuts it."""

    def __init__(self) -> None:
        super().__init__()
        self._name = ""
        self.setProperty("role", "raised")
        self._title = label("", "strong")
        self.formula = wrapped("", "body", "text")
        self.numbers = wrapped("", "body", "text2")
        close = IconButton("x", tr("board.formula_close"), 24)
        close.clicked.connect(self.hide)
        words = QVBoxLayout()
        words.setSpacing(2)
        for part in (self._title, self.formula, self.numbers):
            words.addWidget(part)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 10, 10, 10)
        row.addLayout(words, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.hide()

    def open(self, name: str, board: Board | None, now: float) -> None:
        """Show the formula of `name`, or shut it when it is the one shown."""
        if name == self._name and not self.isHidden():
            self.hide()
            return
        self._name = name
        self.show()
        self.refresh(board, now)

    def refresh(self, board: Board | None, now: float) -> None:
        """Today's numbers in the open formula."""
        if self.isHidden() or not self._name:
            return
        today = board.today if board is not None else NOTHING
        self._title.setText(tr(f"board.{self._name}"))
        self.formula.setText(tr(f"board.formula_{self._name}"))
        counts = tr("board.formula_counts", today.offered, today.answered, today.abandoned, today.short_abandoned)
        match self._name:
            case "service_level":
                ratio = figures.service_level(today)
            case "three_ring":
                ratio = figures.three_ring_rate(today)
            case "abandonment":
                ratio = figures.abandonment(today)
            case _:
                waits = [] if board is None else [clock(now - one.since) for one in board.waiting]
                self.numbers.setText(tr("board.formula_now", tr("card.dot").join(waits) or tr("board.nobody_waits")))
                return
        line = tr("board.formula_numbers", ratio.top, ratio.bottom, ratio.percent())
        self.numbers.setText(f"{line}\n{counts}")
