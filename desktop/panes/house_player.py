# SPDX-License-Identifier: GPL-3.0-or-later
"""The player of a message: play and pause, the place in it, how long it is; Left and Right move by five seconds."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from desktop.flows.house_player import Player
from desktop.widgets.beat import beat
from desktop.widgets.buttons import Button
from desktop.widgets.figures import clock, day, minute
from desktop.widgets.labels import label, set_tone
from desktop.widgets.theme import current
from models.rules.plan_lines import VoicemailLine
from resources.i18n import tr

STEP_S = 5.0


class Track(QWidget):
    """The place in a message. `sought` with the share 0…1."""

    sought = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.share = 0.0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setFixedHeight(24)
        self.setAccessibleName(tr("recall.position"))

    def sizeHint(self) -> QSize:
        return QSize(200, 24)

    def show_share(self, share: float) -> None:
        if share != self.share:
            self.share = share
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.sought.emit(min(1.0, max(0.0, event.position().x() / max(1, self.width()))))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = current()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("track"))
        painter.drawRoundedRect(QRectF(0, 9, self.width(), 6), 3, 3)
        painter.setBrush(theme.color("accent"))
        painter.drawRoundedRect(QRectF(0, 9, self.width() * self.share, 6), 3, 3)
        x = 6 + (self.width() - 12) * self.share
        painter.setPen(QPen(theme.color("surface"), 2))
        painter.drawEllipse(QRectF(x - 6, 6, 12, 12))
        painter.end()


class PlayButton(Button):
    """A button whose icon changes with its words."""

    def say(self, words: str, icon: str) -> None:
        self._icon_name = icon
        self.set_text(words)


class PlayerBar(QFrame):
    """`wanted` to begin or go on; the flow marks it heard."""

    wanted = Signal()

    def __init__(self, player: Player, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._player = player
        self._message: VoicemailLine | None = None
        self.setProperty("role", "facts")
        self.play = PlayButton(tr("recall.play"), icon="play", hint="P")
        self.play.clicked.connect(self.toggle)
        self.track = Track()
        self.track.sought.connect(self._seek)
        self.time = label("", "body", "text2")
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.play)
        row.addWidget(self.track, 1)
        row.addWidget(self.time)
        self.words = label("", "caption", "text3")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 10, 12, 10)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self.words)
        player.changed.watch(self.refresh)
        beat().tenth.connect(self._tick)

    def show_message(self, message: VoicemailLine | None) -> None:
        self._message = message
        self.refresh()

    def toggle(self) -> None:
        """Play, pause, go on."""
        if self._player.state == "playing" and self._mine():
            self._player.pause()
        else:
            self.wanted.emit()

    def _mine(self) -> bool:
        return self._message is not None and self._player.what == self._message.voicemail

    def _seek(self, share: float) -> None:
        if self._mine():
            self._player.seek(share * self._player.seconds)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        step = {Qt.Key.Key_Left: -STEP_S, Qt.Key.Key_Right: STEP_S}.get(Qt.Key(event.key()), 0.0)
        if step and self._mine():
            self._player.seek(self._player.position + step)
            return
        super().keyPressEvent(event)

    def _tick(self) -> None:
        if self._player.state == "playing" and self.isVisible():
            self.refresh()

    def refresh(self) -> None:
        message = self._message
        if message is None:
            return
        mine = self._mine()
        state = self._player.state if mine else "off"
        beat().want_tenths(self, state == "playing")
        whole = self._player.seconds if mine and self._player.seconds else message.seconds
        position = min(self._player.position, whole) if mine else 0.0
        playing = state == "playing"
        words = "recall.pause" if playing else "recall.fetching" if state == "fetching" else "recall.play"
        self.play.say(tr(words), "hold" if playing else "play")
        self.play.setEnabled(state != "fetching")
        self.track.show_share(position / whole if whole > 0 else 0.0)
        self.time.setText(f"{clock(position)} / {clock(whole)}")
        if state == "failed":
            words, tone = tr(self._player.why), "miss.text"
        elif message.heard_by and message.heard_at is not None:
            at = message.heard_at
            words, tone = tr("recall.heard", message.heard_by_name or message.heard_by, day(at), minute(at)), "text3"
        else:
            words, tone = tr("recall.unheard"), "accent"
        self.words.setText(words)
        set_tone(self.words, tone)
