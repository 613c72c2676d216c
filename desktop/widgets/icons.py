# SPDX-License-Identifier: GPL-3.0-or-later
"""Icons of `resources/icons` in any colour and size, rendered at the ratio of the screen they stand on.

Pixmaps are kept by (name, colour, size, ratio) and forgotten when the theme changes. An unknown icon raises KeyError.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from functools import cache
from importlib.resources import files
from pathlib import Path

from PySide6.QtCore import QByteArray, QRectF, QSize, QStandardPaths, Qt
from PySide6.QtGui import QColor, QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

_pixmaps: dict[tuple[str, str, str, int, float, str], QPixmap] = {}


@cache
def svg(name: str) -> str:
    """The drawing of one icon, with `currentColor` (and `markColor` in state glyphs) still in it."""
    file = files("resources").joinpath("icons", f"{name}.svg")
    if not file.is_file():
        raise KeyError(f"no icon named {name}")
    return file.read_text(encoding="utf-8")


def render(
    painter: QPainter, name: str, box: QRectF, colour: QColor, mark: QColor | None = None, stroke: str = ""
) -> None:
    """Draw an icon into `box`. `mark` fills the inner sign of a state glyph; `stroke` replaces the line width."""
    ratio = painter.device().devicePixelRatio() if painter.device() else 1.0
    pixmap = pixmap_of(name, colour, round(box.width()), ratio, mark, stroke)
    painter.drawPixmap(box, pixmap, QRectF(pixmap.rect()))


def pixmap_of(
    name: str, colour: QColor, size: int, ratio: float = 1.0, mark: QColor | None = None, stroke: str = ""
) -> QPixmap:
    """A square pixmap of `size` logical pixels at `ratio` device pixels each."""
    key = (name, colour.name(), mark.name() if mark else "", size, ratio, stroke)
    found = _pixmaps.get(key)
    if found is not None:
        return found
    drawing = svg(name).replace("currentColor", colour.name())
    drawing = drawing.replace("markColor", mark.name() if mark else "#ffffff")
    if stroke:
        drawing = drawing.replace('stroke-width="1.5"', f'stroke-width="{stroke}"')
    pixmap = QPixmap(QSize(round(size * ratio), round(size * ratio)))
    pixmap.fill(Qt.GlobalColor.transparent)
    inner = QPainter(pixmap)
    QSvgRenderer(QByteArray(drawing.encode())).render(inner)
    inner.end()
    pixmap.setDevicePixelRatio(ratio)
    _pixmaps[key] = pixmap
    return pixmap


def icon(name: str, colour: QColor, size: int = 20, disabled: QColor | None = None) -> QIcon:
    """A QIcon for menus and tool buttons, at one and two device pixels each."""
    made = QIcon()
    for ratio in (1.0, 2.0):
        made.addPixmap(pixmap_of(name, colour, size, ratio))
        if disabled is not None:
            made.addPixmap(pixmap_of(name, disabled, size, ratio), QIcon.Mode.Disabled)
    return made


def forget() -> None:
    """Drop every pixmap: the colours have changed."""
    _pixmaps.clear()


def recoloured_folder(theme: str, colours: dict[str, str]) -> Path:
    """A folder with copies of the named icons in these colours: `url()` of a style sheet cannot follow a token.

    The folder's name holds a hash of the content, so several desks can share it and none reads a half-written file.
    """
    drawings = {name: svg(name).replace("currentColor", colour) for name, colour in colours.items()}
    digest = hashlib.sha256("".join(f"{name}{text}" for name, text in sorted(drawings.items())).encode()).hexdigest()
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.GenericCacheLocation)
    folder = Path(place or tempfile.gettempdir()) / "three-rings" / f"icons-{theme}-{digest[:12]}"
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in drawings.items():
        wanted = folder / f"{name}.svg"
        if wanted.is_file() and wanted.read_text(encoding="utf-8") == text:
            continue
        handle, half = tempfile.mkstemp(dir=folder, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
        os.replace(half, wanted)
    return folder
