# SPDX-License-Identifier: GPL-3.0-or-later
"""Tests of the softphone: real SIP and RTP on loopback, real handset processes."""
