# SPDX-License-Identifier: GPL-3.0-or-later
"""What must survive what: one file per fault, each ending with the checker over the event log."""
