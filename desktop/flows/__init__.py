# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person does at the desk, without Qt: sign in, take a call, fill the sheet, hand over, supervise."""
