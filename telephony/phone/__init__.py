# SPDX-License-Identifier: GPL-3.0-or-later
"""The softphone of one desk: the engine Protocol, its engines, and the handset process that outlives the desk."""
