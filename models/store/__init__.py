# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL lives here: embedded server, sessions, roles and row-level security, reads for the screens, migrations.

No rule of the business may come in.
"""
