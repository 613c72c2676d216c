# SPDX-License-Identifier: GPL-3.0-or-later
"""Where an Asterisk is and the names that its configuration and the engine agree on.

The configuration gives calls of trunks and nodes to the Stasis application of the node: `Stasis(<app>,in,<number>)`.
Phones, trunks and their secrets are pushed by the engine; trunk endpoints are `trunk-<name>` in context `from-trunk`,
phones are named by their extension in context `from-phones`, other nodes are `node-<name>` in context `from-node`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import resources

APP = "threerings"
EAR = "ear"  # first Stasis argument of a channel that only hears; the second is the bridge it goes to
ARRIVED = "in"  # first Stasis argument of a call that came to us; the second is the dialled number, the third its codec
FROM_TRUNK, FROM_PHONES, FROM_NODE = "from-trunk", "from-phones", "from-node"
KEEPER_CONTEXT = "threerings-keeper"  # the far half of the channel that keeps a recording's bridges going
KEEPER_BRIDGE = "TR_KEEPS"  # channel variable: the bridge which that half goes to
TRUNK_TRANSPORT = "trunk-udp"  # the transport that trunks use; phones use that of the `phone` settings
PHONE_TRANSPORT = "phone-udp"
PHONE_TLS_TRANSPORT = "phone-tls"
TRUNK, NODE = "trunk-", "node-"  # what endpoint names of trunks and nodes begin with
MUSIC_CLASS = "threerings"  # music-on-hold class made from resources/prompts/music.wav
FALLBACK_CONTEXT = "fallback"  # where the dialplan gives a caller to its own queue; the watchdog redirects to it
FALLBACK_QUEUE = "threerings"
REFUSE_CONTEXT = "refuse"  # `exten => _[4-6]XX,1,PJSIPHangup(${EXTEN})`: for codes that no hang-up cause stands for

EPOCH = "TR_EPOCH"  # global variable: the epoch of the leader that attached last
OPEN = "TR_OPEN"  # global variable: 1 while new calls are taken; 0: the dialplan refuses them with 503
PING, PONG = "TRPing", "TR_PONG"  # the watchdog's user event, and the global variable that answers it
CALL = "TR_CALL"  # channel variable: the call a channel belongs to


NODES = "asterisk.json"  # in the data directory: the site's own Asterisk machines
OWN = "asterisk"  # in the data directory: the folder of an Asterisk of our own


def ready_device(extension: str) -> str:
    """The device state that says whether an agent would take a call: NOT_INUSE ready, INUSE not."""
    return f"Stasis:ready-{extension}"


def prompts_here() -> Path:
    """The prompts of this program."""
    return Path(resources.__file__).parent / "prompts"


@dataclass(frozen=True)
class Node:
    """One Asterisk. `url` of its HTTP server, `trunk_address` and `phone_address` HOST:PORT of its SIP sides.

    `prompts` is the folder of resources/prompts as that machine sees it. `tls_address` HOST:PORT where phones may speak
    TLS, `trust` the fingerprint ("sha256:…") of the certificate it shows; `srtp`: sound is encrypted for who asks.
    `ami` HOST:PORT of its manager interface, where registrations of trunks can be read; empty: they stay unknown.
    """

    name: str
    url: str
    user: str
    password: str = field(repr=False)
    app: str = APP
    trunk_address: str = ""
    phone_address: str = ""
    prompts: Path = field(default_factory=prompts_here)
    tls_address: str = ""
    trust: str = ""
    srtp: bool = False
    ami: str = ""
    ami_user: str = ""
    ami_password: str = field(default="", repr=False)

    @property
    def tls(self) -> bool:
        """Whether phones may speak TLS with it."""
        return bool(self.tls_address)
