# SPDX-License-Identifier: GPL-3.0-or-later
"""Pieces without business: theme, glyphs, ring bar, bridge to the event loop. Words, flows and rules stay out."""
