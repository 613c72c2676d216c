# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes resources/numbers/places.csv: Chinese number prefixes by place, from the geocoding tables of `phonenumbers`.

Those tables take seconds to load, so they are boiled down once, here, whenever the library is renewed. One line a
place: Chinese, English, prefixes; of each prefix the first sign is how many digits it shares with the one before.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from itertools import takewhile
from pathlib import Path

from phonenumbers.geodata import GEOCODE_DATA

TARGET = Path(__file__).parents[1] / "resources" / "numbers" / "places.csv"


def packed(prefixes: list[str]) -> str:
    words: list[str] = []
    before = ""
    for prefix in sorted(prefixes):
        shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(before, prefix, strict=False)))
        words.append(f"{shared}{prefix[shared:]}")
        before = prefix
    return " ".join(words)


def main() -> None:
    places: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for prefix, names in GEOCODE_DATA.items():
        if prefix.startswith("86"):
            places[names.get("zh", ""), names.get("en", "")].append(prefix[2:])
    with TARGET.open("w", encoding="utf-8", newline="") as file:
        write = csv.writer(file, lineterminator="\n")
        for (zh, en), prefixes in sorted(places.items()):
            write.writerow([zh, en, packed(prefixes)])


if __name__ == "__main__":
    main()
