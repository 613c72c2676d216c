# SPDX-License-Identifier: GPL-3.0-or-later
"""Every write there is: a verb loads, asks the pure rule, and writes row, event, audit and NOTIFY in one transaction.

The desktop never imports this room; it sends verbs over the link.
"""
