# SPDX-License-Identifier: GPL-3.0-or-later
"""One file per region of the screen. Panes ask flows, never the store or an engine."""
