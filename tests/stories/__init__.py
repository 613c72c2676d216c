# SPDX-License-Identifier: GPL-3.0-or-later
"""Stories of the floor: real database, switchboard, exchange and handsets; sipp is the customer."""
