# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces without business: theme, glyphs, ring bar, tables, bridge to the event loop."""
