# SPDX-License-Identifier: GPL-3.0-or-later
"""What is true and kept: kinds, rules, tables, verbs and the store. Nothing here knows of a screen, a socket or a telephone."""
