# SPDX-License-Identifier: GPL-3.0-or-later
"""Other ways in: mail and scans. Empty until the one queue for every channel is built."""
