# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure rules of the house, true without a computer: permissions, service policy, ticket flow, clocks, guide. No SQL, no Qt, no await, no clock."""
