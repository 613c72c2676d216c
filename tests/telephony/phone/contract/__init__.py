# SPDX-License-Identifier: GPL-3.0-or-later
"""One contract for every SIP engine of the handset."""
