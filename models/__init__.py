# SPDX-License-Identifier: GPL-3.0-or-later
"""What is true and kept: kinds, rules, tables, verbs and the store. No screen, socket or telephone is known here."""
