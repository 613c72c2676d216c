# SPDX-License-Identifier: GPL-3.0-or-later
"""Pure: leads, pacing and compliance of outbound campaigns. Empty until campaigns are built; nothing impure here."""
