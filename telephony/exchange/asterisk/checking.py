# SPDX-License-Identifier: GPL-3.0-or-later
"""`threerings check asterisk`: the usual mistakes of a site's Asterisk, each with what to do. Changes nothing for good.

Asks over ARI: who answers, which version, which modules, whether phones and trunks can be pushed, whose clock differs.
"""

from __future__ import annotations

import asyncio
import base64
import re
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from ipaddress import ip_address
from typing import Any

import aiohttp

from resources.i18n import tr
from telephony.exchange.asterisk.certificates import fingerprint
from telephony.exchange.asterisk.settings import Node

PATIENCE_S = 5.0
CLOCK_OFF_S = 2.0
LEAST_VERSION, BEST_VERSION = 20, 22
# What closed CVE-2026-23738 in each branch, and with it CVE-2025-47779 and the other holes published before it.
CLOSED = {20: (20, 18, 2), 21: (21, 12, 1), 22: (22, 8, 2), 23: (23, 2, 2)}
NEEDED = (
    "res_ari", "res_ari_applications", "res_ari_asterisk", "res_ari_bridges", "res_ari_channels",
    "res_ari_device_states", "res_ari_events", "res_ari_playbacks", "res_ari_recordings", "res_http_websocket",
    "res_stasis", "app_stasis", "res_stasis_answer", "res_stasis_playback", "res_stasis_recording",
    "res_stasis_snoop", "res_stasis_device_state", "chan_pjsip", "chan_bridge_media", "res_pjsip_registrar",
    "res_pjsip_authenticator_digest", "res_pjsip_outbound_registration", "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_header_funcs", "res_sorcery_memory", "bridge_softmix", "bridge_simple", "app_queue",
    "res_musiconhold", "format_wav", "pbx_config",
)  # fmt: skip
CODECS = ("codec_alaw", "codec_ulaw")
REFER = "res_pjsip_refer"
PUSHED = (
    ("res_pjsip", "auth", {"auth_type": "userpass", "username": "tr-check", "password": "tr-check"}),
    ("res_pjsip", "aor", {"max_contacts": "1"}),
)
PROBE = "threerings-check"


@dataclass(frozen=True)
class Found:
    """One thing looked at: `state` ok | warn | bad; `words` what was found, `way_out` what to do when it is not ok."""

    what: str
    state: str
    words: str
    way_out: str = ""


def _found(node: Node, what: str, state: str, *args: object) -> Found:
    way_out = "" if state == "ok" else tr(f"asterisk.check_{what}_do")
    return Found(f"{node.name}: {what}", state, tr(f"asterisk.check_{what}_{state}", *args), way_out)


def signed(node: Node) -> dict[str, str]:
    """The header of this node's ARI user."""
    word = base64.b64encode(f"{node.user}:{node.password}".encode()).decode("ascii")
    return {"Authorization": f"Basic {word}"}


async def examine(nodes: Iterable[Node]) -> list[Found]:
    """Everything about every machine, in the order in which an administrator would mend it."""
    return [each for node in nodes for each in await _examine(node)]


async def _examine(node: Node) -> list[Found]:
    timeout = aiohttp.ClientTimeout(total=PATIENCE_S)
    async with aiohttp.ClientSession(node.url, headers=signed(node), timeout=timeout) as session:
        try:
            async with session.get("/ari/asterisk/info") as reply:
                status, date = reply.status, reply.headers.get("Date", "")
                info: Any = await reply.json(content_type=None) if reply.status < 400 else {}
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            return [_found(node, "reach", "bad", node.url, str(error) or type(error).__name__)]
        except ValueError:
            return [_found(node, "ari", "bad", node.url, 200)]
        if status == 401:
            return [_found(node, "password", "bad", node.user)]
        if status >= 400:
            return [_found(node, "ari", "bad", node.url, status)]
        version = str(info.get("system", {}).get("version", ""))
        found = [_found(node, "reach", "ok", node.url), _version(node, version), _holes(node, version)]
        found += await _modules(node, session)
        found += [await _pushing(node, session), _clock(node, date)]
        async with session.get(f"/ari/applications/{node.app}") as reply:
            found.append(_found(node, "application", "ok" if reply.status < 400 else "warn", node.app))
    return [*found, await _tls(node), _outside(node), _ami(node)]


