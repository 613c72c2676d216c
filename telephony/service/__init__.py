# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole floor in one process: switchboard, link, clockwork, recorder. Joins routing to engines and database."""
