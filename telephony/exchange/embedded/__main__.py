# SPDX-License-Identifier: GPL-3.0-or-later
"""`python -m telephony.exchange.embedded`: the process of the embedded exchange."""

from telephony.exchange.embedded.process import main

raise SystemExit(main())
