# SPDX-License-Identifier: GPL-3.0-or-later
"""The packaged Kamailio configuration before two nodes: calls are spread, a phone stays with its node, a dead one is
left out. The nodes are answering sockets on loopback."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.telephony.exchange.kamailio import find_kamailio

CONFIG = Path(__file__).parents[3] / "packaging" / "kamailio" / "kamailio.cfg"


class Node(asyncio.DatagramProtocol):
    """Answers everything with 200 and counts the methods; deaf once closed."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.deaf = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.deaf:
            return
        lines = data.decode("utf-8", "replace").split("\r\n")
        method = lines[0].split(" ")[0]
        self.heard.append(method)
        if method == "ACK":
            return
        keep = [line for line in lines[1:] if line.split(":")[0].lower() in ("via", "from", "to", "call-id", "cseq")]
        keep = [f"{line};tag=n" if line.lower().startswith("to:") and "tag=" not in line else line for line in keep]
        answer = "\r\n".join(["SIP/2.0 200 OK", *keep, "Content-Length: 0", "", ""])
        self.transport.sendto(answer.encode(), addr)  # type: ignore[attr-defined]

    def count(self, method: str) -> int:
        return self.heard.count(method)


class Phone(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.answers: asyncio.Queue[str] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.answers.put_nowait(data.decode("utf-8", "replace").split("\r\n")[0])


async def open_socket(
    kind: type[asyncio.DatagramProtocol],
) -> tuple[asyncio.DatagramProtocol, int, asyncio.BaseTransport]:
    made, protocol = await asyncio.get_running_loop().create_datagram_endpoint(kind, ("127.0.0.1", 0))
    return protocol, made.get_extra_info("sockname")[1], made


class Front:
    """Kamailio, its nodes and one caller."""

    def __init__(self, port: int, nodes: list[Node], phone: Phone, here: int, wire: asyncio.BaseTransport) -> None:
        self.port, self.nodes, self.phone, self.here, self.wire = port, nodes, phone, here, wire
        self.n = 0

    async def ask(self, method: str, user: str = "400", who: str = "13800138000") -> str:
        """Send one request and give the final answer's first line."""
        self.n += 1
        words = [
            f"{method} sip:{user}@127.0.0.1:{self.port} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.here};branch=z9hG4bK-{self.n}",
            f"From: <sip:{who}@127.0.0.1>;tag=c{self.n}", f"To: <sip:{user}@127.0.0.1>",
            f"Call-ID: call-{self.n}", f"CSeq: 1 {method}", f"Contact: <sip:{who}@127.0.0.1:{self.here}>",
            "Max-Forwards: 70", "Content-Length: 0", "", "",
        ]  # fmt: skip
        self.wire.sendto("\r\n".join(words).encode(), ("127.0.0.1", self.port))  # type: ignore[attr-defined]
        async with asyncio.timeout(8):
            while True:
                line = await self.phone.answers.get()
                if not line.startswith("SIP/2.0 1"):
                    return line


@pytest.fixture
async def front(tmp_path: Path) -> AsyncIterator[Front]:
    kamailio = await asyncio.to_thread(find_kamailio)
    if kamailio is None:
        raise pytest.skip.Exception("there are no Debian packages here")
    trunks = [await open_socket(Node) for _ in range(2)]
    phones = [await open_socket(Node) for _ in range(2)]
    _, port, wire = await open_socket(Phone)
    wire.close()
    phone, here, wire = await open_socket(Phone)
    listing = [f"1 sip:127.0.0.1:{each[1]}" for each in trunks] + [f"2 sip:127.0.0.1:{each[1]}" for each in phones]
    (tmp_path / "dispatcher.list").write_text("\n".join(listing) + "\n", encoding="utf-8")
    text = CONFIG.read_text(encoding="utf-8").replace("udp:127.0.0.1:5060", f"udp:127.0.0.1:{port}")
    text = text.replace("/etc/kamailio/dispatcher.list", str(tmp_path / "dispatcher.list"))
    text = text.replace("children=4", "children=1")
    (tmp_path / "kamailio.cfg").write_text(text, encoding="utf-8")
    files = ["-f", str(tmp_path / "kamailio.cfg"), "-P", str(tmp_path / "pid"), "-Y", str(tmp_path)]
    words = [*kamailio.words, "-DD", "-E", *files]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, env=kamailio.environment)
    nodes = [each[0] for each in (*trunks, *phones)]
    try:
        for _ in range(100):
            if all(node.count("OPTIONS") for node in nodes):  # type: ignore[attr-defined]
                break
            await asyncio.sleep(0.1)
        else:
            raise AssertionError((tmp_path / "log").read_text()[-800:])
        yield Front(port, nodes, phone, here, wire)  # type: ignore[arg-type]
    finally:
        process.terminate()
        process.wait(5)
        for each in (*trunks, *phones):
            each[2].close()
        wire.close()


async def test_calls_are_spread_and_a_dead_node_is_left_out(front: Front) -> None:
    for _ in range(6):
        assert (await front.ask("INVITE")).startswith("SIP/2.0 200")
    first, second = front.nodes[:2]
    assert (first.count("INVITE"), second.count("INVITE")) == (3, 3)
    assert front.nodes[2].count("INVITE") == front.nodes[3].count("INVITE") == 0, "calls go to the trunk side"
    first.deaf = True
    for _ in range(4):
        assert (await front.ask("INVITE")).startswith("SIP/2.0 200"), "the caller never hears of the dead node"
    assert second.count("INVITE") == 7


async def test_a_phone_stays_with_its_node(front: Front) -> None:
    for _ in range(3):
        for who in ("1001", "1002", "1003", "1004"):
            assert (await front.ask("REGISTER", who, who)).startswith("SIP/2.0 200")
    counts = [node.count("REGISTER") for node in front.nodes]
    assert counts[:2] == [0, 0] and sum(counts) == 12
    assert all(count % 3 == 0 for count in counts), f"each phone's three registrations went to one node: {counts}"
