# SPDX-License-Identifier: GPL-3.0-or-later
"""A customer played by sipp: he calls, echoes what he hears, and hangs up, gives up or waits as the story says."""

from __future__ import annotations

import itertools
import os
import socket
import subprocess
from pathlib import Path

from tests.telephony.phone.stage import free_udp_port

PATIENCE_S = 60
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="customer">
"""
_ROUTE = """SIP/2.0
    Via: SIP/2.0/UDP [local_ip]:[local_port];branch={branch}
    From: <sip:{number}@[local_ip]:[local_port]>;tag=[pid]c[call_number]
    To: <sip:400@[remote_ip]:[remote_port]>{to_tag}
    Call-ID: [call_id]
    CSeq: {seq}
    Contact: <sip:{number}@[local_ip]:[local_port]>
    Max-Forwards: 70"""
_INVITE = """<send retrans="500"><![CDATA[

    INVITE sip:400@[remote_ip]:[remote_port] {route}{extra}
    Content-Type: application/sdp
    Content-Length: [len]

    v=0
    o=- 1 1 IN IP4 [local_ip]
    s=-
    c=IN IP4 [local_ip]
    t=0 0
    m=audio [media_port] RTP/AVP {payload} 101
    a=rtpmap:{payload} {codec}
    a=rtpmap:101 telephone-event/8000
    a=fmtp:101 0-15
    a=ptime:20

]]></send>
<recv response="100" optional="true"></recv>
"""
_OWN_BRANCH = "z9hG4bK[pid]i[call_number]"

_MEDIA = itertools.cycle(range(20_000 + os.getpid() % 900 * 10, 29_900, 4))


def _media_port() -> int:
    """An even port with its three neighbours free, below those that the system and the exchange give away."""
    for port in _MEDIA:
        try:
            for each in range(port, port + 4):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
                    trial.bind(("127.0.0.1", each))
        except OSError:
            continue
        return port
    raise AssertionError("no media port is free")


class Customer:
    """One sipp process. `hangs_up_after` seconds of talk; `gives_up_after` seconds of ringing; neither: he waits for
    the hotline to hang up. `refused_with`: the status he expects at once."""

    def __init__(
        self,
        folder: Path,
        target: str,
        number: str,
        *,
        hangs_up_after: float | None = None,
        gives_up_after: float | None = None,
        refused_with: int = 0,
        codec: str = "PCMA/8000",
        payload: int = 8,
        asserted: str = "",
        presses: str = "",
    ) -> None:
        self.number = number
        self._folder = folder
        self._target = target
        script = folder / f"customer-{free_udp_port()}.xml"
        extra = f"\n    P-Asserted-Identity: <sip:{asserted}@127.0.0.1>" if asserted else ""
        text = _HEAD + _INVITE.format(
            route=self._route("1 INVITE", _OWN_BRANCH), payload=payload, codec=codec, extra=extra
        )
        if refused_with:
            text += f'<recv response="{refused_with}"></recv>\n' + self._ack(_OWN_BRANCH)
        elif gives_up_after is not None:
            text += '<recv response="180"></recv>\n' + self._pause(gives_up_after)
            text += self._send("CANCEL", "1 CANCEL", _OWN_BRANCH, to_tag="")
            text += '<recv response="200"></recv>\n<recv response="487"></recv>\n' + self._ack(_OWN_BRANCH)
        else:
            text += '<recv response="180" optional="true"></recv>\n<recv response="183" optional="true"></recv>\n'
            text += '<recv response="200"></recv>\n' + self._ack("[branch]")
            if presses:
                text += self._pause(1.0) + self._digit(presses)
            if hangs_up_after is None:
                text += '<recv request="BYE"></recv>\n' + self._ok()
            else:
                text += self._pause(hangs_up_after) + self._send("BYE", "2 BYE", "[branch]")
                text += '<recv response="200"></recv>\n'
        script.write_text(text + "</scenario>\n", encoding="utf-8")
        media = _media_port()
        self.process = subprocess.Popen(
            ["sipp", "-sf", str(script), target, "-i", "127.0.0.1", "-p", str(free_udp_port()), "-m", "1", "-nostdin",
             "-timeout", f"{PATIENCE_S}s", "-timeout_error", "-rtp_echo", "-mp", str(media), "-mi", "127.0.0.1",
             "-trace_err"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder,
        )  # fmt: skip

    def went_as_written(self, seconds: float = 20.0) -> bool:
        """Whether sipp saw what its script says, once it has ended."""
        return self.process.wait(seconds) == 0

    def complaints(self) -> str:
        """What sipp says went otherwise."""
        files = self._folder.glob(f"*_{self.process.pid}_errors.log")
        return "\n".join(file.read_text(encoding="utf-8", errors="replace")[:3000] for file in files)

    def end(self) -> None:
        """End the process if it still runs."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def _route(self, seq: str, branch: str, to_tag: str = "") -> str:
        return _ROUTE.format(branch=branch, number=self.number, seq=seq, to_tag=to_tag)

    def _send(self, method: str, seq: str, branch: str, to_tag: str = "[peer_tag_param]") -> str:
        retrans = "" if method == "ACK" else ' retrans="500"'
        route = self._route(seq, branch, to_tag)
        return (
            f"<send{retrans}><![CDATA[\n\n    {method} sip:400@[remote_ip]:[remote_port] {route}\n"
            "    Content-Length: 0\n\n]]></send>\n"
        )

    def _ack(self, branch: str) -> str:
        return self._send("ACK", "1 ACK", branch)

    def _digit(self, digit: str) -> str:
        info = f"Signal={digit}\n    Duration=160"
        route = self._route("2 INFO", "[branch]", "[peer_tag_param]")
        return (
            f'<send retrans="500"><![CDATA[\n\n    INFO sip:400@[remote_ip]:[remote_port] {route}\n'
            f"    Content-Type: application/dtmf-relay\n    Content-Length: [len]\n\n    {info}\n]]></send>\n"
            '<recv response="200"></recv>\n'
        )

    @staticmethod
    def _pause(seconds: float) -> str:
        return f'<pause milliseconds="{round(seconds * 1000)}"/>\n'

    @staticmethod
    def _ok() -> str:
        return (
            "<send><![CDATA[\n\n    SIP/2.0 200 OK\n    [last_Via:]\n    [last_From:]\n    [last_To:]\n"
            "    [last_Call-ID:]\n    [last_CSeq:]\n    Content-Length: 0\n\n]]></send>\n"
        )
