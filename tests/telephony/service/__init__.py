# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the floor in one process: journal, clockwork, switchboard, link."""
