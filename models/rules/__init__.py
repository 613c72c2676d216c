# SPDX-License-Identifier: GPL-3.0-or-later
"""Rules that would be true without a computer: permissions, policy, ticket flow, clocks, guide. No SQL, no clock."""
