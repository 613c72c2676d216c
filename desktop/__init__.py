# SPDX-License-Identifier: GPL-3.0-or-later
"""What one person sees. Reads as that person, writes only by verbs over the link."""
