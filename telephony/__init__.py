# SPDX-License-Identifier: GPL-3.0-or-later
"""How people are connected: calls, routing, phones, exchanges and the service that joins them. No screen here."""
