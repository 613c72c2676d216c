# SPDX-License-Identifier: GPL-3.0-or-later
"""Benchmarks: ours and a fairly written peer in one run, interleaved. Not tests; `threerings bench NAME` runs one."""
