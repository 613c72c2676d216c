# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure: who gets which call, when it rings and when it is withdrawn.

(floor, event, now) -> (floor, orders). No clock, no dice, no await, no import of anything that has them.
"""
