# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shipped beside the code: words, icons, theme, prompts, demo data. No behaviour beyond reading them."""

VERSION = "0.1.0"
