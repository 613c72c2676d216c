# SPDX-License-Identifier: GPL-3.0-or-later
"""The door to pyVoIP: its messages (`SIP`) and its sound (`RTP`), untyped. Raises EngineUnavailable at import.

Used are its parser, its status words and its RTP packets. Its phone, its calls and its client are not: they wait a
second before a call is told, answer once without repeating, acknowledge with a new tag, know neither CANCEL nor the
X- headers, challenge nor qop, and leave two threads behind every call.
"""

from __future__ import annotations

import warnings
from typing import Any

from telephony.phone.engine import EngineUnavailable

try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # audioop, which Python 3.13 leaves out
        import audioop as _audioop

        import pyVoIP.VoIP  # noqa: F401 - first: its parts import each other
        from pyVoIP import RTP as _RTP
        from pyVoIP import SIP as _SIP
except ImportError as error:
    raise EngineUnavailable(
        f"The SIP engine pyVoIP is not installed ({error}). Install it with: pip install pyVoIP==1.6.8"
        " (pure Python, 3.11 or 3.12)."
    ) from error

SIP: Any = _SIP
RTP: Any = _RTP
audioop: Any = _audioop
