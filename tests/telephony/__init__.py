# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of how people are connected, room by room."""
