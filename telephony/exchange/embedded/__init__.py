# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded exchange: a process of its own with registrar, back-to-back user agent, relay, mixer and recorder."""
