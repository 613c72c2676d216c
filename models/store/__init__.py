# SPDX-License-Identifier: GPL-3.0-or-later
"""SQL lives here: the embedded server, sessions, roles and row-level security, reads for the screens, migrations. No rule of the business."""
