# SPDX-License-Identifier: GPL-3.0-or-later
"""The voice itself: one Protocol, several engines. Orders in, facts out; no routing decision is taken here."""
