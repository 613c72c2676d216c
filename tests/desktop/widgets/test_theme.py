# SPDX-License-Identifier: GPL-3.0-or-later
"""Contrast of every pair the screens use, computed from the tokens; the style sheet; the recoloured icons."""

from __future__ import annotations

import re
from itertools import product

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QWidget

from desktop.widgets import icons, theme
from desktop.widgets.glyphs import StateGlyph, look
from models.kinds import AgentState
from resources import i18n

STATES = ("ready", "ring", "call", "wrap", "pause", "miss")
GROUNDS = ("surface", "canvas", "sunken", "raised", "hover", "selected")
TEXT_PAIRS = [
    *product(("text", "text2", "text3"), GROUNDS),
    ("onink", "ink"),
    ("accent", "surface"),
    ("accent", "canvas"),
    ("accent", "selected"),
    ("accent", "accentsoft"),
    ("text", "accentsoft"),
    *[(f"{state}.on", f"{state}.solid") for state in STATES],
    *[(f"{state}.text", f"{state}.soft") for state in STATES],
    *[(f"{state}.text", ground) for state, ground in product(STATES, ("surface", "canvas", "selected"))],
]
OUTLINES = [("border2", "surface"), ("border2", "canvas"), ("border2", "raised"), ("ring.text", "surface"),
            ("accent", "surface"), ("miss.text", "surface")]  # fmt: skip


def luminance(colour: str) -> float:
    """Relative luminance of WCAG 2."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula_is_the_known_one():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_can_be_read(name: str):
    colours = theme.tokens()[name]
    low = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in TEXT_PAIRS}
    assert {pair: round(value, 2) for pair, value in low.items() if value < 4.5} == {}


@pytest.mark.parametrize("name", ["light", "dark"])
def test_outlines_can_be_seen(name: str):
    colours = theme.tokens()[name]
    low = {pair: contrast(colours[pair[0]], colours[pair[1]]) for pair in OUTLINES}
    assert {pair: round(value, 2) for pair, value in low.items() if value < 3.0} == {}


@pytest.mark.parametrize("name", ["light", "dark"])
def test_the_style_sheet_has_no_token_left(qapp: QApplication, name: str):
    sheet = theme.Theme(name).style_sheet()  # type: ignore[arg-type]
    rules = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    assert "@" not in rules
    for file in re.findall(r"url\(([^)]+)\)", rules):
        with open(file, encoding="utf-8") as drawing:
            assert "currentColor" not in drawing.read()


def test_a_token_that_does_not_exist_is_a_defect():
    with pytest.raises(KeyError):
        theme.Theme().color("mauve")


def test_applying_makes_a_theme_the_current_one(qapp: QApplication):
    dark = theme.Theme("dark")
    dark.apply()
    assert theme.current() is dark
    dark.use("light")
    assert theme.current().hex("surface") == "#FFFFFF"


def test_changing_the_theme_repaints_what_stands(qtbot, shown):
    widget = QWidget()
    widget.setObjectName("workspace")
    widget.resize(20, 20)
    shown(widget)
    before = widget.grab().toImage().pixelColor(10, 10).name()
    theme.current().use("dark")
    assert widget.grab().toImage().pixelColor(10, 10).name() == theme.current().hex("canvas").lower() != before


def test_fonts_put_latin_first_in_english_only(qapp: QApplication):
    i18n.use("en")
    assert theme.Theme().font("body").families()[0] == "Noto Sans"
    i18n.use("zh_CN")
    assert theme.Theme().font("body").families()[0] == "Noto Sans CJK SC"
    assert theme.Theme().font("timer").pixelSize() == 22


def _ink(image: QImage) -> set[str]:
    found = set()
    for x in range(image.width()):
        for y in range(image.height()):
            colour = image.pixelColor(x, y)
            if colour.alpha() == 255:
                found.add(colour.name())
    return found


def test_icons_take_the_colour_asked_for(qapp: QApplication):
    image = icons.pixmap_of("phone", QColor("#ff0000"), 40, 2.0).toImage()
    assert image.width() == 80 and "#ff0000" in _ink(image)
    assert icons.pixmap_of("phone", QColor("#ff0000"), 40, 2.0) is icons.pixmap_of("phone", QColor("#ff0000"), 40, 2.0)
    with pytest.raises(KeyError):
        icons.svg("no-such-icon")


def test_every_state_has_a_silhouette_of_its_own(qapp: QApplication):
    theme.Theme("light").apply()
    shapes = set()
    for state in AgentState:
        glyph = StateGlyph(look(state), 24)
        image = glyph.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
        shapes.add(bytes(image.constBits()))
    same = len({look(state) for state in AgentState})
    assert len(shapes) == same == 7
