# SPDX-License-Identifier: GPL-3.0-or-later
"""The history of the tables, one revision a file. What has shipped is never edited; the next change is a new file."""
