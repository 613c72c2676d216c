# SPDX-License-Identifier: GPL-3.0-or-later
"""The look of the whole desk: tokens, type roles, palette and style sheet, light or dark, re-applied in one call.

Colours are named as in `resources/theme/tokens.json`: "surface", or "ring.text" for a state's. Sizes are logical
pixels. An unknown token or role is a defect: raises KeyError.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QPalette
from PySide6.QtWidgets import QApplication, QWidget

from desktop.widgets import icons
from resources import i18n

Name = Literal["light", "dark"]

ROLES: dict[str, tuple[int, int, bool]] = {
    "badge": (11, 16, True),
    "caption": (12, 18, False),
    "section": (12, 18, True),
    "body": (13, 20, False),
    "strong": (13, 20, True),
    "say": (14, 22, False),
    "title": (16, 24, True),
    "name": (20, 28, True),
    "timer": (22, 32, True),
    "say-open": (20, 30, False),
    "kpi": (34, 44, True),
    "wall": (56, 64, True),
    "mark": (28, 40, True),
}
"""Type roles: pixel size, line height, bold."""

FAMILIES = {
    "zh_CN": ["Noto Sans CJK SC", "Microsoft YaHei UI", "PingFang SC"],
    # Latin goes first: the CJK font draws curly quotes and the middle dot a full character wide.
    "en": ["Noto Sans", "Segoe UI", "Helvetica Neue", "Noto Sans CJK SC", "Microsoft YaHei UI", "PingFang SC"],
}

_TOKEN = re.compile(r"@([a-z][a-z0-9_]*)")


@lru_cache(maxsize=1)
def tokens() -> dict[str, dict[str, str]]:
    """All colours as {"light": {"surface": "#FFFFFF", "ring.text": …}, "dark": …}."""
    raw = json.loads(files("resources").joinpath("theme/tokens.json").read_text(encoding="utf-8"))
    flat: dict[str, dict[str, str]] = {}
    for name, part in raw.items():
        colours = dict(part["neutral"])
        for state, values in part["state"].items():
            colours.update({f"{state}.{use}": value for use, value in values.items()})
        flat[name] = colours
    return flat


_current: Theme | None = None


class Theme(QObject):
    """One per process. `changed` is emitted after the application was dressed anew.

    `reduced_motion` stops the ring pulse and lets the ring bar step by whole seconds.
    """

    changed = Signal()

    def __init__(self, name: Name = "light") -> None:
        super().__init__()
        self.name: Name = name
        self.reduced_motion = False
        self.key_hints = True
        self._fonts: dict[str, QFont] = {}

    @property
    def dark(self) -> bool:
        return self.name == "dark"

    def hex(self, token: str) -> str:
        """The colour of `token` as "#RRGGBB"."""
        return tokens()[self.name][token]

    def color(self, token: str) -> QColor:
        return QColor(self.hex(token))

    def font(self, role: str) -> QFont:
        """The font of a type role in the language in use."""
        if role not in self._fonts:
            size, _line, bold = ROLES[role]
            font = QFont()
            font.setFamilies(FAMILIES[i18n.language()])
            font.setPixelSize(size)
            font.setWeight(QFont.Weight.Bold if bold else QFont.Weight.Normal)
            self._fonts[role] = font
        return self._fonts[role]

    def style_sheet(self) -> str:
        """The template with every token filled in. A token that does not exist raises KeyError."""
        template = files("resources").joinpath("theme/desk.qss").read_text(encoding="utf-8")
        colours = tokens()[self.name]
        folder = icons.recoloured_folder(self.name, {"down": self.hex("text2"), "check": self.hex("onink")})

        def fill(match: re.Match[str]) -> str:
            word = match.group(1)
            if word == "icons":
                return folder.as_posix()
            return colours[word if word in colours else word.replace("_", ".")]

        return _TOKEN.sub(fill, template)

    def palette(self) -> QPalette:
        palette = QPalette()
        role = QPalette.ColorRole
        for where, token in (
            (role.Window, "canvas"), (role.WindowText, "text"), (role.Base, "surface"), (role.AlternateBase, "canvas"),
            (role.Text, "text"), (role.Button, "surface"), (role.ButtonText, "text"), (role.Highlight, "accent"),
            (role.HighlightedText, "surface"), (role.PlaceholderText, "text3"), (role.ToolTipBase, "raised"),
            (role.ToolTipText, "text"), (role.Link, "accent"), (role.BrightText, "miss.text"),
        ):  # fmt: skip
            palette.setColor(where, self.color(token))
        for where in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, where, self.color("disabled"))
        return palette

    def apply(self) -> None:
        """Dress the application and become `current`: Fusion, palette, font, style sheet. Call again after a change
        of language."""
        global _current
        _current = self
        app = QApplication.instance()
        if not isinstance(app, QApplication):
            raise RuntimeError("a QApplication is needed before the theme can be applied")
        self._fonts.clear()
        icons.forget()
        if app.style().objectName().lower() != "fusion":
            app.setStyle("Fusion")
        app.setPalette(self.palette())
        app.setFont(self.font("body"))
        app.setStyleSheet(self.style_sheet())
        self.changed.emit()

    def use(self, name: Name) -> None:
        """Change to light or dark."""
        if name not in tokens():
            raise KeyError(name)
        self.name = name
        self.apply()


def current() -> Theme:
    """The theme of this process; pieces ask for colours while painting, so a change needs no new widgets."""
    global _current
    if _current is None:
        _current = Theme()
    return _current


def system_prefers_dark(app: QApplication) -> bool:
    """What the platform says; unknown counts as light."""
    return app.styleHints().colorScheme() is Qt.ColorScheme.Dark


def restyle(widget: QWidget, **properties: object) -> None:
    """Set dynamic properties that the style sheet selects by and polish the widget anew."""
    for name, value in properties.items():
        widget.setProperty(name, value)
    style = widget.style()
    style.unpolish(widget)
    style.polish(widget)
    widget.update()
