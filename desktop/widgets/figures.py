# SPDX-License-Identifier: GPL-3.0-or-later
"""How numbers are written: clocks (seconds in, "m:ss" out), phone numbers (3-4-4), shares, dates of site time."""

from __future__ import annotations

import re
import time

_MOBILE = re.compile(r"^1\d{10}$")


def clock(seconds: float) -> str:
    """m:ss under an hour, h:mm:ss above. Negative counts as 0."""
    whole = max(0, int(seconds))
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02}:{whole % 60:02}"
    return f"{whole // 60}:{whole % 60:02}"


def call_clock(seconds: float) -> str:
    """The call timer: mm:ss, so that it keeps its place."""
    whole = max(0, int(seconds))
    if whole >= 3600:
        return clock(seconds)
    return f"{whole // 60:02}:{whole % 60:02}"


def grouped(number: str) -> str:
    """A phone number as people read it: mobiles 3-4-4, area codes apart; what is not known stays as it is."""
    national = number[3:] if number.startswith("+86") else number
    if _MOBILE.match(national):
        return f"{national[:3]} {national[3:7]} {national[7:]}"
    if number.startswith("+86") and national.isdigit():
        area = 2 if national[:2] in ("10", "20", "21", "22", "23", "24", "25", "27", "28", "29") else 3
        local = national[area:]
        if 7 <= len(local) <= 8:
            return f"0{national[:area]} {local[:-4]} {local[-4:]}"
    if re.match(r"^0\d{9,11}$", number):
        area = 3 if number[1:3] in ("10", "20", "21", "22", "23", "24", "25", "27", "28", "29") else 4
        return f"{number[:area]} {number[area:-4]} {number[-4:]}"
    return number


def share(part: int, whole: int) -> str:
    """A share in per cent with one digit; "–" of nothing."""
    return "–" if whole <= 0 else f"{100 * part / whole:.1f}%"


def day(at: float) -> str:
    """03-18"""
    return time.strftime("%m-%d", time.localtime(at))


def minute(at: float) -> str:
    """10:42"""
    return time.strftime("%H:%M", time.localtime(at))


def second(at: float) -> str:
    """10:42:18"""
    return time.strftime("%H:%M:%S", time.localtime(at))
