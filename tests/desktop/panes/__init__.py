# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the regions of the screen."""