def _version(node: Node, text: str) -> Found:
    number = re.search(r"(\d+)\.", text)
    major = int(number.group(1)) if number else 0
    state = "bad" if major < LEAST_VERSION else "ok" if major >= BEST_VERSION else "warn"
    return _found(node, "version", state, text or "?", LEAST_VERSION, BEST_VERSION)


def _holes(node: Node, text: str) -> Found:
    """Whether the published security holes are closed; certified releases count otherwise and are not judged."""
    number = re.match(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    closed = CLOSED.get(int(number[1])) if number and "cert" not in text else None
    open_ = closed is not None and number is not None and tuple(int(part or 0) for part in number.groups()) < closed
    return _found(node, "holes", "bad" if open_ else "ok", text or "?", ".".join(map(str, closed or ())))


async def _modules(node: Node, session: aiohttp.ClientSession) -> list[Found]:
    async with session.get("/ari/asterisk/modules") as reply:
        rows: Any = await reply.json(content_type=None) if reply.status < 400 else []
    running = {str(row["name"]).removesuffix(".so") for row in rows if row.get("status") == "Running"}
    missing = [name for name in NEEDED if name not in running]
    deaf = [name for name in CODECS if name not in running]
    refer = REFER in running
    return [
        _found(node, "modules", "bad" if missing else "ok", ", ".join(f"{name}.so" for name in missing)),
        _found(node, "codecs", "bad" if deaf else "ok", ", ".join(f"{name}.so" for name in deaf)),
        _found(node, "refer", "warn" if refer else "ok"),
    ]


async def _pushing(node: Node, session: aiohttp.ClientSession) -> Found:
    """Whether phones can be given their accounts; what was tried is taken away again."""
    for config, kind, values in PUSHED:
        path = f"/ari/asterisk/config/dynamic/{config}/{kind}/{PROBE}"
        fields = [{"attribute": name, "value": value} for name, value in values.items()]
        async with session.put(path, json={"fields": fields}) as reply:
            status = reply.status
        async with session.delete(path):
            pass
        if status >= 400:
            return _found(node, "pushing", "bad", f"{config}/{kind}", status)
    return _found(node, "pushing", "ok")


def _clock(node: Node, date: str) -> Found:
    try:
        off = parsedate_to_datetime(date).timestamp() - time.time()
    except (TypeError, ValueError):
        return _found(node, "clock", "ok", "?")
    return _found(node, "clock", "ok" if abs(off) <= CLOCK_OFF_S else "warn", f"{round(off):+d}")


async def _tls(node: Node) -> Found:
    """Whether phones find the certificate there that desks are told of."""
    if not node.tls:
        return _found(node, "tls", "ok", "-")
    host, port = node.tls_address.rsplit(":", 1)
    try:
        pem = await asyncio.to_thread(ssl.get_server_certificate, (host.strip("[]"), int(port)), timeout=PATIENCE_S)
    except (OSError, ValueError) as error:
        return _found(node, "tls", "bad", node.tls_address, str(error) or type(error).__name__)
    shown = fingerprint(pem)
    return _found(node, "tls", "ok" if shown == node.trust else "bad", node.tls_address, shown)


def _outside(node: Node) -> Found:
    """A private trunk address needs an external one before a provider out there can hear us."""
    host = node.trunk_address.rsplit(":", 1)[0]
    try:
        private = ip_address(host).is_private and not ip_address(host).is_loopback
    except ValueError:
        private = False
    return _found(node, "nat", "warn" if private else "ok", host)


def _ami(node: Node) -> Found:
    host = node.ami.rsplit(":", 1)[0] if node.ami else "127.0.0.1"
    try:
        inside = ip_address(host).is_loopback
    except ValueError:
        inside = host == "localhost"
    return _found(node, "ami", "ok" if inside else "warn", node.ami or "-")


def examine_now(nodes: Iterable[Node]) -> list[Found]:
    """The same for a caller without a loop."""
    return asyncio.run(examine(nodes))
