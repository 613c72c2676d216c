# SPDX-License-Identifier: GPL-3.0-or-later
"""Mirrors the rooms; stories/ reads like the floor speaks; the house test guards the walls."""
