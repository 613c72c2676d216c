# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the store, on a real PostgreSQL."""
