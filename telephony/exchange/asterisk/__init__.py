# SPDX-License-Identifier: GPL-3.0-or-later
"""Asterisk 22 behind the Exchange Protocol: a thin client of ARI, and what surrounds it. No routing decision here."""
